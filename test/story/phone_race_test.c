/* Races for one phone number over HTTP: two users bind it, one of them unbinds it, and coupons are
 * claimed for it, in one moment. Whatever comes first, at most one user has the number, and each
 * coupon is in one wallet, once. */
#include "test/lib/race.h"

enum { PUT_ANN, PUT_BOB, END_ANN, CLAIM, CLAIM_AGAIN, CLAIM_ANN };

static void line_up(ground *g, racer all[RACERS], const char *phone_body)
{
    char ann[BODY_MAX], bob[BODY_MAX], claim[BODY_MAX];
    for (size_t i = 0; i < RACERS; i++)
        all[i] = (racer){.ground = g};
    (void)snprintf(ann, sizeof ann, "/v1/users/ann-%d/phone", g->round);
    (void)snprintf(bob, sizeof bob, "/v1/users/bob-%d/phone", g->round);
    say(&all[PUT_ANN], "PUT", ann, phone_body);
    say(&all[PUT_BOB], "PUT", bob, phone_body);
    say(&all[END_ANN], "DELETE", ann, "");
    (void)snprintf(claim, sizeof claim, "{\"phone\":\"+4915112%06d\",\"template\":\"%s\"}",
                   g->round, g->template);
    say(&all[CLAIM], "POST", "/v1/claims", claim);
    say(&all[CLAIM_AGAIN], "POST", "/v1/claims", claim);
    (void)snprintf(claim, sizeof claim, "{\"user\":\"ann-%d\",\"template\":\"%s\"}", g->round,
                   g->template);
    say(&all[CLAIM_ANN], "POST", "/v1/claims", claim);
}

/* Coupons that may be used. */
static int open_of(const answer *a)
{
    assert_int_equal(a->status, 200);
    return count_of(a, "\"state\":\"available\"");
}

static bool has_phone(const ground *g, const char *who)
{
    char target[BODY_MAX];
    (void)snprintf(target, sizeof target, "/v1/users/%s-%d/phone", who, g->round);
    answer a = once(g, target, NULL);
    assert_int_equal(a.status, 200);
    return count_of(&a, "\"bound\":true") == 1;
}

static int wallet_of(const ground *g, const char *who)
{
    char target[BODY_MAX];
    (void)snprintf(target, sizeof target, "/v1/users/%s-%d/coupons", who, g->round);
    answer a = once(g, target, NULL);
    return open_of(&a);
}

/* In all three wallets; what is moving is in none of them for a moment. */
static int in_all(const ground *g, const char *phone_body, bool bound)
{
    answer waits = once(g, "/v1/phones/coupons", phone_body);
    return wallet_of(g, "ann") + wallet_of(g, "bob") + (bound ? 0 : open_of(&waits));
}

static bool settles(const ground *g, const char *phone_body, bool bound, int claimed)
{
    enum { LOOKS = 300, PAUSE_NS = 10000000 };
    for (int i = 0; i < LOOKS; i++) {
        if (in_all(g, phone_body, bound) == claimed)
            return true;
        (void)nanosleep(&(struct timespec){.tv_nsec = PAUSE_NS}, NULL);
    }
    return false;
}

static void of_two_users_one_has_the_number_and_each_coupon_one_wallet(void **state)
{
    ground *g = *state;
    int wins[RACERS] = {0};
    for (g->round = 0; g->round < rounds(); g->round++) {
        static racer all[RACERS];
        char phone_body[BODY_MAX], before[BODY_MAX];
        (void)snprintf(phone_body, sizeof phone_body, "{\"phone\":\"+4915112%06d\"}", g->round);
        (void)snprintf(before, sizeof before, "{\"phone\":\"+4915112%06d\",\"template\":\"%s\"}",
                       g->round, g->template);
        int claimed = 1;
        assert_int_equal(once(g, "/v1/claims", before).status, 201);
        line_up(g, all, phone_body);
        race_all(all, RACERS);
        for (int i = 0; i < RACERS; i++) {
            int status = all[i].got.status;
            bool binds = i == PUT_ANN || i == PUT_BOB;
            if (status >= 300 && !(binds && status == 409) && status != 503)
                fail_msg("round %d, racer %d: %d %s", g->round, i, status, all[i].got.body);
            wins[i] += status < 300;
            claimed += i >= CLAIM && status == 201;
        }
        bool ann = has_phone(g, "ann"), bob = has_phone(g, "bob");
        assert_false(ann && bob);
        if (!settles(g, phone_body, ann || bob, claimed))
            fail_msg("round %d: not %d coupons", g->round, claimed);
    }
    print_message("ann %d bob %d unbound %d claims %d %d %d\n", wins[0], wins[1], wins[2], wins[3],
                  wins[4], wins[5]);
    assert_true(wins[PUT_ANN] > 0 && wins[PUT_BOB] > 0 && wins[CLAIM] > 0);
}

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(of_two_users_one_has_the_number_and_each_coupon_one_wallet,
                                        set_up, tear_down),
    };
    return race_on(count, arguments) ? cmocka_run_group_tests(tests, NULL, NULL) : 2;
}

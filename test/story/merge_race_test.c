/* Races about one user over HTTP: he becomes another one, claims, uses a coupon, gives one away and
 * gets a phone number with what waits for it, in one moment. Whatever comes first, all ends: he is
 * the other one, or has refused because of the number; each coupon is in one wallet, once; and the
 * number is where the user is. */
#include "domain/coupon/move.h"
#include "test/lib/race.h"

enum { MERGE, CLAIM, REDEEM, GIVE, PUT_PHONE, CLAIM_PHONE };
enum { OLD_HAS = 2, PHONE_HAS = 1 };

typedef struct names {
    char claim_old[BODY_MAX], claim_phone[BODY_MAX], phone[BODY_MAX];
    char coupons[OLD_HAS][ID_TEXT_MAX];
} names;

static void claimed(const ground *g, const char *body, char coupon_id[ID_TEXT_MAX])
{
    answer a = once(g, "/v1/claims", body);
    assert_int_equal(a.status, 201);
    find(&a, "id", coupon_id, ID_TEXT_MAX);
}

static void begin(const ground *g, names *n)
{
    char any[ID_TEXT_MAX];
    (void)snprintf(n->claim_old, BODY_MAX, "{\"user\":\"old-%d\",\"template\":\"%s\"}", g->round,
                   g->template);
    (void)snprintf(n->claim_phone, BODY_MAX, "{\"phone\":\"+4915112%06d\",\"template\":\"%s\"}",
                   g->round, g->template);
    (void)snprintf(n->phone, BODY_MAX, "{\"phone\":\"+4915112%06d\"}", g->round);
    for (int i = 0; i < OLD_HAS; i++)
        claimed(g, n->claim_old, n->coupons[i]);
    claimed(g, n->claim_phone, any);
}

static void line_up(const ground *g, const names *n, racer all[RACERS])
{
    char target[BODY_MAX], body[BODY_MAX];
    for (size_t i = 0; i < RACERS; i++)
        all[i] = (racer){.ground = g};
    (void)snprintf(target, sizeof target, "/v1/users/old-%d/merge", g->round);
    (void)snprintf(body, sizeof body, "{\"into\":\"new-%d\"}", g->round);
    say(&all[MERGE], "POST", target, body);
    say(&all[CLAIM], "POST", "/v1/claims", n->claim_old);
    (void)snprintf(body, sizeof body,
                   "{\"user\":\"old-%d\",\"order_number\":\"o-%d\",\"coupons\":[\"%s\"],\"cart\":"
                   "{\"lines\":[{\"sku\":\"tea\",\"quantity\":1,\"unit_price\":{\"amount\":500,"
                   "\"currency\":\"USD\"}}]}}",
                   g->round, g->round, n->coupons[0]);
    say(&all[REDEEM], "POST", "/v1/redemptions", body);
    (void)snprintf(body, sizeof body,
                   "{\"coupon\":\"%s\",\"user\":\"old-%d\",\"to\":\"friend-%d\"}", n->coupons[1],
                   g->round, g->round);
    say(&all[GIVE], "POST", "/v1/transfers", body);
    (void)snprintf(target, sizeof target, "/v1/users/old-%d/phone", g->round);
    say(&all[PUT_PHONE], "PUT", target, n->phone);
    say(&all[CLAIM_PHONE], "POST", "/v1/claims", n->claim_phone);
}

/* ---- what is left ---- */

static answer of_user(const ground *g, const char *who, const char *what)
{
    char target[BODY_MAX];
    (void)snprintf(target, sizeof target, "/v1/users/%s-%d%s", who, g->round, what);
    return once(g, target, NULL);
}

static int wallet_of(const ground *g, const char *who)
{
    answer a = of_user(g, who, "/coupons");
    assert_int_equal(a.status, 200);
    return count_of(&a, "\"state\":\"available\"");
}

static bool is_merged(const ground *g)
{
    char name[BODY_MAX];
    answer a = of_user(g, "old", "");
    assert_int_equal(a.status, 200);
    (void)snprintf(name, sizeof name, "\"user\":\"new-%d\"", g->round);
    return count_of(&a, name) == 1;
}

/* In all wallets; the number's, unless it is a user's. */
static int in_all(const ground *g, const names *n, const char *who)
{
    answer number = of_user(g, who, "/phone"), waits = once(g, "/v1/phones/coupons", n->phone);
    bool bound = count_of(&number, "\"bound\":true") == 1;
    return wallet_of(g, who) + wallet_of(g, "friend") +
           (bound ? 0 : count_of(&waits, "\"state\":\"available\""));
}

/* A coupon that had to wait comes with the sweep. */
static bool settles(ground *g, const names *n, bool merges, int left)
{
    enum { LOOKS = 500, PAUSE_NS = 2000000, LOOKS_A_SWEEP = 20 };
    for (int i = 1; i < LOOKS; i++) {
        if (i % LOOKS_A_SWEEP == 0) {
            (void)atomic_fetch_add(&g->world.clock_ms, MOVE_AGAIN_MS);
            assert_true(world_sweep(&g->world));
        }
        bool merged = is_merged(g);
        if (merged == merges && in_all(g, n, merged ? "new" : "old") == left)
            return true;
        (void)nanosleep(&(struct timespec){.tv_nsec = PAUSE_NS}, NULL);
    }
    return false;
}

static void he_becomes_another_while_all_happens(void **state)
{
    ground *g = *state;
    int wins[RACERS] = {0};
    for (g->round = 0; g->round < rounds(); g->round++) {
        static racer all[RACERS];
        names n;
        begin(g, &n);
        line_up(g, &n, all);
        race_all(all, RACERS);
        int left = OLD_HAS + PHONE_HAS;
        for (int i = 0; i < RACERS; i++) {
            int status = all[i].got.status;
            bool no_merge = i == MERGE && status == 422; /* the number was first */
            if (status >= 300 && status != 409 && status != 503 && !no_merge)
                fail_msg("round %d, racer %d: %d %s", g->round, i, status, all[i].got.body);
            wins[i] += status < 300;
            left += (i == CLAIM || i == CLAIM_PHONE) && status == 201;
            left -= i == REDEEM && status == 201;
        }
        if (!settles(g, &n, all[MERGE].got.status == 202, left))
            fail_msg("round %d: not %d coupons", g->round, left);
    }
    print_message("merged %d claims %d %d redeemed %d given %d bound %d\n", wins[MERGE],
                  wins[CLAIM], wins[CLAIM_PHONE], wins[REDEEM], wins[GIVE], wins[PUT_PHONE]);
    assert_true(wins[MERGE] > 0 && wins[CLAIM] > 0 && wins[CLAIM_PHONE] > 0);
}

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(he_becomes_another_while_all_happens, set_up, tear_down),
    };
    return race_on(count, arguments) ? cmocka_run_group_tests(tests, NULL, NULL) : 2;
}

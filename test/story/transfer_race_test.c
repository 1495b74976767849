/* Races for one coupon over HTTP, with real threads on two lanes: it is given to two users,
 * offered, held, redeemed and voided in one moment, and one of them wins; an offer is accepted by
 * many with its token, declined and cancelled in one moment, likewise. Meanwhile others read: in
 * each answer the coupon has one owner. */
#include "test/lib/race.h"

static void claim(ground *g, char coupon_id[ID_TEXT_MAX])
{
    char body[BODY_MAX];
    (void)snprintf(body, sizeof body, "{\"user\":\"giver-%d\",\"template\":\"%s\"}", g->round,
                   g->template);
    answer a = once(g, "/v1/claims", body);
    assert_int_equal(a.status, 201);
    find(&a, "id", coupon_id, ID_TEXT_MAX);
}

/* ---- in one moment ---- */

/* Whoever reads while it is decided: in each wallet it is at most once, and not in two. */
typedef struct reader {
    const ground *ground;
    const char *coupon;
    atomic_bool stop;
    int reads, wrong;
} reader;

static void *read_on(void *argument)
{
    reader *r = argument;
    http_client *c =
        http_client_new(world_port(&r->ground->world, r->ground->world.server_count - 1));
    char target[BODY_MAX];
    answer a;
    (void)snprintf(target, sizeof target, "/v1/coupons/%s/owners", r->coupon);
    do {
        ask(r->ground, c, target, NULL, &a);
        int users = count_of(&a, "\"user\":"), gone = count_of(&a, "\"until\":");
        r->wrong += a.status != 200 || users - gone != 1 || users > 2;
        r->reads++;
    } while (!atomic_load(&r->stop));
    http_client_free(c);
    return NULL;
}

static void race(racer all[RACERS], size_t n, const char *coupon_id)
{
    pthread_t watch;
    reader eye = {.ground = all[0].ground, .coupon = coupon_id};
    assert_int_equal(pthread_create(&watch, NULL, read_on, &eye), 0);
    race_all(all, n);
    atomic_store(&eye.stop, true);
    assert_int_equal(pthread_join(watch, NULL), 0);
    assert_int_equal(eye.wrong, 0);
    assert_true(eye.reads > 0);
}

static bool won(const racer *r)
{
    assert_true(r->got.status == 200 || r->got.status == 201 || r->got.status == 409 ||
                r->got.status == 404);
    return r->got.status < 300;
}

/* How many wallets have it: not transferred. */
static int holders(const ground *g, const char *const users[], size_t n)
{
    int found = 0;
    for (size_t i = 0; i < n; i++) {
        char target[BODY_MAX];
        (void)snprintf(target, sizeof target, "/v1/users/%s-%d/coupons", users[i], g->round);
        answer a = once(g, target, NULL);
        assert_int_equal(a.status, 200);
        found += count_of(&a, "\"id\":\"cpn_") - count_of(&a, "\"state\":\"transferred\"");
    }
    return found;
}

/* ---- what is shown ---- */

#define CART                                                                                       \
    "\"cart\":{\"lines\":[{\"sku\":\"tea\",\"quantity\":1,\"unit_price\":{\"amount\":9000,"        \
    "\"currency\":\"USD\"}}]}"

static void of_all_that_happens_to_a_coupon_one_wins(void **state)
{
    enum { TO_BOB, TO_CID, OFFER, HOLD, REDEEM, VOID };
    static const char *const users[] = {"giver", "bob", "cid"};
    ground *g = *state;
    int wins[RACERS] = {0};
    for (g->round = 0; g->round < rounds(); g->round++) {
        static racer all[RACERS];
        char id[ID_TEXT_MAX];
        int n = g->round;
        claim(g, id);
        for (size_t i = 0; i < RACERS; i++)
            all[i] = (racer){.ground = g, .target = "/v1/transfers"};
        (void)snprintf(all[VOID].target, BODY_MAX, "/v1/coupons/%s/void", id);
        (void)snprintf(all[OFFER].target, BODY_MAX, "/v1/offers");
        (void)snprintf(all[HOLD].target, BODY_MAX, "/v1/holds");
        (void)snprintf(all[REDEEM].target, BODY_MAX, "/v1/redemptions");
        (void)snprintf(all[VOID].body, BODY_MAX, "{\"reason\":\"requested\"}");
        for (int i = TO_BOB; i <= OFFER; i++)
            (void)snprintf(all[i].body, BODY_MAX,
                           "{\"coupon\":\"%s\",\"user\":\"giver-%d\",\"to\":\"%s-%d\"}", id, n,
                           i == TO_BOB ? "bob" : "cid", n);
        for (int i = HOLD; i <= REDEEM; i++)
            (void)snprintf(
                all[i].body, BODY_MAX,
                "{\"user\":\"giver-%d\",\"order_number\":\"o-%d\",\"coupons\":[\"%s\"]," CART "}",
                n, i, id);
        race(all, RACERS, id);
        int done = 0;
        for (int i = 0; i < RACERS; i++) {
            done += won(&all[i]);
            wins[i] += won(&all[i]);
        }
        /* What is offered may be voided yet. */
        assert_int_equal(done, 1 + (won(&all[OFFER]) && won(&all[VOID])));
        assert_int_equal(holders(g, users, ARRAY_LEN(users)), 1);
    }
    print_message("bob %d cid %d offer %d hold %d redeem %d void %d\n", wins[0], wins[1], wins[2],
                  wins[3], wins[4], wins[5]);
}

static void an_offer_ends_in_one_way(void **state)
{
    enum { BOB, CID, DEE, DECLINE, CANCEL, OFFER_RACERS };
    static const char *const users[] = {"giver", "bob", "cid", "dee"};
    ground *g = *state;
    int wins[OFFER_RACERS] = {0};
    for (g->round = 0; g->round < rounds(); g->round++) {
        static racer all[RACERS];
        char id[ID_TEXT_MAX], offer[ID_TEXT_MAX], token[64], body[BODY_MAX];
        claim(g, id);
        (void)snprintf(body, sizeof body, "{\"coupon\":\"%s\",\"user\":\"giver-%d\"}", id,
                       g->round);
        answer a = once(g, "/v1/offers", body);
        assert_int_equal(a.status, 201);
        find(&a, "transfer", offer, sizeof offer);
        find(&a, "token", token, sizeof token);
        for (int i = BOB; i < OFFER_RACERS; i++) {
            all[i] = (racer){.ground = g};
            (void)snprintf(all[i].target, BODY_MAX, "/v1/offers/%s",
                           i <= DEE       ? "accept"
                           : i == DECLINE ? "decline"
                                          : "cancel");
            (void)snprintf(all[i].body, BODY_MAX, "{\"token\":\"%s\",\"user\":\"%s-%d\"}", token,
                           i <= DEE ? users[i + 1] : "", g->round);
        }
        (void)snprintf(all[DECLINE].body, BODY_MAX, "{\"token\":\"%s\"}", token);
        (void)snprintf(all[CANCEL].body, BODY_MAX, "{\"transfer\":\"%s\",\"user\":\"giver-%d\"}",
                       offer, g->round);
        race(all, OFFER_RACERS, id);
        int done = 0;
        for (int i = 0; i < OFFER_RACERS; i++) {
            done += won(&all[i]);
            wins[i] += won(&all[i]);
        }
        assert_int_equal(done, 1);
        assert_int_equal(holders(g, users, ARRAY_LEN(users)), 1);
    }
    print_message("bob %d cid %d dee %d decline %d cancel %d\n", wins[0], wins[1], wins[2], wins[3],
                  wins[4]);
}

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(of_all_that_happens_to_a_coupon_one_wins, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(an_offer_ends_in_one_way, set_up, tear_down),
    };
    return race_on(count, arguments) ? cmocka_run_group_tests(tests, NULL, NULL) : 2;
}

/* Races for one coupon over HTTP, with real threads on two lanes: it is given to two users,
 * offered, held, redeemed and voided in one moment, and one of them wins; an offer is accepted by
 * many with its token, declined and cancelled in one moment, likewise. Meanwhile others read: in
 * each answer the coupon has one owner. 50 rounds each; with QUAN_NIGHTLY 1,000.
 *
 * On the store in memory: the lanes and their threads are the same on every engine. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "cli/http_client.h"
#include "test/lib/world.h"

enum { ROUNDS = 50, ROUNDS_NIGHTLY = 1000, RACERS = 6, BODY_MAX = 640, ANSWER_MAX = 8192 };
#define NOW_MS INT64_C(1767225600000)

typedef struct answer {
    int status;
    char body[ANSWER_MAX];
} answer;

typedef struct ground {
    world world;
    char template[ID_TEXT_MAX];
    int round;
} ground;

/* ---- requests ---- */

/* body NULL: a GET. */
static void ask(const ground *g, http_client *c, const char *target, const char *body, answer *out)
{
    static _Atomic int keys;
    arena *memory = arena_new(0);
    str secret = world_key(&g->world, S("all"));
    http_ask one = {.method = body == NULL ? "GET" : "POST",
                    .target = str_of(target),
                    .headers = arena_printf(memory,
                                            "Authorization: Bearer %.*s\r\n"
                                            "Idempotency-Key: k-%d\r\n",
                                            STR_ARG(secret), atomic_fetch_add(&keys, 1)),
                    .body = str_of(body)};
    http_answer got = http_client_ask(c, &one, memory);
    out->status = got.status;
    int n = snprintf(out->body, sizeof out->body, "%.*s", STR_ARG(got.body));
    CHECK(n >= 0 && n < (int)sizeof out->body);
    arena_free(memory);
}

static answer once(const ground *g, const char *target, const char *body)
{
    answer out;
    http_client *c = http_client_new(world_port(&g->world));
    ask(g, c, target, body, &out);
    http_client_free(c);
    return out;
}

/* The text behind "name":" of an answer, or nothing. */
static void find(const answer *a, const char *name, char *out, size_t room)
{
    char start[64];
    (void)snprintf(start, sizeof start, "\"%s\":\"", name);
    const char *at = strstr(a->body, start);
    assert_non_null(at);
    at += strlen(start);
    (void)snprintf(out, room, "%.*s", (int)strcspn(at, "\""), at);
}

static int count_of(const answer *a, const char *text)
{
    int n = 0;
    for (const char *at = a->body; (at = strstr(at, text)) != NULL; at++)
        n++;
    return n;
}

/* ---- the ground ---- */

static int set_up(void **state)
{
    ground *g = calloc(1, sizeof *g);
    char home[ID_TEXT_MAX], target[BODY_MAX];
    CHECK(g != NULL);
    world_engine engine = {.name = S("mem")};
    world_open(&g->world, &engine, NOW_MS);
    answer a = once(g, "/v1/campaigns",
                    "{\"name\":\"Race\",\"claim_window\":{\"from\":\"2026-01-01T00:00:00Z\","
                    "\"until\":\"2026-02-01T00:00:00Z\"},\"use_window\":{\"from\":"
                    "\"2026-01-01T00:00:00Z\",\"until\":\"2026-02-01T00:00:00Z\"}}");
    assert_int_equal(a.status, 201);
    find(&a, "id", home, sizeof home);
    (void)snprintf(target, sizeof target, "/v1/campaigns/%s/state", home);
    a = once(g, target, "{\"state\":\"active\"}");
    assert_int_equal(a.status, 200);
    (void)snprintf(target, sizeof target, "/v1/campaigns/%s/templates", home);
    a = once(g, target,
             "{\"name\":\"Gift\",\"transfer\":{\"at_most\":1},\"benefit\":{\"kind\":\"amount_off\","
             "\"amount\":{\"amount\":100,\"currency\":\"USD\"}},\"validity\":{\"kind\":"
             "\"after_issue\",\"duration_days\":9}}");
    assert_int_equal(a.status, 201);
    find(&a, "id", g->template, sizeof g->template);
    *state = g;
    return 0;
}

static int tear_down(void **state)
{
    ground *g = *state;
    buf why;
    buf_init(&why, 65536);
    bool sound = world_sound(&g->world, &why);
    if (!sound)
        print_error("%.*s\n", STR_ARG(buf_view(&why)));
    buf_free(&why);
    world_close(&g->world);
    free(g);
    return sound ? 0 : -1;
}

static int rounds(void)
{
    return getenv("QUAN_NIGHTLY") != NULL ? ROUNDS_NIGHTLY : ROUNDS;
}

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

typedef struct racer {
    const ground *ground;
    pthread_barrier_t *start;
    char target[BODY_MAX], body[BODY_MAX];
    answer got;
} racer;

static void *run(void *argument)
{
    racer *r = argument;
    http_client *c = http_client_new(world_port(&r->ground->world));
    (void)pthread_barrier_wait(r->start);
    ask(r->ground, c, r->target, r->body, &r->got);
    http_client_free(c);
    return NULL;
}

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
    http_client *c = http_client_new(world_port(&r->ground->world));
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
    pthread_t threads[RACERS], watch;
    pthread_barrier_t start;
    reader eye = {.ground = all[0].ground, .coupon = coupon_id};
    assert_int_equal(pthread_barrier_init(&start, NULL, (unsigned)n), 0);
    assert_int_equal(pthread_create(&watch, NULL, read_on, &eye), 0);
    for (size_t i = 0; i < n; i++) {
        all[i].start = &start;
        assert_int_equal(pthread_create(&threads[i], NULL, run, &all[i]), 0);
    }
    for (size_t i = 0; i < n; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    atomic_store(&eye.stop, true);
    assert_int_equal(pthread_join(watch, NULL), 0);
    (void)pthread_barrier_destroy(&start);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(of_all_that_happens_to_a_coupon_one_wins, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(an_offer_ends_in_one_way, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

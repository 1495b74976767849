/* Races over HTTP, with real threads on two lanes: a stock that many want, one key sent at once,
 * one coupon and many orders, codes that all try, a party's budget, a lane that stands still while
 * it holds slices (P2, P6, P7; ACIDRain).
 *
 * Every request is counted by its status; which of them wins is left open. On the store in memory:
 * the lanes and their threads are the same on every engine. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/id.h"
#include "cli/http_client.h"
#include "test/lib/world.h"

enum { RUNNERS = 8, STOCK = 1000, ANSWER_MAX = 32768, BODY_MAX = 1024, USER_MAX = 32 };
#define NOW_MS INT64_C(1767225600000)

typedef struct ground {
    world world;
    char campaign[ID_TEXT_MAX], template[ID_TEXT_MAX];
    uint64_t template_id;
} ground;

/* ---- one request ---- */

typedef struct answer {
    int status;
    char body[ANSWER_MAX];
} answer;

static answer ask(http_client *c, str secret, const char *target, const char *key, const char *body)
{
    arena *memory = arena_new(0);
    http_ask one = {.method = body == NULL ? "GET" : "POST",
                    .target = str_of(target),
                    .headers = arena_printf(memory,
                                            "Authorization: Bearer %.*s\r\n"
                                            "Idempotency-Key: %s\r\n",
                                            STR_ARG(secret), key),
                    .body = str_of(body)};
    http_answer got = http_client_ask(c, &one, memory);
    answer out = {.status = got.status};
    int n = snprintf(out.body, sizeof out.body, "%.*s", STR_ARG(got.body));
    CHECK(n >= 0 && n < (int)sizeof out.body);
    arena_free(memory);
    return out;
}

/* body NULL: a GET. */
static answer post(ground *g, const char *target, const char *key, const char *body)
{
    http_client *c = http_client_new(world_port(&g->world, 0));
    answer a = ask(c, world_key(&g->world, S("all")), target, key, body);
    http_client_free(c);
    return a;
}

/* The first id of this kind ("cpn") in an answer, as text. */
static void find_id(const answer *a, const char *kind, char out[ID_TEXT_MAX])
{
    const char *at = strstr(a->body, kind);
    assert_non_null(at);
    int n = snprintf(out, ID_TEXT_MAX, "%.*s", (int)strcspn(at, "\""), at);
    assert_true(n > 0 && n < ID_TEXT_MAX);
}

/* ---- many at once ---- */

typedef struct runner runner;
struct runner {
    ground *ground;
    pthread_barrier_t *start;
    int number, requests;
    void (*fill)(const runner *r, int i, char key[USER_MAX], char body[BODY_MAX]);
    const char *target;
    const char *given; /* what fill needs */
    int created, sold_out, unavailable, refused, other;
    answer last;
};

static void count(runner *r)
{
    const answer *a = &r->last;
    bool conflict = a->status == 409;
    r->created += a->status == 201;
    r->sold_out += conflict && strstr(a->body, "\"sold_out\"") != NULL;
    r->refused += conflict && strstr(a->body, "\"sold_out\"") == NULL;
    r->unavailable += a->status == 503;
    r->other += a->status != 201 && !conflict && a->status != 503;
}

static void *run(void *argument)
{
    runner *r = argument;
    http_client *c = http_client_new(world_port(&r->ground->world, 0));
    str secret = world_key(&r->ground->world, S("all"));
    (void)pthread_barrier_wait(r->start);
    for (int i = 0; i < r->requests; i++) {
        char key[USER_MAX], body[BODY_MAX];
        r->fill(r, i, key, body);
        r->last = ask(c, secret, r->target, key, body);
        count(r);
    }
    http_client_free(c);
    return NULL;
}

/* Runs copies of `like` at once; the sum of what they counted. */
static runner run_all(const runner *like, runner all[RUNNERS])
{
    pthread_t threads[RUNNERS];
    pthread_barrier_t start;
    runner sum = *like;
    assert_int_equal(pthread_barrier_init(&start, NULL, RUNNERS), 0);
    for (int i = 0; i < RUNNERS; i++) {
        all[i] = *like;
        all[i].start = &start;
        all[i].number = i;
        assert_int_equal(pthread_create(&threads[i], NULL, run, &all[i]), 0);
    }
    for (int i = 0; i < RUNNERS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        sum.created += all[i].created;
        sum.sold_out += all[i].sold_out;
        sum.unavailable += all[i].unavailable;
        sum.refused += all[i].refused;
        sum.other += all[i].other;
    }
    (void)pthread_barrier_destroy(&start);
    return sum;
}

static void fill_claim(const runner *r, int i, char key[USER_MAX], char body[BODY_MAX])
{
    (void)snprintf(key, USER_MAX, "%s-%d-%d", r->given, r->number, i);
    (void)snprintf(body, BODY_MAX, "{\"user\":\"%s-%d-%d\",\"template\":\"%s\"}", r->given,
                   r->number, i, r->ground->template);
}

static void fill_same_claim(const runner *r, int i, char key[USER_MAX], char body[BODY_MAX])
{
    (void)snprintf(key, USER_MAX, "%s-%d", r->given, i);
    (void)snprintf(body, BODY_MAX, "{\"user\":\"same\",\"template\":\"%s\"}", r->ground->template);
}

static void fill_order(const runner *r, int i, char key[USER_MAX], char body[BODY_MAX])
{
    (void)snprintf(key, USER_MAX, "order-%d-%d", r->number, i);
    (void)snprintf(body, BODY_MAX,
                   "{\"user\":\"one\",\"order_number\":\"o-%d\",\"coupons\":[\"%s\"],\"cart\":{"
                   "\"lines\":[{\"sku\":\"tea\",\"quantity\":1,\"unit_price\":{\"amount\":9000,"
                   "\"currency\":\"USD\"}}]}}",
                   r->number, r->given);
}

/* One of three with the device that all share, one with the phone, and one with both. */
static void fill_shared_device(const runner *r, int i, char key[USER_MAX], char body[BODY_MAX])
{
    (void)snprintf(key, USER_MAX, "device-%d-%d", r->number, i);
    (void)snprintf(body, BODY_MAX,
                   "{\"user\":\"d-%d-%d\",\"template\":\"%s\",\"subjects\":{\"device\":\"%s\","
                   "\"phone\":\"%s\"}}",
                   r->number, i, r->given, i % 3 != 1 ? "one" : key, i % 3 != 0 ? "one" : key);
}

/* Of the automatic template. */
static void fill_promoted(const runner *r, int i, char key[USER_MAX], char body[BODY_MAX])
{
    (void)snprintf(key, USER_MAX, "%s-%d-%d", r->given, r->number, i);
    (void)snprintf(body, BODY_MAX,
                   "{\"user\":\"%s\",\"order_number\":\"o\",\"cart\":{\"lines\":[{\"sku\":\"tea\","
                   "\"quantity\":1,\"unit_price\":{\"amount\":9000,\"currency\":\"USD\"}}]}}",
                   key);
}

static void fill_confirm(const runner *r, int i, char key[USER_MAX], char body[BODY_MAX])
{
    (void)snprintf(key, USER_MAX, "confirm-%d-%d", r->number, i);
    (void)snprintf(body, BODY_MAX, "{\"hold\":\"%s\"}", r->given);
}

enum { CODES = 40, CODE_MAX = 40 };
static char codes[CODES][CODE_MAX];

static void fill_exchange(const runner *r, int i, char key[USER_MAX], char body[BODY_MAX])
{
    (void)snprintf(key, USER_MAX, "exchange-%d-%d", r->number, i);
    (void)snprintf(body, BODY_MAX, "{\"user\":\"e-%d\",\"code\":\"%s\"}", r->number, codes[i]);
}

/* ---- the ground ---- */

/* A further template; more: members of its body, with a comma behind each. */
static void make_template(ground *g, const char *key, const char *more, char out[ID_TEXT_MAX])
{
    char target[BODY_MAX], body[BODY_MAX];
    (void)snprintf(target, sizeof target, "/v1/campaigns/%s/templates", g->campaign);
    (void)snprintf(body, sizeof body,
                   "{\"name\":\"Hot\",%s\"benefit\":{\"kind\":\"amount_off\",\"amount\":{"
                   "\"amount\":100,\"currency\":\"USD\"}},\"validity\":{\"kind\":\"after_issue\","
                   "\"duration_days\":9}}",
                   more);
    answer a = post(g, target, key, body);
    assert_int_equal(a.status, 201);
    find_id(&a, "tpl_", out);
}

static int set_up(void **state)
{
    ground *g = calloc(1, sizeof *g);
    CHECK(g != NULL);
    char target[BODY_MAX], more[BODY_MAX];
    world_engine engine = {.name = S("mem")};
    world_open(&g->world, &engine, NOW_MS);
    answer a = post(g, "/v1/campaigns", "c",
                    "{\"name\":\"Race\",\"claim_window\":{\"from\":\"2026-01-01T00:00:00Z\","
                    "\"until\":\"2026-02-01T00:00:00Z\"},\"use_window\":{\"from\":"
                    "\"2026-01-01T00:00:00Z\",\"until\":\"2026-02-01T00:00:00Z\"}}");
    assert_int_equal(a.status, 201);
    find_id(&a, "cmp_", g->campaign);
    (void)snprintf(target, sizeof target, "/v1/campaigns/%s/state", g->campaign);
    a = post(g, target, "s", "{\"state\":\"active\"}");
    assert_int_equal(a.status, 200);
    (void)snprintf(more, sizeof more, "\"stock\":%d,", STOCK);
    make_template(g, "t", more, g->template);
    assert_true(id_parse(ID_TEMPLATE, str_of(g->template), &g->template_id));
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

/* ---- what is shown ---- */

static void a_hot_stock_is_issued_to_the_last_piece(void **state)
{
    ground *g = *state;
    static runner all[RUNNERS];
    runner like = {.ground = g,
                   .requests = STOCK / RUNNERS + 25,
                   .fill = fill_claim,
                   .target = "/v1/claims",
                   .given = "u"};
    runner sum = run_all(&like, all);
    assert_int_equal(sum.created, STOCK);
    assert_int_equal(sum.sold_out, RUNNERS * 25);
    assert_int_equal(sum.unavailable + sum.refused + sum.other, 0);
}

static void of_one_key_at_once_one_executes_and_all_get_its_answer(void **state)
{
    ground *g = *state;
    static runner all[RUNNERS];
    enum { ROUNDS = 20 }; /* a page shows 50 */
    for (int round = 0; round < ROUNDS; round++) {
        char name[USER_MAX];
        (void)snprintf(name, sizeof name, "same-%d", round);
        runner like = {.ground = g,
                       .requests = 1,
                       .fill = fill_same_claim,
                       .target = "/v1/claims",
                       .given = name};
        runner sum = run_all(&like, all);
        assert_int_equal(sum.created, RUNNERS);
        for (int i = 1; i < RUNNERS; i++)
            assert_string_equal(all[i].last.body, all[0].last.body);
    }
    answer wallet = post(g, "/v1/users/same/coupons", "x", NULL);
    int coupons = 0;
    for (const char *at = wallet.body; (at = strstr(at, "\"id\":\"cpn_")) != NULL; at++)
        coupons++;
    assert_int_equal(coupons, ROUNDS);
}

static void one_coupon_and_many_orders(void **state)
{
    ground *g = *state;
    static runner all[RUNNERS];
    char coupon_id[ID_TEXT_MAX], body[BODY_MAX];
    (void)snprintf(body, sizeof body, "{\"user\":\"one\",\"template\":\"%s\"}", g->template);
    answer a = post(g, "/v1/claims", "one", body);
    assert_int_equal(a.status, 201);
    find_id(&a, "cpn_", coupon_id);
    runner like = {
        .ground = g, .requests = 1, .fill = fill_order, .target = "/v1/holds", .given = coupon_id};
    runner sum = run_all(&like, all);
    assert_int_equal(sum.created, 1);
    assert_int_equal(sum.refused, RUNNERS - 1);
    char hold_id[ID_TEXT_MAX];
    for (int i = 0; i < RUNNERS; i++)
        if (all[i].created == 1)
            find_id(&all[i].last, "hld_", hold_id);
    like = (runner){.ground = g,
                    .requests = 1,
                    .fill = fill_confirm,
                    .target = "/v1/redemptions",
                    .given = hold_id};
    sum = run_all(&like, all);
    assert_int_equal(sum.created, 1);
    assert_int_equal(sum.refused, RUNNERS - 1);
}

static void make_codes(ground *g, const char *template_id)
{
    char format[ID_TEXT_MAX], batch[ID_TEXT_MAX], target[BODY_MAX], body[BODY_MAX];
    answer a = post(g, "/v1/codes/formats", "format",
                    "{\"name\":\"Race\",\"length\":12,\"expected_codes\":1000}");
    find_id(&a, "cfm_", format);
    (void)snprintf(body, sizeof body,
                   "{\"name\":\"Race\",\"format\":\"%s\",\"template\":\"%s\",\"count\":%d}", format,
                   template_id, CODES);
    a = post(g, "/v1/codes/batches", "batch", body);
    find_id(&a, "cbt_", batch);
    (void)snprintf(target, sizeof target, "/v1/codes/batches/%s/export", batch);
    a = post(g, target, "export", "{}");
    assert_int_equal(a.status, 200);
    str rest = str_of(a.body), line;
    assert_true(str_cut(&rest, '\n', &line)); /* the heading */
    for (int i = 0; i < CODES; i++) {
        assert_true(str_cut(&rest, '\n', &line));
        (void)snprintf(codes[i], CODE_MAX, "%.*s", STR_ARG(str_trim(line)));
    }
}

/* All try all codes. Whoever has as many coupons as he may leaves the code to those who wait for
 * it: together they may have just so many as there are codes, so all of them are used. */
static void codes_that_all_try_give_one_coupon_each(void **state)
{
    ground *g = *state;
    static runner all[RUNNERS];
    char limited[ID_TEXT_MAX];
    make_template(g, "limited",
                  "\"limits\":[{\"measure\":\"claims\",\"subject\":\"user\",\"period\":\"ever\","
                  "\"max\":5}],",
                  limited);
    _Static_assert(CODES == 5 * RUNNERS, "five each");
    make_codes(g, limited);
    world_set(&g->world, S("code_failures_user"), S("0")); /* most find codes that are used */
    runner like = {
        .ground = g, .requests = CODES, .fill = fill_exchange, .target = "/v1/codes/exchange"};
    runner sum = run_all(&like, all);
    assert_int_equal(sum.created, CODES);
    assert_int_equal(sum.refused, CODES * (RUNNERS - 1));
    assert_int_equal(sum.sold_out + sum.unavailable + sum.other, 0);
    for (int i = 0; i < RUNNERS; i++)
        assert_int_equal(all[i].created, 5);
}

/* A device that many users share, and a phone that the others share: each limit is filled to the
 * last piece and no further, and nobody is told that it is reached while it is not. */
static void a_shared_device_counts_for_all_its_users(void **state)
{
    enum { A_DEVICE = 1, A_PHONE = 40, CLAIMS = 16 };
    ground *g = *state;
    static runner all[RUNNERS];
    char more[BODY_MAX], limited[ID_TEXT_MAX];
    (void)snprintf(more, sizeof more,
                   "\"limits\":[{\"measure\":\"claims\",\"subject\":\"device\",\"period\":\"ever\","
                   "\"max\":%d},{\"measure\":\"claims\",\"subject\":\"phone\",\"period\":\"day\","
                   "\"max\":%d}],",
                   A_DEVICE, A_PHONE);
    make_template(g, "limited", more, limited);
    runner like = {.ground = g,
                   .requests = CLAIMS,
                   .fill = fill_shared_device,
                   .target = "/v1/claims",
                   .given = limited};
    runner sum = run_all(&like, all);
    /* One fewer where the claim that got the device was one with both. */
    assert_in_range(sum.created, A_PHONE + A_DEVICE - 1, A_PHONE + A_DEVICE);
    assert_int_equal(sum.refused, RUNNERS * CLAIMS - sum.created);
    assert_int_equal(sum.sold_out + sum.unavailable + sum.other, 0);
}

/* Halves of 1.00 and a budget of 12.34: an advertiser pays that to the last cent, and no order is
 * refused for it. */
static void a_partys_budget_is_spent_to_the_last_cent(void **state)
{
    enum { ORDERS = 16 };
    ground *g = *state;
    static runner all[RUNNERS];
    char target[BODY_MAX], body[BODY_MAX];
    (void)snprintf(target, sizeof target, "/v1/campaigns/%s/templates", g->campaign);
    (void)snprintf(
        body, sizeof body,
        "{\"name\":\"Shared\",\"apply\":\"automatic\",\"benefit\":{\"kind\":\"amount_off\","
        "\"amount\":{\"amount\":100,\"currency\":\"USD\"}},\"validity\":{\"kind\":\"fixed\","
        "\"from\":\"2026-01-01T00:00:00Z\",\"until\":\"2026-02-01T00:00:00Z\"},"
        "\"funding\":[{\"party\":\"advertiser\",\"share\":\"50\",\"budget\":{\"amount\":"
        "1234,\"currency\":\"USD\"}},{\"party\":\"merchant\",\"share\":\"50\"}]}");
    answer a = post(g, target, "shared", body);
    assert_int_equal(a.status, 201);
    char shared[ID_TEXT_MAX];
    find_id(&a, "tpl_", shared);
    runner like = {.ground = g,
                   .requests = ORDERS,
                   .fill = fill_promoted,
                   .target = "/v1/redemptions",
                   .given = "p"};
    runner sum = run_all(&like, all);
    assert_int_equal(sum.created, RUNNERS * ORDERS);
    (void)snprintf(target, sizeof target, "/v1/templates/%s/stats?by=party", shared);
    a = post(g, target, "x", NULL);
    assert_non_null(strstr(a.body, "\"party\":\"advertiser\",\"discount\":{\"amount\":1234,"));
    assert_non_null(strstr(a.body, "\"party\":\"merchant\",\"discount\":{\"amount\":11566,"));
}

/* ---- an edit between a price and its commit ---- */

typedef struct caller {
    ground *ground;
    const char *target, *key, *body;
    answer got;
} caller;

static void *call_once(void *argument)
{
    caller *c = argument;
    c->got = post(c->ground, c->target, c->key, c->body);
    return NULL;
}

static uint64_t queued(const ground *g)
{
    store_metrics now;
    store_metrics_read(app_store(world_app(&g->world)), &now);
    return now.queued_now;
}

static uint64_t epoch(const ground *g)
{
    const config *c = app_config(world_app(&g->world));
    uint64_t n = config_epoch(c);
    config_free((config *)(uintptr_t)c); /* app_config's share */
    return n;
}

/* A user whose lane this is. */
static void find_user(const ground *g, uint16_t lane, char out[USER_MAX])
{
    for (int i = 0;; i++) {
        int n = snprintf(out, USER_MAX, "w-%d", i);
        assert_true(n > 0 && n < USER_MAX);
        uint16_t slot = slot_of_user(g->world.merchant, str_of(out));
        if (store_lane_of_slot(app_store(world_app(&g->world)), slot) == lane)
            return;
    }
}

static int claim_n(ground *g, const char *user_name, const char *key, int n)
{
    char body[BODY_MAX];
    (void)snprintf(body, sizeof body, "{\"user\":\"%s\",\"template\":\"%s\",\"count\":%d}",
                   user_name, g->template, n);
    answer a = post(g, "/v1/claims", key, body);
    if (a.status == 409)
        assert_non_null(strstr(a.body, "\"sold_out\""));
    return a.status;
}

/* The lane that stands still is not the template's home, holds unused pieces of it, and cannot be
 * asked: who wants the last ones is told 503, never that they are sold out. */
static void a_lane_that_stands_still_makes_it_503_and_not_sold_out(void **state)
{
    ground *g = *state;
    store *s = app_store(world_app(&g->world));
    uint16_t home = store_lane_of_slot(s, id_slot(g->template_id)), still = home == 0 ? 1 : 0;
    char here[USER_MAX], there[USER_MAX], key[USER_MAX];
    find_user(g, home, here);
    find_user(g, still, there);
    assert_int_equal(claim_n(g, there, "first", 1), 201);
    store_halt_lane(s, still, true);
    int issued = 1, status = 201;
    for (int i = 0; status == 201; i++) {
        (void)snprintf(key, sizeof key, "here-%d", i);
        status = claim_n(g, here, key, 10);
        issued += status == 201 ? 10 : 0;
    }
    assert_int_equal(status, 503);
    assert_in_range(issued, 1, STOCK - 1);
    store_halt_lane(s, still, false);
    for (status = 201; status == 201; issued += status == 201)
        status = claim_n(g, (issued & 1) != 0 ? here : there,
                         (snprintf(key, sizeof key, "then-%d", issued), key), 1);
    assert_int_equal(status, 409);
    assert_int_equal(issued, STOCK);
    assert_int_equal(claim_n(g, there, "there", 1), 409);
    assert_int_equal(claim_n(g, here, "here", 1), 409);
}

static void wait_until(const ground *g, uint64_t (*figure)(const ground *g), uint64_t from)
{
    const struct timespec pause = {.tv_nsec = 1000000};
    while (figure(g) < from)
        (void)nanosleep(&pause, NULL);
}

/* A draft with a promotion of 1.00 off; its id. */
static uint64_t plan_promotion(ground *g, char out[ID_TEXT_MAX])
{
    char target[BODY_MAX];
    uint64_t id = 0;
    answer a = post(g, "/v1/campaigns", "promotion",
                    "{\"name\":\"More\",\"claim_window\":{\"from\":\"2026-01-01T00:00:00Z\","
                    "\"until\":\"2026-02-01T00:00:00Z\"},\"use_window\":{\"from\":"
                    "\"2026-01-01T00:00:00Z\",\"until\":\"2026-02-01T00:00:00Z\"}}");
    assert_int_equal(a.status, 201);
    find_id(&a, "cmp_", out);
    (void)snprintf(target, sizeof target, "/v1/campaigns/%s/templates", out);
    a = post(g, target, "automatic",
             "{\"name\":\"More\",\"apply\":\"automatic\",\"benefit\":{\"kind\":\"amount_off\","
             "\"amount\":{\"amount\":100,\"currency\":\"USD\"}},\"validity\":{\"kind\":\"fixed\","
             "\"from\":\"2026-01-01T00:00:00Z\",\"until\":\"2026-02-01T00:00:00Z\"}}");
    assert_int_equal(a.status, 201);
    assert_true(id_parse(ID_CAMPAIGN, str_of(out), &id));
    return id;
}

/* A hold is priced and waits in its lane while a promotion is launched. It is priced again, with
 * the promotion: what is answered after the launch is not at a price of before. */
static void a_price_of_before_an_edit_is_made_anew(void **state)
{
    ground *g = *state;
    store *s = app_store(world_app(&g->world));
    char name[USER_MAX], coupon_id[ID_TEXT_MAX], id[ID_TEXT_MAX], target[BODY_MAX], body[BODY_MAX];
    uint16_t still = store_lane_of_slot(s, id_slot(plan_promotion(g, id))) == 0 ? 1 : 0;
    find_user(g, still, name);
    (void)snprintf(body, sizeof body, "{\"user\":\"%s\",\"template\":\"%s\"}", name, g->template);
    answer a = post(g, "/v1/claims", "claim", body);
    assert_int_equal(a.status, 201);
    find_id(&a, "cpn_", coupon_id);
    (void)snprintf(body, sizeof body,
                   "{\"user\":\"%s\",\"order_number\":\"o\",\"coupons\":[\"%s\"],\"cart\":{"
                   "\"lines\":[{\"sku\":\"tea\",\"quantity\":1,\"unit_price\":{\"amount\":9000,"
                   "\"currency\":\"USD\"}}]}}",
                   name, coupon_id);
    (void)snprintf(target, sizeof target, "/v1/campaigns/%s/state", id);
    caller buys = {.ground = g, .target = "/v1/holds", .key = "hold", .body = body};
    caller edits = {
        .ground = g, .target = target, .key = "launch", .body = "{\"state\":\"active\"}"};
    pthread_t threads[2];
    uint64_t before = epoch(g);
    store_halt_lane(s, still, true);
    assert_int_equal(pthread_create(&threads[0], NULL, call_once, &buys), 0);
    wait_until(g, queued, 1);
    assert_int_equal(pthread_create(&threads[1], NULL, call_once, &edits), 0);
    wait_until(g, epoch, before + 1);
    store_halt_lane(s, still, false);
    assert_int_equal(pthread_join(threads[0], NULL), 0);
    assert_int_equal(pthread_join(threads[1], NULL), 0);
    assert_int_equal(edits.got.status, 200);
    assert_int_equal(buys.got.status, 201);
    assert_non_null(strstr(buys.got.body, "\"discount\":{\"amount\":200,"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_hot_stock_is_issued_to_the_last_piece, set_up, tear_down),
        cmocka_unit_test_setup_teardown(of_one_key_at_once_one_executes_and_all_get_its_answer,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_coupon_and_many_orders, set_up, tear_down),
        cmocka_unit_test_setup_teardown(codes_that_all_try_give_one_coupon_each, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_shared_device_counts_for_all_its_users, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_partys_budget_is_spent_to_the_last_cent, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_lane_that_stands_still_makes_it_503_and_not_sold_out,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_price_of_before_an_edit_is_made_anew, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

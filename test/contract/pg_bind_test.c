/* What is edited through A binds at B from its acknowledgement on, although nothing at B looks for
 * it but the heads of its batches. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <pthread.h>
#include <time.h>

#include "base/id.h"
#include "domain/rule/word.h"
#include "port/clock.h"
#include "port/log.h"
#include "test/lib/database.h"
#include "test/lib/pair.h"

enum {
    WORKERS = 3,
    ROUNDS = 30,
    ROUNDS_OF_KEYS = 10,
    ROUNDS_OF_ORDERS = 10,
    NIGHTLY_TIMES = 10,
    TIRED = 8,
    PATIENCE_MS = 20000,
};

/* ---- many who act while A edits ---- */

typedef struct worker worker;
typedef result work(worker *w, arena *memory, int64_t *began_ns);
struct worker {
    pair *pair;
    app *app;
    work *work;
    hash128 by;
    fix prices;
    atomic_bool *over;
    result refusal; /* what the edit makes of it */
    atomic_uint done, refused;
    int64_t last_ns; /* when the last that was done began */
    result strange;
    pthread_t thread;
};

static int rounds(int n)
{
    return getenv("QUAN_NIGHTLY") == NULL ? n : n * NIGHTLY_TIMES;
}

static void *run_worker(void *argument)
{
    worker *w = argument;
    while (!atomic_load(w->over)) {
        arena *memory = arena_new(0);
        int64_t began = 0;
        result r = w->work(w, memory, &began);
        arena_free(memory);
        if (r == R_DONE) {
            w->last_ns = began > w->last_ns ? began : w->last_ns;
            atomic_fetch_add(&w->done, 1);
        } else if (r == w->refusal) {
            atomic_fetch_add(&w->refused, 1);
        } else {
            w->strange = r;
        }
    }
    return NULL;
}

typedef struct race {
    pair *pair;
    work *work;
    void (*edit)(pair *p);
    result refusal;
    const char *count; /* SQL: what the work leaves */
    hash128 by;
} race;

/* Fails the test when it has been waiting for too long. */
static void rest(int64_t since_ms)
{
    struct timespec t = {.tv_nsec = 1000000};
    nanosleep(&t, NULL);
    assert_true(clock_monotonic_ms() - since_ms < PATIENCE_MS);
}

/* One of the workers is at A, so that lanes are run by both. Each is refused some times behind the
 * edit before it may stop: had an older configuration been used again, it would have been seen. */
static void run_race(const race *r)
{
    atomic_bool over = false;
    worker all[WORKERS] = {0};
    for (size_t i = 0; i < WORKERS; i++) {
        worker *w = &all[i];
        w->pair = r->pair;
        w->app = r->pair->at[i == 0 ? PAIR_A : PAIR_B].app;
        w->work = r->work;
        w->by = r->by;
        w->prices = (fix){.app = w->app, .merchant = r->pair->merchant, .clock_ms = FIX_START_MS};
        w->over = &over;
        w->refusal = r->refusal;
        w->strange = R_DONE;
        assert_int_equal(pthread_create(&w->thread, NULL, run_worker, w), 0);
    }
    int64_t since = clock_monotonic_ms();
    for (size_t i = 0; i < WORKERS; i++)
        while (atomic_load(&all[i].done) == 0 && all[i].strange == R_DONE)
            rest(since);
    r->edit(r->pair);
    int64_t acknowledged = clock_monotonic_ns(), there = database_number(r->pair->url, r->count);
    for (size_t i = 0; i < WORKERS; i++) {
        unsigned from = atomic_load(&all[i].refused);
        while (atomic_load(&all[i].refused) < from + TIRED && all[i].strange == R_DONE)
            rest(since);
    }
    atomic_store(&over, true);
    for (size_t i = 0; i < WORKERS; i++) {
        pthread_join(all[i].thread, NULL);
        assert_int_equal(all[i].strange, R_DONE);
        assert_true(all[i].last_ns < acknowledged);
    }
    assert_int_equal(database_number(r->pair->url, r->count), there);
}

static result work_claim(worker *w, arena *memory, int64_t *began_ns)
{
    str name = pair_user(w->pair, memory);
    issue_item item = {.template = w->pair->template, .count = 1};
    issue_in in = {.merchant = w->pair->merchant,
                   .user = name,
                   .source = COUPON_SOURCE_CLAIM,
                   .mode = ISSUE_MODE_ALL_OR_NONE,
                   .items = {&item, 1}};
    issue_out out = {0};
    *began_ns = clock_monotonic_ns();
    return pair_run(w->app,
                    (act_call){.id = ACT_ID_issue,
                               .slot = slot_of_user(w->pair->merchant, name),
                               .in = &in,
                               .out = &out,
                               .memory = memory},
                    w->by);
}

static void pause_campaign(pair *p)
{
    pair_set_state(p, PAIR_A, CAMPAIGN_STATE_PAUSED);
}

static void pause_binds_claims_from_its_answer_on(void **state)
{
    pair *p = *state;
    race r = {p,  work_claim, pause_campaign, R_CAMPAIGN_NOT_ACTIVE, "SELECT count(*) FROM coupon",
              {0}};
    for (int i = 0; i < rounds(ROUNDS); i++) {
        run_race(&r);
        pair_set_state(p, PAIR_A, CAMPAIGN_STATE_ACTIVE); /* and that binds, too */
    }
}

/* ---- keys ---- */

static hash128 key_of_round;

static void revoke_key(pair *p)
{
    key_put_in in = {
        .hi = key_of_round.hi, .lo = key_of_round.lo, .merchant = p->merchant, .revoke = true};
    pair_put(p, PAIR_A, ACT_ID_key_put, slot_of_hash(in.hi), &in);
}

static void a_key_asks_nothing_from_its_revocation_on(void **state)
{
    pair *p = *state;
    for (int i = 0; i < rounds(ROUNDS_OF_KEYS); i++) {
        key_of_round = hash128_of(arena_printf(p->at[PAIR_A].memory, "key %d", i), 0);
        key_put_in in = {.hi = key_of_round.hi,
                         .lo = key_of_round.lo,
                         .merchant = p->merchant,
                         .scopes = 2,
                         .name = S("Key")};
        pair_put(p, PAIR_A, ACT_ID_key_put, slot_of_hash(in.hi), &in);
        race r = {
            p,           work_claim, revoke_key, R_UNAUTHENTICATED, "SELECT count(*) FROM coupon",
            key_of_round};
        run_race(&r);
    }
}

/* ---- orders ---- */

/* A coupon of its own, and an order on it that has its price: what is left is to redeem. */
static result price_order(pair *p, fix *f, str name, order_in *in)
{
    uint64_t id = 0;
    result r = pair_claim(p, f->app, f->memory, name, &id);
    order_line line = {.sku = S("gold"), .quantity = 1, .unit_minor = 5000};
    fix_order order = {.user = name,
                       .number = name,
                       .coupons = &id,
                       .coupon_count = 1,
                       .lines = &line,
                       .line_count = 1};
    return r == R_DONE ? fix_price(f, &order, in) : r;
}

static result redeem(pair *p, app *a, arena *memory, const order_in *in)
{
    order_out out = {0};
    return pair_run(a,
                    (act_call){.id = ACT_ID_redeem,
                               .slot = slot_of_user(p->merchant, in->user),
                               .in = in,
                               .out = &out,
                               .memory = memory},
                    (hash128){0});
}

/* Orders are priced before the clock is looked at: only the act is raced. A campaign that is
 * disabled gives no coupon for one either. */
static result work_redeem(worker *w, arena *memory, int64_t *began_ns)
{
    order_in in = {0};
    w->prices.memory = memory;
    result r = price_order(w->pair, &w->prices, pair_user(w->pair, memory), &in);
    *began_ns = clock_monotonic_ns();
    if (r == R_CAMPAIGN_NOT_ACTIVE)
        return w->refusal;
    if (r == R_DONE && in.applied.n == 0)
        return R_NOT_APPLICABLE;
    return r == R_DONE ? redeem(w->pair, w->app, memory, &in) : r;
}

static void disable_campaign(pair *p)
{
    pair_set_state(p, PAIR_A, CAMPAIGN_STATE_DISABLED);
}

static void disable_binds_redemptions(void **state)
{
    pair *p = *state;
    race r = {
        p,  work_redeem, disable_campaign, R_CAMPAIGN_DISABLED, "SELECT count(*) FROM redemption",
        {0}};
    for (int i = 0; i < rounds(ROUNDS_OF_ORDERS); i++) {
        run_race(&r);
        pair_set_state(p, PAIR_A, CAMPAIGN_STATE_ACTIVE);
    }
}

/* Priced at B, edited through A, redeemed at B: the price is looked at again in the lane, on what
 * holds now. */
static void an_order_that_was_priced_before_is_bound(pair *p, void (*edits)(pair *p),
                                                     result refusal)
{
    fix *b = &p->at[PAIR_B];
    order_in in = {0};
    assert_int_equal(price_order(p, b, pair_user(p, b->memory), &in), R_DONE);
    assert_int_equal(in.applied.n, 1);
    edits(p);
    assert_int_equal(redeem(p, b->app, b->memory, &in), refusal);
}

static void put_blacklist(pair *p, size_t nodes)
{
    static rule_node gold[] = {{.op = RULE_OP_IS, .fact = RULE_FACT_LINE_SKU, .n = 1},
                               {.op = RULE_OP_VALUE, .text = {"gold", 4}}};
    merchant_put_in in = fix_merchant_in(&p->at[PAIR_A]);
    in.blacklist.items = gold;
    in.blacklist.n = nodes;
    pair_put(p, PAIR_A, ACT_ID_merchant_put, id_slot(p->merchant), &in);
}

static void bar_gold(pair *p)
{
    put_blacklist(p, 2);
}

static void the_blacklist_binds_orders_that_have_their_price(void **state)
{
    pair *p = *state;
    for (int i = 0; i < rounds(ROUNDS_OF_ORDERS); i++) {
        an_order_that_was_priced_before_is_bound(p, bar_gold, R_STALE);
        put_blacklist(p, 0);
    }
    for (int i = 0; i < rounds(ROUNDS_OF_ORDERS); i++) {
        an_order_that_was_priced_before_is_bound(p, disable_campaign, R_CAMPAIGN_DISABLED);
        pair_set_state(p, PAIR_A, CAMPAIGN_STATE_ACTIVE);
    }
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, pair_begin, pair_finish)
    static const struct CMUnitTest tests[] = {
        EACH(pause_binds_claims_from_its_answer_on),
        EACH(a_key_asks_nothing_from_its_revocation_on),
        EACH(disable_binds_redemptions),
        EACH(the_blacklist_binds_orders_that_have_their_price),
    };
    log_set_level(LOG_LEVEL_COUNT); /* lost races are what is tested */
    return cmocka_run_group_tests(tests, NULL, NULL);
}

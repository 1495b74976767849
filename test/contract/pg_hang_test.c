/* An app with threads on two databases of PostgreSQL, of which one hangs: it takes connections and
 * answers nothing. Lanes of the other one, and the thread that brings the calls of other servers,
 * do not wait for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <stdatomic.h>
#include <time.h>

#include "app/act_wait.h"
#include "app/calls.h"
#include "app/serve.h"
#include "port/clock.h"
#include "port/log.h"
#include "test/lib/cutter.h"
#include "test/lib/database.h"
#include "test/lib/domain_shop.h"

enum { LANES = 4, NEXT = 1, THERE = 2, SOON_MS = 700, PATIENCE_MS = 30000, BUDGET = 100000 };

static str urls[2];
static cutter *between;
static uint64_t campaign_of, short_of, plenty; /* a budget, templates with it and without */
static uint16_t home;                          /* of the budget: here */

static void rest(void)
{
    (void)nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
}

/* Configured step by step, and opened again with threads. */
static int open_shop(void **state)
{
    (void)state;
    urls[0] = str_of(database_take());
    const char *there = database_take();
    between = cutter_start(there);
    urls[1] = str_of(cutter_url(between));
    shop = fix_open((fix_options){.lanes = LANES, .pg = urls, .shards = 2, .several = true});
    campaign_of = campaign_with_budget(BUDGET_MODE_AT_ISSUE, BUDGET);
    short_of = template_in(campaign_of);
    plenty = template_in(campaign_with_budget(BUDGET_MODE_NONE, 0));
    home = store_lane_of_slot(app_store(shop->app), id_slot(campaign_of));
    assert_true(home < THERE);
    app_close(shop->app);
    shop->options.store.threads = true;
    assert_int_equal(app_open(&shop->options, &shop->app, &(buf){0}), R_DONE);
    return 0;
}

static int close_shop(void **state)
{
    (void)state;
    cutter_set(between, CUT_NOTHING);
    app_close(shop->app);
    shop->options.store.threads = false;
    assert_int_equal(app_open(&shop->options, &shop->app, &(buf){0}), R_DONE);
    fix_verify(shop);
    fix_close(shop);
    cutter_stop(between);
    for (size_t i = 0; i < ARRAY_LEN(urls); i++)
        database_give(urls[i].p);
    return 0;
}

static str user_of(uint16_t lane)
{
    static unsigned last;
    str name;
    do
        name = arena_printf(shop->memory, "user-%u", last++);
    while (store_lane_of_slot(app_store(shop->app), slot_of_user(shop->merchant, name)) != lane);
    return name;
}

typedef struct claiming {
    act_call call; /* first */
    issue_item item;
    issue_in in;
    issue_out out;
    atomic_bool ended;
} claiming;

static void on_done(act_call *call)
{
    atomic_store(&((claiming *)call)->ended, true);
}

static claiming *claim_later(uint16_t lane, uint64_t template_id)
{
    claiming *c = ARENA_NEW(shop->memory, claiming);
    c->item = (issue_item){.template = template_id, .count = 1};
    c->in = (issue_in){.merchant = shop->merchant,
                       .user = user_of(lane),
                       .source = COUPON_SOURCE_CLAIM,
                       .mode = ISSUE_MODE_ALL_OR_NONE,
                       .items = {&c->item, 1}};
    c->call = (act_call){.app = shop->app,
                         .id = ACT_ID_issue,
                         .slot = slot_of_user(shop->merchant, c->in.user),
                         .in = &c->in,
                         .out = &c->out,
                         .memory = arena_new(0),
                         .done = on_done};
    assert_int_equal(act_submit(&c->call), R_DONE);
    return c;
}

static result ended(claiming *c)
{
    for (int64_t since = clock_monotonic_ms(); !atomic_load(&c->ended); rest())
        assert_true(clock_monotonic_ms() - since < PATIENCE_MS);
    result r = c->call.code;
    arena_free(c->call.memory);
    return r;
}

static void a_lane_does_not_wait_for_another_shard(void **state)
{
    (void)state;
    uint16_t lane = (uint16_t)(1 - home);
    assert_int_equal(ended(claim_later(lane, plenty)), R_DONE);
    cutter_set(between, CUT_HANG);
    rest();
    claiming *waits = claim_later(lane, short_of); /* what is due in all lanes is looked for */
    for (int i = 0; i < 5; i++, rest()) {
        int64_t since = clock_monotonic_ms();
        assert_int_equal(ended(claim_later(lane, plenty)), R_DONE);
        assert_true(clock_monotonic_ms() - since < SOON_MS);
    }
    result r = ended(waits);
    assert_true(r == R_DONE || r == R_UNAVAILABLE); /* its own deadline */
    while (r == R_UNAVAILABLE)
        r = ended(claim_later(lane, short_of));
    assert_int_equal(r, R_DONE);
}

/* ---- calls of another server ---- */

typedef struct heard {
    _Atomic int said; /* peer_word; 0: nothing yet */
} heard;

static void on_answer(void *of, result code, str bytes)
{
    arena *memory = arena_new(0);
    peer_verdict said = {0};
    assert_int_equal(code, R_DONE);
    assert_int_equal(record_decode(&peer_verdict_record, bytes, memory, &said), R_DONE);
    atomic_store(&((heard *)of)->said, said.word);
    arena_free(memory);
}

static int ask(uint16_t lane, int64_t *ms)
{
    heard h = {0};
    peer_ask in = {.owner = campaign_of, .kind = POOL_KIND_BUDGET, .lane = lane, .need = 1000};
    buf b;
    buf_init(&b, 1000);
    buf_char(&b, CALL_ASK);
    record_encode(&peer_ask_record, &in, &b);
    int64_t since = clock_monotonic_ms();
    app_serve(shop->app, buf_view(&b), on_answer, &h);
    *ms = clock_monotonic_ms() - since;
    for (; atomic_load(&h.said) == 0; rest())
        assert_true(clock_monotonic_ms() - since < PATIENCE_MS);
    buf_free(&b);
    return atomic_load(&h.said);
}

/* Who brings the call is the thread that answers the pings of the others: it must go on. */
static void calls_do_not_wait_for_a_database(void **state)
{
    (void)state;
    int64_t ms;
    uint16_t lane = (uint16_t)(1 - home);
    assert_int_equal(ask(lane, &ms), PEER_WORD_GRANTED);
    cutter_set(between, CUT_HANG);
    rest();
    for (int i = 0; i < 2; i++) {
        assert_int_equal(ask(lane, &ms), PEER_WORD_GRANTED);
        assert_true(ms < SOON_MS);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
#define EACH(test) cmocka_unit_test_setup_teardown(test, open_shop, close_shop)
        EACH(a_lane_does_not_wait_for_another_shard),
        EACH(calls_do_not_wait_for_a_database),
    };
    log_set_level(LOG_LEVEL_COUNT); /* what hangs is what is tested */
    return cmocka_run_group_tests(tests, NULL, NULL);
}

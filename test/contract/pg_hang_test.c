/* An app with threads on two databases of PostgreSQL, of which one hangs: it takes connections and
 * answers nothing. Lanes of the other one, and the thread that brings the calls of other servers,
 * do not wait for it, and edits there wait no longer than they must. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "app/act_wait.h"
#include "app/calls.h"
#include "app/errand.h"
#include "app/feed.h"
#include "app/serve.h"
#include "port/clock.h"
#include "port/log.h"
#include "port/metric.h"
#include "test/lib/cutter.h"
#include "test/lib/database.h"
#include "test/lib/domain_shop.h"

enum { LANES = 4, NEXT = 1, THERE = 2, SOON_MS = 700, PATIENCE_MS = 30000, BUDGET = 100000 };

static str urls[2];
static cutter *between;
static const char *there;                      /* without what stands between */
static uint64_t campaign_of, short_of, plenty; /* a budget, templates with it and without */
static uint64_t far_campaign;                  /* its home is there */
static uint16_t home;                          /* of the budget: here */
static atomic_bool reading;                    /* of keep_reading */

static void rest(void)
{
    (void)nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
}

/* Configured step by step, and opened again with threads. */
static int open_shop(void **state)
{
    (void)state;
    urls[0] = str_of(database_take());
    there = database_take();
    between = cutter_start(there);
    urls[1] = str_of(cutter_url(between));
    shop = fix_open((fix_options){.lanes = LANES, .pg = urls, .shards = 2, .several = true});
    campaign_of = campaign_with_budget(BUDGET_MODE_AT_ISSUE, BUDGET);
    short_of = template_in(campaign_of);
    plenty = template_in(campaign_with_budget(BUDGET_MODE_NONE, 0));
    home = store_lane_of_slot(app_store(shop->app), id_slot(campaign_of));
    assert_true(home < THERE);
    campaign_create_in far = fix_campaign_in(shop);
    while (store_lane_of_slot(app_store(shop->app), far.slot) < THERE)
        far.slot++;
    far_campaign = fix_campaign(shop, &far);
    app_close(shop->app);
    shop->options.store.threads = true;
    assert_int_equal(app_open(&shop->options, &shop->app, &(buf){0}), R_DONE);
    return 0;
}

static int close_shop(void **state)
{
    (void)state;
    atomic_store(&reading, false);
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

typedef struct asked {
    act_call call; /* first */
    atomic_bool ended;
    size_t unreached_n;
    uint16_t unreached[LANES];
} asked;

static void on_done(act_call *call)
{
    asked *a = (asked *)call;
    a->unreached_n = call->unreached.n;
    for (size_t i = 0; i < call->unreached.n && i < LANES; i++)
        a->unreached[i] = (uint8_t)call->unreached.p[i];
    atomic_store(&a->ended, true);
}

static asked *submit_later(app *at, act_id id, uint16_t slot, const void *in)
{
    asked *a = ARENA_NEW(shop->memory, asked);
    arena *memory = arena_new(0);
    a->call = (act_call){.app = at,
                         .id = id,
                         .slot = slot,
                         .in = in,
                         .out = arena_alloc(memory, act_find((uint16_t)id)->out->size),
                         .memory = memory,
                         .done = on_done};
    assert_int_equal(act_submit(&a->call), R_DONE);
    return a;
}

static asked *claim_later(uint16_t lane, uint64_t template_id)
{
    issue_item *item = ARENA_NEW(shop->memory, issue_item);
    *item = (issue_item){.template = template_id, .count = 1};
    issue_in *in = ARENA_NEW(shop->memory, issue_in);
    *in = (issue_in){.merchant = shop->merchant,
                     .user = user_of(lane),
                     .source = COUPON_SOURCE_CLAIM,
                     .mode = ISSUE_MODE_ALL_OR_NONE,
                     .items = {item, 1}};
    return submit_later(shop->app, ACT_ID_issue, slot_of_user(shop->merchant, in->user), in);
}

static asked *pause_later(app *at, uint64_t campaign_id)
{
    campaign_state_in *in = ARENA_NEW(shop->memory, campaign_state_in);
    *in = (campaign_state_in){
        .merchant = shop->merchant, .campaign = campaign_id, .state = CAMPAIGN_STATE_PAUSED};
    return submit_later(at, ACT_ID_campaign_state, id_slot(campaign_id), in);
}

static result ended_within(asked *a, int64_t ms)
{
    for (int64_t since = clock_monotonic_ms(); !atomic_load(&a->ended); rest())
        assert_true(clock_monotonic_ms() - since < ms);
    result r = a->call.code;
    arena_free(a->call.memory);
    return r;
}

static result ended(asked *a)
{
    return ended_within(a, PATIENCE_MS);
}

static void a_lane_does_not_wait_for_another_shard(void **state)
{
    (void)state;
    uint16_t lane = (uint16_t)(1 - home);
    assert_int_equal(ended(claim_later(lane, plenty)), R_DONE);
    cutter_set(between, CUT_HANG);
    rest();
    asked *waits = claim_later(lane, short_of); /* what is due in all lanes is looked for */
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

/* ---- edits ---- */

static void rest_ms(int64_t ms)
{
    for (int64_t since = clock_monotonic_ms(); clock_monotonic_ms() - since < ms;)
        rest();
}

/* Errands that read on and on. */
static void read_on(errand *e, bool late)
{
    (void)e;
    (void)late;
    while (atomic_load(&reading))
        rest();
}

static void keep_reading(uint16_t lane, errand *all, size_t n)
{
    atomic_store(&reading, true);
    for (size_t i = 0; i < n; i++) {
        all[i].run = read_on;
        errand_send(shop->app, lane, &all[i]);
    }
}

static void assert_bound(uint64_t template_id)
{
    for (uint16_t lane = 0; lane < THERE; lane++)
        assert_int_equal(ended(claim_later(lane, template_id)), R_CAMPAIGN_NOT_ACTIVE);
}

/* Until lanes are told what an edit owes them. */
static void pay(void)
{
    for (int64_t since = clock_monotonic_ms(); metric_value(METRIC_CONFIG_OWED) > 0; rest()) {
        assert_true(clock_monotonic_ms() - since < PATIENCE_MS);
        app_follow(shop->app);
    }
}

/* What several shards are asked for takes all threads there are for that, and one is away. */
static void an_edit_names_what_it_could_not_reach_and_nothing_else(void **state)
{
    (void)state;
    errand all[ERRAND_THREADS];
    keep_reading(ERRAND_ANY, all, ERRAND_THREADS);
    cutter_set(between, CUT_ALL);
    asked *pause = pause_later(shop->app, campaign_of);
    assert_int_equal(ended_within(pause, PATIENCE_MS / 2), R_DONE);
    assert_int_equal(pause->unreached_n, LANES - THERE);
    for (uint16_t i = 0; i < LANES - THERE; i++)
        assert_int_equal(pause->unreached[i], THERE + i);
    assert_bound(short_of);
    atomic_store(&reading, false);
    cutter_set(between, CUT_NOTHING);
    pay();
}

/* It is in no server's configuration then: nothing of it binds yet. */
static void an_edit_that_is_read_too_late_names_all(void **state)
{
    (void)state;
    errand one;
    keep_reading(home, &one, 1);
    asked *pause = pause_later(shop->app, campaign_of);
    rest_ms(ERRAND_LATE_MS + SOON_MS);
    assert_false(atomic_load(&pause->ended));
    atomic_store(&reading, false);
    assert_int_equal(ended(pause), R_DONE);
    assert_int_equal(pause->unreached_n, LANES);
    assert_int_equal(metric_value(METRIC_CONFIG_OWED), LANES);
    pay();
    assert_bound(short_of);
}

static void *follow(void *context)
{
    app_follow(context);
    return NULL;
}

/* A look has read the lane before it was edited, and ends when the edit could not be read: no lane
 * is told what is not known here. */
static void a_look_of_before_tells_nobody(void **state)
{
    (void)state;
    errand one;
    pthread_t looking;
    cutter_set(between, CUT_HANG);
    rest();
    assert_int_equal(pthread_create(&looking, NULL, follow, shop->app), 0);
    rest_ms(SOON_MS / 2);
    keep_reading(home, &one, 1);
    asked *pause = pause_later(shop->app, campaign_of);
    rest_ms(ERRAND_LATE_MS + SOON_MS / 2);
    atomic_store(&reading, false);
    assert_int_equal(ended_within(pause, SOON_MS), R_DONE);
    assert_int_equal(pause->unreached_n, LANES);
    assert_int_equal(pthread_join(looking, NULL), 0);
    rest_ms(SOON_MS);
    assert_int_equal(metric_value(METRIC_CONFIG_OWED), LANES);
    cutter_set(between, CUT_NOTHING);
    pay();
    assert_bound(short_of);
}

/* Another server has edited there, and told the lanes here: what is decided here must know it. */
static void a_batch_waits_for_an_edit_so_long_and_no_longer(void **state)
{
    (void)state;
    const str direct[] = {urls[0], str_of(there)};
    app_options options = shop->options;
    app *other;
    options.store.urls = direct;
    assert_int_equal(app_open(&options, &other, &(buf){0}), R_DONE);
    uint16_t lane = (uint16_t)(1 - home);
    assert_int_equal(ended(claim_later(lane, plenty)), R_DONE);
    cutter_set(between, CUT_HANG);
    rest();
    assert_int_equal(ended(pause_later(other, far_campaign)), R_DONE);
    asked *waits = claim_later(lane, plenty);
    assert_int_equal(ended_within(waits, FEED_PATIENCE_MS + SOON_MS), R_UNAVAILABLE);
    assert_int_equal(ended_within(claim_later(lane, plenty), SOON_MS), R_UNAVAILABLE);
    cutter_set(between, CUT_NOTHING);
    result r;
    while ((r = ended(claim_later(lane, plenty))) == R_UNAVAILABLE)
        rest();
    assert_int_equal(r, R_DONE);
    app_close(other);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
#define EACH(test) cmocka_unit_test_setup_teardown(test, open_shop, close_shop)
        EACH(a_lane_does_not_wait_for_another_shard),
        EACH(calls_do_not_wait_for_a_database),
        EACH(an_edit_names_what_it_could_not_reach_and_nothing_else),
        EACH(an_edit_that_is_read_too_late_names_all),
        EACH(a_look_of_before_tells_nobody),
        EACH(a_batch_waits_for_an_edit_so_long_and_no_longer),
    };
    log_set_level(LOG_LEVEL_COUNT); /* what hangs is what is tested */
    return cmocka_run_group_tests(tests, NULL, NULL);
}

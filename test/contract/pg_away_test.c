/* An app on two databases of PostgreSQL, step by step: while one of them is
 * away, everything that belongs to lanes of the other goes on: asks for pieces,
 * sweeps, messages, webhooks. Lanes 0 and 1 are here, 2 and 3 there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <pthread.h>
#include <string.h>
#include <time.h>

#include "api/event.h"
#include "app/sweep.h"
#include "app/webhook_send.h"
#include "app/webhook_sign.h"
#include "base/time.h"
#include "domain/webhook/webhook.h"
#include "port/clock.h"
#include "port/log.h"
#include "test/lib/cutter.h"
#include "test/lib/database.h"
#include "test/lib/domain_shop.h"

enum { LANES = 4, HERE = 0, NEXT, THERE, PATIENCE_MS = 20000, BUDGET = 6, EACH = 1000 };
enum { HANGS_NS = 100000000 }; /* by then what stands between passes nothing */

static str urls[2];
static const char *there; /* without the cutter */
static cutter *between;

static void open_shop(bool several)
{
    urls[0] = str_of(database_take());
    there = database_take();
    between = cutter_start(there);
    urls[1] = str_of(cutter_url(between));
    shop = fix_open(
        (fix_options){.lanes = LANES, .pg = urls, .shards = ARRAY_LEN(urls), .several = several});
}

static int open_alone(void **state)
{
    (void)state;
    open_shop(false);
    return 0;
}

static int open_shared(void **state)
{
    (void)state;
    open_shop(true);
    return 0;
}

/* The next user of a lane. */
static str user_of(uint16_t lane)
{
    static unsigned last;
    str name;
    do
        name = arena_printf(shop->memory, "user-%u", last++);
    while (store_lane_of_slot(app_store(shop->app), slot_of_user(shop->merchant, name)) != lane);
    return name;
}

static result claim(uint16_t lane, uint64_t template_id, uint64_t *coupon_id)
{
    return fix_claim(shop, user_of(lane), template_id, 1, coupon_id);
}

/* Until that is known. */
static void go_away(void)
{
    store_metrics m;
    cutter_set(between, CUT_ALL);
    int64_t since = clock_monotonic_ms();
    do {
        lane_head heads[STORE_LANES_MAX];
        result outcomes[STORE_LANES_MAX];
        store_heads(app_store(shop->app), shop->memory, heads, outcomes);
        store_metrics_read(app_store(shop->app), &m);
        assert_true(clock_monotonic_ms() - since < PATIENCE_MS);
    } while (!m.away[1]);
}

static void come_back(void)
{
    store_metrics m;
    cutter_set(between, CUT_NOTHING);
    int64_t since = clock_monotonic_ms();
    do {
        store_reach(app_store(shop->app));
        store_metrics_read(app_store(shop->app), &m);
        assert_true(clock_monotonic_ms() - since < PATIENCE_MS);
    } while (m.away[1]);
    app_tick(shop->app);
    (void)app_settle(shop->app);
}

static int close_shop(void **state)
{
    (void)state;
    come_back();
    fix_verify(shop);
    fix_close(shop);
    cutter_stop(between);
    for (size_t i = 0; i < ARRAY_LEN(urls); i++)
        database_give(urls[i].p);
    return 0;
}

/* ---- pieces ---- */

/* The home has all that there is, and of what nobody could look for nobody says
 * that it is gone. */
static void pieces_of_a_home_that_is_here_are_leased(void **state)
{
    (void)state;
    uint64_t t = template_in(campaign_with_budget(BUDGET_MODE_AT_ISSUE, BUDGET * EACH));
    assert_int_equal(claim(THERE, t, NULL), R_DONE);
    go_away();
    int64_t since = clock_monotonic_ms();
    uint16_t lane = HERE;
    for (int i = 0; i < 2; i++, lane = NEXT)
        assert_int_equal(claim(lane, t, NULL), R_DONE);
    assert_true(clock_monotonic_ms() - since < PATIENCE_MS / 4);
    result r;
    size_t n = 2;
    while ((r = claim(HERE, t, NULL)) == R_DONE)
        n++;
    assert_int_equal(r, R_UNAVAILABLE);
    come_back();
    while ((r = claim((uint16_t)(n % LANES), t, NULL)) == R_DONE)
        n++;
    assert_int_equal(r, R_BUDGET_EXHAUSTED);
    assert_int_equal(n, BUDGET - 1);
}

/* ---- what is due ---- */

static void what_is_due_is_swept_where_it_can_be(void **state)
{
    (void)state;
    uint64_t t = template_in(campaign_with_budget(BUDGET_MODE_NONE, 0)), coupons[LANES];
    for (uint16_t lane = 0; lane < LANES; lane++)
        assert_int_equal(claim(lane, t, &coupons[lane]), R_DONE);
    go_away();
    fix_pass(shop, FIX_END_MS - FIX_START_MS + MS_DAY);
    assert_int_equal(sweep_all(shop->app, shop->clock_ms, NULL), R_UNAVAILABLE);
    come_back();
    for (uint16_t lane = 0; lane < LANES; lane++)
        assert_int_equal(fix_coupon(shop, coupons[lane]).state,
                         lane < THERE ? COUPON_STATE_EXPIRED : COUPON_STATE_AVAILABLE);
    assert_int_equal(sweep_all(shop->app, shop->clock_ms, NULL), R_DONE);
    for (uint16_t lane = 0; lane < LANES; lane++)
        assert_int_equal(fix_coupon(shop, coupons[lane]).state, COUPON_STATE_EXPIRED);
}

/* ---- messages ---- */

static app *open_other(const str *its_urls)
{
    app_options options = shop->options;
    app *other;
    options.store.urls = its_urls;
    assert_int_equal(app_open(&options, &other, &(buf){0}), R_DONE);
    return other;
}

static size_t letters_here(void)
{
    return (size_t)database_number(urls[0].p, "SELECT count(*) FROM outbox");
}

/* A server stops for ever between the commit of a grant and its delivery;
 * another one finds it. */
static void what_a_dead_server_has_left_here_is_delivered(void **state)
{
    (void)state;
    uint64_t t = template_in(campaign_with_budget(BUDGET_MODE_AT_ISSUE, BUDGET * EACH));
    uint16_t home = store_lane_of_slot(app_store(shop->app), id_slot(t));
    assert_true(home < THERE);
    uint16_t lane = (uint16_t)(1 - home);
    app *dead = shop->app;
    shop->app = open_other(urls);
    str name = user_of(lane);
    issue_item item = {.template = t, .count = 1};
    issue_in in = {.merchant = shop->merchant,
                   .user = name,
                   .source = COUPON_SOURCE_CLAIM,
                   .mode = ISSUE_MODE_ALL_OR_NONE,
                   .items = {&item, 1}};
    issue_out out = {0};
    app *living = shop->app;
    shop->app = dead;
    fix_act *a = fix_submit(shop, ACT_ID_issue, slot_of_user(shop->merchant, name), &in, &out);
    shop->app = living;
    (void)store_step(app_store(dead));
    store_halt_lane(app_store(dead), lane, true);
    while (store_step(app_store(dead)) > 0)
        continue;
    assert_false(a->ended);
    assert_int_equal(letters_here(), 1);
    go_away();
    app_tick(living);
    (void)app_settle(living);
    assert_int_equal(letters_here(), 0);
    come_back();
    store_halt_lane(app_store(dead), lane, false);
    app_close(dead);
}

/* ---- configuration ---- */

static void pause_at(app *other, uint64_t campaign_id)
{
    app *own = shop->app;
    shop->app = other;
    fix_campaign_state(shop, campaign_id, CAMPAIGN_STATE_PAUSED);
    shop->app = own;
}

/* What lanes there have to say was seen before: all that anybody can have
 * decided on is known. */
static void edits_here_reach_the_others(void **state)
{
    (void)state;
    uint64_t c = campaign_with_budget(BUDGET_MODE_NONE, 0), t = template_in(c);
    uint64_t going_on = template_in(campaign_with_budget(BUDGET_MODE_NONE, 0));
    app *other = open_other(urls);
    assert_int_equal(claim(HERE, t, NULL), R_DONE);
    go_away();
    pause_at(other, c);
    for (uint16_t lane = HERE; lane < THERE; lane++) {
        assert_int_equal(claim(lane, t, NULL), R_CAMPAIGN_NOT_ACTIVE);
        assert_int_equal(claim(lane, going_on, NULL), R_DONE);
    }
    come_back();
    app_close(other);
}

/* The other server has read something there that this one cannot read. */
static void what_others_know_is_not_passed_over(void **state)
{
    (void)state;
    campaign_create_in in = fix_campaign_in(shop);
    while (store_lane_of_slot(app_store(shop->app), in.slot) < THERE)
        in.slot++;
    uint64_t c = fix_campaign(shop, &in), t = template_in(c);
    uint64_t going_on = template_in(campaign_with_budget(BUDGET_MODE_NONE, 0));
    app *other = open_other((const str[]){urls[0], str_of(there)});
    assert_int_equal(claim(HERE, t, NULL), R_DONE);
    go_away();
    pause_at(other, c);
    assert_int_equal(claim(HERE, t, NULL), R_UNAVAILABLE);
    assert_int_equal(claim(NEXT, going_on, NULL), R_UNAVAILABLE);
    come_back();
    assert_int_equal(claim(HERE, t, NULL), R_CAMPAIGN_NOT_ACTIVE);
    assert_int_equal(claim(NEXT, going_on, NULL), R_DONE);
    app_close(other);
}

/* Views here that are open; a lane's session may be, too, until its next batch.
 */
static int64_t views_here(void)
{
    return database_number(urls[0].p,
                           "SELECT count(*) FROM pg_stat_activity WHERE datname = "
                           "current_database() AND state = 'idle in transaction' AND query NOT "
                           "LIKE '%pg_stat_activity%'");
}

static void *look(void *context)
{
    app_follow(context);
    return NULL;
}

/* A server that looks has read the heads here and waits for those there;
 * meanwhile another one pauses here, and tells the lanes there. */
static void heads_of_two_moments_cover_no_edit_between_them(void **state)
{
    (void)state;
    campaign_create_in in = fix_campaign_in(shop);
    while (store_lane_of_slot(app_store(shop->app), in.slot) >= THERE)
        in.slot++;
    uint64_t c = fix_campaign(shop, &in), t = template_in(c);
    app *other = open_other((const str[]){urls[0], str_of(there)});
    for (uint16_t lane = 0; lane < LANES; lane++)
        assert_int_equal(claim(lane, t, NULL), R_DONE);
    app_follow(shop->app);
    pthread_t looking;
    int64_t before = views_here();
    cutter_set(between, CUT_HANG);
    (void)nanosleep(&(struct timespec){.tv_nsec = HANGS_NS}, NULL);
    assert_int_equal(pthread_create(&looking, NULL, look, shop->app), 0);
    while (views_here() <= before)
        continue;
    pause_at(other, c);
    cutter_set(between, CUT_NOTHING);
    assert_int_equal(pthread_join(looking, NULL), 0);
    for (uint16_t lane = THERE; lane < LANES; lane++)
        assert_int_equal(claim(lane, t, NULL), R_CAMPAIGN_NOT_ACTIVE);
    app_close(other);
}

/* A look that reads nothing at all finds no epoch, whatever was in its memory.
 */
static void heads_that_cannot_be_read_are_empty(void **state)
{
    (void)state;
    const char *url = database_take();
    cutter *all = cutter_start(url);
    str only = str_of(cutter_url(all));
    shop = fix_open((fix_options){.lanes = LANES, .pg = &only, .shards = 1, .several = true});
    lane_head heads[STORE_LANES_MAX];
    result outcomes[STORE_LANES_MAX];
    store_metrics m;
    cutter_set(all, CUT_ALL);
    do {
        memset(heads, 0x5a, sizeof(heads));
        store_heads(app_store(shop->app), shop->memory, heads, outcomes);
        store_metrics_read(app_store(shop->app), &m);
    } while (!m.away[0]);
    for (uint16_t lane = 0; lane < LANES; lane++) {
        assert_int_equal(outcomes[lane], R_UNAVAILABLE);
        assert_int_equal(heads[lane].lane, lane);
        assert_int_equal(heads[lane].epoch, 0);
        assert_int_equal(heads[lane].config_seen.n, 0);
    }
    cutter_set(all, CUT_NOTHING);
    do {
        store_reach(app_store(shop->app));
        store_metrics_read(app_store(shop->app), &m);
    } while (m.away[0]);
    fix_verify(shop);
    fix_close(shop);
    cutter_stop(all);
    database_give(url);
}

/* ---- webhooks ---- */

typedef struct receiver {
    notifier ops; /* first */
    void *waiting[NOTIFY_MAX];
    size_t n, count;
} receiver;

static bool on_send(notifier *ops, const notify_message *m)
{
    receiver *r = (receiver *)ops;
    assert_true(r->n < NOTIFY_MAX);
    r->waiting[r->n++] = m->context;
    r->count++;
    return true;
}

static size_t on_wait(notifier *ops, int64_t patience_ms, notify_answer *out, size_t max)
{
    receiver *r = (receiver *)ops;
    MAYBE(patience_ms);
    assert_true(r->n <= max);
    for (size_t i = 0; i < r->n; i++)
        out[i] = (notify_answer){.context = r->waiting[i], .fault = NOTIFY_ANSWERED, .status = 200};
    size_t n = r->n;
    r->n = 0;
    return n;
}

static void on_abandon(notifier *ops)
{
    MAYBE(ops);
}

static void create_webhook(void)
{
    feed_mark marks[LANES];
    webhook_put_in in = {.merchant = shop->merchant,
                         .fields = WEBHOOK_URL | WEBHOOK_KINDS | WEBHOOK_ENABLED | WEBHOOK_SECRET,
                         .url = S("https://shop.example/hook"),
                         .kinds = UINT64_C(1) << EVENT_KIND_COUPON_ISSUED,
                         .enabled = true,
                         .marks = {marks, LANES}};
    row_out out = {0};
    for (uint16_t i = 0; i < LANES; i++)
        marks[i] = (feed_mark){.lane = i, .first = 1};
    assert_int_equal(webhook_secret_make(shop->app, shop->merchant, shop->memory, &in.sealed),
                     R_DONE);
    assert_int_equal(fix_run(shop, ACT_ID_webhook_put, id_slot(shop->merchant), &in, &out), R_DONE);
}

static void go(webhook_sender *s)
{
    for (int i = 0; webhook_sender_go(s, 0); i++)
        assert_true(i < 100);
}

static void events_here_are_sent(void **state)
{
    (void)state;
    assert_true(store_lane_of_slot(app_store(shop->app), id_slot(shop->merchant)) < THERE);
    receiver here = {.ops = {.send = on_send, .wait = on_wait, .abandon = on_abandon}};
    uint64_t t = template_in(campaign_with_budget(BUDGET_MODE_NONE, 0));
    create_webhook();
    webhook_sender *s = webhook_sender_new(
        shop->app, &(webhook_sender_options){.notifier = &here.ops, .render = event_json});
    for (uint16_t lane = 0; lane < LANES; lane++)
        assert_int_equal(claim(lane, t, NULL), R_DONE);
    go_away();
    assert_int_equal(claim(HERE, t, NULL), R_DONE);
    go(s);
    assert_int_equal(here.count, 3);
    come_back();
    assert_int_equal(claim(THERE, t, NULL), R_DONE);
    go(s);
    assert_int_equal(here.count, 6);
    webhook_sender_free(s);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
#define ALONE(test)  cmocka_unit_test_setup_teardown(test, open_alone, close_shop)
#define SHARED(test) cmocka_unit_test_setup_teardown(test, open_shared, close_shop)
        ALONE(pieces_of_a_home_that_is_here_are_leased),
        SHARED(pieces_of_a_home_that_is_here_are_leased),
        ALONE(what_is_due_is_swept_where_it_can_be),
        SHARED(what_is_due_is_swept_where_it_can_be),
        SHARED(what_a_dead_server_has_left_here_is_delivered),
        SHARED(edits_here_reach_the_others),
        SHARED(what_others_know_is_not_passed_over),
        SHARED(heads_of_two_moments_cover_no_edit_between_them),
        cmocka_unit_test(heads_that_cannot_be_read_are_empty),
        ALONE(events_here_are_sent),
    };
    log_set_level(LOG_LEVEL_COUNT); /* what is away is what is tested */
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Sagas: tries before the act, what takes them back, and trying again. And limits by subject as the
 * first of them, from the names to the counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/query_sagas.h"
#include "app/reserve.h"
#include "app/saga.h"
#include "base/id.h"
#include "domain/saga/saga.h"
#include "port/metric.h"
#include "test/lib/domain_fixture.h"

static fix *shop;
static fix_options how;
static uint64_t campaign_id, template_id;

static int set_up(void **state)
{
    (void)state;
    limit_rule rule = fix_limit(LIMIT_MEASURE_CLAIMS, LIMIT_SUBJECT_DEVICE, LIMIT_PERIOD_EVER, 2);
    shop = fix_open(how);
    campaign_create_in in = fix_campaign_in(shop);
    campaign_id = fix_campaign(shop, &in);
    template_put_in t = fix_template_in(shop, campaign_id);
    t.limits.items = &rule;
    t.limits.n = 1;
    template_id = fix_template(shop, &t);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fix_verify(shop);
    fix_close(shop);
    return 0;
}

/* ---- a claim ---- */

typedef struct claim {
    act_call call; /* first */
    issue_item item;
    issue_in in;
    issue_out out;
    int ended;
} claim;

static void on_done(act_call *call)
{
    ((claim *)call)->ended++;
}

static claim *claim_of(const char *user_name, uint32_t n)
{
    claim *c = ARENA_NEW(shop->memory, claim);
    c->item = (issue_item){.template = template_id, .count = n};
    c->in = (issue_in){.merchant = shop->merchant,
                       .user = str_of(user_name),
                       .source = COUPON_SOURCE_CLAIM,
                       .mode = ISSUE_MODE_ALL_OR_NONE};
    c->in.items.items = &c->item;
    c->in.items.n = 1;
    c->call = (act_call){.app = shop->app,
                         .id = ACT_ID_issue,
                         .slot = slot_of_user(shop->merchant, c->in.user),
                         .in = &c->in,
                         .out = &c->out,
                         .memory = shop->memory,
                         .done = on_done};
    return c;
}

static void submit(claim *c, const char *device)
{
    reserve_ask ask = {.names = {.device = str_of(device)}};
    assert_int_equal(reserve_submit(&c->call, &ask), R_DONE);
}

static claim *claimed(const char *user_name, const char *device)
{
    claim *c = claim_of(user_name, 1);
    submit(c, device);
    (void)app_settle(shop->app);
    assert_int_equal(c->ended, 1);
    return c;
}

/* ---- what is stored ---- */

typedef struct sum {
    size_t acts; /* on their way, of all subjects */
    int64_t counted;
} sum;

static bool add_open(void *context, str key, const void *row)
{
    (void)key;
    ((sum *)context)->acts += ((const subject_open *)row)->reservations.n;
    return true;
}

static bool add_usage(void *context, str key, const void *row)
{
    (void)key;
    const subject_usage *u = row;
    for (size_t i = 0; i < u->cells.n; i++)
        ((sum *)context)->counted += u->cells.items[i].n;
    return true;
}

static void expect(size_t acts, int64_t counted)
{
    app_view v;
    sum all = {0};
    store_span open = {&subject_open_table, -1, 0, SLOT_COUNT};
    store_span usages = {&subject_usage_table, -1, 0, SLOT_COUNT};
    assert_int_equal(app_view_open(shop->app, shop->memory, &v), R_DONE);
    assert_int_equal(store_each(v.rows, &open, add_open, &all), R_DONE);
    assert_int_equal(store_each(v.rows, &usages, add_usage, &all), R_DONE);
    assert_int_equal(app_view_close(&v), R_DONE);
    assert_int_equal(all.acts, acts);
    assert_int_equal(all.counted, counted);
}

/* ---- limits by subject ---- */

static void a_claim_counts_for_the_device_that_it_names(void **state)
{
    (void)state;
    uint64_t made = metric_value(METRIC_TRIES_MADE_LIMIT);
    uint64_t used = metric_value(METRIC_TRIES_USED_LIMIT);
    assert_int_equal(claimed("ann", "d1")->call.code, R_DONE);
    assert_int_equal(claimed("bob", "d1")->call.code, R_DONE);
    claim *third = claimed("eve", "d1");
    assert_int_equal(third->call.code, R_LIMIT_REACHED);
    assert_true(str_eq(third->call.detail, S("The limit of the template is 2 claims a device.")));
    assert_int_equal(claimed("eve", "d2")->call.code, R_DONE);
    expect(0, 3);
    assert_int_equal(metric_value(METRIC_TRIES_MADE_LIMIT), made + 3);
    assert_int_equal(metric_value(METRIC_TRIES_USED_LIMIT), used + 3);
}

static void an_act_that_is_refused_gives_back(void **state)
{
    (void)state;
    uint64_t cancelled = metric_value(METRIC_TRIES_CANCELLED_LIMIT);
    fix_campaign_state(shop, campaign_id, CAMPAIGN_STATE_PAUSED);
    assert_int_equal(claimed("ann", "d1")->call.code, R_CAMPAIGN_NOT_ACTIVE);
    assert_int_equal(metric_value(METRIC_TRIES_CANCELLED_LIMIT), cancelled + 1);
    expect(0, 0);
}

static void an_answered_key_takes_nothing(void **state)
{
    (void)state;
    claim *all[2] = {claim_of("ann", 1), claim_of("ann", 1)};
    for (int i = 0; i < 2; i++) {
        all[i]->call.key = (act_key){.merchant = shop->merchant, .key = S("k")};
        submit(all[i], "d1");
    }
    (void)app_settle(shop->app); /* both at once: each has a reservation of its own */
    assert_int_equal(all[0]->call.code, R_DONE);
    assert_int_equal(all[1]->call.code, R_DONE);
    assert_true(all[0]->call.replayed != all[1]->call.replayed);
    expect(0, 1);
    claim *late = claim_of("ann", 1);
    late->call.key = all[0]->call.key;
    submit(late, "d1");
    (void)app_settle(shop->app);
    assert_true(late->call.code == R_DONE && late->call.replayed);
    expect(0, 1);
}

/* The home stands still until the reservation's deadline: the act reserves again. */
static void an_act_past_its_deadline_is_tried_again(void **state)
{
    (void)state;
    claim *c = claim_of("ann", 1);
    uint16_t lane = store_lane_of_slot(app_store(shop->app), c->call.slot);
    store_halt_lane(app_store(shop->app), lane, true);
    submit(c, "d1");
    (void)app_settle(shop->app);
    fix_pass(shop, SAGA_TRY_MS);
    store_halt_lane(app_store(shop->app), lane, false);
    (void)app_settle(shop->app);
    assert_int_equal(c->ended, 1);
    assert_int_equal(c->call.code, R_DONE);
    expect(0, 1);
}

/* The process ends between try and act: what was tried is let go past the deadline. */
static void a_try_that_nobody_follows_is_let_go(void **state)
{
    (void)state;
    claim *c = claim_of("ann", 2);
    uint16_t lane = store_lane_of_slot(app_store(shop->app), c->call.slot);
    store_halt_lane(app_store(shop->app), lane, true);
    submit(c, "d1");
    (void)app_settle(shop->app);
    expect(1, 0);
    saga_open seen = fix_saga(shop);
    assert_true(str_eq(seen.kind, S("limit_reservation")));
    assert_int_equal(seen.state, SAGA_ON_ITS_WAY);
    assert_int_equal(seen.home, c->call.slot);
    assert_int_equal(seen.deadline_ms, shop->clock_ms + SAGA_TRY_MS);
    uint64_t late = metric_value(METRIC_TRIES_LATE_LIMIT);
    fix_pass(shop, SAGA_TRY_MS);
    assert_int_equal(fix_saga(shop).state, SAGA_LATE);
    fix_sweep(shop);
    assert_int_equal(metric_value(METRIC_TRIES_LATE_LIMIT), late + 1);
    assert_int_equal(fix_saga(shop).asks_at_ms, shop->clock_ms + SAGA_CHECK_MS);
    for (int64_t waited_ms = SAGA_CHECK_MS; waited_ms < 2 * SAGA_CHECK_MAX_MS; waited_ms *= 2) {
        fix_pass(shop, fix_saga(shop).asks_at_ms - shop->clock_ms); /* ever more rarely */
        fix_sweep(shop);
        assert_int_equal(shop->clock_ms, seen.deadline_ms + waited_ms);
        int64_t next_ms = waited_ms < SAGA_CHECK_MAX_MS ? waited_ms : SAGA_CHECK_MAX_MS;
        assert_int_equal(fix_saga(shop).asks_at_ms, shop->clock_ms + next_ms);
    }
    store_halt_lane(app_store(shop->app), lane, false);
    (void)app_settle(shop->app);
    assert_int_equal(c->call.code, R_DONE); /* it reserved again */
    expect(0, 2);
    assert_int_equal(fix_saga(shop).kind.n, 0);
}

/* ---- sagas as such ---- */

typedef struct probe {
    saga saga; /* first */
    int planned, tried, cancelled;
    size_t tries, good; /* of the tries: so many are done, the next is refused */
    bool crowded;       /* from the second attempt on no lane takes anything */
} probe;

static probe *watched;

static void fill_lanes(void)
{
    for (uint16_t slot = 0; slot < store_lanes(app_store(shop->app)); slot++) {
        result r;
        do { /* slot n is in lane n */
            claim *c = claim_of("eve", 1);
            c->call.slot = slot;
            c->call.refusal = R_NOT_APPLICABLE;
            r = act_submit(&c->call);
        } while (r == R_DONE);
        assert_int_equal(r, R_BUSY);
    }
}

static void probe_plan(saga *s)
{
    probe *p = (probe *)s;
    if (++watched->planned == 2 && p->crowded)
        fill_lanes();
    for (size_t i = 0; i < p->tries; i++) {
        sweep_in *in = ARENA_NEW(s->memory, sweep_in);
        uint16_t lane = store_lane_of_slot(app_store(shop->app), (uint16_t)i);
        in->lane = i < p->good ? lane : UINT16_MAX; /* there is no such lane: R_INVALID */
        s->tries[s->n++] = (saga_try){.id = ACT_ID_sweep, .slot = (uint16_t)i, .in = in};
    }
}

static void probe_tried(saga *s)
{
    watched->tried++;
    for (size_t i = 0; i < s->n; i++)
        assert_non_null(s->tries[i].out);
}

static bool probe_cancel(saga *s, const saga_try *done, saga_try *out)
{
    (void)s;
    (void)out;
    assert_non_null(done->out);
    watched->cancelled++;
    return false;
}

static probe run_probe(claim *c, const probe *how_tried)
{
    probe seen = {0};
    watched = &seen;
    probe *p = saga_new(sizeof(*p));
    p->saga.call = &c->call;
    p->saga.attempts = SAGA_ATTEMPTS_MAX;
    p->saga.plan = probe_plan;
    p->saga.tried = probe_tried;
    p->saga.cancel = probe_cancel;
    p->tries = how_tried->tries;
    p->good = how_tried->good;
    p->crowded = how_tried->crowded;
    assert_int_equal(saga_submit(&p->saga), R_DONE);
    (void)app_settle(shop->app);
    assert_int_equal(c->ended, 1);
    return seen;
}

static void an_act_that_is_never_reserved_ends_as_busy(void **state)
{
    (void)state;
    claim *c = claim_of("ann", 1);
    reserved_subject named = {.subject = LIMIT_SUBJECT_DEVICE};
    c->in.subjects.items = &named;
    c->in.subjects.n = 1;
    probe seen = run_probe(c, &(probe){.tries = 2, .good = 2});
    assert_int_equal(c->call.code, R_BUSY);
    assert_int_equal(seen.planned, SAGA_ATTEMPTS_MAX);
    assert_int_equal(seen.tried, SAGA_ATTEMPTS_MAX);
    assert_int_equal(seen.cancelled, 2 * SAGA_ATTEMPTS_MAX);
}

/* Neither try nor act gets in again: the answer stays what the caller was told. */
static void an_act_that_cannot_be_tried_again_is_busy(void **state)
{
    (void)state;
    claim *c = claim_of("ann", 1);
    reserved_subject named = {.subject = LIMIT_SUBJECT_DEVICE};
    c->in.subjects.items = &named;
    c->in.subjects.n = 1;
    probe seen = run_probe(c, &(probe){.tries = 2, .good = 2, .crowded = true});
    assert_int_equal(c->call.code, R_BUSY);
    assert_int_equal(seen.planned, 2);
}

static void a_try_that_is_refused_refuses_the_act(void **state)
{
    (void)state;
    claim *c = claim_of("ann", 1);
    probe seen = run_probe(c, &(probe){.tries = 3, .good = 1});
    assert_int_equal(c->call.code, R_INVALID);
    assert_int_equal(seen.planned, 1);
    assert_int_equal(seen.tried, 0);
    assert_int_equal(seen.cancelled, 1); /* the one that was done; the third was never made */
}

static void a_refusal_from_before_tries_nothing(void **state)
{
    (void)state;
    claim *c = claim_of("ann", 1);
    c->call.refusal = R_NOT_APPLICABLE;
    c->call.refusal_detail = S("why");
    probe seen = run_probe(c, &(probe){.tries = 2, .good = 2});
    assert_int_equal(c->call.code, R_NOT_APPLICABLE);
    assert_true(str_eq(c->call.detail, S("why")));
    assert_int_equal(seen.planned, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_claim_counts_for_the_device_that_it_names, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(an_act_that_is_refused_gives_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_answered_key_takes_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_act_past_its_deadline_is_tried_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_try_that_nobody_follows_is_let_go, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_act_that_is_never_reserved_ends_as_busy, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(an_act_that_cannot_be_tried_again_is_busy, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_try_that_is_refused_refuses_the_act, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_refusal_from_before_tries_nothing, set_up, tear_down),
    };
    for (uint64_t seed = 0; seed < 3; seed++) {
        how = (fix_options){.adversary = seed};
        int failed = cmocka_run_group_tests(tests, NULL, NULL);
        if (failed != 0)
            return failed;
    }
    return 0;
}

/* Reservations by subject and what ends them: confirmed, cancelled, checked past the deadline,
 * early and late, twice and in any order. The device is in another lane than the users. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/id.h"
#include "domain/limit/subject.h"
#include "domain/saga/saga.h"
#include "test/lib/domain_shop.h"

enum { LO = 77 };

static uint64_t device; /* hi */
static uint64_t campaign_id, template_id;
static uint64_t issued; /* the first coupon of the last claim that was done */

static uint16_t lane_of(uint16_t slot)
{
    return store_lane_of_slot(app_store(shop->app), slot);
}

static uint16_t home(str user_name)
{
    return slot_of_user(shop->merchant, user_name);
}

static limit_rule by_device(limit_period period, int64_t max, int64_t window_ms)
{
    limit_rule rule = fix_limit(LIMIT_MEASURE_CLAIMS, LIMIT_SUBJECT_DEVICE, period, max);
    rule.window_ms = window_ms;
    return rule;
}

static void open_shop_with(limit_rule *rules, size_t n)
{
    shop = fix_open(how);
    campaign_create_in in = fix_campaign_in(shop);
    campaign_id = fix_campaign(shop, &in);
    template_put_in t = fix_template_in(shop, campaign_id);
    t.limits.items = rules;
    t.limits.n = n;
    template_id = fix_template(shop, &t);
    device = 1;
    while (lane_of(slot_of_hash(device)) == lane_of(home(S("ann"))))
        device++;
}

/* `period`, `max` claims a device. */
static void open_shop(limit_period period, int64_t max)
{
    limit_rule rule = by_device(period, max, period == LIMIT_PERIOD_ROLLING ? MS_HOUR : 0);
    open_shop_with(&rule, 1);
}

/* ---- steps ---- */

typedef struct attempt {
    limit_reserve_in in;
    limit_reserve_out out;
    limit_need need;
    fix_act *act;
} attempt;

static attempt *start(str user_name, int64_t n)
{
    attempt *a = ARENA_NEW(shop->memory, attempt);
    a->need = (limit_need){.template = template_id, .measure = LIMIT_MEASURE_CLAIMS, .n = n};
    a->in = (limit_reserve_in){.merchant = shop->merchant,
                               .subject = LIMIT_SUBJECT_DEVICE,
                               .hi = device,
                               .lo = LO,
                               .slot = home(user_name)};
    a->in.needs.items = &a->need;
    a->in.needs.n = 1;
    a->act = fix_submit(shop, ACT_ID_limit_reserve_claim, slot_of_hash(device), &a->in, &a->out);
    (void)app_settle(shop->app);
    return a;
}

static const limit_reserve_out *reserve(str user_name, int64_t n)
{
    attempt *a = start(user_name, n);
    assert_true(a->act->ended);
    assert_int_equal(a->act->call.code, R_DONE);
    return &a->out;
}

static bool holds(const limit_reserve_out *r, int64_t n)
{
    return r->reservation != 0 && r->grants.n == 1 && r->grants.items[0].n == n;
}

/* A claim with what was reserved. */
static result claim(str user_name, uint32_t n, const limit_reserve_out *r)
{
    issue_item item = {.template = template_id, .count = n};
    reserved_subject named = {.subject = LIMIT_SUBJECT_DEVICE,
                              .hi = device,
                              .lo = LO,
                              .reservation = r->reservation,
                              .deadline_ms = r->deadline_ms};
    issue_in in = {.merchant = shop->merchant,
                   .user = user_name,
                   .source = COUPON_SOURCE_CLAIM,
                   .mode = ISSUE_MODE_ALL_OR_NONE};
    issue_out out = {0};
    in.items.items = &item;
    in.items.n = 1;
    in.subjects.items = &named;
    in.subjects.n = 1;
    in.grants.items = r->grants.items;
    in.grants.n = r->grants.n;
    result done = fix_run(shop, ACT_ID_issue, home(user_name), &in, &out);
    if (done == R_DONE)
        issued = out.coupons.items[0].coupon;
    return done;
}

static void settle(uint64_t id)
{
    limit_settle_in in = {.hi = device, .lo = LO, .reservation = id};
    act_none out = {0};
    assert_int_equal(fix_run(shop, ACT_ID_limit_settle, slot_of_hash(device), &in, &out), R_DONE);
}

/* As cancelling does: what waits for the subject goes on. */
static void cancel(const limit_reserve_out *r)
{
    settle(r->reservation);
    store_wake(app_store(shop->app), lane_of(slot_of_hash(device)), subject_pool(device, LO),
               WORD_NONE, UINT64_MAX);
    (void)app_settle(shop->app);
}

/* How many acts are on their way for the device; *counted: what has been counted. */
static size_t on_their_way(int64_t *counted)
{
    app_view v;
    assert_int_equal(app_view_open(shop->app, shop->memory, &v), R_DONE);
    const subject_open *open = subject_open_get(v.rows, slot_of_hash(device), device, LO);
    const subject_usage *row =
        subject_usage_get(v.rows, slot_of_hash(device), device, LO, campaign_id);
    *counted = 0;
    for (size_t i = 0; row != NULL && i < row->cells.n; i++)
        *counted += row->cells.items[i].n;
    size_t n = open == NULL ? 0 : open->reservations.n;
    assert_int_equal(app_view_close(&v), R_DONE);
    return n;
}

static void expect(size_t acts, int64_t counted)
{
    int64_t n;
    assert_int_equal(on_their_way(&n), acts);
    assert_int_equal(n, counted);
}

/* ---- what is shown ---- */

static void what_an_act_took_is_counted_and_the_rest_is_free(void **state)
{
    (void)state;
    open_shop(LIMIT_PERIOD_EVER, 5);
    const limit_reserve_out *r = reserve(S("ann"), 4);
    assert_true(holds(r, 4));
    expect(1, 0);
    assert_int_equal(claim(S("ann"), 3, r), R_DONE);
    expect(0, 3);
    assert_true(holds(reserve(S("bob"), 2), 2));
}

static void a_cancelled_reservation_leaves_nothing(void **state)
{
    (void)state;
    open_shop(LIMIT_PERIOD_EVER, 1);
    const limit_reserve_out *r = reserve(S("ann"), 1);
    cancel(r);
    expect(0, 0);
    cancel(r); /* again, and one that never was */
    settle(12345);
    expect(0, 0);
    assert_true(holds(reserve(S("bob"), 1), 1));
    expect(1, 0);
}

static void who_lacks_what_is_kept_waits_and_who_lacks_what_is_counted_does_not(void **state)
{
    (void)state;
    open_shop(LIMIT_PERIOD_EVER, 1);
    const limit_reserve_out *r = reserve(S("ann"), 1);
    attempt *bob = start(S("bob"), 1), *eve = start(S("eve"), 1);
    assert_true(!bob->act->ended && !eve->act->ended);
    cancel(r);
    assert_true(bob->act->ended && holds(&bob->out, 1));
    assert_false(eve->act->ended);
    assert_int_equal(claim(S("bob"), 1, &bob->out), R_DONE);
    assert_true(eve->act->ended);
    assert_int_equal(eve->act->call.code, R_DONE);
    assert_int_equal(eve->out.reservation, 0);
    assert_int_equal(eve->out.grants.items[0].n, 0);
    assert_int_equal(claim(S("eve"), 1, &eve->out), R_LIMIT_REACHED);
}

/* Given back in an act that was answered, and on its way behind another message: who asks now is
 * not told that the limit is reached. */
static void what_was_given_back_is_waited_for(void **state)
{
    (void)state;
    open_shop(LIMIT_PERIOD_EVER, 1);
    const limit_reserve_out *r = reserve(S("ann"), 1);
    store *s = app_store(shop->app);
    store_halt_lane(s, lane_of(slot_of_hash(device)), true);
    assert_int_equal(claim(S("ann"), 1, r), R_DONE);
    assert_int_equal(fix_void(shop, issued, VOID_REASON_ISSUED_IN_ERROR), R_DONE);
    attempt *bob = start(S("bob"), 1);
    assert_false(bob->act->ended);
    store_halt_lane(s, lane_of(slot_of_hash(device)), false);
    (void)app_settle(shop->app);
    assert_true(bob->act->ended && holds(&bob->out, 1));
    expect(1, 0);
}

static void waiting_ends(void **state)
{
    (void)state;
    open_shop(LIMIT_PERIOD_EVER, 1);
    (void)reserve(S("ann"), 1);
    attempt *bob = start(S("bob"), 1);
    fix_pass(shop, 2001);
    (void)app_settle(shop->app);
    assert_true(bob->act->ended);
    assert_int_equal(bob->act->call.code, R_UNAVAILABLE);
}

/* ---- deadlines ---- */

static void an_act_at_its_deadline_must_reserve_again(void **state)
{
    (void)state;
    open_shop(LIMIT_PERIOD_EVER, 2);
    const limit_reserve_out *r = reserve(S("ann"), 1);
    assert_int_equal(r->deadline_ms, shop->clock_ms + SAGA_TRY_MS);
    fix_pass(shop, SAGA_TRY_MS - 1);
    assert_int_equal(claim(S("ann"), 1, r), R_DONE);
    r = reserve(S("bob"), 1);
    fix_pass(shop, SAGA_TRY_MS);
    assert_int_equal(claim(S("bob"), 1, r), R_UNRESERVED);
    expect(1, 1);
}

static void a_reservation_that_nobody_ends_is_let_go_past_its_deadline(void **state)
{
    (void)state;
    open_shop(LIMIT_PERIOD_EVER, 1);
    const limit_reserve_out *r = reserve(S("ann"), 1);
    fix_pass(shop, SAGA_TRY_MS - 1);
    fix_sweep(shop);
    expect(1, 0);
    fix_pass(shop, 1);
    fix_sweep(shop);
    expect(0, 0);
    assert_int_equal(claim(S("ann"), 1, r), R_UNRESERVED);
    assert_true(holds(reserve(S("bob"), 1), 1));
}

/* The act is decided in time and its confirmation stands still with its lane: the check comes
 * behind it and lets nothing go. */
static void a_check_comes_behind_the_confirmation(void **state)
{
    (void)state;
    open_shop(LIMIT_PERIOD_EVER, 1);
    const limit_reserve_out *r = reserve(S("ann"), 1);
    store *s = app_store(shop->app);
    uint16_t other = lane_of(slot_of_hash(device));
    store_halt_lane(s, other, true);
    assert_int_equal(claim(S("ann"), 1, r), R_DONE);
    fix_pass(shop, SAGA_TRY_MS);
    expect(1, 0);
    store_halt_lane(s, other, false);
    fix_sweep(shop);
    expect(0, 1);
    assert_int_equal(reserve(S("bob"), 1)->reservation, 0);
}

/* Whose home cannot be asked is asked again, and kept until then. */
static void a_home_that_stands_still_is_asked_again(void **state)
{
    (void)state;
    open_shop(LIMIT_PERIOD_EVER, 1);
    (void)reserve(S("ann"), 1);
    store *s = app_store(shop->app);
    uint16_t still = lane_of(home(S("ann")));
    fix_pass(shop, SAGA_TRY_MS);
    store_halt_lane(s, still, true);
    fix_sweep(shop);
    expect(1, 0);
    fix_pass(shop, SAGA_CHECK_MS);
    fix_sweep(shop);
    expect(1, 0);
    store_halt_lane(s, still, false);
    (void)app_settle(shop->app);
    expect(0, 0);
}

/* A home whose time is before the deadline says nothing. */
static void a_check_in_time_is_not_answered(void **state)
{
    (void)state;
    open_shop(LIMIT_PERIOD_EVER, 1);
    const limit_reserve_out *r = reserve(S("ann"), 1);
    limit_settle_in none = {.hi = device, .lo = LO, .reservation = r->reservation};
    saga_check_in in = {.deadline_ms = r->deadline_ms,
                        .answer_act = SUBJECT_SETTLE_ACT,
                        .answer_slot = slot_of_hash(device),
                        .answer = record_bytes(&limit_settle_in_record, &none, shop->memory)};
    act_none out = {0};
    assert_int_equal(fix_run(shop, ACT_ID_saga_check, home(S("ann")), &in, &out), R_DONE);
    expect(1, 0);
    fix_pass(shop, SAGA_TRY_MS);
    assert_int_equal(fix_run(shop, ACT_ID_saga_check, home(S("ann")), &in, &out), R_DONE);
    expect(0, 0);
}

/* ---- periods ---- */

/* The shop's midnight is at 16:00Z. */
static int64_t to_midnight(void)
{
    return MS_DAY - (shop->clock_ms + 8 * MS_HOUR) % MS_DAY;
}

static void a_deadline_is_never_behind_the_end_of_the_day(void **state)
{
    (void)state;
    open_shop(LIMIT_PERIOD_MONTH, 1);
    fix_pass(shop, to_midnight() - 5);
    const limit_reserve_out *r = reserve(S("ann"), 1);
    assert_int_equal(r->deadline_ms, shop->clock_ms + 5);
    fix_pass(shop, 5);
    assert_int_equal(claim(S("ann"), 1, r), R_UNRESERVED);
    cancel(r);
    r = reserve(S("ann"), 1);
    assert_int_equal(claim(S("ann"), 1, r), R_DONE);
}

/* Decided before midnight and confirmed after it, behind a claim of the new day. */
static void what_comes_after_its_period_is_over_counts_in_no_other(void **state)
{
    (void)state;
    open_shop(LIMIT_PERIOD_DAY, 1);
    fix_pass(shop, to_midnight() - 5);
    const limit_reserve_out *r = reserve(S("ann"), 1);
    cancel(r); /* as if it were not: the confirmation alone comes late */
    store_halt_lane(app_store(shop->app), lane_of(slot_of_hash(device)), true);
    assert_int_equal(claim(S("ann"), 1, r), R_DONE);
    limit_grant today = r->grants.items[0];
    today.number++;
    limit_settle_in used = {.hi = device, .lo = LO};
    used.used.items = &today;
    used.used.n = 1;
    store_halt_lane(app_store(shop->app), lane_of(slot_of_hash(device)), false);
    (void)app_settle(shop->app);
    expect(0, 1);
    fix_pass(shop, 5);
    const limit_reserve_out *next = reserve(S("bob"), 1);
    assert_int_equal(next->grants.items[0].number, today.number);
    assert_int_equal(claim(S("bob"), 1, next), R_DONE);
    expect(0, 1);
    today.number--; /* once more what was confirmed yesterday */
    act_none out = {0};
    assert_int_equal(fix_run(shop, ACT_ID_limit_settle, slot_of_hash(device), &used, &out), R_DONE);
    expect(0, 1);
    assert_int_equal(reserve(S("eve"), 1)->reservation, 0);
}

static void a_rolling_use_counts_from_its_act(void **state)
{
    (void)state;
    open_shop(LIMIT_PERIOD_ROLLING, 1);
    const limit_reserve_out *r = reserve(S("ann"), 1);
    fix_pass(shop, SAGA_TRY_MS - 1);
    assert_int_equal(claim(S("ann"), 1, r), R_DONE);
    fix_pass(shop, MS_HOUR - 1);
    assert_int_equal(reserve(S("bob"), 1)->reservation, 0);
    fix_pass(shop, 1);
    assert_true(holds(reserve(S("bob"), 1), 1));
}

/* ---- credits ---- */

/* What this claim took. */
static limit_take take_of(const limit_grant *g)
{
    return (limit_take){.measure = g->measure,
                        .subject = g->subject,
                        .period = g->period,
                        .campaign = g->campaign,
                        .owner = g->owner,
                        .number = g->number,
                        .since_version = g->since_version,
                        .n = 1,
                        .hi = device,
                        .lo = LO};
}

/* One, by an act that is to give this back first. */
static limit_reserve_out reserve_for(str user_name, limit_take back)
{
    limit_need need = {.template = template_id, .measure = LIMIT_MEASURE_CLAIMS, .n = 1};
    limit_reserve_in in = {.merchant = shop->merchant,
                           .subject = LIMIT_SUBJECT_DEVICE,
                           .hi = device,
                           .lo = LO,
                           .slot = home(user_name)};
    limit_reserve_out out = {0};
    in.needs.items = &need;
    in.needs.n = 1;
    in.credits.items = &back;
    in.credits.n = 1;
    assert_int_equal(fix_run(shop, ACT_ID_limit_reserve_claim, slot_of_hash(device), &in, &out),
                     R_DONE);
    return out;
}

static void a_credit_must_be_given_back_by_the_act(void **state)
{
    (void)state;
    open_shop(LIMIT_PERIOD_EVER, 1);
    const limit_reserve_out *r = reserve(S("ann"), 1);
    assert_int_equal(claim(S("ann"), 1, r), R_DONE);
    limit_reserve_out bob = reserve_for(S("bob"), take_of(&r->grants.items[0]));
    assert_true(holds(&bob, 1));
    assert_int_equal(bob.grants.items[0].credit, 1);
    assert_int_equal(claim(S("bob"), 1, &bob), R_UNRESERVED); /* it gives nothing back */
    expect(1, 1);
    /* What is kept for a credit is kept beside what is counted. */
    assert_int_equal(reserve(S("eve"), 1)->reservation, 0);
}

/* What is given back is behind the shorter window and helps there nothing: what was reserved in it
 * is kept from others. */
static void a_credit_of_one_window_is_none_of_another(void **state)
{
    (void)state;
    limit_rule rules[] = {by_device(LIMIT_PERIOD_ROLLING, 1, MS_HOUR),
                          by_device(LIMIT_PERIOD_ROLLING, 2, 24 * MS_HOUR)};
    open_shop_with(rules, ARRAY_LEN(rules));
    const limit_reserve_out *r = reserve(S("ann"), 1);
    assert_int_equal(claim(S("ann"), 1, r), R_DONE);
    fix_pass(shop, 2 * MS_HOUR);
    limit_reserve_out bob = reserve_for(S("bob"), take_of(&r->grants.items[0]));
    assert_true(bob.reservation != 0);
    attempt *eve = start(S("eve"), 1);
    assert_false(eve->act->ended);
    cancel(&bob);
    assert_true(eve->act->ended && eve->out.reservation != 0);
}

/* It was counted by a limit that is not there any more; this one began behind it. */
static void what_a_limit_has_not_counted_is_no_credit(void **state)
{
    (void)state;
    open_shop(LIMIT_PERIOD_ROLLING, 1);
    const limit_reserve_out *r = reserve(S("ann"), 1);
    assert_int_equal(claim(S("ann"), 1, r), R_DONE);
    fix_pass(shop, MS_SECOND);
    limit_rule longer = by_device(LIMIT_PERIOD_ROLLING, 1, 24 * MS_HOUR);
    template_put_in edit = fix_template_in(shop, campaign_id);
    edit.template = template_id;
    edit.if_version = 1;
    edit.limits.items = &longer;
    edit.limits.n = 1;
    assert_true(fix_template(shop, &edit) == template_id);
    assert_int_equal(claim(S("eve"), 1, reserve(S("eve"), 1)), R_DONE);
    assert_int_equal(reserve_for(S("bob"), take_of(&r->grants.items[0])).reservation, 0);
}

static void who_gets_none_of_a_lowered_limit_does_not_wait_for_it(void **state)
{
    (void)state;
    open_shop(LIMIT_PERIOD_EVER, 3);
    assert_int_equal(claim(S("ann"), 3, reserve(S("ann"), 3)), R_DONE);
    limit_rule one = by_device(LIMIT_PERIOD_EVER, 1, 0), many = by_device(LIMIT_PERIOD_EVER, 9, 0);
    template_put_in t = fix_template_in(shop, campaign_id), other = t;
    t.template = template_id;
    t.limits.items = &one;
    other.limits.items = &many;
    t.limits.n = other.limits.n = 1;
    assert_int_equal(fix_template(shop, &t), template_id);
    limit_need needs[] = {{template_id, LIMIT_MEASURE_CLAIMS, 2},
                          {fix_template(shop, &other), LIMIT_MEASURE_CLAIMS, 2}};
    limit_reserve_in in = {.merchant = shop->merchant,
                           .subject = LIMIT_SUBJECT_DEVICE,
                           .hi = device,
                           .lo = LO,
                           .slot = home(S("ann")),
                           .partly = true};
    in.needs.items = needs;
    in.needs.n = ARRAY_LEN(needs);
    limit_reserve_out out = {0};
    result r = fix_run(shop, ACT_ID_limit_reserve_claim, slot_of_hash(device), &in, &out);
    assert_int_equal(r, R_DONE);
    assert_int_not_equal(out.reservation, 0);
    assert_int_equal(out.grants.n, 2);
    assert_int_equal(out.grants.items[0].n, 0);
    assert_int_equal(out.grants.items[1].n, 2);
    cancel(&out);
}

static void an_act_without_reservation_takes_nothing(void **state)
{
    (void)state;
    open_shop(LIMIT_PERIOD_EVER, 3);
    const limit_reserve_out *r = reserve(S("ann"), 1);
    limit_reserve_out none = *r;
    none.reservation = 0;
    assert_int_equal(claim(S("ann"), 1, &none), R_UNRESERVED);
    none.grants.n = 0;
    assert_int_equal(claim(S("ann"), 1, &none), R_UNRESERVED);
    assert_int_equal(fix_claim(shop, S("ann"), template_id, 1, NULL), R_LIMIT_SUBJECT_MISSING);
    expect(1, 0);
}

static void acts_on_their_way_are_bounded(void **state)
{
    (void)state;
    open_shop(LIMIT_PERIOD_EVER, 10 * SUBJECT_ACTS_MAX);
    const limit_reserve_out *first = reserve(S("ann"), 1);
    for (int i = 1; i < SUBJECT_ACTS_MAX; i++)
        assert_true(holds(reserve(S("ann"), 1), 1));
    attempt *more = start(S("bob"), 1);
    assert_false(more->act->ended);
    cancel(first);
    assert_true(more->act->ended && holds(&more->out, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(what_an_act_took_is_counted_and_the_rest_is_free, tear_down),
        cmocka_unit_test_teardown(a_cancelled_reservation_leaves_nothing, tear_down),
        cmocka_unit_test_teardown(
            who_lacks_what_is_kept_waits_and_who_lacks_what_is_counted_does_not, tear_down),
        cmocka_unit_test_teardown(what_was_given_back_is_waited_for, tear_down),
        cmocka_unit_test_teardown(waiting_ends, tear_down),
        cmocka_unit_test_teardown(an_act_at_its_deadline_must_reserve_again, tear_down),
        cmocka_unit_test_teardown(a_reservation_that_nobody_ends_is_let_go_past_its_deadline,
                                  tear_down),
        cmocka_unit_test_teardown(a_check_comes_behind_the_confirmation, tear_down),
        cmocka_unit_test_teardown(a_home_that_stands_still_is_asked_again, tear_down),
        cmocka_unit_test_teardown(a_check_in_time_is_not_answered, tear_down),
        cmocka_unit_test_teardown(a_deadline_is_never_behind_the_end_of_the_day, tear_down),
        cmocka_unit_test_teardown(what_comes_after_its_period_is_over_counts_in_no_other,
                                  tear_down),
        cmocka_unit_test_teardown(a_rolling_use_counts_from_its_act, tear_down),
        cmocka_unit_test_teardown(a_credit_must_be_given_back_by_the_act, tear_down),
        cmocka_unit_test_teardown(a_credit_of_one_window_is_none_of_another, tear_down),
        cmocka_unit_test_teardown(what_a_limit_has_not_counted_is_no_credit, tear_down),
        cmocka_unit_test_teardown(who_gets_none_of_a_lowered_limit_does_not_wait_for_it, tear_down),
        cmocka_unit_test_teardown(an_act_without_reservation_takes_nothing, tear_down),
        cmocka_unit_test_teardown(acts_on_their_way_are_bounded, tear_down),
    };
    for (uint64_t seed = 0; seed < 3; seed++) {
        how = (fix_options){.adversary = seed};
        int failed = cmocka_run_group_tests(tests, NULL, NULL);
        if (failed != 0)
            return failed;
    }
    return 0;
}

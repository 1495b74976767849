/* Nobody is told that there is none while what would give it back is due: in any lane, however much
 * of it there is, without the sweep. Where it cannot be applied the answer is "not now". */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/inner.h"
#include "base/id.h"
#include "test/lib/domain_fixture.h"

enum { MANY = 150, PATIENCE_MS = 3000 };

static fix *shop;
static fix_options how;
static uint64_t campaign_id, template_id;
static order_line line = {.sku = {"tea", 3}, .quantity = 1, .unit_minor = 5000};

/* `max` redemptions in all. */
static void open_shop(int64_t max)
{
    limit_rule rule =
        fix_limit(LIMIT_MEASURE_REDEMPTIONS, LIMIT_SUBJECT_TEMPLATE, LIMIT_PERIOD_EVER, max);
    shop = fix_open(how);
    campaign_create_in in = fix_campaign_in(shop);
    campaign_id = fix_campaign(shop, &in);
    template_put_in t = fix_template_in(shop, campaign_id);
    t.limits.items = &rule;
    t.limits.n = 1;
    template_id = fix_template(shop, &t);
}

static int tear_down(void **state)
{
    (void)state;
    fix_verify(shop);
    fix_close(shop);
    return 0;
}

static str name_of(const char *word, unsigned i)
{
    return arena_printf(shop->memory, "%s%u", word, i);
}

static uint16_t lane_of(str user_name)
{
    return store_lane_of_slot(app_store(shop->app), slot_of_user(shop->merchant, user_name));
}

/* The first user of these names in another lane than `other`. */
static str user_elsewhere(const char *word, str other)
{
    unsigned i = 0;
    while (lane_of(name_of(word, i)) == lane_of(other))
        i++;
    return name_of(word, i);
}

static uint64_t held(str user_name, int64_t ms)
{
    uint64_t id = fix_claim_one(shop, user_name, template_id), hold_id = 0;
    fix_order o = {.user = user_name,
                   .number = S("o-held"),
                   .coupons = &id,
                   .coupon_count = 1,
                   .lines = &line,
                   .line_count = 1,
                   .hold_ms = ms};
    assert_int_equal(fix_hold(shop, &o, &hold_id), R_DONE);
    return hold_id;
}

/* ---- redeeming at once ---- */

/* Submitted, not yet run. */
static fix_act *start(str user_name, str number)
{
    uint64_t *id = ARENA_NEW(shop->memory, uint64_t);
    *id = fix_claim_one(shop, user_name, template_id);
    fix_order o = {.user = user_name,
                   .number = number,
                   .coupons = id,
                   .coupon_count = 1,
                   .lines = &line,
                   .line_count = 1};
    order_in *in = ARENA_NEW(shop->memory, order_in);
    order_out *out = ARENA_NEW(shop->memory, order_out);
    assert_int_equal(fix_price(shop, &o, in), R_DONE);
    return fix_submit(shop, ACT_ID_redeem, slot_of_user(shop->merchant, user_name), in, out);
}

static result end_of(const fix_act *a)
{
    (void)app_settle(shop->app);
    assert_true(a->ended);
    return a->call.code;
}

/* ---- tests ---- */

static void a_hold_of_another_lane_is_over_at_its_deadline(void **state)
{
    (void)state;
    open_shop(1);
    uint64_t hold_id = held(S("ann"), MS_MINUTE);
    str bob = user_elsewhere("b", S("ann"));
    fix_pass(shop, MS_MINUTE - 1);
    assert_int_equal(end_of(start(bob, S("o-1"))), R_LIMIT_REACHED);
    fix_pass(shop, 1);
    assert_int_equal(end_of(start(bob, S("o-2"))), R_DONE);
    assert_int_equal(fix_hold_row(shop, hold_id).state, HOLD_STATE_EXPIRED);
    assert_int_equal(end_of(start(bob, S("o-3"))), R_LIMIT_REACHED);
}

/* Of many users in all lanes, in many blocks, for many who ask at once. */
static void all_that_is_due_gives_back(void **state)
{
    (void)state;
    fix_act *all[MANY + 1];
    open_shop(MANY);
    for (unsigned i = 0; i < MANY; i++) {
        (void)held(name_of("a", i), MS_MINUTE + (int64_t)i * 7);
        if (i % 10 == 0)
            fix_pass(shop, 1);
    }
    fix_pass(shop, 2 * MS_MINUTE);
    size_t done = 0;
    for (unsigned i = 0; i <= MANY; i++)
        all[i] = start(name_of("b", i), S("o-1"));
    for (unsigned i = 0; i <= MANY; i++) {
        result r = end_of(all[i]);
        assert_true(r == R_DONE || r == R_LIMIT_REACHED);
        done += r == R_DONE;
    }
    assert_int_equal(done, MANY);
}

static void what_stands_still_and_is_due_is_no_refusal(void **state)
{
    (void)state;
    open_shop(1);
    (void)held(S("ann"), MS_MINUTE);
    str bob = user_elsewhere("b", S("ann"));
    fix_pass(shop, MS_MINUTE);
    fix_act *first = start(bob, S("o-1"));
    store_halt_lane(app_store(shop->app), lane_of(S("ann")), true);
    (void)app_settle(shop->app);
    assert_false(first->ended);
    fix_pass(shop, PATIENCE_MS);
    assert_int_equal(end_of(first), R_UNAVAILABLE);
    store_halt_lane(app_store(shop->app), lane_of(S("ann")), false);
    (void)app_settle(shop->app);
    assert_int_equal(end_of(start(bob, S("o-2"))), R_DONE);
}

/* A pass that has looked may have looked too early for who comes now: he gets the next one. */
static void who_asks_meanwhile_gets_the_next_pass(void **state)
{
    (void)state;
    open_shop(1);
    (void)held(S("ann"), MS_MINUTE);
    fix_pass(shop, MS_MINUTE);
    dues *d = shop->app->dues;
    uint64_t first = dues_want(d, DUE_KIND_HOLD), second = dues_want(d, DUE_KIND_HOLD);
    assert_int_equal(second, first + 1);
    assert_int_equal(dues_want(d, DUE_KIND_HOLD), second);
    assert_int_equal(dues_state(d, DUE_KIND_HOLD, first), DUE_PASS_RUNS);
    (void)app_settle(shop->app);
    assert_int_equal(dues_state(d, DUE_KIND_HOLD, first), DUE_PASS_OVER);
    assert_int_equal(dues_state(d, DUE_KIND_HOLD, second), DUE_PASS_OVER);
    uint64_t idle = dues_want(d, DUE_KIND_HOLD);
    assert_int_equal(dues_state(d, DUE_KIND_HOLD, idle), DUE_PASS_OVER); /* nothing was due */
}

/* ---- passes that fail ---- */

static void filler_done(act_call *call)
{
    own_call_free((own_call *)call);
}

/* A pass fails where a lane has no room for its act: `lane` now stands still and is full. */
static void stuff(uint16_t lane)
{
    store_halt_lane(app_store(shop->app), lane, true);
    for (result r = R_DONE; r == R_DONE;) {
        own_call *own = own_call_new(shop->app, ACT_ID_sweep, lane);
        due_block none = {.lane = lane, .kind = DUE_KIND_HOLD, .at_ms = 1, .number = 1};
        sweep_in *in = ARENA_NEW(own->memory, sweep_in);
        *in = sweep_of(&none);
        own->call.in = in;
        own->call.request.to_lane = true;
        own->call.request.lane = lane;
        own->call.done = filler_done;
        r = act_submit(&own->call);
        if (r != R_DONE) {
            assert_int_equal(r, R_BUSY);
            own_call_free(own);
        }
    }
}

/* Each pass tells of itself: one that fails takes nothing from those before it. */
static void a_pass_that_fails_leaves_the_good_one_before_it(void **state)
{
    (void)state;
    open_shop(1);
    (void)held(S("ann"), MS_MINUTE);
    dues *d = shop->app->dues;
    uint64_t good = dues_want(d, DUE_KIND_HOLD);
    assert_int_equal(dues_state(d, DUE_KIND_HOLD, good), DUE_PASS_OVER);
    fix_pass(shop, MS_MINUTE);
    stuff(lane_of(S("ann")));
    uint64_t bad = dues_want(d, DUE_KIND_HOLD), worse = dues_want(d, DUE_KIND_HOLD);
    assert_int_equal(worse, bad + 1);
    assert_int_equal(dues_state(d, DUE_KIND_HOLD, good), DUE_PASS_OVER);
    assert_int_equal(dues_state(d, DUE_KIND_HOLD, bad), DUE_PASS_FAILED);
    assert_int_equal(dues_state(d, DUE_KIND_HOLD, worse), DUE_PASS_FAILED);
    store_halt_lane(app_store(shop->app), lane_of(S("ann")), false);
    (void)app_settle(shop->app);
    uint64_t last = dues_want(d, DUE_KIND_HOLD);
    (void)app_settle(shop->app);
    assert_int_equal(dues_state(d, DUE_KIND_HOLD, last), DUE_PASS_OVER);
    assert_int_equal(dues_state(d, DUE_KIND_HOLD, bad), DUE_PASS_OVER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_hold_of_another_lane_is_over_at_its_deadline, tear_down),
        cmocka_unit_test_teardown(all_that_is_due_gives_back, tear_down),
        cmocka_unit_test_teardown(what_stands_still_and_is_due_is_no_refusal, tear_down),
        cmocka_unit_test_teardown(who_asks_meanwhile_gets_the_next_pass, tear_down),
        cmocka_unit_test_teardown(a_pass_that_fails_leaves_the_good_one_before_it, tear_down),
    };
    for (uint64_t seed = 0; seed < 3; seed++) {
        how = (fix_options){.adversary = seed};
        int failed = cmocka_run_group_tests(tests, NULL, NULL);
        if (failed != 0)
            return failed;
    }
    return 0;
}

/* The sweep: what is due is dealt with wherever it is, what is not is left alone, in one pass or in
 * portions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/sweep.h"
#include "base/id.h"
#include "base/time.h"
#include "test/lib/domain_fixture.h"

enum { USERS = 60, MANY = 3 * SWEEP_ROWS_MAX };

typedef struct shop {
    fix *f;
    uint64_t short_lived, long_lived;
} shop;

static shop shop_open(void)
{
    shop s = {.f = fix_open((fix_options){0})};
    campaign_create_in c = fix_campaign_in(s.f);
    uint64_t campaign_id = fix_campaign(s.f, &c);
    template_put_in t = fix_template_in(s.f, campaign_id);
    s.long_lived = fix_template(s.f, &t);
    t.validity = VALIDITY_KIND_AFTER_ISSUE;
    t.valid_from_ms = 0;
    t.valid_until_ms = 0;
    t.duration_days = 1;
    s.short_lived = fix_template(s.f, &t);
    return s;
}

static str user_name(shop *s, unsigned i)
{
    return arena_printf(s->f->memory, "user-%u", i);
}

static void what_is_due_in_any_slot_expires(void **state)
{
    (void)state;
    shop s = shop_open();
    uint64_t due[USERS], other[USERS];
    for (unsigned i = 0; i < USERS; i++) {
        due[i] = fix_claim_one(s.f, user_name(&s, i), s.short_lived);
        other[i] = fix_claim_one(s.f, user_name(&s, i), s.long_lived);
    }
    sweep_totals totals;
    assert_int_equal(sweep_all(s.f->app, s.f->clock_ms, &totals), R_DONE);
    assert_int_equal(totals.slots, 0);
    fix_pass(s.f, 2 * MS_DAY);
    assert_int_equal(sweep_all(s.f->app, s.f->clock_ms, &totals), R_DONE);
    assert_int_equal(totals.expired, USERS);
    assert_int_equal(totals.released, 0);
    assert_int_equal(totals.refused, 0);
    for (unsigned i = 0; i < USERS; i++) {
        assert_int_equal(fix_coupon(s.f, due[i]).state, COUPON_STATE_EXPIRED);
        assert_int_equal(fix_coupon(s.f, other[i]).state, COUPON_STATE_AVAILABLE);
    }
    assert_int_equal(sweep_all(s.f->app, s.f->clock_ms, NULL), R_DONE);
    fix_close(s.f);
}

static void more_than_one_act_can_do_in_a_slot_is_done(void **state)
{
    (void)state;
    shop s = shop_open();
    for (unsigned i = 0; i < MANY / 100; i++)
        assert_int_equal(fix_claim(s.f, S("one"), s.short_lived, 100, NULL), R_DONE);
    fix_pass(s.f, 2 * MS_DAY);
    sweep_totals totals;
    assert_int_equal(sweep_all(s.f->app, s.f->clock_ms, &totals), R_DONE);
    assert_int_equal(totals.expired, MANY);
    assert_int_equal(totals.slots, 1);
    fix_close(s.f);
}

static void holds_past_their_deadline_are_released(void **state)
{
    (void)state;
    shop s = shop_open();
    uint64_t id = fix_claim_one(s.f, S("ann"), s.long_lived), hold_id = 0;
    order_line line = {.sku = S("tea"), .quantity = 1, .unit_minor = 5000};
    fix_order o = {.user = S("ann"),
                   .number = S("o-1"),
                   .coupons = &id,
                   .coupon_count = 1,
                   .lines = &line,
                   .line_count = 1,
                   .hold_ms = MS_HOUR};
    assert_int_equal(fix_hold(s.f, &o, &hold_id), R_DONE);
    fix_pass(s.f, 2 * MS_HOUR);
    sweep_totals totals;
    assert_int_equal(sweep_all(s.f->app, s.f->clock_ms, &totals), R_DONE);
    assert_int_equal(totals.released, 1);
    assert_int_equal(fix_hold_row(s.f, hold_id).state, HOLD_STATE_EXPIRED);
    assert_int_equal(fix_coupon(s.f, id).state, COUPON_STATE_AVAILABLE);
    fix_close(s.f);
}

/* A budget of next to nothing still moves on, and a pass ends. */
static void portions_make_a_pass(void **state)
{
    (void)state;
    shop s = shop_open();
    uint64_t ids[USERS];
    for (unsigned i = 0; i < USERS; i++)
        ids[i] = fix_claim_one(s.f, user_name(&s, i), s.short_lived);
    fix_pass(s.f, 2 * MS_DAY);
    sweeper *w = sweeper_new(s.f->app);
    for (unsigned i = 0; i < 2 * USERS + 2; i++) {
        assert_int_equal(sweeper_go(w, s.f->clock_ms, 0), R_DONE);
        (void)app_settle(s.f->app);
    }
    sweeper_free(w);
    for (unsigned i = 0; i < USERS; i++)
        assert_int_equal(fix_coupon(s.f, ids[i]).state, COUPON_STATE_EXPIRED);
    fix_close(s.f);
}

static void a_lane_that_stands_still_does_not_hang_the_sweep(void **state)
{
    (void)state;
    shop s = shop_open();
    uint64_t id = fix_claim_one(s.f, S("ann"), s.short_lived);
    fix_pass(s.f, 2 * MS_DAY);
    store *of = app_store(s.f->app);
    uint16_t lane = store_lane_of_slot(of, id_slot(id));
    store_halt_lane(of, lane, true);
    assert_int_equal(sweep_all(s.f->app, s.f->clock_ms, NULL), R_UNAVAILABLE);
    store_halt_lane(of, lane, false);
    (void)app_settle(s.f->app); /* the act that was left runs, and frees what it needs */
    assert_int_equal(fix_coupon(s.f, id).state, COUPON_STATE_EXPIRED);
    fix_close(s.f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_due_in_any_slot_expires),
        cmocka_unit_test(more_than_one_act_can_do_in_a_slot_is_done),
        cmocka_unit_test(holds_past_their_deadline_are_released),
        cmocka_unit_test(portions_make_a_pass),
        cmocka_unit_test(a_lane_that_stands_still_does_not_hang_the_sweep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Automatic templates in orders: what the acts refuse, what they take and give back, and whom they
 * make known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/id.h"
#include "domain/limit/pool.h"
#include "test/lib/domain_fixture.h"

static fix *shop;
static fix_options how;
static uint64_t parent, promotion;
static const order_line lines[] = {{.sku = {"tea", 3}, .quantity = 2, .unit_minor = 3000}};

/* A campaign with a budget of 2500 at redeem, and 10.00 off everything, once a user. */
static int set_up(void **state)
{
    (void)state;
    shop = fix_open(how);
    campaign_create_in c = fix_campaign_in(shop);
    c.budget_mode = BUDGET_MODE_AT_REDEEM;
    c.budget_minor = 2500;
    parent = fix_campaign(shop, &c);
    limit_rule once =
        fix_limit(LIMIT_MEASURE_REDEMPTIONS, LIMIT_SUBJECT_USER, LIMIT_PERIOD_EVER, 1);
    template_put_in t = fix_template_in(shop, parent);
    t.apply = APPLY_MODE_AUTOMATIC;
    t.limits.items = &once;
    t.limits.n = 1;
    promotion = fix_template(shop, &t);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fix_verify(shop);
    fix_close(shop);
    return 0;
}

static fix_order order_of(const char *name, const char *number)
{
    return (fix_order){.user = str_of(name),
                       .number = str_of(number),
                       .lines = lines,
                       .line_count = ARRAY_LEN(lines)};
}

static order_in priced(const fix_order *o)
{
    order_in in;
    assert_int_equal(fix_price(shop, o, &in), R_DONE);
    in.deadline_ms = shop->clock_ms + MS_MINUTE;
    return in;
}

static result run(act_id id, const order_in *in, order_out *out)
{
    *out = (order_out){0};
    return fix_run(shop, id, slot_of_user(in->merchant, in->user), in, out);
}

static void expect_left_out(const order_in *in)
{
    order_out out;
    uint64_t id = 0;
    assert_int_equal(run(ACT_ID_redeem, in, &out), R_STALE);
    assert_true(id_parse(ID_TEMPLATE, shop->detail, &id));
    assert_int_equal(id, promotion);
}

static void expect_priced_again(const order_in *in)
{
    order_out out;
    uint64_t id = 0;
    assert_int_equal(run(ACT_ID_hold, in, &out), R_STALE);
    assert_false(id_parse(ID_TEMPLATE, shop->detail, &id));
}

static void an_order_with_it_needs_no_known_user(void **state)
{
    (void)state;
    fix_order o = order_of("ann", "A-1");
    uint64_t id, used;
    assert_int_equal(fix_hold(shop, &o, &id), R_DONE);
    hold row = fix_hold_row(shop, id);
    assert_int_equal(row.applied.n, 1);
    assert_int_equal(row.applied.items[0].coupon, 0);
    assert_int_equal(row.applied.items[0].template, promotion);
    assert_int_equal(row.applied.items[0].reserved_minor, 1000);
    assert_int_equal(row.member, 1);
    assert_int_equal(fix_left(shop, pool_budget(parent)), 1500);
    assert_int_equal(fix_redeem_hold(shop, id, &used), R_DONE);
    assert_int_equal(fix_redemption(shop, used).discount_minor, 1000);
    tally t = fix_tally(shop, parent, promotion);
    assert_true(t.held == 1 && t.redeemed == 1 && t.confirmed == 1 && t.issued == 0);
    return_out back;
    assert_int_equal(fix_return(shop, used, NULL, 0, &back), R_DONE);
    assert_int_equal(back.refund_minor, 5000);
    assert_int_equal(back.restored.n, 0);
    assert_int_equal(fix_left(shop, pool_budget(parent)), 2500);
    assert_int_equal(fix_tally(shop, parent, promotion).returned, 1);
}

static void what_limits_and_budget_leave_no_room_for_is_named(void **state)
{
    (void)state;
    fix_order first = order_of("ann", "A-1"), second = order_of("ann", "A-2"),
              of_bob = order_of("bob", "B-1"), of_cid = order_of("cid", "C-1");
    order_in again = priced(&second), late = priced(&of_cid);
    uint64_t used;
    assert_int_equal(fix_redeem(shop, &first, &used), R_DONE);
    expect_left_out(&again); /* once a user */
    assert_int_equal(fix_redeem(shop, &of_bob, &used), R_DONE);
    expect_left_out(&late); /* 500 are left */
    assert_int_equal(fix_left(shop, pool_budget(parent)), 500);
}

static void what_does_not_apply_any_more_is_priced_again(void **state)
{
    (void)state;
    fix_order o = order_of("ann", "A-1");
    order_in in = priced(&o);
    fix_campaign_state(shop, parent, CAMPAIGN_STATE_PAUSED);
    expect_priced_again(&in);
    fix_campaign_state(shop, parent, CAMPAIGN_STATE_ACTIVE);
    template_put_in t = fix_template_in(shop, parent);
    t.template = promotion;
    (void)fix_template(shop, &t);
    expect_priced_again(&in);
    in = priced(&o);
    fix_pass(shop, FIX_END_MS - shop->clock_ms);
    in.deadline_ms = shop->clock_ms + MS_MINUTE;
    expect_priced_again(&in);
}

static void a_template_of_coupons_is_no_promotion(void **state)
{
    (void)state;
    fix_order o = order_of("ann", "A-1");
    order_in in = priced(&o);
    order_out out;
    template_put_in t = fix_template_in(shop, parent);
    in.applied.items[0].template = fix_template(shop, &t);
    assert_int_equal(run(ACT_ID_hold, &in, &out), R_INVALID);
    in.applied.items[0].template = parent;
    assert_int_equal(run(ACT_ID_hold, &in, &out), R_NOT_FOUND);
    assert_int_equal(fix_claim(shop, S("ann"), promotion, 1, NULL), R_NOT_ISSUABLE);
}

/* Past its deadline it is let go like any hold, and redeemed where a fresh one would be. */
static void a_late_hold_is_taken_anew(void **state)
{
    (void)state;
    fix_order o = order_of("ann", "A-1"), p = order_of("bob", "B-1");
    uint64_t late, lost, used;
    assert_int_equal(fix_hold(shop, &o, &late), R_DONE);
    assert_int_equal(fix_hold(shop, &p, &lost), R_DONE);
    fix_pass(shop, MS_HOUR);
    assert_int_equal(fix_redeem_hold(shop, late, &used), R_DONE);
    fix_campaign_state(shop, parent, CAMPAIGN_STATE_ENDED);
    assert_int_equal(fix_redeem_hold(shop, lost, &used), R_HOLD_EXPIRED);
    fix_sweep(shop);
    tally t = fix_tally(shop, parent, promotion);
    assert_true(t.held == 2 && t.released == 2 && t.redeemed == 1 && t.confirmed == 0);
    assert_int_equal(fix_left(shop, pool_budget(parent)), 1500);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_order_with_it_needs_no_known_user),
        TEST(what_limits_and_budget_leave_no_room_for_is_named),
        TEST(what_does_not_apply_any_more_is_priced_again),
        TEST(a_template_of_coupons_is_no_promotion),
        TEST(a_late_hold_is_taken_anew),
    };
    int failed = 0; /* also on a store that withholds rows, aborts and splits */
    for (how.adversary = 0; how.adversary < 4; how.adversary++)
        failed += cmocka_run_group_tests(tests, NULL, NULL);
    return failed;
}

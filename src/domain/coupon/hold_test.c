/* Holding coupons for an order and letting them go: refusals in their order, changed orders, holds
 * past their deadline, budget at redeem. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "app/app.h"
#include "base/id.h"
#include "domain/coupon/acts.h"
#include "domain/limit/pool.h"
#include "domain/price/benefit_test.h"
#include "test/lib/domain_shop.h"

static uint64_t plain_template(void)
{
    return template_in(campaign_with_budget(BUDGET_MODE_NONE, 0));
}

static bool detail_has(const char *text)
{
    return memmem(shop->detail.p, shop->detail.n, text, strlen(text)) != NULL;
}

static result hold_as(const order_in *in, uint64_t *hold_id)
{
    order_out out = {0};
    result r = fix_run(shop, ACT_ID_hold, slot_of_user(in->merchant, in->user), in, &out);
    *hold_id = out.hold;
    return r;
}

static void a_hold_freezes_the_order_and_locks_its_coupons(void **state)
{
    (void)state;
    uint64_t t = plain_template(), id = 0, coupons[2];
    coupons[0] = fix_claim_one(shop, S("ann"), t);
    coupons[1] = fix_claim_one(shop, S("ann"), t);
    fix_order o = order_of("A-1", coupons, 2);
    assert_int_equal(fix_hold(shop, &o, &id), R_DONE);
    hold row = fix_hold_row(shop, id);
    assert_int_equal(row.state, HOLD_STATE_OPEN);
    assert_int_equal(row.subtotal_minor, 10000);
    assert_int_equal(row.discount_minor, 2000);
    assert_int_equal(row.deadline_ms, FIX_START_MS + 10 * MS_MINUTE);
    for (size_t i = 0; i < 2; i++) {
        coupon c = fix_coupon(shop, coupons[i]);
        assert_int_equal(c.state, COUPON_STATE_HELD);
        assert_int_equal(c.ref, id);
        assert_int_equal(c.revision, 2);
        assert_int_equal(row.applied.items[i].discount_minor, 1000);
    }
    fix_order other = order_of("A-2", coupons, 1);
    assert_int_equal(fix_hold(shop, &other, &id), R_COUPON_NOT_AVAILABLE);
}

/* What pricing let pass, the act looks at again: it may have changed meanwhile. */
static void the_act_refuses_by_itself_and_in_order(void **state)
{
    (void)state;
    uint64_t c = campaign_with_budget(BUDGET_MODE_NONE, 0), t = template_in(c), id = 0;
    uint64_t mine = fix_claim_one(shop, S("ann"), t), bobs = fix_claim_one(shop, S("bob"), t);
    fix_order o = order_of("A-1", &mine, 1);
    order_in good, in;
    assert_int_equal(fix_price(shop, &o, &good), R_DONE);
    applied_coupon applied = good.applied.items[0];

    in = good;
    in.applied.items = &applied;
    applied.coupon = bobs; /* most likely in another slot */
    assert_int_equal(hold_as(&in, &id), R_WRONG_USER);
    applied.coupon = mine + (1 << 23); /* the same slot, another time */
    assert_int_equal(hold_as(&in, &id), R_NOT_FOUND);
    applied = good.applied.items[0];
    applied.template ++; /* its price is another one's */
    assert_int_equal(hold_as(&in, &id), R_INVALID);
    in = good;
    in.user = S("cid"); /* nobody yet */
    assert_int_equal(hold_as(&in, &id), R_WRONG_USER);
    in = good;
    in.merchant = shop->merchant + 1;
    assert_true(hold_as(&in, &id) != R_DONE);
    in = good;
    in.currency = S("EUR");
    assert_int_equal(hold_as(&in, &id), R_NOT_APPLICABLE);
    in = good;
    in.deadline_ms = shop->clock_ms;
    assert_int_equal(hold_as(&in, &id), R_INVALID);
    in = good; /* priced when a line was on the blacklist, which it is not now */
    in.lines.items[0].marks |= LINE_BARRED;
    assert_int_equal(hold_as(&in, &id), R_STALE);
    in.lines.items[0].marks = 0;

    fix_campaign_state(shop, c, CAMPAIGN_STATE_DISABLED);
    assert_int_equal(hold_as(&good, &id), R_CAMPAIGN_DISABLED);
    template_put_in edit = fix_template_in(shop, c);
    edit.template = t;
    edit.reach = EDIT_REACH_ALL_UNUSED;
    TEST_SET(edit, TERM_AMOUNT_OFF_AMOUNT, 2000);
    (void)fix_template(shop, &edit);
    assert_int_equal(hold_as(&good, &id), R_STALE); /* before the campaign */
    shop->clock_ms = FIX_END_MS;
    in = good;
    in.deadline_ms = shop->clock_ms + 1000;
    assert_int_equal(hold_as(&in, &id), R_COUPON_EXPIRED); /* before the version */
    fix_sweep(shop);
    assert_int_equal(hold_as(&in, &id), R_COUPON_EXPIRED); /* the same after the sweep */
}

static void figures_that_do_not_add_up_are_refused(void **state)
{
    (void)state;
    uint64_t t = plain_template(), mine = fix_claim_one(shop, S("ann"), t), id = 0;
    fix_order o = order_of("A-1", &mine, 1);
    order_in good;
    assert_int_equal(fix_price(shop, &o, &good), R_DONE);
    applied_coupon applied = good.applied.items[0];
    line_share shares[3] = {good.shares.items[0], good.shares.items[1], good.shares.items[1]};
    order_line mylines[2] = {good.lines.items[0], good.lines.items[1]};
    order_in bad[8];
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        bad[i] = good;
    bad[0].subtotal_minor++;
    bad[1].discount_minor--;
    applied.discount_minor--;
    bad[2].applied.items = &applied;
    shares[0].discount_minor++;
    bad[3].shares.items = shares;
    bad[4].shares.n = 1;
    mylines[1].discount_minor += 2;
    bad[5].lines.items = mylines;
    bad[6].lines.n = 0;
    bad[7].applied.n = 0;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_int_equal(hold_as(&bad[i], &id), R_INVALID);
    shares[0] = good.shares.items[0];
    bad[3].shares.n = 3; /* one twice */
    assert_int_equal(hold_as(&bad[3], &id), R_INVALID);
    applied_coupon twice[2] = {good.applied.items[0], good.applied.items[0]};
    bad[2].applied.items = twice;
    bad[2].applied.n = 2;
    assert_int_equal(hold_as(&bad[2], &id), R_INVALID);
    bad[0] = good;
    bad[0].order_number = S("");
    assert_int_equal(hold_as(&bad[0], &id), R_INVALID);
}

static void a_changed_order_replaces_its_hold_in_one_act(void **state)
{
    (void)state;
    uint64_t c = campaign_with_budget(BUDGET_MODE_AT_REDEEM, 2000), t = template_in(c);
    uint64_t first = 0, second = 0, coupons[2];
    coupons[0] = fix_claim_one(shop, S("ann"), t);
    coupons[1] = fix_claim_one(shop, S("ann"), t);
    fix_order o = order_of("A-1", coupons, 2);
    assert_int_equal(fix_hold(shop, &o, &first), R_DONE);
    assert_int_equal(fix_left(shop, pool_budget(c)), 0); /* nothing else is left to take from */
    o.line_count = 1;
    assert_int_equal(fix_hold(shop, &o, &second), R_DONE);
    assert_int_equal(fix_hold_row(shop, first).state, HOLD_STATE_REPLACED);
    assert_int_equal(fix_coupon(shop, coupons[0]).ref, second);
    o.coupon_count = 1;
    assert_int_equal(fix_hold(shop, &o, &first), R_DONE);
    assert_int_equal(fix_coupon(shop, coupons[1]).state, COUPON_STATE_AVAILABLE);
    assert_int_equal(fix_left(shop, pool_budget(c)), 1000);
    assert_int_equal(fix_tally(shop, c, t).held, 5);
    assert_int_equal(fix_tally(shop, c, t).released, 4);
}

static void a_changed_order_may_use_other_coupons_altogether(void **state)
{
    (void)state;
    uint64_t c = campaign_with_budget(BUDGET_MODE_AT_REDEEM, 1000), t = template_in(c);
    uint64_t first = 0, second = 0, coupons[2];
    assert_int_equal(fix_claim(shop, S("ann"), t, 2, coupons), R_DONE);
    fix_order o = order_of("A-1", coupons, 1), changed = order_of("A-1", coupons + 1, 1);
    assert_int_equal(fix_hold(shop, &o, &first), R_DONE);
    assert_int_equal(fix_hold(shop, &changed, &second), R_DONE);
    assert_int_equal(fix_hold_row(shop, first).state, HOLD_STATE_REPLACED);
    assert_int_equal(fix_coupon(shop, coupons[0]).state, COUPON_STATE_AVAILABLE);
    assert_int_equal(fix_coupon(shop, coupons[1]).state, COUPON_STATE_HELD);
}

static void a_change_that_is_refused_leaves_the_hold_as_it_was(void **state)
{
    (void)state;
    uint64_t c = campaign_with_budget(BUDGET_MODE_NONE, 0), t = template_in(c), id = 0, none = 0;
    uint64_t mine = fix_claim_one(shop, S("ann"), t);
    fix_order o = order_of("A-1", &mine, 1);
    assert_int_equal(fix_hold(shop, &o, &id), R_DONE);
    order_in in;
    assert_int_equal(fix_price(shop, &o, &in), R_DONE);
    fix_campaign_state(shop, c, CAMPAIGN_STATE_DISABLED);
    assert_int_equal(hold_as(&in, &none), R_CAMPAIGN_DISABLED);
    assert_int_equal(fix_hold_row(shop, id).state, HOLD_STATE_OPEN);
    assert_int_equal(fix_coupon(shop, mine).ref, id);
    assert_int_equal(fix_coupon(shop, mine).revision, 2);
}

static void a_hold_past_its_deadline_gives_way_to_another_order(void **state)
{
    (void)state;
    uint64_t c = campaign_with_budget(BUDGET_MODE_AT_REDEEM, 2000), t = template_in(c);
    uint64_t first = 0, second = 0, coupons[2];
    coupons[0] = fix_claim_one(shop, S("ann"), t);
    coupons[1] = fix_claim_one(shop, S("ann"), t);
    fix_order o = order_of("A-1", coupons, 2), other = order_of("A-2", coupons, 1);
    assert_int_equal(fix_hold(shop, &o, &first), R_DONE);
    fix_pass(shop, 10 * MS_MINUTE - 1000);
    assert_int_equal(fix_hold(shop, &other, &second), R_COUPON_NOT_AVAILABLE);
    fix_pass(shop, 1000);
    assert_int_equal(fix_hold(shop, &other, &second), R_DONE);
    assert_int_equal(fix_hold_row(shop, first).state, HOLD_STATE_EXPIRED);
    assert_int_equal(fix_coupon(shop, coupons[0]).ref, second);
    assert_int_equal(fix_coupon(shop, coupons[1]).state, COUPON_STATE_AVAILABLE);
    assert_int_equal(fix_left(shop, pool_budget(c)), 1000);
}

static void an_order_that_was_redeemed_takes_no_hold(void **state)
{
    (void)state;
    uint64_t t = plain_template(), used = 0, id = 0, coupons[2];
    coupons[0] = fix_claim_one(shop, S("ann"), t);
    coupons[1] = fix_claim_one(shop, S("ann"), t);
    fix_order o = order_of("A-1", coupons, 1), again = order_of("A-1", coupons + 1, 1);
    assert_int_equal(fix_redeem(shop, &o, &used), R_DONE);
    assert_int_equal(fix_hold(shop, &again, &id), R_ORDER_CONFLICT);
    char text[ID_TEXT_MAX];
    (void)id_text(ID_REDEMPTION, used, text);
    assert_true(detail_has(text));
    again.user = S("bob"); /* another user's orders are his own */
    coupons[1] = fix_claim_one(shop, S("bob"), t);
    assert_int_equal(fix_hold(shop, &again, &id), R_DONE);
}

static void a_budget_at_redeem_is_reserved_while_held(void **state)
{
    (void)state;
    uint64_t c = campaign_with_budget(BUDGET_MODE_AT_REDEEM, 1500), t = template_in(c);
    uint64_t first = 0, second = 0;
    uint64_t one = fix_claim_one(shop, S("ann"), t), two = fix_claim_one(shop, S("ann"), t);
    fix_order o = order_of("A-1", &one, 1), other = order_of("A-2", &two, 1);
    assert_int_equal(fix_hold(shop, &o, &first), R_DONE);
    assert_int_equal(fix_hold_row(shop, first).applied.items[0].reserved_minor, 1000);
    assert_int_equal(fix_hold(shop, &other, &second), R_BUDGET_EXHAUSTED);
    assert_int_equal(fix_release(shop, first), R_DONE);
    assert_int_equal(fix_left(shop, pool_budget(c)), 1500);
    assert_int_equal(fix_hold(shop, &other, &second), R_DONE);
}

static void releasing_gives_back_and_may_be_repeated(void **state)
{
    (void)state;
    uint64_t t = plain_template(), mine = fix_claim_one(shop, S("ann"), t), id = 0, used = 0;
    fix_order o = order_of("A-1", &mine, 1);
    assert_int_equal(fix_hold(shop, &o, &id), R_DONE);
    assert_int_equal(fix_release(shop, id), R_DONE);
    coupon c = fix_coupon(shop, mine);
    assert_int_equal(c.state, COUPON_STATE_AVAILABLE);
    assert_int_equal(c.ref, 0);
    assert_int_equal(fix_hold_row(shop, id).state, HOLD_STATE_RELEASED);
    assert_int_equal(fix_release(shop, id), R_DONE);
    assert_int_equal(fix_redeem_hold(shop, id, &used), R_HOLD_NOT_OPEN);
    assert_true(detail_has("released"));
    assert_int_equal(fix_release(shop, id + (1 << 23)), R_NOT_FOUND);
}

static void a_hold_that_is_over_cannot_be_released(void **state)
{
    (void)state;
    uint64_t t = plain_template(), mine = fix_claim_one(shop, S("ann"), t), id[3], used = 0;
    fix_order o = order_of("A-1", &mine, 1);
    assert_int_equal(fix_hold(shop, &o, &id[0]), R_DONE);
    assert_int_equal(fix_hold(shop, &o, &id[1]), R_DONE);
    assert_int_equal(fix_release(shop, id[0]), R_HOLD_NOT_OPEN);
    assert_true(detail_has("replaced"));
    assert_int_equal(fix_redeem_hold(shop, id[1], &used), R_DONE);
    assert_int_equal(fix_release(shop, id[1]), R_HOLD_NOT_OPEN);
    assert_true(detail_has("redeemed"));
}

static void an_expired_hold_can_be_cancelled_for_good(void **state)
{
    (void)state;
    for (int swept = 0; swept <= 1; swept++) {
        uint64_t t = plain_template(), mine = fix_claim_one(shop, S("ann"), t), id = 0, used = 0;
        fix_order o = order_of(swept == 0 ? "A-1" : "A-2", &mine, 1);
        assert_int_equal(fix_hold(shop, &o, &id), R_DONE);
        fix_pass(shop, MS_HOUR);
        if (swept == 1)
            fix_sweep(shop);
        assert_int_equal(fix_release(shop, id), R_DONE);
        assert_int_equal(fix_redeem_hold(shop, id, &used), R_HOLD_NOT_OPEN);
        assert_int_equal(fix_coupon(shop, mine).state, COUPON_STATE_AVAILABLE);
    }
}

/* Ann's last hold, in time and so in the order in which an act applies what is due. */
static void where_too_much_is_due_nobody_is_refused_for_it(void **state)
{
    (void)state;
    uint64_t c = campaign_with_budget(BUDGET_MODE_NONE, 0), t = template_in(c);
    uint64_t id = 0, used = 0, mine[2];
    template_put_in once = fix_template_in(shop, c);
    limit_rule rule =
        fix_limit(LIMIT_MEASURE_REDEMPTIONS, LIMIT_SUBJECT_USER, LIMIT_PERIOD_EVER, 1);
    once.limits.items = &rule;
    once.limits.n = 1;
    uint64_t limited = fix_template(shop, &once);
    for (int i = 0; i < SWEEP_MAX; i++) {
        char number[24];
        uint64_t other = fix_claim_one(shop, S("ann"), t);
        (void)snprintf(number, sizeof number, "B-%d", i);
        fix_order o = order_of(number, &other, 1);
        assert_int_equal(fix_hold(shop, &o, &id), R_DONE);
    }
    for (size_t i = 0; i < ARRAY_LEN(mine); i++)
        mine[i] = fix_claim_one(shop, S("ann"), limited);
    fix_pass(shop, 1);
    fix_order first = order_of("A-1", &mine[0], 1), second = order_of("A-2", &mine[1], 1);
    assert_int_equal(fix_hold(shop, &first, &id), R_DONE);
    assert_int_equal(fix_redeem(shop, &second, &used), R_LIMIT_REACHED);
    fix_pass(shop, MS_HOUR);
    assert_int_equal(fix_redeem(shop, &second, &used), R_UNAVAILABLE);
    assert_int_equal(fix_hold_row(shop, id).state, HOLD_STATE_OPEN);
    uint64_t one = fix_claim_one(shop, S("ann"), t);
    fix_order plain = order_of("A-3", &one, 1); /* lacks nothing */
    assert_int_equal(fix_redeem(shop, &plain, &used), R_DONE);
    fix_sweep(shop);
    assert_int_equal(fix_redeem(shop, &second, &used), R_DONE);
}

/* What was released leaves its entries behind until the sweep: they are not due, however many. */
static void holds_that_were_released_hide_no_refusal(void **state)
{
    (void)state;
    enum { HOLDS = 100 };
    uint64_t c = campaign_with_budget(BUDGET_MODE_NONE, 0);
    uint64_t id = 0, used = 0, other = fix_claim_one(shop, S("ann"), template_in(c)), mine[2];
    template_put_in once = fix_template_in(shop, c);
    limit_rule rule =
        fix_limit(LIMIT_MEASURE_REDEMPTIONS, LIMIT_SUBJECT_USER, LIMIT_PERIOD_EVER, 1);
    once.limits.items = &rule;
    once.limits.n = 1;
    uint64_t limited = fix_template(shop, &once);
    for (int i = 0; i < HOLDS; i++) {
        char number[24];
        (void)snprintf(number, sizeof number, "B-%d", i);
        fix_order o = order_of(number, &other, 1);
        assert_int_equal(fix_hold(shop, &o, &id), R_DONE);
        assert_int_equal(fix_release(shop, id), R_DONE);
    }
    for (size_t i = 0; i < ARRAY_LEN(mine); i++)
        mine[i] = fix_claim_one(shop, S("ann"), limited);
    fix_pass(shop, MS_HOUR);
    fix_order first = order_of("A-1", &mine[0], 1), second = order_of("A-2", &mine[1], 1);
    assert_int_equal(fix_redeem(shop, &first, &used), R_DONE);
    assert_int_equal(fix_redeem(shop, &second, &used), R_LIMIT_REACHED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_hold_freezes_the_order_and_locks_its_coupons),
        TEST(the_act_refuses_by_itself_and_in_order),
        TEST(figures_that_do_not_add_up_are_refused),
        TEST(a_changed_order_replaces_its_hold_in_one_act),
        TEST(a_changed_order_may_use_other_coupons_altogether),
        TEST(a_change_that_is_refused_leaves_the_hold_as_it_was),
        TEST(a_hold_past_its_deadline_gives_way_to_another_order),
        TEST(an_order_that_was_redeemed_takes_no_hold),
        TEST(a_budget_at_redeem_is_reserved_while_held),
        TEST(releasing_gives_back_and_may_be_repeated),
        TEST(a_hold_that_is_over_cannot_be_released),
        TEST(an_expired_hold_can_be_cancelled_for_good),
        TEST(where_too_much_is_due_nobody_is_refused_for_it),
        TEST(holds_that_were_released_hide_no_refusal),
    };
    int failed = 0; /* also on a store that withholds rows, aborts and splits */
    for (how.adversary = 0; how.adversary < 4; how.adversary++)
        failed += cmocka_run_group_tests(tests, NULL, NULL);
    return failed;
}

/* Goods that come back: refunds, coupons, budget, limits; and the split of what comes back over
 * coupons, by chance. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/app.h"
#include "base/id.h"
#include "domain/coupon/return_split.h"
#include "domain/limit/pool.h"
#include "domain/price/benefit_test.h"
#include "domain/price/fund.h"
#include "test/lib/domain_shop.h"

static template_put_in plain(void)
{
    return fix_template_in(shop, campaign_with_budget(BUDGET_MODE_NONE, 0));
}

/* A coupon of a new template like this, used for the order of the lines above. */
static uint64_t redeemed(const template_put_in *in, uint64_t *coupon_id)
{
    uint64_t id = 0;
    *coupon_id = fix_claim_one(shop, S("ann"), fix_template(shop, in));
    fix_order o = order_of("A-1", coupon_id, 1);
    assert_int_equal(fix_redeem(shop, &o, &id), R_DONE);
    return id;
}

/* ---- goods and money ---- */

static void parts_come_back_until_all_is_back(void **state)
{
    (void)state;
    template_put_in in = plain();
    uint64_t mine, id = redeemed(&in, &mine);
    const return_line one_tea[] = {{.line = 0, .quantity = 1}};
    const return_line one_cup[] = {{.line = 1, .quantity = 1}};
    return_out out;
    assert_int_equal(fix_return(shop, id, one_tea, 1, &out), R_DONE);
    assert_int_equal(out.refund_minor, 2700);
    assert_int_equal(out.restored.n, 0);
    assert_int_equal(fix_coupon(shop, mine).state, COUPON_STATE_REDEEMED);
    assert_int_equal(fix_return(shop, id, one_cup, 1, &out), R_DONE);
    assert_int_equal(out.refund_minor, 3600);
    assert_int_equal(fix_return(shop, id, NULL, 0, &out), R_DONE);
    assert_int_equal(out.refund_minor, 2700);
    assert_int_equal(out.lines.n, 1);
    assert_int_equal(out.restored.n, 1);
    assert_int_equal(out.restored.items[0].coupon, mine);
    redemption row = fix_redemption(shop, id);
    assert_int_equal(row.refunded_minor, 9000);
    assert_int_equal(row.returns, 3);
    assert_int_equal(row.applied.items[0].returned_minor, 1000);
    assert_true(row.applied.items[0].returned);
    coupon c = fix_coupon(shop, mine);
    assert_int_equal(c.state, COUPON_STATE_AVAILABLE);
    assert_int_equal(c.expires_at_ms, FIX_END_MS);
    assert_int_equal(fix_return(shop, id, NULL, 0, &out), R_NOT_RETURNABLE);
}

static void what_cannot_come_back_is_refused(void **state)
{
    (void)state;
    template_put_in in = plain();
    uint64_t mine, id = redeemed(&in, &mine);
    static const struct {
        return_line line;
        result refusal;
    } rows[] = {
        {{.line = 2, .quantity = 1}, R_INVALID},
        {{.line = 0, .quantity = 0}, R_INVALID},
        {{.line = 0, .quantity = -1}, R_INVALID},
        {{.line = 0, .quantity = 3}, R_NOT_RETURNABLE},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_int_equal(fix_return(shop, id, &rows[i].line, 1, NULL), rows[i].refusal);
    assert_int_equal(fix_return(shop, id + (1 << 23), NULL, 0, NULL), R_NOT_FOUND);
    assert_int_equal(fix_redemption(shop, id).returns, 0);
}

static void a_reprice_takes_the_discount_back_with_the_threshold(void **state)
{
    (void)state;
    uint64_t c = campaign_with_budget(BUDGET_MODE_AT_REDEEM, 1000), mine;
    template_put_in in = fix_template_in(shop, c);
    TEST_SET(in, TERM_COMMON_MINIMUM_SPEND, 10000);
    in.refund = REFUND_RULE_REPRICE;
    uint64_t id = redeemed(&in, &mine);
    const return_line one_cup[] = {{.line = 1, .quantity = 1}};
    return_out out;
    assert_int_equal(fix_return(shop, id, one_cup, 1, &out), R_DONE);
    assert_int_equal(out.refund_minor, 3000); /* paid 9000; the tea costs 6000 without it */
    assert_int_equal(fix_left(shop, pool_budget(c)), 1000);
    assert_int_equal(fix_redemption(shop, id).applied.items[0].returned_minor, 1000);
    assert_int_equal(fix_return(shop, id, NULL, 0, &out), R_DONE);
    assert_int_equal(out.refund_minor, 6000);
    assert_int_equal(out.restored.n, 1);
    assert_int_equal(fix_left(shop, pool_budget(c)), 1000);
}

/* ---- the coupon ---- */

static void a_coupon_comes_back_when_its_own_lines_are_back(void **state)
{
    (void)state;
    str food = S("food");
    rule_tree goods = rule_list(S("line.categories"), &food, 1, shop->memory);
    template_put_in in = plain();
    in.scope.items = goods.items;
    in.scope.n = goods.n;
    uint64_t mine, id = redeemed(&in, &mine);
    const return_line teas[] = {{.line = 0, .quantity = 2}};
    return_out out;
    assert_int_equal(fix_return(shop, id, teas, 1, &out), R_DONE);
    assert_int_equal(out.refund_minor, 5000);
    assert_int_equal(out.restored.n, 1);
    assert_int_equal(fix_return(shop, id, NULL, 0, &out), R_DONE);
    assert_int_equal(out.refund_minor, 4000);
    assert_int_equal(out.restored.n, 0); /* only once */
}

static void a_returned_coupon_keeps_its_end_or_lives_for_its_grace_days(void **state)
{
    (void)state;
    static const struct {
        uint32_t grace_days;
        int64_t back_after_ms, ends_at_ms;
        uint8_t state;
    } rows[] = {
        {0, MS_HOUR, FIX_START_MS + 2 * MS_DAY, COUPON_STATE_AVAILABLE},
        {1, MS_HOUR, FIX_START_MS + 2 * MS_DAY, COUPON_STATE_AVAILABLE},
        {7, MS_HOUR, FIX_START_MS + 7 * MS_DAY + MS_HOUR, COUPON_STATE_AVAILABLE},
        {0, 3 * MS_DAY, FIX_START_MS + 2 * MS_DAY, COUPON_STATE_EXPIRED},
        {1, 3 * MS_DAY, FIX_START_MS + 4 * MS_DAY, COUPON_STATE_AVAILABLE},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (i > 0) {
            tear_down(state);
            set_up(state);
        }
        template_put_in in = plain();
        in.valid_until_ms = FIX_START_MS + 2 * MS_DAY;
        in.grace_days = rows[i].grace_days;
        uint64_t mine, id = redeemed(&in, &mine);
        fix_pass(shop, rows[i].back_after_ms);
        return_out out;
        assert_int_equal(fix_return(shop, id, NULL, 0, &out), R_DONE);
        coupon c = fix_coupon(shop, mine);
        assert_int_equal(c.state, rows[i].state);
        assert_int_equal(c.expires_at_ms, rows[i].ends_at_ms);
        assert_int_equal(out.restored.n, rows[i].state == COUPON_STATE_AVAILABLE ? 1 : 0);
        assert_int_equal(c.revision, rows[i].state == COUPON_STATE_AVAILABLE ? 3 : 4);
    }
}

/* ---- budget ---- */

static void a_returned_coupon_reserves_what_came_back(void **state)
{
    (void)state;
    uint64_t c = campaign_with_budget(BUDGET_MODE_AT_ISSUE, 3000), mine, again = 0;
    template_put_in in = fix_template_in(shop, c);
    in.benefit = BENEFIT_KIND_PERCENT_OFF;
    TEST_SET(in, TERM_AMOUNT_OFF_AMOUNT, 0);
    TEST_SET(in, TERM_PERCENT_OFF_PERCENT, 1000 * 100);
    TEST_SET(in, TERM_COMMON_CAP, 3000);
    uint64_t id = redeemed(&in, &mine); /* gives 1000 of the 3000 that were reserved */
    assert_int_equal(fix_left(shop, pool_budget(c)), 2000);
    assert_int_equal(fix_return(shop, id, NULL, 0, NULL), R_DONE);
    assert_int_equal(fix_left(shop, pool_budget(c)), 2000);
    assert_int_equal(fix_coupon(shop, mine).reserved_minor, 1000);
    /* a larger order takes the rest from what is free */
    const order_line many[] = {{.sku = S("tea"), .quantity = 10, .unit_minor = 2500}};
    fix_order o = order_of("A-2", &mine, 1);
    o.lines = many;
    o.line_count = 1;
    assert_int_equal(fix_redeem(shop, &o, &again), R_DONE);
    assert_int_equal(fix_redemption(shop, again).discount_minor, 2500);
    assert_int_equal(fix_left(shop, pool_budget(c)), 500);
}

static void spent_budget_comes_back_free_unless_a_coupon_holds_it_again(void **state)
{
    static const struct {
        budget_mode mode;
        size_t lines_back; /* of two */
        bool too_late;
        int64_t left;
    } rows[] = {
        {BUDGET_MODE_AT_REDEEM, 1, false, 600}, {BUDGET_MODE_AT_REDEEM, 2, false, 1000},
        {BUDGET_MODE_AT_ISSUE, 1, false, 600},  {BUDGET_MODE_AT_ISSUE, 2, false, 0},
        {BUDGET_MODE_AT_ISSUE, 2, true, 1000},
    };
    const return_line back[] = {{.line = 0, .quantity = 2}, {.line = 1, .quantity = 1}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (i > 0) {
            tear_down(state);
            set_up(state);
        }
        uint64_t c = campaign_with_budget(rows[i].mode, 1000), mine;
        template_put_in in = fix_template_in(shop, c);
        uint64_t id = redeemed(&in, &mine);
        if (rows[i].too_late)
            shop->clock_ms = FIX_END_MS;
        assert_int_equal(fix_return(shop, id, back, rows[i].lines_back, NULL), R_DONE);
        assert_int_equal(fix_left(shop, pool_budget(c)), rows[i].left);
        assert_int_equal(fix_coupon(shop, mine).reserved_minor, rows[i].left == 0 ? 1000 : 0);
    }
}

static void a_returned_coupon_gives_no_more_than_the_budget_has(void **state)
{
    (void)state;
    uint64_t c = campaign_with_budget(BUDGET_MODE_AT_ISSUE, 3000), mine, again = 0;
    template_put_in in = fix_template_in(shop, c);
    in.benefit = BENEFIT_KIND_PERCENT_OFF;
    TEST_SET(in, TERM_AMOUNT_OFF_AMOUNT, 0);
    TEST_SET(in, TERM_PERCENT_OFF_PERCENT, 1000 * 100);
    TEST_SET(in, TERM_COMMON_CAP, 2000);
    uint64_t id = redeemed(&in, &mine);
    assert_int_equal(fix_return(shop, id, NULL, 0, NULL), R_DONE);
    uint64_t t = fix_coupon(shop, mine).template;
    (void)fix_claim_one(shop, S("bob"), t); /* takes the 2000 that are free */
    const order_line many[] = {{.sku = S("tea"), .quantity = 10, .unit_minor = 1100}};
    fix_order o = order_of("A-2", &mine, 1);
    o.lines = many;
    o.line_count = 1;
    assert_int_equal(fix_redeem(shop, &o, &again), R_BUDGET_EXHAUSTED);
    fix_order as_before = order_of("A-2", &mine, 1);
    assert_int_equal(fix_redeem(shop, &as_before, &again), R_DONE);
}

/* ---- limits ---- */

static void a_return_gives_back_to_the_day_of_the_redemption_only(void **state)
{
    (void)state;
    limit_rule rules[] = {
        fix_limit(LIMIT_MEASURE_REDEMPTIONS, LIMIT_SUBJECT_USER, LIMIT_PERIOD_DAY, 1),
        fix_limit(LIMIT_MEASURE_REDEMPTIONS, LIMIT_SUBJECT_TEMPLATE, LIMIT_PERIOD_DAY, 1),
    };
    template_put_in in = plain();
    in.limits.items = rules;
    in.limits.n = ARRAY_LEN(rules);
    uint64_t mine, id = redeemed(&in, &mine), used = 0;
    fix_order o = order_of("A-2", &mine, 1);
    assert_int_equal(fix_return(shop, id, NULL, 0, NULL), R_DONE);
    assert_int_equal(fix_redeem(shop, &o, &used), R_DONE); /* the same day: 1 of 1 again */
    fix_pass(shop, MS_DAY);
    uint64_t second = fix_claim_one(shop, S("ann"), fix_coupon(shop, mine).template);
    fix_order next = order_of("A-3", &second, 1);
    assert_int_equal(fix_redeem(shop, &next, &id), R_DONE);          /* today's 1 of 1 */
    assert_int_equal(fix_return(shop, used, NULL, 0, NULL), R_DONE); /* was yesterday's */
    fix_order last = order_of("A-4", &mine, 1);
    assert_int_equal(fix_redeem(shop, &last, &id), R_LIMIT_REACHED);
}

static void money_and_units_come_back_with_each_part(void **state)
{
    (void)state;
    limit_rule rules[] = {
        fix_limit(LIMIT_MEASURE_MONEY, LIMIT_SUBJECT_USER, LIMIT_PERIOD_EVER, 1400),
        fix_limit(LIMIT_MEASURE_UNITS, LIMIT_SUBJECT_USER, LIMIT_PERIOD_EVER, 4),
    };
    template_put_in in = plain();
    in.limits.items = rules;
    in.limits.n = ARRAY_LEN(rules);
    uint64_t mine, id = redeemed(&in, &mine), used = 0; /* 1000 off 3 units */
    uint64_t second = fix_claim_one(shop, S("ann"), fix_coupon(shop, mine).template);
    fix_order next = order_of("A-2", &second, 1);
    next.line_count = 1; /* 1000 off 2 units */
    assert_int_equal(fix_redeem(shop, &next, &used), R_LIMIT_REACHED);
    const return_line one_tea[] = {{.line = 0, .quantity = 1}};
    assert_int_equal(fix_return(shop, id, one_tea, 1, NULL), R_DONE); /* 300 and 1 unit */
    assert_int_equal(fix_redeem(shop, &next, &used), R_LIMIT_REACHED);
    assert_int_equal(fix_return(shop, id, one_tea, 1, NULL), R_DONE); /* 600 and 2 units */
    assert_int_equal(fix_redeem(shop, &next, &used), R_DONE);
}

/* ---- the split, by chance ---- */

static uint64_t dice = 88172645463325252u;
static int64_t roll(int64_t n)
{
    dice ^= dice << 13;
    dice ^= dice >> 7;
    dice ^= dice << 17;
    return (int64_t)(dice % (uint64_t)n);
}

enum { SPLIT_LINES = 4, SPLIT_COUPONS = 3, SPLIT_PARTIES = SPLIT_COUPONS * FUND_PARTIES_MAX };

/* An order whose shares are frozen at random, and no line discounted beyond its price. */
static void random_order(redemption *order)
{
    for (size_t i = 0; i < SPLIT_LINES; i++)
        order->lines.items[i] =
            (order_line){.quantity = 1 + roll(4), .unit_minor = roll(3) * 997 + 5};
    for (size_t c = 0; c < SPLIT_COUPONS; c++)
        order->applied.items[c] = (applied_coupon){0};
    order->shares.n = 0;
    for (size_t c = 0; c < SPLIT_COUPONS; c++) {
        for (size_t i = 0; i < SPLIT_LINES; i++) {
            order_line *line = &order->lines.items[i];
            int64_t room = line->quantity * line->unit_minor - line->discount_minor;
            int64_t share = roll(2) == 0 ? 0 : roll(room + 1);
            if (share == 0)
                continue;
            line->discount_minor += share;
            order->applied.items[c].discount_minor += share;
            order->shares.items[order->shares.n++] = (line_share){(uint16_t)c, (uint16_t)i, share};
        }
    }
}

/* Up to four parties pay for each coupon, or none. */
static void random_parties(redemption *order)
{
    order->parties.n = 0;
    for (size_t c = 0; c < SPLIT_COUPONS; c++) {
        int64_t left = order->applied.items[c].discount_minor;
        int64_t n = roll(FUND_PARTIES_MAX + 1);
        for (int64_t k = 0; k < n && left > 0; k++) {
            int64_t paid = k + 1 == n ? left : 1 + roll(left);
            left -= paid;
            order->parties.items[order->parties.n++] = (party_share){
                .applied = (uint16_t)c, .party = (uint16_t)(k + 1), .discount_minor = paid};
        }
    }
}

/* Nobody gets less than nothing or more than he paid, and those of a coupon get what comes back of
 * it. */
static void pay_back(redemption *order, const return_parts *back)
{
    int64_t left[SPLIT_COUPONS];
    memcpy(left, back->by_coupon, sizeof(left));
    for (size_t k = 0; k < order->parties.n; k++) {
        party_share *s = &order->parties.items[k];
        assert_true(back->by_party[k] >= 0);
        s->returned_minor += back->by_party[k];
        assert_true(s->returned_minor <= s->discount_minor);
        left[s->applied] -= back->by_party[k];
    }
    for (size_t k = 0; k < order->parties.n; k++)
        assert_int_equal(left[order->parties.items[k].applied], 0);
}

static int64_t in_minor(const order_line *line, int64_t quantity)
{
    return quantity * line->unit_minor;
}

/* One return of a random part. What comes back in all lies anywhere between nothing and all. */
static bool return_some(redemption *order, const uint8_t *rules, arena *memory)
{
    return_line now[SPLIT_LINES];
    return_plan plan = {.redemption = order, .refund_rules = rules, .now = now};
    int64_t worth = 0, left = 0, kept_worth = 0;
    for (size_t i = 0; i < SPLIT_LINES; i++) {
        order_line *line = &order->lines.items[i];
        int64_t most = line->quantity - line->returned;
        int64_t n = most == 0 ? 0 : roll(most + 1);
        if (n > 0)
            now[plan.n++] = (return_line){.line = (uint16_t)i, .quantity = n};
        worth += in_minor(line, n);
        kept_worth += in_minor(line, most - n);
    }
    for (size_t c = 0; c < SPLIT_COUPONS; c++)
        left += order->applied.items[c].discount_minor - order->applied.items[c].returned_minor;
    /* any refund that price_return may give: the kept goods cost from nothing to their price */
    int64_t most = left < worth ? left : worth;
    int64_t least = left - kept_worth > 0 ? left - kept_worth : 0;
    if (plan.n == 0 || least > most)
        return false;
    int64_t back = least + roll(most - least + 1), refund = worth - back, given = 0;
    for (size_t i = 0; i < plan.n; i++) {
        int64_t line_worth = in_minor(&order->lines.items[now[i].line], now[i].quantity);
        now[i].refund_minor = refund < line_worth ? refund : line_worth;
        refund -= now[i].refund_minor;
    }
    int64_t by_coupon[SPLIT_COUPONS], by_party[SPLIT_PARTIES];
    return_parts parts = {by_coupon, by_party};
    assert_int_equal(return_split(&plan, back, memory, &parts), R_DONE);
    pay_back(order, &parts);
    for (size_t c = 0; c < SPLIT_COUPONS; c++) {
        applied_coupon *a = &order->applied.items[c];
        assert_true(by_coupon[c] >= 0);
        a->returned_minor += by_coupon[c];
        assert_true(a->returned_minor <= a->discount_minor);
        given += by_coupon[c];
    }
    assert_int_equal(given, back);
    for (size_t i = 0; i < plan.n; i++) {
        order->lines.items[now[i].line].returned += now[i].quantity;
        order->lines.items[now[i].line].refunded_minor += now[i].refund_minor;
    }
    return kept_worth > 0;
}

static void what_comes_back_is_split_to_the_last_minor_unit(void **state)
{
    (void)state;
    enum { ORDERS = 5000, RETURNS = 12 };
    arena *memory = arena_new(0);
    order_line order_lines[SPLIT_LINES];
    applied_coupon applied[SPLIT_COUPONS];
    line_share shares[SPLIT_LINES * SPLIT_COUPONS];
    party_share parties[SPLIT_PARTIES];
    for (int n = 0; n < ORDERS; n++) {
        redemption order = {0};
        order.lines.items = order_lines;
        order.lines.n = SPLIT_LINES;
        order.applied.items = applied;
        order.applied.n = SPLIT_COUPONS;
        order.shares.items = shares;
        order.parties.items = parties;
        random_order(&order);
        random_parties(&order);
        uint8_t rules[SPLIT_COUPONS];
        for (size_t c = 0; c < SPLIT_COUPONS; c++)
            rules[c] = (uint8_t)(1 + roll(3));
        for (int k = 0; k < RETURNS; k++)
            (void)return_some(&order, rules, memory);
        arena_reset(memory);
    }
    arena_free(memory);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(parts_come_back_until_all_is_back),
        TEST(what_cannot_come_back_is_refused),
        TEST(a_reprice_takes_the_discount_back_with_the_threshold),
        TEST(a_coupon_comes_back_when_its_own_lines_are_back),
        TEST(a_returned_coupon_keeps_its_end_or_lives_for_its_grace_days),
        TEST(a_returned_coupon_reserves_what_came_back),
        TEST(spent_budget_comes_back_free_unless_a_coupon_holds_it_again),
        TEST(a_returned_coupon_gives_no_more_than_the_budget_has),
        TEST(a_return_gives_back_to_the_day_of_the_redemption_only),
        TEST(money_and_units_come_back_with_each_part),
        cmocka_unit_test(what_comes_back_is_split_to_the_last_minor_unit),
    };
    int failed = 0; /* also on a store that withholds rows, aborts and splits */
    for (how.adversary = 0; how.adversary < 4; how.adversary++)
        failed += cmocka_run_group_tests(tests, NULL, NULL);
    return failed;
}

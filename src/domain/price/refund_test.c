/* Returns: each refund rule to the cent, mixed rules, splits over lines and units, refusals. */
#include "domain/price/refund_test.h"

enum { KEEP = REFUND_RULE_KEEP, REPRICE = REFUND_RULE_REPRICE, CLAW_BACK = REFUND_RULE_CLAW_BACK };

/* One coupon, one unit a return, and what each rule gives back each time. */
typedef struct sequence {
    int64_t off, threshold; /* an amount off, or */
    uint32_t percent_bp;    /* a percentage with its cap */
    int64_t cap;
    const char *sku;              /* good for this line only */
    int64_t quantity[3], unit[3]; /* a quantity of 0 ends the lines; their skus are 0, 1, 2 */
    uint16_t line[3];             /* that a unit comes back of */
    size_t n;
    int64_t keep[3], reprice[3], claw_back[3];
} sequence;

static const sequence sequences[] = {
    /* below the threshold after the first return: the kept line costs its list price */
    {.off = 3000,
     .threshold = 10000,
     .quantity = {1, 1},
     .unit = {6000, 4000},
     .line = {0, 1},
     .n = 2,
     .keep = {4200, 2800},
     .reprice = {3000, 4000},
     .claw_back = {3000, 4000}},
    {.off = 3000,
     .threshold = 10000,
     .quantity = {1, 1},
     .unit = {6000, 4000},
     .line = {1, 0},
     .n = 2,
     .keep = {2800, 4200},
     .reprice = {1000, 6000},
     .claw_back = {1000, 6000}},
    /* still above it: reprice lets the kept line have the whole amount, claw_back does not */
    {.off = 3000,
     .threshold = 10000,
     .quantity = {1, 1},
     .unit = {6000, 14000},
     .line = {0, 1},
     .n = 2,
     .keep = {5100, 11900},
     .reprice = {6000, 11000},
     .claw_back = {5100, 11900}},
    /* what is kept costs more than was paid: nothing comes back, and all of it with the rest */
    {.off = 3000,
     .threshold = 10000,
     .quantity = {1, 1},
     .unit = {2000, 8000},
     .line = {0, 1},
     .n = 2,
     .keep = {1400, 5600},
     .reprice = {0, 7000},
     .claw_back = {0, 7000}},
    {.off = 3000,
     .threshold = 10000,
     .quantity = {1, 1, 1},
     .unit = {2000, 4000, 4000},
     .line = {0, 1, 2},
     .n = 3,
     .keep = {1400, 2800, 2800},
     .reprice = {0, 3000, 4000},
     .claw_back = {0, 3000, 4000}},
    /* units: 34 + 33 + 33 of discount */
    {.off = 100,
     .quantity = {3},
     .unit = {1000},
     .n = 3,
     .keep = {966, 967, 967},
     .reprice = {1000, 1000, 900},
     .claw_back = {966, 967, 967}},
    /* a percent: 99.9 is 100; kept 66.6 is 67, 33.3 is 33 */
    {.percent_bp = 1000,
     .quantity = {3},
     .unit = {333},
     .n = 3,
     .keep = {299, 300, 300},
     .reprice = {300, 299, 300},
     .claw_back = {299, 300, 300}},
    /* a cap that binds before and after: 50.00 at 500.00, still 50.00 at 400.00 */
    {.percent_bp = 2000,
     .cap = 5000,
     .quantity = {5},
     .unit = {10000},
     .n = 2,
     .keep = {9000, 9000},
     .reprice = {10000, 10000},
     .claw_back = {9000, 9000}},
    /* the threshold exactly met by what is kept, then missed by one unit */
    {.off = 1000,
     .threshold = 4000,
     .quantity = {3},
     .unit = {2000},
     .n = 3,
     .keep = {1666, 1667, 1667},
     .reprice = {2000, 1000, 2000},
     .claw_back = {1666, 1334, 2000}},
    /* all free */
    {.percent_bp = 10000, .quantity = {2, 1}, .unit = {500, 700}, .line = {0, 1, 0}, .n = 3},
    /* a line outside the scope never had a discount */
    {.off = 500,
     .threshold = 1000,
     .sku = "1",
     .quantity = {1, 1},
     .unit = {900, 1100},
     .line = {0, 1},
     .n = 2,
     .keep = {900, 600},
     .reprice = {900, 600},
     .claw_back = {900, 600}},
    {.off = 500,
     .threshold = 1000,
     .sku = "1",
     .quantity = {1, 1},
     .unit = {900, 1100},
     .line = {1, 0},
     .n = 2,
     .keep = {600, 900},
     .reprice = {600, 900},
     .claw_back = {600, 900}},
    /* free lines cost nothing to give back */
    {.off = 30,
     .quantity = {1, 1},
     .unit = {0, 100},
     .line = {0, 1},
     .n = 2,
     .keep = {0, 70},
     .reprice = {0, 70},
     .claw_back = {0, 70}},
};

static void each_rule_is_exact_over_a_sequence_of_returns(void **state)
{
    (void)state;
    static const char *const skus[] = {"0", "1", "2"};
    for (size_t i = 0; i < ARRAY_LEN(sequences); i++) {
        const sequence *s = &sequences[i];
        order_line lines[3];
        size_t n = 0;
        for (; n < 3 && s->quantity[n] > 0; n++) {
            lines[n] = line_of(skus[n], "", s->quantity[n], s->unit[n]);
        }
        template_version v = s->percent_bp > 0 ? percent_off(s->percent_bp, s->cap, s->threshold)
                                               : amount_off(s->off, s->threshold);
        price_coupon coupons[] = {coupon_of(s->sku == NULL ? v : for_sku(v, s->sku))};
        const int64_t *expected[] = {
            [KEEP] = s->keep, [REPRICE] = s->reprice, [CLAW_BACK] = s->claw_back};
        for (uint8_t rule = KEEP; rule <= CLAW_BACK; rule++) {
            test_order o = order_of(lines, n, coupons, 1);
            o.refund_rules[0] = rule;
            for (size_t k = 0; k < s->n; k++) {
                assert_int_equal(give_back_units(&o, s->line[k], 1), expected[rule][k]);
            }
        }
    }
}

static void no_rule_means_reprice(void **state)
{
    (void)state;
    order_line lines[] = {line_of("a", "", 1, 6000), line_of("b", "", 1, 4000)};
    price_coupon coupons[] = {coupon_of(amount_off(3000, 10000))};
    test_order o = order_of(lines, 2, coupons, 1);
    assert_int_equal(give_back_units(&o, 0, 1), 3000);
}

/* 100.00 - 30.00 (18 + 12), then 10 % from 50.00 of 70.00 (4.20 + 2.80); the 60.00 line comes back
 * and 63.00 was paid. */
static void coupons_of_one_order_follow_their_own_rules(void **state)
{
    (void)state;
    const struct {
        uint8_t rules[2];
        int64_t refund;
    } rows[] = {
        {{KEEP, KEEP}, 3780},
        {{KEEP, REPRICE}, 3500}, /* kept: 40 - 12, and 28 is below 50 */
        {{KEEP, CLAW_BACK}, 3500},
        {{REPRICE, KEEP}, 2580}, /* kept: 40 - 2.80 */
        {{CLAW_BACK, KEEP}, 2580},
        {{REPRICE, REPRICE}, 2300}, /* kept: 40 */
        {{CLAW_BACK, REPRICE}, 2300},
    };
    order_line lines[] = {line_of("a", "", 1, 6000), line_of("b", "", 1, 4000)};
    price_coupon coupons[] = {coupon_of(amount_off(3000, 10000)),
                              coupon_of(percent_off(1000, 0, 5000))};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        test_order o = order_of(lines, 2, coupons, 2);
        memcpy(o.refund_rules, rows[i].rules, 2);
        assert_int_equal(give_back_units(&o, 0, 1), rows[i].refund);
        assert_int_equal(give_back_units(&o, 1, 1), 6300 - rows[i].refund);
    }
}

/* A coupon that grows on the kept line leaves less for a frozen one behind it: never below zero. */
static void a_frozen_share_is_cut_to_what_is_left(void **state)
{
    (void)state;
    order_line lines[] = {line_of("a", "", 1, 1000), line_of("b", "", 1, 1000)};
    price_coupon coupons[] = {coupon_of(amount_off(1000, 0)), coupon_of(amount_off(1000, 0))};
    test_order o = order_of(lines, 2, coupons, 2);
    o.refund_rules[0] = REPRICE;
    o.refund_rules[1] = KEEP;
    assert_int_equal(o.row.discount_minor, 2000);
    assert_int_equal(give_back_units(&o, 0, 1), 0);
    assert_int_equal(give_back_units(&o, 1, 1), 0);
}

static void a_refund_is_split_by_paid_shares_then_by_discounts(void **state)
{
    (void)state;
    order_line lines[] = {line_of("a", "", 1, 2000), line_of("b", "", 1, 4000),
                          line_of("c", "", 1, 4000)};
    price_coupon coupons[] = {coupon_of(amount_off(3000, 10000))};
    test_order less = order_of(lines, 3, coupons, 1);
    return_line first[] = {{.line = 0, .quantity = 1}, {.line = 1, .quantity = 1}};
    assert_int_equal(give_back(&less, first, 2), 3000); /* paid shares: 14.00 and 28.00 */
    assert_int_equal(first[0].refund_minor, 1000);
    assert_int_equal(first[1].refund_minor, 2000);
    test_order more = order_of(lines, 3, coupons, 1);
    assert_int_equal(give_back_units(&more, 0, 1), 0);
    return_line rest[] = {{.line = 2, .quantity = 1}, {.line = 1, .quantity = 1}};
    assert_int_equal(give_back(&more, rest, 2), 7000); /* paid shares: 28.00 each */
    assert_int_equal(rest[0].refund_minor, 3500);
    assert_int_equal(rest[1].refund_minor, 3500);
}

static void a_line_may_come_twice_in_one_return(void **state)
{
    (void)state;
    order_line lines[] = {line_of("a", "", 3, 1000)};
    price_coupon coupons[] = {coupon_of(amount_off(100, 0))};
    test_order o = order_of(lines, 1, coupons, 1);
    o.refund_rules[0] = KEEP;
    return_line now[] = {{.line = 0, .quantity = 1}, {.line = 0, .quantity = 2}};
    assert_int_equal(give_back(&o, now, 2), 2900);
    assert_int_equal(now[0].refund_minor, 966);
    assert_int_equal(now[1].refund_minor, 1934);
    lines[0].quantity = 2;
    price_coupon cent[] = {coupon_of(amount_off(1, 0))};
    test_order two = order_of(lines, 1, cent, 1);
    return_line one_each[] = {{.line = 0, .quantity = 1}, {.line = 0, .quantity = 1}};
    assert_int_equal(give_back(&two, one_each, 2), 1999); /* the first unit had the cent off */
    assert_int_equal(one_each[0].refund_minor, 999);
    assert_int_equal(one_each[1].refund_minor, 1000);
}

static void what_cannot_come_back_is_refused(void **state)
{
    (void)state;
    const struct {
        size_t n;
        return_line now[2];
        result expected;
    } rows[] = {
        {0, {{0}}, R_INVALID},
        {1, {{.line = 2, .quantity = 1}}, R_INVALID},
        {1, {{.line = 0, .quantity = 0}}, R_INVALID},
        {1, {{.line = 0, .quantity = -1}}, R_INVALID},
        {2, {{.line = 0, .quantity = 4}, {.line = 1, .quantity = 0}}, R_INVALID},
        {1, {{.line = 0, .quantity = 4}}, R_NOT_RETURNABLE},
        {1, {{.line = 0, .quantity = INT64_MAX}}, R_NOT_RETURNABLE},
        {1, {{.line = 1, .quantity = 1}}, R_NOT_RETURNABLE},
        {2, {{.line = 0, .quantity = 2}, {.line = 0, .quantity = 2}}, R_NOT_RETURNABLE},
        {1, {{.line = 0, .quantity = 3}}, R_DONE},
    };
    order_line lines[] = {line_of("a", "", 3, 1000), line_of("b", "", 1, 1000)};
    test_order o = order_of(lines, 2, NULL, 0);
    (void)give_back_units(&o, 1, 1);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        return_line now[2];
        int64_t refund = -1;
        int64_t parts[1];
        memcpy(now, rows[i].now, sizeof(now));
        now[0].refund_minor = -1;
        return_plan plan = plan_of(&o, now, rows[i].n);
        assert_int_equal(price_return_discounts(&plan, memory, parts), rows[i].expected);
        assert_int_equal(price_return(&plan, memory, &refund), rows[i].expected);
        assert_true((refund == -1 && now[0].refund_minor == -1) == (rows[i].expected != R_DONE));
    }
    return_line *many = ARENA_ARRAY(memory, return_line, CART_LINES_MAX + 1);
    return_plan plan = plan_of(&o, many, CART_LINES_MAX + 1);
    int64_t refund;
    assert_int_equal(price_return(&plan, memory, &refund), R_INVALID);
}

/* 10 off three units of 100: one of them has 4. */
static void odd_cents_are_with_the_first_or_the_last_unit(void **state)
{
    (void)state;
    const struct {
        policy_choice choice;
        int64_t refunds[3];
    } rows[] = {{{25, ODD_UNITS_FIRST}, {96, 97, 97}}, {{25, ODD_UNITS_LAST}, {97, 97, 96}}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        order_line line = line_of("a", "", 3, 100);
        price_coupon coupons[] = {coupon_of(amount_off(10, 0))};
        test_order o = order_by(rows[i].choice, &line, 1, (test_coupons){coupons, 1});
        o.refund_rules[0] = KEEP;
        for (size_t k = 0; k < 3; k++) {
            assert_int_equal(give_back_units(&o, 0, 1), rows[i].refunds[k]);
        }
    }
}

/* Three times 10 % off 3, 2 and 1 units of 104: 84.552, 56.368 and 28.184. */
static void fractions_are_settled_again_for_what_is_kept(void **state)
{
    (void)state;
    const struct {
        uint8_t when;
        int64_t discount, refunds[3];
    } rows[] = {
        {ROUND_WHEN_EACH_STEP, 84, {77, 75, 76}},
        {ROUND_WHEN_AT_END, 84, {77, 74, 77}},
        {ROUND_WHEN_EXACT, 85, {75, 76, 76}},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        order_line line = line_of("a", "", 3, 104);
        price_coupon coupons[] = {coupon_of(percent_off(1000, 0, 0)),
                                  coupon_of(percent_off(1000, 0, 0)),
                                  coupon_of(percent_off(1000, 0, 0))};
        policy_choice choice = {28, rows[i].when};
        test_order o = order_by(choice, &line, 1, (test_coupons){coupons, 3});
        assert_int_equal(o.row.discount_minor, rows[i].discount);
        for (size_t k = 0; k < 3; k++) {
            assert_int_equal(give_back_units(&o, 0, 1), rows[i].refunds[k]);
        }
    }
}

/* As many as an order can have, promotions among them, each a unit off. */
static void fractions_of_all_that_an_order_can_have_are_settled(void **state)
{
    (void)state;
    order_line line = line_of("a", "", 2, 500);
    price_coupon coupons[ORDER_APPLIED_MAX];
    for (size_t i = 0; i < ORDER_APPLIED_MAX; i++) {
        coupons[i] = coupon_of(amount_off(2, 0));
    }
    policy_choice choice = {28, ROUND_WHEN_EXACT};
    test_order o = order_by(choice, &line, 1, (test_coupons){coupons, ORDER_APPLIED_MAX});
    int64_t discount = 2 * (int64_t)ORDER_APPLIED_MAX;
    assert_int_equal(o.row.discount_minor, discount);
    assert_int_equal(give_back_units(&o, 0, 1), 500); /* what is kept has all of it */
    assert_int_equal(give_back_units(&o, 0, 1), 500 - discount);
}

/* 10.00 off were cut to 5.00, and 6.00 are off from 50.00 on: 49.00 paid for 60.00. A unit comes
 * back. The other would earn 10.00, which makes up for 5.00 of the 6.00 that it misses; where the
 * policy says that it may have been cut, it keeps 5.00. */
static void what_was_cut_earns_no_more_for_what_is_kept(void **state)
{
    (void)state;
    static const struct {
        policy_choice choice;
        uint8_t rule;
        int64_t refund;
    } rows[] = {
        {{35, BUDGET_PARTIAL}, REPRICE, 2400},
        {{35, BUDGET_ALL_OR_NOTHING}, REPRICE, 2900},
        {{35, BUDGET_PARTIAL}, KEEP, 2450},
        {{35, BUDGET_PARTIAL}, CLAW_BACK, 2150},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        order_line line = line_of("a", "", 2, 3000);
        price_coupon coupons[] = {coupon_of(amount_off(1000, 0)), coupon_of(amount_off(600, 5000))};
        coupons[0].most_minor = 500;
        test_order o = order_by(rows[i].choice, &line, 1, (test_coupons){coupons, 2});
        o.refund_rules[0] = o.refund_rules[1] = rows[i].rule;
        assert_int_equal(o.row.discount_minor, 1100);
        assert_int_equal(give_back_units(&o, 0, 1), rows[i].refund);
        assert_int_equal(give_back_units(&o, 0, 1), 4900 - rows[i].refund);
    }
}

static void an_order_without_coupons_refunds_list_prices(void **state)
{
    (void)state;
    order_line lines[] = {line_of("a", "", CART_QUANTITY_MAX, 999), line_of("b", "", 1, 1)};
    test_order o = order_of(lines, 2, NULL, 0);
    assert_int_equal(give_back_units(&o, 0, CART_QUANTITY_MAX - 1), 999 * (CART_QUANTITY_MAX - 1));
    assert_int_equal(give_back_units(&o, 0, 1), 999);
    assert_int_equal(give_back_units(&o, 1, 1), 1);
}

static void frozen_figures_that_contradict_each_other_are_corrupt(void **state)
{
    (void)state;
    order_line lines[] = {line_of("a", "", 2, 1000), line_of("b", "", 1, 1000)};
    price_coupon coupons[] = {coupon_of(amount_off(300, 0))};
    return_line now = {.line = 0, .quantity = 1};
    int64_t refund;
    for (int damage = 0; damage < 12; damage++) {
        test_order o = order_of(lines, 2, coupons, 1);
        order_line *line = &o.row.lines.items[0];
        line_share *share = &o.row.shares.items[0];
        int64_t *fields[] = {&line->quantity,       &line->unit_minor,     &line->discount_minor,
                             &line->discount_minor, &line->returned,       &line->returned,
                             &line->refunded_minor, &line->refunded_minor, &share->discount_minor,
                             &share->discount_minor};
        static const int64_t values[] = {0, -1, 199, 2001, 3, -1, -1, 2701, -1, 201};
        if (damage < 10) {
            *fields[damage] = values[damage];
        } else {
            share->applied = damage == 10 ? 1 : 0;
            share->line = damage == 11 ? 2 : 0;
        }
        return_plan plan = plan_of(&o, &now, 1);
        assert_int_equal(price_return(&plan, memory, &refund), R_CORRUPT);
    }
    test_order o = order_of(lines, 2, coupons, 1);
    o.row.lines.n = CART_LINES_MAX + 1;
    assert_int_equal(price_return(&(return_plan){.redemption = &o.row}, memory, &refund),
                     R_CORRUPT);
    o.row.lines.n = 2;
    o.row.applied.n = ORDER_APPLIED_MAX + 1;
    assert_int_equal(price_return(&(return_plan){.redemption = &o.row}, memory, &refund),
                     R_CORRUPT);
    o.row.applied.n = 1;
    o.row.lines.items[0].returned = 2; /* 27.00 was paid, 10.00 is kept, so 17.00 must be back */
    o.row.lines.items[0].refunded_minor = 1699;
    return_plan plan = plan_of(&o, &(return_line){.line = 1, .quantity = 1}, 1);
    assert_int_equal(price_return(&plan, memory, &refund), R_CORRUPT);
    o.row.lines.items[0].refunded_minor = 1700;
    assert_int_equal(price_return(&plan, memory, &refund), R_DONE);
    assert_int_equal(refund, 1000);
}

/* No checked version can do this; a rule that does is refused, and nothing is written. */
static void an_overflow_is_refused(void **state)
{
    (void)state;
    order_line lines[] = {line_of("a", "", 1, MONEY_MAX / 2), line_of("b", "", 1, MONEY_MAX / 2)};
    price_coupon fine[] = {coupon_of(amount_off(1, 0))};
    price_coupon wild[] = {coupon_of(percent_off(UINT32_MAX, 0, 0))};
    cart c = cart_of(lines, 2);
    price_result p;
    assert_int_equal(price_cart(&(price_ask){.cart = &c, .coupons = wild, .n = 1}, memory, &p),
                     R_OVERFLOW);
    test_order o = order_of(lines, 2, fine, 1);
    o.rules[0] = wild[0].rule;
    return_line now = {.line = 0, .quantity = 1, .refund_minor = -1};
    return_plan plan = plan_of(&o, &now, 1);
    int64_t refund = -1;
    assert_int_equal(price_return(&plan, memory, &refund), R_OVERFLOW);
    assert_true(refund == -1 && now.refund_minor == -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PRICE_TEST(each_rule_is_exact_over_a_sequence_of_returns),
        PRICE_TEST(no_rule_means_reprice),
        PRICE_TEST(coupons_of_one_order_follow_their_own_rules),
        PRICE_TEST(a_frozen_share_is_cut_to_what_is_left),
        PRICE_TEST(a_refund_is_split_by_paid_shares_then_by_discounts),
        PRICE_TEST(a_line_may_come_twice_in_one_return),
        PRICE_TEST(odd_cents_are_with_the_first_or_the_last_unit),
        PRICE_TEST(fractions_are_settled_again_for_what_is_kept),
        PRICE_TEST(fractions_of_all_that_an_order_can_have_are_settled),
        PRICE_TEST(what_was_cut_earns_no_more_for_what_is_kept),
        PRICE_TEST(what_cannot_come_back_is_refused),
        PRICE_TEST(an_order_without_coupons_refunds_list_prices),
        PRICE_TEST(an_overflow_is_refused),
        PRICE_TEST(frozen_figures_that_contradict_each_other_are_corrupt),
    };
    return cmocka_run_group_tests_name("refund", tests, NULL, NULL);
}

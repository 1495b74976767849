/* Pricing carts: each convention of the arithmetic policy, to the cent. */
#include "domain/price/price_test.h"

static void assert_discounts(const price_result *p, const int64_t *expected, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(p->line_discount_minor[i], expected[i]);
    }
}

static void assert_verdict(const price_verdict *v, result r, const char *reason, int64_t missing)
{
    assert_int_equal(v->result, r);
    assert_str(v->reason, str_of(reason));
    assert_int_equal(v->missing_minor, missing);
}

static void one_coupon_on_one_line_is_exact(void **state)
{
    (void)state;
    const struct {
        template_version version;
        int64_t quantity, unit, discount, missing;
        const char *reason;
    } rows[] = {
        /* threshold: exactly met, one cent short, none */
        {amount_off(2000, 10000), 1, 10000, 2000, 0, ""},
        {amount_off(2000, 10000), 1, 9999, 0, 1, "below_threshold"},
        {amount_off(2000, 10000), 1, 0, 0, 10000, "below_threshold"},
        {amount_off(2000, 10000), 3, 3334, 2000, 0, ""},
        {amount_off(2000, 0), 1, 2001, 2000, 0, ""},
        {percent_off(1000, 0, 5000), 1, 5000, 500, 0, ""},
        {percent_off(1000, 0, 5000), 1, 4999, 0, 1, "below_threshold"},
        /* never below zero */
        {amount_off(2000, 0), 1, 2000, 2000, 0, ""},
        {amount_off(2000, 0), 1, 1999, 1999, 0, ""},
        {amount_off(2000, 0), 1, 1, 1, 0, ""},
        {amount_off(2000, 0), 1, 0, 0, 0, "nothing_left"},
        {percent_off(10000, 0, 0), 7, 333, 2331, 0, ""},
        {percent_off(10000, 0, 0), 1, 0, 0, 0, "nothing_left"},
        /* half-up, once on the sum: 0.5, 1.5, 2.5, just below, just above */
        {percent_off(1000, 0, 0), 1, 5, 1, 0, ""},
        {percent_off(1000, 0, 0), 1, 4, 0, 0, "nothing_left"},
        {percent_off(1000, 0, 0), 1, 15, 2, 0, ""},
        {percent_off(1000, 0, 0), 1, 25, 3, 0, ""},
        {percent_off(1000, 0, 0), 5, 5, 3, 0, ""},
        {percent_off(3333, 0, 0), 1, 10000, 3333, 0, ""},
        {percent_off(3333, 0, 0), 1, 10, 3, 0, ""},
        {percent_off(1, 0, 0), 1, 5000, 1, 0, ""},
        {percent_off(1, 0, 0), 1, 4999, 0, 0, "nothing_left"},
        {percent_off(9999, 0, 0), 1, 1, 1, 0, ""},
        /* cap: below, at, above; a cap of 0 is none */
        {percent_off(1000, 501, 0), 1, 5000, 500, 0, ""},
        {percent_off(1000, 500, 0), 1, 5000, 500, 0, ""},
        {percent_off(1000, 499, 0), 1, 5000, 499, 0, ""},
        {percent_off(1000, 1, 0), 1, 5000, 1, 0, ""},
        {percent_off(1000, 0, 0), 1, 500000, 50000, 0, ""},
        /* many pieces, largest amounts */
        {percent_off(1000, 0, 0), CART_QUANTITY_MAX, 1, 100000, 0, ""},
        {amount_off(1, 0), CART_QUANTITY_MAX, 1000000000, 1, 0, ""},
        {percent_off(10000, 0, MONEY_MAX), 1, MONEY_MAX, MONEY_MAX, 0, ""},
        {percent_off(9999, 0, 0), 1, MONEY_MAX, INT64_C(999900000000000), 0, ""},
        {percent_off(9999, 0, 0), 1, MONEY_MAX - 1, INT64_C(999899999999999), 0, ""},
        {amount_off(MONEY_MAX, MONEY_MAX), CART_QUANTITY_MAX, 1000000000, MONEY_MAX, 0, ""},
        {amount_off(1, MONEY_MAX), 1, 0, 0, MONEY_MAX, "below_threshold"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        order_line line = line_of("a", "", rows[i].quantity, rows[i].unit);
        cart c = cart_of(&line, 1);
        price_coupon coupons[] = {coupon_of(rows[i].version)};
        price_result p = price_of(&c, coupons, 1);
        assert_int_equal(p.discount_minor, rows[i].discount);
        assert_verdict(&p.verdicts[0], rows[i].discount > 0 ? R_DONE : R_NOT_APPLICABLE,
                       rows[i].reason, rows[i].missing);
    }
}

static void odd_cents_go_to_the_largest_remainders_then_to_earlier_lines(void **state)
{
    (void)state;
    const struct {
        int64_t off;
        size_t n;
        int64_t units[4], expected[4];
    } rows[] = {
        {100, 3, {1000, 1000, 1000}, {34, 33, 33}},
        {101, 3, {1000, 1000, 1000}, {34, 34, 33}},
        {1, 3, {1000, 1000, 1000}, {1, 0, 0}},
        {1, 3, {1000, 1000, 1001}, {0, 0, 1}},
        {10, 3, {1, 1, 28}, {1, 0, 9}}, /* 1/3, 1/3, 9 1/3: a tie of three, to the earliest */
        {20, 4, {0, 99, 0, 1}, {0, 20, 0, 0}},
        {50, 2, {99, 1}, {50, 0}}, /* 49.5 and 0.5: a tie, to the earlier */
        {100, 3, {99, 1, 0}, {99, 1, 0}},
        {99, 3, {33, 33, 34}, {33, 33, 33}},
        {1000, 2, {1, 2}, {1, 2}},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        order_line lines[4];
        for (size_t k = 0; k < rows[i].n; k++) {
            lines[k] = line_of("a", "", 1, rows[i].units[k]);
        }
        cart c = cart_of(lines, rows[i].n);
        price_coupon coupons[] = {coupon_of(amount_off(rows[i].off, 0))};
        price_result p = price_of(&c, coupons, 1);
        assert_discounts(&p, rows[i].expected, rows[i].n);
    }
}

static void a_percent_is_rounded_once_for_all_lines(void **state)
{
    (void)state;
    /* each line alone would give 0 (4 * 10 % = 0.4); together 1.2 is 1 */
    order_line lines[] = {line_of("a", "", 1, 4), line_of("b", "", 1, 4), line_of("c", "", 1, 4)};
    cart c = cart_of(lines, 3);
    price_coupon coupons[] = {coupon_of(percent_off(1000, 0, 0))};
    price_result p = price_of(&c, coupons, 1);
    assert_discounts(&p, (const int64_t[]){1, 0, 0}, 3);
}

/* What a budget leaves is split as a cap is, in every way of keeping fractions. */
static void a_bound_cuts_the_discount_and_shares_stay_exact(void **state)
{
    (void)state;
    static const struct {
        int64_t bp, cap, most, expected[3];
    } rows[] = {
        {1000, 0, 0, {100, 100, 100}},       {1000, 0, 300, {100, 100, 100}},
        {1000, 0, 100, {34, 33, 33}},        {1000, 0, 1, {1, 0, 0}},
        {1000, 200, 100, {34, 33, 33}},      {1000, 100, 200, {34, 33, 33}},
        {10000, 0, 2999, {1000, 1000, 999}},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        for (uint8_t when = ROUND_WHEN_EACH_STEP; when <= ROUND_WHEN_EXACT; when++) {
            order_line lines[] = {line_of("a", "", 1, 1000), line_of("b", "", 1, 1000),
                                  line_of("c", "", 1, 1000)};
            cart c = cart_of(lines, 3);
            price_coupon cut = coupon_of(percent_off(rows[i].bp, rows[i].cap, 0));
            price_ask ask = {.cart = &c, .coupons = &cut, .n = 1};
            price_result p;
            cut.most_minor = rows[i].most;
            ask.policy.round_when = when;
            assert_int_equal(price_cart(&ask, memory, &p), R_DONE);
            assert_discounts(&p, rows[i].expected, 3);
            assert_price_adds_up(&c, 1, &p);
        }
    }
}

static void zero_priced_lines_take_no_part(void **state)
{
    (void)state;
    order_line lines[] = {line_of("gift", "", 5, 0), line_of("a", "", 1, 100),
                          line_of("gift", "", 1, 0), line_of("b", "", 1, 200)};
    cart c = cart_of(lines, 4);
    price_coupon coupons[] = {coupon_of(amount_off(100, 300)), coupon_of(amount_off(1000, 0))};
    price_result p = price_of(&c, coupons, 2);
    assert_int_equal(p.verdicts[0].discount_minor, 100);
    assert_int_equal(p.verdicts[1].discount_minor, 200);
    assert_discounts(&p, (const int64_t[]){0, 100, 0, 200}, 4);
    assert_int_equal(p.share_count, 4);
}

static void coupons_apply_in_order_on_the_running_price(void **state)
{
    (void)state;
    order_line lines[] = {line_of("a", "", 1, 6000), line_of("b", "", 2, 2000)};
    cart c = cart_of(lines, 2);
    price_coupon percent = coupon_of(percent_off(1000, 0, 0));
    price_coupon amount = coupon_of(amount_off(2000, 10000));
    price_coupon first_percent[] = {percent, amount};
    price_result p = price_of(&c, first_percent, 2);
    /* 10 % of 100.00, then 90.00 is below the threshold of 100.00 */
    assert_int_equal(p.verdicts[0].discount_minor, 1000);
    assert_verdict(&p.verdicts[1], R_NOT_APPLICABLE, "below_threshold", 1000);
    assert_discounts(&p, (const int64_t[]){600, 400}, 2);
    price_coupon first_amount[] = {amount, percent};
    p = price_of(&c, first_amount, 2);
    /* 20.00 off 100.00, then 10 % of 80.00: lines 48.00 and 32.00 */
    assert_int_equal(p.verdicts[0].discount_minor, 2000);
    assert_int_equal(p.verdicts[1].discount_minor, 800);
    assert_discounts(&p, (const int64_t[]){1200 + 480, 800 + 320}, 2);
    assert_int_equal(p.share_count, 4);
    assert_int_equal(p.shares[2].applied, 1);
    assert_int_equal(p.shares[2].line, 0);
    assert_int_equal(p.shares[2].discount_minor, 480);
}

static void a_coupon_after_everything_is_paid_has_nothing_left(void **state)
{
    (void)state;
    order_line lines[] = {line_of("a", "", 1, 500), line_of("b", "", 1, 300)};
    cart c = cart_of(lines, 2);
    price_coupon coupons[] = {coupon_of(for_sku(percent_off(10000, 0, 0), "a")),
                              coupon_of(for_sku(amount_off(100, 0), "a")),
                              coupon_of(for_sku(amount_off(100, 0), "b")),
                              coupon_of(amount_off(5000, 0)), coupon_of(amount_off(1, 0))};
    price_result p = price_of(&c, coupons, 5);
    assert_int_equal(p.verdicts[0].discount_minor, 500);
    assert_verdict(&p.verdicts[1], R_NOT_APPLICABLE, "nothing_left", 0);
    assert_int_equal(p.verdicts[2].discount_minor, 100);
    assert_int_equal(p.verdicts[3].discount_minor, 200);
    assert_verdict(&p.verdicts[4], R_NOT_APPLICABLE, "nothing_left", 0);
    assert_int_equal(p.discount_minor, p.subtotal_minor);
}

static void scope_decides_which_lines_count_for_threshold_and_discount(void **state)
{
    (void)state;
    order_line lines[] = {line_of("a", "food", 1, 6000), line_of("b", "food", 1, 4000),
                          line_of("c", "toys", 1, 9000), line_of("d", "", 1, 1000)};
    scope_item food[] = {{SCOPE_DIMENSION_CATEGORY, S("food")}};
    scope_item mixed[] = {{SCOPE_DIMENSION_SKU, S("c")}, {SCOPE_DIMENSION_CATEGORY, S("food")}};
    const struct {
        template_version version;
        int64_t expected[4], missing;
        const char *reason;
    } rows[] = {
        {scoped(amount_off(1000, 10000), SCOPE_MODE_ONLY, food, 1), {600, 400}, 0, ""},
        {scoped(amount_off(1000, 10001), SCOPE_MODE_ONLY, food, 1), {0}, 1, "below_threshold"},
        {scoped(amount_off(1000, 0), SCOPE_MODE_EXCEPT, food, 1), {0, 0, 900, 100}, 0, ""},
        {scoped(percent_off(5000, 0, 0), SCOPE_MODE_ONLY, mixed, 2), {3000, 2000, 4500}, 0, ""},
        {scoped(percent_off(5000, 0, 0), SCOPE_MODE_EXCEPT, mixed, 2), {0, 0, 0, 500}, 0, ""},
        {for_sku(percent_off(5000, 0, 0), "z"), {0}, 0, "no_eligible_line"},
        {for_sku(percent_off(5000, 0, 100), "food"), {0}, 0, "no_eligible_line"},
        {scoped(percent_off(100, 0, 0), SCOPE_MODE_EXCEPT, NULL, 0), {60, 40, 90, 10}, 0, ""},
    };
    cart c = cart_of(lines, 4);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        price_coupon coupons[] = {coupon_of(rows[i].version)};
        price_result p = price_of(&c, coupons, 1);
        assert_discounts(&p, rows[i].expected, 4);
        assert_str(p.verdicts[0].reason, str_of(rows[i].reason));
        assert_int_equal(p.verdicts[0].missing_minor, rows[i].missing);
    }
}

static void another_currency_never_applies(void **state)
{
    (void)state;
    order_line line = line_of("a", "", 1, 1000);
    cart c = cart_of(&line, 1);
    price_coupon coupons[] = {coupon_of(amount_off(100, 0)), coupon_of(amount_off(100, 0))};
    coupons[0].currency = S("USD");
    price_result p = price_of(&c, coupons, 2);
    assert_verdict(&p.verdicts[0], R_NOT_APPLICABLE, "currency_mismatch", 0);
    assert_int_equal(p.discount_minor, 100);
    assert_int_equal(p.shares[0].applied, 1);
}

static void the_same_coupon_twice_does_not_stack(void **state)
{
    (void)state;
    order_line line = line_of("a", "", 1, 1000);
    cart c = cart_of(&line, 1);
    price_coupon once = coupon_of(amount_off(100, 0));
    price_coupon coupons[] = {once, once};
    price_result p = price_of(&c, coupons, 2);
    assert_verdict(&p.verdicts[1], R_NOT_STACKABLE, "duplicate", 0);
    assert_int_equal(p.discount_minor, 100);
    coupons[0].coupon = coupons[1].coupon = 0; /* templates in a quote: no coupon yet */
    assert_int_equal(price_of(&c, coupons, 2).discount_minor, 200);
}

static void an_empty_cart_is_priced(void **state)
{
    (void)state;
    cart c = cart_of(NULL, 0);
    price_coupon coupons[] = {coupon_of(amount_off(100, 0))};
    price_result p = price_of(&c, coupons, 1);
    assert_int_equal(p.subtotal_minor, 0);
    assert_verdict(&p.verdicts[0], R_NOT_APPLICABLE, "no_eligible_line", 0);
    assert_int_equal(price_of(&c, NULL, 0).discount_minor, 0);
}

static void amounts_beyond_the_range_are_refused(void **state)
{
    (void)state;
    const struct {
        int64_t quantity[2], unit[2];
        result expected;
    } rows[] = {
        {{1, 1}, {MONEY_MAX, 0}, R_DONE},
        {{1, 1}, {MONEY_MAX, 1}, R_OVERFLOW},
        {{1, 1}, {MONEY_MAX - 1, 1}, R_DONE},
        {{2, 1}, {MONEY_MAX, 0}, R_OVERFLOW},
        {{CART_QUANTITY_MAX, 1}, {MONEY_MAX, 0}, R_OVERFLOW},
        {{CART_QUANTITY_MAX, 1}, {1000000000, 0}, R_DONE},
        {{CART_QUANTITY_MAX, 1}, {1000000001, 0}, R_OVERFLOW},
        {{1, 1}, {MONEY_MAX + 1, 0}, R_INVALID},
        {{1, 1}, {INT64_MAX, INT64_MAX}, R_INVALID},
        {{1, 1}, {-1, 1}, R_INVALID},
        {{0, 1}, {1, 1}, R_INVALID},
        {{1, -1}, {1, 1}, R_INVALID},
        {{1, CART_QUANTITY_MAX + 1}, {1, 1}, R_INVALID},
        {{INT64_MIN, INT64_MAX}, {1, 1}, R_INVALID},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        order_line lines[] = {line_of("a", "", rows[i].quantity[0], rows[i].unit[0]),
                              line_of("b", "", rows[i].quantity[1], rows[i].unit[1])};
        cart c = cart_of(lines, 2);
        price_result p = {.subtotal_minor = 77};
        assert_int_equal(price_cart(&(price_ask){.cart = &c}, memory, &p), rows[i].expected);
        assert_true((p.subtotal_minor == 77) == (rows[i].expected != R_DONE));
    }
}

static void more_than_the_maxima_is_refused(void **state)
{
    (void)state;
    static order_line lines[CART_LINES_MAX + 1];
    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        lines[i] = line_of("a", "", CART_QUANTITY_MAX, 3);
    }
    price_coupon coupons[ORDER_COUPONS_MAX + 1];
    for (size_t i = 0; i < ARRAY_LEN(coupons); i++) {
        coupons[i] = coupon_of(percent_off(1234, 0, 0));
    }
    price_result p;
    cart most = cart_of(lines, CART_LINES_MAX);
    cart more = cart_of(lines, CART_LINES_MAX + 1);
    assert_int_equal(
        price_cart(&(price_ask){.cart = &more, .coupons = coupons, .n = 1}, memory, &p), R_INVALID);
    assert_int_equal(
        price_cart(&(price_ask){.cart = &most, .coupons = coupons, .n = PRICE_COUPONS_MAX + 1},
                   memory, &p),
        R_INVALID);
    p = price_of(&most, coupons, ORDER_COUPONS_MAX);
    assert_int_equal(p.share_count, CART_LINES_MAX * ORDER_COUPONS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PRICE_TEST(one_coupon_on_one_line_is_exact),
        PRICE_TEST(odd_cents_go_to_the_largest_remainders_then_to_earlier_lines),
        PRICE_TEST(a_percent_is_rounded_once_for_all_lines),
        PRICE_TEST(a_bound_cuts_the_discount_and_shares_stay_exact),
        PRICE_TEST(zero_priced_lines_take_no_part),
        PRICE_TEST(coupons_apply_in_order_on_the_running_price),
        PRICE_TEST(a_coupon_after_everything_is_paid_has_nothing_left),
        PRICE_TEST(scope_decides_which_lines_count_for_threshold_and_discount),
        PRICE_TEST(another_currency_never_applies),
        PRICE_TEST(the_same_coupon_twice_does_not_stack),
        PRICE_TEST(an_empty_cart_is_priced),
        PRICE_TEST(amounts_beyond_the_range_are_refused),
        PRICE_TEST(more_than_the_maxima_is_refused),
    };
    return cmocka_run_group_tests_name("price", tests, NULL, NULL);
}

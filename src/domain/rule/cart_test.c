/* Units of lines: pieces, and started units of what is weighed; parts that come back sum to the
 * whole, however they are cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/test_help.h"
#include "domain/rule/cart.h"

static void weighed_goods_count_by_started_units(void **state)
{
    (void)state;
    order_line ham = {.marks = LINE_WEIGHED, .quantity = 1250};
    order_line tea = {.quantity = 1250};
    assert_int_equal(cart_line_units(&ham, 0), 0);
    assert_int_equal(cart_line_units(&ham, 1), 1);
    assert_int_equal(cart_line_units(&ham, 1000), 1);
    assert_int_equal(cart_line_units(&ham, 1001), 2);
    assert_int_equal(cart_line_units(&tea, 1250), 1250);
    assert_int_equal(cart_line_units(&ham, cart_quantity_max(&ham)), CART_QUANTITY_MAX);
}

static void what_is_still_out_counts(void **state)
{
    (void)state;
    order_line ham = {.marks = LINE_WEIGHED, .quantity = 1250};
    assert_int_equal(cart_line_units_back(&ham, 0, 249), 0);
    assert_int_equal(cart_line_units_back(&ham, 249, 1), 1);
    assert_int_equal(cart_line_units_back(&ham, 250, 999), 0);
    assert_int_equal(cart_line_units_back(&ham, 1249, 1), 1);
}

static void parts_sum_to_the_whole(void **state)
{
    (void)state;
    uint64_t random = 0xca27;
    for (int i = 0; i < 2000; i++) {
        bool weighed = random_below(&random, 2) == 0;
        order_line line = {.marks = weighed ? LINE_WEIGHED : 0,
                           .quantity = (int64_t)(1 + random_below(&random, 5000))};
        int64_t back = 0, units = 0;
        while (back < line.quantity) {
            uint64_t left = (uint64_t)(line.quantity - back);
            int64_t now = (int64_t)(1 + random_below(&random, left));
            int64_t part = cart_line_units_back(&line, back, now);
            assert_true(part >= 0);
            units += part;
            back += now;
            assert_int_equal(units + cart_line_units(&line, line.quantity - back),
                             cart_line_units(&line, line.quantity));
        }
    }
}

static void each_coupon_has_the_units_of_its_lines(void **state)
{
    (void)state;
    const order_line lines[] = {{.quantity = 3}, {.marks = LINE_WEIGHED, .quantity = 2001}};
    const line_share shares[] = {
        {.applied = 0, .line = 0}, {.applied = 1, .line = 0}, {.applied = 1, .line = 1}};
    int64_t units[2] = {0};
    cart_add_units(lines, shares, ARRAY_LEN(shares), units);
    assert_int_equal(units[0], 3);
    assert_int_equal(units[1], 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weighed_goods_count_by_started_units),
        cmocka_unit_test(what_is_still_out_counts),
        cmocka_unit_test(parts_sum_to_the_whole),
        cmocka_unit_test(each_coupon_has_the_units_of_its_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

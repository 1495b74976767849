/* What is added for sellers: parts of units, by number and by weight, until all is back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "domain/coupon/adds.h"
#include "domain/rule/cart.h"

/* Two coupons add to two lines; by unit the odd cents come back first. */
static order_line lines[] = {
    {.quantity = 3, .unit_minor = 1000},
    {.quantity = 2500, .unit_minor = 400, .marks = LINE_WEIGHED},
};
static const line_share shares[] = {{0, 0, 100}, {0, 1, 33}, {1, 0, 2}, {1, 1, 1}};
static const adds all = {.items = shares, .n = 4, .lines = lines};

static void what_is_added_is_the_sum_of_its_shares(void **state)
{
    (void)state;
    assert_int_equal(adds_in_all(&all, 0), 133);
    assert_int_equal(adds_in_all(&all, 1), 3);
    assert_int_equal(adds_in_all(&all, 2), 0);
}

static void parts_by_unit_and_by_weight(void **state)
{
    (void)state;
    static const struct {
        return_line now;
        int64_t first, second;
    } rows[] = {
        {{.line = 0, .quantity = 1}, 34, 1},    {{.line = 1, .quantity = 1000}, 13, 0},
        {{.line = 0, .quantity = 2}, 66, 1},    {{.line = 1, .quantity = 1}, 0, 0},
        {{.line = 1, .quantity = 1499}, 20, 1},
    };
    int64_t sums[2] = {0};
    lines[0].returned = lines[1].returned = 0;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(adds_returning(&all, 0, &rows[i].now, 1), rows[i].first);
        assert_int_equal(adds_returning(&all, 1, &rows[i].now, 1), rows[i].second);
        sums[0] += rows[i].first;
        sums[1] += rows[i].second;
        lines[rows[i].now.line].returned += rows[i].now.quantity;
        assert_int_equal(adds_returned(&all, 0), sums[0]);
        assert_int_equal(adds_returned(&all, 1), sums[1]);
    }
    assert_int_equal(sums[0], adds_in_all(&all, 0));
    assert_int_equal(sums[1], adds_in_all(&all, 1));
}

/* One return may name a line twice, as two. */
static void a_line_that_comes_twice_is_one(void **state)
{
    (void)state;
    lines[0].returned = lines[1].returned = 0;
    const return_line now[] = {{.line = 0, .quantity = 1}, {.line = 0, .quantity = 2}};
    assert_int_equal(adds_returning(&all, 0, now, 2), 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_added_is_the_sum_of_its_shares),
        cmocka_unit_test(parts_by_unit_and_by_weight),
        cmocka_unit_test(a_line_that_comes_twice_is_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

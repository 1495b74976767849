/* Shares of lines and units: sums exact, parts bounded, units as equal as cents allow. */
#include "domain/price/allocate.h"

#include "domain/price/price_test.h"

static void parts_never_exceed_their_weights(void **state)
{
    (void)state;
    uint64_t random = 0xa110ca7e;
    for (int trial = 0; trial < 100000; trial++) {
        int64_t weights[8];
        int64_t parts[8];
        int64_t sum = 0;
        size_t n = 1 + (size_t)random_below(&random, 8);
        for (size_t i = 0; i < n; i++) {
            weights[i] = (int64_t)(random_sized(&random) % (MONEY_MAX / 8 + 1));
            weights[i] = random_below(&random, 4) == 0 ? 0 : weights[i];
            sum += weights[i];
        }
        int64_t total = sum == 0 ? 0 : (int64_t)(next_random(&random) % ((uint64_t)sum + 1));
        total = random_below(&random, 8) == 0 ? sum : total;
        allocate(total, weights, n, parts);
        for (size_t i = 0; i < n; i++) {
            assert_true(parts[i] >= 0 && parts[i] <= weights[i]);
            total -= parts[i];
        }
        assert_int_equal(total, 0);
    }
}

static void units_share_as_equally_as_cents_allow(void **state)
{
    (void)state;
    const struct {
        int64_t total, quantity, first, count, expected, last;
    } rows[] = {
        {10, 3, 0, 1, 4, 3},
        {10, 3, 1, 1, 3, 3},
        {10, 3, 2, 1, 3, 4},
        {10, 3, 0, 3, 10, 10},
        {10, 3, 1, 2, 6, 7},
        {10, 3, 0, 0, 0, 0},
        {10, 3, 3, 0, 0, 0},
        {0, 3, 0, 2, 0, 0},
        {2, 3, 0, 1, 1, 0},
        {2, 3, 2, 1, 0, 1},
        {7, 1, 0, 1, 7, 7},
        {1, CART_QUANTITY_MAX, 0, 1, 1, 0},
        {1, CART_QUANTITY_MAX, 1, CART_QUANTITY_MAX - 1, 0, 1},
        {MONEY_MAX, CART_QUANTITY_MAX, 0, CART_QUANTITY_MAX, MONEY_MAX, MONEY_MAX},
        {MONEY_MAX - 1, CART_QUANTITY_MAX, CART_QUANTITY_MAX - 1, 1, 999999999, 1000000000},
        {MONEY_MAX, 7, 0, 1, INT64_C(142857142857143), INT64_C(142857142857142)},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        price_units of = {rows[i].total, rows[i].quantity, ODD_UNITS_FIRST};
        assert_int_equal(price_unit_share(&of, rows[i].first, rows[i].count), rows[i].expected);
        of.odd_units = ODD_UNITS_LAST;
        assert_int_equal(price_unit_share(&of, rows[i].first, rows[i].count), rows[i].last);
    }
}

static void units_cut_anywhere_sum_to_the_whole(void **state)
{
    (void)state;
    uint64_t random = 0x0dd5;
    for (int trial = 0; trial < 100000; trial++) {
        int64_t quantity = 1 + (int64_t)random_below(&random, CART_QUANTITY_MAX);
        quantity = trial % 2 == 0 ? 1 + quantity % 9 : quantity;
        int64_t total = (int64_t)(random_sized(&random) % (MONEY_MAX + 1));
        int64_t sum = 0;
        int64_t first = 0;
        price_units of = {total, quantity, trial % 3 == 0 ? ODD_UNITS_LAST : ODD_UNITS_FIRST};
        while (first < quantity) {
            int64_t left = quantity - first;
            int64_t count = 1 + (int64_t)random_below(&random, (uint64_t)left);
            int64_t share = price_unit_share(&of, first, count);
            assert_true(share >= total / quantity * count);
            assert_true(share <= (total / quantity + 1) * count);
            sum += share;
            first += count;
        }
        assert_int_equal(sum, total);
    }
}

/* What makes the units' shares of stacked coupons non-negative. */
static void a_larger_total_never_gives_units_less(void **state)
{
    (void)state;
    for (int64_t quantity = 1; quantity <= 12; quantity++) {
        for (int64_t total = 0; total < 60; total++) {
            for (int64_t units = 0; units <= quantity; units++) {
                for (uint8_t odd = ODD_UNITS_FIRST; odd <= ODD_UNITS_LAST; odd++) {
                    price_units less = {total, quantity, odd}, more = {total + 1, quantity, odd};
                    assert_true(price_unit_share(&less, 0, units) <=
                                price_unit_share(&more, 0, units));
                }
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PRICE_TEST(parts_never_exceed_their_weights),
        PRICE_TEST(units_share_as_equally_as_cents_allow),
        PRICE_TEST(units_cut_anywhere_sum_to_the_whole),
        PRICE_TEST(a_larger_total_never_gives_units_less),
    };
    return cmocka_run_group_tests_name("allocate", tests, NULL, NULL);
}

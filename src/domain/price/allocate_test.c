/* Shares of lines and units: sums exact, parts bounded, units as equal as cents allow. */
#include "domain/price/allocate.h"

#include "domain/price/example_test.h"

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

typedef struct split_row {
    const char *policy;
    int64_t total, num, den;
    int64_t weights[4], units[4], most[4], expected[4];
} split_row;

#define ROOM                                                                                       \
    {                                                                                              \
        MONEY_MAX, MONEY_MAX, MONEY_MAX, MONEY_MAX                                                 \
    }

static const split_row splits[] = {
    {"", 100, 0, 0, {10, 10, 10}, {0}, ROOM, {34, 33, 33}},
    {"odd_cents=later_remainder", 100, 0, 0, {10, 10, 10}, {0}, ROOM, {33, 33, 34}},
    {"odd_cents=later_remainder", 10, 0, 0, {10, 10, 40}, {0}, ROOM, {1, 2, 7}},
    /* 1.67, 1.67, 6.67 are one too much; 2.5, 2.5, 5 are one too little */
    {"odd_cents=rounded", 10, 0, 0, {10, 10, 40}, {0}, ROOM, {1, 2, 7}},
    {"odd_cents=rounded", 10, 0, 0, {0, 10, 10, 20}, {0}, ROOM, {0, 3, 2, 5}},
    {"odd_cents=rounded", 1, 0, 0, {10, 10, 10}, {0}, ROOM, {1, 0, 0}},
    {"odd_cents=rounded_while_left", 10, 0, 0, {10, 10, 40}, {0}, ROOM, {2, 2, 6}},
    {"odd_cents=rounded_while_left", 10, 0, 0, {0, 10, 10, 20}, {0}, ROOM, {0, 3, 2, 5}},
    {"odd_cents=rounded_last", 10, 0, 0, {10, 10, 40}, {0}, ROOM, {2, 2, 6}},
    {"odd_cents=rounded_last", 10, 0, 0, {10, 10, 20, 0}, {0}, ROOM, {3, 3, 4, 0}},
    {"odd_cents=rounded_last", 2, 0, 0, {10, 10, 10, 10}, {0}, ROOM, {1, 1, 0, 0}},
    {"odd_cents=backwards", 100, 0, 0, {10, 10, 10}, {0}, ROOM, {34, 33, 33}},
    {"odd_cents=backwards", 10, 0, 0, {10, 10, 40}, {0}, ROOM, {2, 2, 6}},
    {"odd_cents=backwards", 5, 0, 0, {40, 10, 10}, {0}, ROOM, {4, 1, 0}},
    {"odd_cents=stepwise", 5, 0, 0, {40, 10, 10}, {0}, ROOM, {3, 1, 1}},
    {"odd_cents=dearest_unit", 11, 0, 0, {30, 20, 20}, {3, 1, 1}, ROOM, {4, 3, 4}},
    {"odd_cents=dearest", 11, 0, 0, {30, 20, 20}, {3, 1, 1}, ROOM, {5, 3, 3}},
    {"odd_cents=dearest_unit", 11, 0, 0, {30, 20, 0}, {3, 1, 0}, ROOM, {6, 5, 0}},
    {"odd_cents=units", 11, 0, 0, {29, 21, 20}, {2, 1, 1}, ROOM, {5, 3, 3}},
    {"odd_cents=units", 13, 0, 0, {29, 21, 22}, {2, 1, 1}, ROOM, {7, 3, 3}},
    {"odd_cents=units", 13, 0, 0, {29, 21, 22}, {1, 1, 1}, ROOM, {6, 3, 4}},
    /* a tenth of 100 and 104 is 20.4, rounded 20 */
    {"floor_excess=clip odd_cents=dearest", 20, 1, 10, {100, 104}, {0}, ROOM, {9, 11}},
    {"floor_excess=clip odd_cents=dearest share=exact", 20, 1, 10, {100, 104}, {0}, ROOM, {10, 10}},
    {"floor_excess=clip odd_cents=rounded_last share=exact",
     25,
     1,
     10,
     {106, 106, 35},
     {0},
     ROOM,
     {11, 11, 3}},
    {"share=exact", 20, 0, 0, {100, 104}, {0}, ROOM, {10, 10}},
    /* what has no room takes its share with it where nothing falls on others */
    {"floor_excess=clip", 200, 0, 0, {1000, 1000}, {0}, {0, 1000}, {0, 100}},
    {"floor_excess=clip", 200, 0, 0, {1000, 1000}, {0}, {1, 1000}, {1, 100}},
    {"", 200, 0, 0, {1000, 1000}, {0}, {0, 1000}, {0, 200}},
    {"floor_excess=clip", 200, 0, 0, {0, 0}, {0}, {0, 1000}, {0, 200}},
};

static void odd_cents_go_where_the_policy_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(splits); i++) {
        const split_row *row = &splits[i];
        price_policy policy = {0};
        int64_t parts[4];
        read_policy(row->policy, &policy);
        split s = {.weights = row->weights,
                   .most = row->most,
                   .units = row->units,
                   .n = row->weights[2] + row->weights[3] == 0 ? 2
                        : row->weights[3] > 0                  ? 4
                                                               : 3,
                   .policy = &policy,
                   .num = row->num,
                   .den = row->den};
        int64_t sum = allocate_within(&s, row->total, parts);
        for (size_t k = 0; k < s.n; k++) {
            if (parts[k] != row->expected[k]) {
                fail_msg("row %zu, %s: part %zu is %lld", i, row->policy, k, (long long)parts[k]);
            }
            sum -= parts[k];
        }
        assert_int_equal(sum, 0);
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
        PRICE_TEST(odd_cents_go_where_the_policy_says),
        PRICE_TEST(units_share_as_equally_as_cents_allow),
        PRICE_TEST(units_cut_anywhere_sum_to_the_whole),
        PRICE_TEST(a_larger_total_never_gives_units_less),
    };
    return cmocka_run_group_tests_name("allocate", tests, NULL, NULL);
}

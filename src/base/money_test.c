/* Money: limits of sums, every rounding, splits that add up and are fair, decimals of currencies.
 */
#include "base/money.h"

#include "base/test_help.h"

typedef __int128 wide;

static void sums_and_products_are_exact_or_refused(void **state)
{
    (void)state;
    static const int64_t edges[] = {INT64_MIN,
                                    INT64_MIN + 1,
                                    INT64_MIN / 2,
                                    -MONEY_MAX,
                                    -4294967296,
                                    -3,
                                    -2,
                                    -1,
                                    0,
                                    1,
                                    2,
                                    3,
                                    3037000499,
                                    3037000500,
                                    4294967296,
                                    MONEY_MAX,
                                    INT64_MAX / 2,
                                    INT64_MAX / 2 + 1,
                                    INT64_MAX - 1,
                                    INT64_MAX};
    for (size_t i = 0; i < ARRAY_LEN(edges); i++) {
        for (size_t j = 0; j < ARRAY_LEN(edges); j++) {
            wide a = edges[i];
            wide b = edges[j];
            const wide exact[] = {a + b, a - b, a * b};
            for (size_t op = 0; op < 3; op++) {
                int64_t v = 77;
                bool ok = op == 0   ? money_add(edges[i], edges[j], &v)
                          : op == 1 ? money_sub(edges[i], edges[j], &v)
                                    : money_mul(edges[i], edges[j], &v);
                assert_int_equal(ok, exact[op] >= INT64_MIN && exact[op] <= INT64_MAX);
                assert_true(v == (ok ? exact[op] : 77));
            }
        }
    }
}

static void the_largest_amount_leaves_room_for_sums(void **state)
{
    (void)state;
    int64_t v;
    assert_true(money_mul(MONEY_MAX, 9000, &v));
    assert_false(money_mul(MONEY_MAX, 10000, &v));
}

static void ratios_round_as_named(void **state)
{
    (void)state;
    static const struct {
        int64_t a, num, den, up, down, even, cut; /* answers by mode */
    } t[] = {
        {0, 5, 3, 0, 0, 0, 0},
        {10, 1, 2, 5, 5, 5, 5},
        {1, 1, 2, 1, 0, 0, 0},
        {3, 1, 2, 2, 1, 2, 1},
        {5, 1, 2, 3, 2, 2, 2},
        {-1, 1, 2, -1, 0, 0, 0},
        {-3, 1, 2, -2, -1, -2, -1},
        {-5, 1, 2, -3, -2, -2, -2},
        {5, -1, 2, -3, -2, -2, -2},
        {-5, -1, 2, 3, 2, 2, 2},
        {1, 1, 3, 0, 0, 0, 0},
        {2, 1, 3, 1, 1, 1, 0},
        {-2, 1, 3, -1, -1, -1, 0},
        {999, 15, 100, 150, 150, 150, 149},
        {1990, 15, 1000, 30, 30, 30, 29},
        {INT64_MAX, 1, 1, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX},
        {INT64_MIN, 1, 1, INT64_MIN, INT64_MIN, INT64_MIN, INT64_MIN},
        {INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX},
        {INT64_MIN, INT64_MAX, INT64_MAX, INT64_MIN, INT64_MIN, INT64_MIN, INT64_MIN},
        {INT64_MAX, 1, 2, INT64_MAX / 2 + 1, INT64_MAX / 2, INT64_MAX / 2 + 1, INT64_MAX / 2},
    };
    for (size_t i = 0; i < ARRAY_LEN(t); i++) {
        const int64_t expected[] = {t[i].up, t[i].down, t[i].even, t[i].cut};
        for (int mode = ROUND_HALF_UP; mode <= ROUND_DOWN; mode++) {
            int64_t v = 77;
            assert_true(money_ratio(t[i].a, t[i].num, t[i].den, (rounding)mode, &v));
            assert_true(v == expected[mode]);
        }
    }
}

static void ratios_out_of_range_are_refused(void **state)
{
    (void)state;
    for (int mode = ROUND_HALF_UP; mode <= ROUND_DOWN; mode++) {
        int64_t v = 77;
        assert_false(money_ratio(INT64_MAX, INT64_MAX, 1, (rounding)mode, &v));
        assert_false(money_ratio(INT64_MIN, INT64_MIN, 1, (rounding)mode, &v));
        assert_false(money_ratio(INT64_MIN, -1, 1, (rounding)mode, &v));
        assert_false(money_ratio(INT64_MIN, INT64_MAX, 1, (rounding)mode, &v));
        assert_true(v == 77);
    }
    int64_t v = 77;
    /* 2^64 - 2 and one half over 2: only the rounding decides. */
    assert_true(money_ratio(INT64_MAX, 3, 3, ROUND_HALF_UP, &v) && v == INT64_MAX);
    assert_true(money_ratio(INT64_MIN, 3, 3, ROUND_HALF_UP, &v) && v == INT64_MIN);
}

/* No answer is further from a * num / den than its mode allows. */
static void ratios_are_within_their_bound_for_random_numbers(void **state)
{
    (void)state;
    uint64_t seed = 17;
    for (int i = 0; i < 50000; i++) {
        int64_t a = (int64_t)random_sized(&seed);
        int64_t num = (int64_t)random_sized(&seed);
        int64_t den = (int64_t)(random_sized(&seed) >> 1 | 1);
        wide product = (wide)a * num;
        for (int mode = ROUND_HALF_UP; mode <= ROUND_DOWN; mode++) {
            int64_t v;
            if (!money_ratio(a, num, den, (rounding)mode, &v)) {
                wide whole = product / den;
                assert_true(whole >= INT64_MAX || whole <= INT64_MIN);
                continue;
            }
            wide error = product - (wide)v * den; /* den times the distance */
            wide size = error < 0 ? -error : error;
            if (mode == ROUND_DOWN) {
                assert_true(size < den && (error == 0 || (error < 0) == (product < 0)));
            } else {
                assert_true(size * 2 <= den);
                bool away = (error < 0) != (product < 0);
                if (size * 2 == den)
                    assert_true(mode == ROUND_HALF_EVEN ? v % 2 == 0
                                                        : away == (mode == ROUND_HALF_UP));
            }
        }
    }
}

static void divides_by_zero(void)
{
    int64_t v;
    if (money_ratio(1, 1, 0, ROUND_DOWN, &v))
        fail();
}

static void a_denominator_of_zero_is_a_defect(void **state)
{
    (void)state;
    assert_true(aborts(divides_by_zero));
}

static void splits_by_table(void **state)
{
    (void)state;
    static const struct {
        int64_t total;
        size_t n;
        int64_t weights[5], parts[5];
    } t[] = {
        {0, 3, {1, 2, 3}, {0, 0, 0}},
        {100, 1, {0}, {100}},
        {100, 1, {7}, {100}},
        {100, 3, {1, 1, 1}, {34, 33, 33}},
        {101, 3, {1, 1, 1}, {34, 34, 33}},
        {100, 3, {0, 0, 0}, {34, 33, 33}},
        {-100, 3, {0, 0, 0}, {-34, -33, -33}},
        {-101, 3, {1, 1, 1}, {-34, -34, -33}},
        {1, 3, {1, 1, 1}, {1, 0, 0}},
        {1, 3, {1, 1, 2}, {0, 0, 1}},
        {10, 3, {0, 1, 0}, {0, 10, 0}},
        {2, 4, {0, 1, 1, 1}, {0, 1, 1, 0}},
        {7, 3, {6, 3, 1}, {4, 2, 1}}, /* 4.2, 2.1, 0.7 */
        {1000, 5, {1999, 2999, 4999, 1, 2}, {200, 300, 500, 0, 0}},
        {5, 2, {INT64_MAX, INT64_MAX}, {3, 2}},
        {INT64_MAX, 2, {1, 1}, {INT64_MAX / 2 + 1, INT64_MAX / 2}},
        {INT64_MIN, 2, {1, 1}, {INT64_MIN / 2, INT64_MIN / 2}},
        {INT64_MIN, 1, {INT64_MAX}, {INT64_MIN}},
        {INT64_MAX, 2, {INT64_MAX, INT64_MAX}, {INT64_MAX / 2 + 1, INT64_MAX / 2}},
    };
    for (size_t i = 0; i < ARRAY_LEN(t); i++) {
        int64_t parts[5];
        assert_true(money_split(t[i].total, t[i].weights, t[i].n, parts));
        for (size_t j = 0; j < t[i].n; j++) {
            if (parts[j] != t[i].parts[j])
                fail_msg("row %zu, part %zu: %ld", i, j, (long)parts[j]);
        }
    }
}

static void splits_of_nothing_or_of_debts_are_refused(void **state)
{
    (void)state;
    static const int64_t negative[] = {5, -1, 5};
    int64_t parts[3] = {77, 77, 77};
    assert_false(money_split(100, negative, 3, parts));
    assert_false(money_split(100, negative, 0, parts));
    assert_false(money_split(100, negative, MONEY_SPLIT_MAX + 1, parts));
    assert_true(parts[0] == 77 && parts[1] == 77 && parts[2] == 77);
}

enum { SPLIT_N = 40 };

/* The definition, word by word: floors first, then one unit at a time to the largest remainder. */
static void reference_split(int64_t total, const int64_t *weights, size_t n, int64_t *parts)
{
    wide sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += weights[i];
    bool equal = sum == 0;
    sum = equal ? (wide)n : sum;
    wide size = total < 0 ? -(wide)total : total;
    wide left = size;
    wide remainders[SPLIT_N];
    wide shares[SPLIT_N];
    for (size_t i = 0; i < n; i++) {
        wide share = size * (equal ? 1 : weights[i]);
        shares[i] = share / sum;
        remainders[i] = share % sum;
        left -= shares[i];
    }
    for (; left > 0; left--) {
        size_t best = 0;
        for (size_t i = 1; i < n; i++)
            best = remainders[i] > remainders[best] ? i : best;
        shares[best]++;
        remainders[best] = -1;
    }
    for (size_t i = 0; i < n; i++)
        parts[i] = (int64_t)(total < 0 ? -shares[i] : shares[i]);
}

static void random_splits_are_the_definition_and_add_up(void **state)
{
    (void)state;
    uint64_t seed = 23;
    for (int trial = 0; trial < 20000; trial++) {
        int64_t weights[SPLIT_N];
        int64_t parts[SPLIT_N];
        int64_t expected[SPLIT_N];
        size_t n = 1 + (size_t)random_below(&seed, SPLIT_N);
        /* Small weights make ties, large ones pass int64 in their sum. */
        unsigned shift = 1 + (unsigned)random_below(&seed, 63);
        for (size_t i = 0; i < n; i++)
            weights[i] = (int64_t)(next_random(&seed) >> shift);
        int64_t total = (int64_t)random_sized(&seed);
        if (trial % 2 == 1)
            total = (int64_t)(0 - (uint64_t)total);
        assert_true(money_split(total, weights, n, parts));
        reference_split(total, weights, n, expected);
        wide sum = 0;
        for (size_t i = 0; i < n; i++) {
            assert_true(parts[i] == expected[i]);
            sum += parts[i];
        }
        assert_true(sum == total);
    }
}

static void the_largest_split_adds_up(void **state)
{
    (void)state;
    static int64_t weights[MONEY_SPLIT_MAX];
    static int64_t parts[MONEY_SPLIT_MAX];
    uint64_t seed = 29;
    for (unsigned shift = 1; shift < 64; shift += 20) {
        for (size_t i = 0; i < MONEY_SPLIT_MAX; i++)
            weights[i] = (int64_t)(next_random(&seed) >> shift);
        assert_true(money_split(MONEY_MAX - 1, weights, MONEY_SPLIT_MAX, parts));
        int64_t sum = 0;
        for (size_t i = 0; i < MONEY_SPLIT_MAX; i++) {
            assert_true(parts[i] >= 0);
            sum += parts[i];
        }
        assert_true(sum == MONEY_MAX - 1);
    }
}

static void decimals_of_currencies(void **state)
{
    (void)state;
    static const struct {
        const char *code;
        int decimals;
    } t[] = {
        {"CNY", 2}, {"USD", 2},   {"EUR", 2}, {"AED", 2},  {"ZWG", 2},  {"HUF", 2},  {"JPY", 0},
        {"KRW", 0}, {"VND", 0},   {"XPF", 0}, {"BIF", 0},  {"ISK", 0},  {"KWD", 3},  {"BHD", 3},
        {"TND", 3}, {"CLF", 4},   {"UYW", 4}, {"XAU", -1}, {"XXX", -1}, {"ZZZ", -1}, {"usd", -1},
        {"US", -1}, {"USDX", -1}, {"", -1},   {"SD ", -1}, {" US", -1}, {"D A", -1}, {"ED ", -1},
    };
    for (size_t i = 0; i < ARRAY_LEN(t); i++) {
        if (money_decimals(str_of(t[i].code)) != t[i].decimals)
            fail_msg("%s", t[i].code);
    }
    assert_int_equal(money_decimals((str){NULL, 0}), -1);
    assert_int_equal(money_decimals((str){"US\0", 3}), -1);
}

static void amounts_are_read_with_the_decimals_of_their_currency(void **state)
{
    (void)state;
    static const struct {
        int64_t minor;
        int decimals;
        const char *text;
    } t[] = {
        {1200, 2, "12.00"},
        {5, 2, "0.05"},
        {0, 2, "0.00"},
        {-5, 2, "-0.05"},
        {-1250, 3, "-1.250"},
        {7, 4, "0.0007"},
        {1200, 0, "1200"},
        {1200, -1, "1200"},
        {INT64_MAX, 2, "92233720368547758.07"},
        {INT64_MIN, 4, "-922337203685477.5808"},
        {INT64_MIN, 0, "-9223372036854775808"},
    };
    for (size_t i = 0; i < ARRAY_LEN(t); i++) {
        char text[MONEY_TEXT_MAX];
        money_text(t[i].minor, t[i].decimals, text);
        assert_string_equal(text, t[i].text);
    }
}

static void every_known_code_is_known_once(void **state)
{
    (void)state;
    int known[6] = {0};
    for (int i = 0; i < 26 * 26 * 26; i++) {
        char code[3] = {(char)('A' + i / 676), (char)('A' + i / 26 % 26), (char)('A' + i % 26)};
        known[money_decimals((str){code, 3}) + 1] += 1;
    }
    assert_int_equal(known[1], 17);
    assert_int_equal(known[2], 0);
    assert_int_equal(known[3], 140);
    assert_int_equal(known[4], 7);
    assert_int_equal(known[5], 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_and_products_are_exact_or_refused),
        cmocka_unit_test(the_largest_amount_leaves_room_for_sums),
        cmocka_unit_test(ratios_round_as_named),
        cmocka_unit_test(ratios_out_of_range_are_refused),
        cmocka_unit_test(ratios_are_within_their_bound_for_random_numbers),
        cmocka_unit_test(a_denominator_of_zero_is_a_defect),
        cmocka_unit_test(splits_by_table),
        cmocka_unit_test(splits_of_nothing_or_of_debts_are_refused),
        cmocka_unit_test(random_splits_are_the_definition_and_add_up),
        cmocka_unit_test(the_largest_split_adds_up),
        cmocka_unit_test(decimals_of_currencies),
        cmocka_unit_test(amounts_are_read_with_the_decimals_of_their_currency),
        cmocka_unit_test(every_known_code_is_known_once),
    };
    return cmocka_run_group_tests_name("base/money", tests, NULL, NULL);
}

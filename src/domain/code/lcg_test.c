/* The LCG: Hull and Dobell's theorem against counting; blocks that fit together; and which step
 * gave a value. */
#include "domain/code/lcg.h"

#include <stdlib.h>

#include "base/test_help.h"

enum { BATCH = 1000 };
#define M12 UINT64_C(1000000000000)

static uint64_t period(lcg g)
{
    uint64_t x = 0;
    uint64_t n = 0;
    do {
        x = lcg_next(g, x);
        n++;
    } while (x != 0 && n <= g.m);
    return n;
}

static bool is_full(lcg g)
{
    uint64_t factor;
    return lcg_check(g, &factor) == LCG_FULL;
}

static void full_is_what_counting_says(void **state)
{
    (void)state;
    size_t full = 0;
    for (uint64_t m = 2; m <= 72; m++) {
        for (uint64_t a = 1; a < m; a++) {
            for (uint64_t c = 0; c < m; c++) {
                lcg g = {m, a, c};
                assert_int_equal(is_full(g), period(g) == m);
                full += is_full(g);
            }
        }
    }
    assert_true(full > 1000);
    /* The two of the source that this scheme comes from (000-12). */
    assert_true(is_full((lcg){100, 21, 3}));
    assert_false(is_full((lcg){100, 2, 0}));
}

static void a_flaw_is_named_with_its_factor(void **state)
{
    static const struct {
        lcg g;
        lcg_flaw flaw;
        uint64_t factor;
    } cases[] = {
        {{100, 21, 3}, LCG_FULL, 1},
        {{100, 2, 0}, LCG_INCREMENT, 100},
        {{100, 21, 15}, LCG_INCREMENT, 5},
        {{100, 2, 3}, LCG_PRIMES, 100}, /* a - 1 has no prime at all */
        {{100, 5, 3}, LCG_PRIMES, 25},
        {{100, 6, 3}, LCG_PRIMES, 4},
        {{100, 11, 3}, LCG_FOUR, 1},
        {{0, 1, 0}, LCG_RANGE, 1},
        {{100, 0, 3}, LCG_RANGE, 1},
        {{100, 121, 3}, LCG_RANGE, 1},
        {{100, 21, 103}, LCG_RANGE, 1},
        {{LCG_M_MAX + 1, 5, 1}, LCG_RANGE, 1},
        {{LCG_M_MAX, 5, 1}, LCG_FULL, 1},
        {{LCG_M_MAX, 3, 1}, LCG_FOUR, 1},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        uint64_t factor = 0;
        assert_int_equal(lcg_check(cases[i].g, &factor), cases[i].flaw);
        assert_true(factor == cases[i].factor);
    }
}

static void a_value_tells_its_step(void **state)
{
    static const struct {
        uint32_t base, digits;
    } forms[] = {{2, 9}, {3, 6}, {10, 3}, {12, 3}, {36, 2}, {31, 2}, {7, 1}};
    (void)state;
    uint64_t seed = 12;
    for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
        lcg g = {.m = 1};
        for (uint32_t d = 0; d < forms[i].digits; d++)
            g.m *= forms[i].base;
        do {
            g.a = random_below(&seed, g.m);
            g.c = random_below(&seed, g.m);
        } while (!is_full(g));
        uint64_t start = random_below(&seed, g.m), x = start;
        for (uint64_t n = 0; n < g.m; n++) {
            assert_true(lcg_index(g, start, x, forms[i].base) == n);
            x = lcg_next(g, x);
        }
        assert_true(x == start);
    }
    lcg large = {LCG_M_MAX, UINT64_C(6364136223846793005), 1442695040888963407};
    for (int i = 0; i < 1000; i++) {
        uint64_t n = random_below(&seed, LCG_M_MAX), start = random_below(&seed, LCG_M_MAX);
        assert_true(lcg_index(large, start, lcg_skip(large, start, n), i % 2 == 0 ? 8 : 2) == n);
    }
}

static void blocks_fit_together(void **state)
{
    (void)state;
    lcg g = {M12, 21, 7};
    assert_true(is_full(g));
    uint64_t x = 5;
    for (uint64_t n = 0; n < 3000; n++) {
        assert_true(lcg_skip(g, 5, n) == x);
        x = lcg_next(g, x);
    }
    assert_true(lcg_skip(g, 5, M12) == 5); /* a whole period */
    lcg large = {LCG_M_MAX, UINT64_C(6364136223846793005), 1};
    uint64_t a = lcg_skip(large, 1, UINT64_C(123456789012345));
    assert_true(lcg_skip(large, a, UINT64_C(543210987654321)) ==
                lcg_skip(large, 1, UINT64_C(666667776666666)));
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void shuffles_lose_nothing_and_follow_the_seed(void **state)
{
    (void)state;
    uint64_t values[BATCH], again[BATCH], other[BATCH];
    for (size_t i = 0; i < BATCH; i++)
        values[i] = again[i] = other[i] = i;
    lcg_shuffle(values, BATCH, 1);
    lcg_shuffle(again, BATCH, 1);
    lcg_shuffle(other, BATCH, 2);
    assert_memory_equal(values, again, sizeof(values));
    assert_true(memcmp(values, other, sizeof(values)) != 0);
    size_t still = 0;
    for (size_t i = 0; i < BATCH; i++)
        still += values[i] == i;
    assert_true(still < 12);
    qsort(values, BATCH, sizeof(*values), by_value);
    for (size_t i = 0; i < BATCH; i++)
        assert_int_equal(values[i], i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(full_is_what_counting_says),
        cmocka_unit_test(a_flaw_is_named_with_its_factor),
        cmocka_unit_test(a_value_tells_its_step),
        cmocka_unit_test(blocks_fit_together),
        cmocka_unit_test(shuffles_lose_nothing_and_follow_the_seed),
    };
    return cmocka_run_group_tests_name("domain/code/lcg", tests, NULL, NULL);
}

/* The histogram's figures against sorted values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/latency.h"

static void percentiles_are_within_two_percent(void **state)
{
    (void)state;
    static latency l;
    for (uint64_t us = 1; us <= 100000; us++) {
        latency_add(&l, us);
    }
    const uint32_t asked[] = {1, 10, 500, 900, 990, 999, 1000};
    for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
        uint64_t exact = (uint64_t)asked[i] * 100, got = latency_at(&l, asked[i]);
        assert_in_range(got, exact - exact / 50 - 1, exact + exact / 50 + 1);
    }
    assert_int_equal(l.max_us, 100000);
}

static void an_empty_histogram_says_zero(void **state)
{
    (void)state;
    static latency l;
    assert_int_equal(latency_at(&l, 500), 0);
}

static void merged_is_the_same_as_added_at_once(void **state)
{
    (void)state;
    static latency a, b, all;
    for (uint64_t us = 1; us < 3000; us += 7) {
        latency_add(us % 2 == 0 ? &a : &b, us * us);
        latency_add(&all, us * us);
    }
    latency_merge(&a, &b);
    assert_memory_equal(&a, &all, sizeof a);
}

static void less_is_what_was_added_since(void **state)
{
    (void)state;
    static latency before, since, all;
    for (uint64_t us = 1; us < 3000; us += 7) {
        latency_add(us < 1000 ? &before : &since, us * us);
        latency_add(&all, us * us);
    }
    latency_less(&all, &before);
    assert_memory_equal(&all, &since, sizeof all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(percentiles_are_within_two_percent),
        cmocka_unit_test(an_empty_histogram_says_zero),
        cmocka_unit_test(merged_is_the_same_as_added_at_once),
        cmocka_unit_test(less_is_what_was_added_since),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

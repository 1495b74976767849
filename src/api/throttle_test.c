/* Buckets of keys: a burst, what comes back in time, keys apart, buckets that are forgotten. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/throttle.h"

#define START_NS  INT64_C(5000000000)
#define SECOND_NS INT64_C(1000000000)

static void a_burst_is_allowed_and_no_more(void **state)
{
    (void)state;
    throttle *t = throttle_new(2, 3);
    for (int64_t left = 2; left >= 0; left--) {
        throttle_verdict v = throttle_take(t, 7, START_NS);
        assert_true(v.allowed);
        assert_int_equal(v.quota, 3);
        assert_int_equal(v.window_s, 2); /* 1.5 s */
        assert_int_equal(v.left, left);
        assert_int_equal(v.retry_s, 0);
    }
    throttle_verdict v = throttle_take(t, 7, START_NS);
    assert_false(v.allowed);
    assert_int_equal(v.left, 0);
    assert_int_equal(v.full_s, 2);
    assert_int_equal(v.retry_s, 1); /* half a second */
    throttle_free(t);
}

static void one_comes_back_in_its_time(void **state)
{
    (void)state;
    throttle *t = throttle_new(2, 1);
    assert_true(throttle_take(t, 7, START_NS).allowed);
    assert_false(throttle_take(t, 7, START_NS + SECOND_NS / 2 - 1).allowed);
    assert_true(throttle_take(t, 7, START_NS + SECOND_NS / 2).allowed);
    assert_false(throttle_take(t, 7, START_NS + SECOND_NS - 1).allowed);
    assert_true(throttle_take(t, 7, START_NS + 100 * SECOND_NS).allowed);
    assert_false(throttle_take(t, 7, START_NS + 100 * SECOND_NS).allowed); /* none was saved up */
    throttle_free(t);
}

static void over_time_the_rate_is_what_was_set(void **state)
{
    (void)state;
    throttle *t = throttle_new(7, 0);
    int allowed = 0;
    for (int64_t ms = 0; ms < 10000; ms += 5)
        allowed += throttle_take(t, 7, START_NS + ms * 1000000).allowed;
    assert_in_range(allowed, 7 + 68, 7 + 70); /* steps of 5 ms waste a little */
    throttle_free(t);
}

static void keys_do_not_share(void **state)
{
    (void)state;
    enum { KEYS = 5000 };
    throttle *t = throttle_new(1, 1);
    for (uint64_t key = 1; key <= KEYS; key++)
        assert_true(throttle_take(t, key, START_NS).allowed);
    for (uint64_t key = 1; key <= KEYS; key++)
        assert_false(throttle_take(t, key, START_NS).allowed);
    for (uint64_t key = KEYS + 1; key <= 2 * KEYS; key++) /* in the place of those */
        assert_true(throttle_take(t, key, START_NS + SECOND_NS).allowed);
    for (uint64_t key = 1; key <= KEYS; key++)
        assert_true(throttle_take(t, key, START_NS + SECOND_NS).allowed);
    throttle_free(t);
}

static void without_a_rate_there_is_no_throttle(void **state)
{
    (void)state;
    assert_null(throttle_new(0, 5));
    throttle_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_burst_is_allowed_and_no_more),
        cmocka_unit_test(one_comes_back_in_its_time),
        cmocka_unit_test(over_time_the_rate_is_what_was_set),
        cmocka_unit_test(keys_do_not_share),
        cmocka_unit_test(without_a_rate_there_is_no_throttle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

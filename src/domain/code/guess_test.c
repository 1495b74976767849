/* Failed tries: how many fit, how they are forgotten, locks that grow, and when a row says nothing
 * any more. */
#include "domain/code/guess.h"

#include "base/test_help.h"

#define NOW_MS INT64_C(1700000000000)

/* Ten in ten minutes, then a minute, doubled up to an hour. */
static const guess_bounds usual = {10, MS_MINUTE, MS_MINUTE, MS_HOUR, MS_DAY};

static int64_t wait_of(const code_guesses *row, int64_t now_ms)
{
    return guess_wait_ms(row, &usual, (guess_tries){1, 0}, now_ms);
}

/* Fails as often as it is let in; how often. */
static int fail_all(code_guesses *row, int64_t now_ms)
{
    int n = 0;
    while (wait_of(row, now_ms) == 0) {
        (void)guess_count(row, &usual, 1, now_ms);
        n++;
    }
    return n;
}

static void ten_are_let_in_and_the_tenth_locks(void **state)
{
    (void)state;
    code_guesses row = {0};
    assert_int_equal(wait_of(NULL, NOW_MS), 0);
    for (int i = 0; i < 9; i++)
        assert_false(guess_count(&row, &usual, 1, NOW_MS));
    assert_int_equal(wait_of(&row, NOW_MS), 0);
    assert_true(guess_count(&row, &usual, 1, NOW_MS));
    assert_int_equal(wait_of(&row, NOW_MS), MS_MINUTE);
    assert_int_equal(row.tries, 10);
    assert_int_equal(row.locked_until_ms, NOW_MS + MS_MINUTE);
    assert_int_equal(row.over_at_ms, NOW_MS + MS_MINUTE + MS_DAY);
}

static void one_is_forgotten_each_minute(void **state)
{
    (void)state;
    code_guesses row = {0};
    for (int i = 0; i < 9; i++)
        (void)guess_count(&row, &usual, 1, NOW_MS);
    assert_int_equal(row.over_at_ms, NOW_MS + 9 * MS_MINUTE);
    int64_t now_ms = NOW_MS;
    for (int i = 0; i < 24 * 60; i++) { /* one a minute goes on for ever */
        now_ms += MS_MINUTE;
        assert_int_equal(wait_of(&row, now_ms), 0);
        assert_false(guess_count(&row, &usual, 1, now_ms));
    }
    assert_int_equal(guess_wait_ms(&row, &usual, (guess_tries){2, 0}, now_ms), MS_MINUTE);
    assert_int_equal(row.locks, 0);
}

static void each_lock_is_twice_as_long_up_to_the_longest(void **state)
{
    (void)state;
    code_guesses row = {0};
    int64_t now_ms = NOW_MS, longest_ms = 0;
    int tries = 0;
    for (int i = 0; i < 12; i++) {
        int64_t expected_ms = i < 6 ? MS_MINUTE << i : MS_HOUR;
        tries += fail_all(&row, now_ms);
        longest_ms = wait_of(&row, now_ms);
        assert_int_equal(longest_ms, expected_ms);
        now_ms += longest_ms;
    }
    assert_int_equal(row.locks, 12);
    assert_int_equal(tries, 10 + 1 + 2 + 4 + 8 + 10 * 7); /* what each lock has let be forgotten */
    /* A day after the last lock it begins again. */
    now_ms = row.locked_until_ms + MS_DAY;
    assert_int_equal(fail_all(&row, now_ms - 1), 10);
    assert_int_equal(row.locks, 13);
    now_ms = row.locked_until_ms + MS_DAY;
    assert_int_equal(fail_all(&row, now_ms), 10);
    assert_int_equal(row.locks, 1);
    assert_int_equal(wait_of(&row, now_ms), MS_MINUTE);
}

static void tries_under_way_count_as_failed(void **state)
{
    (void)state;
    code_guesses row = {0};
    assert_int_equal(guess_wait_ms(NULL, &usual, (guess_tries){1, 9}, NOW_MS), 0);
    assert_int_equal(guess_wait_ms(NULL, &usual, (guess_tries){1, 10}, NOW_MS), MS_SECOND);
    assert_int_equal(guess_wait_ms(NULL, &usual, (guess_tries){1, INT64_MAX}, NOW_MS), MS_SECOND);
    (void)guess_count(&row, &usual, 4, NOW_MS);
    assert_int_equal(guess_wait_ms(&row, &usual, (guess_tries){1, 5}, NOW_MS), 0);
    assert_int_equal(guess_wait_ms(&row, &usual, (guess_tries){1, 6}, NOW_MS), MS_SECOND);
    assert_int_equal(guess_wait_ms(&row, &usual, (guess_tries){2, 5}, NOW_MS), MS_SECOND);
}

static void a_list_counts_as_many_as_it_has(void **state)
{
    (void)state;
    code_guesses row = {0};
    assert_false(guess_count(&row, &usual, 7, NOW_MS));
    assert_int_equal(guess_wait_ms(&row, &usual, (guess_tries){3, 0}, NOW_MS), 0);
    assert_int_equal(guess_wait_ms(&row, &usual, (guess_tries){4, 0}, NOW_MS), MS_MINUTE);
    /* A list that is longer than the bound needs somebody who has not failed. */
    assert_int_equal(guess_wait_ms(NULL, &usual, (guess_tries){20, 0}, NOW_MS), 0);
    assert_int_equal(guess_wait_ms(&row, &usual, (guess_tries){20, 0}, NOW_MS), 7 * MS_MINUTE);
    assert_true(guess_count(&row, &usual, 20, NOW_MS));
    assert_int_equal(row.tries, 27);
    assert_int_equal(row.clear_at_ms, NOW_MS + 27 * MS_MINUTE);
    assert_int_equal(wait_of(&row, NOW_MS + MS_MINUTE), 17 * MS_MINUTE);
}

/* Who always comes with a list that is longer than the bound does not fail oftener for it. */
static void lists_do_not_get_past_the_long_run(void **state)
{
    (void)state;
    guess_bounds short_lock = {10, MS_MINUTE, MS_SECOND, MS_SECOND, MS_DAY};
    code_guesses row = {0};
    int64_t n = 0;
    for (int64_t at_ms = NOW_MS; at_ms < NOW_MS + 10 * MS_DAY; at_ms += MS_SECOND) {
        if (guess_wait_ms(&row, &short_lock, (guess_tries){20, 0}, at_ms) > 0)
            continue;
        (void)guess_count(&row, &short_lock, 20, at_ms);
        n += 20;
    }
    assert_in_range(n, 20, 10 * MS_DAY / MS_MINUTE + 20);
}

/* Of a merchant: what several let in at once have failed does not begin another lock. */
static void a_lock_is_not_made_longer_by_what_fails_in_it(void **state)
{
    (void)state;
    guess_bounds short_lock = {6000, 100, 10000, 10000, 10 * MS_MINUTE};
    code_guesses row = {0};
    assert_true(guess_count(&row, &short_lock, 6000, NOW_MS));
    assert_false(guess_count(&row, &short_lock, 1, NOW_MS + 1));
    assert_int_equal(row.locked_until_ms, NOW_MS + 10000);
    assert_int_equal(guess_wait_ms(&row, &short_lock, (guess_tries){1, 0}, NOW_MS + 10000), 0);
    /* Ten a second in the long run. */
    int64_t now_ms = NOW_MS + 10000, n = 0;
    for (; now_ms < NOW_MS + 10000 + MS_HOUR; now_ms += 10)
        while (guess_wait_ms(&row, &short_lock, (guess_tries){1, 0}, now_ms) == 0) {
            (void)guess_count(&row, &short_lock, 1, now_ms);
            n++;
        }
    assert_in_range(n, 35900, 36100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ten_are_let_in_and_the_tenth_locks),
        cmocka_unit_test(one_is_forgotten_each_minute),
        cmocka_unit_test(each_lock_is_twice_as_long_up_to_the_longest),
        cmocka_unit_test(tries_under_way_count_as_failed),
        cmocka_unit_test(a_list_counts_as_many_as_it_has),
        cmocka_unit_test(lists_do_not_get_past_the_long_run),
        cmocka_unit_test(a_lock_is_not_made_longer_by_what_fails_in_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

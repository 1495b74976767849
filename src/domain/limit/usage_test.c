/* Cells of usage rows: periods, going back in time, rolling windows, giving back. */
#include "domain/limit/usage.h"

#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static arena *memory;

static int set_up(void **state)
{
    (void)state;
    memory = arena_new(0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(memory);
    return 0;
}

static usage_key key_of(uint8_t period, uint32_t since_version)
{
    return (usage_key){.owner = 5,
                       .measure = LIMIT_MEASURE_CLAIMS,
                       .period = period,
                       .since_version = since_version};
}

static void numbers_name_the_period(void **state)
{
    (void)state;
    int32_t day = day_from_civil(2026, 11, 22); /* a Sunday */
    assert_int_equal(usage_number(LIMIT_PERIOD_EVER, day, 77), 0);
    assert_int_equal(usage_number(LIMIT_PERIOD_DAY, day, 77), day);
    assert_int_equal(usage_number(LIMIT_PERIOD_WEEK, day, 77) + 1,
                     usage_number(LIMIT_PERIOD_WEEK, day + 1, 77));
    assert_int_equal(usage_number(LIMIT_PERIOD_MONTH, day, 77), 56 * 12 + 10);
    assert_int_equal(usage_number(LIMIT_PERIOD_ROLLING, day, 77), 77);
}

static void a_new_day_begins_anew_and_an_old_one_does_not_return(void **state)
{
    (void)state;
    usage row = {0};
    usage_key key = key_of(LIMIT_PERIOD_DAY, 1000);
    assert_int_equal(usage_count(NULL, &key, 10), 0);
    assert_int_equal(usage_add(memory, &row, &key, 10, 2), 10);
    assert_int_equal(usage_add(memory, &row, &key, 10, 1), 10);
    assert_int_equal(usage_count(&row, &key, 10), 3);
    assert_int_equal(usage_count(&row, &key, 11), 0);
    assert_int_equal(usage_add(memory, &row, &key, 11, 1), 11);
    assert_int_equal(usage_count(&row, &key, 11), 1);
    /* the clock, or the zone, went back: the newest day goes on counting */
    assert_int_equal(usage_count(&row, &key, 10), 1);
    assert_int_equal(usage_add(memory, &row, &key, 10, 1), 11);
    assert_int_equal(usage_count(&row, &key, 11), 2);
    assert_int_equal(row.cells.n, 1);
}

static void giving_back_reaches_only_its_own_day(void **state)
{
    (void)state;
    usage row = {0};
    usage_key key = key_of(LIMIT_PERIOD_DAY, 0);
    (void)usage_add(memory, &row, &key, 10, 3);
    usage_remove(memory, &row, &key, 10, 1);
    assert_int_equal(usage_count(&row, &key, 10), 2);
    (void)usage_add(memory, &row, &key, 11, 1);
    usage_remove(memory, &row, &key, 10, 1);
    assert_int_equal(usage_count(&row, &key, 11), 1);
    usage_remove(memory, &row, &key, 11, 9);
    assert_int_equal(usage_count(&row, &key, 11), 0);
    assert_true(usage_has(&row, &key)); /* a cell that was counted stays: the user is no new one */
}

static void a_limit_that_is_set_anew_counts_anew(void **state)
{
    (void)state;
    usage row = {0};
    usage_key old = key_of(LIMIT_PERIOD_EVER, 1000), renewed = key_of(LIMIT_PERIOD_EVER, 2000);
    usage_key always = key_of(LIMIT_PERIOD_EVER, 0);
    (void)usage_add(memory, &row, &always, 0, 4);
    (void)usage_add(memory, &row, &old, 0, 3);
    assert_int_equal(usage_count(&row, &renewed, 0), 0);
    (void)usage_add(memory, &row, &renewed, 0, 1);
    assert_int_equal(usage_count(&row, &renewed, 0), 1);
    assert_false(usage_has(&row, &old)); /* its cell was taken over */
    assert_int_equal(usage_count(&row, &always, 0), 4);
    assert_int_equal(row.cells.n, 2);
    usage_remove(memory, &row, &old, 0, 1); /* what was taken under the old one is gone with it */
    assert_int_equal(usage_count(&row, &renewed, 0), 1);
}

static void owners_and_measures_do_not_mix(void **state)
{
    (void)state;
    usage row = {0};
    usage_key claims = key_of(LIMIT_PERIOD_EVER, 0), other = claims, units = claims;
    other.owner = 0;
    units.measure = LIMIT_MEASURE_UNITS;
    (void)usage_add(memory, &row, &claims, 0, 1);
    (void)usage_add(memory, &row, &other, 0, 2);
    (void)usage_add(memory, &row, &units, 0, 3);
    assert_int_equal(usage_count(&row, &claims, 0), 1);
    assert_int_equal(usage_count(&row, &other, 0), 2);
    assert_int_equal(usage_count(&row, &units, 0), 3);
}

static void a_rolling_window_counts_instants_after_its_beginning(void **state)
{
    (void)state;
    usage row = {0};
    usage_key key = key_of(LIMIT_PERIOD_ROLLING, 0);
    (void)usage_add(memory, &row, &key, 100, 1);
    (void)usage_add(memory, &row, &key, 200, 2);
    (void)usage_add(memory, &row, &key, 200, 1);
    assert_int_equal(row.cells.n, 2);
    assert_int_equal(usage_count_after(&row, &key, 99), 4);
    assert_int_equal(usage_count_after(&row, &key, 100), 3);
    assert_int_equal(usage_count_after(&row, &key, 200), 0);
    assert_int_equal(usage_falls_behind(&row, &key, 99, 4), 99);
    assert_int_equal(usage_falls_behind(&row, &key, 99, 3), 100);
    assert_int_equal(usage_falls_behind(&row, &key, 100, 3), 100);
    assert_int_equal(usage_falls_behind(&row, &key, 99, 0), 200);
    assert_int_equal(usage_falls_behind(&row, &key, 200, 0), 200);
    assert_int_equal(usage_falls_behind(NULL, &key, 99, 0), 99);
    assert_int_equal(usage_count_after(NULL, &key, 0), 0);
    usage_remove(memory, &row, &key, 200, 2);
    assert_int_equal(usage_count_after(&row, &key, 0), 2);
    usage_forget(memory, &row, &key, 100);
    assert_int_equal(usage_count_after(&row, &key, 0), 1);
    assert_int_equal(row.cells.n, 1);
}

static void too_many_instants_count_longer_never_shorter(void **state)
{
    (void)state;
    usage row = {0};
    usage_key key = key_of(LIMIT_PERIOD_ROLLING, 0);
    int64_t n = USAGE_INSTANTS_MAX + 10;
    for (int64_t at = 1; at <= n; at++)
        (void)usage_add(memory, &row, &key, at, 1);
    assert_int_equal(row.cells.n, USAGE_INSTANTS_MAX);
    assert_int_equal(usage_count_after(&row, &key, 0), n);
    for (int64_t after = 0; after <= n; after++)
        assert_true(usage_count_after(&row, &key, after) >= n - after);
    assert_int_equal(usage_count_after(&row, &key, n - 1), 1);
}

static void lists_are_replaced_so_that_a_copy_keeps_its_own(void **state)
{
    (void)state;
    usage row = {0};
    usage_key key = key_of(LIMIT_PERIOD_EVER, 0);
    (void)usage_add(memory, &row, &key, 0, 1);
    usage before = row;
    (void)usage_add(memory, &row, &key, 0, 1);
    usage_remove(memory, &row, &key, 0, 1);
    usage_forget(memory, &row, &key, 0);
    assert_int_equal(before.cells.n, 1);
    assert_int_equal(usage_count(&before, &key, 0), 1);
}

/* A first use is counted without a limit; what a limit has counted is no later one. */
static void a_first_use_comes_beside_what_a_limit_counts(void **state)
{
    (void)state;
    usage to = {0};
    usage_key limit = key_of(LIMIT_PERIOD_EVER, 3), first = key_of(LIMIT_PERIOD_EVER, 0);
    limit.measure = first.measure = LIMIT_MEASURE_REDEMPTIONS;
    const usage_cell cells[] = {{first.owner, first.measure, first.period, 0, 1, 3},
                                {first.owner, first.measure, first.period, 0, 2, 0}};
    usage_bring(memory, &to, cells, ARRAY_LEN(cells));
    assert_int_equal(usage_count(&to, &limit, 0), 1);
    assert_true(usage_has(&to, &first));
    assert_int_equal(usage_count(&to, &first, 0), 2);
    assert_true(usage_first_was_brought(&to, first.owner));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_name_the_period),
        cmocka_unit_test(a_new_day_begins_anew_and_an_old_one_does_not_return),
        cmocka_unit_test(giving_back_reaches_only_its_own_day),
        cmocka_unit_test(a_limit_that_is_set_anew_counts_anew),
        cmocka_unit_test(owners_and_measures_do_not_mix),
        cmocka_unit_test(a_rolling_window_counts_instants_after_its_beginning),
        cmocka_unit_test(too_many_instants_count_longer_never_shorter),
        cmocka_unit_test(lists_are_replaced_so_that_a_copy_keeps_its_own),
        cmocka_unit_test(a_first_use_comes_beside_what_a_limit_counts),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

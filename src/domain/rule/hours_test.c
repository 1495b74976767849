/* Hours of the week in real zones: edges, midnight, hours that are skipped or repeated, days that
 * never were; the next opening against a search minute by minute. */
#include "domain/rule/hours.h"

#include "base/test_help.h"
#include "port/zone.h"

static int64_t at(const char *text)
{
    int64_t ms;
    assert_true(time_parse(str_of(text), &ms));
    return ms;
}

static rule_hours hours(const char *zone_name, unsigned days, int64_t from, int64_t until)
{
    rule_hours h = {zone_find(str_of(zone_name)), days, from, until};
    assert_non_null(h.zone);
    return h;
}

enum {
    MON = 1,
    TUE = 2,
    FRI = 16,
    SAT = 32,
    SUN = 64,
    EVERY_DAY = 127,
    HOUR = 60,
    DAY = 24 * HOUR
};

static void edges_are_half_open(void **state)
{
    (void)state;
    rule_hours h = hours("Asia/Shanghai", MON, 18 * HOUR, 22 * HOUR);
    assert_false(rule_hours_open(&h, at("2026-11-02T17:59:59.999+08:00")));
    assert_true(rule_hours_open(&h, at("2026-11-02T18:00:00+08:00")));
    assert_true(rule_hours_open(&h, at("2026-11-02T21:59:59.999+08:00")));
    assert_false(rule_hours_open(&h, at("2026-11-02T22:00:00+08:00")));
    assert_false(rule_hours_open(&h, at("2026-11-03T19:00:00+08:00")));
    assert_int_equal(rule_hours_next(&h, at("2026-11-02T22:00:00+08:00"), true),
                     at("2026-11-09T18:00:00+08:00"));
    assert_int_equal(rule_hours_next(&h, at("2026-11-02T19:00:00+08:00"), true),
                     at("2026-11-02T19:00:00+08:00"));
    assert_int_equal(rule_hours_next(&h, at("2026-11-02T19:00:00+08:00"), false),
                     at("2026-11-02T22:00:00+08:00"));
}

static void over_midnight_the_day_of_the_start_counts(void **state)
{
    (void)state;
    rule_hours h = hours("Asia/Shanghai", FRI, 22 * HOUR, 2 * HOUR);
    assert_true(rule_hours_open(&h, at("2026-11-07T01:59:59+08:00")));  /* Saturday morning */
    assert_false(rule_hours_open(&h, at("2026-11-06T01:00:00+08:00"))); /* Friday morning */
    assert_true(rule_hours_open(&h, at("2026-11-06T22:00:00+08:00")));
    assert_false(rule_hours_open(&h, at("2026-11-07T22:00:00+08:00")));
    h.until = 22 * HOUR; /* a day long */
    assert_true(rule_hours_open(&h, at("2026-11-07T21:59:59+08:00")));
    assert_false(rule_hours_open(&h, at("2026-11-07T22:00:00+08:00")));
}

static void always_and_never_shut(void **state)
{
    (void)state;
    rule_hours h = hours("UTC", EVERY_DAY, 0, DAY);
    assert_true(rule_hours_open(&h, 0));
    assert_int_equal(rule_hours_next(&h, 0, false), -1);
}

/* New York, 2026-03-08: 02:00 to 03:00 never comes; 2026-11-01: 01:00 to 02:00 comes twice. */
static void skipped_and_repeated_hours(void **state)
{
    (void)state;
    rule_hours h = hours("America/New_York", SUN, 2 * HOUR, 3 * HOUR);
    assert_int_equal(rule_hours_next(&h, at("2026-03-08T00:00:00-05:00"), true),
                     at("2026-03-15T02:00:00-04:00"));
    h = hours("America/New_York", SUN, 2 * HOUR + 30, 5 * HOUR);
    assert_int_equal(rule_hours_next(&h, at("2026-03-08T00:00:00-05:00"), true),
                     at("2026-03-08T03:00:00-04:00"));
    h = hours("America/New_York", SUN, HOUR, 2 * HOUR);
    assert_true(rule_hours_open(&h, at("2026-11-01T01:30:00-04:00")));
    assert_true(rule_hours_open(&h, at("2026-11-01T01:30:00-05:00")));
    assert_int_equal(rule_hours_next(&h, at("2026-11-01T01:30:00-04:00"), false),
                     at("2026-11-01T02:00:00-05:00"));
    h = hours("America/New_York", SUN, HOUR, HOUR + 30);
    assert_int_equal(rule_hours_next(&h, at("2026-11-01T01:30:00-04:00"), true),
                     at("2026-11-01T01:00:00-05:00"));
}

/* Samoa had no 30 December 2011, a Friday. */
static void a_day_that_never_was(void **state)
{
    (void)state;
    rule_hours h = hours("Pacific/Apia", FRI, 10 * HOUR, 12 * HOUR);
    assert_int_equal(rule_hours_next(&h, at("2011-12-23T12:00:00-10:00"), true),
                     at("2012-01-06T10:00:00+14:00"));
    h = hours("Pacific/Apia", FRI, 22 * HOUR, 2 * HOUR); /* its tail is left */
    assert_int_equal(rule_hours_next(&h, at("2011-12-24T12:00:00-10:00"), true),
                     at("2011-12-31T00:00:00+14:00"));
}

static void the_next_opening_is_the_first(void **state)
{
    (void)state;
    static const char *const zones[] = {"America/New_York", "Australia/Lord_Howe", "Asia/Shanghai",
                                        "Pacific/Apia"};
    static const char *const around[] = {"2026-03-06T00:00:00Z", "2026-04-03T00:00:00Z",
                                         "2026-10-30T00:00:00Z", "2011-12-28T00:00:00Z"};
    uint64_t random = 0x40125;
    for (int trial = 0; trial < 3000; trial++) {
        rule_hours h =
            hours(zones[random_below(&random, 4)], (unsigned)(1 + random_below(&random, EVERY_DAY)),
                  (int64_t)random_below(&random, DAY), (int64_t)(1 + random_below(&random, DAY)));
        bool open = random_below(&random, 2) == 0;
        int64_t from_ms = at(around[random_below(&random, 4)]) +
                          (int64_t)random_below(&random, 4 * DAY) * MS_MINUTE;
        int64_t slow = from_ms;
        int64_t end_ms = from_ms + 16 * MS_DAY;
        while (slow < end_ms && rule_hours_open(&h, slow) != open) {
            slow += MS_MINUTE;
        }
        assert_int_equal(rule_hours_next(&h, from_ms, open), slow < end_ms ? slow : -1);
        if (slow < end_ms) {
            assert_int_equal(rule_hours_open(&h, slow), open);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(edges_are_half_open),
        cmocka_unit_test(over_midnight_the_day_of_the_start_counts),
        cmocka_unit_test(always_and_never_shut),
        cmocka_unit_test(skipped_and_repeated_hours),
        cmocka_unit_test(a_day_that_never_was),
        cmocka_unit_test(the_next_opening_is_the_first),
    };
    return cmocka_run_group_tests_name("hours", tests, NULL, NULL);
}

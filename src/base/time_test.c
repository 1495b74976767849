/* Time: zones with gaps and overlaps, the calendar day by day, RFC 3339 with all its corners. */
#include "base/time.h"

#include "base/test_help.h"

/* True changes of the tz database, 2024a. */
static const zone_change new_york_changes[] = {{INT64_C(1772953200000), -4 * 3600000},
                                               {INT64_C(1793512800000), -5 * 3600000}};
static const zone new_york = {{"America/New_York", 16}, -5 * 3600000, 2, new_york_changes};

/* Both changes are at midnight: no 00:00 on 2018-11-04, and 23:00 twice on 2018-02-17. */
static const zone_change sao_paulo_changes[] = {{INT64_C(1518919200000), -3 * 3600000},
                                                {INT64_C(1541300400000), -2 * 3600000},
                                                {INT64_C(1550368800000), -3 * 3600000}};
static const zone sao_paulo = {{"America/Sao_Paulo", 17}, -2 * 3600000, 3, sao_paulo_changes};

/* 2011-12-30 does not exist. */
static const zone_change apia_changes[] = {{INT64_C(1325239200000), 14 * 3600000}};
static const zone apia = {{"Pacific/Apia", 12}, -10 * 3600000, 1, apia_changes};

/* At 00:01 back to 23:01 the day before: 2006-10-29 begins twice. */
static const zone_change st_johns_changes[] = {{INT64_C(1143948660000), -9000000},
                                               {INT64_C(1162089060000), -12600000}};
static const zone st_johns = {{"America/St_Johns", 16}, -12600000, 2, st_johns_changes};

static const zone shanghai = {{"Asia/Shanghai", 13}, 8 * 3600000, 0, NULL};

static int64_t at(const char *text)
{
    int64_t v = 0;
    if (!time_parse(str_of(text), &v))
        fail_msg("%s", text);
    return v;
}

static int32_t day(const char *text)
{
    int32_t v = 0;
    if (!time_parse_day(str_of(text), &v))
        fail_msg("%s", text);
    return v;
}

static void offsets_hold_from_their_change_on(void **state)
{
    (void)state;
    assert_int_equal(zone_offset_ms(&zone_utc, INT64_MIN), 0);
    assert_int_equal(zone_offset_ms(&zone_utc, INT64_MAX), 0);
    assert_str(zone_utc.name, S("UTC"));
    assert_int_equal(zone_offset_ms(&shanghai, 0), 8 * 3600000);
    int64_t spring = at("2026-03-08T07:00:00Z");
    int64_t autumn = at("2026-11-01T06:00:00Z");
    assert_int_equal(zone_offset_ms(&new_york, INT64_MIN), -5 * 3600000);
    assert_int_equal(zone_offset_ms(&new_york, spring - 1), -5 * 3600000);
    assert_int_equal(zone_offset_ms(&new_york, spring), -4 * 3600000);
    assert_int_equal(zone_offset_ms(&new_york, autumn - 1), -4 * 3600000);
    assert_int_equal(zone_offset_ms(&new_york, autumn), -5 * 3600000);
    assert_int_equal(zone_offset_ms(&new_york, INT64_MAX), -5 * 3600000);
    assert_int_equal(zone_change_after_ms(&new_york, INT64_MIN), spring);
    assert_int_equal(zone_change_after_ms(&new_york, spring - 1), spring);
    assert_int_equal(zone_change_after_ms(&new_york, spring), autumn);
    assert_int_equal(zone_change_after_ms(&new_york, autumn), INT64_MAX);
    assert_int_equal(zone_change_after_ms(&zone_utc, 0), INT64_MAX);
}

static void local_days_by_table(void **state)
{
    (void)state;
    static const struct {
        const zone *z;
        const char *at, *day;
    } t[] = {
        {&zone_utc, "2026-11-22T00:00:00Z", "2026-11-22"},
        {&zone_utc, "2026-11-21T23:59:59.999Z", "2026-11-21"},
        {&shanghai, "2026-11-21T16:00:00Z", "2026-11-22"},
        {&shanghai, "2026-11-21T15:59:59.999Z", "2026-11-21"},
        {&new_york, "2026-03-08T04:59:59.999Z", "2026-03-07"},
        {&new_york, "2026-03-08T05:00:00Z", "2026-03-08"},
        {&new_york, "2026-03-09T03:59:59.999Z", "2026-03-08"},
        {&new_york, "2026-03-09T04:00:00Z", "2026-03-09"},
        {&new_york, "1970-01-01T00:00:00Z", "1969-12-31"},
        {&sao_paulo, "2018-11-04T02:59:59.999Z", "2018-11-03"},
        {&sao_paulo, "2018-11-04T03:00:00Z", "2018-11-04"},
        {&apia, "2011-12-30T09:59:59.999Z", "2011-12-29"},
        {&apia, "2011-12-30T10:00:00Z", "2011-12-31"},
    };
    for (size_t i = 0; i < ARRAY_LEN(t); i++)
        assert_int_equal(zone_day(t[i].z, at(t[i].at)), day(t[i].day));
}

static void day_starts_by_table(void **state)
{
    (void)state;
    static const struct {
        const zone *z;
        const char *day, *at;
    } t[] = {
        {&zone_utc, "1970-01-01", "1970-01-01T00:00:00Z"},
        {&shanghai, "2026-11-22", "2026-11-21T16:00:00Z"},
        {&new_york, "2026-03-08", "2026-03-08T05:00:00Z"}, /* 23 hours */
        {&new_york, "2026-03-09", "2026-03-09T04:00:00Z"},
        {&new_york, "2026-11-01", "2026-11-01T04:00:00Z"}, /* 25 hours */
        {&new_york, "2026-11-02", "2026-11-02T05:00:00Z"},
        {&sao_paulo, "2018-11-04", "2018-11-04T03:00:00Z"}, /* begins at 01:00 */
        {&sao_paulo, "2018-11-05", "2018-11-05T02:00:00Z"},
        {&sao_paulo, "2018-02-17", "2018-02-17T02:00:00Z"},
        {&sao_paulo, "2018-02-18", "2018-02-18T03:00:00Z"},
        {&apia, "2011-12-29", "2011-12-29T10:00:00Z"},
        {&apia, "2011-12-30", "2011-12-30T10:00:00Z"}, /* empty */
        {&apia, "2011-12-31", "2011-12-30T10:00:00Z"},
        {&apia, "2012-01-01", "2011-12-31T10:00:00Z"},
        {&st_johns, "2006-10-28", "2006-10-28T02:30:00Z"},
        {&st_johns, "2006-10-29", "2006-10-29T02:30:00Z"}, /* the first of two midnights */
        {&st_johns, "2006-10-30", "2006-10-30T03:30:00Z"},
    };
    for (size_t i = 0; i < ARRAY_LEN(t); i++) {
        if (zone_day_start_ms(t[i].z, day(t[i].day)) != at(t[i].at))
            fail_msg("%.*s %s", STR_ARG(t[i].z->name), t[i].day);
    }
}

/* Against a walk over every half minute around the changes of every zone. */
static void day_starts_are_the_first_instants(void **state)
{
    (void)state;
    const zone *const zones[] = {&new_york, &sao_paulo, &apia, &st_johns};
    for (size_t i = 0; i < ARRAY_LEN(zones); i++) {
        for (uint32_t c = 0; c < zones[i]->n; c++) {
            int64_t from = zones[i]->changes[c].from_ms - 3 * MS_DAY;
            int32_t reached = zone_day(zones[i], from);
            for (int64_t t = from; t < from + 6 * MS_DAY; t += 30 * MS_SECOND) {
                for (; zone_day(zones[i], t) > reached; reached++)
                    assert_true(zone_day_start_ms(zones[i], reached + 1) == t);
            }
        }
    }
}

static void far_times_have_days_too(void **state)
{
    (void)state;
    assert_true(zone_day_start_ms(&zone_utc, INT32_MAX) == INT32_MAX * MS_DAY);
    assert_true(zone_day_start_ms(&shanghai, INT32_MIN) == INT32_MIN * MS_DAY - 8 * MS_HOUR);
    assert_int_equal(zone_day(&zone_utc, INT32_MIN * MS_DAY), INT32_MIN);
    assert_int_equal(zone_day(&zone_utc, -1), -1);
    assert_int_equal(zone_day(&zone_utc, TIME_MAX_MS), day("9999-12-31") + 1);
}

static void asks_for_the_day_of_never(void)
{
    (void)zone_day(&shanghai, INT64_MAX);
}

static void never_is_not_a_time(void **state)
{
    (void)state;
    assert_true(aborts(asks_for_the_day_of_never));
}

/* Counts along from -0401-01-01 to 10400-12-31 by the plain rules of the calendar. */
static void every_day_of_the_calendar_in_order(void **state)
{
    (void)state;
    int year = -401;
    int month = 1;
    int in_month = 1;
    int32_t number = day_from_civil(year, month, in_month);
    int weekday = day_weekday(number);
    int32_t week = day_week(number);
    for (; year <= 10400; number++) {
        int y;
        int m;
        int d;
        day_to_civil(number, &y, &m, &d);
        if (y != year || m != month || d != in_month ||
            day_from_civil(year, month, in_month) != number ||
            day_month(number) != (year - 1970) * 12 + month - 1 || day_weekday(number) != weekday ||
            day_week(number) != week)
            fail_msg("%d-%d-%d", year, month, in_month);
        weekday = (weekday + 1) % 7;
        week += weekday == 0 ? 1 : 0;
        if (++in_month > civil_month_days(year, month)) {
            in_month = 1;
            year += month == 12 ? 1 : 0;
            month = month % 12 + 1;
        }
    }
}

static void landmarks_of_the_calendar(void **state)
{
    (void)state;
    assert_int_equal(day_from_civil(1970, 1, 1), 0);
    assert_int_equal(day_from_civil(2000, 2, 29), 11016);
    assert_int_equal(day_from_civil(2026, 11, 22), 20779);
    assert_int_equal(day_weekday(0), 3);
    assert_int_equal(day_weekday(-1), 2);
    assert_int_equal(day_weekday(day("2026-11-22")), 6);
    assert_int_equal(day_week(0), 0);
    assert_int_equal(day_week(-3), 0);
    assert_int_equal(day_week(-4), -1);
    assert_int_equal(day_week(4), 1);
    assert_int_equal(day_month(0), 0);
    assert_int_equal(day_month(-1), -1);
    assert_int_equal(day_month(day("2026-11-22")), 682);
    assert_int_equal(civil_month_days(1900, 2), 28);
    assert_int_equal(civil_month_days(2000, 2), 29);
    assert_int_equal(civil_month_days(2024, 2), 29);
    assert_int_equal(civil_month_days(2026, 2), 28);
    assert_int_equal(civil_month_days(0, 2), 29);
    assert_int_equal(civil_month_days(-4, 2), 29);
}

static void the_ends_of_day_numbers_come_back(void **state)
{
    (void)state;
    static const int32_t ends[] = {INT32_MIN, INT32_MIN + 1, INT32_MAX - 1, INT32_MAX};
    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        int y;
        int m;
        int d;
        day_to_civil(ends[i], &y, &m, &d);
        assert_true(m >= 1 && m <= 12 && d >= 1 && d <= civil_month_days(y, m));
        assert_true(day_weekday(ends[i]) >= 0 && day_weekday(ends[i]) <= 6);
        assert_true(day_week(ends[i]) * INT64_C(7) + day_weekday(ends[i]) - 3 == ends[i]);
    }
    int y;
    int m;
    int d;
    day_to_civil(day_from_civil(CIVIL_YEAR_MAX, 12, 31), &y, &m, &d);
    assert_true(y == CIVIL_YEAR_MAX && m == 12 && d == 31);
    day_to_civil(day_from_civil(-CIVIL_YEAR_MAX, 1, 1), &y, &m, &d);
    assert_true(y == -CIVIL_YEAR_MAX && m == 1 && d == 1);
}

static void february_thirtieth(void)
{
    (void)day_from_civil(2026, 2, 30);
}

static void month_thirteen(void)
{
    (void)day_from_civil(2026, 13, 1);
}

static void a_date_that_is_none_is_a_defect(void **state)
{
    (void)state;
    assert_true(aborts(february_thirtieth));
    assert_true(aborts(month_thirteen));
}

static void date_times_by_table(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ms;
    } t[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"1970-01-01T00:00:00.001Z", 1},
        {"1970-01-01t00:00:00z", 0},
        {"1970-01-01T00:00:00-00:00", 0},
        {"1970-01-01T23:59:00+23:59", 0},
        {"1969-12-31T19:00:00-05:00", 0},
        {"1985-04-12T23:20:50.52Z", INT64_C(482196050520)},
        {"1996-12-19T16:39:57-08:00", INT64_C(851042397000)},
        {"1937-01-01T12:00:27.87+00:20", -1}, /* an example of the RFC before our range */
        {"2026-11-22T08:00:00Z", INT64_C(1795334400000)},
        {"2026-11-22T16:00:00+08:00", INT64_C(1795334400000)},
        {"2026-11-22T13:30:00+05:30", INT64_C(1795334400000)},
        {"2026-11-22T08:00:00.1Z", INT64_C(1795334400100)},
        {"2026-11-22T08:00:00.12Z", INT64_C(1795334400120)},
        {"2026-11-22T08:00:00.123456789Z", INT64_C(1795334400123)},
        {"2026-11-22T08:00:00.999999999Z", INT64_C(1795334400999)},
        {"2026-11-22T08:00:00.000000000Z", INT64_C(1795334400000)},
        {"2024-02-29T00:00:00Z", INT64_C(1709164800000)},
        {"9999-12-31T23:59:59.999Z", TIME_MAX_MS - 1},
        {"9999-12-31T23:59:59.999-00:01", -1},
        {"1970-01-01T00:00:00+00:01", -1},
        {"0000-01-01T00:00:00Z", -1},
        /* leap seconds: the examples of the RFC, and places where there is none */
        {"1990-12-31T23:59:60Z", INT64_C(662687999999)},
        {"1990-12-31T15:59:60-08:00", INT64_C(662687999999)},
        {"1990-12-31T23:59:60.5Z", INT64_C(662687999999)},
        {"2016-12-31T23:59:60Z", INT64_C(1483228799999)},
        {"2017-01-01T07:59:60+08:00", INT64_C(1483228799999)},
        {"1990-12-30T23:59:60Z", -1},
        {"1990-12-31T22:59:60Z", -1},
        {"1990-12-31T23:58:60Z", -1},
        {"1990-12-31T23:59:60-08:00", -1},
        {"1990-12-31T23:59:61Z", -1},
    };
    for (size_t i = 0; i < ARRAY_LEN(t); i++) {
        int64_t v = -1;
        bool ok = time_parse(str_of(t[i].text), &v);
        if (ok != (t[i].ms >= 0) || v != t[i].ms)
            fail_msg("%s: %ld", t[i].text, (long)v);
    }
}

static void what_is_not_rfc_3339_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "2026",
        "2026-11-22",
        "2026-11-22T08:00:00",
        "2026-11-22 08:00:00Z",
        "2026-11-22T08:00Z",
        "2026-11-22T08:00:00.Z",
        "2026-11-22T08:00:00,5Z",
        "2026-11-22T08:00:00.1234567890Z",
        "2026-11-22T24:00:00Z",
        "2026-11-22T08:60:00Z",
        "2026-11-22T08:00:61Z",
        "2026-13-22T08:00:00Z",
        "2026-00-22T08:00:00Z",
        "2026-11-00T08:00:00Z",
        "2026-11-31T08:00:00Z",
        "2026-02-29T08:00:00Z",
        "2100-02-29T08:00:00Z",
        "2026-11-22T08:00:00+24:00",
        "2026-11-22T08:00:00+08:60",
        "2026-11-22T08:00:00+0800",
        "2026-11-22T08:00:00+08",
        "2026-11-22T08:00:00+8:00",
        "2026-11-22T08:00:00Z ",
        " 2026-11-22T08:00:00Z",
        "2026-11-22T08:00:00ZZ",
        "2026-11-22T08:00:00Z+08:00",
        "2026-1-22T08:00:00Z",
        "+2026-11-22T08:00:00Z",
        "-2026-11-22T08:00:00Z",
        "12026-11-22T08:00:00Z",
        "26-11-22T08:00:00Z",
        "2026-11-22T8:00:00Z",
        "2026-11-22T-8:00:00Z",
        "2026-11-22T08:0a:00Z",
        "20261122T080000Z",
        "2026-W47-7T08:00:00Z",
        "2026-326T08:00:00Z",
        "2026-11-22T08:00:00\xE2\x88\x92\x30\x38:00", /* a minus that is not ASCII */
        "2026-11-22T08:00:00.-5Z",
        "2026-11-22T08:00:00.5.5Z",
        "2026-11-22T08:00:00[UTC]",
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        int64_t v = 77;
        if (time_parse(str_of(bad[i]), &v) || v != 77)
            fail_msg("%s", bad[i]);
    }
    int64_t v = 77;
    assert_false(time_parse((str){NULL, 0}, &v));
    assert_false(time_parse((str){"2026-11-22T08:00:00Z\0", 21}, &v));
}

/* No prefix of a date-time is one, and the parser never reads beyond its slice. */
static void every_prefix_is_refused(void **state)
{
    (void)state;
    str whole = S("2026-11-22T08:00:00.123456+08:00");
    int64_t v = 77;
    for (size_t n = 0; n < whole.n; n++)
        assert_false(time_parse((str){whole.p, n}, &v));
    assert_true(time_parse(whole, &v));
}

static void days_by_table(void **state)
{
    (void)state;
    assert_int_equal(day("1970-01-01"), 0);
    assert_int_equal(day("2026-11-22"), 20779);
    assert_int_equal(day("2024-02-29"), 19782);
    assert_int_equal(day("0000-03-01"), -719468);
    static const char *const bad[] = {"",           "2026-11",     "2026-11-2",  "2026-11-222",
                                      "2026-02-29", "2026-11-22T", "2026/11/22", "20261122",
                                      "2026-11-31", "2026-00-01",  "2026-13-01", "2026-01-00",
                                      "-026-01-01"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        int32_t v = 77;
        if (time_parse_day(str_of(bad[i]), &v) || v != 77)
            fail_msg("%s", bad[i]);
    }
}

static void what_is_written_reads_back(void **state)
{
    (void)state;
    uint64_t seed = 31;
    buf b;
    buf_init(&b, 64);
    for (int i = 0; i < 50000; i++) {
        int64_t v = (int64_t)random_below(&seed, (uint64_t)TIME_MAX_MS);
        buf_clear(&b);
        time_write(&b, v);
        assert_int_equal(buf_view(&b).n, 24);
        int64_t back;
        assert_true(time_parse(buf_view(&b), &back));
        assert_true(back == v);
        int32_t number = zone_day(&zone_utc, v);
        buf_clear(&b);
        time_write_day(&b, number);
        int32_t day_back;
        assert_true(time_parse_day(buf_view(&b), &day_back));
        assert_int_equal(day_back, number);
    }
    buf_free(&b);
}

static void writing_by_table(void **state)
{
    (void)state;
    buf b;
    buf_init(&b, 400);
    time_write(&b, INT64_C(1795334400000));
    buf_char(&b, ' ');
    time_write(&b, TIME_MAX_MS - 1);
    buf_char(&b, ' ');
    time_write(&b, -1);
    buf_char(&b, ' ');
    time_write(&b, INT64_C(-62167219200000));
    buf_char(&b, ' ');
    time_write_day(&b, 20779);
    assert_str(buf_view(&b), S("2026-11-22T08:00:00.000Z 9999-12-31T23:59:59.999Z "
                               "1969-12-31T23:59:59.999Z 0000-01-01T00:00:00.000Z 2026-11-22"));
    buf_free(&b);
}

static void writes_the_year_10000(void)
{
    buf b;
    buf_init(&b, 64);
    time_write(&b, TIME_MAX_MS);
}

static void the_year_10000_cannot_be_written(void **state)
{
    (void)state;
    assert_true(aborts(writes_the_year_10000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(offsets_hold_from_their_change_on),
        cmocka_unit_test(local_days_by_table),
        cmocka_unit_test(day_starts_by_table),
        cmocka_unit_test(day_starts_are_the_first_instants),
        cmocka_unit_test(far_times_have_days_too),
        cmocka_unit_test(never_is_not_a_time),
        cmocka_unit_test(every_day_of_the_calendar_in_order),
        cmocka_unit_test(landmarks_of_the_calendar),
        cmocka_unit_test(the_ends_of_day_numbers_come_back),
        cmocka_unit_test(a_date_that_is_none_is_a_defect),
        cmocka_unit_test(date_times_by_table),
        cmocka_unit_test(what_is_not_rfc_3339_is_refused),
        cmocka_unit_test(every_prefix_is_refused),
        cmocka_unit_test(days_by_table),
        cmocka_unit_test(what_is_written_reads_back),
        cmocka_unit_test(writing_by_table),
        cmocka_unit_test(the_year_10000_cannot_be_written),
    };
    return cmocka_run_group_tests_name("base/time", tests, NULL, NULL);
}

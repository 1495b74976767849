/* Zones against transitions that are on record, and all of them against the C library. */
#include "port/zone.h"

#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "base/test_help.h"
#include "plat/zone_rule.h"

#define MIN (60 * 1000)

static int64_t at(const char *text)
{
    int64_t ms;
    assert_true(time_parse(str_of(text), &ms));
    return ms;
}

/* The offset changes exactly at the given instant, in minutes. */
static void assert_change(const char *name, const char *when, int before, int after)
{
    const zone *z = zone_find(str_of(name));
    assert_non_null(z);
    assert_str(z->name, str_of(name));
    int64_t ms = at(when);
    if (zone_offset_ms(z, ms - 1) != before * MIN || zone_offset_ms(z, ms) != after * MIN)
        fail_msg("%s at %s: %d, then %d", name, when, zone_offset_ms(z, ms - 1) / MIN,
                 zone_offset_ms(z, ms) / MIN);
}

static void known_changes_are_at_their_millisecond(void **state)
{
    (void)state;
    assert_change("Europe/Berlin", "2026-03-29T01:00:00Z", 60, 120);
    assert_change("Europe/Berlin", "2026-10-25T01:00:00Z", 120, 60);
    assert_change("Europe/Berlin", "1980-04-06T01:00:00Z", 60, 120);
    assert_change("Europe/Berlin", "2099-03-29T01:00:00Z", 60, 120);
    assert_change("Europe/Berlin", "2100-10-31T01:00:00Z", 120, 60);
    assert_change("America/New_York", "2026-03-08T07:00:00Z", -300, -240);
    assert_change("America/New_York", "2026-11-01T06:00:00Z", -240, -300);
    assert_change("America/New_York", "2006-04-02T07:00:00Z", -300, -240);
    assert_change("America/New_York", "1974-01-06T07:00:00Z", -300, -240); /* the oil crisis */
    assert_change("America/New_York", "2100-03-14T07:00:00Z", -300, -240);
    assert_change("Asia/Shanghai", "1986-05-03T18:00:00Z", 480, 540);
    assert_change("Asia/Shanghai", "1991-09-14T17:00:00Z", 540, 480);
    assert_change("Australia/Lord_Howe", "2026-04-04T15:00:00Z", 660, 630); /* half an hour */
    assert_change("Australia/Lord_Howe", "2026-10-03T15:30:00Z", 630, 660);
    assert_change("Australia/Lord_Howe", "1981-10-24T15:30:00Z", 630, 690);
    assert_change("Pacific/Apia", "2011-12-30T10:00:00Z", -600, 840); /* a day left out */
    assert_change("Asia/Kathmandu", "1985-12-31T18:30:00Z", 330, 345);
}

static void zones_without_changes_have_their_offset(void **state)
{
    (void)state;
    const zone *shanghai = zone_find(S("Asia/Shanghai"));
    assert_int_equal(zone_offset_ms(shanghai, 0), 480 * MIN);
    assert_int_equal(zone_offset_ms(shanghai, at("2026-07-01T00:00:00Z")), 480 * MIN);
    assert_int_equal(zone_offset_ms(shanghai, at("2100-12-31T00:00:00Z")), 480 * MIN);
    const zone *utc = zone_find(S("UTC"));
    assert_non_null(utc);
    assert_int_equal(utc->n, 0);
    assert_int_equal(utc->first_offset_ms, 0);
    assert_int_equal(zone_offset_ms(zone_find(S("Etc/GMT+5")), 0), -300 * MIN);
    assert_int_equal(zone_offset_ms(zone_find(S("Asia/Kolkata")), TIME_MAX_MS), 330 * MIN);
}

static void unknown_names_are_refused(void **state)
{
    (void)state;
    static const char *const names[] = {
        "",
        "Mars/Olympus",
        "asia/shanghai",
        "Asia",
        "Asia/",
        "/Asia/Shanghai",
        "Asia//Shanghai",
        "../zoneinfo/UTC",
        "Asia/../UTC",
        "Asia/./Shanghai",
        "tzdata.zi",
        "zone.tab",
        "leapseconds",
        "localtime",
        "posixrules",
        "posix/UTC",
        "right/UTC",
        "Factory",
        "+08:00",
        "UTC+8",
        "Asia/Shanghai ",
        "Asia/ Shanghai",
        "Europe/Berlin\n",
        "Aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/Bbbb"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (zone_find(str_of(names[i])) != NULL)
            fail_msg("%s", names[i]);
    }
    assert_null(zone_find(S("UTC\0x")));
}

static void a_zone_is_found_once_and_for_ever(void **state)
{
    (void)state;
    const zone *z = zone_find(S("Europe/Paris"));
    assert_non_null(z);
    assert_ptr_equal(z, zone_find(S("Europe/Paris")));
    for (uint32_t i = 1; i < z->n; i++) {
        assert_true(z->changes[i - 1].from_ms < z->changes[i].from_ms);
        assert_true(z->changes[i - 1].offset_ms != z->changes[i].offset_ms);
    }
    assert_true(z->n > 0 && z->changes[0].from_ms > 0);
}

static void *find_many(void *unused)
{
    static const char *const names[] = {"Asia/Tokyo",  "Asia/Seoul",  "Asia/Dubai",
                                        "Asia/Manila", "Asia/Taipei", "Asia/Hong_Kong",
                                        "No/Where"};
    for (size_t i = 0; i < 7000; i++) {
        const zone *z = zone_find(str_of(names[i % ARRAY_LEN(names)]));
        CHECK((z == NULL) == (i % ARRAY_LEN(names) == 6));
        CHECK(z == NULL || zone_offset_ms(z, 0) != 0);
    }
    return unused;
}

static void threads_find_the_same_zones(void **state)
{
    (void)state;
    pthread_t threads[4];
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, find_many, NULL), 0);
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
}

/* Every third day at a time that moves through the day, 1970 to 2100. */
static void compare_with_c_library(const char *name)
{
    const zone *z = zone_find(str_of(name));
    if (z == NULL)
        fail_msg("%s is not found", name);
    assert_int_equal(setenv("TZ", name, 1), 0);
    tzset();
    for (int64_t s = 0; s < INT64_C(4133980800); s += 3 * 86400 + 3607) {
        time_t t = (time_t)s;
        struct tm local;
        assert_non_null(localtime_r(&t, &local));
        int64_t expected_ms = local.tm_gmtoff * MS_SECOND;
        if (expected_ms != zone_offset_ms(z, s * MS_SECOND))
            fail_msg("%s at %lld: %lld expected, %d found", name, (long long)s,
                     (long long)expected_ms, zone_offset_ms(z, s * MS_SECOND));
    }
}

static size_t compare_directory(const char *path, const char *prefix)
{
    size_t n = 0;
    DIR *d = opendir(path);
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        char name[600], file[600];
        struct stat s;
        snprintf(name, sizeof name, "%s%s", prefix, e->d_name);
        snprintf(file, sizeof file, "%s/%s", path, e->d_name);
        if (e->d_name[0] < 'A' || e->d_name[0] > 'Z' || stat(file, &s) != 0 ||
            str_eq(str_of(name), S("Factory")))
            continue;
        if (S_ISDIR(s.st_mode)) {
            char below[610];
            snprintf(below, sizeof below, "%s/", name);
            n += compare_directory(file, below);
        } else {
            compare_with_c_library(name);
            n++;
        }
    }
    closedir(d);
    return n;
}

static void all_zones_agree_with_the_c_library(void **state)
{
    (void)state;
    assert_true(compare_directory("/usr/share/zoneinfo", "") > 300);
    unsetenv("TZ");
    tzset();
}

static void rules_are_read_strictly(void **state)
{
    (void)state;
    static const char *const good[] = {"UTC0",
                                       "<+03>-3",
                                       "EST5EDT,M3.2.0,M11.1.0",
                                       "XXX3EDT4,0/0,J365/23",
                                       "IST-1GMT0,M10.5.0,M3.5.0/1",
                                       "<-02>2<-01>,M3.5.0/-1,M10.5.0/0",
                                       "EET-2EEST,M3.4.4/50,M10.4.4/50",
                                       "AAA-1:02:03"};
    static const char *const bad[] = {"",
                                      "A0",
                                      "EST",
                                      "EST5EDT",
                                      "EST5EDT,M3.2.0",
                                      "EST5EDT,M13.2.0,M11.1.0",
                                      "EST5EDT,M3.6.0,M11.1.0",
                                      "EST5EDT,M3.2.7,M11.1.0",
                                      "EST5EDT,M3.2.0,M11.1.0x",
                                      "<+03-3",
                                      "EST5:60",
                                      "EST200",
                                      "EST5EDT,J0,J365",
                                      "EST5EDT,366,1"};
    zone_rule rule;
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        if (!zone_rule_parse(str_of(good[i]), &rule))
            fail_msg("%s", good[i]);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        if (zone_rule_parse(str_of(bad[i]), &rule))
            fail_msg("%s", bad[i]);
    }
    assert_true(zone_rule_parse(S("AAA-1:02:03"), &rule));
    assert_int_equal(rule.standard_offset_s, 3723);
    /* J60 is 1 March in every year; 59 counts 29 February. */
    assert_true(zone_rule_parse(S("AAA0BBB,J60/0,59/0"), &rule));
    assert_true(zone_rule_at_s(&rule, 2024, true) * 1000 == at("2024-03-01T00:00:00Z"));
    assert_true(zone_rule_at_s(&rule, 2023, true) * 1000 == at("2023-03-01T00:00:00Z"));
    assert_true(zone_rule_at_s(&rule, 2024, false) * 1000 == at("2024-02-28T23:00:00Z"));
    assert_true(zone_rule_at_s(&rule, 2023, false) * 1000 == at("2023-02-28T23:00:00Z"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_changes_are_at_their_millisecond),
        cmocka_unit_test(zones_without_changes_have_their_offset),
        cmocka_unit_test(unknown_names_are_refused),
        cmocka_unit_test(a_zone_is_found_once_and_for_ever),
        cmocka_unit_test(threads_find_the_same_zones),
        cmocka_unit_test(all_zones_agree_with_the_c_library),
        cmocka_unit_test(rules_are_read_strictly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Use windows: fixed and after issue, by hours and by whole days, in zones whose days are not 24
 * hours long; and when a coupon expires after edits. */
#include "base/test_help.h"
#include "domain/campaign/config.h"

#define HOURS(h) ((int32_t)((h)*MS_HOUR))

static const zone shanghai = {.name = {"Asia/Shanghai", 13}, .first_offset_ms = HOURS(8)};
/* Days of 23 and 25 hours: 2026-03-08 and 2026-11-01. */
static const zone_change new_york_changes[] = {
    {INT64_C(1772953200000), HOURS(-4)}, /* 2026-03-08T07:00Z */
    {INT64_C(1793512800000), HOURS(-5)}, /* 2026-11-01T06:00Z */
};
static const zone new_york = {.name = {"America/New_York", 16},
                              .first_offset_ms = HOURS(-5),
                              .n = 2,
                              .changes = new_york_changes};
/* 2018-11-04 began at 01:00 local time: there was no midnight. */
static const zone_change sao_paulo_changes[] = {{INT64_C(1541300400000), HOURS(-2)}};
static const zone sao_paulo = {.name = {"America/Sao_Paulo", 17},
                               .first_offset_ms = HOURS(-3),
                               .n = 1,
                               .changes = sao_paulo_changes};
/* 2011-12-30 was left out altogether. */
static const zone_change apia_changes[] = {{INT64_C(1325239200000), HOURS(14)}};
static const zone apia = {
    .name = {"Pacific/Apia", 12}, .first_offset_ms = HOURS(-10), .n = 1, .changes = apia_changes};

static int64_t at(const char *text)
{
    int64_t ms = -1;
    assert_true(time_parse(str_of(text), &ms));
    return ms;
}

static void assert_window(const int64_t window[2], const char *from, const char *until)
{
    assert_int_equal(window[0], at(from));
    assert_int_equal(window[1], at(until));
}

static template_version fixed(const char *from, const char *until)
{
    return (template_version){.validity = VALIDITY_KIND_FIXED,
                              .valid_from_ms = at(from),
                              .valid_until_ms = until == NULL ? 0 : at(until)};
}

static template_version after_issue(uint32_t delay_days, uint32_t duration_days, bool whole_days)
{
    return (template_version){.validity = VALIDITY_KIND_AFTER_ISSUE,
                              .delay_days = delay_days,
                              .duration_days = duration_days,
                              .whole_days = whole_days};
}

static void windows_are_clipped_to_the_campaigns(void **state)
{
    (void)state;
    const struct {
        const char *version[2], *campaign[2], *expected[2]; /* NULL: open */
    } rows[] = {
        {{"2026-01-10T00:00:00Z", "2026-01-20T00:00:00Z"},
         {"2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"},
         {"2026-01-10T00:00:00Z", "2026-01-20T00:00:00Z"}},
        {{"2026-01-10T00:00:00Z", "2026-01-20T00:00:00Z"},
         {"2026-01-15T00:00:00Z", "2026-01-17T00:00:00Z"},
         {"2026-01-15T00:00:00Z", "2026-01-17T00:00:00Z"}},
        {{"2026-01-10T00:00:00Z", "2026-01-20T00:00:00Z"},
         {"2026-01-20T00:00:00Z", "2026-01-25T00:00:00Z"},
         {"2026-01-20T00:00:00Z", "2026-01-20T00:00:00Z"}},
        {{"2026-01-10T00:00:00Z", "2026-01-20T00:00:00Z"},
         {"2026-01-01T00:00:00Z", "2026-01-05T00:00:00Z"},
         {"2026-01-10T00:00:00Z", "2026-01-10T00:00:00Z"}},
        {{"2026-01-10T00:00:00Z", NULL},
         {"2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"},
         {"2026-01-10T00:00:00Z", "2026-02-01T00:00:00Z"}},
        {{"2026-01-10T00:00:00Z", "2026-01-20T00:00:00Z"},
         {"2026-01-12T00:00:00Z", NULL},
         {"2026-01-12T00:00:00Z", "2026-01-20T00:00:00Z"}},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        template_version v = fixed(rows[i].version[0], rows[i].version[1]);
        const char *until = rows[i].campaign[1];
        campaign row = {.use_from_ms = at(rows[i].campaign[0]),
                        .use_until_ms = until == NULL ? 0 : at(until)};
        config_campaign of = {.row = &row};
        config_days here = {.zone = &shanghai};
        int64_t window[2];
        config_use_window(&of, &v, &here, at("2026-01-02T00:00:00Z"), window);
        assert_window(window, rows[i].expected[0], rows[i].expected[1]);
    }
}

static void a_window_open_at_both_ends_is_all_time(void **state)
{
    (void)state;
    template_version v = fixed("1970-01-01T00:00:00Z", NULL);
    campaign row = {0};
    int64_t window[2];
    config_days here = {.zone = &zone_utc};
    config_use_window(&(config_campaign){.row = &row}, &v, &here, 0, window);
    assert_int_equal(window[0], 0);
    assert_int_equal(window[1], TIME_MAX_MS);
}

static void ends_are_inside_where_the_policy_says_so(void **state)
{
    (void)state;
    static const struct {
        uint8_t end;
        const char *until, *ends;
    } rows[] = {
        {WINDOW_END_EXCLUSIVE, "2026-01-20T00:00:00Z", "2026-01-20T00:00:00Z"},
        {WINDOW_END_INCLUSIVE, "2026-01-20T00:00:00Z", "2026-01-20T00:00:00.001Z"},
        {WINDOW_END_SECOND, "2026-01-20T00:00:00Z", "2026-01-20T00:00:01Z"},
        {WINDOW_END_EXCLUSIVE, "2026-01-19T23:59:59.999Z", "2026-01-19T23:59:59.999Z"},
        {WINDOW_END_INCLUSIVE, "2026-01-19T23:59:59.999Z", "2026-01-20T00:00:00Z"},
        {WINDOW_END_SECOND, "2026-01-19T23:59:59.001Z", "2026-01-20T00:00:00Z"},
        {WINDOW_END_SECOND, "2026-01-19T23:59:59.999Z", "2026-01-20T00:00:00Z"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        config_days here = {.zone = &shanghai, .window_end = rows[i].end};
        template_version v = fixed("2026-01-10T00:00:00Z", rows[i].until);
        campaign row = {.use_until_ms = 0};
        config_campaign of = {.row = &row};
        int64_t window[2], ends = at(rows[i].ends);
        assert_int_equal(config_window_end_ms(&here, at(rows[i].until)), ends);
        config_use_window(&of, &v, &here, 0, window); /* the template's own end */
        assert_window(window, "2026-01-10T00:00:00Z", rows[i].ends);
        assert_true(config_is_open(&of, &v, &here, ends - 1));
        assert_false(config_is_open(&of, &v, &here, ends));
        v = after_issue(0, 3650, false); /* the campaign's */
        row.use_until_ms = at(rows[i].until);
        config_use_window(&of, &v, &here, 0, window);
        assert_int_equal(window[1], MS_DAY * 3650); /* counted: its length is what was asked for */
        config_use_window(&of, &v, &here, at("2026-01-10T00:00:00Z"), window);
        assert_window(window, "2026-01-10T00:00:00Z", rows[i].ends);
        assert_int_equal(config_window_end_ms(&here, 0), TIME_MAX_MS);
        assert_int_equal(config_window_end_ms(&here, TIME_MAX_MS - 1),
                         rows[i].end == WINDOW_END_EXCLUSIVE ? TIME_MAX_MS - 1 : TIME_MAX_MS);
        assert_int_equal(config_window_end_ms(&here, TIME_MAX_MS), TIME_MAX_MS);
    }
}

static void windows_after_issue_follow_the_zone(void **state)
{
    (void)state;
    const struct {
        const zone *days;
        template_version version;
        const char *issued, *from, *until;
    } rows[] = {
        /* by hours: days are 24 hours, whatever the zone does */
        {&new_york, after_issue(0, 1, false), "2026-03-08T05:30:00Z", "2026-03-08T05:30:00Z",
         "2026-03-09T05:30:00Z"},
        {&new_york, after_issue(1, 7, false), "2026-10-31T12:00:00.123Z",
         "2026-11-01T12:00:00.123Z", "2026-11-08T12:00:00.123Z"},
        /* whole days: from now to tonight */
        {&shanghai, after_issue(0, 1, true), "2026-05-01T15:59:59.999Z", "2026-05-01T15:59:59.999Z",
         "2026-05-01T16:00:00Z"},
        {&shanghai, after_issue(0, 1, true), "2026-05-01T16:00:00Z", "2026-05-01T16:00:00Z",
         "2026-05-02T16:00:00Z"},
        {&shanghai, after_issue(0, 7, true), "2026-05-01T02:00:00Z", "2026-05-01T02:00:00Z",
         "2026-05-07T16:00:00Z"},
        /* whole days with a delay: from midnight to midnight */
        {&shanghai, after_issue(1, 1, true), "2026-05-01T02:00:00Z", "2026-05-01T16:00:00Z",
         "2026-05-02T16:00:00Z"},
        {&shanghai, after_issue(3, 30, true), "2026-01-30T17:00:00Z", "2026-02-02T16:00:00Z",
         "2026-03-04T16:00:00Z"},
        {&zone_utc, after_issue(1, 1, true), "2028-02-28T23:59:59.999Z", "2028-02-29T00:00:00Z",
         "2028-03-01T00:00:00Z"},
        /* a day of 23 hours, a day of 25 hours */
        {&new_york, after_issue(1, 1, true), "2026-03-07T20:00:00Z", "2026-03-08T05:00:00Z",
         "2026-03-09T04:00:00Z"},
        {&new_york, after_issue(1, 1, true), "2026-10-31T20:00:00Z", "2026-11-01T04:00:00Z",
         "2026-11-02T05:00:00Z"},
        {&new_york, after_issue(0, 2, true), "2026-11-01T05:30:00Z", "2026-11-01T05:30:00Z",
         "2026-11-03T05:00:00Z"},
        {&new_york, after_issue(0, 1, true), "2026-11-01T06:30:00Z", "2026-11-01T06:30:00Z",
         "2026-11-02T05:00:00Z"},
        /* a day that begins at one o'clock */
        {&sao_paulo, after_issue(1, 1, true), "2018-11-03T12:00:00Z", "2018-11-04T03:00:00Z",
         "2018-11-05T02:00:00Z"},
        {&sao_paulo, after_issue(0, 1, true), "2018-11-03T12:00:00Z", "2018-11-03T12:00:00Z",
         "2018-11-04T03:00:00Z"},
        /* a day that never was: it counts, and takes no time */
        {&apia, after_issue(0, 1, true), "2011-12-29T20:00:00Z", "2011-12-29T20:00:00Z",
         "2011-12-30T10:00:00Z"},
        {&apia, after_issue(0, 2, true), "2011-12-29T20:00:00Z", "2011-12-29T20:00:00Z",
         "2011-12-30T10:00:00Z"},
        {&apia, after_issue(2, 1, true), "2011-12-29T20:00:00Z", "2011-12-30T10:00:00Z",
         "2011-12-31T10:00:00Z"},
    };
    campaign row = {0};
    config_campaign of = {.row = &row};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int64_t window[2];
        config_use_window(&of, &rows[i].version, &(config_days){.zone = rows[i].days},
                          at(rows[i].issued), window);
        assert_window(window, rows[i].from, rows[i].until);
    }
}

static void windows_beyond_the_end_of_time_are_cut(void **state)
{
    (void)state;
    const zone *zones[] = {&zone_utc, &shanghai, &new_york};
    campaign row = {0};
    config_campaign of = {.row = &row};
    for (int whole = 0; whole < 2; whole++) {
        for (size_t i = 0; i < ARRAY_LEN(zones); i++) {
            template_version v = after_issue(UINT32_MAX, UINT32_MAX, whole == 1);
            int64_t window[2];
            config_use_window(&of, &v, &(config_days){.zone = zones[i]}, TIME_MAX_MS, window);
            assert_true(window[0] == TIME_MAX_MS && window[1] == TIME_MAX_MS);
            v.delay_days = 0;
            config_use_window(&of, &v, &(config_days){.zone = zones[i]}, 5, window);
            assert_true(window[0] == 5 && window[1] == TIME_MAX_MS);
        }
    }
}

/* At every hour of a year in a zone with both changes: a whole-days coupon begins and ends exactly
 * where the right local days do. */
static void whole_days_end_on_the_right_local_day(void **state)
{
    (void)state;
    campaign row = {0};
    config_campaign of = {.row = &row};
    uint64_t random = 0xda15;
    for (int64_t issued = at("2025-12-30T00:00:00Z"); issued < at("2027-01-02T00:00:00Z");
         issued += MS_HOUR) {
        uint32_t delay = (uint32_t)random_below(&random, 4);
        uint32_t duration = 1 + (uint32_t)random_below(&random, 40);
        template_version v = after_issue(delay, duration, true);
        int64_t window[2];
        config_use_window(&of, &v, &(config_days){.zone = &new_york}, issued, window);
        int32_t first = zone_day(&new_york, issued) + (int32_t)delay;
        assert_int_equal(zone_day(&new_york, window[0]), first);
        assert_true(delay == 0 || zone_day(&new_york, window[0] - 1) == first - 1);
        assert_int_equal(zone_day(&new_york, window[1] - 1), first + (int32_t)duration - 1);
        assert_int_equal(zone_day(&new_york, window[1]), first + (int32_t)duration);
    }
}

/* ---- expiry after edits ---- */

static config *with_version(config *c, uint32_t number, uint8_t reach, const char *until)
{
    template row = {.id = 3, .merchant = 1, .campaign = 2, .version = number};
    template_version v = fixed("2026-01-01T00:00:00Z", until);
    v.template = 3;
    v.version = number;
    v.reach = reach;
    v.benefit = BENEFIT_KIND_AMOUNT_OFF;
    config_put_template(c, &row, &v);
    return c;
}

static config *shop(void)
{
    merchant m = {.id = 1};
    campaign k = {.id = 2, .merchant = 1, .use_until_ms = at("2026-06-01T00:00:00Z")};
    config *c = config_empty();
    config_put_merchant(c, &m, &shanghai);
    config_put_campaign(c, &k);
    return c;
}

static void an_edit_that_reaches_a_coupon_may_only_lengthen_it(void **state)
{
    (void)state;
    enum { NEW = EDIT_REACH_NEW_ONLY, ALL = EDIT_REACH_ALL_UNUSED };
    const struct {
        uint8_t reach[2]; /* of versions 2 and 3; version 1 ends in February */
        const char *until[2], *expected;
    } rows[] = {
        {{NEW, 0}, {"2026-03-01T00:00:00Z"}, "2026-02-01T00:00:00Z"},
        {{ALL, 0}, {"2026-03-01T00:00:00Z"}, "2026-03-01T00:00:00Z"},
        {{ALL, 0}, {"2026-01-15T00:00:00Z"}, "2026-02-01T00:00:00Z"},
        {{ALL, NEW}, {"2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z"}, "2026-03-01T00:00:00Z"},
        {{NEW, ALL}, {"2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z"}, "2026-04-01T00:00:00Z"},
        {{ALL, 0}, {"2026-09-01T00:00:00Z"}, "2026-06-01T00:00:00Z"}, /* the campaign's end */
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        config *c = with_version(shop(), 1, NEW, "2026-02-01T00:00:00Z");
        for (uint32_t n = 0; n < 2 && rows[i].reach[n] != 0; n++) {
            c = with_version(c, n + 2, rows[i].reach[n], rows[i].until[n]);
        }
        coupon row = {.template = 3,
                      .version = 1,
                      .issued_at_ms = at("2026-01-05T00:00:00Z"),
                      .expires_at_ms = at("2026-02-01T00:00:00Z")};
        assert_int_equal(config_expires_at_ms(c, &row), at(rows[i].expected));
        row.expires_at_ms = at("2026-12-01T00:00:00Z"); /* a return gave it grace */
        assert_int_equal(config_expires_at_ms(c, &row), row.expires_at_ms);
        config_free(c);
    }
}

static void an_extension_counts_from_the_issue(void **state)
{
    (void)state;
    config *c = with_version(shop(), 1, EDIT_REACH_NEW_ONLY, "2026-02-01T00:00:00Z");
    template row = {.id = 3, .merchant = 1, .campaign = 2, .version = 2};
    template_version v = after_issue(0, 30, true);
    v.template = 3;
    v.version = 2;
    v.reach = EDIT_REACH_ALL_UNUSED;
    v.benefit = BENEFIT_KIND_AMOUNT_OFF;
    config_put_template(c, &row, &v);
    coupon held = {.template = 3, .version = 1, .issued_at_ms = at("2026-01-05T03:00:00Z")};
    held.expires_at_ms = at("2026-01-12T16:00:00Z");
    assert_int_equal(config_expires_at_ms(c, &held), at("2026-02-03T16:00:00Z"));
    held.template = 4; /* not here: its own date */
    assert_int_equal(config_expires_at_ms(c, &held), held.expires_at_ms);
    config_free(c);
}

/* The coupon ends on 12 January; the first edit gives 30 days, the second 60, the third 90. What
 * comes at the end or later comes too late, and so does all that would build on it. */
static void an_extension_revives_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *edits[3], *expected;
    } rows[] = {
        {{"2026-01-12T15:59:59.999Z", "2026-01-12T16:00:00Z", "2026-01-13T00:00:00Z"},
         "2026-04-04T16:00:00Z"},
        {{"2026-01-12T16:00:00Z", "2026-01-12T16:00:00Z", "2026-01-13T00:00:00Z"},
         "2026-01-12T16:00:00Z"},
        {{"2026-01-06T00:00:00Z", "2026-02-03T16:00:00Z", "2026-02-04T00:00:00Z"},
         "2026-02-03T16:00:00Z"},
        {{"2026-01-06T00:00:00Z", "2026-02-03T15:59:59Z", "2026-03-05T16:00:00Z"},
         "2026-03-05T16:00:00Z"},
        {{"2026-01-06T00:00:00Z", "2026-01-06T00:00:00Z", "2026-01-06T00:00:00Z"},
         "2026-04-04T16:00:00Z"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        config *c = with_version(shop(), 1, EDIT_REACH_NEW_ONLY, "2026-02-01T00:00:00Z");
        for (uint32_t n = 0; n < 3; n++) {
            template row = {.id = 3, .merchant = 1, .campaign = 2, .version = n + 2};
            template_version v = after_issue(0, 30 * (n + 1), true);
            v.template = 3;
            v.version = n + 2;
            v.reach = EDIT_REACH_ALL_UNUSED;
            v.benefit = BENEFIT_KIND_AMOUNT_OFF;
            v.created_at_ms = at(rows[i].edits[n]);
            config_put_template(c, &row, &v);
        }
        coupon of = {.template = 3, .version = 1, .issued_at_ms = at("2026-01-05T03:00:00Z")};
        of.expires_at_ms = at("2026-01-12T16:00:00Z");
        assert_int_equal(config_expires_at_ms(c, &of), at(rows[i].expected));
        config_free(c);
    }
}

static template_version made_while(uint32_t number, uint32_t days, const char *made,
                                   const char *campaign_until)
{
    template_version v = after_issue(0, days, true);
    v.template = 3;
    v.version = number;
    v.reach = EDIT_REACH_ALL_UNUSED;
    v.benefit = BENEFIT_KIND_AMOUNT_OFF;
    v.created_at_ms = at(made);
    v.use_until_ms = at(campaign_until);
    return v;
}

static void put_edit(config *c, const template_version *v)
{
    template row = {.id = 3, .merchant = 1, .campaign = 2, .version = v->version};
    config_put_template(c, &row, v);
}

/* The edit gave 90 days while the campaign ended on 20 January. Then that grows, and begins later:
 * neither gives the coupon an hour, before its end or behind it; the next edit does, in time. */
static void a_campaign_that_grows_moves_no_end(void **state)
{
    (void)state;
    static const struct {
        const char *again, *expected;
    } rows[] = {
        {NULL, "2026-01-20T00:00:00Z"},
        {"2026-01-19T23:59:59.999Z", "2026-04-04T16:00:00Z"},
        {"2026-01-20T00:00:00Z", "2026-01-20T00:00:00Z"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        config *c = with_version(shop(), 1, EDIT_REACH_NEW_ONLY, "2026-02-01T00:00:00Z");
        template_version v = made_while(2, 90, "2026-01-06T00:00:00Z", "2026-01-20T00:00:00Z");
        put_edit(c, &v);
        campaign grown = {.id = 2,
                          .merchant = 1,
                          .use_from_ms = at("2026-07-01T00:00:00Z"),
                          .use_until_ms = at("2026-09-01T00:00:00Z")};
        config_put_campaign(c, &grown);
        if (rows[i].again != NULL) {
            v = made_while(3, 90, rows[i].again, "2026-09-01T00:00:00Z");
            put_edit(c, &v);
        }
        coupon of = {.template = 3, .version = 1, .issued_at_ms = at("2026-01-05T03:00:00Z")};
        of.expires_at_ms = at("2026-01-12T16:00:00Z");
        assert_int_equal(config_expires_at_ms(c, &of), at(rows[i].expected));
        config_free(c);
    }
}

/* Version 2 came too late, and a return has given grace since: its end has all that edits up to 2
 * gave, which is nothing. Version 3 counts as ever. */
static void an_edit_that_came_too_late_does_not_come_in_with_grace(void **state)
{
    (void)state;
    config *c = with_version(shop(), 1, EDIT_REACH_NEW_ONLY, "2026-02-01T00:00:00Z");
    template_version v = made_while(2, 60, "2026-02-05T00:00:00Z", "2026-06-01T00:00:00Z");
    put_edit(c, &v);
    coupon of = {.template = 3, .version = 1, .issued_at_ms = at("2026-01-05T03:00:00Z")};
    of.expires_at_ms = at("2026-02-12T00:00:00Z");
    of.end_version = 2;
    assert_int_equal(config_expires_at_ms(c, &of), of.expires_at_ms);
    v = made_while(3, 90, "2026-02-06T00:00:00Z", "2026-06-01T00:00:00Z");
    put_edit(c, &v);
    assert_int_equal(config_expires_at_ms(c, &of), at("2026-04-04T16:00:00Z"));
    config_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(windows_are_clipped_to_the_campaigns),
        cmocka_unit_test(a_window_open_at_both_ends_is_all_time),
        cmocka_unit_test(ends_are_inside_where_the_policy_says_so),
        cmocka_unit_test(windows_after_issue_follow_the_zone),
        cmocka_unit_test(windows_beyond_the_end_of_time_are_cut),
        cmocka_unit_test(whole_days_end_on_the_right_local_day),
        cmocka_unit_test(an_edit_that_reaches_a_coupon_may_only_lengthen_it),
        cmocka_unit_test(an_extension_counts_from_the_issue),
        cmocka_unit_test(an_extension_revives_nothing),
        cmocka_unit_test(a_campaign_that_grows_moves_no_end),
        cmocka_unit_test(an_edit_that_came_too_late_does_not_come_in_with_grace),
    };
    return cmocka_run_group_tests_name("config_window", tests, NULL, NULL);
}

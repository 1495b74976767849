/* JSON to nodes: hours of the week and windows. */
#include "domain/rule/read.h"

static bool digits(str text, size_t at, int *out)
{
    char tens = text.p[at];
    char ones = text.p[at + 1];
    if (tens < '0' || tens > '9' || ones < '0' || ones > '9') {
        return false;
    }
    *out = (tens - '0') * 10 + (ones - '0');
    return true;
}

/* "HH:MM" as minutes from low to high. */
static int64_t read_clock(rule_reader *r, const json *v, str path, int low, int high)
{
    int hour;
    int minute;
    if (json_kind_of(v) == JSON_KIND_STR && json_str(v).n == 5 && json_str(v).p[2] == ':' &&
        digits(json_str(v), 0, &hour) && digits(json_str(v), 3, &minute) && minute < 60 &&
        hour * 60 + minute >= low && hour * 60 + minute <= high) {
        return hour * 60 + minute;
    }
    issues_add(r->found, path, json_kind_of(v) == JSON_KIND_STR ? S("bad_format") : S("wrong_type"),
               "a time of day, \"%02d:%02d\" to \"%02d:%02d\"", low / 60, low % 60, high / 60,
               high % 60);
    return low;
}

static int weekday_named(const json *v)
{
    for (int day = 0; day < RULE_WEEK && json_kind_of(v) == JSON_KIND_STR; day++) {
        if (str_eq(json_str(v), str_of(rule_weekdays[day]))) {
            return day;
        }
    }
    return -1;
}

static uint8_t read_weekdays(rule_reader *r, const json *v, str path)
{
    unsigned mask = 0;
    if (v == NULL) {
        return (1 << RULE_WEEK) - 1;
    }
    if (json_kind_of(v) != JSON_KIND_ARRAY || json_count(v) == 0 || json_count(v) > RULE_WEEK) {
        rule_problem(r, path, "wrong_type", "a list of 1 to 7 days");
        return 0;
    }
    for (size_t i = 0; i < json_count(v); i++) {
        int day = weekday_named(json_at(v, i));
        if (day < 0) {
            rule_problem(r, rule_item(r, path, i), "not_allowed",
                         "mon, tue, wed, thu, fri, sat or sun");
        } else if (mask >> day & 1) {
            rule_problem(r, rule_item(r, path, i), "duplicate", "each day once");
        } else {
            mask |= 1U << day;
        }
    }
    return (uint8_t)mask;
}

void rule_read_hours(rule_reader *r, const json *v, str path)
{
    const json *from = json_field(v, S("from"));
    const json *until = json_field(v, S("until"));
    const json *zone_name = json_field(v, S("zone"));
    str zone_path = rule_member(r, path, S("zone"));
    rule_members(r, v, path, "weekdays from until zone");
    uint8_t days =
        read_weekdays(r, json_field(v, S("weekdays")), rule_member(r, path, S("weekdays")));
    rule_node node = {.op = RULE_OP_HOURS, .fact = days, .high = RULE_DAY_MINUTES};
    if (from != NULL) {
        node.low = read_clock(r, from, rule_member(r, path, S("from")), 0, RULE_DAY_MINUTES - 1);
    }
    if (until != NULL) {
        node.high = read_clock(r, until, rule_member(r, path, S("until")), 1, RULE_DAY_MINUTES);
    }
    if (zone_name == NULL) {
        rule_problem(r, zone_path, "required", "an IANA zone, such as Asia/Shanghai");
    } else {
        node.text = rule_text(r, zone_name, zone_path, RULE_TEXT_MAX);
        if (node.text.n > 0 && r->as->zones(node.text) == NULL) {
            rule_problem(r, zone_path, "not_allowed", "an IANA zone, such as Asia/Shanghai");
        }
    }
    (void)rule_append(r, node);
}

static int64_t read_instant(rule_reader *r, const json *v, str path, int64_t otherwise)
{
    int64_t at_ms = otherwise;
    if (v == NULL) {
        return otherwise;
    }
    if (json_kind_of(v) != JSON_KIND_STR) {
        rule_problem(r, path, "wrong_type", "an RFC 3339 date and time");
    } else if (!time_parse(json_str(v), &at_ms)) {
        rule_problem(r, path, "bad_format", "an RFC 3339 date and time, from 1970 to 9999");
    }
    return at_ms;
}

void rule_read_window(rule_reader *r, const json *v, str path)
{
    rule_members(r, v, path, "from until");
    int64_t from = read_instant(r, json_field(v, S("from")), rule_member(r, path, S("from")), 0);
    int64_t until =
        read_instant(r, json_field(v, S("until")), rule_member(r, path, S("until")), TIME_MAX_MS);
    if (until <= from) {
        rule_problem(r, rule_member(r, path, S("until")), "out_of_range", "later than from");
    }
    if (from == 0 && until == TIME_MAX_MS) {
        rule_problem(r, path, "out_of_range", "a window that some time is outside of");
    }
    (void)rule_append(r, (rule_node){.op = RULE_OP_WINDOW, .low = from, .high = until});
}

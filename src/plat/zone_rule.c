/* A hand-written reader: the grammar is smaller than any tool for it. */
#include "plat/zone_rule.h"

#include "base/time.h"

enum { HOURS_MAX = 167, DEFAULT_TIME_S = 2 * 3600 };

static bool take(str *rest, char c)
{
    if (rest->n == 0 || rest->p[0] != c)
        return false;
    *rest = (str){rest->p + 1, rest->n - 1};
    return true;
}

static bool take_number(str *rest, int max, int *out)
{
    int v = 0;
    size_t i = 0;
    for (; i < rest->n && i < 3 && rest->p[i] >= '0' && rest->p[i] <= '9'; i++)
        v = v * 10 + (rest->p[i] - '0');
    if (i == 0 || v > max)
        return false;
    *rest = (str){rest->p + i, rest->n - i};
    *out = v;
    return true;
}

static bool take_name(str *rest)
{
    bool quoted = take(rest, '<');
    size_t i = 0;
    for (; i < rest->n; i++) {
        char c = rest->p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        bool other = (c >= '0' && c <= '9') || c == '+' || c == '-';
        if (!letter && !(quoted && other))
            break;
    }
    *rest = (str){rest->p + i, rest->n - i};
    return i >= 3 && (!quoted || take(rest, '>'));
}

/* [+-]hh[:mm[:ss]] */
static bool take_time(str *rest, int32_t *out)
{
    bool negative = take(rest, '-');
    if (!negative)
        (void)take(rest, '+');
    int h, m = 0, s = 0;
    if (!take_number(rest, HOURS_MAX, &h))
        return false;
    if (take(rest, ':')) {
        if (!take_number(rest, 59, &m))
            return false;
        if (take(rest, ':') && !take_number(rest, 59, &s))
            return false;
    }
    int32_t v = h * 3600 + m * 60 + s;
    *out = negative ? -v : v;
    return true;
}

static bool take_day(str *rest, zone_rule_day *out)
{
    *out = (zone_rule_day){.time_s = DEFAULT_TIME_S};
    bool ok;
    if (take(rest, 'M')) {
        out->form = 'M';
        ok = take_number(rest, 12, &out->month) && out->month >= 1 && take(rest, '.') &&
             take_number(rest, 5, &out->week) && out->week >= 1 && take(rest, '.') &&
             take_number(rest, 6, &out->day);
    } else if (take(rest, 'J')) {
        out->form = 'J';
        ok = take_number(rest, 365, &out->day) && out->day >= 1;
    } else {
        out->form = '0';
        ok = take_number(rest, 365, &out->day);
    }
    if (ok && take(rest, '/'))
        ok = take_time(rest, &out->time_s);
    return ok;
}

bool zone_rule_parse(str text, zone_rule *out)
{
    str rest = text;
    int32_t west; /* POSIX counts offsets westwards */
    *out = (zone_rule){0};
    if (!take_name(&rest) || !take_time(&rest, &west))
        return false;
    out->standard_offset_s = -west;
    if (rest.n == 0)
        return true;
    if (!take_name(&rest))
        return false;
    out->has_dst = true;
    out->dst_offset_s = out->standard_offset_s + 3600;
    if (rest.n > 0 && rest.p[0] != ',') {
        if (!take_time(&rest, &west))
            return false;
        out->dst_offset_s = -west;
    }
    return take(&rest, ',') && take_day(&rest, &out->begin) && take(&rest, ',') &&
           take_day(&rest, &out->end) && rest.n == 0;
}

static int32_t day_in_year(const zone_rule_day *d, int year)
{
    if (d->form == '0')
        return day_from_civil(year, 1, 1) + d->day;
    if (d->form == 'J') {
        bool leap = day_from_civil(year, 3, 1) - day_from_civil(year, 2, 1) == 29;
        return day_from_civil(year, 1, 1) + d->day - 1 + (leap && d->day >= 60 ? 1 : 0);
    }
    int32_t first = day_from_civil(year, d->month, 1);
    int32_t next =
        d->month == 12 ? day_from_civil(year + 1, 1, 1) : day_from_civil(year, d->month + 1, 1);
    int sunday_based = (day_weekday(first) + 1) % 7;
    int32_t day = first + (d->day - sunday_based + 7) % 7 + (d->week - 1) * 7;
    while (day >= next) /* week 5 means the last one */
        day -= 7;
    return day;
}

int64_t zone_rule_at_s(const zone_rule *rule, int year, bool begin)
{
    const zone_rule_day *d = begin ? &rule->begin : &rule->end;
    int64_t local = (int64_t)day_in_year(d, year) * 86400 + d->time_s;
    return local - (begin ? rule->standard_offset_s : rule->dst_offset_s);
}

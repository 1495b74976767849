/* Time: zones as tables, days as numbers, RFC 3339 as text.
 *
 * Every division rounds to minus infinity, so days before 1970 count on without a seam. Reads no
 * clock and no tz database. */
#include "base/time.h"

const zone zone_utc = {.name = {"UTC", 3}};

static int64_t floor_div(int64_t a, int64_t b)
{
    int64_t q = a / b;
    return a % b < 0 ? q - 1 : q;
}

static int64_t floor_mod(int64_t a, int64_t b)
{
    int64_t r = a % b;
    return r < 0 ? r + b : r;
}

/* How many changes lie at or before at_ms: the index of the segment that holds it. */
static uint32_t zone_segment(const zone *z, int64_t at_ms)
{
    uint32_t low = 0;
    uint32_t high = z->n;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (z->changes[middle].from_ms <= at_ms)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static int32_t segment_offset_ms(const zone *z, uint32_t segment)
{
    return segment == 0 ? z->first_offset_ms : z->changes[segment - 1].offset_ms;
}

int32_t zone_offset_ms(const zone *z, int64_t at_ms)
{
    return segment_offset_ms(z, zone_segment(z, at_ms));
}

int64_t zone_change_after_ms(const zone *z, int64_t at_ms)
{
    uint32_t segment = zone_segment(z, at_ms);
    return segment == z->n ? INT64_MAX : z->changes[segment].from_ms;
}

int32_t zone_day(const zone *z, int64_t at_ms)
{
    /* The offset is added to what is left of the day, so that no time can overflow. */
    int64_t in_day = floor_mod(at_ms, MS_DAY) + zone_offset_ms(z, at_ms);
    int64_t day = floor_div(at_ms, MS_DAY) + floor_div(in_day, MS_DAY);
    CHECK(day >= INT32_MIN && day <= INT32_MAX);
    return (int32_t)day;
}

int64_t zone_day_start_ms(const zone *z, int32_t day)
{
    int64_t local_ms = (int64_t)day * MS_DAY;
    /* Offsets are within a day, so no earlier segment reaches this local time. */
    uint32_t segment = zone_segment(z, local_ms - MS_DAY);
    for (;; segment++) {
        int64_t start = local_ms - segment_offset_ms(z, segment);
        if (segment > 0 && start < z->changes[segment - 1].from_ms)
            start = z->changes[segment - 1].from_ms;
        if (segment == z->n || start < z->changes[segment].from_ms)
            return start;
    }
}

/* 1970-01-01 was a Thursday: three days after its Monday. */
int32_t day_week(int32_t day)
{
    return (int32_t)floor_div((int64_t)day + 3, 7);
}

int day_weekday(int32_t day)
{
    return (int)floor_mod((int64_t)day + 3, 7);
}

int32_t day_month(int32_t day)
{
    int year;
    int month;
    int day_of_month;
    day_to_civil(day, &year, &month, &day_of_month);
    return (year - 1970) * 12 + month - 1;
}

int civil_month_days(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    CHECK(month >= 1 && month <= 12);
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && leap ? 1 : 0);
}

/* Both ways after Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms": years begin on
 * 1 March, which puts the leap day last; an era is 400 years, 146097 days; day 0 of the count is
 * 0000-03-01, 719468 days before 1970-01-01. */
int32_t day_from_civil(int year, int month, int day_of_month)
{
    CHECK(year >= -CIVIL_YEAR_MAX && year <= CIVIL_YEAR_MAX);
    CHECK(day_of_month >= 1 && day_of_month <= civil_month_days(year, month));
    int64_t y = month <= 2 ? (int64_t)year - 1 : year;
    int64_t era = floor_div(y, 400);
    int64_t year_of_era = y - era * 400;
    int64_t month_from_march = month > 2 ? month - 3 : month + 9;
    int64_t day_of_year = (153 * month_from_march + 2) / 5 + day_of_month - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return (int32_t)(era * 146097 + day_of_era - 719468);
}

void day_to_civil(int32_t day, int *year, int *month, int *day_of_month)
{
    int64_t z = (int64_t)day + 719468;
    int64_t era = floor_div(z, 146097);
    int64_t day_of_era = z - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month_from_march = (5 * day_of_year + 2) / 153;
    *day_of_month = (int)(day_of_year - (153 * month_from_march + 2) / 5 + 1);
    *month = (int)(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
    *year = (int)(year_of_era + era * 400 + (*month <= 2 ? 1 : 0));
}

/* Takes exactly `count` digits off the front. */
static bool take_digits(str *s, size_t count, int *out)
{
    if (s->n < count)
        return false;
    int v = 0;
    for (size_t i = 0; i < count; i++) {
        if (s->p[i] < '0' || s->p[i] > '9')
            return false;
        v = v * 10 + (s->p[i] - '0');
    }
    s->p += count;
    s->n -= count;
    *out = v;
    return true;
}

/* Takes `a` or `b` off the front. */
static bool take_either(str *s, char a, char b)
{
    if (s->n == 0 || (s->p[0] != a && s->p[0] != b))
        return false;
    s->p++;
    s->n--;
    return true;
}

static bool take_char(str *s, char c)
{
    return take_either(s, c, c);
}

static bool take_date(str *s, int32_t *out)
{
    int year;
    int month;
    int day;
    if (!take_digits(s, 4, &year) || !take_char(s, '-') || !take_digits(s, 2, &month) ||
        !take_char(s, '-') || !take_digits(s, 2, &day))
        return false;
    if (month < 1 || month > 12 || day < 1 || day > civil_month_days(year, month))
        return false;
    *out = day_from_civil(year, month, day);
    return true;
}

static bool take_clock(str *s, int *hour, int *minute)
{
    return take_digits(s, 2, hour) && take_char(s, ':') && take_digits(s, 2, minute) &&
           *hour <= 23 && *minute <= 59;
}

/* ".5" is 500 ms; what is finer than a ms is cut off. Nothing there is 0 ms. */
static bool take_fraction(str *s, int *ms)
{
    enum { FRACTION_DIGITS_MAX = 9 };
    *ms = 0;
    if (!take_char(s, '.'))
        return true;
    int digits = 0;
    int unit = 100;
    for (int digit; take_digits(s, 1, &digit); unit /= 10) {
        *ms += digit * unit;
        digits++;
    }
    return digits >= 1 && digits <= FRACTION_DIGITS_MAX;
}

static bool take_offset(str *s, int64_t *offset_ms)
{
    *offset_ms = 0;
    if (take_either(s, 'Z', 'z'))
        return true;
    bool west = take_char(s, '-');
    int hour;
    int minute;
    if ((!west && !take_char(s, '+')) || !take_clock(s, &hour, &minute))
        return false;
    int64_t size = hour * MS_HOUR + minute * MS_MINUTE;
    *offset_ms = west ? -size : size;
    return true;
}

/* A leap second ends a UTC month (ITU-R TF.460-6); next_ms is the midnight behind it. */
static bool ends_utc_month(int64_t next_ms)
{
    if (floor_mod(next_ms, MS_DAY) != 0)
        return false;
    int year;
    int month;
    int day;
    day_to_civil((int32_t)floor_div(next_ms, MS_DAY), &year, &month, &day);
    return day == 1;
}

bool time_parse(str s, int64_t *out_ms)
{
    int32_t day;
    int hour;
    int minute;
    int second;
    int fraction_ms;
    int64_t offset_ms;
    if (!take_date(&s, &day) || !take_either(&s, 'T', 't') || !take_clock(&s, &hour, &minute) ||
        !take_char(&s, ':') || !take_digits(&s, 2, &second) || second > 60 ||
        !take_fraction(&s, &fraction_ms) || !take_offset(&s, &offset_ms) || s.n > 0)
        return false;
    int64_t at = day * MS_DAY + hour * MS_HOUR + minute * MS_MINUTE + second * MS_SECOND;
    at -= offset_ms;
    if (second == 60) {
        if (!ends_utc_month(at))
            return false;
        at -= 1;
    } else {
        at += fraction_ms;
    }
    if (at < 0 || at >= TIME_MAX_MS)
        return false;
    *out_ms = at;
    return true;
}

bool time_parse_day(str s, int32_t *out_day)
{
    int32_t day;
    if (!take_date(&s, &day) || s.n > 0)
        return false;
    *out_day = day;
    return true;
}

enum { DAY_TEXT = 10, TIME_TEXT = 24 }; /* 2026-11-22, 2026-11-22T08:00:00.000Z */

/* v in exactly `count` digits; what is behind them. */
static char *put_digits(char *to, int v, int count)
{
    for (int i = count; i > 0; i--) {
        to[i - 1] = (char)('0' + v % 10);
        v /= 10;
    }
    return to + count;
}

static char *put_day(char *to, int32_t day)
{
    int year;
    int month;
    int day_of_month;
    day_to_civil(day, &year, &month, &day_of_month);
    CHECK(year >= 0 && year <= 9999);
    to = put_digits(to, year, 4);
    *to++ = '-';
    to = put_digits(to, month, 2);
    *to++ = '-';
    return put_digits(to, day_of_month, 2);
}

void time_write_day(buf *b, int32_t day)
{
    char *to = buf_take(b, DAY_TEXT);
    if (to != NULL)
        put_day(to, day);
}

void time_write(buf *b, int64_t at_ms)
{
    int64_t day = floor_div(at_ms, MS_DAY);
    CHECK(day >= INT32_MIN && day <= INT32_MAX);
    int in_day = (int)floor_mod(at_ms, MS_DAY);
    char *to = buf_take(b, TIME_TEXT);
    if (to == NULL)
        return;
    to = put_day(to, (int32_t)day);
    *to++ = 'T';
    to = put_digits(to, in_day / 3600000, 2);
    *to++ = ':';
    to = put_digits(to, in_day / 60000 % 60, 2);
    *to++ = ':';
    to = put_digits(to, in_day / 1000 % 60, 2);
    *to++ = '.';
    to = put_digits(to, in_day % 1000, 3);
    *to = 'Z';
}

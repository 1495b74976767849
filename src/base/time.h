/* Time as int64 milliseconds since 1970-01-01T00:00:00Z, and civil days in a zone.
 *
 * A zone is a table of UTC offset changes made outside (plat/zone.h) and handed in; this file knows
 * no clock and no tz database. Day numbers count local days since 1970-01-01 (proleptic Gregorian).
 * Leap seconds do not exist on this scale (POSIX). */
#ifndef QUAN_BASE_TIME_H
#define QUAN_BASE_TIME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

#define MS_SECOND INT64_C(1000)
#define MS_MINUTE (60 * MS_SECOND)
#define MS_HOUR   (60 * MS_MINUTE)
#define MS_DAY    (24 * MS_HOUR)
/* Stored times lie in [0, TIME_MAX_MS): years 1970 to 9999. */
#define TIME_MAX_MS INT64_C(253402300800000)

typedef struct zone_change {
    int64_t from_ms;   /* the offset holds from here until the next change */
    int32_t offset_ms; /* local = UTC + offset; within a day either way */
} zone_change;

enum { ZONE_NAME_MAX = 64 }; /* bytes */

typedef struct zone {
    str name;                   /* IANA name, e.g. "Asia/Shanghai" */
    int32_t first_offset_ms;    /* before the first change */
    uint32_t n;                 /* of changes */
    const zone_change *changes; /* ascending by from_ms */
} zone;

extern const zone zone_utc;

int32_t zone_offset_ms(const zone *z, int64_t at_ms);
/* The first change of the offset after at_ms; INT64_MAX: none. */
int64_t zone_change_after_ms(const zone *z, int64_t at_ms);
/* Local day number. CHECKs that it fits int32: at_ms may be far outside the stored range, but
 * INT64_MAX as "never" is not a time. */
int32_t zone_day(const zone *z, int64_t at_ms);
/* The first instant whose local day is `day`: midnight, or the end of the gap when a change of
 * offset skips midnight, or the earlier midnight when there are two. When the zone skips the whole
 * day (Apia, 2011-12-30) it is the start of the next one, so that [start, next start) is empty. */
int64_t zone_day_start_ms(const zone *z, int32_t day);

int32_t day_week(int32_t day);  /* week number, 0 holds 1970-01-01; weeks begin on Monday */
int32_t day_month(int32_t day); /* months since 1970-01 */
int day_weekday(int32_t day);   /* 0 Monday … 6 Sunday */
int civil_month_days(int year, int month); /* 28 … 31; month 1 … 12 */
/* CHECKs that it is a date and that the year is within ±CIVIL_YEAR_MAX. */
enum { CIVIL_YEAR_MAX = 5000000 };
int32_t day_from_civil(int year, int month, int day_of_month);
void day_to_civil(int32_t day, int *year, int *month, int *day_of_month);

/* RFC 3339 date-time with an offset or Z, t and z too; fraction of 1 to 9 digits truncated to ms.
 * False when it is not one or not in [0, TIME_MAX_MS). A leap second (23:59:60 UTC at the end of a
 * month) is taken for the last ms before it ends, so that it stays in the day that it names. */
MUST_USE bool time_parse(str s, int64_t *out_ms);
MUST_USE bool time_parse_day(str s, int32_t *out_day); /* YYYY-MM-DD, 0000 to 9999 */
void time_write(buf *b, int64_t at_ms);   /* 2026-11-22T08:00:00.000Z; CHECKs years 0 to 9999 */
void time_write_day(buf *b, int32_t day); /* 2026-11-22; CHECKs years 0 to 9999 */

#endif

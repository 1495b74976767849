/* Time as int64 milliseconds since 1970-01-01T00:00:00Z, and civil days in a zone.
 *
 * A zone is a table of UTC offset changes made outside (plat/zone.h) and handed in; this file knows no clock and no tz
 * database. Day numbers count local days since 1970-01-01 (proleptic Gregorian). */
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
    int32_t offset_ms; /* local = UTC + offset */
} zone_change;

typedef struct zone {
    str name;          /* IANA name, e.g. "Asia/Shanghai" */
    int32_t first_offset_ms; /* before the first change */
    uint32_t n;
    const zone_change *changes; /* ascending by from_ms */
} zone;

extern const zone zone_utc;

int32_t zone_offset_ms(const zone *z, int64_t at_ms);
int32_t zone_day(const zone *z, int64_t at_ms);          /* local day number */
int64_t zone_day_start_ms(const zone *z, int32_t day);   /* first instant whose local day is `day` */
int32_t day_week(int32_t day);                           /* week number; weeks begin on Monday */
int32_t day_month(int32_t day);                          /* months since 1970-01 */
int day_weekday(int32_t day);                            /* 0 Monday … 6 Sunday */
int32_t day_from_civil(int year, int month, int day_of_month);
void day_to_civil(int32_t day, int *year, int *month, int *day_of_month);

/* RFC 3339 date-time with an offset or Z, fraction of up to 9 digits truncated to ms; false when it is not one. */
MUST_USE bool time_parse(str s, int64_t *out_ms);
MUST_USE bool time_parse_day(str s, int32_t *out_day);   /* YYYY-MM-DD */
void time_write(buf *b, int64_t at_ms);                  /* 2026-11-22T08:00:00.000Z */
void time_write_day(buf *b, int32_t day);                /* 2026-11-22 */

#endif

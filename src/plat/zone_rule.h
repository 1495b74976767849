/* The rule in the footer of a TZif file: a POSIX TZ string as RFC 8536 3.3 extends it, for example
 * "CET-1CEST,M3.5.0,M10.5.0/3". Pure. */
#ifndef QUAN_PLAT_ZONE_RULE_H
#define QUAN_PLAT_ZONE_RULE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

typedef struct zone_rule_day {
    char form;            /* 'M' month, week, weekday; 'J' day 1 … 365 without 29 February;
                             '0' day 0 … 365 with it */
    int month, week, day; /* day alone for 'J' and '0'; weekday 0 is Sunday */
    int32_t time_s;       /* local, may be negative or beyond a day */
} zone_rule_day;

typedef struct zone_rule {
    int32_t standard_offset_s, dst_offset_s; /* local = UTC + offset */
    bool has_dst;
    zone_rule_day begin, end; /* of daylight saving time */
} zone_rule;

MUST_USE bool zone_rule_parse(str text, zone_rule *out);
/* The instant in this year, seconds since 1970, at which daylight saving time begins or ends. */
int64_t zone_rule_at_s(const zone_rule *rule, int year, bool begin);

#endif

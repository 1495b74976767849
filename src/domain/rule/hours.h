/* Hours of the week in a zone: open now, and when next. Private to domain/rule. */
#ifndef QUAN_DOMAIN_RULE_HOURS_H
#define QUAN_DOMAIN_RULE_HOURS_H

#include "base/time.h"

typedef struct rule_hours {
    const zone *zone;
    unsigned weekdays;   /* bit 0: Monday; the days on which it begins */
    int64_t from, until; /* minutes of the day; until <= from: on the next day */
} rule_hours;

bool rule_hours_open(const rule_hours *h, int64_t at_ms);
/* The first instant from at_ms on when it is open (or shut) as asked; -1: not within a month. */
int64_t rule_hours_next(const rule_hours *h, int64_t at_ms, bool open);

#endif

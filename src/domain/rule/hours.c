/* Hours by the clock on the wall: between two changes of the zone's offset it is as straight as
 * UTC, so each such stretch is looked at by itself. */
#include "domain/rule/hours.h"

enum {
    WEEK = 7,
    LOOK_DAYS = 31, /* a week repeats; a zone that skips a day makes it two */
};

static int64_t floor_div(int64_t a, int64_t b)
{
    int64_t q = a / b;
    return a % b < 0 ? q - 1 : q;
}

static bool begins_on(const rule_hours *h, int64_t day)
{
    return (h->weekdays >> day_weekday((int32_t)day) & 1) != 0;
}

static bool open_locally(const rule_hours *h, int64_t local_ms)
{
    int64_t day = floor_div(local_ms, MS_DAY);
    int64_t in_day = local_ms - day * MS_DAY;
    bool after_from = in_day >= h->from * MS_MINUTE;
    bool before_until = in_day < h->until * MS_MINUTE;
    if (h->from < h->until) {
        return begins_on(h, day) && after_from && before_until;
    }
    return (begins_on(h, day) && after_from) || (begins_on(h, day - 1) && before_until);
}

bool rule_hours_open(const rule_hours *h, int64_t at_ms)
{
    return open_locally(h, at_ms + zone_offset_ms(h->zone, at_ms));
}

/* The first such local time from local_ms on; states change only where a day's hours begin or end,
 * and every state comes within a week and a day if it ever comes. -1: never. */
static int64_t next_locally(const rule_hours *h, int64_t local_ms, bool open)
{
    if (open_locally(h, local_ms) == open) {
        return local_ms;
    }
    int64_t first = floor_div(local_ms, MS_DAY);
    int64_t best = -1;
    for (int64_t day = first; day <= first + WEEK + 1; day++) {
        int64_t edges[] = {day * MS_DAY + h->from * MS_MINUTE, day * MS_DAY + h->until * MS_MINUTE,
                           day * MS_DAY};
        for (size_t i = 0; i < sizeof(edges) / sizeof(edges[0]); i++) {
            if (edges[i] > local_ms && (best < 0 || edges[i] < best) &&
                open_locally(h, edges[i]) == open) {
                best = edges[i];
            }
        }
    }
    return best;
}

int64_t rule_hours_next(const rule_hours *h, int64_t at_ms, bool open)
{
    int64_t end_ms = at_ms + LOOK_DAYS * MS_DAY;
    while (at_ms < end_ms) {
        int64_t offset = zone_offset_ms(h->zone, at_ms);
        int64_t change_ms = zone_change_after_ms(h->zone, at_ms);
        int64_t found = next_locally(h, at_ms + offset, open);
        if (found >= 0 && found - offset < change_ms) {
            return found - offset < end_ms ? found - offset : -1;
        }
        at_ms = change_ms;
    }
    return -1;
}

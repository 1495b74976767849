/* Where limits stand: at the merchant, the campaign, and the newest version of the template
 * (terms.h); who counts them; and what one of them is called. Pure functions over configuration and
 * usage rows. */
#ifndef QUAN_DOMAIN_LIMIT_LEVEL_H
#define QUAN_DOMAIN_LIMIT_LEVEL_H

#include "domain/limit/pool.h"
#include "domain/limit/terms.h"
#include "domain/limit/usage.h"

/* Limits that stand at one level. */
typedef struct limit_level {
    const char *name;
    uint64_t owner;    /* of pools */
    uint64_t campaign; /* of the usage row */
    uint64_t template; /* of the cells, or 0 */
    const limit_rule *rules;
    size_t n;
} limit_level;

enum { LIMIT_LEVELS = 3 }; /* merchant, campaign, template */
/* The merchant's limits are about coupons: of an automatic template that level is empty. */
void limit_levels_of(const terms *t, limit_level out[LIMIT_LEVELS]);

/* Who counts: the user's slot; the slot of a phone, e-mail, device …; a pool. */
typedef enum limit_way { LIMIT_BY_USER, LIMIT_BY_SUBJECT, LIMIT_SHARED, LIMIT_WAYS } limit_way;
limit_way limit_way_of(uint8_t subject);

/* The pool that counts a shared limit now. store: where; empty is one store, too. */
pool_name limit_pool_of(const limit_level *level, const limit_rule *rule, const terms *of,
                        str store, int64_t now_ms);

/* By which phones, devices, cards and addresses do limits on these measures count? Bits of
 * limit_subject; measures: bits of limit_measure. */
uint32_t limit_subjects_of(const terms *t, uint32_t measures);

/* Of these the first that a request with these subjects does not name; 0: none. */
uint8_t limit_missing_subject(const terms *t, uint32_t measures, uint32_t named);

/* The cells in which a limit by user or by subject counts. */
usage_key limit_key_of(const limit_level *level, const limit_rule *rule);
/* A rolling limit counts the instants behind this one. */
int64_t limit_counts_after(const limit_rule *rule, int64_t now_ms);
/* What they hold now. row may be NULL; day: in the merchant's zone. */
int64_t limit_used(const usage *row, const limit_level *level, const limit_rule *rule,
                   const terms *of, int64_t now_ms);
/* Does a rolling rule before this one, that was there at this version, count in the same cells? */
bool limit_is_counted(const limit_level *level, size_t index, uint32_t version);
/* Of the rolling rules that count in the cells of this one; 0: it is not rolling. */
int64_t limit_longest_window(const limit_level *level, const limit_rule *rule);

/* "The limit of the campaign is 3 redemptions a device a day." */
str limit_describe(arena *memory, const limit_level *level, const limit_rule *rule);

#endif

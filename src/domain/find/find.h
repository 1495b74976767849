/* Finding: which templates fit a cart, a page that shows a product, or a user, among a million.
 *
 * An index is an immutable snapshot: a few segments, each with posting lists over its templates.
 * find_with makes the next snapshot from it and shares what did not change; a change costs some
 * microseconds, because it becomes a small segment, and small segments are merged. Large ones are
 * merged aside: find_merge reads a snapshot on any thread, for as long as it takes, and
 * find_merged puts the result into the newest one. Any thread may read a snapshot; counts of
 * references are atomic.
 *
 * What is found is exactly what asking every template would find: lists give those that may fit,
 * and the rule of each decides. Templates come with their newest version, by ascending id. Whether
 * a campaign runs, stock and limits are not looked at here, nor is what a limit on money does to
 * other currencies than the campaign's. */
#ifndef QUAN_DOMAIN_FIND_FIND_H
#define QUAN_DOMAIN_FIND_FIND_H

#include "domain/campaign/config.h"
#include "domain/price/probe.h"

enum {
    FIND_SEGMENTS_MAX = 48, /* more are merged at once */
    FIND_SMALL_MAX = 1024,  /* templates that a change merges by itself */
    FIND_GROWTH = 6, /* a segment is merged into the one before unless that is so much larger */
    FIND_CURRENCY_BYTES = 3, /* of a code */
};

typedef struct find_index find_index;

find_index *find_empty(void);
find_index *find_share(const find_index *x); /* one more reference */
void find_free(find_index *x);               /* one less; NULL is allowed */
/* Is this the only reference? Then freeing it takes the time of freeing. */
bool find_is_last(const find_index *x);

/* The next snapshot: these templates, of the configuration, take the place of those with the same
 * ids. Each once. The index keeps references to them. `kept`: the first so many segments are being
 * merged and stay as they are. */
find_index *find_with(const find_index *x, const config *c, const config_template *const *templates,
                      size_t n, size_t kept);

/* ---- merging aside ---- */
typedef struct find_merger find_merger;
/* NULL: nothing is worth merging. Else the first find_merge_kept segments have to be kept. */
find_merger *find_merge(const find_index *x);
size_t find_merge_kept(const find_merger *m);
/* The long part. */
void find_merge_build(find_merger *m);
/* x: a descendant of the index that it was begun on. Frees the merger. */
find_index *find_merged(const find_index *x, find_merger *m);

/* ---- reading ---- */
typedef enum find_way {
    FIND_ALL,  /* every template of the merchant, whose conditions may be met in this context */
    FIND_PAGE, /* whose scope covers the line, and whose conditions may be met */
    FIND_CART, /* whose scope covers a line and whose conditions the cart meets */
} find_way;

typedef struct find_question {
    uint64_t merchant;
    find_way way;
    const cart *cart; /* lines marked as for price_cart; FIND_ALL: without lines; FIND_PAGE: one */
    price_policy policy;
} find_question;

typedef struct find_cursor find_cursor;
/* Those with an id behind `after`. R_DONE; else as price_probe_new. Close it in any case. */
MUST_USE result find_open(const find_index *x, const find_question *q, uint64_t after,
                          arena *memory, find_cursor **out);
/* The next one that fits; NULL: there is none, or looks (which is lowered by those that were asked)
 * is 0. It lives as long as the index. */
const config_template *find_next(find_cursor *c, size_t *looks);
/* Of the last template that was looked at: where to go on. */
uint64_t find_position(const find_cursor *c);
price_probe *find_probe(find_cursor *c);
void find_close(find_cursor *c); /* NULL is allowed */

typedef struct find_figures {
    uint64_t templates; /* replaced ones that still take room too */
    uint64_t terms, postings;
    uint64_t segments;
    uint64_t bytes; /* of the index; not of the templates */
} find_figures;
void find_measure(const find_index *x, find_figures *out);

#endif

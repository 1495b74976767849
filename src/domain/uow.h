/* The unit of work: all that an act may see and do. Domain code includes this (through
 * table.gen.h) and never a store.
 *
 * Rules for a decide function:
 * - Rows come from get, find and scan. NULL means absent or not loaded yet: after a group of
 *   gets, `if (uow_pending(u)) return R_AGAIN;`. The function is then run again from its
 *   beginning when the rows are there.
 * - All gets before the first new, edit or delete.
 * - A row is changed only after uow_edit(u, row); new rows come from uow_new and are zero but
 *   for their key.
 * - Text and lists put into rows live in uow_memory(u) or in the act's own input.
 * - No clock, random or I/O: time, ids and the act's facts come from here. Any result but R_DONE
 *   rolls the act's own writes back.
 * - One home: it writes only rows of its slot, and rows of the lane that runs it. Other slots
 *   get a message (uow_send).
 *
 * A unit of work belongs to one lane's thread, or, opened for reading on a snapshot, to the
 * caller's; there edit, new, delete, event and send are defects. */
#ifndef QUAN_DOMAIN_UOW_H
#define QUAN_DOMAIN_UOW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/issues.h"
#include "base/str.h"
#include "domain/link.h"
#include "domain/row.h"

typedef struct uow uow;
/* The immutable snapshot of campaigns and templates: domain/campaign/config.h. */
typedef struct config config;

enum {
    UOW_SCAN_MAX = 1000,
    UOW_DRY_MAX = 8,   /* pools that one act can be told are dry */
    UOW_DUE_MAX = 100, /* entries of a due block */
};

/* The generated functions (coupon_get …) call these; key_row is a struct with the key columns
 * filled. */
void *uow_get(uow *u, const table *t, const void *key_row);
void *uow_new(uow *u, const table *t, const void *key_row);
void uow_edit(uow *u, void *row);
void uow_delete(uow *u, void *row);
bool uow_pending(const uow *u);

/* Rows in ascending order of index `index` (-1: the table's key) whose first `prefix_columns`
 * columns equal those of `from`; begins at `from`'s remaining columns (all of them zero: at the
 * start), strictly after `from` when `after`. Fills at most limit <= UOW_SCAN_MAX rows, own writes
 * included, and returns how many; 0 and pending when they are not here yet. */
typedef struct uow_range {
    const table *table;
    int index;
    const void *from;
    uint8_t prefix_columns;
    bool after;
} uow_range;
size_t uow_scan(uow *u, const uow_range *range, size_t limit, void **rows);

/* Looking ahead, where each load is a round trip to a server: while a decide function lacks rows,
 * so that those which it will ask for later come along. */
bool uow_asks_ahead(const uow *u);
/* The row whose key is `key` but for the column that the row under from_key names (link.def), when
 * both are here; else NULL, and they come with the next load. `key` has 0 in that column. */
void *uow_ahead(uow *u, row_link_id which, const void *key, const void *from_key);

arena *uow_memory(uow *u);       /* lives until the act's batch is answered */
int64_t uow_now(const uow *u);   /* act time of the batch: never earlier than any before here */
uint16_t uow_lane(const uow *u); /* the lane that runs the act: home of lane rows */
uint16_t uow_lane_count(const uow *u);
/* Unique for ever, ascending in the lane; not given back on rollback. */
uint64_t uow_next_id(uow *u, uint16_t slot);
const config *uow_config(const uow *u);

/* An event for the feed: in the same commit, in the lane's order. `event` is the record of
 * table.def. */
void uow_event(uow *u, const void *event);
/* An entry for the sweep (coupon/acts.h), in the same commit: when act time has come to at_ms it
 * looks at this row, once. Whether there is anything to do the row tells then; an entry is never
 * taken back. Acts of the same batch find it (as due_block) when its time has come already. */
typedef struct due_name {
    uint8_t kind; /* due_kind of table.def */
    uint64_t id, lo;
} due_name;
void uow_due(uow *u, due_name what, int64_t at_ms);
/* An act for another slot (or a lane: to_lane), in the same commit; delivered exactly once, in
 * order per pair of lanes. `input` is a record of the act's input type; act is a number of
 * app/act.def. */
void uow_send(uow *u, uint16_t act, uint16_t slot, const record_type *type, const void *input);
void uow_send_lane(uow *u, uint16_t act, uint16_t lane, const record_type *type, const void *input);
/* A message as a row or a message has kept it: to_lane and input as in outbox. */
void uow_send_again(uow *u, uint16_t act, uint16_t slot, uint16_t to_lane, str input);

/* Refusing with a detail for people: keeps the sentence with the act and gives r back.
 * `return uow_refuse(u, R_…, "…");` */
MUST_USE result uow_refuse(uow *u, result r, const char *format, ...) PRINTF_LIKE(3, 4);
/* Refusing for one field of the input: keeps its place and what is wrong with it (issues.h) beside
 * the detail, which becomes "field: …". INVALID. */
MUST_USE result uow_refuse_field(uow *u, str field, str code, const char *format, ...)
    PRINTF_LIKE(4, 5);

/* Parking. An act that lacks a slice names the pool and what it needs of it in all, and returns
 * R_WAIT. It is run again when that much has arrived, or when the home of the pool has said that
 * all there is is here: then uow_dry answers true for what it had needed, and for less. need < 0,
 * from an act at the home: bring back all that the lanes hold unused; dry: they have, and nothing
 * is on its way home. */
typedef struct pool_name {
    uint64_t owner; /* campaign or template id: its slot is the pool's home */
    uint8_t kind;   /* pool_kind of table.def */
    /* limit_period << 24 | day, week or month number, for a periodic limit; else 0 */
    int32_t period;
    uint64_t subject; /* hash of the store for a limit by store; else 0 */
} pool_name;
static inline bool pool_name_eq(pool_name a, pool_name b)
{
    return a.owner == b.owner && a.kind == b.kind && a.period == b.period && a.subject == b.subject;
}
void uow_wait_for(uow *u, pool_name pool, int64_t need);
bool uow_dry(const uow *u, pool_name pool, int64_t need);

#endif

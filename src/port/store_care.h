/* Looking after a store (port/store.h, which includes this): figures, addresses, copies, walks
 * over tables. */
#ifndef QUAN_PORT_STORE_CARE_H
#define QUAN_PORT_STORE_CARE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/result.h"
#include "domain/uow.h"

typedef struct store store;

typedef struct store_metrics {
    uint64_t batches, requests, aborts, parked_now, queued_now, puts, deletes, bytes_written, syncs;
    uint64_t trips;      /* pg: round trips that batches took, those that ran again, too */
    uint64_t view_trips; /* pg: that views took */
    /* What it holds now, in bytes: blocks that were read, of at most cache_max; indexes and filters
     * of files; rows that are not in files yet; files of rows. mem: 0. */
    uint64_t cache_used, cache_max, indexes, unflushed, files;
    uint16_t shards;
    bool away[STORE_SHARDS_MAX];           /* pg: shards that could not be reached the last time */
    uint64_t replica_views, primary_views; /* pg: of those that a replica might have served */
    bool full; /* the disk is, or was at the last write: commits are refused */
} store_metrics;
void store_metrics_read(store *s, store_metrics *out);
/* A consistent copy, while serving. */
MUST_USE result store_checkpoint(store *s, str directory, buf *why);
void store_compact(store *s); /* before measuring sizes */

/* The addresses that a text names, at most STORE_SHARDS_MAX; how many, 0: it does not. Between two
 * of them is a comma, blanks, or both; hosts of one address have commas between them, too. */
size_t store_urls_read(str text, str urls[STORE_SHARDS_MAX]);

/* All rows of a table, or all entries of one of its indexes, whose slot (lane, for tables that
 * live by lane) is in [from, until): for checks and dumps, of point tables too. On the snapshot
 * of the view, one at a time, so the memory does not grow; by ascending slot, and inside a slot
 * in no order that may be relied on. An index entry comes as a row with the index's columns
 * filled. What cannot be read comes as a row of NULL with its stored key. `row` and what it
 * points to are valid during the call only; the visit may not use the view or the store, and
 * ends the walk by answering false. R_DONE, also when ended so; R_IO. */
typedef struct store_span {
    const table *table;
    int index; /* -1: the rows */
    uint16_t from;
    uint32_t until;
} store_span;
typedef bool store_visit(void *context, str key, const void *row);
MUST_USE result store_each(uow *view, const store_span *span, store_visit *visit, void *context);

#endif

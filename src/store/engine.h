/* What an engine is: rows in, rows out, one atomic durable commit a batch. The lanes and the unit
 * of work know nothing else of it.
 *
 * Rows are structs of table.def. An embedded engine is bytes in order (store/kv.h turns rows into
 * them); PostgreSQL will be columns. Threads: load, scan and snapshots from any thread; commit for
 * a lane from that lane's thread only, for several lanes at once. */
#ifndef QUAN_STORE_ENGINE_H
#define QUAN_STORE_ENGINE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "domain/row.h"
#include "port/store.h"

typedef struct engine engine;
typedef struct snapshot snapshot;

/* One row wanted by its key. */
typedef struct load_item {
    const table *table;
    str key;        /* its stored form */
    void *row;      /* from engine_row_new, key columns filled; the engine fills the rest */
    bool found;     /* out */
    result outcome; /* out: R_DONE, or R_CORRUPT or R_IO of this row alone */
} load_item;

typedef struct scan_request {
    const table *table;
    int index;    /* -1: the table's key */
    str prefix;   /* stored form of the columns that must be equal */
    str position; /* where to begin; starts with prefix */
    bool after;   /* strictly behind position */
    size_t limit;
} scan_request;

typedef struct row_list {
    void **rows;
    size_t n;
} row_list;

/* before NULL: insert; after NULL: delete; both: update. Both carry the key. */
typedef struct change {
    const table *table;
    str key; /* its stored form */
    const void *before, *after;
} change;

typedef struct engine_ops {
    const char *name;
    void (*close)(engine *e);
    /* Committed rows, at the snapshot or (NULL) newest. Each item tells its own outcome. */
    void (*load)(engine *e, const snapshot *at, load_item *items, size_t n, arena *memory);
    /* At most limit rows from engine_row_new, in order. R_DONE, R_CORRUPT, R_IO. */
    result (*scan)(engine *e, const snapshot *at, const scan_request *wanted, arena *memory,
                   row_list *out);
    /* See store_each. The visit may not call the engine. */
    result (*each)(engine *e, const snapshot *at, const store_span *span, store_visit *visit,
                   void *context);
    snapshot *(*snapshot_new)(engine *e);
    void (*snapshot_free)(engine *e, const snapshot *s);
    /* All or nothing, durable when it returns R_DONE. R_STORAGE_FULL (nothing of it is kept), R_IO
     * (nothing may be acknowledged any more), R_EPOCH_CHANGED or R_STALE (a race was lost: reload
     * and run the batch again). */
    result (*commit)(engine *e, uint16_t lane, const change *changes, size_t n);
    result (*checkpoint)(engine *e, str directory, buf *why);
    void (*compact)(engine *e);
    void (*measure)(engine *e, store_metrics *out); /* cache_used … full; NULL: all 0 */
} engine_ops;

typedef struct engine_counters {
    _Atomic uint64_t puts, deletes, bytes, syncs;
} engine_counters;

struct engine {
    const engine_ops *ops;
    bool withholds; /* a load costs a round trip: collect what a whole batch misses, load it at once
                     */
    bool checked;   /* look for rows that were changed without uow_edit: costs a copy of each row */
    bool read_only; /* commit is never called */
    uint64_t adversary; /* seed of random withholding, aborts and splits; 0: off */
    engine_counters counters;
    const slot_map *_Atomic map; /* set by the store before the first request */
};

/* A zeroed row with the room in front of it that the unit of work needs. */
void *engine_row_new(arena *memory, const table *t);

/* Takes the engine over, also when it refuses. */
MUST_USE result store_open_engine(engine *e, const store_options *options, const store_hooks *hooks,
                                  store **out, buf *why);

#endif

/* What an engine is: rows in, rows out, one atomic durable commit a batch. lane.c and uow.c know nothing else of it.
 *
 * Rows are structs of table.def. An embedded engine is bytes in order (store/kv.h turns rows into them); PostgreSQL will be columns.
 * Threads: load and scan with a snapshot from any thread; commit from the lane's thread only. */
#ifndef QUAN_STORE_ENGINE_H
#define QUAN_STORE_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "domain/row.h"
#include "port/store.h"

typedef struct engine engine;
typedef struct snapshot snapshot;

typedef struct load_item {
    const table *table;
    const void *key_row;  /* a struct whose key columns are filled */
    void *row;            /* out: the row in memory's arena, NULL when absent */
} load_item;

typedef struct scan_request {
    uow_range range;
    size_t limit;
} scan_request;

/* before NULL: insert; after NULL: delete; both: update. Both carry the key. */
typedef struct change {
    const table *table;
    const void *before, *after;
} change;

typedef struct engine_ops {
    const char *name;
    void (*close)(engine *e);
    /* Committed rows, at the snapshot or (NULL) newest. R_OK, R_CORRUPT, R_IO. */
    result (*load)(engine *e, const snapshot *at, load_item *items, size_t n, arena *memory);
    result (*scan)(engine *e, const snapshot *at, const scan_request *request, arena *memory, void **rows, size_t *n);
    snapshot *(*snapshot_new)(engine *e);
    void (*snapshot_free)(engine *e, snapshot *s);
    /* All or nothing, durable when it returns R_OK. R_STORAGE_FULL, R_IO (nothing may be acknowledged any more),
     * R_EPOCH_CHANGED or R_STALE (a race was lost: reload and run the batch again). */
    result (*commit)(engine *e, uint16_t lane, const change *changes, size_t n);
    result (*checkpoint)(engine *e, str directory, buf *why);
    void (*compact)(engine *e);
    bool withholds; /* load costs a round trip: collect the missing rows of a whole batch, then load them at once */
} engine_ops;

struct engine {
    const engine_ops *ops;
};

#endif

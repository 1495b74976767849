/* What an engine is: rows in, rows out, one atomic durable commit a batch. The lanes and the unit
 * of work know nothing else of it.
 *
 * Rows are structs of table.def. An embedded engine is bytes in order (store/kv.h turns rows into
 * them); PostgreSQL is columns. Threads: reading and snapshots from any thread; batch and commit
 * for a lane from that lane's thread only, for several lanes at once. */
#ifndef QUAN_STORE_ENGINE_H
#define QUAN_STORE_ENGINE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "domain/link.h"
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
    result outcome; /* out: R_DONE, or R_CORRUPT, R_IO or R_UNAVAILABLE of this row alone */
} load_item;

typedef struct scan_request {
    const table *table;
    int index;              /* -1: the table's key */
    uint8_t prefix_columns; /* so many must be equal: */
    str prefix;             /* their stored form */
    str position;           /* where to begin; starts with prefix */
    bool after;             /* strictly behind position */
    size_t limit;
} scan_request;

typedef struct row_list {
    void **rows;
    size_t n;
} row_list;

/* At most limit rows from engine_row_new, in order. */
typedef struct scan_item {
    scan_request request;
    row_list found; /* out */
    result outcome; /* out: R_DONE, or why there is nothing */
} scan_item;

/* A row wanted by a key that another one completes, which is wanted, too. */
typedef struct link_item {
    row_link_id which;
    str from_key;     /* stored form of the other one's key, … */
    const void *from; /* … and its columns */
    void *row;        /* as of load_item, but for the column of its key that is named */
    bool named;       /* out: the other one is there, and names it: the column is filled */
    bool found;       /* out */
    result outcome;   /* out: as of load_item */
} link_item;

/* All that somebody lacks: one round trip, where the engine has them. */
typedef struct read_request {
    load_item *items;
    size_t n;
    scan_item *scans;
    size_t scans_n;
    link_item *links; /* of a batch, where the engine is far away */
    size_t links_n;
} read_request;

/* before NULL: insert; after NULL: delete; both: update. Both carry the key. */
typedef struct change {
    const table *table;
    str key; /* its stored form */
    const void *before, *after;
} change;

typedef struct engine_ops {
    const char *name;
    void (*close)(engine *e);
    /* Where the next batch of a lane reads, until its commit; NULL: it reads the newest. */
    const snapshot *(*batch)(engine *e, uint16_t lane);
    /* What the clock of the engine's server said when the batch began to read, UTC; 0: it has none,
     * or was not asked. NULL: as if 0. */
    int64_t (*clock_ms)(const snapshot *at);
    /* Committed rows, at the snapshot or (NULL) newest. Each item tells its own outcome. */
    void (*read)(engine *e, const snapshot *at, const read_request *wanted, arena *memory);
    /* See store_each. The visit may not call the engine. */
    result (*each)(engine *e, const snapshot *at, const store_span *span, store_visit *visit,
                   void *context);
    /* home: what it is for, its lane filled in; NULL: all of them. fixed: what it sees of these is
     * fixed when this returns; else a shard's with the first read there, which saves a round trip
     * and may then find that it cannot be reached. NULL: that is known now. */
    snapshot *(*snapshot_new)(engine *e, const store_home *home, bool fixed);
    /* store_read_has, store_reach. NULL: there is one shard, and it is here. */
    bool (*has)(engine *e, const snapshot *at, uint16_t lane);
    void (*reach)(engine *e);
    void (*snapshot_free)(engine *e, const snapshot *s);
    /* All or nothing, durable when it returns R_DONE. R_STORAGE_FULL, R_UNAVAILABLE (nothing of it
     * is kept), R_EPOCH_CHANGED or R_STALE (nor of it; a race was lost: reload and run the batch
     * again), R_UNKNOWN (that cannot be found out), R_IO (nor anything else: nothing may be
     * acknowledged any more). */
    result (*commit)(engine *e, uint16_t lane, const change *changes, size_t n);
    /* The last commit of this lane, R_DONE or R_UNKNOWN, is of a batch that answers a request of
     * this slot; maybe by what others have written there. NULL: no replicas. */
    void (*answers)(engine *e, uint16_t lane, uint16_t slot);
    /* store_position_here and store_position_seen; NULL: no replicas */
    void (*position_here)(engine *e, arena *memory, store_position *out);
    void (*position_seen)(engine *e, uint16_t slot, const store_position *p);
    result (*checkpoint)(engine *e, str directory, buf *why);
    void (*compact)(engine *e);
    void (*measure)(engine *e, store_metrics *out); /* cache_used … full; NULL: all 0 */
} engine_ops;

typedef struct engine_counters {
    _Atomic uint64_t puts, deletes, bytes, syncs;
    _Atomic uint64_t trips;      /* of batches, to a server and back */
    _Atomic uint64_t view_trips; /* of views */
} engine_counters;

struct engine {
    const engine_ops *ops;
    bool withholds; /* a load costs a round trip: collect what a whole batch misses, load it at once
                     */
    bool far;       /* … and that trip is to a server: acts ask ahead for what they may need, and
                       rows that name others are loaded with those */
    bool shared;    /* other processes may write: every batch writes its lane's head, and so finds
                       out whether another one came between */
    bool checked;   /* look for rows that were changed without uow_edit: costs a copy of each row */
    bool read_only; /* commit is never called */
    uint64_t adversary; /* seed of random withholding, aborts and splits; 0: off */
    engine_counters counters;
    const slot_map *_Atomic map; /* set by the store: its shards and lanes before anything but its
                                    first record is read, all of it before the first request */
};

/* A zeroed row with the room in front of it that the unit of work needs, and in that a number that
 * an engine may keep with a row that it has read: `before` of a change has it still. */
void *engine_row_new(arena *memory, const table *t);
void engine_row_set_rev(void *row, int64_t rev);
int64_t engine_row_rev(const void *row);

/* Takes the engine over, also when it refuses. */
MUST_USE result store_open_engine(engine *e, const store_options *options, const store_hooks *hooks,
                                  store **out, buf *why);

#endif

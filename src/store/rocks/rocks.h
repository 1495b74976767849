/* The RocksDB engine from inside. Not for other folders.
 *
 * `open` changes only while the gate is closed; whoever uses it is inside the gate. */
#ifndef QUAN_STORE_ROCKS_ROCKS_H
#define QUAN_STORE_ROCKS_ROCKS_H

#include <rocksdb/c.h>

#include "store/kv.h"
#include "store/rocks/gate.h"

enum {
    ROCKS_FAMILIES = KV_SPACES + 1, /* RocksDB insists on one named "default": unused */
    ROCKS_RANGE_PREFIX = 7,         /* bytes: number, slot, member: one user's rows of an index */
};

typedef struct rocks_open {
    rocksdb_t *db;
    rocksdb_column_family_handle_t *families[ROCKS_FAMILIES];
} rocks_open;

typedef struct rocks_options {
    rocksdb_options_t *db;       /* as it is opened ordinarily */
    rocksdb_options_t *db_quick; /* recovered rows stay in memory: opening writes next to nothing */
    rocksdb_options_t *families[ROCKS_FAMILIES], *families_quick[ROCKS_FAMILIES];
    rocksdb_cache_t *cache;
    rocksdb_readoptions_t *read;
    rocksdb_writeoptions_t *write;
} rocks_options;

typedef struct rocks {
    kv_engine kv; /* first */
    char *path;
    int lock_fd;
    gate gate;
    rocks_open open;
    rocks_options options;
    rocksdb_writebatch_t *batches[STORE_LANES_MAX];
    _Atomic int64_t act_time_ms[STORE_LANES_MAX]; /* of the last commit; 0: none yet */
    _Atomic unsigned filters;    /* compactions that use this struct; none once it is closed */
    _Atomic uint64_t generation; /* how often it was opened */
    _Atomic bool full;           /* the reserve is gone: no commit before it is there again */
} rocks;

/* options.c */
void rocks_options_init(rocks *r, const store_options *options);
void rocks_options_free(rocks_options *o);
extern const char *const rocks_family_names[ROCKS_FAMILIES];
/* keep.c: drops idempotency records whose time is over */
rocksdb_compactionfilterfactory_t *rocks_keep_filter(rocks *r);
/* heal.c */
/* Takes errptr's text over. R_STORAGE_FULL only when nothing was synced in vain. */
result rocks_classify(char *error, buf *why);
result rocks_open_db(rocks *r, const store_options *options, buf *why);
void rocks_close_db(rocks *r);
/* After a write has failed for want of space: opens the database again. R_DONE, R_IO. */
result rocks_heal(rocks *r, uint64_t generation);
bool rocks_has_space(rocks *r); /* may a commit be begun? */

#endif

/* Rows as bytes: the half of an embedded engine that knows tables, over one that knows only keys.
 *
 * An embedded engine begins its struct with a kv_engine, fills in `kv`, uses kv_read and kv_commit
 * as its engine operations, and does bytes: get many, scan in order, write atomically.
 * Indexes are kept here, from the rows before and after each change. */
#ifndef QUAN_STORE_KV_H
#define QUAN_STORE_KV_H

#include "store/engine.h"

/* Key spaces: engines may tune each for its use. No key is in two. */
typedef enum kv_space {
    KV_POINT, /* read by whole key only */
    KV_RANGE, /* read in order too: range tables and all indexes */
    KV_LOG,   /* written once in ascending order, read in order, rarely: events, outbox */
    KV_SPACES
} kv_space;

typedef struct kv_key {
    kv_space space;
    str key;
} kv_key;

/* Called for each key that has a value, in any order; the value is valid during the call only. */
typedef void kv_found(void *context, size_t i, str value);

typedef struct kv_get {
    const snapshot *at; /* NULL: newest */
    const kv_key *keys;
    size_t n;
    kv_found *found;
    void *context; /* for found */
} kv_get;

typedef struct kv_range {
    kv_space space;
    str prefix, position; /* position starts with prefix */
    bool after;
    size_t limit; /* > 0 */
    str end;      /* not this key nor any behind it; empty: only the prefix ends the range */
} kv_range;

/* Called in ascending order; both valid during the call only. */
typedef void kv_visit(void *context, str key, str value);

typedef struct kv_write {
    kv_space space;
    bool remove;
    str key, value;
} kv_write;

typedef struct kv_engine kv_engine;
typedef struct kv_ops {
    /* R_DONE, R_IO, R_CORRUPT; the latter two for any of the keys. */
    result (*get)(kv_engine *e, const kv_get *get);
    result (*scan)(kv_engine *e, const snapshot *at, const kv_range *range, kv_visit *visit,
                   void *context);
    /* As engine_ops.commit. */
    result (*write)(kv_engine *e, uint16_t lane, const kv_write *writes, size_t n);
} kv_ops;

struct kv_engine {
    engine engine;
    const kv_ops *kv;
    buf bytes[STORE_LANES_MAX]; /* what a lane's commit is encoded into */
};

void kv_init(kv_engine *e);
void kv_free(kv_engine *e);
kv_space kv_space_of(const table *t);

void kv_read(engine *e, const snapshot *at, const read_request *wanted, arena *memory);
result kv_each(engine *e, const snapshot *at, const store_span *span, store_visit *visit,
               void *context); /* each.c */
result kv_commit(engine *e, uint16_t lane, const change *changes, size_t n);

#endif

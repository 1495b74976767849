/* The engine on RocksDB. A commit is one WriteBatch, synced; lanes commit at once and RocksDB makes
 * one sync of what meets.
 *
 * Invariants: R_STORAGE_FULL means that nothing of the commit is kept, now or after a restart: when
 * RocksDB itself ran out of space in the middle, the database is opened again and asked. */
#include "store/rocks/rocks.h"

#include <stdlib.h>
#include <unistd.h>

#include "domain/table.gen.h"
#include "store/rocks/files.h"

struct snapshot {
    const rocksdb_snapshot_t *at;
    rocksdb_readoptions_t *read;
};

static const rocksdb_readoptions_t *read_options(const rocks *r, const snapshot *at)
{
    return at == NULL ? r->options.read : at->read;
}

/* ---- get ---- */

static result get_one(rocks *r, const kv_get *get)
{
    char *error = NULL;
    const kv_key *k = &get->keys[0];
    rocksdb_pinnableslice_t *pinned =
        rocksdb_get_pinned_cf(r->open.db, read_options(r, get->at), r->open.families[k->space],
                              k->key.p, k->key.n, &error);
    if (error != NULL)
        return rocks_classify(error, NULL);
    if (pinned == NULL)
        return R_DONE;
    str value;
    value.p = rocksdb_pinnableslice_value(pinned, &value.n);
    get->found(get->context, 0, value);
    rocksdb_pinnableslice_destroy(pinned);
    return R_DONE;
}

enum { GET_AT_ONCE = 256 };

/* Keys of one space, at most GET_AT_ONCE, with their place in the caller's array. */
typedef struct key_group {
    const char *keys[GET_AT_ONCE];
    size_t sizes[GET_AT_ONCE], places[GET_AT_ONCE];
    size_t n;
} key_group;

static result get_group(rocks *r, kv_space space, const key_group *g, const kv_get *get)
{
    rocksdb_pinnableslice_t *values[GET_AT_ONCE];
    char *errors[GET_AT_ONCE];
    rocksdb_batched_multi_get_cf(r->open.db, read_options(r, get->at), r->open.families[space],
                                 g->n, g->keys, g->sizes, values, errors, false);
    result outcome = R_DONE;
    for (size_t i = 0; i < g->n; i++) {
        if (errors[i] != NULL)
            outcome = rocks_classify(errors[i], NULL);
        if (values[i] == NULL)
            continue;
        str value;
        value.p = rocksdb_pinnableslice_value(values[i], &value.n);
        if (errors[i] == NULL)
            get->found(get->context, g->places[i], value);
        rocksdb_pinnableslice_destroy(values[i]);
    }
    return outcome;
}

static result get_space(rocks *r, kv_space space, const kv_get *get)
{
    key_group g;
    g.n = 0;
    result outcome = R_DONE;
    for (size_t i = 0; i < get->n; i++) {
        if (get->keys[i].space == space) {
            g.keys[g.n] = get->keys[i].key.p;
            g.sizes[g.n] = get->keys[i].key.n;
            g.places[g.n++] = i;
        }
        if (g.n == GET_AT_ONCE || (i + 1 == get->n && g.n > 0)) {
            result of_group = get_group(r, space, &g, get);
            outcome = of_group != R_DONE ? of_group : outcome;
            g.n = 0;
        }
    }
    return outcome;
}

static result rocks_get(kv_engine *e, const kv_get *get)
{
    rocks *r = (rocks *)e;
    gate_enter(&r->gate);
    result outcome = R_DONE;
    if (r->open.db == NULL)
        outcome = R_IO;
    else if (get->n == 1)
        outcome = get_one(r, get);
    else
        for (size_t s = 0; s < KV_SPACES && outcome == R_DONE; s++)
            outcome = get_space(r, (kv_space)s, get);
    gate_leave(&r->gate);
    return outcome;
}

/* ---- scan ---- */

/* The smallest key behind all that begin with prefix; false when there is none. */
static bool behind(str prefix, char out[ROW_KEY_MAX], size_t *n)
{
    if (prefix.n > 0)
        memcpy(out, prefix.p, prefix.n);
    for (*n = prefix.n; *n > 0; (*n)--)
        if ((uint8_t)out[*n - 1] != UINT8_MAX) {
            out[*n - 1]++;
            return true;
        }
    return false;
}

/* A function of its own because tools/tsan.supp names it. */
static bool rocks_key_within(str key, const kv_range *range)
{
    return str_starts(key, range->prefix) && (range->end.n == 0 || str_cmp(key, range->end) < 0);
}

static void walk(rocksdb_iterator_t *i, const kv_range *range, kv_visit *visit, void *context)
{
    rocksdb_iter_seek(i, range->position.p, range->position.n);
    for (size_t left = range->limit; left > 0 && rocksdb_iter_valid(i); rocksdb_iter_next(i)) {
        str key, value;
        key.p = rocksdb_iter_key(i, &key.n);
        if (!rocks_key_within(key, range))
            break;
        if (range->after && str_eq(key, range->position))
            continue;
        value.p = rocksdb_iter_value(i, &value.n);
        visit(context, key, value);
        left--;
    }
}

static result scan_open(rocks *r, const snapshot *at, const kv_range *range, kv_visit *visit,
                        void *context)
{
    char end[ROW_KEY_MAX];
    size_t end_n;
    rocksdb_readoptions_t *read = rocksdb_readoptions_create();
    if (at != NULL)
        rocksdb_readoptions_set_snapshot(read, at->at);
    if (behind(range->prefix, end, &end_n))
        rocksdb_readoptions_set_iterate_upper_bound(read, end, end_n);
    bool short_prefix = range->prefix.n < ROCKS_RANGE_PREFIX;
    rocksdb_readoptions_set_total_order_seek(read, short_prefix);
    rocksdb_readoptions_set_fill_cache(read, range->limit != SIZE_MAX); /* a walk over everything */
    rocksdb_readoptions_set_prefix_same_as_start(read, !short_prefix);
    rocksdb_iterator_t *i =
        rocksdb_create_iterator_cf(r->open.db, read, r->open.families[range->space]);
    walk(i, range, visit, context);
    char *error = NULL;
    rocksdb_iter_get_error(i, &error);
    rocksdb_iter_destroy(i);
    rocksdb_readoptions_destroy(read);
    return error == NULL ? R_DONE : rocks_classify(error, NULL);
}

static result rocks_scan(kv_engine *e, const snapshot *at, const kv_range *range, kv_visit *visit,
                         void *context)
{
    rocks *r = (rocks *)e;
    /* The point family has an order only for who asks for all of it: each.c. */
    CHECK(range->space != KV_POINT || range->prefix.n < ROCKS_RANGE_PREFIX);
    gate_enter(&r->gate);
    result outcome = r->open.db == NULL ? R_IO : scan_open(r, at, range, visit, context);
    gate_leave(&r->gate);
    return outcome;
}

/* ---- snapshots ---- */

/* A reader stays inside the gate until it frees its snapshot. */
static snapshot *rocks_snapshot_new(engine *e, const store_home *home, bool fixed)
{
    MAYBE(fixed);
    MAYBE(home); /* one for all */
    rocks *r = (rocks *)e;
    gate_enter(&r->gate);
    if (r->open.db == NULL) {
        gate_leave(&r->gate);
        return NULL;
    }
    snapshot *s = malloc(sizeof(*s)); /* freed by rocks_snapshot_free */
    CHECK(s != NULL);
    s->at = rocksdb_create_snapshot(r->open.db);
    s->read = rocksdb_readoptions_create();
    rocksdb_readoptions_set_snapshot(s->read, s->at);
    return s;
}

static void rocks_snapshot_free(engine *e, const snapshot *s)
{
    rocks *r = (rocks *)e;
    rocksdb_readoptions_destroy(s->read);
    rocksdb_release_snapshot(r->open.db, s->at);
    free((void *)(uintptr_t)s);
    gate_leave(&r->gate);
}

/* ---- commit ---- */

static rocksdb_writebatch_t *fill(rocks *r, uint16_t lane, const kv_write *writes, size_t n)
{
    if (r->batches[lane] == NULL)
        r->batches[lane] = rocksdb_writebatch_create();
    rocksdb_writebatch_t *b = r->batches[lane];
    rocksdb_writebatch_clear(b);
    for (size_t i = 0; i < n; i++) {
        const kv_write *w = &writes[i];
        rocksdb_column_family_handle_t *family = r->open.families[w->space];
        if (w->remove)
            rocksdb_writebatch_delete_cf(b, family, w->key.p, w->key.n);
        else
            rocksdb_writebatch_put_cf(b, family, w->key.p, w->key.n, w->value.p, w->value.n);
    }
    return b;
}

typedef struct kept_row {
    str wanted;
    bool same;
} kept_row;

static void compare(void *context, size_t i, str value)
{
    (void)i;
    kept_row *k = context;
    k->same = str_eq(k->wanted, value);
}

/* Is the commit there? Its first write is the lane's head, whose revision no other has. */
static result was_kept(rocks *r, const kv_write *head, bool *kept)
{
    kept_row k = {.wanted = head->value};
    kv_key key = {head->space, head->key};
    kv_get get = {.keys = &key, .n = 1, .found = compare, .context = &k};
    result outcome = rocks_get(&r->kv, &get);
    *kept = k.same;
    return outcome;
}

typedef struct write_try {
    uint64_t generation; /* of the database that it met */
    bool begun;          /* there was room to begin with */
} write_try;

static result write_once(rocks *r, uint16_t lane, const kv_write *writes, size_t n, write_try *t)
{
    gate_enter(&r->gate);
    t->generation = atomic_load(&r->generation);
    /* Asked inside the gate: the reserve that somebody heals with is not to be taken from him. */
    t->begun = r->open.db != NULL && rocks_has_space(r);
    result outcome = r->open.db == NULL ? R_IO : R_STORAGE_FULL;
    if (t->begun) {
        char *error = NULL;
        rocksdb_write(r->open.db, r->options.write, fill(r, lane, writes, n), &error);
        outcome = error == NULL ? R_DONE : rocks_classify(error, NULL);
    }
    gate_leave(&r->gate);
    return outcome;
}

static result rocks_write(kv_engine *e, uint16_t lane, const kv_write *writes, size_t n)
{
    enum { TRIES = 2 }; /* the first may meet an old error of the background's */
    rocks *r = (rocks *)e;
    result outcome = R_STORAGE_FULL;
    for (int i = 0; i < TRIES && outcome == R_STORAGE_FULL; i++) {
        write_try t;
        bool kept = false;
        outcome = write_once(r, lane, writes, n, &t);
        if (outcome != R_STORAGE_FULL || !t.begun)
            break;
        outcome = rocks_heal(r, t.generation);
        if (outcome == R_DONE)
            outcome = was_kept(r, &writes[0], &kept);
        if (outcome == R_DONE)
            outcome = kept ? R_DONE : R_STORAGE_FULL;
    }
    if (outcome == R_DONE)
        atomic_fetch_add_explicit(&e->engine.counters.syncs, 1, memory_order_relaxed);
    return outcome == R_CORRUPT ? R_IO : outcome;
}

static result rocks_commit(engine *e, uint16_t lane, const change *changes, size_t n)
{
    rocks *r = (rocks *)e;
    result outcome = kv_commit(e, lane, changes, n);
    if (outcome == R_DONE && changes[0].table == &lane_head_table)
        atomic_store(&r->act_time_ms[lane], ((const lane_head *)changes[0].after)->time_ms);
    return outcome;
}

/* ---- looking after ---- */

static result rocks_checkpoint(engine *e, str directory, buf *why)
{
    rocks *r = (rocks *)e;
    arena *memory = arena_new(0);
    gate_enter(&r->gate);
    char *error = NULL;
    result outcome = r->open.db != NULL ? R_DONE : R_IO;
    rocksdb_checkpoint_t *c = NULL;
    if (outcome == R_DONE)
        c = rocksdb_checkpoint_object_create(r->open.db, &error);
    if (c != NULL && error == NULL)
        rocksdb_checkpoint_create(c, arena_z(memory, directory), 0, &error);
    if (error != NULL)
        outcome = rocks_classify(error, why);
    if (c != NULL)
        rocksdb_checkpoint_object_destroy(c);
    gate_leave(&r->gate);
    arena_free(memory);
    return outcome;
}

static void rocks_compact(engine *e)
{
    enum { BOTTOM_TOO = 2 }; /* kForce */
    rocks *r = (rocks *)e;
    rocksdb_compactoptions_t *o = rocksdb_compactoptions_create();
    rocksdb_compactoptions_set_bottommost_level_compaction(o, BOTTOM_TOO);
    gate_enter(&r->gate);
    for (size_t i = 0; i < KV_SPACES && r->open.db != NULL; i++)
        rocksdb_compact_range_cf_opt(r->open.db, r->open.families[i], o, NULL, 0, NULL, 0);
    gate_leave(&r->gate);
    rocksdb_compactoptions_destroy(o);
}

static uint64_t property(const rocks *r, size_t family, const char *name)
{
    uint64_t n = 0;
    return rocksdb_property_int_cf(r->open.db, r->open.families[family], name, &n) == 0 ? n : 0;
}

static void rocks_measure(engine *e, store_metrics *out)
{
    rocks *r = (rocks *)e;
    out->cache_used = rocksdb_cache_get_usage(r->options.cache);
    out->cache_max = rocksdb_cache_get_capacity(r->options.cache);
    out->full = atomic_load(&r->full) || files_space_is_low(r->path);
    gate_enter(&r->gate);
    for (size_t i = 0; i < ROCKS_FAMILIES && r->open.db != NULL; i++) {
        out->indexes += property(r, i, "rocksdb.estimate-table-readers-mem");
        out->unflushed += property(r, i, "rocksdb.cur-size-all-mem-tables");
        out->files += property(r, i, "rocksdb.live-sst-files-size");
    }
    gate_leave(&r->gate);
}

/* What is in memory goes into tables, so that the next opening has no log to replay. Where that
 * fails (a full or broken disk) the log has everything still. */
static void flush_all(const rocks *r)
{
    rocksdb_flushoptions_t *o = rocksdb_flushoptions_create();
    rocksdb_flushoptions_set_wait(o, 1);
    for (size_t i = 0; i < ROCKS_FAMILIES; i++) {
        char *error = NULL;
        rocksdb_flush_cf(r->open.db, o, r->open.families[i], &error);
        rocksdb_free(error);
    }
    rocksdb_flushoptions_destroy(o);
}

static void rocks_close(engine *e)
{
    rocks *r = (rocks *)e;
    if (r->open.db != NULL && !r->kv.engine.read_only)
        flush_all(r);
    rocks_close_db(r);
    for (size_t i = 0; i < STORE_LANES_MAX; i++)
        if (r->batches[i] != NULL)
            rocksdb_writebatch_destroy(r->batches[i]);
    CHECK(atomic_load(&r->filters) == 0);
    rocks_options_free(&r->options);
    if (r->lock_fd >= 0)
        close(r->lock_fd);
    gate_free(&r->gate);
    kv_free(&r->kv);
    free(r->path);
    free(r);
}

static const kv_ops rocks_kv_ops = {rocks_get, rocks_scan, rocks_write};

static const engine_ops rocks_ops = {
    .name = "rocks",
    .close = rocks_close,
    .read = kv_read,
    .each = kv_each,
    .snapshot_new = rocks_snapshot_new,
    .snapshot_free = rocks_snapshot_free,
    .commit = rocks_commit,
    .checkpoint = rocks_checkpoint,
    .compact = rocks_compact,
    .measure = rocks_measure,
};

result store_open_rocks(const store_options *options, const store_hooks *hooks, store **out,
                        buf *why)
{
    rocks *r = calloc(1, sizeof(*r)); /* freed by rocks_close */
    CHECK(r != NULL);
    r->kv.engine.ops = &rocks_ops;
    r->kv.engine.withholds = true;
    r->kv.engine.read_only = options->read_only;
    r->kv.engine.adversary = options->adversary;
    r->kv.kv = &rocks_kv_ops;
    r->path = strndup(options->path.p, options->path.n); /* freed by rocks_close */
    CHECK(r->path != NULL);
    r->lock_fd = -1;
    kv_init(&r->kv);
    gate_init(&r->gate);
    rocks_options_init(r, options);
    result outcome = options->read_only ? R_DONE : files_lock(r->path, &r->lock_fd, why);
    if (outcome == R_DONE)
        outcome = rocks_open_db(r, options, why);
    if (outcome != R_DONE) {
        rocks_close(&r->kv.engine);
        return outcome;
    }
    return store_open_engine(&r->kv.engine, options, hooks, out, why);
}

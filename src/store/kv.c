/* Rows as bytes: see kv.h.
 *
 * A commit is encoded in one pass into one buffer per lane; the writes are offsets until it is
 * done, because the buffer moves while it grows. */
#include "store/kv.h"

#include <stdlib.h>

#include "domain/table.gen.h"

enum { COMMIT_BYTES_MAX = 1024 * 1024 * 1024 };

void kv_init(kv_engine *e)
{
    for (size_t i = 0; i < STORE_LANES_MAX; i++)
        buf_init(&e->bytes[i], COMMIT_BYTES_MAX);
}

void kv_free(kv_engine *e)
{
    for (size_t i = 0; i < STORE_LANES_MAX; i++)
        buf_free(&e->bytes[i]);
}

kv_space kv_space_of(const table *t)
{
    if (t == &event_block_table || t == &outbox_table)
        return KV_LOG;
    return t->access == ACCESS_POINT ? KV_POINT : KV_RANGE;
}

/* ---- load ---- */

typedef struct load_context {
    load_item *items;
    arena *memory;
} load_context;

static void loaded(void *context, size_t i, str value)
{
    load_context *c = context;
    load_item *item = &c->items[i];
    item->found = true;
    item->outcome = row_decode_value(item->table, item->key, value, c->memory, item->row);
}

static void load(engine *e, const snapshot *at, load_item *items, size_t n, arena *memory)
{
    kv_engine *kv = (kv_engine *)e;
    kv_key *keys = ARENA_ARRAY(memory, kv_key, n);
    for (size_t i = 0; i < n; i++) {
        keys[i] = (kv_key){kv_space_of(items[i].table), items[i].key};
        items[i].found = false;
        items[i].outcome = R_DONE;
    }
    load_context context = {items, memory};
    kv_get get = {.at = at, .keys = keys, .n = n, .found = loaded, .context = &context};
    result r = kv->kv->get(kv, &get);
    for (size_t i = 0; i < n && r != R_DONE; i++)
        items[i].outcome = r;
}

/* ---- scan ---- */

typedef struct scan_context {
    const scan_request *wanted;
    arena *memory;
    void **rows;
    str *keys; /* of indexed rows: their table keys, to be loaded */
    size_t n;
    result outcome;
} scan_context;

static void visit_row(void *context, str key, str value)
{
    scan_context *c = context;
    const table *t = c->wanted->table;
    void *row = engine_row_new(c->memory, t);
    result r = row_decode_key(t, key, c->memory, row);
    if (r == R_DONE)
        r = row_decode_value(t, key, value, c->memory, row);
    if (r != R_DONE)
        c->outcome = r;
    c->rows[c->n++] = row;
}

static void visit_index(void *context, str key, str value)
{
    (void)value;
    scan_context *c = context;
    const table *t = c->wanted->table;
    void *row = engine_row_new(c->memory, t);
    result r = row_decode_index(t, (size_t)c->wanted->index, key, row);
    if (r != R_DONE)
        c->outcome = r;
    char bytes[ROW_KEY_MAX];
    buf b = {.p = bytes, .capacity = sizeof(bytes), .max = sizeof(bytes)};
    row_encode_key(t, row, &b);
    c->keys[c->n] = arena_str(c->memory, buf_view(&b));
    c->rows[c->n++] = row;
}

static result load_indexed(engine *e, const snapshot *at, scan_context *c)
{
    load_item *items = ARENA_ARRAY(c->memory, load_item, c->n);
    for (size_t i = 0; i < c->n; i++)
        items[i] = (load_item){.table = c->wanted->table, .key = c->keys[i], .row = c->rows[i]};
    load(e, at, items, c->n, c->memory);
    for (size_t i = 0; i < c->n; i++) {
        if (items[i].outcome != R_DONE)
            return items[i].outcome;
        if (!items[i].found)
            return R_CORRUPT; /* an index entry without its row */
    }
    return R_DONE;
}

static void scan(engine *e, const snapshot *at, scan_item *item, arena *memory)
{
    kv_engine *kv = (kv_engine *)e;
    const scan_request *wanted = &item->request;
    bool indexed = wanted->index >= 0;
    scan_context c = {.wanted = wanted, .memory = memory};
    c.rows = ARENA_ARRAY(memory, void *, wanted->limit);
    c.keys = indexed ? ARENA_ARRAY(memory, str, wanted->limit) : NULL;
    kv_range range = {.space = indexed ? KV_RANGE : kv_space_of(wanted->table),
                      .prefix = wanted->prefix,
                      .position = wanted->position,
                      .after = wanted->after,
                      .limit = wanted->limit};
    result r = kv->kv->scan(kv, at, &range, indexed ? visit_index : visit_row, &c);
    if (r == R_DONE)
        r = c.outcome;
    if (r == R_DONE && indexed)
        r = load_indexed(e, at, &c);
    item->found = r == R_DONE ? (row_list){c.rows, c.n} : (row_list){0};
    item->outcome = r;
}

void kv_read(engine *e, const snapshot *at, const read_request *wanted, arena *memory)
{
    if (wanted->n > 0)
        load(e, at, wanted->items, wanted->n, memory);
    for (size_t i = 0; i < wanted->scans_n; i++)
        scan(e, at, &wanted->scans[i], memory);
}

/* ---- commit ---- */

/* A kv_write whose bytes are still offsets into the buffer. */
typedef struct planned {
    kv_space space;
    bool remove;
    size_t key, value, end;
} planned;

typedef struct plan {
    buf *bytes;
    planned *items;
    size_t n;
} plan;

static planned *plan_add(plan *p, kv_space space, bool remove)
{
    planned *w = &p->items[p->n++];
    *w = (planned){.space = space, .remove = remove, .key = p->bytes->n};
    return w;
}

static void plan_end_key(plan *p, planned *w)
{
    w->value = w->end = p->bytes->n;
}

static void plan_index(plan *p, const table *t, size_t i, const change *c)
{
    bool was = c->before != NULL, is = c->after != NULL;
    size_t start = p->bytes->n, first = p->n;
    if (was) {
        planned *w = plan_add(p, KV_RANGE, true);
        row_encode_index(t, i, c->before, p->bytes);
        plan_end_key(p, w);
    }
    if (is) {
        planned *w = plan_add(p, KV_RANGE, false);
        row_encode_index(t, i, c->after, p->bytes);
        plan_end_key(p, w);
    }
    if (!was || !is || buf_overflowed(p->bytes))
        return;
    str all = buf_view(p->bytes);
    size_t half = (all.n - start) / 2; /* index keys are of one length */
    if (memcmp(all.p + start, all.p + start + half, half) == 0) {
        p->bytes->n = start;
        p->n = first;
    }
}

static void plan_change(plan *p, const change *c)
{
    const table *t = c->table;
    planned *w = plan_add(p, kv_space_of(t), c->after == NULL);
    buf_str(p->bytes, c->key);
    plan_end_key(p, w);
    if (c->after != NULL) {
        row_encode_value(t, c->after, p->bytes);
        w->end = p->bytes->n;
    }
    for (size_t i = 0; i < t->indexes; i++)
        plan_index(p, t, i, c);
}

static void count_writes(engine *e, const kv_write *writes, size_t n)
{
    uint64_t puts = 0, deletes = 0, bytes = 0;
    for (size_t i = 0; i < n; i++) {
        puts += !writes[i].remove;
        deletes += writes[i].remove;
        bytes += writes[i].key.n + writes[i].value.n;
    }
    atomic_fetch_add_explicit(&e->counters.puts, puts, memory_order_relaxed);
    atomic_fetch_add_explicit(&e->counters.deletes, deletes, memory_order_relaxed);
    atomic_fetch_add_explicit(&e->counters.bytes, bytes, memory_order_relaxed);
}

result kv_commit(engine *e, uint16_t lane, const change *changes, size_t n)
{
    kv_engine *kv = (kv_engine *)e;
    enum { WRITES_PER_CHANGE = 1 + 2 * ROW_INDEXES_MAX };
    planned *items = calloc(n, WRITES_PER_CHANGE * sizeof(planned));    /* freed below */
    kv_write *writes = calloc(n, WRITES_PER_CHANGE * sizeof(kv_write)); /* freed below */
    CHECK(items != NULL && writes != NULL);
    plan p = {.bytes = &kv->bytes[lane], .items = items};
    buf_clear(p.bytes);
    for (size_t i = 0; i < n; i++)
        plan_change(&p, &changes[i]);
    CHECK(!buf_overflowed(p.bytes)); /* a batch ends long before */
    const char *at = p.bytes->p;
    for (size_t i = 0; i < p.n; i++)
        writes[i] = (kv_write){.space = items[i].space,
                               .remove = items[i].remove,
                               .key = {at + items[i].key, items[i].value - items[i].key},
                               .value = {at + items[i].value, items[i].end - items[i].value}};
    result r = kv->kv->write(kv, lane, writes, p.n);
    if (r == R_DONE)
        count_writes(e, writes, p.n);
    free(writes);
    free(items);
    return r;
}

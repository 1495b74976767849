/* Walks over whole tables: store_each of port/store.h, and the half of it that an embedded engine
 * needs. One iterator a walk: no pages, because in the point family of RocksDB each iterator sorts
 * the memory tables anew. */
#include "domain/table.gen.h"
#include "store/kv.h"
#include "store/unit.h"

enum { NUMBER_BYTES = 1, HOME_BYTES = 2, END_OF_HOMES = UINT16_MAX + 1 };

typedef struct walk {
    const store_span *span;
    arena *memory; /* of one row */
    store_visit *visit;
    void *context;
    bool ended;
} walk;

static void visit_one(void *context, str key, str value)
{
    walk *w = context;
    if (w->ended)
        return;
    const table *t = w->span->table;
    arena_reset(w->memory);
    void *row = engine_row_new(w->memory, t);
    result r;
    if (w->span->index >= 0) {
        r = row_decode_index(t, (size_t)w->span->index, key, row);
    } else {
        r = row_decode_key(t, key, w->memory, row);
        if (r == R_DONE)
            r = row_decode_value(t, key, value, w->memory, row);
    }
    w->ended = !w->visit(w->context, key, r == R_DONE ? row : NULL);
}

/* The beginning of all keys of this home: number, then the home big-endian. */
static str key_from(const store_span *span, uint32_t home, char out[NUMBER_BYTES + HOME_BYTES])
{
    const table *t = span->table;
    out[0] = (char)(span->index < 0 ? t->number : t->index[span->index].number);
    out[1] = (char)(home >> 8);
    out[2] = (char)home;
    return (str){out, NUMBER_BYTES + HOME_BYTES};
}

result kv_each(engine *e, const snapshot *at, const store_span *span, store_visit *visit,
               void *context)
{
    kv_engine *kv = (kv_engine *)e;
    CHECK(span->index < (int)span->table->indexes && span->until <= END_OF_HOMES);
    char from[NUMBER_BYTES + HOME_BYTES], until[NUMBER_BYTES + HOME_BYTES];
    kv_range range = {.space = span->index < 0 ? kv_space_of(span->table) : KV_RANGE,
                      .position = key_from(span, span->from, from),
                      .limit = SIZE_MAX};
    range.prefix = (str){from, NUMBER_BYTES};
    if (span->until < END_OF_HOMES)
        range.end = key_from(span, span->until, until);
    walk w = {.span = span, .memory = arena_new(0), .visit = visit, .context = context};
    result r = kv->kv->scan(kv, at, &range, visit_one, &w);
    arena_free(w.memory);
    return r;
}

result store_each(uow *view, const store_span *span, store_visit *visit, void *context)
{
    CHECK(view->reading);
    if (span->from >= span->until)
        return R_DONE;
    return view->engine->ops->each(view->engine, view->at, span, visit, context);
}

/* Walks over whole tables in PostgreSQL: page by page, each behind the last row of the one before,
 * of all shards together, in the order of their keys. See pg.h. */
#include "store/pg/pg.h"

/* How far a walk is in one shard. */
typedef struct walk {
    session *in;
    arena *memory; /* of its page */
    scan_item page;
    size_t next; /* in it */
    bool last;   /* there is no page behind it */
    char position[ROW_KEY_MAX];
    char key[ROW_KEY_MAX]; /* of the next row */
    size_t key_n;
} walk;

static str key_of(const store_span *span, const void *row, char bytes[ROW_KEY_MAX])
{
    const table *t = span->table;
    buf b = {.p = bytes, .capacity = ROW_KEY_MAX, .max = ROW_KEY_MAX};
    row_encode_prefix(t, span->index, row, sql_order_columns(t, span->index), &b);
    return buf_view(&b);
}

/* What an index entry is: the columns of the index, and no others. */
static void *entry_of(arena *memory, const table *t, int index, str key)
{
    void *row = engine_row_new(memory, t);
    result r = row_decode_index(t, (size_t)index, key, row);
    CHECK(r == R_DONE); /* encoded a moment ago */
    return row;
}

/* The next row, of the next page where it has to be; none: next is the end of the page. */
static result advance(walk *w, const store_span *span)
{
    if (w->next == w->page.found.n && !w->last) {
        const row_list *was = &w->page.found;
        if (was->n > 0) {
            w->page.request.position = key_of(span, was->rows[was->n - 1], w->position);
            w->page.request.after = true;
        }
        arena_reset(w->memory);
        pg_read_session(w->in, &w->page, w->memory);
        if (w->page.outcome != R_DONE)
            return w->page.outcome;
        w->next = 0;
        w->last = w->page.found.n < w->page.request.limit;
    }
    if (w->next < w->page.found.n)
        w->key_n = key_of(span, w->page.found.rows[w->next], w->key).n;
    return R_DONE;
}

/* The walk whose next row is the first of all; NULL: there is none. */
static walk *first_of(walk *walks, size_t n)
{
    walk *first = NULL;
    for (size_t i = 0; i < n; i++) {
        walk *w = &walks[i];
        if (w->next < w->page.found.n &&
            (first == NULL ||
             str_cmp((str){w->key, w->key_n}, (str){first->key, first->key_n}) < 0))
            first = w;
    }
    return first;
}

/* False: the walk is over. */
static bool visit_next(walk *w, const store_span *span, store_visit *visit, void *context)
{
    str key = {w->key, w->key_n};
    uint32_t home = (uint32_t)((uint8_t)key.p[1] << 8 | (uint8_t)key.p[2]);
    const void *row = w->page.found.rows[w->next++];
    if (home >= span->until)
        return false;
    return visit(context, key,
                 span->index < 0 ? row : entry_of(w->memory, span->table, span->index, key));
}

result pg_each(engine *e, const snapshot *at, const store_span *span, store_visit *visit,
               void *context)
{
    pg_engine *p = (pg_engine *)e;
    const table *t = span->table;
    char first[] = {(char)(span->index < 0 ? t->number : t->index[span->index].number),
                    (char)(span->from >> 8), (char)span->from};
    walk walks[STORE_SHARDS_MAX];
    result r = R_DONE;
    size_t n = 0;
    for (; n < p->shards_n && r == R_DONE; n++) {
        walks[n] = (walk){.in = pg_session_in((snapshot *)(uintptr_t)at, &p->shards[n]),
                          .memory = arena_new(0),
                          .page = {.request = {.table = t,
                                               .index = span->index,
                                               .prefix = {first, 1},
                                               .position = {first, sizeof(first)},
                                               .limit = PG_PAGE_ROWS}}};
        r = walks[n].in == NULL ? R_UNAVAILABLE : advance(&walks[n], span);
    }
    walk *w = r == R_DONE ? first_of(walks, n) : NULL;
    while (w != NULL && visit_next(w, span, visit, context)) {
        r = advance(w, span);
        w = r == R_DONE ? first_of(walks, n) : NULL;
    }
    for (size_t i = 0; i < n; i++)
        arena_free(walks[i].memory);
    return r;
}

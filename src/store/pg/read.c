/* Reading of the PostgreSQL engine: all that is wanted in one round trip, a statement for each
 * table and one for each scan. See pg.h. */
#include "port/log.h"
#include "store/pg/pg.h"

/* Items of one table, as places in the request. */
typedef struct load_group {
    const table *table;
    size_t from, n; /* in `order` */
} load_group;

typedef struct reading {
    snapshot *at;
    const read_request *wanted;
    arena *memory;
    size_t *order; /* items by table */
    load_group *groups;
    size_t groups_n;
} reading;

/* ---- what is asked ---- */

static void group_items(reading *r)
{
    const read_request *w = r->wanted;
    size_t counts[UINT8_MAX + 2] = {0}, groups = 0;
    for (size_t i = 0; i < w->n; i++)
        counts[w->items[i].table->number + 1]++;
    for (size_t t = 0; t <= UINT8_MAX; t++) {
        groups += counts[t + 1] > 0;
        counts[t + 1] += counts[t];
    }
    r->order = ARENA_ARRAY(r->memory, size_t, w->n);
    r->groups = ARENA_ARRAY(r->memory, load_group, groups);
    for (size_t i = 0; i < w->n; i++) {
        size_t t = w->items[i].table->number;
        r->order[counts[t]++] = i;
    }
    for (size_t i = 0; i < w->n; i++) {
        const table *t = w->items[r->order[i]].table;
        if (r->groups_n == 0 || r->groups[r->groups_n - 1].table != t)
            r->groups[r->groups_n++] = (load_group){.table = t, .from = i};
        r->groups[r->groups_n - 1].n++;
    }
}

static void send_group(conn *c, const reading *r, size_t number)
{
    const load_group *g = &r->groups[number];
    const void **rows = ARENA_ARRAY(r->memory, const void *, g->n);
    for (size_t i = 0; i < g->n; i++)
        rows[i] = r->wanted->items[r->order[g->from + i]].row;
    for (size_t k = 0; k < g->table->key_columns; k++)
        binary_column(&c->params, &g->table->record.columns[k], rows, g->n);
    binary_numbers(&c->params, g->n);
    conn_send(c, &(sql_statement){.table = g->table, .kind = SQL_LOAD}, (int)number);
}

/* The columns of a stored key, or of the beginning of one; what is missing is as small as it can
 * be. */
static void *position_row(arena *memory, const table *t, int index, str key)
{
    char bytes[ROW_KEY_MAX];
    buf b = {.p = bytes, .capacity = sizeof(bytes), .max = sizeof(bytes)};
    void *row = engine_row_new(memory, t);
    row_encode_prefix(t, index, row, sql_order_columns(t, index), &b);
    CHECK(key.n <= sizeof(bytes));
    if (b.n > key.n)
        memset(bytes + key.n, 0, b.n - key.n);
    memcpy(bytes, key.p, key.n);
    str full = {bytes, b.n > key.n ? b.n : key.n};
    result r = index < 0 ? row_decode_key(t, full, memory, row)
                         : row_decode_index(t, (size_t)index, full, row);
    CHECK(r == R_DONE); /* the unit of work made it */
    return row;
}

static void send_scan(conn *c, const reading *r, size_t number)
{
    const scan_request *q = &r->wanted->scans[number].request;
    size_t columns = sql_order_columns(q->table, q->index), bound = q->prefix_columns;
    sql_statement s = {
        .table = q->table, .kind = SQL_SCAN, .index = q->index, .prefix = q->prefix_columns};
    /* Text has no end in a key: a range of texts that begin with one is not asked for. */
    CHECK(bound == 0 || sql_order_column(q->table, q->index, bound - 1)->type != COLUMN_STR);
    bool whole = q->prefix_columns == columns;
    if (q->position.n > q->prefix.n || (q->after && !whole)) {
        s.from = q->after ? SQL_FROM_AFTER : SQL_FROM_AT;
        bound = columns;
    }
    const void *row = position_row(r->memory, q->table, q->index, q->position);
    for (size_t i = 0; i < bound; i++)
        binary_value(&c->params, sql_order_column(q->table, q->index, i), row);
    binary_i64(&c->params, q->after && whole ? 0 : (int64_t)q->limit);
    conn_send(c, &s, (int)(r->groups_n + number));
}

/* ---- what is answered ---- */

/* The columns from `first` on, and the rev behind them. */
static result read_columns(const reading *r, binary_cell from, const table *t, size_t first,
                           void *out)
{
    result outcome = R_DONE;
    int64_t rev;
    for (size_t i = first; i < t->record.n && outcome == R_DONE; i++, from.field++)
        outcome = binary_read(from, &t->record.columns[i], r->memory, out);
    if (outcome != R_DONE || !binary_read_i64(from, &rev))
        return R_CORRUPT;
    engine_row_set_rev(out, rev);
    return R_DONE;
}

static void read_group(const reading *r, const load_group *g, const PGresult *p)
{
    for (int i = 0; i < PQntuples(p); i++) {
        int32_t number;
        if (!binary_read_i32((binary_cell){p, i, 0}, &number) || number < 0 ||
            (size_t)number >= g->n)
            continue;
        load_item *item = &r->wanted->items[r->order[g->from + (size_t)number]];
        item->found = true;
        item->outcome =
            read_columns(r, (binary_cell){p, i, 1}, g->table, g->table->key_columns, item->row);
    }
}

static void read_scan(const reading *r, scan_item *s, const PGresult *p)
{
    const table *t = s->request.table;
    size_t n = (size_t)PQntuples(p);
    s->found = (row_list){ARENA_ARRAY(r->memory, void *, n), n};
    for (size_t i = 0; i < n; i++) {
        s->found.rows[i] = engine_row_new(r->memory, t);
        result outcome = read_columns(r, (binary_cell){p, (int)i, 0}, t, 0, s->found.rows[i]);
        if (outcome != R_DONE)
            s->outcome = outcome;
    }
    if (s->outcome != R_DONE)
        s->found = (row_list){0};
}

static void on_rows(void *context, int tag, const PGresult *p)
{
    const reading *r = context;
    if (tag < 0)
        pg_take_begun(r->at, tag, p);
    else if ((size_t)tag < r->groups_n)
        read_group(r, &r->groups[tag], p);
    else
        read_scan(r, &r->wanted->scans[(size_t)tag - r->groups_n], p);
}

/* ---- a round trip ---- */

static void set_outcomes(const read_request *w, result outcome)
{
    for (size_t i = 0; i < w->n; i++) {
        w->items[i].found = false;
        w->items[i].outcome = outcome;
    }
    for (size_t i = 0; i < w->scans_n; i++) {
        w->scans[i].found = (row_list){0};
        w->scans[i].outcome = outcome;
    }
}

/* Rows that a transaction has given already cannot be had of the same state again once it is lost:
 * then the batch is void, and it is the commit that says so. */
static bool read_part(pg_engine *p, snapshot *s, reading *r)
{
    while (!s->failed && pg_reach(p, s)) {
        bool fresh = !s->begun;
        set_outcomes(r->wanted, R_DONE);
        pg_queue_begin(s);
        for (size_t i = 0; i < r->groups_n; i++)
            send_group(&s->conn, r, i);
        for (size_t i = 0; i < r->wanted->scans_n; i++)
            send_scan(&s->conn, r, i);
        conn_fate fate = pg_run(p, s, on_rows, r);
        pg_met(p, s, fate);
        if (fate == CONN_DONE)
            return true;
        if (!fresh || fate == CONN_REFUSED)
            s->failed = true;
    }
    s->away = s->away || !s->failed;
    s->failed = true;
    set_outcomes(r->wanted, R_UNAVAILABLE);
    return false;
}

static void read_at(pg_engine *p, snapshot *s, const read_request *wanted, arena *memory)
{
    read_request part = *wanted;
    for (size_t at = 0; at == 0 || at < wanted->scans_n; at += PG_SCANS_MAX) {
        part.scans = wanted->scans + at;
        part.scans_n = wanted->scans_n - at;
        if (part.scans_n > PG_SCANS_MAX)
            part.scans_n = PG_SCANS_MAX;
        reading r = {.at = s, .wanted = &part, .memory = memory};
        group_items(&r);
        (void)read_part(p, s, &r); /* the outcomes tell */
        part.n = 0;
    }
}

void pg_read(engine *e, const snapshot *at, const read_request *wanted, arena *memory)
{
    pg_engine *p = (pg_engine *)e;
    if (at != NULL) {
        read_at(p, (snapshot *)(uintptr_t)at, wanted, memory);
        return;
    }
    snapshot *s = pg_reader_new(e);
    if (s == NULL) {
        set_outcomes(wanted, R_UNAVAILABLE);
        return;
    }
    read_at(p, s, wanted, memory);
    pg_reader_free(e, s);
}

/* ---- walks ---- */

/* What an index entry is: the columns of the index, and no others. */
static void *entry_of(arena *memory, const table *t, int index, str key)
{
    void *row = engine_row_new(memory, t);
    result r = row_decode_index(t, (size_t)index, key, row);
    CHECK(r == R_DONE); /* encoded a moment ago */
    return row;
}

/* False: the walk is over. */
static bool visit_page(const store_span *span, const row_list *page, arena *memory,
                       store_visit *visit, void *context)
{
    const table *t = span->table;
    for (size_t i = 0; i < page->n; i++) {
        char bytes[ROW_KEY_MAX];
        buf b = {.p = bytes, .capacity = sizeof(bytes), .max = sizeof(bytes)};
        row_encode_prefix(t, span->index, page->rows[i], sql_order_columns(t, span->index), &b);
        str key = buf_view(&b);
        uint32_t home = (uint32_t)((uint8_t)key.p[1] << 8 | (uint8_t)key.p[2]);
        if (home >= span->until)
            return false;
        const void *row = span->index < 0 ? page->rows[i] : entry_of(memory, t, span->index, key);
        if (!visit(context, key, row))
            return false;
    }
    return true;
}

/* In pages, each behind the last row of the one before. */
result pg_each(engine *e, const snapshot *at, const store_span *span, store_visit *visit,
               void *context)
{
    const table *t = span->table;
    arena *memory = arena_new(0);
    char first[] = {(char)(span->index < 0 ? t->number : t->index[span->index].number),
                    (char)(span->from >> 8), (char)span->from},
         last[ROW_KEY_MAX];
    scan_item page = {.request = {.table = t,
                                  .index = span->index,
                                  .prefix = {first, 1},
                                  .position = {first, sizeof(first)},
                                  .limit = PG_PAGE_ROWS}};
    read_request wanted = {.scans = &page, .scans_n = 1};
    for (bool more = true; more;) {
        pg_read(e, at, &wanted, memory);
        more = page.outcome == R_DONE && visit_page(span, &page.found, memory, visit, context) &&
               page.found.n == PG_PAGE_ROWS;
        if (more) {
            buf b = {.p = last, .capacity = sizeof(last), .max = sizeof(last)};
            row_encode_prefix(t, span->index, page.found.rows[page.found.n - 1],
                              sql_order_columns(t, span->index), &b);
            page.request.position = buf_view(&b);
            page.request.after = true;
            arena_reset(memory);
        }
    }
    arena_free(memory);
    return page.outcome;
}

/* Reading of the PostgreSQL engine: all that is wanted of a shard in one round trip, a statement
 * for each table, one for each kind of link and one for each scan. A scan of no home is one of
 * every shard, whose rows are merged in their order. See pg.h. */
#include <stdlib.h>

#include "port/log.h"
#include "store/pg/pg.h"

/* Items of one table, as places in the request. */
typedef struct load_group {
    const table *table;
    size_t from, n; /* in `order` */
} load_group;

/* What is wanted of one shard. */
typedef struct reading {
    session *at;
    load_item **items;
    size_t n;
    scan_item **scans;
    size_t scans_n;
    link_item **links; /* by kind */
    size_t links_n;
    arena *memory;
    size_t *order; /* items by table */
    load_group *groups;
    size_t groups_n;
} reading;

/* ---- what is asked ---- */

static void group_items(reading *r)
{
    size_t counts[UINT8_MAX + 2] = {0}, groups = 0;
    for (size_t i = 0; i < r->n; i++)
        counts[r->items[i]->table->number + 1]++;
    for (size_t t = 0; t <= UINT8_MAX; t++) {
        groups += counts[t + 1] > 0;
        counts[t + 1] += counts[t];
    }
    r->order = ARENA_ARRAY(r->memory, size_t, r->n);
    r->groups = ARENA_ARRAY(r->memory, load_group, groups);
    for (size_t i = 0; i < r->n; i++) {
        size_t t = r->items[i]->table->number;
        r->order[counts[t]++] = i;
    }
    for (size_t i = 0; i < r->n; i++) {
        const table *t = r->items[r->order[i]]->table;
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
        rows[i] = r->items[r->order[g->from + i]]->row;
    for (size_t k = 0; k < g->table->key_columns; k++)
        binary_column(&c->params, &g->table->record.columns[k], rows, g->n);
    binary_numbers(&c->params, g->n);
    conn_send(c, &(sql_statement){.table = g->table, .kind = SQL_LOAD}, (int)number);
}

/* Those of the kind that `from` begins; how many. */
static size_t send_links(conn *c, const reading *r, size_t from)
{
    row_link_id which = r->links[from]->which;
    const row_link *l = &row_links[which];
    const void **naming = ARENA_ARRAY(r->memory, const void *, r->links_n - from);
    const void **rows = ARENA_ARRAY(r->memory, const void *, r->links_n - from);
    size_t n = 0;
    for (; from + n < r->links_n && r->links[from + n]->which == which; n++) {
        naming[n] = r->links[from + n]->from;
        rows[n] = r->links[from + n]->row;
    }
    for (size_t k = 0; k < l->from->key_columns; k++)
        binary_column(&c->params, &l->from->record.columns[k], naming, n);
    for (size_t k = 1; k < l->of->key_columns; k++)
        if (&l->of->record.columns[k] != row_link_named(l))
            binary_column(&c->params, &l->of->record.columns[k], rows, n);
    binary_numbers(&c->params, n);
    conn_send(c, &(sql_statement){.table = l->of, .kind = SQL_LINK, .link = which},
              (int)(r->groups_n + r->scans_n + from));
    return n;
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
    const scan_request *q = &r->scans[number]->request;
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
        load_item *item = r->items[r->order[g->from + (size_t)number]];
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

/* links: from the first of their kind on. */
static void read_links(const reading *r, size_t from, const PGresult *p)
{
    const row_link *l = &row_links[r->links[from]->which];
    int rev = PQnfields(p) - 1;
    for (int i = 0; i < PQntuples(p); i++) {
        int32_t number;
        if (!binary_read_i32((binary_cell){p, i, 0}, &number) || number < 0 ||
            (size_t)number >= r->links_n - from)
            continue;
        link_item *item = r->links[from + (size_t)number];
        item->named = true;
        item->found = PQgetisnull(p, i, rev) == 0;
        item->outcome =
            binary_read((binary_cell){p, i, 1}, row_link_named(l), r->memory, item->row);
        if (item->found && item->outcome == R_DONE)
            item->outcome =
                read_columns(r, (binary_cell){p, i, 2}, l->of, l->of->key_columns, item->row);
    }
}

static void on_rows(void *context, int tag, const PGresult *p)
{
    const reading *r = context;
    if (tag < 0)
        pg_take_begun(r->at, tag, p);
    else if ((size_t)tag < r->groups_n)
        read_group(r, &r->groups[tag], p);
    else if ((size_t)tag < r->groups_n + r->scans_n)
        read_scan(r, r->scans[(size_t)tag - r->groups_n], p);
    else
        read_links(r, (size_t)tag - r->groups_n - r->scans_n, p);
}

/* ---- a round trip ---- */

static void set_outcomes(const reading *r, result outcome)
{
    for (size_t i = 0; i < r->n; i++) {
        r->items[i]->found = false;
        r->items[i]->outcome = outcome;
    }
    for (size_t i = 0; i < r->scans_n; i++) {
        r->scans[i]->found = (row_list){0};
        r->scans[i]->outcome = outcome;
    }
    for (size_t i = 0; i < r->links_n; i++) {
        r->links[i]->named = r->links[i]->found = false;
        r->links[i]->outcome = outcome;
    }
}

/* Rows that a transaction has given already cannot be had of the same state again once it is lost:
 * then the batch is void, and it is the commit that says so. */
static void read_part(session *s, reading *r)
{
    while (!s->failed && pg_reach(s)) {
        if (s->reads && !s->begun && pg_is_fenced(s)) /* since it was taken */
            continue;
        bool fresh = !s->begun;
        set_outcomes(r, R_DONE);
        pg_queue_begin(s);
        for (size_t i = 0; i < r->groups_n; i++)
            send_group(&s->conn, r, i);
        for (size_t i = 0; i < r->scans_n; i++)
            send_scan(&s->conn, r, i);
        for (size_t i = 0; i < r->links_n;)
            i += send_links(&s->conn, r, i);
        conn_fate fate = pg_run(s, on_rows, r);
        pg_met(s, fate);
        if (fate == CONN_DONE)
            return;
        if (!fresh || fate == CONN_REFUSED)
            s->failed = true;
    }
    s->away = s->away || !s->failed;
    s->failed = true;
    set_outcomes(r, s->shard->replica ? R_STALE : R_UNAVAILABLE); /* the primary may have them */
}

static void read_in(session *s, reading *whole)
{
    if (s == NULL) {
        set_outcomes(whole, R_UNAVAILABLE);
        return;
    }
    reading part = *whole;
    for (size_t at = 0; at == 0 || at < whole->scans_n; at += PG_SCANS_MAX) {
        part.scans = whole->scans + at;
        part.scans_n = whole->scans_n - at;
        if (part.scans_n > PG_SCANS_MAX)
            part.scans_n = PG_SCANS_MAX;
        part.at = s;
        part.groups_n = 0;
        group_items(&part);
        read_part(s, &part);
        part.n = part.links_n = 0;
    }
}

void pg_read_session(session *s, scan_item *wanted, arena *memory)
{
    reading r = {.scans = &wanted, .scans_n = 1, .memory = memory};
    read_in(s, &r);
}

/* ---- which shard ---- */

/* A scan of all shards: what one of them has. */
typedef struct scan_share {
    scan_item *whole, part;
} scan_share;

/* Where a view has the rows of a key, or of what begins so; NULL: everywhere. */
static const pg_shard *place_of(pg_engine *p, const snapshot *at, const table *t, str key)
{
    pg_shard *d = pg_shard_of_key(p, t, key);
    bool own = at->replica != NULL && t->home == HOME_SLOT && key.n >= 3 &&
               ((uint8_t)key.p[1] << 8 | (uint8_t)key.p[2]) == at->slot;
    return own ? at->replica->shard : d;
}

/* Those of the shard, by kind. */
static void take_links(pg_engine *p, const pg_shard *d, const read_request *wanted, reading *r)
{
    r->links = ARENA_ARRAY(r->memory, link_item *, wanted->links_n);
    for (row_link_id which = 0; which < ROW_LINKS && wanted->links_n > 0; which++) {
        for (size_t i = 0; i < wanted->links_n; i++) {
            link_item *item = &wanted->links[i];
            if (item->which == which &&
                pg_shard_of_key(p, row_links[which].from, item->from_key) == d)
                r->links[r->links_n++] = item;
        }
    }
}

/* What this one is asked; shares: of scans of all of them, as many places as there are scans. */
static reading wanted_of(const snapshot *at, const pg_shard *d, const read_request *wanted,
                         arena *memory, scan_share *shares)
{
    pg_engine *p = d->engine;
    reading r = {.items = ARENA_ARRAY(memory, load_item *, wanted->n),
                 .scans = ARENA_ARRAY(memory, scan_item *, wanted->scans_n),
                 .memory = memory};
    for (size_t i = 0; i < wanted->n; i++)
        if (place_of(p, at, wanted->items[i].table, wanted->items[i].key) == d)
            r.items[r.n++] = &wanted->items[i];
    take_links(p, d, wanted, &r);
    for (size_t i = 0; i < wanted->scans_n; i++) {
        scan_item *s = &wanted->scans[i];
        const pg_shard *of = place_of(p, at, s->request.table, s->request.prefix);
        if (of == d)
            r.scans[r.scans_n++] = s;
        bool left_out = at->reached && at->in[d->number] == NULL;
        if (of != NULL || left_out || (at->replica != NULL && d == at->replica->shard))
            continue;
        shares[i] = (scan_share){s, {.request = s->request}};
        r.scans[r.scans_n++] = &shares[i].part;
    }
    return r;
}

static int compare_rows(const scan_request *q, const void *a, const void *b)
{
    char bytes[2][ROW_KEY_MAX];
    buf keys[2];
    for (size_t i = 0; i < 2; i++) {
        keys[i] = (buf){.p = bytes[i], .capacity = ROW_KEY_MAX, .max = ROW_KEY_MAX};
        row_encode_prefix(q->table, q->index, i == 0 ? a : b, sql_order_columns(q->table, q->index),
                          &keys[i]);
    }
    return str_cmp(buf_view(&keys[0]), buf_view(&keys[1]));
}

/* As many as were asked for, of what was found before and here. */
static void merge(const scan_share *share, arena *memory)
{
    scan_item *whole = share->whole;
    const row_list *a = &whole->found, *b = &share->part.found;
    if (share->part.outcome != R_DONE)
        whole->outcome = share->part.outcome;
    row_list both = {ARENA_ARRAY(memory, void *, a->n + b->n), 0};
    for (size_t i = 0, k = 0; both.n < whole->request.limit && (i < a->n || k < b->n);) {
        bool first =
            k == b->n || (i < a->n && compare_rows(&whole->request, a->rows[i], b->rows[k]) < 0);
        both.rows[both.n++] = first ? a->rows[i++] : b->rows[k++];
    }
    whole->found = both;
    if (whole->outcome != R_DONE)
        whole->found = (row_list){0};
}

static session *session_for(pg_engine *p, snapshot *at, uint16_t n)
{
    if (n == p->shards_n)
        return at->replica;
    bool parted = at->parted && n == at->replica->shard->number;
    return parted ? NULL : pg_session_in(at, &p->shards[n]);
}

/* A view must know how new its rows may be. While the primary is away, the replica's heads tell
 * that of the replica's rows; but not of what the primary has when it is back. */
static void read_heads_there(snapshot *at, const read_request *wanted, arena *memory)
{
    reading r = {.items = ARENA_ARRAY(memory, load_item *, wanted->n), .memory = memory};
    for (size_t i = 0; i < wanted->n; i++) {
        load_item *item = &wanted->items[i];
        const pg_shard *d = pg_shard_of_key(at->replica->shard->engine, item->table, item->key);
        if (item->table == &lane_head_table && item->outcome != R_DONE && d != NULL &&
            d->number == at->replica->shard->number)
            r.items[r.n++] = item;
    }
    if (r.n == 0)
        return;
    at->parted = true;
    read_in(at->replica, &r);
}

static void read_at(pg_engine *p, snapshot *at, const read_request *wanted, arena *memory)
{
    for (size_t i = 0; i < wanted->scans_n; i++) {
        wanted->scans[i].outcome = R_DONE;
        wanted->scans[i].found = (row_list){0};
    }
    for (uint16_t n = 0; n < p->shards_n + (at->replica != NULL); n++) {
        pg_shard *d = n < p->shards_n ? &p->shards[n] : at->replica->shard;
        scan_share *shares = ARENA_ARRAY(memory, scan_share, wanted->scans_n);
        reading r = wanted_of(at, d, wanted, memory, shares);
        if (r.n + r.scans_n == 0)
            continue;
        read_in(session_for(p, at, n), &r);
        for (size_t i = 0; i < wanted->scans_n; i++)
            if (shares[i].whole != NULL)
                merge(&shares[i], memory);
    }
    if (at->replica != NULL)
        read_heads_there(at, wanted, memory);
}

void pg_read(engine *e, const snapshot *at, const read_request *wanted, arena *memory)
{
    snapshot newest = {.reads = true};
    read_at((pg_engine *)e, at != NULL ? (snapshot *)(uintptr_t)at : &newest, wanted, memory);
    pg_reader_end(e, &newest);
}

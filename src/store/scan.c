/* Scans of the unit of work: what the engine has committed, merged with what the batch has changed.
 *
 * The engine is asked for as many rows more as the batch could have taken out of the range, so that
 * enough are left. A scan that was withheld is kept until the batch ends, because the act that
 * asked asks again. Rows found enter the identity map. */
#include <stdlib.h>

#include "base/hash.h"
#include "store/unit.h"

enum { SCAN_SPARE = 16 }; /* a withheld scan asks for this many more than it needs */

static str key_copy(uow *u, const table *t, int index, const void *row, size_t columns)
{
    unit_key k;
    buf b = {.p = k.bytes, .capacity = sizeof(k.bytes), .max = sizeof(k.bytes)};
    row_encode_prefix(t, index, row, columns, &b);
    return arena_str(u->memory, buf_view(&b));
}

/* Are the columns behind the prefix all zero? Then the scan begins at the prefix itself: a signed
 * zero is not the smallest key. */
static bool rest_is_zero(uow *u, const uow_range *range, size_t columns, size_t prefix, str full)
{
    if (range->prefix_columns == columns)
        return true;
    void *zero = arena_alloc(u->memory, range->table->record.size);
    str all_zero = key_copy(u, range->table, range->index, zero, columns);
    return str_eq((str){full.p + prefix, full.n - prefix},
                  (str){all_zero.p + prefix, all_zero.n - prefix});
}

static scan_request describe(uow *u, const uow_range *range)
{
    const table *t = range->table;
    CHECK(range->index < (int)t->indexes);
    CHECK(range->index >= 0 || t->access == ACCESS_RANGE); /* point tables have no order */
    size_t columns = range->index < 0 ? t->key_columns : t->index[range->index].n;
    CHECK(range->prefix_columns <= columns);
    scan_request q = {.table = t,
                      .index = range->index,
                      .prefix_columns = range->prefix_columns,
                      .after = range->after};
    q.prefix = key_copy(u, t, range->index, range->from, range->prefix_columns);
    q.position = key_copy(u, t, range->index, range->from, columns);
    if (!range->after && rest_is_zero(u, range, columns, q.prefix.n, q.position))
        q.position = q.prefix;
    return q;
}

/* ---- what the batch itself has changed ---- */

typedef struct own_row {
    str key; /* in the order of the scan */
    void *row;
} own_row;

/* Keys begin with their number and a 16-bit slot or lane: rows of other homes are passed over. */
static bool other_home(const unit_entry *e, str prefix)
{
    enum { HOME_AT = 1, HOME_BYTES = 2 };
    return prefix.n >= HOME_AT + HOME_BYTES &&
           memcmp(e->key.p + HOME_AT, prefix.p + HOME_AT, HOME_BYTES) != 0;
}

/* How many committed rows of the range the batch may have changed or deleted. */
static size_t slack_of(const uow *u, const scan_request *q)
{
    size_t n = 0;
    for (const unit_entry *e = u->changed_of[q->table->number]; e != NULL; e = e->next)
        n += e->changed && e->before != NULL && !other_home(e, q->prefix);
    return n;
}

static bool in_range(const scan_request *q, str key)
{
    if (!str_starts(key, q->prefix))
        return false;
    int order = str_cmp(key, q->position);
    return q->after ? order > 0 : order >= 0;
}

static str scan_key(unit_key *k, const scan_request *q, const void *row)
{
    if (q->index < 0)
        return unit_key_of(k, q->table, row);
    buf b = {.p = k->bytes, .capacity = sizeof(k->bytes), .max = sizeof(k->bytes)};
    row_encode_index(q->table, (size_t)q->index, row, &b);
    return buf_view(&b);
}

static int by_key(const void *a, const void *b)
{
    return str_cmp(((const own_row *)a)->key, ((const own_row *)b)->key);
}

static unit_list own_rows(uow *u, const scan_request *q)
{
    unit_list own = {0};
    for (unit_entry *e = u->changed_of[q->table->number]; e != NULL; e = e->next) {
        if (!e->changed || e->row == NULL || other_home(e, q->prefix))
            continue;
        unit_key k;
        str key = scan_key(&k, q, e->row);
        if (!in_range(q, key))
            continue;
        own_row *o = unit_list_add(u, &own, sizeof(own_row));
        *o = (own_row){arena_str(u->memory, key), e->row};
        unit_seen(u, e);
    }
    if (own.n > 1)
        qsort(own.items, own.n, sizeof(own_row), by_key);
    return own;
}

/* ---- merging ---- */

/* The row as the batch has it; NULL when it has changed it (then it is among its own rows). */
static void *adopt(uow *u, const table *t, void *row)
{
    unit_key k;
    unit_entry *e = unit_entry_at(u, t, unit_key_of(&k, t, row));
    if (e->state != ENTRY_KNOWN)
        unit_entry_known(u, e, row);
    unit_seen(u, e);
    return e->changed ? NULL : e->row;
}

/* False when too many of the rows that the engine gave were changed since, and there are more. */
static bool merge(uow *u, const unit_scan *s, void **rows, size_t *n)
{
    unit_list own = own_rows(u, &s->request);
    own_row *o = own.items;
    size_t next = 0, out = 0;
    for (size_t i = 0; i < s->found.n && out < s->limit; i++) {
        void *row = adopt(u, s->request.table, s->found.rows[i]);
        if (row == NULL)
            continue;
        unit_key k;
        str key = own.n > next ? scan_key(&k, &s->request, row) : (str){NULL, 0};
        while (next < own.n && out < s->limit && str_cmp(o[next].key, key) < 0)
            rows[out++] = o[next++].row;
        if (out < s->limit)
            rows[out++] = row;
    }
    *n = out;
    if (out == s->limit)
        return true;
    if (s->found.n == s->request.limit)
        return false;
    while (next < own.n && out < s->limit)
        rows[out++] = o[next++].row;
    *n = out;
    return true;
}

/* ---- asking ---- */

void unit_scan_loaded(unit_scan *s, const scan_item *item)
{
    s->found = item->found;
    s->failure = item->outcome;
    s->state = s->failure == R_DONE ? ENTRY_KNOWN : ENTRY_BROKEN;
}

static scan_item read_range(uow *u, const scan_request *q)
{
    scan_item item = {.request = *q};
    read_request wish = {.scans = &item, .scans_n = 1};
    u->engine->ops->read(u->engine, u->at, &wish, u->memory);
    return item;
}

static uint64_t scan_hash(const scan_request *q, size_t limit)
{
    uint64_t seed = (uint64_t)limit << 16 | (uint64_t)q->after << 8 | q->table->number;
    return hash64(q->position, hash64(q->prefix, seed));
}

static bool same_scan(const unit_scan *s, const scan_request *q, size_t limit, uint64_t hash)
{
    return s->hash == hash && s->limit == limit && s->request.table == q->table &&
           s->request.index == q->index && s->request.after == q->after &&
           str_eq(s->request.prefix, q->prefix) && str_eq(s->request.position, q->position);
}

static unit_scan *scan_at(uow *u, const scan_request *q, size_t limit)
{
    uint64_t hash = scan_hash(q, limit);
    for (unit_scan *s = u->scans; s != NULL; s = s->next)
        if (same_scan(s, q, limit, hash))
            return s;
    unit_scan *s = ARENA_NEW(u->memory, unit_scan);
    *s = (unit_scan){.hash = hash, .request = *q, .limit = limit, .state = ENTRY_UNREAD};
    return s;
}

static size_t scan_reading(uow *u, scan_request *q, size_t limit, void **rows)
{
    q->limit = limit;
    scan_item item = read_range(u, q);
    if (item.outcome != R_DONE) {
        u->failure = item.outcome;
        u->pending = true;
        return 0;
    }
    if (item.found.n > 0)
        memcpy(rows, item.found.rows, item.found.n * sizeof(void *));
    return item.found.n;
}

size_t uow_scan(uow *u, const uow_range *range, size_t limit, void **rows)
{
    CHECK(limit > 0 && limit <= UOW_SCAN_MAX);
    scan_request q = describe(u, range);
    if (u->reading)
        return scan_reading(u, &q, limit, rows);
    size_t slack = slack_of(u, &q), n = 0;
    unit_scan *s = scan_at(u, &q, limit);
    if (s->state == ENTRY_UNREAD) {
        s->request.limit = limit + slack;
        s->state = ENTRY_WANTED;
        if (unit_withholds(u)) {
            s->request.limit += SCAN_SPARE;
            s->next = u->scans;
            u->scans = s;
        } else {
            scan_item item = read_range(u, &s->request);
            unit_scan_loaded(s, &item);
        }
    }
    if (s->state == ENTRY_BROKEN)
        u->failure = s->failure;
    if (s->state == ENTRY_KNOWN && !merge(u, s, rows, &n)) {
        s->request.limit = limit + slack + SCAN_SPARE;
        s->state = ENTRY_WANTED;
    }
    u->pending = u->pending || s->state != ENTRY_KNOWN;
    return s->state == ENTRY_KNOWN ? n : 0;
}

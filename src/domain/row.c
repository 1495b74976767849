/* The codec of rows and records, led by their descriptions: one loop over the columns serves every
 * table.
 *
 * Writing puts scalars into a small stage on the stack, so a row costs one or two appends and not
 * one a column. Reading trusts nothing: the checksum comes first, then every length, count, width
 * and redundant byte is checked, so each value has exactly one stored form. It allocates only text
 * and lists. Nothing here knows what a column means. */
#include "domain/row.h"

#include <endian.h>
#include <string.h>

#include "base/hash.h"
#include "domain/row_fields.h"

enum { LEB_MAX = 10, STAGE_MAX = 256, CHECKSUM_BYTES = 4 };

/* ---- keys ---- */

/* A key under construction. The slack lets every integer be written as eight bytes. */
typedef struct key_writer {
    size_t n;
    char bytes[ROW_KEY_MAX + sizeof(uint64_t)];
} key_writer;

static void key_put(key_writer *k, const column *c, const void *row)
{
    if (c->type == COLUMN_STR) {
        str s = column_str(c, row);
        CHECK(s.n <= ROW_KEY_MAX - k->n); /* names are far shorter when they are admitted */
        if (s.n > 0) {
            memcpy(k->bytes + k->n, s.p, s.n);
        }
        k->n += s.n;
        return;
    }
    const column_info *type = &column_types[c->type];
    CHECK(type->width > 0 && k->n + type->width <= ROW_KEY_MAX);
    uint64_t v = column_load(c, row) << (64 - 8 * type->width);
    v ^= type->is_signed ? UINT64_C(1) << 63 : 0; /* so that negative numbers come first */
    v = htobe64(v);
    memcpy(k->bytes + k->n, &v, sizeof(v));
    k->n += type->width;
}

static void key_table(key_writer *k, const table *t, const void *row, size_t n)
{
    CHECK(n <= t->key_columns);
    k->n = 1;
    k->bytes[0] = (char)t->number;
    for (size_t i = 0; i < n; i++) {
        key_put(k, &t->record.columns[i], row);
    }
}

static void key_index(key_writer *k, const table *t, size_t index, const void *row, size_t n)
{
    CHECK(index < t->indexes && n <= t->index[index].n);
    const table_index *x = &t->index[index];
    k->n = 1;
    k->bytes[0] = (char)x->number;
    for (size_t i = 0; i < n; i++) {
        key_put(k, &t->record.columns[x->columns[i]], row);
    }
}

void row_encode_key(const table *t, const void *row, buf *b)
{
    key_writer k;
    key_table(&k, t, row, t->key_columns);
    buf_add(b, k.bytes, k.n);
}

void row_encode_prefix(const table *t, int index, const void *row, size_t n, buf *b)
{
    key_writer k;
    if (index < 0) {
        key_table(&k, t, row, n);
    } else {
        key_index(&k, t, (size_t)index, row, n);
    }
    buf_add(b, k.bytes, k.n);
}

void row_encode_index(const table *t, size_t index, const void *row, buf *b)
{
    CHECK(index < t->indexes);
    key_writer k;
    key_index(&k, t, index, row, t->index[index].n);
    buf_add(b, k.bytes, k.n);
}

/* ---- values: writing ---- */

typedef struct writer {
    buf *out;
    size_t n;
    uint8_t stage[STAGE_MAX];
} writer;

static void flush(writer *w)
{
    buf_add(w->out, w->stage, w->n);
    w->n = 0;
}

static inline void put_byte(writer *w, uint8_t v)
{
    if (w->n == STAGE_MAX) {
        flush(w);
    }
    w->stage[w->n++] = v;
}

static inline void put_leb(writer *w, uint64_t v)
{
    if (w->n + LEB_MAX > STAGE_MAX) {
        flush(w);
    }
    uint8_t *p = w->stage + w->n;
    while (v >= 0x80) {
        *p++ = (uint8_t)(v | 0x80);
        v >>= 7;
    }
    *p++ = (uint8_t)v;
    w->n = (size_t)(p - w->stage);
}

static inline void put_str(writer *w, str s)
{
    put_leb(w, s.n);
    if (s.n == 0) {
        return;
    }
    if (s.n > STAGE_MAX - w->n) {
        flush(w);
    }
    if (s.n > STAGE_MAX) {
        buf_str(w->out, s);
        return;
    }
    memcpy(w->stage + w->n, s.p, s.n);
    w->n += s.n;
}

static inline uint64_t zigzag(uint64_t v)
{
    return (v << 1) ^ (0 - (v >> 63));
}

static inline uint64_t unzigzag(uint64_t v)
{
    return (v >> 1) ^ (0 - (v & 1));
}

static void put_columns(writer *w, const record_type *r, size_t first, const void *record);

static void put_list(writer *w, const column *c, const void *record)
{
    list l = column_list(c, record);
    CHECK(l.n <= ROW_LIST_MAX); /* it could be written but never read again */
    put_leb(w, l.n);
    for (size_t k = 0; k < l.n; k++) {
        put_columns(w, c->element, 0, list_item(&l, c->element, k));
    }
}

/* The version and the columns from `first` on. Depth is that of the declarations, which have no
 * cycles. */
static void put_columns(writer *w, const record_type *r, size_t first, const void *record)
{
    put_byte(w, r->version);
    for (size_t i = first; i < r->n; i++) {
        const column *c = &r->columns[i];
        if (column_is_scalar(c)) {
            uint64_t v = column_load(c, record);
            put_leb(w, column_types[c->type].is_signed ? zigzag(v) : v);
        } else if (c->type == COLUMN_STR) {
            put_str(w, column_str(c, record));
        } else {
            put_list(w, c, record);
        }
    }
}

void row_encode_list(const column *c, const void *row, buf *b)
{
    if (column_list(c, row).n == 0) {
        return;
    }
    writer w;
    w.out = b;
    w.n = 0;
    put_list(&w, c, row);
    flush(&w);
}

static void put_value(const record_type *r, size_t first, str key, const void *record, buf *b)
{
    size_t start = b->n;
    writer w;
    w.out = b;
    w.n = 0;
    put_columns(&w, r, first, record);
    flush(&w);
    if (buf_overflowed(b)) {
        return;
    }
    str body = buf_view(b);
    uint32_t sum = htole32(hash32_check(key, (str){body.p + start, body.n - start}));
    buf_add(b, &sum, sizeof(sum));
}

void row_encode_value(const table *t, const void *row, buf *b)
{
    key_writer k;
    key_table(&k, t, row, t->key_columns);
    put_value(&t->record, t->key_columns, (str){k.bytes, k.n}, row, b);
}

void record_encode(const record_type *r, const void *record, buf *b)
{
    put_value(r, 0, (str){NULL, 0}, record, b);
}

str record_bytes(const record_type *r, const void *record, arena *memory)
{
    buf b;
    buf_init(&b, RECORD_BYTES_MAX);
    record_encode(r, record, &b);
    CHECK(!buf_overflowed(&b));
    str bytes = arena_str(memory, buf_view(&b));
    buf_free(&b);
    return bytes;
}

/* ---- values and keys: reading ---- */

typedef struct reader {
    const uint8_t *p, *end;
    arena *memory;
} reader;

static inline size_t left(const reader *r)
{
    return (size_t)(r->end - r->p);
}

static bool get_long_leb(reader *r, uint64_t *out)
{
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        if (r->p == r->end) {
            return false;
        }
        uint8_t byte = *r->p++;
        v |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *out = v;
            /* The last byte is never 0: that is a longer form of the same number. In the tenth
             * there is room for one bit. */
            return byte != 0 && (shift < 63 || byte == 1);
        }
    }
    return false;
}

static inline bool get_leb(reader *r, uint64_t *out)
{
    if (r->p < r->end && *r->p < 0x80) {
        *out = *r->p++;
        return true;
    }
    return get_long_leb(r, out);
}

static bool get_scalar(reader *r, const column *c, void *record)
{
    uint64_t v;
    const column_info *type = &column_types[c->type];
    if (!get_leb(r, &v) || v > type->max) {
        return false;
    }
    column_store(c, record, type->is_signed ? unzigzag(v) : v);
    return true;
}

/* Takes n bytes as a copy in memory. */
static bool get_str(reader *r, const column *c, uint64_t n, void *record)
{
    if (n > left(r)) {
        return false;
    }
    str s = {NULL, 0};
    if (n > 0) {
        s = arena_str(r->memory, (str){(const char *)r->p, (size_t)n});
    }
    r->p += n;
    column_put(c, record, &s);
    return true;
}

static bool get_columns(reader *rd, const record_type *r, size_t first, void *record);

/* The fewest bytes that a record takes: its version, and a byte for each column of version 1. */
static size_t least_bytes(const record_type *r)
{
    size_t n = 0;
    while (n < r->n && r->columns[n].since <= 1) {
        n++;
    }
    return 1 + n;
}

/* The count is believed only as far as there are bytes for it, so that memory stays within a
 * constant factor of the input. */
static bool get_list(reader *r, const column *c, void *record)
{
    uint64_t n;
    if (!get_leb(r, &n) || n > ROW_LIST_MAX || n > left(r) / least_bytes(c->element)) {
        return false;
    }
    list l = {NULL, (size_t)n};
    if (n > 0) {
        l.items = arena_alloc(r->memory, (size_t)n * c->element->size);
    }
    for (size_t i = 0; i < l.n; i++) {
        if (!get_columns(r, c->element, 0, (char *)l.items + i * c->element->size)) {
            return false;
        }
    }
    column_put(c, record, &l);
    return true;
}

static bool get_column(reader *rd, const column *c, void *record)
{
    uint64_t n;
    switch (c->type) {
    case COLUMN_STR:
        return get_leb(rd, &n) && get_str(rd, c, n, record);
    case COLUMN_LIST:
        return get_list(rd, c, record);
    default:
        return get_scalar(rd, c, record);
    }
}

static bool get_columns(reader *rd, const record_type *r, size_t first, void *record)
{
    if (rd->p == rd->end || *rd->p == 0 || *rd->p > r->version) {
        return false;
    }
    uint8_t version = *rd->p++;
    for (size_t i = first; i < r->n; i++) {
        const column *c = &r->columns[i];
        if (c->since > version) {
            memset((char *)record + c->offset, 0, column_types[c->type].size);
        } else if (!get_column(rd, c, record)) {
            return false;
        }
    }
    return true;
}

result row_decode_list(const column *c, str bytes, arena *memory, void *row)
{
    list none = {NULL, 0};
    column_put(c, row, &none);
    if (bytes.n == 0) {
        return R_DONE;
    }
    reader rd = {(const uint8_t *)bytes.p, (const uint8_t *)bytes.p + bytes.n, memory};
    bool good = get_list(&rd, c, row) && rd.p == rd.end && column_list(c, row).n > 0;
    return good ? R_DONE : R_CORRUPT;
}

/* Is value whole? Then *rd stands on what the checksum covers of it. */
static bool open_value(str key, str value, reader *rd)
{
    if (value.n < 1 + CHECKSUM_BYTES) {
        return false;
    }
    str body = {value.p, value.n - CHECKSUM_BYTES};
    uint32_t sum;
    memcpy(&sum, body.p + body.n, sizeof(sum));
    rd->p = (const uint8_t *)body.p;
    rd->end = rd->p + body.n;
    return le32toh(sum) == hash32_check(key, body);
}

result row_decode_value(const table *t, str key, str value, arena *memory, void *row)
{
    reader rd = {.memory = memory};
    bool good = open_value(key, value, &rd) && get_columns(&rd, &t->record, t->key_columns, row) &&
                rd.p == rd.end;
    return good ? R_DONE : R_CORRUPT;
}

result record_decode(const record_type *r, str bytes, arena *memory, void *record)
{
    reader rd = {.memory = memory};
    bool good =
        open_value((str){NULL, 0}, bytes, &rd) && get_columns(&rd, r, 0, record) && rd.p == rd.end;
    return good ? R_DONE : R_CORRUPT;
}

static bool get_key_column(reader *rd, const column *c, void *row)
{
    if (c->type == COLUMN_STR) {
        return get_str(rd, c, left(rd), row);
    }
    const column_info *type = &column_types[c->type];
    if (type->width == 0 || left(rd) < type->width) {
        return false;
    }
    uint64_t v = 0;
    for (size_t i = 0; i < type->width; i++) {
        v = v << 8 | *rd->p++;
    }
    if (c->type == COLUMN_BOOL && v > 1) {
        return false;
    }
    column_store(c, row, type->is_signed ? v ^ UINT64_C(1) << (8 * type->width - 1) : v);
    return true;
}

static bool open_key(str key, uint8_t number, reader *rd)
{
    if (key.n == 0 || key.n > ROW_KEY_MAX || (uint8_t)key.p[0] != number) {
        return false;
    }
    rd->p = (const uint8_t *)key.p + 1;
    rd->end = rd->p + key.n - 1;
    return true;
}

result row_decode_key(const table *t, str key, arena *memory, void *row)
{
    reader rd = {.memory = memory};
    if (!open_key(key, t->number, &rd)) {
        return R_CORRUPT;
    }
    for (size_t i = 0; i < t->key_columns; i++) {
        if (!get_key_column(&rd, &t->record.columns[i], row)) {
            return R_CORRUPT;
        }
    }
    return rd.p == rd.end ? R_DONE : R_CORRUPT;
}

result row_decode_index(const table *t, size_t index, str key, void *row)
{
    CHECK(index < t->indexes);
    const table_index *x = &t->index[index];
    reader rd = {.memory = NULL};
    if (!open_key(key, x->number, &rd)) {
        return R_CORRUPT;
    }
    for (size_t i = 0; i < x->n; i++) {
        if (!get_key_column(&rd, &t->record.columns[x->columns[i]], row)) {
            return R_CORRUPT;
        }
    }
    return rd.p == rd.end ? R_DONE : R_CORRUPT;
}

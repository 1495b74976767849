/* Columns in PostgreSQL's binary forms: see binary.h. An array is: dimensions, whether it has
 * NULLs, type, length, first index, then each element's length and bytes; all big-endian. */
#include "store/pg/binary.h"

#include <endian.h>
#include <string.h>

#include "domain/row_fields.h"

/* Numbers of types, from the server's catalogue: the same for ever. */
enum { OID_BOOL = 16, OID_BYTEA = 17, OID_INT8 = 20, OID_INT2 = 21, OID_INT4 = 23 };

#define U64_FLIP (UINT64_C(1) << 63)

static const struct {
    uint32_t oid;
    uint8_t width; /* 0: as long as it is */
} types[] = {
    [COLUMN_BOOL] = {OID_BOOL, 1}, [COLUMN_U8] = {OID_INT2, 2},   [COLUMN_U16] = {OID_INT4, 4},
    [COLUMN_U32] = {OID_INT8, 8},  [COLUMN_U64] = {OID_INT8, 8},  [COLUMN_I32] = {OID_INT4, 4},
    [COLUMN_I64] = {OID_INT8, 8},  [COLUMN_STR] = {OID_BYTEA, 0}, [COLUMN_LIST] = {OID_BYTEA, 0},
};

void binary_init(binary_params *p)
{
    buf_init(&p->bytes, BINARY_BYTES_MAX);
    p->n = 0;
}

void binary_free(binary_params *p)
{
    buf_free(&p->bytes);
}

void binary_clear(binary_params *p)
{
    buf_clear(&p->bytes);
    p->n = 0;
}

/* ---- writing ---- */

static void put_u32(buf *b, uint32_t v)
{
    uint32_t wire = htobe32(v);
    buf_add(b, &wire, sizeof(wire));
}

/* The low `width` bytes of v. */
static void put_number(buf *b, uint64_t v, size_t width)
{
    uint64_t wire = htobe64(v << (64 - 8 * width));
    buf_add(b, &wire, width);
}

static void put_value(buf *b, const column *c, const void *row)
{
    if (c->type == COLUMN_STR) {
        buf_str(b, column_str(c, row));
    } else if (c->type == COLUMN_LIST) {
        row_encode_list(c, row, b);
    } else {
        uint64_t v = column_load(c, row);
        put_number(b, c->type == COLUMN_U64 ? v ^ U64_FLIP : v, types[c->type].width);
    }
}

/* The length in front of it is written when it is known. */
static void put_element(buf *b, const column *c, const void *row)
{
    size_t at = b->n;
    put_u32(b, 0);
    put_value(b, c, row);
    if (buf_overflowed(b))
        return;
    uint32_t length = htobe32((uint32_t)(b->n - at - sizeof(length)));
    memcpy(b->p + at, &length, sizeof(length));
}

static void end_param(binary_params *p)
{
    CHECK(!buf_overflowed(&p->bytes) && p->n < BINARY_PARAMS_MAX);
    p->ends[p->n++] = p->bytes.n;
}

static void put_array(binary_params *p, uint32_t oid, size_t n)
{
    put_u32(&p->bytes, 1);
    put_u32(&p->bytes, 0);
    put_u32(&p->bytes, oid);
    put_u32(&p->bytes, (uint32_t)n);
    put_u32(&p->bytes, 1);
}

void binary_column(binary_params *p, const column *c, const void *const *rows, size_t n)
{
    put_array(p, types[c->type].oid, n);
    for (size_t i = 0; i < n; i++)
        put_element(&p->bytes, c, rows[i]);
    end_param(p);
}

void binary_numbers(binary_params *p, size_t n)
{
    put_array(p, OID_INT4, n);
    for (size_t i = 0; i < n; i++) {
        put_u32(&p->bytes, sizeof(uint32_t));
        put_u32(&p->bytes, (uint32_t)i);
    }
    end_param(p);
}

void binary_i64s(binary_params *p, const int64_t *values, size_t n)
{
    put_array(p, OID_INT8, n);
    for (size_t i = 0; i < n; i++) {
        put_u32(&p->bytes, sizeof(values[i]));
        put_number(&p->bytes, (uint64_t)values[i], sizeof(values[i]));
    }
    end_param(p);
}

void binary_value(binary_params *p, const column *c, const void *row)
{
    put_value(&p->bytes, c, row);
    end_param(p);
}

void binary_i64(binary_params *p, int64_t v)
{
    put_number(&p->bytes, (uint64_t)v, sizeof(v));
    end_param(p);
}

void binary_i32(binary_params *p, int32_t v)
{
    put_u32(&p->bytes, (uint32_t)v);
    end_param(p);
}

void binary_text(binary_params *p, str s)
{
    buf_str(&p->bytes, s);
    end_param(p);
}

/* ---- reading ---- */

static bool is_null(binary_cell c)
{
    return PQgetisnull(c.of, c.row, c.field) != 0;
}

static str value_at(binary_cell c)
{
    return (str){PQgetvalue(c.of, c.row, c.field), (size_t)PQgetlength(c.of, c.row, c.field)};
}

/* Sign-extended. */
static int64_t number_of(str s)
{
    uint64_t v = 0;
    memcpy(&v, s.p, s.n);
    v = be64toh(v); /* its bytes are now the first ones */
    return (int64_t)v >> (64 - 8 * s.n);
}

static bool fits(column_type type, int64_t v)
{
    switch (type) {
    case COLUMN_BOOL:
        return v == 0 || v == 1;
    case COLUMN_U8:
        return v >= 0 && v <= UINT8_MAX;
    case COLUMN_U16:
        return v >= 0 && v <= UINT16_MAX;
    case COLUMN_U32:
        return v >= 0 && v <= UINT32_MAX;
    default:
        return true;
    }
}

result binary_read(binary_cell from, const column *c, arena *memory, void *record)
{
    if (is_null(from))
        return R_CORRUPT;
    str s = value_at(from);
    if (c->type == COLUMN_LIST)
        return row_decode_list(c, s, memory, record);
    if (c->type == COLUMN_STR) {
        str copy = s.n > 0 ? arena_str(memory, s) : (str){NULL, 0};
        column_put(c, record, &copy);
        return R_DONE;
    }
    if (s.n != types[c->type].width)
        return R_CORRUPT;
    int64_t v = number_of(s);
    if (!fits(c->type, v))
        return R_CORRUPT;
    column_store(c, record, c->type == COLUMN_U64 ? (uint64_t)v ^ U64_FLIP : (uint64_t)v);
    return R_DONE;
}

static bool read_number(binary_cell from, size_t width, int64_t *out)
{
    if (from.row >= PQntuples(from.of) || from.field >= PQnfields(from.of) || is_null(from))
        return false;
    str s = value_at(from);
    if (s.n != width)
        return false;
    *out = number_of(s);
    return true;
}

bool binary_read_i64(binary_cell from, int64_t *out)
{
    return read_number(from, sizeof(*out), out);
}

bool binary_read_i32(binary_cell from, int32_t *out)
{
    int64_t v;
    if (!read_number(from, sizeof(*out), &v))
        return false;
    *out = (int32_t)v;
    return true;
}

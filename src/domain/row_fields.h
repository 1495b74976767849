/* Columns in memory, for codecs and for the functions that go field by field: of the files of
 * domain/row.h, and of engines that know columns.
 *
 * All access is by memcpy: a list column is declared with its own element type, and only lies like
 * a `list`. */
#ifndef QUAN_DOMAIN_ROW_FIELDS_H
#define QUAN_DOMAIN_ROW_FIELDS_H

#include <string.h>

#include "domain/row.h"

/* By column_type: bytes in a struct, bytes in a key (0: not of fixed width), sign, and the largest
 * unsigned or zigzag number that a value may hold. */
typedef struct column_info {
    uint8_t size, width;
    bool is_signed;
    uint64_t max;
} column_info;

static const column_info column_types[] = {
    [COLUMN_BOOL] = {1, 1, false, 1},
    [COLUMN_U8] = {1, 1, false, UINT8_MAX},
    [COLUMN_U16] = {2, 2, false, UINT16_MAX},
    [COLUMN_U32] = {4, 4, false, UINT32_MAX},
    [COLUMN_U64] = {8, 8, false, UINT64_MAX},
    [COLUMN_I32] = {4, 4, true, UINT32_MAX},
    [COLUMN_I64] = {8, 8, true, UINT64_MAX},
    [COLUMN_STR] = {sizeof(str), 0, false, 0},
    [COLUMN_LIST] = {sizeof(list), 0, false, 0},
};

static inline bool column_is_scalar(const column *c)
{
    return c->type < COLUMN_STR;
}

static inline const void *column_at(const void *record, const column *c)
{
    return (const char *)record + c->offset;
}

/* A scalar as 64 bits; signed ones are sign-extended. */
static inline uint64_t column_load(const column *c, const void *record)
{
    const void *at = column_at(record, c);
    uint8_t v8;
    uint16_t v16;
    uint32_t v32;
    uint64_t v64;
    switch (column_types[c->type].size) {
    case 1:
        memcpy(&v8, at, sizeof(v8));
        return c->type == COLUMN_BOOL ? v8 != 0 : v8;
    case 2:
        memcpy(&v16, at, sizeof(v16));
        return v16;
    case 4:
        memcpy(&v32, at, sizeof(v32));
        return c->type == COLUMN_I32 ? (uint64_t)(int64_t)(int32_t)v32 : v32;
    default:
        memcpy(&v64, at, sizeof(v64));
        return v64;
    }
}

/* The low bits of v, as many as the column has. */
static inline void column_store(const column *c, void *record, uint64_t v)
{
    void *at = (char *)record + c->offset;
    uint8_t v8 = (uint8_t)v;
    uint16_t v16 = (uint16_t)v;
    uint32_t v32 = (uint32_t)v;
    switch (column_types[c->type].size) {
    case 1:
        memcpy(at, &v8, sizeof(v8));
        break;
    case 2:
        memcpy(at, &v16, sizeof(v16));
        break;
    case 4:
        memcpy(at, &v32, sizeof(v32));
        break;
    default:
        memcpy(at, &v, sizeof(v));
        break;
    }
}

static inline str column_str(const column *c, const void *record)
{
    str s;
    memcpy(&s, column_at(record, c), sizeof(s));
    return s;
}

static inline list column_list(const column *c, const void *record)
{
    list l;
    memcpy(&l, column_at(record, c), sizeof(l));
    return l;
}

static inline void column_put(const column *c, void *record, const void *from)
{
    memcpy((char *)record + c->offset, from, column_types[c->type].size);
}

static inline const void *list_item(const list *l, const record_type *element, size_t i)
{
    return (const char *)l->items + i * element->size;
}

#endif

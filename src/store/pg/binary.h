/* Columns in PostgreSQL's binary forms: parameters of a statement, and what a result holds.
 *
 * Reading believes nothing: a value of another length or out of its column's range is R_CORRUPT. */
#ifndef QUAN_STORE_PG_BINARY_H
#define QUAN_STORE_PG_BINARY_H

#include <libpq-fe.h>

#include "base/arena.h"
#include "base/buf.h"
#include "domain/row.h"

enum {
    BINARY_PARAMS_MAX = ROW_COLUMNS_MAX + 3,
    BINARY_BYTES_MAX = 1024 * 1024 * 1024, /* of one statement: a batch ends long before */
};

/* The parameters of one statement, one behind the other. */
typedef struct binary_params {
    buf bytes;
    int n;
    size_t ends[BINARY_PARAMS_MAX];
} binary_params;

void binary_init(binary_params *p);
void binary_free(binary_params *p);
void binary_clear(binary_params *p);
/* One column of many rows, as an array. */
void binary_column(binary_params *p, const column *c, const void *const *rows, size_t n);
void binary_numbers(binary_params *p, size_t n); /* int4[]: 0 to n - 1 */
void binary_i64s(binary_params *p, const int64_t *values, size_t n);
/* Scalars */
void binary_value(binary_params *p, const column *c, const void *row);
void binary_i64(binary_params *p, int64_t v);
void binary_i32(binary_params *p, int32_t v);
void binary_text(binary_params *p, str s);

/* A value into its column of the record; text and lists live in memory. */
typedef struct binary_cell {
    const PGresult *of;
    int row, field;
} binary_cell;
MUST_USE result binary_read(binary_cell from, const column *c, arena *memory, void *record);
MUST_USE bool binary_read_i64(binary_cell from, int64_t *out);
MUST_USE bool binary_read_i32(binary_cell from, int32_t *out);

#endif

/* The definition of tables: its language, and what the reading half of gen_table
 * (gen_table_parse.c) hands to the writing half (gen_table_write.c).
 *
 * A line is words, then optionally a "doc text" that becomes a C comment; # begins a comment.
 *   enum NAME               then lines: NUMBER NAME
 *   record NAME             then columns
 *   table NAME NUMBER slot|lane point|range
 *                           then key columns, columns and indexes
 *   key TYPE NAME           the first is u16 slot or u16 lane; text only as the last
 *   [since N] TYPE NAME     bool u8 u16 u32 u64 i32 i64 str; N never falls, so new ones go last
 *   [since N] list RECORD NAME
 *                           of a record declared earlier, so there are no cycles
 *   index NUMBER NAME COLUMN...
 * What the parts mean, and the limits on them, is in domain/row.h. */
#ifndef QUAN_TOOLS_GEN_TABLE_H
#define QUAN_TOOLS_GEN_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "domain/row.h"

enum {
    NAME_LENGTH_MAX = 40,
    BLOCKS_MAX = 256, /* records and tables together, and enums */
    ENUM_VALUES_MAX = 256,
    INDEX_COLUMNS_MAX = ARRAY_LEN(((table_index *)0)->columns),
    NUMBER_MAX = UINT8_MAX
};

typedef struct gen_value {
    const char *name, *doc;
    unsigned number;
} gen_value;

typedef struct gen_enum {
    const char *name, *doc;
    int line;
    unsigned n, count; /* count: highest number + 1 */
    gen_value values[ENUM_VALUES_MAX];
} gen_enum;

typedef struct gen_column {
    const char *name, *doc, *element;
    column_type type;
    unsigned since;
} gen_column;

typedef struct gen_index {
    const char *name;
    unsigned number, n, columns[INDEX_COLUMNS_MAX];
} gen_index;

/* A record, or a table: then number is not 0. */
typedef struct gen_record {
    const char *name, *doc, *home, *access;
    int line;
    unsigned number, n, keys, indexes, version;
    gen_column columns[ROW_COLUMNS_MAX];
    gen_index index[ROW_INDEXES_MAX];
} gen_record;

typedef struct gen_model {
    size_t enums_n, records_n;
    gen_enum enums[BLOCKS_MAX];
    gen_record records[BLOCKS_MAX]; /* and tables, in the order of their declaration */
} gen_model;

typedef struct gen_type {
    const char *word, *c_type, *constant;
    bool ordered; /* fixed width: may stand anywhere in a key */
} gen_type;

/* By column_type. */
static const gen_type gen_types[] = {
    [COLUMN_BOOL] = {"bool", "bool", "COLUMN_BOOL", true},
    [COLUMN_U8] = {"u8", "uint8_t", "COLUMN_U8", true},
    [COLUMN_U16] = {"u16", "uint16_t", "COLUMN_U16", true},
    [COLUMN_U32] = {"u32", "uint32_t", "COLUMN_U32", true},
    [COLUMN_U64] = {"u64", "uint64_t", "COLUMN_U64", true},
    [COLUMN_I32] = {"i32", "int32_t", "COLUMN_I32", true},
    [COLUMN_I64] = {"i64", "int64_t", "COLUMN_I64", true},
    [COLUMN_STR] = {"str", "str", "COLUMN_STR", false},
    [COLUMN_LIST] = {"list", "list", "COLUMN_LIST", false},
};

/* Reads all of the definition. Names and doc texts live as long as the program; a doc is NULL when
 * there is none. The first mistake is printed as `file:line: message` and ends the program with
 * status 1. */
const gen_model *gen_parse(const char *path);

#endif

/* What a table is: the description that the generator writes for each table of table.def, and the
 * codec that works on it.
 *
 * A table is declared once, in table.def. tools/gen_table makes of it, in the build folder, a plain
 * struct, typed access to the unit of work and a `table` like the one below; engines and codecs
 * know only this description. Rows are structs whose first columns are the key. Text columns are
 * slices that the unit of work's arena owns.
 *
 * Stored forms (little to learn, fixed for ever):
 *   key    table number (1 byte), then the key columns: integers big-endian at their width (signed
 *          ones with the sign bit flipped), bool one byte, text only as the last key column, raw.
 *          So byte order is column order. At most ROW_KEY_MAX bytes.
 *   value  version (1 byte: the highest `since` of the table when it was written), then the other
 *          columns in order: unsigned integers as LEB128, signed ones zigzag LEB128, bool one byte,
 *          text as LEB128 length + bytes, a list as LEB128 count + each record's columns (inside a
 *          record: its own version byte first); then a 4-byte little-endian checksum over key and
 *          value. A reader of an older version leaves newer columns zero; a newer version than the
 *          reader knows, or a wrong checksum, is R_CORRUPT. So is any other form than the one that
 *          the encoder writes: a longer LEB128, a number too wide for its column, bytes left over.
 *   index  index number (1 byte), then the index columns, all fixed-width integers or bool; they
 *          contain every key column.
 *
 * A record is the same without a key (its checksum covers the value alone): acts' inputs and
 * outcomes, events and lists are records. */
#ifndef QUAN_DOMAIN_ROW_H
#define QUAN_DOMAIN_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/result.h"

enum {
    ROW_KEY_MAX = 192,
    ROW_COLUMNS_MAX = 64,
    ROW_INDEXES_MAX = 4,
    ROW_LIST_MAX = 100000,
    RECORD_BYTES_MAX = 16 * 1024 * 1024, /* a template version with all its scope items is less */
};

typedef enum column_type {
    COLUMN_BOOL,
    COLUMN_U8,
    COLUMN_U16,
    COLUMN_U32,
    COLUMN_U64,
    COLUMN_I32,
    COLUMN_I64,
    COLUMN_STR,
    COLUMN_LIST
} column_type;

typedef struct record_type record_type;

typedef struct column {
    const char *name;
    column_type type;
    uint16_t offset;            /* in the struct; for a list: of its `list` member */
    uint8_t since;              /* version that brought it */
    const record_type *element; /* COLUMN_LIST only */
} column;

/* The memory form of a list column: n records of the element's struct size. */
typedef struct list {
    void *items;
    size_t n;
} list;

struct record_type {
    const char *name;
    uint16_t size;   /* of the struct */
    uint8_t version; /* highest `since` */
    uint8_t n;
    const column *columns;
};

typedef struct table_index {
    const char *name;
    uint8_t number; /* first byte of its keys */
    uint8_t n;
    uint8_t columns[8]; /* positions in record.columns */
} table_index;

/* Where rows live: by slot (first key column u16 slot), or by lane (first key column u16 lane). */
typedef enum table_home { HOME_SLOT, HOME_LANE } table_home;
/* How rows are read: by whole key only, or also in key order (its indexes always are). */
typedef enum table_access { ACCESS_POINT, ACCESS_RANGE } table_access;

typedef struct table {
    record_type record; /* all columns, the key's first */
    uint8_t number;     /* first byte of its keys; tables and indexes share one number space */
    uint8_t key_columns;
    table_home home;
    table_access access;
    uint8_t indexes;
    table_index index[ROW_INDEXES_MAX];
} table;

extern const table *const tables[]; /* by table.def order */
extern const size_t tables_count;
/* NULL when none; an index's number gives its table. */
const table *table_by_number(uint8_t number);

/* Codec. Encoders append to b (overflow is sticky there). It is a defect (CHECK) to encode a key
 * beyond ROW_KEY_MAX or a list beyond ROW_LIST_MAX: what admits input keeps below them. */
void row_encode_key(const table *t, const void *row, buf *b);
/* The first n key columns (of table or index i, -1 for the table) as a prefix. Text has no end
 * mark: a prefix that includes the text column is also one of longer texts. */
void row_encode_prefix(const table *t, int index, const void *row, size_t n, buf *b);
void row_encode_index(const table *t, size_t index, const void *row, buf *b);
void row_encode_value(const table *t, const void *row, buf *b);
/* One list column as a value has it, without a version or a checksum in front or behind; an empty
 * one is no bytes. */
void row_encode_list(const column *c, const void *row, buf *b);

/* Decoders believe no byte of their input. They copy text and lists into memory; the lists take at
 * most a constant factor of the input. R_DONE, or R_CORRUPT, after which the columns that should
 * have been filled are undefined. Empty text and lists come back as {NULL, 0}. */
/* Fills the key columns of row, or all columns of the index; leaves the others alone. */
MUST_USE result row_decode_key(const table *t, str key, arena *memory, void *row);
MUST_USE result row_decode_index(const table *t, size_t index, str key, void *row);
/* Fills the other columns; key is what the checksum covers besides the value. */
MUST_USE result row_decode_value(const table *t, str key, str value, arena *memory, void *row);
/* Fills that column alone. */
MUST_USE result row_decode_list(const column *c, str bytes, arena *memory, void *row);
void record_encode(const record_type *r, const void *record, buf *b);
/* The same into memory; at most RECORD_BYTES_MAX, which is a CHECK. */
str record_bytes(const record_type *r, const void *record, arena *memory);
MUST_USE result record_decode(const record_type *r, str bytes, arena *memory, void *record);

/* Field by field, for tests, dumps and the adversarial store. */
bool record_equal(const record_type *r, const void *a, const void *b);
/* name=value name=value …; text in quotes with \" \\ \xNN, a list as [{name=value} {…}]. */
void record_print(const record_type *r, const void *record, buf *b);
/* Deep; `to` may be `from`, which then no longer shares text and lists with other copies. */
void record_copy(const record_type *r, const void *from, arena *memory, void *to);

#endif

/* The SQL of the PostgreSQL engine: the DDL of a table and every statement on its rows, made from
 * its description, and the few statements that are about none.
 *
 * Plain SQL only, so that what speaks PostgreSQL's protocol and shards by a column can run it: the
 * slot (or lane) leads every key and index; no functions of our own, sequences, triggers, locks but
 * those of rows, notices or foreign keys; sql_test.c reads every text and says so.
 *
 * Columns: bool boolean, u8 int2, u16 int4, u32 int8, i32 int4, i64 int8; u64 int8 with its top bit
 * flipped, so that the order is that of the number; str bytea, which orders as bytes do; a list
 * bytea (row_encode_list). No column is NULL. Behind them `rev`: the mark of the batch that wrote
 * the row last (pg.h).
 *
 * Parameters are binary and cast in the text. Those of many rows are arrays, one a column:
 *   load     the key columns, the number of each item; gives number, other columns, rev
 *   link     of two tables of one slot: the key columns of the row that names, those of the other
 *            one but the slot and what is named, the number of each item; gives number, what is
 *            named, the other's columns behind its key, rev; NULL where that one is not there
 *   insert   all columns; the new rev
 *   update   all columns, the old revs; the new rev, how many rows
 *   delete   the key columns, the old revs; how many rows
 *   scan     scalars: the columns of the prefix, then the others of the position (but from the
 *            start), how many rows; gives all columns, rev, in order
 * update and delete divide by zero, and so end their transaction, unless they meet so many rows. */
#ifndef QUAN_STORE_PG_SQL_H
#define QUAN_STORE_PG_SQL_H

#include "base/buf.h"
#include "domain/link.h"
#include "domain/row.h"

typedef enum sql_kind {
    SQL_LOAD,
    SQL_INSERT,
    SQL_UPDATE,
    SQL_DELETE,
    SQL_SCAN,
    SQL_LINK,
} sql_kind;

/* Where a scan begins: at the first of its prefix, at the position, behind it. */
typedef enum sql_from { SQL_FROM_START, SQL_FROM_AT, SQL_FROM_AFTER, SQL_FROM_COUNT } sql_from;

typedef struct sql_statement {
    const table *table;
    sql_kind kind;
    /* scan: */
    int index; /* -1: the table's key */
    uint8_t prefix;
    sql_from from;
    row_link_id link; /* of a link; `table` is what it loads */
} sql_statement;

enum {
    SQL_PREFIXES = 9, /* 0 to 8 columns */
    SQL_SCANS = (ROW_INDEXES_MAX + 1) * SQL_PREFIXES * SQL_FROM_COUNT,
    SQL_LINKS = SQL_SCAN + SQL_SCANS,   /* the first of them */
    SQL_PLACES = SQL_LINKS + ROW_LINKS, /* of one table */
    SQL_TEXT_MAX = 64 * 1024,
};

/* Which of a table's statements it is: below SQL_PLACES. */
unsigned sql_place(const sql_statement *s);
/* The statement of a place; false when the table has none there. */
MUST_USE bool sql_at(const table *t, unsigned place, sql_statement *out);
void sql_text(const sql_statement *s, buf *out);
/* The column at a place of the table's key or an index, and how many there are. */
const column *sql_order_column(const table *t, int index, size_t i);
size_t sql_order_columns(const table *t, int index);

/* A table, its indexes, and the columns that came with versions behind `since`. */
void sql_create_table(const table *t, buf *out);
void sql_create_index(const table *t, size_t index, buf *out);
void sql_add_column(const table *t, const column *c, buf *out);

typedef enum sql_fixed {
    SQL_SESSION,     /* once a connection: plans as they are measured, see the text */
    SQL_BEGIN_BATCH, /* what a batch reads is one state of the rows, and what it writes is checked
                        against it */
    SQL_BEGIN_READ,
    SQL_BEGIN,
    SQL_SNAPSHOT, /* the first statement fixes what a transaction sees */
    SQL_CLOCK,    /* ms UTC */
    SQL_COMMIT,
    SQL_ROLLBACK,
    SQL_HEAD_REV,  /* (lane): rev of its head */
    SQL_HEAD_MARK, /* (lane, old rev, new rev): one row, or none */
    SQL_KEEP,      /* (slot, time): drops answers that are not younger */
    SQL_OTHERS,    /* connections of another process that writes */
    SQL_LONE,      /* … of one that believes to be the only one */
    SQL_STRANGERS, /* (name): … of one of several, by another name */
    SQL_INTRUDERS, /* (name): … of any other name, that came while none of this name was there */
    SQL_HAS_META,
    SQL_CREATE_META,
    SQL_READ_META,
    SQL_PUT_META, /* (name, value) */
    SQL_SHARD_HEADS,
    SQL_SHOW_FSYNC,
    SQL_SHOW_COMMIT,
    SQL_SHOW_PAGES,
    SQL_FIXED_COUNT
} sql_fixed;
extern const char *const sql_fixed_text[SQL_FIXED_COUNT];

#endif

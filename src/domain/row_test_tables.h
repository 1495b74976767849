/* Descriptions for the tests of the codec, written by hand, so that the tests stand whatever
 * table.def says: every column type, lists of records with lists, two versions, keys of every type.
 */
#ifndef QUAN_DOMAIN_ROW_TEST_TABLES_H
#define QUAN_DOMAIN_ROW_TEST_TABLES_H

#include "domain/row.h"

typedef struct grain {
    uint16_t weight;
} grain;

static const column grain_columns[] = {{"weight", COLUMN_U16, offsetof(grain, weight), 1, NULL}};
static const record_type grain_record = {"grain", sizeof(grain), 1, 1, grain_columns};

typedef struct part {
    uint8_t kind;
    int64_t n;
    str note;
    list grains;
} part;

static const column part_columns[] = {
    {"kind", COLUMN_U8, offsetof(part, kind), 1, NULL},
    {"n", COLUMN_I64, offsetof(part, n), 1, NULL},
    {"note", COLUMN_STR, offsetof(part, note), 2, NULL},
    {"grains", COLUMN_LIST, offsetof(part, grains), 2, &grain_record},
};
static const record_type part_record = {"part", sizeof(part), 2, 4, part_columns};
/* What a program of an earlier version knew. */
static const record_type part_record_1 = {"part", sizeof(part), 1, 2, part_columns};

typedef struct thing {
    uint16_t slot;
    uint64_t id;
    bool closed;
    uint8_t state;
    uint16_t lane;
    uint32_t member;
    uint64_t ref;
    int32_t day;
    int64_t due_at_ms;
    str name;
    list parts;
    uint32_t extra;
    str comment;
    list more;
} thing;

#define THING_COLUMNS(element)                                                                     \
    {"slot", COLUMN_U16, offsetof(thing, slot), 1, NULL},                                          \
        {"id", COLUMN_U64, offsetof(thing, id), 1, NULL},                                          \
        {"closed", COLUMN_BOOL, offsetof(thing, closed), 1, NULL},                                 \
        {"state", COLUMN_U8, offsetof(thing, state), 1, NULL},                                     \
        {"lane", COLUMN_U16, offsetof(thing, lane), 1, NULL},                                      \
        {"member", COLUMN_U32, offsetof(thing, member), 1, NULL},                                  \
        {"ref", COLUMN_U64, offsetof(thing, ref), 1, NULL},                                        \
        {"day", COLUMN_I32, offsetof(thing, day), 1, NULL},                                        \
        {"due_at_ms", COLUMN_I64, offsetof(thing, due_at_ms), 1, NULL},                            \
        {"name", COLUMN_STR, offsetof(thing, name), 1, NULL},                                      \
        {"parts", COLUMN_LIST, offsetof(thing, parts), 1, element},                                \
        {"extra", COLUMN_U32, offsetof(thing, extra), 2, NULL},                                    \
        {"comment", COLUMN_STR, offsetof(thing, comment), 3, NULL},                                \
    {                                                                                              \
        "more", COLUMN_LIST, offsetof(thing, more), 3, &grain_record                               \
    }

static const column thing_columns[] = {THING_COLUMNS(&part_record)};
static const column thing_columns_1[] = {THING_COLUMNS(&part_record_1)};

enum { BY_WALLET, BY_DUE };

static const table thing_table = {
    .record = {"thing", sizeof(thing), 3, 14, thing_columns},
    .number = 200,
    .key_columns = 2,
    .indexes = 2,
    .index = {{"wallet", 201, 4, {0, 5, 2, 1}}, {"due", 202, 3, {0, 8, 1}}},
};
static const table thing_table_1 = {
    .record = {"thing", sizeof(thing), 1, 11, thing_columns_1},
    .number = 200,
    .key_columns = 2,
};

/* A key of every type that a key may have. */
typedef struct wide {
    uint16_t slot;
    bool b;
    uint8_t u8;
    uint32_t u32;
    uint64_t u64;
    int32_t i32;
    int64_t i64;
    str name;
    int64_t n;
} wide;

static const column wide_columns[] = {
    {"slot", COLUMN_U16, offsetof(wide, slot), 1, NULL},
    {"b", COLUMN_BOOL, offsetof(wide, b), 1, NULL},
    {"u8", COLUMN_U8, offsetof(wide, u8), 1, NULL},
    {"u32", COLUMN_U32, offsetof(wide, u32), 1, NULL},
    {"u64", COLUMN_U64, offsetof(wide, u64), 1, NULL},
    {"i32", COLUMN_I32, offsetof(wide, i32), 1, NULL},
    {"i64", COLUMN_I64, offsetof(wide, i64), 1, NULL},
    {"name", COLUMN_STR, offsetof(wide, name), 1, NULL},
    {"n", COLUMN_I64, offsetof(wide, n), 1, NULL},
};
static const table wide_table = {
    .record = {"wide", sizeof(wide), 1, 9, wide_columns},
    .number = 210,
    .key_columns = 8,
};

static inline thing some_thing(void)
{
    static grain grains[] = {{7}, {65535}};
    static part parts[] = {
        {1, -5, {"note", 4}, {grains, 2}},
        {2, INT64_MAX, {NULL, 0}, {NULL, 0}},
    };
    return (thing){.slot = 9999,
                   .id = 77,
                   .closed = true,
                   .state = 3,
                   .lane = 300,
                   .member = 70000,
                   .ref = UINT64_MAX,
                   .day = -20000,
                   .due_at_ms = INT64_MIN,
                   .name = S("na\0me"),
                   .parts = {parts, 2},
                   .extra = 5,
                   .comment = S("c"),
                   .more = {grains, 1}};
}

#endif

/* The codec of rows: round trips, order, older versions, and what goes field by field. */
#include "domain/row_test.h"

static void the_stored_form_is_what_it_always_was(void **state)
{
    (void)state;
    static const uint8_t key_bytes[] = {200, 0x27, 0x0f, 0, 0, 0, 0, 0, 0, 0, 77};
    static const uint8_t value_bytes[] = {
        3,                                                          /* version */
        1,    3,    0xac, 0x02, 0xf0, 0xa2, 0x04,                   /* closed state lane member */
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, /* ref */
        0xbf, 0xb8, 0x02,                                           /* day */
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, /* due_at_ms */
        5,    'n',  'a',  0,    'm',  'e',                          /* name */
        2,    2,    1,    9,    4,    'n',  'o',  't',  'e',  2,
        1,    7,    1,    0xff, 0xff, 0x03, /* parts */
        2,    2,    0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0x01, 0,    0,    5,    1,    'c',  1,    1,    7, /* extra comment more */
        0xc0, 0x59, 0xf0, 0xd2,                                  /* checksum */
    };
    thing row = some_thing();
    encode(&thing_table, &row);
    assert_int_equal(key.n, sizeof(key_bytes));
    assert_memory_equal(key.p, key_bytes, sizeof(key_bytes));
    assert_int_equal(value.n, sizeof(value_bytes));
    assert_memory_equal(value.p, value_bytes, sizeof(value_bytes));
}

static void rows_of_every_type_survive_a_round_trip(void **state)
{
    (void)state;
    thing zero = {0};
    thing row = some_thing();
    assert_round_trip(&thing_table, &zero);
    assert_round_trip(&thing_table, &row);
    for (int i = 0; i < TRIALS; i++) {
        arena_reset(memory);
        wide w = {0};
        fill(&thing_table.record, TEXT_TRIAL_MAX, &row);
        fill(&wide_table.record, TEXT_TRIAL_MAX, &w);
        assert_round_trip(&thing_table, &row);
        assert_round_trip(&wide_table, &w);
    }
}

static void long_texts_and_lists_survive_a_round_trip(void **state)
{
    (void)state;
    static const size_t lengths[] = {127, 128, 240, 255, 256, 257, 16384, 100000};
    for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
        thing row = some_thing();
        size_t n = lengths[i];
        char *text = arena_alloc(memory, n);
        memset(text, 'x', n);
        row.name = (str){text, n};
        row.more = (list){arena_alloc(memory, n * sizeof(grain)), n};
        assert_round_trip(&thing_table, &row);
    }
}

static void a_record_survives_a_round_trip(void **state)
{
    (void)state;
    for (int i = 0; i < TRIALS; i++) {
        part p = {0}, back = {0};
        arena_reset(memory);
        fill(&part_record, 300, &p);
        buf_clear(&value);
        record_encode(&part_record, &p, &value);
        assert_int_equal(record_decode(&part_record, buf_view(&value), memory, &back), R_DONE);
        assert_true(record_equal(&part_record, &p, &back));
        value.p[next_random() % value.n] ^= 1;
        assert_int_equal(record_decode(&part_record, buf_view(&value), memory, &back), R_CORRUPT);
    }
}

/* What is written goes behind what is there, and an overflow stays visible. */
static void encoding_appends(void **state)
{
    (void)state;
    thing row = some_thing(), back;
    encode(&thing_table, &row);
    buf_clear(&again);
    buf_str(&again, S("before"));
    row_encode_value(&thing_table, &row, &again);
    str tail = {again.p + 6, again.n - 6};
    assert_true(str_eq(tail, buf_view(&value)));
    assert_int_equal(decode(&thing_table, tail, &back), R_DONE);
    buf small;
    buf_init(&small, 40);
    row_encode_value(&thing_table, &row, &small);
    assert_true(buf_overflowed(&small));
    buf_free(&small);
}

static int compare_columns(const wide *a, const wide *b)
{
    const int order[] = {
        (a->slot > b->slot) - (a->slot < b->slot), a->b - b->b,
        (a->u8 > b->u8) - (a->u8 < b->u8),         (a->u32 > b->u32) - (a->u32 < b->u32),
        (a->u64 > b->u64) - (a->u64 < b->u64),     (a->i32 > b->i32) - (a->i32 < b->i32),
        (a->i64 > b->i64) - (a->i64 < b->i64),     str_cmp(a->name, b->name),
    };
    for (size_t i = 0; i < ARRAY_LEN(order); i++) {
        if (order[i] != 0) {
            return order[i] < 0 ? -1 : 1;
        }
    }
    return 0;
}

static void key_order_is_column_order(void **state)
{
    (void)state;
    for (int i = 0; i < 4 * TRIALS; i++) {
        arena_reset(memory);
        wide a = {0}, b = {0};
        fill(&wide_table.record, 3, &a);
        fill(&wide_table.record, 3, &b);
        /* The first columns are the same: the later ones decide as often. */
        size_t same = next_random() % wide_table.key_columns;
        memcpy(&b, &a, wide_columns[same].offset);
        buf_clear(&key);
        buf_clear(&again);
        row_encode_key(&wide_table, &a, &key);
        row_encode_key(&wide_table, &b, &again);
        int found = str_cmp(buf_view(&key), buf_view(&again));
        assert_int_equal((found > 0) - (found < 0), compare_columns(&a, &b));
    }
}

static void a_prefix_is_the_beginning_of_its_keys(void **state)
{
    (void)state;
    for (int i = 0; i < TRIALS; i++) {
        arena_reset(memory);
        wide w = {0};
        thing row = {0};
        fill(&wide_table.record, TEXT_TRIAL_MAX, &w);
        fill(&thing_table.record, TEXT_TRIAL_MAX, &row);
        static const size_t lengths[] = {1, 3, 4, 5, 9, 17, 21, 29};
        for (size_t n = 0; n <= wide_table.key_columns; n++) {
            buf_clear(&key);
            buf_clear(&again);
            row_encode_prefix(&wide_table, -1, &w, n, &key);
            row_encode_key(&wide_table, &w, &again);
            assert_true(str_starts(buf_view(&again), buf_view(&key)));
            assert_int_equal(key.n, n < ARRAY_LEN(lengths) ? lengths[n] : again.n);
        }
        for (size_t n = 0; n <= thing_table.index[BY_WALLET].n; n++) {
            buf_clear(&key);
            buf_clear(&again);
            row_encode_prefix(&thing_table, BY_WALLET, &row, n, &key);
            row_encode_index(&thing_table, BY_WALLET, &row, &again);
            assert_true(str_starts(buf_view(&again), buf_view(&key)));
        }
    }
}

static void an_index_key_names_its_row(void **state)
{
    (void)state;
    for (int i = 0; i < TRIALS; i++) {
        arena_reset(memory);
        thing row = {0};
        fill(&thing_table.record, TEXT_TRIAL_MAX, &row);
        for (size_t index = 0; index < thing_table.indexes; index++) {
            thing back = {.state = 42};
            buf_clear(&again);
            row_encode_index(&thing_table, index, &row, &again);
            str bytes = buf_view(&again);
            assert_int_equal((uint8_t)bytes.p[0], thing_table.index[index].number);
            assert_int_equal(row_decode_index(&thing_table, index, bytes, &back), R_DONE);
            assert_true(back.slot == row.slot && back.id == row.id && back.state == 42);
            assert_true(index == BY_DUE ? back.due_at_ms == row.due_at_ms
                                        : back.member == row.member && back.closed == row.closed);
            size_t other = 1 - index;
            assert_int_equal(row_decode_index(&thing_table, other, bytes, &back), R_CORRUPT);
            bytes.n--;
            assert_int_equal(row_decode_index(&thing_table, index, bytes, &back), R_CORRUPT);
            buf_char(&again, 0);
            assert_int_equal(row_decode_index(&thing_table, index, buf_view(&again), &back),
                             R_CORRUPT);
        }
    }
}

static void an_older_value_leaves_newer_columns_zero(void **state)
{
    (void)state;
    thing row = some_thing(), back;
    memset(&back, 0xa5, sizeof(back));
    encode(&thing_table_1, &row);
    assert_int_equal(decode(&thing_table, buf_view(&value), &back), R_DONE);
    assert_true(back.extra == 0 && back.comment.n == 0 && back.comment.p == NULL);
    assert_true(back.more.n == 0 && back.more.items == NULL);
    assert_true(str_eq(back.name, row.name) && back.due_at_ms == row.due_at_ms);
    assert_int_equal(back.parts.n, 2);
    const part *parts = back.parts.items;
    assert_true(parts[0].n == -5 && parts[0].note.n == 0 && parts[0].grains.n == 0);
    assert_true(parts[1].kind == 2 && parts[1].n == INT64_MAX);
}

static void a_copy_is_equal_and_its_own(void **state)
{
    (void)state;
    grain grains[] = {{1}, {2}};
    part parts[] = {{.kind = 1, .note = S("note"), .grains = {grains, 2}}};
    char name[] = "name";
    thing row = {.id = 5, .name = {name, 4}, .parts = {parts, 1}}, copy;
    record_copy(&thing_table.record, &row, memory, &copy);
    assert_true(record_equal(&thing_table.record, &row, &copy));
    grains[1].weight = 3;
    assert_false(record_equal(&thing_table.record, &row, &copy));
    record_copy(&thing_table.record, &row, memory, &copy);
    name[0] = 'N';
    assert_false(record_equal(&thing_table.record, &row, &copy));
    record_copy(&thing_table.record, &row, memory, &row);
    assert_true(row.name.p != name && row.parts.items != parts);
    copy = row;
    copy.day = 1;
    assert_false(record_equal(&thing_table.record, &row, &copy));
    copy = row;
    copy.parts.n = 0;
    assert_false(record_equal(&thing_table.record, &row, &copy));
}

static void a_row_prints_as_names_and_values(void **state)
{
    (void)state;
    static grain grains[] = {{1}, {2}};
    thing row = {.slot = 3,
                 .closed = true,
                 .day = -1,
                 .ref = UINT64_MAX,
                 .name = S("a\"b\\c\n\177\xc3\xa9"),
                 .more = {grains, 2}};
    record_print(&thing_table.record, &row, &again);
    str printed = buf_view(&again);
    assert_true(str_eq(printed, S("slot=3 id=0 closed=true state=0 lane=0 member=0 "
                                  "ref=18446744073709551615 day=-1 due_at_ms=0 "
                                  "name=\"a\\\"b\\\\c\\x0a\\x7f\xc3\xa9\" parts=[] "
                                  "extra=0 comment=\"\" more=[{weight=1} {weight=2}]")));
}

static void every_declared_table_survives_a_round_trip(void **state)
{
    (void)state;
    assert_null(tables[tables_count]);
    assert_null(table_by_number(0));
    for (size_t i = 0; i < tables_count; i++) {
        const table *t = tables[i];
        assert_ptr_equal(table_by_number(t->number), t);
        for (size_t k = 0; k < t->indexes; k++) {
            assert_ptr_equal(table_by_number(t->index[k].number), t);
        }
        for (int trial = 0; trial < 200; trial++) {
            arena_reset(memory);
            void *row = arena_alloc(memory, t->record.size);
            fill(&t->record, TEXT_TRIAL_MAX, row);
            assert_round_trip(t, row);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ROW_TEST(the_stored_form_is_what_it_always_was),
        ROW_TEST(rows_of_every_type_survive_a_round_trip),
        ROW_TEST(long_texts_and_lists_survive_a_round_trip),
        ROW_TEST(a_record_survives_a_round_trip),
        ROW_TEST(encoding_appends),
        ROW_TEST(key_order_is_column_order),
        ROW_TEST(a_prefix_is_the_beginning_of_its_keys),
        ROW_TEST(an_index_key_names_its_row),
        ROW_TEST(an_older_value_leaves_newer_columns_zero),
        ROW_TEST(a_copy_is_equal_and_its_own),
        ROW_TEST(a_row_prints_as_names_and_values),
        ROW_TEST(every_declared_table_survives_a_round_trip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The codec of rows against bytes that are damaged, cut, newer, or made by someone who wishes us
 * ill and can compute a checksum. */
#include "domain/row_test.h"

static void a_key_of_another_shape_is_corrupt(void **state)
{
    (void)state;
    thing row = some_thing(), back;
    encode(&thing_table, &row);
    str good = buf_view(&key);
    for (size_t n = 0; n < good.n; n++) {
        char *block = copy_exact((str){good.p, n});
        assert_int_equal(row_decode_key(&thing_table, (str){block, n}, memory, &back), R_CORRUPT);
        free(block);
    }
    buf_char(&key, 0);
    assert_int_equal(row_decode_key(&thing_table, buf_view(&key), memory, &back), R_CORRUPT);
    key.p[0] = 10;
    str other = {key.p, key.n - 1};
    assert_int_equal(row_decode_key(&thing_table, other, memory, &back), R_CORRUPT);

    wide w = {.name = S("n")}, wide_back;
    encode(&wide_table, &w);
    assert_int_equal(row_decode_key(&wide_table, buf_view(&key), memory, &wide_back), R_DONE);
    key.p[3] = 2; /* a bool */
    assert_int_equal(row_decode_key(&wide_table, buf_view(&key), memory, &wide_back), R_CORRUPT);
    key.p[3] = 1;
    while (key.n < ROW_KEY_MAX) {
        buf_char(&key, 'n');
    }
    assert_int_equal(row_decode_key(&wide_table, buf_view(&key), memory, &wide_back), R_DONE);
    buf_char(&key, 'n');
    assert_int_equal(row_decode_key(&wide_table, buf_view(&key), memory, &wide_back), R_CORRUPT);
}

static void a_newer_value_is_corrupt(void **state)
{
    (void)state;
    thing row = some_thing(), back;
    encode(&thing_table, &row);
    assert_int_equal(decode(&thing_table_1, buf_view(&value), &back), R_CORRUPT);
    /* Version 4, and version 0, with a checksum that fits. */
    str body = {value.p, value.n - 4};
    value.p[0] = 4;
    assert_int_equal(decode(&thing_table, seal(buf_view(&key), body), &back), R_CORRUPT);
    value.p[0] = 0;
    assert_int_equal(decode(&thing_table, seal(buf_view(&key), body), &back), R_CORRUPT);
    value.p[0] = 3;
    assert_int_equal(decode(&thing_table, seal(buf_view(&key), body), &back), R_DONE);
    /* Only the records in a list are newer. */
    thing small = {.parts = row.parts};
    table newer = thing_table_1;
    newer.record.columns = thing_columns;
    encode(&newer, &small);
    assert_int_equal(decode(&newer, buf_view(&value), &back), R_DONE);
    assert_int_equal(decode(&thing_table_1, buf_view(&value), &back), R_CORRUPT);
}

static void every_changed_byte_is_noticed(void **state)
{
    (void)state;
    thing row = some_thing(), back;
    encode(&thing_table, &row);
    for (size_t i = 0; i < value.n; i++) {
        for (int change = 1; change < 256; change++) {
            value.p[i] = (char)(value.p[i] ^ change);
            assert_int_equal(decode(&thing_table, buf_view(&value), &back), R_CORRUPT);
            value.p[i] = (char)(value.p[i] ^ change);
        }
    }
    /* A value under another row's key. */
    for (size_t i = 1; i < key.n; i++) {
        key.p[i] ^= 1;
        assert_int_equal(decode(&thing_table, buf_view(&value), &back), R_CORRUPT);
        key.p[i] ^= 1;
    }
    assert_int_equal(decode(&thing_table, buf_view(&value), &back), R_DONE);
}

static void cut_values_are_corrupt(void **state)
{
    (void)state;
    thing row = some_thing(), back;
    encode(&thing_table, &row);
    str whole = buf_view(&value);
    for (size_t n = 0; n < whole.n; n++) {
        assert_int_equal(decode_exact(&thing_table, (str){whole.p, n}, &back), R_CORRUPT);
    }
    /* The same with a checksum that fits what is left. */
    for (size_t n = 0; n < whole.n - 4; n++) {
        str sealed = seal(buf_view(&key), (str){whole.p, n});
        assert_int_equal(decode_exact(&thing_table, sealed, &back), R_CORRUPT);
    }
    buf_clear(&again);
    str sealed = seal(buf_view(&key), (str){whole.p, whole.n - 4});
    assert_true(str_eq(sealed, whole));
    sealed = seal(buf_view(&key), (str){whole.p, whole.n - 3}); /* a byte too many */
    assert_int_equal(decode_exact(&thing_table, sealed, &back), R_CORRUPT);
}

/* Bytes that carry a good checksum but come from anywhere: refused, or exactly what the encoder
 * would write for the row that they mean. */
static void damage_behind_a_good_checksum_is_refused_or_canonical(void **state)
{
    (void)state;
    int accepted = 0;
    for (int i = 0; i < 20 * TRIALS; i++) {
        arena_reset(memory);
        thing row = some_thing(), back;
        if (i % 2 == 0) {
            fill(&thing_table.record, 8, &row);
        }
        encode(&thing_table, &row);
        size_t body = value.n - 4;
        for (uint64_t hits = next_random() % 3 + 1; hits > 0; hits--) {
            size_t at = next_random() % body;
            value.p[at] = (char)(next_random() % 2 ? next_random() : (uint64_t)value.p[at] ^ 0x80);
        }
        str sealed = seal(buf_view(&key), (str){value.p, body});
        if (decode_exact(&thing_table, sealed, &back) == R_DONE && sealed.p[0] == 3) {
            accepted++;
            buf_clear(&value);
            row_encode_value(&thing_table, &back, &value);
            /* Not so when a list carries records of an earlier version: they are written anew. */
            if (value.n == sealed.n) {
                assert_true(str_eq(buf_view(&value), sealed));
            } else {
                assert_true(value.n > sealed.n);
            }
        }
    }
    assert_true(accepted > TRIALS);
}

typedef struct hostile {
    const char *what;
    uint8_t n, bytes[24];
} hostile;

/* For a record of one column of the type. */
static void assert_refused(const column *c, const hostile *h)
{
    union {
        uint64_t number;
        str text;
        list many;
    } back;
    const record_type r = {"one", sizeof(back), 1, 1, c};
    size_t used = arena_used(memory);
    str sealed = seal((str){NULL, 0}, (str){(const char *)h->bytes, h->n});
    if (record_decode(&r, sealed, memory, &back) != R_CORRUPT) {
        fail_msg("accepted: %s", h->what);
    }
    assert_true(arena_used(memory) - used < 4096);
}

static void hostile_values_are_refused(void **state)
{
    (void)state;
    static const struct {
        column c;
        hostile h;
    } cases[] = {
        {{"c", COLUMN_BOOL, 0, 1, NULL}, {"a bool of 2", 2, {1, 2}}},
        {{"c", COLUMN_U8, 0, 1, NULL}, {"version 0", 1, {0}}},
        {{"c", COLUMN_U8, 0, 1, NULL}, {"nothing", 0, {0}}},
        {{"c", COLUMN_U8, 0, 1, NULL}, {"256 as u8", 3, {1, 0x80, 2}}},
        {{"c", COLUMN_U8, 0, 1, NULL}, {"0 in two bytes", 3, {1, 0x80, 0}}},
        {{"c", COLUMN_U8, 0, 1, NULL}, {"a number cut off", 2, {1, 0x80}}},
        {{"c", COLUMN_U16, 0, 1, NULL}, {"65536 as u16", 4, {1, 0x80, 0x80, 4}}},
        {{"c", COLUMN_U32, 0, 1, NULL}, {"2^32 as u32", 6, {1, 0x80, 0x80, 0x80, 0x80, 0x10}}},
        {{"c", COLUMN_I32, 0, 1, NULL}, {"2^31 as i32", 6, {1, 0x80, 0x80, 0x80, 0x80, 0x10}}},
        {{"c", COLUMN_U64, 0, 1, NULL},
         {"2^64", 11, {1, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 2}}},
        {{"c", COLUMN_U64, 0, 1, NULL},
         {"eleven bytes", 12, {1, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x81, 0}}},
        {{"c", COLUMN_STR, 0, 1, NULL}, {"text longer than the rest", 3, {1, 2, 'a'}}},
        {{"c", COLUMN_STR, 0, 1, NULL},
         {"text of 2^64-1", 11, {1, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1}}},
        {{"c", COLUMN_STR, 0, 1, NULL}, {"text with a byte left over", 4, {1, 1, 'a', 'b'}}},
        {{"c", COLUMN_LIST, 0, 1, &grain_record}, {"fewer records", 5, {1, 2, 1, 0, 1}}},
        {{"c", COLUMN_LIST, 0, 1, &grain_record}, {"count alone", 5, {1, 0xa0, 0x8d, 6, 0}}},
        {{"c", COLUMN_LIST, 0, 1, &grain_record},
         {"a count of 2^64-1", 11, {1, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1}}},
        {{"c", COLUMN_LIST, 0, 1, &grain_record}, {"a record of version 0", 4, {1, 1, 0, 0}}},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_refused(&cases[i].c, &cases[i].h);
    }
}

static void a_list_alone_has_one_form(void **state)
{
    (void)state;
    static const column c = {"c", COLUMN_LIST, 0, 1, &grain_record};
    grain items[] = {{7}, {300}};
    list many = {items, 2}, none = {NULL, 0}, back;
    buf_clear(&value);
    row_encode_list(&c, &none, &value);
    assert_int_equal(value.n, 0);
    assert_int_equal(row_decode_list(&c, S(""), memory, &back), R_DONE);
    assert_int_equal(back.n, 0);
    row_encode_list(&c, &many, &value);
    str bytes = buf_view(&value);
    assert_int_equal(row_decode_list(&c, bytes, memory, &back), R_DONE);
    assert_int_equal(back.n, 2);
    assert_memory_equal(back.items, items, sizeof(items));
    for (size_t n = 1; n < bytes.n; n++) {
        assert_int_equal(row_decode_list(&c, (str){bytes.p, n}, memory, &back), R_CORRUPT);
    }
    assert_int_equal(row_decode_list(&c, (str){"\0", 1}, memory, &back), R_CORRUPT); /* none */
    buf_char(&value, '\1');
    assert_int_equal(row_decode_list(&c, buf_view(&value), memory, &back), R_CORRUPT);
}

static void a_list_holds_at_most_its_maximum(void **state)
{
    (void)state;
    thing row = {.id = 1}, back;
    row.more = (list){arena_alloc(memory, ROW_LIST_MAX * sizeof(grain)), ROW_LIST_MAX};
    assert_round_trip(&thing_table, &row);
    /* One more, written by hand: the count stands before that many records of two bytes. */
    size_t at = value.n - 4 - (size_t)2 * ROW_LIST_MAX - 3;
    value.p[at]++;
    assert_int_equal((uint8_t)value.p[at], 0xa1);
    value.n -= 4;
    buf_str(&value, S("\1\0"));
    str sealed = seal(buf_view(&key), buf_view(&value));
    size_t used = arena_used(memory);
    assert_int_equal(decode(&thing_table, sealed, &back), R_CORRUPT);
    assert_true(arena_used(memory) - used < 4096);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ROW_TEST(a_key_of_another_shape_is_corrupt),
        ROW_TEST(a_newer_value_is_corrupt),
        ROW_TEST(every_changed_byte_is_noticed),
        ROW_TEST(cut_values_are_corrupt),
        ROW_TEST(damage_behind_a_good_checksum_is_refused_or_canonical),
        ROW_TEST(hostile_values_are_refused),
        ROW_TEST(a_list_alone_has_one_form),
        ROW_TEST(a_list_holds_at_most_its_maximum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

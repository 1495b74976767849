/* JSON out: commas, escapes, and what is written reads back. */
#include <stdio.h>

#include "base/json.h"
#include "base/test_help.h"

static void commas_are_placed(void **state)
{
    (void)state;
    buf b;
    buf_init(&b, 1000);
    json_writer w = json_writer_on(&b);
    json_begin_object(&w);
    json_key(&w, S("a"));
    json_begin_array(&w);
    json_put_i64(&w, INT64_MIN);
    json_put_u64(&w, UINT64_MAX);
    json_begin_object(&w);
    json_end_object(&w);
    json_begin_array(&w);
    json_end_array(&w);
    json_put_null(&w);
    json_end_array(&w);
    json_key(&w, S("b"));
    json_put_bool(&w, true);
    json_key(&w, S("c"));
    json_put_bool(&w, false);
    json_key(&w, S("d"));
    json_put_time(&w, INT64_C(1795334400000));
    json_key(&w, S("e"));
    json_put_raw(&w, S("{\"x\":1}"));
    json_key(&w, S("f\""));
    json_put_str(&w, S("g"));
    json_key_raw(&w, S("\"h\":"));
    json_put_plain(&w, S("i"));
    json_key_raw(&w, S("\"j\":"));
    json_put_plain(&w, S(""));
    json_end_object(&w);
    assert_str(buf_view(&b), S("{\"a\":[-9223372036854775808,18446744073709551615,{},[],null],"
                               "\"b\":true,\"c\":false,\"d\":\"2026-11-22T08:00:00.000Z\","
                               "\"e\":{\"x\":1},\"f\\\"\":\"g\",\"h\":\"i\",\"j\":\"\"}"));
    buf_free(&b);
}

static void strings_are_escaped(void **state)
{
    (void)state;
    static const struct {
        str in, out;
    } t[] = {
        {{NULL, 0}, {"\"\"", 2}},
        {{"a\"b\\c/", 6}, {"\"a\\\"b\\\\c/\"", 10}},
        {{"\b\f\n\r\t", 5}, {"\"\\b\\f\\n\\r\\t\"", 12}},
        {{"\0\x01\x1f\x7f", 4}, {"\"\\u0000\\u0001\\u001f\x7f\"", 21}},
        {{"\xC3\xA9\xF0\x9F\x8E\x9F", 6}, {"\"\xC3\xA9\xF0\x9F\x8E\x9F\"", 8}},
        {{"a\xFF"
          "b",
          3},
         {"\"a\xEF\xBF\xBD"
          "b\"",
          7}},
        {{"\xC3", 1}, {"\"\xEF\xBF\xBD\"", 5}},
        {{"\xC3\"", 2}, {"\"\xEF\xBF\xBD\\\"\"", 7}},
        {{"\xED\xA0\x80", 3}, {"\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"", 11}},
    };
    buf b;
    buf_init(&b, 100);
    for (size_t i = 0; i < ARRAY_LEN(t); i++) {
        buf_clear(&b);
        json_writer w = json_writer_on(&b);
        json_put_str(&w, t[i].in);
        if (!str_eq(buf_view(&b), t[i].out))
            fail_msg("row %zu: %.*s", i, STR_ARG(buf_view(&b)));
    }
    buf_free(&b);
}

static str escape_of(uint8_t c, char out[8])
{
    static const struct {
        uint8_t c;
        const char *text;
    } named[] = {{'\b', "\\b"}, {'\f', "\\f"}, {'\n', "\\n"}, {'\r', "\\r"},
                 {'\t', "\\t"}, {'"', "\\\""}, {'\\', "\\\\"}};
    for (size_t i = 0; i < ARRAY_LEN(named); i++) {
        if (named[i].c == c)
            return str_of(named[i].text);
    }
    if (c >= 0x80)
        return S("\xEF\xBF\xBD");
    int n = snprintf(out, 8, c < 0x20 ? "\\u%04x" : "%c", c);
    return (str){out, (size_t)n};
}

/* Wherever a byte stands among others that need nothing: bytes are looked at several at a time. */
static void every_byte_is_escaped_at_every_place(void **state)
{
    (void)state;
    enum { LENGTH_MAX = 20 };
    buf b;
    buf wanted;
    buf_init(&b, 100);
    buf_init(&wanted, 100);
    for (size_t n = 1; n <= LENGTH_MAX; n++) {
        for (size_t at = 0; at < n; at++) {
            for (unsigned c = 0; c < 256; c++) {
                char text[LENGTH_MAX];
                char escape[8];
                memset(text, 'a', n);
                text[at] = (char)c;
                buf_clear(&wanted);
                buf_char(&wanted, '"');
                buf_add(&wanted, "aaaaaaaaaaaaaaaaaaaa", at);
                buf_str(&wanted, escape_of((uint8_t)c, escape));
                buf_add(&wanted, "aaaaaaaaaaaaaaaaaaaa", n - at - 1);
                buf_char(&wanted, '"');
                buf_clear(&b);
                json_writer w = json_writer_on(&b);
                json_put_str(&w, (str){text, n});
                assert_str(buf_view(&b), buf_view(&wanted));
            }
        }
    }
    buf_free(&wanted);
    buf_free(&b);
}

/* Random bytes go out as valid JSON always, and come back unchanged when they were UTF-8. */
static void whatever_is_written_reads_back(void **state)
{
    (void)state;
    uint64_t seed = 37;
    buf b;
    buf_init(&b, 4096);
    for (int i = 0; i < 20000; i++) {
        char bytes[40];
        size_t n = (size_t)random_below(&seed, sizeof bytes);
        for (size_t j = 0; j < n; j++) {
            uint64_t kind = random_below(&seed, 4);
            uint64_t byte = kind == 0 ? 0x80 + random_below(&seed, 128) : random_below(&seed, 127);
            bytes[j] = (char)(byte + (kind == 0 ? 0 : 1));
        }
        buf_clear(&b);
        json_writer w = json_writer_on(&b);
        json_begin_array(&w);
        json_put_str(&w, (str){bytes, n});
        json_end_array(&w);
        json *root = NULL;
        assert_int_equal(json_parse(buf_view(&b), &root, NULL), R_DONE);
        str back = json_str(json_at(root, 0));
        assert_true(str_is_utf8(back));
        if (str_is_utf8((str){bytes, n}))
            assert_str(back, ((str){bytes, n}));
        json_free(root);
    }
    buf_free(&b);
}

static void a_tree_is_written_as_it_was_read(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "null",
        "-9223372036854775808",
        "1.50E+2",
        "[true,false,null,[],{},\"\",[[1],2]]",
        "{\"b\":{\"x\":[{}]},\"a\":\"\\\"\\\\\\n\\u0001\xC3\xA9\",\"\":-1}",
    };
    buf b;
    buf_init(&b, 1000);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        json *root = NULL;
        assert_int_equal(json_parse(str_of(texts[i]), &root, NULL), R_DONE);
        buf_clear(&b);
        json_text(root, &b);
        assert_str(buf_view(&b), str_of(texts[i]));
        json_free(root);
    }
    buf_free(&b);
}

static void a_full_buffer_shows_as_overflow(void **state)
{
    (void)state;
    buf b;
    buf_init(&b, 10);
    json_writer w = json_writer_on(&b);
    json_begin_array(&w);
    json_put_str(&w, S("0123456789"));
    json_end_array(&w);
    assert_true(buf_overflowed(&b));
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commas_are_placed),
        cmocka_unit_test(strings_are_escaped),
        cmocka_unit_test(every_byte_is_escaped_at_every_place),
        cmocka_unit_test(whatever_is_written_reads_back),
        cmocka_unit_test(a_tree_is_written_as_it_was_read),
        cmocka_unit_test(a_full_buffer_shows_as_overflow),
    };
    return cmocka_run_group_tests_name("base/json_write", tests, NULL, NULL);
}

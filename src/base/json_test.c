/* JSON: what is strict stays strict, what is written reads back, and depth is bounded. */
#include "base/json.h"

#include <stdio.h>

#include "base/test_help.h"

static json *parse(str text)
{
    json *root = NULL;
    buf why;
    buf_init(&why, 1000);
    if (json_parse(text, &root, &why) != R_DONE)
        fail_msg("%.*s: %.*s", STR_ARG(text), STR_ARG(buf_view(&why)));
    buf_free(&why);
    return root;
}

static bool refused(str text)
{
    json *root = (json *)(void *)&text;
    bool malformed = json_parse(text, &root, NULL) == R_MALFORMED;
    assert_true(malformed == (root == NULL));
    if (!malformed)
        json_free(root);
    return malformed;
}

static void every_kind_is_read(void **state)
{
    (void)state;
    json *root =
        parse(S(" {\"n\":null,\"t\":true,\"f\":false,\"i\":-7,\"r\":1.5,\"e\":1e2,"
                "\"s\":\"a\\u00e9\\ud83c\\udf9f\",\"a\":[1,[2],{}],\"\":\"empty name\"} "));
    assert_int_equal(json_kind_of(root), JSON_KIND_OBJECT);
    assert_int_equal(json_count(root), 9);
    assert_int_equal(json_kind_of(json_field(root, S("n"))), JSON_KIND_NULL);
    assert_true(json_bool(json_field(root, S("t"))));
    assert_false(json_bool(json_field(root, S("f"))));
    assert_true(json_int(json_field(root, S("i"))) == -7);
    assert_int_equal(json_kind_of(json_field(root, S("r"))), JSON_KIND_REAL);
    assert_int_equal(json_kind_of(json_field(root, S("e"))), JSON_KIND_REAL);
    assert_str(json_str(json_field(root, S("s"))), S("aé🎟"));
    const json *a = json_field(root, S("a"));
    assert_int_equal(json_kind_of(a), JSON_KIND_ARRAY);
    assert_int_equal(json_count(a), 3);
    assert_true(json_int(json_at(a, 0)) == 1);
    assert_true(json_int(json_at(json_at(a, 1), 0)) == 2);
    assert_int_equal(json_count(json_at(a, 2)), 0);
    assert_null(json_at(a, 3));
    assert_str(json_str(json_field(root, (str){NULL, 0})), S("empty name"));
    assert_null(json_field(root, S("absent")));
    assert_null(json_field(root, S("ni")));
    assert_null(json_field(root, S("n\0")));
    json_free(root);
    json_free(NULL);
}

static void what_has_no_members_has_none(void **state)
{
    (void)state;
    json *root = parse(S("[5, {}, \"text\"]"));
    assert_int_equal(json_kind_of(NULL), JSON_KIND_NULL);
    assert_int_equal(json_count(NULL), 0);
    assert_null(json_at(NULL, 0));
    assert_null(json_field(NULL, S("a")));
    assert_int_equal(json_count(json_at(root, 0)), 0);
    assert_int_equal(json_count(json_at(root, 2)), 0);
    assert_null(json_at(json_at(root, 1), 0));
    assert_null(json_field(root, S("a")));
    void *iterator = NULL;
    str name;
    const json *value;
    assert_false(json_next(root, &iterator, &name, &value));
    iterator = NULL;
    assert_false(json_next(json_at(root, 1), &iterator, &name, &value));
    iterator = NULL;
    assert_false(json_next(NULL, &iterator, &name, &value));
    json_free(root);
}

static void any_value_may_be_the_root(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        json_kind kind;
    } t[] = {{"null", JSON_KIND_NULL}, {" 1 ", JSON_KIND_INT},  {"\"x\"", JSON_KIND_STR},
             {"true", JSON_KIND_BOOL}, {"[]", JSON_KIND_ARRAY}, {"{}", JSON_KIND_OBJECT},
             {"0.5", JSON_KIND_REAL},  {"-0", JSON_KIND_INT},   {"1E0", JSON_KIND_REAL}};
    for (size_t i = 0; i < ARRAY_LEN(t); i++) {
        json *root = parse(str_of(t[i].text));
        assert_int_equal(json_kind_of(root), t[i].kind);
        json_free(root);
    }
}

static void objects_are_walked_in_order_of_appearance(void **state)
{
    (void)state;
    enum { COUNT = 500 };
    buf b;
    buf_init(&b, 100000);
    json_writer w = json_writer_on(&b);
    json_begin_object(&w);
    for (int i = 0; i < COUNT; i++) {
        char name[2] = {(char)('a' + i % 23), (char)('A' + i / 23)};
        json_key(&w, (str){name, 2});
        json_put_i64(&w, i);
    }
    json_end_object(&w);
    json *root = parse(buf_view(&b));
    void *iterator = NULL;
    str name;
    const json *value;
    int seen = 0;
    for (; json_next(root, &iterator, &name, &value); seen++) {
        assert_int_equal(name.n, 2);
        assert_int_equal(name.p[0], 'a' + seen % 23);
        assert_true(json_int(value) == seen);
    }
    assert_int_equal(seen, COUNT);
    json_free(root);
    buf_free(&b);
}

static void integers_are_exact_or_malformed(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t v;
    } t[] = {{"9223372036854775807", INT64_MAX},
             {"-9223372036854775808", INT64_MIN},
             {"9007199254740993", INT64_C(9007199254740993)},
             {"-9007199254740993", INT64_C(-9007199254740993)},
             {"0", 0},
             {"-0", 0}};
    for (size_t i = 0; i < ARRAY_LEN(t); i++) {
        json *root = parse(str_of(t[i].text));
        assert_true(json_int(root) == t[i].v);
        json_free(root);
    }
    assert_true(refused(S("9223372036854775808")));
    assert_true(refused(S("-9223372036854775809")));
    assert_true(refused(S("{\"amount\":1000000000000000000000000000000}")));
}

static const char *const not_json[] = {
    "",
    " ",
    "{",
    "}",
    "[",
    "]",
    "[1,]",
    "[,1]",
    "[1 2]",
    "{\"a\":1,}",
    "{\"a\"}",
    "{a:1}",
    "{'a':1}",
    "{1:1}",
    "[1] x",
    "[1][2]",
    "nul",
    "NULL",
    "True",
    "NaN",
    "Infinity",
    "-Infinity",
    "01",
    "-01",
    "+1",
    ".5",
    "1.",
    "1e",
    "1e+",
    "-",
    "0x10",
    "1_000",
    "--1",
    "1e999",
    "\"",
    "\"\\x41\"",
    "\"\\u12\"",
    "\"\\u12g4\"",
    "\"a\nb\"",
    "\"a\tb\"",
    "\"\\",
    "// no comments\n1",
    "/* none */ 1",
    "\xEF\xBB\xBF{}",
    "[1}",
    "{]",
    /* duplicate names, plain, escaped and deep */
    "{\"a\":1,\"a\":1}",
    "{\"a\":1,\"\\u0061\":2}",
    "[{\"x\":{\"\":1,\"\":2}}]",
    /* NUL in strings and names */
    "\"\\u0000\"",
    "{\"a\\u0000b\":1}",
    /* half of a surrogate pair, and pairs the wrong way round */
    "\"\\ud83c\"",
    "\"\\udf9f\"",
    "\"\\udf9f\\ud83c\"",
    "\"\\ud83cx\"",
    "\"\\ud83c\\u0041\"",
    /* UTF-8: bare continuation, cut, overlong, surrogate, beyond U+10FFFF, never a byte */
    "\"\x80\"",
    "\"\xC3\"",
    "\"\xC0\xAF\"",
    "\"\xE0\x80\xAF\"",
    "\"\xED\xA0\x80\"",
    "\"\xF4\x90\x80\x80\"",
    "\"\xFF\"",
    "\xFF",
    "{\"\xC3\x28\":1}",
};

static void what_is_not_json_is_malformed(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(not_json); i++) {
        if (!refused(str_of(not_json[i])))
            fail_msg("%s", not_json[i]);
    }
    assert_true(refused((str){NULL, 0}));
    assert_true(refused(S("[1]\0")));
    assert_true(refused(S("[\"a\0b\"]")));
    assert_true(refused((str){"[1,2]", 4}));
}

static void the_reason_names_the_place_and_not_the_content(void **state)
{
    (void)state;
    static const struct {
        const char *text, *start;
    } t[] = {
        {"{\n  \"secret\": 1,\n  \"secret\": 2}", "line 3, column 10: duplicate object key"},
        {"[1,\n 12345678901234567890]", "line 2, column "},
        {"{\"a\":secret}", "line 1, column 11: invalid token"},
        {"\"\xC3\xA9\xC3\"", "line 1, column "},
    };
    for (size_t i = 0; i < ARRAY_LEN(t); i++) {
        buf why;
        buf_init(&why, 200);
        json *root;
        assert_int_equal(json_parse(str_of(t[i].text), &root, &why), R_MALFORMED);
        if (!str_starts(buf_view(&why), str_of(t[i].start)))
            fail_msg("%.*s", STR_ARG(buf_view(&why)));
        assert_true(str_is_printable(buf_view(&why)));
        assert_null(memmem(buf_view(&why).p, buf_view(&why).n, "secret", 6));
        buf_free(&why);
    }
}

/* depth opening brackets with a string of brackets inside, closed again. */
static void nested(buf *b, size_t depth, bool objects)
{
    buf_clear(b);
    for (size_t i = 0; i < depth; i++)
        buf_str(b, objects ? S("{\"k\":") : S("["));
    buf_str(b, S("\"[[{{\\\"[[\""));
    for (size_t i = 0; i < depth; i++)
        buf_char(b, objects ? '}' : ']');
}

static void depth_is_bounded_before_anything_recurses(void **state)
{
    (void)state;
    buf b;
    buf_init(&b, 20000000);
    for (int objects = 0; objects < 2; objects++) {
        nested(&b, JSON_DEPTH_MAX, objects == 1);
        json_free(parse(buf_view(&b)));
        nested(&b, JSON_DEPTH_MAX + 1, objects == 1);
        assert_true(refused(buf_view(&b)));
        nested(&b, 2000000, objects == 1);
        assert_true(refused(buf_view(&b)));
    }
    assert_false(buf_overflowed(&b));
    buf_clear(&b);
    for (int i = 0; i < 1000000; i++)
        buf_char(&b, '[');
    assert_true(refused(buf_view(&b)));
    /* siblings are not depth, and brackets in strings are text */
    buf_clear(&b);
    buf_str(&b, S("[0"));
    for (int i = 0; i < 1000; i++)
        buf_str(&b, S(",[],{},\"[{\\\\\",\"\\\"[\""));
    buf_char(&b, ']');
    json_free(parse(buf_view(&b)));
    buf_free(&b);
}

static void the_place_of_too_much_depth_is_named(void **state)
{
    (void)state;
    buf b;
    buf why;
    buf_init(&b, 1000);
    buf_init(&why, 1000);
    buf_str(&b, S("[\"é\",\n"));
    for (size_t i = 0; i < JSON_DEPTH_MAX; i++)
        buf_char(&b, '[');
    json *root;
    assert_int_equal(json_parse(buf_view(&b), &root, &why), R_MALFORMED);
    assert_str(buf_view(&why), S("line 2, column 64: nested deeper than 64 levels"));
    buf_free(&why);
    buf_free(&b);
}

static void int_of_a_string(void)
{
    json *root;
    if (json_parse(S("\"5\""), &root, NULL) == R_DONE)
        (void)json_int(root);
}

static void text_of_nothing(void)
{
    (void)json_str(NULL);
}

static void bool_of_a_number(void)
{
    json *root;
    if (json_parse(S("1"), &root, NULL) == R_DONE)
        (void)json_bool(root);
}

static void a_value_read_as_another_kind_is_a_defect(void **state)
{
    (void)state;
    assert_true(aborts(int_of_a_string));
    assert_true(aborts(text_of_nothing));
    assert_true(aborts(bool_of_a_number));
}

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
        json *root = parse(buf_view(&b));
        str back = json_str(json_at(root, 0));
        assert_true(str_is_utf8(back));
        if (str_is_utf8((str){bytes, n}))
            assert_str(back, ((str){bytes, n}));
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
        cmocka_unit_test(every_kind_is_read),
        cmocka_unit_test(what_has_no_members_has_none),
        cmocka_unit_test(any_value_may_be_the_root),
        cmocka_unit_test(objects_are_walked_in_order_of_appearance),
        cmocka_unit_test(integers_are_exact_or_malformed),
        cmocka_unit_test(what_is_not_json_is_malformed),
        cmocka_unit_test(the_reason_names_the_place_and_not_the_content),
        cmocka_unit_test(depth_is_bounded_before_anything_recurses),
        cmocka_unit_test(the_place_of_too_much_depth_is_named),
        cmocka_unit_test(a_value_read_as_another_kind_is_a_defect),
        cmocka_unit_test(commas_are_placed),
        cmocka_unit_test(strings_are_escaped),
        cmocka_unit_test(every_byte_is_escaped_at_every_place),
        cmocka_unit_test(whatever_is_written_reads_back),
        cmocka_unit_test(a_full_buffer_shows_as_overflow),
    };
    return cmocka_run_group_tests_name("base/json", tests, NULL, NULL);
}

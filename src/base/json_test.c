/* JSON in: what is strict stays strict, refusals name their place, and depth is bounded. */
#include "base/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

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

/* A number with about as many digits in front of its point, or exponent, as the largest double has;
 * most begin with the digits of the bound. */
static void big_real(buf *b, uint64_t *seed)
{
    static const char bound[] =
        "17976931348623158079372897140530341507993413271003782693617377898044"
        "49682927647509466490179775872070963302864166928879109465555478519404"
        "02630657488671505820681908902000708383676273854845817711531764475730"
        "27006985557136695962284291481986083493647529271907416844436551070434"
        "2711559699508093042880";
    size_t same = (size_t)random_below(seed, sizeof bound);
    size_t n = 1 + (size_t)random_below(seed, 320);
    size_t zeros =
        (size_t)random_below(seed, 30); /* behind "0."; or the point is among the digits */
    bool small = random_below(seed, 2) == 0;
    size_t point = 1 + (size_t)random_below(seed, n);
    buf_clear(b);
    buf_str(b, random_below(seed, 2) == 0 ? S("-") : S(""));
    for (size_t i = 0; small && i < zeros + 2; i++)
        buf_char(b, i == 1 ? '.' : '0');
    for (size_t i = 0; i < n; i++) {
        if (i == point && !small)
            buf_char(b, '.');
        char digit = (char)('0' + random_below(seed, 9) + (i == 0));
        buf_char(b, i < same && i < sizeof bound - 1 ? bound[i] : digit);
    }
    int64_t place = small ? -(int64_t)zeros : (int64_t)point;
    buf_printf(b, "e%d", (int)(309 - place + (int64_t)random_below(seed, 5) - 2));
}

static void a_real_number_is_one_that_a_double_holds(void **state)
{
    (void)state;
    uint64_t seed = 41;
    int beyond = 0;
    buf b;
    buf_init(&b, 1000);
    for (int i = 0; i < 100000; i++) {
        big_real(&b, &seed);
        json *root = NULL;
        result r = json_parse(buf_view(&b), &root, NULL);
        buf_char(&b, '\0');
        bool inside = isfinite(strtod(b.p, NULL));
        if ((r == R_DONE) != inside)
            fail_msg("%s", b.p);
        beyond += !inside;
        json_free(root);
    }
    assert_in_range(beyond, 10000, 90000);
    buf_free(&b);
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
    assert_true(refused(S("1\0")));
    assert_true(refused(S("{\"a\":true\0}")));
    assert_true(refused(S("[\"a\0b\"]")));
    assert_true(refused((str){"[1,2]", 4}));
}

static void the_reason_names_the_place_and_not_the_content(void **state)
{
    (void)state;
    static const struct {
        const char *text, *why;
    } t[] = {
        {"", "line 1, column 0: unexpected token"},
        {"{\n  \"secret\": 1,\n  \"secret\": 2}", "line 3, column 10: duplicate object key"},
        {"[1,\n 12345678901234567890]", "line 2, column 21: too big integer"},
        {"-9223372036854775809", "line 1, column 20: too big negative integer"},
        {"[1.7.7976931348623159e308]", "line 1, column 5: ']' expected"},
        {"[-1e400]", "line 1, column 7: real number overflow"},
        {"{\"a\":secret}", "line 1, column 11: invalid token"},
        {"{\"a\":,}", "line 1, column 6: unexpected token"},
        {"{secret:1}", "line 1, column 7: string or '}' expected"},
        {"{\"a\" 1}", "line 1, column 6: ':' expected"},
        {"{\"a\":1]", "line 1, column 7: '}' expected"},
        {"[1 2]", "line 1, column 4: ']' expected"},
        {"[1", "line 1, column 2: ']' expected"},
        {"{} x", "line 1, column 4: end of file expected"},
        {"[\"secret", "line 1, column 8: premature end of input"},
        {"\"a\nb\"", "line 1, column 2: unexpected newline"},
        {"\"a\tb\"", "line 1, column 2: control character 0x9"},
        {"\"\\x\"", "line 1, column 3: invalid escape"},
        {"\"\\u12g4\"", "line 1, column 6: invalid escape"},
        {"\"\\ud83cx\"", "line 1, column 9: invalid Unicode '\\uD83C'"},
        {"\"\\uD83C\\u0041\"", "line 1, column 14: invalid Unicode '\\uD83C\\u0041'"},
        {"[\"\\u0000\"]", "line 1, column 9: \\u0000 is not allowed without JSON_ALLOW_NUL"},
        {"{\"\\u0000\":1}", "line 1, column 9: NUL byte in object key not supported"},
        {"\"\xC3\xA9\xC3\"", "line 1, column 2: unable to decode byte 0xc3"},
        {"[9999false\xA9]", "line 1, column 10: unable to decode byte 0xa9"},
        {"9999999999999999999\xA9", "line 1, column 19: unable to decode byte 0xa9"},
    };
    for (size_t i = 0; i < ARRAY_LEN(t); i++) {
        buf why;
        buf_init(&why, 200);
        json *root;
        assert_int_equal(json_parse(str_of(t[i].text), &root, &why), R_MALFORMED);
        assert_str(buf_view(&why), str_of(t[i].why));
        assert_true(str_is_printable(buf_view(&why)));
        assert_null(memmem(buf_view(&why).p, buf_view(&why).n, "secret", 6));
        buf_free(&why);
    }
}

/* However many names there are, and whatever is wrong behind the second one of a pair. */
static void a_name_twice_is_found_where_it_is(void **state)
{
    (void)state;
    static const char *const ends[] = {":0}", ":}", "}", "", ":{\"y\":1,\"y\":1}}", ":0,\"n0\":0}"};
    buf b;
    buf why;
    buf wanted;
    buf_init(&b, 10000);
    buf_init(&why, 200);
    buf_init(&wanted, 200);
    for (int n = 1; n < 36; n++) {
        for (int same = 0; same < n; same++) {
            for (size_t end = 0; end < ARRAY_LEN(ends); end++) {
                json *root;
                buf_clear(&b);
                buf_char(&b, '{');
                for (int i = 0; i < n; i++)
                    buf_printf(&b, "\"n%d\":[{\"n0\":1}],", i);
                buf_printf(&b, "\"n%d\"", same);
                buf_clear(&wanted);
                buf_printf(&wanted, "line 1, column %zu: duplicate object key", b.n);
                buf_str(&b, str_of(ends[end]));
                buf_clear(&why);
                assert_int_equal(json_parse(buf_view(&b), &root, &why), R_MALFORMED);
                assert_str(buf_view(&why), buf_view(&wanted));
            }
        }
    }
    buf_free(&wanted);
    buf_free(&why);
    buf_free(&b);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_is_read),
        cmocka_unit_test(what_has_no_members_has_none),
        cmocka_unit_test(any_value_may_be_the_root),
        cmocka_unit_test(objects_are_walked_in_order_of_appearance),
        cmocka_unit_test(integers_are_exact_or_malformed),
        cmocka_unit_test(a_real_number_is_one_that_a_double_holds),
        cmocka_unit_test(what_is_not_json_is_malformed),
        cmocka_unit_test(the_reason_names_the_place_and_not_the_content),
        cmocka_unit_test(a_name_twice_is_found_where_it_is),
        cmocka_unit_test(depth_is_bounded_before_anything_recurses),
        cmocka_unit_test(the_place_of_too_much_depth_is_named),
        cmocka_unit_test(a_value_read_as_another_kind_is_a_defect),
    };
    return cmocka_run_group_tests_name("base/json", tests, NULL, NULL);
}

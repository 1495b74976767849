/* Paths and queries become text, or are refused. */
#include "port/http.h"

#include "base/test_help.h"

static arena *memory;

static int start(void **state)
{
    (void)state;
    memory = arena_new(0);
    return 0;
}

static int end(void **state)
{
    (void)state;
    arena_free(memory);
    return 0;
}

static void escapes_are_decoded_strictly(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to; /* to NULL: refused */
    } rows[] = {
        {"", ""},
        {"abc", "abc"},
        {"a%20b", "a b"},
        {"%2F%2f", "//"},
        {"a+b", "a+b"},
        {"%E5%88%B8", "\xe5\x88\xb8"},
        {"%e5%88%b8", "\xe5\x88\xb8"},
        {"%25", "%"},
        {"%2525", "%25"},
        {"%", NULL},
        {"%2", NULL},
        {"%zz", NULL},
        {"%2z", NULL},
        {"a%", NULL},
        {"%00", NULL},
        {"%ff", NULL},
        {"%c0%af", NULL},
        {"%ed%a0%80", NULL},
        {"%u0041", NULL},
        {"%%20", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        str out;
        bool ok = http_decode(memory, str_of(rows[i].from), &out);
        if (ok != (rows[i].to != NULL) || (ok && !str_eq(out, str_of(rows[i].to))))
            fail_msg("%s", rows[i].from);
    }
}

static void assert_segments(const char *path, const char *const *expected)
{
    str rest = str_of(path), segment;
    while (http_segment_next(&rest, &segment)) {
        assert_non_null(*expected);
        assert_str(segment, str_of(*expected));
        expected++;
    }
    assert_null(*expected);
}

static void paths_are_cut_at_slashes(void **state)
{
    (void)state;
    assert_segments("/", (const char *const[]){"", NULL});
    assert_segments("/v1", (const char *const[]){"v1", NULL});
    assert_segments("/v1/coupons", (const char *const[]){"v1", "coupons", NULL});
    assert_segments("/v1/", (const char *const[]){"v1", "", NULL});
    assert_segments("//a", (const char *const[]){"", "a", NULL});
    assert_segments("/a%2Fb", (const char *const[]){"a%2Fb", NULL});
    assert_segments("*", (const char *const[]){"*", NULL});
    assert_segments("", (const char *const[]){NULL});
}

static void assert_parameters(const char *query, const char *expected)
{
    str rest = str_of(query), name, value;
    buf b;
    buf_init(&b, 1000);
    http_next next;
    while ((next = http_parameter_next(memory, &rest, &name, &value)) == HTTP_PARAMETER)
        buf_printf(&b, "%.*s=%.*s;", STR_ARG(name), STR_ARG(value));
    buf_str(&b, next == HTTP_PARAMETERS_END ? S(".") : S("!"));
    if (!str_eq(buf_view(&b), str_of(expected)))
        fail_msg("%s: %.*s", query, STR_ARG(buf_view(&b)));
    buf_free(&b);
}

static void queries_are_taken_apart(void **state)
{
    (void)state;
    assert_parameters("", ".");
    assert_parameters("a=1", "a=1;.");
    assert_parameters("a=1&b=2", "a=1;b=2;.");
    assert_parameters("&&a=1&&&b=2&", "a=1;b=2;.");
    assert_parameters("a", "a=;.");
    assert_parameters("a=", "a=;.");
    assert_parameters("a=b=c", "a=b=c;.");
    assert_parameters("a=b+c%2B", "a=b c+;.");
    assert_parameters("%61=%62", "a=b;.");
    assert_parameters("a=1&a=2", "a=1;a=2;.");
    assert_parameters("a=%26%3D", "a=&=;.");
    assert_parameters("a=1&b=%zz&c=3", "a=1;!");
    assert_parameters("%00=1", "!");
    assert_parameters("a=%ff", "!");
    assert_parameters("=1", "=1;.");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(escapes_are_decoded_strictly, start, end),
        cmocka_unit_test_setup_teardown(paths_are_cut_at_slashes, start, end),
        cmocka_unit_test_setup_teardown(queries_are_taken_apart, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

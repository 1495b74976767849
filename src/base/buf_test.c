/* Buffers: content as appended, appends whole or not at all, overflow that sticks. */
#include "base/buf.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/test_help.h"

static void appends_follow_each_other(void **state)
{
    (void)state;
    buf b;
    buf_init(&b, 1000);
    assert_str(buf_view(&b), S(""));
    buf_str(&b, S("a"));
    buf_char(&b, 'b');
    buf_add(&b, "cd", 2);
    buf_add(&b, NULL, 0);
    buf_str(&b, (str){NULL, 0});
    buf_printf(&b, "-%03d-%s", 7, "x");
    buf_printf(&b, "%s", "");
    buf_u64(&b, 42);
    buf_i64(&b, -42);
    assert_str(buf_view(&b), S("abcd-007-x42-42"));
    buf_clear(&b);
    assert_str(buf_view(&b), S(""));
    buf_free(&b);
    buf_str(&b, S("again"));
    assert_str(buf_view(&b), S("again"));
    buf_free(&b);
    buf_free(&b);
}

static void the_ceiling_is_exact_for_every_kind_of_append(void **state)
{
    (void)state;
    for (size_t max = 0; max < 12; max++) {
        for (int way = 0; way < 5; way++) {
            buf b;
            buf_init(&b, max);
            switch (way) {
            case 0:
                buf_str(&b, S("123456"));
                break;
            case 1:
                buf_printf(&b, "%d", 123456);
                break;
            case 2:
                buf_u64(&b, 123456);
                break;
            case 3:
                assert_true((buf_take(&b, 6) == NULL) == (max < 6));
                break;
            default:
                buf_i64(&b, -12345);
                break;
            }
            assert_int_equal(buf_overflowed(&b), max < 6);
            assert_int_equal(buf_view(&b).n, max < 6 ? 0 : 6);
            buf_free(&b);
        }
    }
}

static void overflow_sticks_until_cleared(void **state)
{
    (void)state;
    buf b;
    buf_init(&b, 4);
    buf_str(&b, S("abc"));
    buf_str(&b, S("de"));
    assert_true(buf_overflowed(&b));
    buf_char(&b, 'd');
    buf_printf(&b, "d");
    buf_u64(&b, 1);
    assert_str(buf_view(&b), S("abc"));
    buf_clear(&b);
    assert_false(buf_overflowed(&b));
    buf_str(&b, S("abcd"));
    assert_false(buf_overflowed(&b));
    assert_str(buf_view(&b), S("abcd"));
    buf_free(&b);
}

static void decimals_are_those_of_the_library(void **state)
{
    (void)state;
    uint64_t seed = 3;
    buf b;
    buf_init(&b, 64);
    for (int i = 0; i < 20000; i++) {
        uint64_t u = random_sized(&seed);
        int64_t v = (int64_t)(i % 2 == 0 ? u : 0 - u);
        char text[64];
        int n = snprintf(text, sizeof text, "%" PRIu64 " %" PRId64, u, v);
        assert_true(n > 0 && n < (int)sizeof text);
        buf_clear(&b);
        buf_u64(&b, u);
        buf_char(&b, ' ');
        buf_i64(&b, v);
        assert_str(buf_view(&b), str_of(text));
    }
    buf_clear(&b);
    buf_i64(&b, INT64_MIN);
    buf_char(&b, ' ');
    buf_u64(&b, UINT64_MAX);
    buf_char(&b, ' ');
    buf_u64(&b, 0);
    assert_str(buf_view(&b), S("-9223372036854775808 18446744073709551615 0"));
    buf_free(&b);
}

/* RFC 4180, 2.5 to 2.7. */
static void a_field_of_csv_is_quoted_where_it_must_be(void **state)
{
    (void)state;
    static const char *const cases[][2] = {{"", ""},
                                           {"u-1001", "u-1001"},
                                           {"a b", "a b"},
                                           {"a,b", "\"a,b\""},
                                           {"say \"hi\"", "\"say \"\"hi\"\"\""},
                                           {"\"", "\"\"\"\""},
                                           {"a\nb", "\"a\nb\""},
                                           {"a\r", "\"a\r\""}};
    buf b;
    buf_init(&b, 64);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        buf_clear(&b);
        buf_csv(&b, str_of(cases[i][0]));
        assert_str(buf_view(&b), str_of(cases[i][1]));
    }
    buf_free(&b);
}

static void content_survives_growth(void **state)
{
    (void)state;
    enum { COUNT = 100000 };
    buf b;
    buf_init(&b, COUNT);
    for (int i = 0; i < COUNT; i++)
        buf_char(&b, (char)('a' + i % 26));
    assert_false(buf_overflowed(&b));
    str s = buf_view(&b);
    assert_int_equal(s.n, COUNT);
    for (int i = 0; i < COUNT; i++)
        assert_int_equal(s.p[i], 'a' + i % 26);
    buf_char(&b, 'z');
    assert_true(buf_overflowed(&b));
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(appends_follow_each_other),
        cmocka_unit_test(the_ceiling_is_exact_for_every_kind_of_append),
        cmocka_unit_test(overflow_sticks_until_cleared),
        cmocka_unit_test(decimals_are_those_of_the_library),
        cmocka_unit_test(a_field_of_csv_is_quoted_where_it_must_be),
        cmocka_unit_test(content_survives_growth),
    };
    return cmocka_run_group_tests_name("base/buf", tests, NULL, NULL);
}

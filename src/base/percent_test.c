/* Percentages as text: what is one, and that each is written as it was read. */
#include "base/percent.h"

#include "base/test_help.h"

static void text_is_read_exactly_or_not_at_all(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t millionths; /* -1: refused */
    } rows[] = {
        {"0", 0},         {"100", 1000000},   {"12.5", 125000}, {"0.0001", 1}, {"33.3333", 333333},
        {"05.50", 55000}, {"9999", 99990000}, {"", -1},         {".5", -1},    {"5.", -1},
        {"-5", -1},       {"+5", -1},         {"1.23456", -1},  {"12345", -1}, {"5 ", -1},
        {"1e2", -1},      {"1,5", -1},        {"1.5.5", -1},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int64_t value = -7;
        bool read = percent_read(str_of(rows[i].text), &value);
        assert_int_equal(read, rows[i].millionths >= 0);
        assert_int_equal(value, read ? rows[i].millionths : -7);
    }
}

static void every_share_comes_back_as_it_was_written(void **state)
{
    (void)state;
    char text[PERCENT_TEXT_MAX];
    for (int64_t v = 0; v <= 1000000; v += v < 30000 ? 1 : 37) {
        int64_t again = -1;
        assert_true(percent_read(percent_text(v, text), &again));
        assert_int_equal(again, v);
    }
    assert_true(str_eq(percent_text(125000, text), S("12.5")));
    assert_true(str_eq(percent_text(1, text), S("0.0001")));
    assert_true(str_eq(percent_text(1000000, text), S("100")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_read_exactly_or_not_at_all),
        cmocka_unit_test(every_share_comes_back_as_it_was_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

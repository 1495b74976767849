/* Slices: order, cutting, numbers at their limits, and UTF-8 against its whole definition. */
#include "base/str.h"

#include "base/test_help.h"

static const str none = {NULL, 0};

static void order_is_by_unsigned_bytes_and_then_by_length(void **state)
{
    (void)state;
    static const struct {
        str a, b;
        int order;
    } t[] = {
        {{"", 0}, {"", 0}, 0},     {{NULL, 0}, {"", 0}, 0},        {{NULL, 0}, {"a", 1}, -1},
        {{"a", 1}, {"b", 1}, -1},  {{"ab", 2}, {"a", 1}, 1},       {{"a", 1}, {"aa", 2}, -1},
        {{"b", 1}, {"aa", 2}, 1},  {{"\x7f", 1}, {"\x80", 1}, -1}, {{"a\0b", 3}, {"a\0a", 3}, 1},
        {{"a\0", 2}, {"a", 1}, 1},
    };
    for (size_t i = 0; i < ARRAY_LEN(t); i++) {
        assert_int_equal(str_cmp(t[i].a, t[i].b), t[i].order);
        assert_int_equal(str_cmp(t[i].b, t[i].a), -t[i].order);
        assert_int_equal(str_eq(t[i].a, t[i].b), t[i].order == 0);
    }
}

static void prefixes_and_suffixes(void **state)
{
    (void)state;
    assert_true(str_starts(S("coupon"), S("cou")));
    assert_true(str_starts(S("coupon"), S("coupon")));
    assert_true(str_starts(S("coupon"), none));
    assert_true(str_starts(none, none));
    assert_false(str_starts(S("coupon"), S("coupons")));
    assert_false(str_starts(none, S("a")));
    assert_true(str_ends(S("coupon"), S("pon")));
    assert_true(str_ends(S("coupon"), S("coupon")));
    assert_true(str_ends(S("coupon"), none));
    assert_true(str_ends(none, none));
    assert_false(str_ends(S("coupon"), S("a coupon")));
    assert_false(str_ends(S("coupon"), S("poN")));
}

static void trimming_takes_white_space_off_both_ends_only(void **state)
{
    (void)state;
    assert_str(str_trim(S(" \t\r\n\v\fa b\n ")), S("a b"));
    assert_str(str_trim(S("   ")), none);
    assert_str(str_trim(none), none);
    assert_str(str_trim(S("\xC2\xA0x")), S("\xC2\xA0x")); /* a no-break space is not ASCII */
    assert_str(str_trim(str_of(NULL)), none);
}

static void cutting_walks_the_fields(void **state)
{
    (void)state;
    str rest = S("a,,bc,");
    str head = none;
    assert_true(str_cut(&rest, ',', &head));
    assert_str(head, S("a"));
    assert_true(str_cut(&rest, ',', &head));
    assert_str(head, none);
    assert_true(str_cut(&rest, ',', &head));
    assert_str(head, S("bc"));
    assert_false(str_cut(&rest, ',', &head));
    assert_str(head, S("bc"));
    rest = S("whole");
    assert_true(str_cut(&rest, ',', &head));
    assert_str(head, S("whole"));
    assert_str(rest, none);
    rest = none;
    assert_false(str_cut(&rest, ',', &head));
}

static void numbers_at_their_limits(void **state)
{
    (void)state;
    uint64_t u = 7;
    int64_t i = 7;
    assert_true(str_to_u64(S("18446744073709551615"), &u) && u == UINT64_MAX);
    assert_true(str_to_u64(S("000000000000000000000000000001"), &u) && u == 1);
    assert_true(str_to_u64(S("0"), &u) && u == 0);
    assert_true(str_to_i64(S("9223372036854775807"), &i) && i == INT64_MAX);
    assert_true(str_to_i64(S("-9223372036854775808"), &i) && i == INT64_MIN);
    assert_true(str_to_i64(S("-0"), &i) && i == 0);
    assert_true(str_to_i64(S("-007"), &i) && i == -7);
    assert_true(str_to_i64((str){"123", 2}, &i) && i == 12);
}

static void what_is_not_a_number_leaves_the_answer_alone(void **state)
{
    (void)state;
    static const str bad[] = {
        {NULL, 0},
        {"", 0},
        {"+1", 2},
        {" 1", 2},
        {"1 ", 2},
        {"1.0", 3},
        {"1e3", 3},
        {"0x10", 4},
        {"--1", 3},
        {"-", 1},
        {"1\0", 2},
        {"\xEF", 1},
        {"/", 1},
        {":", 1},
        {"1,000", 5},
        {"-+1", 3},
        {"- 1", 3},
        {"18446744073709551616", 20},
        {"99999999999999999999999", 23},
    };
    for (size_t n = 0; n < ARRAY_LEN(bad); n++) {
        uint64_t u = 7;
        int64_t i = 7;
        assert_false(str_to_u64(bad[n], &u));
        assert_false(str_to_i64(bad[n], &i));
        assert_true(u == 7 && i == 7);
    }
    int64_t i = 7;
    uint64_t u = 7;
    assert_false(str_to_i64(S("9223372036854775808"), &i));
    assert_false(str_to_i64(S("-9223372036854775809"), &i));
    assert_false(str_to_u64(S("-1"), &u));
    assert_false(str_to_u64(S("-0"), &u));
    assert_true(u == 7 && i == 7);
}

/* The shortest form of a code point, without asking whether it may be written at all. */
static size_t encode(uint32_t c, char *out)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    size_t length = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const uint8_t lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = length - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (c & 0x3F));
        c >>= 6;
    }
    out[0] = (char)(lead[length] | c);
    return length;
}

static void every_code_point_but_surrogates_is_utf8(void **state)
{
    (void)state;
    for (uint32_t c = 0; c < 0x120000; c++) {
        char text[5] = {0};
        size_t n = encode(c, text);
        bool exists = c <= 0x10FFFF && (c < 0xD800 || c > 0xDFFF);
        assert_int_equal(str_utf8_length((str){text, n}), exists ? n : 0);
        assert_int_equal(str_is_utf8((str){text, n}), exists && c != 0);
        bool control = c < 0x20 || (c >= 0x7F && c < 0xA0);
        assert_int_equal(str_is_printable((str){text, n}), exists && !control);
        for (size_t cut = 1; cut < n; cut++)
            assert_int_equal(str_utf8_length((str){text, cut}), 0);
    }
}

/* RFC 3629, section 4, written once more as a table of ranges. */
static bool reference_utf8(const uint8_t *p, size_t n)
{
    static const struct {
        uint8_t n, low[4], high[4];
    } forms[] = {
        {1, {0x00}, {0x7F}},
        {2, {0xC2, 0x80}, {0xDF, 0xBF}},
        {3, {0xE0, 0xA0, 0x80}, {0xE0, 0xBF, 0xBF}},
        {3, {0xE1, 0x80, 0x80}, {0xEC, 0xBF, 0xBF}},
        {3, {0xED, 0x80, 0x80}, {0xED, 0x9F, 0xBF}},
        {3, {0xEE, 0x80, 0x80}, {0xEF, 0xBF, 0xBF}},
        {4, {0xF0, 0x90, 0x80, 0x80}, {0xF0, 0xBF, 0xBF, 0xBF}},
        {4, {0xF1, 0x80, 0x80, 0x80}, {0xF3, 0xBF, 0xBF, 0xBF}},
        {4, {0xF4, 0x80, 0x80, 0x80}, {0xF4, 0x8F, 0xBF, 0xBF}},
    };
    for (size_t f = 0; f < ARRAY_LEN(forms); f++) {
        bool fits = forms[f].n == n;
        for (size_t i = 0; fits && i < n; i++)
            fits = p[i] >= forms[f].low[i] && p[i] <= forms[f].high[i];
        if (fits)
            return true;
    }
    return false;
}

static void every_short_byte_sequence_is_judged_as_the_rfc_does(void **state)
{
    (void)state;
    for (uint32_t v = 0; v < 1U << 24; v += v < 1U << 16 ? 1 : 7) {
        uint8_t b[3] = {(uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16)};
        size_t expected = 0;
        for (size_t n = 1; n <= 3 && expected == 0; n++)
            expected = reference_utf8(b, n) ? n : 0;
        if (str_utf8_length((str){(const char *)b, 3}) != expected)
            fail_msg("%02x %02x %02x", b[0], b[1], b[2]);
    }
}

static void texts_are_printable_or_not(void **state)
{
    (void)state;
    assert_true(str_is_printable(none));
    assert_true(str_is_utf8(none));
    assert_true(str_is_printable(S("50% 优惠券 🎟")));
    assert_false(str_is_printable(S("two\nlines")));
    assert_true(str_is_utf8(S("two\nlines")));
    assert_false(str_is_utf8(S("a\0b")));
    assert_false(str_is_utf8(S("ok\xFF")));
    assert_false(str_is_printable(S("ok\xC2")));
    assert_false(str_is_printable(S("\xC2\x9Fx")));
    assert_true(str_is_printable(S("\xC2\xA0x")));
    assert_int_equal(str_utf8_length(none), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_is_by_unsigned_bytes_and_then_by_length),
        cmocka_unit_test(prefixes_and_suffixes),
        cmocka_unit_test(trimming_takes_white_space_off_both_ends_only),
        cmocka_unit_test(cutting_walks_the_fields),
        cmocka_unit_test(numbers_at_their_limits),
        cmocka_unit_test(what_is_not_a_number_leaves_the_answer_alone),
        cmocka_unit_test(every_code_point_but_surrogates_is_utf8),
        cmocka_unit_test(every_short_byte_sequence_is_judged_as_the_rfc_does),
        cmocka_unit_test(texts_are_printable_or_not),
    };
    return cmocka_run_group_tests_name("base/str", tests, NULL, NULL);
}

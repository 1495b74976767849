/* Codes as text: written, shown, typed in every way, read back; formats that meet; odds. */
#include "domain/code/format.h"

#include "base/id.h"
#include "base/test_help.h"

static const code_form digits12 = {.body = 12, .group = 4};
static const code_form crockford = {.body = 12, .group = 4, .check = true};

static code_form with(code_form f, str alphabet, str prefix)
{
    f.alphabet = alphabet;
    f.prefix = prefix;
    return f;
}

static code_form plain(void)
{
    return with(digits12, code_alphabet_digits, S(""));
}

static code_form usual(void)
{
    return with(crockford, code_alphabet_crockford, S("AB"));
}

static str written(const code_form *f, ff1_number body, buf *b)
{
    buf_clear(b);
    code_write(f, body, b);
    return buf_view(b);
}

static void codes_are_prefix_body_and_check(void **state)
{
    (void)state;
    buf b;
    buf_init(&b, 1000);
    code_form f = plain();
    assert_str(written(&f, 42, &b), S("000000000042"));
    f.check = true;
    assert_str(written(&f, 572, &b), S("0000000005724")); /* the example of check_digit_test.c */
    f = usual();
    str code = written(&f, 31, &b);
    assert_int_equal(code.n, 2 + 12 + 1);
    assert_true(str_starts(code, S("AB00000000000Z")));
    buf_free(&b);
}

static void codes_are_shown_in_groups(void **state)
{
    (void)state;
    buf b;
    buf_init(&b, 1000);
    code_form f = plain();
    code_show(&f, S("123456789012"), &b);
    assert_str(buf_view(&b), S("1234-5678-9012"));
    f.prefix = S("7");
    buf_clear(&b);
    code_show(&f, S("7123456789012"), &b);
    assert_str(buf_view(&b), S("7-1234-5678-9012"));
    f.group = 0;
    buf_clear(&b);
    code_show(&f, S("7123456789012"), &b);
    assert_str(buf_view(&b), S("7123456789012"));
    buf_free(&b);
}

typedef struct typed_case {
    const char *typed, *normal; /* NULL: no code */
} typed_case;

static const typed_case typed_cases[] = {
    {"ab12", "AB12"},
    {" ab-12 . 3_4\t", "AB1234"},
    {"\xef\xbc\xa1\xef\xbd\x82\xef\xbc\x91", "AB1"}, /* full-width A, b, 1 */
    {"1\xe3\x80\x80\x32", "12"},                     /* ideographic space */
    {"1\xe2\x80\x93\x32", "12"},                     /* en dash */
    {"\tAB\xc2\xa0\x31\xc2\xa0", "AB1"},             /* pasted: a tab, no-break spaces */
    {"\xef\xbb\xbf\x31\x32\xe2\x80\x8b", "12"},      /* byte order mark, zero-width space */
    {"1\xe2\x80\xaf\x32\xe2\x80\x83\x33", "123"},    /* narrow no-break space, em space */
    {"1\xe2\x80\x8e\x32", NULL},                     /* left-to-right mark */
    {"1\xc2\xa1", NULL},
    {"a\x01", NULL},
    {"", NULL},
    {" - ", NULL},
    {"ab!12", NULL},
    {"\xc3\xa9", NULL},
    {"ab\xff", NULL},
    {"\xef\xbc\x81", NULL}, /* full-width ! */
    {"123456789012345678901234567890123", "123456789012345678901234567890123"},
    {"1234567890123456789012345678901234", NULL},
};

static void what_is_typed_is_normalised(void **state)
{
    (void)state;
    buf b;
    buf_init(&b, 1000);
    for (size_t i = 0; i < ARRAY_LEN(typed_cases); i++) {
        buf_clear(&b);
        bool ok = code_text_of(str_of(typed_cases[i].typed), &b) == CODE_TEXT_GOOD;
        assert_int_equal(ok, typed_cases[i].normal != NULL);
        if (ok)
            assert_str(buf_view(&b), str_of(typed_cases[i].normal));
    }
    char longest[CODE_TYPED_MAX + 1];
    memset(longest, ' ', sizeof(longest));
    longest[0] = '1';
    assert_int_equal(code_text_of((str){longest, sizeof(longest)}, &b), CODE_TEXT_LONG);
    buf_clear(&b);
    assert_int_equal(code_text_of((str){longest, sizeof(longest) - 1}, &b), CODE_TEXT_GOOD);
    buf_free(&b);
}

static void what_is_written_is_read(void **state)
{
    (void)state;
    static const char *const alphabets[] = {"0123456789", "0123456789ABCDEFGHJKMNPQRSTVWXYZ",
                                            "ACDEFGHJKLMNPQRTUVWXY3479", "BCDFGHJK"};
    uint64_t seed = 11;
    buf b;
    buf_init(&b, 1000);
    for (size_t i = 0; i < 20000; i++) {
        code_form f = with(crockford, str_of(alphabets[i % ARRAY_LEN(alphabets)]),
                           i % 3 == 0 ? S("") : S("VIP"));
        f.check = i % 2 == 0;
        f.body = (uint8_t)(8 + random_below(&seed, 9));
        ff1_number body = next_random(&seed) % code_numbers(&f);
        ff1_number back = 0;
        assert_true(code_read(&f, written(&f, body, &b), &back));
        assert_true(back == body);
    }
    buf_free(&b);
}

static void look_alikes_are_taken_for_what_the_alphabet_has(void **state)
{
    (void)state;
    buf b;
    buf_init(&b, 1000);
    code_form f = usual();
    f.check = false;
    ff1_number body = 0;
    assert_true(code_read(&f, S("AB0O1IL0000000"), &body));
    ff1_number straight = 0;
    assert_true(code_read(&f, S("AB001110000000"), &straight));
    assert_true(body == straight);
    assert_true(code_read(&f, S("A8001110000000"), &body)); /* in the prefix: 8 for B */
    assert_true(body == straight);
    assert_false(code_read(&f, S("ABU00000000000"), &body)); /* U is like nothing */
    code_form both = with(digits12, S("0IL4567ACEFGH"), S(""));
    assert_false(code_read(&both, S("100000000000"), &body)); /* I or L? */
    buf_free(&b);
}

static void other_texts_are_no_codes(void **state)
{
    (void)state;
    code_form f = usual();
    buf b;
    buf_init(&b, 1000);
    ff1_number body = 77;
    str code = written(&f, 123456789, &b);
    char text[CODE_TEXT_MAX];
    memcpy(text, code.p, code.n);
    assert_false(code_read(&f, (str){text, code.n - 1}, &body));
    assert_false(code_read(&f, S(""), &body));
    text[0] = 'X';
    assert_false(code_read(&f, (str){text, code.n}, &body));
    text[0] = 'A';
    text[5] = text[5] == '7' ? '9' : '7';
    assert_false(code_read(&f, (str){text, code.n}, &body));
    assert_true(body == 77);
    buf_free(&b);
}

static void numbers_name_slot_and_serial(void **state)
{
    (void)state;
    code_form f = plain();
    assert_true(code_numbers(&f) == 1000000000000);
    assert_int_equal(code_serials(&f), 100000000);
    ff1_number n = code_number(9999, 99999999);
    assert_true(n < code_numbers(&f));
    assert_int_equal(code_slot(n), 9999);
    assert_int_equal(code_serial(n), 99999999);
    f = usual();
    f.body = 24;
    assert_true(code_serials(&f) == UINT64_MAX / SLOT_COUNT);
}

typedef struct meet_case {
    const char *alphabet[2], *prefix[2];
    uint8_t body[2];
    bool meet;
} meet_case;

static const meet_case meet_cases[] = {
    {{"0123456789", "0123456789"}, {"", ""}, {12, 12}, true},
    {{"0123456789", "0123456789"}, {"", ""}, {12, 13}, false},
    {{"0123456789", "0123456789"}, {"7", ""}, {12, 13}, true},
    {{"0123456789", "0123456789"}, {"7", "8"}, {12, 12}, false},
    {{"0123456789", "ABCDEFGHJKMNPR"}, {"", ""}, {12, 12}, true}, /* B is taken for 8 */
    {{"0123456789", "ACEFGHJKMNPR"}, {"", ""}, {12, 12}, false},
    {{"0123456789", "0123456789"}, {"VIP", "V1P"}, {12, 12}, true},
};

static void formats_that_meet(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(meet_cases); i++) {
        const meet_case *m = &meet_cases[i];
        code_form f[2];
        for (size_t k = 0; k < 2; k++) {
            f[k] = with(digits12, str_of(m->alphabet[k]), str_of(m->prefix[k]));
            f[k].body = m->body[k];
        }
        assert_int_equal(code_forms_meet(&f[0], &f[1]), m->meet);
        assert_int_equal(code_forms_meet(&f[1], &f[0]), m->meet);
    }
}

static size_t problems(const code_form *f, const char *field)
{
    arena *memory = arena_new(0);
    issues *found = issues_new(memory);
    code_form_check(f, found);
    size_t n = found->n;
    if (n > 0 && field != NULL)
        assert_str(found->items[0].field, str_of(field));
    arena_free(memory);
    return n;
}

static void bad_formats_are_refused(void **state)
{
    (void)state;
    code_form f = usual();
    assert_int_equal(problems(&f, NULL), 0);
    f.body = 5;
    assert_int_equal(problems(&f, "length"), 1);
    f.body = 25;
    assert_int_equal(problems(&f, "length"), 1);
    f = with(digits12, S("01234567"), S(""));
    f.body = 6; /* 8^6 is less than a million */
    assert_int_equal(problems(&f, "length"), 1);
    f = with(digits12, S("0123456"), S(""));
    assert_int_equal(problems(&f, "characters"), 1);
    f = with(digits12, S("01234567a"), S(""));
    assert_int_equal(problems(&f, "characters"), 1);
    f = with(digits12, S("012345670"), S(""));
    assert_int_equal(problems(&f, "characters"), 1);
    f = with(crockford, S("0123456789ABCD"), S("")); /* 14 characters */
    assert_int_equal(problems(&f, "check"), 1);
    f = with(crockford, code_alphabet_digits, S("ABCDEFGHJ"));
    assert_int_equal(problems(&f, "prefix"), 1);
    f = with(crockford, code_alphabet_digits, S("a"));
    assert_int_equal(problems(&f, "prefix"), 1);
    f = with(crockford, S("x"), S("-"));
    f.group = 255;
    f.body = 0;
    assert_int_equal(problems(&f, NULL), 4);
}

/* Every pair of an alphabet's characters, in both orders: the refused ones are these. */
static void an_alphabet_has_one_of_those_that_are_taken_for_another(void **state)
{
    (void)state;
    static const char *const refused[] = {"0O", "1I", "1L", "IL"};
    arena *memory = arena_new(0);
    size_t n = 0;
    for (char a = '0'; a <= 'Z'; a++) {
        for (char b = '0'; b <= 'Z'; b++) {
            char pair[] = {a, b};
            issues *found = issues_new(memory);
            bool bad = false;
            code_alphabet_check((str){pair, 2}, found);
            for (size_t i = 0; i < ARRAY_LEN(refused); i++)
                bad = bad || (a != b && strchr(refused[i], a) && strchr(refused[i], b));
            assert_int_equal(found->n, bad ? 1 : 0);
            n += found->n;
        }
    }
    assert_int_equal(n, 8);
    issues *found = issues_new(memory);
    code_alphabet_check(code_alphabet_crockford, found);
    code_alphabet_check(code_alphabet_digits, found);
    assert_int_equal(found->n, 0);
    code_alphabet_check(S("LKO1J0I"), found);
    assert_int_equal(found->n, 1);
    assert_str(found->items[0].detail, S("0 and O look alike; take one of them"));
    arena_free(memory);
}

static void odds_are_those_of_the_design(void **state)
{
    (void)state;
    code_form f = plain();
    /* 12 digits, 10^8 live, 10 guesses a second: about 2,600 hits a month (DESIGN 4). */
    uint64_t a_month = code_hits_milli(&f, 100000000, 10) / 12 / 1000;
    assert_true(a_month > 2600 && a_month < 2660);
    f = usual();
    f.body = 13; /* 13 base32 characters: about 0.001 a year */
    assert_int_equal(code_hits_milli(&f, 100000000, 10), 0);
    assert_int_equal(code_hits_milli(&f, 200000000, 20), 3);
    assert_int_equal(code_hits_milli(&f, 0, 10), 0);
    f = with(digits12, code_alphabet_digits, S(""));
    f.body = 6;
    assert_true(code_hits_milli(&f, UINT64_MAX, UINT64_MAX) == UINT64_MAX);
}

static void small_letters_are_found_full_width_ones_too(void **state)
{
    (void)state;
    static const struct {
        const char *typed;
        bool small;
    } rows[] = {{"", false},
                {"SAVE-10", false},
                {"SAVe-10", true},
                {"10 a", true},
                {"\xef\xbc\xa1", false},
                {"1\xef\xbd\x81", true},
                {"\xc3\xa9", false},
                {"A\xff"
                 "b",
                 false},
                {"A\xe3\x80\x80"
                 "b",
                 true}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_int_equal(code_has_small(str_of(rows[i].typed)), rows[i].small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_are_prefix_body_and_check),
        cmocka_unit_test(small_letters_are_found_full_width_ones_too),
        cmocka_unit_test(codes_are_shown_in_groups),
        cmocka_unit_test(what_is_typed_is_normalised),
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(look_alikes_are_taken_for_what_the_alphabet_has),
        cmocka_unit_test(other_texts_are_no_codes),
        cmocka_unit_test(numbers_name_slot_and_serial),
        cmocka_unit_test(formats_that_meet),
        cmocka_unit_test(bad_formats_are_refused),
        cmocka_unit_test(an_alphabet_has_one_of_those_that_are_taken_for_another),
        cmocka_unit_test(odds_are_those_of_the_design),
    };
    return cmocka_run_group_tests_name("domain/code/format", tests, NULL, NULL);
}

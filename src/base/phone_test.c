/* Phone numbers: what is one, and that all ways to type it have one form. */
#include "base/phone.h"

#include "base/test_help.h"

/* What form_of gives of a refused one begins so. */
#define REFUSED "! "

static str form_of(arena *memory, const char *typed, const char *region)
{
    str form = S("not set");
    const char *wrong = phone_form(str_of(typed), str_of(region), memory, &form);
    return wrong == NULL ? form : arena_printf(memory, REFUSED "%s", wrong);
}

static void one_number_has_one_form(void **state)
{
    (void)state;
    static const struct {
        const char *typed, *region, *form;
    } rows[] = {
        /* international, in any region */
        {"+8613800138000", "", "+8613800138000"},
        {"+86 138-0013-8000", "US", "+8613800138000"},
        {" \t+86.138/0013.8000\r\n", "", "+8613800138000"},
        {"+(86)(138)00138000", "CN", "+8613800138000"},
        {"\uFF0B\uFF18\uFF16 \uFF11\uFF13\uFF18\u3000\uFF10\uFF10\uFF11\uFF13\uFF0D8000", "",
         "+8613800138000"},
        {"+\u0669\u0667\u0661 \u0665\u0660 123 4567", "", "+971501234567"},
        {"+\u06F9\u06F8 912 345 6789", "", "+989123456789"},
        {"+1\u00A0415\u2011555\u20132671", "", "+14155552671"},
        {"+683 4002", "", "+6834002"},
        {"+999123456789012", "", "+999123456789012"},
        /* behind the international prefix */
        {"0086 138 0013 8000", "", "+8613800138000"},
        {"0086 138 0013 8000", "CN", "+8613800138000"},
        {"011 86 138 0013 8000", "US", "+8613800138000"},
        {"0011 86 138 0013 8000", "AU", "+8613800138000"},
        {"010 86 138 0013 8000", "JP", "+8613800138000"},
        {"8 10 86 138 0013 8000", "RU", "+8613800138000"},
        {"001 86 138 0013 8000", "HK", "+8613800138000"},
        /* the trunk prefix behind the calling code */
        {"+44 (0)20 7946 0018", "", "+442079460018"},
        {"+44 020 7946 0018", "", "+442079460018"},
        {"0044 (0)20 7946 0018", "DE", "+442079460018"},
        {"+39 06 698 1234", "", "+39066981234"}, /* Italy keeps it */
        {"+39 312 345 6789", "", "+393123456789"},
        /* national */
        {"13800138000", "CN", "+8613800138000"},
        {"013800138000", "CN", "+8613800138000"},
        {"010-12345678", "CN", "+861012345678"},
        {"(0755) 1234 5678", "CN", "+8675512345678"},
        {"(415) 555-2671", "US", "+14155552671"},
        {"1 415 555 2671", "US", "+14155552671"},
        {"8 (916) 123-45-67", "RU", "+79161234567"},
        {"916 123 45 67", "RU", "+79161234567"},
        {"8 800 555 35 35", "RU", "+78005553535"},
        {"800 555 35 35", "RU", "+78005553535"},
        {"06 1 234 5678", "HU", "+3612345678"},
        {"020 7946 0018", "GB", "+442079460018"},
        {"0151 12345678", "DE", "+4915112345678"},
        {"06 698 1234", "IT", "+39066981234"},
        {"612 34 56 78", "ES", "+34612345678"},
        {"5123 4567", "HK", "+85251234567"},
        {"090-1234-5678", "JP", "+819012345678"},
        {"010-1234-5678", "KR", "+821012345678"},
    };
    arena *memory = arena_new(0);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_str(form_of(memory, rows[i].typed, rows[i].region), str_of(rows[i].form));
    arena_free(memory);
}

static void what_is_no_number_says_why(void **state)
{
    (void)state;
    static const struct {
        const char *typed, *region, *why;
    } rows[] = {
        {"", "CN", "digits, a +"},
        {"  ", "CN", "digits, a +"},
        {"+", "CN", "digits, a +"},
        {"-", "CN", "digits, a +"},
        {"call me", "CN", "digits, a +"},
        {"+1 415 555 2671 x12", "", "digits, a +"},
        {"+1 415 555 CALL", "", "digits, a +"},
        {"++8613800138000", "", "digits, a +"},
        {"86+13800138000", "", "digits, a +"},
        {"tel:+8613800138000", "", "digits, a +"},
        {"+86138001380\xff", "", "digits, a +"},
        {"13800138000", "", "the international form"},
        {"13800138000", "XX", "the international form"},
        {"13800138000", "cn", "the international form"},
        {"011 86 138 0013 8000", "", "the international form"},
        {"+013800138000", "CN", "behind the + a calling code"},
        {"000861380013800", "CN", "behind the + a calling code"},
        {"00", "CN", "behind the + a calling code"},
        {"+9991234567890123", "", "at most 15 digits"},
        {"+999123", "", "at least 7 digits"},
        {"+86138001380", "", "as many digits"},
        {"+86138001380000", "", "as many digits"},
        {"+44 00 20 7946 001", "", "as many digits"},
        {"+1 415 555 267", "", "as many digits"},
        {"138001380001", "CN", "as many digits"},
        {"8613800138000", "CN", "as many digits"},
        {"002 86 138 0013 8000", "KR", "as many digits"},
        {"0", "CN", "as many digits"},
        {"06 12", "HU", "as many digits"},
    };
    arena *memory = arena_new(0);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        str said = form_of(memory, rows[i].typed, rows[i].region);
        if (!str_starts(said, arena_printf(memory, REFUSED "%s", rows[i].why)))
            fail_msg("\"%s\" in \"%s\": %.*s", rows[i].typed, rows[i].region, STR_ARG(said));
    }
    char many[PHONE_TYPED_MAX + 2];
    str form;
    memset(many, '1', sizeof many);
    assert_non_null(phone_form((str){many, sizeof many}, S("CN"), memory, &form));
    memset(many, '-', sizeof many);
    memcpy(many, "+8613800138000", 14);
    assert_non_null(phone_form((str){many, PHONE_TYPED_MAX + 1}, S(""), memory, &form));
    assert_null(phone_form((str){many, PHONE_TYPED_MAX}, S(""), memory, &form));
    arena_free(memory);
}

/* Digits at random, as they may be typed in every region. */
static void the_form_of_a_form_is_itself(void **state)
{
    (void)state;
    uint64_t random = 1;
    size_t formed = 0;
    arena *memory = arena_new(0);
    for (size_t r = 0; phone_region_at(r).n > 0; r++) {
        str region = phone_region_at(r);
        for (size_t i = 0; i < 3000; i++) {
            char typed[20];
            size_t n = 6 + (size_t)random_below(&random, 12);
            arena_reset(memory);
            for (size_t k = 0; k < n; k++)
                typed[k] = (char)('0' + random_below(&random, k < 3 ? 3 : 10));
            if (random_below(&random, 2) == 0)
                typed[0] = '+';
            str form, again;
            if (phone_form((str){typed, n}, region, memory, &form) != NULL)
                continue;
            formed++;
            assert_true(form.n >= 1 + PHONE_DIGITS_MIN && form.n <= 1 + PHONE_DIGITS_MAX);
            assert_null(phone_form(form, region, memory, &again));
            assert_str(again, form);
            assert_null(phone_form(form, S(""), memory, &again));
            assert_str(again, form);
        }
    }
    assert_true(formed > 10000);
    arena_free(memory);
}

static void regions_have_names_in_order(void **state)
{
    (void)state;
    size_t n = 0;
    for (; phone_region_at(n).n > 0; n++) {
        assert_int_equal(phone_region_at(n).n, 2);
        assert_true(n == 0 || str_cmp(phone_region_at(n - 1), phone_region_at(n)) < 0);
        assert_true(phone_region_is_known(phone_region_at(n)));
    }
    assert_true(n > 30);
    assert_false(phone_region_is_known(S("BR")));
    assert_false(phone_region_is_known(S("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_number_has_one_form),
        cmocka_unit_test(what_is_no_number_says_why),
        cmocka_unit_test(the_form_of_a_form_is_itself),
        cmocka_unit_test(regions_have_names_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

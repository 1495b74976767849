/* E-mail addresses: what is one, and that all ways to type it have one form. */
#include "base/email.h"

#include "base/test_help.h"

/* What form_of gives of a refused one begins so. */
#define REFUSED "! "

static str form_of(arena *memory, const char *typed)
{
    str form = S("not set");
    const char *wrong = email_form(str_of(typed), memory, &form);
    return wrong == NULL ? form : arena_printf(memory, REFUSED "%s", wrong);
}

static str lasting(arena *memory, char letter, size_t n, const char *rest)
{
    char *text = arena_alloc(memory, n);
    memset(text, letter, n);
    return arena_printf(memory, "%.*s%s", (int)n, text, rest);
}

static void one_mailbox_has_one_form(void **state)
{
    (void)state;
    static const struct {
        const char *typed, *form;
    } rows[] = {
        {"ann@example.com", "ann@example.com"},
        {" \t Ann@Example.COM\r\n", "ann@example.com"},
        /* what only the host can know stays */
        {"a.n.n+shop@example.com", "a.n.n+shop@example.com"},
        {".a..b.@example.com", ".a..b.@example.com"},
        {"!#$%&'*+/=?^_`{|}~-@x.y", "!#$%&'*+/=?^_`{|}~-@x.y"},
        {"1@2.c3-d", "1@2.c3-d"},
        /* before the @: folded in full, composed, of any equivalent spelling */
        {"STRASSE@x.de", "strasse@x.de"},
        {"Stra\u00DFe@x.de", "strasse@x.de"},
        {"JOSE\u0301@x.es", "jos\u00E9@x.es"},
        {"Jos\u00C9@x.es", "jos\u00E9@x.es"},
        {"\u039D\u0399\u039A\u039F\u03A3@x.gr", "\u03BD\u03B9\u03BA\u03BF\u03C3@x.gr"},
        {"\u03BD\u03B9\u03BA\u03BF\u03C2@x.gr", "\u03BD\u03B9\u03BA\u03BF\u03C3@x.gr"},
        {"\u03B1\u0345\u0301@x.gr", "\u03AC\u03B9@x.gr"},
        {"\u1FB4@x.gr", "\u03AC\u03B9@x.gr"},
        {"\u212A@x.com", "k@x.com"},
        {"\u5C0F\u660E@x.cn", "\u5C0F\u660E@x.cn"},
        {"\uFF41@x.cn", "\uFF41@x.cn"},
        /* behind it: as RFC 5895 maps, then as the DNS has it */
        {"a@B\u00FCCHER.example", "a@xn--bcher-kva.example"},
        {"a@Bu\u0308cher.example", "a@xn--bcher-kva.example"},
        {"a@XN--Bcher-KVA.example", "a@xn--bcher-kva.example"},
        {"a@stra\u00DFe.de", "a@xn--strae-oqa.de"},
        {"a@STRA\u1E9EE.de", "a@xn--strae-oqa.de"},
        {"a@\u0130.com", "a@xn--i-9bb.com"},
        {"a@I\u0307.com", "a@xn--i-9bb.com"},
        {"a@\uFF31\uFF31\uFF0Ecom", "a@qq.com"},
        {"a@qq\u3002com", "a@qq.com"},
        {"a@qq\uFF61com", "a@qq.com"},
        {"a@\uFF8A\uFF9F\uFF8C\uFF68\uFF70de\uFF99\uFF9D\uFF8A\uFF9E.jp",
         "a@xn--de-jg4avhby1noc0d.jp"},
    };
    arena *memory = arena_new(0);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        str form = form_of(memory, rows[i].typed);
        if (!str_eq(form, str_of(rows[i].form)))
            print_error("%s: %.*s\n", rows[i].typed, STR_ARG(form));
        assert_str(form, str_of(rows[i].form));
    }
    arena_free(memory);
}

/* RFC 3492 7.1, in lower case; "$" is beyond ASCII's letters of domains, so (S) is left out. */
static void labels_are_encoded_as_the_standard_shows(void **state)
{
    (void)state;
    static const struct {
        const char *label, *code;
    } rows[] = {
        {"\u0644\u064A\u0647\u0645\u0627\u0628\u062A\u0643\u0644"
         "\u0645\u0648\u0634\u0639\u0631\u0628\u064A\u061F",
         "egbpdaj6bu4bxfgehfvwxn"},
        {"\u4ED6\u4EEC\u4E3A\u4EC0\u4E48\u4E0D\u8BF4\u4E2D\u6587", "ihqwcrb4cv8a8dqg056pqjye"},
        {"\u4ED6\u5011\u7232\u4EC0\u9EBD\u4E0D\u8AAA\u4E2D\u6587", "ihqwctvzc91f659drss3x8bo0yb"},
        {"pro\u010Dprost\u011Bnemluv\u00ED\u010Desky", "proprostnemluvesky-uyb24dma41a"},
        {"\u05DC\u05DE\u05D4\u05D4\u05DD\u05E4\u05E9\u05D5\u05D8\u05DC\u05D0"
         "\u05DE\u05D3\u05D1\u05E8\u05D9\u05DD\u05E2\u05D1\u05E8\u05D9\u05EA",
         "4dbcagdahymbxekheh6e0a7fei0b"},
        {"\u306A\u305C\u307F\u3093\u306A\u65E5\u672C\u8A9E\u3092"
         "\u8A71\u3057\u3066\u304F\u308C\u306A\u3044\u306E\u304B",
         "n8jok5ay5dzabd5bym9f0cm5685rrjetr6pdxa"},
        {"\u043F\u043E\u0447\u0435\u043C\u0443\u0436\u0435\u043E\u043D\u0438\u043D\u0435"
         "\u0433\u043E\u0432\u043E\u0440\u044F\u0442\u043F\u043E\u0440\u0443\u0441\u0441\u043A"
         "\u0438",
         "b1abfaaepdrnnbgefbadotcwatmq2g4l"},
        {"porqu\u00E9nopuedensimplementehablarenespa\u00F1ol",
         "porqunopuedensimplementehablarenespaol-fmd56a"},
        {"3\u5E74b\u7D44\u91D1\u516B\u5148\u751F", "3b-ww4c5e180e575a65lsy2b"},
        {"hello-another-way-\u305D\u308C\u305E\u308C\u306E\u5834\u6240",
         "hello-another-way--fc4qua05auwb3674vfr0b"},
        {"\u3072\u3068\u3064\u5C4B\u6839\u306E\u4E0B2", "2-u9tlzr9756bt3uc0v"},
        {"maji\u3067koi\u3059\u308B5\u79D2\u524D", "majikoi5-783gue6qz075azm5e"},
        {"\u30D1\u30D5\u30A3\u30FCde\u30EB\u30F3\u30D0", "de-jg4avhby1noc0d"},
        {"\u305D\u306E\u30B9\u30D4\u30FC\u30C9\u3067", "d9juau41awczczp"},
    };
    arena *memory = arena_new(0);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        str typed = arena_printf(memory, "a@%s.example", rows[i].label);
        str form = form_of(memory, arena_z(memory, typed));
        assert_str(form, arena_printf(memory, "a@xn--%s.example", rows[i].code));
    }
    arena_free(memory);
}

static void what_is_no_address_says_why(void **state)
{
    (void)state;
    static const struct {
        const char *typed, *begins;
    } rows[] = {
        {"", "one @"},
        {" ", "one @"},
        {"ann", "one @"},
        {"@", "one @"},
        {"@x.com", "one @"},
        {"ann@", "one @"},
        {"ann @", "one @"},
        {"a@b@x.com", "one @"},
        {"\"a b\"@x.com", "before the @"},
        {"a b@x.com", "before the @"},
        {"a(b)@x.com", "before the @"},
        {"a,b@x.com", "before the @"},
        {"<a@x.com", "before the @"},
        {"a\\b@x.com", "before the @"},
        {"a;b@x.com", "before the @"},
        {"a\u037Eb@x.com", "before the @"}, /* is a semicolon */
        {"a\tb@x.com", "before the @"},
        {"a\u00A0b@x.com", "before the @"},
        {"a\u200Bb@x.com", "before the @"},
        {"a\u00ADb@x.com", "before the @"},
        {"a\xC2\x85"
         "b@x.com",
         "before the @"},
        {"a\uE000b@x.com", "before the @"},
        {"a\u0378b@x.com", "before the @"}, /* not assigned */
        {"a\xFF@x.com", "before the @"},    /* no UTF-8 */
        {"a@x", "behind the @"},
        {"a@.com", "behind the @"},
        {"a@x.", "behind the @"},
        {"a@x..com", "behind the @"},
        {"a@-x.com", "behind the @"},
        {"a@x-.com", "behind the @"},
        {"a@x_y.com", "behind the @"},
        {"a@x y.com", "behind the @"},
        {"a@[192.0.2.1]", "behind the @"},
        {"a@192.0.2.1", "behind the @"},
        {"a@x.1", "behind the @"},
        {"a@x\uFF20y.com", "behind the @"}, /* an @ of full width */
        {"a@x\u200By.com", "behind the @"},
        {"a@x.com\xC3", "behind the @"},
    };
    arena *memory = arena_new(0);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        str said = form_of(memory, rows[i].typed);
        if (!str_starts(said, arena_printf(memory, REFUSED "%s", rows[i].begins)))
            fail_msg("%s: %.*s", rows[i].typed, STR_ARG(said));
    }
    str form, nul = {"a\0b@x.com", 9};
    assert_non_null(email_form(nul, memory, &form));
    arena_free(memory);
}

static void lengths_end_where_mail_ends(void **state)
{
    (void)state;
    arena *memory = arena_new(0);
    str form, most = S(REFUSED "at most");
    str domain = lasting(memory, 'x', 63, "");
    str three = arena_printf(memory, "%.*s.%.*s.%.*s", STR_ARG(domain), STR_ARG(domain),
                             STR_ARG(domain)); /* 191 bytes */
    assert_null(email_form(lasting(memory, 'A', 62, "@x.y"), memory, &form));
    assert_null(email_form(lasting(memory, 'a', 64, "@x.y"), memory, &form));
    assert_true(str_starts(form_of(memory, lasting(memory, 'a', 65, "@x.y").p), most));
    assert_true(str_starts(form_of(memory, lasting(memory, 'a', 300, "@x.y").p), most));
    str at = arena_printf(memory, "@%.*s", STR_ARG(three));
    assert_null(email_form(lasting(memory, 'a', 62, at.p), memory, &form));
    assert_int_equal(form.n, EMAIL_BYTES_MAX);
    assert_true(str_starts(form_of(memory, lasting(memory, 'a', 63, at.p).p), most));
    str padded = arena_printf(memory, "  %.*s  ", STR_ARG(form));
    assert_null(email_form(padded, memory, &form)); /* white space is not counted */
    str label = lasting(memory, 'x', 64, ".com");
    assert_true(
        str_starts(form_of(memory, arena_printf(memory, "a@%.*s", STR_ARG(label)).p), most));
    /* "n" with a comma below before: 3 bytes folded of 2 typed */
    char longer[2 * 32 + 1] = {0};
    for (size_t i = 0; i < 32; i++)
        memcpy(longer + 2 * i, "\u0149", 2);
    str folded = arena_printf(memory, "%s@x.y", longer);
    assert_true(str_starts(form_of(memory, folded.p), most));
    /* 59 letters are the most that xn-- leaves room for, each a digit and the first some more */
    char wide[2 * 58 + 1] = {0};
    for (size_t i = 0; i < 55; i++)
        memcpy(wide + 2 * i, "\u00FC", 2);
    assert_null(email_form(arena_printf(memory, "a@%s.de", wide), memory, &form));
    for (size_t i = 55; i < 58; i++)
        memcpy(wide + 2 * i, "\u00FC", 2);
    assert_true(str_starts(form_of(memory, arena_printf(memory, "a@%s.de", wide).p), most));
    arena_free(memory);
}

static void put_letter(char out[5], uint32_t c)
{
    memset(out, 0, 5);
    if (c < 0x80) {
        out[0] = (char)c;
    } else if (c < 0x800) {
        out[0] = (char)(0xC0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        out[0] = (char)(0xE0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3F));
        out[2] = (char)(0x80 | (c & 0x3F));
    } else {
        out[0] = (char)(0xF0 | c >> 18);
        out[1] = (char)(0x80 | (c >> 12 & 0x3F));
        out[2] = (char)(0x80 | (c >> 6 & 0x3F));
        out[3] = (char)(0x80 | (c & 0x3F));
    }
}

/* Every letter of Unicode, in both parts: its form is printable, of one @, and its own form. */
static void the_form_of_a_form_is_itself(void **state)
{
    (void)state;
    arena *memory = arena_new(0);
    size_t formed = 0;
    for (uint32_t c = 1; c < 0x110000; c += c >= 0x20000 && c < 0xE0000 ? 61 : 1) {
        for (size_t place = 0; place < 2; place++) {
            char letter[5];
            str form, again;
            put_letter(letter, c);
            arena_reset(memory);
            str typed = place == 0 ? arena_printf(memory, "x%sy\u0301@b.de", letter)
                                   : arena_printf(memory, "a@x%sy\u0301.de", letter);
            if (email_form(typed, memory, &form) != NULL)
                continue;
            formed++;
            assert_true(str_is_printable(form) && form.n <= EMAIL_BYTES_MAX);
            assert_null(email_form(form, memory, &again));
            assert_str(again, form);
        }
    }
    assert_true(formed > 150000);
    arena_free(memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_mailbox_has_one_form),
        cmocka_unit_test(labels_are_encoded_as_the_standard_shows),
        cmocka_unit_test(what_is_no_address_says_why),
        cmocka_unit_test(lengths_end_where_mail_ends),
        cmocka_unit_test(the_form_of_a_form_is_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

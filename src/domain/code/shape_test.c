/* Lines as codes, and what many of them look like: against texts and forms, made up or random. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/test_help.h"
#include "domain/code/shape.h"
#include "domain/code/upload.h"

typedef struct masks {
    code_mask items[SHAPE_MASKS_MAX];
    size_t n;
} masks;

static void gather(const char *const *texts, masks *out)
{
    static shape s;
    s = (shape){0};
    for (; *texts != NULL; texts++)
        shape_add(&s, str_of(*texts));
    out->n = shape_masks(&s, out->items);
}

static void a_line_is_a_code_or_says_why_not(void **state)
{
    static const struct {
        const char *line, *code;
        line_fate fate;
    } cases[] = {
        {"abc-1 2_3.x", "ABC123X", LINE_FATE_ACCEPTED},
        {"ＡＢ１２", "AB12", LINE_FATE_ACCEPTED},
        {"0O1I", "0O1I", LINE_FATE_ACCEPTED}, /* look-alikes stay apart */
        {"123456789012345678901234567890123", "123456789012345678901234567890123",
         LINE_FATE_ACCEPTED},
        {"1234567890123456789012345678901234", NULL, LINE_FATE_TOO_LONG},
        {"", NULL, LINE_FATE_EMPTY},
        {" - - ", NULL, LINE_FATE_EMPTY},
        {"AB1", NULL, LINE_FATE_TOO_SHORT},
        {"A-B-1", NULL, LINE_FATE_TOO_SHORT},
        {"ABCÉ", NULL, LINE_FATE_CHARACTER},
        {"AB,CD", NULL, LINE_FATE_CHARACTER},
        {" ABCD\t\r\n", "ABCD", LINE_FATE_ACCEPTED},
        {"AB\tCD", NULL, LINE_FATE_CHARACTER},
        {"ABCD\nEFGH", NULL, LINE_FATE_CHARACTER},
        {"AB\xff"
         "CD",
         NULL, LINE_FATE_CHARACTER},
    };
    MAYBE(state);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char text[CODE_TEXT_MAX];
        buf normal = {.p = text, .capacity = sizeof(text), .max = sizeof(text)};
        assert_int_equal(upload_read(str_of(cases[i].line), &normal), cases[i].fate);
        if (cases[i].code != NULL)
            assert_str(buf_view(&normal), str_of(cases[i].code));
    }
}

static void a_text_fits_what_it_was_gathered_from(void **state)
{
    static const char *const texts[] = {"SPA1", "SPB2", "CINEMA", NULL};
    static masks m;
    MAYBE(state);
    gather(texts, &m);
    assert_int_equal(m.n, 10);
    assert_true(shape_fits(m.items, m.n, S("SPA2"))); /* it may be one */
    assert_false(shape_fits(m.items, m.n, S("SPC1")));
    assert_false(shape_fits(m.items, m.n, S("SPA11")));
    assert_true(shape_fits(m.items, m.n, S("CINEMA")));
    assert_false(shape_fits(m.items, 0, S("SPA1")));
}

static void a_form_meets_what_it_could_write(void **state)
{
    static const char *const texts[] = {"P0OPPPP", "PARTNER", NULL};
    static masks m;
    MAYBE(state);
    gather(texts, &m);
    code_form f = {.alphabet = code_alphabet_crockford, .prefix = S("P"), .body = 6};
    assert_true(shape_meets(m.items, m.n, &f));
    f.prefix = S("Q");
    assert_false(shape_meets(m.items, m.n, &f));
    f.prefix = S("PO"); /* read as P0 */
    f.body = 5;
    assert_true(shape_meets(m.items, m.n, &f));
    f.prefix = S("PB");
    assert_false(shape_meets(m.items, m.n, &f));
    f = (code_form){.alphabet = code_alphabet_digits, .body = 7};
    assert_false(shape_meets(m.items, m.n, &f)); /* P is no digit, and none looks like it */
    f = (code_form){.alphabet = code_alphabet_crockford, .body = 6, .check = true};
    assert_true(shape_meets(m.items, m.n, &f));
    f.body = 8;
    assert_false(shape_meets(m.items, m.n, &f));
}

/* Whatever reads one of the texts as its code meets their shape. */
static void who_reads_a_text_meets_its_shape(void **state)
{
    static const char letters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    static masks m;
    uint64_t seed = 1;
    int read = 0;
    MAYBE(state);
    for (int round = 0; round < 20000; round++) {
        char text[8] = {0}, prefix[3] = {0};
        code_form f = {.alphabet =
                           random_below(&seed, 2) ? code_alphabet_crockford : code_alphabet_digits,
                       .body = 6,
                       .check = random_below(&seed, 2) == 1};
        uint64_t kinds = random_below(&seed, 2) ? 10 : 36;
        f.prefix = (str){prefix, f.check ? 0 : 1};
        prefix[0] = letters[random_below(&seed, 4) * 8];
        for (int i = 0; i < 7; i++)
            text[i] = letters[random_below(&seed, kinds)];
        if (random_below(&seed, 2))
            text[0] = prefix[0];
        gather((const char *const[]){text, NULL}, &m);
        ff1_number ignored;
        bool reads = code_read(&f, str_of(text), &ignored);
        read += reads;
        if (reads)
            assert_true(shape_meets(m.items, m.n, &f));
        assert_true(shape_fits(m.items, m.n, str_of(text)));
    }
    assert_in_range(read, 1000, 19000);
}

/* Masks of rows, added again, are the same; what is added only widens them. */
static void shapes_only_grow(void **state)
{
    static const char *const texts[] = {"SPA1", "SPB2", "CINEMA", NULL};
    static masks first, again;
    static shape s;
    MAYBE(state);
    gather(texts, &first);
    s = (shape){0};
    shape_add_masks(&s, first.items, first.n);
    again.n = shape_masks(&s, again.items);
    assert_int_equal(again.n, first.n);
    for (size_t i = 0; i < first.n; i++)
        assert_true(record_equal(&code_mask_record, &first.items[i], &again.items[i]));
    shape_add(&s, S("SPC1"));
    again.n = shape_masks(&s, again.items);
    assert_true(shape_fits(again.items, again.n, S("SPC2")));
    assert_true(shape_fits(again.items, again.n, S("SPA1")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_a_code_or_says_why_not),
        cmocka_unit_test(a_text_fits_what_it_was_gathered_from),
        cmocka_unit_test(a_form_meets_what_it_could_write),
        cmocka_unit_test(who_reads_a_text_meets_its_shape),
        cmocka_unit_test(shapes_only_grow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

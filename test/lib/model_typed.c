/* Texts of codes as people type them, right and wrong ones. See model.h.
 *
 * What is right is stated here by itself: letters in any case, anything between them, full-width
 * characters, O for 0 and I or L for 1. What is wrong: one character, two neighbours, one too many,
 * a number that is in no batch, a coupon's own code, and what never was one. */
#include <string.h>

#include "app/codes.h"
#include "domain/campaign/config.h"
#include "domain/code/import.h"
#include "test/lib/model.h"
#include "test/lib/read_code.h"

enum { PREFIX = 1 }; /* characters: model_code.c gives every prefix so many */

enum spelling {
    SPELL_SMALL = 1,
    SPELL_SPACED = 2,
    SPELL_WIDE = 4,
    SPELL_ALIKE = 8, /* not of words; the highest */
};

static void put_wide(char c, buf *out)
{
    uint32_t point = 0xff01 + (uint32_t)(c - '!');
    buf_char(out, (char)(0xe0 | point >> 12));
    buf_char(out, (char)(0x80 | (point >> 6 & 0x3f)));
    buf_char(out, (char)(0x80 | (point & 0x3f)));
}

static str spelled(model_side *s, str code, uint8_t how)
{
    static const char *const between[] = {"", " ", "-", "_.", "\xe3\x80\x80", " - "};
    buf out;
    buf_init(&out, CODE_TYPED_MAX);
    for (size_t i = 0; i < code.n; i++) {
        char c = code.p[i];
        if ((how & SPELL_ALIKE) != 0 && c == '0')
            c = 'O';
        if ((how & SPELL_ALIKE) != 0 && c == '1')
            c = i % 2 == 0 ? 'I' : 'L';
        if ((how & SPELL_SMALL) != 0 && c >= 'A' && i % 3 != 2)
            c = (char)(c - 'A' + 'a');
        if ((how & SPELL_SPACED) != 0)
            buf_str(&out, str_of(between[(i + how) % ARRAY_LEN(between)]));
        if ((how & SPELL_WIDE) != 0 && i % 4 == 1)
            put_wide(c, &out);
        else
            buf_char(&out, c);
    }
    str text = arena_str(s->memory, buf_view(&out));
    buf_free(&out);
    return text;
}

/* As it is kept: without what stands between. */
static str bare(model_side *s, str shown)
{
    char *text = arena_alloc(s->memory, shown.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < shown.n; i++)
        if (shown.p[i] != '-' && shown.p[i] != '\n')
            text[n++] = shown.p[i];
    return (str){text, n};
}

static str code_at(model_side *s, const code_format *of, uint64_t place)
{
    buf text;
    buf_init(&text, CODE_SHOWN_MAX + 1);
    result r =
        codes_write(world_app(&s->world), &(code_run){.of = of, .first = place, .n = 1}, &text);
    CHECK(r == R_DONE);
    str out = bare(s, buf_view(&text));
    buf_free(&text);
    return out;
}

/* ---- wrong ones ---- */

static str wrong_character(model_side *s, str code, size_t at)
{
    char *text = arena_alloc(s->memory, code.n);
    memcpy(text, code.p, code.n);
    char *c = &text[PREFIX + at % (code.n - PREFIX)];
    if (*c >= '0' && *c <= '9')
        *c = (char)('0' + (*c - '0' + 1) % 10);
    else
        *c = *c == 'H' ? 'K' : 'H';
    return (str){text, code.n};
}

static str swapped(model_side *s, str code, size_t at)
{
    char *text = arena_alloc(s->memory, code.n);
    memcpy(text, code.p, code.n);
    char *c = &text[PREFIX + at % (code.n - PREFIX - 1)];
    if (c[0] == c[1])
        return wrong_character(s, code, at);
    char kept = c[0];
    c[0] = c[1];
    c[1] = kept;
    return (str){text, code.n};
}

static str coupon_code(model_side *s, const config *c, uint32_t number)
{
    str out;
    codes_of_coupons(world_app(&s->world),
                     &(coupon_names){c, s->merchant, &s->coupons[number], 1, s->memory}, &out);
    return bare(s, out);
}

/* A number behind all that are in batches. */
static str unmade(model_side *s, const code_format *of, uint32_t by)
{
    const code_key *last = &of->keys.items[of->keys.n - 1];
    return code_at(s, of, last->first + last->issued + by);
}

static str wrong_text(model_side *s, const config *c, const model_step *step, str good,
                      const code_format *of)
{
    enum { CHARACTER, NEIGHBOURS, LONGER, UNMADE, COUPON, NONE, KINDS };
    switch (step->ordinal % KINDS) {
    case CHARACTER:
        return wrong_character(s, good, step->spelling);
    case NEIGHBOURS:
        return swapped(s, good, step->spelling);
    case LONGER:
        return arena_printf(s->memory, "%.*s7", STR_ARG(good));
    case UNMADE:
        return unmade(s, of, step->spelling);
    case COUPON:
        if (s->coupon_count > 0)
            return coupon_code(s, c, step->spelling % s->coupon_count);
        /* fall through */
    default:
        return S("no such code");
    }
}

/* ---- of steps ---- */

str model_word_text(model_side *s, uint32_t number)
{
    return arena_printf(s->memory, "SPRING%u", number);
}

/* Of an import, whose rows are there until it is cancelled. */
static str own_typed(model_side *s, const model_step *step, code_typed *meant)
{
    const model_batch *b = &s->book.batches[step->code];
    uint32_t ordinal = step->ordinal % b->count;
    str text = model_own_text(s, step->code, ordinal);
    if (step->typed == TYPED_WRONG)
        return arena_printf(s->memory, "%.*s7", STR_ARG(text));
    if (b->import != MODEL_IMPORT_GONE) {
        meant->format = b->id;
        meant->place = (ordinal + UINT64_C(1)) * SLOT_COUNT + imported_code_slot(s->merchant, text);
    }
    return spelled(s, text, (uint8_t)(step->spelling & (SPELL_ALIKE - 1)));
}

str model_typed(model_side *s, const config *c, const model_step *step, code_typed *meant)
{
    *meant = (code_typed){0};
    if (step->typed == TYPED_WORD) {
        meant->word = s->book.words[step->code].id;
        return spelled(s, model_word_text(s, step->code),
                       (uint8_t)(step->spelling & (SPELL_ALIKE - 1)));
    }
    if (s->book.batches[step->code].import != MODEL_IMPORT_NONE)
        return own_typed(s, step, meant);
    const code_batch *batch = config_find_code_batch(c, s->book.batches[step->code].id);
    const code_format *of = config_find_code_format(c, batch->format);
    uint32_t ordinal = step->ordinal % (uint32_t)batch->count;
    str good = code_at(s, of, batch->first + ordinal);
    if (step->typed == TYPED_WRONG)
        return wrong_text(s, c, step, good, of);
    meant->format = of->id;
    meant->place = batch->first + ordinal;
    return spelled(s, good, step->spelling);
}

uint64_t model_coupon_typed(model_side *s, const config *c, uint32_t number, uint8_t spelling)
{
    code_typed read;
    str typed = spelled(s, coupon_code(s, c, number), spelling);
    result r = read_code(world_app(&s->world), c, s->merchant, typed, &read);
    CHECK(r == R_DONE);
    if (read.coupon != s->coupons[number])
        s->wrong = "the code of a coupon is read as another";
    return read.coupon;
}

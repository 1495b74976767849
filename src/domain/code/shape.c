/* See shape.h. */
#include "domain/code/shape.h"

static uint64_t bit_of(char c)
{
    int at = c <= '9' ? c - '0' : c - 'A' + 10;
    return UINT64_C(1) << at;
}

void shape_add(shape *s, str text)
{
    CHECK(text.n > 0 && text.n <= CODE_TEXT_MAX);
    for (size_t at = 0; at < text.n; at++)
        s->characters[text.n][at] |= bit_of(text.p[at]);
}

void shape_add_masks(shape *s, const code_mask *masks, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        CHECK(masks[i].length <= CODE_TEXT_MAX && masks[i].at < masks[i].length);
        s->characters[masks[i].length][masks[i].at] |= masks[i].characters;
    }
}

size_t shape_masks(const shape *s, code_mask *masks)
{
    size_t n = 0;
    for (uint8_t length = 1; length <= CODE_TEXT_MAX; length++)
        for (uint8_t at = 0; at < length && s->characters[length][0] != 0; at++)
            masks[n++] = (code_mask){length, at, s->characters[length][at]};
    return n;
}

/* Has some length a character of `may` at each of its places? */
static bool all_places(const code_mask *masks, size_t n, size_t length,
                       bool (*may)(const void *what, const code_mask *mask), const void *what)
{
    size_t places = 0;
    for (size_t i = 0; i < n; i++) {
        if (masks[i].length != length)
            continue;
        if (!may(what, &masks[i]))
            return false;
        places++;
    }
    return places > 0;
}

static bool text_may(const void *what, const code_mask *mask)
{
    const str *text = what;
    return (mask->characters & bit_of(text->p[mask->at])) != 0;
}

static bool form_may(const void *what, const code_mask *mask)
{
    for (int i = 0; i < CODE_ALPHABET_MAX; i++) {
        char c = (char)(i < 10 ? '0' + i : 'A' + i - 10);
        if ((mask->characters >> i & 1U) != 0 && code_may_stand(what, mask->at, c))
            return true;
    }
    return false;
}

bool shape_fits(const code_mask *masks, size_t n, str text)
{
    return all_places(masks, n, text.n, text_may, &text);
}

bool shape_meets(const code_mask *masks, size_t n, const code_form *form)
{
    return all_places(masks, n, code_length(form), form_may, form);
}

/* Any bytes as an e-mail address. What is taken has a form that is itself one, of UTF-8 without
 * control characters and with one @, and letters of another case have the same. */
#include <stddef.h>
#include <stdint.h>

#include "base/email.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static str in_capitals(arena *memory, str s)
{
    char *text = arena_alloc(memory, s.n + 1);
    for (size_t i = 0; i < s.n; i++)
        text[i] = s.p[i] >= 'a' && s.p[i] <= 'z' ? (char)(s.p[i] - 'a' + 'A') : s.p[i];
    return (str){text, s.n};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    arena *memory = arena_new(0);
    str typed = {(const char *)data, n}, form, again;
    const char *wrong = email_form(typed, memory, &form);
    if (wrong == NULL) {
        CHECK(str_is_printable(form) && form.n <= EMAIL_BYTES_MAX);
        const char *at = memchr(form.p, '@', form.n);
        CHECK(at != NULL && memchr(at + 1, '@', form.n - (size_t)(at + 1 - form.p)) == NULL);
        CHECK(email_form(form, memory, &again) == NULL && str_eq(form, again));
    }
    const char *other = email_form(in_capitals(memory, typed), memory, &again);
    CHECK(other == wrong && (wrong != NULL || str_eq(form, again)));
    arena_free(memory);
    return 0;
}

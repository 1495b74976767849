/* The rows of result.def as a constant table, indexed by number.
 *
 * A code is the row's name in lower case, folded by the compiler: one spelling in one place, and
 * nothing to fill in when the process starts. */
#include "base/result.h"

enum { CODE_MAX = 32 };

typedef struct row {
    char code[CODE_MAX + 1];
    uint8_t code_length; /* 0: no row has this number */
    uint8_t kind;
    uint16_t status;
    str text;
} row;

/* Character i of a string literal in lower case; beyond its end, NUL. */
#define AT(s, i)       ((s)[(i) < sizeof(s) ? (i) : sizeof(s) - 1])
#define LOWER(s, i)    (char)(AT(s, i) >= 'A' && AT(s, i) <= 'Z' ? AT(s, i) - 'A' + 'a' : AT(s, i))
#define LOWER_4(s, i)  LOWER(s, i), LOWER(s, (i) + 1), LOWER(s, (i) + 2), LOWER(s, (i) + 3)
#define LOWER_16(s, i) LOWER_4(s, i), LOWER_4(s, (i) + 4), LOWER_4(s, (i) + 8), LOWER_4(s, (i) + 12)
#define LOWER_32(s)    LOWER_16(s, 0), LOWER_16(s, 16)

static const row rows[] = {
#define RESULT(number, name, http, what, sentence)                                                 \
    [number] = {.code = {LOWER_32(#name)},                                                         \
                .code_length = sizeof(#name) - 1,                                                  \
                .kind = (what),                                                                    \
                .status = (http),                                                                  \
                .text = {"" sentence, sizeof(sentence) - 1}},
#include "base/result.def"
#undef RESULT
};

#define RESULT(number, name, http, what, sentence)                                                 \
    _Static_assert(sizeof(#name) - 1 <= CODE_MAX, "the name of a result is too long: " #name);
#include "base/result.def"
#undef RESULT

bool result_is_known(int number)
{
    return number >= 0 && (size_t)number < ARRAY_LEN(rows) && rows[number].code_length > 0;
}

static const row *row_of(result r)
{
    CHECK(result_is_known((int)r));
    return &rows[r];
}

str result_code(result r)
{
    const row *found = row_of(r);
    return (str){found->code, found->code_length};
}

str result_text(result r)
{
    return row_of(r)->text;
}

int result_http_status(result r)
{
    return row_of(r)->status;
}

result_kind result_kind_of(result r)
{
    return (result_kind)row_of(r)->kind;
}

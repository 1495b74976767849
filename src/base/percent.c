/* See percent.h. */
#include "base/percent.h"

#include "base/buf.h"

enum { PLACES = 4, DIGITS_MAX = 4, ONE = 10000 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool percent_read(str text, int64_t *millionths)
{
    int64_t value = 0;
    size_t i = 0, places = 0;
    for (; i < text.n && i < DIGITS_MAX && is_digit(text.p[i]); i++)
        value = value * 10 + (text.p[i] - '0');
    if (i == 0)
        return false;
    if (i < text.n) {
        if (text.p[i++] != '.')
            return false;
        for (; i < text.n && places < PLACES && is_digit(text.p[i]); i++, places++)
            value = value * 10 + (text.p[i] - '0');
        if (places == 0 || i < text.n)
            return false;
    }
    for (; places < PLACES; places++)
        value *= 10;
    *millionths = value;
    return true;
}

str percent_text(int64_t millionths, char out[PERCENT_TEXT_MAX])
{
    CHECK(millionths >= 0);
    buf text = {.p = out, .capacity = PERCENT_TEXT_MAX, .max = PERCENT_TEXT_MAX};
    int64_t rest = millionths % ONE;
    buf_i64(&text, millionths / ONE);
    if (rest > 0)
        buf_char(&text, '.');
    for (int64_t unit = ONE / 10; rest > 0; unit /= 10) {
        buf_char(&text, (char)('0' + rest / unit));
        rest %= unit;
    }
    return buf_view(&text);
}

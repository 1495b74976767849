/* A growing byte buffer: capacity doubles up to the ceiling, content never passes it.
 *
 * Invariants: n <= max; n <= capacity; p is NULL exactly when capacity is 0. Without memory the
 * process stops (CHECK); a full buffer is the caller's ordinary outcome. */
#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>

enum { BUF_FIRST = 256, BUF_U64_DIGITS = 20 };

void buf_init(buf *b, size_t max_bytes)
{
    *b = (buf){.max = max_bytes};
}

void buf_free(buf *b)
{
    free(b->p);
    buf_init(b, b->max);
}

void buf_clear(buf *b)
{
    b->n = 0;
    b->overflowed = false;
}

bool buf_overflowed(const buf *b)
{
    return b->overflowed;
}

/* Makes room for n more bytes of content and `spare` behind them (a terminator that is not
 * content); false, and the overflow noted, when the ceiling forbids it. */
static bool make_room(buf *b, size_t n, size_t spare)
{
    if (b->overflowed)
        return false;
    if (n > b->max - b->n) {
        b->overflowed = true;
        return false;
    }
    size_t need;
    CHECK(!__builtin_add_overflow(b->n + n, spare, &need));
    if (need <= b->capacity)
        return true;
    size_t capacity = b->capacity == 0 ? BUF_FIRST : b->capacity;
    while (capacity < need) {
        if (__builtin_mul_overflow(capacity, (size_t)2, &capacity))
            capacity = need;
    }
    char *p = realloc(b->p, capacity);
    CHECK(p != NULL);
    b->p = p;
    b->capacity = capacity;
    return true;
}

char *buf_take_slow(buf *b, size_t n)
{
    if (!make_room(b, n, 0))
        return NULL;
    char *at = b->p + b->n;
    b->n += n;
    return at;
}

void buf_vprintf(buf *b, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    /* Into the room that is there; only what does not fit is printed twice. */
    size_t room = b->overflowed ? 0 : b->capacity - b->n;
    int n = vsnprintf(room == 0 ? NULL : b->p + b->n, room, format, args);
    CHECK(n >= 0);
    if (n > 0 && make_room(b, (size_t)n, 1)) {
        int written = (size_t)n < room ? n : vsnprintf(b->p + b->n, (size_t)n + 1, format, again);
        CHECK(written == n);
        b->n += (size_t)n;
    }
    va_end(again);
}

void buf_printf(buf *b, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    buf_vprintf(b, format, args);
    va_end(args);
}

/* Digits of v with a sign in front when negative, in one append: whole or not at all. */
static void add_decimal(buf *b, uint64_t v, bool negative)
{
    char text[BUF_U64_DIGITS + 1];
    size_t at = sizeof text;
    do {
        text[--at] = (char)('0' + v % 10);
        v /= 10;
    } while (v > 0);
    if (negative)
        text[--at] = '-';
    buf_add(b, text + at, sizeof text - at);
}

void buf_u64(buf *b, uint64_t v)
{
    add_decimal(b, v, false);
}

void buf_i64(buf *b, int64_t v)
{
    /* Negated as unsigned: INT64_MIN has no positive int64. */
    add_decimal(b, v < 0 ? 0 - (uint64_t)v : (uint64_t)v, v < 0);
}

str buf_view(const buf *b)
{
    return (str){b->p, b->n};
}

void buf_csv(buf *b, str field)
{
    bool plain = true;
    for (size_t i = 0; i < field.n; i++)
        plain = plain && memchr(",\"\r\n", field.p[i], 4) == NULL;
    if (plain) {
        buf_str(b, field);
        return;
    }
    buf_char(b, '"');
    for (size_t i = 0; i < field.n; i++) {
        if (field.p[i] == '"')
            buf_char(b, '"');
        buf_char(b, field.p[i]);
    }
    buf_char(b, '"');
}

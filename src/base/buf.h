/* A growing byte buffer with a ceiling. Owns its memory. Not thread-safe.
 *
 * An append happens whole or not at all. Overflow is sticky: after it, appends do nothing and
 * buf_overflowed says so, so a writer checks once at the end. What is appended must not lie in the
 * buffer itself. */
#ifndef QUAN_BASE_BUF_H
#define QUAN_BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

typedef struct buf {
    char *p;
    size_t n, capacity, max;
    bool overflowed;
} buf;

void buf_init(buf *b, size_t max_bytes);
void buf_free(buf *b);  /* then it is empty, with its ceiling, and may be used again */
void buf_clear(buf *b); /* keeps the memory, forgets content and overflow */
bool buf_overflowed(const buf *b);
/* Appends n > 0 bytes, all of which the caller writes next; NULL when they do not fit. */
char *buf_take_slow(buf *b, size_t n);
static inline char *buf_take(buf *b, size_t n)
{
    if (n > b->capacity - b->n || n > b->max - b->n || b->overflowed)
        return buf_take_slow(b, n);
    char *at = b->p + b->n;
    b->n += n;
    return at;
}

static inline void buf_add(buf *b, const void *p, size_t n)
{
    char *to = n == 0 ? NULL : buf_take(b, n);
    if (to != NULL)
        memcpy(to, p, n);
}

static inline void buf_str(buf *b, str s)
{
    buf_add(b, s.p, s.n);
}

static inline void buf_char(buf *b, char c)
{
    char *to = buf_take(b, 1);
    if (to != NULL)
        *to = c;
}

void buf_csv(buf *b, str field); /* quoted where RFC 4180 wants it */
void buf_printf(buf *b, const char *format, ...) PRINTF_LIKE(2, 3);
void buf_vprintf(buf *b, const char *format, va_list args) PRINTF_LIKE(2, 0);
void buf_u64(buf *b, uint64_t v); /* decimal */
void buf_i64(buf *b, int64_t v);  /* decimal */
str buf_view(const buf *b);       /* valid until the next append */

#endif

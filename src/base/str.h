/* Slices of bytes. A str does not own what it points to and is not NUL-terminated; {NULL, 0} is
 * the empty slice. Compares bytes, not languages: no locale, no case folding, no normal forms. */
#ifndef QUAN_BASE_STR_H
#define QUAN_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/check.h"

typedef struct str {
    const char *p;
    size_t n;
} str;

#define S(literal) ((str){"" literal, sizeof(literal) - 1})
#define STR_ARG(s) (int)(s).n, (s).p

static inline str str_of(const char *z)
{
    return z == NULL ? (str){NULL, 0} : (str){z, strlen(z)};
}

static inline bool str_eq(str a, str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

int str_cmp(str a, str b); /* -1, 0, 1 by byte order; a shorter prefix is smaller */
bool str_starts(str s, str prefix);
bool str_ends(str s, str suffix);
str str_trim(str s); /* without leading and trailing ASCII white space */

/* Splits at the first separator: *head is what is before it (all of it when there is none), *rest
 * what is behind it. False, and nothing touched, when *rest is empty: "a,b," yields a and b. */
bool str_cut(str *rest, char separator, str *head);

/* Decimal digits, for i64 with a '-' in front: no '+', no white space, leading zeros allowed, the
 * whole slice consumed. False, and *out left alone, when it is not one or out of range. */
MUST_USE bool str_to_u64(str s, uint64_t *out);
MUST_USE bool str_to_i64(str s, int64_t *out);

/* Bytes (1 to 4) of the valid UTF-8 character (RFC 3629) at the front; 0 when there is none. NUL is
 * a character here. */
size_t str_utf8_length(str s);
bool str_is_utf8(str s);      /* valid UTF-8, no NUL */
bool str_is_printable(str s); /* valid UTF-8 without control characters (C0, DEL, C1) */

#endif

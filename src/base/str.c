/* Slices of bytes: comparing, cutting, numbers and UTF-8.
 *
 * Never reads at or beyond p + n and never hands a NULL pointer to memcmp or memchr. */
#include "base/str.h"

int str_cmp(str a, str b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int order = n == 0 ? 0 : memcmp(a.p, b.p, n);
    if (order != 0)
        return order < 0 ? -1 : 1;
    return (a.n > b.n) - (a.n < b.n);
}

bool str_starts(str s, str prefix)
{
    return s.n >= prefix.n && str_eq((str){s.p, prefix.n}, prefix);
}

bool str_ends(str s, str suffix)
{
    /* The empty suffix first: NULL + 0 is not an address that may be formed. */
    return suffix.n == 0 ||
           (s.n >= suffix.n && memcmp(s.p + (s.n - suffix.n), suffix.p, suffix.n) == 0);
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

str str_trim(str s)
{
    while (s.n > 0 && is_space(s.p[0])) {
        s.p++;
        s.n--;
    }
    while (s.n > 0 && is_space(s.p[s.n - 1]))
        s.n--;
    return s;
}

bool str_cut(str *rest, char separator, str *head)
{
    if (rest->n == 0)
        return false;
    const char *at = memchr(rest->p, separator, rest->n);
    if (at == NULL) {
        *head = *rest;
        *rest = (str){rest->p + rest->n, 0};
        return true;
    }
    size_t before = (size_t)(at - rest->p);
    *head = (str){rest->p, before};
    *rest = (str){at + 1, rest->n - before - 1};
    return true;
}

bool str_to_u64(str s, uint64_t *out)
{
    if (s.n == 0)
        return false;
    uint64_t v = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        uint64_t digit = (uint64_t)(s.p[i] - '0');
        if (__builtin_mul_overflow(v, UINT64_C(10), &v) || __builtin_add_overflow(v, digit, &v))
            return false;
    }
    *out = v;
    return true;
}

bool str_to_i64(str s, int64_t *out)
{
    bool negative = s.n > 0 && s.p[0] == '-';
    if (negative) {
        s.p++;
        s.n--;
    }
    uint64_t magnitude;
    if (!str_to_u64(s, &magnitude))
        return false;
    uint64_t limit = (uint64_t)INT64_MAX + (negative ? 1 : 0);
    if (magnitude > limit)
        return false;
    /* -(m - 1) - 1 and not -m: the magnitude of INT64_MIN has no positive int64. */
    *out = negative && magnitude > 0 ? -(int64_t)(magnitude - 1) - 1 : (int64_t)magnitude;
    return true;
}

/* RFC 3629, section 4: the second byte's range depends on the first, which is what shuts out
 * overlong forms, surrogates and everything beyond U+10FFFF. */
size_t str_utf8_length(str s)
{
    if (s.n == 0)
        return 0;
    uint8_t first = (uint8_t)s.p[0];
    if (first < 0x80)
        return 1;
    if (first < 0xC2 || first > 0xF4)
        return 0;
    size_t length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    if (s.n < length)
        return 0;
    uint8_t low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    uint8_t high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    uint8_t second = (uint8_t)s.p[1];
    if (second < low || second > high)
        return 0;
    for (size_t i = 2; i < length; i++) {
        if (((uint8_t)s.p[i] & 0xC0) != 0x80)
            return 0;
    }
    return length;
}

bool str_is_utf8(str s)
{
    while (s.n > 0) {
        size_t length = str_utf8_length(s);
        if (length == 0 || s.p[0] == '\0')
            return false;
        s.p += length;
        s.n -= length;
    }
    return true;
}

bool str_is_printable(str s)
{
    while (s.n > 0) {
        size_t length = str_utf8_length(s);
        uint8_t first = (uint8_t)s.p[0];
        if (length == 0 || first < 0x20 || first == 0x7F)
            return false;
        /* C1 is U+0080…U+009F: C2 80 to C2 9F. */
        if (first == 0xC2 && (uint8_t)s.p[1] < 0xA0)
            return false;
        s.p += length;
        s.n -= length;
    }
    return true;
}

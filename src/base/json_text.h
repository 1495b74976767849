/* What JSON strings are made of, for the two sides of json.h. */
#ifndef QUAN_BASE_JSON_TEXT_H
#define QUAN_BASE_JSON_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline bool json_is_plain(uint8_t c)
{
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

/* How many bytes at the front are ASCII and stand for themselves in a JSON string.
 *
 * Eight at a time, by the tests of "Bit Twiddling Hacks" (S. E. Anderson) for a byte less than n
 * and for a zero byte: the lowest byte that they mark is one, those above it may not be. */
static inline size_t json_plain_bytes(const char *p, size_t n)
{
    _Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the lowest byte is the first");
    const uint64_t ones = UINT64_C(0x0101010101010101), high = ones << 7;
    size_t i = 0;
    for (uint64_t w; n - i >= sizeof w; i += sizeof w) {
        memcpy(&w, p + i, sizeof w);
        uint64_t quote = w ^ ones * '"', back = w ^ ones * '\\';
        uint64_t marked = (w | (w - ones * 0x20) | (quote - ones) | (back - ones)) & high;
        if (marked != 0)
            return i + (size_t)__builtin_ctzll(marked) / 8;
    }
    while (i < n && json_is_plain((uint8_t)p[i]))
        i++;
    return i;
}

#endif

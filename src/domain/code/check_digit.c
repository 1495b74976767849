/* See check_digit.h. The state begins at 0; digits hold when it ends at 0. */
#include "domain/code/check_digit.h"

#include "base/check.h"

/* H. M. Damm's quasigroup of order 10; the diagonal is 0, so the state is the check digit. */
static const uint8_t damm[10][10] = {
    {0, 3, 1, 7, 5, 9, 8, 6, 4, 2}, {7, 0, 9, 2, 1, 5, 4, 8, 6, 3}, {4, 2, 0, 6, 8, 7, 1, 3, 5, 9},
    {1, 7, 5, 0, 9, 8, 3, 4, 2, 6}, {6, 1, 2, 3, 0, 4, 5, 9, 7, 8}, {3, 6, 7, 4, 2, 0, 9, 5, 8, 1},
    {5, 8, 6, 9, 7, 2, 0, 1, 3, 4}, {8, 9, 4, 5, 3, 6, 2, 0, 1, 7}, {9, 4, 3, 8, 6, 1, 7, 2, 0, 5},
    {2, 5, 8, 1, 4, 3, 6, 7, 9, 0}};

/* Irreducible over GF(2), by degree. */
static const uint16_t polynomials[] = {
    [2] = 0x7, [3] = 0xb, [4] = 0x13, [5] = 0x25, [6] = 0x43, [7] = 0x83, [8] = 0x11b};

/* radix = even * odd with even = 2^degree. */
typedef struct parts {
    uint32_t even, odd, degree;
} parts;

static parts parts_of(uint32_t radix)
{
    parts p = {.even = 1, .odd = radix};
    while (p.odd % 2 == 0) {
        p.odd /= 2;
        p.even *= 2;
        p.degree++;
    }
    return p;
}

bool check_digit_exists(uint32_t radix)
{
    if (radix < 3 || radix > 256) {
        return false;
    }
    return radix == 10 || parts_of(radix).degree != 1;
}

/* 2 * c over GF(2^degree). */
static uint32_t twice(uint32_t c, parts p)
{
    c <<= 1;
    return c >= p.even ? c ^ polynomials[p.degree] : c;
}

static uint32_t step(uint32_t c, uint32_t x, parts p)
{
    uint32_t even = c / p.odd;
    uint32_t odd = (2 * (c % p.odd) + x % p.odd) % p.odd;
    even = p.even == 1 ? 0 : twice(even, p) ^ (x / p.odd);
    return even * p.odd + odd;
}

static uint32_t run(uint32_t radix, const uint8_t *digits, size_t n)
{
    CHECK(check_digit_exists(radix));
    parts p = parts_of(radix);
    uint32_t c = 0;
    for (size_t i = 0; i < n; i++)
        CHECK(digits[i] < radix);
    if (radix == 10) {
        for (size_t i = 0; i < n; i++)
            c = damm[c][digits[i]];
    } else if (p.odd == 1) {
        for (size_t i = 0; i < n; i++)
            c = twice(c, p) ^ digits[i]; /* as step says, without its divisions */
    } else {
        for (size_t i = 0; i < n; i++)
            c = step(c, digits[i], p);
    }
    return c;
}

uint8_t check_digit(uint32_t radix, const uint8_t *digits, size_t n)
{
    uint32_t c = run(radix, digits, n);
    if (radix == 10) {
        return (uint8_t)c;
    }
    /* What brings 2c + x to 0: over GF(2^m) 2c itself, modulo an odd number -2c. */
    parts p = parts_of(radix);
    uint32_t even = p.even == 1 ? 0 : twice(c / p.odd, p);
    uint32_t odd = (p.odd - 2 * (c % p.odd) % p.odd) % p.odd;
    return (uint8_t)(even * p.odd + odd);
}

bool check_digit_holds(uint32_t radix, const uint8_t *digits, size_t n)
{
    return run(radix, digits, n) == 0;
}

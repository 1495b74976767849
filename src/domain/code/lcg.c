/* See lcg.h. */
#include "domain/code/lcg.h"

typedef unsigned __int128 wide;

static uint64_t common_factor(uint64_t a, uint64_t b)
{
    while (b != 0) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* What is left of m without the primes that it has in common with n. */
static uint64_t without_primes_of(uint64_t n, uint64_t m)
{
    for (uint64_t f = common_factor(m, n); f > 1; f = common_factor(m, n))
        m /= f;
    return m;
}

lcg_flaw lcg_check(lcg g, uint64_t *factor)
{
    *factor = 1;
    if (g.m < 1 || g.m > LCG_M_MAX || g.a < 1 || g.a >= g.m || g.c >= g.m)
        return LCG_RANGE;
    *factor = common_factor(g.c, g.m);
    if (*factor != 1)
        return LCG_INCREMENT;
    *factor = without_primes_of(g.a - 1, g.m);
    if (*factor != 1)
        return LCG_PRIMES;
    return g.m % 4 == 0 && (g.a - 1) % 4 != 0 ? LCG_FOUR : LCG_FULL;
}

uint64_t lcg_next(lcg g, uint64_t x)
{
    return (uint64_t)(((wide)g.a * x + g.c) % g.m);
}

/* n steps are again a x + c: squared and multiplied as powers are. */
static lcg steps_of(lcg g, uint64_t n)
{
    lcg all = {g.m, 1 % g.m, 0}, step = g;
    for (; n > 0; n /= 2) {
        if (n % 2 != 0) {
            all.c = lcg_next(step, all.c);
            all.a = (uint64_t)((wide)step.a * all.a % g.m);
        }
        step.c = lcg_next(step, step.c);
        step.a = (uint64_t)((wide)step.a * step.a % g.m);
    }
    return all;
}

uint64_t lcg_skip(lcg g, uint64_t x, uint64_t n)
{
    return lcg_next(steps_of(g, n), x);
}

/* Digit by digit. Modulo a divisor d of m the generator is full, too, so what it gives modulo d
 * tells n modulo d. When n is known modulo base^k, the steps by base^k keep what is right so far,
 * and one of the first `base` of them is right modulo base^(k+1). */
uint64_t lcg_index(lcg g, uint64_t start, uint64_t x, uint32_t base)
{
    uint64_t n = 0;
    lcg step = g; /* by `stride` */
    for (uint64_t stride = 1; stride < g.m; stride *= base) {
        uint64_t d = stride * base;
        for (uint32_t digit = 0; start % d != x % d; digit++) {
            CHECK(digit < base);
            start = lcg_next(step, start);
            n += stride;
        }
        step = steps_of(step, base);
    }
    return n;
}

/* splitmix64: S. Vigna, public domain, after Steele, Lea, Flood, OOPSLA 2014. */
static uint64_t draw(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* Durstenfeld's; the product's high half picks without a bias that a count of 2^32 could show. */
void lcg_shuffle(uint64_t *values, size_t n, uint64_t seed)
{
    for (size_t left = n; left > 1; left--) {
        size_t at = (size_t)((wide)draw(&seed) * left >> 64);
        uint64_t last = values[left - 1];
        values[left - 1] = values[at];
        values[at] = last;
    }
}

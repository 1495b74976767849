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

/* Does every prime factor of m divide n? Takes common factors out of m until none is left. */
static bool holds_all_primes_of(uint64_t n, uint64_t m)
{
    for (uint64_t f = common_factor(m, n); f > 1; f = common_factor(m, n)) {
        m /= f;
    }
    return m == 1;
}

bool lcg_is_full(lcg g)
{
    if (g.m < 1 || g.m > LCG_M_MAX || g.a < 1 || g.a >= g.m || g.c >= g.m) {
        return false;
    }
    return common_factor(g.c, g.m) == 1 && (g.m % 4 != 0 || (g.a - 1) % 4 == 0) &&
           holds_all_primes_of(g.a - 1, g.m);
}

uint64_t lcg_next(lcg g, uint64_t x)
{
    return (uint64_t)(((wide)g.a * x + g.c) % g.m);
}

/* n steps are again a x + c: squared and multiplied as powers are. */
uint64_t lcg_skip(lcg g, uint64_t x, uint64_t n)
{
    lcg step = g;
    for (; n > 0; n /= 2) {
        if (n % 2 != 0) {
            x = lcg_next(step, x);
        }
        step.c = lcg_next(step, step.c);
        step.a = (uint64_t)((wide)step.a * step.a % g.m);
    }
    return x;
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

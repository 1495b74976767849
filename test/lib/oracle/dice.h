/* Random choices of a test from a seed that it prints: xorshift64*, the same on every machine. */
#ifndef QUAN_TEST_ORACLE_DICE_H
#define QUAN_TEST_ORACLE_DICE_H

#include <stdbool.h>
#include <stdint.h>

typedef struct dice {
    uint64_t state;
} dice;

static inline uint64_t dice_next(dice *d)
{
    d->state ^= d->state >> 12;
    d->state ^= d->state << 25;
    d->state ^= d->state >> 27;
    return d->state * UINT64_C(0x2545f4914f6cdd1d);
}

static inline dice dice_new(uint64_t seed)
{
    dice d = {seed * UINT64_C(0x9e3779b97f4a7c15) + 1};
    d.state = d.state == 0 ? 1 : d.state;
    (void)dice_next(&d);
    return d;
}

/* 0 … n - 1; n is far below 2^32, so the bias is nothing. */
static inline uint32_t dice_below(dice *d, uint32_t n)
{
    return (uint32_t)((dice_next(d) >> 32) % n);
}

static inline bool dice_percent(dice *d, uint32_t percent)
{
    return dice_below(d, 100) < percent;
}

#endif

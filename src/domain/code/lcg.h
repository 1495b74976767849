/* A full-period linear congruential generator: x' = (a x + c) mod m visits every number below m
 * once before any comes again.
 *
 * For low-value codes only. It is predictable: who has one batch, shuffled or not, can compute the
 * parameters and every other batch (lcg_test.c does). ff1.h is the default. */
#ifndef QUAN_DOMAIN_CODE_LCG_H
#define QUAN_DOMAIN_CODE_LCG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/check.h"

#define LCG_M_MAX (UINT64_C(1) << 63)

typedef struct lcg {
    uint64_t m, a, c;
} lcg;

/* Hull and Dobell, Random Number Generators, SIAM Review 4 (1962), theorem 1: c and m have no
 * common factor; every prime factor of m divides a - 1; so does 4 where it divides m. And
 * 1 <= a < m, c < m <= LCG_M_MAX. */
MUST_USE bool lcg_is_full(lcg g);
uint64_t lcg_next(lcg g, uint64_t x);
/* n steps at once, in log2(n) steps: where a leased block begins. */
uint64_t lcg_skip(lcg g, uint64_t x, uint64_t n);
/* Puts n values in an order that seed decides: each of the n! orders alike for a random seed of
 * enough bits. Hides in which order they were made from nobody who can compute. */
void lcg_shuffle(uint64_t *values, size_t n, uint64_t seed);

#endif

/* A full-period linear congruential generator: x' = (a x + c) mod m visits every number below m
 * once before any comes again.
 *
 * For low-value codes only. It is predictable: who has one batch, shuffled or not, can compute the
 * parameters and every other batch (lcg_attack_test.c does). ff1.h is the default. */
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

/* What keeps a generator from the full period. Hull and Dobell, Random Number Generators, SIAM
 * Review 4 (1962), theorem 1, has three conditions; all must hold. */
typedef enum lcg_flaw {
    LCG_FULL,      /* none */
    LCG_RANGE,     /* not 1 <= a < m, c < m <= LCG_M_MAX */
    LCG_INCREMENT, /* c and m have a factor in common */
    LCG_PRIMES,    /* a prime factor of m does not divide a - 1 */
    LCG_FOUR,      /* 4 divides m, not a - 1 */
} lcg_flaw;
/* The first that is there. factor: above 1 for LCG_INCREMENT the one in common, for LCG_PRIMES one
 * of m that has only primes which do not divide a - 1. */
MUST_USE lcg_flaw lcg_check(lcg g, uint64_t *factor);
uint64_t lcg_next(lcg g, uint64_t x);
/* n steps at once, in log2(n) steps: where a leased block begins. */
uint64_t lcg_skip(lcg g, uint64_t x, uint64_t n);
/* The n below m with lcg_skip(g, start, n) == x. g is full, its m a power of base; start and x are
 * below m. In base steps for each digit of m. */
uint64_t lcg_index(lcg g, uint64_t start, uint64_t x, uint32_t base);
/* Puts n values in an order that seed decides: each of the n! orders alike for a random seed of
 * enough bits. Hides in which order they were made from nobody who can compute. */
void lcg_shuffle(uint64_t *values, size_t n, uint64_t seed);

#endif

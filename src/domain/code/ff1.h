/* FF1: a keyed permutation of the numbers of a given count of digits in a given radix (NIST SP
 * 800-38G, format-preserving encryption). What goes in as a serial comes out as an unpredictable
 * number of the same length, no two alike.
 *
 * Restricted to what codes need: a half of the digits fits 63 bits, the tweak fits FF1_TWEAK_MAX,
 * and there are at least 10^6 numbers, which the standard asks for. */
#ifndef QUAN_DOMAIN_CODE_FF1_H
#define QUAN_DOMAIN_CODE_FF1_H

#include "base/aes.h"
#include "base/arena.h"

enum { FF1_RADIX_MIN = 2, FF1_RADIX_MAX = 256, FF1_DIGITS_MAX = 64, FF1_TWEAK_MAX = 64 };
#define FF1_NUMBERS_MIN 1000000

/* A number of up to FF1_DIGITS_MAX digits, the first digit the most significant. */
typedef unsigned __int128 ff1_number;

typedef struct ff1 ff1;

/* radix ** digits; 0 where such numbers cannot be permuted here. */
ff1_number ff1_numbers(uint32_t radix, uint32_t digits);
/* In memory; uses key for as long as it is used. NULL where ff1_numbers is 0 or the tweak is too
 * long. One thread at a time. */
ff1 *ff1_new(arena *memory, aes *key, str tweak, uint32_t radix, uint32_t digits);
/* Each of n numbers, below ff1_numbers (CHECKed), in place. Many at once cost less each. */
void ff1_encrypt(ff1 *f, ff1_number *numbers, size_t n);
void ff1_decrypt(ff1 *f, ff1_number *numbers, size_t n);

#endif

/* A check digit over digits of a radix: finds every single wrong digit and every swap of two
 * neighbours, the check digit included.
 *
 * The digits are run through a quasigroup that is totally anti-symmetric: for 10 the one of H. M.
 * Damm (Total anti-symmetrische Quasigruppen, Marburg 2004); for an odd radix 2c + x; for a power
 * of two from 4 the same over GF(2^m) with the element that stands for 2; for a product of both,
 * part by part. Other radixes (6, 14, 18, 22 …) have no construction here; for 2 and 6 there is
 * none at all. */
#ifndef QUAN_DOMAIN_CODE_CHECK_DIGIT_H
#define QUAN_DOMAIN_CODE_CHECK_DIGIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool check_digit_exists(uint32_t radix); /* false above 256 */
/* digits[0 … n-1], each below radix; radix must have one (CHECKed). */
uint8_t check_digit(uint32_t radix, const uint8_t *digits, size_t n);
/* Is the last of n digits (n >= 1) the check digit of the others? */
bool check_digit_holds(uint32_t radix, const uint8_t *digits, size_t n);

#endif

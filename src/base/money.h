/* Exact money. Amounts are int64 minor units beside a currency code; nothing here rounds silently
 * and nothing wraps.
 *
 * A function that cannot represent its answer returns false and leaves *out alone. */
#ifndef QUAN_BASE_MONEY_H
#define QUAN_BASE_MONEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

/* The largest amount that any input may carry: 10^15 minor units, so that sums of 9,000 of them
 * still fit int64. */
#define MONEY_MAX INT64_C(1000000000000000)

/* What becomes of a fraction, seen from its magnitude: it is the same for a and -a. */
typedef enum rounding {
    ROUND_HALF_UP,   /* to the nearest; a half away from zero */
    ROUND_HALF_DOWN, /* to the nearest; a half towards zero */
    ROUND_HALF_EVEN, /* to the nearest; a half to the even neighbour */
    ROUND_DOWN,      /* towards zero */
} rounding;

MUST_USE bool money_add(int64_t a, int64_t b, int64_t *out);
MUST_USE bool money_sub(int64_t a, int64_t b, int64_t *out);
MUST_USE bool money_mul(int64_t a, int64_t b, int64_t *out);
/* a * num / den through __int128, rounded once. den > 0 is CHECKed. */
MUST_USE bool money_ratio(int64_t a, int64_t num, int64_t den, rounding mode, int64_t *out);

/* Splits total over n weights (each >= 0), largest remainder first, ties to the lower index; the
 * parts sum to total exactly, and the parts of -total are the negated parts of total. All weights
 * zero: split equally; otherwise a weight of zero gets zero. total may be negative. False when n is
 * not in 1…MONEY_SPLIT_MAX or a weight is negative. parts has n places and does not overlap
 * weights. Time is n * log2(sum of weights), memory none. */
enum { MONEY_SPLIT_MAX = 100000 };
MUST_USE bool money_split(int64_t total, const int64_t *weights, size_t n, int64_t *parts);

/* ISO 4217: digits after the point (0, 2, 3, 4), -1 when the code is unknown to Quan. Capitals. */
int money_decimals(str currency);

/* "12.50": an amount as people read it; "1250" without decimals, which are money_decimals'. */
enum { MONEY_TEXT_MAX = 32 };
void money_text(int64_t minor, int decimals, char out[static MONEY_TEXT_MAX]);

#endif

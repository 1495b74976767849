/* Whole minor units at the end, of discounts that were reckoned with fractions. Private to
 * domain/price.
 *
 * AT_END rounds what each coupon gives: together, line by line or unit by unit as ROUND_LEVEL says;
 * with ROUND_TARGET_PRICE the price after it, and it gives what is missing to that from the rounded
 * price before it. Only percentages are rounded so; what a cap or the cart has cut is rounded
 * together. A line that is used up takes no more.
 * EXACT rounds once what all give together. Each coupon gives its own share of that, rounded down,
 * and the largest remainders one more. ODD_CENTS splits it over lines. Where no line has room for
 * it, every share of a line is its exact one rounded up or down instead, which always fits: as a
 * flow, the exact shares are a solution, so there is one in whole numbers. The total is the rounded
 * one exactly.
 * In both no coupon gives more than its cap, whole discounts stay what they are, and no line
 * becomes cheaper than nothing. What is added to sellers' amounts is rounded by itself. */
#ifndef QUAN_DOMAIN_PRICE_SETTLE_H
#define QUAN_DOMAIN_PRICE_SETTLE_H

#include "domain/price/run.h"

typedef struct settle_coupon {
    int64_t *parts;    /* [n of the run]: in its grain; in minor units afterwards */
    int64_t *reduced;  /* [n]: units that it reduces */
    int64_t *rooms;    /* [n]: what it may take at most of those with a part, in the grain */
    int64_t cap_minor; /* 0: none */
    bool by_share, adds;
    int64_t sum_minor; /* of the parts afterwards */
} settle_coupon;

/* Copies what was offered last. Where *out has places for it already, they are used again. */
void settle_keep(const price_run *run, bool adds, settle_coupon *out);
/* Coupons in the order in which they applied; the run stands behind the last. numbers: places of
 * the caller's, SETTLE_PLACES for each line and another for each line of each coupon. */
enum { SETTLE_PLACES = 4 };
void price_settle(const price_run *run, settle_coupon *coupons, size_t n, int64_t *numbers);

#endif

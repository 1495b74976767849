/* Splitting a discount over lines. Private to domain/price. */
#ifndef QUAN_DOMAIN_PRICE_ALLOCATE_H
#define QUAN_DOMAIN_PRICE_ALLOCATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/price/policy.h"

/* money_split where the caller has made sure that it cannot refuse: total >= 0, weights >= 0, n
 * from 1 to CART_LINES_MAX. Where total <= the sum of weights, no part is larger than its weight
 * and a weight of 0 gets 0: a part is less than one above total * weight / sum, so at most the
 * weight. */
void allocate(int64_t total_minor, const int64_t *weights, size_t n, int64_t *parts);

/* Splits by weights as the policy says (ODD_CENTS), no part above its `most`: what is cut off falls
 * on the others, or is not given (FLOOR_EXCESS). Weights at most MONEY_MAX; a part of weight 0 gets
 * something only when no other has room. Gives the sum of the parts: total, or what there is room
 * for, or less with FLOOR_EXCESS_CLIP.
 *
 * num / den: with FLOOR_EXCESS_CLIP and where den is not 0, total is this share of the sum of
 * weights, rounded. A part's share is then that of its weight, where the policy says so (SHARE). */
typedef struct split {
    const int64_t *weights, *most;
    const int64_t *prices; /* what the parts are of, for which is dearest; NULL: the weights */
    const int64_t *units;  /* of each part, at least 1; NULL: one */
    bool by_units;         /* the weights are units */
    size_t n;
    const price_policy *policy;
    int64_t num, den;
} split;
int64_t allocate_within(const split *s, int64_t total_minor, int64_t *parts);

#endif

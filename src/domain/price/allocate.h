/* Splitting a discount over lines. Private to domain/price; price_unit_share is in price.h. */
#ifndef QUAN_DOMAIN_PRICE_ALLOCATE_H
#define QUAN_DOMAIN_PRICE_ALLOCATE_H

#include <stddef.h>
#include <stdint.h>

/* money_split where the caller has made sure that it cannot refuse: total >= 0, weights >= 0, n
 * from 1 to CART_LINES_MAX. Where total <= the sum of weights, no part is larger than its weight
 * and a weight of 0 gets 0: a part is less than one above total * weight / sum, so at most the
 * weight. */
void allocate(int64_t total_minor, const int64_t *weights, size_t n, int64_t *parts);

#endif

/* What a price rests on beside the facts of its order and the coupons that it names: the merchant's
 * policy, groups and most coupons of an order, and which automatic templates are in force, as which
 * version. As one number: equal numbers, equal grounds. Whoever prices on a snapshot gives it to
 * the act, which compares it with that of its own snapshot, so that nothing is committed at a price
 * whose grounds an acknowledged edit has taken away. Edits of anything else leave it as it is.
 *
 * The act looks at the rest itself: the version that rules each coupon, and, line by line, the
 * blacklist. */
#ifndef QUAN_DOMAIN_COUPON_BASIS_H
#define QUAN_DOMAIN_COUPON_BASIS_H

#include "domain/campaign/config.h"

/* The merchant is there. */
uint64_t order_basis(const config *c, uint64_t merchant_id, int64_t now_ms);

#endif

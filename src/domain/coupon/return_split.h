/* How the discount that comes back with a return belongs to the coupons. Private to
 * domain/coupon. */
#ifndef QUAN_DOMAIN_COUPON_RETURN_SPLIT_H
#define QUAN_DOMAIN_COUPON_RETURN_SPLIT_H

#include "domain/price/price.h"

/* plan: as price_return has answered it, its redemption as it was before; discount_minor: what
 * comes back in all, list price less refund. Each coupon gets first its frozen discount of what
 * is back, then, where a refund rule took more, a part of what is left on the kept lines, of
 * coupons with such a rule before others. by_coupon[applied] >= 0, never more than what the
 * coupon gave and has not yet come back, and they sum to discount_minor. R_CORRUPT: the figures
 * contradict each other. */
MUST_USE result return_split(const return_plan *plan, int64_t discount_minor, arena *memory,
                             int64_t *by_coupon);

#endif

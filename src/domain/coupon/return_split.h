/* How the discount that comes back with a return belongs to the coupons, and of each coupon to the
 * parties that paid for it. Private to domain/coupon. */
#ifndef QUAN_DOMAIN_COUPON_RETURN_SPLIT_H
#define QUAN_DOMAIN_COUPON_RETURN_SPLIT_H

#include "domain/price/refund.h"

/* plan: as price_return has answered it, its redemption as it was before; discount_minor: what
 * comes back in all, list price less refund. Each coupon gets first its frozen discount of what
 * is back, then, where a refund rule took more, a part of what is left on the kept lines, of
 * coupons with such a rule before others. by_coupon[applied] >= 0, never more than what the
 * coupon gave and has not yet come back, and they sum to discount_minor. R_CORRUPT: the figures
 * contradict each other.
 * Likewise each party gets first what it had paid of the units that are back (price/fund.h), then
 * of what a refund rule took more, or less, by what is left to give back to it. by_party >= 0,
 * never more than what it paid and has not got back, and the parties of a coupon sum to what
 * comes back of it. So every sequence of returns ends at what each has paid. */
typedef struct return_parts {
    int64_t *by_coupon; /* [applied] */
    int64_t *by_party;  /* [parties of the redemption] */
} return_parts;
MUST_USE result return_split(const return_plan *plan, int64_t discount_minor, arena *memory,
                             const return_parts *out);

#endif

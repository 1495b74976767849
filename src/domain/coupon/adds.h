/* What coupons of an order add to what sellers receive (加价券): shares of lines, frozen with the
 * order beside the discounts. The customer pays the same; no budget pays for it, and limits on
 * money do not count it. The units that come back take their part with them, whatever is kept: as
 * equal as whole cents allow (price_unit_share); of what is weighed in proportion, rounded down. So
 * any sequence of returns ends exactly at what was added.
 * Pure functions of the rows; private to domain/coupon but for verify. */
#ifndef QUAN_DOMAIN_COUPON_ADDS_H
#define QUAN_DOMAIN_COUPON_ADDS_H

#include "domain/table.gen.h"

typedef struct adds {
    const line_share *items; /* by coupon, then line; each > 0 */
    size_t n;
    const order_line *lines;
    uint8_t odd_units; /* of the policy: which units have the odd cents */
} adds;

adds adds_of_redemption(const redemption *row);

/* Of one coupon. */
int64_t adds_in_all(const adds *all, size_t applied);
/* Of that, what the units have that have come back (`returned` of the lines). */
int64_t adds_returned(const adds *all, size_t applied);
/* Of that, what goes back with units that come back now. */
int64_t adds_returning(const adds *all, size_t applied, const return_line *now, size_t n);

#endif

/* What an applied coupon leaves the goods of an order that stay when others come back, by its
 * refund rule (refund.h). Private to domain/price.
 *
 * The kept goods are priced as a cart of their own (stack.h) with the coupons that applied to the
 * order, and with these differences:
 *   keep       gives its frozen discount of the kept units, cut to what coupons before it have
 *              left; thresholds, conditions, groups, stops and closed lines are not asked
 *   claw_back  gives at most that
 *   all        one whose fractions do not fit beside those of others gives its frozen discount */
#ifndef QUAN_DOMAIN_PRICE_KEPT_H
#define QUAN_DOMAIN_PRICE_KEPT_H

#include "domain/price/run.h"

struct kept_coupon {
    uint8_t rule;          /* refund_rule */
    const int64_t *frozen; /* [lines]: its frozen discount of the kept units */
    int64_t gift_units;    /* that it has sent along; frozen, too */
    bool asked;            /* its conditions are asked again, … */
    str met;               /* … with what they asked beside the goods as it was */
};

struct price_kept {
    const int64_t *prices;      /* [lines]: what the kept units cost at list price */
    const kept_coupon *coupons; /* as the ask's */
};

static inline bool kept_is_frozen(const kept_coupon *kept)
{
    return kept != NULL && kept->rule == REFUND_RULE_KEEP;
}

/* As price_run_offer. */
MUST_USE result kept_offer(price_run *run, const price_use *use, price_verdict *verdict);
/* Lowers what is in run->parts to what the coupon may give, line by line in proportion. False: it
 * was no more. */
bool kept_lower(price_run *run, const kept_coupon *kept, price_verdict *verdict);

#endif

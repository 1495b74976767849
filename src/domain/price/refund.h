/* Returns: what a part of an order is worth when it comes back. Pure, as price.h.
 *
 * paid = subtotal - discount of the whole order; `back` is everything returned so far with this
 * return, `kept` the rest. The kept lines are priced as a cart of their own: with the coupons and
 * promotions that applied to the order and no others; their frozen versions, stages, groups, lanes
 * and stops; the order's policy; conditions asked of the kept goods, while what they ask beside
 * those (who bought, where, when, how) is as it was. There each coupon gives
 *   keep       its frozen discount of the kept units, whatever the others do
 *   reprice    what it would give: nothing below the threshold, where its conditions are not met,
 *              or where another of its group, a stop or the like keeps it out; where a budget may
 *              have cut discounts (BUDGET of the policy) no more than it gave the whole order
 *   claw_back  the lesser of both: it may shrink on the kept lines, never grow
 * (a rule of 0 is reprice). So coupons of different rules on one order each follow their own. Then
 *   refunded so far = paid - (price of kept at list - discounts left to kept)
 * With one coupon that is: keep, the frozen paid share of back; reprice, paid minus the price of
 * kept; claw_back, the frozen paid share minus the excess discount on kept.
 * This return refunds the growth of that figure, but at least 0 and at most the list price of what
 * comes back now; what is cut off so is made good by later returns. Invariants, for every sequence
 * of returns and mix of rules:
 *   0 <= each refund <= list price of the units that come back, in total and for each line
 *   refunds never sum to more than paid, and to exactly paid when everything is back
 *   list price of back - refunds = the discount that has come back, from 0 up to all of it
 * Over the lines of one return a refund is split by their frozen paid shares; where it is larger
 * than those, each gets its own and the rest goes by the discounts that the units had. */
#ifndef QUAN_DOMAIN_PRICE_REFUND_H
#define QUAN_DOMAIN_PRICE_REFUND_H

#include "domain/price/price.h"

typedef struct return_plan {
    const redemption *redemption;   /* its lines with what came back and was refunded before */
    const price_rule *const *rules; /* [applied] */
    const uint8_t *refund_rules;    /* [applied]: refund_rule */
    return_line *now; /* line and quantity are read, the rest written; may come twice */
    size_t n;         /* 1 … CART_LINES_MAX */
    int64_t *gifts;   /* [applied], written; NULL: not asked: what stays of gifts sent (refund.c) */
} return_plan;

/* R_CORRUPT: the frozen figures contradict each other. R_INVALID: no or too many lines, one that
 * the order has not, a quantity below 1. R_NOT_RETURNABLE: more than what is left of a line.
 * R_OVERFLOW: of a rule that was never checked. Nothing is written then. */
MUST_USE result price_return(const return_plan *plan, arena *memory, int64_t *refund_minor);

/* The frozen discount of the units that come back now, of each applied coupon on each line:
 * parts[applied * lines + line]. Sums to the coupon's share of the line when all of it is back,
 * whatever the refund rules say. Refuses what price_return refuses. */
MUST_USE result price_return_discounts(const return_plan *plan, arena *memory, int64_t *parts);

#endif

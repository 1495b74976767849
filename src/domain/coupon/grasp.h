/* A coupon that an act is about to take out of its user's hands: to void it, or to give it to
 * another. What has it now but is over (holds past their deadline, an offer past its own) gives
 * way. Private to domain/coupon.
 *
 * Find, load (gets), apply (writes), in this order. */
#ifndef QUAN_DOMAIN_COUPON_GRASP_H
#define QUAN_DOMAIN_COUPON_GRASP_H

#include "domain/coupon/close.h"
#include "domain/coupon/use.h"

typedef struct coupon_grasp {
    order_counters c; /* u is the caller's; the rest from grasp_load on */
    coupon *row;
    terms of;
    coupon_use *use; /* of one with more than one use; NULL: nothing is used */
    use_left left;   /* likewise */
    hold *stale[USE_HOLDS_MAX];
    size_t stale_count;
    transfer *offer; /* that it is in, or was until its deadline; NULL: none */
    coupon_now now;  /* what it is once what is over has given way */
} coupon_grasp;

/* R_AGAIN, R_NOT_FOUND; R_WAIT: an act on its way may take it to another user. */
MUST_USE result grasp_find(coupon_grasp *g, uint64_t merchant, uint64_t coupon_id);
void grasp_load(coupon_grasp *g);
void grasp_apply(const coupon_grasp *g);

#endif

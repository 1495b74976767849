/* What is due in one slot: coupons past their end, open holds past their deadline. The sweep
 * applies them act by act; an act that lacks what they would give back (limits, budget) applies
 * them first, inside itself, so that nobody is refused for what is over. Bounded: there may be more
 * than one act applies, and then a refusal for want of it would not be true. Private to
 * domain/coupon.
 *
 * Find, load (gets), apply (writes), in this order. All that is given back goes to the slices and
 * the book of the counters; who made them settles them. */
#ifndef QUAN_DOMAIN_COUPON_DUE_H
#define QUAN_DOMAIN_COUPON_DUE_H

#include "domain/coupon/acts.h"
#include "domain/coupon/close.h"

typedef struct due_rows {
    order_counters c;
    void *coupons[SWEEP_MAX], *holds[SWEEP_MAX];
    size_t coupon_count, hold_count;
    order_counters *by_hold;       /* of the user of each hold */
    bool more_coupons, more_holds; /* there may be */
} due_rows;

/* Scans: at most so many of each (0 to SWEEP_MAX), oldest first. */
due_rows *due_find(order_counters c, size_t coupons, size_t holds);
void due_load(due_rows *d);
/* Holds that the act has ended already are passed over. */
sweep_out due_apply(const due_rows *d);

#endif

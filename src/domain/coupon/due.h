/* What is due: coupons past their end, open holds past their deadline; for the sweep, offers past
 * theirs, subjects of limits, codes and coupons with an act on its way that is past its deadline,
 * and failed tries that may be forgotten. The sweep applies them block by block, and so it is done
 * before anybody is told that a pool or a subject has no more (app/lease.c). What limits by user
 * lack only holds of that user have: an act applies those of its slot first, inside itself.
 * Bounded: there may be more than one act applies, and then a refusal for want of it would not be
 * true. Private to domain/coupon.
 *
 * Due blocks only say where to look. Every coupon that waits, open hold and act on its way has an
 * entry at or before its time (verify checks it); there may be more, of rows that have moved on.
 * The sweep uses entries up; other acts leave them to it.
 *
 * Find, load (gets), apply (writes), in this order. All that is given back goes to the slices and
 * the book of the counters; who made them settles them. */
#ifndef QUAN_DOMAIN_COUPON_DUE_H
#define QUAN_DOMAIN_COUPON_DUE_H

#include "domain/coupon/acts.h"
#include "domain/coupon/close.h"

/* Blocks that an act of one slot looks into: pages of a scan. A second's holds, released
 * ones too, leave a few hundred in a lane. */
enum { DUE_PAGE = 64, DUE_PAGES_MAX = 16 };

typedef struct due_rows {
    order_counters c;
    due_block *block; /* the sweep's; else NULL */
    uint64_t lost;    /* of sweep_in */
    coupon *coupons[SWEEP_MAX];
    hold *holds[SWEEP_MAX];
    subject_open *subjects[SWEEP_MAX];
    exchange_code *codes[SWEEP_MAX];
    code_guesses *guesses[SWEEP_MAX];
    transfer *transfers[SWEEP_MAX];
    size_t coupon_count, hold_count, subject_count, code_count, guesses_count, transfer_count;
    order_counters *by_hold; /* of the user of each hold */
    bool more;               /* there may be */
} due_rows;

/* Holds of the slot of the counters. */
due_rows *due_find(order_counters c);
/* Of all slots in the block, which due_apply is to use up. */
due_rows *due_find_in(order_counters c, due_block *block, uint64_t lost);
void due_load(due_rows *d);
/* Rows that the act has moved on already are passed over. */
sweep_out due_apply(const due_rows *d);

#endif

/* Ending an open hold: its coupons are available again, and what it took is given back. Ending a
 * coupon unused: what it has reserved is given back. Private to domain/coupon. */
#ifndef QUAN_DOMAIN_COUPON_CLOSE_H
#define QUAN_DOMAIN_COUPON_CLOSE_H

#include "domain/limit/book.h"

/* What becomes of a use: its coupon moves, or, of an automatic template (row NULL), only the event
 * tells. kind: of a coupon. */
typedef struct order_use {
    const terms *of;
    coupon *row;
    uint32_t member;
    uint64_t ref; /* of the event */
    int64_t amount_minor;
    uint32_t version; /* that it was priced by */
} order_use;
void order_use_move(uow *u, const order_use *use, event_kind kind);

/* The counters of one act and one user. */
typedef struct order_counters {
    uow *u;
    uint16_t slot;
    slice_set *slices;
    limit_book *book;
} order_counters;

order_counters order_counters_new(uow *u, uint16_t slot, uint32_t ordinal);
/* Of another user of the act, maybe of another slot, over the same slices and reservations: they
 * net what all of its users take and give. */
order_counters order_counters_of(const order_counters *c, uint16_t slot, uint32_t ordinal);

/* Gets, before the first write. */
void hold_close_load(const order_counters *c, const hold *row);
/* open -> to: released, expired or replaced. */
void hold_close(const order_counters *c, hold *row, hold_state to);

/* Gets, before the first write. */
void coupon_end_load(const order_counters *c, const terms *of, const coupon *row);
/* By expiry or voiding; the offer that it is in ends with it. No act on its way may take it. */
void coupon_end(const order_counters *c, const terms *of, coupon *row, event_kind how);
/* Ends it so, and counts it; tally_load_code was before, too. */
void coupon_void(const order_counters *c, const terms *of, coupon *row, void_reason why);

#endif

/* Verify's part for coupons that went from one user to another. Private to verify*.c. */
#ifndef QUAN_APP_VERIFY_TRANSFER_H
#define QUAN_APP_VERIFY_TRANSFER_H

#include "app/verify_part.h"

/* Since when it is its user's. */
static inline int64_t verify_since_ms(const verify_coupon *c)
{
    return c->by == NULL ? c->row.issued_at_ms : c->by->at_ms;
}

const transfer *verify_find_transfer(const verify_group *g, uint64_t id); /* verify_group.c */

/* Of a group: what is open, and each coupon against what brought it or takes it away. */
void verify_open_transfers(verify *v, const verify_group *g);
void verify_coupon_transfer(verify *v, const verify_group *g, const verify_coupon *c);
MUST_USE result verify_transfers(verify *v); /* compares; after the groups */

#endif

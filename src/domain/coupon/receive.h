/* A coupon that comes from another user: its row, with a new id, and how it came. Private to
 * domain/coupon. */
#ifndef QUAN_DOMAIN_COUPON_RECEIVE_H
#define QUAN_DOMAIN_COUPON_RECEIVE_H

#include "domain/campaign/rules.h"
#include "domain/limit/terms.h"
#include "domain/uow.h"

typedef struct receipt {
    uint16_t slot;
    uint32_t member; /* whose it is now */
    uint64_t transfer;
    const carried_coupon *carried;
    const terms *of;
    const moved_coupon *moved; /* with all that its user had, by this move; NULL: a transfer */
    uint64_t move;
} receipt;

/* Writes. Counts nothing: who takes it has counted it. */
const coupon *coupon_receive(uow *u, const receipt *of);

#endif

/* What the halves of moving all that a user has share: see move.h. Private to domain/coupon. */
#ifndef QUAN_DOMAIN_COUPON_MOVE_PART_H
#define QUAN_DOMAIN_COUPON_MOVE_PART_H

#include "domain/coupon/move.h"

/* What one step takes out of the user's slot: found (gets), then written. */
typedef struct move_load {
    usage *usages[MOVE_CAMPAIGNS_MAX + 1]; /* that count something */
    size_t usage_count;
    coupon *coupons[MOVE_COUPONS_MAX]; /* that can go */
    size_t coupon_count;
    uint32_t waiting; /* coupons of the page that cannot go yet */
    uint64_t last;    /* id of the last one of the page */
    bool page_full;   /* there may be more behind it */
} move_load;

/* Gets: the next counts, or coupons, behind row->after. R_AGAIN, R_DONE. */
MUST_USE result move_find_counts(uow *u, const user_move *row, uint32_t member, move_load *out);
MUST_USE result move_find_coupons(uow *u, const user_move *row, uint32_t member, move_load *out);
/* Writes: they leave the slot in one message of the row's round. */
void move_send(uow *u, const user_move *row, const move_load *of);

#endif

/* Automatic templates in verify: of what was done with them only orders and the ledger tell.
 * Private to verify*.c. */
#ifndef QUAN_APP_VERIFY_PROMOTION_H
#define QUAN_APP_VERIFY_PROMOTION_H

#include "app/verify_part.h"

void verify_promotions_open(verify_group *g);
void verify_promotions_close(verify_group *g);
void verify_promotion_ledger(verify *v, verify_group *g, const ledger *row);
/* One that was applied by an order; w is the order. */
void verify_promotion_applied(verify *v, const verify_what *w, const applied_coupon *a);
void verify_promotion_held(const verify_group *g, uint16_t slot, const applied_coupon *a);
/* adds_minor: of what it added for sellers, what has not come back. */
void verify_promotion_used(const verify_group *g, uint16_t slot, const applied_coupon *a,
                           int64_t adds_minor);
void verify_promotion_user(const verify_group *g, const redemption *row, const applied_coupon *a);
void verify_promotions(verify *v, const verify_group *g); /* compares; after the orders */
/* When the coupon's member first redeemed one of the campaign; INT64_MAX: never. The caller counts
 * him; verify_promotion_users the others. */
int64_t verify_promotion_first(const verify_group *g, const coupon *of, uint64_t campaign_id);
void verify_promotion_users(verify *v, const verify_group *g);
/* verify_pool.c */
void verify_pool_promotion(verify *v, const verify_terms *of, int64_t budget_minor);

#endif

/* What a price leaves in an order for its returns. */
#ifndef QUAN_APP_ORDER_FREEZE_H
#define QUAN_APP_ORDER_FREEZE_H

#include "app/order_choose.h"

/* Fills in->groups and in->asked, in memory: of the coupons of `from` that apply, in their order,
 * by `how`, whose groups and cart need not outlive the call. */
void order_freeze(const price_ask *how, const coupon_list *from, const price_result *price,
                  arena *memory, order_in *in);

#endif

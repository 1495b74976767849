/* What budgets have left for a price that takes from several coupons of one campaign. */
#ifndef QUAN_APP_BUDGET_H
#define QUAN_APP_BUDGET_H

#include "app/app.h"
#include "domain/price/price.h"

/* As a snapshot tells it; the act decides. True: the coupon at this place is the first, in the
 * order in which they apply, that takes more than its budget at redeem has left for it, which may
 * be less than nothing. */
bool budget_lacks(app_view *v, const price_coupon *coupons, const price_result *price, size_t *at,
                  int64_t *left_minor);

#endif

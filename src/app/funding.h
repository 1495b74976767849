/* Who would pay for what a quote gives: as a hold would split it, by what budgets of parties have
 * on the view. Nothing is reserved by it. */
#ifndef QUAN_APP_FUNDING_H
#define QUAN_APP_FUNDING_H

#include "app/order.h"

typedef struct funding_quote {
    const template_version **versions; /* [applied] */
    party_share *parties;              /* by coupon, then as the funding has them; each > 0 */
    size_t n;
} funding_quote;

/* Of what order_price has answered to the same ask. At another moment budgets are not looked at,
 * nor those of drafts. Memory of the view. */
funding_quote funding_quoted(app_view *v, const order_ask *ask, const order_priced *priced);

#endif

/* May a coupon be used now, or a draft? Everything but the cart, limits and budgets. Private to
 * app/order.c. */
#ifndef QUAN_APP_ORDER_USABLE_H
#define QUAN_APP_ORDER_USABLE_H

#include "app/order.h"

typedef struct usable_ask {
    const order_ask *of;
    config_days days;
    uint64_t hold; /* open, of this order: it is replaced; 0: none */
} usable_ask;

typedef struct usable_span {
    int64_t expires_at_ms;
    int64_t from_ms; /* where it is too early for it: when that is over; else 0 */
    bool over;       /* the coupon is closed */
} usable_span;

/* Refusals in the order in which a hold refuses (domain/coupon/acts.h). */
MUST_USE result usable_coupon(app_view *v, const usable_ask *ask, uint64_t id, price_coupon *out,
                              usable_span *span);
/* Of a fixed window the template's own; one that begins with the issue is taken to have begun. */
MUST_USE result usable_draft(const app_view *v, const usable_ask *ask, const order_draft *draft,
                             usable_span *span);

#endif

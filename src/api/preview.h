/* What a quote only supposes: templates that are saved nowhere or that the user has no coupon of,
 * another moment, campaigns taken to be active. */
#ifndef QUAN_API_PREVIEW_H
#define QUAN_API_PREVIEW_H

#include "api/order.h"

/* Rules of drafts, outside the call's memory: that may be gone when the call has ended. */
typedef struct preview {
    price_rule *rules[ORDER_COUPONS_MAX];
} preview;

/* Fills what order_ask has for it from the body of a quote; problems go to c->problems. A body that
 * asks for what is not launched needs a key of scope admin: false, the call has ended. preview_end
 * in any case. */
MUST_USE bool preview_asked(api_call *c, order_ask *ask, preview *out);
void preview_end(preview *p);

#endif

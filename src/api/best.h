/* Quotes that choose their coupons: what is asked, and what the choice was. */
#ifndef QUAN_API_BEST_H
#define QUAN_API_BEST_H

#include "api/order.h"

/* Fills ask->best from the body of a quote; problems go to c->problems. Nothing where the body
 * names its coupons. */
void best_asked(api_call *c, order_ask *ask);

/* The coupons of the body: named, or to choose from. */
const wire_id_list *best_coupons(const wire_quote_create *b);

/* `best` of a quote that was priced so: changes of the cart are priced now, on the same view. What
 * order_price says of them, where it is not R_DONE. */
MUST_USE result best_shown(api_call *c, app_view *v, const order_ask *ask,
                           const order_priced *priced, wire_best_found *out);

#endif

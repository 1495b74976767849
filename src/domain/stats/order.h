/* What an order counts: subtotals by template and campaign, and its goods (tally.h).
 *
 * An order uses coupons of some templates; a line belongs to a template when one of its coupons
 * discounted it. Loads come before the first write. */
#ifndef QUAN_DOMAIN_STATS_ORDER_H
#define QUAN_DOMAIN_STATS_ORDER_H

#include "domain/stats/tally.h"

/* An order as holds and redemptions have it. */
typedef struct order_facts {
    str currency;
    str store, channel;
    const order_line *lines;
    size_t line_count;
    const applied_coupon *applied;
    size_t applied_count;
    const line_share *shares; /* by coupon, then line */
    size_t share_count;
    const terms *of; /* [applied_count] */
} order_facts;

void order_tally_load(uow *u, const order_facts *o);
void order_tally_redeemed(uow *u, const order_facts *o, int64_t subtotal_minor);
/* now: what comes back; worth_minor: its list price; units: [line] that it counts. */
typedef struct order_back {
    const return_line *now;
    size_t n;
    int64_t worth_minor;
    const int64_t *units;
} order_back;
void order_tally_returned(uow *u, const order_facts *o, const order_back *back);

#endif

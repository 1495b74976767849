/* One pass of coupons over lines: what price_cart and price_return share. Private to domain/price.
 *
 * Invariants: 0 <= running[i] <= quantity * unit of line i; their sum and the subtotal are at most
 * MONEY_MAX. Nothing but running changes, and only by price_run_take. */
#ifndef QUAN_DOMAIN_PRICE_RUN_H
#define QUAN_DOMAIN_PRICE_RUN_H

#include "domain/price/kind.h"
#include "domain/price/rule.h"

typedef struct price_run {
    const order_line *lines; /* a line of quantity 0 is not there */
    size_t n;
    int64_t subtotal_minor;
    int64_t *running; /* [n] */
    int64_t *parts;   /* [n]: what the coupon at hand takes of each line */
    kind_line *eligible;
    int64_t *offered; /* [n]: parts of the eligible lines only */
} price_run;

/* R_INVALID: more than CART_LINES_MAX lines, a quantity not in 0 … CART_QUANTITY_MAX, a price not
 * in 0 … MONEY_MAX. R_OVERFLOW: a line or the subtotal beyond MONEY_MAX. */
MUST_USE result price_run_start(const order_line *lines, size_t n, arena *memory, price_run *run);

/* Fills parts with what the rule takes at the running price, and tells. R_DONE or R_OVERFLOW. */
MUST_USE result price_run_offer(price_run *run, const price_rule *rule, price_verdict *verdict);

/* Subtracts parts from running. Gives their sum. */
int64_t price_run_take(price_run *run);

#endif

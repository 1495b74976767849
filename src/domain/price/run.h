/* One pass of coupons over lines: what price_cart and price_return share. Private to domain/price.
 *
 * Invariants: 0 <= running[i] <= list[i]; their sum and the subtotal are at most MONEY_MAX. Nothing
 * but running changes, and only by price_run_take. */
#ifndef QUAN_DOMAIN_PRICE_RUN_H
#define QUAN_DOMAIN_PRICE_RUN_H

#include "domain/price/kind.h"
#include "domain/price/policy.h"
#include "domain/price/rule.h"

typedef struct price_run {
    const order_line *lines; /* a line of quantity 0 is not there */
    size_t n;
    price_policy policy;
    str currency;
    const cart *cart; /* NULL: a return; conditions were met when it was bought */
    arena *memory;
    const uint64_t *blocked; /* a bit a line that no coupon may touch any more; NULL: none */
    int64_t subtotal_minor;
    int64_t *list;    /* [n]: prices before discounts */
    int64_t *running; /* [n] */
    int64_t *parts;   /* [n]: what the coupon at hand takes of each line, or adds to it */
    int64_t *touched; /* [n]: units that it uses up, where its kind picks units */
    int64_t *gone;    /* [n]: of all that were taken so far */
    kind_line *eligible, *targets;                    /* [n] */
    int64_t *amounts, *units, *paid, *offered, *most; /* [n]: of the targets */
} price_run;

/* Prices are cart_line_minor's where prices is NULL, else as given there: 0 … MONEY_MAX.
 * R_INVALID: more than CART_LINES_MAX lines, a quantity not in 0 … CART_QUANTITY_MAX (a thousand
 * times that for what is weighed), a price not in 0 … MONEY_MAX. R_OVERFLOW: a line or the subtotal
 * beyond MONEY_MAX. lines, n, policy and currency are set before. */
MUST_USE result price_run_start(const int64_t *prices, arena *memory, price_run *run);

/* A use of a rule. */
typedef struct price_use {
    const price_rule *rule;
    str currency;       /* of the campaign */
    int64_t used_minor; /* of a stored value: what is gone already */
} price_use;

/* Fills parts with what the rule takes at the running price, and tells. R_DONE or R_OVERFLOW. */
MUST_USE result price_run_offer(price_run *run, const price_use *use, price_verdict *verdict);

/* What the eligible lines lack to its minimum spend at the running price; 0: nothing. */
int64_t price_run_missing(price_run *run, const price_use *use);

/* Subtracts parts from running, and counts the units. Gives the sum. */
int64_t price_run_take(price_run *run);

#endif

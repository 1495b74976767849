/* A coupon at work on what is left of a cart: what run.c and most.c share. Private to them. */
#ifndef QUAN_DOMAIN_PRICE_DESK_H
#define QUAN_DOMAIN_PRICE_DESK_H

#include "domain/price/run.h"

typedef struct desk {
    price_run *run;
    const price_kind *kind;
    const benefit_values *values; /* in the run's grain */
    const benefit_values *values_minor;
    int64_t cap_minor; /* of the benefit or the use, the lower one; 0: none */
    kind_base base;
    size_t eligible_n, target_n;
    int64_t goods_minor; /* of all goods, for a minimum spend */
    bool covered;        /* some goods are eligible */
    bool widest;         /* lines count as eligible that may become so by being discounted */
    bool excluded;       /* some goods are not */
    int64_t need;        /* how much finer the grain must be, as far as is known */
} desk;

/* Sorts the lines that are not closed into eligible ones and targets. */
void desk_sort_lines(desk *d, const price_use *use);
/* What the kind sees; limited: no more units than the benefit is good for. */
void desk_make_base(desk *d, const price_use *use, bool limited);
/* Which units such a limit leaves: WORD_COMMON_…. */
int64_t desk_which_units(const desk *d);
typedef void kind_offer_fn(const benefit_values *values, const kind_base *base, kind_offer *out);
kind_offer desk_offer(const desk *d, kind_offer_fn *from);
/* What the offer is in whole cents, line by line where the policy rounds so; its amounts become
 * weights of a split. Where fractions are kept, what it is exactly, or rounded up where the
 * grain is not fine enough for it. False: it overflows. */
MUST_USE bool desk_whole_cents(const desk *d, kind_offer *offer, int64_t *total);

#endif

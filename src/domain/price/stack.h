/* The ordered pass of coupons over a cart, one step at a time: what price_cart goes through once
 * and a search for the best set (best.c) many times. Private to domain/price.
 *
 * stack_open reads the coupons and sorts them. stack_begin puts the cart back to list prices with
 * some of the coupons out; stack_step lets the next one of `order` have its turn. A step allocates
 * nothing after the first of its coupon. What a step changes is in `at` and in run.running and
 * run.gone, and nowhere else but in verdicts and parts of the coupons that it decides: whoever
 * keeps those three can go back. */
#ifndef QUAN_DOMAIN_PRICE_STACK_H
#define QUAN_DOMAIN_PRICE_STACK_H

#include "domain/price/run.h"
#include "domain/price/settle.h"

enum { STACK_WORDS = (CART_LINES_MAX + 63) / 64 };

/* A coupon on its way. */
typedef struct stack_entry {
    const price_coupon *coupon;
    const price_standing *standing;
    const stack_group *group; /* NULL: none */
    price_verdict *verdict;
    const uint64_t *covers;  /* see price_use */
    const kept_coupon *kept; /* of a return; else NULL */
    int64_t value_minor;     /* alone, where the evaluation asks for it */
    int64_t *parts;          /* of the lines, when it applies; NULL: it never did */
    settle_coupon exact;     /* of its last probe, where fractions are kept */
    bool duplicate;
} stack_entry;

/* How far a pass has come. */
typedef struct stack_state {
    uint64_t decided;                /* a bit an entry */
    uint8_t used[PRICE_COUPONS_MAX]; /* those that apply, as they did */
    size_t used_n, counted;          /* counted: coupons, for the most of an order */
    bool stopped, locked, taken;     /* taken: some that may be stacked with limits applies */
    bool barred;                     /* an exclusive one has won before any applied */
    uint64_t blocked[STACK_WORDS];   /* lines that are closed to further coupons */
} stack_state;

typedef struct stack_pass {
    price_run run;
    const price_ask *ask;
    arena *memory;
    stack_entry entries[PRICE_COUPONS_MAX]; /* as ask->coupons */
    uint8_t order[PRICE_COUPONS_MAX];       /* of the entries */
    stack_state at;
    int64_t *by_line; /* for a group that is best by line; NULL: not needed yet */
    int64_t *till;    /* for price_settle; NULL: not needed yet */
} stack_pass;

/* verdicts[ask->n] get every decision; what a step gives is in the run's grain. R_INVALID and
 * R_OVERFLOW as price_cart. */
MUST_USE result stack_open(stack_pass *p, const price_ask *ask, arena *memory,
                           price_verdict *verdicts);
/* absent: a bit an entry that is not there, whose verdict is left alone. */
MUST_USE result stack_begin(stack_pass *p, uint64_t absent);
/* Decides the entry, and with it its group where that is decided as one; nothing where it is
 * decided already. R_DONE, R_OVERFLOW, or R_AGAIN as price_run_offer: the pass begins again. */
MUST_USE result stack_step(stack_pass *p, stack_entry *e);
/* A whole price: begins, lets all have their turn, and again in a finer grain where that is needed,
 * and without those whose minimum spend later ones have undone, where the policy tests it, or of
 * whose fraction nothing is left when it is rounded. Parts and verdicts are in minor units then. */
MUST_USE result stack_run(stack_pass *p, uint64_t absent);

static inline price_use stack_use(const stack_entry *e)
{
    return (price_use){.rule = e->coupon->rule,
                       .currency = e->coupon->currency,
                       .used_minor = e->coupon->used_minor,
                       .most_minor = e->coupon->most_minor,
                       .covers = e->covers,
                       .kept = e->kept};
}

/* Are all coupons of the group decided together where its first one is? */
static inline bool stack_is_joint(const stack_group *g)
{
    return g != NULL && g->mode != GROUP_MODE_AT_MOST && g->mode != GROUP_MODE_ALL;
}

static inline uint64_t stack_bit(const stack_pass *p, const stack_entry *e)
{
    return UINT64_C(1) << (e - p->entries);
}

#endif

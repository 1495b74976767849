/* A search for the best set: what best.c and best_bound.c share. Private to domain/price. */
#ifndef QUAN_DOMAIN_PRICE_BEST_SEARCH_H
#define QUAN_DOMAIN_PRICE_BEST_SEARCH_H

#include "domain/price/best.h"
#include "domain/price/stack.h"

enum {
    /* A coupon taken and a group chosen each keep one, and a step that may be taken again. */
    FRAMES = 2 * PRICE_COUPONS_MAX + 2,
    MASKS_MAX = 2 * PRICE_COUPONS_MAX,
};

/* What a running price means for those that may still come. */
typedef struct outlook {
    int64_t taken_minor;              /* off the cart; of fractions the most that they may become */
    int64_t sums[MASKS_MAX];          /* what the lines of each mask cost, rounded up */
    int64_t value[PRICE_COUPONS_MAX]; /* the most that a coupon can take now */
    uint8_t ranked[PRICE_COUPONS_MAX]; /* coupons by that, the most first */
    uint64_t shared;                   /* those whose most is a share of their lines */
} outlook;

typedef struct frame {
    stack_state at;
    outlook view;
    int64_t *running, *gone, grain;
} frame;

typedef struct search {
    const best_ask *ask;
    stack_pass walk, check;
    arena *memory;
    price_most most[PRICE_COUPONS_MAX];
    int64_t settle_minor[PRICE_COUPONS_MAX]; /* by so much rounding at the end may exceed it */
    uint64_t (*masks)[RUN_WORDS];
    size_t mask_n;
    uint8_t lines_of[PRICE_COUPONS_MAX], spends_of[PRICE_COUPONS_MAX]; /* masks */
    uint64_t candidates, wanted; /* all that are no promotions; those that can take */
    uint64_t exclusive;
    uint64_t gone;                       /* promotions that the walk takes to be undone */
    uint64_t mates[PRICE_COUPONS_MAX];   /* of a group that is decided as one, itself too */
    uint64_t after[PRICE_COUPONS_MAX];   /* those alike that come after it */
    uint8_t group_of[PRICE_COUPONS_MAX]; /* the first coupon of its group */
    uint8_t by_expiry[PRICE_COUPONS_MAX], by_id[PRICE_COUPONS_MAX];
    outlook view;
    frame *frames[FRAMES];
    size_t depth;
    best_set *sets;
    size_t n;
    uint64_t work, work_max;
    int64_t open_minor; /* the largest bound of what was not looked at for lack of work; -1 */
} search;

/* A part of the search: sets with all of `in`, any of `open`, no others. */
typedef struct search_node {
    size_t at; /* in the order */
    uint64_t in, open;
    uint64_t pending; /* of `in`: their group has not had its turn */
    uint64_t must;    /* of `open` and `in`: they are in it anyhow */
    uint64_t settled; /* groups that are chosen: all coupons of them */
} search_node;

static inline uint64_t search_bit(size_t i)
{
    return UINT64_C(1) << i;
}

static inline size_t search_count(uint64_t set)
{
    set -= set >> 1 & UINT64_C(0x5555555555555555);
    set = (set & UINT64_C(0x3333333333333333)) + (set >> 2 & UINT64_C(0x3333333333333333));
    set = (set + (set >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f);
    return (size_t)(set * UINT64_C(0x0101010101010101) >> 56);
}

/* Fills in what is known of a coupon before any is taken; called once for each. R_OVERFLOW: as
 * price_run_most. */
MUST_USE result search_know(search *s, size_t i);
/* The running price of the walk has changed: what can the others take now? */
void search_look(search *s);
/* Coupons of quotas that `in` has used up. */
uint64_t search_barred(const search *s, uint64_t in);
/* The most that any set of the node takes beyond what is taken, with at most so many more. */
int64_t search_bound(search *s, const search_node *x, size_t most);

#endif

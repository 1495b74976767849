/* A search for the best set: what best.c and best_bound.c share. Private to domain/price. */
#ifndef QUAN_DOMAIN_PRICE_BEST_SEARCH_H
#define QUAN_DOMAIN_PRICE_BEST_SEARCH_H

#include "domain/price/best.h"
#include "domain/price/stack.h"

enum {
    /* A coupon taken, a promotion that may go and a group chosen each keep one, and a step that may
     * be taken again. */
    FRAMES = 2 * PRICE_COUPONS_MAX + 2,
    MASKS_MAX = 2 * PRICE_COUPONS_MAX,
};

/* What a running price means for those that may still come. */
typedef struct outlook {
    int64_t taken_minor; /* off the cart; of fractions the most that they may become */
    int64_t total_minor[PRICE_COUPONS_MAX]; /* as price_most: of the prices, whatever they are */
    int64_t value[PRICE_COUPONS_MAX];       /* the most that a coupon can take now */
    uint8_t ranked[PRICE_COUPONS_MAX];      /* coupons by that, the most first; none without */
    size_t ranked_n;
    uint64_t shared; /* those whose most is a share of their lines */
    uint64_t tight;  /* those that together could take more than their lines cost */
} outlook;

typedef struct frame {
    stack_state at;
    outlook view;
    int64_t *running, *gone, *costs, grain;
} frame;

typedef struct search {
    const best_ask *ask;
    stack_pass walk, check;
    arena *memory;
    price_most most[PRICE_COUPONS_MAX];
    int64_t settle_minor[PRICE_COUPONS_MAX]; /* by so much rounding at the end may exceed it */
    /* Sets of lines; then of their classes: lines that are in the same sets are of one class, and
     * only what these cost together is looked at. */
    uint64_t (*masks)[RUN_WORDS];
    size_t mask_n, class_n;
    uint16_t *class_of; /* [lines] */
    int64_t *costs;     /* [class_n]: at the running price */
    uint8_t lines_of[PRICE_COUPONS_MAX], spends_of[PRICE_COUPONS_MAX]; /* masks */
    uint64_t candidates, wanted;       /* all that are no promotions; those that can take */
    uint64_t exclusive, alone;         /* alone: exclusive ones beside which no other is */
    uint64_t may_go;                   /* promotions that may be undone, at their turn, … */
    uint64_t gone;                     /* … and those that the walk takes to be from its start */
    uint64_t mates[PRICE_COUPONS_MAX]; /* of a group that is decided as one, itself too */
    uint64_t after[PRICE_COUPONS_MAX]; /* those alike that come after it */
    uint8_t group_of[PRICE_COUPONS_MAX]; /* the first coupon of its group */
    uint8_t room_of[PRICE_COUPONS_MAX];  /* of a group, at its first coupon: how many may be */
    uint64_t grouped;                    /* those of groups of which only so many may be */
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

/* What a set of the node may have beside what is taken. */
static inline uint64_t search_coming(const search *s, const search_node *x)
{
    return x->open | x->pending | ~(s->candidates | s->walk.at.decided);
}

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

/* Opens the walk and the check, and fills in what is known before any coupon is taken. Errors as
 * price_cart's. */
MUST_USE result search_start(search *s);
/* The most that the coupon can take from the walk's running price on; it has no fractions. */
MUST_USE result search_most(search *s, size_t i, price_most *out);
/* The walk is at its start. */
void search_reset(search *s);
/* The running price of the walk has changed: what can those of `coming` take now? */
void search_look(search *s, uint64_t coming);
/* Coupons of quotas that `in` has used up. */
uint64_t search_barred(const search *s, uint64_t in);
/* Of `from` those that take most, as many as `most` and their groups allow. */
uint64_t search_pick(const search *s, uint64_t from, size_t most);
/* The most that any set of the node takes beyond what is taken, with at most so many more. */
int64_t search_bound(search *s, const search_node *x, size_t most);

#endif

/* The best set of coupons for a cart, proven, and the runners-up.
 *
 * Of the coupons that are asked about a set may be taken when price_cart, given these alone in the
 * order in which they were named, applies every one of them and each takes something off. So
 * stages, priorities, exclusive coupons, groups, stops, the most of an order and the arithmetic
 * policy are those of a price, and a hold that names the set gets the same. Promotions
 * (`automatic`) are in every set and need not apply. A coupon that is named twice counts where it
 * is named first. Better is, in this order: the larger discount of the cart; fewer coupons;
 * expiring sooner, coupon for coupon from the soonest; lower ids, from the lowest. The set of none
 * is one. Order is the policy's: where it goes as requested, the coupons of a set apply in the
 * order in which they were named here, and no other order is tried.
 *
 * How: branch and bound over the coupons in the order in which they apply, so that a branch holds
 * the running price after those that it has taken. It is left when what it has taken off so far
 * and a bound of what the others may still take do not come up to the sets that were found. The
 * bound is never below what can happen:
 * - No coupon takes more than price_run_most says. That is what its kind offers at list price when
 *   thresholds and conditions are taken as met and its scope as wide as other coupons can make it
 *   by discounting lines. Lower prices make no kind offer more, but for rounding, which is added,
 *   and but for those kinds that have a bound of their own (price_kind.most). So also where one
 *   coupon helps another (a condition that asks for at most, a scope of discounted lines, units
 *   that are gone) it has been counted. Of kinds that pick units it is asked again at each state,
 *   since what a unit costs then is known.
 * - It takes no more than what its lines still cost, nor, of a percentage, than that share of it.
 *   All together take no more than what the lines of any of them still cost, and those of the same
 *   lines no more than these. Percentages together take of each line what is left when each takes
 *   its share of what the others leave, in any order: the less others have taken, the more they
 *   take in sum, since a share is less than all. Where so many may be, that is bounded for each
 *   number of percentages, with as many others as may be beside them.
 * - Running prices only fall: a coupon below its minimum spend stays below it.
 * - There are no more coupons than may be: the most of an order, of a group at most n, one of a
 *   group that takes the best one or the highest rank, none after one that stops, and an exclusive
 *   one alone.
 * - Quotas: those that take most, as many as each leaves, which is the most that can be where
 *   quotas lie in each other or apart.
 * - Where the policy keeps fractions (ROUND_WHEN) the walk keeps them, too, in the grain that the
 *   coupons it has taken need (exact.h). What is said above is rounded up; and where each coupon is
 *   rounded at the end, each may give so much more as that can add.
 * - Promotions that later discounts may undo (THRESHOLD_AGAIN), or rounding at the end, are a
 *   branch, too: with and without. What they may take counts for the bound while they are open.
 * best_test.c compares with all sets, for all kinds and policies.
 *
 * Coupons of one rule that follow each other in the order are alike: of these the ones that expire
 * soonest (then with the lowest ids) are taken first, and sets with others of them are not looked
 * at. Pure; work is counted, not timed. */
#ifndef QUAN_DOMAIN_PRICE_BEST_H
#define QUAN_DOMAIN_PRICE_BEST_H

#include "domain/price/price.h"

enum {
    BEST_COUPONS_MAX = PRICE_COUPONS_MAX, /* considered, promotions among them */
    BEST_SETS_MAX = 10,                   /* told */
    BEST_WORK_MAX = 400000,               /* lines looked at: see best_ask.work_max */
};

/* Of these coupons (a bit a place), none of them a promotion, at most so many. */
typedef struct best_quota {
    uint64_t of;
    size_t most;
} best_quota;

/* What a coupon of a set does, promotions among them. */
typedef struct best_use {
    size_t coupon; /* place */
    int64_t discount_minor, units;
} best_use;

typedef struct best_ask {
    price_ask price;              /* its coupons are those to choose from */
    const int64_t *expires_at_ms; /* [price.n] */
    size_t sets;                  /* how many of the best to find, 1 … BEST_SETS_MAX */
    /* What else a set must keep to. NULL: nothing. Asked about sets as they are priced whole, uses
     * in the order in which they apply; the set of none is always allowed. A set that is not
     * allowed may be a part of one that is. */
    bool (*allows)(void *context, const best_use *uses, size_t n);
    void *context;
    /* What of that is known by number alone, so that the search need not try: no two of them
     * overlap but where one lies in the other. */
    const best_quota *quotas;
    size_t quota_n;
    /* The search ends after so many lines were looked at by coupons and bounds; 0: BEST_WORK_MAX.
     * What it had begun is completed, at most one price of the cart with all coupons. */
    uint64_t work_max;
} best_ask;

typedef struct best_set {
    uint64_t coupons; /* a bit a place in price.coupons; promotions are not in it */
    int64_t discount_minor;
} best_set;

typedef struct best_answer {
    best_set *sets;    /* [n], the best first; fewer than asked for where there are no more */
    size_t n;          /* >= 1 where proven; 0 only when the work was used up before anything */
    bool proven;       /* of all sets that are told: there is none better that is not */
    int64_t gap_minor; /* no set gives more than sets[0] and this; 0 where proven */
    uint64_t work;
} best_answer;

/* R_INVALID, R_OVERFLOW: as price_cart says of the cart and all coupons. */
MUST_USE result price_best(const best_ask *ask, arena *memory, best_answer *out);

/* What becomes of every coupon beside a set: those of `chosen`, and promotions, as price_cart says
 * of the set. Of another what it says of that one by itself, where it would not apply; else what it
 * says when that one is added to the set, but never R_DONE: where it would apply, R_NOT_STACKABLE
 * "not_better". verdicts[ask->n]. R_INVALID, R_OVERFLOW: as above. */
MUST_USE result price_best_explain(const price_ask *ask, uint64_t chosen, arena *memory,
                                   price_verdict *verdicts);

#endif

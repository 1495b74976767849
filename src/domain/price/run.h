/* One pass of coupons over lines: what price_cart and price_return share. Private to domain/price.
 *
 * Amounts are minor units times grain, which is 1 unless the policy keeps fractions (exact.h).
 * Invariants: 0 <= running[i] <= list[i]; the subtotal is at most MONEY_MAX, the sum of list at
 * most FINE_MAX. Nothing but running changes, and only by price_run_take. */
#ifndef QUAN_DOMAIN_PRICE_RUN_H
#define QUAN_DOMAIN_PRICE_RUN_H

#include "domain/price/kind.h"
#include "domain/price/policy.h"
#include "domain/price/rule.h"

enum { RUN_WORDS = (CART_LINES_MAX + 63) / 64 };

typedef struct price_run {
    const order_line *lines;
    size_t n;
    price_policy policy;
    str currency;
    const cart *cart;
    arena *memory;
    bool quiet;              /* conditions that are not met are not explained */
    bool closing;            /* price_run_most only: lines may be blocked later */
    const uint64_t *blocked; /* a bit a line that no coupon may touch any more; NULL: none */
    int64_t grain;           /* 1 at the start */
    int64_t finer;           /* after R_AGAIN: by what price_run_refine multiplies it */
    int64_t subtotal_minor;  /* in minor units, whatever the grain */
    int64_t *list;           /* [n]: prices before discounts */
    int64_t *running;        /* [n] */
    int64_t *parts;          /* [n]: what the coupon at hand takes of each line, or adds to it */
    int64_t *touched;        /* [n]: units that it uses up, where its kind picks units */
    int64_t *gone;           /* [n]: of all that were taken so far */
    /* Where fractions are kept: of the coupon at hand */
    int64_t *reduced;  /* [n]: units that it makes cheaper */
    int64_t *rooms;    /* [n]: what it may take at most */
    int64_t cap_minor; /* in minor units; 0: none */
    bool by_share;     /* it takes a percentage that no cap has cut */
    struct exact_scratch *scratch;
    kind_line *eligible, *targets;                             /* [n] */
    int64_t *amounts, *units, *paid, *offered, *most, *prices; /* [n]: of the targets */
} price_run;

/* Prices are cart_line_minor's where prices is NULL, else as given there: 0 … MONEY_MAX.
 * R_INVALID: more than CART_LINES_MAX lines, a quantity not in 1 … CART_QUANTITY_MAX (a thousand
 * times that for what is weighed), a price not in 0 … MONEY_MAX. R_OVERFLOW: a line or the subtotal
 * beyond MONEY_MAX. lines, n, policy and currency are set before. */
MUST_USE result price_run_start(const int64_t *prices, arena *memory, price_run *run);
/* Back to the start: in a grain that is `finer` times as fine; in whole minor units. */
void price_run_refine(price_run *run);
void price_run_reset(price_run *run);
/* Not back to the start: all in a grain that is `finer` times as fine. */
void price_run_go_finer(price_run *run);
/* List prices in another grain; running prices are the caller's. */
void price_run_regrain(price_run *run, int64_t grain);

typedef struct kept_coupon kept_coupon;

/* A use of a rule. */
typedef struct price_use {
    const price_rule *rule;
    str currency;       /* of the campaign */
    int64_t used_minor; /* of a stored value: what is gone already */
    int64_t most_minor; /* beside the cap; 0: none */
    /* Two sets of lines, a bit each, RUN_WORDS words: those that the scope covers at list price,
     * and those that it covers once they are discounted. NULL: the scope is asked. */
    const uint64_t *covers;
    const kept_coupon *kept; /* of a return (kept.h); else NULL */
} price_use;

/* What a line is to a coupon, before its scope is asked. */
typedef enum line_place {
    LINE_PLACE_NONE,     /* a charge for sending, which the policy leaves out */
    LINE_PLACE_TARGET,   /* what its kind reduces instead of eligible lines */
    LINE_PLACE_EXCLUDED, /* barred */
    LINE_PLACE_ELIGIBLE, /* where the scope covers it */
} line_place;
line_place price_run_place(const price_run *run, const price_rule *rule,
                           const benefit_values *values, size_t i);
/* The same of a kind that reduces eligible lines. */
line_place price_run_goods_place(const price_run *run, size_t i);

/* Fills parts with what the rule takes at the running price, and tells; discount_minor and
 * adds_minor are in the run's grain. R_DONE, R_OVERFLOW, or R_AGAIN: with the grain of this run it
 * would not be exact, but with one `finer` times as fine. */
MUST_USE result price_run_offer(price_run *run, const price_use *use, price_verdict *verdict);

/* The two sets of price_use.covers, one behind the other. */
void price_run_covers(const price_run *run, const price_rule *rule, uint64_t *covers);

/* What no use of a rule in this cart can exceed, whatever coupons come before it: they may lower
 * running prices, make lines discounted, use up units and close lines, in any combination. */
typedef struct price_most {
    int64_t total_minor;
    int64_t share;             /* millionths of the running price of its lines, … */
    int64_t slack_minor;       /* … and so much more for rounding */
    bool spend_asked;          /* there is a minimum spend */
    int64_t least_minor;       /* running price of `spends` below which it gives nothing */
    uint64_t lines[RUN_WORDS]; /* those that it may reduce */
    uint64_t spends[RUN_WORDS];
} price_most;
/* run: at list prices, or where coupons that come before have left it, in whole minor units;
 * use->covers is set; run->closing says whether others may close lines to it. R_DONE or
 * R_OVERFLOW. */
MUST_USE result price_run_most(price_run *run, const price_use *use, price_most *out);

/* What the eligible lines lack to its minimum spend at the running price, in minor units rounded
 * up; 0: nothing. */
int64_t price_run_missing(price_run *run, const price_use *use);

/* Subtracts parts from running, and counts the units. Gives the sum. */
int64_t price_run_take(price_run *run);

#endif

/* Who pays for a discount: the parties of a template's funding, in their order. Pure; exact.
 *
 * Of one use that takes D off, cents:
 * 1. Each party with `first` pays that, or what is left of D, in their order.
 * 2. What is left then is split by the shares, which add up to 100 %: whole cents, largest
 *    remainder first, ties to the earlier party (money_split).
 * 3. What falls on a party by its share beyond its cap, or beyond what its budget has, falls on the
 *    next one by share. The last has neither cap nor budget. So all of D is always paid.
 * A party with `first` whose budget has less leaves the rest to the shares (2).
 *
 * Over lines (fund_lines): parties in their order, each its whole part by what those before it have
 * left of the discounts of the lines, largest remainder first, ties to the earlier line. So lines
 * sum to what a party pays, and parties to what a line is discounted; none is negative.
 *
 * Over the units of a line (fund_units): of what some first units have of the line's discount,
 * parties in their order, each its proportion of what those before it have left, rounded down. So
 * each grows with the units, and all of them have what fund_lines says: the difference of two is
 * what the units between have, never negative. */
#ifndef QUAN_DOMAIN_PRICE_FUND_H
#define QUAN_DOMAIN_PRICE_FUND_H

#include "base/arena.h"
#include "base/result.h"
#include "domain/table.gen.h"

enum {
    FUND_PARTIES_MAX = 4,     /* that pay for one discount */
    FUND_PARTY_NAME_MAX = 64, /* bytes */
    FUND_NUMBERS_MAX = 32,    /* that ever paid for discounts of one template */
};

/* Those who pay for coupons of this version: the first *n of the funding; 0: the merchant does. */
const fund_party *fund_parties(const template_version *v, size_t *n);
/* NULL: the version does not know the number. Past ones, too. */
const fund_party *fund_find(const template_version *v, uint16_t number);

/* How much a party's budget has, up to want (> 0): sets *have, 0 … want. What it answers other than
 * R_DONE ends the split. */
typedef result fund_ask(void *context, const fund_party *p, int64_t want_minor,
                        int64_t *have_minor);

typedef struct fund_use {
    const fund_party *parties;
    size_t n; /* 1 … FUND_PARTIES_MAX; of rules that were checked */
    int64_t discount_minor;
    fund_ask *ask; /* of each but the last; NULL: budgets have all */
    void *context;
} fund_use;
/* paid[n] >= 0, they sum to the discount. */
MUST_USE result fund_split(const fund_use *use, int64_t *paid);

/* parts[party * m + line]. left[m]: the discounts of the lines, which sum to what is paid; m from 1
 * to CART_LINES_MAX. It is used up. */
void fund_lines(const int64_t *paid, size_t n, int64_t *left, size_t m, int64_t *parts);

/* The same of an applied coupon of an order, as it is frozen: parts[party * lines + line], in
 * memory. Its n parties pay all of its shares. */
typedef struct fund_frozen {
    size_t applied, lines; /* lines: of the order */
    const line_share *shares;
    size_t share_count;
    const party_share *parties; /* of this coupon */
    size_t n;                   /* 1 … FUND_PARTIES_MAX */
} fund_frozen;
int64_t *fund_parts(const fund_frozen *of, arena *memory);

/* Of `minor` of a line's discount, from 0 to the sum of whole[n]: what each party has. */
void fund_units(const int64_t *whole, size_t n, int64_t minor, int64_t *parts);

#endif

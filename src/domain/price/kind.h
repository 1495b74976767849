/* What a benefit kind implements: five functions behind one constant, listed in kind.def.
 *
 * A kind sees only the lines that its coupon's scope covers, at their running price, and answers
 * how much comes off each of them. It knows nothing of other coupons, scopes, currencies, orders or
 * returns. It never takes more from a line than is left of it. Private to domain/price. */
#ifndef QUAN_DOMAIN_PRICE_KIND_H
#define QUAN_DOMAIN_PRICE_KIND_H

#include "domain/price/price.h"

typedef struct kind_line {
    size_t line; /* its place in the cart */
    int64_t quantity, unit_minor;
    int64_t running_minor; /* 0 … quantity * unit_minor: what earlier coupons have left */
} kind_line;

/* The eligible lines in the cart's order: at least one, at most CART_LINES_MAX. */
typedef struct kind_base {
    const kind_line *lines;
    size_t n;
    int64_t running_minor; /* their sum, at most MONEY_MAX */
} kind_base;

/* The answer; comes zeroed. With discount_minor 0 it does not apply, and reason, when it is not
 * empty, tells why. */
typedef struct kind_offer {
    int64_t discount_minor;
    int64_t *parts; /* [base->n], each 0 … running_minor of its line; sum to discount_minor */
    str reason;
    int64_t missing_minor;
} kind_offer;

typedef struct price_kind {
    /* Reports what is wrong with the kind's columns. */
    void (*check)(const template_version *version, issues *found);
    /* As price_largest_discount. */
    int64_t (*largest)(const template_version *version);
    /* The kind's own compiled form, kept inside the rule's block, aligned like max_align_t. */
    size_t (*terms_size)(const template_version *version);
    void (*compile)(const template_version *version, void *terms);
    /* R_DONE, also where it does not apply, or R_OVERFLOW. */
    result (*offer)(const void *terms, const kind_base *base, kind_offer *out);
} price_kind;

const price_kind *kind_find(uint8_t number); /* NULL when there is none */

/* For kinds: true when the base reaches the threshold; else says so in the offer. */
bool kind_reaches(const kind_base *base, int64_t threshold_minor, kind_offer *out);
/* For kinds: offers this discount, cut to what is left, over the lines by their running amounts.
 * 0 or less: it does not apply. */
void kind_offer_spread(const kind_base *base, int64_t discount_minor, kind_offer *out);
/* For kinds: reports an amount that is not in min … MONEY_MAX. */
void kind_check_amount(str field, int64_t amount_minor, int64_t min, issues *found);

#endif

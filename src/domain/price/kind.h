/* What a benefit kind implements: one function or two behind one constant, listed in kind.def.
 *
 * A kind is pure and sees only what its coupon is good for, at the price that the policy says. It
 * answers how much comes off, exactly; what is a minimum spend, a cap, a floor, how to round and
 * where cents go is the engine's. It knows nothing of other coupons, scopes, currencies, orders or
 * returns. Private to domain/price. */
#ifndef QUAN_DOMAIN_PRICE_KIND_H
#define QUAN_DOMAIN_PRICE_KIND_H

#include "domain/price/benefit.h"
#include "domain/price/price.h"

/* The most that any price of a run may be: in minor units at most MONEY_MAX, in fractions of them
 * (exact.h) this. */
#define FINE_MAX (INT64_MAX / 2)

/* A line, or as many units of it as the coupon is good for. Amounts are minor units, or a fraction
 * of them that is the same for all of a benefit's. */
typedef struct kind_line {
    uint32_t line;       /* its place in the cart */
    int64_t units;       /* 1 … CART_QUANTITY_MAX; what is weighed is one unit */
    int64_t price_minor; /* of these units together: 0 … FINE_MAX */
    int64_t left_minor;  /* what may still come off them; the engine cuts to it */
    str sku;
} kind_line;

typedef struct kind_base {
    const kind_line *lines; /* what may be reduced, in the cart's order */
    size_t n;               /* 0 … CART_LINES_MAX; 0 only for kinds with other targets */
    int64_t price_minor;    /* of these lines, at most FINE_MAX */
    int64_t spend_minor;    /* of all eligible lines, whole: what reaches tiers and full amounts */
    int64_t units;          /* of all eligible lines */
    int64_t balance_minor;  /* of a stored value: what is on the coupon; -1: what was issued */
    const price_policy *policy; /* for what the benefit may leave to it */
    uint8_t stage;              /* price_stage of the coupon */
} kind_base;

/* The answer; comes zeroed, with amounts of base->n places. The discount is
 *   KIND_EACH   amounts[i] * num / den of each line
 *   KIND_TOTAL  total_minor, split by amounts
 * where total_minor is at most base->price_minor, and so are amounts of KIND_EACH at most
 * price_minor of their lines.
 * reason, when it is not empty, tells why it does not apply. */
typedef enum kind_how { KIND_NOTHING, KIND_EACH, KIND_TOTAL } kind_how;
typedef struct kind_offer {
    kind_how how;
    bool adds;        /* to what the seller receives; the customer pays the same */
    bool hands_over;  /* it applies though it takes nothing off and adds nothing */
    int64_t *amounts; /* [base->n] */
    int64_t *units;   /* [base->n]: units that are reduced; all until the kind says less */
    int64_t *paid;    /* [base->n]: units beside them that must be paid for them; 0 */
    int64_t num, den; /* 1 / 1 until the kind says else; 0 <= num <= den <= 1,000,000 */
    int64_t total_minor;
    bool by_units; /* amounts are units, of which each gets the same */
    str reason;
    int64_t missing_minor, missing_units;
    str gift; /* to be added: so many units of a sku */
    int64_t gift_units;
} kind_offer;

/* Which lines a kind reduces. */
typedef enum kind_targets {
    KIND_ELIGIBLE,
    KIND_GIFTS,    /* those with the kind's sku; they do not count as eligible */
    KIND_SHIPPING, /* charges for sending */
} kind_targets;

typedef enum kind_group { KIND_FIXED, KIND_PERCENT, KIND_UNITS } kind_group; /* for evaluation */

typedef struct price_kind {
    kind_targets targets;
    kind_group group;
    /* Reports what values that are right by themselves must not be together. NULL: nothing. */
    void (*check)(const benefit_values *values, issues *found);
    /* The most that one use can give without a cap in a stage (price_stage), whatever the policy
     * says; -1: it has no bound. NULL: -1. */
    int64_t (*largest)(const benefit_values *values, uint8_t stage);
    void (*offer)(const benefit_values *values, const kind_base *base, kind_offer *out);
    /* An offer that none for the same lines, or fewer of their units, at lower prices exceeds but
     * for rounding. NULL: offer is one, as long as the units are the same. */
    void (*most)(const benefit_values *values, const kind_base *base, kind_offer *out);
} price_kind;

const price_kind *kind_find(uint8_t number); /* NULL when there is none */

/* ---- for kinds ---- */

/* What some units of a line cost: of all, their price; of some, its share rounded half-up. */
int64_t kind_units_minor(const kind_line *line, int64_t units);
/* Places of lines in the order in which a WORD_COMMON_… picks: by the price of a unit, of equal
 * ones the earlier line. */
void kind_order(const kind_base *base, int64_t word, uint16_t *order);
/* Offers a share of the price of the first `units` units in that order. */
void kind_offer_units(const kind_base *base, int64_t word, int64_t units, kind_offer *out);
/* Marks so many more units as paid, those that come next in that order. */
void kind_offer_paid(const kind_base *base, int64_t word, int64_t units, kind_offer *out);
/* Offers what all lines cost above a total, below which they are not reduced. */
void kind_offer_total(const kind_base *base, int64_t discount_minor, kind_offer *out);
/* Adds what `units` units of a line cost above a price of each to what is offered. */
void kind_offer_above(const kind_base *base, size_t at, int64_t units, int64_t price_minor,
                      kind_offer *out);
void kind_offer_percent(const kind_base *base, int64_t millionths, kind_offer *out);
/* min(value, most) where most is set; 0: it is not. */
int64_t kind_at_most(int64_t value, int64_t most);
/* a * b, at most FINE_MAX, which is more than anything costs. Neither is negative. */
int64_t kind_times(int64_t a, int64_t b);

#endif

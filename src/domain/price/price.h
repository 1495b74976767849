/* Price: a cart and coupons in, discounts per line and the reason for every coupon out. Pure, integer, deterministic; it never changes the cart.
 *
 * Arithmetic policy (the default of DESIGN 6): coupons apply one after another in the order given, each on the running price; a
 * discount is rounded half-up to minor units, then split over the eligible lines by their running amounts with largest remainder;
 * a line never goes below zero; the sum over lines is the discount exactly.
 * A benefit kind is one file kind_<name>.c and one row in kind.def. */
#ifndef QUAN_DOMAIN_PRICE_H
#define QUAN_DOMAIN_PRICE_H

#include "base/arena.h"
#include "base/issues.h"
#include "base/result.h"
#include "domain/table.gen.h"

enum { CART_LINES_MAX = 500, ORDER_COUPONS_MAX = 20, SCOPE_ITEMS_MAX = 50000 };
#define CART_QUANTITY_MAX INT64_C(1000000)

typedef struct price_rule price_rule; /* a template version compiled: its scope as sets, its kind as numbers */

/* Compiles a valid template_version; memory of the rule is one malloc'ed block, freed by price_rule_free. */
price_rule *price_rule_new(const template_version *version);
void price_rule_free(price_rule *rule);
bool price_rule_covers(const price_rule *rule, str sku, str category);
/* The largest discount that the version can ever give: what a budget at issue reserves; -1 when it has no bound. */
int64_t price_largest_discount(const template_version *version);

typedef struct cart {
    str currency;
    str store, channel;
    const order_line *lines; /* sku, category, quantity (1 … CART_QUANTITY_MAX), unit_minor (0 … MONEY_MAX) are read */
    size_t n;
} cart;

typedef struct price_coupon {
    uint64_t coupon, campaign, template;
    uint32_t version;
    const price_rule *rule;
    str currency; /* of the campaign: another one than the cart's never applies */
} price_coupon;

/* Why a coupon did not apply, or what it gave. */
typedef struct price_verdict {
    result result;          /* R_OK or R_NOT_APPLICABLE, R_NOT_STACKABLE */
    str reason;             /* stable: "", no_eligible_line, below_threshold, currency, nothing_left */
    int64_t missing_minor;  /* below_threshold: how much more the eligible lines need */
    int64_t discount_minor;
} price_verdict;

typedef struct price_result {
    int64_t subtotal_minor, discount_minor;
    int64_t *line_discount_minor; /* [cart->n] */
    price_verdict *verdicts;      /* [coupon count] */
    line_share *shares;           /* every non-zero (coupon, line) */
    size_t share_count;
} price_result;

/* R_OK, also where no coupon applies; R_OVERFLOW when an amount leaves MONEY_MAX; R_INVALID for more lines or coupons than the maxima. */
MUST_USE result price_cart(const cart *c, const price_coupon *coupons, size_t n, arena *memory, price_result *out);

/* What a return gives back. `lines` are those of the redemption with what was already returned and refunded; `now` are the units that come back.
 * Writes refund_minor of each and the total. By each coupon's refund rule (table.def refund_rule); never negative; when everything has come back the
 * sum of all refunds is exactly what was paid. rules[i] is that of applied[i]. R_NOT_RETURNABLE: more than what is left of a line. */
typedef struct return_plan {
    const redemption *redemption;
    const price_rule *const *rules;
    const uint8_t *refund_rules;
    return_line *now;
    size_t n;
} return_plan;
MUST_USE result price_return(const return_plan *plan, arena *memory, int64_t *refund_minor);

#endif

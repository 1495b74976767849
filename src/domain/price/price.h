/* Price: a cart and coupons in, discounts per line and the reason for every coupon out.
 *
 * Pure, integer, deterministic; the cart is never changed. Amounts are minor units of the cart's
 * currency. Callable from any thread: a rule is read only.
 *
 * The arithmetic policy (policy.def) says how; its default:
 * - Coupons apply one after another in the order given, each on the running price: what is left of
 *   the eligible lines after the coupons before it. Thresholds are compared with it too.
 * - A discount is rounded half-up to minor units before the next coupon, then split over the
 *   eligible lines by their running amounts with largest remainder, ties to the earlier line.
 * - A coupon that would give nothing does not apply, so it is not spent for nothing.
 * Always: no line goes below zero, and the sum over lines is the discount exactly. What a line gets
 * is frozen with the order. For returns it is split over the line's units: as equal as whole cents
 * allow, the cents that are left over on the units that come back first, or last (ODD_UNITS).
 *
 * A benefit kind is one file kind_<name>.c and one row in kind.def. Every kind gives money off
 * lines: shipping is a line of the cart, a gift is a line that becomes free. */
#ifndef QUAN_DOMAIN_PRICE_PRICE_H
#define QUAN_DOMAIN_PRICE_PRICE_H

#include "base/arena.h"
#include "base/issues.h"
#include "base/money.h"
#include "base/result.h"
#include "domain/price/policy.h"
#include "domain/rule/rule.h"

enum {
    ORDER_COUPONS_MAX = 20, /* that an order may name */
    AUTOMATIC_MAX = 24,     /* promotions that come by themselves */
    ORDER_APPLIED_MAX = ORDER_COUPONS_MAX + AUTOMATIC_MAX,
    PRICE_COUPONS_MAX = 64, /* with the drafts of a quote */
};
#define PRICE_USES_ANY UINT32_MAX

/* A template version compiled: its scope and conditions as programs, its benefit as numbers.
 * Immutable. */
typedef struct price_rule price_rule;

/* What is wrong with the benefit and the trees of a version that a merchant wrote; `found` gets
 * fields "benefit.…", "scope" and "conditions". Where it has some of the benefit already, that is
 * not looked at again. A version without issues compiles. */
void price_rule_check(const template_version *version, issues *found);
/* Never NULL; keeps no pointer into version. One malloc'ed block, which price_rule_free frees. */
price_rule *price_rule_new(const template_version *version);
void price_rule_free(price_rule *rule); /* NULL is allowed */
/* The largest discount that one use can give, in the campaign's currency; -1: it has no bound. */
int64_t price_rule_largest(const price_rule *rule);
/* The money that a stored value has when it is issued, in that currency; -1: another kind. */
int64_t price_rule_value(const price_rule *rule);
/* The most that so many uses can give together, and of a stored value that has so much money left:
 * what a budget at issue reserves. -1: it has no bound. Beyond MONEY_MAX: MONEY_MAX. */
int64_t price_rule_worth(const price_rule *rule, uint32_t uses, int64_t money_minor);
/* How often a coupon of this version may be used; PRICE_USES_ANY: while it has money. */
uint32_t price_uses(const template_version *version);
/* For an index: the programs of its scope and its conditions (NULL: all lines, any cart), and the
 * minimum spend, the lowest of those that are listed by currency (0: none). They live in the
 * rule. */
const rule_program *price_rule_scope(const price_rule *rule);
const rule_program *price_rule_conditions(const price_rule *rule);
int64_t price_rule_minimum_spend(const price_rule *rule);
/* What its conditions ask beside the goods (rule_frozen), for returns. False: it has none. */
bool price_rule_frozen(const price_rule *rule, const cart *c, arena *memory, str *out);
/* The group that it stands in; empty: none. Lives in the rule. */
str price_rule_group(const price_rule *rule);
/* Is it good in the campaign's currency only? */
bool price_rule_one_currency(const price_rule *rule);
/* Is it good in a cart's currency: own, the campaign's, one in which its amounts are listed, or any
 * where it says so? Of a stored value own only. */
bool price_rule_takes(const price_rule *rule, str currency, str own);

typedef struct price_coupon {
    uint64_t coupon, campaign, template;
    uint32_t version;
    const price_rule *rule;
    str currency;       /* of the campaign */
    int64_t used_minor; /* of a stored value: what earlier uses have taken */
    int64_t most_minor; /* that it may take off, its own cap aside; 0: no bound */
    bool automatic;     /* a promotion: it counts for no most of coupons */
} price_coupon;

/* What is priced, and how. */
typedef struct price_ask {
    const cart *cart;
    const price_coupon *coupons; /* in the order in which they were named */
    size_t n;                    /* <= PRICE_COUPONS_MAX */
    price_policy policy;
    const stack_group *groups; /* the merchant's; a coupon whose group is not there has none */
    size_t group_count;
    uint32_t coupons_max;          /* of an order; 0: as many as are named */
    bool spoiled;                  /* a coupon that is not here was refused (REFUSED_COUPON) */
    const struct price_kept *kept; /* price_return's own; else NULL */
} price_ask;

/* Why a coupon did not apply, or what it gave. The first that is true, in this order:
 *   R_NOT_STACKABLE  duplicate         the same coupon id (0 aside) came before in the list
 *                    too_many_coupons  so many apply already
 *                    replaced          so many were named after it (COUPONS_BEYOND)
 *                    exclusive         another keeps it out, or it is not alone
 *                    stopped           another has closed the cart
 *                    group_full        so many of its group apply already
 *                    better_in_group   others of its group give more, or have a higher rank
 *                    another_refused   one that was named beside it does not apply
 *                                      (REFUSED_COUPON)
 *                    not_better        best.h only: the best set is no better with it
 *   R_NOT_APPLICABLE currency_mismatch it is not good in the cart's currency
 *                    no_eligible_line  its scope covers no line
 *                    excluded_item     its scope does not cover every line, and the policy refuses
 *                    conditions_not_met why tells which, and what is missing
 *                    below_threshold   missing_minor more of running price is needed
 *                    too_few_units     missing_units more are needed
 *                    incomplete_set    missing_units of members are needed
 *                    gift_missing      gift is not in the cart: gift_units of it are told
 *                    no_shipping       there is no charge for sending
 *                    above_full        a percentage is more than what is left (ABOVE_FULL)
 *                    too_fine          its fractions do not fit beside those of others, where the
 *                                      policy keeps them (ROUND_WHEN; exact.h has the bound)
 *                    nothing_left      its discount is 0: free lines, or all is paid by others, or
 *                                      less than half a cent
 *   R_DONE             (empty)           discount_minor > 0, or adds_minor > 0; neither where the
 *                                        policy says that it is used all the same, or the kind
 *                                        hands over */
typedef struct price_verdict {
    result result;
    str reason;            /* a constant */
    int64_t missing_minor; /* below_threshold only, else 0 */
    int64_t missing_units;
    int64_t discount_minor;
    int64_t adds_minor; /* to what sellers receive; the customer pays the same */
    str gift;           /* sku of what is to be added, as far as the cart has it not */
    int64_t gift_units;
    rule_refusal why; /* conditions_not_met only */
} price_verdict;

typedef struct price_result {
    int64_t subtotal_minor, discount_minor;
    int64_t *line_discount_minor; /* [cart->n] */
    price_verdict *verdicts;      /* [coupon count] */
    line_share *shares; /* every non-zero (coupon, line), coupons as in order, then by line;
                           `applied` is the coupon's place in the list that was given */
    size_t share_count;
    int64_t adds_minor;
    line_share *adds; /* as shares: what coupons add to what the seller of a line receives */
    size_t add_count;
    uint16_t *order; /* the coupons that apply, in the order in which they did */
    size_t order_count;
} price_result;

/* Coupons apply one after another: by stage, priority, the policy's evaluation, as named. Groups
 * are settled where their first coupon is. R_DONE, also where no coupon applies. R_INVALID: more
 * lines or coupons than the maxima, or a quantity or price out of range. R_OVERFLOW: a line or the
 * subtotal is beyond MONEY_MAX. Then *out is left alone. What out points to lives in memory. */
MUST_USE result price_cart(const price_ask *ask, arena *memory, price_result *out);

/* A line's discount over its units: what units first … first + count - 1 have of total_minor. */
typedef struct price_units {
    int64_t total_minor, quantity; /* >= 0, >= 1 */
    uint8_t odd_units;             /* of the policy */
} price_units;
int64_t price_unit_share(const price_units *of, int64_t first, int64_t count);

#endif

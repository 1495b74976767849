/* One cart and many rules, each by itself: which fit, and what would they give? For finding; what
 * an order really takes is price_cart's.
 *
 * A probe is one thread's. Nothing is kept between rules, so their order does not matter. */
#ifndef QUAN_DOMAIN_PRICE_PROBE_H
#define QUAN_DOMAIN_PRICE_PROBE_H

#include "domain/price/price.h"

typedef struct price_probe price_probe;

typedef struct price_probe_cart {
    const cart *cart; /* lines marked as for price_cart */
    price_policy policy;
    /* The lines are goods that somebody looks at, not a cart: whatever conditions ask of a cart's
     * content may come true, and so may what is not known; minimum spends are not looked at. */
    bool is_page;
} price_probe_cart;

/* Refusals as price_cart's. Lives in memory, with pointers into the cart. */
MUST_USE result price_probe_new(const price_probe_cart *of, arena *memory, price_probe **out);

/* Does the scope cover a line (where there are lines), and are the conditions met? Necessary, not
 * sufficient, for price_probe_ask to say R_DONE. Allocates nothing. */
bool price_probe_fits(const price_probe *p, const price_rule *rule);

/* What that reads of a rule: whoever asks very many keeps it beside them, and need not fetch the
 * rule. Lives as long as the rule. */
typedef struct price_fit {
    const price_rule *rule; /* NULL: its kind reduces what the scope covers, and nothing else */
    const rule_program *scope, *conditions; /* NULL: all lines, any cart */
} price_fit;
price_fit price_fit_of(const price_rule *rule);
/* The same answer, where it is known that the scope covers no line but this one; or nothing is. */
#define PRICE_LINE_ANY UINT32_MAX
bool price_probe_fits_at(const price_probe *p, const price_fit *of, uint32_t line);
/* What price_cart says of `of` alone, in scratch, which may be reset when out has been read. Not of
 * a page. As price_cart. */
MUST_USE result price_probe_ask(const price_probe *p, const price_coupon *of, arena *scratch,
                                price_verdict *out);

/* The facts of the cart, of whose eligible lines nothing is known. */
const rule_facts *price_probe_facts(const price_probe *p);
/* At list price, with all charges: at least what any threshold is compared with. */
int64_t price_probe_total(const price_probe *p);

#endif

/* Inside a price_rule. Private to domain/price. */
#ifndef QUAN_DOMAIN_PRICE_RULE_H
#define QUAN_DOMAIN_PRICE_RULE_H

#include "domain/price/kind.h"
#include "domain/rule/rule.h"

/* Where it stands among others, with the defaults filled in. */
typedef struct price_standing {
    uint8_t stage, stop;
    bool exclusive, always;
    int32_t priority, rank;
    str group, lane;
} price_standing;

/* The head of a block with the benefit and the names behind it; scope and conditions are blocks of
 * their own. */
struct price_rule {
    const price_kind *kind;
    uint8_t number; /* benefit_kind */
    benefit_form benefit;
    int64_t largest_minor;
    price_standing standing;
    rule_program *scope, *conditions; /* NULL: all lines, any cart */
};

/* Whether the scope covers the line; currency: the cart's; discounted: coupons took from it
 * already. */
bool rule_covers(const price_rule *rule, const order_line *line, str currency, bool discounted);

/* The values in a cart's currency: own is that of the campaign. NULL: it is not good in it. */
const benefit_values *rule_values(const price_rule *rule, str currency, str own);

#endif

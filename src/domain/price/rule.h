/* Inside a price_rule. Private to domain/price. */
#ifndef QUAN_DOMAIN_PRICE_RULE_H
#define QUAN_DOMAIN_PRICE_RULE_H

#include "domain/price/kind.h"
#include "domain/price/scope.h"

/* The head of one block; the benefit and the scope's set lie behind it. */
struct price_rule {
    const price_kind *kind;
    benefit_form benefit;
    int64_t largest_minor;
    scope scope;
};

/* The values in a cart's currency: own is that of the campaign. NULL: it is not listed. */
const benefit_values *rule_values(const price_rule *rule, str currency, str own);

#endif

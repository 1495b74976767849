/* Inside a price_rule. Private to domain/price. */
#ifndef QUAN_DOMAIN_PRICE_RULE_H
#define QUAN_DOMAIN_PRICE_RULE_H

#include "domain/price/kind.h"
#include "domain/price/scope.h"

/* The head of one block; the kind's terms and the scope's set lie behind it. */
struct price_rule {
    const price_kind *kind;
    const void *terms;
    scope scope;
};

#endif

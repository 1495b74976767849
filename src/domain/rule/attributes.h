/* Attributes of carts and shoppers: facts with names that a merchant made up. */
#ifndef QUAN_DOMAIN_RULE_ATTRIBUTES_H
#define QUAN_DOMAIN_RULE_ATTRIBUTES_H

#include "base/issues.h"
#include "base/json.h"
#include "domain/rule/cart.h"

/* {"name": "text" or a whole number, …} at path, sorted by name. Names and texts are 1 to
 * RULE_TEXT_MAX and RULE_ATTRIBUTE_TEXT_MAX printable bytes, numbers within ±MONEY_MAX: what rules
 * can be compared with. Every problem goes to `found`; lives in its memory. */
cart_attributes attributes_read(const json *v, str path, issues *found);

#endif

/* The arithmetic policy of a price: policy.def has every dimension and what its values mean. All
 * zero is the default. */
#ifndef QUAN_DOMAIN_PRICE_POLICY_H
#define QUAN_DOMAIN_PRICE_POLICY_H

#include "base/money.h"
#include "domain/table.gen.h"

typedef struct price_policy {
#define POLICY(number, NAME, name, text) uint8_t name;
#define SETTING(POLICY, number, NAME, name, text)
#include "domain/price/policy.def"
#undef POLICY
#undef SETTING
} price_policy;

/* <POLICY>_<SETTING>: the values. */
enum policy_value {
#define POLICY(number, NAME, name, text)
#define SETTING(POLICY, number, NAME, name, text) POLICY##_##NAME = (number),
#include "domain/price/policy.def"
#undef POLICY
#undef SETTING
};

typedef struct policy_setting {
    const char *name, *text;
} policy_setting;
typedef struct policy_dimension {
    uint8_t number;
    const char *name, *text;
    const policy_setting *settings;
    size_t n;
} policy_dimension;

size_t policy_count(void);
/* These take the place of a dimension, below policy_count; they CHECK it and the value. */
policy_dimension policy_at(size_t place);
void policy_set(price_policy *policy, size_t place, uint8_t value);
uint8_t policy_get(const price_policy *policy, size_t place);

#endif

/* The arithmetic policy of a price: policy.def has every dimension and what its values mean. All
 * zero is the default. */
#ifndef QUAN_DOMAIN_PRICE_POLICY_H
#define QUAN_DOMAIN_PRICE_POLICY_H

#include "base/issues.h"
#include "base/json.h"
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

/* POLICY_<NAME>: the places of the dimensions. */
enum policy_place {
#define POLICY(number, NAME, name, text) POLICY_##NAME,
#define SETTING(POLICY, number, NAME, name, text)
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

/* Reads {"dimension": "value", …}, "policy" being its place; sorted, what has its default left out.
 * "preset" names settings (preset.h) that those beside it override. Memory of found. */
void policy_parse(const json *from, issues *found, policy_choice **out, size_t *n);
void policy_write(const policy_choice *choices, size_t n, json_writer *w);
/* What is wrong with stored choices. */
void policy_check(const policy_choice *choices, size_t n, issues *found);

/* Stored choices; what is not named, or not known, has its default. */
price_policy policy_of(const policy_choice *choices, size_t n);

size_t policy_count(void);
/* These take the place of a dimension, below policy_count; they CHECK it and the value. */
policy_dimension policy_at(size_t place);
void policy_set(price_policy *policy, size_t place, uint8_t value);
uint8_t policy_get(const price_policy *policy, size_t place);

#endif

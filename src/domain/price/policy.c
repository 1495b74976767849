/* The rows of policy.def as a table. Nothing here decides anything. */
#include "domain/price/policy.h"

#include <stddef.h>

enum { SETTINGS_MAX = 8 };

enum policy_number {
#define POLICY(number, NAME, name, text) NUMBER_##NAME = (number),
#define SETTING(POLICY, number, NAME, name, text)
#include "domain/price/policy.def"
#undef POLICY
#undef SETTING
    NUMBERS_END
};

static const policy_setting settings[NUMBERS_END][SETTINGS_MAX] = {
#define POLICY(number, NAME, name, text)
#define SETTING(POLICY, number, NAME, name, text) [NUMBER_##POLICY][number] = {#name, text},
#include "domain/price/policy.def"
#undef POLICY
#undef SETTING
};

static const struct {
    policy_dimension dimension;
    size_t offset;
} rows[] = {
#define POLICY(number, NAME, name, text)                                                           \
    {{number, #name, text, settings[NUMBER_##NAME], 0}, offsetof(price_policy, name)},
#define SETTING(POLICY, number, NAME, name, text)
#include "domain/price/policy.def"
#undef POLICY
#undef SETTING
};

size_t policy_count(void)
{
    return ARRAY_LEN(rows);
}

policy_dimension policy_at(size_t place)
{
    CHECK(place < ARRAY_LEN(rows));
    policy_dimension d = rows[place].dimension;
    while (d.n < SETTINGS_MAX && d.settings[d.n].name != NULL) {
        d.n++;
    }
    return d;
}

void policy_set(price_policy *policy, size_t place, uint8_t value)
{
    CHECK(place < ARRAY_LEN(rows) && value < policy_at(place).n);
    ((uint8_t *)policy)[rows[place].offset] = value;
}

uint8_t policy_get(const price_policy *policy, size_t place)
{
    CHECK(place < ARRAY_LEN(rows));
    return ((const uint8_t *)policy)[rows[place].offset];
}

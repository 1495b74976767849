/* Presets: named policies, the settings of preset.def. A preset is read where a policy is given and
 * is kept as its settings: another version of preset.def changes no price of a merchant who named
 * it before. What a preset does not set has its default. */
#ifndef QUAN_DOMAIN_PRICE_PRESET_H
#define QUAN_DOMAIN_PRICE_PRESET_H

#include "base/issues.h"
#include "domain/price/policy.h"

/* False: there is none of that name, and *out is left alone. */
MUST_USE bool preset_find(str name, price_policy *out);
/* All names, for people: "a, b, c". */
str preset_names(arena *memory);

#endif

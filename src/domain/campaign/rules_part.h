/* What the files of the rules share: one check each, one issue at most unless it says otherwise.
 * Private to domain/campaign. */
#ifndef QUAN_DOMAIN_CAMPAIGN_RULES_PART_H
#define QUAN_DOMAIN_CAMPAIGN_RULES_PART_H

#include "domain/campaign/rules.h"

/* items[at].name, in the memory of found; without the point when name is empty. */
str rules_item_field(const issues *found, const char *items, size_t at, const char *name);

void rules_name(str name, issues *found);
void rules_range(str field, int64_t v, int64_t min, int64_t max, issues *found);
/* Both ends in [0, TIME_MAX_MS) and from < until; fields "<object>.from" and "<object>.until". */
void rules_window(const char *object, int64_t from_ms, int64_t until_ms, issues *found);

/* Whose limits they are: it decides which subjects and measures make sense. */
typedef enum limit_owner {
    LIMITS_OF_MERCHANT,
    LIMITS_OF_CAMPAIGN,
    LIMITS_OF_TEMPLATE,
    LIMITS_OF_AUTOMATIC, /* a template that is never issued */
} limit_owner;
/* Every problem of the list, in order, under "limits". */
void rules_limits(limit_owner owner, const limit_rule *limits, size_t n, issues *found);
/* Every problem, under "stacking_groups" and "stacking". */
void rules_groups(const merchant_put_in *in, issues *found);
void rules_standing(const template_version *v, issues *found);
/* Every problem of what its coupons carry, under "asset"; before: the version that it follows, or
 * NULL. */
void rules_asset(const template_version *v, const template_version *before, uint8_t apply,
                 issues *found);
/* Every problem of who pays, under "funding". */
void rules_funding(const template_version *v, issues *found);
/* The same thing counted: what may differ is max and since_ms. */
bool rules_same_limit(const limit_rule *a, const limit_rule *b);

#endif

/* In which currencies a template is good (docs/decisions/0014-money-is-counted-in-one-currency.md).
 *
 * A benefit is good in the campaign's own currency, in those in which its amounts are listed, and
 * in any where it says so (price/benefit.h). What counts money counts one currency, the campaign's:
 * beside a budget, a limit on money or a funding only that one is taken, whatever is listed. Rules
 * refuse to save the two together; where a limit is set later, or for coupons of an older version,
 * carts in other currencies are refused from then on. What conditions ask of an amount is listed by
 * currency, too, or asked beside cart.currency. Pure. */
#ifndef QUAN_DOMAIN_CAMPAIGN_CURRENCY_H
#define QUAN_DOMAIN_CAMPAIGN_CURRENCY_H

#include "base/issues.h"
#include "domain/campaign/config.h"

/* Is it good in a cart's currency? newest: the version whose limits guard the template. */
typedef struct currency_rule {
    const template_version *version; /* which prices */
    const price_rule *rule;          /* of it */
} currency_rule;
bool currency_takes(const campaign *of, const template_version *newest, currency_rule priced,
                    str currency);

/* Problems of a version that is sound by itself: fields benefit, limits[i].measure, funding,
 * conditions and scope. */
void currency_check_version(const campaign *of, const template_version *v, issues *found);
/* Problems of the limits that an edit gives to a campaign, with the newest versions of its
 * templates: fields limits[i].measure. */
void currency_check_limits(const config *c, const campaign *of, const limit_rule *limits, size_t n,
                           issues *found);

#endif

/* What rules one coupon: its template with the campaign and the merchant that own it, as one
 * snapshot of the configuration has them. Pointers live as long as the snapshot. */
#ifndef QUAN_DOMAIN_LIMIT_TERMS_H
#define QUAN_DOMAIN_LIMIT_TERMS_H

#include "domain/campaign/config.h"

typedef struct terms {
    const config_merchant *merchant;
    const config_campaign *campaign;
    const config_template *template;
} terms;

/* False when there is no such template. */
MUST_USE bool terms_find(const config *c, uint64_t template_id, terms *out);
/* For rows that were written under a snapshot which had the template: no later one has lost it. */
terms terms_of(const config *c, uint64_t template_id);

/* The version that new coupons pin. Limits are always its: they guard the template as a whole, so a
 * coupon of an older version counts under them too, whatever the reach of the edit. */
const template_version *terms_newest(const terms *t);
int32_t terms_day(const terms *t, int64_t at_ms); /* in the merchant's zone */

#endif

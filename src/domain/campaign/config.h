/* The immutable snapshot of configuration: merchants, campaigns, templates and their versions, compiled for use.
 *
 * Acts and queries read campaigns and templates from here, never from rows, so a claim loads nothing of them. A snapshot never
 * changes: config_with_* makes the next one from it, sharing what is the same, and the app publishes it (app/publish.h). It is
 * pure memory: no locks here; config_free drops what no other snapshot shares (reference counts are atomic).
 *
 * Which version rules a coupon: it pins the version it was issued under; an edit with reach all_unused moves every unused coupon of
 * older versions to the version that the edit made. config_effective answers that. */
#ifndef QUAN_DOMAIN_CAMPAIGN_CONFIG_H
#define QUAN_DOMAIN_CAMPAIGN_CONFIG_H

#include "base/time.h"
#include "domain/price/price.h"
#include "domain/table.gen.h"

typedef struct config_merchant {
    const merchant *row;
    const zone *zone; /* given by the caller of config_with_merchant; lives for ever */
} config_merchant;

typedef struct config_template {
    const template *row;
    const template_version *const *versions; /* versions[i] is version i + 1 */
    const price_rule *const *rules;          /* compiled, same order */
    uint32_t version_count;
} config_template;

typedef struct config_campaign {
    const campaign *row;
} config_campaign;

config *config_empty(void);
config *config_share(const config *c);  /* one more reference */
void config_free(config *c);
uint64_t config_epoch(const config *c); /* raised by every config_with_* */

/* The next snapshot; rows are copied deeply. c keeps its own reference. */
config *config_with_merchant(const config *c, const merchant *row, const zone *zone);
config *config_with_campaign(const config *c, const campaign *row);
/* row.version tells how many versions there are; version is the newest one (older ones are kept). */
config *config_with_template(const config *c, const template *row, const template_version *version);

/* NULL when there is none. Pointers live as long as the snapshot. */
const config_merchant *config_find_merchant(const config *c, uint64_t id);
const config_campaign *config_find_campaign(const config *c, uint64_t id);
const config_template *config_find_template(const config *c, uint64_t id);
const template_version *config_version(const config_template *t, uint32_t version);
const price_rule *config_rule(const config_template *t, uint32_t version);
uint32_t config_effective(const config_template *t, uint32_t pinned);

/* In ascending order of id, strictly after `after`; fills at most limit. */
size_t config_merchants(const config *c, uint64_t after, size_t limit, const config_merchant **out);
size_t config_campaigns(const config *c, uint64_t merchant, uint64_t after, size_t limit,
                        const config_campaign **out);
size_t config_templates(const config *c, uint64_t campaign, uint64_t after, size_t limit,
                        const config_template **out);

/* When a coupon issued at issued_at_ms under this version may be used: [from, until), clipped to the campaign's use window. */
void config_use_window(const config_campaign *campaign, const template_version *version, const zone *zone,
                       int64_t issued_at_ms, int64_t window[2]);
/* When this coupon really expires: its own date, or later where an edit that reached it extends it. */
int64_t config_expires_at_ms(const config *c, const coupon *row);

#endif

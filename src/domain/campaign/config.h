/* The immutable snapshot of configuration: merchants, campaigns, templates and their versions,
 * compiled for use.
 *
 * Acts and queries read campaigns and templates from here, never from rows, so a claim loads
 * nothing of them. A snapshot never changes: config_with_* makes the next one from it, sharing
 * everything but the path to what is new (some microseconds beside a million templates), and the
 * app publishes it. Any thread may read a snapshot, share it and free it; counts of references are
 * atomic and the last one frees what no other snapshot shares. It is pure memory: no locks, no
 * clock, no rows of a store.
 *
 * Ids of campaigns, merchants and templates never move to another owner. A version, once it is
 * here, never changes.
 *
 * Which version rules a coupon: it pins the version it was issued under; an edit with reach
 * all_unused moves every unused coupon of older versions to the version that the edit made.
 * config_effective answers that. */
#ifndef QUAN_DOMAIN_CAMPAIGN_CONFIG_H
#define QUAN_DOMAIN_CAMPAIGN_CONFIG_H

#include "base/time.h"
#include "domain/price/price.h"
#include "domain/table.gen.h"

/* What windows are reckoned by. */
typedef struct config_days {
    const zone *zone;   /* of whole days; NULL: nothing counts them */
    uint8_t window_end; /* of the policy */
} config_days;

typedef struct config_merchant {
    const merchant *row;
    const zone *zone;        /* given by the caller of config_with_merchant; lives for ever */
    uint8_t window_end;      /* of its policy */
    rule_program *blacklist; /* NULL: no line is barred */
    uint64_t pricing;        /* hash of policy, groups and coupons_max: how its orders are priced */
} config_merchant;

typedef struct config_template {
    const template *row;
    const template_version *const *versions; /* versions[i] is version i + 1 */
    const price_rule *const *rules;          /* compiled, same order */
    uint32_t version_count;
    uint32_t reaching; /* the newest version whose edit reached all unused coupons; 0: none */
} config_template;

typedef struct config_campaign {
    const campaign *row;
} config_campaign;

config *config_empty(void);             /* epoch 0 */
config *config_share(const config *c);  /* one more reference */
void config_free(config *c);            /* one less; NULL is allowed */
uint64_t config_epoch(const config *c); /* raised by one by every config_with_* and config_put_* */

/* The next snapshot; rows are copied deeply. c keeps its own reference. A row with a known id takes
 * the place of the one before. */
config *config_with_merchant(const config *c, const merchant *row, const zone *days);
config *config_with_campaign(const config *c, const campaign *row);
/* version is the newest one of the template (older ones are kept) or one that is here already: then
 * only the row is new. Versions come in ascending order without a gap, from 1. */
config *config_with_template(const config *c, const template *row, const template_version *version);

config *config_with_code_format(const config *c, const code_format *row);
config *config_with_code_batch(const config *c, const code_batch *row);
config *config_with_code_word(const config *c, const code_word *row);

/* The same, of the next epoch: what acts go by beside it has changed (API keys). */
config *config_with_epoch(const config *c);

/* The same in place, for loading: c must have one reference, its maker's. */
void config_put_merchant(config *c, const merchant *row, const zone *days);
void config_put_campaign(config *c, const campaign *row);
void config_put_template(config *c, const template *row, const template_version *version);

void config_put_code_format(config *c, const code_format *row);
void config_put_code_batch(config *c, const code_batch *row);
void config_put_code_word(config *c, const code_word *row);

/* Is the line on the merchant's blacklist? Of a line by itself, in a cart of this currency: no
 * coupon has taken from it. NULL: there is no such merchant, and no. */
bool config_bars(const config_merchant *of, const order_line *line, str currency);

/* NULL when there is none. Pointers live as long as the snapshot. */
const config_merchant *config_find_merchant(const config *c, uint64_t id);
const config_campaign *config_find_campaign(const config *c, uint64_t id);
const config_template *config_find_template(const config *c, uint64_t id);
const code_format *config_find_code_format(const config *c, uint64_t id);
const code_batch *config_find_code_batch(const config *c, uint64_t id);
const code_word *config_find_code_word(const config *c, uint64_t id);
/* By its text, normalised. */
const code_word *config_code_word(const config *c, uint64_t merchant_id, str word);
/* The batch that has this place of a format; of an import, which is its own format, any
 * but those behind its last line. */
const code_batch *config_code_batch_at(const config *c, uint64_t format, uint64_t place);
const template_version *config_version(const config_template *t, uint32_t version);
const price_rule *config_rule(const config_template *t, uint32_t version);
/* One more reference to a template as this snapshot has it, so that it outlives the snapshot; and
 * one less. */
void config_template_share(const config_template *t);
void config_template_free(const config_template *t);
/* The version that rules an unused coupon which pinned this one: `reaching` where that is newer. */
uint32_t config_effective(const config_template *t, uint32_t pinned);
/* The same with the versions that were there at this moment; those of the future are the newest. */
uint32_t config_effective_at(const config_template *t, uint32_t pinned, int64_t at_ms);
/* The newest version of then; 0: the template was not there yet. */
uint32_t config_version_at(const config_template *t, int64_t at_ms);

/* Does it issue nothing and apply nothing any more, for ever? */
bool config_is_over(const campaign *c);
/* The merchant's automatic templates in campaigns that are not over, ascending by id. */
typedef struct config_promotions {
    const uint64_t *ids;
    size_t n;
} config_promotions;
config_promotions config_automatic(const config *c, uint64_t merchant_id);
/* Does an automatic template take part in orders at this moment: its campaign is active, in its use
 * window, and in that of its newest version? */
bool config_applies(const config_campaign *of, const config_template *t, const config_days *days,
                    int64_t now_ms);
/* The windows alone. */
bool config_is_open(const config_campaign *of, const template_version *v, const config_days *days,
                    int64_t now_ms);

/* In ascending order of id, strictly after `after`; fills at most limit and returns how many. */
size_t config_merchants(const config *c, uint64_t after, size_t limit, const config_merchant **out);
size_t config_campaigns(const config *c, uint64_t merchant_id, uint64_t after, size_t limit,
                        const config_campaign **out);
size_t config_templates(const config *c, uint64_t campaign_id, uint64_t after, size_t limit,
                        const config_template **out);
size_t config_code_formats(const config *c, uint64_t merchant_id, uint64_t after, size_t limit,
                           const code_format **out);
size_t config_code_batches(const config *c, uint64_t merchant_id, uint64_t after, size_t limit,
                           const code_batch **out);
size_t config_code_words(const config *c, uint64_t merchant_id, uint64_t after, size_t limit,
                         const code_word **out);

config_days config_days_of(const config_merchant *of);
/* The first moment that is outside, of a window that a merchant wrote. 0 is open: TIME_MAX_MS. */
int64_t config_window_end_ms(const config_days *days, int64_t until_ms);
/* When a coupon issued at issued_at_ms under this version may be used: window [from, until), in
 * 0 … TIME_MAX_MS, clipped to the campaign's use window. An until of 0, of a fixed version or of
 * a campaign, is open; others are moved by the policy's window_end. After issue:
 *   by hours       from = issue + delay_days * 24 h, until = from + duration_days * 24 h
 *   by whole days  from = the local midnight that begins the day delay_days after the day of issue
 *                  (no delay: the issue itself), until = the local midnight that ends the
 *                  duration_days-th day, the day of from being the first
 * A window that is empty comes as until = from. */
void config_use_window(const config_campaign *of, const template_version *version,
                       const config_days *days, int64_t issued_at_ms, int64_t window[2]);
/* When this coupon really expires: its own date, or later where an edit of the template that
 * reached it gives a later one, counted from its issue and clipped to the campaign's window, by
 * what that and the policy were when the edit was made. Never earlier: an edit shortens no coupon.
 * One that came when the coupon had ended gives it nothing, whether the sweep had come by or not;
 * so no edit, of template, campaign or policy, gives life to a coupon that was read as expired. */
int64_t config_expires_at_ms(const config *c, const coupon *row);

#endif

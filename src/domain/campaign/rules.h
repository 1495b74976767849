/* What merchants, keys, campaigns and templates may look like: every problem of an input at once.
 *
 * These are pure and have two callers: whoever takes the input, before it submits the act, to show
 * all problems; and the decide functions, which believe nobody. Each adds to `found` and changes
 * nothing else; an input is fine when nothing was added. `field` is the JSON path that the API
 * documents, so the two agree. What the types of the records cannot express (absent, wrong type,
 * unknown member, an amount in another currency) is for whoever reads the JSON. Whether a time zone
 * exists is for whoever has zones.
 *
 * Codes: required      it must be there, or not empty
 *        not_allowed   it must not be there in this combination, or is none of the known words
 *        out_of_range  a number, time or length outside the range that detail names
 *        too_long, too_many, duplicate
 *        not_editable  fine by itself, but this cannot be changed (any more)
 *
 * Callable from any thread. */
#ifndef QUAN_DOMAIN_CAMPAIGN_RULES_H
#define QUAN_DOMAIN_CAMPAIGN_RULES_H

#include "base/issues.h"
#include "base/json.h"
#include "base/result.h"
#include "domain/campaign/config.h"
#include "domain/table.gen.h"

enum {
    NAME_CHARS_MAX = 200, /* Unicode characters */
    LIMITS_MAX = 16,      /* of one merchant, campaign or template */
    ROLLING_MAX = 1000,   /* a rolling limit keeps a cell per use */
    ROLLING_DAYS_MAX = 366,
    VALID_DAYS_MAX = 3660,
    DELAY_DAYS_MAX = 3660,
    GRACE_DAYS_MAX = 366,
    USES_MAX = 10000,   /* of one coupon */
    TRANSFERS_MAX = 16, /* of one coupon */
    /* Ids that one coupon may have had: by transfers, and by moves of all that its user had
     * (coupon/move.h), which are at most one for each name that its last user has had, and one
     * from where it waited for him. */
    COUPON_IDS_MAX = TRANSFERS_MAX + 16 + 1 + 1,
    OFFER_SECONDS_MIN = 60,
    OFFER_DAYS_MAX = 30,
    USE_INTERVAL_DAYS_MAX = 366,
    ASSET_TYPE_MAX = 32,      /* bytes */
    ASSET_PAYLOAD_MAX = 2048, /* bytes of compact JSON */
    TEMPLATES_MAX = 100000,   /* of one campaign */
    VERSIONS_MAX = 1000,      /* of one template */
    MERCHANT_SECRET_BYTES = 32,
};
#define LIMIT_COUNT_MAX INT64_C(1000000000000) /* claims, redemptions, units */
#define STOCK_MAX       INT64_C(1000000000000)

enum key_scope { KEY_ADMIN = 1, KEY_ISSUE = 2, KEY_REDEEM = 4, KEY_READ = 8, KEY_ALL = 15 };

/* Bits of campaign_edit_in.fields. */
enum campaign_field {
    CAMPAIGN_NAME = 1,
    CAMPAIGN_CLAIM_FROM = 2,
    CAMPAIGN_CLAIM_UNTIL = 4,
    CAMPAIGN_USE_FROM = 8,
    CAMPAIGN_USE_UNTIL = 16,
    CAMPAIGN_LIMITS = 32,
    CAMPAIGN_FIELDS_ALL = 63,
};

/* now: the merchant as it is; NULL for a new one. The zone of a merchant never changes: days that
 * are counted already would begin elsewhere. */
void rules_merchant(const merchant *now, const merchant_put_in *in, issues *found);
/* A new key, not a revocation. */
void rules_key(const key_put_in *in, int64_t now_ms, issues *found);

void rules_campaign_create(const campaign_create_in *in, issues *found);
/* What stays editable, beyond the rules of a new campaign for the result:
 *   draft             all; but its templates with a fixed window must still overlap the use window
 *   active, paused    the use window only grows: coupons are out
 *   ended             and the claim window stays as it is
 *   disabled          as in the state before
 * Currency and budget mode are not in the input: they never change. c gives the templates. */
void rules_campaign_edit(const config *c, const campaign *now, const campaign_edit_in *in,
                         issues *found);

/* A new template of this campaign. reach must be 0 or new_only.
 *
 * An automatic one applies by itself and is never issued. So it has a fixed window, no stock, no
 * grace days, no limits on claims, and no campaign whose budget reserves at issue; its newest
 * version rules, whatever orders it was held for, so no edit reaches further. */
void rules_template_create(const campaign *parent, const template_put_in *in, issues *found);
/* An edit: the next version of a template. stock is not read (it changes by target only). The kind
 * of benefit never changes, nor the type of asset, nor whether a coupon has one use or more.
 * `reached` are the versions that issued coupons follow and that an edit with reach all_unused
 * would replace (rules_reached), read for that reach only: for each of them the window may only
 * grow, and where the budget is reserved at issue what all uses give may not. */
typedef struct template_change {
    const campaign *parent;
    const template_version *now;            /* the newest */
    const template_version *const *reached; /* `now` is among them */
    size_t n;
    uint8_t apply; /* apply_mode: how it is for ever */
    bool coded;    /* its stock are codes of a partner, for ever */
} template_change;
void rules_template_edit(const template_change *change, const template_put_in *in, issues *found);
/* The lowest version that a coupon can still follow, given the versions 1 … n: the last one with
 * reach all_unused, or 1. versions[i] is version i + 1. */
uint32_t rules_reached(const template_version *const *versions, size_t n);

/* What another system gets of a coupon: an object of at most ASSET_PAYLOAD_MAX bytes. field: where
 * it stands. */
void rules_asset_payload(const json *payload, str field, issues *found);

/* The version that this input makes; shares its text and lists. Key, created_at_ms, the limits'
 * since_ms and the numbers of the funding are left to the act. */
template_version rules_version_of(const template_put_in *in);

/* Sets `made` the funding of this input: those who pay, with the numbers that they have had in
 * `now` (NULL: the first version) or new ones; behind them, as past, those who do not any more.
 * False: more than FUND_NUMBERS_MAX of them. */
MUST_USE bool rules_funding_made(const template_version *now, const template_put_in *in,
                                 arena *memory, template_version *made);

/* R_DONE without issues; R_NOT_EDITABLE when all of them are not_editable, else R_INVALID. */
MUST_USE result rules_result(const issues *found);

#endif

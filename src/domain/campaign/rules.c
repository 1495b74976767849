/* Rules for merchants, keys and campaigns, and what all rules share. Limits are in rules_limit.c,
 * templates in rules_template.c. Pure: no clock, no rows, only the input and the snapshot. */
#include "domain/campaign/rules.h"

#include <inttypes.h>

#include "base/id.h"
#include "base/phone.h"
#include "domain/campaign/currency.h"
#include "domain/campaign/rules_part.h"
#include "domain/campaign/state.h"
#include "domain/price/price.h"

enum { TEMPLATES_PAGE = 256 };

str rules_item_field(const issues *found, const char *items, size_t at, const char *name)
{
    const char *point = name[0] == '\0' ? "" : ".";
    return arena_printf(found->memory, "%s[%zu]%s%s", items, at, point, name);
}

result rules_result(const issues *found)
{
    if (found->n == 0)
        return R_DONE;
    for (size_t i = 0; i < found->n; i++)
        if (!str_eq(found->items[i].code, S("not_editable")))
            return R_INVALID;
    return R_NOT_EDITABLE;
}

/* Of text that is valid UTF-8. */
static size_t utf8_count(str s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++)
        n += ((unsigned char)s.p[i] & 0xc0u) != 0x80u;
    return n;
}

void rules_name(str name, issues *found)
{
    if (str_trim(name).n == 0)
        issues_add(found, S("name"), S("required"), "1 to %d characters", NAME_CHARS_MAX);
    else if (!str_is_printable(name))
        issues_add(found, S("name"), S("not_allowed"),
                   "printable UTF-8 text without control characters");
    else if (utf8_count(name) > NAME_CHARS_MAX)
        issues_add(found, S("name"), S("too_long"), "1 to %d characters", NAME_CHARS_MAX);
}

void rules_range(str field, int64_t v, int64_t min, int64_t max, issues *found)
{
    if (v < min || v > max)
        issues_add(found, field, S("out_of_range"), "a whole number from %" PRId64 " to %" PRId64,
                   min, max);
}

static bool time_in_range(const char *object, const char *end, int64_t at_ms, issues *found)
{
    if (at_ms >= 0 && at_ms < TIME_MAX_MS)
        return true;
    issues_add(found, arena_printf(found->memory, "%s.%s", object, end), S("out_of_range"),
               "a time from 1970 to 9999");
    return false;
}

void rules_window(const char *object, int64_t from_ms, int64_t until_ms, issues *found)
{
    bool from_fits = time_in_range(object, "from", from_ms, found);
    bool until_fits = time_in_range(object, "until", until_ms, found);
    if (from_fits && until_fits && until_ms <= from_ms)
        issues_add(found, arena_printf(found->memory, "%s.until", object), S("out_of_range"),
                   "later than %s.from: the window holds from and not until", object);
}

static void rules_currency(str currency, issues *found)
{
    if (currency.n == 0)
        issues_add(found, S("currency"), S("required"), "an ISO 4217 code, such as CNY");
    else if (money_decimals(currency) < 0)
        issues_add(found, S("currency"), S("not_allowed"),
                   "an ISO 4217 code in capitals, such as CNY");
}

static void rules_zone(const merchant *now, str name, issues *found)
{
    if (name.n == 0)
        issues_add(found, S("zone"), S("required"), "an IANA zone, such as Asia/Shanghai");
    else if (name.n > ZONE_NAME_MAX)
        issues_add(found, S("zone"), S("too_long"), "at most %d bytes", ZONE_NAME_MAX);
    else if (!str_is_printable(name))
        issues_add(found, S("zone"), S("not_allowed"), "an IANA zone, such as Asia/Shanghai");
    else if (now != NULL && !str_eq(now->zone, name))
        issues_add(found, S("zone"), S("not_editable"),
                   "stays %.*s: days are counted in it already", STR_ARG(now->zone));
}

void rules_merchant(const merchant *now, const merchant_put_in *in, issues *found)
{
    rules_name(in->name, found);
    rules_zone(now, in->zone, found);
    rules_currency(in->currency, found);
    if (now == NULL && in->secret.n != MERCHANT_SECRET_BYTES)
        issues_add(found, S("secret"), S("required"), "%d random bytes", MERCHANT_SECRET_BYTES);
    rules_limits(LIMITS_OF_MERCHANT, in->limits.items, in->limits.n, found);
    rules_range(S("max_coupons"), in->coupons_max, 0, ORDER_COUPONS_MAX, found);
    rules_groups(in, found);
    policy_check(in->policy.items, in->policy.n, found);
    if (!rule_is_sound(in->blacklist.items, in->blacklist.n, RULE_PLACE_LINE))
        issues_add(found, S("blacklist"), S("not_allowed"), "a rule over lines");
    if (in->phone_region.n > 0 && !phone_region_is_known(in->phone_region))
        issues_add(found, S("phone_region"), S("not_allowed"),
                   "a region whose national form is known, such as CN");
}

void rules_key(const key_put_in *in, int64_t now_ms, issues *found)
{
    rules_name(in->name, found);
    if (in->scopes == 0)
        issues_add(found, S("scopes"), S("required"), "any of admin, issue, redeem, read");
    else if ((in->scopes & ~(uint32_t)KEY_ALL) != 0)
        issues_add(found, S("scopes"), S("not_allowed"), "any of admin, issue, redeem, read");
    if (in->expires_at_ms != 0 && (in->expires_at_ms <= now_ms || in->expires_at_ms >= TIME_MAX_MS))
        issues_add(found, S("expires_at"), S("out_of_range"), "a time in the future, or none");
}

/* What a campaign's two windows must be to each other. */
static void rules_windows(const campaign *c, issues *found)
{
    size_t before = found->n;
    rules_window("claim_window", c->claim_from_ms, c->claim_until_ms, found);
    rules_window("use_window", c->use_from_ms, c->use_until_ms, found);
    if (found->n == before && c->use_until_ms < c->claim_until_ms)
        issues_add(found, S("use_window.until"), S("out_of_range"),
                   "not before claim_window.until: what is claimed last must be usable");
}

static void rules_budget(const campaign_create_in *in, issues *found)
{
    if (budget_mode_name(in->budget_mode).n == 0)
        issues_add(found, S("budget.mode"), S("not_allowed"), "at_issue or at_redeem");
    else if (in->budget_mode == BUDGET_MODE_NONE && in->budget_minor != 0)
        issues_add(found, S("budget.total"), S("not_allowed"), "without a mode there is no total");
    else if (in->budget_mode != BUDGET_MODE_NONE)
        rules_range(S("budget.total"), in->budget_minor, 1, MONEY_MAX, found);
}

void rules_campaign_create(const campaign_create_in *in, issues *found)
{
    campaign made = {.claim_from_ms = in->claim_from_ms,
                     .claim_until_ms = in->claim_until_ms,
                     .use_from_ms = in->use_from_ms,
                     .use_until_ms = in->use_until_ms};
    rules_name(in->name, found);
    rules_currency(in->currency, found);
    rules_windows(&made, found);
    rules_budget(in, found);
    rules_limits(LIMITS_OF_CAMPAIGN, in->limits.items, in->limits.n, found);
}

/* The windows as they would be after the edit. */
static campaign edited_windows(const campaign *now, const campaign_edit_in *in)
{
    campaign to = *now;
    if ((in->fields & CAMPAIGN_CLAIM_FROM) != 0)
        to.claim_from_ms = in->claim_from_ms;
    if ((in->fields & CAMPAIGN_CLAIM_UNTIL) != 0)
        to.claim_until_ms = in->claim_until_ms;
    if ((in->fields & CAMPAIGN_USE_FROM) != 0)
        to.use_from_ms = in->use_from_ms;
    if ((in->fields & CAMPAIGN_USE_UNTIL) != 0)
        to.use_until_ms = in->use_until_ms;
    return to;
}

static void keep_claim_window(const campaign *now, const campaign *to, issues *found)
{
    if (to->claim_from_ms != now->claim_from_ms)
        issues_add(found, S("claim_window.from"), S("not_editable"),
                   "stays as it is: the campaign has ended");
    if (to->claim_until_ms != now->claim_until_ms)
        issues_add(found, S("claim_window.until"), S("not_editable"),
                   "stays as it is: the campaign has ended");
}

static void grow_use_window(const campaign *now, const campaign *to, issues *found)
{
    if (to->use_from_ms > now->use_from_ms)
        issues_add(found, S("use_window.from"), S("not_editable"),
                   "the same or earlier: coupons of this campaign are out");
    if (to->use_until_ms < now->use_until_ms)
        issues_add(found, S("use_window.until"), S("not_editable"),
                   "the same or later: coupons of this campaign are out");
}

static bool overlaps_use_window(const config_template *t, const campaign *to)
{
    const template_version *v = config_version(t, t->row->version);
    return v == NULL || v->validity != VALIDITY_KIND_FIXED ||
           (v->valid_from_ms < to->use_until_ms && to->use_from_ms < v->valid_until_ms);
}

/* The first template that the new use window leaves without a day is named; there may be more. */
static void keep_templates_usable(const config *c, const campaign *to, issues *found)
{
    const config_template *page[TEMPLATES_PAGE];
    uint64_t after = 0;
    size_t n = TEMPLATES_PAGE;
    while (n == TEMPLATES_PAGE) {
        n = config_templates(c, to->id, after, TEMPLATES_PAGE, page);
        for (size_t i = 0; i < n; i++) {
            if (overlaps_use_window(page[i], to))
                continue;
            char id[ID_TEXT_MAX];
            id_text(ID_TEMPLATE, page[i]->row->id, id);
            issues_add(found, S("use_window"), S("out_of_range"),
                       "must overlap the fixed validity of template %s", id);
            return;
        }
        after = n == 0 ? 0 : page[n - 1]->row->id;
    }
}

void rules_campaign_edit(const config *c, const campaign *now, const campaign_edit_in *in,
                         issues *found)
{
    if (in->fields == 0 || (in->fields & ~(uint32_t)CAMPAIGN_FIELDS_ALL) != 0)
        issues_add(found, S(""), S("required"),
                   "at least one of name, claim_window, use_window, limits");
    if ((in->fields & CAMPAIGN_NAME) != 0)
        rules_name(in->name, found);
    if ((in->fields & CAMPAIGN_LIMITS) != 0) {
        rules_limits(LIMITS_OF_CAMPAIGN, in->limits.items, in->limits.n, found);
        currency_check_limits(c, now, in->limits.items, in->limits.n, found);
    }
    campaign to = edited_windows(now, in);
    size_t before = found->n;
    rules_windows(&to, found);
    if (found->n != before)
        return; /* what is no window cannot be compared */
    uint8_t state = campaign_lasting_state(now->state, now->disabled_from);
    if (state == CAMPAIGN_STATE_DRAFT)
        keep_templates_usable(c, &to, found);
    else
        grow_use_window(now, &to, found);
    if (state == CAMPAIGN_STATE_ENDED)
        keep_claim_window(now, &to, found);
}

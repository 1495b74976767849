/* Rules for templates: a version by itself, and a version after others.
 *
 * What benefits and trees may look like is the business of domain/price and domain/rule. Here:
 * names, validity, limits, stock, what the campaign demands, and what an edit may do to coupons
 * that are out. */
#include "domain/campaign/currency.h"
#include "domain/campaign/rules_part.h"
#include "domain/limit/partner.h"

template_version rules_version_of(const template_put_in *in)
{
    template_version v = {.name = in->name,
                          .benefit = in->benefit,
                          .validity = in->validity,
                          .valid_from_ms = in->valid_from_ms,
                          .valid_until_ms = in->valid_until_ms,
                          .delay_days = in->delay_days,
                          .duration_days = in->duration_days,
                          .whole_days = in->whole_days,
                          .refund = in->refund,
                          .grace_days = in->grace_days,
                          .reach = in->reach == 0 ? EDIT_REACH_NEW_ONLY : in->reach};
    v.uses = in->uses;
    v.use_interval_ms = in->use_interval_ms;
    v.transfers = in->transfers;
    v.transfer_until_ms = in->transfer_until_ms;
    v.offer_ms = in->offer_ms;
    v.stage = in->stage;
    v.priority = in->priority;
    v.exclusive = in->exclusive;
    v.stop = in->stop;
    v.stack_group = in->stack_group;
    v.lane = in->lane;
    v.rank = in->rank;
    v.always_stackable = in->always_stackable;
    v.terms.items = in->terms.items;
    v.terms.n = in->terms.n;
    v.scope.items = in->scope.items;
    v.scope.n = in->scope.n;
    v.conditions.items = in->conditions.items;
    v.conditions.n = in->conditions.n;
    v.limits.items = in->limits.items;
    v.limits.n = in->limits.n;
    v.funding.items = in->funding.items;
    v.funding.n = in->funding.n;
    v.asset = in->asset;
    v.asset_payload = in->asset_payload;
    return v;
}

static void forbid(str field, bool present, str allowed_kind, issues *found)
{
    if (present)
        issues_add(found, field, S("not_allowed"), "only with validity %.*s",
                   STR_ARG(allowed_kind));
}

static void check_fixed(const campaign *parent, const template_version *v, issues *found)
{
    size_t before = found->n;
    rules_window("validity", v->valid_from_ms, v->valid_until_ms, found);
    if (found->n == before &&
        (v->valid_from_ms >= parent->use_until_ms || v->valid_until_ms <= parent->use_from_ms))
        issues_add(found, S("validity"), S("out_of_range"),
                   "must overlap the campaign's use window");
    forbid(S("validity.delay_days"), v->delay_days != 0, S("after_issue"), found);
    forbid(S("validity.duration_days"), v->duration_days != 0, S("after_issue"), found);
    forbid(S("validity.whole_days"), v->whole_days, S("after_issue"), found);
}

static void check_after_issue(const template_version *v, issues *found)
{
    rules_range(S("validity.delay_days"), v->delay_days, 0, DELAY_DAYS_MAX, found);
    rules_range(S("validity.duration_days"), v->duration_days, 1, VALID_DAYS_MAX, found);
    forbid(S("validity.from"), v->valid_from_ms != 0, S("fixed"), found);
    forbid(S("validity.until"), v->valid_until_ms != 0, S("fixed"), found);
}

/* What one coupon reserves at issue; -1: it has no bound. */
static int64_t worth_of(const template_version *v)
{
    price_rule *rule = price_rule_new(v);
    int64_t worth_minor = price_rule_worth(rule, price_uses(v), price_rule_value(rule));
    price_rule_free(rule);
    return worth_minor;
}

/* What reserves at issue needs a bound. */
static void check_budgeted(const campaign *parent, const template_version *v, issues *found)
{
    price_rule *rule = price_rule_new(v);
    bool reserves = parent->budget_mode == BUDGET_MODE_AT_ISSUE;
    int64_t largest_minor = price_rule_largest(rule);
    if (reserves && largest_minor < 0)
        issues_add(found, S("benefit.cap"), S("required"),
                   "a cap: the campaign's budget reserves the largest discount when it issues");
    if (reserves && price_rule_value(rule) < 0 && largest_minor > MONEY_MAX / price_uses(v))
        issues_add(found, S("uses"), S("out_of_range"),
                   "fewer: the campaign's budget reserves the largest discount of each");
    price_rule_free(rule);
}

/* A budget pays for discounts: what is added for sellers would go past it. */
static void check_adds(const campaign *parent, const template_version *v, issues *found)
{
    if (v->benefit == BENEFIT_KIND_ADD_ON && parent->budget_mode != BUDGET_MODE_NONE)
        issues_add(found, S("benefit.kind"), S("not_allowed"),
                   "a kind that takes off: the campaign has a budget, which add_on would pass by");
}

static void check_uses(const template_version *v, issues *found)
{
    bool stored = v->benefit == BENEFIT_KIND_STORED_VALUE;
    int64_t seconds = v->use_interval_ms < 0 ? -1 : v->use_interval_ms / MS_SECOND;
    rules_range(S("uses"), v->uses, 0, USES_MAX, found);
    if (stored && v->uses == 1)
        issues_add(found, S("uses"), S("not_allowed"),
                   "2 or more, or none: what is left of a stored value is for other uses");
    if (v->use_interval_ms != 0 && price_uses(v) == 1)
        issues_add(found, S("use_interval_seconds"), S("not_allowed"),
                   "with more than one use only");
    rules_range(S("use_interval_seconds"), seconds, 0, USE_INTERVAL_DAYS_MAX * (MS_DAY / MS_SECOND),
                found);
}

static void check_transfers(const template_version *v, issues *found)
{
    rules_range(S("transfer.at_most"), v->transfers, 0, TRANSFERS_MAX, found);
    if (v->transfers == 0)
        return;
    int64_t seconds = v->offer_ms < 0 ? -1 : v->offer_ms / MS_SECOND;
    rules_range(S("transfer.offer_seconds"), seconds, OFFER_SECONDS_MIN,
                OFFER_DAYS_MAX * (MS_DAY / MS_SECOND), found);
    if (v->transfer_until_ms < 0 || v->transfer_until_ms >= TIME_MAX_MS)
        issues_add(found, S("transfer.until"), S("out_of_range"),
                   "a time of the years 1970 to 9999");
}

static void check_benefit(const campaign *parent, const template_version *v, issues *found)
{
    size_t before = found->n;
    price_rule_check(v, found);
    check_adds(parent, v, found);
    if (found->n != before)
        return;
    currency_check_version(parent, v, found);
    if (parent->budget_mode != BUDGET_MODE_NONE)
        check_budgeted(parent, v, found);
}

static bool is_automatic(uint8_t apply)
{
    return apply == APPLY_MODE_AUTOMATIC;
}

/* What presumes that coupons are issued. */
static void check_automatic(const template_version *v, issues *found)
{
    if (v->validity != VALIDITY_KIND_FIXED)
        issues_add(found, S("validity.kind"), S("not_allowed"),
                   "fixed: an automatic template is never issued");
    if (v->grace_days != 0)
        issues_add(found, S("grace_days"), S("not_allowed"),
                   "none: of an automatic template nobody gets anything back");
    if (price_uses(v) > 1)
        issues_add(found, S("uses"), S("not_allowed"),
                   "1: nobody holds an automatic template, so no use or money is left on it");
    if (v->transfers != 0)
        issues_add(found, S("transfer"), S("not_allowed"),
                   "none: nobody holds an automatic template");
    if (v->reach == EDIT_REACH_ALL_UNUSED)
        issues_add(found, S("reach"), S("not_allowed"),
                   "new_only: the newest version of an automatic template rules");
}

/* before: the newest version; NULL: it is the first. */
typedef struct version_place {
    const campaign *parent;
    const template_version *before;
    uint8_t apply;
} version_place;

static void check_version(const version_place *at, const template_version *v, issues *found)
{
    const campaign *parent = at->parent;
    uint8_t apply = at->apply;
    rules_name(v->name, found);
    check_benefit(parent, v, found);
    if (is_automatic(apply))
        check_automatic(v, found);
    if (v->validity == VALIDITY_KIND_FIXED)
        check_fixed(parent, v, found);
    else if (v->validity == VALIDITY_KIND_AFTER_ISSUE && !is_automatic(apply))
        check_after_issue(v, found);
    else if (!is_automatic(apply))
        issues_add(found, S("validity.kind"), S("not_allowed"), "fixed or after_issue");
    rules_standing(v, found);
    rules_limits(is_automatic(apply) ? LIMITS_OF_AUTOMATIC : LIMITS_OF_TEMPLATE, v->limits.items,
                 v->limits.n, found);
    if (refund_rule_name(v->refund).n == 0)
        issues_add(found, S("refund_rule"), S("not_allowed"), "keep, reprice or claw_back");
    rules_range(S("grace_days"), v->grace_days, 0, GRACE_DAYS_MAX, found);
    check_uses(v, found);
    check_transfers(v, found);
    rules_asset(v, at->before, apply, found);
    rules_funding(v, found);
}

/* A partner's code has been seen by who has the coupon. */
static void check_coded(const template_put_in *in, issues *found)
{
    if (in->transfers != 0)
        issues_add(found, S("transfer"), S("not_allowed"),
                   "none: who had a coupon has seen the partner's code of it");
}

static void check_partner(const template_put_in *in, issues *found)
{
    if (in->partner.n > PARTNER_NAME_MAX)
        issues_add(found, S("partner_codes.partner"), S("too_long"), "at most %d bytes",
                   PARTNER_NAME_MAX);
    else if (!str_is_printable(in->partner))
        issues_add(found, S("partner_codes.partner"), S("not_allowed"),
                   "printable UTF-8 text without control characters");
    if (is_automatic(in->apply))
        issues_add(found, S("partner_codes"), S("not_allowed"),
                   "none: an automatic template is never issued");
    if (in->stock != -1)
        issues_add(found, S("stock"), S("not_allowed"),
                   "none: the codes that the partner gives are the stock");
}

void rules_template_create(const campaign *parent, const template_put_in *in, issues *found)
{
    template_version v = rules_version_of(in);
    check_version(&(version_place){parent, NULL, in->apply}, &v, found);
    if (in->apply != 0 && apply_mode_name(in->apply).n == 0)
        issues_add(found, S("apply"), S("not_allowed"), "coupon or automatic");
    if (is_automatic(in->apply) && parent->budget_mode == BUDGET_MODE_AT_ISSUE)
        issues_add(found, S("apply"), S("not_allowed"),
                   "coupon: the campaign's budget reserves when it issues");
    if (is_automatic(in->apply) && in->stock != -1)
        issues_add(found, S("stock"), S("not_allowed"),
                   "none: limit the redemptions of an automatic template");
    if (in->partner.n > 0) {
        check_partner(in, found);
        check_coded(in, found);
    }
    if (in->stock < -1 || in->stock > STOCK_MAX)
        issues_add(found, S("stock"), S("out_of_range"), "0 to %lld, or none for unlimited",
                   (long long)STOCK_MAX);
    if (v.reach != EDIT_REACH_NEW_ONLY)
        issues_add(found, S("reach"), S("not_allowed"), "new_only: a new template has no coupons");
}

/* Does every coupon that follows `old` keep all the time that it has? */
static bool keeps_validity(const template_version *old, const template_version *v)
{
    if (old->validity != v->validity)
        return false;
    if (v->validity == VALIDITY_KIND_FIXED)
        return v->valid_from_ms <= old->valid_from_ms && v->valid_until_ms >= old->valid_until_ms;
    return v->whole_days == old->whole_days && v->delay_days <= old->delay_days &&
           (uint64_t)v->delay_days + v->duration_days >=
               (uint64_t)old->delay_days + old->duration_days;
}

static void check_reach(const template_change *change, const template_version *v, issues *found)
{
    bool reserved = change->parent->budget_mode == BUDGET_MODE_AT_ISSUE;
    bool shorter = false, dearer = false;
    for (size_t i = 0; i < change->n; i++) {
        const template_version *old = change->reached[i];
        shorter |= !keeps_validity(old, v);
        dearer |= reserved && worth_of(v) > worth_of(old);
    }
    if (shorter)
        issues_add(found, S("validity"), S("not_editable"),
                   "with reach all_unused it may only grow: coupons are out");
    if (dearer)
        issues_add(found, S("benefit"), S("not_editable"),
                   "with reach all_unused it may not give more than the budget reserved at issue");
}

void rules_template_edit(const template_change *change, const template_put_in *in, issues *found)
{
    template_version v = rules_version_of(in);
    size_t before = found->n;
    check_version(&(version_place){change->parent, change->now, change->apply}, &v, found);
    bool sound = found->n == before;
    if (v.benefit != change->now->benefit)
        issues_add(found, S("benefit.kind"), S("not_editable"), "stays %.*s",
                   STR_ARG(benefit_kind_name(change->now->benefit)));
    if ((price_uses(&v) > 1) != (price_uses(change->now) > 1))
        issues_add(found, S("uses"), S("not_editable"),
                   "one use or more: that stays as it is, the number may change");
    if (change->coded)
        check_coded(in, found);
    if (edit_reach_name(v.reach).n == 0)
        issues_add(found, S("reach"), S("not_allowed"), "new_only or all_unused");
    else if (sound && v.reach == EDIT_REACH_ALL_UNUSED)
        check_reach(change, &v, found);
}

uint32_t rules_reached(const template_version *const *versions, size_t n)
{
    for (size_t i = n; i > 1; i--)
        if (versions[i - 1]->reach == EDIT_REACH_ALL_UNUSED)
            return (uint32_t)i;
    return 1;
}

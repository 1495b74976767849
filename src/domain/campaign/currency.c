/* See currency.h. */
#include "domain/campaign/currency.h"

#include "base/id.h"
#include "domain/campaign/rules_part.h"
#include "domain/price/fund.h"

enum { TEMPLATES_A_PAGE = 64 };

static bool has_money(const limit_rule *limits, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (limits[i].measure == LIMIT_MEASURE_MONEY)
            return true;
    return false;
}

static bool is_funded(const template_version *v)
{
    size_t n;
    (void)fund_parties(v, &n);
    return n > 0;
}

bool currency_takes(const campaign *of, const template_version *newest, currency_rule priced,
                    str currency)
{
    if (str_eq(currency, of->currency))
        return true;
    return of->budget_mode == BUDGET_MODE_NONE && !has_money(of->limits.items, of->limits.n) &&
           !has_money(newest->limits.items, newest->limits.n) && !is_funded(priced.version) &&
           price_rule_takes(priced.rule, currency, of->currency);
}

static bool is_one(const template_version *v)
{
    price_rule *rule = price_rule_new(v);
    bool one = price_rule_one_currency(rule);
    price_rule_free(rule);
    return one;
}

void currency_check_version(const campaign *of, const template_version *v, issues *found)
{
    if (is_one(v))
        return;
    if (of->budget_mode != BUDGET_MODE_NONE)
        issues_add(found, S("benefit"), S("not_allowed"),
                   "good in %.*s only: the campaign has a budget in it", STR_ARG(of->currency));
    if (has_money(of->limits.items, of->limits.n))
        issues_add(found, S("benefit"), S("not_allowed"),
                   "good in %.*s only: the campaign has a limit on money, which counts it",
                   STR_ARG(of->currency));
    for (size_t i = 0; i < v->limits.n; i++)
        if (v->limits.items[i].measure == LIMIT_MEASURE_MONEY)
            issues_add(found, rules_item_field(found, "limits", i, "measure"), S("not_allowed"),
                       "no money, which is counted in one currency: the benefit is good in others");
    if (is_funded(v))
        issues_add(found, S("funding"), S("not_allowed"),
                   "none: what parties pay is counted in one currency, and the benefit is good in "
                   "others");
    if (!rule_amounts_have_currencies(v->conditions.items, v->conditions.n))
        issues_add(found, S("conditions"), S("not_allowed"),
                   "every amount listed by currency, or in an `all` with cart.currency: the "
                   "benefit is good in several");
    if (!rule_amounts_have_currencies(v->scope.items, v->scope.n))
        issues_add(found, S("scope"), S("not_allowed"),
                   "every amount listed by currency, or in an `all` with line.currency: the "
                   "benefit is good in several");
}

/* The first template that a limit on money and its other currencies would be at odds over; NULL. */
static const config_template *other_currencies(const config *c, uint64_t campaign_id)
{
    const config_template *page[TEMPLATES_A_PAGE];
    uint64_t after = 0;
    size_t n = TEMPLATES_A_PAGE;
    while (n == TEMPLATES_A_PAGE) {
        n = config_templates(c, campaign_id, after, TEMPLATES_A_PAGE, page);
        for (size_t i = 0; i < n; i++)
            if (!price_rule_one_currency(config_rule(page[i], page[i]->row->version)))
                return page[i];
        after = n == 0 ? 0 : page[n - 1]->row->id;
    }
    return NULL;
}

void currency_check_limits(const config *c, const campaign *of, const limit_rule *limits, size_t n,
                           issues *found)
{
    const config_template *t = has_money(limits, n) ? other_currencies(c, of->id) : NULL;
    char id[ID_TEXT_MAX];
    for (size_t i = 0; t != NULL && i < n; i++) {
        if (limits[i].measure != LIMIT_MEASURE_MONEY)
            continue;
        id_text(ID_TEMPLATE, t->row->id, id);
        issues_add(found, rules_item_field(found, "limits", i, "measure"), S("not_allowed"),
                   "no money, which is counted in one currency: template %s is good in others", id);
    }
}

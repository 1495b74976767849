/* Rules for who pays for a template's discounts, and the numbers of those who do. */
#include "base/money.h"
#include "base/percent.h"
#include "domain/campaign/rules_part.h"
#include "domain/price/benefit.h"
#include "domain/price/fund.h"

static void add(issues *found, size_t i, const char *name, str code, const char *detail)
{
    issues_add(found, rules_item_field(found, "funding", i, name), code, "%s", detail);
}

static void check_name(const fund_party *p, size_t i, issues *found)
{
    if (party_kind_name(p->kind).n == 0)
        add(found, i, "party", S("not_allowed"), "platform, merchant, advertiser or partner");
    if (p->kind == PARTY_KIND_PARTNER && p->name.n == 0)
        add(found, i, "name", S("required"), "the name of the partner");
    if (p->name.n > FUND_PARTY_NAME_MAX)
        issues_add(found, rules_item_field(found, "funding", i, "name"), S("too_long"),
                   "at most %d bytes", FUND_PARTY_NAME_MAX);
    else if (!str_is_printable(p->name))
        add(found, i, "name", S("bad_format"), "text without control characters");
}

static void check_amount(const fund_party *p, size_t i, issues *found)
{
    bool by_first = p->first_minor != 0;
    if (by_first && p->share != 0)
        add(found, i, "share", S("not_allowed"), "either share or first");
    if (by_first && p->at_most_minor != 0)
        add(found, i, "at_most", S("not_allowed"), "with a share only");
    rules_range(rules_item_field(found, "funding", i, "first"), p->first_minor, 0, MONEY_MAX,
                found);
    if (p->share < 0 || p->share > BENEFIT_PERCENT_ONE)
        add(found, i, "share", S("out_of_range"), "0 to 100 percent");
    rules_range(rules_item_field(found, "funding", i, "at_most"), p->at_most_minor, 0, MONEY_MAX,
                found);
    rules_range(rules_item_field(found, "funding", i, "budget"), p->budget_minor, -1, MONEY_MAX,
                found);
}

/* It pays whatever the others do not. */
static void check_last(const fund_party *p, size_t i, issues *found)
{
    if (p->first_minor != 0)
        add(found, i, "first", S("not_allowed"), "the last one pays by share");
    if (p->at_most_minor != 0)
        add(found, i, "at_most", S("not_allowed"), "none: the last one pays what others do not");
    if (p->budget_minor >= 0)
        add(found, i, "budget", S("not_allowed"), "none: the last one pays what others do not");
}

static bool is_same(const fund_party *a, const fund_party *b)
{
    return a->kind == b->kind && str_eq(a->name, b->name);
}

void rules_funding(const template_version *v, issues *found)
{
    const fund_party *all = v->funding.items;
    size_t n = v->funding.n;
    int64_t shares = 0;
    if (n == 0)
        return;
    if (n > FUND_PARTIES_MAX) {
        issues_add(found, S("funding"), S("too_many"), "at most %d", FUND_PARTIES_MAX);
        return;
    }
    if (v->benefit == BENEFIT_KIND_ADD_ON || v->benefit == BENEFIT_KIND_HAND_OVER)
        issues_add(found, S("funding"), S("not_allowed"), "none: %.*s takes nothing off",
                   STR_ARG(benefit_kind_name(v->benefit)));
    size_t before = found->n;
    for (size_t i = 0; i < n; i++) {
        check_name(&all[i], i, found);
        check_amount(&all[i], i, found);
        for (size_t k = 0; k < i; k++)
            if (is_same(&all[k], &all[i]))
                add(found, i, "party", S("duplicate"), "is in the list already");
        shares += all[i].share;
    }
    check_last(&all[n - 1], n - 1, found);
    if (found->n == before && shares != BENEFIT_PERCENT_ONE) {
        char text[PERCENT_TEXT_MAX];
        issues_add(found, S("funding"), S("out_of_range"),
                   "shares of 100 percent together: these are %.*s",
                   STR_ARG(percent_text(shares, text)));
    }
}

/* ---- numbers ---- */

static uint16_t highest(const template_version *now)
{
    uint16_t n = 0;
    for (size_t i = 0; now != NULL && i < now->funding.n; i++)
        n = now->funding.items[i].number > n ? now->funding.items[i].number : n;
    return n;
}

static const fund_party *known(const template_version *now, const fund_party *p)
{
    for (size_t i = 0; now != NULL && i < now->funding.n; i++)
        if (is_same(&now->funding.items[i], p))
            return &now->funding.items[i];
    return NULL;
}

static bool is_named(const template_put_in *in, const fund_party *p)
{
    for (size_t i = 0; i < in->funding.n; i++)
        if (is_same(&in->funding.items[i], p))
            return true;
    return false;
}

bool rules_funding_made(const template_version *now, const template_put_in *in, arena *memory,
                        template_version *made)
{
    size_t old = now == NULL ? 0 : now->funding.n, n = 0;
    fund_party *all = ARENA_ARRAY(memory, fund_party, old + in->funding.n);
    uint16_t last = highest(now);
    for (size_t i = 0; i < in->funding.n; i++) {
        const fund_party *before = known(now, &in->funding.items[i]);
        all[n] = in->funding.items[i];
        all[n].past = false;
        all[n++].number = before == NULL ? ++last : before->number;
    }
    for (size_t i = 0; i < old; i++) {
        if (is_named(in, &now->funding.items[i]))
            continue;
        all[n] = now->funding.items[i];
        all[n++].past = true;
    }
    made->funding.items = all;
    made->funding.n = n;
    return n <= FUND_NUMBERS_MAX;
}

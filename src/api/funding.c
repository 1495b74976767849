/* See funding.h. */
#include "api/funding.h"

#include "base/percent.h"
#include "domain/price/fund.h"

/* ---- of templates ---- */

wire_funding_party_list funding_shown(api_call *c, const template_version *v, str currency)
{
    size_t n;
    const fund_party *all = fund_parties(v, &n);
    wire_funding_party_list out = {.items = ARENA_ARRAY(c->memory, wire_funding_party, n), .n = n};
    for (size_t i = 0; i < n; i++) {
        char *text = arena_alloc(c->memory, PERCENT_TEXT_MAX);
        out.items[i] = (wire_funding_party){.party = (party_kind)all[i].kind,
                                            .has_name = all[i].name.n > 0,
                                            .name = all[i].name,
                                            .has_share = all[i].first_minor == 0,
                                            .share = percent_text(all[i].share, text),
                                            .has_first = all[i].first_minor > 0,
                                            .first = money_of(all[i].first_minor, currency),
                                            .has_at_most = all[i].at_most_minor > 0,
                                            .at_most = money_of(all[i].at_most_minor, currency),
                                            .has_budget = all[i].budget_minor >= 0,
                                            .budget = money_of(all[i].budget_minor, currency)};
    }
    return out;
}

typedef struct funding_reader {
    api_call *c;
    str currency;
    size_t at;
} funding_reader;

static str field_of(const funding_reader *r, const char *name)
{
    return arena_printf(r->c->memory, "funding[%zu].%s", r->at, name);
}

/* An amount that is sent is there; 0 and none are not the same. */
static int64_t amount_in(const funding_reader *r, const char *name, bool has, const wire_money *m,
                         int64_t least)
{
    if (!has)
        return 0;
    if (m->amount < least)
        issues_add(r->c->problems, field_of(r, name), S("out_of_range"), "at least %lld",
                   (long long)least);
    check_currency(r->c, field_of(r, name).p, m, r->currency);
    return m->amount;
}

static fund_party party_in(const funding_reader *r, const wire_funding_party *from)
{
    fund_party p = {.kind = (uint8_t)from->party, .name = from->name, .budget_minor = -1};
    if (!from->has_share && !from->has_first)
        issues_add(r->c->problems, field_of(r, "share"), S("required"), "share or first");
    if (from->has_share && from->has_first)
        issues_add(r->c->problems, field_of(r, "share"), S("not_allowed"), "either share or first");
    if (from->has_share && !percent_read(from->share, &p.share))
        issues_add(r->c->problems, field_of(r, "share"), S("bad_format"),
                   "a decimal with at most 4 places, such as \"12.5\"");
    if (from->has_first)
        p.share = 0; /* told already */
    p.first_minor = amount_in(r, "first", from->has_first, &from->first, 1);
    p.at_most_minor = amount_in(r, "at_most", from->has_at_most, &from->at_most, 1);
    if (from->has_budget)
        p.budget_minor = amount_in(r, "budget", true, &from->budget, 0);
    return p;
}

fund_party *funding_in(api_call *c, const wire_funding_party_list *from, str currency)
{
    fund_party *out = ARENA_ARRAY(c->memory, fund_party, from->n);
    for (size_t i = 0; i < from->n; i++) {
        funding_reader r = {c, currency, i};
        out[i] = party_in(&r, &from->items[i]);
    }
    return out;
}

/* ---- of orders ---- */

static const fund_party *party_of(const funding_row *o, const party_share *s)
{
    const template_version *v = o->versions == NULL ? NULL : o->versions[s->applied];
    if (v == NULL) {
        const config_template *t = config_find_template(o->config, o->applied[s->applied].template);
        CHECK(t != NULL); /* the snapshot is not older than the row */
        v = t->versions[t->version_count - 1];
    }
    const fund_party *p = fund_find(v, s->party);
    CHECK(p != NULL); /* the newest version knows everybody who ever paid */
    return p;
}

static wire_payer *payer_at(wire_payer_list *all, const fund_party *p, str currency)
{
    for (size_t i = 0; i < all->n; i++)
        if (all->items[i].party == (party_kind)p->kind && str_eq(all->items[i].name, p->name))
            return &all->items[i];
    wire_payer *made = &all->items[all->n++];
    *made = (wire_payer){.party = (party_kind)p->kind,
                         .has_name = p->name.n > 0,
                         .name = p->name,
                         .discount = money_of(0, currency),
                         .returned = money_of(0, currency)};
    return made;
}

wire_payer_list funding_payers(api_call *c, const funding_row *o)
{
    wire_payer_list out = {.items = ARENA_ARRAY(c->memory, wire_payer, o->n)};
    for (size_t i = 0; i < o->n; i++) {
        const party_share *s = &o->parties[i];
        wire_payer *to = payer_at(&out, party_of(o, s), o->currency);
        to->discount.amount += s->discount_minor;
        to->has_returned = o->redeemed;
        to->returned.amount += o->fresh ? 0 : s->returned_minor;
    }
    return out;
}

/* What of the coupon's lines each of its n parties has. */
static int64_t *parts_of(api_call *c, const funding_row *o, const party_share *of, size_t n)
{
    return fund_parts(&(fund_frozen){.applied = of->applied,
                                     .lines = o->line_count,
                                     .shares = o->shares,
                                     .share_count = o->share_count,
                                     .parties = of,
                                     .n = n},
                      c->memory);
}

static wire_discount_share_list shares_of(api_call *c, const funding_row *o, const int64_t *parts)
{
    wire_discount_share_list out = {.items =
                                        ARENA_ARRAY(c->memory, wire_discount_share, o->line_count)};
    for (size_t i = 0; i < o->line_count; i++)
        if (parts[i] > 0)
            out.items[out.n++] = (wire_discount_share){.line = (int64_t)i,
                                                       .discount = money_of(parts[i], o->currency)};
    return out;
}

wire_coupon_payer_list funding_coupon_payers(api_call *c, const funding_row *o, size_t applied)
{
    size_t from = 0, n = 0;
    while (from < o->n && o->parties[from].applied != applied)
        from++;
    while (from + n < o->n && o->parties[from + n].applied == applied)
        n++;
    wire_coupon_payer_list out = {.items = ARENA_ARRAY(c->memory, wire_coupon_payer, n), .n = n};
    const int64_t *parts = n == 0 ? NULL : parts_of(c, o, o->parties + from, n);
    for (size_t i = 0; i < n; i++) {
        const party_share *s = &o->parties[from + i];
        const fund_party *p = party_of(o, s);
        out.items[i] =
            (wire_coupon_payer){.party = (party_kind)p->kind,
                                .has_name = p->name.n > 0,
                                .name = p->name,
                                .discount = money_of(s->discount_minor, o->currency),
                                .has_returned = o->redeemed,
                                .returned = money_of(o->fresh ? 0 : s->returned_minor, o->currency),
                                .shares = shares_of(c, o, parts + i * o->line_count)};
    }
    return out;
}

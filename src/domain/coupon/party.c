/* See party.h. */
#include "domain/coupon/party.h"

#include "domain/stats/tally.h"

static const fund_party *parties_of(const party_use *use, size_t *n)
{
    const template_version *v = config_version(use->of->template, use->applied->version);
    *n = 0;
    return v == NULL ? NULL : fund_parties(v, n);
}

static pool_name budget_of(const terms *of, uint16_t number)
{
    return pool_party(of->template->row->id, number);
}

static bool has_budget(const order_counters *c, pool_name which)
{
    return pool_total(uow_config(c->u), which) >= 0;
}

size_t party_count(const party_use *use)
{
    size_t n;
    (void)parties_of(use, &n);
    return n;
}

void party_load_budgets(const order_counters *c, const party_use *use)
{
    size_t n;
    const fund_party *all = parties_of(use, &n);
    for (size_t i = 0; i < n; i++) {
        pool_name which = budget_of(use->of, all[i].number);
        if (has_budget(c, which))
            slice_load(c->slices, which);
    }
}

void party_load_counts(const order_counters *c, const party_use *use)
{
    size_t n;
    const fund_party *all = parties_of(use, &n);
    for (size_t i = 0; i < n; i++)
        tally_load_party(c->u, use->of, all[i].number);
}

/* ---- taking ---- */

typedef struct taking {
    const order_counters *c;
    const party_use *use;
    const fund_party *parties;
    int64_t reserved[FUND_PARTIES_MAX];
} taking;

static result take_budget(void *context, const fund_party *p, int64_t want_minor,
                          int64_t *have_minor)
{
    taking *t = context;
    pool_name which = budget_of(t->use->of, p->number);
    *have_minor = want_minor;
    if (!has_budget(t->c, which))
        return R_DONE;
    *have_minor = 0;
    if (slice_dry(t->c->slices) >= PARTY_DRY_MAX)
        return R_DONE;
    result r = slice_want(t->c->slices, which, want_minor, have_minor);
    if (r != R_DONE)
        return r;
    slice_take(t->c->slices, which, *have_minor);
    t->reserved[p - t->parties] = *have_minor;
    return R_DONE;
}

result party_take(const order_counters *c, const party_use *use, party_list *to)
{
    int64_t paid[FUND_PARTIES_MAX] = {0};
    taking t = {.c = c, .use = use};
    size_t n;
    t.parties = parties_of(use, &n);
    if (n == 0)
        return R_DONE;
    fund_use split = {t.parties, n, use->applied->discount_minor, take_budget, &t};
    result r = fund_split(&split, paid);
    for (size_t i = 0; i < n && r == R_DONE; i++)
        if (paid[i] > 0)
            to->items[to->n++] = (party_share){.applied = (uint16_t)use->place,
                                               .party = t.parties[i].number,
                                               .discount_minor = paid[i],
                                               .reserved_minor = t.reserved[i]};
    return r;
}

/* ---- booking ---- */

void party_book(const ledger_book *b, const party_list *all, size_t applied)
{
    for (size_t i = 0; i < all->n; i++) {
        const party_share *s = &all->items[i];
        if (s->applied != applied)
            continue;
        ledger_book of = *b;
        of.party = s->party;
        ledger_move(&of, ACCOUNT_FUNDED, ACCOUNT_PARTIES, s->discount_minor);
        tally_party_of(b->u, b->of, s->party)->discount_minor += s->discount_minor;
    }
}

/* ---- giving back ---- */

static terms terms_of_share(const order_counters *c, const applied_coupon *applied,
                            const party_share *s)
{
    return terms_of(uow_config(c->u), applied[s->applied].template);
}

static void load_reserved(const order_counters *c, const terms *of, const party_share *s)
{
    if (s->reserved_minor > 0)
        slice_load(c->slices, budget_of(of, s->party));
}

void party_release_load(const order_counters *c, const hold *row)
{
    for (size_t i = 0; i < row->parties.n; i++) {
        terms of = terms_of_share(c, row->applied.items, &row->parties.items[i]);
        load_reserved(c, &of, &row->parties.items[i]);
    }
}

void party_release(const order_counters *c, const hold *row)
{
    for (size_t i = 0; i < row->parties.n; i++) {
        const party_share *s = &row->parties.items[i];
        terms of = terms_of_share(c, row->applied.items, s);
        if (s->reserved_minor > 0)
            slice_give(c->slices, budget_of(&of, s->party), s->reserved_minor);
    }
}

void party_return_load(const order_counters *c, const redemption *row)
{
    for (size_t i = 0; i < row->parties.n; i++) {
        const party_share *s = &row->parties.items[i];
        terms of = terms_of_share(c, row->applied.items, s);
        load_reserved(c, &of, s);
        tally_load_party(c->u, &of, s->party);
    }
}

void party_return(const order_counters *c, const ledger_book *b, party_share *share,
                  int64_t back_minor)
{
    int64_t n = back_minor < share->reserved_minor ? back_minor : share->reserved_minor;
    ledger_book of = *b;
    of.party = share->party;
    ledger_move(&of, ACCOUNT_PARTIES, ACCOUNT_FUNDED, back_minor);
    share->returned_minor += back_minor;
    share->reserved_minor -= n;
    if (n > 0)
        slice_give(c->slices, budget_of(b->of, share->party), n);
    if (back_minor > 0)
        tally_party_of(b->u, b->of, share->party)->discount_returned_minor += back_minor;
}

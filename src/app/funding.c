/* See funding.h. */
#include "app/funding.h"

#include "app/query_counts.h"
#include "domain/limit/pool.h"
#include "domain/price/fund.h"

typedef struct quoting {
    app_view *v;
    const order_priced *priced;
    bool budgets; /* are looked at */
    funding_quote *out;
    size_t applied;
} quoting;

static uint64_t template_of(const quoting *q, size_t applied)
{
    return q->priced->in.applied.items[applied].template;
}

/* What coupons of the same template before this one have taken. */
static int64_t taken_before(const quoting *q, uint16_t number)
{
    int64_t sum = 0;
    for (size_t i = 0; i < q->out->n; i++) {
        const party_share *s = &q->out->parties[i];
        if (s->party == number && template_of(q, s->applied) == template_of(q, q->applied))
            sum += s->discount_minor;
    }
    return sum;
}

static result look_at_budget(void *context, const fund_party *p, int64_t want_minor,
                             int64_t *have_minor)
{
    const quoting *q = context;
    uint64_t template_id = template_of(q, q->applied);
    *have_minor = want_minor;
    if (!q->budgets || template_id == 0 || p->budget_minor < 0)
        return R_DONE;
    pool_left left = query_pool_left(q->v, pool_party(template_id, p->number));
    if (left.total < 0)
        return R_DONE;
    int64_t most = left.left + left.on_the_way - taken_before(q, p->number);
    if (most < 0)
        most = 0;
    *have_minor = most < want_minor ? most : want_minor;
    return R_DONE;
}

static void split(quoting *q)
{
    int64_t paid[FUND_PARTIES_MAX];
    size_t n;
    const fund_party *parties = fund_parties(q->out->versions[q->applied], &n);
    if (n == 0)
        return;
    int64_t discount_minor = q->priced->in.applied.items[q->applied].discount_minor;
    result r = fund_split(&(fund_use){parties, n, discount_minor, look_at_budget, q}, paid);
    CHECK(r == R_DONE); /* looking never fails */
    for (size_t i = 0; i < n; i++)
        if (paid[i] > 0)
            q->out->parties[q->out->n++] = (party_share){.applied = (uint16_t)q->applied,
                                                         .party = parties[i].number,
                                                         .discount_minor = paid[i]};
}

/* The version by which each applied coupon was priced; how many parties they have. */
static size_t find_versions(app_view *v, const order_ask *ask, const order_priced *priced,
                            const template_version **versions)
{
    size_t parties = 0;
    for (size_t i = 0; i < priced->verdict_count; i++) {
        const order_verdict *verdict = &priced->verdicts[i];
        if (verdict->result != R_DONE)
            continue;
        const applied_coupon *a = &priced->in.applied.items[verdict->applied];
        versions[verdict->applied] =
            a->template == 0
                ? ask->drafts[i - priced->coupon_count].version
                : config_version(config_find_template(v->config, a->template), a->version);
        size_t n;
        MAYBE(fund_parties(versions[verdict->applied], &n));
        parties += n;
    }
    return parties;
}

funding_quote funding_quoted(app_view *v, const order_ask *ask, const order_priced *priced)
{
    size_t n = priced->in.applied.n;
    funding_quote out = {.versions = ARENA_ARRAY(v->memory, const template_version *, n)};
    size_t parties = find_versions(v, ask, priced, out.versions);
    if (parties == 0)
        return out;
    out.parties = ARENA_ARRAY(v->memory, party_share, parties);
    quoting q = {.v = v, .priced = priced, .budgets = ask->at_ms == NULL, .out = &out};
    for (q.applied = 0; q.applied < n; q.applied++)
        split(&q);
    return out;
}

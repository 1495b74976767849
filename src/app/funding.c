/* See funding.h. */
#include "app/funding.h"

#include "app/query_counts.h"
#include "app/query_due.h"
#include "app/room.h"
#include "base/id.h"
#include "domain/coupon/state.h"
#include "domain/limit/pool.h"
#include "domain/price/fund.h"

/* What holds that count no more give back to the budget of a party. */
typedef struct given_back {
    uint64_t template;
    uint16_t party;
    int64_t minor;
} given_back;

typedef struct quoting {
    app_view *v;
    const order_ask *ask;
    const order_priced *priced;
    bool budgets; /* are looked at */
    bool due;     /* what is due has been looked at */
    funding_quote *out;
    given_back *back; /* one for each party of a template in the order */
    size_t back_n;
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

/* NULL: no party of the order's templates. */
static given_back *back_of(const quoting *q, uint64_t template_id, uint16_t party)
{
    for (size_t i = 0; i < q->back_n; i++)
        if (q->back[i].template == template_id && q->back[i].party == party)
            return &q->back[i];
    return NULL;
}

static void see_change(void *context, const due_change *change)
{
    for (size_t i = 0; i < change->party_count; i++) {
        const party_share *s = &change->parties[i];
        given_back *back = back_of(context, change->template->row->id, s->party);
        if (back != NULL)
            back->minor += s->reserved_minor;
    }
}

static due_watch watch_of(quoting *q)
{
    uint16_t slot = slot_of_user(q->ask->merchant, q->ask->user);
    return (due_watch){.change = see_change,
                       .context = q,
                       .first_lane = store_lane_of_slot(app_store(q->v->app), slot),
                       .most = ROOM_DUE_MAX};
}

/* What the open hold has that the order replaces. Past its deadline it is one of those due. */
static void see_replaced(quoting *q)
{
    uint64_t id = q->priced->hold;
    const hold *row = id == 0 ? NULL : hold_get(q->v->rows, id_slot(id), id);
    due_watch watch = watch_of(q);
    if (row != NULL && hold_state_at(row, uow_now(q->v->rows)) == HOLD_STATE_OPEN)
        query_hold_end(q->v, row, &watch);
}

static void see_due(quoting *q)
{
    due_watch watch = watch_of(q);
    q->due = true;
    MAYBE(query_due(q->v, &watch)); /* what is not looked at is not there yet */
}

/* Whose budgets will be asked about. */
static void find_parties(quoting *q, size_t most)
{
    q->back = ARENA_ARRAY(q->v->memory, given_back, most);
    for (size_t i = 0; i < q->priced->in.applied.n; i++) {
        size_t n;
        const fund_party *parties = fund_parties(q->out->versions[i], &n);
        for (size_t k = 0; k < n; k++)
            if (back_of(q, template_of(q, i), parties[k].number) == NULL)
                q->back[q->back_n++] =
                    (given_back){.template = template_of(q, i), .party = parties[k].number};
    }
    see_replaced(q);
}

static result look_at_budget(void *context, const fund_party *p, int64_t want_minor,
                             int64_t *have_minor)
{
    quoting *q = context;
    uint64_t template_id = template_of(q, q->applied);
    *have_minor = want_minor;
    if (!q->budgets || template_id == 0)
        return R_DONE;
    pool_left left = query_pool_left(q->v, pool_party(template_id, p->number));
    if (left.total < 0)
        return R_DONE;
    const given_back *back = back_of(q, template_id, p->number);
    int64_t most = left.left + left.on_the_way - taken_before(q, p->number);
    if (most + back->minor < want_minor && !q->due)
        see_due(q);
    most += back->minor;
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
    quoting q = {.v = v, .ask = ask, .priced = priced, .budgets = ask->at_ms == NULL, .out = &out};
    if (q.budgets)
        find_parties(&q, parties);
    for (q.applied = 0; q.applied < n; q.applied++)
        split(&q);
    return out;
}

/* The home's side of escrow: what a pool holds, and who is granted how much. See pool.h. */
#include "base/id.h"
#include "domain/limit/level.h"
#include "domain/limit/partner.h"
#include "domain/limit/pool.h"
#include "domain/price/fund.h"

/* ---- names and totals ---- */

enum { PERIOD_SHIFT = 24 };

pool_name pool_of_limit(uint64_t owner, const limit_rule *rule, int64_t number, uint64_t store)
{
    static const uint8_t kinds[LIMIT_MEASURE_COUNT] = {
        [LIMIT_MEASURE_CLAIMS] = POOL_KIND_CLAIMS,
        [LIMIT_MEASURE_REDEMPTIONS] = POOL_KIND_REDEMPTIONS,
        [LIMIT_MEASURE_MONEY] = POOL_KIND_MONEY,
        [LIMIT_MEASURE_UNITS] = POOL_KIND_UNITS,
    };
    CHECK(rule->measure < LIMIT_MEASURE_COUNT && number >= 0 && number < 1 << PERIOD_SHIFT);
    return (pool_name){.owner = owner,
                       .kind = kinds[rule->measure],
                       .period = (int32_t)(rule->period << PERIOD_SHIFT | (int32_t)number),
                       .subject = store};
}

static int64_t limit_total(const limit_rule *rules, size_t n, pool_name which)
{
    for (size_t i = 0; i < n; i++) {
        const limit_rule *rule = &rules[i];
        bool by_store = rule->subject == LIMIT_SUBJECT_STORE;
        bool shared = limit_way_of(rule->subject) == LIMIT_SHARED;
        if (!shared || by_store != (which.subject != 0))
            continue;
        pool_name wanted = pool_of_limit(which.owner, rule,
                                         which.period & ((1 << PERIOD_SHIFT) - 1), which.subject);
        if (pool_name_eq(wanted, which))
            return rule->max;
    }
    return -1;
}

/* The newest version knows everybody who ever paid. */
static int64_t party_total(const config_template *t, pool_name which)
{
    const template_version *v = t == NULL ? NULL : config_version(t, t->row->version);
    const fund_party *p = v == NULL ? NULL : fund_find(v, (uint16_t)which.subject);
    return p == NULL ? -1 : p->budget_minor;
}

int64_t pool_total(const config *c, pool_name which)
{
    const config_template *t = config_find_template(c, which.owner);
    const config_campaign *of = t == NULL ? config_find_campaign(c, which.owner) : NULL;
    if (which.kind == POOL_KIND_STOCK)
        return t == NULL ? -1 : t->row->stock;
    if (which.kind == POOL_KIND_BUDGET)
        return of == NULL || of->row->budget_mode == BUDGET_MODE_NONE ? -1 : of->row->budget_minor;
    if (which.kind == POOL_KIND_PARTY)
        return party_total(t, which);
    if (t != NULL) {
        const template_version *v = config_version(t, t->row->version);
        return limit_total(v->limits.items, v->limits.n, which);
    }
    return of == NULL ? -1 : limit_total(of->row->limits.items, of->row->limits.n, which);
}

/* Is this the pool of a period before the last one, as the home's time sees it? Nobody may still
 * begin one: its count was deleted. */
static bool is_past(uow *u, pool_name which)
{
    uint8_t period = (uint8_t)(which.period >> PERIOD_SHIFT);
    if (period < LIMIT_PERIOD_DAY || period > LIMIT_PERIOD_MONTH)
        return false;
    const config_template *t = config_find_template(uow_config(u), which.owner);
    const config_campaign *of =
        config_find_campaign(uow_config(u), t == NULL ? which.owner : t->row->campaign);
    if (of == NULL)
        return false;
    const config_merchant *m = config_find_merchant(uow_config(u), of->row->merchant);
    CHECK(m != NULL); /* it was there before the campaign */
    int32_t day = zone_day(m->zone, uow_now(u));
    int32_t now = period == LIMIT_PERIOD_DAY    ? day
                  : period == LIMIT_PERIOD_WEEK ? day_week(day)
                                                : day_month(day);
    return (which.period & ((1 << PERIOD_SHIFT) - 1)) < now - 1;
}

/* ---- the pool's row ---- */

static pool_name name_of(const lease_in *in)
{
    return (pool_name){
        .owner = in->owner, .kind = in->kind, .period = in->period, .subject = in->subject};
}

static pool_lease *lease_of(pool *p, uint16_t lane)
{
    for (size_t i = 0; i < p->leases.n; i++)
        if (p->leases.items[i].lane == lane)
            return &p->leases.items[i];
    return NULL;
}

/* p is being edited. */
static pool_lease *lease_made(uow *u, pool *p, uint16_t lane)
{
    pool_lease *l = lease_of(p, lane);
    if (l != NULL)
        return l;
    pool_lease *grown = ARENA_ARRAY(uow_memory(u), pool_lease, p->leases.n + 1);
    if (p->leases.n > 0)
        memcpy(grown, p->leases.items, p->leases.n * sizeof(*grown));
    grown[p->leases.n] = (pool_lease){.lane = lane};
    p->leases.items = grown;
    return &grown[p->leases.n++];
}

static void send(uow *u, uint16_t act, uint16_t lane, lease_in message)
{
    message.lane = lane;
    uow_send_lane(u, act, lane, &lease_in_record, &message);
}

/* Asks every lane but `spared` to give back; how many of them hold anything. */
static size_t recall(uow *u, pool *p, uint16_t spared, const lease_in *in)
{
    size_t open = 0;
    for (size_t i = 0; i < p->leases.n; i++) {
        pool_lease *l = &p->leases.items[i];
        if (!l->open || l->lane == spared)
            continue;
        open++;
        if (l->recalled)
            continue;
        pool_edit(u, p);
        l->recalled = true;
        lease_in message = {
            .owner = in->owner, .kind = in->kind, .period = in->period, .subject = in->subject};
        send(u, LEASE_RECALL_ACT, l->lane, message);
    }
    return open;
}

/* Brings a shared limit to the maximum that is configured now. True when that is lower: slices may
 * be out that were granted under a larger total. */
static bool follow(uow *u, pool *p, int64_t total)
{
    if (p->kind < POOL_KIND_CLAIMS || total == p->total)
        return false;
    bool lowered = total < p->total;
    int64_t more = total - p->total;
    if (more < -p->free)
        more = -p->free; /* what is used, or still out, cannot go now */
    if (more == 0)
        return lowered;
    pool_edit(u, p);
    p->total += more;
    p->free += more;
    return lowered;
}

/* ---- asking ---- */

/* What an ask sees. */
typedef struct lease_desk {
    uow *u;
    const lease_in *in;
    pool *row;
    lease_out *out;
    bool coded; /* its pieces are codes of a partner */
    partner_shelf codes;
} lease_desk;

static result say(const lease_desk *d, ask_verdict verdict)
{
    d->out->verdict = (uint8_t)verdict;
    d->out->free = d->row == NULL ? 0 : d->row->free;
    d->out->last = false;
    return R_DONE;
}

static result grant(const lease_desk *d, uint16_t lane, int64_t n, bool last)
{
    lease_in message = {.owner = d->in->owner,
                        .kind = d->in->kind,
                        .period = d->in->period,
                        .subject = d->in->subject,
                        .amount = n,
                        .closed = last};
    if (n > 0) {
        pool_edit(d->u, d->row);
        pool_lease *l = lease_made(d->u, d->row, lane);
        l->open = true;
        l->out += n;
        d->row->free -= n;
        CHECK(d->row->free >= 0);
        message.total = d->row->total;
        if (d->coded)
            partner_home_take(d->u, d->row, &d->codes, &message);
    }
    send(d->u, LEASE_GRANT_ACT, lane, message);
    result r = say(d, ASK_VERDICT_GRANTED);
    d->out->last = last;
    return r;
}

static result collect(const lease_desk *d)
{
    if (d->row != NULL && recall(d->u, d->row, LEASE_COLLECT, d->in) > 0)
        return say(d, ASK_VERDICT_RECALLING);
    return grant(d, uow_lane(d->u), 0, true);
}

static result serve(const lease_desk *d, bool lowered)
{
    pool *p = d->row;
    uint16_t lane = d->in->lane;
    int64_t need = d->in->amount;
    const pool_lease *own = lease_of(p, lane);
    /* Slices granted under a larger total are not taken from any more: all of them come back. */
    if (lowered && recall(d->u, p, LEASE_COLLECT, d->in) > 0)
        return say(d, ASK_VERDICT_RECALLING);
    if (own != NULL && own->recalled)
        return say(d, ASK_VERDICT_RECALLING); /* a grant now would be closed by that return */
    if (p->free >= need) {
        int64_t share = p->free / (4 * (int64_t)uow_lane_count(d->u));
        int64_t most = d->coded ? PARTNER_GRANT_MAX : SLICE_MAX;
        if (share > most)
            share = most;
        return grant(d, lane, share > need ? share : need, false);
    }
    if (recall(d->u, p, lane, d->in) > 0)
        return say(d, ASK_VERDICT_RECALLING);
    /* Told by a message where the lane may still hold some: it comes before any recall of those. */
    bool has_some = p->free > 0 || (own != NULL && own->open);
    return has_some ? grant(d, lane, p->free, true) : say(d, ASK_VERDICT_NONE);
}

/* Pools of the same limit from periods before the last one. */
static size_t find_past(uow *u, const lease_in *in, pool **past)
{
    int32_t first = in->period >> PERIOD_SHIFT << PERIOD_SHIFT;
    if (in->period - first < 2)
        return 0;
    pool from = {.slot = id_slot(in->owner), .owner = in->owner, .kind = in->kind, .period = first};
    uow_range range = {
        .table = &pool_table, .index = -1, .from = &from, .prefix_columns = 3, .after = false};
    void *rows[POOL_SWEEP_MAX];
    size_t n = uow_scan(u, &range, POOL_SWEEP_MAX, rows), found = 0;
    for (size_t i = 0; i < n; i++) {
        pool *row = rows[i];
        pool_name name = {row->owner, row->kind, row->period, row->subject};
        if (row->period >> PERIOD_SHIFT == first >> PERIOD_SHIFT && is_past(u, name))
            past[found++] = row;
    }
    return found;
}

result lease_ask_decide(uow *u, const void *input, void *output)
{
    const lease_in *in = input;
    lease_desk d = {.u = u, .in = in, .out = output};
    bool collecting = in->lane == LEASE_COLLECT;
    if (!collecting && (in->lane >= uow_lane_count(u) || in->amount < 1))
        return R_INVALID;
    pool *past[POOL_SWEEP_MAX];
    uint16_t slot = id_slot(in->owner);
    d.row = pool_get(u, slot, in->owner, in->kind, in->period, in->subject);
    size_t n = d.row == NULL ? find_past(u, in, past) : 0;
    d.coded = partner_has(uow_config(u), name_of(in));
    if (d.coded && in->amount > PARTNER_GRANT_MAX)
        return R_INVALID;
    if (d.coded && d.row != NULL)
        partner_home_load(u, d.row, &d.codes);
    if (uow_pending(u))
        return R_AGAIN;
    if (collecting)
        return collect(&d);
    if (is_past(u, name_of(in)))
        return say(&d, ASK_VERDICT_NONE);
    int64_t total = pool_total(uow_config(u), name_of(in));
    if (total < 0)
        return grant(&d, in->lane, 0, false); /* unlimited meanwhile: whoever waits looks again */
    bool lowered = false;
    if (d.row == NULL) {
        d.row = pool_new(u, slot, in->owner, in->kind, in->period, in->subject);
        d.row->total = total;
        d.row->free = total;
    } else {
        lowered = follow(u, d.row, total);
    }
    for (size_t i = 0; i < n; i++)
        pool_delete(u, past[i]);
    return serve(&d, lowered);
}

result lease_return_decide(uow *u, const void *input, void *out)
{
    MAYBE(out);
    const lease_in *in = input;
    pool *p = pool_get(u, id_slot(in->owner), in->owner, in->kind, in->period, in->subject);
    if (uow_pending(u))
        return R_AGAIN;
    if (p == NULL)
        return R_DONE; /* of a period that is over */
    pool_edit(u, p);
    pool_lease *l = lease_made(u, p, in->lane);
    l->out -= in->amount;
    p->free += in->amount;
    partner_home_put(u, p, in);
    if (in->closed)
        l->recalled = false;
    bool idle = in->idle && in->total == l->out; /* else a grant is on its way there */
    if (!l->recalled && (in->closed || idle))
        l->open = false; /* idle: while a recall is on its way, its answer closes */
    return R_DONE;
}

result lease_send_late(uow *u, uint16_t act, uint16_t to_lane, str message)
{
    if (act != LEASE_GRANT_ACT && act != LEASE_RECALL_ACT && act != LEASE_RETURN_ACT)
        return R_NOT_FOUND;
    lease_in in;
    if (record_decode(&lease_in_record, message, uow_memory(u), &in) != R_DONE)
        return R_CORRUPT;
    if (act == LEASE_RECALL_ACT) {
        uow_send_lane(u, act, to_lane, &lease_in_record, &in);
        return R_DONE;
    }
    if (act == LEASE_GRANT_ACT) {
        in.lane = to_lane;
        in.closed = false; /* it means another thing in a return */
        in.total = 0;
    }
    in.idle = false;
    uow_send(u, LEASE_RETURN_ACT, id_slot(in.owner), &lease_in_record, &in);
    return R_DONE;
}

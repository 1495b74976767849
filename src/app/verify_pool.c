/* Escrow: pools, slices and what is on its way between them (domain/limit/pool.h), and what has
 * been used of them against what coupons, ledger, holds and redemptions took.
 *
 * Pools of limits whose period is over are left alone: lanes delete their slices of them before or
 * after the home deletes the pool. */
#include "app/verify_party.h"
#include "app/verify_promotion.h"
#include "base/time.h"
#include "domain/limit/book.h"
#include "domain/limit/level.h"
#include "domain/limit/pool.h"
#include "domain/limit/usage.h"

enum { PERIOD_SHIFT = 24 };

typedef struct pool_key {
    uint64_t owner, subject;
    int32_t period;
    uint16_t lane; /* of leases */
    uint8_t kind;
    uint8_t zero;
} pool_key;

static pool_key key_of(pool_name p, uint16_t lane)
{
    return (pool_key){
        .owner = p.owner, .subject = p.subject, .period = p.period, .lane = lane, .kind = p.kind};
}

static int64_t *pool_at(verify *v, pool_name p)
{
    pool_key k = key_of(p, 0);
    return verify_map_at(v->pools, (str){(const char *)&k, sizeof(k)});
}

static int64_t *lease_at(verify *v, pool_name p, uint16_t lane)
{
    pool_key k = key_of(p, lane);
    return verify_map_at(v->leases, (str){(const char *)&k, sizeof(k)});
}

static pool_name name_in(str bytes, uint16_t *lane)
{
    pool_key k;
    CHECK(bytes.n == sizeof(k));
    memcpy(&k, bytes.p, sizeof(k));
    *lane = k.lane;
    return (pool_name){.owner = k.owner, .kind = k.kind, .period = k.period, .subject = k.subject};
}

/* ---- what rows took ---- */

static void used(verify *v, pool_name p, int64_t least, int64_t most)
{
    int64_t *to = pool_at(v, p);
    to[POOL_COUNTED] = 1;
    to[POOL_LEAST] += least;
    to[POOL_MOST] += most;
}

/* A limit and the version of its owner that the issue of a coupon saw. */
typedef struct limit_seen {
    uint64_t owner;
    const limit_rule *rule;
    uint32_t version;
} limit_seen;

/* A shared limit that was removed and is set again goes on with what its pool had counted before:
 * for that the bounds are wide. */
static void used_by_claim(verify *v, const verify_coupon *c, limit_seen by)
{
    const limit_rule *rule = by.rule;
    int32_t day;
    if (rule->measure != LIMIT_MEASURE_CLAIMS || limit_way_of(rule->subject) != LIMIT_SHARED ||
        rule->subject == LIMIT_SUBJECT_STORE || !verify_day(&c->of, c->row.issued_at_ms, &day))
        return;
    int64_t at = c->row.issued_at_ms, number = usage_number(rule->period, day, at);
    if (rule->period == LIMIT_PERIOD_ROLLING)
        number = 0;
    if (number < 0 || number >= 1 << PERIOD_SHIFT)
        return;
    bool counted = limit_counted_claim(rule, by.version), in_error = verify_in_error(&c->row);
    if (c->row.transfer != 0) { /* the coupon that it was counts already */
        used(v, pool_of_limit(by.owner, rule, number, 0), -(counted && in_error),
             -(counted && in_error));
        return;
    }
    used(v, pool_of_limit(by.owner, rule, number, 0), counted && !in_error, !counted || !in_error);
}

void verify_pool_coupon(verify *v, const verify_coupon *c)
{
    const template *t = c->of.template->row;
    const campaign *of = c->of.campaign->row;
    const template_version *newest = config_version(c->of.template, t->version);
    bool in_error = verify_in_error(&c->row);
    bool back = in_error && t->partner.n == 0;       /* a partner's code has been seen */
    int64_t pieces = !back - (c->row.transfer != 0); /* the coupon that it was counts already */
    if (c->row.stocked)
        used(v, pool_stock(t->id), pieces, pieces);
    if (of->budget_mode != BUDGET_MODE_NONE) {
        int64_t n = c->ledger[ACCOUNT_BUDGET_RESERVED] + c->ledger[ACCOUNT_BUDGET_SPENT] +
                    c->ledger[ACCOUNT_TRANSFERRED];
        used(v, pool_budget(of->id), n, n);
    }
    for (size_t i = 0; i < newest->limits.n; i++)
        used_by_claim(v, c, (limit_seen){t->id, &newest->limits.items[i], c->row.version});
    for (size_t i = 0; i < of->limits.n; i++)
        used_by_claim(v, c, (limit_seen){of->id, &of->limits.items[i], c->row.campaign_version});
}

void verify_pool_promotion(verify *v, const verify_terms *of, int64_t budget_minor)
{
    if (of->campaign->row->budget_mode != BUDGET_MODE_NONE)
        used(v, pool_budget(of->campaign->row->id), budget_minor, budget_minor);
}

/* Has this period of the limit ended, as the store's clock has it? */
static bool is_over(const verify *v, const verify_terms *of, uint8_t period, int64_t number)
{
    int32_t day;
    if (period != LIMIT_PERIOD_DAY && period != LIMIT_PERIOD_WEEK && period != LIMIT_PERIOD_MONTH)
        return false;
    return verify_day(of, v->now_ms, &day) && number < usage_number(period, day, v->now_ms);
}

/* Returned after its period, a use is not given back to it. */
void verify_pool_take(verify *v, const verify_terms *of, const limit_take *take)
{
    limit_rule rule = {.measure = take->measure, .subject = take->subject, .period = take->period};
    if (take->number < 0 || take->number >= 1 << PERIOD_SHIFT ||
        is_over(v, of, take->period, take->number))
        return;
    used(v, pool_of_limit(take->owner, &rule, take->number, take->store), take->n, take->n);
}

void verify_pool_party(verify *v, uint64_t template_id, const party_share *share)
{
    if (share->reserved_minor > 0)
        used(v, pool_party(template_id, share->party), share->reserved_minor,
             share->reserved_minor);
}

/* ---- pools and slices ---- */

static void see_pool(verify *v, verify_group *g, const void *row)
{
    MAYBE(g);
    const pool *p = row;
    pool_name name = {p->owner, p->kind, p->period, p->subject};
    int64_t *to = pool_at(v, name);
    v->sum.pools++;
    to[POOL_HOME] = 1;
    to[POOL_TOTAL] = p->total;
    to[POOL_FREE] = p->free;
    for (size_t i = 0; i < p->leases.n; i++) {
        const pool_lease *l = &p->leases.items[i];
        to[POOL_OUT] += l->out;
        int64_t *lease = lease_at(v, name, l->lane);
        lease[LEASE_ROW] = 1;
        lease[LEASE_OUT] = l->out;
        lease[LEASE_OPEN] = l->open;
    }
}

static void see_slice(verify *v, verify_group *g, const void *row)
{
    MAYBE(g);
    const slice *s = row;
    pool_name name = {s->owner, s->kind, s->period, s->subject};
    pool_at(v, name)[POOL_USED] += s->consumed;
    int64_t *lease = lease_at(v, name, s->lane);
    lease[LEASE_SLICE] = 1;
    lease[LEASE_SLICE_FREE] = s->free;
    lease[LEASE_SLICE_USED] = s->consumed;
    lease[LEASE_SLICE_OPEN] = s->open;
}

static void on_its_way(verify *v, uint16_t act, str input, bool aside)
{
    int of = aside ? LEASE_ASIDE : act == LEASE_GRANT_ACT ? LEASE_GRANTS : LEASE_RETURNS;
    if (act != LEASE_GRANT_ACT && act != LEASE_RETURN_ACT)
        return;
    arena *memory = arena_new(0);
    lease_in in = {0};
    if (record_decode(&lease_in_record, input, memory, &in) == R_DONE) {
        pool_name name = {in.owner, in.kind, in.period, in.subject};
        lease_at(v, name, in.lane)[of] += in.amount;
    }
    arena_free(memory);
}

/* ---- comparing ---- */

typedef struct pool_owner {
    verify_terms of; /* template may be NULL */
    bool found;
} pool_owner;

static pool_owner owner_of(verify *v, pool_name p)
{
    pool_owner o = {0};
    if (verify_terms_of(v, p.owner, &o.of)) {
        o.found = true;
        return o;
    }
    o.of.campaign = config_find_campaign(v->view.config, p.owner);
    if (o.of.campaign != NULL)
        o.of.merchant = config_find_merchant(v->view.config, o.of.campaign->row->merchant);
    o.found = o.of.merchant != NULL && o.of.merchant->zone != NULL;
    return o;
}

static bool is_past(verify *v, pool_name p)
{
    pool_owner o = owner_of(v, p);
    return p.kind >= POOL_KIND_CLAIMS && o.found &&
           is_over(v, &o.of, (uint8_t)(p.period >> PERIOD_SHIFT),
                   p.period & ((1 << PERIOD_SHIFT) - 1));
}

static str subject_of(pool_name p, const uint16_t *lane, char out[160])
{
    buf b = {.p = out, .capacity = 160, .max = 160};
    bool of_template = p.kind == POOL_KIND_STOCK || p.kind == POOL_KIND_PARTY;
    buf_printf(&b, "%.*s of ", STR_ARG(pool_kind_name(p.kind)));
    id_write(&b, of_template ? ID_TEMPLATE : ID_CAMPAIGN, p.owner);
    if (p.period != 0)
        buf_printf(&b, " %.*s %d", STR_ARG(limit_period_name(p.period >> PERIOD_SHIFT)),
                   p.period & ((1 << PERIOD_SHIFT) - 1));
    if (p.kind == POOL_KIND_PARTY)
        buf_printf(&b, " number %u", (unsigned)p.subject);
    else if (p.subject != 0)
        buf_printf(&b, " store %016llx", (unsigned long long)p.subject);
    if (lane != NULL)
        buf_printf(&b, " lane %u", *lane);
    return buf_view(&b);
}

static void compare_lease(verify *v, pool_name p, uint16_t lane, const int64_t *l)
{
    char text[160];
    verify_what w = {.check = "pool", .subject = subject_of(p, &lane, text)};
    verify_number(v, &w, "out",
                  l[LEASE_SLICE_FREE] + l[LEASE_SLICE_USED] + l[LEASE_GRANTS] + l[LEASE_RETURNS] +
                      l[LEASE_ASIDE],
                  l[LEASE_OUT]);
    verify_must(v, &w, "free of a slice is not below 0", l[LEASE_SLICE_FREE] >= 0);
    if (!l[LEASE_SLICE_OPEN])
        verify_number(v, &w, "free of a closed slice", 0, l[LEASE_SLICE_FREE]);
    if (l[LEASE_OPEN])
        return;
    verify_must(v, &w, "a lane whose lease is closed has no open slice", !l[LEASE_SLICE_OPEN]);
    verify_number(v, &w, "grants on their way to a lane whose lease is closed", 0, l[LEASE_GRANTS]);
}

static void compare_pool(verify *v, pool_name p, const int64_t *values)
{
    char text[160];
    verify_what w = {.check = "pool", .subject = subject_of(p, NULL, text)};
    bool lasting = p.kind == POOL_KIND_STOCK || p.kind == POOL_KIND_BUDGET;
    bool told = lasting || p.kind == POOL_KIND_PARTY; /* by rows, all that was taken */
    if (!values[POOL_HOME] && !told)
        return; /* of a limit that is gone, or was never asked for */
    if (!values[POOL_HOME]) {
        if (values[POOL_USED] != 0 || values[POOL_MOST] != 0)
            verify_must(v, &w, "the pool is there", false);
        return;
    }
    int64_t configured = pool_total(v->view.config, p);
    verify_number(v, &w, "total", values[POOL_FREE] + values[POOL_OUT], values[POOL_TOTAL]);
    verify_must(v, &w, "free is not below 0", values[POOL_FREE] >= 0);
    if (lasting && configured >= 0)
        verify_number(v, &w, "total as configured", configured, values[POOL_TOTAL]);
    if (told || values[POOL_COUNTED] != 0) /* nothing tells what a store's limit has counted */
        verify_between(v, &w, "used", &values[POOL_LEAST], values[POOL_USED]);
}

result verify_pools(verify *v)
{
    result r = verify_each(v, NULL, &pool_table, see_pool);
    if (r == R_DONE)
        r = verify_each(v, NULL, &slice_table, see_slice);
    if (r == R_DONE)
        r = verify_messages(v, on_its_way);
    if (r != R_DONE)
        return r;
    str bytes;
    uint16_t lane;
    for (size_t i = 0; i < verify_map_count(v->leases); i++) {
        const int64_t *values = verify_map_item(v->leases, i, &bytes);
        pool_name p = name_in(bytes, &lane);
        if (!is_past(v, p))
            compare_lease(v, p, lane, values);
    }
    for (size_t i = 0; i < verify_map_count(v->pools); i++) {
        const int64_t *values = verify_map_item(v->pools, i, &bytes);
        pool_name p = name_in(bytes, &lane);
        if (!is_past(v, p))
            compare_pool(v, p, values);
    }
    return R_DONE;
}

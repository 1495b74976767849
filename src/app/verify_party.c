/* What parties pay of discounts: shares of orders, what returns gave back to them, their ledger
 * rows, counters and budgets, each against the others. */
#include "app/verify_party.h"
#include "domain/limit/pool.h"
#include "domain/price/fund.h"

/* Of a group, and of all: by template and party, on a day or (ledger of a group) on none. */
typedef struct party_key {
    uint64_t campaign, template;
    int64_t day;
    uint64_t party;
} party_key;

enum { PARTY_OWED, PARTY_LEDGER }; /* values of a group: as orders say; debits less credits */

static str key_bytes(const party_key *k)
{
    return (str){(const char *)k, sizeof(*k)};
}

verify_map *verify_parties_new(void)
{
    return verify_map_new(2);
}

static int64_t *group_at(const verify_group *g, uint64_t template_id, uint16_t party)
{
    party_key k = {.template = template_id, .party = party};
    return verify_map_at(g->parties, key_bytes(&k));
}

/* ---- ledger ---- */

void verify_party_ledger(verify *v, verify_group *g, const verify_terms *of, const ledger *row)
{
    verify_what w = {.check = "ledger", .kind = ID_LEDGER, .id = row->id};
    bool owed = row->debit == ACCOUNT_PARTIES && row->credit == ACCOUNT_FUNDED;
    bool back = row->debit == ACCOUNT_FUNDED && row->credit == ACCOUNT_PARTIES;
    verify_must(v, &w, "parties and funded move together, with a party",
                (owed || back) == (row->party != 0));
    if (!owed && !back)
        return;
    group_at(g, row->template, row->party)[PARTY_LEDGER] +=
        owed ? row->amount_minor : -row->amount_minor;
    party_key k = {row->campaign, row->template, 0, row->party};
    int32_t day;
    if (of->template == NULL || !verify_day(of, row->at_ms, &day))
        return;
    k.day = day;
    verify_map_at(v->parties, key_bytes(&k))[PARTY_EXPECTED + (back ? 1 : 0)] += row->amount_minor;
}

/* ---- shares of orders ---- */

/* What some version gives it a budget for may be less than its part. */
static bool may_lack(const config_template *t, uint16_t number)
{
    for (uint32_t i = 0; i < t->version_count; i++) {
        const fund_party *p = fund_find(t->versions[i], number);
        if (p != NULL && p->budget_minor >= 0)
            return true;
    }
    return false;
}

typedef struct replay {
    const config_template *of;
    const fund_party *parties;
    const int64_t *paid;
} replay;

static result as_it_paid(void *context, const fund_party *p, int64_t want_minor,
                         int64_t *have_minor)
{
    const replay *r = context;
    int64_t paid = r->paid[p - r->parties];
    *have_minor = may_lack(r->of, p->number) && paid < want_minor ? paid : want_minor;
    return R_DONE;
}

/* The shares of one applied coupon: they are what its funding says. */
static void check_split(verify *v, const verify_what *w, const party_order *o, size_t applied)
{
    const applied_coupon *a = &o->applied[applied];
    verify_terms of;
    int64_t paid[FUND_PARTIES_MAX] = {0}, again[FUND_PARTIES_MAX] = {0};
    size_t n, found = 0;
    const template_version *version =
        verify_terms_of(v, a->template, &of) ? config_version(of.template, a->version) : NULL;
    if (version == NULL)
        return; /* told elsewhere */
    const fund_party *parties = fund_parties(version, &n);
    for (size_t i = 0; i < o->n; i++) {
        const party_share *s = &o->shares[i];
        size_t k = 0;
        while (k < n && parties[k].number != s->party)
            k++;
        if (s->applied != applied)
            continue;
        found++;
        verify_must(v, w, "a party is one of the funding", k < n);
        if (k < n)
            paid[k] = s->discount_minor;
    }
    if (n == 0) {
        verify_number(v, w, "parties of a coupon without funding", 0, (int64_t)found);
        return;
    }
    replay r = {of.template, parties, paid};
    MAYBE(fund_split(&(fund_use){parties, n, a->discount_minor, as_it_paid, &r}, again) == R_DONE);
    for (size_t k = 0; k < n; k++)
        verify_number(v, w, "discount_minor of a party", again[k], paid[k]);
}

/* False: they do not name coupons of the order. */
static bool check_places(verify *v, const verify_what *w, const party_order *o)
{
    bool placed = true;
    int64_t last = -1;
    for (size_t i = 0; i < o->n && placed; i++) {
        const party_share *s = &o->shares[i];
        placed = s->applied < o->applied_count && s->applied >= last && s->discount_minor > 0;
        last = s->applied;
    }
    verify_must(v, w, "parties name coupons, in their order", placed);
    return placed;
}

bool verify_party_order(verify *v, const verify_what *w, const party_order *o)
{
    if (!check_places(v, w, o))
        return false;
    for (size_t i = 0; i < o->applied_count; i++)
        check_split(v, w, o, i);
    for (size_t i = 0; i < o->n; i++) {
        const party_share *s = &o->shares[i];
        verify_must(v, w, "a party's budget has no more than it pays",
                    s->returned_minor >= 0 && s->reserved_minor >= 0 &&
                        s->reserved_minor <= s->discount_minor - s->returned_minor);
    }
    return true;
}

void verify_party_taken(verify *v, const party_order *o)
{
    for (size_t i = 0; i < o->n; i++)
        verify_pool_party(v, o->applied[o->shares[i].applied].template, &o->shares[i]);
}

/* What returns gave back to a party is what it says, and sums to what came back of its coupon. */
void verify_party_used(verify *v, const verify_group *g, const verify_what *w,
                       const verify_redemption *of)
{
    const redemption *r = &of->row;
    int64_t *sums = ARENA_ARRAY(g->memory, int64_t, r->applied.n);
    for (size_t i = 0; i < r->parties.n; i++) {
        const party_share *s = &r->parties.items[i];
        verify_number(v, w, "returned_minor of a party", of->paid_back[i], s->returned_minor);
        group_at(g, r->applied.items[s->applied].template, s->party)[PARTY_OWED] +=
            s->discount_minor - s->returned_minor;
        sums[s->applied] += s->returned_minor;
    }
    for (size_t i = 0; i < r->parties.n; i++) {
        size_t applied = r->parties.items[i].applied;
        if (i == 0 || r->parties.items[i - 1].applied != applied)
            verify_number(v, w, "returned_minor of the parties of a coupon",
                          r->applied.items[applied].returned_minor, sums[applied]);
    }
}

void verify_party_returned(verify *v, const verify_what *w, verify_redemption *of,
                           const order_return *back)
{
    for (size_t i = 0; i < back->parties.n; i++) {
        const party_back *p = &back->parties.items[i];
        size_t k = 0;
        while (k < of->row.parties.n && (of->row.parties.items[k].applied != p->applied ||
                                         of->row.parties.items[k].party != p->party))
            k++;
        verify_must(v, w, "who gets back has paid", k < of->row.parties.n);
        if (k < of->row.parties.n)
            of->paid_back[k] += p->discount_minor;
    }
}

void verify_parties(verify *v, const verify_group *g)
{
    for (size_t i = 0; i < verify_map_count(g->parties); i++) {
        str bytes;
        const int64_t *values = verify_map_item(g->parties, i, &bytes);
        party_key k;
        CHECK(bytes.n == sizeof(k));
        memcpy(&k, bytes.p, sizeof(k));
        verify_what w = {.check = "party", .kind = ID_TEMPLATE, .id = k.template};
        verify_number(v, &w, "ledger parties", values[PARTY_OWED], values[PARTY_LEDGER]);
    }
}

/* ---- counters ---- */

static void see_party(verify *v, verify_group *g, const void *row)
{
    MAYBE(g);
    const tally_party *t = row;
    party_key k = {t->campaign, t->template, t->day, t->party};
    int64_t *to = verify_map_at(v->parties, key_bytes(&k)) + PARTY_ACTUAL;
    to[0] += t->discount_minor;
    to[1] += t->discount_returned_minor;
}

result verify_party_counters(verify *v)
{
    result r = verify_each(v, NULL, &tally_party_table, see_party);
    for (size_t i = 0; i < verify_map_count(v->parties) && r == R_DONE; i++) {
        str bytes;
        const int64_t *values = verify_map_item(v->parties, i, &bytes);
        party_key k;
        char text[128];
        CHECK(bytes.n == sizeof(k));
        memcpy(&k, bytes.p, sizeof(k));
        buf b = {.p = text, .capacity = sizeof(text), .max = sizeof(text)};
        id_write(&b, ID_TEMPLATE, k.template);
        buf_printf(&b, " party %d ", (int)k.party);
        time_write_day(&b, (int32_t)k.day);
        verify_what w = {.check = "party", .subject = buf_view(&b)};
        verify_number(v, &w, "discount_minor", values[PARTY_EXPECTED], values[PARTY_ACTUAL]);
        verify_number(v, &w, "discount_returned_minor", values[PARTY_EXPECTED + 1],
                      values[PARTY_ACTUAL + 1]);
    }
    return r;
}

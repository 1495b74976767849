/* What limits, stock, budgets and states of campaigns allowed at the time: see oracle_part.h.
 *
 * An op happened at one moment between its first sending and its first answer. So a change rules
 * for sure from its answer until the next one is sent, and perhaps from its sending until the next
 * one's answer. Judged is only what is wrong wherever in between things happened. */
#include <stdlib.h>

#include "test/lib/oracle/oracle_part.h"

/* ---- lists ---- */

/* Owned by the oracle: oracle_forget frees them. */
static void put(ops *list, const op *p)
{
    if (list->n == list->capacity) {
        list->capacity = list->capacity == 0 ? 16 : list->capacity * 2;
        list->items = realloc(list->items, list->capacity * sizeof *list->items);
        CHECK(list->items != NULL);
    }
    list->items[list->n++] = p;
}

void oracle_issued(sums *t, const op *claim)
{
    put(&t->issued, claim);
}

void oracle_learn(oracle *o, uint32_t number)
{
    const op *p = &o->h->ops[number];
    if (p->kind == OP_STOCK)
        put(&o->templates[p->template].stock, p);
    else
        put(p->kind == OP_STATE ? &o->campaigns[p->campaign].states
                                : &o->campaigns[p->campaign].budgets,
            p);
}

void oracle_forget(oracle *o)
{
    for (uint32_t t = 0; t < o->h->template_n; t++) {
        free(o->templates[t].issued.items);
        free(o->templates[t].stock.items);
    }
    for (uint32_t c = 0; c < o->h->campaign_n; c++) {
        free(o->campaigns[c].states.items);
        free(o->campaigns[c].budgets.items);
    }
}

/* How many were sent before the moment. */
static uint32_t sent_before(const ops *list, uint64_t moment)
{
    uint32_t low = 0, high = list->n;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (list->items[middle]->invoked < moment)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Perhaps in force at some moment between the two: change i, or -1 for what was before all. */
static bool may_rule(const ops *list, int64_t i, uint64_t from, uint64_t to)
{
    bool begun = i < 0 || list->items[i]->invoked < to;
    bool over = i + 1 < (int64_t)list->n && list->items[i + 1]->answered < from;
    return begun && !over;
}

static int64_t now_of(const ops *list, int64_t at_first)
{
    return list->n == 0 ? at_first : list->items[list->n - 1]->target;
}

int64_t oracle_stock_now(const oracle *o, uint32_t template)
{
    return now_of(&o->templates[template].stock, o->h->templates[template].stock);
}

int64_t oracle_budget_now(const oracle *o, uint32_t campaign)
{
    return now_of(&o->campaigns[campaign].budgets, o->h->campaigns[campaign].total_minor);
}

/* ---- campaigns that are stopped ---- */

static bool perhaps_stopped(const oracle *o, uint32_t template, const op *p)
{
    if (template == NOTHING)
        return false;
    const ops *states = &o->campaigns[o->h->templates[template].campaign].states;
    for (int64_t i = 0; i < states->n; i++)
        if (states->items[i]->to != KNOWN_ACTIVE && may_rule(states, i, p->invoked, p->answered))
            return true;
    return false;
}

/* All the time from its sending to its answer. */
static bool surely_stopped(const ops *states, const op *p)
{
    bool stopped = false;
    for (uint32_t i = 0; i < states->n && states->items[i]->invoked < p->answered; i++) {
        if (states->items[i]->to == KNOWN_ACTIVE)
            stopped = false;
        else
            stopped = stopped || states->items[i]->answered < p->invoked;
    }
    return stopped;
}

static void check_states(const oracle *o)
{
    for (uint32_t i = 0; i < o->h->coupon_n; i++) {
        const known_coupon *c = &o->h->coupons[i];
        if (c->template == NOTHING)
            continue;
        uint32_t campaign = o->h->templates[c->template].campaign;
        if (surely_stopped(&o->campaigns[campaign].states, &o->h->ops[c->op]))
            flaw_add(o->f, FLAW_WHILE_STOPPED, "coupon %.*s of op %u, campaign %u", STR_ARG(c->id),
                     c->op, campaign);
    }
}

/* ---- limits ---- */

/* What the users of a device have. */
static uint32_t on_device(const oracle *o, uint32_t device, uint32_t template)
{
    uint32_t n = 0;
    for (uint32_t u = device * DEVICE_USERS; u < (device + 1) * DEVICE_USERS && u < o->users; u++)
        n += *oracle_mine(o, u, template);
    return n;
}

static bool over_limit(const oracle *o, uint32_t user, uint32_t template, uint32_t count)
{
    if (template == NOTHING)
        return false;
    const known_template *t = &o->h->templates[template];
    return (t->per_user > 0 && *oracle_mine(o, user, template) + count > t->per_user) ||
           (t->per_device > 0 && on_device(o, device_of(user), template) + count > t->per_device);
}

/* For all that it asked for: a claim's user, a transfer's receiver. */
static bool asks_too_much(const oracle *o, const op *p)
{
    if (p->kind == OP_TRANSFER)
        return over_limit(o, p->receiver, o->h->coupons[p->coupon].template, 1);
    return over_limit(o, p->user, p->template, p->count) || over_limit(o, p->user, p->second, 1);
}

static void check_devices(const oracle *o, uint32_t template)
{
    uint32_t most = o->h->templates[template].per_device;
    for (uint32_t d = 0; most > 0 && d * DEVICE_USERS < o->users; d++) {
        if (on_device(o, d, template) > most)
            flaw_add(o->f, FLAW_OVER_LIMIT, "device d%u has %u of template %u; %u are allowed", d,
                     on_device(o, d, template), template, most);
    }
}

static void check_limits(const oracle *o)
{
    for (uint32_t t = 0; t < o->h->template_n; t++) {
        uint32_t most = o->h->templates[t].per_user;
        check_devices(o, t);
        for (uint32_t u = 0; most > 0 && u < o->users; u++) {
            if (*oracle_mine(o, u, t) > most)
                flaw_add(o->f, FLAW_OVER_LIMIT, "user u%u has %u of template %u; %u are allowed", u,
                         *oracle_mine(o, u, t), t, most);
        }
    }
}

/* ---- stock ---- */

static bool has_stock(const oracle *o, uint32_t template)
{
    return template != NOTHING && o->h->templates[template].stock >= 0;
}

/* The least that it may have been. */
static int64_t least_stock(const oracle *o, uint32_t template, uint64_t from, uint64_t to)
{
    const ops *changes = &o->templates[template].stock;
    int64_t least = INT64_MAX;
    for (int64_t i = -1; i < changes->n; i++) {
        int64_t stock = i < 0 ? o->h->templates[template].stock : changes->items[i]->target;
        if (stock < least && may_rule(changes, i, from, to))
            least = stock;
    }
    return least;
}

/* Of which template did a claim say for sure that it is sold out; asking for how many, of which it
 * got none (all or none) or all that there were (best effort)? */
static uint32_t told_sold_out(const op *p, uint32_t *lacking)
{
    *lacking = 1;
    if (p->sold_out == 0)
        return NOTHING;
    if (p->best_effort && p->state == OP_DONE)
        return p->missed[0] == R_SOLD_OUT ? p->template : p->second;
    *lacking = p->best_effort ? 1 : p->count;
    return p->second == NOTHING ? p->template : NOTHING;
}

/* Where voids in error bring nothing back, a piece that was issued stays so; so when sold_out was
 * said, claims that had been sent by then had all the rest. */
static void check_sold_out(const oracle *o)
{
    for (uint32_t i = 0; i < o->h->n; i++) {
        const op *p = &o->h->ops[i];
        uint32_t lacking, t = told_sold_out(p, &lacking);
        if (t == NOTHING || !has_stock(o, t) || o->templates[t].in_error > 0)
            continue;
        int64_t issued = sent_before(&o->templates[t].issued, p->sold_out);
        int64_t stock = least_stock(o, t, p->invoked, p->sold_out);
        if (stock - issued >= lacking)
            flaw_add(o->f, FLAW_FALSE_SOLD_OUT, "template %u, op %u: %lld of %lld issued", t, i,
                     (long long)issued, (long long)stock);
    }
}

/* A target that was reached had room for all that was answered before. */
static void check_targets(const oracle *o, uint32_t template)
{
    const sums *s = &o->templates[template];
    for (uint32_t k = 0; k < s->stock.n; k++) {
        const op *change = s->stock.items[k];
        int64_t issued = 0;
        for (uint32_t i = 0; i < s->issued.n; i++)
            issued += s->issued.items[i]->answered < change->invoked;
        if (issued - s->in_error > change->target)
            flaw_add(o->f, FLAW_OVER_STOCK, "template %u: a target of %lld with %lld issued",
                     template, (long long)change->target, (long long)issued);
    }
}

static void check_stock(const oracle *o)
{
    for (uint32_t t = 0; t < o->h->template_n; t++) {
        const sums *s = &o->templates[t];
        int64_t stock = oracle_stock_now(o, t);
        if (stock < 0)
            continue;
        if (s->c.issued - s->in_error > stock)
            flaw_add(o->f, FLAW_OVER_STOCK, "template %u: %lld of %lld", t, (long long)s->c.issued,
                     (long long)stock);
        check_targets(o, t);
    }
}

/* ---- budgets ---- */

static uint32_t campaign_of_use(const oracle *o, const op *p)
{
    uint32_t coupon = p->of != NOTHING ? o->h->ops[p->of].coupon : p->coupon;
    return o->h->templates[o->h->coupons[coupon].template].campaign;
}

/* Claims meet budgets at issue; a use also meets its reservation there. */
static bool has_budget(const oracle *o, const op *p)
{
    bool use = p->kind == OP_HOLD || p->kind == OP_REDEEM;
    if (!use && p->template == NOTHING)
        return false;
    uint32_t campaign = use ? campaign_of_use(o, p) : o->h->templates[p->template].campaign;
    known_budget kind = o->h->campaigns[campaign].budget;
    return kind == KNOWN_AT_ISSUE || (kind == KNOWN_AT_REDEEM && use);
}

int64_t oracle_spent(const oracle *o, uint32_t campaign, bool *vague)
{
    int64_t sum = 0;
    *vague = false;
    for (uint32_t t = 0; t < o->h->template_n; t++) {
        const sums *s = &o->templates[t];
        if (o->h->templates[t].campaign != campaign)
            continue;
        sum += s->c.discount_minor - s->c.discount_returned_minor;
        *vague = *vague || s->vague;
    }
    for (uint32_t i = 0; i < o->h->n; i++) {
        const op *p = &o->h->ops[i];
        if (p->kind == OP_HOLD && p->state == OP_DONE && !p->brief && o->ops[i].redeems == 0 &&
            o->ops[i].releases == 0 && campaign_of_use(o, p) == campaign)
            sum += p->discount;
    }
    return sum;
}

/* No more can have been reserved and spent at any moment before. */
static int64_t most_taken(const oracle *o, uint32_t campaign, uint64_t moment)
{
    int64_t sum = 0;
    bool at_issue = o->h->campaigns[campaign].budget == KNOWN_AT_ISSUE;
    for (uint32_t t = 0; at_issue && t < o->h->template_n; t++)
        if (o->h->templates[t].campaign == campaign)
            sum += sent_before(&o->templates[t].issued, moment) * o->h->templates[t].amount_minor;
    for (uint32_t i = 0; i < o->h->n && o->h->ops[i].invoked < moment; i++) {
        const op *p = &o->h->ops[i];
        bool use = p->kind == OP_HOLD || (p->kind == OP_REDEEM && p->of == NOTHING);
        if (use && p->state == OP_DONE && campaign_of_use(o, p) == campaign)
            sum += p->discount;
    }
    return sum;
}

static void check_budgets(const oracle *o)
{
    for (uint32_t c = 0; c < o->h->campaign_n; c++) {
        bool vague;
        if (o->h->campaigns[c].budget == KNOWN_NO_BUDGET)
            continue;
        int64_t sum = oracle_spent(o, c, &vague), total = oracle_budget_now(o, c);
        if (sum > total)
            flaw_add(o->f, FLAW_OVER_BUDGET, "campaign %u: %lld of %lld", c, (long long)sum,
                     (long long)total);
    }
}

/* ---- causes ---- */

static bool too_low_a_target(const oracle *o, const op *p)
{
    if (p->kind == OP_STOCK)
        return sent_before(&o->templates[p->template].issued, p->answered) > p->target;
    return most_taken(o, p->campaign, p->answered) > p->target;
}

bool oracle_has_cause(const oracle *o, const op *p)
{
    const sequel *of = p->of == NOTHING ? NULL : &o->ops[p->of];
    switch (p->code) {
    case R_SOLD_OUT:
        return has_stock(o, p->template) || has_stock(o, p->second);
    case R_LIMIT_REACHED:
        return asks_too_much(o, p);
    case R_CODE_USED: {
        const exchanges *code = &o->codes[p->typed - 1];
        return code->n > 0 && code->first < p->answered;
    }
    case R_NONE_ISSUED:
        return over_limit(o, p->user, p->template, 1) || over_limit(o, p->user, p->second, 1);
    case R_CAMPAIGN_NOT_ACTIVE:
        return perhaps_stopped(o, p->template, p) || perhaps_stopped(o, p->second, p);
    case R_BUDGET_EXHAUSTED:
        return has_budget(o, p);
    case R_COUPON_NOT_AVAILABLE: {
        uint64_t used = o->coupons[p->coupon].first_use;
        return used != 0 && used < p->answered;
    }
    case R_ORDER_CONFLICT:
        return o->ops[p->order].consumed != 0 && o->ops[p->order].consumed < p->answered;
    case R_HOLD_NOT_OPEN:
        return of != NULL && (of->redeems > 0 || of->releases > 0);
    case R_HOLD_EXPIRED:
        return p->of != NOTHING && o->h->ops[p->of].brief;
    case R_NOT_RETURNABLE:
        return of != NULL && of->returns > 0;
    case R_NOT_EDITABLE:
        return too_low_a_target(o, p);
    default:
        return false;
    }
}

/* What a claim, best effort, did not get: is there a reason for each? */
static void check_missed(const oracle *o)
{
    for (uint32_t i = 0; i < o->h->n; i++) {
        if (o->h->ops[i].kind != OP_CLAIM || o->h->ops[i].state != OP_DONE)
            continue;
        for (int k = 0; k < 2; k++) {
            op one = o->h->ops[i];
            one.code = one.missed[k];
            one.template = k == 0 ? one.template : one.second;
            one.second = NOTHING;
            one.count = 1;
            if (one.code != R_DONE && !oracle_has_cause(o, &one))
                flaw_add(o->f, FLAW_FALSE_REFUSAL, "op %u, item %d: %.*s", i, k,
                         STR_ARG(result_code(one.code)));
        }
    }
}

void oracle_check_rules(const oracle *o)
{
    check_limits(o);
    check_stock(o);
    check_sold_out(o);
    check_budgets(o);
    check_states(o);
    check_missed(o);
}

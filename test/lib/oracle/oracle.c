/* See oracle.h. One pass over the history adds up what each coupon, order and template went
 * through; nothing depends on the order of ops that ran at the same time. */
#include "test/lib/oracle/oracle.h"

#include <stdlib.h>

typedef struct passage { /* of a coupon */
    uint32_t held, brief, redeemed, restored, voided, shown;
    uint64_t first_use; /* 0: never */
} passage;

typedef struct sequel { /* of an op */
    uint32_t redeems, releases, returns, restored;
    uint64_t consumed; /* the order of this number: moment of its first redemption; 0: never */
    uint32_t consumed_n;
    int64_t refund, list, pieces;
} sequel;

typedef struct sums { /* of a template */
    counted c;
    int64_t in_error, before_sold_out;
    int64_t perhaps_late; /* brief holds that were redeemed, perhaps after their release */
    uint64_t sold_out;    /* said first for one piece; 0: never */
    bool vague;           /* brief holds may be over or not */
} sums;

struct oracle {
    const history *h;
    flaws *f;
    bool late;
    uint32_t users;
    passage *coupons;
    sequel *ops;
    sums *templates;
    uint32_t *mine; /* [user * template_n + template]: coupons */
};

/* Owned by the oracle: oracle_free frees it. */
static void *zeroed(size_t n, size_t item)
{
    void *p = calloc(n == 0 ? 1 : n, item);
    CHECK(p != NULL);
    return p;
}

void oracle_free(oracle *o)
{
    free(o->coupons);
    free(o->ops);
    free(o->templates);
    free(o->mine);
    free(o);
}

static uint32_t *mine(const oracle *o, uint32_t user, uint32_t template)
{
    return &o->mine[(size_t)user * o->h->template_n + template];
}

static sums *sums_of_coupon(const oracle *o, uint32_t coupon)
{
    return &o->templates[o->h->coupons[coupon].template];
}

/* ---- adding up ---- */

static void add_claim(oracle *o, const op *p)
{
    for (uint32_t i = p->first_coupon; i < p->first_coupon + p->coupon_n; i++) {
        uint32_t template = o->h->coupons[i].template;
        if (template == NOTHING)
            continue;
        o->templates[template].c.issued++;
        ++*mine(o, p->user, template);
    }
}

static void add_use(oracle *o, uint32_t coupon, const op *p)
{
    passage *c = &o->coupons[coupon];
    if (c->first_use == 0 || p->invoked < c->first_use)
        c->first_use = p->invoked;
}

static void add_redeem(oracle *o, uint32_t number, const op *p)
{
    uint32_t coupon = history_used(o->h, number);
    sums *t = sums_of_coupon(o, coupon);
    sequel *order = &o->ops[p->order];
    add_use(o, coupon, p);
    o->coupons[coupon].redeemed++;
    order->consumed_n++;
    if (order->consumed == 0 || p->invoked < order->consumed)
        order->consumed = p->invoked;
    if (p->of != NOTHING)
        o->ops[p->of].redeems++;
    t->c.redeemed++;
    t->c.discount_minor += p->discount;
    t->c.orders_minor += p->subtotal;
}

static void add_return(oracle *o, const op *p)
{
    uint32_t coupon = history_used(o->h, p->of);
    sums *t = sums_of_coupon(o, coupon);
    sequel *s = &o->ops[p->of];
    s->returns++;
    s->refund += p->refund;
    s->list += p->list;
    s->pieces += p->pieces;
    s->restored += p->restored;
    o->coupons[coupon].restored += p->restored;
    t->c.returned += p->restored;
    t->c.discount_returned_minor += p->list - p->refund;
    t->c.orders_returned_minor += p->list;
}

static void add(oracle *o, uint32_t number)
{
    const op *p = &o->h->ops[number];
    switch (p->kind) {
    case OP_CLAIM:
        add_claim(o, p);
        break;
    case OP_HOLD:
        add_use(o, p->coupon, p);
        sums_of_coupon(o, p->coupon)->c.held++;
        break;
    case OP_REDEEM:
        add_redeem(o, number, p);
        break;
    case OP_RELEASE:
        o->ops[p->of].releases++;
        break;
    case OP_RETURN:
        add_return(o, p);
        break;
    default:
        add_use(o, p->coupon, p);
        o->coupons[p->coupon].voided++;
        sums_of_coupon(o, p->coupon)->c.voided++;
        sums_of_coupon(o, p->coupon)->in_error += p->in_error;
    }
}

/* Behind the releases and redemptions of all holds. */
static void add_open_hold(oracle *o, uint32_t number)
{
    const op *p = &o->h->ops[number];
    const sequel *s = &o->ops[number];
    sums *t = sums_of_coupon(o, p->coupon);
    if (s->redeems > 0 && s->releases > 0)
        flaw_add(o->f, FLAW_CONTRADICTION, "hold %.*s was redeemed and released", STR_ARG(p->id));
    if (s->redeems > 0) {
        t->perhaps_late += p->brief;
        return;
    }
    if (s->releases > 0 || (p->brief && o->late)) {
        t->c.released++;
        return;
    }
    if (p->brief) {
        o->coupons[p->coupon].brief++;
        t->vague = true;
    } else {
        o->coupons[p->coupon].held++;
    }
}

/* ---- what must hold of it ---- */

static void check_coupon(const oracle *o, uint32_t coupon)
{
    const passage *c = &o->coupons[coupon];
    str id = o->h->coupons[coupon].id;
    if (c->redeemed > c->restored + 1)
        flaw_add(o->f, FLAW_COUPON_TWICE, "%.*s: %u redemptions, %u came back", STR_ARG(id),
                 c->redeemed, c->restored);
    uint32_t ends = (c->redeemed > c->restored) + c->voided + c->held;
    if (ends > 1 || c->restored > c->redeemed)
        flaw_add(o->f, FLAW_CONTRADICTION, "%.*s: %u redeemed, %u back, %u held, %u voided",
                 STR_ARG(id), c->redeemed, c->restored, c->held, c->voided);
}

static void check_refunds(const oracle *o, uint32_t number)
{
    const op *p = &o->h->ops[number];
    const sequel *s = &o->ops[number];
    int64_t pieces = cart_of(history_cart(o->h, number)).pieces;
    bool all = s->pieces == pieces;
    if (s->refund > p->total || s->pieces > pieces || (all && s->refund != p->total))
        flaw_add(o->f, FLAW_WRONG_REFUND,
                 "redemption %.*s: %lld of %lld pieces back for %lld of %lld", STR_ARG(p->id),
                 (long long)s->pieces, (long long)pieces, (long long)s->refund,
                 (long long)p->total);
    else if (s->restored != (uint32_t)all)
        flaw_add(o->f, FLAW_WRONG_REFUND, "redemption %.*s: coupon restored %u times",
                 STR_ARG(p->id), s->restored);
}

static bool over_limit(const oracle *o, const op *p, uint32_t template, uint32_t count)
{
    if (template == NOTHING || o->h->templates[template].per_user == 0)
        return false;
    return *mine(o, p->user, template) + count > o->h->templates[template].per_user;
}

static bool has_stock(const oracle *o, uint32_t template)
{
    return template != NOTHING && o->h->templates[template].stock >= 0;
}

/* Claims meet budgets at issue; a use also meets its reservation there. */
static bool has_budget(const oracle *o, const op *p)
{
    uint32_t template = p->template;
    if (p->kind == OP_HOLD || p->kind == OP_REDEEM)
        template = o->h->coupons[p->of != NOTHING ? o->h->ops[p->of].coupon : p->coupon].template;
    if (template == NOTHING)
        return false;
    known_budget kind = o->h->campaigns[o->h->templates[template].campaign].budget;
    return kind == KNOWN_AT_ISSUE || (kind == KNOWN_AT_REDEEM && p->kind != OP_CLAIM);
}

static bool has_cause(const oracle *o, const op *p)
{
    const sequel *of = p->of == NOTHING ? NULL : &o->ops[p->of];
    switch (p->code) {
    case R_SOLD_OUT:
        return has_stock(o, p->template) || has_stock(o, p->second);
    case R_LIMIT_REACHED:
        return over_limit(o, p, p->template, p->count) || over_limit(o, p, p->second, 1);
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
    default:
        return false;
    }
}

static void check_op(const oracle *o, uint32_t number)
{
    const op *p = &o->h->ops[number];
    if (p->state == OP_SENT)
        flaw_add(o->f, FLAW_UNSETTLED, "op %u", number);
    else if (p->state != OP_DONE && !has_cause(o, p))
        flaw_add(o->f, FLAW_FALSE_REFUSAL, "op %u of kind %d: %.*s", number, p->kind,
                 STR_ARG(result_code(p->code)));
    if (o->ops[number].consumed_n > 1)
        flaw_add(o->f, FLAW_ORDER_TWICE, "order o%u: %u redemptions", number,
                 o->ops[number].consumed_n);
    if (p->kind == OP_REDEEM && p->state == OP_DONE)
        check_refunds(o, number);
}

static void check_limits(const oracle *o)
{
    for (uint32_t t = 0; t < o->h->template_n; t++) {
        uint32_t most = o->h->templates[t].per_user;
        for (uint32_t u = 0; most > 0 && u < o->users; u++) {
            if (*mine(o, u, t) > most)
                flaw_add(o->f, FLAW_OVER_LIMIT, "user u%u has %u of template %u; %u are allowed", u,
                         *mine(o, u, t), t, most);
        }
    }
}

/* Stock that comes back only by voids in error: where there was none, a piece that was issued stays
 * so, and when sold_out was said, claims that had been sent by then had all the rest. */
static void check_stock(const oracle *o)
{
    for (uint32_t t = 0; t < o->h->template_n; t++) {
        const sums *s = &o->templates[t];
        int64_t stock = o->h->templates[t].stock;
        if (stock < 0)
            continue;
        if (s->c.issued - s->in_error > stock)
            flaw_add(o->f, FLAW_OVER_STOCK, "template %u: %lld of %lld", t, (long long)s->c.issued,
                     (long long)stock);
        if (s->sold_out != 0 && s->in_error == 0 && s->before_sold_out < stock)
            flaw_add(o->f, FLAW_FALSE_SOLD_OUT, "template %u: %lld of %lld issued", t,
                     (long long)s->before_sold_out, (long long)stock);
    }
}

static void find_sold_out(oracle *o)
{
    for (uint32_t i = 0; i < o->h->n; i++) {
        const op *p = &o->h->ops[i];
        if (p->sold_out == 0 || p->count != 1 || p->second != NOTHING)
            continue;
        sums *t = &o->templates[p->template];
        if (t->sold_out == 0 || p->sold_out < t->sold_out)
            t->sold_out = p->sold_out;
    }
    for (uint32_t i = 0; i < o->h->coupon_n; i++) {
        const known_coupon *c = &o->h->coupons[i];
        if (c->template != NOTHING && o->h->ops[c->op].invoked < o->templates[c->template].sold_out)
            o->templates[c->template].before_sold_out++;
    }
}

/* What the templates of a campaign have taken of a budget at redeem; *vague: brief holds may be. */
static int64_t spent(const oracle *o, uint32_t campaign, bool *vague)
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
        if (p->kind != OP_HOLD || p->state != OP_DONE || p->brief || o->ops[i].redeems > 0 ||
            o->ops[i].releases > 0)
            continue;
        if (o->h->templates[o->h->coupons[p->coupon].template].campaign == campaign)
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
        int64_t sum = spent(o, c, &vague);
        if (sum > o->h->campaigns[c].total_minor)
            flaw_add(o->f, FLAW_OVER_BUDGET, "campaign %u: %lld of %lld", c, (long long)sum,
                     (long long)o->h->campaigns[c].total_minor);
    }
}

oracle *oracle_new(const history *h, bool late, flaws *f)
{
    oracle *o = zeroed(1, sizeof *o);
    *o = (oracle){.h = h, .f = f, .late = late};
    for (uint32_t i = 0; i < h->n; i++)
        o->users = h->ops[i].user >= o->users ? h->ops[i].user + 1 : o->users;
    o->coupons = zeroed(h->coupon_n, sizeof *o->coupons);
    o->ops = zeroed(h->n, sizeof *o->ops);
    o->templates = zeroed(h->template_n, sizeof *o->templates);
    o->mine = zeroed((size_t)o->users * h->template_n, sizeof *o->mine);
    for (uint32_t i = 0; i < h->n; i++) {
        if (h->ops[i].state == OP_DONE)
            add(o, i);
    }
    for (uint32_t i = 0; i < h->n; i++) {
        if (h->ops[i].kind == OP_HOLD && h->ops[i].state == OP_DONE)
            add_open_hold(o, i);
    }
    find_sold_out(o);
    for (uint32_t i = 0; i < h->coupon_n; i++)
        check_coupon(o, i);
    for (uint32_t i = 0; i < h->n; i++)
        check_op(o, i);
    check_limits(o);
    check_stock(o);
    check_budgets(o);
    return o;
}

/* ---- what is shown ---- */

static bool is(str s, const char *word)
{
    return str_eq(s, str_of(word));
}

static bool state_fits(const oracle *o, uint32_t coupon, str state)
{
    const passage *c = &o->coupons[coupon];
    if (c->voided > 0)
        return is(state, "voided");
    if (c->redeemed > c->restored)
        return is(state, "redeemed");
    if (c->held > 0)
        return is(state, "held");
    return is(state, "available") || (c->brief > 0 && is(state, "held"));
}

void oracle_coupon(oracle *o, uint32_t coupon, const seen_coupon *s)
{
    const known_coupon *c = &o->h->coupons[coupon];
    const passage *p = &o->coupons[coupon];
    if (!s->found)
        flaw_add(o->f, FLAW_LOST, "coupon %.*s of op %u", STR_ARG(c->id), c->op);
    else if (s->user != c->user || s->template != c->template)
        flaw_add(o->f, FLAW_FOREIGN, "coupon %.*s of op %u", STR_ARG(c->id), c->op);
    else if (!state_fits(o, coupon, s->state))
        flaw_add(o->f, FLAW_WRONG_STATE,
                 "coupon %.*s is %.*s; %u held, %u brief, %u redeemed, %u restored, %u voided",
                 STR_ARG(c->id), STR_ARG(s->state), p->held, p->brief, p->redeemed, p->restored,
                 p->voided);
}

void oracle_hold(oracle *o, uint32_t number, bool found, str state)
{
    const op *p = &o->h->ops[number];
    const sequel *s = &o->ops[number];
    bool fits = is(state, "open");
    if (s->redeems > 0)
        fits = is(state, "redeemed");
    else if (s->releases > 0)
        fits = is(state, "released");
    else if (p->brief)
        fits = is(state, "expired") || (!o->late && fits);
    if (!found)
        flaw_add(o->f, FLAW_LOST, "hold %.*s of op %u", STR_ARG(p->id), number);
    else if (!fits)
        flaw_add(o->f, FLAW_WRONG_STATE, "hold %.*s of op %u is %.*s; %u redeemed, %u released",
                 STR_ARG(p->id), number, STR_ARG(state), s->redeems, s->releases);
}

void oracle_redemption(oracle *o, uint32_t number, const seen_redemption *s)
{
    const op *p = &o->h->ops[number];
    const sequel *q = &o->ops[number];
    if (!s->found)
        flaw_add(o->f, FLAW_LOST, "redemption %.*s of op %u", STR_ARG(p->id), number);
    else if (s->discount != p->discount)
        flaw_add(o->f, FLAW_WRONG_PRICE, "redemption %.*s", STR_ARG(p->id));
    else if (s->refunded != q->refund || s->return_count != q->returns ||
             s->pieces_returned != q->pieces)
        flaw_add(o->f, FLAW_WRONG_REFUND,
                 "redemption %.*s shows %lld in %lld returns of %lld; told were %lld in %u of %lld",
                 STR_ARG(p->id), (long long)s->refunded, (long long)s->return_count,
                 (long long)s->pieces_returned, (long long)q->refund, q->returns,
                 (long long)q->pieces);
}

void oracle_return(oracle *o, uint32_t number, bool found, int64_t refund)
{
    const op *p = &o->h->ops[number];
    if (!found)
        flaw_add(o->f, FLAW_LOST, "return %.*s of op %u", STR_ARG(p->id), number);
    else if (refund != p->refund)
        flaw_add(o->f, FLAW_WRONG_REFUND, "return %.*s of op %u", STR_ARG(p->id), number);
}

static void agree(oracle *o, uint32_t template, const char *what, int64_t shown, int64_t told)
{
    if (shown != told)
        flaw_add(o->f, FLAW_WRONG_COUNT, "template %u: %s %lld; told were %lld", template, what,
                 (long long)shown, (long long)told);
}

static void check_left(oracle *o, uint32_t template, const counted *c)
{
    const known_template *k = &o->h->templates[template];
    const sums *s = &o->templates[template];
    int64_t stock = k->stock < 0 ? -1 : k->stock - s->c.issued + s->in_error;
    if (c->stock_remaining != stock)
        flaw_add(o->f, FLAW_WRONG_STOCK, "template %u: %lld left; told were %lld", template,
                 (long long)c->stock_remaining, (long long)stock);
    const known_campaign *campaign = &o->h->campaigns[k->campaign];
    if (campaign->budget == KNOWN_NO_BUDGET)
        return;
    bool vague;
    int64_t left = campaign->total_minor - spent(o, k->campaign, &vague);
    bool fits = campaign->budget == KNOWN_AT_REDEEM
                    ? vague || c->budget_remaining == left
                    : c->budget_remaining >= 0 && c->budget_remaining <= left;
    if (!fits)
        flaw_add(o->f, FLAW_WRONG_STOCK, "campaign %u: %lld left of the budget; told were %lld",
                 k->campaign, (long long)c->budget_remaining, (long long)left);
}

void oracle_stats(oracle *o, uint32_t template, const counted *c)
{
    const sums *s = &o->templates[template];
    agree(o, template, "issued", c->issued, s->c.issued);
    agree(o, template, "held", c->held, s->c.held);
    int64_t late = c->released - s->c.released;
    if (!s->vague && (late < 0 || late > s->perhaps_late))
        agree(o, template, "released", c->released, s->c.released);
    agree(o, template, "redeemed", c->redeemed, s->c.redeemed);
    agree(o, template, "returned", c->returned, s->c.returned);
    agree(o, template, "voided", c->voided, s->c.voided);
    agree(o, template, "discount", c->discount_minor, s->c.discount_minor);
    agree(o, template, "discount_returned", c->discount_returned_minor,
          s->c.discount_returned_minor);
    agree(o, template, "orders", c->orders_minor, s->c.orders_minor);
    agree(o, template, "orders_returned", c->orders_returned_minor, s->c.orders_returned_minor);
    check_left(o, template, c);
}

void oracle_wallet(oracle *o, uint32_t user, str id)
{
    uint32_t coupon = history_coupon(o->h, id);
    if (coupon == NOTHING)
        flaw_add(o->f, FLAW_UNASKED, "coupon %.*s of user u%u", STR_ARG(id), user);
    else if (o->h->coupons[coupon].user != user)
        flaw_add(o->f, FLAW_FOREIGN, "coupon %.*s is in the wallet of u%u", STR_ARG(id), user);
    else if (o->coupons[coupon].shown++ > 0)
        flaw_add(o->f, FLAW_ISSUED_TWICE, "coupon %.*s is in a wallet twice", STR_ARG(id));
}

void oracle_wallets_end(oracle *o)
{
    for (uint32_t i = 0; i < o->h->coupon_n; i++) {
        if (o->coupons[i].shown == 0)
            flaw_add(o->f, FLAW_LOST, "coupon %.*s is in no wallet", STR_ARG(o->h->coupons[i].id));
    }
}

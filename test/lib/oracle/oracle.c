/* See oracle.h. One pass over the history adds up what each coupon, order and template went
 * through; nothing depends on the order of ops that ran at the same time. */
#include "test/lib/oracle/oracle_part.h"

#include <stdlib.h>

/* Owned by the oracle: oracle_free frees it. */
static void *zeroed(size_t n, size_t item)
{
    void *p = calloc(n == 0 ? 1 : n, item);
    CHECK(p != NULL);
    return p;
}

void oracle_free(oracle *o)
{
    oracle_forget(o);
    free(o->coupons);
    free(o->ops);
    free(o->codes);
    free(o->templates);
    free(o->campaigns);
    free(o->mine);
    free(o);
}

static sums *sums_of_coupon(const oracle *o, uint32_t coupon)
{
    return &o->templates[o->h->coupons[coupon].template];
}

/* ---- adding up ---- */

static void add_exchange(oracle *o, const op *p)
{
    exchanges *of = &o->codes[p->typed - 1];
    of->n++;
    if (of->first == 0 || p->invoked < of->first)
        of->first = p->invoked;
}

static void add_claim(oracle *o, const op *p)
{
    if (p->typed != 0)
        add_exchange(o, p);
    for (uint32_t i = p->first_coupon; i < p->first_coupon + p->coupon_n; i++) {
        uint32_t template = o->h->coupons[i].template;
        if (template == NOTHING)
            continue;
        o->templates[template].c.issued++;
        oracle_issued(&o->templates[template], p);
        ++*oracle_mine(o, p->user, template);
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

static void add_transfer(oracle *o, const op *p)
{
    const known_coupon *c = &o->h->coupons[p->coupon];
    o->coupons[p->coupon].gone++;
    o->coupons[p->coupon].became = p->first_coupon;
    if (c->template != NOTHING)
        ++*oracle_mine(o, p->receiver, c->template);
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
    case OP_TRANSFER:
        add_transfer(o, p);
        break;
    case OP_STATE:
    case OP_STOCK:
    case OP_BUDGET:
        oracle_learn(o, number);
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
        t->c.held_now++;
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
    uint32_t ends = (c->redeemed > c->restored) + c->voided + c->held + c->gone;
    if (ends > 1 || c->restored > c->redeemed)
        flaw_add(o->f, FLAW_CONTRADICTION,
                 "%.*s: %u redeemed, %u back, %u held, %u voided, %u transferred", STR_ARG(id),
                 c->redeemed, c->restored, c->held, c->voided, c->gone);
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

static void check_op(const oracle *o, uint32_t number)
{
    const op *p = &o->h->ops[number];
    if (p->state == OP_SENT)
        flaw_add(o->f, FLAW_UNSETTLED, "op %u", number);
    else if (p->state != OP_DONE && !oracle_has_cause(o, p))
        flaw_add(o->f, FLAW_FALSE_REFUSAL, "op %u of kind %d: %.*s", number, p->kind,
                 STR_ARG(result_code(p->code)));
    if (o->ops[number].consumed_n > 1)
        flaw_add(o->f, FLAW_ORDER_TWICE, "order o%u: %u redemptions", number,
                 o->ops[number].consumed_n);
    if (p->kind == OP_REDEEM && p->state == OP_DONE)
        check_refunds(o, number);
}

static uint32_t last_user(const op *p)
{
    return p->kind == OP_TRANSFER && p->receiver > p->user ? p->receiver : p->user;
}

oracle *oracle_new(const history *h, bool late, flaws *f)
{
    oracle *o = zeroed(1, sizeof *o);
    *o = (oracle){.h = h, .f = f, .late = late};
    for (uint32_t i = 0; i < h->n; i++)
        o->users = last_user(&h->ops[i]) >= o->users ? last_user(&h->ops[i]) + 1 : o->users;
    o->coupons = zeroed(h->coupon_n, sizeof *o->coupons);
    o->ops = zeroed(h->n, sizeof *o->ops);
    o->codes = zeroed(h->code_n, sizeof *o->codes);
    o->templates = zeroed(h->template_n, sizeof *o->templates);
    o->campaigns = zeroed(h->campaign_n, sizeof *o->campaigns);
    o->mine = zeroed((size_t)o->users * h->template_n, sizeof *o->mine);
    for (uint32_t i = 0; i < h->n; i++) {
        if (h->ops[i].kind == OP_TRANSFER) /* one that is refused was tried */
            add_use(o, h->ops[i].coupon, &h->ops[i]);
        if (h->ops[i].state == OP_DONE)
            add(o, i);
    }
    for (uint32_t i = 0; i < h->n; i++) {
        if (h->ops[i].kind == OP_HOLD && h->ops[i].state == OP_DONE)
            add_open_hold(o, i);
    }
    for (uint32_t i = 0; i < h->coupon_n; i++)
        check_coupon(o, i);
    for (uint32_t i = 0; i < h->n; i++)
        check_op(o, i);
    for (uint32_t i = 0; i < h->code_n; i++)
        if (o->codes[i].n > 1)
            flaw_add(f, FLAW_CODE_TWICE, "code %.*s: %u coupons", STR_ARG(h->codes[i].text),
                     o->codes[i].n);
    oracle_check_rules(o);
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
    if (c->gone > 0)
        return is(state, "transferred");
    if (c->redeemed > c->restored)
        return is(state, "redeemed");
    if (c->held > 0)
        return is(state, "held");
    return is(state, "available") || (c->brief > 0 && is(state, "held"));
}

static const char *source_of(const op *claim)
{
    return claim->grant ? "grant" : claim->typed != 0 ? "exchange" : "claim";
}

void oracle_coupon(oracle *o, uint32_t coupon, const seen_coupon *s)
{
    const known_coupon *c = &o->h->coupons[coupon];
    const passage *p = &o->coupons[coupon];
    if (!s->found)
        flaw_add(o->f, FLAW_LOST, "coupon %.*s of op %u", STR_ARG(c->id), c->op);
    else if (s->user != c->user || s->template != c->template ||
             !is(s->source, source_of(&o->h->ops[c->op])))
        flaw_add(o->f, FLAW_FOREIGN, "coupon %.*s of op %u", STR_ARG(c->id), c->op);
    else if (!state_fits(o, coupon, s->state))
        flaw_add(o->f, FLAW_WRONG_STATE,
                 "coupon %.*s is %.*s; %u held, %u brief, %u redeemed, %u restored, %u voided, "
                 "%u transferred",
                 STR_ARG(c->id), STR_ARG(s->state), p->held, p->brief, p->redeemed, p->restored,
                 p->voided, p->gone);
}

void oracle_lookup(oracle *o, uint32_t coupon, str id, const seen_coupon *s)
{
    uint32_t now = coupon;
    for (uint32_t i = 0; i < o->h->coupon_n && o->coupons[now].gone > 0; i++)
        now = o->coupons[now].became;
    if (s->found && !str_eq(id, o->h->coupons[now].id))
        flaw_add(o->f, FLAW_FOREIGN, "coupon %.*s leads to %.*s, not to %.*s",
                 STR_ARG(o->h->coupons[coupon].id), STR_ARG(id), STR_ARG(o->h->coupons[now].id));
    else
        oracle_coupon(o, now, s);
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
    int64_t stock = oracle_stock_now(o, template);
    stock = stock < 0 ? -1 : stock - s->c.issued + s->in_error;
    if (c->stock_remaining != stock)
        flaw_add(o->f, FLAW_WRONG_STOCK, "template %u: %lld left; told were %lld", template,
                 (long long)c->stock_remaining, (long long)stock);
    const known_campaign *campaign = &o->h->campaigns[k->campaign];
    if (campaign->budget == KNOWN_NO_BUDGET)
        return;
    bool vague;
    int64_t left = oracle_budget_now(o, k->campaign) - oracle_spent(o, k->campaign, &vague);
    bool fits = campaign->budget == KNOWN_AT_REDEEM
                    ? vague || c->budget_remaining == left
                    : c->budget_remaining >= 0 && c->budget_remaining <= left;
    if (!fits)
        flaw_add(o->f, FLAW_WRONG_STOCK, "campaign %u: %lld left of the budget; told were %lld",
                 k->campaign, (long long)c->budget_remaining, (long long)left);
}

void oracle_batch(oracle *o, uint32_t batch, int64_t exchanged)
{
    int64_t told = 0;
    for (uint32_t i = 0; i < o->h->code_n; i++)
        told += o->h->codes[i].batch == batch && o->codes[i].n > 0;
    if (exchanged != told)
        flaw_add(o->f, FLAW_WRONG_COUNT, "batch %.*s: %lld exchanged; told were %lld",
                 STR_ARG(o->h->batches[batch]), (long long)exchanged, (long long)told);
}

void oracle_stats(oracle *o, uint32_t template, const counted *c)
{
    const sums *s = &o->templates[template];
    agree(o, template, "issued", c->issued, s->c.issued);
    agree(o, template, "held", c->held, s->c.held);
    int64_t late = c->released - s->c.released;
    if (!s->vague && (late < 0 || late > s->perhaps_late))
        agree(o, template, "released", c->released, s->c.released);
    if (!s->vague)
        agree(o, template, "held_now", c->held_now, s->c.held_now);
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

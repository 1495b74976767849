/* See load.h. */
#include "test/fault/kill/load.h"

#include <stdlib.h>

enum {
    STAYS_PERCENT = 12,
    RECENT = 100,
    BATCH_MAX = 12,
    LARGE_BATCH = 100,
    STEP_PIECES = 400,
    CODES_AT_ONCE = 30
};
enum { THING_STAGE, THING_STOCK, THING_AT_REDEEM, THING_AT_ISSUE };
_Static_assert(THING_AT_ISSUE + 1 == LOAD_THINGS, "one for each thing");
static const op_kind change_of[LOAD_THINGS] = {OP_STATE, OP_STOCK, OP_BUDGET, OP_BUDGET};

void load_init(load *l, client *c, uint64_t seed)
{
    *l = (load){.client = c, .dice = dice_new(seed)};
    for (uint32_t i = 0; i < LOAD_USERS; i++)
        l->last_order[i] = NOTHING;
    for (uint32_t i = 0; i < LOAD_THINGS; i++)
        l->things[i].subject = NOTHING;
}

void load_free(load *l)
{
    free(l->coupons.items);
    free(l->holds.items);
    free(l->redemptions.items);
}

/* Owned by the load: load_free frees them. */
static void put(numbers *s, uint32_t item)
{
    if (s->n == s->capacity) {
        s->capacity = s->capacity == 0 ? 1024 : s->capacity * 2;
        s->items = realloc(s->items, s->capacity * sizeof *s->items);
        CHECK(s->items != NULL);
    }
    s->items[s->n++] = item;
}

/* Sometimes it stays, for another client to meet. */
static uint32_t pick(load *l, numbers *s)
{
    uint32_t at = dice_below(&l->dice, s->n), item = s->items[at];
    if (!dice_percent(&l->dice, STAYS_PERCENT))
        s->items[at] = s->items[--s->n];
    return item;
}

/* ---- what to ask ---- */

static op blank(op_kind kind)
{
    return (op){.kind = kind,
                .batch = NOTHING,
                .campaign = NOTHING,
                .template = NOTHING,
                .second = NOTHING,
                .coupon = NOTHING,
                .receiver = NOTHING,
                .of = NOTHING,
                .order = NOTHING};
}

static uint32_t add(load *l, const op *o)
{
    uint32_t number = history_add(l->client->h, o);
    op *kept = &l->client->h->ops[number];
    if (kept->order == NOTHING)
        kept->order = kept->kind == OP_REDEEM && kept->of != NOTHING ? kept->of : number;
    return number;
}

static uint32_t some_template(load *l)
{
    uint32_t n = dice_below(&l->dice, 100), last = l->client->h->template_n - 1;
    if (n < 35 && last >= LOAD_STAGE)
        return last - 1;
    if (n < 45 && last >= LOAD_STAGE)
        return last;
    if (n < 50)
        return LOAD_LIMITED;
    if (n < 55)
        return LOAD_DEVICE;
    if (n < 60)
        return LOAD_AT_REDEEM;
    if (n < 65)
        return LOAD_AT_ISSUE;
    if (n < 75)
        return LOAD_VARIED;
    return dice_below(&l->dice, LOAD_LIMITED);
}

static op some_claim(load *l)
{
    op o = blank(OP_CLAIM);
    o.user = dice_below(&l->dice, LOAD_USERS);
    o.template = some_template(l);
    o.count = dice_percent(&l->dice, 8) ? 2 + dice_below(&l->dice, 2) : 1;
    o.best_effort = dice_percent(&l->dice, 12);
    if (dice_percent(&l->dice, o.best_effort ? 40 : 5))
        o.second = (o.template + 1 + dice_below(&l->dice, 3)) % LOAD_LIMITED;
    if (o.second == o.template)
        o.second = NOTHING;
    return o;
}

/* The ops of one request, the first of which is `one`. A grant has the same for all users. */
static uint32_t add_batch(load *l, op one, uint32_t n)
{
    uint32_t first = l->client->h->n;
    op o = one;
    for (uint32_t i = 0; i < n; i++) {
        if (i > 0 && one.grant)
            o.user = (one.user + i) % LOAD_USERS;
        else if (i > 0)
            o = some_claim(l);
        o.batch = first;
        o.batch_n = n;
        (void)add(l, &o);
    }
    return first;
}

static uint32_t some_length(load *l)
{
    return dice_percent(&l->dice, 3) ? LARGE_BATCH : 1 + dice_below(&l->dice, BATCH_MAX);
}

static uint32_t new_claim(load *l)
{
    op o = some_claim(l);
    uint32_t n = dice_below(&l->dice, 100);
    if (n < 80)
        return add(l, &o);
    if (n < 90)
        return add_batch(l, o, some_length(l));
    o.grant = true;
    o.best_effort = false;
    o.second = NOTHING;
    return add_batch(l, o, n < 95 ? 1 : some_length(l));
}

uint32_t load_exchange(load *l, uint32_t code)
{
    op o = blank(OP_CLAIM);
    o.user = dice_below(&l->dice, LOAD_USERS);
    o.template = l->client->h->codes[code].template;
    o.count = 1;
    o.typed = code + 1;
    return add(l, &o);
}

/* A few codes at a time, so that many are tried by several at the same moment. */
static uint32_t new_exchange(load *l)
{
    uint32_t n = l->client->h->code_n;
    l->code_at += l->code_at + CODES_AT_ONCE < n && dice_percent(&l->dice, 45);
    uint32_t code = l->code_at + dice_below(&l->dice, CODES_AT_ONCE);
    return load_exchange(l,
                         code < n && dice_percent(&l->dice, 97) ? code : dice_below(&l->dice, n));
}

static uint32_t new_hold(load *l)
{
    op o = blank(OP_HOLD);
    o.coupon = pick(l, &l->coupons);
    o.user = l->client->h->coupons[o.coupon].user;
    o.brief = l->client->h->coupons[o.coupon].template <LOAD_AT_REDEEM &&dice_percent(&l->dice, 10);
    return add(l, &o);
}

static uint32_t new_redemption(load *l, bool direct)
{
    op o = blank(OP_REDEEM);
    if (!direct) {
        o.of = pick(l, &l->holds);
        o.user = l->client->h->ops[o.of].user;
        return add(l, &o);
    }
    o.coupon = pick(l, &l->coupons);
    o.user = l->client->h->coupons[o.coupon].user;
    if (l->last_order[o.user] != NOTHING && dice_percent(&l->dice, 8))
        o.order = l->last_order[o.user];
    uint32_t number = add(l, &o);
    l->last_order[o.user] = number;
    return number;
}

static uint32_t new_release(load *l)
{
    op o = blank(OP_RELEASE);
    o.of = pick(l, &l->holds);
    o.user = l->client->h->ops[o.of].user;
    return add(l, &o);
}

static uint32_t new_return(load *l)
{
    op o = blank(OP_RETURN);
    o.part = dice_percent(&l->dice, 50);
    o.of = pick(l, &l->redemptions);
    o.user = l->client->h->ops[o.of].user;
    if (o.part)
        put(&l->redemptions, o.of);
    return add(l, &o);
}

static uint32_t new_void(load *l)
{
    op o = blank(OP_VOID);
    o.coupon = pick(l, &l->coupons);
    const known_coupon *c = &l->client->h->coupons[o.coupon];
    o.user = c->user;
    o.in_error =
        c->template >= LOAD_STOCKED && c->template <LOAD_LIMITED &&dice_percent(&l->dice, 50);
    return add(l, &o);
}

static uint32_t new_transfer(load *l)
{
    op o = blank(OP_TRANSFER);
    o.coupon = pick(l, &l->coupons);
    o.user = l->client->h->coupons[o.coupon].user;
    o.receiver = (o.user + 1 + dice_below(&l->dice, LOAD_USERS - 1)) % LOAD_USERS;
    return add(l, &o);
}

/* ---- the operator ---- */

void load_stage(load *l)
{
    const history *h = l->client->h;
    thing *t = l->things;
    t[THING_STAGE] = (thing){h->templates[h->template_n - 1].campaign, NOTHING, KNOWN_ACTIVE};
    if (h->template_n > LOAD_STAGE + 1)
        return; /* the rest is as it was */
    for (uint32_t i = THING_AT_REDEEM; i <= THING_AT_ISSUE; i++) {
        uint32_t c = h->templates[i == THING_AT_REDEEM ? LOAD_AT_REDEEM : LOAD_AT_ISSUE].campaign;
        t[i] = (thing){c, NOTHING, h->campaigns[c].total_minor};
    }
    t[THING_STOCK] = (thing){LOAD_VARIED, NOTHING, h->templates[LOAD_VARIED].stock};
}

static bool may_change(const load *l, const thing *t)
{
    if (t->subject == NOTHING || (t->op != NOTHING && l->client->h->ops[t->op].state == OP_SENT))
        return false;
    return t != &l->things[THING_STAGE] || t->now != KNOWN_ENDED;
}

/* Up more often than down, as it is used up; and sometimes to what is below that. */
static int64_t some_target(load *l, int64_t now, int64_t step)
{
    if (dice_percent(&l->dice, 8))
        return 1;
    int64_t by = dice_below(&l->dice, (uint32_t)step);
    return dice_percent(&l->dice, 60) ? now + by : now > by ? now - by : 1;
}

static uint32_t new_change(load *l, uint32_t which)
{
    thing *t = &l->things[which];
    op o = blank(change_of[which]);
    o.current = t->now;
    switch (which) {
    case THING_STAGE:
        o.campaign = t->subject;
        o.to = t->now == KNOWN_ACTIVE ? KNOWN_PAUSED : KNOWN_ACTIVE;
        if (dice_percent(&l->dice, 5))
            o.to = KNOWN_ENDED;
        break;
    case THING_STOCK:
        o.template = t->subject;
        o.target = some_target(l, t->now, STEP_PIECES);
        break;
    default:
        o.campaign = t->subject;
        o.target = some_target(l, t->now, (int64_t)STEP_PIECES * 500);
    }
    t->op = add(l, &o);
    return t->op;
}

/* A change that is done tells what is now. */
static void learn_change(load *l, uint32_t number)
{
    const op *o = &l->client->h->ops[number];
    for (uint32_t i = 0; i < LOAD_THINGS; i++)
        if (l->things[i].op == number)
            l->things[i].now = o->kind == OP_STATE ? (int64_t)o->to : o->target;
}

/* ---- which ---- */

/* One that was sent before; sometimes one that is on its way at this moment. */
static uint32_t old(load *l)
{
    uint32_t n = l->client->h->n;
    if (n < RECENT || dice_percent(&l->dice, 70))
        return dice_below(&l->dice, n);
    return n - 1 - dice_below(&l->dice, RECENT);
}

static uint32_t choose(load *l)
{
    uint32_t n = dice_below(&l->dice, 100), which = dice_below(&l->dice, LOAD_THINGS);
    if (dice_percent(&l->dice, 2) && may_change(l, &l->things[which]))
        return new_change(l, which);
    if (n < 10 && l->client->h->n > 0)
        return old(l);
    if (n < 22 && l->coupons.n > 0)
        return new_hold(l);
    if (n < 32 && l->holds.n > 0)
        return new_redemption(l, false);
    if (n < 42 && l->coupons.n > 0)
        return new_redemption(l, true);
    if (n < 46 && l->holds.n > 0)
        return new_release(l);
    if (n < 54 && l->redemptions.n > 0)
        return new_return(l);
    if (n < 57 && l->coupons.n > 0)
        return new_void(l);
    if (n < 62 && l->coupons.n > 0)
        return new_transfer(l);
    if (n < 74 && l->client->h->code_n > 0)
        return new_exchange(l);
    return new_claim(l);
}

/* ---- sending and hearing ---- */

uint32_t load_send(load *l, uint32_t number, buf *out)
{
    uint32_t n, first = history_batch(l->client->h, number, &n);
    request_write(l->client, first, out);
    for (uint32_t i = 0; i < n; i++)
        history_send(l->client->h, first + i);
    if (l->log == NULL)
        return first;
    const char *end = memmem(out->p, out->n, "\r\n\r\n", 4);
    CHECK(end != NULL);
    (void)fprintf(l->log, "> %u %.*s %.*s\n", first, (int)(strcspn(out->p, "\r")), out->p,
                  (int)(out->p + out->n - end - 4), end + 4);
    return first;
}

bool load_next(void *context, uint64_t *tag, buf *out)
{
    load *l = context;
    *tag = load_send(l, choose(l), out);
    return true;
}

/* What a success makes possible. */
static void learn(load *l, uint32_t number)
{
    const op *o = &l->client->h->ops[number];
    switch (o->kind) {
    case OP_CLAIM:
    case OP_TRANSFER:
        for (uint32_t i = 0; i < o->coupon_n; i++)
            put(&l->coupons, o->first_coupon + i);
        break;
    case OP_HOLD:
        put(&l->holds, number);
        break;
    case OP_REDEEM:
        put(&l->redemptions, number);
        break;
    case OP_RELEASE:
        put(&l->coupons, l->client->h->ops[o->of].coupon);
        break;
    case OP_RETURN:
        if (o->restored)
            put(&l->coupons, history_used(l->client->h, o->of));
        break;
    case OP_STATE:
    case OP_STOCK:
    case OP_BUDGET:
        learn_change(l, number);
        break;
    default:
        break;
    }
}

static void count(done_counts *d, const op *o)
{
    d->of[o->kind]++;
    d->granted += o->grant;
    d->batched += o->batch != NOTHING && !o->grant;
    d->less += o->missed[0] != R_DONE || o->missed[1] != R_DONE;
    d->parts += o->part;
    d->exchanged += o->typed != 0;
}

static void hear(load *l, uint32_t number, const answer *a)
{
    history *h = l->client->h;
    op_state before = h->ops[number].state;
    history_answer(h, number, a, &l->client->flaws);
    l->done.not_active += a->code == R_CAMPAIGN_NOT_ACTIVE;
    l->done.code_used += a->code == R_CODE_USED;
    l->done.code_kept += h->ops[number].typed != 0 &&
                         (a->code == R_LIMIT_REACHED || a->code == R_CAMPAIGN_NOT_ACTIVE);
    l->done.not_received += a->code == R_LIMIT_REACHED && h->ops[number].kind == OP_TRANSFER;
    l->done.too_low += a->code == R_NOT_EDITABLE;
    l->done.by_device += a->code == R_LIMIT_REACHED && h->ops[number].template == LOAD_DEVICE;
    if (before == OP_DONE || h->ops[number].state != OP_DONE)
        return;
    learn(l, number);
    count(&l->done, &h->ops[number]);
}

void load_done(void *context, uint64_t tag, int status, str body)
{
    load *l = context;
    uint32_t n, first = history_batch(l->client->h, (uint32_t)tag, &n);
    json *document;
    answer whole = request_answer(l->client, first, status, body, &document);
    if (l->log != NULL)
        (void)fprintf(l->log, "< %u %d %.*s\n", first, status, STR_ARG(body));
    for (uint32_t i = 0; i < n; i++) {
        answer a = l->client->h->ops[first].batch == NOTHING
                       ? whole
                       : request_item(l->client, first + i, &whole, document);
        hear(l, first + i, &a);
    }
    json_free(document);
    l->told += status != 0 && status != 503 && status != 429;
}

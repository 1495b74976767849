/* See load.h. */
#include "test/fault/kill/load.h"

#include <stdlib.h>

enum { STAYS_PERCENT = 12, RECENT = 100 };

void load_init(load *l, client *c, uint64_t seed)
{
    *l = (load){.client = c, .dice = dice_new(seed)};
    for (uint32_t i = 0; i < LOAD_USERS; i++)
        l->last_order[i] = NOTHING;
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
                .template = NOTHING,
                .second = NOTHING,
                .coupon = NOTHING,
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
    uint32_t n = dice_below(&l->dice, 100);
    if (n < 40 && l->client->h->template_n > LOAD_FLASH)
        return l->client->h->template_n - 1;
    if (n < 55)
        return LOAD_LIMITED;
    if (n < 60)
        return LOAD_AT_REDEEM;
    if (n < 65)
        return LOAD_AT_ISSUE;
    return dice_below(&l->dice, LOAD_LIMITED);
}

static uint32_t new_claim(load *l)
{
    op o = blank(OP_CLAIM);
    o.user = dice_below(&l->dice, LOAD_USERS);
    o.template = some_template(l);
    o.count = dice_percent(&l->dice, 8) ? 2 + dice_below(&l->dice, 2) : 1;
    if (dice_percent(&l->dice, 5))
        o.second = (o.template + 1 + dice_below(&l->dice, 3)) % LOAD_LIMITED;
    if (o.second == o.template)
        o.second = NOTHING;
    return add(l, &o);
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
    uint32_t n = dice_below(&l->dice, 100);
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
    return new_claim(l);
}

/* ---- sending and hearing ---- */

void load_send(load *l, uint32_t number, buf *out)
{
    request_write(l->client, number, out);
    history_send(l->client->h, number);
    if (l->log == NULL)
        return;
    const char *end = memmem(out->p, out->n, "\r\n\r\n", 4);
    CHECK(end != NULL);
    (void)fprintf(l->log, "> %u %.*s %.*s\n", number, (int)(strcspn(out->p, "\r")), out->p,
                  (int)(out->p + out->n - end - 4), end + 4);
}

bool load_next(void *context, uint64_t *tag, buf *out)
{
    load *l = context;
    uint32_t number = choose(l);
    *tag = number;
    load_send(l, number, out);
    return true;
}

/* What a success makes possible. */
static void learn(load *l, uint32_t number)
{
    const op *o = &l->client->h->ops[number];
    switch (o->kind) {
    case OP_CLAIM:
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
    default:
        break;
    }
}

void load_done(void *context, uint64_t tag, int status, str body)
{
    load *l = context;
    uint32_t number = (uint32_t)tag;
    json *document;
    answer a = request_answer(l->client, number, status, body, &document);
    op_state before = l->client->h->ops[number].state;
    if (l->log != NULL)
        (void)fprintf(l->log, "< %u %d %.*s\n", number, status, STR_ARG(body));
    history_answer(l->client->h, number, &a, &l->client->flaws);
    json_free(document);
    l->told += status != 0 && status != 503 && status != 429;
    if (before != OP_DONE && l->client->h->ops[number].state == OP_DONE)
        learn(l, number);
}

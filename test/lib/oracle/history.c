/* See history.h. An answer is compared with what was told before under the same key, and with what
 * the request alone says about it. */
#include "test/lib/oracle/history.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"

enum { FLAWS_SHOWN_MAX = 40 };
static const size_t history_bytes_max = (size_t)4 << 30;

static const char *const flaw_texts[] = {
#define FLAW(name, text) text,
#include "test/lib/oracle/flaw.def"
#undef FLAW
};

void flaw_add(flaws *f, flaw kind, const char *format, ...)
{
    f->of[kind]++;
    if (f->quiet || f->n++ >= FLAWS_SHOWN_MAX)
        return;
    va_list args;
    va_start(args, format);
    printf("  WRONG: %s: ", flaw_texts[kind]);
    (void)vprintf(format, args);
    printf("\n");
    va_end(args);
}

/* Owned by the history: history_free frees it. */
static void *grown(void *p, uint32_t n, uint32_t *capacity, size_t item)
{
    if (n < *capacity)
        return p;
    *capacity = *capacity == 0 ? 4096 : *capacity * 2;
    p = realloc(p, *capacity * item);
    CHECK(p != NULL);
    return p;
}

history *history_new(void)
{
    history *h = calloc(1, sizeof *h);
    CHECK(h != NULL);
    h->memory = arena_new(history_bytes_max);
    return h;
}

void history_free(history *h)
{
    arena_free(h->memory);
    free(h->ops);
    free(h->coupons);
    free(h->codes);
    free(h->by_id);
    free(h);
}

uint32_t history_campaign(history *h, const known_campaign *c)
{
    CHECK(h->campaign_n < HISTORY_CAMPAIGNS_MAX);
    h->campaigns[h->campaign_n] = *c;
    h->campaigns[h->campaign_n].id = arena_str(h->memory, c->id);
    return h->campaign_n++;
}

uint32_t history_template(history *h, const known_template *t)
{
    CHECK(h->template_n < HISTORY_TEMPLATES_MAX);
    h->templates[h->template_n] = *t;
    h->templates[h->template_n].id = arena_str(h->memory, t->id);
    return h->template_n++;
}

uint32_t history_codes(history *h, str id)
{
    CHECK(h->batch_n < HISTORY_BATCHES_MAX);
    h->batches[h->batch_n] = arena_str(h->memory, id);
    return h->batch_n++;
}

uint32_t history_code(history *h, const known_code *c)
{
    h->codes = grown(h->codes, h->code_n, &h->code_capacity, sizeof *h->codes);
    h->codes[h->code_n] = *c;
    h->codes[h->code_n].text = arena_str(h->memory, c->text);
    return h->code_n++;
}

uint32_t history_add(history *h, const op *o)
{
    h->ops = grown(h->ops, h->n, &h->capacity, sizeof *h->ops);
    h->ops[h->n] = *o;
    h->ops[h->n].invoked = ++h->moment;
    return h->n++;
}

uint32_t history_batch(const history *h, uint32_t number, uint32_t *n)
{
    const op *o = &h->ops[number];
    *n = o->batch == NOTHING ? 1 : o->batch_n;
    return o->batch == NOTHING ? number : o->batch;
}

void history_send(history *h, uint32_t number)
{
    op *o = &h->ops[number];
    o->lost = o->lost && o->flying > 0; /* what is answered now comes after all that was lost */
    o->flying++;
    o->sent++;
}

/* ---- coupons by id ---- */

static uint32_t *slot_of_id(const history *h, str id)
{
    uint32_t at = (uint32_t)hash64(id, 0) & (h->by_id_n - 1);
    while (h->by_id[at] != NOTHING && !str_eq(h->coupons[h->by_id[at]].id, id))
        at = (at + 1) & (h->by_id_n - 1);
    return &h->by_id[at];
}

uint32_t history_coupon(const history *h, str id)
{
    return h->by_id_n == 0 ? NOTHING : *slot_of_id(h, id);
}

static void make_room(history *h)
{
    if (h->coupon_n * 2 < h->by_id_n)
        return;
    h->by_id_n = h->by_id_n == 0 ? 4096 : h->by_id_n * 2;
    free(h->by_id);
    h->by_id = malloc(h->by_id_n * sizeof *h->by_id); /* owned by the history */
    CHECK(h->by_id != NULL);
    for (uint32_t i = 0; i < h->by_id_n; i++)
        h->by_id[i] = NOTHING;
    for (uint32_t i = 0; i < h->coupon_n; i++)
        *slot_of_id(h, h->coupons[i].id) = i;
}

/* What op `number` gave. */
static void take_coupon(history *h, uint32_t number, const known_coupon *c, flaws *f)
{
    make_room(h);
    uint32_t *at = slot_of_id(h, c->id);
    if (*at != NOTHING) {
        flaw_add(f, FLAW_ISSUED_TWICE, "coupon %.*s of op %u to op %u", STR_ARG(c->id),
                 h->coupons[*at].op, number);
        return;
    }
    h->coupons = grown(h->coupons, h->coupon_n, &h->coupon_capacity, sizeof *h->coupons);
    h->coupons[h->coupon_n] = *c;
    h->coupons[h->coupon_n].id = arena_str(h->memory, c->id);
    *at = h->coupon_n++;
    h->ops[number].coupon_n++;
}

/* ---- orders ---- */

cart cart_of(uint32_t number)
{
    cart c = {0};
    uint32_t seed = number * 2654435761u;
    c.n = 1 + (seed >> 8) % CART_LINES_MAX;
    for (uint32_t i = 0; i < c.n; i++) {
        cart_line *l = &c.lines[i];
        l->article = (seed >> 12) % 40 + i * 40;
        l->quantity = 1 + (seed >> (4 * i)) % 3;
        l->price_minor = 1000 + 100 * (int64_t)((seed >> (16 + i)) % 50);
        c.subtotal += l->quantity * l->price_minor;
        c.pieces += l->quantity;
    }
    return c;
}

int64_t discount_of(const known_template *t, int64_t subtotal)
{
    int64_t discount = t->amount_minor > 0 ? t->amount_minor : subtotal / 100 * t->percent_bp / 100;
    int64_t most = t->amount_minor > 0 || t->cap_minor > subtotal ? subtotal : t->cap_minor;
    return discount > most ? most : discount;
}

uint32_t history_cart(const history *h, uint32_t number)
{
    const op *o = &h->ops[number];
    return o->kind == OP_REDEEM && o->of != NOTHING ? o->of : number;
}

void history_part(const history *h, uint32_t number, uint32_t *line, uint32_t *quantity)
{
    cart c = cart_of(history_cart(h, h->ops[number].of));
    *line = number % c.n;
    *quantity = 1 + number / CART_LINES_MAX % c.lines[*line].quantity;
}

uint32_t history_used(const history *h, uint32_t number)
{
    return h->ops[history_cart(h, number)].coupon;
}

/* ---- answers ---- */

/* Is it what was asked for, or, best effort, less with a reason? */
static bool is_complete(const op *o, uint32_t of_first, uint32_t of_second)
{
    uint32_t second = o->second != NOTHING;
    if (!o->best_effort)
        return of_first == o->count && of_second == second;
    return of_first + of_second > 0 && of_first <= o->count && of_second <= second &&
           (of_first == o->count) == (o->missed[0] == R_DONE) &&
           (of_second == second) == (o->missed[1] == R_DONE);
}

static void check_claim(history *h, uint32_t number, const answer *a, flaws *f)
{
    op *o = &h->ops[number];
    uint32_t of_first = 0, of_second = 0;
    memcpy(o->missed, a->missed, sizeof o->missed);
    for (uint32_t i = 0; i < a->coupon_n && i < ANSWER_COUPONS_MAX; i++) {
        of_first += a->coupons[i].template == o->template;
        of_second += o->second != NOTHING && a->coupons[i].template == o->second;
    }
    if (of_first + of_second != a->coupon_n)
        flaw_add(f, FLAW_FOREIGN, "op %u got coupons of another template", number);
    else if (!is_complete(o, of_first, of_second))
        flaw_add(f, FLAW_SHORT, "op %u asked for %u and got %u and %u", number, o->count, of_first,
                 of_second);
    o->first_coupon = h->coupon_n;
    for (uint32_t i = 0; i < a->coupon_n && i < ANSWER_COUPONS_MAX; i++) {
        known_coupon c = {a->coupons[i].id, number, o->user, a->coupons[i].template};
        take_coupon(h, number, &c, f);
    }
}

static void check_transfer(history *h, uint32_t number, const answer *a, flaws *f)
{
    op *o = &h->ops[number];
    known_coupon c = h->coupons[o->coupon];
    c.id = a->id;
    c.user = o->receiver;
    o->first_coupon = h->coupon_n;
    take_coupon(h, number, &c, f);
}

static void check_order(const history *h, uint32_t number, const answer *a, flaws *f)
{
    int64_t subtotal = cart_of(history_cart(h, number)).subtotal;
    const known_coupon *c = &h->coupons[history_used(h, number)];
    int64_t discount = discount_of(&h->templates[c->template], subtotal);
    if (a->subtotal != subtotal || a->discount != discount || a->total != subtotal - discount)
        flaw_add(f, FLAW_WRONG_PRICE, "op %u: %lld - %lld = %lld instead of %lld - %lld", number,
                 (long long)a->subtotal, (long long)a->discount, (long long)a->total,
                 (long long)subtotal, (long long)discount);
}

/* What may be known about a success by the request alone. */
static void take_facts(history *h, uint32_t number, const answer *a, flaws *f)
{
    op *o = &h->ops[number];
    o->id = arena_str(h->memory, a->id);
    o->subtotal = a->subtotal;
    o->discount = a->discount;
    o->total = a->total;
    o->refund = a->refund;
    o->list = a->list;
    o->pieces = a->pieces;
    o->restored = a->restored;
    if (o->kind == OP_CLAIM)
        check_claim(h, number, a, f);
    else if (o->kind == OP_TRANSFER)
        check_transfer(h, number, a, f);
    else if (o->kind == OP_HOLD || o->kind == OP_REDEEM)
        check_order(h, number, a, f);
    else if (o->kind == OP_RETURN && (a->refund < 0 || a->pieces < 1))
        flaw_add(f, FLAW_WRONG_REFUND, "op %u: %lld for %lld pieces", number, (long long)a->refund,
                 (long long)a->pieces);
}

static bool may_be_refused(const op *o, result code)
{
    switch (code) {
    case R_SOLD_OUT:
    case R_CAMPAIGN_NOT_ACTIVE:
        return o->kind == OP_CLAIM;
    case R_LIMIT_REACHED:
        return o->kind == OP_CLAIM || o->kind == OP_TRANSFER;
    case R_CODE_USED:
        return o->typed != 0;
    case R_NONE_ISSUED:
        return o->kind == OP_CLAIM && o->best_effort;
    case R_NOT_EDITABLE:
        return o->kind == OP_STOCK || o->kind == OP_BUDGET;
    case R_BUDGET_EXHAUSTED:
        return o->kind == OP_CLAIM || o->kind == OP_HOLD || o->kind == OP_REDEEM;
    case R_COUPON_NOT_AVAILABLE:
        return o->kind == OP_HOLD || (o->kind == OP_REDEEM && o->of == NOTHING) ||
               o->kind == OP_VOID || o->kind == OP_TRANSFER;
    case R_ORDER_CONFLICT:
        return o->kind == OP_HOLD || o->kind == OP_REDEEM;
    case R_HOLD_NOT_OPEN:
    case R_HOLD_EXPIRED:
        return (o->kind == OP_REDEEM && o->of != NOTHING) || o->kind == OP_RELEASE;
    case R_NOT_RETURNABLE:
        return o->kind == OP_RETURN;
    default:
        return false;
    }
}

/* Nothing is known: no answer, or the server says that it does not know. */
static bool is_unknown(const answer *a)
{
    return a->status == 0 || a->status == 429 || a->status == 503;
}

/* A request that was under way when the final answer came may have been refused for the time being,
 * before it. */
static void compare(op *o, uint32_t number, const answer *a, flaws *f)
{
    bool passing = a->code != R_DONE && result_kind_of(a->code) == RESULT_PASSING;
    if (passing && o->excused > 0 && may_be_refused(o, a->code))
        o->excused--;
    else if (!str_eq(o->answer, a->content))
        flaw_add(f, FLAW_OTHER_ANSWER, "op %u, request %u\n    first %.*s\n    then  %d %.*s",
                 number, o->sent, STR_ARG(o->answer), a->status, STR_ARG(a->content));
}

void history_answer(history *h, uint32_t number, const answer *a, flaws *f)
{
    op *o = &h->ops[number];
    CHECK(o->flying > 0);
    o->flying--;
    h->moment++;
    if (is_unknown(a)) {
        o->lost = true;
        o->state = o->state == OP_PASSING ? OP_SENT : o->state;
        return;
    }
    bool done = a->status >= 200 && a->status < 300;
    if (!done && !may_be_refused(o, a->code) && o->state != OP_DONE) {
        flaw_add(f, FLAW_UNEXPECTED, "op %u of kind %d: %d %.*s", number, o->kind, a->status,
                 STR_ARG(a->content));
        return;
    }
    if (o->state == OP_DONE || o->state == OP_REFUSED) {
        compare(o, number, a, f);
        if (!done || o->state == OP_DONE)
            return; /* else it has happened all the same, and all that follows is judged by that */
    }
    o->answered = h->moment;
    o->excused = o->flying;
    o->code = done ? R_DONE : a->code;
    bool sold_out = o->code == R_SOLD_OUT ||
                    (done && (a->missed[0] == R_SOLD_OUT || a->missed[1] == R_SOLD_OUT));
    if (sold_out && o->sold_out == 0)
        o->sold_out = h->moment;
    o->answer = arena_str(h->memory, a->content);
    if (done) {
        o->state = OP_DONE;
        take_facts(h, number, a, f);
    } else {
        o->state = result_kind_of(a->code) == RESULT_REFUSED ? OP_REFUSED
                   : o->lost                                 ? OP_SENT
                                                             : OP_PASSING;
    }
}

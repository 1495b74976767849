/* See audit.h. */
#include "test/fault/kill/audit.h"

#include <stdio.h>
#include <stdlib.h>

enum { AGAIN_OPS = 200, AGAIN_TEMPLATES = 4, PATH_MAX_BYTES = 512 };

typedef enum task_kind {
    SEE_COUPON,
    SEE_HOLD,
    SEE_REDEMPTION,
    SEE_RETURN,
    SEE_STATS,
    SEE_BATCH,
    SEE_WALLET
} task_kind;

typedef struct task {
    task_kind kind;
    uint32_t about;
    str page; /* of a wallet; empty: the first */
} task;

typedef struct desk {
    const audit *a;
    oracle *o;
    task *tasks;
    uint32_t n, capacity, next;
    arena *memory;
    bool failed;
} desk;

/* Owned by the desk: audit_run frees them. */
static void put(desk *d, task t)
{
    if (d->n == d->capacity) {
        d->capacity = d->capacity == 0 ? 4096 : d->capacity * 2;
        d->tasks = realloc(d->tasks, d->capacity * sizeof *d->tasks);
        CHECK(d->tasks != NULL);
    }
    d->tasks[d->n++] = t;
}

/* ---- asking ---- */

static bool next(void *context, uint64_t *tag, buf *out)
{
    desk *d = context;
    char path[PATH_MAX_BYTES];
    if (d->next == d->n)
        return false;
    const history *h = d->a->client->h;
    const task *t = &d->tasks[d->next];
    const op *o = t->kind == SEE_COUPON || t->kind >= SEE_STATS ? NULL : &h->ops[t->about];
    int n = 0;
    switch (t->kind) {
    case SEE_COUPON:
        n = snprintf(path, sizeof path, "/v1/coupons/%.*s", STR_ARG(h->coupons[t->about].id));
        break;
    case SEE_HOLD:
        n = snprintf(path, sizeof path, "/v1/holds/%.*s", STR_ARG(o->id));
        break;
    case SEE_REDEMPTION:
        n = snprintf(path, sizeof path, "/v1/redemptions/%.*s", STR_ARG(o->id));
        break;
    case SEE_RETURN:
        n = snprintf(path, sizeof path, "/v1/returns/%.*s", STR_ARG(o->id));
        break;
    case SEE_STATS:
        n = snprintf(path, sizeof path, "/v1/templates/%.*s/stats",
                     STR_ARG(h->templates[t->about].id));
        break;
    case SEE_BATCH:
        n = snprintf(path, sizeof path, "/v1/codes/batches/%.*s", STR_ARG(h->batches[t->about]));
        break;
    case SEE_WALLET:
        n = snprintf(path, sizeof path, "/v1/users/u%u/coupons?page_size=200%s%.*s", t->about,
                     t->page.n > 0 ? "&page_token=" : "", STR_ARG(t->page));
    }
    CHECK(n > 0 && n < PATH_MAX_BYTES);
    request_get(d->a->client, (str){path, (size_t)n}, out);
    *tag = d->next++;
    return true;
}

/* ---- showing ---- */

static seen_coupon coupon_of(const history *h, const json *v)
{
    return (seen_coupon){true, request_user(request_text(v, "user")),
                         request_template(h, request_text(v, "template")), request_text(v, "state"),
                         request_text(v, "source")};
}

static void show_redemption(desk *d, uint32_t number, const json *v)
{
    seen_redemption s = {.found = true,
                         .discount = request_amount(v, "discount"),
                         .refunded = request_amount(v, "refunded"),
                         .return_count = request_number(v, "return_count")};
    const json *lines = json_field(v, S("lines"));
    for (size_t i = 0; i < json_count(lines); i++) {
        int64_t back = request_number(json_at(lines, i), "returned");
        s.pieces_returned += back < 0 ? 0 : back;
    }
    oracle_redemption(d->o, number, &s);
}

static void show_stats(desk *d, uint32_t template, const json *v)
{
    const json *row = json_at(json_field(v, S("counts")), 0);
    const json *stock = json_field(v, S("stock")), *budget = json_field(v, S("budget"));
    counted c = {.issued = request_number(row, "issued"),
                 .held = request_number(row, "held"),
                 .released = request_number(row, "released"),
                 .redeemed = request_number(row, "redeemed"),
                 .returned = request_number(row, "returned"),
                 .voided = request_number(row, "voided"),
                 .held_now = request_number(v, "held_now"),
                 .discount_minor = request_amount(row, "discount"),
                 .discount_returned_minor = request_amount(row, "discount_returned"),
                 .orders_minor = request_amount(row, "orders"),
                 .orders_returned_minor = request_amount(row, "orders_returned"),
                 .stock_remaining = -1,
                 .budget_remaining = -1};
    if (stock != NULL)
        c.stock_remaining =
            request_number(stock, "remaining") + request_number(stock, "on_the_way");
    if (budget != NULL)
        c.budget_remaining =
            request_amount(budget, "remaining") + request_amount(budget, "on_the_way");
    oracle_stats(d->o, template, &c);
}

static void show_wallet(desk *d, uint32_t user, const json *v)
{
    const history *h = d->a->client->h;
    const json *all = json_field(v, S("coupons"));
    for (size_t i = 0; i < json_count(all); i++) {
        str id = request_text(json_at(all, i), "id");
        uint32_t coupon = history_coupon(h, id);
        oracle_wallet(d->o, user, id);
        if (coupon != NOTHING) {
            seen_coupon s = coupon_of(h, json_at(all, i));
            oracle_coupon(d->o, coupon, &s);
        }
    }
    str page = request_text(v, "next_page_token");
    if (page.n > 0)
        put(d, (task){SEE_WALLET, user, arena_str(d->memory, page)});
}

static void show(desk *d, const task *t, bool found, const json *v)
{
    seen_coupon s = {.found = false};
    switch (t->kind) {
    case SEE_COUPON:
        s = found ? coupon_of(d->a->client->h, v) : s;
        oracle_lookup(d->o, t->about, request_text(v, "id"), &s);
        break;
    case SEE_HOLD:
        oracle_hold(d->o, t->about, found, request_text(v, "state"));
        break;
    case SEE_REDEMPTION:
        if (found)
            show_redemption(d, t->about, v);
        else
            oracle_redemption(d->o, t->about, &(seen_redemption){.found = false});
        break;
    case SEE_RETURN:
        oracle_return(d->o, t->about, found, request_amount(v, "refund"));
        break;
    case SEE_STATS:
        show_stats(d, t->about, v);
        break;
    case SEE_BATCH:
        oracle_batch(d->o, t->about, request_number(v, "exchanged"));
        break;
    case SEE_WALLET:
        show_wallet(d, t->about, v);
    }
}

static void done(void *context, uint64_t tag, int status, str body)
{
    desk *d = context;
    task t = d->tasks[tag];
    json *document = NULL;
    if ((status != 200 && status != 404) || json_parse(body, &document, NULL) != R_DONE) {
        d->failed = true;
        printf("  reading %u of kind %d: %d %.*s\n", t.about, t.kind, status, STR_ARG(body));
        return;
    }
    show(d, &t, status == 200, document);
    json_free(document);
}

/* ---- what to look at ---- */

static void put_op(desk *d, uint32_t number)
{
    static const task_kind kinds[OP_KINDS] = {[OP_HOLD] = SEE_HOLD,
                                              [OP_REDEEM] = SEE_REDEMPTION,
                                              [OP_RELEASE] = SEE_HOLD,
                                              [OP_RETURN] = SEE_RETURN};
    const history *h = d->a->client->h;
    const op *o = &h->ops[number];
    if (o->state != OP_DONE)
        return;
    for (uint32_t i = 0; !d->a->whole && i < o->coupon_n; i++)
        put(d, (task){.kind = SEE_COUPON, .about = o->first_coupon + i});
    if (!d->a->whole && o->coupon != NOTHING)
        put(d, (task){.kind = SEE_COUPON, .about = o->coupon});
    if (kinds[o->kind] == SEE_COUPON)
        return; /* nothing more to see */
    put(d, (task){.kind = kinds[o->kind], .about = o->kind == OP_RELEASE ? o->of : number});
    if (o->kind == OP_RETURN)
        put(d, (task){.kind = SEE_REDEMPTION, .about = o->of});
}

static void put_all(desk *d)
{
    const history *h = d->a->client->h;
    uint32_t first = d->a->whole ? 0 : d->a->first_op;
    for (uint32_t i = first; i < h->n; i++)
        put_op(d, i);
    for (uint32_t i = 0; first > 0 && i < AGAIN_OPS; i++)
        put_op(d, dice_below(d->a->dice, first));
    for (uint32_t i = 0; i < h->template_n; i++) {
        if (d->a->whole || i < LOAD_FLASH || i + AGAIN_TEMPLATES >= h->template_n)
            put(d, (task){.kind = SEE_STATS, .about = i});
    }
    for (uint32_t i = 0; d->a->whole && i < h->batch_n; i++)
        put(d, (task){.kind = SEE_BATCH, .about = i});
    for (uint32_t i = 0; d->a->whole && i < LOAD_USERS; i++)
        put(d, (task){.kind = SEE_WALLET, .about = i});
}

bool audit_run(const audit *a, uint64_t *reads)
{
    desk d = {.a = a, .memory = arena_new(0)};
    d.o = oracle_new(a->client->h, a->whole, &a->client->flaws);
    put_all(&d);
    wire_job job = {.context = &d, .next = next, .done = done};
    bool good = wire_run(a->wire, &job) && !d.failed && d.next == d.n;
    if (good && a->whole)
        oracle_wallets_end(d.o);
    *reads += d.n;
    oracle_free(d.o);
    arena_free(d.memory);
    free(d.tasks);
    return good;
}

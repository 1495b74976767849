/* Reserving by subject, and codes: see reserve.h. */
#include "app/reserve.h"

#include "app/query_answered.h"
#include "app/saga.h"
#include "base/id.h"
#include "domain/campaign/rules.h"
#include "domain/code/exchange.h"
#include "domain/coupon/use.h"
#include "domain/limit/level.h"
#include "domain/rule/cart.h"
#include "port/metric.h"
#include "port/random.h"
#include "port/secret.h"

typedef struct reserve {
    saga saga; /* first */
    reserve_ask ask;
    /* The input of the call, by its act. */
    issue_in issue;
    transfer_take_in take;
    order_in order;
    bool is_issue;
    bool claims; /* an issue, or a transfer, which limits count like one */
    limit_need *needs;
    size_t need_count;
    reserved_subject *subjects;
    size_t subject_count;
} reserve;

/* ---- hashes ---- */

str merchant_secret(arena *memory)
{
    char *bytes = arena_alloc(memory, MERCHANT_SECRET_BYTES);
    random_bytes(bytes, MERCHANT_SECRET_BYTES);
    return (str){bytes, MERCHANT_SECRET_BYTES};
}

static uint64_t big_endian(const uint8_t *p)
{
    uint64_t v = 0;
    for (size_t i = 0; i < sizeof(v); i++)
        v = v << 8 | p[i];
    return v;
}

/* Stored: what goes in, and in which order, never changes. */
hash128 subject_hash(const merchant *of, uint8_t kind, str name)
{
    char bytes[sizeof(of->id) + 1 + SUBJECT_BYTES_MAX];
    uint8_t digest[SECRET_DIGEST_BYTES];
    CHECK(name.n <= SUBJECT_BYTES_MAX);
    for (size_t i = 0; i < sizeof(of->id); i++)
        bytes[i] = (char)(of->id >> 8 * i);
    bytes[sizeof(of->id)] = (char)kind;
    if (name.n > 0)
        memcpy(bytes + sizeof(of->id) + 1, name.p, name.n);
    secret_hmac_sha256(of->secret, (str){bytes, sizeof(of->id) + 1 + name.n}, digest);
    return (hash128){big_endian(digest), big_endian(digest + sizeof(uint64_t))};
}

static void hash_subject(const merchant *of, str name, reserved_subject *s)
{
    hash128 h = subject_hash(of, s->subject, name);
    s->hi = h.hi;
    s->lo = h.lo;
}

/* ---- what the act needs ---- */

static void need(reserve *r, uint64_t template_id, limit_measure measure, int64_t n)
{
    r->needs[r->need_count++] =
        (limit_need){.template = template_id, .measure = (uint8_t)measure, .n = n};
}

static void needs_of_issue(reserve *r)
{
    const issue_in *in = &r->issue;
    r->needs = ARENA_ARRAY(r->saga.memory, limit_need, in->items.n);
    for (size_t i = 0; i < in->items.n; i++)
        need(r, in->items.items[i].template, LIMIT_MEASURE_CLAIMS, in->items.items[i].count);
}

static void needs_of_take(reserve *r)
{
    r->needs = ARENA_ARRAY(r->saga.memory, limit_need, 1);
    need(r, r->take.template, LIMIT_MEASURE_CLAIMS, 1);
}

static void needs_of_order(reserve *r)
{
    const order_in *in = &r->order;
    r->needs = ARENA_ARRAY(r->saga.memory, limit_need, 3 * in->applied.n);
    int64_t *units = ARENA_ARRAY(r->saga.memory, int64_t, in->applied.n);
    cart_add_units(in->lines.items, in->shares.items, in->shares.n, units);
    cart_add_units(in->lines.items, in->adds.items, in->adds.n, units);
    for (size_t i = 0; i < in->applied.n; i++) {
        const applied_coupon *a = &in->applied.items[i];
        need(r, a->template, LIMIT_MEASURE_REDEMPTIONS, 1);
        need(r, a->template, LIMIT_MEASURE_MONEY, a->discount_minor);
        need(r, a->template, LIMIT_MEASURE_UNITS, units[i]);
    }
}

static uint64_t merchant_of(const reserve *r)
{
    return r->is_issue ? r->issue.merchant : r->claims ? r->take.merchant : r->order.merchant;
}

/* The subjects that limits on what is needed count by. */
static uint32_t limited_subjects(const reserve *r, const config *c)
{
    uint32_t subjects = 0;
    for (size_t i = 0; i < r->need_count; i++) {
        terms of;
        if (terms_find(c, r->needs[i].template, &of) && of.merchant->row->id == merchant_of(r))
            subjects |= limit_subjects_of(&of, 1U << r->needs[i].measure);
    }
    return subjects;
}

/* ---- the saga ---- */

static const struct {
    uint8_t subject;
    size_t name; /* in subject_names */
} kinds[] = {{LIMIT_SUBJECT_PHONE, offsetof(subject_names, phone)},
             {LIMIT_SUBJECT_DEVICE, offsetof(subject_names, device)},
             {LIMIT_SUBJECT_CARD, offsetof(subject_names, card)},
             {LIMIT_SUBJECT_ADDRESS, offsetof(subject_names, address)},
             {LIMIT_SUBJECT_EMAIL, offsetof(subject_names, email)}};
_Static_assert(ARRAY_LEN(kinds) + 1 <= SAGA_TRIES_MAX, "a try for each, and one for a code");

static str name_of(const subject_names *names, size_t kind)
{
    str name;
    memcpy(&name, (const char *)names + kinds[kind].name, sizeof(name));
    return name;
}

uint32_t subjects_named(const subject_names *names)
{
    uint32_t subjects = 0;
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (name_of(names, i).n > 0)
            subjects |= 1U << kinds[i].subject;
    return subjects;
}

reserved_subject *subjects_unreserved(const subject_names *names, arena *memory, size_t *n)
{
    reserved_subject *all = ARENA_ARRAY(memory, reserved_subject, ARRAY_LEN(kinds));
    *n = 0;
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (name_of(names, i).n > 0)
            all[(*n)++].subject = kinds[i].subject;
    return all;
}

const reserved_subject *subjects_hashed(const merchant *of, const subject_names *names,
                                        arena *memory, size_t *n)
{
    reserved_subject *all = subjects_unreserved(names, memory, n);
    for (size_t i = 0, k = 0; i < ARRAY_LEN(kinds); i++)
        if (name_of(names, i).n > 0)
            hash_subject(of, name_of(names, i), &all[k++]);
    return all;
}

/* Those that the request names; of others what a hold has kept. */
static void name_subjects(reserve *r, const config_merchant *of)
{
    r->subject_count = 0;
    r->subjects = ARENA_ARRAY(r->saga.memory, reserved_subject, ARRAY_LEN(kinds));
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        reserved_subject *s = &r->subjects[r->subject_count];
        str name = name_of(&r->ask.names, i);
        const limit_take *kept = NULL;
        for (size_t k = 0; name.n == 0 && k < r->ask.kept_count; k++)
            if (r->ask.kept[k].subject == kinds[i].subject)
                kept = &r->ask.kept[k];
        if (name.n == 0 && kept == NULL)
            continue;
        s->subject = kinds[i].subject;
        r->subject_count++;
        if (kept == NULL)
            hash_subject(of->row, name, s);
        else
            *s = (reserved_subject){.subject = s->subject, .hi = kept->hi, .lo = kept->lo};
    }
}

/* The order of the tries. */
static void sort_subjects(reserve *r)
{
    for (size_t i = 1; i < r->subject_count; i++) {
        for (size_t k = i; k > 0; k--) {
            reserved_subject *a = &r->subjects[k - 1], *b = &r->subjects[k], swapped = *a;
            if (a->hi < b->hi || (a->hi == b->hi && a->lo <= b->lo))
                break;
            *a = *b;
            *b = swapped;
        }
    }
}

static bool is_answered(const reserve *r)
{
    app_view v;
    bool answered = false;
    store_home home = {.slot = r->saga.call->slot};
    if (app_view_open_at(r->saga.call->app, &home, r->saga.memory, &v) != R_DONE)
        return false;
    answered = query_answered(&v, r->saga.call);
    return app_view_close(&v) == R_DONE && answered;
}

static const limit_take *credits_of(const reserve *r, const reserved_subject *s, size_t *n)
{
    limit_take *own = ARENA_ARRAY(r->saga.memory, limit_take, r->ask.credit_count);
    *n = 0;
    for (size_t i = 0; i < r->ask.credit_count; i++)
        if (r->ask.credits[i].hi == s->hi && r->ask.credits[i].lo == s->lo)
            own[(*n)++] = r->ask.credits[i];
    return own;
}

/* Words are nobody's to keep. */
static bool is_code_kept(const issue_in *in)
{
    return in->codes.n > 0 && in->codes.items[0].word == 0;
}

/* Codes and coupons come first of all, so that who waits for one keeps nothing for which others
 * wait. */
static void try_code(reserve *r)
{
    code_use *use = ARENA_NEW(r->saga.memory, code_use);
    *use = r->issue.codes.items[0];
    r->issue.codes.items = use;
    code_reserve_in *in = ARENA_NEW(r->saga.memory, code_reserve_in);
    *in = (code_reserve_in){.merchant = merchant_of(r),
                            .format = use->format,
                            .place = use->place,
                            .slot = r->saga.call->slot,
                            .told = use->told,
                            .mine = use->mine};
    r->saga.tries[r->saga.n++] = (saga_try){.id = ACT_ID_code_reserve,
                                            .slot = code_place_slot(use->place),
                                            .item = use->place,
                                            .in = in};
}

static void try_transfer(reserve *r)
{
    transfer_try_in *in = ARENA_NEW(r->saga.memory, transfer_try_in);
    *in = *r->ask.transfer;
    in->slot = r->saga.call->slot;
    uint64_t id = in->transfer != 0 ? in->transfer : in->coupon;
    r->saga.tries[r->saga.n++] =
        (saga_try){.id = ACT_ID_transfer_try, .slot = id_slot(id), .item = id, .in = in};
}

static void try_subject(reserve *r, const reserved_subject *s)
{
    limit_reserve_in *in = ARENA_NEW(r->saga.memory, limit_reserve_in);
    *in = (limit_reserve_in){.merchant = merchant_of(r),
                             .subject = s->subject,
                             .hi = s->hi,
                             .lo = s->lo,
                             .slot = r->saga.call->slot,
                             .partly = r->is_issue && r->issue.mode == ISSUE_MODE_BEST_EFFORT};
    in->needs.items = r->needs;
    in->needs.n = r->need_count;
    in->credits.items = (limit_take *)(uintptr_t)credits_of(r, s, &in->credits.n);
    r->saga.tries[r->saga.n++] =
        (saga_try){.id = r->claims ? ACT_ID_limit_reserve_claim : ACT_ID_limit_reserve_use,
                   .slot = slot_of_hash(s->hi),
                   .item = s->lo,
                   .in = in};
}

static void fill_input(reserve *r, limit_grant *grants, size_t n)
{
    r->issue.subjects.items = r->take.subjects.items = r->order.subjects.items = r->subjects;
    r->issue.subjects.n = r->take.subjects.n = r->order.subjects.n = r->subject_count;
    r->issue.grants.items = r->take.grants.items = r->order.grants.items = grants;
    r->issue.grants.n = r->take.grants.n = r->order.grants.n = n;
}

static void plan(saga *s)
{
    reserve *r = (reserve *)s;
    const config *c = app_config(s->call->app);
    const config_merchant *of = config_find_merchant(c, merchant_of(r));
    if (of != NULL)
        name_subjects(r, of);
    sort_subjects(r);
    uint32_t limited = limited_subjects(r, c);
    if (r->is_issue && is_code_kept(&r->issue))
        try_code(r);
    if (r->ask.transfer != NULL)
        try_transfer(r);
    for (size_t i = 0; i < r->subject_count; i++)
        if ((limited >> r->subjects[i].subject & 1U) != 0)
            try_subject(r, &r->subjects[i]);
    config_free((config *)(uintptr_t)c); /* the share that app_config took */
    fill_input(r, NULL, 0);
    if (s->n > 0 && is_answered(r))
        s->n = 0;
}

static void code_tried(reserve *r, const code_reserve_out *out)
{
    metric_add(METRIC_TRIES_MADE_CODE, 1);
    r->issue.codes.items[0].reservation = out->reservation;
    r->issue.codes.items[0].deadline_ms = out->deadline_ms;
}

static void transfer_tried(reserve *r, const transfer_try_out *out)
{
    metric_add(METRIC_TRIES_MADE_TRANSFER, 1);
    r->take.transfer = out->transfer;
    r->take.reservation = out->reservation;
    r->take.deadline_ms = out->deadline_ms;
    r->take.carried.items = out->carried.items;
    r->take.carried.n = out->carried.n;
}

static void tried(saga *s)
{
    reserve *r = (reserve *)s;
    bool coded = s->tries[0].id == ACT_ID_code_reserve;
    bool transfers = s->tries[0].id == ACT_ID_transfer_try;
    size_t first = coded || transfers ? 1 : 0;
    size_t n = 0;
    if (coded)
        code_tried(r, s->tries[0].out);
    if (transfers)
        transfer_tried(r, s->tries[0].out);
    for (size_t i = first; i < s->n; i++)
        n += ((const limit_reserve_out *)s->tries[i].out)->grants.n;
    limit_grant *grants = ARENA_ARRAY(s->memory, limit_grant, n);
    n = 0;
    for (size_t i = first; i < s->n; i++) {
        const limit_reserve_in *in = s->tries[i].in;
        const limit_reserve_out *out = s->tries[i].out;
        if (out->reservation != 0)
            metric_add(METRIC_TRIES_MADE_LIMIT, 1);
        for (size_t k = 0; k < r->subject_count; k++) {
            if (r->subjects[k].subject != in->subject)
                continue;
            r->subjects[k].reservation = out->reservation;
            r->subjects[k].deadline_ms = out->deadline_ms;
        }
        if (out->grants.n > 0)
            memcpy(grants + n, out->grants.items, out->grants.n * sizeof(*grants));
        n += out->grants.n;
    }
    fill_input(r, grants, n);
}

static bool cancel_code(saga *s, const saga_try *done, saga_try *back)
{
    const code_reserve_in *in = done->in;
    code_settle_in *none = ARENA_NEW(s->memory, code_settle_in);
    *none = (code_settle_in){.format = in->format,
                             .place = in->place,
                             .reservation = ((const code_reserve_out *)done->out)->reservation};
    *back =
        (saga_try){.id = ACT_ID_code_settle, .slot = done->slot, .item = done->item, .in = none};
    return true;
}

static bool cancel_transfer(saga *s, const saga_try *done, saga_try *back)
{
    const transfer_try_out *out = done->out;
    transfer_settle_in *none = ARENA_NEW(s->memory, transfer_settle_in);
    *none = (transfer_settle_in){.transfer = out->transfer,
                                 .reservation = out->reservation,
                                 .reason = (uint32_t)s->call->code,
                                 .detail = s->call->detail};
    *back = (saga_try){
        .id = ACT_ID_transfer_settle, .slot = done->slot, .item = out->transfer, .in = none};
    return true;
}

static bool cancel(saga *s, const saga_try *done, saga_try *back)
{
    if (done->id == ACT_ID_transfer_try)
        return cancel_transfer(s, done, back);
    if (done->id == ACT_ID_code_reserve)
        return cancel_code(s, done, back);
    const limit_reserve_in *in = done->in;
    const limit_reserve_out *out = done->out;
    if (out->reservation == 0)
        return false;
    limit_settle_in *none = ARENA_NEW(s->memory, limit_settle_in);
    *none = (limit_settle_in){.hi = in->hi, .lo = in->lo, .reservation = out->reservation};
    *back =
        (saga_try){.id = ACT_ID_limit_settle, .slot = done->slot, .item = done->item, .in = none};
    return true;
}

result reserve_submit(act_call *call, const reserve_ask *ask)
{
    bool has_code = call->id == ACT_ID_issue && is_code_kept(call->in);
    if (subjects_named(&ask->names) == 0 && ask->kept_count == 0 && !has_code &&
        ask->transfer == NULL)
        return act_submit(call);
    reserve *r = saga_new(sizeof(*r));
    r->saga.call = call;
    r->saga.attempts = ask->prepared ? 0 : SAGA_ATTEMPTS_MAX;
    r->saga.plan = plan;
    r->saga.tried = tried;
    r->saga.cancel = cancel;
    r->ask = *ask;
    r->is_issue = call->id == ACT_ID_issue;
    r->claims = r->is_issue || call->id == ACT_ID_transfer_take;
    if (r->is_issue) {
        r->issue = *(const issue_in *)call->in;
        call->in = &r->issue;
        needs_of_issue(r);
    } else if (r->claims) {
        r->take = *(const transfer_take_in *)call->in;
        call->in = &r->take;
        needs_of_take(r);
    } else {
        r->order = *(const order_in *)call->in;
        call->in = &r->order;
        needs_of_order(r);
    }
    return saga_submit(&r->saga);
}

/* ---- what an order gives back first ---- */

static void add_credits(const hold *row, arena *memory, reserve_ask *ask)
{
    limit_take *all = ARENA_ARRAY(memory, limit_take, ask->credit_count + row->takes.n);
    if (ask->credit_count > 0)
        memcpy(all, ask->credits, ask->credit_count * sizeof(*all));
    for (size_t i = 0; i < row->takes.n; i++)
        if (limit_way_of(row->takes.items[i].subject) == LIMIT_BY_SUBJECT)
            all[ask->credit_count++] = row->takes.items[i];
    ask->credits = all;
}

/* Holds, each once. */
typedef struct ended_holds {
    uint64_t ids[ORDER_COUPONS_MAX * USE_HOLDS_MAX + 1];
    size_t n;
} ended_holds;

static void add_ended(ended_holds *all, uint64_t hold_id)
{
    for (size_t i = 0; i < all->n; i++)
        if (all->ids[i] == hold_id)
            return;
    all->ids[all->n++] = hold_id;
}

/* Those that have the coupon, or uses of it. */
static void add_holders(app_view *v, uint64_t id, ended_holds *all)
{
    const coupon *c = id == 0 ? NULL : coupon_get(v->rows, id_slot(id), id);
    const config_template *of = c == NULL ? NULL : config_find_template(v->config, c->template);
    if (of == NULL)
        return;
    const coupon_use *use = use_is_many(of) ? coupon_use_get(v->rows, c->slot, id) : NULL;
    for (size_t i = 0; use != NULL && i < use->held.n; i++)
        add_ended(all, use->held.items[i].hold);
    if (c->state == COUPON_STATE_HELD && c->ref != 0)
        add_ended(all, c->ref);
}

void reserve_credits(app_view *v, const order_in *in, uint64_t replaced, reserve_ask *ask)
{
    ended_holds ended = {.ids = {replaced}, .n = replaced != 0};
    for (size_t i = 0; i < in->applied.n; i++)
        add_holders(v, in->applied.items[i].coupon, &ended);
    for (size_t i = 0; i < ended.n; i++) {
        const hold *row = hold_get(v->rows, id_slot(ended.ids[i]), ended.ids[i]);
        bool ends =
            row != NULL && row->state == HOLD_STATE_OPEN &&
            (row->id == replaced || hold_state_at(row, uow_now(v->rows)) == HOLD_STATE_EXPIRED);
        if (ends)
            add_credits(row, v->memory, ask);
    }
}

void reserve_late(app_view *v, order_in *in, reserve_ask *ask)
{
    const hold *row = hold_get(v->rows, id_slot(in->hold), in->hold);
    if (row == NULL)
        return;
    in->lines.items = row->lines.items;
    in->lines.n = row->lines.n;
    in->applied.items = row->applied.items;
    in->applied.n = row->applied.n;
    in->shares.items = row->shares.items;
    in->shares.n = row->shares.n;
    in->adds.items = row->adds.items;
    in->adds.n = row->adds.n;
    ask->kept = row->takes.items;
    ask->kept_count = row->takes.n;
    reserve_credits(v, in, row->id, ask);
}

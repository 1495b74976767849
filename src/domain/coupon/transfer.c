/* Transfers, in the slot of the coupon: see transfer.h.
 *
 * Invariant: an open transfer's coupon is `offered` and names it; it has a due entry at or before
 * its deadline, or that of the act on its way. */
#include "domain/coupon/transfer.h"

#include "base/id.h"
#include "domain/coupon/acts.h"
#include "domain/coupon/grasp.h"
#include "domain/coupon/move.h"
#include "domain/saga/saga.h"
#include "domain/stats/ledger.h"

/* ---- what a transfer is now ---- */

result transfer_wait(uow *u, const transfer *row)
{
    if (row == NULL || row->reservations.n == 0)
        return R_DONE;
    uow_wait_for(u, transfer_pool(row->id), 0);
    return R_WAIT;
}

bool transfer_is_over(const transfer *row, int64_t now_ms)
{
    return row->state == TRANSFER_STATE_OPEN && row->reservations.n == 0 &&
           now_ms >= row->deadline_ms;
}

uint8_t transfer_state_at(const transfer *row, int64_t now_ms)
{
    return transfer_is_over(row, now_ms) ? TRANSFER_STATE_EXPIRED : row->state;
}

/* Of whom nothing came the name is kept no longer. */
static void end(uow *u, transfer *row, transfer_state how)
{
    transfer_edit(u, row);
    if (how != TRANSFER_STATE_ACCEPTED)
        row->receiver = (str){NULL, 0};
    row->state = (uint8_t)how;
    row->ended_at_ms = uow_now(u);
    row->reservations.n = 0;
    row->taker = (str){NULL, 0};
}

static event_kind event_of(transfer_state how)
{
    switch (how) {
    case TRANSFER_STATE_DECLINED:
        return EVENT_KIND_TRANSFER_DECLINED;
    case TRANSFER_STATE_CANCELLED:
        return EVENT_KIND_TRANSFER_CANCELLED;
    case TRANSFER_STATE_EXPIRED:
        return EVENT_KIND_TRANSFER_EXPIRED;
    case TRANSFER_STATE_REFUSED:
        return EVENT_KIND_TRANSFER_REFUSED;
    default:
        UNREACHABLE(); /* no other state gives the coupon back */
    }
}

void transfer_close(uow *u, transfer *row, coupon *of, transfer_state how)
{
    end(u, row, how);
    coupon_move(u, of, &(coupon_event){.happening = event_of(how), .ref = row->id});
}

void transfer_end_with(uow *u, transfer *row, transfer_state how)
{
    if (row != NULL && row->state == TRANSFER_STATE_OPEN)
        end(u, row, how);
}

uint32_t transfer_sweep(uow *u, transfer *row, coupon *of, uint64_t lost)
{
    if (transfer_is_over(row, uow_now(u)))
        transfer_close(u, row, of, TRANSFER_STATE_EXPIRED);
    if (row->move != 0)
        lost = 0; /* its act is a message, which no process takes along */
    if (row->reservations.n == 0 || !saga_may_ask(u, &row->reservations.items[0], lost))
        return 0;
    reservation *r = &row->reservations.items[0];
    transfer_edit(u, row);
    transfer_settle_in cancel = {
        .transfer = row->id, .reservation = r->id, .reason = R_UNAVAILABLE, .move = row->move};
    saga_ask(u, r, lost,
             &(saga_answer){TRANSFER_SETTLE_ACT, row->slot,
                            record_bytes(&transfer_settle_in_record, &cancel, uow_memory(u))});
    uow_due(u, (due_name){DUE_KIND_TRANSFER, row->id, 0}, r->due_at_ms);
    return 1;
}

/* ---- may it go to another user? ---- */

typedef struct transfer_desk {
    coupon_grasp g;
    const received *by; /* what brought it to the sender; NULL: it was issued to him */
    uint64_t merchant;
    str user, to;
} transfer_desk;

static uint32_t version_of(const coupon_grasp *g)
{
    use_ask ask = {.of = g->of.template, .row = g->row, .use = g->use};
    return use_is_many(g->of.template) ? use_version(&ask)
                                       : config_effective(g->of.template, g->row->version);
}

static result check_user(uow *u, const char *field, str name, bool may_lack)
{
    if (name.n > USER_BYTES_MAX || (name.n == 0 && !may_lack))
        return uow_refuse(u, R_INVALID, "%s: 1 to %d bytes", field, USER_BYTES_MAX);
    return R_DONE;
}

static result check_users(uow *u, str from, str to, bool may_lack)
{
    result r = check_user(u, "user", from, false);
    if (r == R_DONE)
        r = check_user(u, "to", to, may_lack);
    if (r == R_DONE && str_eq(from, to))
        return uow_refuse_field(u, S("to"), S("not_allowed"), "the coupon is his already");
    return r;
}

static result check_state(const coupon_grasp *g)
{
    uow *u = g->c.u;
    if (g->now.state == COUPON_STATE_EXPIRED)
        return uow_refuse(u, R_COUPON_EXPIRED, "%s", "");
    if (g->now.state != COUPON_STATE_AVAILABLE)
        return uow_refuse(u, R_COUPON_NOT_AVAILABLE, "The coupon is %.*s.",
                          STR_ARG(coupon_state_name(g->now.state)));
    if (g->left.held > 0)
        return uow_refuse(u, R_COUPON_NOT_AVAILABLE, "An open order holds a use of the coupon.");
    return R_DONE;
}

/* By its template, and the campaign. */
static result check_terms(const transfer_desk *d)
{
    uow *u = d->g.c.u;
    const template_version *v = config_version(d->g.of.template, version_of(&d->g));
    size_t before = d->by == NULL ? 0 : d->by->earlier.n - d->by->moves;
    if (v->transfers == 0)
        return uow_refuse(u, R_NOT_TRANSFERABLE, "Coupons of its template stay with their users.");
    if (before >= v->transfers)
        return uow_refuse(u, R_NOT_TRANSFERABLE, "It has been transferred as often as it may: %u.",
                          v->transfers);
    if (v->transfer_until_ms != 0 && uow_now(u) >= v->transfer_until_ms)
        return uow_refuse(u, R_NOT_TRANSFERABLE, "The time in which it could be is over.");
    if (d->g.of.campaign->row->state == CAMPAIGN_STATE_DISABLED)
        return uow_refuse(u, R_CAMPAIGN_DISABLED, "%s", "");
    return R_DONE;
}

/* The coupon, and that it may go; loads what letting go of it needs. */
static result desk_open(transfer_desk *d, uint64_t coupon_id)
{
    uow *u = d->g.c.u;
    result r = grasp_find(&d->g, d->merchant, coupon_id);
    if (r != R_DONE)
        return r;
    const coupon *row = d->g.row;
    const member *owner = member_get(u, row->slot, row->member);
    const user *who = user_get(u, row->slot, d->merchant, d->user);
    if (row->transfer != 0)
        d->by = received_get(u, row->slot, row->transfer);
    if (uow_pending(u))
        return R_AGAIN;
    if (!str_eq(owner->name, d->user))
        return uow_refuse(u, R_WRONG_USER, "%s", "");
    r = move_check(u, who);
    if (r == R_USER_MERGED) /* just now: no answer for ever, as it is not kept under his name */
        r = uow_refuse(u, R_USER_MERGING, "%s", "");
    if (r != R_DONE)
        return r;
    r = check_state(&d->g);
    if (r == R_DONE)
        r = check_terms(d);
    if (r != R_DONE)
        return r;
    grasp_load(&d->g);
    return uow_pending(u) ? R_AGAIN : R_DONE;
}

/* What is over gives way, and the coupon is offered. */
static transfer *desk_offer(const transfer_desk *d, bool direct)
{
    uow *u = d->g.c.u;
    coupon *row = d->g.row;
    grasp_apply(&d->g);
    transfer *t = transfer_new(u, row->slot, uow_next_id(u, row->slot));
    t->merchant = d->merchant;
    t->coupon = row->id;
    t->member = row->member;
    t->receiver = d->to;
    t->state = TRANSFER_STATE_OPEN;
    t->direct = direct;
    t->created_at_ms = uow_now(u);
    coupon_move(u, row,
                &(coupon_event){.happening = EVENT_KIND_COUPON_OFFERED,
                                .ref = t->id,
                                .version = version_of(&d->g)});
    return t;
}

static result desk_settle(const transfer_desk *d)
{
    slice_settle(d->g.c.slices);
    return limit_book_settle(d->g.c.book);
}

/* ---- offer ---- */

static int64_t earlier_of(int64_t a, int64_t b)
{
    return b != 0 && b < a ? b : a;
}

result transfer_offer_decide(uow *u, const void *input, void *output)
{
    const transfer_offer_in *in = input;
    result r = check_users(u, in->user, in->to, true);
    if (r != R_DONE)
        return r;
    transfer_desk d = {.g.c.u = u, .merchant = in->merchant, .user = in->user, .to = in->to};
    r = desk_open(&d, in->coupon);
    if (r != R_DONE)
        return r;
    const template_version *v = config_version(d.g.of.template, version_of(&d.g));
    if (in->offer_ms < 0 || in->offer_ms > v->offer_ms)
        return uow_refuse_field(u, S("offer_seconds"), S("out_of_range"), "at most %lld",
                                (long long)(v->offer_ms / MS_SECOND));
    transfer *t = desk_offer(&d, false);
    int64_t until = uow_now(u) + (in->offer_ms == 0 ? v->offer_ms : in->offer_ms);
    until = earlier_of(until, v->transfer_until_ms);
    t->deadline_ms = earlier_of(until, d.g.now.expires_at_ms);
    uow_due(u, (due_name){DUE_KIND_OFFER, t->id, 0}, t->deadline_ms);
    *(transfer_offer_out *)output = (transfer_offer_out){t->id, uow_now(u), t->deadline_ms};
    return desk_settle(&d);
}

/* ---- try ---- */

carried_coupon *transfer_carry(uow *u, const coupon *row, coupon_use *use, const received *by)
{
    size_t n = by == NULL ? 0 : by->earlier.n;
    carried_coupon *c = ARENA_NEW(uow_memory(u), carried_coupon);
    *c = (carried_coupon){.coupon = row->id,
                          .template = row->template,
                          .version = row->version,
                          .source = row->source,
                          .issued_at_ms = row->issued_at_ms,
                          .valid_from_ms = row->valid_from_ms,
                          .expires_at_ms = row->expires_at_ms,
                          .end_version = row->end_version,
                          .reserved_minor = row->reserved_minor,
                          .stocked = row->stocked,
                          .merchant_version = row->merchant_version,
                          .campaign_version = row->campaign_version,
                          .batch = row->batch};
    c->moves = by == NULL ? 0 : by->moves;
    use_carry(&(use_desk){.use = use}, c);
    c->earlier.items = ARENA_ARRAY(uow_memory(u), coupon_ref, n + 1);
    c->earlier.n = n + 1;
    if (n > 0)
        memcpy(c->earlier.items, by->earlier.items, n * sizeof(coupon_ref));
    c->earlier.items[n] = (coupon_ref){row->id};
    return c;
}

static void reserve(uow *u, transfer *t, const transfer_try_in *in, transfer_try_out *out)
{
    int64_t deadline_ms = uow_now(u) + SAGA_TRY_MS;
    reservation *r = ARENA_NEW(uow_memory(u), reservation);
    *r = (reservation){.id = uow_next_id(u, t->slot),
                       .slot = in->slot,
                       .deadline_ms = deadline_ms,
                       .due_at_ms = deadline_ms};
    t->reservations.items = r;
    t->reservations.n = 1;
    t->taker = in->to;
    uow_due(u, (due_name){DUE_KIND_TRANSFER, t->id, 0}, deadline_ms);
    out->transfer = t->id;
    out->reservation = r->id;
    out->deadline_ms = deadline_ms;
}

static result try_directly(uow *u, const transfer_try_in *in, transfer_try_out *out)
{
    transfer_desk d = {.g.c.u = u, .merchant = in->merchant, .user = in->user, .to = in->to};
    result r = check_users(u, in->user, in->to, false);
    if (r == R_DONE)
        r = desk_open(&d, in->coupon);
    if (r != R_DONE)
        return r;
    transfer *t = desk_offer(&d, true);
    reserve(u, t, in, out);
    out->carried.items = transfer_carry(u, d.g.row, d.g.use, d.by);
    out->carried.n = 1;
    return desk_settle(&d);
}

/* An offer as it is to whoever asks about it. */
typedef struct offer_desk {
    coupon_grasp g; /* of its coupon */
    transfer *row;
    const member *sender;
    const received *by;
} offer_desk;

static result not_found(uow *u)
{
    return uow_refuse(u, R_NOT_FOUND, "There is no such transfer.");
}

/* May he know of it? That one is over which nobody took, whoever names it: whom it was for is not
 * known any more. Who has the token of an offer for whoever has it learns also that another took
 * it. */
static bool is_for(const uow *u, const transfer *row, str who, bool token)
{
    uint8_t state = transfer_state_at(row, uow_now(u));
    bool open = state == TRANSFER_STATE_OPEN, named = row->receiver.n > 0;
    if (!open && state != TRANSFER_STATE_ACCEPTED)
        return true;
    return (named && str_eq(row->receiver, who)) || (token && !(open && named));
}

static result not_open(uow *u, const transfer *row)
{
    return uow_refuse(u, R_TRANSFER_NOT_OPEN, "The transfer is %.*s.",
                      STR_ARG(transfer_state_name(transfer_state_at(row, uow_now(u)))));
}

/* R_AGAIN, R_NOT_FOUND, R_WAIT. */
static result offer_open(offer_desk *d, uint64_t merchant_id, uint64_t transfer_id)
{
    uow *u = d->g.c.u;
    d->row = transfer_get(u, id_slot(transfer_id), transfer_id);
    if (uow_pending(u))
        return R_AGAIN;
    if (d->row == NULL || d->row->merchant != merchant_id)
        return not_found(u);
    d->sender = member_get(u, d->row->slot, d->row->member);
    result r = transfer_wait(u, d->row);
    if (r != R_DONE)
        return r;
    return uow_pending(u) ? R_AGAIN : R_DONE;
}

/* Its coupon, as long as it is open. */
static result offer_coupon(offer_desk *d)
{
    uow *u = d->g.c.u;
    result r = grasp_find(&d->g, d->row->merchant, d->row->coupon);
    if (r != R_DONE)
        return r;
    if (d->g.row->transfer != 0)
        d->by = received_get(u, d->g.row->slot, d->g.row->transfer);
    return uow_pending(u) ? R_AGAIN : R_DONE;
}

static result try_offer(uow *u, const transfer_try_in *in, transfer_try_out *out)
{
    offer_desk d = {.g.c.u = u};
    result r = check_user(u, "user", in->to, false);
    if (r == R_DONE)
        r = offer_open(&d, in->merchant, in->transfer);
    if (r != R_DONE)
        return r;
    bool earlier = in->as.n > 0 && is_for(u, d.row, in->as, false);
    if (!earlier && !is_for(u, d.row, in->to, in->token))
        return not_found(u);
    if (str_eq(d.sender->name, in->to))
        return uow_refuse_field(u, S("user"), S("not_allowed"), "the coupon is his already");
    if (transfer_state_at(d.row, uow_now(u)) != TRANSFER_STATE_OPEN)
        return not_open(u, d.row);
    r = offer_coupon(&d);
    if (r != R_DONE)
        return r;
    if (d.g.now.state == COUPON_STATE_EXPIRED)
        return uow_refuse(u, R_COUPON_EXPIRED, "%s", "");
    if (d.g.of.campaign->row->state == CAMPAIGN_STATE_DISABLED)
        return uow_refuse(u, R_CAMPAIGN_DISABLED, "%s", "");
    transfer_edit(u, d.row);
    reserve(u, d.row, in, out);
    out->carried.items = transfer_carry(u, d.g.row, d.g.use, d.by);
    out->carried.n = 1;
    return R_DONE;
}

result transfer_try_decide(uow *u, const void *input, void *output)
{
    const transfer_try_in *in = input;
    return in->transfer == 0 ? try_directly(u, in, output) : try_offer(u, in, output);
}

/* ---- decline and cancel ---- */

result transfer_end_decide(uow *u, const void *input, void *output)
{
    const transfer_end_in *in = input;
    transfer_end_out *out = output;
    bool declines = in->state == TRANSFER_STATE_DECLINED;
    if (!declines && in->state != TRANSFER_STATE_CANCELLED)
        return uow_refuse(u, R_INVALID, "state: declined or cancelled");
    offer_desk d = {.g.c.u = u};
    result r = offer_open(&d, in->merchant, in->transfer);
    if (r != R_DONE)
        return r;
    /* Who has the token says so by leaving the user out: app/transfer.h has looked. */
    bool his =
        declines ? is_for(u, d.row, in->user, in->user.n == 0) : str_eq(d.sender->name, in->user);
    if (!his)
        return not_found(u);
    uint8_t state = transfer_state_at(d.row, uow_now(u));
    if (state == in->state) {
        *out = (transfer_end_out){d.row->id, state, d.row->ended_at_ms};
        return R_DONE;
    }
    if (state != TRANSFER_STATE_OPEN)
        return not_open(u, d.row);
    r = offer_coupon(&d);
    if (r != R_DONE)
        return r;
    transfer_close(u, d.row, d.g.row, (transfer_state)in->state);
    *out = (transfer_end_out){d.row->id, in->state, uow_now(u)};
    return R_DONE;
}

/* ---- settle ---- */

static void tell_earlier(uow *u, const received *by, uint64_t to)
{
    size_t n = by == NULL ? 0 : by->earlier.n;
    for (size_t i = 0; i < n; i++) {
        const coupon_ref *id = (const coupon_ref *)by->earlier.items + i;
        forward_in in = {.coupon = id->coupon, .to = to, .hops = (uint32_t)n + 1};
        uow_send(u, FORWARD_ACT, id_slot(id->coupon), &forward_in_record, &in);
    }
}

typedef struct settle_desk {
    uow *u;
    const transfer_settle_in *in;
    transfer *row;
    coupon *of;
    coupon_use *use;
    const received *by;
    forward *known; /* it has gone on since: this came late */
} settle_desk;

static void confirm(const settle_desk *d)
{
    uow *u = d->u;
    terms of = terms_of(uow_config(u), d->of->template);
    ledger_book b = {
        .u = u, .of = &of, .slot = d->of->slot, .coupon = d->of->id, .ref = d->row->id};
    use_ask ask = {.of = of.template, .row = d->of, .use = d->use};
    uint32_t version = use_is_many(of.template) ? use_version(&ask) : 0;
    transfer_edit(u, d->row);
    d->row->receiver = d->row->taker;
    end(u, d->row, TRANSFER_STATE_ACCEPTED);
    d->row->ended_at_ms = d->in->at_ms;
    d->row->received = d->in->coupon;
    coupon_move(u, d->of, &(coupon_event){EVENT_KIND_COUPON_TRANSFERRED, d->row->id, 0, version});
    ledger_move(&b, ACCOUNT_BUDGET_RESERVED, ACCOUNT_TRANSFERRED, d->of->reserved_minor);
    d->of->reserved_minor = 0;
    tell_earlier(u, d->by, d->in->coupon);
    if (d->known != NULL)
        return;
    forward *to = forward_new(u, d->of->slot, d->of->id);
    to->to = d->in->coupon;
    to->hops = d->by == NULL ? 1 : (uint32_t)d->by->earlier.n + 1;
}

/* Can the one whom it is for not have it? By the name of who has become another it is refused to
 * that name alone: he has it by the name that is his now. */
static bool is_refused(const transfer *row, result reason)
{
    return row->receiver.n > 0 && result_kind_of(reason) == RESULT_REFUSED &&
           reason != R_USER_MERGED;
}

/* A direct transfer ends; an offer only where the one whom it is for cannot have it. */
static void cancel(const settle_desk *d)
{
    uow *u = d->u;
    transfer *row = d->row;
    transfer_edit(u, row);
    row->reservations.n = 0;
    row->taker = (str){NULL, 0};
    if (row->direct || is_refused(row, (result)d->in->reason)) {
        row->reason = d->in->reason;
        if (row->reason != R_USER_MERGED) /* whose detail is a name */
            row->detail = d->in->detail;
        transfer_close(u, row, d->of, TRANSFER_STATE_REFUSED);
    } else if (transfer_is_over(row, uow_now(u))) {
        transfer_close(u, row, d->of, TRANSFER_STATE_EXPIRED);
    } else {
        uow_due(u, (due_name){DUE_KIND_OFFER, row->id, 0}, row->deadline_ms);
    }
}

static result settle_load(settle_desk *d)
{
    uow *u = d->u;
    d->row = transfer_get(u, id_slot(d->in->transfer), d->in->transfer);
    if (d->in->from != 0) { /* what comes below is asked for with it: there may be many of these */
        (void)coupon_get(u, id_slot(d->in->from), d->in->from);
        (void)coupon_use_get(u, id_slot(d->in->from), d->in->from);
        (void)forward_get(u, id_slot(d->in->from), d->in->from);
        if (d->in->brought != 0)
            (void)received_get(u, id_slot(d->in->from), d->in->brought);
    }
    if (uow_pending(u))
        return R_AGAIN;
    if (d->row == NULL)
        return R_DONE;
    d->of = coupon_get(u, d->row->slot, d->row->coupon);
    d->use = coupon_use_get(u, d->row->slot, d->row->coupon);
    d->known = forward_get(u, d->row->slot, d->row->coupon);
    if (uow_pending(u))
        return R_AGAIN;
    if (d->of->transfer != 0)
        d->by = received_get(u, d->of->slot, d->of->transfer);
    return uow_pending(u) ? R_AGAIN : R_DONE;
}

result transfer_settle_decide(uow *u, const void *input, void *output)
{
    const transfer_settle_in *in = input;
    settle_desk d = {.u = u, .in = in};
    MAYBE(output);
    bool aside = in->coupon == 0 && saga_is_aside(u, in->reservation);
    if (uow_pending(u))
        return R_AGAIN;
    if (aside)
        return R_DONE;
    result r = settle_load(&d);
    if (r != R_DONE)
        return r;
    bool kept = d.row != NULL && d.row->reservations.n == 1 &&
                d.row->reservations.items[0].id == in->reservation;
    if (kept && in->coupon != 0)
        confirm(&d);
    else if (kept)
        cancel(&d);
    return R_DONE;
}

/* ---- forwarding ---- */

result forward_decide(uow *u, const void *input, void *output)
{
    const forward_in *in = input;
    MAYBE(output);
    forward *row = forward_get(u, id_slot(in->coupon), in->coupon);
    if (uow_pending(u))
        return R_AGAIN;
    if (row != NULL && row->hops >= in->hops)
        return R_DONE;
    if (row == NULL)
        row = forward_new(u, id_slot(in->coupon), in->coupon);
    else
        forward_edit(u, row);
    row->to = in->to;
    row->hops = in->hops;
    return R_DONE;
}

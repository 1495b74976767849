/* Transfers: a coupon goes from its user to another. */
#include "api/convert.h"
#include "api/holder.h"
#include "api/issue.h"
#include "app/query_coupons.h"
#include "app/query_transfers.h"
#include "app/query_users.h"
#include "app/transfer.h"
#include "base/time.h"
#include "domain/coupon/transfer.h"
#include "domain/limit/level.h"

/* What taking a coupon asks, and whom limits by subject count for it. */
typedef struct take_ask {
    transfer_take_in in;
    transfer_try_in try;
    reserve_ask reserve;
} take_ask;

static void taken(api_call *c)
{
    const transfer_take_out *out = c->act.out;
    const take_ask *ask = c->state;
    wire_transfer_done shown = {.transfer = out->transfer,
                                .state = TRANSFER_STATE_ACCEPTED,
                                .from_coupon = out->from,
                                .coupon = out->coupon,
                                .user = ask->in.user,
                                .accepted_at = c->act.at_ms};
    call_answer(c, 201, &wire_transfer_done_type, &shown);
}

static void missing(api_call *c)
{
    const take_ask *ask = c->state;
    terms of;
    if (c->act.code != R_LIMIT_SUBJECT_MISSING ||
        !terms_find(call_config(c), ask->in.template, &of))
        return;
    uint32_t wanted = limit_subjects_of(&of, 1U << LIMIT_MEASURE_CLAIMS);
    subjects_missing(c, wanted & ~subjects_named(&ask->reserve.names));
}

/* Of the merchant's coupon, by which its receiver's limits are reserved; 0: there is none. A
 * coupon's template never changes. False: the call has ended. */
static bool find_template(api_call *c, uint64_t coupon_id, uint64_t *out)
{
    app_view v;
    coupon_seen seen;
    if (!call_view_of(c, id_slot(coupon_id), &v))
        return false;
    *out = query_coupon(&v, c->who.merchant, coupon_id, &seen) ? seen.row->template : 0;
    return call_view_end(c, &v);
}

/* One who has become another gets nothing, so nothing is kept for him first: its cancellation would
 * be the end of a transfer. R_DONE; R_USER_MERGED: *to is who he is. False: the call has ended. */
static bool find_receiver(api_call *c, str name, result *may, str *to)
{
    app_view v;
    if (!call_view_of_user(c, name, &v))
        return false;
    *may = query_user_may(&v, c->who.merchant, name, to);
    if (*may != R_USER_MERGED)
        *may = R_DONE; /* the act tells the rest */
    *to = arena_str(c->memory, *to);
    return call_view_end(c, &v);
}

/* The try is filled; subject: as of act_ask. */
static void take(api_call *c, take_ask *ask, const wire_subjects *subjects, str subject)
{
    ask->in.merchant = ask->try.merchant = c->who.merchant;
    ask->in.user = ask->try.to;
    ask->reserve.transfer = &ask->try;
    if (subjects != NULL)
        ask->reserve.names = subjects_in(c, subjects, S("subjects"));
    c->state = ask;
    str to = S("");
    result may = R_DONE;
    if (!find_receiver(c, ask->in.user, &may, &to))
        return;
    call_act(c, &(act_ask){.id = ACT_ID_transfer_take,
                           .slot = slot_of_user(ask->in.merchant, ask->in.user),
                           .subject = subject,
                           .in = &ask->in,
                           .then = taken,
                           .explain = missing,
                           .refusal = may,
                           .detail = to,
                           .reserve = may == R_DONE ? &ask->reserve : NULL});
}

void api_transfer_create(api_call *c)
{
    const wire_transfer_create *b = c->body;
    take_ask *ask = ARENA_NEW(c->memory, take_ask);
    ask->try = (transfer_try_in){.coupon = b->coupon};
    ask->try.to = call_user(c, b->to);
    if (call_user_now(c, b->user, &ask->try.user) && find_template(c, b->coupon, &ask->in.template))
        take(c, ask, b->has_subjects ? &b->subjects : NULL, ask->try.to);
}

/* ---- offers ---- */

/* The transfer that a request names by its id or by its token: one of the two. False: the call has
 * ended, and `out`, where it is of the call's memory, with it. */
static bool name_transfer(api_call *c, uint64_t id, bool has_token, str token, uint64_t *out)
{
    const config_merchant *of = config_find_merchant(call_config(c), c->who.merchant);
    CHECK(of != NULL); /* whose key asks */
    if ((id != 0) == has_token) {
        issues_add(c->problems, S("token"), id == 0 ? S("required") : S("not_allowed"),
                   "either the transfer or its token");
        call_invalid(c);
        return false;
    }
    if (has_token)
        id = transfer_by_token(of->row, token, c->memory);
    if (id == 0) {
        call_refuse(c, R_NOT_FOUND, S(""));
        return false;
    }
    *out = id;
    return true;
}

static void offered(api_call *c)
{
    const transfer_offer_out *out = c->act.out;
    const wire_transfer_offer *b = c->body;
    const config_merchant *of = config_find_merchant(call_config(c), c->who.merchant);
    wire_transfer_offered shown = {.transfer = out->transfer,
                                   .state = TRANSFER_STATE_OPEN,
                                   .from_coupon = b->coupon,
                                   .from_user = b->user,
                                   .has_to_user = b->has_to,
                                   .to_user = b->to,
                                   .has_token = !b->has_to,
                                   .offered_at = out->at_ms,
                                   .deadline = out->deadline_ms};
    if (shown.has_token)
        shown.token = transfer_token(of->row, out->transfer, c->memory);
    call_answer(c, 201, &wire_transfer_offered_type, &shown);
}

void api_transfer_offer(api_call *c)
{
    const wire_transfer_offer *b = c->body;
    transfer_offer_in *in = ARENA_NEW(c->memory, transfer_offer_in);
    *in = (transfer_offer_in){.merchant = c->who.merchant,
                              .to = b->to,
                              .coupon = b->coupon,
                              .offer_ms = b->offer_seconds * MS_SECOND};
    if (!call_user_now(c, b->user, &in->user))
        return;
    call_act(c, &(act_ask){.id = ACT_ID_transfer_offer,
                           .slot = id_slot(b->coupon),
                           .subject = id_subject(c, ID_COUPON, b->coupon),
                           .in = in,
                           .then = offered});
}

/* The name under which it is offered to him, where he has become this user since; else empty. */
static str offered_as(const api_call *c, app_view *v, const transfer *row, str who)
{
    bool other = row != NULL && row->receiver.n > 0 && !str_eq(row->receiver, who);
    if (!other || row->merchant != c->who.merchant ||
        !str_eq(query_user_now(v, c->who.merchant, row->receiver), who))
        return S("");
    return row->receiver;
}

void api_transfer_accept(api_call *c)
{
    const wire_transfer_accept *b = c->body;
    take_ask *ask = ARENA_NEW(c->memory, take_ask);
    app_view v;
    ask->try = (transfer_try_in){.token = b->has_token};
    ask->try.to = call_user(c, b->user);
    if (!name_transfer(c, b->transfer, b->has_token, b->token, &ask->try.transfer) ||
        !call_view_of(c, id_slot(ask->try.transfer), &v))
        return;
    const transfer *row = transfer_get(v.rows, id_slot(ask->try.transfer), ask->try.transfer);
    uint64_t coupon_id = row == NULL ? 0 : row->coupon;
    ask->try.as = offered_as(c, &v, row, ask->try.to);
    if (call_view_end(c, &v) && find_template(c, coupon_id, &ask->in.template))
        take(c, ask, b->has_subjects ? &b->subjects : NULL,
             id_subject(c, ID_TRANSFER, ask->try.transfer));
}

static void ended(api_call *c)
{
    const transfer_end_out *out = c->act.out;
    wire_transfer_ended shown = {
        .transfer = out->transfer, .state = (transfer_state)out->state, .ended_at = out->at_ms};
    call_answer(c, 200, &wire_transfer_ended_type, &shown);
}

static void end_transfer(api_call *c, uint64_t id, str by, transfer_state how)
{
    transfer_end_in *in = ARENA_NEW(c->memory, transfer_end_in);
    *in = (transfer_end_in){
        .merchant = c->who.merchant, .transfer = id, .user = by, .state = (uint8_t)how};
    call_act(c, &(act_ask){.id = ACT_ID_transfer_end,
                           .slot = id_slot(id),
                           .subject = id_subject(c, ID_TRANSFER, id),
                           .in = in,
                           .then = ended});
}

void api_transfer_decline(api_call *c)
{
    const wire_transfer_decline *b = c->body;
    uint64_t id = 0;
    if (b->has_user == b->has_token) {
        issues_add(c->problems, S("user"), b->has_user ? S("not_allowed") : S("required"),
                   "with the transfer, and not with a token");
        call_invalid(c);
        return;
    }
    str who = b->user;
    if (!name_transfer(c, b->transfer, b->has_token, b->token, &id))
        return;
    if (b->has_user) {
        app_view v;
        if (!call_view_of(c, id_slot(id), &v))
            return;
        str as = offered_as(c, &v, transfer_get(v.rows, id_slot(id), id), b->user);
        who = as.n > 0 ? as : who;
        if (!call_view_end(c, &v))
            return;
    }
    end_transfer(c, id, who, TRANSFER_STATE_DECLINED);
}

void api_transfer_cancel(api_call *c)
{
    const wire_transfer_cancel *b = c->body;
    end_transfer(c, b->transfer, b->user, TRANSFER_STATE_CANCELLED);
}

/* ---- showing ---- */

static wire_transfer transfer_shown(const transfer_seen *seen)
{
    const transfer *row = seen->row;
    bool refused = seen->state == TRANSFER_STATE_REFUSED;
    bool of_phone = phone_is_holder(seen->sender), of_erased = erase_is_pseudonym(seen->sender);
    bool to_erased = erase_is_pseudonym(seen->receiver);
    return (wire_transfer){.id = row->id,
                           .state = (transfer_state)seen->state,
                           .direct = row->direct,
                           .from_coupon = row->coupon,
                           .has_from_user = !of_phone && !of_erased,
                           .from_user = seen->sender,
                           .has_for_phone = of_phone,
                           .for_phone = of_phone,
                           .has_erased = of_erased,
                           .erased = of_erased,
                           .has_to_erased = to_erased,
                           .to_erased = to_erased,
                           .has_to_user = seen->receiver.n > 0 && !to_erased,
                           .to_user = seen->receiver,
                           .has_coupon = seen->received != 0,
                           .coupon = seen->received,
                           .created_at = row->created_at_ms,
                           .has_deadline = !row->direct,
                           .deadline = row->deadline_ms,
                           .has_ended_at = seen->state != TRANSFER_STATE_OPEN,
                           .ended_at = seen->ended_at_ms,
                           .has_reason = refused,
                           .reason = result_code(seen->reason),
                           .has_detail = refused && row->detail.n > 0,
                           .detail = row->detail};
}

static void show(api_call *c, uint64_t id)
{
    app_view v;
    transfer_seen seen;
    if (!call_view_of(c, id_slot(id), &v))
        return;
    bool found = query_transfer(&v, c->who.merchant, id, &seen);
    wire_transfer shown = {0};
    if (found)
        shown = transfer_shown(&seen);
    call_view_answer(c, &v, found ? R_DONE : R_NOT_FOUND, &wire_transfer_type, &shown);
}

void api_transfer_get(api_call *c)
{
    const wire_transfer_get_parameters *p = c->parameters;
    show(c, p->transfer);
}

void api_transfer_lookup(api_call *c)
{
    const wire_transfer_lookup *b = c->body;
    uint64_t id;
    if (name_transfer(c, 0, true, b->token, &id))
        show(c, id);
}

void api_transfer_list(api_call *c)
{
    const wire_transfer_list_parameters *p = c->parameters;
    transfers_ask ask = {.merchant = c->who.merchant,
                         .user = p->user,
                         .received = p->direction == WIRE_TRANSFER_DIRECTION_RECEIVED,
                         .limit = (size_t)p->page_size};
    app_view v;
    wire_transfer_page page = {0};
    if (!call_token_id(c, p->page_token, &ask.after) || !call_view_of_user(c, p->user, &v))
        return;
    ask.user = query_user_now(&v, ask.merchant, p->user);
    transfer_seen *seen = ARENA_ARRAY(c->memory, transfer_seen, ask.limit);
    page.transfers.n = query_transfers(&v, &ask, seen, &page.has_next_page_token);
    page.transfers.items = ARENA_ARRAY(c->memory, wire_transfer, page.transfers.n);
    for (size_t i = 0; i < page.transfers.n; i++)
        page.transfers.items[i] = transfer_shown(&seen[i]);
    if (!call_view_end(c, &v))
        return;
    if (page.has_next_page_token)
        page.next_page_token = call_token_of_id(c, page.transfers.items[page.transfers.n - 1].id);
    call_answer(c, 200, &wire_transfer_page_type, &page);
}

void api_coupon_owners(api_call *c)
{
    const wire_coupon_owners_parameters *p = c->parameters;
    coupon_owner owners[COUPON_OWNERS_MAX];
    app_view v;
    wire_coupon_owners shown = {0};
    if (!call_view_of(c, id_slot(p->coupon), &v))
        return;
    size_t n = query_owners(&v, c->who.merchant, p->coupon, owners);
    shown.owners.items = ARENA_ARRAY(c->memory, wire_coupon_owner, n);
    shown.owners.n = n;
    shown.coupon = n == 0 ? 0 : owners[n - 1].coupon;
    for (size_t i = 0; i < n; i++) {
        wire_coupon_owner *to = &shown.owners.items[i];
        *to = (wire_coupon_owner){.coupon = owners[i].coupon,
                                  .from = owners[i].from_ms,
                                  .has_until = owners[i].until_ms != 0,
                                  .until = owners[i].until_ms,
                                  .has_transfer = owners[i].transfer != 0,
                                  .transfer = owners[i].transfer};
        HOLDER_SHOWN(to, owners[i].user);
    }
    call_view_answer(c, &v, n > 0 ? R_DONE : R_NOT_FOUND, &wire_coupon_owners_type, &shown);
}

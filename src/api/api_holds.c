/* Holds: create, get, release.
 *
 * A new hold is shown from its row: everything in it that is shown then never changes, so a repeat
 * of the request shows the same. */
#include "api/holder.h"
#include "api/order.h"
#include "app/query_coupons.h"
#include "base/time.h"
#include "domain/coupon/state.h"

static wire_hold hold_shown(api_call *c, app_view *v, const hold *row, hold_state state)
{
    order_row o = {.currency = row->currency,
                   .lines = row->lines.items,
                   .line_count = row->lines.n,
                   .applied = row->applied.items,
                   .applied_count = row->applied.n,
                   .shares = row->shares.items,
                   .share_count = row->shares.n,
                   .adds = row->adds.items,
                   .add_count = row->adds.n,
                   .parties = row->parties.items,
                   .party_count = row->parties.n,
                   .config = v->config};
    wire_payer_list payers = order_payers_shown(c, &o);
    bool redeemed = state == HOLD_STATE_REDEEMED;
    wire_hold out = {.id = row->id,
                     .order_number = row->order_number,
                     .state = state,
                     .created_at = row->created_at_ms,
                     .deadline = row->deadline_ms,
                     .subtotal = money_of(row->subtotal_minor, row->currency),
                     .discount = money_of(row->discount_minor, row->currency),
                     .total = money_of(row->subtotal_minor - row->discount_minor, row->currency),
                     .has_store = row->store.n > 0,
                     .store = row->store,
                     .has_channel = row->channel.n > 0,
                     .channel = row->channel,
                     .lines = order_lines_shown(c, &o),
                     .coupons = order_coupons_shown(c, &o),
                     .has_funding = payers.n > 0,
                     .funding = payers,
                     .has_redemption = redeemed,
                     .redemption = row->redemption};
    str name = query_user_name(v, row->slot, row->member);
    HOLDER_SHOWN(&out, name);
    return out;
}

/* status 201: as it was when it was made. */
static void answer_with(api_call *c, uint64_t id, int status)
{
    app_view v;
    if (!call_view_of(c, id_slot(id), &v))
        return;
    const hold *row = hold_get(v.rows, id_slot(id), id);
    bool found = row != NULL && row->merchant == c->who.merchant;
    wire_hold shown = {0};
    if (found)
        shown = hold_shown(c, &v, row,
                           status == 201 ? HOLD_STATE_OPEN
                                         : (hold_state)hold_state_at(row, uow_now(v.rows)));
    if (!call_view_end(c, &v))
        return;
    if (found)
        call_answer(c, status, &wire_hold_type, &shown);
    else
        call_refuse(c, R_NOT_FOUND, S(""));
}

static void created(api_call *c)
{
    const order_out *out = c->act.out;
    answer_with(c, out->hold, 201);
}

void api_hold_create(api_call *c)
{
    const wire_hold_create *b = c->body;
    if (holder_binds(c, b->user, b->phone, ACT_ID_hold))
        return;
    order_wish wish = {.user = b->user,
                       .phone = b->phone,
                       .cart = &b->cart,
                       .coupons = &b->coupons,
                       .codes = &b->codes,
                       .client_address = b->client_address,
                       .subjects = &b->subjects,
                       .expect = b->has_expect ? &b->expect : NULL};
    int64_t patience = b->has_hold_seconds
                           ? b->hold_seconds * MS_SECOND
                           : settings_int(c->api->settings, SETTING_hold_default_ms);
    order_job *plan = ARENA_NEW(c->memory, order_job);
    *plan = (order_job){.order_number = b->order_number,
                        .patience_ms = patience,
                        .id = ACT_ID_hold,
                        .then = created};
    if (order_asked(c, &wish, plan))
        order_submit(c, plan);
}

void api_hold_get(api_call *c)
{
    const wire_hold_get_parameters *p = c->parameters;
    answer_with(c, p->hold, 200);
}

static void released(api_call *c)
{
    const hold_ref_out *out = c->act.out;
    wire_released_hold shown = {.hold = out->hold, .state = (hold_state)out->state};
    call_answer(c, 200, &wire_released_hold_type, &shown);
}

void api_hold_release(api_call *c)
{
    const wire_hold_release_parameters *p = c->parameters;
    hold_ref_in *in = ARENA_NEW(c->memory, hold_ref_in);
    *in = (hold_ref_in){.merchant = c->who.merchant, .hold = p->hold};
    call_act(c, &(act_ask){.id = ACT_ID_release,
                           .slot = id_slot(p->hold),
                           .subject = id_subject(c, ID_HOLD, p->hold),
                           .in = in,
                           .then = released});
}

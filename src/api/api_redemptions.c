/* Redemptions: from a hold or directly, get; and returns of their goods.
 *
 * A new redemption is shown from its row without what came back since, so a repeat of the request
 * shows the same. */
#include "api/holder.h"
#include "api/order.h"
#include "app/query_coupons.h"

static wire_redemption redemption_shown(api_call *c, app_view *v, const redemption *row, bool fresh)
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
                   .config = v->config,
                   .redeemed = true,
                   .fresh = fresh};
    wire_payer_list payers = order_payers_shown(c, &o);
    wire_redemption out = {.id = row->id,
                           .order_number = row->order_number,
                           .has_hold = row->hold != 0,
                           .hold = row->hold,
                           .redeemed_at = row->redeemed_at_ms,
                           .subtotal = money_of(row->subtotal_minor, row->currency),
                           .discount = money_of(row->discount_minor, row->currency),
                           .total =
                               money_of(row->subtotal_minor - row->discount_minor, row->currency),
                           .refunded = money_of(fresh ? 0 : row->refunded_minor, row->currency),
                           .return_count = fresh ? 0 : row->returns,
                           .has_store = row->store.n > 0,
                           .store = row->store,
                           .has_channel = row->channel.n > 0,
                           .channel = row->channel,
                           .lines = order_lines_shown(c, &o),
                           .coupons = order_coupons_shown(c, &o),
                           .has_funding = payers.n > 0,
                           .funding = payers};
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
    const redemption *row = redemption_get(v.rows, id_slot(id), id);
    bool found = row != NULL && row->merchant == c->who.merchant;
    wire_redemption shown = {0};
    if (found)
        shown = redemption_shown(c, &v, row, status == 201);
    if (!call_view_end(c, &v))
        return;
    if (found)
        call_answer(c, status, &wire_redemption_type, &shown);
    else
        call_refuse(c, R_NOT_FOUND, S(""));
}

static void created(api_call *c)
{
    const order_out *out = c->act.out;
    answer_with(c, out->redemption, 201);
}

static void submit_redeem_hold(api_call *c, order_in *in, const reserve_ask *reserve);

/* What a late hold needs by phone, e-mail, device … is reserved before; one in time, the
 * rule, never comes here. */
static void redeem_late(api_call *c)
{
    const order_in *asked = c->state;
    order_in *in = ARENA_NEW(c->memory, order_in);
    reserve_ask *reserve = ARENA_NEW(c->memory, reserve_ask);
    const wire_redemption_create *b = c->body;
    app_view v;
    if (c->tries++ >= ORDER_REPRICE_MAX) {
        call_refuse(c, R_BUSY, S("What the hold needs keeps changing."));
        return;
    }
    if (!call_view(c, &v))
        return;
    *in = *asked;
    *reserve = (reserve_ask){.names = subjects_in(c, &b->of.hold.subjects, S("subjects")),
                             .prepared = true};
    reserve_late(&v, in, reserve);
    if (call_view_end(c, &v))
        submit_redeem_hold(c, in, reserve);
}

static void submit_redeem_hold(api_call *c, order_in *in, const reserve_ask *reserve)
{
    call_act(c, &(act_ask){.id = ACT_ID_redeem,
                           .slot = id_slot(in->hold),
                           .subject = id_subject(c, ID_HOLD, in->hold),
                           .in = in,
                           .then = created,
                           .stale = redeem_late,
                           .reserve = reserve});
}

static void redeem_hold(api_call *c, const wire_redemption_of_hold *b)
{
    order_in *in = ARENA_NEW(c->memory, order_in);
    *in = (order_in){.merchant = c->who.merchant,
                     .hold = b->hold,
                     .user = b->user,
                     .order_number = b->order_number,
                     .subtotal_minor = b->subtotal.amount,
                     .discount_minor = b->discount.amount};
    subject_names names = subjects_in(c, &b->subjects, S("subjects"));
    in->subjects.items = subjects_unreserved(&names, c->memory, &in->subjects.n);
    c->state = in;
    submit_redeem_hold(c, in, NULL);
}

static void redeem_order(api_call *c, const wire_redemption_direct *b)
{
    if (holder_binds(c, b->user, b->phone, ACT_ID_redeem))
        return;
    order_wish wish = {.user = b->user,
                       .phone = b->phone,
                       .cart = &b->cart,
                       .coupons = &b->coupons,
                       .codes = &b->codes,
                       .client_address = b->client_address,
                       .subjects = &b->subjects,
                       .expect = b->has_expect ? &b->expect : NULL};
    order_job *plan = ARENA_NEW(c->memory, order_job);
    *plan = (order_job){.order_number = b->order_number, .id = ACT_ID_redeem, .then = created};
    if (order_asked(c, &wish, plan))
        order_submit(c, plan);
}

void api_redemption_create(api_call *c)
{
    const wire_redemption_create *b = c->body;
    if (b->tag == WIRE_REDEMPTION_CREATE_TAG_HOLD)
        redeem_hold(c, &b->of.hold);
    else
        redeem_order(c, &b->of.cart);
}

void api_redemption_get(api_call *c)
{
    const wire_redemption_get_parameters *p = c->parameters;
    answer_with(c, p->redemption, 200);
}

/* ---- returns ---- */

static wire_returned_line_list lines_shown(api_call *c, const return_line *lines, size_t n,
                                           str currency)
{
    wire_returned_line_list out = {.items = ARENA_ARRAY(c->memory, wire_returned_line, n), .n = n};
    for (size_t i = 0; i < n; i++)
        out.items[i] = (wire_returned_line){.line = lines[i].line,
                                            .quantity = lines[i].quantity,
                                            .refund = money_of(lines[i].refund_minor, currency)};
    return out;
}

static wire_id_list restored_shown(api_call *c, const coupon_ref *refs, size_t n)
{
    wire_id_list out = {.items = ARENA_ARRAY(c->memory, uint64_t, n), .n = n};
    for (size_t i = 0; i < n; i++)
        out.items[i] = refs[i].coupon;
    return out;
}

/* What came back to those who paid. of: NULL could not be read. */
static wire_payer_list payers_of_return(api_call *c, const app_view *v, const order_return *row,
                                        const redemption *of)
{
    size_t n = of == NULL ? 0 : row->parties.n;
    party_share *parties = ARENA_ARRAY(c->memory, party_share, n);
    for (size_t i = 0; i < n; i++)
        parties[i] = (party_share){.applied = row->parties.items[i].applied,
                                   .party = row->parties.items[i].party,
                                   .discount_minor = row->parties.items[i].discount_minor};
    funding_row o = {.config = v->config, .parties = parties, .n = n};
    if (n > 0) {
        o.currency = of->currency;
        o.applied = of->applied.items;
    }
    return funding_payers(c, &o);
}

/* of: what came back of it; NULL: it could not be read. */
static wire_returned_gift_list gifts_shown(api_call *c, const order_return *row,
                                           const redemption *of)
{
    size_t n = of == NULL ? 0 : row->gifts.n;
    wire_returned_gift_list out = {.items = ARENA_ARRAY(c->memory, wire_returned_gift, n)};
    for (size_t i = 0; i < n; i++) {
        const return_gift *gift = &row->gifts.items[i];
        const applied_coupon *a = &of->applied.items[gift->applied];
        out.items[out.n++] = (wire_returned_gift){.has_coupon = a->coupon != 0,
                                                  .coupon = a->coupon,
                                                  .template = a->template,
                                                  .sku = a->gift,
                                                  .quantity = gift->units};
    }
    return out;
}

/* A return never changes, so every showing reads its row; its currency is the redemption's. */
static void answer_return(api_call *c, uint64_t id, int status)
{
    app_view v;
    if (!call_view_of(c, id_slot(id), &v))
        return;
    const order_return *row = order_return_get(v.rows, id_slot(id), id);
    bool found = row != NULL && row->merchant == c->who.merchant;
    wire_return shown = {0};
    if (found) {
        const redemption *of = redemption_get(v.rows, id_slot(row->redemption), row->redemption);
        str currency = of == NULL ? S("") : of->currency; /* NULL: could not be read */
        wire_payer_list payers = payers_of_return(c, &v, row, of);
        shown = (wire_return){.id = row->id,
                              .redemption = row->redemption,
                              .returned_at = row->returned_at_ms,
                              .refund = money_of(row->refund_minor, currency),
                              .lines = lines_shown(c, row->lines.items, row->lines.n, currency),
                              .has_adds = row->adds_minor > 0,
                              .adds = money_of(row->adds_minor, currency),
                              .has_funding = payers.n > 0,
                              .funding = payers,
                              .has_gifts = row->gifts.n > 0,
                              .gifts = gifts_shown(c, row, of),
                              .restored = restored_shown(c, row->restored.items, row->restored.n)};
    }
    if (!call_view_end(c, &v))
        return;
    if (found)
        call_answer(c, status, &wire_return_type, &shown);
    else
        call_refuse(c, R_NOT_FOUND, S(""));
}

static void returned(api_call *c)
{
    const return_out *out = c->act.out;
    answer_return(c, out->return_id, 201);
}

static void check_lines_once(api_call *c, const wire_return_create_line_list *lines)
{
    bool seen[CART_LINES_MAX] = {false};
    for (size_t i = 0; i < lines->n; i++) {
        bool *before = &seen[lines->items[i].line];
        if (*before)
            issues_add(c->problems, arena_printf(c->memory, "lines[%zu].line", i), S("duplicate"),
                       "each line once");
        *before = true;
    }
}

void api_return_create(api_call *c)
{
    const wire_return_create *b = c->body;
    const wire_return_create_parameters *p = c->parameters;
    check_lines_once(c, &b->lines);
    return_in *in = ARENA_NEW(c->memory, return_in);
    *in = (return_in){.merchant = c->who.merchant, .redemption = p->redemption};
    in->lines.n = b->lines.n;
    in->lines.items = ARENA_ARRAY(c->memory, return_line, b->lines.n);
    for (size_t i = 0; i < b->lines.n; i++)
        in->lines.items[i] = (return_line){.line = (uint16_t)b->lines.items[i].line,
                                           .quantity = b->lines.items[i].quantity};
    call_act(c, &(act_ask){.id = ACT_ID_give_back,
                           .slot = id_slot(p->redemption),
                           .subject = id_subject(c, ID_REDEMPTION, p->redemption),
                           .in = in,
                           .then = returned});
}

void api_return_get(api_call *c)
{
    const wire_return_get_parameters *p = c->parameters;
    answer_return(c, p->return_, 200);
}

/* Quotes: a cart priced with coupons, and why each of them applies or not. */
#include "api/best.h"
#include "api/preview.h"
#include "app/funding.h"
#include "app/query_users.h"
#include "app/room.h"

/* What the cart is when priced, as orders are shown. */
static order_row row_of(const app_view *v, const order_in *in, const funding_quote *funding)
{
    return (order_row){.currency = in->currency,
                       .subtotal_minor = in->subtotal_minor,
                       .discount_minor = in->discount_minor,
                       .lines = in->lines.items,
                       .line_count = in->lines.n,
                       .applied = in->applied.items,
                       .applied_count = in->applied.n,
                       .shares = in->shares.items,
                       .share_count = in->shares.n,
                       .adds = in->adds.items,
                       .add_count = in->adds.n,
                       .parties = funding->parties,
                       .party_count = funding->n,
                       .config = v->config,
                       .versions = funding->versions};
}

/* A budget at redeem is reserved by a hold, and may be gone by then; so is what a coupon lacks of
 * one at issue, that has come back with no more than it had taken. */
static bool is_guaranteed(app_view *v, const order_priced *o, size_t applied)
{
    const applied_coupon *a = &o->in.applied.items[applied];
    const config_campaign *of = config_find_campaign(v->config, a->campaign);
    if (of == NULL || of->row->budget_mode == BUDGET_MODE_AT_REDEEM)
        return false;
    return of->row->budget_mode == BUDGET_MODE_NONE ||
           room_reserved_minor(v, a->coupon, o->hold) >= a->discount_minor;
}

static void applied_shown(api_call *c, const order_row *o, size_t applied, wire_quoted_coupon *out)
{
    out->shares = order_shares_shown(c, o, applied);
    out->funding = order_coupon_payers_shown(c, o, applied);
    out->has_funding = out->funding.n > 0;
    out->has_asset = order_asset_shown(c, o, applied, &out->asset);
}

static wire_unmet_condition condition_shown(const rule_refusal *why, str currency)
{
    bool counts = why->distance == RULE_DISTANCE_ITEMS || why->distance == RULE_DISTANCE_COUNT;
    return (wire_unmet_condition){.path = why->path,
                                  .reason = why->reason,
                                  .has_fact = why->fact.n > 0,
                                  .fact = why->fact,
                                  .has_message = why->message.n > 0,
                                  .message = why->message,
                                  .has_missing = why->distance == RULE_DISTANCE_MONEY,
                                  .missing = money_of(why->missing, currency),
                                  .has_missing_count = counts,
                                  .missing_count = why->missing,
                                  .has_met_from = why->distance == RULE_DISTANCE_TIME,
                                  .met_from = why->missing};
}

static wire_quoted_coupon coupon_shown(api_call *c, const order_verdict *from, const order_row *o)
{
    bool automatic = from->coupon == 0 && from->template != 0;
    wire_quoted_coupon out = {.has_coupon = from->coupon != 0,
                              .coupon = from->coupon,
                              .has_automatic = automatic,
                              .automatic = automatic,
                              .has_template = automatic,
                              .template = from->template,
                              .applied = from->result == R_DONE,
                              .discount = money_of(from->discount_minor, o->currency),
                              .has_adds = from->adds_minor > 0,
                              .adds = money_of(from->adds_minor, o->currency),
                              .has_gift = from->gift_units > 0,
                              .gift = {from->gift, from->gift_units}};
    if (out.applied) {
        applied_shown(c, o, from->applied, &out);
        return out;
    }
    out.has_code = true;
    out.code = result_code(from->result);
    out.has_reason = true;
    out.reason = from->reason;
    out.has_detail = true;
    out.detail = from->detail.n > 0 ? from->detail : result_text(from->result);
    out.has_limit_until = from->until_ms > 0;
    out.limit_until = from->until_ms;
    out.has_usable_from = from->from_ms > 0;
    out.usable_from = from->from_ms;
    out.has_missing_units = from->missing_units > 0;
    out.missing_units = from->missing_units;
    out.has_missing = from->missing_minor > 0;
    out.has_missing_subject = from->subject != 0;
    out.missing_subject = (limit_subject)from->subject;
    out.missing = money_of(from->missing_minor, o->currency);
    out.has_condition = from->why.path.n > 0;
    if (out.has_condition)
        out.condition = condition_shown(&from->why, o->currency);
    return out;
}

/* ---- the handler ---- */

wire_quote quote_shown(api_call *c, app_view *v, const order_ask *ask, const order_priced *priced)
{
    funding_quote funding = funding_quoted(v, ask, priced);
    order_row row = row_of(v, &priced->in, &funding);
    size_t n = priced->verdict_count;
    wire_quote shown = {.subtotal = money_of(row.subtotal_minor, row.currency),
                        .discount = money_of(row.discount_minor, row.currency),
                        .total = money_of(row.subtotal_minor - row.discount_minor, row.currency),
                        .lines = order_lines_shown(c, &row)};
    shown.coupons.items = ARENA_ARRAY(c->memory, wire_quoted_coupon, n);
    shown.coupons.n = n;
    for (size_t i = 0; i < n; i++) {
        wire_quoted_coupon *to = &shown.coupons.items[i];
        bool named = i < priced->coupon_count;
        *to = coupon_shown(c, &priced->verdicts[i], &row);
        to->has_typed = named && ask->typed != NULL && ask->typed[i] > 0;
        to->typed = to->has_typed ? (int64_t)ask->typed[i] - 1 : 0;
        to->has_draft = !named && !to->automatic;
        to->draft = to->has_draft ? (int64_t)(i - priced->coupon_count) : 0;
        to->has_budget_guaranteed = to->applied && !to->has_draft; /* which has no budget */
        to->budget_guaranteed =
            to->has_budget_guaranteed && is_guaranteed(v, priced, priced->verdicts[i].applied);
    }
    shown.funding = order_payers_shown(c, &row);
    shown.has_funding = shown.funding.n > 0;
    return shown;
}

static void price_quote(api_call *c, order_ask *ask)
{
    app_view v;
    if (!call_view_of_user(c, ask->user, &v))
        return;
    if (ask->user.n > 0)
        ask->user = query_user_now(&v, ask->merchant, ask->user);
    order_priced priced;
    result r = order_price(&v, ask, &priced);
    if (priced.redemption != 0) {
        if (call_view_end(c, &v))
            call_refuse(c, R_ORDER_CONFLICT, order_redeemed(c, priced.redemption));
        return;
    }
    wire_quote shown = {0};
    if (r == R_DONE)
        shown = quote_shown(c, &v, ask, &priced);
    shown.has_best = r == R_DONE && ask->best != NULL;
    if (shown.has_best)
        r = best_shown(c, &v, ask, &priced, &shown.best);
    call_view_answer(c, &v, r, &wire_quote_type, &shown);
}

void api_quote_create(api_call *c)
{
    const wire_quote_create *b = c->body;
    order_wish wish = {.user = b->user,
                       .phone = b->phone,
                       .cart = &b->cart,
                       .coupons = best_coupons(b),
                       .codes = &b->codes,
                       .client_address = b->client_address,
                       .subjects = &b->subjects,
                       .quote = true,
                       .coupons_field = b->has_best ? S("best.candidates") : S("coupons"),
                       .policy = b->has_policy ? b->policy : S("")};
    order_job asked = {0};
    if (!order_asked(c, &wish, &asked))
        return;
    bool guest = asked.ask.user.n == 0 && !b->has_phone;
    if (guest)
        asked.ask.shopper = order_guest(c, asked.ask.shopper);
    if (guest && !b->has_subjects && b->has_codes && c->problems->n == 0) {
        call_refuse(c, R_CODE_INVALID, S(""));
        return;
    }
    if (guest && !b->has_subjects && !b->has_codes)
        issues_add(c->problems, S("user"), S("required"), "or subjects, by which a guest is known");
    asked.ask.quote = true;
    asked.ask.names = &asked.names;
    asked.ask.order_number = b->order_number;
    best_asked(c, &asked.ask);
    preview supposed = {0};
    if (preview_asked(c, &asked.ask, &supposed)) {
        if (c->problems->n > 0)
            call_invalid(c);
        else
            price_quote(c, &asked.ask);
    }
    preview_end(&supposed);
}

/* See order.h. */
#include "api/order.h"

#include "api/coupon.h"
#include "api/guess.h"
#include "api/holder.h"
#include "app/query_coupons.h"
#include "app/query_phones.h"
#include "app/query_users.h"
#include "base/money.h"
#include "base/time.h"
#include "domain/campaign/rules.h"
#include "domain/price/named.h"
#include "domain/rule/attributes.h"

enum { PRICE_BYTES_MAX = 1024 * 1024 }; /* of one in a problem */

/* ---- from the wire ---- */

static void check_cart_currency(api_call *c, const wire_cart *basket)
{
    str currency = basket->lines.items[0].unit_price.currency;
    if (money_decimals(currency) < 0)
        issues_add(c->problems, S("cart.lines[0].unit_price.currency"), S("not_allowed"),
                   "an ISO 4217 code, such as USD");
    for (size_t i = 1; i < basket->lines.n; i++) {
        if (!str_eq(basket->lines.items[i].unit_price.currency, currency))
            issues_add(c->problems,
                       arena_printf(c->memory, "cart.lines[%zu].unit_price.currency", i),
                       S("not_allowed"), "%.*s, as the first line has", STR_ARG(currency));
    }
}

static void check_quantities(api_call *c, const wire_cart *basket)
{
    for (size_t i = 0; i < basket->lines.n; i++) {
        const wire_cart_line *line = &basket->lines.items[i];
        if (!line->weighed && line->quantity > CART_QUANTITY_MAX)
            issues_add(c->problems, arena_printf(c->memory, "cart.lines[%zu].quantity", i),
                       S("out_of_range"), "at most %lld pieces", (long long)CART_QUANTITY_MAX);
    }
}

/* By what the order is priced. */
static price_policy policy_asked(api_call *c, const order_ask *ask)
{
    return ask->policy != NULL ? policy_of(ask->policy, ask->policy_count) : policy_of_merchant(c);
}

/* Where the i-th of them stands in the body. */
static str field_of(api_call *c, const order_wish *wish, size_t i)
{
    size_t named = wish->coupons->n;
    str by_id = wish->coupons_field.n > 0 ? wish->coupons_field : S("coupons");
    if (i >= named)
        return arena_printf(c->memory, "codes[%zu]", i - named);
    return arena_printf(c->memory, "%.*s[%zu]", STR_ARG(by_id), i);
}

static void report_repeated(api_call *c, const order_wish *wish, const uint64_t *ids, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t first = named_first(ids, i);
        if (first < i) {
            str before = field_of(c, wish, first);
            issues_add(c->problems, field_of(c, wish, i), S("duplicate"), "is %.*s already",
                       STR_ARG(before));
        }
    }
}

/* By id, then by code, each once; where the policy refuses a repetition it is reported. */
static void take_coupons(api_call *c, const order_wish *wish, const coupons_coded *coded,
                         order_ask *ask)
{
    size_t named = wish->coupons->n, n = named + coded->n;
    price_policy policy = policy_asked(c, ask);
    uint64_t *once = ARENA_ARRAY(c->memory, uint64_t, n + 1);
    size_t *places = ARENA_ARRAY(c->memory, size_t, n + 1);
    for (size_t i = 0; i < n; i++)
        once[i] = i < named ? wish->coupons->items[i] : coded->coupons[i - named];
    if (policy.repeated == REPEATED_REFUSE)
        report_repeated(c, wish, once, n);
    if (coded->n > 0 && n > ORDER_COUPONS_MAX)
        issues_add(c->problems, S("codes"), S("too_many"), "with the coupons at most %d",
                   ORDER_COUPONS_MAX);
    ask->coupons = once;
    ask->coupon_count = named_once(&policy, once, n, places);
    if (coded->n == 0)
        return;
    for (size_t i = 0; i < ask->coupon_count; i++)
        places[i] = places[i] < named ? 0 : places[i] - named + 1;
    ask->typed = places;
}

/* Coupons of a user who has become another one have other ids there: who knows the old name may
 * know the old ids alone. False: the call has ended. */
static bool rename_coupons(api_call *c, order_ask *ask)
{
    app_view v;
    uint64_t *now = ARENA_ARRAY(c->memory, uint64_t, ask->coupon_count);
    if (!call_view_of_user(c, ask->user, &v))
        return false;
    for (size_t i = 0; i < ask->coupon_count; i++)
        now[i] = query_coupon_now(&v, ask->coupons[i]);
    ask->coupons = now;
    return call_view_end(c, &v);
}

/* Each followed by CART_SEPARATOR, which the wire lets into no text. */
static str joined(api_call *c, const wire_str_list *texts)
{
    size_t n = 0;
    for (size_t i = 0; i < texts->n; i++)
        n += texts->items[i].n + 1;
    char *text = arena_alloc(c->memory, n);
    char *at = text;
    for (size_t i = 0; i < texts->n; i++) {
        memcpy(at, texts->items[i].p, texts->items[i].n);
        at += texts->items[i].n;
        *at++ = CART_SEPARATOR;
    }
    return (str){text, n};
}

static cart_attributes attributes_of(api_call *c, str text, str path)
{
    json *tree;
    if (text.n == 0)
        return (cart_attributes){NULL, 0};
    result r = json_parse(text, &tree, NULL);
    CHECK(r == R_DONE); /* it was a part of a body that is JSON */
    cart_attributes out = attributes_read(tree, path, c->problems);
    json_free(tree);
    return out;
}

static const cart_shopper *shopper_of(api_call *c, const wire_cart *basket)
{
    static const str no_tags[1];
    const wire_shopper *from = &basket->shopper;
    if (!basket->has_shopper)
        return NULL;
    cart_shopper *out = ARENA_NEW(c->memory, cart_shopper);
    *out = (cart_shopper){.known = from->known,
                          .tags = !from->has_tags    ? NULL
                                  : from->tags.n > 0 ? from->tags.items
                                                     : no_tags,
                          .tag_count = from->tags.n,
                          .attributes =
                              attributes_of(c, from->attributes, S("cart.shopper.attributes")),
                          .orders = from->has_orders ? from->orders : -1,
                          .spent_minor = from->has_spent ? from->spent.amount : -1,
                          .last_order_at_ms = from->has_last_order_at ? from->last_order_at : -1};
    if (from->has_spent &&
        !str_eq(from->spent.currency, basket->lines.items[0].unit_price.currency))
        issues_add(c->problems, S("cart.shopper.spent.currency"), S("not_allowed"),
                   "the cart's currency");
    return out;
}

const cart_shopper *order_guest(api_call *c, const cart_shopper *told)
{
    cart_shopper *out = ARENA_NEW(c->memory, cart_shopper);
    *out = told != NULL ? *told : cart_shopper_unknown;
    out->known = false;
    return out;
}

order_line order_line_asked(api_call *c, const wire_cart_line *from)
{
    str first = from->categories.n > 0 ? from->categories.items[0] : S("");
    unsigned marks = (from->on_sale ? LINE_ON_SALE : 0) | (from->gift ? LINE_GIFT : 0) |
                     (from->weighed ? LINE_WEIGHED : 0) | (from->shipping ? LINE_SHIPPING : 0);
    return (order_line){.sku = from->sku,
                        .product = from->product,
                        .category = from->has_category ? from->category : first,
                        .categories = joined(c, &from->categories),
                        .brand = from->brand,
                        .model = from->model,
                        .seller = from->seller,
                        .tags = joined(c, &from->tags),
                        .marks = (uint8_t)marks,
                        .quantity = from->quantity,
                        .unit_minor = from->unit_price.amount};
}

static void expect(api_call *c, const order_wish *wish, order_job *out)
{
    const wire_expected_price *from = wish->expect;
    str currency = wish->cart->lines.items[0].unit_price.currency;
    out->discount_minor = from != NULL && from->has_discount ? from->discount.amount : -1;
    out->total_minor = from != NULL && from->has_total ? from->total.amount : -1;
    if (out->discount_minor >= 0)
        check_currency(c, "expect.discount", &from->discount, currency);
    if (out->total_minor >= 0)
        check_currency(c, "expect.total", &from->total, currency);
}

/* The coupons that are typed. Who is locked out and names a user, whose the act is, gets the answer
 * that his key had before, if any. False: the call has ended. */
static bool read_codes(api_call *c, const order_wish *wish, order_job *out, coupons_coded *coded)
{
    if (wish->codes->n == 0)
        return true;
    result r = call_guess(c, &(guess_from){wish->user, wish->client_address, wish->codes->n});
    price_policy policy = policy_asked(c, &out->ask);
    if (r == R_DONE)
        return c->guess == NULL || coupons_by_code(c, wish->codes, &policy, coded);
    out->refusal = r;
    bool acts = !wish->quote && wish->user.n > 0;
    if (!acts)
        call_refuse(c, r, S(""));
    return acts;
}

bool order_asked(api_call *c, const order_wish *asked, order_job *out)
{
    holder who = holder_asked(
        c, &(holder_ask){.user = asked->user, .phone = asked->phone, .optional = true});
    order_wish named = *asked, *wish = &named;
    str *names = &who.name;
    if (!holders_now(c, &names, 1, wish->quote ? HOLDER_READS : HOLDER_ACTS))
        return false;
    wish->user = call_user(c, who.name);
    const wire_cart *basket = wish->cart;
    order_line *lines = ARENA_ARRAY(c->memory, order_line, basket->lines.n);
    for (size_t i = 0; i < basket->lines.n; i++)
        lines[i] = order_line_asked(c, &basket->lines.items[i]);
    out->names = subjects_in(c, wish->subjects, S("subjects"));
    holder_counts(&who, &out->names);
    out->ask = (order_ask){.merchant = c->who.merchant,
                           .currency = basket->lines.items[0].unit_price.currency,
                           .store = basket->store,
                           .channel = basket->channel,
                           .region = basket->region,
                           .payment = basket->payment,
                           .attributes = attributes_of(c, basket->attributes, S("cart.attributes")),
                           .shopper = shopper_of(c, basket),
                           .lines = lines,
                           .line_count = basket->lines.n,
                           .subjects = subjects_named(&out->names),
                           .hides = (c->who.scopes & KEY_READ) == 0};
    if (wish->policy.n > 0) {
        policy_choice *policy;
        policy_in(c, wish->policy, &policy, &out->ask.policy_count);
        out->ask.policy = policy;
    }
    coupons_coded coded = {.user = wish->user, .home = wish->user};
    if (!read_codes(c, wish, out, &coded))
        return false;
    out->ask.user = wish->quote ? coded.user : coded.home;
    if (coded.refused)
        out->refusal = R_CODE_INVALID;
    out->coded = coded.coupons;
    out->coded_n = coded.n;
    expect(c, wish, out);
    check_cart_currency(c, basket);
    check_quantities(c, basket);
    take_coupons(c, wish, &coded, &out->ask);
    if ((c->renamed > 0 || c->bound_to.n > 0) && !rename_coupons(c, &out->ask))
        return false;
    if (!wish->quote && wish->user.n + wish->phone.n == 0 && wish->codes->n == 0)
        issues_add(c->problems, S("user"), S("required"), "or phone, or codes");
    return true;
}

/* ---- pricing before the act ---- */

static str refusal_text(api_call *c, const order_verdict *v, str currency)
{
    char id[ID_TEXT_MAX];
    if (v->result == R_CODE_INVALID)
        return S("");
    id_text(ID_COUPON, v->coupon, id);
    if (v->subject != 0)
        return arena_printf(c->memory, "Coupon %s: subjects.%.*s is missing.", id,
                            STR_ARG(limit_subject_name(v->subject)));
    if (v->why.message.n > 0)
        return arena_printf(c->memory, "Coupon %s: %.*s", id, STR_ARG(v->why.message));
    if (v->why.path.n > 0)
        return arena_printf(c->memory, "Coupon %s: %.*s: %.*s %.*s.", id, STR_ARG(v->why.path),
                            STR_ARG(v->why.fact), STR_ARG(v->why.reason));
    if (v->missing_minor > 0) {
        char missing[MONEY_TEXT_MAX];
        money_text(v->missing_minor, money_decimals(currency), missing);
        return arena_printf(c->memory, "Coupon %s: %.*s, %s %.*s more is needed.", id,
                            STR_ARG(v->reason), missing, STR_ARG(currency));
    }
    return arena_printf(c->memory, "Coupon %s: %.*s.", id, STR_ARG(v->reason));
}

/* The act has no room for an automatic template, whose id the detail is: without it. */
static bool leave_out(api_call *c)
{
    order_job *plan = c->state;
    uint64_t id;
    if (c->act.code != R_STALE || plan->left_out_count == AUTOMATIC_MAX ||
        !id_parse(ID_TEMPLATE, c->act.detail, &id))
        return false;
    plan->left_out[plan->left_out_count++] = id;
    return true;
}

/* A budget has less than the price took: cut to that. True: something is cut for the first time. */
static bool cut(api_call *c)
{
    order_job *plan = c->state;
    str amount = c->act.detail, id;
    order_cut more;
    if (c->act.code != R_STALE || !str_cut(&amount, ' ', &id) ||
        !(id_parse(ID_COUPON, id, &more.of) || id_parse(ID_TEMPLATE, id, &more.of)) ||
        !str_to_i64(amount, &more.most_minor))
        return false;
    for (size_t i = 0; i < plan->cut_count; i++) {
        order_cut *known = &plan->cuts[i];
        if (known->of != more.of)
            continue;
        int64_t next = order_cut_to(known->most_minor, more.most_minor);
        known->most_minor = next > 0 ? next : 1;
        return false;
    }
    if (plan->cut_count == ORDER_APPLIED_MAX)
        return false;
    plan->cuts[plan->cut_count++] = more;
    return true;
}

static void again(api_call *c)
{
    if (leave_out(c) || cut(c) || c->tries++ < ORDER_REPRICE_MAX)
        order_submit(c, c->state);
    else
        call_refuse(c, R_BUSY, S("What the order was priced on keeps changing."));
}

/* What the act's time will be, or a little earlier: it never goes back, though the clock may. */
static int64_t act_time(app_view *v, uint16_t slot)
{
    uint16_t lane = store_lane_of_slot(app_store(v->app), slot);
    const lane_head *head = lane_head_get(v->rows, lane);
    int64_t now_ms = uow_now(v->rows);
    return head != NULL && head->time_ms > now_ms ? head->time_ms : now_ms;
}

str order_redeemed(api_call *c, uint64_t redemption_id)
{
    char id[ID_TEXT_MAX];
    id_text(ID_REDEMPTION, redemption_id, id);
    return arena_printf(c->memory, "This order was redeemed: %s.", id);
}

/* Is it what the customer has seen? */
static bool is_expected(const order_job *plan, const order_in *in)
{
    int64_t total_minor = in->subtotal_minor - in->discount_minor;
    return (plan->discount_minor < 0 || plan->discount_minor == in->discount_minor) &&
           (plan->total_minor < 0 || plan->total_minor == total_minor);
}

/* The price of now, for a problem. */
static void note_price(api_call *c, app_view *v, const order_ask *asked, const order_priced *priced)
{
    wire_quote now = quote_shown(c, v, asked, priced);
    buf text; /* freed below */
    buf_init(&text, PRICE_BYTES_MAX);
    json_writer w = json_writer_on(&text);
    wire_write(&wire_quote_type, &now, &w);
    c->price = buf_overflowed(&text) ? S("") : arena_str(c->memory, buf_view(&text));
    buf_free(&text);
}

/* Of a number that is a user's: nothing is priced for it, and he is who the act names. */
static bool is_bound(api_call *c, app_view *v, str name, act_ask *ask)
{
    const phone *row = phone_is_holder(name) ? query_phone(v, c->who.merchant, name) : NULL;
    if (row == NULL || row->binding == 0)
        return false;
    ask->refusal = R_PHONE_BOUND;
    ask->detail = arena_str(c->memory, row->user);
    return true;
}

/* Looks at the order on a snapshot: prices it, or tells why it will be refused. False: the call has
 * ended. */
static bool prepare(api_call *c, order_job *plan, order_priced *priced, act_ask *ask)
{
    reserve_ask *reserve = ARENA_NEW(c->memory, reserve_ask);
    app_view v;
    if (!call_view_of_user(c, plan->ask.user, &v))
        return false;
    if (is_bound(c, &v, plan->ask.user, ask))
        return call_view_end(c, &v);
    order_ask asked = plan->ask;
    asked.names = &plan->names;
    asked.order_number = plan->order_number;
    asked.left_out = plan->left_out;
    asked.left_out_count = plan->left_out_count;
    asked.cuts = plan->cuts;
    asked.cut_count = plan->cut_count;
    ask->refusal = order_price(&v, &asked, priced);
    plan->missing = 0;
    for (size_t i = 0; i < asked.coupon_count; i++)
        if (priced->verdicts[i].subject != 0)
            plan->missing |= 1U << priced->verdicts[i].subject;
    priced->in.unexpected = ask->refusal == R_DONE && !is_expected(plan, &priced->in);
    if (priced->in.unexpected)
        note_price(c, &v, &asked, priced);
    priced->in.names = priced->names;
    priced->in.deadline_ms = act_time(&v, ask->slot) + plan->patience_ms;
    if (priced->redemption != 0) {
        ask->refusal = R_ORDER_CONFLICT;
        ask->detail = order_redeemed(c, priced->redemption);
    } else if (priced->elsewhere) {
        ask->refusal = R_USER_MERGING;
        ask->detail = S("The order is held under an earlier name.");
    } else if (ask->refusal == R_DONE && priced->refused != NULL) {
        ask->refusal = priced->refused->result;
        ask->detail = refusal_text(c, priced->refused, asked.currency);
    } else if (ask->refusal == R_DONE && priced->in.applied.n == 0) {
        ask->refusal = is_expected(plan, &priced->in) ? R_NOT_APPLICABLE : R_PRICE_CHANGED;
        ask->detail = S("No coupon is named, and no automatic template applies.");
    } else if (ask->refusal == R_DONE && asked.subjects != 0) {
        *reserve = (reserve_ask){.names = plan->names, .prepared = true};
        reserve_credits(&v, &priced->in, priced->hold, reserve);
        ask->reserve = reserve;
    }
    if (ask->refusal != R_DONE && asked.user.n > 0) { /* what he had may be another one's */
        str to = S("");
        result r = query_user_may(&v, asked.merchant, asked.user, &to);
        ask->refusal = r == R_DONE ? ask->refusal : r;
        ask->detail = r == R_DONE ? ask->detail : arena_str(c->memory, to);
    }
    return call_view_end(c, &v);
}

static void order_explain(api_call *c)
{
    const order_job *plan = c->state;
    if (c->act.code == R_LIMIT_SUBJECT_MISSING)
        subjects_missing(c, plan->missing);
    for (size_t i = 0; c->act.code == R_CODE_INVALID && i < plan->coded_n; i++)
        if (plan->coded[i] == 0)
            issues_add(c->problems, arena_printf(c->memory, "codes[%zu]", i), S("not_allowed"),
                       "a code that is good here");
}

void order_submit(api_call *c, order_job *plan)
{
    c->state = plan;
    order_priced *priced = ARENA_NEW(c->memory, order_priced);
    act_ask ask = {.id = plan->id,
                   .slot = plan->ask.user.n == 0
                               ? call_slot_of_key(c) /* codes of nobody's coupons */
                               : slot_of_user(plan->ask.merchant, plan->ask.user),
                   .subject = plan->ask.user,
                   .in = &priced->in,
                   .then = plan->then,
                   .stale = again,
                   .explain = order_explain};
    ask.refusal = plan->refusal;
    if (c->problems->n == 0 && plan->refusal == R_DONE && !prepare(c, plan, priced, &ask))
        return;
    call_act(c, &ask);
}

/* ---- to the wire ---- */

/* Added for the seller of a line, or by a coupon; the other is -1. */
static int64_t added(const order_row *o, int64_t line, int64_t applied)
{
    int64_t sum = 0;
    for (size_t i = 0; i < o->add_count; i++)
        if (o->adds[i].line == line || o->adds[i].applied == applied)
            sum += o->adds[i].discount_minor;
    return sum;
}

wire_priced_line_list order_lines_shown(api_call *c, const order_row *o)
{
    wire_priced_line_list out = {.items = ARENA_ARRAY(c->memory, wire_priced_line, o->line_count),
                                 .n = o->line_count};
    for (size_t i = 0; i < o->line_count; i++) {
        const order_line *from = &o->lines[i];
        int64_t full = cart_line_list(from);
        bool weighed = (from->marks & LINE_WEIGHED) != 0;
        bool shipping = (from->marks & LINE_SHIPPING) != 0;
        int64_t adds_minor = added(o, (int64_t)i, -1);
        out.items[i] = (wire_priced_line){
            .sku = from->sku,
            .has_category = from->category.n > 0,
            .category = from->category,
            .quantity = from->quantity,
            .has_weighed = weighed,
            .weighed = weighed,
            .has_shipping = shipping,
            .shipping = shipping,
            .unit_price = money_of(from->unit_minor, o->currency),
            .discount = money_of(from->discount_minor, o->currency),
            .total = money_of(full - from->discount_minor, o->currency),
            .has_adds = adds_minor > 0,
            .adds = money_of(adds_minor, o->currency),
            .has_returned = o->redeemed,
            .returned = o->fresh ? 0 : from->returned,
            .has_refunded = o->redeemed,
            .refunded = money_of(o->fresh ? 0 : from->refunded_minor, o->currency)};
    }
    return out;
}

wire_discount_share_list order_shares_shown(api_call *c, const order_row *o, size_t applied)
{
    wire_discount_share_list out = {.items =
                                        ARENA_ARRAY(c->memory, wire_discount_share, o->line_count)};
    for (size_t i = 0; i < o->share_count; i++) {
        if (o->shares[i].applied == applied)
            out.items[out.n++] = (wire_discount_share){
                .line = o->shares[i].line,
                .discount = money_of(o->shares[i].discount_minor, o->currency)};
    }
    return out;
}

static funding_row funding_of(const order_row *o)
{
    return (funding_row){.config = o->config,
                         .versions = o->versions,
                         .currency = o->currency,
                         .applied = o->applied,
                         .parties = o->parties,
                         .n = o->party_count,
                         .redeemed = o->redeemed,
                         .fresh = o->fresh,
                         .shares = o->shares,
                         .share_count = o->share_count,
                         .line_count = o->line_count};
}

wire_payer_list order_payers_shown(api_call *c, const order_row *o)
{
    funding_row row = funding_of(o);
    return funding_payers(c, &row);
}

wire_coupon_payer_list order_coupon_payers_shown(api_call *c, const order_row *o, size_t applied)
{
    funding_row row = funding_of(o);
    return funding_coupon_payers(c, &row, applied);
}

static wire_order_gift gift_shown(const applied_coupon *from, bool fresh)
{
    return (wire_order_gift){.sku = from->gift,
                             .quantity = from->gift_units,
                             .has_to_return = !fresh && from->gift_back > 0,
                             .to_return = from->gift_back};
}

bool order_asset_shown(api_call *c, const order_row *o, size_t applied, wire_asset *out)
{
    const applied_coupon *a = &o->applied[applied];
    const template_version *v = o->versions == NULL ? NULL : o->versions[applied];
    if (v == NULL) {
        const config_template *t = config_find_template(o->config, a->template);
        CHECK(t != NULL); /* the snapshot is not older than the row */
        v = config_version(t, a->version);
    }
    return asset_shown(c, v, out);
}

wire_order_coupon_list order_coupons_shown(api_call *c, const order_row *o)
{
    wire_order_coupon_list out = {.items =
                                      ARENA_ARRAY(c->memory, wire_order_coupon, o->applied_count),
                                  .n = o->applied_count};
    for (size_t i = 0; i < o->applied_count; i++) {
        const applied_coupon *from = &o->applied[i];
        int64_t adds_minor = added(o, -1, (int64_t)i);
        out.items[i] = (wire_order_coupon){.has_coupon = from->coupon != 0,
                                           .coupon = from->coupon,
                                           .automatic = from->coupon == 0,
                                           .campaign = from->campaign,
                                           .template = from->template,
                                           .template_version = from->version,
                                           .discount = money_of(from->discount_minor, o->currency),
                                           .has_adds = adds_minor > 0,
                                           .adds = money_of(adds_minor, o->currency),
                                           .has_gift = from->gift_units > 0,
                                           .gift = gift_shown(from, o->fresh),
                                           .shares = order_shares_shown(c, o, i),
                                           .has_returned = o->redeemed,
                                           .returned = !o->fresh && from->returned,
                                           .funding = order_coupon_payers_shown(c, o, i)};
        out.items[i].has_funding = out.items[i].funding.n > 0;
        out.items[i].has_asset =
            from->coupon != 0 && order_asset_shown(c, o, i, &out.items[i].asset);
    }
    return out;
}

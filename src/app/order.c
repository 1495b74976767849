/* See order.h. The lines are copied with their discounts filled in, so the caller's cart never
 * changes. */
#include "app/order.h"

#include "base/id.h"
#include "domain/campaign/state.h"
#include "domain/coupon/state.h"
#include "domain/limit/level.h"
#include "domain/price/price.h"

typedef struct candidate {
    price_coupon price;
    size_t verdict; /* its place in what was asked */
} candidate;

typedef struct order_desk {
    const order_ask *ask;
    uint64_t hold; /* open, of this order: it is replaced */
} order_desk;

/* What the order number stands for so far. */
static void look_up(app_view *v, order_desk *d, order_priced *out)
{
    const order_ask *ask = d->ask;
    uint16_t slot = slot_of_user(ask->merchant, ask->user);
    const user *who =
        ask->order_number.n == 0 ? NULL : user_get(v->rows, slot, ask->merchant, ask->user);
    const order_ref *ref =
        who == NULL ? NULL
                    : order_ref_get(v->rows, slot, ask->merchant, who->member, ask->order_number);
    if (ref != NULL) {
        d->hold = ref->hold;
        out->hold = ref->hold;
        out->redemption = ref->redemption;
    }
}

/* In the order in which a hold refuses (domain/coupon/acts.h). */
static result usable_now(app_view *v, uint64_t replaced_hold, const coupon *c,
                         const config_campaign *of)
{
    int64_t now = uow_now(v->rows);
    const hold *by = c->state == COUPON_STATE_HELD ? hold_get(v->rows, c->slot, c->ref) : NULL;
    coupon_now is = coupon_state_at(v->config, c, by, now);
    bool replaced = is.state == COUPON_STATE_HELD && c->ref == replaced_hold;
    if (is.state == COUPON_STATE_EXPIRED || (replaced && now >= is.expires_at_ms)) {
        return R_COUPON_EXPIRED;
    }
    if (is.state != COUPON_STATE_AVAILABLE && !replaced) {
        return R_COUPON_NOT_AVAILABLE;
    }
    if (is.not_yet_valid) {
        return R_COUPON_NOT_YET_VALID;
    }
    if (!campaign_may_hold(of->row->state)) {
        return R_CAMPAIGN_DISABLED;
    }
    if (now < of->row->use_from_ms) {
        return R_NOT_STARTED;
    }
    return now < of->row->use_until_ms ? R_DONE : R_WINDOW_CLOSED;
}

/* Does the coupon belong to the user and may it be used now? Everything but the price. */
static result eligible(app_view *v, const order_desk *d, uint64_t id, candidate *out)
{
    coupon *c = coupon_get(v->rows, id_slot(id), id);
    const config_template *t = c == NULL ? NULL : config_find_template(v->config, c->template);
    if (t == NULL || t->row->merchant != d->ask->merchant) {
        return R_NOT_FOUND;
    }
    const member *owner = member_get(v->rows, c->slot, c->member);
    if (owner == NULL || !str_eq(owner->name, d->ask->user)) {
        return R_WRONG_USER;
    }
    const config_campaign *of = config_find_campaign(v->config, t->row->campaign);
    uint32_t version = config_effective(t, c->version);
    out->price = (price_coupon){.coupon = id,
                                .campaign = t->row->campaign,
                                .template = c->template,
                                .version = version,
                                .rule = config_rule(t, version),
                                .currency = of->row->currency};
    return usable_now(v, d->hold, c, of);
}

/* The subject that a limit on uses counts by and the order does not name; 0: none. */
static uint8_t missing_subject(const app_view *v, const order_desk *d, uint64_t template_id)
{
    terms of = terms_of(v->config, template_id);
    uint32_t missing = limit_subjects_of(&of, ~(1U << LIMIT_MEASURE_CLAIMS)) & ~d->ask->subjects;
    uint8_t subject = 0;
    while (missing != 0 && (missing >> subject & 1U) == 0)
        subject++;
    return missing == 0 ? 0 : subject;
}

/* The lines as they are priced: with the merchant's blacklist marked on them. */
static const order_line *lines_marked(app_view *v, const order_ask *ask)
{
    const config_merchant *of = config_find_merchant(v->config, ask->merchant);
    order_line *lines = ARENA_ARRAY(v->memory, order_line, ask->line_count + 1);
    for (size_t i = 0; i < ask->line_count; i++) {
        lines[i] = ask->lines[i];
        lines[i].marks &= (uint8_t)~LINE_BARRED;
        if (config_bars(of, &lines[i])) {
            lines[i].marks |= LINE_BARRED;
        }
    }
    return lines;
}

static void refuse(order_verdict *verdict, result code)
{
    verdict->result = code;
    verdict->reason = result_code(code);
}

static void fill(const order_ask *ask, const cart *basket, arena *memory, const price_result *price,
                 order_in *in)
{
    order_line *lines = ARENA_ARRAY(memory, order_line, ask->line_count + 1);
    for (size_t i = 0; i < ask->line_count; i++) {
        lines[i] = basket->lines[i];
        lines[i].discount_minor = price->line_discount_minor[i];
        lines[i].returned = 0;
        lines[i].refunded_minor = 0;
    }
    in->merchant = ask->merchant;
    in->user = ask->user;
    in->order_number = ask->order_number;
    in->currency = ask->currency;
    in->store = ask->store;
    in->channel = ask->channel;
    in->subtotal_minor = price->subtotal_minor;
    in->discount_minor = price->discount_minor;
    in->lines.items = lines;
    in->lines.n = ask->line_count;
    in->shares.items = price->shares;
    in->shares.n = price->share_count;
}

static void apply(order_priced *out, const candidate *all, size_t n, const price_result *price,
                  arena *memory)
{
    applied_coupon *applied = ARENA_ARRAY(memory, applied_coupon, n + 1);
    uint16_t *place = ARENA_ARRAY(memory, uint16_t, n + 1);
    size_t used = 0;
    for (size_t i = 0; i < n; i++) {
        const price_verdict *from = &price->verdicts[i];
        order_verdict *to = &out->verdicts[all[i].verdict];
        to->result = from->result;
        to->reason = from->reason;
        to->missing_minor = from->missing_minor;
        to->why = from->why;
        to->missing_units = from->missing_units;
        to->adds_minor = from->adds_minor;
        to->gift = from->gift;
        to->gift_units = from->gift_units;
        to->discount_minor = from->discount_minor;
    }
    for (size_t k = 0; k < price->order_count; k++) { /* as they applied: returns follow it */
        size_t i = price->order[k];
        place[i] = (uint16_t)used;
        applied[used++] = (applied_coupon){.coupon = all[i].price.coupon,
                                           .campaign = all[i].price.campaign,
                                           .template = all[i].price.template,
                                           .version = all[i].price.version,
                                           .discount_minor = price->verdicts[i].discount_minor};
    }
    for (size_t i = 0; i < price->share_count; i++) { /* only coupons that apply have shares */
        price->shares[i].applied = place[price->shares[i].applied];
    }
    out->in.applied.items = applied;
    out->in.applied.n = used;
}

result order_price(app_view *v, const order_ask *ask, order_priced *out)
{
    CHECK(ask->coupon_count <= ORDER_COUPONS_MAX);
    arena *memory = v->memory;
    *out = (order_priced){.verdicts = ARENA_ARRAY(memory, order_verdict, ask->coupon_count + 1)};
    order_desk d = {.ask = ask};
    look_up(v, &d, out);
    candidate all[ORDER_COUPONS_MAX];
    price_coupon prices[ORDER_COUPONS_MAX];
    size_t n = 0;
    for (size_t i = 0; i < ask->coupon_count; i++) {
        candidate one = {.verdict = i};
        result code = eligible(v, &d, ask->coupons[i], &one);
        out->verdicts[i].coupon = ask->coupons[i];
        out->verdicts[i].template =
            code == R_NOT_FOUND || code == R_WRONG_USER ? 0 : one.price.template;
        uint8_t missing = code == R_DONE ? missing_subject(v, &d, one.price.template) : 0;
        out->verdicts[i].subject = missing;
        if (code != R_DONE || missing != 0) {
            refuse(&out->verdicts[i], code != R_DONE ? code : R_LIMIT_SUBJECT_MISSING);
            continue;
        }
        if (!str_eq(one.price.currency, ask->currency)) { /* what counts it is in one currency */
            out->verdicts[i].result = R_NOT_APPLICABLE;
            out->verdicts[i].reason = S("currency_mismatch");
            continue;
        }
        prices[n] = one.price;
        all[n++] = one;
    }
    cart basket = {.currency = ask->currency,
                   .store = ask->store,
                   .channel = ask->channel,
                   .at_ms = uow_now(v->rows),
                   .lines = lines_marked(v, ask),
                   .n = ask->line_count,
                   .region = ask->region,
                   .payment = ask->payment,
                   .attributes = ask->attributes,
                   .shopper = ask->shopper != NULL ? *ask->shopper : cart_shopper_unknown,
                   .zones = app_zones(v->app)};
    price_result price;
    const config_merchant *shop = config_find_merchant(v->config, ask->merchant);
    CHECK(shop != NULL); /* whose key asks */
    bool own = ask->policy == NULL;
    const policy_choice *policy = own ? shop->row->policy.items : ask->policy;
    size_t policy_n = own ? shop->row->policy.n : ask->policy_count;
    price_ask asked = {.cart = &basket,
                       .coupons = prices,
                       .n = n,
                       .policy = policy_of(policy, policy_n),
                       .groups = shop->row->groups.items,
                       .group_count = shop->row->groups.n,
                       .coupons_max = shop->row->coupons_max};
    result code = price_cart(&asked, memory, &price);
    if (code != R_DONE) {
        return code;
    }
    fill(ask, &basket, memory, &price, &out->in);
    out->in.policy.items = ARENA_ARRAY(memory, policy_choice, policy_n);
    out->in.policy.n = policy_n;
    for (size_t i = 0; i < policy_n; i++) { /* the snapshot may be gone when the act runs */
        out->in.policy.items[i] = policy[i];
    }
    apply(out, all, n, &price, memory);
    for (size_t i = 0; i < ask->coupon_count && out->refused == NULL; i++) {
        out->refused = out->verdicts[i].result == R_DONE ? NULL : &out->verdicts[i];
    }
    return R_DONE;
}

/* See order_usable.h. */
#include "app/order_usable.h"

#include "app/query_coupons.h"
#include "base/id.h"
#include "domain/campaign/state.h"
#include "domain/coupon/state.h"
#include "domain/coupon/use.h"

/* As if the hold that this one replaces were not there. */
static coupon_now state_of(app_view *v, uint64_t replaced, const use_ask *ask, use_left *left)
{
    const coupon *c = query_coupon_at(v, ask->row, ask->now_ms);
    *left = (use_left){.value_minor = -1};
    if (use_is_many(ask->of)) {
        use_ask now = *ask;
        now.row = c;
        return use_state_at(v->config, &now, left);
    }
    coupon free = *c;
    if (c->state == COUPON_STATE_HELD && c->ref == replaced) {
        free.state = COUPON_STATE_AVAILABLE;
    }
    const hold *by = free.state == COUPON_STATE_HELD ? hold_get(v->rows, c->slot, c->ref) : NULL;
    return coupon_state_at(v->config, &free, by, ask->now_ms);
}

static result too_early(usable_span *span, int64_t from_ms, result code)
{
    span->from_ms = from_ms;
    return code;
}

static result in_use_window(const usable_ask *ask, const campaign *of, int64_t now,
                            usable_span *span)
{
    if (now < of->use_from_ms) {
        return too_early(span, of->use_from_ms, R_NOT_STARTED);
    }
    return now < config_window_end_ms(&ask->days, of->use_until_ms) ? R_DONE : R_WINDOW_CLOSED;
}

static result usable_now(app_view *v, const usable_ask *ask, const use_ask *one, use_left *left,
                         usable_span *span)
{
    int64_t now = one->now_ms, begins = coupon_begins_at_ms(v->config, one->row);
    const campaign *of = config_find_campaign(v->config, one->of->row->campaign)->row;
    coupon_now is = state_of(v, ask->hold, one, left);
    span->over = coupon_is_closed(is.state);
    if (is.state == COUPON_STATE_EXPIRED) {
        return R_COUPON_EXPIRED;
    }
    if (is.state != COUPON_STATE_AVAILABLE) {
        return R_COUPON_NOT_AVAILABLE;
    }
    if (is.not_yet_valid || now < one->row->issued_at_ms) {
        int64_t issued = one->row->issued_at_ms;
        return too_early(span, begins < issued ? issued : begins, R_COUPON_NOT_YET_VALID);
    }
    if (now < left->again_at_ms) {
        return too_early(span, left->again_at_ms, R_USED_TOO_SOON);
    }
    if (!campaign_may_hold(of->state) && !order_takes_as_active(ask->of, of)) {
        return R_CAMPAIGN_DISABLED;
    }
    return in_use_window(ask, of, now, span);
}

result usable_coupon(app_view *v, const usable_ask *ask, uint64_t id, price_coupon *out,
                     usable_span *span)
{
    coupon *c = coupon_get(v->rows, id_slot(id), id);
    const config_template *t = c == NULL ? NULL : config_find_template(v->config, c->template);
    *span = (usable_span){0};
    if (t == NULL || t->row->merchant != ask->of->merchant) {
        return R_NOT_FOUND;
    }
    const member *owner = member_get(v->rows, c->slot, c->member);
    if (owner == NULL || !str_eq(owner->name, ask->of->user)) {
        return R_WRONG_USER;
    }
    const config_campaign *of = config_find_campaign(v->config, t->row->campaign);
    const coupon_use *use = use_is_many(t) ? coupon_use_get(v->rows, c->slot, c->id) : NULL;
    use_ask one = {
        .of = t, .row = c, .use = use, .now_ms = order_moment(v, ask->of), .but = ask->hold};
    const int64_t *at_ms = ask->of->at_ms;
    uint32_t version = at_ms == NULL || use_pins(&one) ? use_version(&one)
                                                       : config_effective_at(t, c->version, *at_ms);
    *out = (price_coupon){.coupon = id,
                          .campaign = t->row->campaign,
                          .template = c->template,
                          .version = version,
                          .rule = config_rule(t, version),
                          .currency = of->row->currency};
    use_left left;
    result r = usable_now(v, ask, &one, &left, span);
    span->expires_at_ms = config_expires_at_ms(v->config, c);
    if (left.value_minor >= 0) {
        out->used_minor = left.value_minor - left.money_minor;
    }
    return r;
}

result order_eligible(app_view *v, const order_ask *ask, uint64_t id, price_coupon *out)
{
    usable_ask when = {.of = ask, .days = order_days(v, ask)};
    usable_span span;
    return usable_coupon(v, &when, id, out, &span);
}

result usable_draft(const app_view *v, const usable_ask *ask, const order_draft *draft,
                    usable_span *span)
{
    const template_version *t = draft->version;
    int64_t now = order_moment(v, ask->of);
    bool fixed = t->validity == VALIDITY_KIND_FIXED;
    *span = (usable_span){
        .expires_at_ms = fixed ? config_window_end_ms(&ask->days, t->valid_until_ms) : TIME_MAX_MS};
    if (now >= span->expires_at_ms) {
        return R_COUPON_EXPIRED;
    }
    if (fixed && now < t->valid_from_ms) {
        return too_early(span, t->valid_from_ms, R_COUPON_NOT_YET_VALID);
    }
    return in_use_window(ask, draft->of, now, span);
}

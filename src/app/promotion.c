/* See promotion.h. */
#include "app/promotion.h"

#include "domain/campaign/currency.h"

bool order_takes_as_active(const order_ask *ask, const campaign *c)
{
    for (size_t i = 0; i < ask->active_count; i++)
        if (ask->active[i] == c->id)
            return true;
    return c->state == CAMPAIGN_STATE_ACTIVE;
}

bool order_takes_currency(const app_view *v, const order_ask *ask, const price_coupon *one)
{
    terms of = terms_of(v->config, one->template);
    currency_rule priced = {config_version(of.template, one->version), one->rule};
    return currency_takes(of.campaign->row, terms_newest(&of), priced, ask->currency);
}

int64_t order_moment(const app_view *v, const order_ask *ask)
{
    return ask->at_ms != NULL ? *ask->at_ms : uow_now(v->rows);
}

config_days order_days(const app_view *v, const order_ask *ask)
{
    config_days days = config_days_of(config_find_merchant(v->config, ask->merchant));
    if (ask->policy != NULL)
        days.window_end = policy_of(ask->policy, ask->policy_count).window_end;
    return days;
}

/* The lines as they are priced: with the merchant's blacklist marked on them. */
static const order_line *lines_marked(app_view *v, const order_ask *ask)
{
    const config_merchant *of = config_find_merchant(v->config, ask->merchant);
    order_line *lines = ARENA_ARRAY(v->memory, order_line, ask->line_count + 1);
    for (size_t i = 0; i < ask->line_count; i++) {
        lines[i] = ask->lines[i];
        lines[i].marks &= (uint8_t)~LINE_BARRED;
        if (config_bars(of, &lines[i], ask->currency)) {
            lines[i].marks |= LINE_BARRED;
        }
    }
    return lines;
}

cart order_cart(app_view *v, const order_ask *ask)
{
    return (cart){.currency = ask->currency,
                  .store = ask->store,
                  .channel = ask->channel,
                  .at_ms = order_moment(v, ask),
                  .lines = lines_marked(v, ask),
                  .n = ask->line_count,
                  .region = ask->region,
                  .payment = ask->payment,
                  .attributes = ask->attributes,
                  .shopper = ask->shopper != NULL ? *ask->shopper : cart_shopper_unknown,
                  .zones = app_zones(v->app)};
}

/* A draft of it is priced instead. */
static bool has_draft(const order_ask *ask, uint64_t template_id)
{
    for (size_t i = 0; i < ask->draft_count; i++)
        if (ask->drafts[i].template == template_id)
            return true;
    return false;
}

size_t promotions_find(app_view *v, const order_ask *ask, promotion out[AUTOMATIC_MAX])
{
    config_days days = order_days(v, ask);
    config_promotions all = config_automatic(v->config, ask->merchant);
    int64_t now = order_moment(v, ask);
    size_t n = 0;
    for (size_t i = 0; i < all.n && n < AUTOMATIC_MAX; i++) {
        promotion p = {.of = terms_of(v->config, all.ids[i])};
        p.version = ask->at_ms == NULL ? p.of.template->row->version
                                       : config_version_at(p.of.template, now);
        if (p.version != 0 && !has_draft(ask, all.ids[i]) &&
            order_takes_as_active(ask, p.of.campaign->row) &&
            config_is_open(p.of.campaign, config_version(p.of.template, p.version), &days, now))
            out[n++] = p;
    }
    return n;
}

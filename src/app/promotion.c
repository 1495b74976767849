/* See promotion.h. */
#include "app/promotion.h"

bool order_takes_as_active(const order_ask *ask, const campaign *c)
{
    for (size_t i = 0; i < ask->active_count; i++)
        if (ask->active[i] == c->id)
            return true;
    return c->state == CAMPAIGN_STATE_ACTIVE;
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

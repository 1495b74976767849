/* The event feed. */
#include "api/convert.h"
#include "app/query_events.h"

enum { CURSOR_BYTES_MAX = 1400 };

static bool amount_matters(const event *e)
{
    return e->kind == EVENT_KIND_COUPON_HELD || e->kind == EVENT_KIND_COUPON_REDEEMED ||
           e->kind == EVENT_KIND_COUPON_RETURNED || e->kind == EVENT_KIND_ORDER_RETURNED;
}

/* What `ref` names depends on what happened. */
static void put_ref(const event *e, wire_event *out)
{
    if (e->ref == 0)
        return;
    switch ((event_kind)e->kind) {
    case EVENT_KIND_COUPON_HELD:
    case EVENT_KIND_COUPON_RELEASED:
        out->has_hold = true;
        out->hold = e->ref;
        return;
    case EVENT_KIND_COUPON_REDEEMED:
        out->has_redemption = true;
        out->redemption = e->ref;
        return;
    case EVENT_KIND_COUPON_RETURNED:
    case EVENT_KIND_ORDER_RETURNED:
        out->has_return = true;
        out->return_ = e->ref;
        return;
    default:
        return; /* nothing is named */
    }
}

static wire_event event_shown(api_call *c, const app_view *v, const feed_event *from)
{
    const event *e = from->event;
    const config_campaign *of = config_find_campaign(v->config, e->campaign);
    wire_event out = {.id = arena_printf(c->memory, "%.*s_%u_%llu", STR_ARG(id_prefix(ID_EVENT)),
                                         from->lane, (unsigned long long)from->sequence),
                      .type = (event_kind)e->kind,
                      .at = e->at_ms,
                      .has_campaign = e->campaign != 0,
                      .campaign = e->campaign,
                      .has_template = e->template != 0,
                      .template = e->template,
                      .has_coupon = e->coupon != 0,
                      .coupon = e->coupon,
                      .has_user = from->user.n > 0,
                      .user = from->user,
                      .has_revision = e->revision != 0,
                      .revision = e->revision,
                      .has_amount = of != NULL && amount_matters(e)};
    if (out.has_amount)
        out.amount = sum_of(e->amount_minor, of->row->currency);
    put_ref(e, &out);
    return out;
}

static bool place_read(api_call *c, str cursor, feed_place *out)
{
    str bytes;
    *out = (feed_place){0};
    if (!call_token_read(c, cursor, &bytes))
        return false;
    if (cursor.n == 0 ||
        (feed_place_read(bytes, out) && out->lanes == store_lanes(app_store(c->app))))
        return true;
    call_refuse(c, R_BAD_PAGE_TOKEN, S(""));
    return false;
}

static str place_write(api_call *c, const feed_place *place)
{
    buf bytes;
    buf_init(&bytes, CURSOR_BYTES_MAX);
    feed_place_write(place, &bytes);
    CHECK(!buf_overflowed(&bytes));
    str token = call_token_write(c, buf_view(&bytes));
    buf_free(&bytes);
    return token;
}

void api_event_list(api_call *c)
{
    const wire_event_list_parameters *p = c->parameters;
    feed_place place;
    app_view v;
    if (!place_read(c, p->after, &place) || !call_view(c, &v))
        return;
    feed_ask ask = {.merchant = c->who.merchant, .limit = (size_t)p->limit};
    feed_event *found = ARENA_ARRAY(c->memory, feed_event, ask.limit);
    wire_event_page page = {0};
    page.events.n = query_events(&v, &ask, &place, found, &page.more);
    page.events.items = ARENA_ARRAY(c->memory, wire_event, page.events.n);
    for (size_t i = 0; i < page.events.n; i++)
        page.events.items[i] = event_shown(c, &v, &found[i]);
    if (!call_view_end(c, &v))
        return;
    page.cursor = place_write(c, &place);
    call_answer(c, 200, &wire_event_page_type, &page);
}

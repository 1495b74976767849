/* The event feed. */
#include "api/event.h"

enum { CURSOR_BYTES_MAX = 1400 };

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

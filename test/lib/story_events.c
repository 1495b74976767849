/* See story_events.h. */
#include "test/lib/story_events.h"

#include "base/json.h"
#include "test/lib/schema.h"

typedef struct reading {
    http_client *client;
    arena *memory;
    str headers;
    const json *schema;
    story_totals *totals;
    buf *why;
} reading;

static json *get(const reading *r, str target)
{
    json *document = NULL;
    http_ask ask = {.method = "GET", .target = target, .headers = r->headers};
    http_answer answer = http_client_ask(r->client, &ask, r->memory);
    if (answer.status != 200 || json_parse(answer.body, &document, NULL) != R_DONE)
        buf_printf(r->why, "GET %.*s: %d", STR_ARG(target), answer.status);
    return document;
}

static void count(const reading *r, const json *e)
{
    const json *words =
        json_field(json_field(json_field(r->schema, S("properties")), S("type")), S("enum"));
    str type = json_str(json_field(e, S("type")));
    r->totals->event_kinds = (uint32_t)json_count(words);
    for (size_t i = 0; i < json_count(words); i++)
        if (str_eq(json_str(json_at(words, i)), type))
            r->totals->kinds_seen |= UINT64_C(1) << i;
}

static bool page_fits(const reading *r, const json *page)
{
    const json *events = json_field(page, S("events"));
    for (size_t i = 0; i < json_count(events); i++) {
        const json *e = json_at(events, i);
        if (!schema_holds(r->schema, e, r->why))
            return false;
        count(r, e);
    }
    return true;
}

static bool feed_fits(const reading *r)
{
    str target = S("/v1/events?limit=1000");
    bool good = true, more = true;
    while (good && more) {
        json *page = get(r, target);
        if (page == NULL)
            return false;
        good = page_fits(r, page);
        more = json_bool(json_field(page, S("more")));
        target = arena_printf(r->memory, "/v1/events?limit=1000&after=%.*s",
                              STR_ARG(json_str(json_field(page, S("cursor")))));
        json_free(page);
    }
    return good;
}

bool story_events_fit(http_client *client, str key, story_totals *totals, buf *why)
{
    reading r = {.client = client, .memory = arena_new(0), .totals = totals, .why = why};
    r.headers = arena_printf(r.memory, "Authorization: Bearer %.*s\r\n", STR_ARG(key));
    json *schema = get(&r, S("/events.schema.json"));
    r.schema = schema;
    bool good = schema != NULL && feed_fits(&r);
    json_free(schema);
    arena_free(r.memory);
    return good;
}

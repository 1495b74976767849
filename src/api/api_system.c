/* The server itself: probes, metrics, version, the spec. */
#include "api/call.h"
#include "port/metric.h"

void api_system_live(api_call *c)
{
    wire_health shown = {.status = S("alive")};
    call_answer(c, 200, &wire_health_type, &shown);
}

void api_system_ready(api_call *c)
{
    if (!atomic_load(&c->api->ready)) {
        call_refuse(c, R_UNAVAILABLE, S("The server does not take requests now."));
        return;
    }
    store_metrics m;
    int64_t away[STORE_SHARDS_MAX];
    wire_health shown = {.status = S("ready"), .shards_away = {away, 0}};
    store_metrics_read(app_store(c->app), &m);
    for (uint16_t i = 0; i < m.shards; i++)
        if (m.away[i])
            away[shown.shards_away.n++] = i;
    shown.has_shards_away = shown.shards_away.n > 0;
    call_answer(c, 200, &wire_health_type, &shown);
}

void api_system_metrics(api_call *c)
{
    metric_write(http_out(c->x));
    call_answer_raw(c, 200, S("text/plain; version=0.0.4; charset=utf-8"));
}

void api_system_version(api_call *c)
{
    wire_version shown = {.name = S("quan"), .version = S(QUAN_VERSION), .api = api_spec_version};
    call_answer(c, 200, &wire_version_type, &shown);
}

void api_system_openapi(api_call *c)
{
    buf_str(http_out(c->x), api_spec);
    call_answer_raw(c, 200, S("application/json"));
}

void api_system_event_schema(api_call *c)
{
    buf_str(http_out(c->x), api_event_schema);
    call_answer_raw(c, 200, S("application/json"));
}

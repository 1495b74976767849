/* An event of the feed as JSON: what GET /v1/events and webhooks show. api/events.schema.json is
 * the contract. */
#ifndef QUAN_API_EVENT_H
#define QUAN_API_EVENT_H

#include "api/convert.h"
#include "app/query_events.h"

wire_event event_shown(api_call *c, const app_view *v, const feed_event *from);
/* By itself, outside of a call. */
str event_json(app_view *v, const feed_event *from, arena *memory);

#endif

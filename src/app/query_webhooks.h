/* Webhooks as they are, and places in the feed. On the view's snapshot. */
#ifndef QUAN_APP_QUERY_WEBHOOKS_H
#define QUAN_APP_QUERY_WEBHOOKS_H

#include "app/app.h"
#include "domain/webhook/webhook.h"

const webhook *query_webhook(app_view *v, uint64_t merchant_id, uint64_t id); /* NULL: none */
/* In ascending order of id, behind `after`. */
size_t query_webhooks(app_view *v, uint64_t merchant_id, uint64_t after, size_t limit,
                      const webhook **out);

/* How its receiver does, and how many letters wait to be sent again or are on their way. */
typedef struct webhook_standing {
    webhook_health health;
    uint64_t waiting;
} webhook_standing;
webhook_standing query_webhook_standing(app_view *v, const webhook *of);

/* Of a webhook, behind `after` (NULL: from the first), by lane and sequence. */
size_t query_dead_letters(app_view *v, const webhook *of, const letter_name *after, size_t limit,
                          const dead_letter **out);

/* A mark in each lane: before the first block of events that was decided at from_ms or later. One
 * behind all there is: TIME_MAX_MS. */
void query_feed_marks(app_view *v, int64_t from_ms, feed_mark *out);

#endif

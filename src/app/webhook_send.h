/* The sender: brings events to webhooks (domain/webhook/webhook.h says by which rules).
 *
 * It reads each lane's events from the webhook's place on, sends what the webhook takes, at most
 * SENDER_CONCURRENT letters of a webhook at once and one of each line, and reports by acts what
 * became of them. What is in memory here is only a copy: who is killed goes on from the rows, and
 * sends again what was sent and not reported.
 *
 * A sender belongs to one thread; its acts end on the lanes'. */
#ifndef QUAN_APP_WEBHOOK_SEND_H
#define QUAN_APP_WEBHOOK_SEND_H

#include "app/query_events.h"
#include "port/notify.h"

enum {
    SENDER_WEBHOOKS_MAX = 10000, /* of a server; those beyond wait, which is logged */
    SENDER_CONCURRENT = 8,
};

typedef struct webhook_sender webhook_sender;
typedef struct webhook_sender_options {
    notifier *notifier; /* lives as long, and longer */
    event_render *render;
} webhook_sender_options;

webhook_sender *webhook_sender_new(app *a, const webhook_sender_options *options);
/* Looks once at everything; waits at most patience_ms for answers that are on their way. True:
 * there may be more to do at once. Steps the store where it has no threads. */
bool webhook_sender_go(webhook_sender *s, int64_t patience_ms);
void webhook_sender_free(webhook_sender *s); /* waits for its acts; NULL is allowed */

#endif

/* Sends events to webhooks: app/webhook_send.h. */
#include <stdlib.h>

#include "app/webhook_send.h"
#include "job/job_list.h"

enum { PATIENCE_MS = 50 };

typedef struct webhook_state_of {
    notifier *notifier;
    webhook_sender *sender;
} webhook_state_of;

void *webhook_job_start(job_context *c)
{
    webhook_state_of *s = calloc(1, sizeof(*s)); /* webhook_job_stop frees it */
    notify_rules rules = {.http =
                              str_eq(settings_text(c->settings, SETTING_webhook_http), S("yes")),
                          .timeout_ms = settings_int(c->settings, SETTING_webhook_timeout_ms)};
    CHECK(s != NULL && notify_rules_read(settings_text(c->settings, SETTING_webhook_ports),
                                         settings_text(c->settings, SETTING_webhook_networks),
                                         &rules)); /* as `quan serve` has seen */
    s->notifier = notifier_new(&rules);
    s->sender = webhook_sender_new(
        c->app, &(webhook_sender_options){.notifier = s->notifier, .render = c->render});
    return s;
}

void webhook_job_turn(job_context *c, void *state)
{
    webhook_state_of *s = state;
    while (!job_stopping(c) && webhook_sender_go(s->sender, PATIENCE_MS)) {
    }
}

void webhook_job_stop(void *state)
{
    webhook_state_of *s = state;
    webhook_sender_free(s->sender);
    s->notifier->close(s->notifier);
    free(s);
}

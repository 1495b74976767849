/* Reports of letters, which are acts: see webhook_part.h. */
#include "app/webhook_part.h"

#include <stdlib.h>

#include "base/id.h"
#include "port/log.h"
#include "port/metric.h"

enum { AGAIN_MS = 1000 };

static void reported(act_call *call)
{
    sender_report *r = call->context;
    webhook_sender *s = r->sender;
    (void)pthread_mutex_lock(&s->lock);
    r->next = s->done;
    s->done = r;
    s->reports--;
    (void)pthread_cond_signal(&s->changed);
    (void)pthread_mutex_unlock(&s->lock);
}

void report_news(webhook_sender *s, target *of, uint16_t lane, int64_t now_ms)
{
    target_lane *l = &of->lanes[lane];
    if (!lane_has_news(l) || now_ms < l->report_after_ms)
        return;
    own_call *own = own_call_new(s->app, ACT_ID_webhook_report, of->row.slot);
    webhook_report_in *in = ARENA_NEW(own->memory, webhook_report_in);
    *in = (webhook_report_in){
        .merchant = of->row.merchant, .id = of->row.id, .era = of->row.era, .lane = lane};
    lane_tell(l, in, own->memory);
    sender_report *r = ARENA_NEW(own->memory, sender_report);
    *r = (sender_report){.own = own,
                         .sender = s,
                         .webhook = in->id,
                         .era = in->era,
                         .lane = lane,
                         .until = in->first + in->read};
    own->call.in = in;
    own->call.item = in->id ^ lane;
    own->call.done = reported;
    own->call.context = r;
    (void)pthread_mutex_lock(&s->lock);
    s->reports++;
    (void)pthread_mutex_unlock(&s->lock);
    result code = act_submit(&own->call);
    if (code == R_DONE)
        return;
    own->call.code = code;
    reported(&own->call);
}

static target *find(const webhook_sender *s, uint64_t id)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->targets[i]->row.id == id)
            return s->targets[i];
    return NULL;
}

static void tell(const target *of, const webhook_report_out *out)
{
    char id[ID_TEXT_MAX];
    str name = {id, id_text(ID_WEBHOOK, of->row.id, id)};
    metric_add(METRIC_WEBHOOK_DIED, out->died);
    if (out->trips) {
        metric_add(METRIC_WEBHOOK_OPENED, 1);
        log_event(LOG_WARN, "a webhook's receiver fails: its breaker is open",
                  log_str("webhook", name), log_u64("failures", out->failures));
    }
    if (out->recovers)
        log_event(LOG_INFO, "a webhook's receiver takes letters again", log_str("webhook", name));
    if (out->state != of->row.state && out->state > WEBHOOK_STATE_DISABLED) {
        metric_add(METRIC_WEBHOOK_DISABLED, 1);
        log_event(LOG_ERROR, "a webhook is disabled", log_str("webhook", name),
                  log_str("state", webhook_state_name(out->state)));
    }
}

static void take(webhook_sender *s, const sender_report *r, int64_t now_ms)
{
    const act_call *call = &r->own->call;
    const webhook_report_out *out = call->out;
    target *of = find(s, r->webhook);
    if (of == NULL || of->lanes == NULL || of->row.era != r->era)
        return; /* its letters are forgotten */
    target_lane *l = &of->lanes[r->lane];
    if (call->code == R_DONE) {
        lane_told(l, out, r->until);
        tell(of, out);
        of->opened = out->opened;
        of->open_until_ms = out->open_until_ms;
        of->row.state = out->state;
    } else if (call->code == R_STALE || call->code == R_NOT_FOUND || call->code == R_INVALID) {
        if (call->code == R_INVALID)
            log_event(LOG_ERROR, "a report of a webhook does not fit",
                      log_str("why", call->detail));
        target_forget(s, of);
    } else {
        lane_untell(l);
        l->report_after_ms = now_ms + AGAIN_MS;
    }
}

bool report_take(webhook_sender *s, int64_t now_ms)
{
    (void)pthread_mutex_lock(&s->lock);
    sender_report *r = s->done;
    s->done = NULL;
    (void)pthread_mutex_unlock(&s->lock);
    bool any = r != NULL;
    while (r != NULL) {
        sender_report *next = r->next;
        take(s, r, now_ms);
        own_call_free(r->own);
        r = next;
    }
    return any;
}

void report_wait(webhook_sender *s)
{
    bool moves = true;
    (void)pthread_mutex_lock(&s->lock);
    while (s->reports > 0 && moves) {
        if (s->app->options.store.threads) {
            (void)pthread_cond_wait(&s->changed, &s->lock);
        } else {
            (void)pthread_mutex_unlock(&s->lock);
            moves = app_settle(s->app) > 0;
            (void)pthread_mutex_lock(&s->lock);
        }
    }
    (void)pthread_mutex_unlock(&s->lock);
}

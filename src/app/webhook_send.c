/* See webhook_send.h: who is sent to, and sending. */
#include "app/webhook_send.h"

#include <stdlib.h>

#include "app/webhook_part.h"
#include "app/webhook_sign.h"
#include "base/id.h"
#include "base/time.h"
#include "port/log.h"
#include "port/metric.h"

enum { TURN_BYTES_MAX = 64 << 20, PAGE = 256, STATUS_GOOD_FROM = 200, STATUS_GOOD_UNTIL = 300 };
enum { SENDER_IDLE_MS = 1000 };

/* ---- targets ---- */

void target_forget(webhook_sender *s, target *of)
{
    for (uint16_t i = 0; of->lanes != NULL && i < s->lanes; i++)
        lane_forget(&of->lanes[i]);
    free(of->lanes);
    of->lanes = NULL;
}

static void target_take(target *of, const webhook *row)
{
    arena *old = of->memory;
    of->memory = arena_new(0);
    record_copy(&webhook_table.record, row, of->memory, &of->row);
    arena_free(old);
}

static void target_load(webhook_sender *s, sender_turn *t, target *of)
{
    const webhook_health *health = webhook_health_get(t->view.rows, of->row.slot, of->row.id);
    /* It could not be read; or one of before is on its way, and its line must not turn round. */
    if (health == NULL || of->flying > 0)
        return;
    of->lanes = calloc(s->lanes, sizeof(*of->lanes)); /* target_forget frees it */
    CHECK(of->lanes != NULL);
    of->opened = health->opened;
    of->open_until_ms = health->open_until_ms;
    for (uint16_t i = 0; i < s->lanes; i++) {
        const webhook_place *p = webhook_place_get(t->view.rows, of->row.slot, of->row.id, i);
        if (p == NULL) {
            target_forget(s, of);
            return;
        }
        lane_load(&of->lanes[i], p, of);
    }
}

/* Where the row's target is, or belongs. */
static size_t place_of(const webhook_sender *s, const webhook *row)
{
    size_t low = 0, high = s->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const webhook *at = &s->targets[middle]->row;
        bool before = at->slot != row->slot           ? at->slot < row->slot
                      : at->merchant != row->merchant ? at->merchant < row->merchant
                                                      : at->id < row->id;
        if (before)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static target *target_at(webhook_sender *s, const webhook *row)
{
    size_t at = place_of(s, row);
    if (at < s->n && s->targets[at]->row.id == row->id)
        return s->targets[at];
    if (s->n == SENDER_WEBHOOKS_MAX) {
        if (!s->told_too_many)
            log_event(LOG_ERROR, "more webhooks than are sent to", log_u64("max", s->n));
        s->told_too_many = true;
        return NULL;
    }
    if (s->n == s->capacity) {
        s->capacity = s->capacity == 0 ? 16 : s->capacity * 2;
        /* webhook_sender_free frees it */
        s->targets = realloc(s->targets, s->capacity * sizeof(*s->targets));
        CHECK(s->targets != NULL);
    }
    memmove(&s->targets[at + 1], &s->targets[at], (s->n - at) * sizeof(*s->targets));
    s->n++;
    s->targets[at] = calloc(1, sizeof(target)); /* target_free */
    CHECK(s->targets[at] != NULL);
    target_take(s->targets[at], row);
    return s->targets[at];
}

static uint16_t lane_of(const webhook_sender *s, const webhook *row)
{
    return store_lane_of_slot(s->app->store, row->slot);
}

static void see(webhook_sender *s, sender_turn *t, const webhook *row)
{
    if (!app_is_mine(s->app, lane_of(s, row)))
        return; /* another server sends to it */
    target *of = target_at(s, row);
    if (of == NULL)
        return;
    of->seen = true;
    of->away = false;
    if (of->row.era != row->era)
        target_forget(s, of);
    if (of->row.version != row->version || of->row.era != row->era)
        target_take(of, row);
    if (of->lanes == NULL && of->row.state == WEBHOOK_STATE_ENABLED)
        target_load(s, t, of);
}

static void target_free(webhook_sender *s, target *of)
{
    target_forget(s, of);
    arena_free(of->memory);
    free(of);
}

/* Those whose rows are gone, once nothing of them flies. */
static void targets_sweep(webhook_sender *s)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++) {
        target *of = s->targets[i];
        if (!of->seen)
            target_forget(s, of);
        if (of->seen || of->flying > 0)
            s->targets[n++] = of;
        else
            target_free(s, of);
    }
    s->n = n;
}

static void targets_see(webhook_sender *s, sender_turn *t)
{
    webhook from = {0};
    size_t n;
    bool after = false;
    for (size_t i = 0; i < s->n; i++) {
        target *of = s->targets[i];
        of->away = !store_read_has(t->view.rows, lane_of(s, &of->row));
        of->seen = of->away;
    }
    do {
        void *found[PAGE];
        uow_range all = {&webhook_table, -1, &from, 0, after};
        n = uow_scan(t->view.rows, &all, PAGE, found);
        for (size_t i = 0; i < n; i++)
            see(s, t, found[i]);
        if (n > 0)
            from = *(const webhook *)found[n - 1];
        after = true;
    } while (n == PAGE);
}

/* ---- sending ---- */

static str event_id(arena *memory, uint16_t lane, uint64_t sequence)
{
    return arena_printf(memory, "%.*s_%u_%llu", STR_ARG(id_prefix(ID_EVENT)), lane,
                        (unsigned long long)sequence);
}

static void ended(letter *l, const letter_result *is)
{
    l->state = LETTER_ENDED;
    l->is = *is;
    metric_add(is->outcome == WEBHOOK_OUTCOME_TAKEN ? METRIC_WEBHOOK_TAKEN : METRIC_WEBHOOK_FAILED,
               1);
}

/* False: no more can be under way, or can be read. */
static bool send_letter(webhook_sender *s, sender_turn *t, letter *l, uint16_t lane)
{
    target *of = l->target;
    const event_block *b = turn_block(t, lane, l->row.sequence - l->row.nth);
    if (b == NULL || l->row.nth >= b->events.n)
        return true; /* could not be read now */
    feed_event e = query_event(&t->view, b, l->row.nth);
    webhook_message m = {.id = event_id(t->memory, lane, l->row.sequence),
                         .at_ms = t->now_ms,
                         .body = s->options.render(&t->view, &e, t->memory)};
    if (uow_pending(t->view.rows))
        return false; /* it would tell of less than there is */
    str signatures = webhook_signatures(s->app, &of->row, &m, t->memory);
    if (signatures.n == 0) {
        ended(l,
              &(letter_result){.outcome = WEBHOOK_OUTCOME_FAILED, .fault = WEBHOOK_FAULT_UNSIGNED});
        return true;
    }
    notify_field fields[] = {
        {S("Content-Type"), S("application/cloudevents+json")},
        {S("webhook-id"), m.id},
        {S("webhook-timestamp"), arena_printf(t->memory, "%lld", (long long)(m.at_ms / MS_SECOND))},
        {S("webhook-signature"), signatures}};
    notify_message out = {.url = of->row.url,
                          .fields = fields,
                          .field_count = ARRAY_LEN(fields),
                          .body = m.body,
                          .context = l};
    if (!s->options.notifier->send(s->options.notifier, &out))
        return false;
    l->state = LETTER_FLYING;
    of->flying++;
    metric_change(METRIC_WEBHOOK_FLYING, 1);
    return true;
}

/* True: it got on. */
static bool send_some(webhook_sender *s, sender_turn *t, target *of)
{
    size_t most = of->opened > 0 ? 1 : SENDER_CONCURRENT; /* a probe */
    bool moved = false;
    if (of->lanes == NULL || of->away || of->row.state != WEBHOOK_STATE_ENABLED ||
        t->now_ms < of->open_until_ms)
        return false;
    for (uint16_t lane = 0; lane < s->lanes; lane++) {
        if (arena_used(t->memory) > TURN_BYTES_MAX)
            return true; /* the next turn goes on */
        moved = lane_fill(t, of, lane) || moved;
        target_lane *l = &of->lanes[lane];
        for (size_t i = 0; i < l->n && of->flying < most; i++) {
            if (!lane_may_send(l, i, t->now_ms))
                continue;
            if (!send_letter(s, t, l->letters[i], lane))
                return moved;
            moved = true;
            if (of->opened > 0 && l->letters[i]->state == LETTER_ENDED)
                return moved; /* the probe has failed already */
        }
    }
    return moved;
}

static void turn_heads(webhook_sender *s, sender_turn *t)
{
    for (uint16_t lane = 0; lane < s->lanes; lane++) {
        bool has = store_read_has(t->view.rows, lane);
        const lane_head *head = has ? lane_head_get(t->view.rows, lane) : NULL;
        t->event_last[lane] = head == NULL ? 0 : head->event_last;
    }
}

static bool look(webhook_sender *s, sender_turn *t)
{
    bool moved = false;
    turn_heads(s, t);
    targets_see(s, t);
    size_t first = s->n == 0 ? 0 : s->next++ % s->n;
    for (size_t i = 0; i < s->n; i++)
        moved = send_some(s, t, s->targets[(first + i) % s->n]) || moved;
    return moved;
}

/* ---- answers ---- */

static letter_result result_of(const notify_answer *a)
{
    static const uint8_t faults[] = {[NOTIFY_ANSWERED] = WEBHOOK_FAULT_STATUS,
                                     [NOTIFY_TIMEOUT] = WEBHOOK_FAULT_TIMEOUT,
                                     [NOTIFY_UNREACHABLE] = WEBHOOK_FAULT_UNREACHABLE,
                                     [NOTIFY_TLS] = WEBHOOK_FAULT_TLS,
                                     [NOTIFY_BLOCKED] = WEBHOOK_FAULT_BLOCKED};
    if (a->fault == NOTIFY_ANSWERED && a->status >= STATUS_GOOD_FROM &&
        a->status < STATUS_GOOD_UNTIL)
        return (letter_result){.outcome = WEBHOOK_OUTCOME_TAKEN};
    return (letter_result){.outcome = WEBHOOK_OUTCOME_FAILED,
                           .status = a->status,
                           .fault = faults[a->fault],
                           .retry_ms = a->retry_ms};
}

/* True: one has come. */
static bool take_answers(webhook_sender *s, int64_t patience_ms)
{
    notify_answer answers[NOTIFY_MAX];
    size_t n = s->options.notifier->wait(s->options.notifier, patience_ms, answers, NOTIFY_MAX);
    for (size_t i = 0; i < n; i++) {
        letter *l = answers[i].context;
        letter_result is = result_of(&answers[i]);
        l->target->flying--;
        metric_change(METRIC_WEBHOOK_FLYING, -1);
        ended(l, &is);
        if (l->orphan)
            free(l);
    }
    return n > 0;
}

static size_t flying(const webhook_sender *s)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++)
        n += s->targets[i]->flying;
    return n;
}

/* Where nobody had a webhook, whether somebody has one now is asked less often. Tests step. */
static bool rests(webhook_sender *s, int64_t now_ms)
{
    bool early = now_ms - s->looked_ms < SENDER_IDLE_MS;
    if (s->n == 0 && early && s->app->options.store.threads)
        return true;
    s->looked_ms = now_ms;
    return false;
}

bool webhook_sender_go(webhook_sender *s, int64_t patience_ms)
{
    int64_t now_ms = app_now_ms(s->app);
    if (rests(s, now_ms))
        return false;
    bool moved = report_take(s, now_ms);
    sender_turn *t = calloc(1, sizeof(*t)); /* freed below */
    CHECK(t != NULL);
    t->memory = arena_new(0);
    store_home reached = {.reached = true};
    if (app_view_open_at(s->app, &reached, t->memory, &t->view) == R_DONE) {
        t->now_ms = now_ms;
        moved = look(s, t) || moved;
        if (app_view_close(&t->view) == R_DONE)
            targets_sweep(s);
    }
    arena_free(t->memory);
    free(t);
    if (flying(s) > 0)
        moved = take_answers(s, moved ? 0 : patience_ms) || moved;
    for (size_t i = 0; i < s->n; i++)
        for (uint16_t lane = 0; s->targets[i]->lanes != NULL && lane < s->lanes; lane++)
            report_news(s, s->targets[i], lane, now_ms);
    if (!s->app->options.store.threads)
        report_wait(s);
    return moved || flying(s) > 0;
}

webhook_sender *webhook_sender_new(app *a, const webhook_sender_options *options)
{
    webhook_sender *s = calloc(1, sizeof(*s)); /* webhook_sender_free frees it */
    CHECK(s != NULL);
    s->app = a;
    s->options = *options;
    s->lanes = store_lanes(a->store);
    CHECK(pthread_mutex_init(&s->lock, NULL) == 0);
    CHECK(pthread_cond_init(&s->changed, NULL) == 0);
    return s;
}

void webhook_sender_free(webhook_sender *s)
{
    if (s == NULL)
        return;
    report_wait(s);
    (void)report_take(s, app_now_ms(s->app));
    s->options.notifier->abandon(s->options.notifier);
    while (flying(s) > 0)
        (void)take_answers(s, MS_SECOND);
    for (size_t i = 0; i < s->n; i++)
        target_free(s, s->targets[i]);
    free(s->targets);
    (void)pthread_cond_destroy(&s->changed);
    (void)pthread_mutex_destroy(&s->lock);
    free(s);
}

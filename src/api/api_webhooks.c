/* Webhooks: making, changing and looking at them. Their letters are in api_dead_letters.c. */
#include "api/convert.h"
#include "app/query_webhooks.h"
#include "app/webhook_sign.h"
#include "port/notify.h"

enum { WEBHOOKS_PAGE_MAX = 200 };

/* ---- shown ---- */

static wire_event_type_list kinds_shown(api_call *c, uint64_t kinds)
{
    wire_event_type_list out = {.items = ARENA_ARRAY(c->memory, event_kind, EVENT_KIND_COUNT)};
    for (int kind = 1; kind < EVENT_KIND_COUNT; kind++)
        if ((kinds >> kind & 1) != 0)
            out.items[out.n++] = (event_kind)kind;
    return out;
}

static wire_webhook webhook_shown(api_call *c, const webhook *row, bool fresh)
{
    wire_webhook out = {.id = row->id,
                        .version = row->version,
                        .url = row->url,
                        .has_name = row->name.n > 0,
                        .name = row->name,
                        .state = (webhook_state)row->state,
                        .events = kinds_shown(c, row->kinds),
                        .has_old_secret_until = row->secrets.n > 1,
                        .created_at = row->created_at_ms,
                        .updated_at = row->updated_at_ms};
    if (out.has_old_secret_until)
        out.old_secret_until = row->secrets.items[1].until_ms;
    if (fresh)
        out.secret =
            webhook_secret_shown(c->app, row->merchant, row->secrets.items[0].sealed, c->memory);
    out.has_secret = out.secret.n > 0;
    return out;
}

static wire_webhook_delivery_breaker breaker_of(const webhook_health *h, int64_t now_ms)
{
    if (now_ms < h->open_until_ms)
        return WIRE_WEBHOOK_DELIVERY_BREAKER_OPEN;
    return h->opened > 0 ? WIRE_WEBHOOK_DELIVERY_BREAKER_HALF_OPEN
                         : WIRE_WEBHOOK_DELIVERY_BREAKER_CLOSED;
}

static void put_delivery(app_view *v, const webhook *row, wire_webhook *out)
{
    webhook_standing is = query_webhook_standing(v, row);
    const webhook_health *h = &is.health;
    out->has_delivery = true;
    out->delivery = (wire_webhook_delivery){.taken = (int64_t)h->taken,
                                            .failed_tries = (int64_t)h->failed,
                                            .waiting = (int64_t)is.waiting,
                                            .dead = h->dead,
                                            .breaker = breaker_of(h, uow_now(v->rows)),
                                            .failures = h->failures,
                                            .has_open_until = uow_now(v->rows) < h->open_until_ms,
                                            .open_until = h->open_until_ms,
                                            .has_failing_since = h->failing_since_ms != 0,
                                            .failing_since = h->failing_since_ms,
                                            .has_last_taken_at = h->taken_at_ms != 0,
                                            .last_taken_at = h->taken_at_ms,
                                            .has_last_failed_at = h->failed_at_ms != 0,
                                            .last_failed_at = h->failed_at_ms,
                                            .has_last_status = h->status != 0,
                                            .last_status = h->status,
                                            .has_last_fault = h->fault != 0,
                                            .last_fault = (webhook_fault)h->fault};
}

void api_webhook_get(api_call *c)
{
    const wire_webhook_get_parameters *p = c->parameters;
    wire_webhook shown = {0};
    app_view v;
    if (!call_view(c, &v))
        return;
    const webhook *row = query_webhook(&v, c->who.merchant, p->webhook);
    if (row != NULL) {
        shown = webhook_shown(c, row, false);
        put_delivery(&v, row, &shown);
        call_etag(c, row->version);
    }
    call_view_answer(c, &v, row == NULL ? R_NOT_FOUND : R_DONE, &wire_webhook_type, &shown);
}

void api_webhook_list(api_call *c)
{
    const wire_webhook_list_parameters *p = c->parameters;
    uint64_t after;
    app_view v;
    if (!call_token_id(c, p->page_token, &after) || !call_view(c, &v))
        return;
    const webhook *found[WEBHOOKS_PAGE_MAX + 1];
    size_t want = (size_t)p->page_size;
    size_t n = query_webhooks(&v, c->who.merchant, after, want + 1, found);
    wire_webhook_page page = {0};
    page.webhooks.items = ARENA_ARRAY(c->memory, wire_webhook, want);
    for (size_t i = 0; i < n && i < want; i++) {
        wire_webhook *out = &page.webhooks.items[page.webhooks.n++];
        *out = webhook_shown(c, found[i], false);
        put_delivery(&v, found[i], out);
    }
    page.has_next_page_token = n > want;
    if (page.has_next_page_token)
        page.next_page_token = call_token_of_id(c, found[want - 1]->id);
    call_view_answer(c, &v, R_DONE, &wire_webhook_page_type, &page);
}

/* ---- creating and changing ---- */

static void answer_act(api_call *c, int status, bool fresh)
{
    const row_out *out = c->act.out;
    webhook row = {0};
    if (!row_in_outcome(c, &webhook_table.record, out->row, &row))
        return;
    wire_webhook shown = webhook_shown(c, &row, fresh);
    call_etag(c, row.version);
    call_answer(c, status, &wire_webhook_type, &shown);
}

static void created(api_call *c)
{
    answer_act(c, 201, true);
}

static void changed(api_call *c)
{
    answer_act(c, 200, false);
}

static void rotated(api_call *c)
{
    answer_act(c, 200, true);
}

static uint64_t kinds_in(const wire_event_type_list *from)
{
    uint64_t kinds = 0;
    for (size_t i = 0; i < from->n; i++)
        kinds |= UINT64_C(1) << from->items[i];
    return kinds;
}

/* What this server sends to; where it leads is looked at each time it is connected to. */
static void check_url(api_call *c, const webhook_put_in *in)
{
    webhook_url url;
    notify_rules rules = {0};
    const settings *s = c->api->settings;
    bool http = str_eq(settings_text(s, SETTING_webhook_http), S("yes"));
    if ((in->fields & WEBHOOK_URL) == 0 || webhook_url_read(in->url, &url) != NULL)
        return;
    CHECK(notify_rules_read(settings_text(s, SETTING_webhook_ports),
                            settings_text(s, SETTING_webhook_networks), &rules));
    bool open = rules.port_count == 0 || rules.network_count > 0;
    for (size_t i = 0; i < rules.port_count && !open; i++)
        open = rules.ports[i] == url.port;
    if (!url.secure && !http)
        issues_add(c->problems, S("url"), S("not_allowed"), "it begins with https://");
    else if (!open)
        issues_add(c->problems, S("url"), S("not_allowed"), "this server sends to other ports");
}

static void submit(api_call *c, webhook_put_in *in, void (*then)(api_call *c))
{
    in->merchant = c->who.merchant;
    webhook_check(in, c->problems);
    check_url(c, in);
    call_act(c, &(act_ask){.id = ACT_ID_webhook_put,
                           .slot = id_slot(c->who.merchant),
                           .subject = in->id == 0 ? S("") : id_subject(c, ID_WEBHOOK, in->id),
                           .in = in,
                           .then = then});
}

/* False: the call has ended. */
static bool put_secret(api_call *c, webhook_put_in *in)
{
    in->fields |= WEBHOOK_SECRET;
    result r = webhook_secret_make(c->app, c->who.merchant, c->memory, &in->sealed);
    if (r != R_DONE)
        call_refuse(c, r, S(""));
    return r == R_DONE;
}

void api_webhook_create(api_call *c)
{
    const wire_webhook_create *b = c->body;
    webhook_put_in *in = ARENA_NEW(c->memory, webhook_put_in);
    app_view v;
    *in = (webhook_put_in){.fields = WEBHOOK_NAME | WEBHOOK_URL | WEBHOOK_KINDS | WEBHOOK_ENABLED,
                           .name = b->name,
                           .url = b->url,
                           .kinds = kinds_in(&b->events),
                           .enabled = true};
    if (!put_secret(c, in) || !call_view(c, &v))
        return;
    in->marks.n = store_lanes(app_store(c->app));
    in->marks.items = ARENA_ARRAY(c->memory, feed_mark, in->marks.n);
    query_feed_marks(&v, b->has_from ? b->from : TIME_MAX_MS, in->marks.items);
    if (call_view_end(c, &v))
        submit(c, in, created);
}

void api_webhook_edit(api_call *c)
{
    const wire_webhook_edit *b = c->body;
    const wire_webhook_edit_parameters *p = c->parameters;
    webhook_put_in *in = ARENA_NEW(c->memory, webhook_put_in);
    *in = (webhook_put_in){.id = p->webhook,
                           .if_version = c->if_version,
                           .fields = (uint32_t)((b->has_name ? WEBHOOK_NAME : 0) |
                                                (b->has_url ? WEBHOOK_URL : 0) |
                                                (b->has_events ? WEBHOOK_KINDS : 0) |
                                                (b->has_enabled ? WEBHOOK_ENABLED : 0)),
                           .name = b->name,
                           .url = b->url,
                           .kinds = kinds_in(&b->events),
                           .enabled = b->enabled};
    submit(c, in, changed);
}

void api_webhook_rotate(api_call *c)
{
    const wire_webhook_rotate *b = c->body;
    const wire_webhook_rotate_parameters *p = c->parameters;
    webhook_put_in *in = ARENA_NEW(c->memory, webhook_put_in);
    *in = (webhook_put_in){.id = p->webhook,
                           .keep_until_ms = app_now_ms(c->app) + b->keep_seconds * MS_SECOND};
    if (put_secret(c, in))
        submit(c, in, rotated);
}

/* ---- what answers with its name ---- */

static void answer_named(api_call *c, uint64_t id)
{
    wire_webhook_named named = {.id = id};
    call_answer(c, 200, &wire_webhook_named_type, &named);
}

static void ended(api_call *c)
{
    answer_named(c, ((const webhook_end_in *)c->act.in)->id);
}

static void submit_end(api_call *c, act_id which, uint64_t id)
{
    webhook_end_in *in = ARENA_NEW(c->memory, webhook_end_in);
    *in = (webhook_end_in){.merchant = c->who.merchant, .id = id};
    call_act(c, &(act_ask){.id = which,
                           .slot = id_slot(c->who.merchant),
                           .subject = id_subject(c, ID_WEBHOOK, id),
                           .in = in,
                           .then = ended});
}

void api_webhook_delete(api_call *c)
{
    submit_end(c, ACT_ID_webhook_end,
               ((const wire_webhook_delete_parameters *)c->parameters)->webhook);
}

void api_webhook_test(api_call *c)
{
    submit_end(c, ACT_ID_webhook_test,
               ((const wire_webhook_test_parameters *)c->parameters)->webhook);
}

static void replayed(api_call *c)
{
    answer_named(c, ((const webhook_replay_in *)c->act.in)->id);
}

void api_webhook_replay(api_call *c)
{
    const wire_webhook_replay *b = c->body;
    const wire_webhook_replay_parameters *p = c->parameters;
    webhook_replay_in *in = ARENA_NEW(c->memory, webhook_replay_in);
    app_view v;
    if (!call_view(c, &v))
        return;
    *in = (webhook_replay_in){.merchant = c->who.merchant, .id = p->webhook};
    in->marks.n = store_lanes(app_store(c->app));
    in->marks.items = ARENA_ARRAY(c->memory, feed_mark, in->marks.n);
    query_feed_marks(&v, b->from, in->marks.items);
    if (call_view_end(c, &v))
        call_act(c, &(act_ask){.id = ACT_ID_webhook_replay,
                               .slot = id_slot(c->who.merchant),
                               .subject = id_subject(c, ID_WEBHOOK, p->webhook),
                               .in = in,
                               .then = replayed});
}

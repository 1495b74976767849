/* The way of a call: from the route to its end. See call.h.
 *
 * An act ends on a lane's thread; the call goes back to its loop at once, so that lanes render
 * nothing. */
#include "api/call.h"

#include <stdlib.h>

#include "api/admit.h"
#include "api/guess.h"
#include "api/slow.h"
#include "api/throttle.h"
#include "app/query_answered.h"
#include "app/query_users.h"
#include "base/hash.h"
#include "domain/phone/holder.h"
#include "port/log.h"
#include "port/metric.h"

enum { API_BODY_MAX_DEFAULT = 64 * 1024, STATUS_ACCEPTED = 202, UNREACHED_BYTES = 256 };

api *api_new(app *a, const settings *s)
{
    api *made = calloc(1, sizeof *made); /* api_free */
    CHECK(made != NULL);
    made->app = a;
    made->settings = s;
    atomic_init(&made->ready, false);
    made->slow = slow_new();
    made->guess_rules = guess_rules_of(s);
    made->throttle = throttle_new(settings_int(s, SETTING_rate_limit_per_s),
                                  settings_int(s, SETTING_rate_limit_burst));
    return made;
}

void api_free(api *a)
{
    if (a == NULL)
        return;
    slow_free(a->slow);
    throttle_free(a->throttle);
    free(a);
}

void api_set_ready(api *a, bool ready)
{
    atomic_store(&a->ready, ready);
}

size_t api_body_max(void *context, http_verb verb, str path)
{
    MAYBE(context);
    route_match m;
    if (!route_find(path, &m) || m.node->operations[verb] == NULL)
        return API_BODY_MAX_DEFAULT;
    return m.node->operations[verb]->body_max;
}

/* ---- ending ---- */

static void respond(api_call *c)
{
    if (c->config != NULL)
        config_free((config *)(uintptr_t)c->config); /* the share that call_config took */
    if (c->guess != NULL)
        guess_end(c->guess);
    str position = c->key.n > 0 ? call_position(c) : S("");
    if (position.n > 0)
        http_add_header(c->x, S("Quan-Position"), position);
    http_respond(c->x); /* c is gone with its arena */
}

/* What never leaves the process: the caller learns that it is a defect, the log learns which. */
static result for_callers(api_call *c, result r, str *detail)
{
    if (result_kind_of(r) != RESULT_INTERNAL)
        return r;
    log_event(LOG_ERROR, "request failed", log_str("operation", c->operation->id),
              log_result("result", r), log_str("detail", *detail),
              log_str("trace_id", http_trace_id(c->x)));
    *detail = S("");
    return R_INTERNAL;
}

/* Makes the answer a problem. */
static void put_problem(api_call *c, result r, str detail, const issues *errors)
{
    r = for_callers(c, r, &detail);
    int status = result_http_status(r);
    int64_t retry_s = (c->retry_ms + MS_SECOND - 1) / MS_SECOND;
    if (status == 503 || r == R_CODE_THROTTLED || r == R_USER_MERGING)
        http_add_header(c->x, S("Retry-After"),
                        arena_printf(c->memory, "%lld", retry_s > 1 ? (long long)retry_s : 1LL));
    if (r == R_UNAUTHENTICATED)
        http_add_header(c->x, S("WWW-Authenticate"), S("Bearer"));
    http_problem_more more = {errors, r == R_PRICE_CHANGED ? c->price : S("")};
    http_problem(c->x, r, detail, &more);
}

static void counted_on_loop(http_exchange *x, void *argument)
{
    MAYBE(x);
    api_call *c = argument;
    if (c->counted != R_DONE)
        put_problem(c, c->counted, S(""), NULL);
    respond(c);
}

static void counted(void *context, result r)
{
    api_call *c = context;
    c->counted = r;
    http_defer(c->x, counted_on_loop, c);
}

/* Whatever the answer is, it is not given before the codes that have failed were counted; but for
 * an answer of before, which tells nothing about them. */
static void end(api_call *c)
{
    if (c->guess != NULL && c->failed_codes > 0 && !c->act.replayed)
        guess_fail(c->guess, &(guess_failure){.tries = c->failed_codes,
                                              .key = c->key,
                                              .body = c->body_hash,
                                              .done = counted,
                                              .context = c});
    else
        respond(c);
}

static bool is_of_code(result r)
{
    return r == R_CODE_INVALID || r == R_CODE_USED || r == R_CODE_EXPIRED || r == R_CODE_DISABLED ||
           r == R_CODE_FOREIGN;
}

static void refuse_with(api_call *c, result r, str detail, const issues *errors)
{
    if (c->failed_codes == 0 && is_of_code(r))
        c->failed_codes = 1;
    put_problem(c, r, detail, errors);
    end(c);
}

void call_refuse(api_call *c, result r, str detail)
{
    refuse_with(c, r, detail, NULL);
}

void call_invalid(api_call *c)
{
    /* Several problems may come from different looks; one of state is told by its own code. */
    bool editable = false;
    for (size_t i = 0; i < c->problems->n; i++)
        editable = editable || !str_eq(c->problems->items[i].code, S("not_editable"));
    refuse_with(c, editable ? R_INVALID : R_NOT_EDITABLE, S(""), c->problems);
}

void call_answer(api_call *c, int status, const wire_type *t, const void *value)
{
    json_writer w = json_writer_on(http_out(c->x));
    wire_write(t, value, &w);
    call_answer_raw(c, status, S("application/json"));
}

/* A change of the configuration that some lanes could not be told: their shards, in a header. */
static void name_unreached(api_call *c)
{
    const slot_map *map = store_slots(app_store(c->app));
    buf names;
    buf_init(&names, UNREACHED_BYTES);
    for (uint16_t shard = 0; shard < map->shards; shard++) {
        bool is = false;
        for (size_t i = 0; i < c->act.unreached.n; i++)
            is = is || slot_map_shard_of_lane(map, (uint8_t)c->act.unreached.p[i]) == shard;
        if (is)
            buf_printf(&names, "%s%u", buf_view(&names).n == 0 ? "" : ", ", shard);
    }
    http_add_header(c->x, S("Quan-Unreached-Shards"), arena_str(c->memory, buf_view(&names)));
    buf_free(&names);
}

void call_answer_raw(api_call *c, int status, str type)
{
    bool unreached = c->act.code == R_DONE && c->act.unreached.n > 0;
    if (unreached)
        name_unreached(c);
    http_set_status(c->x, unreached ? STATUS_ACCEPTED : status);
    http_set_type(c->x, type);
    end(c);
}

void call_etag(api_call *c, uint32_t version)
{
    http_add_header(c->x, S("ETag"), arena_printf(c->memory, "\"v%u\"", version));
}

wire_item_problem call_item_problem(api_call *c, result r, str detail)
{
    r = for_callers(c, r, &detail);
    return (wire_item_problem){.status = result_http_status(r),
                               .code = result_code(r),
                               .title = result_text(r),
                               .has_detail = detail.n > 0,
                               .detail = detail};
}

/* ---- reading ---- */

const config *call_config(api_call *c)
{
    if (c->config == NULL)
        c->config = app_config(c->app);
    return c->config;
}

/* Opening a view brings what other servers have revoked. What an act of this call has done is told
 * all the same: it may be its own key that it has revoked. */
static bool may_read_still(const api_call *c)
{
    app_principal now;
    bool asked = c->operation->scope != SCOPE_NONE && c->act.app == NULL;
    return !asked || app_authenticate(c->app, c->who.hash.hi, c->who.hash.lo, &now);
}

bool call_config_now(api_call *c)
{
    result r = app_catch_up(c->app);
    if (r == R_DONE && !may_read_still(c))
        r = R_UNAUTHENTICATED;
    if (r != R_DONE)
        call_refuse(c, r, S(""));
    return r == R_DONE;
}

static bool view_open(api_call *c, const store_home *home, app_view *out)
{
    result r = app_view_open_at(c->app, home, c->memory, out);
    if (r == R_DONE && !may_read_still(c)) {
        (void)app_view_close(out);
        r = R_UNAUTHENTICATED;
    }
    if (r != R_DONE)
        call_refuse(c, r, S(""));
    return r == R_DONE;
}

bool call_view(api_call *c, app_view *out)
{
    return view_open(c, NULL, out);
}

bool call_view_of(api_call *c, uint16_t slot, app_view *out)
{
    return view_open(c, &(store_home){.slot = slot}, out);
}

bool call_view_shown(api_call *c, uint16_t slot, app_view *out)
{
    store_home home = {.slot = slot, .replica = !c->primary_only, .after = c->after};
    return view_open(c, &home, out);
}

bool call_view_of_user(api_call *c, str of, app_view *out)
{
    return call_view_of(c, slot_of_user(c->who.merchant, of), out);
}

bool call_view_end(api_call *c, app_view *v)
{
    result r = app_view_close(v);
    if (r == R_STALE && !c->primary_only) { /* nothing is answered before a view has ended */
        metric_add(METRIC_STORE_VIEWS_AGAIN, 1);
        c->primary_only = true;
        if (c->config != NULL)
            config_free((config *)(uintptr_t)c->config);
        c->config = NULL; /* the new view may have rows of a newer one */
        c->operation->handle(c);
        return false;
    }
    if (r == R_UNAVAILABLE) /* of another shard than its own */
        call_refuse(c, r, S(""));
    else if (r != R_DONE)
        call_refuse(c, R_IO, S("A row could not be read."));
    return r == R_DONE;
}

void call_view_answer(api_call *c, app_view *v, result r, const wire_type *t, const void *value)
{
    if (!call_view_end(c, v))
        return;
    if (r == R_DONE)
        call_answer(c, 200, t, value);
    else
        call_refuse(c, r, S(""));
}

str call_user(api_call *c, str name)
{
    c->renames = name.n > 0;
    return c->renamed > 0 ? c->merged_into : name;
}

bool call_user_now(api_call *c, str name, str *out)
{
    app_view v;
    if (!call_view_of_user(c, name, &v))
        return false;
    *out = arena_str(c->memory, query_user_now(&v, c->who.merchant, name));
    return call_view_end(c, &v);
}

/* ---- acts ---- */

/* Problems that are there already are of an input that was answered before they could tell. */
static void refuse_act(api_call *c)
{
    const issue *wrong = &c->act.wrong;
    bool told = c->problems->n > 0;
    if (!told && wrong->field.n > 0)
        issues_add(c->problems, wrong->field, wrong->code, "%.*s", STR_ARG(wrong->detail));
    else if (!told && c->explain != NULL)
        c->explain(c);
    if (c->act.code == R_BUSY && c->busy_ms != NULL)
        c->retry_ms = c->busy_ms(c);
    refuse_with(c, c->act.code, c->act.detail, told ? NULL : c->problems);
}

/* A name of the request is another one's now, or its number a user's. The handler begins anew, and
 * means him. */
static void for_who_is_now(api_call *c)
{
    if (c->act.code == R_PHONE_BOUND)
        c->bound_to = arena_str(c->memory, c->act.detail);
    else {
        c->merged_into = arena_str(c->memory, c->act.detail);
        c->renamed++;
    }
    c->tries = 0;
    c->failed_codes = 0;
    if (c->guess != NULL)
        guess_end(c->guess);
    c->guess = NULL;
    c->operation->handle(c);
}

static void on_loop(http_exchange *x, void *argument)
{
    MAYBE(x);
    api_call *c = argument;
    bool renamed = c->act.code == R_USER_MERGED && c->renames && c->renamed < CALL_RENAMES_MAX;
    bool bound = c->act.code == R_PHONE_BOUND && c->bound_to.n == 0;
    if (renamed || bound)
        for_who_is_now(c);
    else if (c->act.code == R_DONE || c->anyway)
        c->then(c);
    else if ((c->act.code == R_STALE || c->act.code == R_UNRESERVED) && c->stale != NULL)
        c->stale(c);
    else
        refuse_act(c);
}

static void on_lane(act_call *done)
{
    api_call *c = done->context;
    http_defer(c->x, on_loop, c);
}

str call_subject(api_call *c, str subject)
{
    str id = c->operation->id;
    char *text = arena_alloc(c->memory, id.n + 1 + subject.n);
    memcpy(text, id.p, id.n);
    text[id.n] = ' ';
    if (subject.n > 0)
        memcpy(text + id.n + 1, subject.p, subject.n);
    return (str){text, id.n + 1 + subject.n};
}

/* True when the call has ended. */
static bool invalid_before(api_call *c)
{
    if (c->problems->n == 0)
        return false;
    app_view v;
    if (!call_view_of(c, c->act.slot, &v))
        return true;
    bool answered = query_answered(&v, &c->act);
    if (!call_view_end(c, &v))
        return true;
    if (answered)
        return false;
    call_invalid(c);
    return true;
}

static void prepare_act(api_call *c, const act_ask *ask, bool anyway)
{
    const act *a = act_find((uint16_t)ask->id);
    c->then = ask->then;
    c->anyway = anyway;
    c->stale = ask->stale;
    c->explain = ask->explain;
    c->busy_ms = ask->busy_ms;
    c->act = (act_call){.app = c->app,
                        .id = ask->id,
                        .slot = ask->slot,
                        .in = ask->in,
                        .out = arena_alloc(c->memory, a->out->size),
                        .memory = c->memory,
                        .asked_by = c->who.hash,
                        .refusal = ask->refusal,
                        .refusal_detail = ask->detail,
                        .done = on_lane,
                        .context = c};
}

void call_step(api_call *c, const act_ask *ask, bool anyway)
{
    prepare_act(c, ask, anyway);
    result r = act_submit(&c->act);
    if (r != R_DONE)
        call_refuse(c, r, S(""));
}

void call_act(api_call *c, const act_ask *ask)
{
    prepare_act(c, ask, false);
    c->act.key = (act_key){.merchant = c->who.merchant,
                           .subject = call_subject(c, phone_subject(ask->subject)),
                           .key = c->key,
                           .body = c->body_hash,
                           .body_before = c->body_before};
    if (invalid_before(c))
        return;
    result r = ask->reserve == NULL ? act_submit(&c->act) : reserve_submit(&c->act, ask->reserve);
    if (r != R_DONE)
        call_refuse(c, r, S(""));
}

str id_subject(api_call *c, id_kind kind, uint64_t id)
{
    char text[ID_TEXT_MAX];
    return arena_str(c->memory, (str){text, id_text(kind, id, text)});
}

uint16_t call_slot_of_key(const api_call *c)
{
    return slot_of_hash(hash64(c->key, hash64(c->operation->id, c->who.merchant)));
}

/* ---- the route ---- */

static void refuse_route(http_exchange *x, result r, str detail)
{
    http_problem(x, r, detail, NULL);
    http_respond(x);
}

static void refuse_method(http_exchange *x, const route_node *node)
{
    buf allow;
    buf_init(&allow, 256);
    route_allow(node, &allow);
    http_add_header(x, S("Allow"), buf_view(&allow));
    buf_free(&allow);
    refuse_route(x, R_METHOD_NOT_ALLOWED, S(""));
}

static void refuse_admission(api_call *c, result r, str why)
{
    if (r == R_INVALID)
        call_invalid(c);
    else
        refuse_with(c, r, why, r == R_BAD_POSITION ? c->problems : NULL);
}

/* Body and handler: on the loop, or on a thread for heavy ones. */
static void go_on(api_call *c)
{
    str why = S("");
    result r = admit_body(c, &why);
    if (r == R_DONE)
        c->operation->handle(c);
    else
        refuse_admission(c, r, why);
}

void api_handle(void *context, http_exchange *x)
{
    api *a = context;
    route_match match;
    if (!route_find(http_path(x), &match)) {
        refuse_route(x, R_NOT_FOUND, S("There is no such path."));
        return;
    }
    const operation *o = match.node->operations[http_method(x)];
    if (o == NULL) {
        refuse_method(x, match.node);
        return;
    }
    arena *memory = http_arena(x);
    api_call *c = ARENA_NEW(memory, api_call);
    *c = (api_call){.api = a,
                    .app = a->app,
                    .x = x,
                    .memory = memory,
                    .operation = o,
                    .problems = issues_new(memory)};
    str why = S("");
    result r = admit_head(c, &match, &why);
    if (r == R_DONE)
        slow_if(http_body(x).n >= SLOW_BODY_MIN, c, go_on);
    else
        refuse_admission(c, r, why);
}

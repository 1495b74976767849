/* A whole server in this process: see world.h. */
#include "test/lib/world.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "api/api.h"
#include "app/verify.h"
#include "base/id.h"
#include "port/log.h"
#include "port/secret.h"
#include "port/settings.h"
#include "port/zone.h"
#include "test/lib/store_fixture.h"

enum { ADMIN = 1, ISSUE = 2, REDEEM = 4, READ = 8, ALL = 15 }; /* api_key.scopes */

static const struct {
    str name;
    uint32_t scopes;
} key_kinds[WORLD_KEYS] = {{{"all", 3}, ALL},       {{"admin", 5}, ADMIN}, {{"issue", 5}, ISSUE},
                           {{"redeem", 6}, REDEEM}, {{"read", 4}, READ},   {{"operator", 8}, ALL},
                           {{"other", 5}, ALL}};
enum { KIND_OPERATOR = 5, KIND_OTHER = 6 };

bool world_engine_parse(const char *text, world_engine *out)
{
    str rest = str_of(text), name;
    *out = (world_engine){0};
    (void)str_cut(&rest, ':', &name);
    if (str_eq(name, S("mem-adversary"))) {
        out->name = S("mem");
        return str_to_u64(rest, &out->adversary) && out->adversary != 0;
    }
    out->name = str_eq(name, S("mem")) ? S("mem") : S("rocks");
    return rest.n == 0 && str_eq(name, out->name);
}

/* ---- acts ---- */

typedef struct waiting {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool there;
} waiting;

static void on_done(act_call *call)
{
    waiting *w = call->context;
    (void)pthread_mutex_lock(&w->lock);
    w->there = true;
    (void)pthread_cond_signal(&w->changed);
    (void)pthread_mutex_unlock(&w->lock);
}

static void wait_for(world *w, waiting *until)
{
    enum { STEPS_MAX = 1000000 };
    for (int steps = 0; w->engine.stepped && !until->there; steps++) {
        CHECK(steps < STEPS_MAX);
        (void)app_settle(w->app);
    }
    (void)pthread_mutex_lock(&until->lock);
    while (!until->there)
        (void)pthread_cond_wait(&until->changed, &until->lock);
    (void)pthread_mutex_unlock(&until->lock);
}

result world_run(world *w, world_act *a)
{
    waiting until = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    act_call call = {.app = w->app,
                     .id = a->id,
                     .slot = a->slot,
                     .in = a->in,
                     .out = a->out,
                     .memory = a->memory,
                     .done = on_done,
                     .context = &until};
    result r = act_submit(&call);
    if (r != R_DONE)
        return r;
    wait_for(w, &until);
    a->detail = call.detail;
    return call.code;
}

uint64_t world_merchant(world *w, str name, str zone_name)
{
    merchant_put_in in = {
        .name = name, .zone = zone_name, .currency = S("USD"), .slot = slot_of_user(0, name)};
    row_out out = {0};
    world_act put = {
        .id = ACT_ID_merchant_put, .slot = in.slot, .in = &in, .out = &out, .memory = w->memory};
    result r = world_run(w, &put);
    CHECK(r == R_DONE);
    return out.id;
}

static void make_key(world *w, size_t kind)
{
    char secret[SECRET_KEY_LENGTH];
    secret_key_make(secret);
    w->keys[kind] = arena_str(w->memory, (str){secret, sizeof secret});
    hash128 h = secret_key_hash(w->keys[kind]);
    key_put_in in = {.hi = h.hi,
                     .lo = h.lo,
                     .merchant = kind == KIND_OPERATOR ? 0
                                 : kind == KIND_OTHER  ? w->other_merchant
                                                       : w->merchant,
                     .scopes = key_kinds[kind].scopes,
                     .name = key_kinds[kind].name};
    row_out out = {0};
    world_act put = {.id = ACT_ID_key_put,
                     .slot = slot_of_hash(in.hi),
                     .in = &in,
                     .out = &out,
                     .memory = w->memory};
    result r = world_run(w, &put);
    CHECK(r == R_DONE);
}

str world_key(const world *w, str scope)
{
    for (size_t i = 0; i < WORLD_KEYS; i++)
        if (str_eq(key_kinds[i].name, scope))
            return w->keys[i];
    CHECK(str_eq(scope, S("none")));
    return (str){NULL, 0};
}

/* ---- verify ---- */

enum { DIFFERENCES_SHOWN = 10 };

typedef struct seen_differences {
    buf *why;
    size_t n;
} seen_differences;

static void on_difference(void *context, const verify_difference *d)
{
    seen_differences *s = context;
    if (s->n++ < DIFFERENCES_SHOWN)
        buf_printf(s->why, "\n      %s %.*s %.*s: %.*s, not %.*s", d->check, STR_ARG(d->subject),
                   STR_ARG(d->field), STR_ARG(d->actual), STR_ARG(d->expected));
}

bool world_sound(world *w, buf *why)
{
    seen_differences s = {.why = why};
    verify_options options = {.context = &s, .found = on_difference};
    verify_summary summary;
    result r = verify_app(w->app, &options, &summary);
    if (r != R_DONE)
        buf_printf(why, "verify: %.*s", STR_ARG(result_code(r)));
    return r == R_DONE && s.n == 0;
}

/* ---- opening and closing ---- */

static int64_t on_clock(void *context)
{
    return atomic_load(&((world *)context)->clock_ms);
}

static void on_failed(void *context, result why)
{
    (void)context;
    fprintf(stderr, "the store failed: %.*s\n", STR_ARG(result_code(why)));
}

static const settings *default_settings(void)
{
    static const settings *kept; /* made once: settings live for ever */
    if (kept == NULL) {
        settings_sources none = {0};
        issues *problems = issues_new(arena_new(0));
        result r = settings_load(&none, problems, &kept);
        CHECK(r == R_DONE);
        log_set_level(LOG_ERROR);
    }
    return kept;
}

static void open_app(world *w, uint16_t lanes)
{
    app_options options = {.engine = w->engine.name,
                           .store = {.path = str_of(w->path),
                                     .lanes = lanes,
                                     .threads = !w->engine.stepped,
                                     .adversary = w->engine.adversary},
                           .zone_find = zone_find,
                           .clock_ms = on_clock,
                           .clock_context = w,
                           .failed = on_failed};
    buf why;
    buf_init(&why, 4096);
    result r = app_open(&options, &w->app, &why);
    if (r != R_DONE)
        fprintf(stderr, "open: %.*s\n", STR_ARG(buf_view(&why)));
    CHECK(r == R_DONE);
    buf_free(&why);
}

static void open_http(world *w)
{
    enum { LOOPS = 2 };
    if (w->engine.stepped)
        return;
    w->api = api_new(w->app, default_settings());
    api_set_ready(w->api, true);
    http_options options = http_options_default();
    options.loops = LOOPS;
    http_service service = {.context = w->api, .handle = api_handle, .body_max = api_body_max};
    result r = http_server_start(&options, &service, &w->http, NULL);
    CHECK(r == R_DONE);
}

static void make_path(world *w)
{
    const char *base = getenv("TMPDIR");
    w->path[0] = '\0';
    if (!str_eq(w->engine.name, S("rocks")))
        return;
    int n = snprintf(w->path, sizeof w->path, "%s/quan-world-XXXXXX", base != NULL ? base : "/tmp");
    CHECK(n > 0 && n < (int)sizeof w->path && mkdtemp(w->path) != NULL);
}

void world_open(world *w, const world_engine *engine, int64_t now_ms)
{
    *w = (world){.engine = *engine, .memory = arena_new(0)};
    atomic_store(&w->clock_ms, now_ms - 1); /* so that lists show Shop first */
    make_path(w);
    open_app(w, engine->lanes == 0 ? WORLD_LANES : engine->lanes);
    w->merchant = world_merchant(w, S("Shop"), S("UTC"));
    atomic_store(&w->clock_ms, now_ms);
    w->other_merchant = world_merchant(w, S("Other shop"), S("UTC"));
    for (size_t i = 0; i < WORLD_KEYS; i++)
        make_key(w, i);
    open_http(w);
}

static void close_app(world *w)
{
    http_server_stop(w->http);
    api_free(w->api);
    app_close(w->app);
    w->http = NULL;
    w->api = NULL;
    w->app = NULL;
}

void world_restart(world *w)
{
    CHECK(w->path[0] != '\0');
    close_app(w);
    open_app(w, 0);
    open_http(w);
}

void world_close(world *w)
{
    close_app(w);
    if (w->path[0] != '\0')
        store_fixture_remove(w->path);
    arena_free(w->memory);
    w->memory = NULL;
}

uint16_t world_port(const world *w)
{
    return http_server_port(w->http);
}

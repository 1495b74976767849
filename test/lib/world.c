/* A whole server in this process: see world.h. */
#include "test/lib/world.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "api/api.h"
#include "api/event.h"
#include "app/backup.h"
#include "app/sweep.h"
#include "app/verify.h"
#include "base/id.h"
#include "job/job.h"
#include "port/log.h"
#include "port/secret.h"
#include "port/settings.h"
#include "port/zone.h"
#include "test/lib/database.h"
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
    out->several = str_eq(name, S("pg2"));
    if (out->several)
        name = S("pg");
    out->name = str_eq(name, S("mem")) ? S("mem") : str_eq(name, S("pg")) ? S("pg") : S("rocks");
    return rest.n == 0 && str_eq(name, out->name);
}

/* ---- whose turn it is ---- */

app *world_app(const world *w)
{
    return w->servers[w->turn].app;
}

void world_follow(const world *w, size_t number)
{
    app_follow(w->servers[number].app);
}

uint64_t world_known(const world *w, size_t number)
{
    return app_config_edits(w->servers[number].app);
}

void world_turn(world *w)
{
    if (w->server_count <= 1)
        return;
    w->dice = w->dice * UINT64_C(6364136223846793005) + 1442695040888963407;
    w->turn = (w->dice >> 33) % w->server_count;
    world_follow(w, w->turn);
}

static void tick_all(world *w)
{
    for (size_t i = 0; i < w->server_count; i++)
        app_tick(w->servers[i].app);
}

void world_disturb(world *w, uint64_t dice)
{
    static const uint32_t owned[][WORLD_SERVERS] = {
        {0x5555, 0xaaaa}, {0xffff, 0xffff}, {0, 0}, {0xffff, 0}, {0x3333, 0x6666}};
    const uint32_t *now = owned[dice % ARRAY_LEN(owned)];
    w->disturbed = dice != 0;
    atomic_store(&w->wire.fate, dice >> 32 & 1 ? WIRE_CUT : WIRE_WHOLE);
    peer_wire_own(&w->wire, now[0], now[1]);
    tick_all(w); /* each looks at what has become its own */
    (void)app_settle(w->servers[0].app);
}

/* Nothing moves: what is parked runs into its deadline. Where servers do not agree, one that waits
 * may not have been woken (decision 25), and asks anew when he is told the time. */
static void let_time_go_by(world *w)
{
    enum { STEP_MS = 100 };
    if (!w->disturbed) {
        atomic_store(&w->clock_ms, app_now_ms(w->servers[0].app) + 1);
        return;
    }
    atomic_store(&w->clock_ms, app_now_ms(w->servers[0].app) + STEP_MS);
    tick_all(w);
}

/* ---- acts ---- */

typedef struct waiting {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    size_t left;
} waiting;

static void on_done(act_call *call)
{
    waiting *w = call->context;
    (void)pthread_mutex_lock(&w->lock);
    w->left--;
    (void)pthread_cond_signal(&w->changed);
    (void)pthread_mutex_unlock(&w->lock);
}

static void wait_for(world *w, waiting *until)
{
    enum { STEPS_MAX = 1000000 };
    bool rests = !w->engine.stepped;
    for (int steps = 0; !rests; steps++) {
        CHECK(steps < STEPS_MAX);                       /* it goes in circles */
        bool moved = app_settle(w->servers[0].app) > 0; /* of several, it steps all */
        rests = !moved && until->left == 0;
        if (!moved && until->left > 0)
            let_time_go_by(w);
    }
    (void)pthread_mutex_lock(&until->lock);
    while (until->left > 0)
        (void)pthread_cond_wait(&until->changed, &until->lock);
    (void)pthread_mutex_unlock(&until->lock);
}

static void submit(world *w, const world_act *a, waiting *until, act_call *call)
{
    if (a->at == NULL)
        world_turn(w);
    *call = (act_call){.app = a->at == NULL ? world_app(w) : a->at,
                       .id = a->id,
                       .slot = a->slot,
                       .in = a->in,
                       .out = a->out,
                       .memory = a->memory,
                       .key = a->key,
                       .done = on_done,
                       .context = until};
    result r = a->reserve == NULL ? act_submit(call) : reserve_submit(call, a->reserve);
    if (r == R_DONE)
        return;
    call->code = r;
    on_done(call);
}

void world_run_many(world *w, world_act *const *acts, size_t n)
{
    enum { ACTS_MAX = 64 };
    waiting until = {
        .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER, .left = n};
    act_call calls[ACTS_MAX];
    CHECK(n <= ACTS_MAX);
    for (size_t i = 0; i < n; i++)
        submit(w, acts[i], &until, &calls[i]);
    wait_for(w, &until);
    for (size_t i = 0; i < n; i++) {
        acts[i]->code = calls[i].code;
        acts[i]->replayed = calls[i].replayed;
        acts[i]->detail = calls[i].detail;
    }
}

result world_run(world *w, world_act *a)
{
    world_run_many(w, &a, 1);
    return a->code;
}

uint64_t world_merchant(world *w, str name, str zone_name)
{
    merchant_put_in in = {.name = name,
                          .zone = zone_name,
                          .currency = S("USD"),
                          .slot = slot_of_user(0, name),
                          .secret = S("0123456789abcdef0123456789abcdef")};
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

static bool verify_once(world *w, buf *why)
{
    seen_differences s = {.why = why};
    verify_options options = {.context = &s, .found = on_difference};
    verify_summary summary;
    result r = verify_app(world_app(w), &options, &summary);
    if (r != R_DONE)
        buf_printf(why, "verify: %.*s", STR_ARG(result_code(r)));
    return r == R_DONE && s.n == 0;
}

/* A view of several databases is of each at a moment of its own: what goes from one to another just
 * then may be seen in neither. It arrives; a flaw stays. */
bool world_sound(world *w, buf *why)
{
    enum { TRIES = 40, PAUSE_MS = 25 };
    bool sound = verify_once(w, why);
    for (int i = 0; i < TRIES && !sound && w->urls[0].n > 0 && !w->engine.stepped; i++) {
        nanosleep(&(struct timespec){.tv_nsec = PAUSE_MS * 1000000L}, NULL);
        buf_clear(why);
        sound = verify_once(w, why);
    }
    return sound;
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

/* Settings live as long as the world. */
static const settings *settings_of(world *w)
{
    const settings *made;
    settings_sources from = {.count = (int)w->flag_count, .arguments = w->flags};
    result r = settings_load(&from, issues_new(w->memory), &made);
    CHECK(r == R_DONE);
    log_set_level(LOG_ERROR);
    return made;
}

/* As if the setting code_key_file named a key, unless the test says that it names none. */
static str code_key_of(const world *w)
{
    for (size_t i = 0; i < w->flag_count; i++)
        if (strcmp(w->flags[i], "--code-key-file=") == 0)
            return (str){NULL, 0};
    return S("the master key of a test: 32 by.");
}

static app_options options_of(world *w, uint16_t lanes)
{
    return (app_options){.engine = w->engine.name,
                         .store = {.path = str_of(w->path),
                                   .urls = w->urls,
                                   .lanes = lanes,
                                   .shards = w->urls[0].n > 0 ? WORLD_SHARDS : 0,
                                   .fill = SLOT_FILL_VIVO, /* lanes as without shards */
                                   .threads = !w->engine.stepped,
                                   .adversary = w->engine.adversary},
                         .code_key = code_key_of(w),
                         .zone_find = zone_find,
                         .clock_ms = on_clock,
                         .clock_context = w,
                         .failed = on_failed};
}

static void open_app(world *w, size_t number, uint16_t lanes)
{
    app_options options = options_of(w, lanes);
    app **made = &w->servers[number].app;
    buf why;
    buf_init(&why, 4096);
    options.store.several = w->engine.several;
    options.peers = w->engine.several ? &w->wire.ends[number].peers : NULL;
    result r = app_open(&options, made, &why);
    if (r != R_DONE)
        fprintf(stderr, "open: %.*s\n", STR_ARG(buf_view(&why)));
    CHECK(r == R_DONE);
    buf_free(&why);
    if (w->engine.several)
        peer_wire_join(&w->wire, (int)number, *made);
}

static void open_http(world *w, world_server *s)
{
    enum { LOOPS = 2 };
    if (w->engine.stepped)
        return;
    s->api = api_new(s->app, settings_of(w));
    api_set_ready(s->api, true);
    http_options options = http_options_default();
    options.loops = LOOPS;
    http_service service = {.context = s->api, .handle = api_handle, .body_max = api_body_max};
    result r = http_server_start(&options, &service, &s->http, NULL);
    CHECK(r == R_DONE);
}

/* What the job `tick` does; others run when the test says so. */
static void *tick(void *context)
{
    enum { TICK_MS = 50 };
    world *w = context;
    while (atomic_load(&w->ticking)) {
        tick_all(w);
        nanosleep(&(struct timespec){.tv_nsec = TICK_MS * 1000000L}, NULL);
    }
    return NULL;
}

static void start_ticking(world *w)
{
    if (!w->engine.several || w->engine.stepped)
        return;
    atomic_store(&w->ticking, true);
    CHECK(pthread_create(&w->ticker, NULL, tick, w) == 0);
}

static void stop_ticking(world *w)
{
    if (atomic_exchange(&w->ticking, false))
        CHECK(pthread_join(w->ticker, NULL) == 0);
}

static void make_directory(const char *name, char out[WORLD_PATH_MAX])
{
    const char *base = getenv("TMPDIR");
    int n = snprintf(out, WORLD_PATH_MAX, "%s/%s-XXXXXX", base != NULL ? base : "/tmp", name);
    CHECK(n > 0 && n < WORLD_PATH_MAX && mkdtemp(out) != NULL);
}

static void make_path(world *w)
{
    w->path[0] = '\0';
    if (str_eq(w->engine.name, S("rocks")))
        make_directory("quan-world", w->path);
    for (size_t i = 0; i < WORLD_SHARDS && str_eq(w->engine.name, S("pg")); i++)
        w->urls[i] = str_of(database_take());
}

void world_open(world *w, const world_engine *engine, int64_t now_ms)
{
    *w = (world){.engine = *engine, .memory = arena_new(0)};
    atomic_store(&w->clock_ms, now_ms - 1); /* so that lists show Shop first */
    make_path(w);
    w->server_count = engine->several ? WORLD_SERVERS : 1;
    peer_wire_init(&w->wire, engine->stepped);
    for (size_t i = 0; i < w->server_count; i++)
        open_app(w, i, engine->lanes == 0 ? WORLD_LANES : engine->lanes);
    start_ticking(w);
    w->merchant = world_merchant(w, S("Shop"), S("UTC"));
    atomic_store(&w->clock_ms, now_ms);
    w->other_merchant = world_merchant(w, S("Other shop"), S("UTC"));
    for (size_t i = 0; i < WORLD_KEYS && !engine->stepped; i++)
        make_key(w, i); /* of random bytes: what is stepped is the same each time */
    for (size_t i = 0; i < w->server_count; i++)
        open_http(w, &w->servers[i]);
}

static void close_http(world_server *s)
{
    http_server_stop(s->http);
    api_free(s->api);
    s->http = NULL;
    s->api = NULL;
}

static void close_server(world *w, size_t number)
{
    world_server *s = &w->servers[number];
    close_http(s);
    jobs_stop(s->jobs);
    if (w->engine.several)
        peer_wire_leave(&w->wire, (int)number);
    app_close(s->app);
    s->jobs = NULL;
    s->app = NULL;
}

void world_set(world *w, str name, str value)
{
    char *flag =
        arena_z(w->memory, arena_printf(w->memory, "--%.*s=%.*s", STR_ARG(name), STR_ARG(value)));
    size_t named = 2 + name.n + 1, at = 0;
    for (size_t i = 0; i < named; i++)
        flag[i] = flag[i] == '_' ? '-' : flag[i];
    while (at < w->flag_count && strncmp(w->flags[at], flag, named) != 0)
        at++;
    CHECK(at < WORLD_FLAGS_MAX);
    w->flags[at] = flag;
    w->flag_count += at == w->flag_count;
    for (size_t i = 0; i < w->server_count; i++) {
        close_http(&w->servers[i]);
        open_http(w, &w->servers[i]);
    }
}

void world_run_jobs(world *w)
{
    for (size_t i = 0; i < w->server_count; i++) {
        world_server *s = &w->servers[i];
        CHECK(s->jobs == NULL);
        s->jobs = jobs_start(s->app, settings_of(w), event_json);
    }
}

/* Each sweeps its own lanes, and leaves some to do in those of the other. */
bool world_sweep(world *w)
{
    sweep_totals totals;
    uint64_t blocks;
    bool good = true;
    do {
        blocks = 0;
        for (size_t i = 0; i < w->server_count && good; i++) {
            app *a = w->servers[i].app;
            good = sweep_all(a, app_now_ms(a), &totals) == R_DONE;
            blocks += totals.blocks;
        }
    } while (good && blocks > 0 && w->server_count > 1);
    return good;
}

const char *world_folder(world *w)
{
    if (w->path[0] == '\0')
        return NULL;
    if (w->folder[0] == '\0')
        make_directory("quan-files", w->folder);
    return w->folder;
}

bool world_restore(world *w, str backup)
{
    char data[WORLD_PATH_MAX];
    make_directory("quan-world", data);
    app_options options = options_of(w, 0);
    backup_restore wish = {.from = backup, .data = str_of(data), .open = &options};
    backup_report report;
    buf why;
    buf_init(&why, 4096);
    result r = backup_bring_back(&wish, &report, &why);
    if (r != R_DONE)
        fprintf(stderr, "restore: %.*s\n", STR_ARG(buf_view(&why)));
    buf_free(&why);
    if (r != R_DONE) {
        store_fixture_remove(data);
        return false;
    }
    close_server(w, 0);
    store_fixture_remove(w->path);
    memcpy(w->path, data, sizeof data);
    open_app(w, 0, 0);
    open_http(w, &w->servers[0]);
    return true;
}

void world_restart(world *w)
{
    CHECK(w->path[0] != '\0' || w->urls[0].n > 0);
    stop_ticking(w);
    for (size_t i = 0; i < w->server_count; i++) {
        close_server(w, i);
        open_app(w, i, 0);
        open_http(w, &w->servers[i]);
    }
    start_ticking(w);
}

void world_close(world *w)
{
    stop_ticking(w);
    for (size_t i = 0; i < w->server_count; i++)
        close_server(w, i);
    peer_wire_free(&w->wire);
    if (w->path[0] != '\0')
        store_fixture_remove(w->path);
    for (size_t i = 0; i < WORLD_SHARDS; i++)
        database_give(w->urls[i].p);
    if (w->folder[0] != '\0')
        store_fixture_remove(w->folder);
    arena_free(w->memory);
    w->memory = NULL;
}

uint16_t world_port(const world *w, size_t number)
{
    return http_server_port(w->servers[number].http);
}

/* `quan serve`: settings, store, API, listening, and an orderly end. Whoever started it is told
 * when requests are answered, by --ready-file and as systemd wants it (port/supervisor.h).
 *
 * Order of the end: tell the peers; stop listening and let requests inside finish; stop the
 * background jobs; drain the lanes; close. It has drain_timeout_ms for the requests and
 * STOP_GRACE_MS beyond it; a second signal ends it at once. When the store fails nothing is
 * acknowledged any more (the lanes see to that), and the process ends with CLI_STORE_FAILED, so
 * that a supervisor starts it again. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "api/event.h"
#include "app/quarantine.h"
#include "cli/cli.h"
#include "cli/serve_peers.h"
#include "cli/stop.h"
#include "port/clock.h"
#include "port/http.h"
#include "port/log.h"
#include "port/metric.h"
#include "port/notify.h"
#include "port/supervisor.h"

enum {
    STOP_GRACE_MS = 10000,
    STOP_FAILED_MS = 2000, /* for the answers in flight when the store has failed */
    FILES_OF_STORE = 2048,
};

typedef struct server {
    cli_context *context;
    const char *ready_file; /* NULL: none */
    app *app;
    peering *peering; /* NULL: it is alone */
    void *api;
    http_server *http;
    void *jobs;
    str url;
} server;

enum { KEY_READY_FILE = 1 };
static const struct argp_option serve_options[] = {
    {.name = "ready-file",
     .key = KEY_READY_FILE,
     .arg = "PATH",
     .doc = "Write the URL here once requests are answered; removed at the end"},
    {0}};

static error_t serve_option(int key, char *argument, struct argp_state *state)
{
    server *s = state->input;
    if (key != KEY_READY_FILE)
        return ARGP_ERR_UNKNOWN;
    s->ready_file = argument;
    return 0;
}

/* As many open files as the system lets us have, up to what connections and tables need. */
static void raise_files(const settings *s)
{
    rlim_t needed = (rlim_t)settings_int(s, SETTING_connections_max) + FILES_OF_STORE;
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= needed)
        return;
    limit.rlim_cur = limit.rlim_max < needed ? limit.rlim_max : needed;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur < needed)
        log_event(LOG_WARN, "few open files allowed", log_u64("limit", limit.rlim_cur),
                  log_u64("needed", needed));
}

/* A name that is nearly right would otherwise seem to work. What other commands read is none. */
static void tell_ignored(const settings *s)
{
    for (size_t i = 0; settings_ignored(s, i).n > 0; i++)
        if (!cli_variable_is_known(settings_ignored(s, i)))
            log_event(LOG_WARN, "no setting has this name: it is ignored",
                      log_str("variable", settings_ignored(s, i)));
}

static void collect_store(void *context)
{
    store_metrics m;
    store_metrics_read(app_store(context), &m);
    metric_set(METRIC_STORE_BATCHES, (int64_t)m.batches);
    metric_set(METRIC_STORE_REQUESTS, (int64_t)m.requests);
    metric_set(METRIC_STORE_ABORTS, (int64_t)m.aborts);
    metric_set(METRIC_STORE_PARKED, (int64_t)m.parked_now);
    metric_set(METRIC_STORE_QUEUED, (int64_t)m.queued_now);
    metric_set(METRIC_STORE_PUTS, (int64_t)m.puts);
    metric_set(METRIC_STORE_DELETES, (int64_t)m.deletes);
    metric_set(METRIC_STORE_BYTES, (int64_t)m.bytes_written);
    metric_set(METRIC_STORE_SYNCS, (int64_t)m.syncs);
    metric_set(METRIC_STORE_TRIPS, (int64_t)m.trips);
    metric_set(METRIC_STORE_VIEW_TRIPS, (int64_t)m.view_trips);
    metric_set(METRIC_STORE_CACHE_USED, (int64_t)m.cache_used);
    metric_set(METRIC_STORE_CACHE_MAX, (int64_t)m.cache_max);
    metric_set(METRIC_STORE_INDEXES, (int64_t)m.indexes);
    metric_set(METRIC_STORE_UNFLUSHED, (int64_t)m.unflushed);
    metric_set(METRIC_STORE_FILES, (int64_t)m.files);
    metric_set(METRIC_STORE_VIEWS_REPLICA, (int64_t)m.replica_views);
    metric_set(METRIC_STORE_VIEWS_PRIMARY, (int64_t)m.primary_views);
    metric_set(METRIC_STORE_FULL, m.full);
    for (uint16_t i = 0; i < STORE_SHARDS_MAX; i++)
        metric_set(METRIC_STORE_AWAY_0 + i, m.away[i]);
    metric_set(METRIC_QUARANTINED, (int64_t)quarantine_count(context));
    metric_set(METRIC_LOG_DROPPED, (int64_t)log_dropped());
}

static unsigned loops_default(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN) / 2;
    return n < 1 ? 1 : n > HTTP_LOOPS_MAX ? HTTP_LOOPS_MAX : (unsigned)n;
}

static http_options http_settings(const settings *s)
{
    http_options o = http_options_default();
    int64_t loops = settings_int(s, SETTING_loops);
    o.address = settings_text(s, SETTING_http_address);
    o.port = (uint16_t)settings_int(s, SETTING_http_port);
    o.loops = loops == 0 ? loops_default() : (unsigned)loops;
    o.connections_max = (uint32_t)settings_int(s, SETTING_connections_max);
    o.head_bytes_max = (size_t)settings_int(s, SETTING_head_max);
    o.body_max = (size_t)settings_int(s, SETTING_body_max);
    o.body_memory_max = (size_t)settings_int(s, SETTING_body_memory_mb) << 20;
    o.head_timeout_ms = settings_int(s, SETTING_head_timeout_ms);
    o.body_timeout_ms = settings_int(s, SETTING_body_timeout_ms);
    o.idle_timeout_ms = settings_int(s, SETTING_idle_timeout_ms);
    o.write_timeout_ms = settings_int(s, SETTING_write_timeout_ms);
    return o;
}

static cli_exit listen_now(server *s)
{
    http_options options = http_settings(s->context->settings);
    http_service service = s->context->wiring->api_service(s->api);
    buf why;
    buf_init(&why, 4096);
    result r = http_server_start(&options, &service, &s->http, &why);
    cli_exit code = CLI_OK;
    if (r != R_DONE)
        code = cli_fail(s->context, CLI_ENVIRONMENT, "the server %.*s", STR_ARG(buf_view(&why)));
    buf_free(&why);
    if (code != CLI_OK)
        return code;
    bool v6 = memchr(options.address.p, ':', options.address.n) != NULL;
    s->url = arena_printf(s->context->memory, v6 ? "http://[%.*s]:%u" : "http://%.*s:%u",
                          STR_ARG(options.address), http_server_port(s->http));
    return CLI_OK;
}

/* Keys are made by people: none appears by itself. */
static bool has_keys(app *a)
{
    arena *memory = arena_new(0);
    app_view view;
    bool has = true; /* also when nobody can tell */
    if (app_view_open(a, memory, &view) == R_DONE) {
        api_key from = {0};
        void *first;
        uow_range range = {.table = &api_key_table, .index = -1, .from = &from};
        size_t n = uow_scan(view.rows, &range, 1, &first);
        has = app_view_close(&view) != R_DONE || n == 1;
    }
    arena_free(memory);
    return has;
}

static cli_exit check_webhooks(const cli_context *c)
{
    notify_rules rules;
    if (notify_rules_read(settings_text(c->settings, SETTING_webhook_ports),
                          settings_text(c->settings, SETTING_webhook_networks), &rules))
        return CLI_OK;
    return cli_fail(
        c, CLI_USAGE,
        "webhook_ports or webhook_networks: at most %d ports, %d networks as 10.1.0.0/16",
        NOTIFY_PORTS_MAX, NOTIFY_NETWORKS_MAX);
}

static cli_exit start(server *s)
{
    cli_context *c = s->context;
    app_options options = {.failed = stop_store_failed};
    int64_t began = clock_monotonic_ms();
    cli_exit code = check_webhooks(c);
    if (code == CLI_OK)
        code = serve_peers_read(c, &s->peering);
    options.store.several = s->peering != NULL;
    options.state = settings_text(c->settings, SETTING_state);
    options.peers = s->peering == NULL ? NULL : peering_peers(s->peering);
    if (code == CLI_OK)
        code = cli_open_with(c, true, &options, &s->app);
    if (code == CLI_OK && s->peering != NULL)
        code = serve_peers_start(c, s->peering, s->app);
    if (code != CLI_OK)
        return code;
    metric_on_collect(collect_store, s->app);
    metric_set(METRIC_PROCESS_START, clock_wall_ms() / 1000);
    s->api = c->wiring->api_new(s->app, c->settings);
    code = listen_now(s);
    if (code != CLI_OK)
        return code;
    if (c->wiring->jobs_start != NULL)
        s->jobs = c->wiring->jobs_start(s->app, c->settings, event_json);
    if (!has_keys(s->app))
        log_event(LOG_WARN, "no API key yet: stop the server and make one",
                  log_str("command", S("quan admin key create --operator")));
    c->wiring->api_set_ready(s->api, true);
    log_event(LOG_INFO, "ready", log_str("url", s->url), log_str("version", S(QUAN_VERSION)),
              log_u64("lanes", store_lanes(app_store(s->app))),
              log_str("data", options.store.urls != NULL ? S("databases") : options.store.path),
              log_str("peer_name", settings_text(c->settings, SETTING_peer_name)),
              log_i64("started_in_ms", clock_monotonic_ms() - began));
    return CLI_OK;
}

/* Whole or not at all: who waits for the file must not read half of a line. */
static cli_exit write_ready_file(const server *s)
{
    arena *m = s->context->memory;
    const char *temporary = arena_printf(m, "%s.new", s->ready_file).p;
    FILE *f = fopen(temporary, "we");
    bool good = f != NULL && fprintf(f, "%.*s\n", STR_ARG(s->url)) > 0;
    good = f != NULL && fclose(f) == 0 && good;
    if (!good || rename(temporary, s->ready_file) != 0)
        return cli_fail(s->context, CLI_ENVIRONMENT, "%s cannot be written: %s", s->ready_file,
                        strerror(errno));
    return CLI_OK;
}

static void tell(const server *s, str lines)
{
    if (!supervisor_tell(s->context->environment, lines))
        log_event(LOG_WARN, "NOTIFY_SOCKET does not take a message", log_str("message", lines));
}

static cli_exit announce(const server *s)
{
    buf out;
    buf_init(&out, 4096);
    json_writer w = json_writer_on(&out);
    if (s->context->json) {
        json_begin_object(&w);
        json_key(&w, S("url"));
        json_put_str(&w, s->url);
        json_key(&w, S("version"));
        json_put_str(&w, S(QUAN_VERSION));
        json_end_object(&w);
        buf_char(&out, '\n');
    } else {
        buf_printf(&out, "quan is ready at %.*s\n", STR_ARG(s->url));
    }
    cli_exit code = cli_print(s->context, &out);
    buf_free(&out);
    if (code == CLI_OK && s->ready_file != NULL)
        code = write_ready_file(s);
    if (code == CLI_OK)
        tell(s, S("READY=1"));
    return code;
}

static void finish(server *s, bool orderly)
{
    const settings *set = s->context->settings;
    int64_t patience = orderly ? settings_int(set, SETTING_drain_timeout_ms) : STOP_FAILED_MS;
    stop_arm(patience + STOP_GRACE_MS);
    tell(s, S("STOPPING=1"));
    if (s->ready_file != NULL && s->url.n > 0)
        (void)remove(s->ready_file);
    if (s->api != NULL)
        s->context->wiring->api_set_ready(s->api, false);
    if (s->peering != NULL)
        peering_leave(s->peering);
    if (s->http != NULL && !http_server_drain(s->http, patience))
        log_event(LOG_WARN, "connections were cut off", log_i64("after_ms", patience));
    if (s->jobs != NULL)
        s->context->wiring->jobs_stop(s->jobs);
    if (s->app != NULL)
        app_drain(s->app);
    http_server_stop(s->http);
    s->context->wiring->api_free(s->api);
    if (s->peering != NULL)
        peering_stop(s->peering);
    app_close(s->app);
    peering_free(s->peering);
}

static cli_exit serve(server *s)
{
    cli_exit code = start(s);
    if (code == CLI_OK)
        code = announce(s);
    if (code == CLI_OK) {
        stop_reason why = stop_wait();
        if (why.failed != R_DONE)
            log_event(LOG_ERROR, "the store failed; stopping", log_result("why", why.failed));
        else
            log_event(LOG_INFO, "stopping", log_i64("signal", why.signal));
    }
    finish(s, stop_now().failed == R_DONE);
    result failed = stop_now().failed;
    if (code == CLI_OK && failed != R_DONE)
        code = CLI_STORE_FAILED;
    log_event(code == CLI_OK ? LOG_INFO : LOG_ERROR, "stopped", log_i64("status", code));
    return code;
}

cli_exit cli_serve(cli_context *c)
{
    server s = {.context = c};
    cli_exit code = cli_parse(c, &(cli_flags){.synopsis = "",
                                              .options = serve_options,
                                              .parse = serve_option,
                                              .into = &s,
                                              .settings = CLI_SETTINGS_ALL});
    if (code != CLI_OK)
        return code;
    log_level level;
    if (!log_level_parse(settings_text(c->settings, SETTING_log_level), &level))
        return cli_fail(c, CLI_USAGE, "log_level is not a level");
    stop_install();
    log_set_level(level);
    log_start(STDERR_FILENO);
    raise_files(c->settings);
    tell_ignored(c->settings);
    if (s.ready_file != NULL)
        (void)remove(s.ready_file); /* of a process that was killed */
    code = serve(&s);
    log_stop();
    return code;
}

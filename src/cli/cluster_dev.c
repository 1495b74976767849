/* `quan cluster dev`: servers that share a throw-away PostgreSQL shard with a synchronous replica,
 * and a light load on each, to try out what happens when one of them goes away. One command starts
 * it, and Ctrl-C ends and removes it.
 *
 * The address of the store names both nodes, so the server finds the replica when that has become
 * the primary; and no answer leaves before the replica has the commit, so nothing is lost by it. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/cluster.h"
#include "port/clock.h"
#include "port/disk.h"
#include "port/secret.h"

enum {
    SERVERS_DEFAULT = 2,
    SERVERS_MAX = 4,
    RATE_DEFAULT = 100,
    RATE_MAX = 1000000,
    PATIENCE_MS = 60000,
    LOOK_EVERY_MS = 20,
    WAIT_MS = 60000,
    ENVIRONMENT_MAX = 1024,
    SAID_MAX = 4096,
    OUT_MAX = 65536,
};

#define LOAD_SECONDS "86400"

typedef struct server {
    const char *name;
    uint16_t peer_port;
    int reserved;
    str url;
    pid_t pid, load; /* 0: it does not run */
} server;

typedef struct dev {
    cluster cluster;
    uint64_t rate; /* of the load, a second; 0: none */
    uint64_t server_count;
    server servers[SERVERS_MAX];
    const char *directory; /* of our own files */
    const char **environment;
    size_t environment_n;
} dev;

enum { KEY_RATE = 1, KEY_SERVERS };
static const struct argp_option options[] = {
    {.name = "rate",
     .key = KEY_RATE,
     .arg = "N",
     .doc = "Requests a second of the load, query : send : verify; 100; 0 for none"},
    {.name = "servers",
     .key = KEY_SERVERS,
     .arg = "N",
     .doc = "Servers that share the database; 2"},
    {0}};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    dev *d = state->input;
    str text = str_of(argument);
    if (key != KEY_RATE && key != KEY_SERVERS)
        return ARGP_ERR_UNKNOWN;
    if (key == KEY_RATE && (!str_to_u64(text, &d->rate) || d->rate > RATE_MAX))
        argp_error(state, "--rate is a number up to %d", RATE_MAX);
    if (key == KEY_SERVERS && (!str_to_u64(text, &d->server_count) || d->server_count < 1 ||
                               d->server_count > SERVERS_MAX))
        argp_error(state, "--servers is a number from 1 to %d", SERVERS_MAX);
    return 0;
}

/* ---- programs of our own ---- */

static const char *path_of(const dev *d, const char *name)
{
    return arena_printf(d->cluster.cli->memory, "%s/%s", d->directory, name).p;
}

static void add_variable(dev *d, const char *name, str value)
{
    str text = arena_printf(d->cluster.cli->memory, "%s=%.*s", name, STR_ARG(value));
    if (d->environment_n + 1 < ENVIRONMENT_MAX) /* the last one is NULL */
        d->environment[d->environment_n++] = text.p;
}

/* Secrets go to children this way, for an argument is there for everybody to read. Settings of
 * whoever runs this are about other stores. */
static void begin_environment(dev *d)
{
    const cluster *k = &d->cluster;
    d->environment = ARENA_ARRAY(k->cli->memory, const char *, ENVIRONMENT_MAX);
    const char *const *from = k->cli->environment;
    for (size_t i = 0; from[i] != NULL && d->environment_n + 1 < ENVIRONMENT_MAX; i++)
        if (!str_starts(str_of(from[i]), S("QUAN_")))
            d->environment[d->environment_n++] = from[i];
    add_variable(d, "QUAN_STORE",
                 arena_printf(k->cli->memory,
                              "postgresql://quan:%s@127.0.0.1:%u,127.0.0.1:%u/quan"
                              "?target_session_attrs=read-write",
                              k->password, k->nodes[0].port, k->nodes[1].port));
}

/* `quan` with these words; what it says goes to the file `log`. 0, after saying why. */
static pid_t start(dev *d, const char *const *words, const char *log)
{
    program p = {.arguments = words,
                 .environment = d->environment,
                 .directory = d->directory,
                 .output = path_of(d, log),
                 .last = SIGTERM};
    pid_t pid = program_start(&p);
    if (pid > 0)
        return pid;
    (void)cli_fail(d->cluster.cli, CLI_ENVIRONMENT, "%s cannot be started: %s", words[1],
                   strerror(errno));
    return 0;
}

static str read_file(const dev *d, const char *name)
{
    str text = {NULL, 0};
    buf why;
    buf_init(&why, SAID_MAX);
    result r = disk_read(str_of(path_of(d, name)), SAID_MAX, d->cluster.cli->memory, &text, &why);
    buf_free(&why);
    return r == R_DONE ? str_trim(text) : S("");
}

/* Until the child has ended, or for `ms`: is it gone? */
static bool wait_for(dev *d, pid_t child, int64_t ms, int *status)
{
    for (int64_t until = clock_monotonic_ms() + ms; !d->cluster.programs.stopped;) {
        pid_t pid;
        int64_t left = until - clock_monotonic_ms();
        program_event e = programs_next(&d->cluster.programs, left < 0 ? 0 : left, &pid, status);
        if (e == PROGRAM_ENDED && pid == child)
            return true;
        if (e == PROGRAM_ENDED)
            cluster_ended(&d->cluster, pid);
        if (e == PROGRAM_TIME)
            return false;
    }
    return false;
}

static cli_exit stopped(const dev *d, const char *what, const char *log)
{
    if (d->cluster.programs.stopped)
        return cli_fail(d->cluster.cli, CLI_FAILED, "stopped before it was ready");
    return cli_fail(d->cluster.cli, CLI_ENVIRONMENT, "%s failed: %.*s", what,
                    STR_ARG(read_file(d, log)));
}

/* What it makes: the first word of a line that begins so. */
static cli_exit ask(dev *d, const char *const *words, const char *log, str *out)
{
    int status = 0;
    pid_t pid = start(d, words, log);
    if (pid == 0)
        return CLI_ENVIRONMENT;
    if (!wait_for(d, pid, PATIENCE_MS, &status) || status != 0)
        return stopped(d, words[2], log);
    str said = read_file(d, log), line, begins = *out;
    while (str_cut(&said, '\n', &line))
        if (str_starts(line, begins) && str_cut(&line, ' ', out))
            return CLI_OK;
    return stopped(d, words[2], log);
}

/* ---- its parts ---- */

static cli_exit make_shop(dev *d, str *key)
{
    static const char *const merchant_words[] = {"/proc/self/exe", "admin", "merchant", "create",
                                                 "--name",         "Dev",   "--zone",   "UTC",
                                                 "--currency",     "USD",   NULL};
    str shop = S("mer_");
    cli_exit code = ask(d, merchant_words, "merchant", &shop);
    const char *const key_words[] = {"/proc/self/exe",
                                     "admin",
                                     "key",
                                     "create",
                                     "--name",
                                     "dev",
                                     "--merchant",
                                     code == CLI_OK ? arena_z(d->cluster.cli->memory, shop) : NULL,
                                     NULL};
    return code == CLI_OK ? ask(d, key_words, "key", key) : code;
}

/* What they know each other by: a list, and a secret that no other dev has. */
static cli_exit introduce(dev *d)
{
    arena *m = d->cluster.cli->memory;
    str all = S("");
    for (size_t i = 0; i < d->server_count; i++) {
        server *s = &d->servers[i];
        s->reserved = cluster_reserve(&s->peer_port);
        if (s->reserved < 0)
            return cli_fail(d->cluster.cli, CLI_ENVIRONMENT, "no free port of 127.0.0.1: %s",
                            strerror(errno));
        all = arena_printf(m, "%.*s%s%s=127.0.0.1:%u", STR_ARG(all), i == 0 ? "" : ",", s->name,
                           (unsigned)s->peer_port);
    }
    char secret[SECRET_KEY_LENGTH];
    const char *file = path_of(d, "secret");
    buf why;
    buf_init(&why, SAID_MAX);
    secret_key_make(secret);
    cli_exit code = CLI_OK;
    if (disk_write(str_of(file), (str){secret, sizeof(secret)}, &why) != R_DONE)
        code = cli_fail(d->cluster.cli, CLI_ENVIRONMENT, "%.*s", STR_ARG(buf_view(&why)));
    buf_free(&why);
    add_variable(d, "QUAN_PEERS", all);
    add_variable(d, "QUAN_PEER_SECRET_FILE", str_of(file));
    return code;
}

static const char *log_of(const dev *d, const server *s, const char *what)
{
    return arena_printf(d->cluster.cli->memory, "%s-%s.log", what, s->name).p;
}

static cli_exit serve(dev *d, server *s)
{
    const char *name = arena_printf(d->cluster.cli->memory, "%s.url", s->name).p;
    const char *ready = path_of(d, name), *log = log_of(d, s, "server");
    const char *peer_name = d->server_count > 1 ? "--peer-name" : NULL;
    const char *const words[] = {
        "/proc/self/exe", "serve", "--http-port", "0", "--ready-file", ready,
        peer_name,        s->name, NULL};
    s->pid = start(d, words, log);
    if (s->pid == 0)
        return CLI_ENVIRONMENT;
    for (int64_t until = clock_monotonic_ms() + PATIENCE_MS; clock_monotonic_ms() < until;) {
        int status;
        if (wait_for(d, s->pid, LOOK_EVERY_MS, &status)) {
            s->pid = 0;
            return stopped(d, "a server", log);
        }
        s->url = read_file(d, name);
        if (s->url.n > 0)
            return CLI_OK;
        if (d->cluster.programs.stopped)
            break;
    }
    return stopped(d, "a server", log);
}

static cli_exit begin_load(dev *d, server *s)
{
    arena *m = d->cluster.cli->memory;
    uint64_t rate = (d->rate + d->server_count - 1) / d->server_count;
    const char *const words[] = {"/proc/self/exe",
                                 "bench",
                                 "--server",
                                 arena_z(m, s->url),
                                 "--work",
                                 "mix",
                                 "--prepare",
                                 "1",
                                 "--connections",
                                 "4",
                                 "--rate",
                                 arena_printf(m, "%llu", (unsigned long long)rate).p,
                                 "--seconds",
                                 LOAD_SECONDS,
                                 NULL};
    if (d->rate == 0)
        return CLI_OK;
    s->load = start(d, words, log_of(d, s, "load"));
    return s->load > 0 ? CLI_OK : CLI_ENVIRONMENT;
}

static void show_server(json_writer *w, const server *s)
{
    json_begin_object(w);
    json_key(w, S("name"));
    json_put_str(w, str_of(s->name));
    json_key(w, S("url"));
    json_put_str(w, s->url);
    json_key(w, S("process"));
    json_put_i64(w, s->pid);
    json_end_object(w);
}

/* How to see one of several go. */
static void tell_servers(const dev *d, buf *out)
{
    const server *last = &d->servers[d->server_count - 1];
    if (d->server_count < 2)
        return;
    buf_printf(out,
               "%llu servers share the work, and the load. One is killed: the others go on.\n\n"
               "curl -sS $URL/metrics | grep quan_peers_alive\n"
               "kill -9 %d\n\n",
               (unsigned long long)d->server_count, last->pid);
}

static cli_exit show(const dev *d, str key)
{
    const cluster *k = &d->cluster;
    buf out;
    buf_init(&out, OUT_MAX);
    str replica = cluster_dsn_tcp(k, &k->nodes[1]);
    if (k->cli->json) {
        json_writer w = json_writer_on(&out);
        json_begin_object(&w);
        const struct {
            const char *name;
            str value;
        } texts[] = {{"url", d->servers[0].url},
                     {"key", key},
                     {"primary", cluster_dsn_tcp(k, &k->nodes[0])},
                     {"replica", replica},
                     {"logs", str_of(d->directory)}};
        for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
            json_key(&w, str_of(texts[i].name));
            json_put_str(&w, texts[i].value);
        }
        json_key(&w, S("primary_process"));
        json_put_i64(&w, k->nodes[0].pid);
        json_key(&w, S("servers"));
        json_begin_array(&w);
        for (size_t i = 0; i < d->server_count; i++)
            show_server(&w, &d->servers[i]);
        json_end_array(&w);
        json_end_object(&w);
        buf_char(&out, '\n');
    } else {
        buf_printf(&out,
                   "Quan is at %.*s; its coupons are in shard-0 of PostgreSQL, and in its replica "
                   "before\nany answer. Paste into another terminal:\n\n"
                   "URL=%.*s KEY=%.*s\n"
                   "curl -sS -H \"Authorization: Bearer $KEY\" \"$URL/v1/events?limit=3\"\n"
                   "tail -f %s/server-*.log\n\n",
                   STR_ARG(d->servers[0].url), STR_ARG(d->servers[0].url), STR_ARG(key),
                   d->directory);
        tell_servers(d, &out);
        buf_printf(&out,
                   "A failover: the primary is killed, and writes get 503; the replica takes its "
                   "place, and they\nare served again.\n\n"
                   "kill -9 %d\n"
                   "psql '%.*s' -c 'SELECT pg_promote()'\n\n"
                   "Ctrl-C stops all of it and removes it.\n",
                   k->nodes[0].pid, STR_ARG(replica));
    }
    cli_exit code = cli_print(k->cli, &out);
    buf_free(&out);
    return code;
}

/* ---- the command ---- */

static cli_exit make(dev *d)
{
    cluster *k = &d->cluster;
    cli_exit code = cluster_open(k, false);
    if (code != CLI_OK)
        return code;
    str base = cli_variable(k->cli, S("TMPDIR"));
    char *made = arena_z(k->cli->memory, arena_printf(k->cli->memory, "%.*s/quan-dev-XXXXXX",
                                                      STR_ARG(base.n == 0 ? S("/tmp") : base)));
    if (mkdtemp(made) == NULL)
        return cli_fail(k->cli, CLI_ENVIRONMENT, "%s cannot be made: %s", made, strerror(errno));
    d->directory = made;
    begin_environment(d);
    str key = S("qk_");
    code = make_shop(d, &key);
    if (code == CLI_OK && d->server_count > 1)
        code = introduce(d);
    for (size_t i = 0; code == CLI_OK && i < d->server_count; i++)
        code = serve(d, &d->servers[i]);
    if (code == CLI_OK)
        add_variable(d, "QUAN_KEY", key);
    for (size_t i = 0; code == CLI_OK && i < d->server_count; i++)
        code = begin_load(d, &d->servers[i]);
    return code == CLI_OK ? show(d, key) : code;
}

/* False: the last server has ended. */
static bool tell_ended(dev *d, pid_t pid)
{
    bool some = false;
    for (size_t i = 0; i < d->server_count; i++) {
        server *s = &d->servers[i];
        if (pid == s->load) {
            s->load = 0;
            fprintf(stderr, "quan: the load on server %s has ended: %.*s\n", s->name,
                    STR_ARG(read_file(d, log_of(d, s, "load"))));
        }
        if (pid == s->pid) {
            s->pid = 0;
            fprintf(stderr, "quan: server %s has ended\n", s->name);
        }
        some = some || s->pid > 0;
    }
    return some;
}

/* Tells what ends. Without a server there is nothing left to try. */
static cli_exit go_on(dev *d)
{
    cluster *k = &d->cluster;
    while (!k->programs.stopped) {
        pid_t pid;
        int status;
        if (programs_next(&k->programs, WAIT_MS, &pid, &status) != PROGRAM_ENDED)
            continue;
        for (size_t i = 0; i < k->n; i++)
            if (k->nodes[i].pid == pid)
                fprintf(stderr, "quan: %s has ended\n", k->nodes[i].name);
        if (!tell_ended(d, pid))
            return stopped(d, "the last server", log_of(d, &d->servers[0], "server"));
        cluster_ended(k, pid);
    }
    return CLI_OK;
}

/* The servers have time to answer what is inside. */
static void end(dev *d)
{
    int status;
    d->cluster.programs.stopped = false; /* a second signal is for this */
    for (size_t i = 0; i < d->server_count; i++) {
        if (d->servers[i].load > 0)
            (void)kill(d->servers[i].load, SIGTERM);
        if (d->servers[i].reserved > 0)
            (void)close(d->servers[i].reserved);
    }
    for (size_t i = 0; i < d->server_count; i++) {
        if (d->servers[i].pid <= 0)
            continue;
        (void)kill(d->servers[i].pid, SIGTERM);
        (void)wait_for(d, d->servers[i].pid, PATIENCE_MS, &status);
    }
    if (d->directory != NULL)
        disk_remove_flat(str_of(d->directory));
}

cli_exit cli_cluster_dev(cli_context *c)
{
    dev *d = ARENA_NEW(c->memory, dev);
    d->rate = RATE_DEFAULT;
    d->server_count = SERVERS_DEFAULT;
    static const char *const names[SERVERS_MAX] = {"a", "b", "c", "d"};
    for (size_t i = 0; i < SERVERS_MAX; i++)
        d->servers[i].name = names[i];
    d->cluster.cli = c;
    d->cluster.options = (cluster_options){.shards = 1, .replicas = true, .synchronous = true};
    cli_exit code =
        cli_parse(c, &(cli_flags){.synopsis = "", .options = options, .parse = parse, .into = d});
    if (code != CLI_OK)
        return code;
    code = make(d);
    code = code == CLI_OK ? go_on(d) : code;
    end(d);
    cli_exit closed = cluster_close(&d->cluster);
    return code == CLI_OK ? closed : code;
}

/* See cluster_dev.h. Its own files are readable by nobody else: a secret and a password are in them
 * and in the environment of its children, not in their arguments. */
#include "cli/cluster_dev.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "port/clock.h"
#include "port/disk.h"
#include "port/secret.h"

enum { LOOK_EVERY_MS = 20, SAID_MAX = 4096, LOAD_WORDS_MAX = 32 };

#define LOAD_LOG   "load.log"
#define VERIFY_LOG "verify.log"
#define DAY_S      "86400"

cluster_node *dev_node(dev *d, uint64_t shard, uint64_t r)
{
    return &d->cluster.nodes[shard * (1 + d->cluster.options.replicas) + r];
}

/* ---- programs of our own ---- */

static const char *path_of(const dev *d, const char *name)
{
    return arena_printf(d->cluster.cli->memory, "%s/%s", d->directory, name).p;
}

static void add_variable(dev *d, const char *name, str value)
{
    str text = arena_printf(d->cluster.cli->memory, "%s=%.*s", name, STR_ARG(value));
    if (d->environment_n + 1 < DEV_ENVIRONMENT_MAX) /* the last one is NULL */
        d->environment[d->environment_n++] = text.p;
}

/* A shard's address: all its nodes, so that the one that has become the primary is found. Replicas
 * first where it is for reading. */
static str address(dev *d, uint64_t shard, bool reading)
{
    arena *m = d->cluster.cli->memory;
    uint64_t nodes = 1 + d->cluster.options.replicas;
    str all = arena_printf(m, "postgresql://quan:%s@", d->cluster.password);
    for (uint64_t i = 0; i < nodes; i++) {
        uint64_t r = reading ? (i + 1) % nodes : i;
        all = arena_printf(m, "%.*s%s127.0.0.1:%u", STR_ARG(all), i == 0 ? "" : ",",
                           (unsigned)dev_node(d, shard, r)->port);
    }
    return arena_printf(m, "%.*s/quan%s", STR_ARG(all),
                        reading ? "" : "?target_session_attrs=read-write");
}

static str addresses(dev *d, bool reading)
{
    str all = S("");
    for (uint64_t i = 0; i < d->cluster.options.shards; i++)
        all = arena_printf(d->cluster.cli->memory, "%.*s%s%.*s", STR_ARG(all), i == 0 ? "" : ",",
                           STR_ARG(address(d, i, reading)));
    return all;
}

/* Secrets go to children this way, for an argument is there for everybody to read. Settings of
 * whoever runs this are about other stores. */
static void begin_environment(dev *d)
{
    const cluster *k = &d->cluster;
    d->environment = ARENA_ARRAY(k->cli->memory, const char *, DEV_ENVIRONMENT_MAX);
    const char *const *from = k->cli->environment;
    for (size_t i = 0; from[i] != NULL && d->environment_n + 1 < DEV_ENVIRONMENT_MAX; i++)
        if (!str_starts(str_of(from[i]), S("QUAN_")))
            d->environment[d->environment_n++] = from[i];
    add_variable(d, "QUAN_STORE", addresses(d, false));
    if (k->options.replicas > 0)
        add_variable(d, "QUAN_STORE_REPLICAS", addresses(d, true));
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

cli_exit dev_failed(const dev *d, const char *what, const char *log)
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
    if (!wait_for(d, pid, DEV_PATIENCE_MS, &status) || status != 0)
        return dev_failed(d, words[2], log);
    str said = read_file(d, log), line, begins = *out;
    while (str_cut(&said, '\n', &line))
        if (str_starts(line, begins) && str_cut(&line, ' ', out))
            return CLI_OK;
    return dev_failed(d, words[2], log);
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
        dev_server *s = &d->servers[i];
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

const char *dev_log(const dev *d, const dev_server *s)
{
    return arena_printf(d->cluster.cli->memory, "server-%s.log", s->name).p;
}

static cli_exit serve(dev *d, dev_server *s)
{
    const char *name = arena_printf(d->cluster.cli->memory, "%s.url", s->name).p;
    const char *ready = path_of(d, name), *log = dev_log(d, s);
    const char *peer_name = d->server_count > 1 ? "--peer-name" : NULL;
    const char *const words[] = {
        "/proc/self/exe", "serve", "--http-port", "0", "--ready-file", ready,
        peer_name,        s->name, NULL};
    s->pid = start(d, words, log);
    if (s->pid == 0)
        return CLI_ENVIRONMENT;
    for (int64_t until = clock_monotonic_ms() + DEV_PATIENCE_MS; clock_monotonic_ms() < until;) {
        int status;
        if (wait_for(d, s->pid, LOOK_EVERY_MS, &status)) {
            s->pid = 0;
            return dev_failed(d, "a server", log);
        }
        s->url = read_file(d, name);
        if (s->url.n > 0)
            return CLI_OK;
        if (d->cluster.programs.stopped)
            break;
    }
    return dev_failed(d, "a server", log);
}

/* On all servers at once, without anything in between. */
static cli_exit begin_load(dev *d)
{
    arena *m = d->cluster.cli->memory;
    const char *words[LOAD_WORDS_MAX] = {
        "/proc/self/exe", "bench", "--server",  arena_z(m, d->servers[0].url),
        "--work",         "mix",   "--prepare", "1",
        "--connections",  "8",     "--every",   "1",
        "--rate"};
    size_t n = 0;
    while (words[n] != NULL)
        n++;
    words[n++] = arena_printf(m, "%llu", (unsigned long long)d->rate).p;
    words[n++] = "--seconds";
    words[n++] =
        d->seconds == 0 ? DAY_S : arena_printf(m, "%llu", (unsigned long long)d->seconds).p;
    for (uint64_t i = 1; i < d->server_count; i++) {
        words[n++] = "--also";
        words[n++] = arena_z(m, d->servers[i].url);
    }
    CHECK(n < LOAD_WORDS_MAX);
    if (d->rate == 0)
        return CLI_OK;
    d->load = start(d, words, LOAD_LOG);
    return d->load > 0 ? CLI_OK : CLI_ENVIRONMENT;
}

void dev_tell_load(dev *d)
{
    char text[SAID_MAX];
    int fd = open(path_of(d, LOAD_LOG), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : pread(fd, text, sizeof(text), d->load_told);
    while (n > 0) {
        d->load_told += n;
        (void)fwrite(text, 1, (size_t)n, stderr);
        n = pread(fd, text, sizeof(text), d->load_told);
    }
    if (fd >= 0)
        (void)close(fd);
}

cli_exit dev_make(dev *d, str *key)
{
    cluster *k = &d->cluster;
    str base = str_of(k->options.directory);
    base = base.n == 0 ? cli_variable(k->cli, S("TMPDIR")) : base;
    char *made = arena_z(k->cli->memory, arena_printf(k->cli->memory, "%.*s/quan-dev-XXXXXX",
                                                      STR_ARG(base.n == 0 ? S("/tmp") : base)));
    if (mkdtemp(made) == NULL)
        return cli_fail(k->cli, CLI_ENVIRONMENT, "%s cannot be made: %s", made, strerror(errno));
    d->directory = made;
    begin_environment(d);
    *key = S("qk_");
    cli_exit code = make_shop(d, key);
    if (code == CLI_OK && d->server_count > 1)
        code = introduce(d);
    for (size_t i = 0; code == CLI_OK && i < d->server_count; i++)
        code = serve(d, &d->servers[i]);
    if (code == CLI_OK)
        add_variable(d, "QUAN_KEY", *key);
    return code == CLI_OK ? begin_load(d) : code;
}

void dev_stop(dev *d)
{
    int status;
    d->cluster.programs.stopped = false; /* a second signal is for this */
    if (d->load > 0) {
        (void)kill(d->load, SIGTERM);
        (void)wait_for(d, d->load, DEV_PATIENCE_MS, &status);
        dev_tell_load(d);
    }
    for (size_t i = 0; i < d->server_count; i++)
        if (d->servers[i].pid > 0)
            (void)kill(d->servers[i].pid, SIGTERM);
    for (size_t i = 0; i < d->server_count; i++)
        if (d->servers[i].pid > 0 && kill(d->servers[i].pid, 0) == 0)
            (void)wait_for(d, d->servers[i].pid, DEV_PATIENCE_MS, &status);
}

cli_exit dev_verify(dev *d)
{
    static const char *const words[] = {"/proc/self/exe", "verify", NULL};
    int status = 0;
    fprintf(stderr, "quan: recounting the store\n");
    pid_t pid = start(d, words, VERIFY_LOG);
    if (pid == 0)
        return CLI_ENVIRONMENT;
    if (!wait_for(d, pid, DEV_VERIFY_MS, &status) || !WIFEXITED(status))
        return cli_fail(d->cluster.cli, CLI_FAILED, "verify did not come to its end");
    str said = read_file(d, VERIFY_LOG);
    fprintf(stderr, "%.*s\n", STR_ARG(said));
    return (cli_exit)WEXITSTATUS(status);
}

void dev_clean(dev *d)
{
    for (size_t i = 0; i < d->server_count; i++)
        if (d->servers[i].reserved > 0)
            (void)close(d->servers[i].reserved);
    if (d->directory != NULL)
        disk_remove_flat(str_of(d->directory));
}

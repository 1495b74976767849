/* See cluster.h. Nodes of a kind are made at once, step by step: each step is a program of
 * PostgreSQL, and the next begins when all have done it. */
#include "cli/cluster.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "port/clock.h"
#include "port/random.h"

enum {
    STEP_PATIENCE_MS = 120000,
    READY_PATIENCE_MS = 60000,
    STOP_PATIENCE_MS = 20000,
    REMOVE_PATIENCE_MS = 240000, /* some thousand files a server, on a disk that others use */
    LOOK_EVERY_MS = 20,
    SAID_BYTES = 600,  /* of a log, for a message */
    SOCKET_PATH = 108, /* of sockaddr_un */
    ARGUMENTS_MAX = 2 * CLUSTER_SET_MAX + 48,
    PASSWORD_BYTES = 16,
};

#define SOCKET_LONGEST "/.s.PGSQL.65535.lock"

/* ---- nodes ---- */

cluster_node *cluster_find(cluster *k, str name)
{
    for (size_t i = 0; i < k->n; i++)
        if (str_eq(str_of(k->nodes[i].name), name))
            return &k->nodes[i];
    return NULL;
}

void cluster_ended(cluster *k, pid_t pid)
{
    for (size_t i = 0; i < k->n; i++) {
        cluster_node *node = &k->nodes[i];
        node->pid = node->pid == pid ? 0 : node->pid;
        node->task = node->task == pid ? 0 : node->task;
    }
}

/* A word of a connection string: in quotes, for a path may have anything in it. */
static void put_word(buf *out, const char *name, str value)
{
    buf_printf(out, "%s='", name);
    for (size_t i = 0; i < value.n; i++) {
        if (value.p[i] == '\'' || value.p[i] == '\\')
            buf_char(out, '\\');
        buf_char(out, value.p[i]);
    }
    buf_char(out, '\'');
}

static str socket_dsn(const cluster *k, const cluster_node *node, const char *database)
{
    buf out;
    buf_init(&out, 4096);
    put_word(&out, "host", str_of(k->directory));
    buf_printf(&out, " port=%u user=quan%s%s", node->port,
               database == NULL ? "" : " dbname=", database == NULL ? "" : database);
    str dsn = arena_str(k->cli->memory, buf_view(&out));
    buf_free(&out);
    return dsn;
}

str cluster_dsn(const cluster *k, const cluster_node *node)
{
    return socket_dsn(k, node, "quan");
}

str cluster_dsn_tcp(const cluster *k, const cluster_node *node)
{
    return arena_printf(k->cli->memory, "postgresql://quan:%s@127.0.0.1:%u/quan", k->password,
                        node->port);
}

/* Nobody listens on it, so that PostgreSQL, which allows addresses to be reused as we do, may. */
int cluster_reserve(uint16_t *port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof(at);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;
    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) == 0 &&
        bind(fd, (struct sockaddr *)&at, n) == 0 &&
        getsockname(fd, (struct sockaddr *)&at, &n) == 0) {
        *port = ntohs(at.sin_port);
        return fd;
    }
    if (fd >= 0)
        close(fd);
    return -1;
}

static bool add_node(cluster *k, const char *name, cluster_node *primary)
{
    cluster_node *node = &k->nodes[k->n++];
    *node = (cluster_node){.primary = primary, .reserved = -1};
    (void)snprintf(node->name, sizeof(node->name), "%s", name);
    node->data = arena_printf(k->cli->memory, "%s/%s", k->directory, name).p;
    node->log = arena_printf(k->cli->memory, "%s.log", node->data).p;
    node->reserved = cluster_reserve(&node->port);
    return node->reserved >= 0;
}

static cli_exit add_nodes(cluster *k)
{
    bool good = true;
    arena *m = k->cli->memory;
    for (uint64_t i = 0; good && i < k->options.shards; i++) {
        cluster_node *primary = &k->nodes[k->n];
        good = add_node(k, arena_printf(m, "shard-%llu", (unsigned long long)i).p, NULL);
        for (uint64_t r = 0; good && r < k->options.replicas; r++) {
            str number = r == 0 ? S("") : arena_printf(m, "-%llu", (unsigned long long)r + 1);
            good = add_node(k, arena_printf(m, "%s-replica%.*s", primary->name, STR_ARG(number)).p,
                            primary);
        }
    }
    return good ? CLI_OK
                : cli_fail(k->cli, CLI_ENVIRONMENT, "no free port of 127.0.0.1: %s",
                           strerror(errno));
}

/* ---- running ---- */

/* What its log ends with. */
static str said(const cluster *k, const cluster_node *node)
{
    char text[SAID_BYTES];
    int fd = open(node->log, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    off_t end = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
    ssize_t n = fd < 0 ? 0
                       : pread(fd, text, sizeof(text),
                               end > (off_t)sizeof(text) ? end - (off_t)sizeof(text) : 0);
    if (fd >= 0)
        (void)close(fd);
    str all = str_trim((str){text, n < 0 ? 0 : (size_t)n}), line;
    if (end > (off_t)sizeof(text))
        (void)str_cut(&all, '\n', &line); /* not from the middle of a line */
    return all.n == 0 ? S("it said nothing") : arena_str(k->cli->memory, all);
}

static cli_exit failed(cluster *k, const cluster_node *node, const char *what)
{
    return cli_fail(k->cli, CLI_ENVIRONMENT, "%s of %s failed: %.*s", what, node->name,
                    STR_ARG(said(k, node)));
}

static cli_exit stopped(cluster *k)
{
    return cli_fail(k->cli, CLI_FAILED, "stopped before it was ready");
}

static cli_exit run(cluster *k, const cluster_node *node, const char *const *arguments, pid_t *pid)
{
    static const char *const environment[] = {"PATH=/usr/bin:/bin", "LC_ALL=C", "TZ=UTC", NULL};
    program p = {.arguments = arguments,
                 .environment = environment,
                 .user = k->user,
                 .directory = k->directory,
                 .output = node->log,
                 .last = SIGQUIT};
    *pid = program_start(&p);
    if (*pid > 0)
        return CLI_OK;
    *pid = 0;
    return cli_fail(k->cli, CLI_ENVIRONMENT, "%s cannot be started: %s", arguments[0],
                    strerror(errno));
}

/* One that we have asked something of has ended: its status. -1: not yet. */
static int next_status(cluster *k, int64_t ms, cluster_node **node)
{
    pid_t pid;
    int status;
    *node = NULL;
    if (programs_next(&k->programs, ms, &pid, &status) != PROGRAM_ENDED)
        return -1;
    for (size_t i = 0; i < k->n; i++)
        if (k->nodes[i].pid == pid || k->nodes[i].task == pid)
            *node = &k->nodes[i];
    cluster_ended(k, pid);
    return status;
}

typedef const char *const *arguments_of(const cluster *k, const cluster_node *node);
typedef struct step {
    const char *what;
    arguments_of *arguments;
} step;

static size_t tasks(const cluster *k)
{
    size_t n = 0;
    for (size_t i = 0; i < k->n; i++)
        n += k->nodes[i].task > 0;
    return n;
}

static bool is_replica(const cluster_node *node)
{
    return node->primary != NULL;
}

/* The same program for all primaries, or replicas, at once. */
static cli_exit each(cluster *k, bool replicas, const step *s)
{
    cli_exit code = CLI_OK;
    for (size_t i = 0; code == CLI_OK && i < k->n; i++)
        if (is_replica(&k->nodes[i]) == replicas)
            code = run(k, &k->nodes[i], s->arguments(k, &k->nodes[i]), &k->nodes[i].task);
    int64_t until = clock_monotonic_ms() + STEP_PATIENCE_MS;
    while (code == CLI_OK && tasks(k) > 0) {
        cluster_node *node;
        int64_t left = until - clock_monotonic_ms();
        int status = next_status(k, left < 0 ? 0 : left, &node);
        if (k->programs.stopped)
            return stopped(k);
        if (left < 0)
            return cli_fail(k->cli, CLI_ENVIRONMENT, "%s does not come to its end", s->what);
        if (node != NULL && status != 0)
            code = failed(k, node, s->what);
    }
    return code;
}

/* ---- a server ---- */

static const char *const *server_arguments(const cluster *k, const cluster_node *node)
{
    static const char *const always[] = {
        "listen_addresses=127.0.0.1",
        "unix_socket_permissions=0700",
        "wal_level=replica",
        "wal_keep_size=512MB", /* for a replica that is copied while another one is */
        "hot_standby=on",
        "max_wal_senders=10",
        "max_replication_slots=10",
        "max_connections=100",
        "shared_buffers=64MB",
        "jit=off",
        "password_encryption=scram-sha-256",
        "log_line_prefix=%m [%p] ",
    };
    static const char *const unsynced[] = {"fsync=off", "full_page_writes=off"};
    arena *m = k->cli->memory;
    const char **all = ARENA_ARRAY(m, const char *, ARGUMENTS_MAX);
    size_t n = 0;
    all[n++] = arena_printf(m, "%s/postgres", k->bin).p;
    all[n++] = "-D";
    all[n++] = node->data;
    all[n++] = "-k";
    all[n++] = k->directory;
    all[n++] = "-p";
    all[n++] = arena_printf(m, "%u", node->port).p;
    for (size_t i = 0; i < ARRAY_LEN(always); i++) {
        all[n++] = "-c";
        all[n++] = always[i];
    }
    for (size_t i = 0; k->options.unsynced && i < ARRAY_LEN(unsynced); i++) {
        all[n++] = "-c";
        all[n++] = unsynced[i];
    }
    all[n++] = "-c";
    all[n++] = arena_printf(m, "cluster_name=%s", node->name).p;
    for (size_t i = 0; i < k->options.set_n; i++) {
        all[n++] = "-c";
        all[n++] = k->options.set[i];
    }
    return all; /* the rest is NULL */
}

/* postmaster.pid, as pg_ctl reads it: the first line is the process, the eighth its state. A file
 * of an earlier process may be there yet. */
static bool takes_connections(const cluster_node *node)
{
    enum { STATE = 7, LINES = 8 };
    char path[PATH_MAX], text[1024];
    (void)snprintf(path, sizeof(path), "%s/postmaster.pid", node->data);
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text));
    if (fd >= 0)
        (void)close(fd);
    str rest = {text, n < 0 ? 0 : (size_t)n}, line;
    uint64_t pid = 0;
    for (int i = 0; i < LINES && str_cut(&rest, '\n', &line); i++) {
        if (i == 0 && (!str_to_u64(str_trim(line), &pid) || pid != (uint64_t)node->pid))
            return false;
        if (i == STATE)
            return str_eq(str_trim(line), S("ready"));
    }
    return false;
}

/* All that run, or one of them has ended. */
static cli_exit await_ready(cluster *k)
{
    for (int64_t until = clock_monotonic_ms() + READY_PATIENCE_MS;;) {
        cluster_node *node;
        size_t ready = 0, n = 0;
        for (size_t i = 0; i < k->n; i++) {
            n += k->nodes[i].pid > 0;
            ready += k->nodes[i].pid > 0 && takes_connections(&k->nodes[i]);
        }
        if (ready == n)
            return CLI_OK;
        (void)next_status(k, LOOK_EVERY_MS, &node);
        if (k->programs.stopped)
            return stopped(k);
        if (node != NULL)
            return failed(k, node, "the start");
        if (clock_monotonic_ms() > until)
            return cli_fail(k->cli, CLI_ENVIRONMENT, "PostgreSQL does not get ready");
    }
}

cli_exit cluster_start(cluster *k, cluster_node *node)
{
    if (node->pid > 0)
        return cli_fail(k->cli, CLI_FAILED, "%s is running", node->name);
    cli_exit code = run(k, node, server_arguments(k, node), &node->pid);
    return code == CLI_OK ? await_ready(k) : code;
}

static size_t nodes_running(const cluster *k)
{
    size_t n = 0;
    for (size_t i = 0; i < k->n; i++)
        n += k->nodes[i].pid > 0;
    return n;
}

cli_exit cluster_stop(cluster *k, cluster_node *node, int signal)
{
    if (node->pid == 0)
        return cli_fail(k->cli, CLI_FAILED, "%s is not running", node->name);
    (void)kill(node->pid, signal);
    /* What it had started comes to us when it is killed, and keeps it from being started again. */
    for (int64_t until = clock_monotonic_ms() + STOP_PATIENCE_MS;
         node->pid > 0 || programs_count() > nodes_running(k);) {
        cluster_node *ended;
        (void)next_status(k, LOOK_EVERY_MS, &ended);
        if (k->programs.stopped)
            return CLI_OK;
        if (clock_monotonic_ms() > until)
            return cli_fail(k->cli, CLI_FAILED, "%s does not end", node->name);
    }
    return CLI_OK;
}

/* ---- making it ---- */

static const char *const *initdb_arguments(const cluster *k, const cluster_node *node)
{
    arena *m = k->cli->memory;
    const char **all = ARENA_ARRAY(m, const char *, ARGUMENTS_MAX);
    const char *const words[] = {arena_printf(m, "%s/initdb", k->bin).p,
                                 "--pgdata",
                                 node->data,
                                 "--username=quan",
                                 "--auth-local=trust", /* who reaches the socket */
                                 "--auth-host=scram-sha-256",
                                 "--pwfile",
                                 arena_printf(m, "%s/password", k->directory).p,
                                 "--encoding=UTF8",
                                 "--locale=C",
                                 "--data-checksums",
                                 "--no-sync",
                                 "--no-instructions"};
    memcpy(all, words, sizeof(words));
    return all;
}

static const char *const *createdb_arguments(const cluster *k, const cluster_node *node)
{
    arena *m = k->cli->memory;
    const char **all = ARENA_ARRAY(m, const char *, ARGUMENTS_MAX);
    all[0] = arena_printf(m, "%s/createdb", k->bin).p;
    all[1] = arena_printf(m, "--maintenance-db=%.*s", STR_ARG(socket_dsn(k, node, "postgres"))).p;
    all[2] = "quan";
    return all;
}

/* Not before there is a replica: without one nothing would be committed. */
static const char *const *synchronous_arguments(const cluster *k, const cluster_node *node)
{
    arena *m = k->cli->memory;
    const char **all = ARENA_ARRAY(m, const char *, ARGUMENTS_MAX);
    const char *const words[] = {
        arena_printf(m, "%s/psql", k->bin).p,
        "--no-psqlrc",
        "--dbname",
        cluster_dsn(k, node).p,
        "--set=ON_ERROR_STOP=1",
        "--command=ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 (*)'",
        "--command=SELECT pg_reload_conf()"};
    memcpy(all, words, sizeof(words));
    return all;
}

static const char *const *basebackup_arguments(const cluster *k, const cluster_node *node)
{
    arena *m = k->cli->memory;
    const char **all = ARENA_ARRAY(m, const char *, ARGUMENTS_MAX);
    str from = arena_printf(m, "%.*s application_name=%s",
                            STR_ARG(socket_dsn(k, node->primary, NULL)), node->name);
    /* The first behind its primary is number 1. */
    const char *slot = arena_printf(m, "--slot=replica_%td", node - node->primary).p;
    const char *const words[] = {arena_printf(m, "%s/pg_basebackup", k->bin).p,
                                 "--pgdata",
                                 node->data,
                                 "--dbname",
                                 from.p,
                                 "--wal-method=stream",
                                 "--checkpoint=fast",
                                 "--create-slot",
                                 slot,
                                 "--write-recovery-conf",
                                 "--no-sync"};
    memcpy(all, words, sizeof(words));
    return all;
}

/* The postmasters of all primaries, or replicas. */
static cli_exit serve(cluster *k, bool replicas)
{
    cli_exit code = CLI_OK;
    for (size_t i = 0; code == CLI_OK && i < k->n; i++)
        if (is_replica(&k->nodes[i]) == replicas)
            code = run(k, &k->nodes[i], server_arguments(k, &k->nodes[i]), &k->nodes[i].pid);
    return code == CLI_OK ? await_ready(k) : code;
}

static cli_exit make_and_serve(cluster *k)
{
    static const step init = {"initdb", initdb_arguments},
                      create = {"createdb", createdb_arguments},
                      copy = {"pg_basebackup", basebackup_arguments},
                      wait = {"psql", synchronous_arguments};
    int64_t began = clock_monotonic_ms();
    fprintf(stderr, "quan: making PostgreSQL clusters in %s with %s\n", k->directory, k->bin);
    cli_exit code = each(k, false, &init);
    code = code == CLI_OK ? serve(k, false) : code;
    code = code == CLI_OK ? each(k, false, &create) : code;
    if (code == CLI_OK && k->options.replicas > 0) {
        fprintf(stderr, "quan: primaries are ready; copying them to their replicas\n");
        code = each(k, true, &copy);
        code = code == CLI_OK ? serve(k, true) : code;
    }
    if (code == CLI_OK && k->options.synchronous)
        code = each(k, false, &wait);
    if (code == CLI_OK)
        fprintf(stderr, "quan: ready after %lld ms\n", (long long)(clock_monotonic_ms() - began));
    return code;
}

/* ---- its place ---- */

static cli_exit choose_user(cluster *k)
{
    const char *name = k->options.user;
    if (geteuid() != 0)
        return name == NULL ? CLI_OK
                            : cli_fail(k->cli, CLI_USAGE,
                                       "--user is for root: PostgreSQL is run "
                                       "by who runs this command");
    name = name == NULL ? "nobody" : name;
    const struct passwd *found = getpwnam(name);
    if (found == NULL || found->pw_uid == 0)
        return cli_fail(k->cli, CLI_ENVIRONMENT,
                        "PostgreSQL refuses to be run by root, and %s is %s; name another with "
                        "--user, or run this command as another user",
                        name, found == NULL ? "no user here" : "root");
    k->user = (program_user){.changes = true, .uid = found->pw_uid, .gid = found->pw_gid};
    return CLI_OK;
}

static cli_exit make_directory(cluster *k)
{
    arena *m = k->cli->memory;
    str chosen = str_of(k->options.directory);
    if (chosen.n == 0)
        chosen = cli_variable(k->cli, S("TMPDIR"));
    if (chosen.n == 0)
        chosen = S("/tmp");
    char *path = realpath(arena_z(m, chosen), NULL);
    if (path == NULL || !program_reaches(k->user, path)) {
        free(path);
        return cli_fail(k->cli, CLI_ENVIRONMENT,
                        "%.*s is no directory that the user who runs PostgreSQL can reach; name "
                        "another with --directory",
                        STR_ARG(chosen));
    }
    char *made = arena_z(m, arena_printf(m, "%s/quan-pg-XXXXXX", path));
    free(path);
    if (strlen(made) + sizeof(SOCKET_LONGEST) > SOCKET_PATH)
        return cli_fail(k->cli, CLI_ENVIRONMENT,
                        "%s is too long a path for a unix socket; name another with --directory",
                        made);
    if (mkdtemp(made) == NULL)
        return cli_fail(k->cli, CLI_ENVIRONMENT, "%s cannot be made: %s", made, strerror(errno));
    k->directory = made;
    return CLI_OK;
}

/* The directory becomes the user's last, so that nobody but us has written in it until then. */
static cli_exit furnish(cluster *k)
{
    arena *m = k->cli->memory;
    uint8_t bytes[PASSWORD_BYTES];
    char *text = arena_alloc(m, sizeof(bytes) * 2 + 1);
    random_bytes(bytes, sizeof(bytes));
    for (size_t i = 0; i < sizeof(bytes); i++)
        (void)snprintf(text + 2 * i, 3, "%02x", bytes[i]);
    k->password = text;
    int fd = open(arena_printf(m, "%s/password", k->directory).p,
                  O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool good = fd >= 0 && dprintf(fd, "%s\n", text) > 0;
    if (good && k->user.changes)
        good = fchown(fd, k->user.uid, k->user.gid) == 0 &&
               chown(k->directory, k->user.uid, k->user.gid) == 0;
    cli_exit code = good ? CLI_OK
                         : cli_fail(k->cli, CLI_ENVIRONMENT, "%s cannot be written: %s",
                                    k->directory, strerror(errno));
    if (fd >= 0)
        (void)close(fd);
    return code;
}

cli_exit cluster_open(cluster *k, bool input)
{
    programs_begin(&k->programs, input);
    cli_exit code = choose_user(k);
    if (code != CLI_OK)
        return code;
    k->bin = cluster_programs(k->cli, k->options.bin);
    if (k->bin == NULL)
        return CLI_ENVIRONMENT;
    if (!program_reaches(k->user, arena_printf(k->cli->memory, "%s/postgres", k->bin).p))
        return cli_fail(k->cli, CLI_ENVIRONMENT,
                        "the user who runs PostgreSQL may not run what is "
                        "in %s",
                        k->bin);
    code = make_directory(k);
    code = code == CLI_OK ? furnish(k) : code;
    code = code == CLI_OK ? add_nodes(k) : code;
    return code == CLI_OK ? make_and_serve(k) : code;
}

/* By the user whose it is: what root removed there another process of that user could have put
 * something else in the place of. */
static bool remove_directory(cluster *k)
{
    const char *const arguments[] = {"/bin/rm", "-rf", "--", k->directory, NULL};
    program p = {.arguments = arguments,
                 .user = k->user,
                 .directory = "/",
                 .output = "/dev/null",
                 .last = SIGTERM};
    bool run_it = program_start(&p) > 0 && programs_end(&k->programs, REMOVE_PATIENCE_MS);
    (void)rmdir(k->directory); /* where the user may not, for the one above it is not his */
    return run_it && access(k->directory, F_OK) != 0;
}

cli_exit cluster_close(cluster *k)
{
    if (k->directory == NULL)
        return CLI_OK;
    for (size_t i = 0; i < k->n; i++) {
        if (k->nodes[i].task > 0)
            (void)kill(k->nodes[i].task, SIGTERM);
        if (k->nodes[i].pid > 0)
            (void)kill(k->nodes[i].pid, SIGQUIT);
        if (k->nodes[i].reserved >= 0)
            (void)close(k->nodes[i].reserved);
    }
    bool ended = programs_end(&k->programs, STOP_PATIENCE_MS);
    bool removed = remove_directory(k);
    if (!ended)
        return cli_fail(k->cli, CLI_FAILED, "some of PostgreSQL's processes do not end");
    if (!removed)
        return cli_fail(k->cli, CLI_FAILED, "%s could not be removed", k->directory);
    return CLI_OK;
}

/* See server.h. */
#include "test/fault/kill/server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <ftw.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "port/clock.h"
#include "port/random.h"

enum { ARGUMENTS_MAX = 32, PORT_FIRST = 20000, PORTS = 12000 };

static void nap(void)
{
    (void)nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
}

/* A file of the folder that its owner alone reads; 64 digits. */
static void put_digits(const char *path, int number)
{
    int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    CHECK(file >= 0);
    CHECK(dprintf(file, "%064d\n", number) == 65);
    (void)close(file);
}

/* Those of the kernel's choice are further up. */
uint16_t server_free_port(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(fd >= 0);
    do
        at.sin_port = htons((uint16_t)(PORT_FIRST + random_u64() % PORTS));
    while (bind(fd, (struct sockaddr *)&at, sizeof at) != 0);
    (void)close(fd);
    return ntohs(at.sin_port);
}

void server_new(server *s, const char *program, const char *databases)
{
    const char *base = getenv("TMPDIR");
    *s = (server){.program = program};
    (void)snprintf(s->folder, sizeof s->folder, "%s/quan-kill-XXXXXX",
                   base == NULL ? "/tmp" : base);
    CHECK(mkdtemp(s->folder) != NULL);
    (void)snprintf(s->data, sizeof s->data, "%s/data", s->folder);
    s->flag = databases == NULL ? "--data" : "--store";
    s->place = databases == NULL ? s->data : databases;
    (void)snprintf(s->url, sizeof s->url, "%s/url", s->folder);
    (void)snprintf(s->log, sizeof s->log, "%s/server.log", s->folder);
    (void)snprintf(s->key, sizeof s->key, "%s/code.key", s->folder);
    (void)snprintf(s->secret, sizeof s->secret, "%s/secret", s->folder);
    put_digits(s->key, 7);
    put_digits(s->secret, 8);
}

/* A signature of nftw. */
static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
    (void)st;
    (void)kind;
    (void)where;
    return remove(path);
}

void server_remove(const server *s)
{
    (void)nftw(s->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* In the child: dies with the test, writes to the log, stdout to out when that is a file. */
static void become(const server *s, const char *const *arguments, int out)
{
    const char *all[ARGUMENTS_MAX] = {s->program};
    for (size_t i = 0; arguments[i] != NULL && i + 2 < ARGUMENTS_MAX; i++)
        all[i + 1] = arguments[i];
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    int log = open(s->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (log < 0 || dup2(out >= 0 ? out : log, STDOUT_FILENO) < 0 || dup2(log, STDERR_FILENO) < 0)
        _exit(127);
    /* execv does not change the arguments, though its type allows it. */
    (void)execv(s->program, (char **)(uintptr_t)all);
    _exit(127);
}

void server_start(server *s)
{
    /* Users who race for codes find many that are used. */
    const char *arguments[] = {"serve",   s->flag,
                               s->place,  "--loops",
                               "2",       "--http-port",
                               "0",       "--ready-file",
                               s->url,    "--log-level",
                               "warn",    "--code-key-file",
                               s->key,    "--code-failures-user",
                               "0",       s->peers == NULL ? NULL : "--peers",
                               s->peers,  "--peer-name",
                               s->name,   "--peer-secret-file",
                               s->secret, NULL};
    (void)unlink(s->url);
    s->pid = fork();
    CHECK(s->pid >= 0);
    if (s->pid == 0)
        become(s, arguments, -1);
}

static bool read_port(server *s)
{
    char text[128];
    FILE *f = fopen(s->url, "re");
    if (f == NULL)
        return false;
    size_t n = fread(text, 1, sizeof text - 1, f);
    (void)fclose(f);
    text[n] = '\0';
    const char *colon = strrchr(text, ':');
    uint64_t port = 0;
    if (colon == NULL || !str_to_u64(str_trim(str_of(colon + 1)), &port) || port > UINT16_MAX)
        return false;
    s->port = (uint16_t)port;
    return true;
}

int64_t server_ready(server *s, int64_t patience_ms)
{
    int64_t began = clock_monotonic_ms();
    while (clock_monotonic_ms() - began < patience_ms) {
        int status;
        if (read_port(s))
            return clock_monotonic_ms() - began;
        if (waitpid(s->pid, &status, WNOHANG) == s->pid) {
            s->pid = 0;
            return -1;
        }
        nap();
    }
    return -1;
}

bool server_runs(server *s)
{
    int status;
    if (s->pid != 0 && waitpid(s->pid, &status, WNOHANG) == s->pid) {
        s->died++;
        s->pid = 0;
    }
    return s->pid != 0;
}

void server_kill(server *s)
{
    int status;
    if (!server_runs(s))
        return;
    CHECK(kill(s->pid, SIGKILL) == 0 && waitpid(s->pid, &status, 0) == s->pid);
    s->pid = 0;
}

int server_stop(server *s, int64_t patience_ms)
{
    int64_t began = clock_monotonic_ms();
    int status = 0;
    CHECK(kill(s->pid, SIGTERM) == 0);
    while (waitpid(s->pid, &status, WNOHANG) == 0) {
        if (clock_monotonic_ms() - began > patience_ms) {
            server_kill(s);
            return -1;
        }
        nap();
    }
    s->pid = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int server_command(const server *s, const char *const *arguments, buf *out)
{
    int ends[2], status = 0;
    CHECK(pipe2(ends, O_CLOEXEC) == 0);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0)
        become(s, arguments, ends[1]);
    (void)close(ends[1]);
    char chunk[4096];
    ssize_t n;
    while ((n = read(ends[0], chunk, sizeof chunk)) > 0)
        buf_add(out, chunk, (size_t)n);
    (void)close(ends[0]);
    CHECK(waitpid(child, &status, 0) == child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

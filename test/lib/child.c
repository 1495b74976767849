/* See child.h. */
#include "test/lib/child.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/str.h"
#include "port/clock.h"

enum { PATIENCE_MS = 20000, ARGUMENTS_MAX = 32, METRICS_MAX = 65536 };

const char *child_in_build(const char *name)
{
    static char path[CHILD_PATH];
    const char *build = getenv("QUAN_BUILD");
    (void)snprintf(path, sizeof(path), "%s/%s", build == NULL ? "build/release" : build, name);
    return path;
}

int child_make(void **state)
{
    static child c;
    c = (child){.root = "/tmp/quan-serve-XXXXXX"};
    assert_non_null(mkdtemp(c.root));
    (void)snprintf(c.data, sizeof(c.data), "%s/data", c.root);
    (void)snprintf(c.ready, sizeof(c.ready), "%s/url", c.root);
    (void)snprintf(c.said, sizeof(c.said), "%s/said", c.root);
    (void)snprintf(c.log, sizeof(c.log), "%s/log", c.root);
    *state = &c;
    return 0;
}

int child_remove(void **state)
{
    child *c = *state;
    char command[CHILD_PATH];
    if (c->pid > 0) {
        (void)kill(c->pid, SIGKILL);
        (void)waitpid(c->pid, NULL, 0);
    }
    if (c->fault != NULL)
        (void)munmap(c->fault, sizeof(*c->fault));
    (void)snprintf(command, sizeof(command), "rm -rf %s", c->root);
    return system(command);
}

static void become(const child *c, char *const *arguments)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    int out = open(c->said, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    int log = open(c->log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (out < 0 || log < 0 || dup2(out, 1) < 0 || dup2(log, 2) < 0)
        _exit(127);
    if (c->fault != NULL) {
        char control[CHILD_PATH];
        (void)snprintf(control, sizeof(control), "%s/control", c->root);
        (void)setenv("QUAN_FAULT", control, 1);
        (void)setenv("LD_PRELOAD", child_in_build("test_fault_shim.so"), 1);
    }
    (void)execv(child_in_build("quan"), arguments);
    _exit(127);
}

/* `quan` with these arguments; NULL-ended. */
void child_launch(child *c, const char *const *arguments)
{
    char *all[ARGUMENTS_MAX];
    size_t n = 0;
    for (; arguments[n] != NULL && n + 1 < ARRAY_LEN(all); n++)
        all[n] = (char *)(uintptr_t)arguments[n];
    all[n] = NULL;
    c->pid = fork();
    assert_true(c->pid >= 0);
    if (c->pid == 0)
        become(c, all);
}

void child_launch_server(child *c)
{
    const char *arguments[ARGUMENTS_MAX] = {"quan",        "serve", "--data",       c->data,
                                            "--http-port", "0",     "--ready-file", c->ready,
                                            "--lanes",     "2"};
    size_t n = 10;
    for (size_t i = 0; i < c->flag_n; i++)
        arguments[n++] = c->flags[i];
    child_launch(c, arguments);
}

void child_pause_ms(int64_t ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    (void)nanosleep(&t, NULL);
}

/* Its exit status; -1 when a signal ended it, or it did not end. */
int child_ended(child *c)
{
    int status;
    for (int64_t began = clock_monotonic_ms(); clock_monotonic_ms() - began < PATIENCE_MS;
         child_pause_ms(5)) {
        if (waitpid(c->pid, &status, WNOHANG) == c->pid) {
            c->pid = 0;
            return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
        }
    }
    return -1;
}

size_t child_read_text(const char *path, char *out, size_t room)
{
    FILE *f = fopen(path, "re");
    size_t n = f == NULL ? 0 : fread(out, 1, room - 1, f);
    if (f != NULL)
        (void)fclose(f);
    out[n] = '\0';
    return n;
}

static void await_ready(child *c)
{
    char text[256];
    for (int64_t began = clock_monotonic_ms(); child_read_text(c->ready, text, sizeof(text)) == 0 &&
                                               clock_monotonic_ms() - began < PATIENCE_MS;
         child_pause_ms(5))
        ;
    unsigned port = 0;
    const char *colon = strrchr(text, ':');
    assert_non_null(colon);
    for (const char *at = colon + 1; *at >= '0' && *at <= '9'; at++)
        port = port * 10 + (unsigned)(*at - '0');
    c->port = (uint16_t)port;
}

void child_serve(child *c)
{
    child_launch_server(c);
    await_ready(c);
}

/* ---- requests ---- */

int child_reach(const child *c)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(c->port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd, (const struct sockaddr *)&to, sizeof(to)) == 0)
        return fd;
    (void)close(fd);
    return -1;
}

void child_send(int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* All until the server closes, or has been silent for as long as we are patient. */
void child_read_answer(int fd, char *out, size_t room)
{
    size_t n = 0;
    struct pollfd p = {.fd = fd, .events = POLLIN};
    while (n + 1 < room && poll(&p, 1, PATIENCE_MS) == 1) {
        ssize_t got = recv(fd, out + n, room - 1 - n, 0);
        if (got <= 0)
            break;
        n += (size_t)got;
    }
    out[n] = '\0';
}

static void get(const child *c, const char *path, char *answer, size_t room)
{
    char text[256];
    int fd = child_reach(c);
    assert_true(fd >= 0);
    (void)snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
                   path);
    child_send(fd, text);
    child_read_answer(fd, answer, room);
    (void)close(fd);
}

int child_status(const child *c, const char *path)
{
    char answer[8192];
    get(c, path, answer, sizeof(answer));
    uint64_t status = 0;
    str line = str_of(answer), version, number;
    bool is = str_cut(&line, ' ', &version) && str_eq(version, S("HTTP/1.1")) &&
              str_cut(&line, ' ', &number) && str_to_u64(number, &status);
    return is ? (int)status : 0;
}

uint64_t child_metric(const child *c, const char *name)
{
    char answer[METRICS_MAX], begins[128];
    get(c, "/metrics", answer, sizeof(answer));
    int n = snprintf(begins, sizeof(begins), "\n%s ", name);
    const char *at = strstr(answer, begins);
    assert_non_null(at);
    str rest = str_of(at + n), number;
    uint64_t value = 0;
    assert_true(str_cut(&rest, '\n', &number) && str_to_u64(number, &value));
    return value;
}

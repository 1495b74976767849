/* `quan serve` as its supervisor sees it: when it is ready, how it ends, and with which status.
 *
 * A store failure comes from test/fault/shim, preloaded into the child. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

#include "app/app.h"
#include "port/clock.h"
#include "port/disk.h"
#include "test/fault/shim/shim.h"

enum { PATIENCE_MS = 20000, PATH_TEXT = 512, FLAGS_MAX = 8 };

typedef struct child {
    char root[64], data[PATH_TEXT], ready[PATH_TEXT], said[PATH_TEXT], log[PATH_TEXT];
    const char *flags[FLAGS_MAX]; /* further ones of serve */
    size_t flag_n;
    fault_control *fault; /* NULL: none */
    pid_t pid;
    uint16_t port;
} child;

/* ---- the child ---- */

static const char *in_build(const char *name)
{
    static char path[PATH_TEXT];
    const char *build = getenv("QUAN_BUILD");
    (void)snprintf(path, sizeof(path), "%s/%s", build == NULL ? "build/release" : build, name);
    return path;
}

static int child_make(void **state)
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

static int child_remove(void **state)
{
    child *c = *state;
    char command[PATH_TEXT];
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
        char control[PATH_TEXT];
        (void)snprintf(control, sizeof(control), "%s/control", c->root);
        (void)setenv("QUAN_FAULT", control, 1);
        (void)setenv("LD_PRELOAD", in_build("test_fault_shim.so"), 1);
    }
    (void)execv(in_build("quan"), arguments);
    _exit(127);
}

/* `quan` with these arguments; NULL-ended. */
static void launch(child *c, const char *const *arguments)
{
    char *all[32];
    size_t n = 0;
    for (; arguments[n] != NULL && n + 1 < ARRAY_LEN(all); n++)
        all[n] = (char *)(uintptr_t)arguments[n];
    all[n] = NULL;
    c->pid = fork();
    assert_true(c->pid >= 0);
    if (c->pid == 0)
        become(c, all);
}

static void launch_server(child *c)
{
    const char *arguments[32] = {"quan", "serve",        "--data", c->data,   "--http-port",
                                 "0",    "--ready-file", c->ready, "--lanes", "2"};
    size_t n = 10;
    for (size_t i = 0; i < c->flag_n; i++)
        arguments[n++] = c->flags[i];
    launch(c, arguments);
}

static void pause_ms(int64_t ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    (void)nanosleep(&t, NULL);
}

/* Its exit status; -1 when a signal ended it, or it did not end. */
static int ended(child *c)
{
    int status;
    for (int64_t began = clock_monotonic_ms(); clock_monotonic_ms() - began < PATIENCE_MS;
         pause_ms(5)) {
        if (waitpid(c->pid, &status, WNOHANG) == c->pid) {
            c->pid = 0;
            return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
        }
    }
    return -1;
}

static size_t read_text(const char *path, char *out, size_t room)
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
    for (int64_t began = clock_monotonic_ms();
         read_text(c->ready, text, sizeof(text)) == 0 && clock_monotonic_ms() - began < PATIENCE_MS;
         pause_ms(5))
        ;
    unsigned port = 0;
    const char *colon = strrchr(text, ':');
    assert_non_null(colon);
    for (const char *at = colon + 1; *at >= '0' && *at <= '9'; at++)
        port = port * 10 + (unsigned)(*at - '0');
    c->port = (uint16_t)port;
}

static void serve(child *c)
{
    launch_server(c);
    await_ready(c);
}

/* ---- requests ---- */

static int reach(const child *c)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(c->port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd, (const struct sockaddr *)&to, sizeof(to)) == 0)
        return fd;
    (void)close(fd);
    return -1;
}

static void send_text(int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* All until the server closes, or has been silent for a while. */
static void read_answer(int fd, char *out, size_t room)
{
    size_t n = 0;
    struct pollfd p = {.fd = fd, .events = POLLIN};
    while (n + 1 < room && poll(&p, 1, 3000) == 1) {
        ssize_t got = recv(fd, out + n, room - 1 - n, 0);
        if (got <= 0)
            break;
        n += (size_t)got;
        if (strstr(out, "\r\n\r\n") != NULL && n > 0)
            p.events = POLLIN;
    }
    out[n] = '\0';
}

static int status_of(const child *c, const char *path)
{
    char text[256], answer[8192];
    int fd = reach(c);
    assert_true(fd >= 0);
    (void)snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
                   path);
    send_text(fd, text);
    read_answer(fd, answer, sizeof(answer));
    (void)close(fd);
    uint64_t status = 0;
    str line = str_of(answer), version, number;
    bool is = str_cut(&line, ' ', &version) && str_eq(version, S("HTTP/1.1")) &&
              str_cut(&line, ' ', &number) && str_to_u64(number, &status);
    return is ? (int)status : 0;
}

/* A request whose last byte is missing: the server waits for it. */
static int begin_request(const child *c)
{
    int fd = reach(c);
    assert_true(fd >= 0);
    send_text(fd, "POST /v1/claims HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                  "Content-Length: 2\r\n\r\n{");
    pause_ms(200);
    return fd;
}

/* ---- tests ---- */

static void ends_well_on(child *c, int number)
{
    char said[256], url[256];
    serve(c);
    assert_int_equal(status_of(c, "/readyz"), 200);
    assert_int_equal(status_of(c, "/livez"), 200);
    assert_true(read_text(c->said, said, sizeof(said)) > 0);
    assert_non_null(strstr(said, "quan is ready at http://127.0.0.1:"));
    assert_int_equal(kill(c->pid, number), 0);
    assert_int_equal(ended(c), 0);
    assert_int_equal(read_text(c->ready, url, sizeof(url)), 0);
}

static void sigterm_and_sigint_end_it_well(void **state)
{
    ends_well_on(*state, SIGTERM);
    ends_well_on(*state, SIGINT);
}

static void what_is_inside_is_answered_before_it_ends(void **state)
{
    child *c = *state;
    char answer[4096];
    serve(c);
    int idle = reach(c), fd = begin_request(c);
    assert_int_equal(kill(c->pid, SIGTERM), 0);
    pause_ms(300);
    assert_int_equal(reach(c), -1);                /* nobody new */
    assert_int_equal(recv(idle, answer, 1, 0), 0); /* who asked nothing is sent away */
    send_text(fd, "}");
    read_answer(fd, answer, sizeof(answer));
    assert_non_null(strstr(answer, "HTTP/1.1 401"));
    assert_non_null(strstr(answer, "onnection: close"));
    assert_int_equal(ended(c), 0);
    (void)close(idle);
    (void)close(fd);
}

static void who_does_not_finish_is_cut_off(void **state)
{
    child *c = *state;
    c->flags[c->flag_n++] = "--drain-timeout-ms=300";
    serve(c);
    int fd = begin_request(c);
    int64_t began = clock_monotonic_ms();
    assert_int_equal(kill(c->pid, SIGTERM), 0);
    assert_int_equal(ended(c), 0);
    assert_in_range(clock_monotonic_ms() - began, 250, 5000);
    (void)close(fd);
}

static void a_second_signal_ends_it_at_once(void **state)
{
    child *c = *state;
    c->flags[c->flag_n++] = "--drain-timeout-ms=60000";
    serve(c);
    int fd = begin_request(c);
    assert_int_equal(kill(c->pid, SIGTERM), 0);
    pause_ms(300);
    int64_t began = clock_monotonic_ms();
    assert_int_equal(kill(c->pid, SIGTERM), 0);
    assert_int_equal(ended(c), 1);
    assert_in_range(clock_monotonic_ms() - began, 0, 2000);
    (void)close(fd);
    c->flag_n = 0;
    serve(c); /* what it left opens again */
    assert_int_equal(kill(c->pid, SIGTERM), 0);
    assert_int_equal(ended(c), 0);
}

static void a_second_server_is_refused(void **state)
{
    child *c = *state, second = *c;
    char log[8192];
    serve(c);
    (void)snprintf(second.log, sizeof(second.log), "%s/second.log", c->root);
    (void)snprintf(second.ready, sizeof(second.ready), "%s/second.url", c->root);
    launch_server(&second);
    assert_int_equal(ended(&second), 3);
    assert_true(read_text(second.log, log, sizeof(log)) > 0);
    assert_non_null(strstr(log, "Another process has this data directory open."));
    char port[16];
    (void)snprintf(port, sizeof(port), "%u", c->port);
    (void)snprintf(second.data, sizeof(second.data), "%s/data2", c->root);
    const char *taken[] = {"quan", "serve", "--data", second.data, "--http-port", port, NULL};
    launch(&second, taken);
    assert_int_equal(ended(&second), 3);
    assert_int_equal(status_of(c, "/readyz"), 200); /* the first one goes on */
    assert_int_equal(kill(c->pid, SIGTERM), 0);
    assert_int_equal(ended(c), 0);
}

static void make_key(child *c, char *key, size_t room)
{
    const char *arguments[] = {"quan",   "admin", "key",        "create",
                               "--data", c->data, "--operator", NULL};
    launch(c, arguments);
    assert_int_equal(ended(c), 0);
    size_t n = read_text(c->said, key, room);
    assert_true(n > 3);
    key[n - 1] = '\0'; /* the line's end */
}

static void inject(child *c)
{
    char path[PATH_TEXT];
    (void)snprintf(path, sizeof(path), "%s/control", c->root);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, sizeof(fault_control)), 0);
    c->fault = mmap(NULL, sizeof(fault_control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    assert_true(c->fault != MAP_FAILED);
    (void)close(fd);
    (void)snprintf(c->fault->under, sizeof(c->fault->under), "%s", c->data);
    c->fault->syncs_left = INT64_MAX / 2;
}

/* No answer but one that says that the outcome is not known, then status 5; what was acknowledged
 * is there afterwards. */
static void a_store_that_fails_ends_it_with_its_own_status(void **state)
{
    child *c = *state;
    char key[128], asked[1024], answer[4096];
    make_key(c, key, sizeof(key));
    inject(c);
    serve(c);
    static const char body[] = "{\"name\":\"Shop\",\"zone\":\"UTC\",\"currency\":\"USD\"}";
    for (int i = 0; i < 2; i++) {
        (void)snprintf(asked, sizeof(asked),
                       "POST /v1/merchants HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n"
                       "Content-Type: application/json\r\nIdempotency-Key: k%d\r\n"
                       "Connection: close\r\nContent-Length: %zu\r\n\r\n%s",
                       key, i, sizeof(body) - 1, body);
        int fd = reach(c);
        assert_true(fd >= 0);
        send_text(fd, asked);
        read_answer(fd, answer, sizeof(answer));
        (void)close(fd);
        if (i == 0) {
            assert_non_null(strstr(answer, "HTTP/1.1 201"));
            c->fault->sync_error = EIO;
            c->fault->syncs_left = 0;
        } else {
            assert_null(strstr(answer, "HTTP/1.1 2"));
        }
    }
    assert_int_equal(ended(c), 5);
    (void)munmap(c->fault, sizeof(*c->fault));
    c->fault = NULL;
    const char *listing[] = {"quan", "admin", "merchant", "list", "--data", c->data, NULL};
    launch(c, listing);
    assert_int_equal(ended(c), 0);
    assert_true(read_text(c->said, answer, sizeof(answer)) > 0);
    assert_non_null(strstr(answer, "Shop"));
}

static void a_ready_file_that_cannot_be_written_ends_it(void **state)
{
    child *c = *state;
    (void)snprintf(c->ready, sizeof(c->ready), "%s/none/url", c->root);
    launch_server(c);
    assert_int_equal(ended(c), 3);
}

int main(void)
{
#define WITH_CHILD(test) cmocka_unit_test_setup_teardown(test, child_make, child_remove)
    const struct CMUnitTest tests[] = {
        WITH_CHILD(sigterm_and_sigint_end_it_well),
        WITH_CHILD(what_is_inside_is_answered_before_it_ends),
        WITH_CHILD(who_does_not_finish_is_cut_off),
        WITH_CHILD(a_second_signal_ends_it_at_once),
        WITH_CHILD(a_second_server_is_refused),
        WITH_CHILD(a_store_that_fails_ends_it_with_its_own_status),
        WITH_CHILD(a_ready_file_that_cannot_be_written_ends_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

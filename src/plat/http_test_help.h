/* For the tests of the HTTP server: a server whose handler does as the path says, and a client on a
 * raw socket.
 *
 * Paths: /gate waits until the test answers it from its own thread; /big?N answers N bytes; /small
 * takes 10 bytes of body; /count counts in `counted` and answers; /park hands over to the worker
 * thread, which answers at once; /special is the test's own; everything else is answered with
 * method, path, query and body. */
#ifndef QUAN_PLAT_HTTP_TEST_HELP_H
#define QUAN_PLAT_HTTP_TEST_HELP_H

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include "base/test_help.h"
#include "port/clock.h"
#include "port/http.h"

enum { GATE_MAX = 256, PARK_MAX = 4096, CLIENT_TIMEOUT_MS = 20000, ANSWER_MAX = 64 * 1024 * 1024 };

typedef struct test_server {
    http_server *server;
    http_options options;
    uint16_t port;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    http_exchange *gate[GATE_MAX];
    size_t at_gate;
    http_exchange *parked[PARK_MAX];
    size_t park_count;
    pthread_t worker;
    bool ending;
    void (*special)(http_exchange *x); /* of the path /special */
    atomic_size_t handled, counted;
} test_server;

static inline void sleep_ms(int64_t ms)
{
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

static inline void echo(http_exchange *x)
{
    static const char *const names[] = {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
    str path = http_path(x), query = http_query(x), body = http_body(x);
    http_set_type(x, S("text/plain"));
    buf_printf(http_out(x), "%s %.*s ?%.*s [", names[http_method(x)], STR_ARG(path),
               STR_ARG(query));
    buf_str(http_out(x), body);
    buf_char(http_out(x), ']');
    http_respond(x);
}

static inline void add_to(test_server *t, http_exchange **list, size_t *n, http_exchange *x)
{
    pthread_mutex_lock(&t->lock);
    list[(*n)++] = x;
    pthread_cond_broadcast(&t->changed);
    pthread_mutex_unlock(&t->lock);
}

static inline void test_handle(void *context, http_exchange *x)
{
    test_server *t = context;
    str path = http_path(x);
    atomic_fetch_add(&t->handled, 1);
    if (str_eq(path, S("/gate"))) {
        add_to(t, t->gate, &t->at_gate, x);
    } else if (str_eq(path, S("/park"))) {
        add_to(t, t->parked, &t->park_count, x);
    } else if (str_eq(path, S("/big"))) {
        uint64_t n = 0;
        CHECK(str_to_u64(http_query(x), &n));
        for (uint64_t i = 0; i < n; i++)
            buf_char(http_out(x), (char)('a' + i % 26));
        http_respond(x);
    } else if (str_eq(path, S("/special"))) {
        t->special(x);
    } else {
        if (str_eq(path, S("/count")))
            atomic_fetch_add(&t->counted, 1);
        echo(x);
    }
}

static inline size_t test_body_max(void *context, http_verb verb, str path)
{
    (void)context;
    (void)verb;
    return str_eq(path, S("/small")) ? 10 : HTTP_BODY_MAX;
}

static inline void *test_work(void *argument)
{
    test_server *t = argument;
    static http_exchange *batch[PARK_MAX];
    pthread_mutex_lock(&t->lock);
    while (t->park_count > 0 || !t->ending) {
        if (t->park_count == 0)
            pthread_cond_wait(&t->changed, &t->lock);
        size_t n = t->park_count;
        memcpy(batch, t->parked, n * sizeof batch[0]);
        t->park_count = 0;
        pthread_mutex_unlock(&t->lock);
        for (size_t i = 0; i < n; i++)
            echo(batch[i]);
        pthread_mutex_lock(&t->lock);
    }
    pthread_mutex_unlock(&t->lock);
    return NULL;
}

static inline test_server *server_new(http_options options)
{
    test_server *t = calloc(1, sizeof *t);
    assert_non_null(t);
    pthread_mutex_init(&t->lock, NULL);
    pthread_cond_init(&t->changed, NULL);
    http_service service = {.context = t, .handle = test_handle, .body_max = test_body_max};
    assert_int_equal(http_server_start(&options, &service, &t->server, NULL), R_OK);
    t->port = http_server_port(t->server);
    assert_int_equal(pthread_create(&t->worker, NULL, test_work, t), 0);
    return t;
}

static inline void server_end(test_server *t)
{
    http_server_stop(t->server);
    pthread_mutex_lock(&t->lock);
    t->ending = true;
    pthread_cond_broadcast(&t->changed);
    pthread_mutex_unlock(&t->lock);
    assert_int_equal(pthread_join(t->worker, NULL), 0);
    pthread_mutex_destroy(&t->lock);
    pthread_cond_destroy(&t->changed);
    free(t);
}

static inline void wait_at_gate(test_server *t, size_t n)
{
    pthread_mutex_lock(&t->lock);
    while (t->at_gate < n)
        pthread_cond_wait(&t->changed, &t->lock);
    pthread_mutex_unlock(&t->lock);
}

/* Answers what is at the gate, from this thread. */
static inline void open_gate(test_server *t)
{
    http_exchange *all[GATE_MAX];
    pthread_mutex_lock(&t->lock);
    size_t n = t->at_gate;
    memcpy(all, t->gate, n * sizeof all[0]);
    t->at_gate = 0;
    pthread_mutex_unlock(&t->lock);
    for (size_t i = 0; i < n; i++)
        echo(all[i]);
}

/* ---- client ---- */

static inline int dial(uint16_t port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_int_equal(connect(fd, (const struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

/* False when the server has gone; that is fine where a test expects it to stop reading. */
static inline bool send_all(int fd, str s)
{
    while (s.n > 0) {
        ssize_t n = send(fd, s.p, s.n, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        s = (str){s.p + n, s.n - (size_t)n};
    }
    return true;
}

/* More bytes into b: 1, 0 at the end, -1 for a reset; a test that waits too long fails. */
static inline int receive(int fd, buf *b)
{
    char bytes[16 * 1024];
    struct pollfd p = {.fd = fd, .events = POLLIN};
    if (poll(&p, 1, CLIENT_TIMEOUT_MS) != 1)
        fail_msg("nothing came; so far: %.*s", STR_ARG(buf_view(b)));
    ssize_t n = recv(fd, bytes, sizeof bytes, 0);
    if (n > 0)
        buf_add(b, bytes, (size_t)n);
    return n > 0 ? 1 : n == 0 ? 0 : -1;
}

static inline void read_to_end(int fd, buf *b)
{
    while (receive(fd, b) > 0)
        continue;
}

typedef struct answer {
    int status;
    str head, body;
    size_t bytes;
} answer;

static inline str field_of(str head, str name)
{
    const char *p = memmem(head.p, head.n, name.p, name.n);
    if (p == NULL)
        return (str){NULL, 0};
    str rest = {p + name.n, (size_t)(head.p + head.n - p) - name.n}, line;
    assert_true(str_cut(&rest, '\r', &line));
    return str_trim(line);
}

/* Takes the first response off s; false when it is not whole. */
static inline bool answer_take(str s, bool has_body, answer *out)
{
    const char *end = s.n == 0 ? NULL : memmem(s.p, s.n, "\r\n\r\n", 4);
    if (end == NULL)
        return false;
    out->head = (str){s.p, (size_t)(end - s.p) + 4};
    assert_true(str_starts(out->head, S("HTTP/1.1 ")) && out->head.n > 12);
    out->status = (s.p[9] - '0') * 100 + (s.p[10] - '0') * 10 + (s.p[11] - '0');
    str length = field_of(out->head, S("Content-Length:"));
    uint64_t n = 0;
    if (length.p != NULL)
        assert_true(str_to_u64(length, &n));
    if (!has_body)
        n = 0;
    if (s.n - out->head.n < n)
        return false;
    out->body = (str){s.p + out->head.n, (size_t)n};
    out->bytes = out->head.n + (size_t)n;
    return true;
}

/* Reads until a whole response is there. b may hold the beginning of it. */
static inline void read_answer(int fd, buf *b, bool has_body, answer *out)
{
    while (!answer_take(buf_view(b), has_body, out)) {
        if (receive(fd, b) <= 0)
            fail_msg("the connection ended; so far: %.*s", STR_ARG(buf_view(b)));
    }
}

/* Sends and reads one response, whose body must be `body` unless that is NULL. */
static inline void expect(int fd, str request, int status, const char *body)
{
    buf b;
    buf_init(&b, ANSWER_MAX);
    answer a;
    assert_true(send_all(fd, request));
    read_answer(fd, &b, !str_starts(request, S("HEAD")), &a);
    assert_int_equal(a.status, status);
    assert_int_equal(a.bytes, b.n);
    if (body != NULL && !str_eq(a.body, str_of(body)))
        fail_msg("%.*s instead of %s", STR_ARG(a.body), body);
    buf_free(&b);
}

/* Sends, reads to the end; exactly one response of that status must have come. */
static inline void expect_last(int fd, str request, int status)
{
    buf b;
    buf_init(&b, ANSWER_MAX);
    (void)send_all(fd, request);
    read_to_end(fd, &b);
    answer a;
    if (!answer_take(buf_view(&b), !str_starts(request, S("HEAD")), &a))
        fail_msg("no whole response to %.*s: %.*s", STR_ARG(request), STR_ARG(buf_view(&b)));
    if (a.status != status || a.bytes != b.n)
        fail_msg("%d expected for %.*s: %.*s", status, STR_ARG(request), STR_ARG(buf_view(&b)));
    assert_str(field_of(a.head, S("Connection:")), S("close"));
    buf_free(&b);
}

#endif

/* Connections of one load thread on one epoll: see bench.h. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "cli/bench.h"

enum { READ_CHUNK = 65536, EVENTS_MAX = 256 };

typedef struct line {
    int fd;
    bool busy;
    bench_kind kind;
    int64_t due_us; /* when the request was due: from here latency counts */
    buf out, in;
    size_t sent;
    size_t server; /* of the plan's */
    uint32_t moves;
    bench_memory memory;
    struct line *next_idle;
} line;

typedef struct driver {
    bench_plan *plan;
    bench_count *count;
    bench_watch *watch;
    int epoll;
    line *lines, *idle;
    uint32_t n, busy;
    int64_t end_us, next_due_us;
} driver;

static int64_t now_us(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* To its server; false: errno says why. */
static bool dial(const driver *d, line *l)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(d->plan->ports[l->server])};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int on = 1;
    l->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = l};
    if (l->fd >= 0 && connect(l->fd, (struct sockaddr *)&to, sizeof to) == 0 &&
        epoll_ctl(d->epoll, EPOLL_CTL_ADD, l->fd, &event) == 0) {
        (void)setsockopt(l->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        return true;
    }
    int why = errno;
    if (l->fd >= 0) {
        (void)close(l->fd);
    }
    l->fd = -1;
    errno = why;
    return false;
}

/* Its server is gone: to the next one that is there, where its request is to be written again. */
static bool move(driver *d, line *l)
{
    const bench_plan *p = d->plan;
    (void)close(l->fd);
    l->fd = -1;
    l->sent = 0;
    buf_clear(&l->in);
    for (size_t i = 1; i < p->server_count && l->moves < BENCH_MOVES_MAX; i++) {
        l->server = (l->server + 1) % p->server_count;
        l->moves++;
        if (dial(d, l)) {
            d->count->moved++;
            return true;
        }
    }
    d->count->broken++;
    d->n--;
    if (l->busy) {
        d->busy--;
    }
    return false;
}

/* Requests are small beside the socket's buffer, so writing blocks at most for batches; that is
 * the load generator's own cost. */
static void write_all(driver *d, line *l)
{
    while (l->sent < l->out.n) {
        ssize_t n = send(l->fd, l->out.p + l->sent, l->out.n - l->sent, MSG_NOSIGNAL);
        if (n > 0) {
            l->sent += (size_t)n;
        } else if ((n == 0 || errno != EINTR) && !move(d, l)) {
            return;
        }
    }
    d->count->bytes_out += l->out.n;
}

/* False when there is nothing more to send. */
static bool start(driver *d, line *l, int64_t due_us)
{
    bench_plan *p = d->plan;
    uint64_t number = atomic_fetch_add(&p->next, 1);
    if (p->requests > 0 && number >= p->requests) {
        return false;
    }
    buf_clear(&l->out);
    l->sent = 0;
    l->kind = bench_make(p, &l->memory, number, &l->out);
    l->due_us = due_us;
    l->busy = true;
    d->busy++;
    write_all(d, l);
    return true;
}

/* Length of a whole answer at the front of in, or 0. */
static size_t whole(const line *l, int *status, str *text)
{
    const char *end = l->in.n == 0 ? NULL : memmem(l->in.p, l->in.n, "\r\n\r\n", 4);
    if (end == NULL || l->in.n < 12) {
        return 0;
    }
    size_t head_n = (size_t)(end - l->in.p) + 4;
    uint64_t length = 0, code = 0;
    const char *field = memmem(l->in.p, head_n, "Content-Length: ", 16);
    if (field != NULL) {
        const char *stop = memchr(field, '\r', (size_t)(l->in.p + head_n - field));
        if (stop == NULL || !str_to_u64((str){field + 16, (size_t)(stop - field) - 16}, &length)) {
            return 0;
        }
    }
    if (!str_to_u64((str){l->in.p + 9, 3}, &code) || l->in.n < head_n + length) {
        return 0;
    }
    *status = (int)code;
    *text = (str){end + 4, (size_t)length};
    return head_n + (size_t)length;
}

static void take_answer(driver *d, line *l, int status, str text)
{
    int64_t took = now_us() - l->due_us;
    d->count->done++;
    if (status >= 200 && status < 300) {
        latency_add(&d->count->latencies[l->kind], took < 0 ? 0 : (uint64_t)took);
        bench_learn(d->plan, &l->memory, l->kind, text, d->count);
    } else {
        d->count->refused[status < 600 ? status : 0]++;
    }
    l->busy = false;
    d->busy--;
}

static void on_readable(driver *d, line *l)
{
    char chunk[READ_CHUNK];
    ssize_t n = recv(l->fd, chunk, sizeof chunk, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    if (n <= 0) {
        if (move(d, l) && l->busy) {
            write_all(d, l);
        }
        return;
    }
    d->count->bytes_in += (uint64_t)n;
    buf_add(&l->in, chunk, (size_t)n);
    int status = 0;
    str text;
    size_t length = whole(l, &status, &text);
    if (length == 0) {
        return;
    }
    take_answer(d, l, status, text);
    memmove(l->in.p, l->in.p + length, l->in.n - length);
    l->in.n -= length;
    l->next_idle = d->idle;
    d->idle = l;
}

/* Sends what is due on connections that are free; false when all has been sent. */
static bool send_due(driver *d, int64_t now)
{
    const bench_plan *p = d->plan;
    int64_t gap = p->rate == 0 ? 0 : (int64_t)(UINT64_C(1000000) * p->threads / p->rate);
    while (d->idle != NULL) {
        if (p->rate > 0 && d->next_due_us > now) {
            return true;
        }
        line *l = d->idle;
        if (l->fd < 0) { /* it broke while it had nothing to do */
            d->idle = l->next_idle;
            continue;
        }
        int64_t due = p->rate > 0 ? d->next_due_us : now;
        if (!start(d, l, due)) {
            return false;
        }
        d->idle = l->next_idle;
        d->next_due_us += gap;
    }
    return true;
}

static void show(driver *d)
{
    bench_watch *w = d->watch;
    unsigned asked = w == NULL ? 0 : atomic_load(&w->asked);
    if (w != NULL && asked != atomic_load(&w->given)) {
        w->count = *d->count;
        atomic_store(&w->given, asked);
    }
}

static void loop(driver *d)
{
    struct epoll_event events[EVENTS_MAX];
    bool more = true;
    d->next_due_us = now_us();
    while (d->n > 0) {
        int64_t now = now_us();
        show(d);
        more = more && !atomic_load(&d->plan->ends) && now < d->end_us && send_due(d, now);
        if (!more && d->busy == 0) {
            return;
        }
        int wait = d->plan->rate > 0 && more && d->idle != NULL ? 0 : 100;
        int n = epoll_wait(d->epoll, events, EVENTS_MAX, wait);
        for (int i = 0; i < n; i++) {
            line *l = events[i].data.ptr;
            if (l->fd >= 0) {
                on_readable(d, l);
            }
        }
    }
}

bool bench_drive(bench_plan *p, uint32_t thread, bench_count *count, bench_watch *watch, buf *why)
{
    driver d = {.plan = p, .count = count, .watch = watch, .epoll = epoll_create1(EPOLL_CLOEXEC)};
    uint32_t n = p->connections / p->threads + (thread < p->connections % p->threads ? 1 : 0);
    d.lines = calloc(n == 0 ? 1 : n, sizeof *d.lines); /* freed below */
    CHECK(d.lines != NULL && d.epoll >= 0);
    bool good = true;
    for (uint32_t i = 0; i < n; i++) {
        line *l = &d.lines[i];
        l->fd = -1;
        buf_init(&l->out, BENCH_REQUEST_MAX);
        buf_init(&l->in, BENCH_ANSWER_MAX);
        l->server = (i * p->threads + thread) % p->server_count;
        if (good && !dial(&d, l)) {
            buf_printf(why, "127.0.0.1:%u: %s", p->ports[l->server], strerror(errno));
            good = false;
        }
        l->next_idle = d.idle;
        d.idle = l;
    }
    if (good) {
        d.n = n;
        d.end_us = p->seconds > 0 ? now_us() + p->seconds * 1000000 : INT64_MAX;
        loop(&d);
    }
    for (uint32_t i = 0; i < n; i++) {
        if (d.lines[i].fd >= 0) {
            (void)close(d.lines[i].fd);
        }
        buf_free(&d.lines[i].out);
        buf_free(&d.lines[i].in);
    }
    free(d.lines);
    (void)close(d.epoll);
    return good;
}

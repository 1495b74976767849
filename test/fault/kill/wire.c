/* See wire.h. */
#include "test/fault/kill/wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "port/clock.h"

enum { EVENTS_MAX = 64, REQUEST_MAX = 1 << 20, ANSWER_MAX = 1 << 24, STEP_MS = 20 };

typedef struct line {
    int fd; /* -1: broken */
    bool busy;
    uint64_t tag;
    buf out, in;
} line;

struct wire {
    int epoll;
    uint32_t n, alive, busy;
    line lines[WIRE_CONNECTIONS_MAX];
};

static bool dial(wire *w, line *l, uint16_t port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int on = 1;
    l->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(l->fd >= 0);
    if (connect(l->fd, (struct sockaddr *)&to, sizeof to) != 0)
        return false;
    (void)setsockopt(l->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = l};
    CHECK(epoll_ctl(w->epoll, EPOLL_CTL_ADD, l->fd, &event) == 0);
    return true;
}

wire *wire_open(const uint16_t *ports, size_t n, uint32_t connections)
{
    CHECK(connections <= WIRE_CONNECTIONS_MAX);
    wire *w = calloc(1, sizeof *w); /* wire_close frees it */
    CHECK(w != NULL);
    w->epoll = epoll_create1(EPOLL_CLOEXEC);
    CHECK(w->epoll >= 0);
    for (uint32_t i = 0; i < connections; i++) {
        line *l = &w->lines[w->n++];
        buf_init(&l->out, REQUEST_MAX);
        buf_init(&l->in, ANSWER_MAX);
        if (!dial(w, l, ports[i % n])) {
            wire_close(w);
            return NULL;
        }
        w->alive++;
    }
    return w;
}

void wire_close(wire *w)
{
    if (w == NULL)
        return;
    for (uint32_t i = 0; i < w->n; i++) {
        if (w->lines[i].fd >= 0)
            (void)close(w->lines[i].fd);
        buf_free(&w->lines[i].out);
        buf_free(&w->lines[i].in);
    }
    (void)close(w->epoll);
    free(w);
}

static void finish(wire *w, line *l, const wire_job *job, int status, str body)
{
    if (l->busy) {
        l->busy = false;
        w->busy--;
        job->done(job->context, l->tag, status, body);
    }
}

static void hang_up(wire *w, line *l, const wire_job *job)
{
    (void)close(l->fd);
    l->fd = -1;
    w->alive--;
    finish(w, l, job, 0, S(""));
}

static void start(wire *w, line *l, const wire_job *job)
{
    buf_clear(&l->out);
    if (!job->next(job->context, &l->tag, &l->out))
        return;
    CHECK(!buf_overflowed(&l->out));
    l->busy = true;
    w->busy++;
    str rest = buf_view(&l->out);
    while (rest.n > 0) {
        ssize_t n = send(l->fd, rest.p, rest.n, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            hang_up(w, l, job);
            return;
        }
        rest = (str){rest.p + n, rest.n - (size_t)n};
    }
}

/* Bytes of the whole answer at the front of what came; 0: not all is there. */
static size_t whole(const line *l, int *status, str *body)
{
    static const char mark[] = "\r\nContent-Length: ";
    const char *end = l->in.n < 16 ? NULL : memmem(l->in.p, l->in.n, "\r\n\r\n", 4);
    if (end == NULL)
        return 0;
    size_t head = (size_t)(end - l->in.p) + 4;
    const char *field = memmem(l->in.p, head, mark, sizeof mark - 1);
    uint64_t length = 0, code = 0;
    if (field != NULL) {
        field += sizeof mark - 1;
        const char *stop = memchr(field, '\r', (size_t)(l->in.p + head - field));
        CHECK(str_to_u64((str){field, (size_t)(stop - field)}, &length));
    }
    CHECK(str_to_u64((str){l->in.p + 9, 3}, &code));
    if (l->in.n < head + length)
        return 0;
    *status = (int)code;
    *body = (str){l->in.p + head, (size_t)length};
    return head + (size_t)length;
}

static void take(wire *w, line *l, const wire_job *job)
{
    char chunk[65536];
    ssize_t n = recv(l->fd, chunk, sizeof chunk, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        hang_up(w, l, job);
        return;
    }
    buf_add(&l->in, chunk, (size_t)n);
    int status = 0;
    str body;
    if (whole(l, &status, &body) == 0)
        return;
    finish(w, l, job, status, body);
    buf_clear(&l->in); /* one request at a time: nothing is behind its answer */
}

static void send_next(wire *w, const wire_job *job)
{
    for (uint32_t i = 0; i < w->n; i++) {
        line *l = &w->lines[i];
        if (l->fd >= 0 && !l->busy)
            start(w, l, job);
    }
}

bool wire_run(wire *w, const wire_job *job)
{
    struct epoll_event events[EVENTS_MAX];
    bool struck = false;
    int64_t heard_ms = clock_monotonic_ms();
    while (w->alive > 0) {
        int64_t now = clock_monotonic_ms();
        if (job->strike_at_ms != 0 && now >= job->strike_at_ms && !struck) {
            struck = true;
            job->strike(job->context);
        }
        bool sends = !struck || now < job->until_ms;
        if (sends)
            send_next(w, job);
        if (w->busy == 0 && (!sends || job->strike_at_ms == 0))
            return true;
        int wait = STEP_MS;
        if (job->strike_at_ms > now && job->strike_at_ms - now < wait)
            wait = (int)(job->strike_at_ms - now);
        int n = epoll_wait(w->epoll, events, EVENTS_MAX, wait);
        for (int i = 0; i < n; i++) {
            line *l = events[i].data.ptr;
            if (l->fd >= 0)
                take(w, l, job);
        }
        if (n > 0)
            heard_ms = now;
        else if (now - heard_ms > WIRE_PATIENCE_MS)
            return false;
    }
    return true;
}

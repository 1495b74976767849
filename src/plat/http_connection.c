/* One connection: from bytes to exchanges and back, one request at a time.
 *
 * `process` runs the state machine until it needs something from outside: bytes, the handler, or
 * the socket. Invariants: `in` does not move while x is with the handler (what arrives meanwhile
 * goes to `more`); what waits behind a request stays within HTTP_PIPELINE_MAX and one read, then
 * reading stops; besides that `in` holds at most a head and the body that was admitted. */
#include <arpa/inet.h>
#include <linux/sockios.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include "plat/http_loop.h"
#include "port/clock.h"
#include "port/log.h"
#include "port/metric.h"

static void process(http_connection *c);

static const metric refusal_metrics[HTTP_REFUSAL_COUNT] = {
#define HTTP_REFUSAL(name, result, detail) [HTTP_REFUSED_##name] = METRIC_HTTP_REFUSED_##name,
#include "plat/http_refusal.def"
#undef HTTP_REFUSAL
};

/* ---- life ---- */

static void connection_free(http_connection *c)
{
    http_loop *l = c->loop;
    buf_free(&c->more);
    buf_free(&c->in);
    if (l->free_connection_count >= HTTP_POOL_MAX) {
        free(c);
        return;
    }
    c->next = l->free_connections;
    l->free_connections = c;
    l->free_connection_count++;
}

static void on_closed(uv_handle_t *handle)
{
    http_connection *c = (http_connection *)handle;
    http_loop *l = c->loop;
    l->connections--;
    if (c->refusing)
        l->refusing--;
    else
        atomic_fetch_sub(&l->server->connections, 1);
    metric_change(METRIC_HTTP_CONNECTIONS, -1);
    c->closed = true;
    if (c->x == NULL)
        connection_free(c);
}

void http_connection_close(http_connection *c)
{
    if (c->closing)
        return;
    c->closing = true;
    http_loop_unlist(c->loop, c);
    uv_close((uv_handle_t *)&c->tcp, on_closed);
    /* An exchange that no handler has goes with its connection; that of a write when uv gives the
     * write back; that of a handler when it responds. */
    if (c->x != NULL && !c->x->handled && !c->writing) {
        http_loop_release(c->x);
        c->x = NULL;
    }
}

static void enter(http_connection *c, http_phase phase)
{
    c->phase = phase;
    c->rearm = true;
}

/* Puts the connection on the list of the phase that it has come to. */
static void settle(http_connection *c)
{
    if (!c->rearm || c->closing)
        return;
    c->rearm = false;
    http_loop_unlist(c->loop, c);
    http_loop_list(c->loop, c);
}

static void on_shutdown(uv_shutdown_t *request, int status)
{
    http_connection *c = request->data;
    if (!c->closing && (status != 0 || c->eof))
        http_connection_close(c);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
    http_loop *l = ((http_connection *)handle)->loop;
    (void)suggested;
    *out = uv_buf_init(l->read_buffer, sizeof l->read_buffer);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *data);

static void keep_reading(http_connection *c, bool on)
{
    if (c->reading == on || c->eof || c->closing)
        return;
    c->reading = on;
    if (!on)
        uv_read_stop((uv_stream_t *)&c->tcp);
    else if (uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read) != 0)
        http_connection_close(c);
}

/* Our end is done. What the client still sends is read and thrown away for a while: closing with
 * unread bytes makes the kernel reset the connection, and the client might lose our last words. */
static void hang_up(http_connection *c)
{
    enter(c, PHASE_LINGER);
    buf_free(&c->more);
    c->shutdown.data = c;
    if (uv_shutdown(&c->shutdown, (uv_stream_t *)&c->tcp, on_shutdown) != 0)
        http_connection_close(c);
    else
        keep_reading(c, true);
}

/* ---- responses ---- */

static void log_response(const http_exchange *x, int64_t took_us)
{
    static const char *const verbs[VERB_COUNT] = {
        [VERB_GET] = "GET",     [VERB_POST] = "POST",     [VERB_PUT] = "PUT",
        [VERB_PATCH] = "PATCH", [VERB_DELETE] = "DELETE", [VERB_OPTIONS] = "OPTIONS"};
    bool read = x->head.bytes > 0; /* else it was refused unread */
    log_event(LOG_DEBUG, "request", log_str("method", str_of(read ? verbs[x->head.verb] : "")),
              log_str("path", read ? http_path(x) : S("")), log_i64("status", x->status),
              log_i64("took_us", took_us), log_str("peer", http_peer(x)),
              log_str("trace_id", http_trace_id(x)));
}

static void count_response(const http_exchange *x, size_t bytes)
{
    static const metric classes[] = {METRIC_HTTP_RESPONSES_2XX, METRIC_HTTP_RESPONSES_3XX,
                                     METRIC_HTTP_RESPONSES_4XX, METRIC_HTTP_RESPONSES_5XX};
    metric_add(classes[x->status / 100 - 2], 1);
    metric_add(METRIC_HTTP_BYTES_OUT, bytes);
    int64_t took_us = (clock_monotonic_ns() - x->received_ns) / 1000;
    metric_observe(METRIC_HTTP_DURATION, (uint64_t)took_us);
    if (log_is_on(LOG_DEBUG))
        log_response(x, took_us);
}

static void compact(http_connection *c)
{
    if (c->start == 0)
        return;
    memmove(c->in.p, c->in.p + c->start, c->in.n - c->start);
    c->in.n -= c->start;
    c->start = 0;
}

/* The response is with the kernel: the connection turns to the next request or ends. */
static void response_written(http_connection *c)
{
    http_exchange *x = c->x;
    bool keep = x->keep_alive;
    c->start += x->head.bytes + (size_t)x->head.length;
    c->x = NULL;
    http_loop_release(x);
    if (!keep) {
        hang_up(c);
        return;
    }
    enter(c, PHASE_IDLE);
    if (c->start == c->in.n) {
        buf_clear(&c->in);
        c->start = 0;
        if (c->in.capacity > HTTP_KEEP_IN)
            buf_free(&c->in);
    }
    if (c->more.n > 0) {
        compact(c);
        buf_str(&c->in, buf_view(&c->more));
        buf_free(&c->more);
    }
}

static void on_written(uv_write_t *request, int status)
{
    http_connection *c = request->data;
    c->writing = false;
    if (status != 0 || c->closing) {
        metric_add(METRIC_HTTP_LOST, 1);
        http_loop_release(c->x);
        c->x = NULL;
        if (!c->closing)
            http_connection_close(c);
        return; /* on_closed follows: uv gives writes back before it closes */
    }
    response_written(c);
    process(c);
}

/* Bytes of the response that the client has not taken: with us and in the kernel's queue. Ours
 * alone would stand still while the kernel's, which may be megabytes, runs empty. */
static size_t untaken(http_connection *c)
{
    size_t ours = uv_stream_get_write_queue_size((uv_stream_t *)&c->tcp);
    uv_os_fd_t fd;
    int queued = 0;
    if (uv_fileno((uv_handle_t *)&c->tcp, &fd) != 0 || ioctl(fd, SIOCOUTQ, &queued) != 0)
        return ours;
    return ours + (size_t)queued;
}

static void write_rest(http_connection *c, uv_buf_t *parts, unsigned n, size_t written)
{
    uv_buf_t *rest = parts;
    while (written >= rest->len) {
        written -= rest->len;
        rest++;
        n--;
    }
    rest->base += written;
    rest->len -= written;
    c->write.data = c;
    if (uv_write(&c->write, (uv_stream_t *)&c->tcp, rest, n, on_written) != 0) {
        metric_add(METRIC_HTTP_LOST, 1);
        http_connection_close(c);
        return;
    }
    c->writing = true;
    c->untaken = untaken(c);
    enter(c, PHASE_WRITE);
}

static void write_response(http_connection *c)
{
    http_exchange *x = c->x;
    uv_buf_t parts[2] = {
        uv_buf_init(x->top.p, (unsigned)x->top.n),
        uv_buf_init(x->out.p, x->no_body ? 0 : (unsigned)x->out.n),
    };
    unsigned n = parts[1].len > 0 ? 2 : 1;
    size_t total = parts[0].len + parts[1].len;
    count_response(x, total);
    int written = uv_try_write((uv_stream_t *)&c->tcp, parts, n);
    if (written < 0 && written != UV_EAGAIN) {
        metric_add(METRIC_HTTP_LOST, 1);
        http_connection_close(c);
    } else if (written >= 0 && (size_t)written == total) {
        response_written(c);
    } else {
        write_rest(c, parts, n, written < 0 ? 0 : (size_t)written);
    }
}

void http_connection_respond(http_exchange *x)
{
    http_connection *c = x->connection;
    http_loop *l = c->loop;
    CHECK(x->handled);
    x->handled = false;
    l->in_flight--;
    metric_change(METRIC_HTTP_IN_FLIGHT, -1);
    if (c->closing) {
        metric_add(METRIC_HTTP_LOST, 1);
        c->x = NULL;
        http_loop_release(x);
        if (c->closed)
            connection_free(c);
        return;
    }
    if (atomic_load_explicit(&l->server->draining, memory_order_relaxed))
        x->keep_alive = false;
    http_exchange_finish(x);
    write_response(c);
    process(c);
}

/* ---- requests ---- */

static void exchange_for(http_connection *c)
{
    if (c->x == NULL) {
        c->x = http_loop_exchange(c->loop);
        c->x->connection = c;
    }
}

static bool refuse(http_connection *c, http_refusal why)
{
    metric_add(refusal_metrics[why], 1);
    exchange_for(c);
    /* Where the next request would begin is not known, or not to be waited for. */
    c->x->head.bytes = 0;
    c->x->head.length = 0;
    http_exchange_refuse(c->x, why);
    http_exchange_finish(c->x);
    write_response(c);
    return false;
}

static void ask_for_body(http_connection *c)
{
    static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n";
    uv_buf_t part = {(char *)(uintptr_t)text, sizeof text - 1};
    /* Nothing is queued before it, so a socket that cannot take 25 bytes is as good as dead. */
    if (uv_try_write((uv_stream_t *)&c->tcp, &part, 1) != (int)part.len)
        http_connection_close(c);
}

/* Is this body welcome? Sets its memory aside. */
static http_refusal admit_body(http_connection *c)
{
    http_exchange *x = c->x;
    http_server *s = c->loop->server;
    uint64_t length = x->head.length;
    if (length == 0)
        return HTTP_NOT_REFUSED;
    size_t most = s->options.body_max;
    if (length > most)
        return HTTP_REFUSED_BODY_TOO_LARGE;
    if (s->service.body_max != NULL)
        most = s->service.body_max(s->service.context, http_method(x), http_path(x));
    if (length > most)
        return HTTP_REFUSED_BODY_TOO_LARGE;
    if (length <= HTTP_FREE_BODY)
        return HTTP_NOT_REFUSED;
    size_t before = atomic_fetch_add(&s->body_memory, (size_t)length);
    if (before + length > s->options.body_memory_max) {
        atomic_fetch_sub(&s->body_memory, (size_t)length);
        return HTTP_REFUSED_BODY_MEMORY;
    }
    metric_change(METRIC_HTTP_BODY_MEMORY, (int64_t)length);
    x->body_reserved = (size_t)length;
    return HTTP_NOT_REFUSED;
}

static bool step_idle(http_connection *c)
{
    if (c->in.n > c->start) {
        const http_options *o = &c->loop->server->options;
        c->guard = http_guard_new(o->head_bytes_max, o->headers_max);
        enter(c, PHASE_HEAD);
        return true;
    }
    if (c->eof)
        http_connection_close(c);
    else if (atomic_load_explicit(&c->loop->server->draining, memory_order_relaxed))
        hang_up(c);
    return false;
}

static bool step_head(http_connection *c)
{
    const char *p = c->in.p + c->start;
    size_t n = c->in.n - c->start;
    switch (http_guard_feed(&c->guard, p, n)) {
    case GUARD_MORE:
        return c->eof ? refuse(c, HTTP_REFUSED_INCOMPLETE) : false;
    case GUARD_REFUSED:
        return refuse(c, c->guard.refusal);
    case GUARD_DONE:
        break;
    }
    exchange_for(c);
    http_exchange *x = c->x;
    if (!http_head_read(&c->guard, p, &x->head))
        return refuse(c, HTTP_REFUSED_PARSER);
    c->start += c->guard.start; /* past an empty line in front */
    x->base = c->in.p + c->start;
    x->keep_alive = x->head.keep_alive;
    http_refusal why = admit_body(c);
    if (why != HTTP_NOT_REFUSED)
        return refuse(c, why);
    if (c->guard.expects_continue && x->head.length > 0 && c->in.n - c->start == x->head.bytes)
        ask_for_body(c);
    c->body_steps = 0;
    enter(c, PHASE_BODY);
    return !c->closing;
}

static bool step_body(http_connection *c)
{
    http_exchange *x = c->x;
    http_loop *l = c->loop;
    size_t there = c->in.n - c->start - x->head.bytes;
    if (there < x->head.length) {
        if (there / HTTP_BODY_STEP > c->body_steps) {
            c->body_steps = there / HTTP_BODY_STEP;
            c->rearm = true;
        }
        return c->eof ? refuse(c, HTTP_REFUSED_INCOMPLETE) : false;
    }
    x->base = c->in.p + c->start;
    http_exchange_start(x);
    enter(c, PHASE_BUSY);
    x->handled = true;
    l->in_flight++;
    metric_change(METRIC_HTTP_IN_FLIGHT, 1);
    l->server->service.handle(l->server->service.context, x);
    return true; /* x may be gone, and another thread may have it: the phase tells */
}

static void process(http_connection *c)
{
    if (c->processing) /* a handler that responded at once; the loop below goes on */
        return;
    c->processing = true;
    bool more = true;
    while (more && !c->closing) {
        switch (c->phase) {
        case PHASE_FRESH:
        case PHASE_IDLE:
            more = step_idle(c);
            break;
        case PHASE_HEAD:
            more = step_head(c);
            break;
        case PHASE_BODY:
            more = step_body(c);
            break;
        default:
            more = false;
        }
    }
    c->processing = false;
    if (c->phase <= PHASE_BODY)
        keep_reading(c, true); /* it may have stopped while requests waited */
    settle(c);
}

/* ---- the socket ---- */

static void on_end(http_connection *c, ssize_t why)
{
    if (why != UV_EOF || c->phase == PHASE_LINGER) {
        http_connection_close(c);
        return;
    }
    /* A client may close its end after the request and still wait for the response. */
    c->eof = true;
    c->reading = false;
    process(c);
}

static void on_bytes(http_connection *c, str bytes)
{
    metric_add(METRIC_HTTP_BYTES_IN, bytes.n);
    if (c->phase == PHASE_LINGER) {
        c->discarded += bytes.n;
        if (c->discarded > HTTP_LINGER_BYTES)
            http_connection_close(c);
        return;
    }
    if (c->phase == PHASE_BUSY || c->phase == PHASE_WRITE) {
        buf_str(&c->more, bytes);
        const http_head *h = &c->x->head;
        size_t behind = c->in.n - c->start - h->bytes - (size_t)h->length + c->more.n;
        if (behind >= HTTP_PIPELINE_MAX)
            keep_reading(c, false);
        return;
    }
    compact(c);
    buf_str(&c->in, bytes);
    process(c);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *data)
{
    http_connection *c = (http_connection *)stream;
    if (c->closing)
        return;
    if (n > 0)
        on_bytes(c, (str){data->base, (size_t)n});
    else if (n < 0)
        on_end(c, n);
}

static void remember_peer(http_connection *c)
{
    struct sockaddr_storage address;
    int n = sizeof address;
    if (uv_tcp_getpeername(&c->tcp, (struct sockaddr *)&address, &n) != 0)
        return;
    const void *ip = address.ss_family == AF_INET6
                         ? (const void *)&((const struct sockaddr_in6 *)&address)->sin6_addr
                         : (const void *)&((const struct sockaddr_in *)&address)->sin_addr;
    if (inet_ntop(address.ss_family, ip, c->peer, sizeof c->peer) != NULL)
        c->peer_bytes = (uint8_t)strlen(c->peer);
}

static http_connection *connection_new(http_loop *l)
{
    http_connection *c = l->free_connections;
    if (c != NULL) {
        l->free_connections = c->next;
        l->free_connection_count--;
    } else {
        c = malloc(sizeof *c); /* freed by connection_free or http_loop_free_pools */
        CHECK(c != NULL);
    }
    memset(c, 0, sizeof *c);
    c->loop = l;
    buf_init(&c->in, SIZE_MAX / 4); /* bounded by what is admitted, see above */
    buf_init(&c->more, SIZE_MAX / 4);
    CHECK(uv_tcp_init(&l->uv, &c->tcp) == 0);
    return c;
}

/* At the maximum: closes who has waited longest for nothing of ours. Those that were told the last
 * word go first, else whoever keeps their end open would keep others out. Slow heads go before idle
 * connections, which do no harm, and those before bodies on their way and answers that nobody
 * reads. False: all of this loop's are at work. */
static bool make_room(http_loop *l)
{
    static const http_phase phases[] = {PHASE_LINGER, PHASE_FRESH, PHASE_HEAD,
                                        PHASE_IDLE,   PHASE_BODY,  PHASE_WRITE};
    for (size_t i = 0; i < ARRAY_LEN(phases); i++) {
        for (http_connection *c = l->lists[phases[i]].first; c != NULL; c = c->next) {
            if (c->refusing)
                continue;
            metric_add(METRIC_HTTP_MADE_ROOM, 1);
            http_connection_close(c);
            return true;
        }
    }
    return false;
}

void http_connection_accept(http_loop *l)
{
    http_server *s = l->server;
    http_connection *c = connection_new(l);
    c->refusing = atomic_fetch_add(&s->connections, 1) >= s->options.connections_max &&
                  !make_room(l); /* which counts until it is closed, later in this turn */
    if (c->refusing) {
        atomic_fetch_sub(&s->connections, 1);
        l->refusing++;
    }
    l->connections++;
    metric_change(METRIC_HTTP_CONNECTIONS, 1);
    metric_add(METRIC_HTTP_ACCEPTED, 1);
    c->phase = PHASE_FRESH;
    http_loop_list(l, c);
    if (uv_accept((uv_stream_t *)&l->listener, (uv_stream_t *)&c->tcp) != 0 ||
        (c->refusing && l->refusing > HTTP_REFUSING_MAX)) {
        http_connection_close(c);
        return;
    }
    uv_tcp_nodelay(&c->tcp, 1);
    remember_peer(c);
    if (c->refusing) {
        refuse(c, HTTP_REFUSED_CONNECTIONS);
        settle(c);
        return;
    }
    keep_reading(c, true);
}

void http_connection_expired(http_connection *c)
{
    switch (c->phase) {
    case PHASE_HEAD:
        refuse(c, HTTP_REFUSED_HEAD_TIMEOUT);
        break;
    case PHASE_BODY:
        refuse(c, HTTP_REFUSED_BODY_TIMEOUT);
        break;
    case PHASE_WRITE: {
        size_t left = untaken(c);
        if (left < c->untaken) { /* slow, but reading */
            c->untaken = left;
            c->rearm = true;
        } else {
            http_connection_close(c);
        }
        break;
    }
    default:
        http_connection_close(c);
    }
    settle(c);
}

void http_connection_drain(http_connection *c)
{
    if (c->phase == PHASE_FRESH || c->phase == PHASE_IDLE) {
        hang_up(c);
        settle(c);
    }
}

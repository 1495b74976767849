/* One event-loop thread: its listening socket, its clockwork of deadlines, its pools, and the queue
 * through which exchanges come back from other threads.
 *
 * Deadlines: every phase allows a fixed time, so a list per phase in order of entry is in order of
 * deadline, and one slow timer looks at the heads of the lists. */
#include "plat/http_loop.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/time.h"
#include "port/clock.h"
#include "port/metric.h"
#include "port/random.h"

enum { TICK_MS_MIN = 5, TICK_MS_MAX = 250, EXPIRE_MAX = 64 };

static _Thread_local const http_loop *here;

bool http_loop_is_here(const http_loop *l)
{
    return here == l;
}

static int64_t time_allowed_ms(const http_loop *l, http_phase phase)
{
    const http_options *o = &l->server->options;
    switch (phase) {
    case PHASE_FRESH:
    case PHASE_HEAD:
        return o->head_timeout_ms;
    case PHASE_IDLE:
        return o->idle_timeout_ms;
    case PHASE_BODY:
        return o->body_timeout_ms;
    case PHASE_WRITE:
        return o->write_timeout_ms;
    case PHASE_LINGER:
        return HTTP_LINGER_MS;
    case PHASE_BUSY: /* the handler's own business */
    case PHASE_COUNT:
        break;
    }
    return INT64_MAX / 2;
}

void http_loop_list(http_loop *l, http_connection *c)
{
    http_connection *last = l->lists[c->phase].last;
    c->listed = c->phase;
    c->deadline_ms = (int64_t)uv_now(&l->uv) + time_allowed_ms(l, c->phase);
    c->previous = last;
    c->next = NULL;
    *(last == NULL ? &l->lists[c->phase].first : &last->next) = c;
    l->lists[c->phase].last = c;
}

void http_loop_unlist(http_loop *l, http_connection *c)
{
    *(c->previous == NULL ? &l->lists[c->listed].first : &c->previous->next) = c->next;
    *(c->next == NULL ? &l->lists[c->listed].last : &c->next->previous) = c->previous;
}

/* A crowd of slow clients falls due together: the loop turns to the others in between. */
static void on_tick(uv_timer_t *timer)
{
    http_loop *l = timer->data;
    int64_t now = (int64_t)uv_now(&l->uv);
    int left = EXPIRE_MAX;
    for (int phase = 0; phase < PHASE_COUNT; phase++) {
        /* Each expiry takes the connection off this list or gives it a later deadline. */
        http_connection *c;
        while (left > 0 && (c = l->lists[phase].first) != NULL && c->deadline_ms <= now) {
            http_connection_expired(c);
            left--;
        }
    }
    if (left == 0)
        uv_timer_start(timer, on_tick, 1, uv_timer_get_repeat(timer));
}

str http_loop_date(http_loop *l)
{
    int64_t now_ms = clock_wall_ms();
    int64_t second = now_ms / MS_SECOND;
    if (second != l->date_second) {
        static const char days[][4] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
        static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
        int32_t day = (int32_t)(now_ms / MS_DAY);
        int year, month, of_month;
        day_to_civil(day, &year, &month, &of_month);
        int s = (int)(second % 86400);
        int n = snprintf(l->date, sizeof l->date, "%s, %02d %s %04d %02d:%02d:%02d GMT",
                         days[day_weekday(day)], of_month, months[month - 1], year, s / 3600,
                         s / 60 % 60, s % 60);
        CHECK(n == HTTP_DATE_BYTES);
        l->date_second = second;
    }
    return (str){l->date, HTTP_DATE_BYTES};
}

/* ---- exchanges ---- */

http_exchange *http_loop_exchange(http_loop *l)
{
    http_exchange *x = l->free_exchanges;
    if (x != NULL) {
        l->free_exchanges = x->next;
        l->free_exchange_count--;
    } else {
        x = calloc(1, sizeof *x); /* freed by http_loop_release or http_loop_free_pools */
        CHECK(x != NULL);
        buf_init(&x->fields, HTTP_HEAD_BYTES_MAX);
        buf_init(&x->out, HTTP_RESPONSE_MAX);
        buf_init(&x->top, (size_t)2 * HTTP_HEAD_BYTES_MAX);
    }
    x->loop = l;
    x->next = NULL;
    x->deferred = NULL;
    x->user = NULL;
    x->base = NULL;
    x->body_reserved = 0;
    x->status = 200;
    x->type = S("application/json");
    x->keep_alive = x->no_body = x->handled = false;
    x->head.bytes = x->head.fields = 0;
    x->head.length = 0;
    x->head.is_head = false;
    x->head.minor = 1;
    return x;
}

static void exchange_free(http_exchange *x)
{
    arena_free(x->memory);
    buf_free(&x->fields);
    buf_free(&x->out);
    buf_free(&x->top);
    free(x);
}

void http_loop_release(http_exchange *x)
{
    http_loop *l = x->loop;
    if (x->body_reserved > 0) {
        atomic_fetch_sub(&l->server->body_memory, x->body_reserved);
        metric_change(METRIC_HTTP_BODY_MEMORY, -(int64_t)x->body_reserved);
    }
    if (l->free_exchange_count >= HTTP_POOL_MAX) {
        exchange_free(x);
        return;
    }
    if (x->memory != NULL)
        arena_reset(x->memory);
    buf_clear(&x->fields);
    buf_clear(&x->top);
    buf_clear(&x->out);
    if (x->out.capacity > HTTP_KEEP_OUT)
        buf_free(&x->out);
    x->next = l->free_exchanges;
    l->free_exchanges = x;
    l->free_exchange_count++;
}

void http_loop_send(http_exchange *x)
{
    inbox_put(&x->loop->queue, &x->node);
}

static void take_queue(http_loop *l)
{
    inbox_node *next;
    for (inbox_node *n = inbox_take(&l->queue); n != NULL; n = next) {
        next = n->next;
        http_exchange *x = (http_exchange *)n;
        void (*run)(http_exchange *, void *) = x->deferred;
        x->deferred = NULL;
        if (run != NULL)
            run(x, x->argument);
        else
            http_connection_respond(x);
    }
}

/* ---- orders from the server ---- */

static void stop_listening(http_loop *l)
{
    if (l->listening && !uv_is_closing((uv_handle_t *)&l->listener))
        uv_close((uv_handle_t *)&l->listener, NULL);
    l->listening = false;
}

static void for_each_connection(http_loop *l, void (*act)(http_connection *c))
{
    for (int phase = 0; phase < PHASE_COUNT; phase++) {
        http_connection *next;
        for (http_connection *c = l->lists[phase].first; c != NULL; c = next) {
            next = c->next;
            act(c);
        }
    }
}

static void tell_empty(http_loop *l)
{
    http_server *s = l->server;
    l->empty_told = true;
    pthread_mutex_lock(&s->lock);
    s->empty_loops++;
    pthread_cond_signal(&s->empty);
    pthread_mutex_unlock(&s->lock);
}

static void obey(http_loop *l)
{
    http_server *s = l->server;
    if (!atomic_load(&s->draining))
        return;
    if (l->listening) {
        stop_listening(l);
        for_each_connection(l, http_connection_drain);
    }
    if (atomic_load(&s->killing))
        for_each_connection(l, http_connection_close);
    if (l->connections > 0 || l->in_flight > 0)
        return;
    if (!l->empty_told)
        tell_empty(l);
    if (!atomic_load(&s->stopping) || l->ending)
        return;
    inbox_settle(&l->queue);
    l->ending = true;
    uv_close((uv_handle_t *)&l->wake, NULL);
    uv_close((uv_handle_t *)&l->tick, NULL);
}

static void on_wake(uv_poll_t *wake, int status, int events)
{
    (void)status;
    (void)events;
    take_queue(wake->data);
}

/* ---- life ---- */

static void on_connection(uv_stream_t *listener, int status)
{
    if (status == 0)
        http_connection_accept(listener->data);
}

static result failed(const http_server *s, buf *why, int uv_error)
{
    if (why != NULL)
        buf_printf(why, "cannot listen on %.*s port %u: %s", STR_ARG(s->options.address),
                   (unsigned)s->port, uv_strerror(uv_error));
    return R_IO;
}

result http_loop_open(http_loop *l, http_server *server, unsigned index, buf *why)
{
    memset(l, 0, sizeof *l);
    l->server = server;
    l->index = index;
    l->date_second = -1;
    l->trace_state = random_u64();
    int error = -inbox_open(&l->queue);
    if (error != 0)
        return failed(server, why, error);
    error = uv_loop_init(&l->uv);
    if (error != 0) {
        inbox_close(&l->queue);
        return failed(server, why, error);
    }
    const http_options *o = &server->options;
    int64_t least = o->head_timeout_ms;
    least = o->body_timeout_ms < least ? o->body_timeout_ms : least;
    least = o->idle_timeout_ms < least ? o->idle_timeout_ms : least;
    least = o->write_timeout_ms < least ? o->write_timeout_ms : least;
    int64_t tick = least / 4;
    tick = tick < TICK_MS_MIN ? TICK_MS_MIN : tick > TICK_MS_MAX ? TICK_MS_MAX : tick;
    CHECK(uv_poll_init(&l->uv, &l->wake, l->queue.fd) == 0);
    CHECK(uv_poll_start(&l->wake, UV_READABLE, on_wake) == 0);
    CHECK(uv_timer_init(&l->uv, &l->tick) == 0);
    CHECK(uv_timer_start(&l->tick, on_tick, (uint64_t)tick, (uint64_t)tick) == 0);
    CHECK(uv_tcp_init(&l->uv, &l->listener) == 0);
    l->wake.data = l->tick.data = l->listener.data = l;
    l->listening = true;
    return R_DONE;
}

static int bind_socket(const http_server *s, int *out)
{
    struct sockaddr_storage address = {0};
    char text[HTTP_PEER_BYTES] = "";
    memcpy(text, s->options.address.p, s->options.address.n);
    bool six = strchr(text, ':') != NULL;
    int error = six ? uv_ip6_addr(text, s->port, (struct sockaddr_in6 *)&address)
                    : uv_ip4_addr(text, s->port, (struct sockaddr_in *)&address);
    if (error != 0)
        return error;
    int on = 1;
    int fd = socket(six ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    socklen_t n = six ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
    bool share = s->options.loops > 1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        (share && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0) ||
        bind(fd, (const struct sockaddr *)&address, n) != 0) {
        error = -errno;
        close(fd);
        return error;
    }
    *out = fd;
    return 0;
}

result http_loop_listen(http_loop *l, buf *why)
{
    http_server *s = l->server;
    int fd = -1;
    int error = bind_socket(s, &fd);
    if (error != 0)
        return failed(s, why, error);
    error = uv_tcp_open(&l->listener, fd);
    if (error != 0) {
        close(fd);
        return failed(s, why, error);
    }
    if (s->port == 0) {
        struct sockaddr_storage address;
        int n = sizeof address;
        error = uv_tcp_getsockname(&l->listener, (struct sockaddr *)&address, &n);
        if (error != 0)
            return failed(s, why, error);
        s->port =
            ntohs(address.ss_family == AF_INET6 ? ((const struct sockaddr_in6 *)&address)->sin6_port
                                                : ((const struct sockaddr_in *)&address)->sin_port);
    }
    error = uv_listen((uv_stream_t *)&l->listener, HTTP_BACKLOG, on_connection);
    return error == 0 ? R_DONE : failed(s, why, error);
}

void http_loop_run(http_loop *l)
{
    here = l;
    /* Whatever this turn did (a connection gone, a response given), an order may be due by it. */
    while (uv_run(&l->uv, UV_RUN_ONCE) != 0)
        obey(l);
    here = NULL;
}

void http_loop_close(http_loop *l)
{
    CHECK(uv_loop_close(&l->uv) == 0);
    inbox_close(&l->queue);
}

void http_loop_free_pools(http_loop *l)
{
    while (l->free_exchanges != NULL) {
        http_exchange *next = l->free_exchanges->next;
        exchange_free(l->free_exchanges);
        l->free_exchanges = next;
    }
    while (l->free_connections != NULL) {
        http_connection *next = l->free_connections->next;
        buf_free(&l->free_connections->in);
        buf_free(&l->free_connections->more);
        free(l->free_connections);
        l->free_connections = next;
    }
}

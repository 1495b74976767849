/* The HTTP server: loops, their threads, and the orders to them. */
#include "plat/http_loop.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "port/clock.h"

http_options http_options_default(void)
{
    return (http_options){
        .address = S("127.0.0.1"),
        .loops = 1,
        .connections_max = HTTP_CONNECTIONS_MAX,
        .headers_max = HTTP_HEADERS_MAX,
        .head_bytes_max = HTTP_HEAD_BYTES_MAX,
        .body_max = HTTP_BODY_MAX,
        .body_memory_max = HTTP_BODY_MEMORY_MAX,
        .head_timeout_ms = HTTP_HEAD_TIMEOUT_MS,
        .body_timeout_ms = HTTP_BODY_TIMEOUT_MS,
        .idle_timeout_ms = HTTP_IDLE_TIMEOUT_MS,
        .write_timeout_ms = HTTP_WRITE_TIMEOUT_MS,
    };
}

static result invalid(buf *why, str what)
{
    if (why != NULL)
        buf_str(why, what);
    return R_INVALID;
}

static result check_options(const http_options *o, buf *why)
{
    if (o->address.n == 0 || o->address.n >= HTTP_PEER_BYTES)
        return invalid(why, S("the address is not a numeric IP address"));
    if (o->loops < 1 || o->loops > HTTP_LOOPS_MAX)
        return invalid(why, S("there must be 1 to 64 loops"));
    if (o->headers_max < 1 || o->headers_max > HTTP_HEADERS_MAX || o->connections_max < 1)
        return invalid(why, S("a maximum of header fields or connections is out of range"));
    /* http-parser gives up at 80 KiB. */
    if (o->head_bytes_max < 256 || o->head_bytes_max > 64 * 1024)
        return invalid(why, S("a head must be allowed 256 bytes to 64 KiB"));
    if (o->head_timeout_ms < 1 || o->body_timeout_ms < 1 || o->idle_timeout_ms < 1 ||
        o->write_timeout_ms < 1)
        return invalid(why, S("timeouts must be at least 1 ms"));
    return R_DONE;
}

static void *loop_main(void *argument)
{
    http_loop *l = argument;
    char name[16];
    snprintf(name, sizeof name, "http-%u", l->index);
    pthread_setname_np(pthread_self(), name);
    http_loop_run(l);
    return NULL;
}

static void free_server(http_server *s)
{
    for (unsigned i = 0; i < s->options.loops; i++)
        http_loop_free_pools(&s->loops[i]);
    pthread_mutex_destroy(&s->lock);
    pthread_cond_destroy(&s->empty);
    free(s->loops);
    free(s);
}

static void close_handle(uv_handle_t *handle, void *unused)
{
    (void)unused;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

/* For a loop whose thread never ran. */
static void close_loop(http_loop *l)
{
    uv_walk(&l->uv, close_handle, NULL);
    uv_run(&l->uv, UV_RUN_DEFAULT);
    http_loop_close(l);
}

/* Sockets that share a port would also share it with another server of the same user. A socket that
 * does not share finds out. */
static result check_port_is_free(http_server *s, buf *why)
{
    if (s->port == 0 || s->options.loops == 1)
        return R_DONE;
    http_loop *probe = aligned_alloc(_Alignof(http_loop), sizeof *probe); /* freed below */
    CHECK(probe != NULL);
    unsigned loops = s->options.loops;
    s->options.loops = 1;
    result r = http_loop_open(probe, s, 0, why);
    if (r == R_DONE) {
        r = http_loop_listen(probe, why);
        close_loop(probe);
    }
    s->options.loops = loops;
    free(probe);
    return r;
}

static result open_loops(http_server *s, buf *why)
{
    result r = check_port_is_free(s, why);
    unsigned opened = 0;
    while (r == R_DONE && opened < s->options.loops) {
        r = http_loop_open(&s->loops[opened], s, opened, why);
        if (r != R_DONE)
            break;
        opened++;
        r = http_loop_listen(&s->loops[opened - 1], why);
    }
    for (unsigned i = 0; r != R_DONE && i < opened; i++)
        close_loop(&s->loops[i]);
    return r;
}

static void start_threads(http_server *s)
{
    /* Signals are for the main thread; SIGPIPE would end the process for a client that left. */
    sigset_t all, before;
    sigfillset(&all);
    CHECK(pthread_sigmask(SIG_SETMASK, &all, &before) == 0);
    for (; s->started < s->options.loops; s->started++) {
        http_loop *l = &s->loops[s->started];
        CHECK(pthread_create(&l->thread, NULL, loop_main, l) == 0);
    }
    CHECK(pthread_sigmask(SIG_SETMASK, &before, NULL) == 0);
}

result http_server_start(const http_options *options, const http_service *service,
                         http_server **out, buf *why)
{
    result r = check_options(options, why);
    if (r != R_DONE)
        return r;
    http_server *s = calloc(1, sizeof *s); /* freed by free_server, as are the loops */
    CHECK(s != NULL);
    s->options = *options;
    s->service = *service;
    s->port = options->port;
    /* freed by free_server */
    s->loops = aligned_alloc(_Alignof(http_loop), options->loops * sizeof(http_loop));
    CHECK(s->loops != NULL);
    memset(s->loops, 0, options->loops * sizeof(http_loop));
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&s->empty, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&s->lock, NULL);
    r = open_loops(s, why);
    if (r != R_DONE) {
        free_server(s);
        return r;
    }
    s->options.address = (str){NULL, 0}; /* the caller's memory */
    start_threads(s);
    *out = s;
    return R_DONE;
}

uint16_t http_server_port(const http_server *s)
{
    return s->port;
}

static void wake_all(http_server *s)
{
    for (unsigned i = 0; i < s->started; i++)
        inbox_wake(&s->loops[i].queue);
}

static bool wait_until_empty(http_server *s, int64_t timeout_ms)
{
    int64_t until_ns = clock_monotonic_ns() + timeout_ms * INT64_C(1000000);
    struct timespec until = {.tv_sec = until_ns / INT64_C(1000000000),
                             .tv_nsec = until_ns % INT64_C(1000000000)};
    pthread_mutex_lock(&s->lock);
    int error = 0;
    while (s->empty_loops < s->started && error == 0)
        error = pthread_cond_timedwait(&s->empty, &s->lock, &until);
    bool empty = s->empty_loops == s->started;
    pthread_mutex_unlock(&s->lock);
    return empty;
}

bool http_server_drain(http_server *s, int64_t timeout_ms)
{
    atomic_store(&s->draining, true);
    wake_all(s);
    if (wait_until_empty(s, timeout_ms))
        return true;
    atomic_store(&s->killing, true);
    wake_all(s);
    return false;
}

void http_server_stop(http_server *s)
{
    if (s == NULL)
        return;
    (void)http_server_drain(s, 0);
    atomic_store(&s->stopping, true);
    wake_all(s);
    for (unsigned i = 0; i < s->started; i++) {
        CHECK(pthread_join(s->loops[i].thread, NULL) == 0);
        http_loop_close(&s->loops[i]);
    }
    free_server(s);
}

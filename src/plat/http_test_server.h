/* For the tests of the HTTP server: a server whose handler does as the path says.
 *
 * Paths: /gate waits until the test answers it from its own thread; /big?N answers N bytes; /small
 * takes 10 bytes of body; /count counts in `counted` and answers; /park hands over to the worker
 * thread, which answers at once; /special is the test's own; everything else is answered with
 * method, path, query and body. */
#ifndef QUAN_PLAT_HTTP_TEST_SERVER_H
#define QUAN_PLAT_HTTP_TEST_SERVER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/test_help.h"
#include "plat/http_test_client.h"
#include "port/clock.h"
#include "port/http.h"

enum { GATE_MAX = 256, PARK_MAX = 4096 };

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
    assert_int_equal(http_server_start(&options, &service, &t->server, NULL), R_DONE);
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

#endif

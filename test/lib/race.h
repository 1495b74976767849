/* Races over HTTP, with real threads on two lanes: several requests in one moment, 50 rounds of it;
 * with QUAN_NIGHTLY 1,000. The last bytes of all go together. On the engine that the program is
 * told; of several servers, racers are at each of them. */
#ifndef QUAN_TEST_RACE_H
#define QUAN_TEST_RACE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "cli/http_client.h"
#include "test/lib/answer.h"
#include "test/lib/last_byte.h"
#include "test/lib/world.h"

enum { ROUNDS = 50, ROUNDS_NIGHTLY = 1000, RACERS = 6, BODY_MAX = 640 };
#define RACE_NOW_MS INT64_C(1767225600000)

static world_engine race_engine;

/* The program's argument; without one the store in memory. False: it is no engine. */
static inline bool race_on(int count, char **arguments)
{
    return world_engine_parse(count > 1 ? arguments[1] : "mem", &race_engine);
}

typedef struct ground {
    world world;
    char template[ID_TEXT_MAX];
    int round;
} ground;

typedef struct racer {
    const ground *ground;
    size_t server; /* that it asks */
    pthread_barrier_t *start;
    const char *method; /* NULL: POST */
    char target[BODY_MAX], body[BODY_MAX];
    answer got;
} racer;

/* ---- requests ---- */

/* Of one request: who asks, and its key. */
static inline str headers_of(const ground *g, arena *memory)
{
    static _Atomic int keys;
    return arena_printf(memory,
                        "Authorization: Bearer %.*s\r\n"
                        "Idempotency-Key: k-%d\r\n",
                        STR_ARG(world_key(&g->world, S("all"))), atomic_fetch_add(&keys, 1));
}

static inline void keep(answer *out, int status, str body)
{
    out->status = status;
    int n = snprintf(out->body, sizeof out->body, "%.*s", STR_ARG(body));
    CHECK(n >= 0 && n < (int)sizeof out->body);
}

/* body NULL: a GET without one, else a POST. */
static inline void ask(const ground *g, http_client *c, const char *target, const char *body,
                       answer *out)
{
    arena *memory = arena_new(0);
    http_ask one = {.method = body == NULL ? "GET" : "POST",
                    .target = str_of(target),
                    .headers = headers_of(g, memory),
                    .body = str_of(body)};
    http_answer got = http_client_ask(c, &one, memory);
    keep(out, got.status, got.body);
    arena_free(memory);
}

static inline answer once(const ground *g, const char *target, const char *body)
{
    answer out;
    http_client *c = http_client_new(world_port(&g->world, 0));
    ask(g, c, target, body, &out);
    http_client_free(c);
    return out;
}

/* ---- the ground: an open campaign with a template ---- */

static inline int set_up(void **state)
{
    ground *g = calloc(1, sizeof *g);
    char home[ID_TEXT_MAX], target[BODY_MAX];
    CHECK(g != NULL);
    world_open(&g->world, &race_engine, RACE_NOW_MS);
    answer a = once(g, "/v1/campaigns",
                    "{\"name\":\"Race\",\"claim_window\":{\"from\":\"2026-01-01T00:00:00Z\","
                    "\"until\":\"2026-02-01T00:00:00Z\"},\"use_window\":{\"from\":"
                    "\"2026-01-01T00:00:00Z\",\"until\":\"2026-02-01T00:00:00Z\"}}");
    assert_int_equal(a.status, 201);
    find(&a, "id", home, sizeof home);
    (void)snprintf(target, sizeof target, "/v1/campaigns/%s/state", home);
    a = once(g, target, "{\"state\":\"active\"}");
    assert_int_equal(a.status, 200);
    (void)snprintf(target, sizeof target, "/v1/campaigns/%s/templates", home);
    a = once(g, target,
             "{\"name\":\"Gift\",\"transfer\":{\"at_most\":1},\"benefit\":{\"kind\":\"amount_off\","
             "\"amount\":{\"amount\":100,\"currency\":\"USD\"}},\"validity\":{\"kind\":"
             "\"after_issue\",\"duration_days\":9}}");
    assert_int_equal(a.status, 201);
    find(&a, "id", g->template, sizeof g->template);
    *state = g;
    return 0;
}

static inline int tear_down(void **state)
{
    ground *g = *state;
    buf why;
    buf_init(&why, 65536);
    bool sound = world_sound(&g->world, &why);
    if (!sound)
        print_error("%.*s\n", STR_ARG(buf_view(&why)));
    buf_free(&why);
    world_close(&g->world);
    free(g);
    return sound ? 0 : -1;
}

static inline int rounds(void)
{
    return getenv("QUAN_NIGHTLY") != NULL ? ROUNDS_NIGHTLY : ROUNDS;
}

/* ---- in one moment ---- */

static inline void *race_one(void *argument)
{
    racer *r = argument;
    arena *memory = arena_new(0);
    str body = str_of(r->body);
    str all = arena_printf(memory,
                           "%s %s HTTP/1.1\r\nHost: race\r\nConnection: close\r\n%.*s"
                           "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%.*s",
                           r->method != NULL ? r->method : "POST", r->target,
                           STR_ARG(headers_of(r->ground, memory)), body.n, STR_ARG(body));
    char text[2 * ANSWER_MAX];
    int fd = last_byte_begin(world_port(&r->ground->world, r->server), all);
    (void)pthread_barrier_wait(r->start);
    last_byte_end(fd, all, text, sizeof text);
    const char *got = strstr(text, "\r\n\r\n");
    assert_true(got != NULL && strncmp(text, "HTTP/1.1 ", 9) == 0);
    keep(&r->got, (int)strtol(text + 9, NULL, 10), str_of(got + 4));
    arena_free(memory);
    return NULL;
}

static inline void say(racer *r, const char *method, const char *target, const char *body)
{
    r->method = method;
    (void)snprintf(r->target, BODY_MAX, "%s", target);
    (void)snprintf(r->body, BODY_MAX, "%s", body);
}

/* All servers know the ground. */
static inline void race_all(racer *all, size_t n)
{
    pthread_t threads[RACERS];
    pthread_barrier_t start;
    const world *w = &all[0].ground->world;
    CHECK(n <= RACERS);
    for (size_t i = 0; i < w->server_count; i++)
        world_follow(w, i);
    assert_int_equal(pthread_barrier_init(&start, NULL, (unsigned)n), 0);
    for (size_t i = 0; i < n; i++) {
        all[i].start = &start;
        all[i].server = i % w->server_count;
        assert_int_equal(pthread_create(&threads[i], NULL, race_one, &all[i]), 0);
    }
    for (size_t i = 0; i < n; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    (void)pthread_barrier_destroy(&start);
}

#endif

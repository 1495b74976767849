/* For the tests of the peering: servers that answer each call with its message, counted by the
 * number that it is; and calls that are waited for.
 *
 * Messages: "echo N" is answered at once; "slow N" by a thread, after the test opens the gate; "no
 * N" with R_UNAVAILABLE. */
#ifndef QUAN_PLAT_PEER_TEST_SERVER_H
#define QUAN_PLAT_PEER_TEST_SERVER_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "plat/peer_test_proxy.h"
#include "port/peering.h"

enum { NUMBERS = 65536, GATE = 1024, TEST_LANES = 8 };
#define TEST_SECRET "0123456789abcdef0123456789abcdef"

typedef struct held {
    peers_answered *answered;
    void *of;
} held;

typedef struct peer_test_server {
    peering *net;
    const peers *ops;
    peering_options options;
    str identity;
    char name[8], list[256];
    atomic_uint times[NUMBERS]; /* that each number was served */
    atomic_uint changes;
    pthread_mutex_t lock;
    held gate[GATE];
    atomic_size_t at_gate;
} peer_test_server;

static inline void test_serve(void *context, str message, peers_answered *answered, void *of)
{
    peer_test_server *s = context;
    str rest = message, word;
    uint64_t number;
    assert_true(str_cut(&rest, ' ', &word));
    str digits;
    assert_true(str_cut(&rest, ' ', &digits) && str_to_u64(digits, &number) && number < NUMBERS);
    if (str_eq(word, S("no"))) {
        answered(of, R_UNAVAILABLE, S(""));
        return;
    }
    atomic_fetch_add(&s->times[number], 1);
    if (!str_eq(word, S("slow"))) {
        answered(of, R_DONE, message);
        return;
    }
    pthread_mutex_lock(&s->lock);
    size_t n = atomic_load(&s->at_gate);
    assert_true(n < GATE);
    s->gate[n] = (held){answered, of};
    atomic_store(&s->at_gate, n + 1);
    pthread_mutex_unlock(&s->lock);
}

/* Answers what is held, the newest first. */
static inline void open_gate(peer_test_server *s)
{
    pthread_mutex_lock(&s->lock);
    for (size_t n = atomic_load(&s->at_gate); n > 0; n--)
        s->gate[n - 1].answered(s->gate[n - 1].of, R_DONE, S("slow"));
    atomic_store(&s->at_gate, 0);
    pthread_mutex_unlock(&s->lock);
}

static inline void test_changed(void *context)
{
    atomic_fetch_add(&((peer_test_server *)context)->changes, 1);
}

static inline peer_test_server *test_server_new(const char *name, const char *list)
{
    peer_test_server *s = calloc(1, sizeof *s);
    assert_non_null(s);
    pthread_mutex_init(&s->lock, NULL);
    (void)snprintf(s->name, sizeof s->name, "%s", name);
    (void)snprintf(s->list, sizeof s->list, "%s", list);
    s->identity = S("test");
    s->options = (peering_options){.servers = str_of(s->list),
                                   .self = str_of(s->name),
                                   .secret = S(TEST_SECRET),
                                   .serve = test_serve,
                                   .changed = test_changed,
                                   .ping_ms = 10,
                                   .dial_ms = 5,
                                   .dead_ms = 5000};
    return s;
}

static inline void test_server_open(peer_test_server *s)
{
    buf why;
    buf_init(&why, 4096);
    result r = peering_new(&s->options, &s->net, &why);
    if (r == R_DONE)
        r = peering_start(s->net, &(peering_site){s, TEST_LANES, s->identity}, &why);
    if (r != R_DONE)
        print_error("%.*s\n", STR_ARG(buf_view(&why)));
    assert_int_equal(r, R_DONE);
    buf_free(&why);
    s->ops = peering_peers(s->net);
}

static inline void test_server_close(peer_test_server *s)
{
    peering_stop(s->net);
    peering_free(s->net);
    s->net = NULL;
}

static inline void test_server_free(peer_test_server *s)
{
    if (s->net != NULL)
        test_server_close(s);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

static inline unsigned lanes_of(const peer_test_server *s, unsigned server)
{
    peering_server all[PEERING_SERVERS_MAX];
    assert_true(peering_servers(s->net, all) > server);
    return all[server].lanes;
}

/* Until this server sees that one with so many lanes; at most ten seconds. */
static inline void wait_lanes(const peer_test_server *s, unsigned server, unsigned lanes)
{
    for (int i = 0; i < 10000 && lanes_of(s, server) != lanes; i++)
        usleep(1000);
    assert_int_equal(lanes_of(s, server), lanes);
}

/* ---- calls ---- */

typedef struct test_call {
    char message[64];
    atomic_uint answers;
    result code;
    char answer[64];
    size_t bytes;
} test_call;

static inline void test_answered(void *of, result code, str answer)
{
    test_call *c = of;
    c->code = code;
    c->bytes = answer.n;
    (void)snprintf(c->answer, sizeof c->answer, "%.*s", STR_ARG(answer));
    atomic_fetch_add(&c->answers, 1);
}

static inline void call_to(peer_test_server *s, uint16_t lane, const char *word, unsigned number,
                           test_call *c)
{
    memset(c, 0, sizeof *c);
    (void)snprintf(c->message, sizeof c->message, "%s %u", word, number);
    s->ops->call(s->ops->context, lane, str_of(c->message), test_answered, c);
}

static inline result wait_answer(test_call *c)
{
    for (int i = 0; i < 100000 && atomic_load(&c->answers) == 0; i++)
        usleep(100);
    assert_int_equal(atomic_load(&c->answers), 1);
    return c->code;
}

#endif

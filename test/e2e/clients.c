/* `quan serve` and clients that mean no good, as they reach it through its settings: slow ones are
 * cut off in time and hold no more than their share of connections, and what two HTTP programs
 * could read differently is refused. The parts are tested beside src/plat/http_*.c. */
#include <stdio.h>

#include "plat/http_test_client.h"
#include "port/clock.h"
#include "test/lib/child.h"

#define H        "Host: a\r\n"
#define E        "\r\n"
#define SMUGGLED "GET /metrics HTTP/1.1\r\n" H E

enum {
    HEAD_MS = 400,
    BODY_MS = 500,
    IDLE_MS = 800,
    WRITE_MS = 600,
    SLACK_MS = 5000, /* a busy machine */
    CONNECTIONS = 16,
    ATTACKERS = 64,
    GOOD = 100,
    ANSWERS = 400, /* that nobody reads: more than the kernel takes */
};

static int start(void **state)
{
    (void)child_make(state);
    child *c = *state;
    static const char *const flags[] = {
        "--loops",           "1",   "--head-timeout-ms",  "400", "--body-timeout-ms", "500",
        "--idle-timeout-ms", "800", "--write-timeout-ms", "600", "--connections-max", "16"};
    for (size_t i = 0; i < ARRAY_LEN(flags); i++)
        c->flags[c->flag_n++] = flags[i];
    child_serve(c);
    return 0;
}

/* ---- slow ---- */

typedef struct slow {
    str first, drip; /* one byte of it now and then */
    int64_t most_ms;
    int status; /* 0: closed without a word */
} slow;

/* The server ends it at its time. */
static void cut_off(const child *c, const slow *how)
{
    int fd = dial(c->port);
    int64_t began = clock_monotonic_ms();
    assert_true(how->first.n == 0 || send_all(fd, how->first));
    for (size_t i = 0; i < how->drip.n && clock_monotonic_ms() - began < how->most_ms + 100; i++) {
        (void)send_all(fd, (str){how->drip.p + i, 1});
        child_pause_ms(20);
    }
    buf b;
    buf_init(&b, ANSWER_MAX);
    read_to_end(fd, &b);
    int64_t took = clock_monotonic_ms() - began;
    answer a = {0};
    assert_true(how->status == 0 ? b.n == 0
                                 : answer_take(buf_view(&b), true, &a) && a.bytes == b.n);
    assert_int_equal(a.status, how->status);
    assert_in_range(took, how->most_ms - 20, how->most_ms + SLACK_MS);
    buf_free(&b);
    (void)close(fd);
}

#define DRIP "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static void slow_heads_are_cut_off(void **state)
{
    static const str halves[] = {S("GET /livez HTTP/1.1\r\nHost: a\r\nX:"), S("GET /"),
                                 S("GET /livez HTTP/1.1\r\n" H "X: ")};
    cut_off(*state, &(slow){.most_ms = HEAD_MS}); /* not a byte */
    for (size_t i = 0; i < ARRAY_LEN(halves); i++) {
        cut_off(*state, &(slow){halves[i], S(""), HEAD_MS, 408});
        cut_off(*state, &(slow){halves[i], S(DRIP), HEAD_MS, 408});
    }
}

static void slow_bodies_are_cut_off(void **state)
{
    const child *c = *state;
    str half = S("POST /v1/claims HTTP/1.1\r\n" H "Content-Type: application/json\r\n"
                 "Idempotency-Key: slow\r\nContent-Length: 1000\r\n" E);
    cut_off(c, &(slow){half, S(""), BODY_MS, 408});
    cut_off(c, &(slow){half, S(DRIP), BODY_MS, 408});
    assert_int_equal(child_metric(c, "quan_http_body_memory_bytes"), 0);
}

static void idle_connections_are_closed(void **state)
{
    const child *c = *state;
    int fd = dial(c->port);
    expect(fd, S("GET /livez HTTP/1.1\r\n" H E), 200, NULL);
    int64_t began = clock_monotonic_ms();
    buf b;
    buf_init(&b, ANSWER_MAX);
    read_to_end(fd, &b);
    assert_int_equal(b.n, 0);
    assert_in_range(clock_monotonic_ms() - began, IDLE_MS - 20, IDLE_MS + SLACK_MS);
    buf_free(&b);
    (void)close(fd);
}

/* A connection that asks for megabytes and reads none. */
static int never_read(const child *c)
{
    int fd = dial(c->port), small = 4096;
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)), 0);
    for (int i = 0; i < ANSWERS; i++)
        (void)send_all(fd, S("GET /openapi.json HTTP/1.1\r\n" H E));
    return fd;
}

static void who_never_reads_is_cut_off(void **state)
{
    const child *c = *state;
    uint64_t lost = child_metric(c, "quan_http_lost_total");
    int64_t began = clock_monotonic_ms();
    int fd = never_read(c);
    while (child_metric(c, "quan_http_lost_total") == lost)
        assert_true(clock_monotonic_ms() - began < WRITE_MS + SLACK_MS);
    assert_true(clock_monotonic_ms() - began >= WRITE_MS - 20);
    (void)close(fd);
}

/* ---- too many ---- */

static int attack(const child *c, size_t nth)
{
    static const char *const halves[] = {
        "", "GET /li", "POST /v1/claims HTTP/1.1\r\n" H "Content-Length: 1000\r\n" E "{"};
    if (nth % 8 == 7)
        return never_read(c);
    int fd = dial(c->port);
    str half = str_of(halves[nth % ARRAY_LEN(halves)]);
    assert_true(half.n == 0 || send_all(fd, half));
    return fd;
}

/* Four times as many as there may be, each as soon as another one is gone. */
static void slow_clients_keep_nobody_out(void **state)
{
    const child *c = *state;
    int fds[ATTACKERS];
    for (size_t i = 0; i < ATTACKERS; i++)
        fds[i] = attack(c, i);
    for (size_t i = 0; i < GOOD; i++) {
        int fd = dial(c->port);
        int64_t began = clock_monotonic_ms();
        expect(fd, S("GET /livez HTTP/1.1\r\n" H E), 200, NULL);
        assert_true(clock_monotonic_ms() - began < SLACK_MS);
        (void)close(fd);
        (void)close(fds[i % ATTACKERS]);
        fds[i % ATTACKERS] = attack(c, i);
    }
    assert_true(child_metric(c, "quan_http_made_room_total") > GOOD / 2);
    assert_true(child_metric(c, "quan_http_connections") <= 2 * CONNECTIONS);
    for (size_t i = 0; i < ATTACKERS; i++)
        (void)close(fds[i]);
}

/* ---- what can be read in two ways ---- */

static const struct {
    int status;
    str bytes; /* with a request behind it */
} cases[] = {
#define CASE(status, text) {status, {text SMUGGLED, sizeof(text SMUGGLED) - 1}},
#include "plat/http_abuse.def"
#undef CASE
};

static void check_refused(const child *c, str bytes, int status)
{
    int fd = dial(c->port);
    buf b;
    buf_init(&b, ANSWER_MAX);
    (void)send_all(fd, bytes);
    read_to_end(fd, &b);
    answer a;
    if (!answer_take(buf_view(&b), true, &a) || a.bytes != b.n || a.status != status)
        fail_msg("%.*s: %d expected, got %.*s", STR_ARG(bytes), status, STR_ARG(buf_view(&b)));
    buf_free(&b);
    (void)close(fd);
}

/* The paths of the list are none of the server's: its routes say so to what is accepted. */
static void check_accepted(const child *c, str bytes)
{
    int fd = dial(c->port);
    buf b;
    buf_init(&b, ANSWER_MAX);
    answer a;
    assert_true(send_all(fd, bytes));
    read_answer(fd, &b, !str_starts(bytes, S("HEAD")), &a);
    if (a.status != 404 && a.status != 405)
        fail_msg("%.*s: got %.*s", STR_ARG(bytes), STR_ARG(buf_view(&b)));
    buf_free(&b);
    (void)close(fd);
}

static void what_can_be_read_in_two_ways_is_refused(void **state)
{
    const child *c = *state;
    size_t refused = 0;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        if (memmem(cases[i].bytes.p, cases[i].bytes.n, "/small", 6) != NULL)
            continue; /* a path of the other tests' server */
        if (cases[i].status == 200) {
            check_accepted(c, cases[i].bytes);
        } else {
            check_refused(c, cases[i].bytes, cases[i].status);
            refused++;
        }
    }
    assert_true(refused > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(slow_heads_are_cut_off, start, child_remove),
        cmocka_unit_test_setup_teardown(slow_bodies_are_cut_off, start, child_remove),
        cmocka_unit_test_setup_teardown(idle_connections_are_closed, start, child_remove),
        cmocka_unit_test_setup_teardown(who_never_reads_is_cut_off, start, child_remove),
        cmocka_unit_test_setup_teardown(slow_clients_keep_nobody_out, start, child_remove),
        cmocka_unit_test_setup_teardown(what_can_be_read_in_two_ways_is_refused, start,
                                        child_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The HTTP server and clients that are slow, leave, or are too many; and how the server ends. */
#include <fcntl.h>

#include "plat/http_test_server.h"

#include "port/metric.h"

#define H     "Host: a\r\n"
#define E     "\r\n"
#define GET_A "GET /a HTTP/1.1\r\n" H E

enum { QUICK_MS = 200 };

static test_server *server;

static void start_with(http_options options)
{
    server = server_new(options);
}

static http_options quick(void)
{
    http_options options = http_options_default();
    options.head_timeout_ms = options.body_timeout_ms = QUICK_MS;
    options.idle_timeout_ms = options.write_timeout_ms = QUICK_MS;
    return options;
}

/* Waits for what another thread will do soon; fails when it does not. */
static void wait_for(metric m, uint64_t value)
{
    int64_t until = clock_monotonic_ms() + CLIENT_TIMEOUT_MS;
    while (metric_value(m) != value) {
        if (clock_monotonic_ms() > until)
            fail_msg("metric %d is %llu", (int)m, (unsigned long long)metric_value(m));
        sleep_ms(2);
    }
}

/* Nothing may be left of any connection or exchange. */
static int end(void **state)
{
    (void)state;
    server_end(server);
    assert_int_equal(metric_value(METRIC_HTTP_CONNECTIONS), 0);
    assert_int_equal(metric_value(METRIC_HTTP_IN_FLIGHT), 0);
    assert_int_equal(metric_value(METRIC_HTTP_BODY_MEMORY), 0);
    return 0;
}

/* The server closes without a word. */
static void expect_silence(int fd)
{
    buf b;
    buf_init(&b, ANSWER_MAX);
    read_to_end(fd, &b);
    assert_int_equal(b.n, 0);
    buf_free(&b);
}

/* Leaves with a reset instead of an orderly end. */
static void hang_up_hard(int fd)
{
    struct linger hard = {.l_onoff = 1, .l_linger = 0};
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard), 0);
    close(fd);
}

/* ---- slow ---- */

static void slow_heads_get_408(void **state)
{
    (void)state;
    start_with(quick());
    int64_t began = clock_monotonic_ms();
    int fd = dial(server->port);
    expect_last(fd, S("GET / HTTP/1.1\r\nHost: a\r\nX:"), 408);
    assert_true(clock_monotonic_ms() - began >= QUICK_MS - 1);
    close(fd);
    /* A byte now and then buys no time. */
    fd = dial(server->port);
    began = clock_monotonic_ms();
    str drip = S("GET /aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
    for (size_t i = 0; i < drip.n && clock_monotonic_ms() - began < 2 * QUICK_MS; i++) {
        (void)send_all(fd, (str){drip.p + i, 1});
        sleep_ms(10);
    }
    expect_last(fd, S(""), 408);
    close(fd);
}

static void slow_bodies_get_408(void **state)
{
    (void)state;
    start_with(quick());
    int fd = dial(server->port);
    expect_last(fd, S("POST / HTTP/1.1\r\n" H "Content-Length: 5\r\n" E "hell"), 408);
    close(fd);
    fd = dial(server->port);
    expect_last(fd, S("POST / HTTP/1.1\r\n" H "Content-Length: 500000\r\n" E "hell"), 408);
    close(fd);
    assert_int_equal(atomic_load(&server->handled), 0);
}

static void idle_connections_are_closed_in_silence(void **state)
{
    (void)state;
    start_with(quick());
    int fd = dial(server->port); /* nothing was ever sent */
    expect_silence(fd);
    close(fd);
    fd = dial(server->port); /* between requests */
    int64_t began = clock_monotonic_ms();
    expect(fd, S(GET_A), 200, NULL);
    expect_silence(fd);
    assert_true(clock_monotonic_ms() - began >= QUICK_MS - 1);
    close(fd);
}

static void a_handler_may_take_longer_than_any_timeout(void **state)
{
    (void)state;
    start_with(quick());
    int fd = dial(server->port);
    assert_true(send_all(fd, S("GET /gate HTTP/1.1\r\n" H E)));
    wait_at_gate(server, 1);
    sleep_ms((int64_t)3 * QUICK_MS);
    open_gate(server);
    expect(fd, S(""), 200, "GET /gate ? []");
    expect(fd, S(GET_A), 200, NULL);
    close(fd);
}

static void clients_that_do_not_read_are_cut_off(void **state)
{
    (void)state;
    start_with(quick());
    uint64_t lost = metric_value(METRIC_HTTP_LOST);
    int fd = dial(server->port);
    assert_true(send_all(fd, S("GET /big?33554432 HTTP/1.1\r\n" H E)));
    wait_for(METRIC_HTTP_LOST, lost + 1);
    wait_for(METRIC_HTTP_CONNECTIONS, 0);
    close(fd);
}

static void slow_readers_get_all_of_it(void **state)
{
    (void)state;
    http_options options = quick();
    options.write_timeout_ms = (int64_t)20 * QUICK_MS; /* TCP, and a busy machine, pause too */
    options.idle_timeout_ms = CLIENT_TIMEOUT_MS;
    start_with(options);
    int fd = dial(server->port);
    int small = 64 * 1024;
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small), 0);
    assert_true(send_all(fd, S("GET /big?8388608 HTTP/1.1\r\n" H E "GET /a HTTP/1.1\r\n" H E)));
    buf b;
    buf_init(&b, ANSWER_MAX);
    for (size_t pause = 512 * 1024; b.n < 8388608;) {
        assert_int_equal(receive(fd, &b), 1);
        if (b.n > pause) { /* longer in all than the write timeout */
            sleep_ms(3 * QUICK_MS / 2);
            pause += 512 * 1024;
        }
    }
    answer a;
    read_answer(fd, &b, true, &a);
    assert_int_equal(a.body.n, 8388608);
    for (size_t i = 0; i < a.body.n; i++)
        assert_true(a.body.p[i] == (char)('a' + i % 26));
    buf rest;
    buf_init(&rest, ANSWER_MAX);
    buf_add(&rest, b.p + a.bytes, b.n - a.bytes);
    read_answer(fd, &rest, true, &a);
    assert_str(a.body, S("GET /a ? []"));
    buf_free(&rest);
    buf_free(&b);
    close(fd);
}

/* ---- gone ---- */

static void clients_may_reset_at_any_byte(void **state)
{
    (void)state;
    start_with(http_options_default());
    str request = S("POST /a HTTP/1.1\r\n" H "Content-Length: 500\r\n" E "0123456789");
    for (size_t i = 0; i <= request.n; i++) {
        int fd = dial(server->port);
        assert_true(send_all(fd, (str){request.p, i}));
        hang_up_hard(fd);
    }
    wait_for(METRIC_HTTP_CONNECTIONS, 0);
    int fd = dial(server->port);
    expect(fd, S(GET_A), 200, NULL);
    close(fd);
    assert_int_equal(atomic_load(&server->handled), 1);
}

static void clients_may_go_while_the_handler_works(void **state)
{
    (void)state;
    start_with(http_options_default());
    enum { CLIENTS = 64 };
    int fds[CLIENTS];
    for (size_t i = 0; i < CLIENTS; i++) {
        fds[i] = dial(server->port);
        assert_true(send_all(fds[i], S("GET /gate HTTP/1.1\r\n" H E)));
    }
    wait_at_gate(server, CLIENTS);
    for (size_t i = 0; i < CLIENTS; i++) {
        if (i % 2 == 0)
            hang_up_hard(fds[i]);
        else
            close(fds[i]);
    }
    sleep_ms(20); /* the loop learns of it first; the other order is tested by the load below */
    open_gate(server);
    wait_for(METRIC_HTTP_IN_FLIGHT, 0);
    wait_for(METRIC_HTTP_CONNECTIONS, 0);
    for (int round = 0; round < 500; round++) {
        int fd = dial(server->port);
        assert_true(send_all(fd, S("GET /park HTTP/1.1\r\n" H E)));
        hang_up_hard(fd);
    }
    wait_for(METRIC_HTTP_IN_FLIGHT, 0);
    wait_for(METRIC_HTTP_CONNECTIONS, 0);
}

static void half_closed_clients_get_their_answers(void **state)
{
    (void)state;
    start_with(http_options_default());
    str request =
        S("GET /a HTTP/1.1\r\n" H E "GET /gate HTTP/1.1\r\n" H E "GET /b HTTP/1.1\r\n" H E);
    int fd = dial(server->port);
    assert_true(send_all(fd, request));
    wait_at_gate(server, 1);
    shutdown(fd, SHUT_WR);
    sleep_ms(20);
    open_gate(server);
    buf b;
    buf_init(&b, ANSWER_MAX);
    read_to_end(fd, &b);
    static const char *const bodies[] = {"GET /a ? []", "GET /gate ? []", "GET /b ? []"};
    str rest = buf_view(&b);
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        answer a;
        assert_true(answer_take(rest, true, &a));
        assert_str(a.body, str_of(bodies[i]));
        rest = (str){rest.p + a.bytes, rest.n - a.bytes};
    }
    assert_int_equal(rest.n, 0);
    buf_free(&b);
    close(fd);
    wait_for(METRIC_HTTP_CONNECTIONS, 0);
}

static void half_a_request_and_its_end_get_400(void **state)
{
    (void)state;
    start_with(http_options_default());
    static const char *const halves[] = {"GET / HT", "GET / HTTP/1.1\r\n" H,
                                         "POST / HTTP/1.1\r\n" H "Content-Length: 5\r\n" E,
                                         "POST / HTTP/1.1\r\n" H "Content-Length: 5\r\n" E "hell"};
    for (size_t i = 0; i < ARRAY_LEN(halves); i++) {
        int fd = dial(server->port);
        assert_true(send_all(fd, str_of(halves[i])));
        shutdown(fd, SHUT_WR);
        expect_last(fd, S(""), 400);
        close(fd);
    }
    int fd = dial(server->port);
    shutdown(fd, SHUT_WR);
    expect_silence(fd);
    close(fd);
}

/* ---- too many ---- */

static void connections_above_the_maximum_get_503(void **state)
{
    (void)state;
    http_options options = http_options_default();
    options.connections_max = 3;
    start_with(options);
    int fds[3];
    for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
        fds[i] = dial(server->port);
        assert_true(send_all(fds[i], S("GET /gate HTTP/1.1\r\n" H E)));
    }
    wait_at_gate(server, ARRAY_LEN(fds));
    int fd = dial(server->port);
    expect_last(fd, S(GET_A), 503);
    close(fd);
    open_gate(server);
    for (size_t i = 0; i < ARRAY_LEN(fds); i++) /* those at work are not disturbed */
        expect(fds[i], S(""), 200, NULL);
    close(fds[0]);
    wait_for(METRIC_HTTP_CONNECTIONS, 2);
    fd = dial(server->port);
    expect(fd, S(GET_A), 200, NULL);
    close(fd);
    close(fds[1]);
    close(fds[2]);
}

static void who_only_waits_makes_room_at_the_maximum(void **state)
{
    (void)state;
    http_options options = http_options_default();
    options.connections_max = 5;
    start_with(options);
    uint64_t before = metric_value(METRIC_HTTP_MADE_ROOM);
    int busy = dial(server->port), idle = dial(server->port), body = dial(server->port);
    assert_true(send_all(busy, S("GET /gate HTTP/1.1\r\n" H E)));
    wait_at_gate(server, 1);
    expect(idle, S(GET_A), 200, NULL);
    assert_true(send_all(body, S("POST /a HTTP/1.1\r\n" H "Content-Length: 5\r\n" E "hell")));
    int head = dial(server->port), fresh = dial(server->port);
    assert_true(send_all(head, S("GET /a HT")));
    wait_for(METRIC_HTTP_CONNECTIONS, 5);
    int fds[8] = {fresh, head, idle}; /* in the order in which they go; then the newcomers */
    for (size_t i = 0; i < 5; i++) {
        fds[i + 3] = dial(server->port);
        expect(fds[i + 3], S(GET_A), 200, NULL);
        assert_int_equal(metric_value(METRIC_HTTP_MADE_ROOM), before + i + 1);
        expect_silence(fds[i]);
    }
    for (size_t i = 0; i < ARRAY_LEN(fds); i++)
        close(fds[i]);
    expect(body, S("o"), 200, "POST /a ? [hello]");
    open_gate(server);
    expect(busy, S(""), 200, "GET /gate ? []");
    close(body);
    close(busy);
}

/* They have their answer, and keep their end open. */
static void who_has_had_the_last_word_makes_room_first(void **state)
{
    (void)state;
    http_options options = http_options_default();
    options.connections_max = 3;
    start_with(options);
    uint64_t before = metric_value(METRIC_HTTP_MADE_ROOM);
    int idle = dial(server->port), done[2];
    expect(idle, S(GET_A), 200, NULL);
    for (size_t i = 0; i < ARRAY_LEN(done); i++) {
        done[i] = dial(server->port);
        expect_last(done[i], S("GET /a HTTP/1.1\r\nConnection: close\r\n" H E), 200);
    }
    for (size_t i = 0; i < ARRAY_LEN(done); i++) {
        int late = dial(server->port);
        expect(late, S(GET_A), 200, NULL);
        assert_int_equal(metric_value(METRIC_HTTP_MADE_ROOM), before + i + 1);
        close(done[i]);
        done[i] = late;
    }
    expect(idle, S(GET_A), 200, NULL);
    for (size_t i = 0; i < ARRAY_LEN(done); i++)
        close(done[i]);
    close(idle);
}

static void a_route_takes_no_more_than_the_server(void **state)
{
    (void)state;
    http_options options = http_options_default();
    options.body_max = 100; /* the route says much more */
    start_with(options);
    int fd = dial(server->port);
    expect(fd, S("POST /a HTTP/1.1\r\n" H "Content-Length: 5\r\n" E "hello"), 200, NULL);
    expect_last(fd, S("POST /a HTTP/1.1\r\n" H "Content-Length: 101\r\n" E), 413);
    close(fd);
}

static void the_memory_of_bodies_is_bounded(void **state)
{
    (void)state;
    http_options options = http_options_default();
    options.body_memory_max = 250000;
    start_with(options);
    str half = S("POST / HTTP/1.1\r\n" H "Content-Length: 100000\r\n" E "x");
    int first = dial(server->port), second = dial(server->port);
    assert_true(send_all(first, half) && send_all(second, half));
    wait_for(METRIC_HTTP_BODY_MEMORY, 200000);
    int third = dial(server->port);
    expect_last(third, half, 503);
    close(third);
    third = dial(server->port); /* small ones still pass */
    expect(third, S("POST /a HTTP/1.1\r\n" H "Content-Length: 5\r\n" E "hello"), 200, NULL);
    hang_up_hard(first);
    wait_for(METRIC_HTTP_BODY_MEMORY, 100000);
    first = dial(server->port);
    assert_true(send_all(first, half));
    wait_for(METRIC_HTTP_BODY_MEMORY, 200000);
    close(first);
    close(second);
    close(third);
    wait_for(METRIC_HTTP_BODY_MEMORY, 0);
}

/* ---- the end ---- */

static void *drain(void *patience_ms)
{
    return http_server_drain(server->server, *(int64_t *)patience_ms) ? server : NULL;
}

static void draining_finishes_what_is_inside(void **state)
{
    (void)state;
    start_with(http_options_default());
    int idle = dial(server->port), busy = dial(server->port), late = dial(server->port);
    expect(idle, S(GET_A), 200, NULL);
    assert_true(send_all(late, S("GET /a HTTP/1.1\r\n")));
    wait_for(METRIC_HTTP_CONNECTIONS, 3);
    assert_true(send_all(busy, S("GET /gate HTTP/1.1\r\n" H E "GET /count HTTP/1.1\r\n" H E)));
    wait_at_gate(server, 1);
    pthread_t drainer;
    int64_t patience_ms = CLIENT_TIMEOUT_MS;
    assert_int_equal(pthread_create(&drainer, NULL, drain, &patience_ms), 0);
    expect_silence(idle); /* closed at once */
    close(idle);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(server->port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_int_equal(connect(fd, (const struct sockaddr *)&to, sizeof to), -1);
    close(fd);
    open_gate(server);
    expect_last(busy, S(""), 200); /* with Connection: close, and nothing after it */
    close(busy);
    expect_last(late, S(H E), 200); /* a request that had begun to arrive */
    close(late);
    void *all_gone;
    assert_int_equal(pthread_join(drainer, &all_gone), 0);
    assert_non_null(all_gone);
    assert_int_equal(atomic_load(&server->counted), 0);
}

static void draining_gives_up_at_its_deadline(void **state)
{
    (void)state;
    start_with(http_options_default());
    int fd = dial(server->port);
    assert_true(send_all(fd, S("GET /gate HTTP/1.1\r\n" H E)));
    wait_at_gate(server, 1);
    int64_t began = clock_monotonic_ms();
    assert_false(http_server_drain(server->server, 50));
    assert_true(clock_monotonic_ms() - began < 5000);
    expect_silence(fd);
    close(fd);
    open_gate(server); /* the exchange is still good to answer */
    wait_for(METRIC_HTTP_IN_FLIGHT, 0);
}

static void *answer_later(void *unused)
{
    sleep_ms(100);
    open_gate(server);
    return unused;
}

static void stopping_waits_for_every_answer(void **state)
{
    (void)state;
    start_with(http_options_default());
    int fd = dial(server->port);
    assert_true(send_all(fd, S("GET /gate HTTP/1.1\r\n" H E)));
    wait_at_gate(server, 1);
    pthread_t later;
    assert_int_equal(pthread_create(&later, NULL, answer_later, NULL), 0);
    assert_int_equal(end(NULL), 0);
    assert_int_equal(pthread_join(later, NULL), 0);
    close(fd);
}

static void *reconnect(void *unused)
{
    for (int i = 0; i < 300; i++) {
        int fd = dial(server->port);
        expect(fd, S("GET /park HTTP/1.1\r\n" H E), 200, NULL);
        close(fd);
    }
    return unused;
}

static void loops_share_a_port(void **state)
{
    (void)state;
    http_options options = http_options_default();
    options.loops = 3;
    start_with(options);
    pthread_t clients[4];
    for (size_t i = 0; i < ARRAY_LEN(clients); i++)
        assert_int_equal(pthread_create(&clients[i], NULL, reconnect, NULL), 0);
    for (size_t i = 0; i < ARRAY_LEN(clients); i++)
        assert_int_equal(pthread_join(clients[i], NULL), 0);
    assert_int_equal(atomic_load(&server->handled), 1200);
}

static void a_port_in_use_is_an_error(void **state)
{
    (void)state;
    for (unsigned loops = 1; loops <= 2; loops++) {
        http_options options = http_options_default();
        options.loops = loops;
        start_with(options);
        options.port = server->port;
        buf why;
        buf_init(&why, 1000);
        http_server *second = NULL;
        http_service service = {.handle = test_handle};
        assert_int_equal(http_server_start(&options, &service, &second, &why), R_IO);
        char expected[100];
        int n = snprintf(expected, sizeof expected,
                         "cannot listen on 127.0.0.1 port %u: address already in use",
                         (unsigned)server->port);
        assert_str(buf_view(&why), ((str){expected, (size_t)n}));
        buf_free(&why);
        if (loops == 1)
            server_end(server);
    }
}

static void bad_options_are_refused(void **state)
{
    (void)state;
    http_service service = {.handle = test_handle};
    http_server *none = NULL;
    http_options o = http_options_default();
    o.loops = 0;
    assert_int_equal(http_server_start(&o, &service, &none, NULL), R_INVALID);
    o = http_options_default();
    o.headers_max = HTTP_HEADERS_MAX + 1;
    assert_int_equal(http_server_start(&o, &service, &none, NULL), R_INVALID);
    o = http_options_default();
    o.head_timeout_ms = 0;
    assert_int_equal(http_server_start(&o, &service, &none, NULL), R_INVALID);
    o = http_options_default();
    o.address = S("");
    assert_int_equal(http_server_start(&o, &service, &none, NULL), R_INVALID);
    o.address = S("localhost");
    assert_int_equal(http_server_start(&o, &service, &none, NULL), R_IO);
    o.address = S("192.0.2.1"); /* TEST-NET: not ours */
    assert_int_equal(http_server_start(&o, &service, &none, NULL), R_IO);
    http_server_stop(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(slow_heads_get_408, end),
        cmocka_unit_test_teardown(slow_bodies_get_408, end),
        cmocka_unit_test_teardown(idle_connections_are_closed_in_silence, end),
        cmocka_unit_test_teardown(a_handler_may_take_longer_than_any_timeout, end),
        cmocka_unit_test_teardown(clients_that_do_not_read_are_cut_off, end),
        cmocka_unit_test_teardown(slow_readers_get_all_of_it, end),
        cmocka_unit_test_teardown(clients_may_reset_at_any_byte, end),
        cmocka_unit_test_teardown(clients_may_go_while_the_handler_works, end),
        cmocka_unit_test_teardown(half_closed_clients_get_their_answers, end),
        cmocka_unit_test_teardown(half_a_request_and_its_end_get_400, end),
        cmocka_unit_test_teardown(connections_above_the_maximum_get_503, end),
        cmocka_unit_test_teardown(who_has_had_the_last_word_makes_room_first, end),
        cmocka_unit_test_teardown(who_only_waits_makes_room_at_the_maximum, end),
        cmocka_unit_test_teardown(a_route_takes_no_more_than_the_server, end),
        cmocka_unit_test_teardown(the_memory_of_bodies_is_bounded, end),
        cmocka_unit_test_teardown(draining_finishes_what_is_inside, end),
        cmocka_unit_test_teardown(draining_gives_up_at_its_deadline, end),
        cmocka_unit_test(stopping_waits_for_every_answer),
        cmocka_unit_test_teardown(loops_share_a_port, end),
        cmocka_unit_test_teardown(a_port_in_use_is_an_error, end),
        cmocka_unit_test(bad_options_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

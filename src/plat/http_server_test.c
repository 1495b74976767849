/* The HTTP server on raw sockets: what a handler sees, what a client gets, order and
 * limits of size. Clients that are slow or leave are in http_life_test.c. */
#include "plat/http_test_server.h"

#include "port/metric.h"

#define H "Host: a\r\n"
#define E "\r\n"

static test_server *server;

static int start(void **state)
{
    (void)state;
    server = server_new(http_options_default());
    return 0;
}

/* Besides ending the server: nothing may be left of any connection or exchange. */
static int end(void **state)
{
    (void)state;
    server_end(server);
    assert_int_equal(metric_value(METRIC_HTTP_CONNECTIONS), 0);
    assert_int_equal(metric_value(METRIC_HTTP_IN_FLIGHT), 0);
    assert_int_equal(metric_value(METRIC_HTTP_BODY_MEMORY), 0);
    return 0;
}

/* ---- what a handler sees ---- */

static void look_at_request(http_exchange *x)
{
    assert_int_equal(http_method(x), VERB_PUT);
    assert_false(http_is_head(x));
    assert_str(http_path(x), S("/special"));
    assert_str(http_query(x), S("a=1"));
    assert_str(http_body(x), S("body"));
    assert_str(http_header(x, S("x-two")), S("first"));
    assert_int_equal(http_header_count(x, S("X-Two")), 2);
    assert_true(http_header(x, S("absent")).p == NULL);
    assert_true(http_header(x, S("X-Empty")).p != NULL);
    assert_int_equal(http_header(x, S("X-Empty")).n, 0);
    assert_str(http_peer(x), S("127.0.0.1"));
    assert_str(http_trace_id(x), S("4bf92f3577b34da6a3ce929d0e0e4736"));
    assert_true(http_received_ns(x) <= clock_monotonic_ns());
    assert_true(http_received_ns(x) > clock_monotonic_ns() - INT64_C(10000000000));
    assert_null(http_user(x));
    http_set_user(x, server);
    assert_ptr_equal(http_user(x), server);
    assert_str(arena_str(http_arena(x), S("kept")), S("kept"));
    assert_int_equal(http_loop_index(x), 0);
    http_respond(x);
}

static void a_handler_sees_the_whole_request(void **state)
{
    (void)state;
    server->special = look_at_request;
    int fd = dial(server->port);
    for (int i = 0; i < 3; i++) /* exchanges are used again */
        expect(fd,
               S("PUT /special?a=1 HTTP/1.1\r\n" H "X-Two: first\r\nx-two: second\r\nX-Empty:\r\n"
                 "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n"
                 "Content-Length: 4\r\n" E "body"),
               200, "");
    close(fd);
}

static void tell_trace(http_exchange *x)
{
    buf_str(http_out(x), http_trace_id(x));
    http_respond(x);
}

static void only_valid_traceparents_are_taken(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool valid;
    } rows[] = {
        {"00-11111111111111111111111111111111-2222222222222222-00", true},
        {"01-11111111111111111111111111111111-2222222222222222-00", true},
        {"cc-11111111111111111111111111111111-2222222222222222-00-more", true},
        {"00-11111111111111111111111111111111-2222222222222222-00-more", false},
        {"cc-11111111111111111111111111111111-2222222222222222-00.", false},
        {"ff-11111111111111111111111111111111-2222222222222222-00", false},
        {"00-1111111111111111111111111111111A-2222222222222222-00", false},
        {"00-00000000000000000000000000000000-2222222222222222-00", false},
        {"00-11111111111111111111111111111111-0000000000000000-00", false},
        {"00-11111111111111111111111111111111-2222222222222222-0", false},
        {"00-11111111111111111111111111111111-222222222222222200", false},
        {"", false},
    };
    server->special = tell_trace;
    int fd = dial(server->port);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        buf b;
        buf_init(&b, ANSWER_MAX);
        buf_printf(&b, "GET /special HTTP/1.1\r\n" H "traceparent: %s\r\n\r\n", rows[i].text);
        assert_true(send_all(fd, buf_view(&b)));
        buf_clear(&b);
        answer a;
        read_answer(fd, &b, true, &a);
        assert_int_equal(a.body.n, HTTP_TRACE_ID_LENGTH);
        if (str_eq(a.body, S("11111111111111111111111111111111")) != rows[i].valid)
            fail_msg("%s", rows[i].text);
        buf_free(&b);
    }
    close(fd);
}

/* ---- what a client gets ---- */

static void answer_with_fields(http_exchange *x)
{
    uint64_t status;
    assert_true(str_to_u64(http_query(x), &status));
    http_set_status(x, (int)status);
    http_set_type(x, S("text/plain"));
    http_add_header(x, S("Location"), S("/a\r\nSet-Cookie: b"));
    http_add_header(x, S("ETag"), S("\"1\""));
    buf_str(http_out(x), S("body"));
    http_respond(x);
}

static void responses_have_their_fields(void **state)
{
    (void)state;
    server->special = answer_with_fields;
    static const struct {
        int status;
        bool has_length;
        const char *line;
    } rows[] = {{200, true, "HTTP/1.1 200 OK\r\n"},
                {201, true, "HTTP/1.1 201 Created\r\n"},
                {299, true, "HTTP/1.1 299 Other\r\n"},
                {204, false, "HTTP/1.1 204 No Content\r\n"},
                {304, false, "HTTP/1.1 304 Not Modified\r\n"},
                {500, true, "HTTP/1.1 500 Internal Server Error\r\n"}};
    int fd = dial(server->port);
    buf b;
    buf_init(&b, ANSWER_MAX);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        buf_clear(&b);
        buf_printf(&b, "GET /special?%d HTTP/1.1\r\n" H E, rows[i].status);
        assert_true(send_all(fd, buf_view(&b)));
        buf_clear(&b);
        answer a;
        read_answer(fd, &b, true, &a);
        assert_int_equal(a.bytes, b.n);
        assert_true(str_starts(a.head, str_of(rows[i].line)));
        assert_str(field_of(a.head, S("Location:")), S("/a??Set-Cookie: b"));
        assert_str(field_of(a.head, S("ETag:")), S("\"1\""));
        assert_int_equal(field_of(a.head, S("Date:")).n, 29);
        assert_true(str_ends(field_of(a.head, S("Date:")), S(" GMT")));
        assert_true((field_of(a.head, S("Content-Length:")).p != NULL) == rows[i].has_length);
        assert_str(a.body, rows[i].has_length ? S("body") : S(""));
    }
    buf_free(&b);
    close(fd);
}

static void refuse_with_problem(http_exchange *x)
{
    issues *list = issues_new(http_arena(x));
    issues_add(list, S("lines[0].quantity"), S("out_of_range"), "at least %d", 1);
    buf_str(http_out(x), S("half an answer"));
    http_problem(x, R_INVALID, S("More \"detail\"."), &(http_problem_more){.errors = list});
    http_respond(x);
}

static void problems_are_rfc_9457(void **state)
{
    (void)state;
    server->special = refuse_with_problem;
    int fd = dial(server->port);
    buf b;
    buf_init(&b, ANSWER_MAX);
    answer a;
    assert_true(send_all(
        fd, S("GET /special HTTP/1.1\r\n" H
              "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n" E)));
    read_answer(fd, &b, true, &a);
    assert_int_equal(a.status, 422);
    assert_str(field_of(a.head, S("Content-Type:")), S("application/problem+json"));
    str text = result_text(R_INVALID);
    char expected[1000];
    int n = snprintf(expected, sizeof expected,
                     "{\"type\":\"urn:quan:problem:invalid\",\"title\":\"%.*s\",\"status\":422,"
                     "\"code\":\"invalid\",\"detail\":\"More \\\"detail\\\".\","
                     "\"trace_id\":\"4bf92f3577b34da6a3ce929d0e0e4736\","
                     "\"errors\":[{\"field\":\"lines[0].quantity\",\"code\":\"out_of_range\","
                     "\"detail\":\"at least 1\"}]}",
                     STR_ARG(text));
    assert_true(n > 0 && (size_t)n < sizeof expected);
    assert_str(a.body, str_of(expected));
    buf_free(&b);
    close(fd);
}

static void head_is_get_without_its_body(void **state)
{
    (void)state;
    int fd = dial(server->port);
    buf b;
    buf_init(&b, ANSWER_MAX);
    answer a;
    assert_true(send_all(fd, S("HEAD /a HTTP/1.1\r\n" H E "GET /b HTTP/1.1\r\n" H E)));
    read_answer(fd, &b, false, &a);
    assert_str(field_of(a.head, S("Content-Length:")), S("11"));
    buf rest;
    buf_init(&rest, ANSWER_MAX);
    buf_add(&rest, b.p + a.bytes, b.n - a.bytes);
    read_answer(fd, &rest, true, &a);
    assert_str(a.body, S("GET /b ? []"));
    assert_int_equal(rest.n, a.bytes);
    buf_free(&rest);
    buf_free(&b);
    close(fd);
}

static void old_clients_are_kept_only_when_they_ask(void **state)
{
    (void)state;
    int fd = dial(server->port);
    str request = S("GET /a HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n");
    expect(fd, request, 200, "GET /a ? []");
    buf b;
    buf_init(&b, ANSWER_MAX);
    answer a;
    assert_true(send_all(fd, request));
    read_answer(fd, &b, true, &a);
    assert_str(field_of(a.head, S("Connection:")), S("keep-alive"));
    buf_free(&b);
    expect_last(fd, S("GET /a HTTP/1.0\r\n\r\n"), 200);
    close(fd);
}

static void nothing_follows_connection_close(void **state)
{
    (void)state;
    int fd = dial(server->port);
    expect_last(fd,
                S("GET /a HTTP/1.1\r\n" H "Connection: close\r\n" E "GET /count HTTP/1.1\r\n" H E
                  "GET /count HTTP/1.1\r\n" H E),
                200);
    close(fd);
    assert_int_equal(atomic_load(&server->counted), 0);
}

static void bodies_up_to_the_maximum_arrive_whole(void **state)
{
    (void)state;
    int fd = dial(server->port);
    static const size_t sizes[] = {1, 4096, 4097, 65535, 65536, 65537, 500000, HTTP_BODY_MAX};
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        buf b, expected;
        buf_init(&b, ANSWER_MAX);
        buf_init(&expected, ANSWER_MAX);
        buf_printf(&b, "POST /a HTTP/1.1\r\n" H "Content-Length: %zu\r\n\r\n", sizes[i]);
        buf_str(&expected, S("POST /a ? ["));
        for (size_t k = 0; k < sizes[i]; k++) {
            char c = (char)('a' + (k * 7 + k / 100) % 26);
            buf_char(&b, c);
            buf_char(&expected, c);
        }
        buf_str(&expected, S("]"));
        buf_char(&expected, '\0');
        expect(fd, buf_view(&b), 200, expected.p);
        buf_free(&b);
        buf_free(&expected);
    }
    close(fd);
}

static void continue_is_said_when_the_body_is_waited_for(void **state)
{
    (void)state;
    str head = S("POST /a HTTP/1.1\r\n" H "Expect: 100-continue\r\nContent-Length: 2\r\n" E);
    str go_on = S("HTTP/1.1 100 Continue\r\n\r\n");
    int fd = dial(server->port);
    buf b;
    buf_init(&b, ANSWER_MAX);
    assert_true(send_all(fd, head));
    while (b.n < go_on.n)
        assert_int_equal(receive(fd, &b), 1);
    assert_str(buf_view(&b), go_on);
    expect(fd, S("ab"), 200, "POST /a ? [ab]");
    /* The body is there already: no word in between. */
    buf_clear(&b);
    buf_str(&b, head);
    buf_str(&b, S("cd"));
    expect(fd, buf_view(&b), 200, "POST /a ? [cd]");
    buf_free(&b);
    close(fd);
}

static void a_large_body_is_refused_unread(void **state)
{
    (void)state;
    str head = S("POST /small HTTP/1.1\r\n" H "Content-Length: 3000000\r\n" E);
    int fd = dial(server->port);
    expect_last(fd, head, 413); /* not a byte of it was sent */
    close(fd);
    /* A client that sends it all before it reads still gets the answer, not a reset. */
    buf b;
    buf_init(&b, ANSWER_MAX);
    buf_str(&b, head);
    while (b.n < 3000000 + head.n)
        buf_char(&b, 'x');
    fd = dial(server->port);
    expect_last(fd, buf_view(&b), 413);
    close(fd);
    buf_free(&b);
}

/* ---- pipelining ---- */

/* Writes and reads at once, as a client must that pipelines more than buffers hold. */
static void talk(int fd, str out, buf *in, size_t answers)
{
    size_t done = 0, at = 0;
    while (done < answers) {
        struct pollfd p = {.fd = fd, .events = (short)(POLLIN | (out.n > 0 ? POLLOUT : 0))};
        assert_int_equal(poll(&p, 1, CLIENT_TIMEOUT_MS), 1);
        if (p.revents & POLLOUT) {
            ssize_t n = send(fd, out.p, out.n, MSG_NOSIGNAL | MSG_DONTWAIT);
            assert_true(n > 0 || errno == EAGAIN);
            if (n > 0)
                out = (str){out.p + n, out.n - (size_t)n};
        }
        if (p.revents & POLLIN)
            assert_int_equal(receive(fd, in), 1);
        answer a;
        while (answer_take((str){in->p + at, in->n - at}, true, &a)) {
            char expected[32];
            int n = snprintf(expected, sizeof expected, "?%zu [", done);
            if (memmem(a.body.p, a.body.n, expected, (size_t)n) == NULL)
                fail_msg("answer %zu: %.*s", done, STR_ARG(a.body));
            done++;
            at += a.bytes;
        }
    }
    assert_int_equal(at, in->n);
}

static void pipeline(const char *path, size_t n)
{
    buf out, in;
    buf_init(&out, ANSWER_MAX);
    buf_init(&in, ANSWER_MAX);
    for (size_t i = 0; i < n; i++)
        buf_printf(&out, "POST %s?%zu HTTP/1.1\r\n" H "Content-Length: 3\r\n\r\nabc",
                   i % 3 == 0 ? "/echo" : path, i);
    int fd = dial(server->port);
    talk(fd, buf_view(&out), &in, n);
    close(fd);
    buf_free(&out);
    buf_free(&in);
}

static void pipelined_requests_are_answered_in_order(void **state)
{
    (void)state;
    pipeline("/echo", 10000);
}

static void answers_from_another_thread_keep_the_order(void **state)
{
    (void)state;
    pipeline("/park", 10000);
}

static void *load(void *path)
{
    for (int round = 0; round < 4; round++)
        pipeline(path, 500);
    return NULL;
}

static void answers_from_another_thread_under_load(void **state)
{
    (void)state;
    pthread_t clients[16];
    static char path[] = "/park";
    for (size_t i = 0; i < ARRAY_LEN(clients); i++)
        assert_int_equal(pthread_create(&clients[i], NULL, load, path), 0);
    for (size_t i = 0; i < ARRAY_LEN(clients); i++)
        assert_int_equal(pthread_join(clients[i], NULL), 0);
}

static void run_here(http_exchange *x, void *argument)
{
    static _Thread_local int runs;
    int *left = argument;
    runs++;
    if (--*left > 0) {
        http_defer(x, run_here, argument);
        return;
    }
    buf_printf(http_out(x), "%d", runs);
    http_respond(x);
}

static void defer_three_times(http_exchange *x)
{
    int *left = ARENA_NEW(http_arena(x), int);
    *left = 3;
    http_defer(x, run_here, left);
}

static void deferred_work_runs_on_the_loop(void **state)
{
    (void)state;
    server->special = defer_three_times;
    int fd = dial(server->port);
    expect(fd, S("GET /special HTTP/1.1\r\n" H E), 200, "3"); /* all on one thread */
    close(fd);
}

/* A client that pipelines while its request is with the handler is read only so far. */
static void what_waits_behind_a_request_is_bounded(void **state)
{
    (void)state;
    enum { REQUESTS = 20000 };
    buf out, in;
    buf_init(&out, ANSWER_MAX);
    buf_init(&in, ANSWER_MAX);
    for (int i = 0; i < REQUESTS; i++)
        buf_printf(&out, "GET %s?%d HTTP/1.1\r\n" H E, i == 0 ? "/gate" : "/x", i);
    uint64_t before = metric_value(METRIC_HTTP_BYTES_IN);
    int fd = dial(server->port);
    str rest = buf_view(&out);
    int64_t until = clock_monotonic_ms() + 300;
    while (rest.n > 0 && clock_monotonic_ms() < until) {
        ssize_t n = send(fd, rest.p, rest.n, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n > 0)
            rest = (str){rest.p + n, rest.n - (size_t)n};
        else
            sleep_ms(5);
    }
    wait_at_gate(server, 1);
    assert_true(out.n - rest.n > (size_t)3 * HTTP_PIPELINE_MAX);
    assert_true(metric_value(METRIC_HTTP_BYTES_IN) - before <= (size_t)3 * HTTP_PIPELINE_MAX);
    open_gate(server);
    talk(fd, rest, &in, REQUESTS);
    close(fd);
    buf_free(&out);
    buf_free(&in);
}

/* More header fields than a response has room for: a defect of the handler's. */
static void answer_with_too_much(http_exchange *x)
{
    for (int i = 0; i <= HTTP_HEAD_BYTES_MAX / 10; i++)
        http_add_header(x, S("X-Many"), S("0123456789"));
    buf_str(http_out(x), S("secret"));
    http_respond(x);
}

static void a_response_that_is_too_large_is_a_defect(void **state)
{
    (void)state;
    server->special = answer_with_too_much;
    int fd = dial(server->port);
    for (int i = 0; i < 2; i++) { /* the connection is none the worse */
        buf b;
        buf_init(&b, ANSWER_MAX);
        assert_true(send_all(fd, S("GET /special HTTP/1.1\r\n" H E)));
        answer a;
        read_answer(fd, &b, true, &a);
        assert_int_equal(a.status, 500);
        expect_code(a.body, "internal");
        assert_null(field_of(a.head, S("X-Many:")).p);
        buf_free(&b);
    }
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_handler_sees_the_whole_request, start, end),
        cmocka_unit_test_setup_teardown(only_valid_traceparents_are_taken, start, end),
        cmocka_unit_test_setup_teardown(responses_have_their_fields, start, end),
        cmocka_unit_test_setup_teardown(problems_are_rfc_9457, start, end),
        cmocka_unit_test_setup_teardown(head_is_get_without_its_body, start, end),
        cmocka_unit_test_setup_teardown(old_clients_are_kept_only_when_they_ask, start, end),
        cmocka_unit_test_setup_teardown(nothing_follows_connection_close, start, end),
        cmocka_unit_test_setup_teardown(bodies_up_to_the_maximum_arrive_whole, start, end),
        cmocka_unit_test_setup_teardown(continue_is_said_when_the_body_is_waited_for, start, end),
        cmocka_unit_test_setup_teardown(a_large_body_is_refused_unread, start, end),
        cmocka_unit_test_setup_teardown(pipelined_requests_are_answered_in_order, start, end),
        cmocka_unit_test_setup_teardown(answers_from_another_thread_keep_the_order, start, end),
        cmocka_unit_test_setup_teardown(answers_from_another_thread_under_load, start, end),
        cmocka_unit_test_setup_teardown(deferred_work_runs_on_the_loop, start, end),
        cmocka_unit_test_setup_teardown(a_response_that_is_too_large_is_a_defect, start, end),
        cmocka_unit_test_setup_teardown(what_waits_behind_a_request_is_bounded, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

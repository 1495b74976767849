/* Every case of http_abuse.def on a raw socket: refused ones get one problem document and the end
 * of the connection, and what is pipelined behind them is never executed; accepted ones leave a
 * connection on which the next request is understood. */
#include "plat/http_test_server.h"

#define H        "Host: a\r\n"
#define E        "\r\n"
#define SMUGGLED "GET /count HTTP/1.1\r\n" H E

static const struct {
    int status;
    str bytes, followed; /* the same with a request behind it */
} cases[] = {
#define CASE(status, text)                                                                         \
    {status, {text, sizeof(text) - 1}, {text SMUGGLED, sizeof(text SMUGGLED) - 1}},
#include "plat/http_abuse.def"
#undef CASE
};

static test_server *server;

static void check_problem(str body, int status, size_t which)
{
    json *root = NULL;
    if (json_parse(body, &root, NULL) != R_DONE)
        fail_msg("case %zu: %.*s", which, STR_ARG(body));
    assert_true(json_int(json_field(root, S("status"))) == status);
    assert_true(str_starts(json_str(json_field(root, S("type"))), S("urn:quan:problem:")));
    assert_true(json_str(json_field(root, S("title"))).n > 0);
    assert_str(json_str(json_field(root, S("code"))), str_of(refusal_code(status)));
    assert_int_equal(json_str(json_field(root, S("trace_id"))).n, HTTP_TRACE_ID_LENGTH);
    json_free(root);
}

static void check_refused(size_t which, str bytes)
{
    int fd = dial(server->port);
    buf b;
    buf_init(&b, ANSWER_MAX);
    (void)send_all(fd, bytes);
    read_to_end(fd, &b);
    answer a;
    if (!answer_take(buf_view(&b), true, &a) || a.bytes != b.n || a.status != cases[which].status)
        fail_msg("%.*s: %d expected, got %.*s", STR_ARG(bytes), cases[which].status,
                 STR_ARG(buf_view(&b)));
    assert_str(field_of(a.head, S("Connection:")), S("close"));
    assert_str(field_of(a.head, S("Content-Type:")), S("application/problem+json"));
    check_problem(a.body, a.status, which);
    buf_free(&b);
    close(fd);
}

static void refused_requests_end_the_connection(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        if (cases[i].status != 200)
            check_refused(i, cases[i].bytes);
    }
}

static void nothing_behind_a_refused_request_is_executed(void **state)
{
    (void)state;
    size_t handled = atomic_load(&server->handled);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        if (cases[i].status != 200)
            check_refused(i, cases[i].followed);
    }
    assert_int_equal(atomic_load(&server->handled), handled);
}

/* One of the accepted cases, then a second request that must not be mistaken for part of it. */
static void check_accepted(str bytes, str then)
{
    bool old = memmem(bytes.p, bytes.n, "HTTP/1.0", 8) != NULL;
    bool head = str_starts(bytes, S("HEAD"));
    int fd = dial(server->port);
    buf b;
    buf_init(&b, ANSWER_MAX);
    answer a;
    assert_true(send_all(fd, bytes));
    read_answer(fd, &b, !head, &a);
    if (a.status != 200)
        fail_msg("%.*s: %.*s", STR_ARG(bytes), STR_ARG(buf_view(&b)));
    if (old) {
        read_to_end(fd, &b);
        assert_int_equal(a.bytes, b.n);
    } else {
        str rest = {b.p + a.bytes, b.n - a.bytes};
        buf next;
        buf_init(&next, ANSWER_MAX);
        buf_str(&next, rest);
        assert_true(then.n == 0 || send_all(fd, then));
        read_answer(fd, &next, true, &a);
        assert_int_equal(a.status, 200);
        assert_str(a.body, S("GET /count ? []"));
        assert_int_equal(a.bytes, next.n);
        buf_free(&next);
    }
    buf_free(&b);
    close(fd);
}

static void accepted_requests_leave_the_next_one_alone(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        if (cases[i].status != 200)
            continue;
        check_accepted(cases[i].bytes, S(SMUGGLED)); /* one after the other */
        check_accepted(cases[i].followed, S(""));    /* pipelined */
    }
}

/* With TCP_NODELAY on our side each byte mostly is a packet of its own. */
static void requests_in_single_bytes_are_understood(void **state)
{
    (void)state;
    str request = S("POST /a?b HTTP/1.1\r\n" H "Content-Length: 5\r\n" E "hello" SMUGGLED);
    int fd = dial(server->port);
    int on = 1;
    assert_int_equal(setsockopt(fd, IPPROTO_TCP, 1 /* TCP_NODELAY */, &on, sizeof on), 0);
    buf b;
    buf_init(&b, ANSWER_MAX);
    for (size_t i = 0; i < request.n; i++)
        assert_true(send_all(fd, (str){request.p + i, 1}));
    answer first, second;
    read_answer(fd, &b, true, &first);
    assert_str(first.body, S("POST /a ?b [hello]"));
    while (!answer_take((str){b.p + first.bytes, b.n - first.bytes}, true, &second)) {
        assert_true(receive(fd, &b) > 0);
        assert_true(answer_take(buf_view(&b), true, &first));
    }
    assert_str(second.body, S("GET /count ? []"));
    buf_free(&b);
    close(fd);
}

static void requests_split_anywhere_are_understood(void **state)
{
    (void)state;
    str request = S("POST /a?b HTTP/1.1\r\n" H "Content-Length: 5\r\n" E "hello");
    int fd = dial(server->port);
    int on = 1;
    assert_int_equal(setsockopt(fd, IPPROTO_TCP, 1, &on, sizeof on), 0);
    for (size_t i = 1; i < request.n; i++) {
        assert_true(send_all(fd, (str){request.p, i}));
        sleep_ms(1);
        expect(fd, (str){request.p + i, request.n - i}, 200, "POST /a ?b [hello]");
    }
    close(fd);
}

static void heads_and_field_counts_have_a_maximum(void **state)
{
    (void)state;
    buf b;
    buf_init(&b, ANSWER_MAX);
    buf_str(&b, S("GET / HTTP/1.1\r\n" H));
    for (int i = 0; i < 100000; i++)
        buf_printf(&b, "X-%d: y\r\n", i);
    buf_str(&b, S(E));
    int fd = dial(server->port);
    expect_last(fd, buf_view(&b), 431);
    close(fd);
    buf_clear(&b);
    buf_str(&b, S("GET /"));
    for (int i = 0; i < 100000; i++)
        buf_char(&b, 'x');
    buf_str(&b, S(" HTTP/1.1\r\n" H E));
    fd = dial(server->port);
    expect_last(fd, buf_view(&b), 431);
    close(fd);
    buf_free(&b);
}

static int start(void **state)
{
    (void)state;
    http_options options = http_options_default();
    options.loops = 2;
    server = server_new(options);
    return 0;
}

static int end(void **state)
{
    (void)state;
    server_end(server);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refused_requests_end_the_connection),
        cmocka_unit_test(nothing_behind_a_refused_request_is_executed),
        cmocka_unit_test(accepted_requests_leave_the_next_one_alone),
        cmocka_unit_test(requests_in_single_bytes_are_understood),
        cmocka_unit_test(requests_split_anywhere_are_understood),
        cmocka_unit_test(heads_and_field_counts_have_a_maximum),
    };
    return cmocka_run_group_tests(tests, start, end);
}

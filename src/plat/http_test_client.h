/* For the tests of the HTTP server: a client on a raw socket that reads responses strictly and
 * fails the test when it has to wait too long. */
#ifndef QUAN_PLAT_HTTP_TEST_CLIENT_H
#define QUAN_PLAT_HTTP_TEST_CLIENT_H

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/test_help.h"

enum { CLIENT_TIMEOUT_MS = 20000, ANSWER_MAX = 64 * 1024 * 1024 };

static inline int dial(uint16_t port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_int_equal(connect(fd, (const struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

/* False when the server has gone; that is fine where a test expects it to stop reading. */
static inline bool send_all(int fd, str s)
{
    while (s.n > 0) {
        ssize_t n = send(fd, s.p, s.n, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        s = (str){s.p + n, s.n - (size_t)n};
    }
    return true;
}

/* More bytes into b: 1, 0 at the end, -1 for a reset; a test that waits too long fails. */
static inline int receive(int fd, buf *b)
{
    char bytes[16 * 1024];
    struct pollfd p = {.fd = fd, .events = POLLIN};
    if (poll(&p, 1, CLIENT_TIMEOUT_MS) != 1)
        fail_msg("nothing came; so far: %.*s", STR_ARG(buf_view(b)));
    ssize_t n = recv(fd, bytes, sizeof bytes, 0);
    if (n > 0)
        buf_add(b, bytes, (size_t)n);
    return n > 0 ? 1 : n == 0 ? 0 : -1;
}

static inline void read_to_end(int fd, buf *b)
{
    while (receive(fd, b) > 0)
        continue;
}

typedef struct answer {
    int status;
    str head, body;
    size_t bytes;
} answer;

static inline str field_of(str head, str name)
{
    const char *p = memmem(head.p, head.n, name.p, name.n);
    if (p == NULL)
        return (str){NULL, 0};
    str rest = {p + name.n, (size_t)(head.p + head.n - p) - name.n}, line;
    assert_true(str_cut(&rest, '\r', &line));
    return str_trim(line);
}

/* Takes the first response off s; false when it is not whole. */
static inline bool answer_take(str s, bool has_body, answer *out)
{
    const char *end = s.n == 0 ? NULL : memmem(s.p, s.n, "\r\n\r\n", 4);
    *out = (answer){0};
    if (end == NULL)
        return false;
    out->head = (str){s.p, (size_t)(end - s.p) + 4};
    assert_true(str_starts(out->head, S("HTTP/1.1 ")) && out->head.n > 12);
    out->status = (s.p[9] - '0') * 100 + (s.p[10] - '0') * 10 + (s.p[11] - '0');
    str length = field_of(out->head, S("Content-Length:"));
    uint64_t n = 0;
    if (length.p != NULL)
        assert_true(str_to_u64(length, &n));
    if (!has_body)
        n = 0;
    if (s.n - out->head.n < n)
        return false;
    out->body = (str){s.p + out->head.n, (size_t)n};
    out->bytes = out->head.n + (size_t)n;
    return true;
}

/* Reads until a whole response is there. b may hold the beginning of it. */
static inline void read_answer(int fd, buf *b, bool has_body, answer *out)
{
    while (!answer_take(buf_view(b), has_body, out)) {
        if (receive(fd, b) <= 0)
            fail_msg("the connection ended; so far: %.*s", STR_ARG(buf_view(b)));
    }
}

/* Sends and reads one response, whose body must be `body` unless that is NULL. */
static inline void expect(int fd, str request, int status, const char *body)
{
    buf b;
    buf_init(&b, ANSWER_MAX);
    answer a;
    assert_true(send_all(fd, request));
    read_answer(fd, &b, !str_starts(request, S("HEAD")), &a);
    assert_int_equal(a.status, status);
    assert_int_equal(a.bytes, b.n);
    if (body != NULL && !str_eq(a.body, str_of(body)))
        fail_msg("%.*s instead of %s", STR_ARG(a.body), body);
    buf_free(&b);
}

/* What the HTTP server calls a refusal of its own with that status; NULL: it has several names. */
static inline const char *refusal_code(int status)
{
    static const struct {
        int status;
        const char *code;
    } rows[] = {{400, "bad_request"},
                {408, "request_timeout"},
                {411, "length_required"},
                {413, "too_large"},
                {417, "expectation_failed"},
                {431, "headers_too_large"},
                {501, "method_not_implemented"},
                {503, "busy"},
                {505, "version_not_supported"}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (rows[i].status == status)
            return rows[i].code;
    return NULL;
}

static inline void expect_code(str body, const char *code)
{
    json *root = NULL;
    if (json_parse(body, &root, NULL) != R_DONE)
        fail_msg("no problem document: %.*s", STR_ARG(body));
    assert_str(json_str(json_field(root, S("code"))), str_of(code));
    json_free(root);
}

/* Sends, reads to the end; exactly one response of that status must have come, and a refusal must
 * have the code of its status. */
static inline void expect_last(int fd, str request, int status)
{
    buf b;
    buf_init(&b, ANSWER_MAX);
    (void)send_all(fd, request);
    read_to_end(fd, &b);
    answer a;
    if (!answer_take(buf_view(&b), !str_starts(request, S("HEAD")), &a))
        fail_msg("no whole response to %.*s: %.*s", STR_ARG(request), STR_ARG(buf_view(&b)));
    if (a.status != status || a.bytes != b.n)
        fail_msg("%d expected for %.*s: %.*s", status, STR_ARG(request), STR_ARG(buf_view(&b)));
    assert_str(field_of(a.head, S("Connection:")), S("close"));
    if (refusal_code(status) != NULL)
        expect_code(a.body, refusal_code(status));
    buf_free(&b);
}

#endif

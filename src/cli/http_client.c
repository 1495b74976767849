/* See http_client.h. Reads heads byte-wise from a buffer and bodies by Content-Length, which Quan
 * always sends. */
#include "cli/http_client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"

struct http_client {
    int fd; /* -1: not connected */
    uint16_t port;
    buf in;
};

http_client *http_client_new(uint16_t port)
{
    http_client *c = calloc(1, sizeof *c); /* http_client_free frees it */
    CHECK(c != NULL);
    c->fd = -1;
    c->port = port;
    buf_init(&c->in, HTTP_CLIENT_HEAD_MAX + HTTP_CLIENT_BODY_MAX);
    return c;
}

static void disconnect(http_client *c)
{
    if (c->fd >= 0) {
        (void)close(c->fd);
        c->fd = -1;
    }
    buf_clear(&c->in);
}

void http_client_free(http_client *c)
{
    if (c != NULL) {
        disconnect(c);
        buf_free(&c->in);
        free(c);
    }
}

static bool reach(http_client *c)
{
    if (c->fd >= 0) {
        return true;
    }
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(c->fd >= 0);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(c->port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int on = 1;
    (void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(c->fd, (struct sockaddr *)&to, sizeof to) != 0) {
        disconnect(c);
        return false;
    }
    return true;
}

static bool send_all(http_client *c, str bytes)
{
    while (bytes.n > 0) {
        ssize_t n = send(c->fd, bytes.p, bytes.n, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return false;
        }
        bytes.p += n;
        bytes.n -= (size_t)n;
    }
    return true;
}

static bool receive_some(http_client *c)
{
    char chunk[16384];
    ssize_t n;
    do {
        n = recv(c->fd, chunk, sizeof chunk, 0);
    } while (n < 0 && errno == EINTR);
    if (n <= 0) {
        return false;
    }
    buf_add(&c->in, chunk, (size_t)n);
    return !buf_overflowed(&c->in);
}

str http_answer_field(const http_answer *a, str name)
{
    str rest = a->head, line;
    while (str_cut(&rest, '\n', &line)) {
        str key;
        str value = line;
        if (str_cut(&value, ':', &key) && key.n == name.n && value.p != NULL &&
            strncasecmp(key.p, name.p, name.n) == 0) {
            return str_trim(value);
        }
    }
    return (str){NULL, 0};
}

static bool read_answer(http_client *c, bool no_body, arena *memory, http_answer *out)
{
    const char *end = NULL;
    while (c->in.n == 0 || (end = memmem(c->in.p, c->in.n, "\r\n\r\n", 4)) == NULL) {
        if (!receive_some(c)) {
            return false;
        }
    }
    size_t head = (size_t)(end - c->in.p) + 4;
    out->head = arena_str(memory, (str){c->in.p, head});
    if (head < 12 || !str_starts(out->head, S("HTTP/1."))) {
        return false;
    }
    uint64_t status, length = 0;
    if (!str_to_u64((str){out->head.p + 9, 3}, &status)) {
        return false;
    }
    str field = http_answer_field(out, S("Content-Length"));
    if (!no_body && field.n > 0 && !str_to_u64(field, &length)) {
        return false;
    }
    while (c->in.n < head + length) {
        if (!receive_some(c)) {
            return false;
        }
    }
    out->body = arena_str(memory, (str){c->in.p + head, (size_t)length});
    size_t rest = c->in.n - head - (size_t)length;
    memmove(c->in.p, c->in.p + head + length, rest);
    c->in.n = rest;
    out->status = (int)status;
    return true;
}

http_answer http_client_ask(http_client *c, const http_ask *ask, arena *memory)
{
    http_answer answer = {0};
    buf b;
    buf_init(&b, HTTP_CLIENT_HEAD_MAX + HTTP_CLIENT_BODY_MAX);
    buf_printf(&b, "%s %.*s HTTP/1.1\r\nHost: 127.0.0.1\r\n%.*s", ask->method, STR_ARG(ask->target),
               STR_ARG(ask->headers));
    bool typed = ask->headers.n > 0 && memmem(ask->headers.p, ask->headers.n, S("Content-Type:").p,
                                              S("Content-Type:").n) != NULL;
    if (ask->body.n > 0 && !typed) {
        buf_printf(&b, "Content-Type: application/json\r\n");
    }
    if (ask->body.n > 0 || strcmp(ask->method, "POST") == 0 || strcmp(ask->method, "PATCH") == 0) {
        buf_printf(&b, "Content-Length: %zu\r\n", ask->body.n);
    }
    buf_str(&b, S("\r\n"));
    buf_str(&b, ask->body);
    bool kept = c->fd >= 0;
    for (int tries = kept ? 2 : 1; tries > 0 && answer.status == 0; tries--) {
        if (reach(c) && send_all(c, buf_view(&b)) &&
            read_answer(c, strcmp(ask->method, "HEAD") == 0, memory, &answer)) {
            break;
        }
        disconnect(c); /* an idle connection may have been closed; a fresh one gets one try */
        answer = (http_answer){0};
    }
    if (str_eq(http_answer_field(&answer, S("Connection")), S("close"))) {
        disconnect(c);
    }
    buf_free(&b);
    return answer;
}

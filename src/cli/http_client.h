/* A small blocking HTTP/1.1 client for the demo, the benchmark and the tests: one connection,
 * one request at a time, loopback only. Reconnects by itself when the server has closed an idle
 * connection. Not thread-safe; one a thread. */
#ifndef QUAN_CLI_HTTP_CLIENT_H
#define QUAN_CLI_HTTP_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

enum { HTTP_CLIENT_HEAD_MAX = 16384, HTTP_CLIENT_BODY_MAX = 64 * 1024 * 1024 };

typedef struct http_client http_client;

typedef struct http_answer {
    int status; /* 0: the connection broke before a whole answer came */
    str head;   /* status line and fields, as sent */
    str body;
} http_answer;

http_client *http_client_new(uint16_t port);
void http_client_free(http_client *c);
/* headers: further lines, each ending in CRLF; without a Content-Type a body is JSON. body n = 0
 * sends none. The answer lives in memory. */
typedef struct http_ask {
    const char *method;
    str target, headers, body;
} http_ask;
http_answer http_client_ask(http_client *c, const http_ask *ask, arena *memory);
/* The value of a field of an answer, without surrounding space; empty when absent. */
str http_answer_field(const http_answer *a, str name);

#endif

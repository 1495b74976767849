/* HTTP/1.1 as the API sees it: one exchange is one request and its response.
 *
 * The server calls `handle` on one of its loop threads once the whole request is there. From then
 * on the exchange belongs to the handler, which may pass it to another thread, until exactly one
 * call of http_respond (from any thread) gives it back; after that it must not be touched. It
 * stays valid if the client goes away meanwhile: the response is then thrown away. An exchange is
 * used by one thread at a time. Requests of one connection are handled one after another, so
 * responses keep their order. What is not plain RFC 9112 is refused before a handler sees it. */
#ifndef QUAN_PORT_HTTP_H
#define QUAN_PORT_HTTP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/issues.h"
#include "base/result.h"
#include "base/str.h"

enum {
    HTTP_LOOPS_MAX = 64,
    HTTP_HEAD_BYTES_MAX = 16 * 1024,          /* beyond: 431 */
    HTTP_HEADERS_MAX = 100,                   /* beyond: 431 */
    HTTP_BODY_MAX = 4 * 1024 * 1024,          /* beyond: 413 before a byte of it is read */
    HTTP_BODY_MEMORY_MAX = 256 * 1024 * 1024, /* of all bodies on their way; beyond: 503 */
    HTTP_CONNECTIONS_MAX = 16 * 1024,         /* beyond: the longest idle one goes, or 503 */
    HTTP_PIPELINE_MAX = 64 * 1024,            /* bytes behind a request that are kept meanwhile */
    HTTP_RESPONSE_MAX = 256 * 1024 * 1024,    /* a larger body becomes a 500 */
    HTTP_HEAD_TIMEOUT_MS = 10 * 1000,         /* from the first byte to the end of the head: 408 */
    HTTP_BODY_TIMEOUT_MS = 30 * 1000,         /* for the body, or for each MiB of it: 408 */
    HTTP_IDLE_TIMEOUT_MS = 75 * 1000,         /* between requests: closed without a word */
    HTTP_WRITE_TIMEOUT_MS = 30 * 1000,        /* a client that reads nothing so long: reset */
    HTTP_TRACE_ID_LENGTH = 32,
};

typedef struct http_server http_server;
typedef struct http_exchange http_exchange;

/* HEAD is answered as GET whose body is left out. Every other method is refused with 501. */
typedef enum http_verb {
    VERB_GET,
    VERB_POST,
    VERB_PUT,
    VERB_PATCH,
    VERB_DELETE,
    VERB_OPTIONS,
    VERB_COUNT
} http_verb;

/* ---- the request; slices live as long as the exchange ---- */
http_verb http_method(const http_exchange *x);
bool http_is_head(const http_exchange *x);
str http_path(const http_exchange *x);  /* as sent, percent-encoded, begins with '/'; or "*" */
str http_query(const http_exchange *x); /* as sent, without '?' */
/* The first field of this name, any case, without surrounding white space; p is NULL when there is
 * none. Fields are counted by http_header_count where a second one must be refused. */
str http_header(const http_exchange *x, str name);
size_t http_header_count(const http_exchange *x, str name);
str http_body(const http_exchange *x);
str http_peer(const http_exchange *x);     /* "192.0.2.7", "2001:db8::7"; of the connection */
str http_trace_id(const http_exchange *x); /* 32 hex digits: from traceparent, or made */
int64_t http_received_ns(const http_exchange *x); /* monotonic, when the whole request was there */
arena *http_arena(http_exchange *x);              /* memory of this exchange */
unsigned http_loop_index(const http_exchange *x); /* 0 … loops - 1: for state kept per loop */
void http_set_user(http_exchange *x, void *user); /* one pointer of the handler's; NULL at first */
void *http_user(const http_exchange *x);

/* Takes the next segment off a path: "/v1/coupons" gives "v1", then "coupons"; false at the end. A
 * slash at the end gives an empty segment. Segments are as sent; http_decode makes text of them. */
bool http_segment_next(str *rest, str *segment);
/* Strict percent-decoding: false for a broken escape, a NUL or invalid UTF-8. '+' stays '+'. */
MUST_USE bool http_decode(arena *memory, str encoded, str *out);

typedef enum http_next { HTTP_PARAMETER, HTTP_PARAMETERS_END, HTTP_PARAMETER_BAD } http_next;
/* Takes the next parameter off a query (start with *rest = http_query(x)); '+' is a space; empty
 * pieces ("a=1&&b=2") are passed over; a name without '=' has an empty value. */
http_next http_parameter_next(arena *memory, str *rest, str *name, str *value);

/* ---- the response: 200, application/json and empty until told otherwise ---- */
void http_set_status(http_exchange *x, int status);
void http_set_type(http_exchange *x, str type); /* a constant, or memory of the exchange */
/* Date, Content-Length, Content-Type and Connection are the server's. Bytes that cannot stand in a
 * field (control characters) are replaced by '?'. */
void http_add_header(http_exchange *x, str name, str value);
buf *http_out(http_exchange *x); /* the body; clear it to start over */
/* Behind what every problem has. */
typedef struct http_problem_more {
    const issues *errors; /* NULL: none */
    str price;            /* JSON; empty: none */
} http_problem_more;
/* Forgets what the response was, then makes it a problem document (RFC 9457) for r. detail may be
 * empty; more may be NULL. Headers that were added stay. */
void http_problem(http_exchange *x, result r, str detail, const http_problem_more *more);
void http_respond(http_exchange *x); /* any thread; the last touch */
/* Runs `run` on the exchange's loop thread, soon. Any thread; one at a time per exchange. */
void http_defer(http_exchange *x, void (*run)(http_exchange *x, void *argument), void *argument);

/* The document alone, for what is not answered through an exchange (items of a batch, jobs). */
typedef struct http_problem_text {
    int status;
    str code, title; /* title: one sentence, the same for every problem of this code */
    str detail;      /* left out when empty, as is trace_id */
    str trace_id;
    http_problem_more more;
} http_problem_text;
void http_problem_write(buf *out, const http_problem_text *p);

/* ---- the server ---- */
typedef struct http_service {
    void *context;
    void (*handle)(void *context, http_exchange *x); /* loop thread; must not block */
    /* Largest body that this route takes, where that is less than options.body_max; NULL: all take
     * that. Loop thread. */
    size_t (*body_max)(void *context, http_verb verb, str path);
} http_service;

typedef struct http_options {
    str address;    /* numeric IPv4 or IPv6 */
    uint16_t port;  /* 0: a free one */
    unsigned loops; /* threads, 1 … HTTP_LOOPS_MAX */
    uint32_t connections_max, headers_max;
    size_t head_bytes_max, body_max, body_memory_max;
    int64_t head_timeout_ms, body_timeout_ms, idle_timeout_ms, write_timeout_ms;
} http_options;

http_options http_options_default(void); /* 127.0.0.1, a free port, one loop, limits as above */
/* R_DONE, or R_INVALID or R_IO with a sentence in *why when that is not NULL. */
MUST_USE result http_server_start(const http_options *options, const http_service *service,
                                  http_server **out, buf *why);
uint16_t http_server_port(const http_server *s);
/* Stops accepting, closes idle connections, lets requests inside finish with Connection: close;
 * returns when all connections are gone (true), or closes what is left after timeout_ms (false). */
bool http_server_drain(http_server *s, int64_t timeout_ms);
/* Drains with no patience, waits until every exchange was responded to, ends the threads, frees.
 * NULL is allowed. */
void http_server_stop(http_server *s);

#endif

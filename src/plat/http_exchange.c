/* One exchange: what the handler reads and what it answers. Nothing here touches a socket.
 *
 * Spans of the head become slices of the connection's buffer, which does not move while the
 * exchange is with the handler. */
#include <stdatomic.h>

#include "plat/http_loop.h"
#include "port/clock.h"

enum { TRACEPARENT_BYTES = 55, TRACE_AT = 3, PARENT_AT = 36, FLAGS_AT = 53, PARENT_BYTES = 16 };

static str slice(const http_exchange *x, http_span span)
{
    return span.n == 0 ? (str){NULL, 0} : (str){x->base + span.at, span.n};
}

http_verb http_method(const http_exchange *x)
{
    return x->head.verb;
}
bool http_is_head(const http_exchange *x)
{
    return x->head.is_head;
}

str http_path(const http_exchange *x)
{
    return x->head.path.n == 0 ? S("/") : slice(x, x->head.path);
}

str http_query(const http_exchange *x)
{
    return slice(x, x->head.query);
}

str http_header(const http_exchange *x, str name)
{
    int at = http_head_find(&x->head, x->base, name, -1);
    if (at < 0)
        return (str){NULL, 0};
    str value = slice(x, x->head.values[at]);
    return value.n == 0 ? S("") : value;
}

size_t http_header_count(const http_exchange *x, str name)
{
    size_t n = 0;
    for (int at = -1; (at = http_head_find(&x->head, x->base, name, at)) >= 0;)
        n++;
    return n;
}

str http_body(const http_exchange *x)
{
    if (x->head.length == 0)
        return (str){NULL, 0};
    return (str){x->base + x->head.bytes, (size_t)x->head.length};
}

str http_peer(const http_exchange *x)
{
    return (str){x->connection->peer, x->connection->peer_bytes};
}

str http_trace_id(const http_exchange *x)
{
    return (str){x->trace_id, HTTP_TRACE_ID_LENGTH};
}
int64_t http_received_ns(const http_exchange *x)
{
    return x->received_ns;
}
unsigned http_loop_index(const http_exchange *x)
{
    return x->loop->index;
}
void http_set_user(http_exchange *x, void *user)
{
    x->user = user;
}
void *http_user(const http_exchange *x)
{
    return x->user;
}

arena *http_arena(http_exchange *x)
{
    if (x->memory == NULL)
        x->memory = arena_new(0);
    return x->memory;
}

static bool lower_hex(str s, bool *zero)
{
    *zero = true;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
            return false;
        *zero = *zero && c == '0';
    }
    return true;
}

/* W3C Trace Context: version "-" trace id "-" parent id "-" flags. A version above 00 may go on
 * behind a further "-"; ff is no version. */
static bool trace_id_of(str traceparent, str *id)
{
    str t = traceparent;
    if (t.n < TRACEPARENT_BYTES || t.p[2] != '-' || t.p[PARENT_AT - 1] != '-' ||
        t.p[FLAGS_AT - 1] != '-')
        return false;
    str version = {t.p, 2};
    bool zero, version_zero;
    if (!lower_hex(version, &version_zero) || str_eq(version, S("ff")))
        return false;
    if (t.n > TRACEPARENT_BYTES && (version_zero || t.p[TRACEPARENT_BYTES] != '-'))
        return false;
    str trace = {t.p + TRACE_AT, HTTP_TRACE_ID_LENGTH};
    if (!lower_hex(trace, &zero) || zero)
        return false;
    if (!lower_hex((str){t.p + PARENT_AT, PARENT_BYTES}, &zero) || zero)
        return false;
    if (!lower_hex((str){t.p + FLAGS_AT, 2}, &zero))
        return false;
    *id = trace;
    return true;
}

/* splitmix64: trace ids must differ, not be secret. */
static uint64_t next_trace(http_loop *l)
{
    uint64_t z = (l->trace_state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static void make_trace_id(http_exchange *x)
{
    static const char hex[] = "0123456789abcdef";
    for (size_t half = 0; half < 2; half++) {
        uint64_t bits = next_trace(x->loop) | 1; /* never all zero */
        for (size_t i = 0; i < HTTP_TRACE_ID_LENGTH / 2; i++, bits >>= 4)
            x->trace_id[half * (HTTP_TRACE_ID_LENGTH / 2) + i] = hex[bits & 15];
    }
}

void http_exchange_start(http_exchange *x)
{
    str id;
    str given = http_header(x, S("traceparent"));
    if (given.p != NULL && trace_id_of(given, &id))
        memcpy(x->trace_id, id.p, HTTP_TRACE_ID_LENGTH);
    else
        make_trace_id(x);
    x->received_ns = clock_monotonic_ns();
}

void http_set_status(http_exchange *x, int status)
{
    CHECK(status >= 200 && status <= 599);
    x->status = status;
}

void http_set_type(http_exchange *x, str type)
{
    x->type = type;
}
buf *http_out(http_exchange *x)
{
    return &x->out;
}

/* A line break in a value would let whoever chose it write our response. */
static void add_clean(buf *b, str s)
{
    size_t from = b->n;
    buf_str(b, s);
    for (size_t i = from; i < b->n; i++) {
        unsigned char c = (unsigned char)b->p[i];
        if ((c < ' ' && c != '\t') || c == 0x7f)
            b->p[i] = '?';
    }
}

void http_add_header(http_exchange *x, str name, str value)
{
    add_clean(&x->fields, name);
    buf_str(&x->fields, S(": "));
    add_clean(&x->fields, value);
    buf_str(&x->fields, S("\r\n"));
}

void http_problem(http_exchange *x, result r, str detail, const http_problem_more *more)
{
    static const http_problem_more none;
    x->status = result_http_status(r);
    x->type = S("application/problem+json");
    buf_clear(&x->out);
    http_problem_write(&x->out, &(http_problem_text){.status = x->status,
                                                     .code = result_code(r),
                                                     .title = result_text(r),
                                                     .detail = detail,
                                                     .trace_id = http_trace_id(x),
                                                     .more = more != NULL ? *more : none});
}

void http_exchange_refuse(http_exchange *x, http_refusal why)
{
    make_trace_id(x);
    x->received_ns = clock_monotonic_ns();
    x->keep_alive = false;
    http_problem(x, http_refusal_result(why), http_refusal_detail(why), NULL);
    if (x->status == 503)
        http_add_header(x, S("Retry-After"), S("1"));
}

static str reason_of(int status)
{
    switch (status) {
#define REASON(number, words)                                                                      \
    case number:                                                                                   \
        return S("HTTP/1.1 " #number " " words "\r\n");
        REASON(200, "OK")
        REASON(201, "Created")
        REASON(202, "Accepted")
        REASON(204, "No Content")
        REASON(206, "Partial Content")
        REASON(303, "See Other")
        REASON(304, "Not Modified")
        REASON(308, "Permanent Redirect")
        REASON(400, "Bad Request")
        REASON(401, "Unauthorized")
        REASON(403, "Forbidden")
        REASON(404, "Not Found")
        REASON(405, "Method Not Allowed")
        REASON(408, "Request Timeout")
        REASON(409, "Conflict")
        REASON(411, "Length Required")
        REASON(412, "Precondition Failed")
        REASON(413, "Content Too Large")
        REASON(415, "Unsupported Media Type")
        REASON(417, "Expectation Failed")
        REASON(422, "Unprocessable Content")
        REASON(428, "Precondition Required")
        REASON(429, "Too Many Requests")
        REASON(431, "Request Header Fields Too Large")
        REASON(500, "Internal Server Error")
        REASON(501, "Not Implemented")
        REASON(503, "Service Unavailable")
        REASON(505, "HTTP Version Not Supported")
        REASON(507, "Insufficient Storage")
#undef REASON
    default:
        return (str){NULL, 0};
    }
}

void http_exchange_finish(http_exchange *x)
{
    if (buf_overflowed(&x->out) || buf_overflowed(&x->fields)) {
        buf_clear(&x->fields);
        http_problem(x, R_INTERNAL, S("The response is too large."), NULL);
    }
    buf *top = &x->top;
    str line = reason_of(x->status);
    if (line.n > 0)
        buf_str(top, line);
    else
        buf_printf(top, "HTTP/1.1 %d Other\r\n", x->status);
    buf_str(top, S("Date: "));
    buf_str(top, http_loop_date(x->loop));
    bool bare = x->status == 204 || x->status == 304;
    if (!bare) {
        buf_str(top, S("\r\nContent-Type: "));
        add_clean(top, x->type);
        buf_str(top, S("\r\nContent-Length: "));
        buf_u64(top, x->out.n);
    }
    if (!x->keep_alive)
        buf_str(top, S("\r\nConnection: close\r\n"));
    else if (x->head.minor == 0)
        buf_str(top, S("\r\nConnection: keep-alive\r\n"));
    else
        buf_str(top, S("\r\n"));
    buf_str(top, buf_view(&x->fields));
    buf_str(top, S("\r\n"));
    x->no_body = bare || x->head.is_head;
}

void http_respond(http_exchange *x)
{
    if (http_loop_is_here(x->loop))
        http_connection_respond(x);
    else
        http_loop_send(x);
}

void http_defer(http_exchange *x, void (*run)(http_exchange *x, void *argument), void *argument)
{
    x->deferred = run;
    x->argument = argument;
    http_loop_send(x);
}

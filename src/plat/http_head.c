/* http-parser is given the whole head at once, so each element arrives in one piece, except that
 * callbacks for a field may be repeated; spans grow by what follows on them. The body is framed by
 * the connection, not by the parser: the guard leaves Content-Length as the only way. */
#include "plat/http_head.h"

#include <http_parser.h>
#include <strings.h>

typedef struct reading {
    http_head *head;
    const char *base;
    http_span target;
    bool in_value, complete, too_many;
} reading;

static void extend(const reading *r, http_span *span, const char *at, size_t n)
{
    if (span->n == 0)
        span->at = (uint32_t)(at - r->base);
    span->n += (uint32_t)n;
}

static int on_url(http_parser *p, const char *at, size_t n)
{
    reading *r = p->data;
    extend(r, &r->target, at, n);
    return 0;
}

static int on_name(http_parser *p, const char *at, size_t n)
{
    reading *r = p->data;
    http_head *h = r->head;
    if (r->in_value || h->fields == 0) {
        if (h->fields == HTTP_HEADERS_MAX) {
            r->too_many = true;
            return 1;
        }
        h->names[h->fields] = h->values[h->fields] = (http_span){0, 0};
        h->fields++;
        r->in_value = false;
    }
    extend(r, &h->names[h->fields - 1], at, n);
    return 0;
}

static int on_value(http_parser *p, const char *at, size_t n)
{
    reading *r = p->data;
    r->in_value = true;
    extend(r, &r->head->values[r->head->fields - 1], at, n);
    return 0;
}

static int on_complete(http_parser *p)
{
    reading *r = p->data;
    r->complete = true;
    r->head->length = p->content_length == UINT64_MAX ? 0 : p->content_length;
    r->head->keep_alive = http_should_keep_alive(p) != 0;
    return 0;
}

static const http_parser_settings callbacks = {
    .on_url = on_url,
    .on_header_field = on_name,
    .on_header_value = on_value,
    .on_headers_complete = on_complete,
};

static bool same_method(const http_guard *g, unsigned method)
{
    static const enum http_method methods[VERB_COUNT] = {
        [VERB_GET] = HTTP_GET,     [VERB_POST] = HTTP_POST,     [VERB_PUT] = HTTP_PUT,
        [VERB_PATCH] = HTTP_PATCH, [VERB_DELETE] = HTTP_DELETE, [VERB_OPTIONS] = HTTP_OPTIONS,
    };
    return method == (unsigned)(g->is_head ? HTTP_HEAD : methods[g->verb]);
}

/* Path and query of the target: origin form, "*", or what follows the authority. */
static void split_target(http_head *h, const char *base, http_span target)
{
    const char *p = base + target.at;
    uint32_t from = 0;
    if (p[0] != '/' && p[0] != '*') {
        from = sizeof "http://" - 1;
        while (from < target.n && p[from] != '/' && p[from] != '?')
            from++;
    }
    const char *mark = memchr(p + from, '?', target.n - from);
    uint32_t end = mark == NULL ? target.n : (uint32_t)(mark - p);
    h->path = (http_span){target.at + from, end - from};
    h->query =
        mark == NULL ? (http_span){0, 0} : (http_span){target.at + end + 1, target.n - end - 1};
}

/* The parser leaves white space in front of CR LF in a value. */
static void trim_values(http_head *h, const char *base)
{
    for (uint32_t i = 0; i < h->fields; i++) {
        http_span *v = &h->values[i];
        while (v->n > 0 && (base[v->at + v->n - 1] == ' ' || base[v->at + v->n - 1] == '\t'))
            v->n--;
    }
}

bool http_head_read(const http_guard *g, const char *p, http_head *out)
{
    out->verb = g->verb;
    out->is_head = g->is_head;
    out->minor = g->minor;
    out->bytes = (uint32_t)(g->end - g->start);
    out->fields = 0;
    reading r = {.head = out, .base = p + g->start};
    http_parser parser;
    http_parser_init(&parser, HTTP_REQUEST);
    parser.data = &r;
    size_t read = http_parser_execute(&parser, &callbacks, r.base, out->bytes);
    if (HTTP_PARSER_ERRNO(&parser) != HPE_OK || !r.complete || r.too_many || read != out->bytes)
        return false;
    if (!same_method(g, parser.method) || parser.http_major != 1 || parser.http_minor != g->minor ||
        out->length != g->length || out->fields != g->fields || r.target.n == 0)
        return false;
    split_target(out, r.base, r.target);
    trim_values(out, r.base);
    return true;
}

int http_head_find(const http_head *h, const char *base, str name, int after)
{
    for (uint32_t i = (uint32_t)(after + 1); i < h->fields; i++) {
        http_span n = h->names[i];
        if (n.n == name.n && strncasecmp(base + n.at, name.p, n.n) == 0)
            return (int)i;
    }
    return -1;
}

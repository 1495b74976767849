/* Line by line: a line is judged when its LF is there, with tables of allowed bytes. Invariant: the
 * lines in [start, line) were judged and found good. */
#include "plat/http_guard.h"

#include <strings.h>

enum { LENGTH_DIGITS_MAX = 18, PORT_DIGITS_MAX = 5, VERSION_BYTES = 8 };

/* What a byte may stand in. */
enum { IN_TOKEN = 1, IN_TARGET = 2, IN_VALUE = 4, IN_HOST = 8 };

#define A (IN_TOKEN | IN_TARGET | IN_VALUE | IN_HOST) /* letters, digits, - . _ ~ % */
#define K (IN_TOKEN | IN_TARGET | IN_VALUE)           /* the other token characters */
#define T (IN_TARGET | IN_VALUE)
#define V IN_VALUE
static const uint8_t byte_class[256] = {
    [0x00 ... 0x08] = 0,
    ['\t'] = V,
    [0x0a ... 0x1f] = 0,
    [' '] = V,
    ['!'] = K,
    ['"'] = T,
    ['#'] = K & ~IN_TARGET,
    ['$'] = K,
    ['%'] = A,
    ['&'] = K,
    ['\''] = K,
    ['('] = T,
    [')'] = T,
    ['*'] = K,
    ['+'] = K,
    [','] = T,
    ['-'] = A,
    ['.'] = A,
    ['/'] = T,
    ['0' ... '9'] = A,
    [':'] = T,
    [';'] = T,
    ['<'] = T,
    ['='] = T,
    ['>'] = T,
    ['?'] = T,
    ['@'] = T,
    ['A' ... 'Z'] = A,
    ['['] = T,
    ['\\'] = T,
    [']'] = T,
    ['^'] = K,
    ['_'] = A,
    ['`'] = K,
    ['a' ... 'z'] = A,
    ['{'] = T,
    ['|'] = K,
    ['}'] = T,
    ['~'] = A,
    [0x7f] = 0,
    [0x80 ... 0xff] = V,
};
#undef A
#undef K
#undef T
#undef V

static const struct {
    result result;
    str detail;
} refusals[HTTP_REFUSAL_COUNT] = {
#define HTTP_REFUSAL(name, of, sentence)                                                           \
    [HTTP_REFUSED_##name] = {R_##of, {"" sentence, sizeof(sentence) - 1}},
#include "plat/http_refusal.def"
#undef HTTP_REFUSAL
};

result http_refusal_result(http_refusal r)
{
    return refusals[r].result;
}
str http_refusal_detail(http_refusal r)
{
    return refusals[r].detail;
}

http_guard http_guard_new(size_t bytes_max, uint32_t fields_max)
{
    return (http_guard){.bytes_max = bytes_max, .fields_max = fields_max};
}

static bool all_in(str s, unsigned class)
{
    unsigned all = class;
    for (size_t i = 0; i < s.n; i++)
        all &= byte_class[(unsigned char)s.p[i]];
    return all == class;
}

static bool same_word(str s, const char *word)
{
    return strncasecmp(s.p, word, s.n) == 0;
}

static bool digits(str s, size_t max)
{
    if (s.n > max)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    }
    return true;
}

/* "[" … "]": hex digits, colons and dots are enough to tell it from everything else. */
static bool literal_is_valid(str inside)
{
    for (size_t i = 0; i < inside.n; i++) {
        char c = inside.p[i];
        bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        if (!hex && c != ':' && c != '.')
            return false;
    }
    return inside.n >= 2;
}

bool http_host_is_valid(str host)
{
    str port = {NULL, 0};
    if (host.n > 0 && host.p[0] == '[') {
        const char *close = memchr(host.p, ']', host.n);
        if (close == NULL)
            return false;
        size_t inside = (size_t)(close - host.p) - 1;
        if (!literal_is_valid((str){host.p + 1, inside}))
            return false;
        port = (str){close + 1, host.n - inside - 2};
    } else {
        const char *colon = host.n == 0 ? NULL : memchr(host.p, ':', host.n);
        size_t name = colon == NULL ? host.n : (size_t)(colon - host.p);
        if (name == 0 || !all_in((str){host.p, name}, IN_HOST))
            return false;
        port = (str){host.p + name, host.n - name};
    }
    if (port.n == 0)
        return true;
    return port.p[0] == ':' && digits((str){port.p + 1, port.n - 1}, PORT_DIGITS_MAX);
}

static http_refusal judge_method(http_guard *g, str method)
{
    static const struct {
        str name;
        http_verb verb;
        bool is_head;
    } known[] = {
        {{"GET", 3}, VERB_GET, false},         {{"POST", 4}, VERB_POST, false},
        {{"PUT", 3}, VERB_PUT, false},         {{"PATCH", 5}, VERB_PATCH, false},
        {{"DELETE", 6}, VERB_DELETE, false},   {{"HEAD", 4}, VERB_GET, true},
        {{"OPTIONS", 7}, VERB_OPTIONS, false},
    };
    if (method.n == 0 || !all_in(method, IN_TOKEN))
        return HTTP_REFUSED_BAD_LINE;
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        if (str_eq(method, known[i].name)) {
            g->verb = known[i].verb;
            g->is_head = known[i].is_head;
            return HTTP_NOT_REFUSED;
        }
    }
    return HTTP_REFUSED_METHOD;
}

/* Without the port that goes without saying. */
static str bare(str host)
{
    if (str_ends(host, S(":80")))
        host.n -= 3;
    else if (str_ends(host, S(":")))
        host.n--;
    return host;
}

/* RFC 9112 3.2 wants them alike, and who passes requests on may look at either. */
static bool same_host(str a, str b)
{
    a = bare(a);
    b = bare(b);
    return a.n == b.n && same_word(a, b.p);
}

static http_refusal judge_target(const http_guard *g, str target, str *authority)
{
    if (target.n == 0 || !all_in(target, IN_TARGET))
        return HTTP_REFUSED_BAD_TARGET;
    if (target.p[0] == '/')
        return HTTP_NOT_REFUSED;
    if (str_eq(target, S("*")))
        return g->verb == VERB_OPTIONS ? HTTP_NOT_REFUSED : HTTP_REFUSED_BAD_TARGET;
    /* The absolute form, which RFC 9112 3.2.2 tells every server to accept. */
    str scheme = S("http://");
    if (target.n <= scheme.n || !same_word((str){target.p, scheme.n}, scheme.p))
        return HTTP_REFUSED_BAD_TARGET;
    str host = {target.p + scheme.n, 0};
    while (scheme.n + host.n < target.n && host.p[host.n] != '/' && host.p[host.n] != '?')
        host.n++;
    *authority = host;
    return http_host_is_valid(host) ? HTTP_NOT_REFUSED : HTTP_REFUSED_BAD_TARGET;
}

static http_refusal judge_version(http_guard *g, str version)
{
    const char *v = version.p;
    if (version.n != VERSION_BYTES || memcmp(v, "HTTP/", 5) != 0 || v[5] < '0' || v[5] > '9' ||
        v[6] != '.' || v[7] < '0' || v[7] > '9')
        return HTTP_REFUSED_BAD_LINE;
    if (v[5] != '1' || v[7] > '1')
        return HTTP_REFUSED_VERSION;
    g->minor = (uint8_t)(v[7] - '0');
    return HTTP_NOT_REFUSED;
}

static http_refusal judge_request_line(http_guard *g, const char *p, str line)
{
    str method, target, version = line;
    if (!str_cut(&version, ' ', &method) || !str_cut(&version, ' ', &target))
        return HTTP_REFUSED_BAD_LINE;
    http_refusal method_refusal = judge_method(g, method);
    if (method_refusal == HTTP_REFUSED_BAD_LINE)
        return method_refusal;
    /* A future version may mean anything by its methods and targets: say so first. */
    http_refusal version_refusal = judge_version(g, version);
    if (version_refusal != HTTP_NOT_REFUSED)
        return all_in(target, IN_TARGET) ? version_refusal : HTTP_REFUSED_BAD_TARGET;
    if (method_refusal != HTTP_NOT_REFUSED)
        return method_refusal;
    str authority = {p, 0};
    http_refusal target_refusal = judge_target(g, target, &authority);
    g->authority = (size_t)(authority.p - p);
    g->authority_bytes = authority.n;
    return target_refusal;
}

/* A tab beside the number is legal, but the parser does not take it and others may not either. */
static http_refusal judge_length(http_guard *g, str line, str value)
{
    if (g->has_length || value.n == 0 || !digits(value, LENGTH_DIGITS_MAX) ||
        memchr(line.p, '\t', line.n) != NULL)
        return HTTP_REFUSED_BAD_LENGTH;
    g->has_length = true;
    for (size_t i = 0; i < value.n; i++)
        g->length = g->length * 10 + (uint64_t)(value.p[i] - '0');
    return HTTP_NOT_REFUSED;
}

/* The fields that decide about framing and meaning. */
static http_refusal judge_host(http_guard *g, const char *p, str value)
{
    if (g->has_host || !http_host_is_valid(value))
        return HTTP_REFUSED_BAD_HOST;
    g->has_host = true;
    bool same =
        g->authority_bytes == 0 || same_host((str){p + g->authority, g->authority_bytes}, value);
    return same ? HTTP_NOT_REFUSED : HTTP_REFUSED_BAD_HOST;
}

static http_refusal judge_known_field(http_guard *g, const char *p, str line, str name, str value)
{
    switch (name.n) {
    case sizeof "host" - 1:
        return same_word(name, "host") ? judge_host(g, p, value) : HTTP_NOT_REFUSED;
    case sizeof "expect" - 1:
        if (same_word(name, "expect")) {
            bool known = value.n == sizeof "100-continue" - 1 && same_word(value, "100-continue");
            g->expects_continue = known;
            g->bad_expect = g->bad_expect || !known;
        }
        return HTTP_NOT_REFUSED;
    case sizeof "content-length" - 1:
        return same_word(name, "content-length") ? judge_length(g, line, value) : HTTP_NOT_REFUSED;
    case sizeof "transfer-encoding" - 1:
        g->has_encoding = g->has_encoding || same_word(name, "transfer-encoding");
        return HTTP_NOT_REFUSED;
    default:
        return HTTP_NOT_REFUSED;
    }
}

static http_refusal judge_field(http_guard *g, const char *p, str line)
{
    if (line.p[0] == ' ' || line.p[0] == '\t')
        return HTTP_REFUSED_FOLDED;
    if (++g->fields > g->fields_max)
        return HTTP_REFUSED_TOO_MANY_FIELDS;
    const char *colon = memchr(line.p, ':', line.n);
    if (colon == NULL || colon == line.p)
        return HTTP_REFUSED_BAD_FIELD;
    str name = {line.p, (size_t)(colon - line.p)};
    str value = {colon + 1, line.n - name.n - 1};
    /* http-parser 2.9.4 takes Transfer-Encoding-Something for Transfer-Encoding. */
    str encoding = S("transfer-encoding");
    if (name.n > encoding.n && same_word((str){name.p, encoding.n}, encoding.p))
        return HTTP_REFUSED_BAD_FIELD;
    if (!all_in(name, IN_TOKEN) || !all_in(value, IN_VALUE))
        return HTTP_REFUSED_BAD_FIELD;
    while (value.n > 0 && (value.p[0] == ' ' || value.p[0] == '\t'))
        value = (str){value.p + 1, value.n - 1};
    while (value.n > 0 && (value.p[value.n - 1] == ' ' || value.p[value.n - 1] == '\t'))
        value.n--;
    return judge_known_field(g, p, line, name, value);
}

/* What can only be said when the whole head is there. */
static http_refusal judge_head(const http_guard *g)
{
    if (g->has_encoding)
        return g->has_length ? HTTP_REFUSED_LENGTH_AND_ENCODING : HTTP_REFUSED_ENCODING;
    if (!g->has_host && g->minor >= 1)
        return HTTP_REFUSED_BAD_HOST;
    /* RFC 9110 10.1.1: an expectation in an HTTP/1.0 request is ignored. */
    if (g->bad_expect && g->minor >= 1)
        return HTTP_REFUSED_EXPECTATION;
    return HTTP_NOT_REFUSED;
}

static http_guard_state refuse(http_guard *g, http_refusal why)
{
    g->refusal = why;
    return GUARD_REFUSED;
}

/* The line without its CR LF; p: the first byte of all. */
static http_guard_state judge_line(http_guard *g, const char *p, str line)
{
    http_refusal why = HTTP_NOT_REFUSED;
    if (g->in_fields && line.n == 0) {
        why = judge_head(g);
        if (why != HTTP_NOT_REFUSED)
            return refuse(g, why);
        g->end = g->line;
        g->expects_continue = g->expects_continue && g->minor >= 1;
        return GUARD_DONE;
    }
    if (g->in_fields) {
        why = judge_field(g, p, line);
    } else if (line.n == 0) {
        if (g->start > 0)
            return refuse(g, HTTP_REFUSED_BAD_LINE);
        g->start = g->line;
        return GUARD_MORE;
    } else {
        g->in_fields = true;
        why = judge_request_line(g, p, line);
    }
    return why == HTTP_NOT_REFUSED ? GUARD_MORE : refuse(g, why);
}

http_guard_state http_guard_feed(http_guard *g, const char *p, size_t n)
{
    while (g->scanned < n) {
        /* What cannot become a request line is refused at its first byte (a TLS handshake). */
        unsigned char first = (unsigned char)p[g->line];
        if (!g->in_fields && !(byte_class[first] & IN_TOKEN) && first != '\r')
            return refuse(g, first == '\n' ? HTTP_REFUSED_BAD_LINE_END : HTTP_REFUSED_BAD_LINE);
        const char *lf = memchr(p + g->scanned, '\n', n - g->scanned);
        size_t end = lf == NULL ? n : (size_t)(lf - p) + 1;
        if (end > g->bytes_max)
            return refuse(g, HTTP_REFUSED_HEAD_TOO_LARGE);
        g->scanned = end;
        if (lf == NULL)
            return GUARD_MORE;
        str line = {p + g->line, end - g->line - 1};
        if (line.n == 0 || line.p[line.n - 1] != '\r')
            return refuse(g, HTTP_REFUSED_BAD_LINE_END);
        g->line = end;
        http_guard_state state = judge_line(g, p, (str){line.p, line.n - 1});
        if (state != GUARD_MORE)
            return state;
    }
    return GUARD_MORE;
}

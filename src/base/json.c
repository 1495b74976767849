/* JSON in through jansson, JSON out by hand.
 *
 * A `json` is a json_t under another name. Reading checks depth itself, before jansson recurses:
 * its own limit (2048) is fixed when it is compiled and too deep for a worker's stack. Keeps no
 * state between calls; a tree may be read by several threads, freed by one. */
#include "base/json.h"

#include <jansson.h>

#include "base/time.h"

static const json *ours(const json_t *v)
{
    return (const json *)(const void *)v;
}

static const json_t *theirs(const json *v)
{
    return (const json_t *)(const void *)v;
}

static void say(buf *why, int line, int column, str what)
{
    if (why != NULL)
        buf_printf(why, "line %d, column %d: %.*s", line, column, STR_ARG(what));
}

/* The first bracket that opens level JSON_DEPTH_MAX + 1, NULL when there is none. Brackets inside
 * strings do not count; text that is not JSON may be judged wrongly here and is refused later. */
static const char *too_deep(str text)
{
    size_t depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (in_string) {
            if (c == '\\')
                i++;
            else if (c == '"')
                in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '[' || c == '{') {
            if (++depth > JSON_DEPTH_MAX)
                return text.p + i;
        } else if ((c == ']' || c == '}') && depth > 0) {
            depth--;
        }
    }
    return NULL;
}

/* Line and column of a place, both from 1, columns in characters. */
static void say_too_deep(buf *why, str text, const char *at)
{
    int line = 1;
    int column = 1;
    for (const char *p = text.p; p < at; p++) {
        if (*p == '\n') {
            line++;
            column = 1;
        } else if (((uint8_t)*p & 0xC0) != 0x80) {
            column++;
        }
    }
    say(why, line, column, S("nested deeper than 64 levels"));
}
_Static_assert(JSON_DEPTH_MAX == 64, "the sentence above names the limit");

/* jansson quotes the input behind " near '": left out, it may be cut inside a character and holds
 * what callers do not want in their logs. */
static str reason_of(const json_error_t *error)
{
    const char *quote = strstr(error->text, " near ");
    return quote == NULL ? str_of(error->text) : (str){error->text, (size_t)(quote - error->text)};
}

result json_parse(str text, json **out, buf *why)
{
    *out = NULL;
    const char *deep = too_deep(text);
    if (deep != NULL) {
        say_too_deep(why, text, deep);
        return R_MALFORMED;
    }
    json_error_t error;
    json_t *root = json_loadb(text.n == 0 ? "" : text.p, text.n,
                              JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (root == NULL) {
        say(why, error.line, error.column, reason_of(&error));
        return R_MALFORMED;
    }
    *out = (json *)(void *)root;
    return R_DONE;
}

void json_free(json *root)
{
    json_decref((json_t *)(void *)root);
}

json_kind json_kind_of(const json *v)
{
    if (v == NULL)
        return JSON_KIND_NULL;
    switch (json_typeof(theirs(v))) {
    case JSON_OBJECT:
        return JSON_KIND_OBJECT;
    case JSON_ARRAY:
        return JSON_KIND_ARRAY;
    case JSON_STRING:
        return JSON_KIND_STR;
    case JSON_INTEGER:
        return JSON_KIND_INT;
    case JSON_REAL:
        return JSON_KIND_REAL;
    case JSON_TRUE:
    case JSON_FALSE:
        return JSON_KIND_BOOL;
    case JSON_NULL:
        return JSON_KIND_NULL;
    }
    UNREACHABLE();
}

bool json_bool(const json *v)
{
    CHECK(json_kind_of(v) == JSON_KIND_BOOL);
    return json_is_true(theirs(v));
}

int64_t json_int(const json *v)
{
    _Static_assert(sizeof(json_int_t) == sizeof(int64_t), "jansson's integers are exact in int64");
    CHECK(json_kind_of(v) == JSON_KIND_INT);
    return json_integer_value(theirs(v));
}

str json_str(const json *v)
{
    CHECK(json_kind_of(v) == JSON_KIND_STR);
    return (str){json_string_value(theirs(v)), json_string_length(theirs(v))};
}

size_t json_count(const json *v)
{
    /* Each gives 0 for what it is not. */
    return json_array_size(theirs(v)) + json_object_size(theirs(v));
}

const json *json_at(const json *v, size_t index)
{
    return ours(json_array_get(theirs(v), index));
}

const json *json_field(const json *v, str name)
{
    return ours(json_object_getn(theirs(v), name.n == 0 ? "" : name.p, name.n));
}

static int append_text(const char *text, size_t n, void *out)
{
    buf_add(out, text, n);
    return 0;
}

void json_text(const json *v, buf *out)
{
    int failed = json_dump_callback(theirs(v), append_text, out, JSON_COMPACT | JSON_ENCODE_ANY);
    CHECK(failed == 0); /* a tree that was parsed can be written */
}

bool json_next(const json *object, void **iterator, str *name, const json **value)
{
    /* jansson's iterator functions want a json_t that is not const; they do not change it. */
    json_t *o = (json_t *)(uintptr_t)object;
    *iterator = *iterator == NULL ? json_object_iter(o) : json_object_iter_next(o, *iterator);
    if (*iterator == NULL)
        return false;
    *name = (str){json_object_iter_key(*iterator), json_object_iter_key_len(*iterator)};
    *value = ours(json_object_iter_value(*iterator));
    return true;
}

json_writer json_writer_on(buf *out)
{
    return (json_writer){.out = out};
}

/* Before a value or a key: the comma that separates it from what came before. */
static void begin_value(json_writer *w)
{
    if (w->need_comma)
        buf_char(w->out, ',');
    w->need_comma = true;
}

static void open_with(json_writer *w, char bracket)
{
    begin_value(w);
    buf_char(w->out, bracket);
    w->need_comma = false;
}

static void close_with(json_writer *w, char bracket)
{
    buf_char(w->out, bracket);
    w->need_comma = true;
}

void json_begin_object(json_writer *w)
{
    open_with(w, '{');
}

void json_end_object(json_writer *w)
{
    close_with(w, '}');
}

void json_begin_array(json_writer *w)
{
    open_with(w, '[');
}

void json_end_array(json_writer *w)
{
    close_with(w, ']');
}

static void put_escape(buf *out, uint8_t code)
{
    static const char names[] = {['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f',
                                 ['\r'] = 'r', ['"'] = '"',  ['\\'] = '\\'};
    static const char hex[] = "0123456789abcdef";
    if (code < sizeof names && names[code] != 0) {
        buf_add(out, (char[]){'\\', names[code]}, 2);
    } else {
        buf_str(out, S("\\u00"));
        buf_add(out, (char[]){hex[code >> 4], hex[code & 15]}, 2);
    }
}

static bool needs_escape(uint8_t c)
{
    return c < 0x20 || c == '"' || c == '\\';
}

/* Of eight bytes, is any not ASCII, a control character, a quote or a backslash? The tests of
 * "Bit Twiddling Hacks" (Anderson) for a byte less than n and a zero byte; they may see one too
 * many only above one that is there. */
static bool is_special_in_eight(uint64_t w)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), high = ones << 7;
    uint64_t quote = w ^ ones * '"', back = w ^ ones * '\\';
    uint64_t any = w | (w - ones * 0x20) | (quote - ones) | (back - ones);
    return (any & high) != 0;
}

/* How many bytes at the front stand for themselves. */
static size_t plain_length(str s)
{
    size_t n = 0;
    for (uint64_t w; s.n - n >= sizeof w; n += sizeof w) {
        memcpy(&w, s.p + n, sizeof w);
        if (is_special_in_eight(w))
            break;
    }
    while (n < s.n) {
        uint8_t c = (uint8_t)s.p[n];
        size_t length = c < 0x80 ? 1 : str_utf8_length((str){s.p + n, s.n - n});
        if (length == 0 || needs_escape(c))
            break;
        n += length;
    }
    return n;
}

static void put_special(buf *out, uint8_t c)
{
    if (needs_escape(c))
        put_escape(out, c);
    else
        buf_str(out, S("\xEF\xBF\xBD"));
}

/* In quotes, as it is. */
static void put_plain(buf *out, str s)
{
    char *to = buf_take(out, s.n + 2);
    if (to == NULL)
        return;
    to[0] = '"';
    if (s.n > 0)
        memcpy(to + 1, s.p, s.n);
    to[s.n + 1] = '"';
}

static void put_quoted(buf *out, str s)
{
    size_t n = plain_length(s);
    if (n == s.n) {
        put_plain(out, s);
        return;
    }
    buf_char(out, '"');
    while (s.n > 0) {
        buf_add(out, s.p, n);
        if (n < s.n)
            put_special(out, (uint8_t)s.p[n++]);
        s = (str){s.p + n, s.n - n};
        n = plain_length(s);
    }
    buf_char(out, '"');
}

void json_key(json_writer *w, str name)
{
    begin_value(w);
    put_quoted(w->out, name);
    buf_char(w->out, ':');
    w->need_comma = false;
}

void json_key_raw(json_writer *w, str key)
{
    begin_value(w);
    buf_str(w->out, key);
    w->need_comma = false;
}

void json_put_str(json_writer *w, str s)
{
    begin_value(w);
    put_quoted(w->out, s);
}

void json_put_plain(json_writer *w, str s)
{
    begin_value(w);
    put_plain(w->out, s);
}

void json_put_i64(json_writer *w, int64_t v)
{
    begin_value(w);
    buf_i64(w->out, v);
}

void json_put_u64(json_writer *w, uint64_t v)
{
    begin_value(w);
    buf_u64(w->out, v);
}

void json_put_bool(json_writer *w, bool v)
{
    json_put_raw(w, v ? S("true") : S("false"));
}

void json_put_null(json_writer *w)
{
    json_put_raw(w, S("null"));
}

void json_put_time(json_writer *w, int64_t at_ms)
{
    begin_value(w);
    buf_char(w->out, '"');
    time_write(w->out, at_ms);
    buf_char(w->out, '"');
}

void json_put_raw(json_writer *w, str json_text)
{
    begin_value(w);
    buf_str(w->out, json_text);
}

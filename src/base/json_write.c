/* JSON out: see json.h. */
#include "base/json.h"

#include "base/json_text.h"
#include "base/time.h"

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

/* How many bytes at the front stand for themselves. */
static size_t plain_length(str s)
{
    size_t n = json_plain_bytes(s.p, s.n);
    while (n < s.n) {
        size_t length = str_utf8_length((str){s.p + n, s.n - n});
        if (length == 0 || needs_escape((uint8_t)s.p[n]))
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

/* Fuzzes the head guard and the reader behind it. The first byte says how the rest is split.
 *
 * Must hold for every input: the answer does not depend on the split; what the guard passes the
 * parser reads, with the same length and number of fields; every span lies within the head; the
 * head has no bare LF, no NUL, no second Host and no other one than the target names; decoding
 * never reads beyond path or query. */
#include <stdlib.h>

#include "plat/http_guard.h"
#include "plat/http_head.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static http_guard_state feed(http_guard *g, str s, size_t step)
{
    *g = http_guard_new(2048, 32);
    http_guard_state state = GUARD_MORE;
    for (size_t n = 0; n < s.n && state == GUARD_MORE;) {
        n = s.n - n > step ? n + step : s.n;
        /* A copy of its own size, so that the sanitizer sees a step beyond the end. */
        char *copy = malloc(n);
        CHECK(copy != NULL);
        memcpy(copy, s.p, n);
        state = http_guard_feed(g, copy, n);
        free(copy);
    }
    return state;
}

static void check_span(const http_head *h, http_span s)
{
    CHECK(s.n == 0 || (s.at < h->bytes && s.n <= h->bytes - s.at));
}

static void decode_all(str path, str query)
{
    arena *memory = arena_new(0);
    str segment, text, name, value;
    while (http_segment_next(&path, &segment)) {
        if (http_decode(memory, segment, &text))
            CHECK(text.n <= segment.n && str_is_utf8(text));
    }
    while (http_parameter_next(memory, &query, &name, &value) == HTTP_PARAMETER)
        CHECK(str_is_utf8(name) && str_is_utf8(value));
    arena_free(memory);
}

/* An absolute target and Host name the same, but for case and a port 80. */
static void check_host(const http_head *h, const char *base, str host)
{
    str line = {base, h->bytes}, method, target;
    CHECK(str_cut(&line, ' ', &method) && str_cut(&line, ' ', &target));
    if (target.p[0] == '/' || target.p[0] == '*')
        return;
    CHECK(target.n > 7);
    for (size_t i = 0; i < host.n && host.p[i] != ':' && host.p[0] != '['; i++)
        CHECK((host.p[i] | 0x20) == (target.p[7 + i] | 0x20));
}

static void check_head(const http_guard *g, str s)
{
    http_head h;
    const char *base = s.p + g->start;
    CHECK(http_head_read(g, s.p, &h));
    CHECK(h.bytes == g->end - g->start && g->end <= s.n && g->end <= 2048);
    CHECK(h.length == g->length && h.fields == g->fields && h.fields <= 32);
    check_span(&h, h.path);
    check_span(&h, h.query);
    for (uint32_t i = 0; i < h.fields; i++) {
        CHECK(h.names[i].n > 0);
        check_span(&h, h.names[i]);
        check_span(&h, h.values[i]);
    }
    int host = http_head_find(&h, base, S("host"), -1);
    CHECK(host >= 0 || h.minor == 0);
    CHECK(host < 0 || http_head_find(&h, base, S("host"), host) < 0);
    if (host >= 0)
        check_host(&h, base, (str){base + h.values[host].at, h.values[host].n});
    CHECK(http_head_find(&h, base, S("transfer-encoding"), -1) < 0);
    for (uint32_t i = 0; i < h.bytes; i++) {
        CHECK(base[i] != '\0');
        CHECK(base[i] != '\n' || (i > 0 && base[i - 1] == '\r'));
        CHECK(base[i] != '\r' || base[i + 1] == '\n');
    }
    decode_all((str){base + h.path.at, h.path.n}, (str){base + h.query.at, h.query.n});
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    str s = {(const char *)data + 1, size - 1};
    http_guard whole, split;
    http_guard_state a = feed(&whole, s, s.n), b = feed(&split, s, (size_t)data[0] + 1);
    CHECK(a == b && whole.refusal == split.refusal);
    CHECK(whole.start == split.start && whole.end == split.end && whole.length == split.length);
    CHECK((a == GUARD_REFUSED) == (whole.refusal != HTTP_NOT_REFUSED));
    if (a == GUARD_DONE)
        check_head(&whole, s);
    return 0;
}

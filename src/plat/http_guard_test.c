/* The head guard and the reader behind it: what is refused, that splits do not matter, that limits
 * are exact, and that guard and parser never disagree. */
#include "plat/http_guard.h"

#include "base/test_help.h"
#include "plat/http_head.h"

#define H "Host: a\r\n"
#define E "\r\n"

static const struct {
    int status;
    str bytes;
} cases[] = {
#define CASE(status, text) {status, {text, sizeof(text) - 1}},
#include "plat/http_abuse.def"
#undef CASE
};

static http_guard new_guard(void)
{
    return http_guard_new(HTTP_HEAD_BYTES_MAX, HTTP_HEADERS_MAX);
}

static int status_of(const http_guard *g, http_guard_state state)
{
    switch (state) {
    case GUARD_MORE:
        return 0;
    case GUARD_DONE:
        return 200;
    case GUARD_REFUSED:
        return result_http_status(http_refusal_result(g->refusal));
    }
    return -1;
}

static void every_case_gets_its_answer(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        http_guard g = new_guard();
        int status = status_of(&g, http_guard_feed(&g, cases[i].bytes.p, cases[i].bytes.n));
        int expected = cases[i].status == 413 ? 200 : cases[i].status; /* a matter of the route */
        if (status != expected)
            fail_msg("%.*s: %d instead of %d", STR_ARG(cases[i].bytes), status, expected);
    }
}

/* Feeds p[0, n) in steps that end where `ends` says, as packets would. */
static http_guard_state feed_to(http_guard *g, str s, size_t step)
{
    http_guard_state state = GUARD_MORE;
    for (size_t n = step; state == GUARD_MORE; n += step) {
        if (n > s.n)
            n = s.n;
        state = http_guard_feed(g, s.p, n);
        if (n == s.n)
            break;
    }
    return state;
}

static void assert_same(const http_guard *a, const http_guard *b)
{
    assert_int_equal(a->refusal, b->refusal);
    assert_true(a->start == b->start && a->end == b->end && a->length == b->length);
    assert_true(a->verb == b->verb && a->fields == b->fields && a->minor == b->minor);
    assert_true(a->expects_continue == b->expects_continue);
}

static void splits_do_not_matter(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        str s = cases[i].bytes;
        http_guard whole = new_guard();
        http_guard_state expected = http_guard_feed(&whole, s.p, s.n);
        for (size_t step = 1; step <= s.n; step++) {
            http_guard g = new_guard();
            assert_int_equal(feed_to(&g, s, step), expected);
            assert_same(&g, &whole);
        }
    }
}

static void what_the_guard_passes_the_parser_reads(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        http_guard g = new_guard();
        if (http_guard_feed(&g, cases[i].bytes.p, cases[i].bytes.n) != GUARD_DONE)
            continue;
        http_head h;
        if (!http_head_read(&g, cases[i].bytes.p, &h))
            fail_msg("not read: %.*s", STR_ARG(cases[i].bytes));
        assert_true(h.length == g.length && h.fields == g.fields);
    }
}

static str span(str base, http_span s)
{
    return (str){base.p + s.at, s.n};
}

static void heads_are_taken_apart(void **state)
{
    (void)state;
    str s = S("\r\nPOST http://a:1/b%20c/d?e=f&g HTTP/1.1\r\nHost: a:1\r\nX-One: \t 1 2 \t \r\n"
              "Empty:\r\nx-one: 3\r\nContent-Length: 12\r\nConnection: close\r\n\r\nrest");
    http_guard g = new_guard();
    assert_int_equal(http_guard_feed(&g, s.p, s.n), GUARD_DONE);
    assert_int_equal(g.start, 2);
    assert_int_equal(g.end, s.n - 4);
    http_head h;
    assert_true(http_head_read(&g, s.p, &h));
    str base = {s.p + 2, s.n - 2};
    assert_int_equal(h.verb, VERB_POST);
    assert_false(h.is_head);
    assert_false(h.keep_alive);
    assert_int_equal(h.length, 12);
    assert_int_equal(h.bytes, s.n - 6);
    assert_int_equal(h.fields, 6);
    assert_str(span(base, h.path), S("/b%20c/d"));
    assert_str(span(base, h.query), S("e=f&g"));
    int one = http_head_find(&h, base.p, S("X-ONE"), -1);
    assert_int_equal(one, 1);
    assert_str(span(base, h.values[one]), S("1 2"));
    one = http_head_find(&h, base.p, S("X-ONE"), one);
    assert_int_equal(one, 3);
    assert_str(span(base, h.values[one]), S("3"));
    assert_int_equal(http_head_find(&h, base.p, S("X-ONE"), one), -1);
    int empty = http_head_find(&h, base.p, S("empty"), -1);
    assert_int_equal(empty, 2);
    assert_int_equal(h.values[empty].n, 0);
    assert_int_equal(http_head_find(&h, base.p, S("empt"), -1), -1);
}

static void keep_alive_follows_version_and_field(void **state)
{
    (void)state;
    static const struct {
        str text;
        bool keep;
    } rows[] = {
        {{"GET / HTTP/1.1\r\n" H E, 27}, true},
        {{"GET / HTTP/1.0\r\n" E, 18}, false},
        {{"GET / HTTP/1.0\r\nConnection: keep-alive\r\n" E, 42}, true},
        {{"GET / HTTP/1.1\r\n" H "Connection: close\r\n" E, 46}, false},
        {{"GET / HTTP/1.1\r\n" H "Connection: CLOSE\r\n" E, 46}, false},
        {{"GET / HTTP/1.1\r\n" H "Connection: a, close\r\n" E, 49}, false},
        {{"GET / HTTP/1.1\r\n" H "Connection: x\r\nConnection: close\r\n" E, 61}, false},
        {{"GET / HTTP/1.1\r\n" H "Connection: close, keep-alive\r\n" E, 58}, false},
        {{"GET / HTTP/1.1\r\n" H "Connection: closed\r\n" E, 47}, true},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        http_guard g = new_guard();
        assert_int_equal(http_guard_feed(&g, rows[i].text.p, rows[i].text.n), GUARD_DONE);
        http_head h;
        assert_true(http_head_read(&g, rows[i].text.p, &h));
        if (h.keep_alive != rows[i].keep)
            fail_msg("%.*s", STR_ARG(rows[i].text));
    }
}

/* A head of exactly n bytes. */
static void head_of(buf *b, size_t n)
{
    buf_str(b, S("GET / HTTP/1.1\r\n" H "X: "));
    while (b->n < n - 4)
        buf_char(b, 'x');
    buf_str(b, S("\r\n\r\n"));
}

static void the_maximum_of_bytes_is_exact(void **state)
{
    (void)state;
    for (size_t n = 1000; n <= 1001; n++) {
        buf b;
        buf_init(&b, 4096);
        head_of(&b, n);
        assert_int_equal(b.n, n);
        for (size_t step = 1; step <= n; step += 37) {
            http_guard g = http_guard_new(1000, HTTP_HEADERS_MAX);
            http_guard_state got = feed_to(&g, buf_view(&b), step);
            assert_int_equal(status_of(&g, got), n == 1000 ? 200 : 431);
        }
        buf_free(&b);
    }
    /* A line that does not end is refused as soon as it cannot fit. */
    char line[1001];
    memset(line, 'A', sizeof line);
    http_guard g = http_guard_new(1000, HTTP_HEADERS_MAX);
    assert_int_equal(http_guard_feed(&g, line, 1000), GUARD_MORE);
    assert_int_equal(http_guard_feed(&g, line, 1001), GUARD_REFUSED);
    assert_int_equal(g.refusal, HTTP_REFUSED_HEAD_TOO_LARGE);
}

static void the_maximum_of_fields_is_exact(void **state)
{
    (void)state;
    for (unsigned fields = HTTP_HEADERS_MAX; fields <= HTTP_HEADERS_MAX + 1; fields++) {
        buf b;
        buf_init(&b, HTTP_HEAD_BYTES_MAX);
        buf_str(&b, S("GET / HTTP/1.1\r\n" H));
        for (unsigned i = 1; i < fields; i++)
            buf_printf(&b, "X-%u: y\r\n", i);
        buf_str(&b, S(E));
        http_guard g = new_guard();
        http_guard_state got = http_guard_feed(&g, b.p, b.n);
        assert_int_equal(status_of(&g, got), fields == HTTP_HEADERS_MAX ? 200 : 431);
        http_head h;
        if (got == GUARD_DONE) {
            assert_true(http_head_read(&g, b.p, &h));
            assert_int_equal(h.fields, HTTP_HEADERS_MAX);
        }
        buf_free(&b);
    }
}

/* Changes, drops and doubles bytes of good heads. Whatever passes the guard must be read by the
 * parser as the same request: one that only one of them understands would be a way to smuggle. */
static void guard_and_parser_agree_on_damaged_heads(void **state)
{
    (void)state;
    static const char alphabet[] = "\r\n :\t\0/aA0HTP.,;%#?*\x7f\x80\xff";
    uint64_t seed = 20261122;
    size_t passed = 0, good = 0;
    while (cases[good].status == 200) /* they come first */
        good++;
    for (int round = 0; round < 200000; round++) {
        str s = cases[random_below(&seed, good)].bytes;
        char text[400];
        size_t n = 0;
        uint64_t damage = random_below(&seed, 4);
        for (size_t i = 0; i < s.n && n < sizeof text - 1; i++) {
            uint64_t dice = random_below(&seed, s.n * 2);
            if (dice < damage)
                text[n++] = alphabet[random_below(&seed, sizeof alphabet - 1)];
            else if (dice >= 4 && dice < 4 + damage)
                continue;
            if (dice >= 8 && dice < 8 + damage)
                text[n++] = s.p[i];
            text[n++] = s.p[i];
            if (n >= sizeof text - 2)
                break;
        }
        http_guard g = new_guard();
        if (http_guard_feed(&g, text, n) != GUARD_DONE)
            continue;
        http_head h;
        if (!http_head_read(&g, text, &h))
            fail_msg("not read: %.*s", (int)n, text);
        passed++;
    }
    assert_true(passed > 20000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_gets_its_answer),
        cmocka_unit_test(splits_do_not_matter),
        cmocka_unit_test(what_the_guard_passes_the_parser_reads),
        cmocka_unit_test(heads_are_taken_apart),
        cmocka_unit_test(keep_alive_follows_version_and_field),
        cmocka_unit_test(the_maximum_of_bytes_is_exact),
        cmocka_unit_test(the_maximum_of_fields_is_exact),
        cmocka_unit_test(guard_and_parser_agree_on_damaged_heads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

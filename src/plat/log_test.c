/* Lines are JSON, secrets are hidden, levels hold, and a sink that blocks blocks nobody. */
#include "port/log.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/test_help.h"
#include "port/clock.h"

enum { OUTPUT_MAX = 8 * 1024 * 1024 };

static char file[64];
static int fd = -1;

static int start(void **state)
{
    (void)state;
    strncpy(file, "/tmp/log_test_XXXXXX", sizeof file - 1);
    fd = mkstemp(file);
    assert_true(fd >= 0);
    log_set_level(LOG_INFO);
    log_start(fd);
    return 0;
}

static int end(void **state)
{
    (void)state;
    log_stop();
    close(fd);
    assert_int_equal(unlink(file), 0);
    return 0;
}

/* Ends the log and gives what it wrote. */
static str written(buf *b)
{
    log_stop();
    buf_init(b, OUTPUT_MAX);
    char bytes[4096];
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    for (ssize_t n; (n = read(fd, bytes, sizeof bytes)) > 0;)
        buf_add(b, bytes, (size_t)n);
    return buf_view(b);
}

static json *only_line(buf *b)
{
    str text = written(b), line;
    assert_true(str_cut(&text, '\n', &line));
    assert_int_equal(text.n, 0);
    json *root = NULL;
    if (json_parse(line, &root, NULL) != R_DONE)
        fail_msg("%.*s", STR_ARG(line));
    return root;
}

static void a_line_is_a_json_object(void **state)
{
    (void)state;
    log_event(LOG_WARN, "something happened", log_str("text", S("a\"b\n\xe5\x88\xb8")),
              log_i64("negative", INT64_MIN), log_u64("large", 42), log_bool("yes", true),
              log_result("result", R_SOLD_OUT));
    buf b;
    json *root = only_line(&b);
    assert_str(json_str(json_field(root, S("level"))), S("warn"));
    assert_str(json_str(json_field(root, S("event"))), S("something happened"));
    assert_str(json_str(json_field(root, S("text"))), S("a\"b\n\xe5\x88\xb8"));
    assert_true(json_int(json_field(root, S("negative"))) == INT64_MIN);
    assert_true(json_int(json_field(root, S("large"))) == 42);
    assert_true(json_bool(json_field(root, S("yes"))));
    assert_str(json_str(json_field(root, S("result"))), S("sold_out"));
    assert_int_equal(json_str(json_field(root, S("time"))).n, 24);
    json_free(root);
    buf_free(&b);
}

static void lower_levels_are_silent(void **state)
{
    (void)state;
    log_event(LOG_DEBUG, "not this");
    log_event(LOG_INFO, "this");
    log_set_level(LOG_ERROR);
    log_event(LOG_WARN, "not this");
    log_event(LOG_ERROR, "and this");
    buf b;
    str text = written(&b), line;
    assert_null(memmem(text.p, text.n, "not", 3));
    size_t n = 0;
    while (str_cut(&text, '\n', &line))
        n++;
    assert_int_equal(n, 2);
    buf_free(&b);
    log_level level;
    assert_true(log_level_parse(S("debug"), &level) && level == LOG_DEBUG);
    assert_true(log_level_parse(S("error"), &level) && level == LOG_ERROR);
    assert_false(log_level_parse(S("ERROR"), &level));
    assert_false(log_level_parse(S(""), &level));
}

#define KEY "qk_abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"

static void secrets_are_hidden(void **state)
{
    (void)state;
    log_event(LOG_INFO, "secrets", log_str("authorization", S("Bearer abc-planted")),
              log_str("key", S("planted")), log_str("api_key", S("planted")),
              log_str("webhook_secret", S("planted")), log_str("password", S("planted")),
              log_str("page_token", S("planted")), log_str("header", S("x Bearer " KEY " y")),
              log_str("two", S(KEY "," KEY)), log_str("short", S("qk_abc")),
              log_str("monkey", S("seen")));
    buf b;
    json *root = only_line(&b);
    assert_null(memmem(b.p, b.n, "planted", 7));
    assert_null(memmem(b.p, b.n, "abcdefgh", 8));
    assert_str(json_str(json_field(root, S("key"))), S("[hidden]"));
    assert_str(json_str(json_field(root, S("header"))), S("x Bearer qk_[hidden] y"));
    assert_str(json_str(json_field(root, S("two"))), S("qk_[hidden],qk_[hidden]"));
    assert_str(json_str(json_field(root, S("short"))), S("qk_abc"));
    assert_str(json_str(json_field(root, S("monkey"))), S("seen"));
    json_free(root);
    buf_free(&b);
}

static void long_values_and_lines_are_cut(void **state)
{
    (void)state;
    static char text[LOG_LINE_MAX];
    memset(text, '\x01', sizeof text); /* each becomes six bytes */
    log_event(LOG_INFO, "long", log_str("a", (str){text, 100}), log_str("b", (str){text, 3000}),
              log_str("c", S("never")));
    buf b;
    json *root = only_line(&b);
    assert_true(b.n <= LOG_LINE_MAX);
    assert_int_equal(json_str(json_field(root, S("a"))).n, 100);
    assert_null(json_field(root, S("b")));
    assert_null(json_field(root, S("c")));
    assert_true(json_bool(json_field(root, S("truncated"))));
    json_free(root);
    buf_free(&b);
}

static void texts_are_cut_at_their_maximum(void **state)
{
    (void)state;
    static char text[LOG_TEXT_MAX + 500];
    memset(text, 'x', sizeof text);
    log_event(LOG_INFO, "long", log_str("a", (str){text, sizeof text}));
    buf b;
    json *root = only_line(&b);
    assert_int_equal(json_str(json_field(root, S("a"))).n, LOG_TEXT_MAX);
    json_free(root);
    buf_free(&b);
}

static void *write_many(void *unused)
{
    for (uint64_t i = 0; i < 2000; i++)
        log_event(LOG_INFO, "many", log_u64("i", i));
    return unused;
}

static void threads_write_whole_lines(void **state)
{
    (void)state;
    uint64_t dropped = log_dropped();
    pthread_t threads[4];
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_many, NULL), 0);
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    buf b;
    str text = written(&b), line;
    size_t n = 0;
    while (str_cut(&text, '\n', &line)) {
        json *root = NULL;
        assert_int_equal(json_parse(line, &root, NULL), R_DONE);
        json_free(root);
        n++;
    }
    assert_true(n + (log_dropped() - dropped) >= 8000);
    buf_free(&b);
}

static void a_sink_that_blocks_costs_lines_and_not_time(void **state)
{
    (void)state;
    log_stop();
    int pipe_fds[2];
    assert_int_equal(pipe(pipe_fds), 0);
    uint64_t before = log_dropped();
    log_start(pipe_fds[1]);
    enum { LINES = 40000 }; /* much more than pipe and queue hold */
    int64_t began = clock_monotonic_ms();
    for (uint64_t i = 0; i < LINES; i++)
        log_event(LOG_INFO, "into a pipe that nobody reads", log_u64("i", i));
    uint64_t dropped = log_dropped() - before;
    assert_true(dropped > 1000 && dropped < LINES);
    assert_true(clock_monotonic_ms() - began < 20000);
    /* Somebody reads: everything that was kept comes, and a line tells how much was not. */
    buf b;
    buf_init(&b, OUTPUT_MAX);
    char bytes[4096];
    char told[64];
    int told_n = snprintf(told, sizeof told, "\"dropped\":%llu}", (unsigned long long)dropped);
    while (b.n == 0 || memmem(b.p, b.n, told, (size_t)told_n) == NULL) {
        struct pollfd ready = {.fd = pipe_fds[0], .events = POLLIN};
        assert_int_equal(poll(&ready, 1, 10000), 1);
        ssize_t n = read(pipe_fds[0], bytes, sizeof bytes);
        assert_true(n > 0);
        buf_add(&b, bytes, (size_t)n);
    }
    buf_free(&b);
    close(pipe_fds[0]); /* the reader has gone: nobody is stopped by it */
    for (uint64_t i = 0; i < 100; i++)
        log_event(LOG_INFO, "to nobody", log_u64("i", i));
    began = clock_monotonic_ms();
    log_stop();
    assert_true(clock_monotonic_ms() - began < 5000);
    close(pipe_fds[1]);
}

static void stopping_does_not_wait_for_a_blocked_sink(void **state)
{
    (void)state;
    log_stop();
    int pipe_fds[2];
    assert_int_equal(pipe(pipe_fds), 0);
    log_start(pipe_fds[1]);
    for (uint64_t i = 0; i < 5000; i++)
        log_event(LOG_INFO, "into a pipe that nobody reads", log_u64("i", i));
    int64_t began = clock_monotonic_ms();
    log_stop();
    assert_true(clock_monotonic_ms() - began < 5000);
    close(pipe_fds[0]);
    close(pipe_fds[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_line_is_a_json_object, start, end),
        cmocka_unit_test_setup_teardown(lower_levels_are_silent, start, end),
        cmocka_unit_test_setup_teardown(secrets_are_hidden, start, end),
        cmocka_unit_test_setup_teardown(long_values_and_lines_are_cut, start, end),
        cmocka_unit_test_setup_teardown(texts_are_cut_at_their_maximum, start, end),
        cmocka_unit_test_setup_teardown(threads_write_whole_lines, start, end),
        cmocka_unit_test_setup_teardown(a_sink_that_blocks_costs_lines_and_not_time, start, end),
        cmocka_unit_test_setup_teardown(stopping_does_not_wait_for_a_blocked_sink, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

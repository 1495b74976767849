/* Where values come from, and that every mistake is named with its place. */
#include "port/settings.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/test_help.h"

static arena *memory;
static issues *problems;
static char file[64];

static int start(void **state)
{
    (void)state;
    memory = arena_new(0);
    problems = issues_new(memory);
    strncpy(file, "/tmp/settings_test_XXXXXX", sizeof file - 1);
    int fd = mkstemp(file);
    assert_true(fd >= 0);
    close(fd);
    return 0;
}

static int end(void **state)
{
    (void)state;
    assert_int_equal(unlink(file), 0);
    arena_free(memory);
    return 0;
}

static void write_file(const char *text)
{
    FILE *f = fopen(file, "we");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static int count_of(const char *const *list)
{
    int n = 0;
    while (list[n] != NULL)
        n++;
    return n;
}

static const settings *load(const char *const *arguments, const char *const *environment)
{
    const settings *s = NULL;
    settings_sources from = {count_of(arguments), arguments, environment};
    if (settings_load(&from, problems, &s) != R_DONE)
        fail_msg("%.*s: %.*s", STR_ARG(problems->items[0].field),
                 STR_ARG(problems->items[0].detail));
    return s;
}

/* Exactly one problem, at this place and with this code. */
static void refused(const char *const *arguments, const char *const *environment, const char *field,
                    const char *code)
{
    const settings *s = NULL;
    settings_sources from = {count_of(arguments), arguments, environment};
    problems = issues_new(memory);
    assert_int_equal(settings_load(&from, problems, &s), R_INVALID);
    if (problems->n != 1 || !str_eq(problems->items[0].field, str_of(field)) ||
        !str_eq(problems->items[0].code, str_of(code)))
        fail_msg("%zu problems; %.*s: %.*s (%s: %s expected)", problems->n,
                 STR_ARG(problems->items[0].field), STR_ARG(problems->items[0].code), field, code);
    assert_true(problems->items[0].detail.n > 0);
}

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})
static const char *const none[] = {NULL};

static void defaults_hold(void **state)
{
    (void)state;
    const settings *s = load(none, NULL);
    assert_int_equal(settings_int(s, SETTING_http_port), 8080);
    assert_str(settings_text(s, SETTING_http_address), S("127.0.0.1"));
    assert_str(settings_text(s, SETTING_log_level), S("info"));
    assert_str(settings_source(s, SETTING_http_port), S("default"));
    assert_str(settings_name(SETTING_hold_default_ms), S("hold_default_ms"));
}

static void flags_take_both_forms(void **state)
{
    (void)state;
    const settings *s = load(LIST("--http-port=1", "--log-level", "debug", "--data=a=b"), NULL);
    assert_int_equal(settings_int(s, SETTING_http_port), 1);
    assert_str(settings_text(s, SETTING_log_level), S("debug"));
    assert_str(settings_text(s, SETTING_data), S("a=b"));
    assert_str(settings_source(s, SETTING_log_level), S("--log-level"));
}

static void stronger_sources_win(void **state)
{
    (void)state;
    write_file("# a comment\n\nhttp_port = 1\nloops=1 ; one\n  \ndata = /srv/quan data\n"
               "lanes: 3\n");
    char name[80];
    snprintf(name, sizeof name, "QUAN_SETTINGS=%s", file);
    const settings *s = load(LIST("--http-port=3"),
                             LIST("QUAN_HTTP_PORT=2", "QUAN_LOOPS=2", name, "HOME=/", "QUAN=x",
                                  "QUAN_PORT=tcp://10.0.0.1:80", "QUAN_LOG_LEVEL=warn"));
    assert_int_equal(settings_int(s, SETTING_http_port), 3);
    assert_int_equal(settings_int(s, SETTING_loops), 2);
    assert_int_equal(settings_int(s, SETTING_lanes), 3);
    assert_str(settings_text(s, SETTING_data), S("/srv/quan data"));
    assert_str(settings_text(s, SETTING_log_level), S("warn"));
    assert_str(settings_source(s, SETTING_loops), S("QUAN_LOOPS"));
    char place[80];
    snprintf(place, sizeof place, "%s:6", file);
    assert_str(settings_source(s, SETTING_data), str_of(place));
    assert_str(settings_ignored(s, 0), S("QUAN_PORT"));
    assert_int_equal(settings_ignored(s, 1).n, 0);
}

static void mistakes_in_flags_are_named(void **state)
{
    (void)state;
    refused(LIST("--http-port=65536"), NULL, "--http-port", "out_of_range");
    refused(LIST("--http-port=-1"), NULL, "--http-port", "out_of_range");
    refused(LIST("--http-port="), NULL, "--http-port", "out_of_range");
    refused(LIST("--http-port=80a"), NULL, "--http-port", "out_of_range");
    refused(LIST("--http-port=8 0"), NULL, "--http-port", "out_of_range");
    refused(LIST("--http-port=99999999999999999999"), NULL, "--http-port", "out_of_range");
    refused(LIST("--log-level=loud"), NULL, "--log-level", "out_of_range");
    refused(LIST("--log-level="), NULL, "--log-level", "out_of_range");
    refused(LIST("--data="), NULL, "--data", "out_of_range");
    refused(LIST("--data=a\nb"), NULL, "--data", "out_of_range");
    refused(LIST("--data=\xff"), NULL, "--data", "out_of_range");
    refused(LIST("--http-prot=1"), NULL, "--http-prot=1", "unknown_setting");
    refused(LIST("--http_port=1"), NULL, "--http_port=1", "unknown_setting");
    refused(LIST("http-port=1"), NULL, "http-port=1", "unknown_argument");
    refused(LIST("--"), NULL, "--", "unknown_argument");
    refused(LIST("-p"), NULL, "-p", "unknown_argument");
    refused(LIST("--http-port"), NULL, "--http-port", "required");
    refused(LIST("--http-port=1", "--http-port=1"), NULL, "--http-port", "given_twice");
    refused(LIST("--settings=/does/not/exist"), NULL, "--settings", "unreadable");
}

static void mistakes_in_the_environment_are_named(void **state)
{
    (void)state;
    refused(none, LIST("QUAN_HTTP_PORT=x"), "QUAN_HTTP_PORT", "out_of_range");
    refused(none, LIST("QUAN_LOG_LEVEL=INFO"), "QUAN_LOG_LEVEL", "out_of_range");
    refused(none, LIST("QUAN_SETTINGS=/does/not/exist"), "QUAN_SETTINGS", "unreadable");
    /* It would not count, and is refused all the same. */
    refused(LIST("--http-port=1"), LIST("QUAN_HTTP_PORT=x"), "QUAN_HTTP_PORT", "out_of_range");
}

static void mistakes_in_the_file_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int line;
        const char *code;
    } rows[] = {
        {"http_port = 1\nhttp_port = 2\n", 2, "given_twice"},
        {"\n\nhttp_prot = 1\n", 3, "unknown_setting"},
        {"[http]\nport = 1\n", 2, "unknown_section"},
        {"http_port\n", 1, "malformed"},
        {"http_port = x\n", 1, "out_of_range"},
        {"data = a\n  b\n", 2, "given_twice"},
        {"# 1\nhttp-port = 1", 2, "unknown_setting"},
        {"data = "
         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n",
         1, "too_long"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        write_file(rows[i].text);
        char place[80], flag[80];
        snprintf(place, sizeof place, "%s:%d", file, rows[i].line);
        snprintf(flag, sizeof flag, "--settings=%s", file);
        refused(LIST(flag), NULL, place, rows[i].code);
    }
}

static void all_mistakes_are_told_at_once(void **state)
{
    (void)state;
    const settings *s = NULL;
    settings_sources from = {2, LIST("--http-port=x", "--loops=x"), LIST("QUAN_LANES=x")};
    assert_int_equal(settings_load(&from, problems, &s), R_INVALID);
    assert_int_equal(problems->n, 3);
    assert_str(problems->items[0].detail,
               S("\"x\" is not allowed: a whole number from 0 to 65535"));
    assert_str(problems->items[1].detail,
               S("\"x\" is not allowed: a whole number from 0 to 64 threads"));
}

static void the_reference_has_a_row_for_every_setting(void **state)
{
    (void)state;
    buf b;
    buf_init(&b, 1 << 20);
    settings_reference(&b);
    str row =
        S("\n| `http_port` | `--http-port` | `QUAN_HTTP_PORT` | `8080` | 0 to 65535 | Port to "
          "listen on. 0: a free one, which is logged. |\n");
    assert_non_null(memmem(b.p, b.n, row.p, row.n));
    str choices = S("| `debug`, `info`, `warn`, `error` | Lowest level that is logged. ");
    assert_non_null(memmem(b.p, b.n, choices.p, choices.n));
    for (int i = 0; i < SETTING_COUNT; i++) {
        str name = settings_name((setting)i);
        assert_non_null(memmem(b.p, b.n, name.p, name.n));
    }
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(defaults_hold, start, end),
        cmocka_unit_test_setup_teardown(flags_take_both_forms, start, end),
        cmocka_unit_test_setup_teardown(stronger_sources_win, start, end),
        cmocka_unit_test_setup_teardown(mistakes_in_flags_are_named, start, end),
        cmocka_unit_test_setup_teardown(mistakes_in_the_environment_are_named, start, end),
        cmocka_unit_test_setup_teardown(mistakes_in_the_file_are_named, start, end),
        cmocka_unit_test_setup_teardown(all_mistakes_are_told_at_once, start, end),
        cmocka_unit_test_setup_teardown(the_reference_has_a_row_for_every_setting, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

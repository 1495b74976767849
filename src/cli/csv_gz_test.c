/* Reading CSV: columns by name in any order, quoting, and every way a file can be wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

#include "cli/csv_gz.h"

typedef struct seen {
    size_t rows;
    char last[2][64];
} seen;

static bool take(void *context, const str *f, buf *why)
{
    seen *s = context;
    if (str_eq(f[0], S("refuse"))) {
        buf_str(why, S("not this one"));
        return false;
    }
    for (size_t i = 0; i < 2; i++) {
        (void)snprintf(s->last[i], sizeof s->last[i], "%.*s", STR_ARG(f[i]));
    }
    s->rows++;
    return true;
}

static result read_text(const char *text, seen *s, buf *why)
{
    static const char *const wanted[] = {"b", "a"};
    char path[] = "/tmp/quan-csv-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    gzFile out = gzdopen(fd, "wb");
    assert_int_equal(gzputs(out, text), (int)strlen(text));
    assert_int_equal(gzclose(out), Z_OK);
    *s = (seen){0};
    buf_init(why, 4096);
    csv_request request = {.path = path, .wanted = wanted, .n = 2, .row = take, .context = s};
    result r = csv_read(&request, why);
    (void)unlink(path);
    return r;
}

static void columns_are_found_by_name(void **state)
{
    (void)state;
    seen s;
    buf why;
    assert_int_equal(read_text("a,x,b\n1,2,3\n\"4,\"\"q\",5,\"6\n7\"\n", &s, &why), R_DONE);
    assert_int_equal(s.rows, 2);
    assert_string_equal(s.last[0], "6\n7");
    assert_string_equal(s.last[1], "4,\"q");
    buf_free(&why);
}

typedef struct kept {
    buf all;
    size_t line;
} kept;

static bool keep(void *context, const str *f, buf *why)
{
    kept *k = context;
    MAYBE(why);
    buf_printf(&k->all, "%zu[%.*s]", k->line, STR_ARG(f[0]));
    return true;
}

/* A byte order mark, lines of any length that end either way, and empty ones, which count. */
static void rows_without_a_header_have_a_first_field(void **state)
{
    (void)state;
    static const char text[] = "\xef\xbb\xbfone,1\r\ntwo\r\n\r\n\"th,ree\",x,y\n\n\"\"\n  \n\n"
                               "\"fi\r\nve\",\"\n\"\r\n\r\r\nfour";
    static const char *const wanted[] = {NULL};
    char path[] = "/tmp/quan-csv-XXXXXX";
    int fd = mkstemp(path);
    buf why;
    kept all;
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
    (void)close(fd);
    buf_init(&why, 4096);
    buf_init(&all.all, 4096);
    csv_request csv = {.path = path,
                       .wanted = wanted,
                       .n = 1,
                       .headless = true,
                       .line = &all.line,
                       .row = keep,
                       .context = &all};
    assert_int_equal(csv_read(&csv, &why), R_DONE);
    (void)unlink(path);
    str seen_rows = buf_view(&all.all);
    assert_true(str_eq(seen_rows, S("1[one]2[two]4[th,ree]6[]9[fi\r\nve]14[four]")));
    buf_free(&why);
    buf_free(&all.all);
}

static void what_is_wrong_is_said(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"a,c\n1,2\n", "no column b"},
        {"a,b\n1\n", "line 2: the number of fields"},
        {"a,b\r\n\r\n1,2,3\r\n", "line 3: the number of fields"},
        {"a,b\n1,2\n3,refuse\n", "not this one"},
        {"a,b\n1,\"2\n", "quote"},
        {"", "no header line"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        seen s;
        buf why;
        assert_int_equal(read_text(cases[i].text, &s, &why), R_INVALID);
        str text = buf_view(&why);
        assert_non_null(memmem(text.p, text.n, cases[i].says, strlen(cases[i].says)));
        buf_free(&why);
    }
}

static void a_missing_file_is_not_found(void **state)
{
    (void)state;
    static const char *const wanted[] = {"a"};
    buf why;
    buf_init(&why, 4096);
    csv_request request = {.path = "/nowhere/at/all.csv.gz", .wanted = wanted, .n = 1, .row = take};
    assert_int_equal(csv_read(&request, &why), R_NOT_FOUND);
    buf_free(&why);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_found_by_name),
        cmocka_unit_test(rows_without_a_header_have_a_first_field),
        cmocka_unit_test(what_is_wrong_is_said),
        cmocka_unit_test(a_missing_file_is_not_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

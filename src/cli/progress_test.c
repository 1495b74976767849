/* The progress bar where stderr is no terminal: silent unless asked for, then whole lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/progress.h"

enum { SAID_MAX = 4096 };

/* What the bar writes to stderr meanwhile. */
static size_t said(bool asked, uint64_t total, char out[SAID_MAX])
{
    char path[] = "/tmp/quan-progress-XXXXXX";
    int file = mkstemp(path), kept = dup(STDERR_FILENO);
    assert_true(file >= 0 && kept >= 0);
    (void)fflush(stderr);
    assert_true(dup2(file, STDERR_FILENO) >= 0);
    progress p;
    progress_begin(&p, &(cli_context){.progress = asked}, "work", total);
    for (uint64_t i = 0; i <= 1000; i++)
        progress_at(&p, i);
    progress_end(&p);
    (void)fflush(stderr);
    assert_true(dup2(kept, STDERR_FILENO) >= 0);
    ssize_t n = pread(file, out, SAID_MAX - 1, 0);
    assert_true(n >= 0);
    out[n] = '\0';
    (void)close(kept);
    (void)close(file);
    (void)unlink(path);
    return (size_t)n;
}

static void nobody_asked(void **state)
{
    (void)state;
    char text[SAID_MAX];
    assert_int_equal(said(false, 1000, text), 0);
}

static void the_last_line_is_the_whole(void **state)
{
    (void)state;
    char text[SAID_MAX];
    size_t n = said(true, 1000, text);
    assert_true(n > 0 && text[n - 1] == '\n');
    assert_non_null(strstr(text, "work [########################] 100 % 1000 of 1000, "));
    assert_null(strchr(text, '\r'));
    assert_null(strchr(text, '\033'));
}

static void a_total_may_be_unknown_or_passed(void **state)
{
    (void)state;
    char text[SAID_MAX];
    assert_true(said(true, 0, text) > 0);
    assert_non_null(strstr(text, "work 1000, "));
    assert_null(strchr(text, '['));
    assert_true(said(true, 10, text) > 0);
    assert_non_null(strstr(text, "100 % 1000 of 10, "));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_asked),
        cmocka_unit_test(the_last_line_is_the_whole),
        cmocka_unit_test(a_total_may_be_unknown_or_passed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

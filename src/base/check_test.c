/* CHECK: silent when it holds, evaluated once, deadly when it does not, also in release. */
#include "base/check.h"

#include "base/test_help.h"

static int calls;

static bool counted(bool answer)
{
    calls++;
    return answer;
}

static void fails(void)
{
    CHECK(1 + 1 == 3);
}

static void reaches(void)
{
    UNREACHABLE();
}

static void a_check_that_holds_evaluates_once_and_goes_on(void **state)
{
    (void)state;
    calls = 0;
    CHECK(counted(true));
    assert_int_equal(calls, 1);
    MAYBE(counted(false));
    assert_int_equal(calls, 2);
}

static void a_check_that_fails_aborts(void **state)
{
    (void)state;
    assert_true(aborts(fails));
    assert_true(aborts(reaches));
}

static void the_line_names_expression_file_and_function(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        fails();
        _exit(0);
    }
    close(ends[1]);
    char text[512] = {0};
    ssize_t n = read(ends[0], text, sizeof text - 1);
    close(ends[0]);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_true(n > 0);
    assert_non_null(strstr(text, "check_test.c:"));
    assert_non_null(strstr(text, "fails: check failed: 1 + 1 == 3\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_check_that_holds_evaluates_once_and_goes_on),
        cmocka_unit_test(a_check_that_fails_aborts),
        cmocka_unit_test(the_line_names_expression_file_and_function),
    };
    return cmocka_run_group_tests_name("base/check", tests, NULL, NULL);
}

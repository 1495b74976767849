/* The table of commands, and how words become one: names, help and examples keep their form, the
 * longest name wins, exit codes are stable. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "cli/cli.h"
#include "cli/help.h"

/* Wider examples argp breaks into two lines, and a shell reads them as two. */
enum { HELP_MAX = 80, EXAMPLE_MAX = 78, WORDS_MAX = 3 };

static size_t words_in(str s)
{
    size_t n = 0;
    for (str word; str_cut(&s, ' ', &word);)
        n++;
    return n;
}

static void every_row_keeps_its_form(void **state)
{
    (void)state;
    const command *c;
    for (size_t i = 0; (c = command_at(i)) != NULL; i++) {
        str name = str_of(c->name), help = str_of(c->help);
        assert_in_range(words_in(name), 1, WORDS_MAX);
        assert_in_range(help.n, 1, HELP_MAX);
        assert_false(str_ends(help, S("."))); /* help of a command adds it */
        assert_true(help.p[0] >= 'A' && help.p[0] <= 'Z');
        assert_ptr_equal(command_find(name), c); /* no name twice */
        assert_false(command_group_is(name));    /* nor one that begins another */
    }
}

static void examples_are_of_their_command(void **state)
{
    (void)state;
    const command *c;
    for (size_t i = 0; (c = command_at(i)) != NULL; i++) {
        str examples = str_of(c->examples), line;
        char begins[64];
        int n = snprintf(begins, sizeof(begins), "quan %s", c->name);
        bool goes_on = false;
        assert_true(str_ends(examples, S("\n")));
        while (str_cut(&examples, '\n', &line)) {
            assert_in_range(line.n, 1, EXAMPLE_MAX);
            assert_true(goes_on || str_starts(line, (str){begins, (size_t)n}));
            goes_on = str_ends(line, S("\\"));
        }
        assert_false(goes_on);
    }
}

static void words_find_commands_and_groups(void **state)
{
    (void)state;
    assert_non_null(command_find(S("admin key create")));
    assert_null(command_find(S("admin key")));
    assert_null(command_find(S("admin key create more")));
    assert_null(command_find(S("")));
    assert_true(command_group_is(S("admin")));
    assert_true(command_group_is(S("admin key")));
    assert_false(command_group_is(S("adm")));
    assert_false(command_group_is(S("admin key create")));
    arena *memory = arena_new(0);
    char a[] = "admin", b[] = "key", c[] = "create", d[] = "--json";
    char *words[] = {a, b, c, d};
    assert_true(str_eq(command_words(memory, 4, words), S("admin key create")));
    assert_true(str_eq(command_words(memory, 1, words), S("admin")));
    assert_int_equal(command_words(memory, 0, words).n, 0);
    arena_free(memory);
}

/* Scripts depend on them. */
static void exit_codes_are_stable(void **state)
{
    (void)state;
    assert_int_equal(CLI_OK, 0);
    assert_int_equal(CLI_FAILED, 1);
    assert_int_equal(CLI_USAGE, 2);
    assert_int_equal(CLI_ENVIRONMENT, 3);
    assert_int_equal(CLI_DIFFERENT, 4);
    assert_int_equal(CLI_STORE_FAILED, 5);
    assert_int_equal(cli_exit_of(R_DONE), CLI_OK);
    assert_int_equal(cli_exit_of(R_INVALID), CLI_USAGE);
    assert_int_equal(cli_exit_of(R_IN_USE), CLI_ENVIRONMENT);
    assert_int_equal(cli_exit_of(R_STORAGE_FULL), CLI_ENVIRONMENT);
    assert_int_equal(cli_exit_of(R_IO), CLI_STORE_FAILED);
    assert_int_equal(cli_exit_of(R_CORRUPT), CLI_STORE_FAILED);
    assert_int_equal(cli_exit_of(R_NOT_FOUND), CLI_FAILED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_keeps_its_form),
        cmocka_unit_test(examples_are_of_their_command),
        cmocka_unit_test(words_find_commands_and_groups),
        cmocka_unit_test(exit_codes_are_stable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The lock and the reserve in a data directory. */
#include "store/rocks/files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "test/lib/store_fixture.h"

static char directory[] = "/tmp/quan-files-XXXXXX";

static int begin(void **state)
{
    (void)state;
    memset(directory + strlen(directory) - 6, 'X', 6);
    return mkdtemp(directory) == NULL;
}

static int finish(void **state)
{
    (void)state;
    store_fixture_remove(directory);
    return 0;
}

static void a_lock_is_had_once(void **state)
{
    (void)state;
    buf why;
    buf_init(&why, 1000);
    int first, second;
    assert_int_equal(files_lock(directory, &first, &why), R_DONE);
    assert_int_equal(files_lock(directory, &second, &why), R_IN_USE);
    assert_true(why.n > 0);
    close(first);
    assert_int_equal(files_lock(directory, &second, &why), R_DONE);
    close(second);
    buf_free(&why);
}

static void a_directory_is_made_but_not_its_parents(void **state)
{
    (void)state;
    char path[sizeof(directory) + 20];
    buf why;
    buf_init(&why, 1000);
    int fd;
    snprintf(path, sizeof(path), "%s/new", directory);
    assert_int_equal(files_lock(path, &fd, &why), R_DONE);
    close(fd);
    snprintf(path, sizeof(path), "%s/none/new", directory);
    assert_int_equal(files_lock(path, &fd, &why), R_IO);
    assert_true(why.n > 0);
    buf_free(&why);
}

static void the_reserve_is_held_and_dropped(void **state)
{
    (void)state;
    char path[sizeof(directory) + 20];
    snprintf(path, sizeof(path), "%s/reserve", directory);
    struct stat s;
    assert_true(files_reserve(directory));
    assert_true(files_reserve(directory)); /* it is there */
    assert_int_equal(stat(path, &s), 0);
    assert_true(s.st_blocks * 512 >= s.st_size); /* space, not only a size */
    files_reserve_drop(directory);
    assert_int_not_equal(stat(path, &s), 0);
    assert_true(files_can_open(directory));
    assert_false(files_space_is_low(directory));
    assert_false(files_reserve("/nowhere"));
}

static void logs_are_synced(void **state)
{
    (void)state;
    assert_int_equal(files_sync_logs(directory), R_DONE);
    char path[sizeof(directory) + 20];
    snprintf(path, sizeof(path), "%s/1.log", directory);
    fclose(fopen(path, "w"));
    assert_int_equal(files_sync_logs(directory), R_DONE);
    assert_int_equal(files_sync_logs("/nowhere"), R_DONE); /* a new store has none */
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, begin, finish)
    static const struct CMUnitTest tests[] = {
        EACH(a_lock_is_had_once),
        EACH(a_directory_is_made_but_not_its_parents),
        EACH(the_reserve_is_held_and_dropped),
        EACH(logs_are_synced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

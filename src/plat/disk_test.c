/* Files and directories: what is written is whole, what is copied is the same, what fails says
 * so. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "port/disk.h"

typedef struct place {
    arena *memory;
    char root[64];
    buf why;
} place;

static int place_make(void **state)
{
    static place p;
    p = (place){.root = "/tmp/quan-disk-XXXXXX", .memory = arena_new(0)};
    buf_init(&p.why, 4096);
    assert_non_null(mkdtemp(p.root));
    *state = &p;
    return 0;
}

static int place_remove(void **state)
{
    place *p = *state;
    char command[128];
    (void)snprintf(command, sizeof(command), "rm -rf %s", p->root);
    assert_int_equal(system(command), 0);
    buf_free(&p->why);
    arena_free(p->memory);
    return 0;
}

static str at(place *p, const char *name)
{
    return arena_printf(p->memory, "%s/%s", p->root, name);
}

static void directories_are_made_with_those_above(void **state)
{
    place *p = *state;
    assert_int_equal(disk_make_directory(at(p, "a/b/c"), &p->why), R_DONE);
    assert_int_equal(disk_make_directory(at(p, "a/b/c"), &p->why), R_DONE);
    assert_true(disk_is_there(at(p, "a/b/c")));
    assert_true(disk_is_empty(at(p, "a/b/c")));
    assert_false(disk_is_empty(at(p, "a/b")));
    assert_true(disk_is_empty(at(p, "none")));
    assert_false(disk_is_there(at(p, "none")));
    assert_int_equal(disk_write(at(p, "file"), S("x"), &p->why), R_DONE);
    assert_int_equal(disk_make_directory(at(p, "file"), &p->why), R_NOT_FOUND);
    assert_int_equal(disk_make_directory(at(p, "file/below"), &p->why), R_NOT_FOUND);
    assert_int_equal(disk_make_directory((str){NULL, 0}, &p->why), R_IO);
}

static void what_is_written_is_read(void **state)
{
    place *p = *state;
    str out;
    assert_int_equal(disk_write(at(p, "f"), S("first"), &p->why), R_DONE);
    assert_int_equal(disk_write(at(p, "f"), S("second, longer"), &p->why), R_DONE);
    assert_int_equal(disk_read(at(p, "f"), 100, p->memory, &out, &p->why), R_DONE);
    assert_true(str_eq(out, S("second, longer")));
    assert_int_equal(disk_read(at(p, "f"), 5, p->memory, &out, &p->why), R_IO);
    assert_int_equal(disk_read(at(p, "none"), 5, p->memory, &out, &p->why), R_NOT_FOUND);
    assert_int_equal(disk_read(str_of(p->root), 5, p->memory, &out, &p->why), R_IO);
    assert_int_equal(disk_write(at(p, "none/f"), S("x"), &p->why), R_NOT_FOUND);
    disk_names names;
    assert_int_equal(disk_list(str_of(p->root), p->memory, &names, &p->why), R_DONE);
    assert_int_equal(names.n, 1); /* nothing is left beside it */
}

static void names_come_in_byte_order(void **state)
{
    place *p = *state;
    char name[16];
    for (int i = 0; i < 100; i++) {
        (void)snprintf(name, sizeof(name), "f%02d", 99 - i);
        assert_int_equal(disk_write(at(p, name), S(""), &p->why), R_DONE);
    }
    disk_names names;
    assert_int_equal(disk_list(str_of(p->root), p->memory, &names, &p->why), R_DONE);
    assert_int_equal(names.n, 100);
    for (size_t i = 1; i < names.n; i++)
        assert_true(str_cmp(names.items[i - 1], names.items[i]) < 0);
    assert_int_equal(disk_list(at(p, "none"), p->memory, &names, &p->why), R_NOT_FOUND);
}

/* SHA-256 of "abc" and of nothing: FIPS 180-4. */
static void digests_are_those_of_sha256sum(void **state)
{
    place *p = *state;
    disk_digest d;
    assert_int_equal(disk_write(at(p, "abc"), S("abc"), &p->why), R_DONE);
    assert_int_equal(disk_digest_of(at(p, "abc"), &d, &p->why), R_DONE);
    assert_int_equal(d.bytes, 3);
    assert_memory_equal(d.sha256,
                        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", 64);
    assert_int_equal(disk_write(at(p, "empty"), S(""), &p->why), R_DONE);
    assert_int_equal(disk_digest_of(at(p, "empty"), &d, &p->why), R_DONE);
    assert_int_equal(d.bytes, 0);
    assert_memory_equal(d.sha256,
                        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", 64);
    assert_int_equal(disk_digest_of(at(p, "none"), &d, &p->why), R_NOT_FOUND);
}

static void copies_are_the_same_and_never_overwrite(void **state)
{
    place *p = *state;
    size_t n = (3 << 20) + 17;
    char *bytes = arena_alloc(p->memory, n);
    for (size_t i = 0; i < n; i++)
        bytes[i] = (char)(i * 2654435761U >> 13);
    assert_int_equal(disk_write(at(p, "large"), (str){bytes, n}, &p->why), R_DONE);
    disk_digest before, copied, after;
    assert_int_equal(disk_digest_of(at(p, "large"), &before, &p->why), R_DONE);
    assert_int_equal(disk_copy(at(p, "large"), at(p, "copy"), &copied, &p->why), R_DONE);
    assert_int_equal(disk_digest_of(at(p, "copy"), &after, &p->why), R_DONE);
    assert_int_equal(after.bytes, n);
    assert_memory_equal(before.sha256, copied.sha256, sizeof(before.sha256));
    assert_memory_equal(before.sha256, after.sha256, sizeof(before.sha256));
    assert_int_equal(disk_copy(at(p, "large"), at(p, "copy"), &copied, &p->why), R_IO);
    assert_int_equal(disk_copy(at(p, "none"), at(p, "copy2"), &copied, &p->why), R_NOT_FOUND);
}

static void a_name_is_taken_only_from_the_empty(void **state)
{
    place *p = *state;
    assert_int_equal(disk_make_directory(at(p, "new"), &p->why), R_DONE);
    assert_int_equal(disk_write(at(p, "new/f"), S("x"), &p->why), R_DONE);
    assert_int_equal(disk_make_directory(at(p, "old"), &p->why), R_DONE);
    assert_int_equal(disk_rename(at(p, "new"), at(p, "old"), &p->why), R_DONE);
    assert_true(disk_is_there(at(p, "old/f")));
    assert_int_equal(disk_make_directory(at(p, "new"), &p->why), R_DONE);
    assert_int_equal(disk_rename(at(p, "new"), at(p, "old"), &p->why), R_IO);
    disk_remove_flat(at(p, "old"));
    assert_false(disk_is_there(at(p, "old")));
    disk_remove_flat(at(p, "none"));
}

/* /dev/full takes no byte. */
static void a_full_disk_is_told_apart(void **state)
{
    place *p = *state;
    char target[128];
    (void)snprintf(target, sizeof(target), "%s/full.new", p->root);
    assert_int_equal(symlink("/dev/full", target), 0);
    assert_int_equal(disk_write(at(p, "full"), S("x"), &p->why), R_STORAGE_FULL);
    assert_true(p->why.n > 0);
}

static void what_is_mapped_outlives_the_process(void **state)
{
    place *p = *state;
    str path = at(p, "cells");
    void *memory;
    assert_int_equal(disk_map(path, 4096, &memory, &p->why), R_DONE);
    for (size_t i = 0; i < 4096; i++)
        assert_int_equal(((char *)memory)[i], 0);
    pid_t child = fork();
    if (child == 0) {
        memcpy(memory, "in hand", 7);
        (void)raise(SIGKILL);
    }
    assert_int_equal(waitpid(child, NULL, 0), child);
    disk_unmap(memory, 4096);
    assert_int_equal(disk_map(path, 4096, &memory, &p->why), R_DONE);
    assert_memory_equal(memory, "in hand", 7);
    void *second;
    assert_int_equal(disk_map(path, 4096, &second, &p->why), R_IN_USE);
    disk_unmap(memory, 4096);
    assert_int_equal(disk_map(path, 8192, &memory, &p->why), R_DONE); /* another size: a new one */
    assert_int_equal(((char *)memory)[0], 0);
    disk_unmap(memory, 8192);
    assert_int_equal(disk_map(at(p, "none/cells"), 4096, &memory, &p->why), R_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_mapped_outlives_the_process, place_make,
                                        place_remove),
        cmocka_unit_test_setup_teardown(directories_are_made_with_those_above, place_make,
                                        place_remove),
        cmocka_unit_test_setup_teardown(what_is_written_is_read, place_make, place_remove),
        cmocka_unit_test_setup_teardown(names_come_in_byte_order, place_make, place_remove),
        cmocka_unit_test_setup_teardown(digests_are_those_of_sha256sum, place_make, place_remove),
        cmocka_unit_test_setup_teardown(copies_are_the_same_and_never_overwrite, place_make,
                                        place_remove),
        cmocka_unit_test_setup_teardown(a_name_is_taken_only_from_the_empty, place_make,
                                        place_remove),
        cmocka_unit_test_setup_teardown(a_full_disk_is_told_apart, place_make, place_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

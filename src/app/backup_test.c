/* Backups on RocksDB: what comes back is what was there, and nothing that is damaged comes back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "app/act_wait.h"
#include "app/backup.h"
#include "base/id.h"
#include "base/time.h"
#include "port/disk.h"

enum { LANES = 2, MERCHANTS = 40 };

typedef struct place {
    char root[64];
    arena *memory;
    buf why;
    app *app;
} place;

static const zone *only_utc(str name)
{
    return str_eq(name, S("UTC")) ? &zone_utc : NULL;
}

static int64_t fixed_clock(void *context)
{
    MAYBE(context);
    return INT64_C(1767225600000);
}

static app_options options_for(str data)
{
    return (app_options){.engine = S("rocks"),
                         .store = {.path = data, .lanes = LANES, .threads = true},
                         .zone_find = only_utc,
                         .clock_ms = fixed_clock};
}

static str at(place *p, const char *name)
{
    return arena_printf(p->memory, "%s/%s", p->root, name);
}

static void add_merchant(place *p, unsigned i)
{
    merchant_put_in in = {.slot = (uint16_t)(i * 97 % SLOT_COUNT),
                          .name = arena_printf(p->memory, "Shop %u", i),
                          .zone = S("UTC"),
                          .currency = S("USD"),
                          .secret = S("0123456789abcdef0123456789abcdef")};
    row_out out = {0};
    act_call call = {.app = p->app,
                     .id = ACT_ID_merchant_put,
                     .slot = in.slot,
                     .in = &in,
                     .out = &out,
                     .memory = p->memory};
    assert_int_equal(act_wait(&call), R_DONE);
}

static size_t merchants_of(app *a)
{
    const config *c = app_config(a);
    const config_merchant *found[MERCHANTS * 2];
    size_t n = config_merchants(c, 0, ARRAY_LEN(found), found);
    config_free((config *)(uintptr_t)c);
    return n;
}

static app *open_at(place *p, str data)
{
    app_options o = options_for(data);
    app *a = NULL;
    buf_clear(&p->why);
    assert_int_equal(app_open(&o, &a, &p->why), R_DONE);
    return a;
}

static int place_make(void **state)
{
    static place p;
    p = (place){.root = "/tmp/quan-backup-XXXXXX", .memory = arena_new(0)};
    buf_init(&p.why, 4096);
    assert_non_null(mkdtemp(p.root));
    p.app = open_at(&p, at(&p, "data"));
    for (unsigned i = 0; i < MERCHANTS; i++)
        add_merchant(&p, i);
    *state = &p;
    return 0;
}

static int place_remove(void **state)
{
    place *p = *state;
    app_close(p->app);
    char command[128];
    (void)snprintf(command, sizeof(command), "rm -rf %s", p->root);
    assert_int_equal(system(command), 0);
    buf_free(&p->why);
    arena_free(p->memory);
    return 0;
}

static result make(place *p, const char *to)
{
    backup_report report;
    buf_clear(&p->why);
    return backup_make(p->app, at(p, to), NULL, &report, &p->why);
}

static result check(place *p, const char *from)
{
    backup_report report;
    buf_clear(&p->why);
    return backup_check(at(p, from), NULL, &report, &p->why);
}

static result bring_back(place *p, const char *from, const char *data)
{
    app_options o = options_for((str){NULL, 0});
    backup_restore r = {.from = at(p, from), .data = at(p, data), .open = &o};
    backup_report report;
    buf_clear(&p->why);
    return backup_bring_back(&r, &report, &p->why);
}

static void a_backup_is_of_one_moment_and_comes_back(void **state)
{
    place *p = *state;
    assert_int_equal(make(p, "backup"), R_DONE);
    add_merchant(p, MERCHANTS); /* later */
    assert_int_equal(check(p, "backup"), R_DONE);
    assert_int_equal(bring_back(p, "backup", "back/here/"), R_DONE);
    app *a = open_at(p, at(p, "back/here"));
    assert_int_equal(merchants_of(a), MERCHANTS);
    assert_int_equal(store_lanes(app_store(a)), LANES);
    app_close(a);
    assert_int_equal(merchants_of(p->app), MERCHANTS + 1);
    assert_false(disk_is_there(at(p, "back/here.restoring")));
}

static void nothing_is_overwritten(void **state)
{
    place *p = *state;
    assert_int_equal(make(p, "data"), R_INVALID);
    assert_int_equal(make(p, "backup"), R_DONE);
    assert_int_equal(make(p, "backup"), R_INVALID);
    assert_int_equal(bring_back(p, "backup", "data"), R_INVALID);
    assert_int_equal(disk_make_directory(at(p, "empty"), &p->why), R_DONE);
    assert_int_equal(bring_back(p, "backup", "empty"), R_DONE);
}

/* One bit of one file, for each file of the backup. */
static void a_changed_file_is_refused(void **state)
{
    place *p = *state;
    assert_int_equal(make(p, "backup"), R_DONE);
    disk_names names;
    assert_int_equal(disk_list(at(p, "backup/store"), p->memory, &names, &p->why), R_DONE);
    assert_true(names.n > 3);
    for (size_t i = 0; i < names.n; i++) {
        str path =
            arena_printf(p->memory, "%s/backup/store/%.*s", p->root, STR_ARG(names.items[i]));
        str bytes;
        assert_int_equal(disk_read(path, 64 << 20, p->memory, &bytes, &p->why), R_DONE);
        if (bytes.n == 0)
            continue;
        char *changed = arena_alloc(p->memory, bytes.n);
        memcpy(changed, bytes.p, bytes.n);
        changed[bytes.n / 2] = (char)(changed[bytes.n / 2] ^ 4);
        assert_int_equal(disk_write(path, (str){changed, bytes.n}, &p->why), R_DONE);
        assert_int_equal(check(p, "backup"), R_CORRUPT);
        assert_int_equal(bring_back(p, "backup", "back"), R_CORRUPT);
        assert_false(disk_is_there(at(p, "back")));
        assert_false(disk_is_there(at(p, "back.restoring")));
        assert_int_equal(disk_write(path, bytes, &p->why), R_DONE);
    }
    assert_int_equal(check(p, "backup"), R_DONE);
}

static void a_missing_or_extra_file_is_refused(void **state)
{
    place *p = *state;
    assert_int_equal(make(p, "backup"), R_DONE);
    assert_int_equal(disk_write(at(p, "backup/store/zzz"), S(""), &p->why), R_DONE);
    assert_int_equal(check(p, "backup"), R_CORRUPT);
    assert_int_equal(remove(arena_z(p->memory, at(p, "backup/store/zzz"))), 0);
    assert_int_equal(disk_write(at(p, "backup/store/000000.sst"), S("x"), &p->why), R_DONE);
    assert_int_equal(check(p, "backup"), R_CORRUPT);
    assert_int_equal(remove(arena_z(p->memory, at(p, "backup/store/000000.sst"))), 0);
    assert_int_equal(remove(arena_z(p->memory, at(p, "backup/store/CURRENT"))), 0);
    assert_int_equal(bring_back(p, "backup", "back"), R_CORRUPT);
    assert_false(disk_is_there(at(p, "back")));
}

/* Cut off anywhere, the list is refused; without it the backup is not finished. */
static void a_list_that_is_not_whole_is_refused(void **state)
{
    place *p = *state;
    str sums;
    assert_int_equal(make(p, "backup"), R_DONE);
    str path = at(p, "backup/SHA256SUMS");
    assert_int_equal(disk_read(path, 1 << 20, p->memory, &sums, &p->why), R_DONE);
    for (size_t n = 0; n + 1 < sums.n; n += 13) {
        assert_int_equal(disk_write(path, (str){sums.p, n}, &p->why), R_DONE);
        assert_int_equal(check(p, "backup"), R_CORRUPT);
    }
    static const char *const hostile[] = {
        "# quan backup 2\n# files 0 bytes 0\n",
        "# quan backup 1\n# files 99999999999999999999 bytes 0\n",
        "# quan backup 1\n# files 18446744073709551615 bytes 0\n",
        "# quan backup 1\n# files 0 bytes 0\n",
        "# quan backup 1\n# files 1 bytes 0\n"
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  "
        "store/../../etc/passwd\n",
        "# quan backup 1\n# files 1 bytes 0\n"
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  /etc/passwd\n",
        "# quan backup 1\n# files 1 bytes 0\n"
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  store/..\n",
    };
    for (size_t i = 0; i < ARRAY_LEN(hostile); i++) {
        assert_int_equal(disk_write(path, str_of(hostile[i]), &p->why), R_DONE);
        assert_int_equal(check(p, "backup"), R_CORRUPT);
    }
    assert_int_equal(remove(arena_z(p->memory, path)), 0);
    assert_int_equal(check(p, "backup"), R_INVALID);
    assert_int_equal(check(p, "none"), R_INVALID);
}

static bool stop_at_once(void *context, uint64_t bytes, uint64_t total)
{
    MAYBE(total);
    *(uint64_t *)context = bytes;
    return false;
}

static void work_can_be_broken_off(void **state)
{
    place *p = *state;
    uint64_t seen = 0;
    backup_watch watch = {.context = &seen, .progress = stop_at_once};
    backup_report report;
    assert_int_equal(backup_make(p->app, at(p, "half"), &watch, &report, &p->why), R_DRAINING);
    assert_true(seen > 0);
    assert_int_equal(check(p, "half"), R_INVALID);
    assert_true(disk_is_empty(at(p, "half")));
    assert_int_equal(make(p, "backup"), R_DONE);
    app_options o = options_for((str){NULL, 0});
    backup_restore r = {
        .from = at(p, "backup"), .data = at(p, "back"), .open = &o, .watch = &watch};
    assert_int_equal(backup_bring_back(&r, &report, &p->why), R_DRAINING);
    assert_false(disk_is_there(at(p, "back")));
    assert_false(disk_is_there(at(p, "back.restoring")));
}

/* Digests that agree do not make a store: what does not open gets no name. */
static void what_does_not_open_does_not_come_back(void **state)
{
    place *p = *state;
    assert_int_equal(disk_make_directory(at(p, "fake/store"), &p->why), R_DONE);
    assert_int_equal(disk_write(at(p, "fake/store/CURRENT"), S("abc"), &p->why), R_DONE);
    assert_int_equal(
        disk_write(at(p, "fake/SHA256SUMS"),
                   S("# quan backup 1\n# files 1 bytes 3\n"
                     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  "
                     "store/CURRENT\n"),
                   &p->why),
        R_DONE);
    assert_int_equal(check(p, "fake"), R_DONE);
    assert_int_not_equal(bring_back(p, "fake", "back"), R_DONE);
    assert_false(disk_is_there(at(p, "back")));
    assert_false(disk_is_there(at(p, "back.restoring")));
}

int main(void)
{
#define ON_A_STORE(test) cmocka_unit_test_setup_teardown(test, place_make, place_remove)
    const struct CMUnitTest tests[] = {
        ON_A_STORE(a_backup_is_of_one_moment_and_comes_back),
        ON_A_STORE(nothing_is_overwritten),
        ON_A_STORE(a_changed_file_is_refused),
        ON_A_STORE(a_missing_or_extra_file_is_refused),
        ON_A_STORE(a_list_that_is_not_whole_is_refused),
        ON_A_STORE(work_can_be_broken_off),
        ON_A_STORE(what_does_not_open_does_not_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

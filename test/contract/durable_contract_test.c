/* What RocksDB must keep: across closing, killing and copying; and what it must refuse to open. */
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/id.h"
#include "base/time.h"
#include "test/lib/store_fixture.h"

enum { SLOT = 7, KILLS = 5, KILL_ACTS = 32 * 1000, PATH_MAX_ = 400 };

static const fixture_kind stepped = {"rocks", FIXTURE_ROCKS, 0, false, 0};
static const fixture_kind threaded = {"rocks, threads", FIXTURE_ROCKS, 0, true, 0};

static int open_store(void **state)
{
    *state = store_fixture_open(&stepped, FIXTURE_LANES);
    return 0;
}

static int close_store(void **state)
{
    store_fixture_close(*state);
    return 0;
}

static result put(uow *u, job_act *a)
{
    coupon *c = coupon_get(u, a->request.slot, a->id);
    idempotency *kept = idempotency_get(u, a->request.slot, 1, a->id);
    if (uow_pending(u))
        return R_AGAIN;
    if (c != NULL || kept != NULL)
        return R_ORDER_CONFLICT;
    coupon_new(u, a->request.slot, a->id)->member = 1;
    kept = idempotency_new(u, a->request.slot, 1, a->id);
    kept->at_ms = uow_now(u);
    uow_event(u, &(event){.kind = 1, .coupon = a->id});
    a->out[0] = uow_next_id(u, a->request.slot);
    a->out[1] = (uint64_t)uow_now(u);
    return R_DONE;
}

static job_act run_put(store_fixture *f, uint16_t slot, uint64_t id)
{
    job_act a = store_fixture_act(f, slot, put);
    a.id = id;
    assert_int_equal(store_fixture_run(f, &a), R_DONE);
    return a;
}

static bool has(store *s, uint16_t slot, uint64_t id)
{
    arena *memory = arena_new(0);
    uow *u;
    assert_int_equal(store_read_begin(s, memory, FIXTURE_START_MS, &u), R_DONE);
    bool found = coupon_get(u, slot, id) != NULL;
    assert_int_equal(store_read_end(u), R_DONE);
    arena_free(memory);
    return found;
}

/* ---- closing and opening ---- */

static void rows_ids_and_time_survive_reopening(void **state)
{
    store_fixture *f = *state;
    uint64_t last = 0;
    int64_t time = 0;
    for (uint64_t i = 1; i <= 5; i++) {
        job_act a = run_put(f, SLOT, i);
        assert_true(a.out[0] > last);
        assert_true((int64_t)a.out[1] >= time);
        last = a.out[0];
        time = (int64_t)a.out[1];
        f->clock_ms -= i * 10000;
        store_fixture_reopen(f);
        for (uint64_t k = 1; k <= i; k++)
            assert_true(has(f->store, SLOT, k));
        assert_false(has(f->store, SLOT, i + 1));
        assert_int_equal(store_lanes(f->store), FIXTURE_LANES);
    }
}

static void assert_refused(store_fixture *f, uint16_t lanes, result expected, const char *text)
{
    buf why;
    buf_init(&why, 1000);
    store *other = NULL;
    assert_int_equal(store_fixture_try_open(f, lanes, &other, &why), expected);
    buf_char(&why, 0);
    assert_non_null(strstr(why.p, text));
    buf_free(&why);
}

static void a_directory_in_use_is_refused(void **state)
{
    store_fixture *f = *state;
    assert_refused(f, 0, R_IN_USE, "another process");
    run_put(f, SLOT, 1); /* the first is none the worse for it */
}

static void another_number_of_lanes_is_refused(void **state)
{
    store_fixture *f = *state;
    run_put(f, SLOT, 1);
    store_close(f->store);
    assert_refused(f, FIXTURE_LANES + 1, R_CORRUPT, "created with 4 lanes");
    buf why;
    buf_init(&why, 1000);
    assert_int_equal(store_fixture_try_open(f, FIXTURE_LANES, &f->store, &why), R_DONE);
    assert_true(has(f->store, SLOT, 1));
    buf_free(&why);
}

static void a_checkpoint_opens_as_a_store(void **state)
{
    store_fixture *f = *state;
    run_put(f, SLOT, 1);
    char path[PATH_MAX_];
    snprintf(path, sizeof(path), "%s-copy", f->path);
    buf why;
    buf_init(&why, 1000);
    assert_int_equal(store_checkpoint(f->store, str_of(path), &why), R_DONE);
    run_put(f, SLOT, 2);
    store_options options = {.path = str_of(path)};
    store *copy;
    assert_int_equal(store_open_rocks(&options, NULL, &copy, &why), R_DONE);
    assert_int_equal(store_lanes(copy), FIXTURE_LANES);
    assert_true(has(copy, SLOT, 1));
    assert_false(has(copy, SLOT, 2));
    assert_true(has(f->store, SLOT, 2));
    store_close(copy);
    assert_int_not_equal(store_checkpoint(f->store, str_of(path), &why), R_DONE); /* it exists */
    store_fixture_remove(path);
    buf_free(&why);
}

static void a_read_only_store_reads_only(void **state)
{
    store_fixture *f = *state;
    run_put(f, SLOT, 1);
    store_options options = {.path = str_of(f->path), .read_only = true};
    store *other;
    buf why;
    buf_init(&why, 1000);
    assert_int_equal(store_open_rocks(&options, NULL, &other, &why), R_DONE);
    assert_true(has(other, SLOT, 1));
    job_act a = store_fixture_act(f, SLOT, put);
    assert_int_equal(store_submit(other, &a.request), R_UNAVAILABLE);
    store_close(other);
    run_put(f, SLOT, 2);
    buf_free(&why);
}

/* ---- answers whose time is over ---- */

static size_t answers(store_fixture *f)
{
    arena *memory = arena_new(0);
    uow *u = store_fixture_read(f, memory);
    size_t n = 0;
    for (uint64_t id = 1; id <= 3; id++)
        n += idempotency_get(u, SLOT, 1, id) != NULL;
    assert_int_equal(store_read_end(u), R_DONE);
    arena_free(memory);
    return n;
}

static void compaction_drops_answers_by_act_time(void **state)
{
    store_fixture *f = *state;
    run_put(f, SLOT, 1);
    run_put(f, SLOT, 2);
    f->clock_ms += STORE_ANSWER_KEEP_MS - 1;
    run_put(f, SLOT, 3);
    store_compact(f->store);
    assert_int_equal(answers(f), 3);
    f->clock_ms += 1;
    store_compact(f->store); /* the clock alone does not count … */
    assert_int_equal(answers(f), 3);
    run_put(f, SLOT + 1, 9); /* … nor does another lane's */
    store_compact(f->store);
    assert_int_equal(answers(f), 3);
    run_put(f, SLOT, 4);
    store_compact(f->store);
    assert_int_equal(answers(f), 1);
    assert_true(has(f->store, SLOT, 1)); /* only the answers */
}

/* ---- killing ---- */

/* Children are this program again (threads do not survive a fork): `acknowledge` writes down what
 * is done until it is killed, `leave` makes three commits and goes without closing. */
static pid_t spawn(const char *what, const char *path, int out)
{
    pid_t child = fork();
    if (child != 0)
        return child;
    dup2(out, STDOUT_FILENO);
    execl("/proc/self/exe", "child", what, path, (char *)NULL);
    _exit(1);
}

static void acknowledge(store_fixture *f)
{
    enum { AT_ONCE = 32 };
    static job_act acts[AT_ONCE];
    uint64_t base = (uint64_t)getpid() * KILL_ACTS; /* KILL_ACTS is a multiple of AT_ONCE */
    for (uint64_t n = 0; n < KILL_ACTS; n += AT_ONCE) {
        for (uint64_t i = 0; i < AT_ONCE; i++) {
            acts[i] = store_fixture_act(f, (uint16_t)(i % 10), put);
            acts[i].id = base + n + i;
            store_fixture_submit(f, &acts[i]);
        }
        for (uint64_t i = 0; i < AT_ONCE; i++) {
            store_fixture_settle(f, &acts[i]);
            CHECK(acts[i].request.outcome == R_DONE);
            CHECK(write(STDOUT_FILENO, &acts[i].id, sizeof(acts[i].id)) == sizeof(acts[i].id));
        }
    }
}

static int child_main(const char *what, const char *path)
{
    bool leaves = strcmp(what, "leave") == 0;
    store_options options = {.path = str_of(path), .lanes = FIXTURE_LANES, .threads = !leaves};
    buf why;
    buf_init(&why, 1000);
    store_fixture f = {.kind = leaves ? stepped : threaded, .lanes = FIXTURE_LANES};
    pthread_mutex_init(&f.lock, NULL);
    pthread_cond_init(&f.changed, NULL);
    CHECK(store_open_rocks(&options, NULL, &f.store, &why) == R_DONE);
    if (!leaves)
        acknowledge(&f);
    for (uint64_t i = 1; i <= 3; i++) {
        job_act a = store_fixture_act(&f, SLOT, put);
        a.id = i;
        CHECK(store_fixture_run(&f, &a) == R_DONE);
    }
    _exit(0);
}

static size_t read_acknowledged(int in, uint64_t *ids, size_t most)
{
    size_t n = 0;
    while (n < most && read(in, &ids[n], sizeof(ids[n])) == sizeof(ids[n]))
        n++;
    return n;
}

static void what_was_acknowledged_survives_being_killed(void **state)
{
    (void)state;
    static uint64_t ids[KILL_ACTS * KILLS];
    size_t n = 0;
    char path[] = "/tmp/quan-kill-XXXXXX";
    assert_non_null(mkdtemp(path));
    for (int i = 0; i < KILLS; i++) {
        int ends[2];
        assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
        pid_t child = spawn("acknowledge", path, ends[1]);
        close(ends[1]);
        n += read_acknowledged(ends[0], ids + n, (size_t)(50 + i * 333));
        assert_int_equal(kill(child, SIGKILL), 0);
        n += read_acknowledged(ends[0], ids + n, KILL_ACTS);
        close(ends[0]);
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));
    }
    store_options options = {.path = str_of(path)};
    store *s;
    buf why;
    buf_init(&why, 1000);
    assert_int_equal(store_open_rocks(&options, NULL, &s, &why), R_DONE);
    assert_true(n > 1000);
    for (size_t i = 0; i < n; i++)
        assert_true(has(s, (uint16_t)(ids[i] % 32 % 10), ids[i]));
    store_close(s);
    store_fixture_remove(path);
    buf_free(&why);
}

/* ---- damage ---- */

/* The newest write-ahead log that is not empty. */
static void find_log(const char *directory, char path[PATH_MAX_])
{
    DIR *d = opendir(directory);
    assert_non_null(d);
    path[0] = 0;
    for (const struct dirent *e = readdir(d); e != NULL; e = readdir(d)) {
        char other[PATH_MAX_];
        snprintf(other, sizeof(other), "%s/%.100s", directory, e->d_name);
        struct stat s;
        if (str_ends(str_of(other), S(".log")) && stat(other, &s) == 0 && s.st_size > 0 &&
            strcmp(other, path) > 0)
            memcpy(path, other, PATH_MAX_);
    }
    closedir(d);
    assert_int_not_equal(path[0], 0);
}

/* Leaves the files of a killed process with three commits in the log. */
static void make_killed(char *path)
{
    assert_non_null(mkdtemp(path));
    pid_t child = spawn("leave", path, STDERR_FILENO);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static result open_damaged(const char *path, store **s)
{
    store_options options = {.path = str_of(path)};
    buf why;
    buf_init(&why, 1000);
    result r = store_open_rocks(&options, NULL, s, &why);
    buf_free(&why);
    return r;
}

static void a_torn_tail_loses_only_what_was_torn(void **state)
{
    (void)state;
    char path[] = "/tmp/quan-torn-XXXXXX", log[PATH_MAX_];
    make_killed(path);
    find_log(path, log);
    struct stat before;
    assert_int_equal(stat(log, &before), 0);
    assert_int_equal(truncate(log, before.st_size - 5), 0);
    store *s;
    assert_int_equal(open_damaged(path, &s), R_DONE);
    assert_true(has(s, SLOT, 1));
    assert_true(has(s, SLOT, 2));
    assert_false(has(s, SLOT, 3));
    store_close(s);
    store_fixture_remove(path);
}

static void damage_before_the_tail_is_not_passed_over(void **state)
{
    (void)state;
    char path[] = "/tmp/quan-torn-XXXXXX", log[PATH_MAX_];
    make_killed(path);
    find_log(path, log);
    struct stat before;
    assert_int_equal(stat(log, &before), 0);
    int fd = open(log, O_RDWR);
    char byte;
    assert_int_equal(pread(fd, &byte, 1, before.st_size / 2), 1);
    byte ^= 0x40;
    assert_int_equal(pwrite(fd, &byte, 1, before.st_size / 2), 1);
    close(fd);
    store *s;
    assert_int_equal(open_damaged(path, &s), R_CORRUPT);
    store_fixture_remove(path);
}

int main(int argc, char **argv)
{
    if (argc == 3)
        return child_main(argv[1], argv[2]);
#define EACH(test) cmocka_unit_test_setup_teardown(test, open_store, close_store)
    static const struct CMUnitTest tests[] = {
        EACH(rows_ids_and_time_survive_reopening),
        EACH(a_directory_in_use_is_refused),
        EACH(another_number_of_lanes_is_refused),
        EACH(a_checkpoint_opens_as_a_store),
        EACH(a_read_only_store_reads_only),
        EACH(compaction_drops_answers_by_act_time),
        cmocka_unit_test(what_was_acknowledged_survives_being_killed),
        cmocka_unit_test(a_torn_tail_loses_only_what_was_torn),
        cmocka_unit_test(damage_before_the_tail_is_not_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

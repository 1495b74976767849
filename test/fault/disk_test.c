/* RocksDB on a disk that fails: what was acknowledged is there, what was refused is not, a failed
 * sync ends all acknowledging, and a full disk ends nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "test/fault/shim/shim.c" /* its functions take the place of libc's in this program */
#include "test/lib/store_fixture.h"

enum { ACTS = 400, ROUNDS = 24, LARGE_ROUNDS = 2, MIB = 1024 * 1024 };

static fault_control controls[64]; /* one a store: RocksDB's threads may outlive theirs */
static fault_control *control;
static size_t input_bytes; /* of a row: small ones tear logs, large ones flushes */
enum { SMALL = 2000, LARGE = 90000 };
static const fixture_kind threaded = {"rocks, threads", FIXTURE_ROCKS, 0, true, 0};
static const fixture_kind stepped = {"rocks", FIXTURE_ROCKS, 0, false, 0};

static void arm(store_fixture *f)
{
    static size_t used;
    CHECK(used < ARRAY_LEN(controls));
    control = &controls[used++];
    snprintf(control->under, sizeof(control->under), "%s", f->path);
    fault_now = control;
}

static int disarm(void **state)
{
    (void)state;
    fault_now = NULL;
    input_bytes = SMALL;
    return 0;
}

/* Writes a row under the act's own number, and one event. */
static result put(uow *u, job_act *a)
{
    job *row = job_get(u, a->request.slot, a->id);
    if (uow_pending(u))
        return R_AGAIN;
    if (row != NULL)
        return R_ORDER_CONFLICT;
    row = job_new(u, a->request.slot, a->id);
    char *text = arena_alloc(uow_memory(u), input_bytes);
    memset(text, 'a' + (int)(a->id % 26), input_bytes);
    row->input = (str){text, input_bytes};
    row->merchant = uow_next_id(u, a->request.slot);
    uow_event(u, &(event){.kind = EVENT_KIND_COUPON_ISSUED, .coupon = a->id});
    return R_DONE;
}

static job_act *submit_all(store_fixture *f, uint64_t first, size_t n)
{
    job_act *acts = calloc(n, sizeof(*acts)); /* the caller frees */
    CHECK(acts != NULL);
    for (size_t i = 0; i < n; i++) {
        acts[i] = store_fixture_act(f, (uint16_t)(i % 30), put);
        acts[i].id = first + i;
        result r = store_submit(f->store, &acts[i].request);
        if (r != R_DONE) {
            acts[i].request.outcome = r;
            acts[i].order = SIZE_MAX;
        }
    }
    return acts;
}

static void settle_all(store_fixture *f, job_act *acts, size_t n)
{
    for (size_t i = 0; i < n; i++)
        store_fixture_settle(f, &acts[i]);
}

/* Every act's row is there if it was acknowledged, and is not if it was refused. */
static void assert_truth(store_fixture *f, const job_act *acts, size_t n)
{
    arena *memory = arena_new(0);
    uow *u = store_fixture_read(f, memory);
    for (size_t i = 0; i < n; i++) {
        const job *row = job_get(u, acts[i].request.slot, acts[i].id);
        assert_false(uow_pending(u));
        if (acts[i].request.outcome != R_UNKNOWN)
            assert_int_equal(row != NULL, acts[i].request.outcome == R_DONE);
        if (row != NULL)
            assert_int_equal(row->input.n, input_bytes);
    }
    assert_int_equal(store_read_end(u), R_DONE);
    arena_free(memory);
}

/* The events of all lanes are without gaps, and as many as there are rows. */
static size_t count_events(store_fixture *f)
{
    arena *memory = arena_new(0);
    uow *u = store_fixture_read(f, memory);
    size_t n = 0;
    for (uint16_t lane = 0; lane < f->lanes; lane++) {
        const lane_head *head = lane_head_get(u, lane);
        uint64_t next = 1;
        while (head != NULL && next <= head->event_last) {
            const event_block *b = event_block_get(u, lane, next);
            assert_non_null(b);
            next += b->events.n;
            n += b->events.n;
        }
    }
    assert_int_equal(store_read_end(u), R_DONE);
    arena_free(memory);
    return n;
}

static size_t count_outcome(const job_act *acts, size_t n, result outcome)
{
    size_t found = 0;
    for (size_t i = 0; i < n; i++)
        found += acts[i].request.outcome == outcome;
    return found;
}

/* ---- a sync fails ---- */

static void a_failed_sync_ends_all_acknowledging(void **state)
{
    (void)state;
    for (int64_t after = 0; after < 4; after++) {
        store_fixture *f = store_fixture_open(&threaded, FIXTURE_LANES);
        arm(f);
        job_act *before = submit_all(f, 0, ACTS);
        settle_all(f, before, ACTS);
        assert_int_equal(count_outcome(before, ACTS, R_DONE), ACTS);
        atomic_store(&control->syncs_left, after);
        atomic_store(&control->sync_error, EIO);
        job_act *early = submit_all(f, (uint64_t)3 * ACTS, ACTS); /* uses up what is left */
        settle_all(f, early, ACTS);
        job_act *during = submit_all(f, ACTS, ACTS);
        settle_all(f, during, ACTS);
        assert_true(count_outcome(early, ACTS, R_UNKNOWN) + count_outcome(during, ACTS, R_UNKNOWN) >
                    0);
        assert_int_equal(f->failures, 1);
        assert_int_equal(f->failure, R_IO);
        job_act *behind = submit_all(f, (uint64_t)2 * ACTS, ACTS);
        assert_int_equal(count_outcome(behind, ACTS, R_UNAVAILABLE), ACTS);
        assert_truth(f, before, ACTS);
        fault_now = NULL; /* a new disk, a new start */
        store_fixture_reopen(f);
        assert_truth(f, before, ACTS);
        assert_truth(f, early, ACTS);
        assert_truth(f, during, ACTS);
        assert_truth(f, behind, ACTS);
        count_events(f);
        store_fixture_close(f);
        free(before);
        free(early);
        free(during);
        free(behind);
    }
}

static void a_failed_write_ends_all_acknowledging(void **state)
{
    (void)state;
    store_fixture *f = store_fixture_open(&threaded, FIXTURE_LANES);
    arm(f);
    atomic_store(&control->writes_left, 3);
    atomic_store(&control->write_error, EIO);
    job_act *acts = submit_all(f, 0, ACTS);
    settle_all(f, acts, ACTS);
    job_act *more = submit_all(f, ACTS, ACTS);
    settle_all(f, more, ACTS);
    assert_int_equal(f->failures, 1);
    fault_now = NULL;
    store_fixture_reopen(f);
    assert_truth(f, acts, ACTS);
    assert_truth(f, more, ACTS);
    store_fixture_close(f);
    free(acts);
    free(more);
}

/* ---- the disk is full ---- */

static void check_all(store_fixture *f, job_act *const *acts, size_t n)
{
    size_t ok = 0;
    for (size_t i = 0; i < n; i++) {
        assert_truth(f, acts[i], ACTS);
        ok += count_outcome(acts[i], ACTS, R_DONE);
    }
    assert_int_equal(count_events(f), ok);
}

/* space: bytes that are left when the acts begin; a torn record at every kind of place. */
static void fill_and_recover(const fixture_kind *kind, int64_t space)
{
    enum { WAVES = 4 };
    store_fixture *f = store_fixture_open(kind, FIXTURE_LANES);
    arm(f);
    job_act *acts[WAVES];
    atomic_store(&control->space_left, space);
    atomic_store(&control->counts_space, true);
    acts[0] = submit_all(f, 0, ACTS);
    settle_all(f, acts[0], ACTS);
    atomic_store(&control->space_left, 0); /* whatever was given back is used up again */
    acts[1] = submit_all(f, ACTS, ACTS);
    settle_all(f, acts[1], ACTS);
    assert_int_equal(count_outcome(acts[1], ACTS, R_STORAGE_FULL), ACTS);
    assert_int_equal(
        count_outcome(acts[0], ACTS, R_STORAGE_FULL) + count_outcome(acts[0], ACTS, R_DONE), ACTS);
    check_all(f, acts, 2);                           /* reads go on */
    atomic_store(&control->space_left, 200LL * MIB); /* somebody has cleared up */
    acts[2] = submit_all(f, (uint64_t)2 * ACTS, ACTS);
    settle_all(f, acts[2], ACTS);
    assert_int_equal(count_outcome(acts[2], ACTS, R_DONE), ACTS);
    check_all(f, acts, 3);
    assert_int_equal(f->failures, 0);
    store_fixture_reopen(f);
    check_all(f, acts, 3);
    acts[3] = submit_all(f, (uint64_t)3 * ACTS, ACTS);
    settle_all(f, acts[3], ACTS);
    check_all(f, acts, 4);
    store_fixture_close(f);
    for (size_t i = 0; i < WAVES; i++)
        free(acts[i]);
    fault_now = NULL;
}

static void a_full_disk_refuses_exactly_and_recovers(void **state)
{
    (void)state;
    uint64_t random = 1;
    for (int i = 0; i < ROUNDS + LARGE_ROUNDS; i++) {
        input_bytes = i < ROUNDS ? SMALL : LARGE;
        random = random * UINT64_C(6364136223846793005) + 1442695040888963407U;
        int64_t space = (int64_t)(random >> 33) % (int64_t)(ACTS * input_bytes);
        fill_and_recover(i % 2 == 0 ? &threaded : &stepped, space);
    }
}

static void a_store_opens_on_a_full_disk(void **state)
{
    (void)state;
    store_fixture *f = store_fixture_open(&threaded, FIXTURE_LANES);
    job_act *acts[2];
    acts[0] = submit_all(f, 0, ACTS);
    settle_all(f, acts[0], ACTS);
    arm(f);
    atomic_store(&control->counts_space, true);
    store_fixture_reopen(f);
    atomic_store(&control->space_left, 0);
    acts[1] = submit_all(f, ACTS, ACTS);
    settle_all(f, acts[1], ACTS);
    assert_int_equal(count_outcome(acts[1], ACTS, R_STORAGE_FULL), ACTS);
    check_all(f, acts, 2);
    atomic_store(&control->space_left, 200LL * MIB);
    job_act *more = submit_all(f, (uint64_t)2 * ACTS, ACTS);
    settle_all(f, more, ACTS);
    assert_int_equal(count_outcome(more, ACTS, R_DONE), ACTS);
    store_fixture_close(f);
    free(acts[0]);
    free(acts[1]);
    free(more);
}

static void without_any_space_opening_is_refused(void **state)
{
    (void)state;
    store_fixture *f = store_fixture_open(&stepped, FIXTURE_LANES);
    job_act *acts = submit_all(f, 0, ACTS);
    settle_all(f, acts, ACTS);
    store_close(f->store);
    char reserve[FIXTURE_PATH_MAX + 10];
    snprintf(reserve, sizeof(reserve), "%s/reserve", f->path);
    assert_int_equal(unlink(reserve), 0);
    arm(f);
    atomic_store(&control->counts_space, true);
    buf why;
    buf_init(&why, 1000);
    assert_int_equal(store_fixture_try_open(f, 0, &f->store, &why), R_STORAGE_FULL);
    assert_true(why.n > 0);
    buf_free(&why);
    atomic_store(&control->space_left, 200LL * MIB);
    assert_int_equal(store_fixture_try_open(f, 0, &f->store, &why), R_DONE);
    assert_truth(f, acts, ACTS);
    store_fixture_close(f);
    free(acts);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_failed_sync_ends_all_acknowledging, disarm, disarm),
        cmocka_unit_test_setup_teardown(a_failed_write_ends_all_acknowledging, disarm, disarm),
        cmocka_unit_test_setup_teardown(a_full_disk_refuses_exactly_and_recovers, disarm, disarm),
        cmocka_unit_test_setup_teardown(a_store_opens_on_a_full_disk, disarm, disarm),
        cmocka_unit_test_setup_teardown(without_any_space_opening_is_refused, disarm, disarm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What an act must not do is a defect that stops the process, on the engine in memory at least; and
 * what a unit of work does for one act alone. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/id.h"
#include "test/lib/store_fixture.h"

enum { SLOT = 7, SAME_LANE = SLOT + FIXTURE_LANES, OTHER_LANE = SLOT + 1 };

static const fixture_kind stepped = {"mem", FIXTURE_MEM, 0, false, 0};

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

static result make(uow *u, job_act *a)
{
    coupon *c = coupon_get(u, a->request.slot, 1);
    if (c == NULL)
        c = coupon_new(u, a->request.slot, 1);
    usage *counts = usage_get(u, a->request.slot, 1, 1);
    if (counts == NULL)
        counts = usage_new(u, a->request.slot, 1, 1);
    counts->cells.items = ARENA_ARRAY(uow_memory(u), usage_cell, 1);
    counts->cells.n = 1;
    return R_DONE;
}

static result run(store_fixture *f, result (*decide)(uow *, job_act *))
{
    job_act a = store_fixture_act(f, SLOT, decide);
    return store_fixture_run(f, &a);
}

/* Does the act, in a process of its own, end with SIGABRT? The row of make is there. */
static bool is_defect(store_fixture *f, result (*decide)(uow *, job_act *))
{
    assert_int_equal(run(f, make), R_DONE);
    pid_t child = fork();
    if (child == 0) {
        int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
        dup2(null, STDERR_FILENO);
        (void)run(f, decide);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static result changes_without_edit(uow *u, job_act *a)
{
    coupon_get(u, a->request.slot, 1)->revision = 5;
    return R_DONE;
}

static result changes_a_list_without_edit(uow *u, job_act *a)
{
    usage_get(u, a->request.slot, 1, 1)->cells.items[0].n = 5;
    return R_DONE;
}

static result changes_without_edit_and_refuses(uow *u, job_act *a)
{
    coupon_get(u, a->request.slot, 1)->revision = 5;
    return R_SOLD_OUT;
}

static result changes_a_key(uow *u, job_act *a)
{
    coupon *c = coupon_get(u, a->request.slot, 1);
    coupon_edit(u, c);
    c->id = 2;
    return R_DONE;
}

static result makes_what_is_there(uow *u, job_act *a)
{
    (void)coupon_get(u, a->request.slot, 1);
    coupon_new(u, a->request.slot, 1);
    return R_DONE;
}

static result makes_what_is_there_unseen(uow *u, job_act *a)
{
    coupon_new(u, a->request.slot, 1);
    return R_DONE;
}

static result edits_what_it_deleted(uow *u, job_act *a)
{
    coupon *c = coupon_get(u, a->request.slot, 1);
    coupon_delete(u, c);
    coupon_edit(u, c);
    return R_DONE;
}

static result writes_elsewhere(uow *u, job_act *a)
{
    (void)a;
    coupon_new(u, OTHER_LANE, 1);
    return R_DONE;
}

static result writes_another_slot(uow *u, job_act *a)
{
    (void)a;
    coupon_new(u, SAME_LANE, 1);
    return R_DONE;
}

static result writes_another_lane(uow *u, job_act *a)
{
    (void)a;
    slice_new(u, (uint16_t)(uow_lane(u) + 1), 1, 1, 0, 0);
    return R_DONE;
}

static result draws_an_id_elsewhere(uow *u, job_act *a)
{
    a->out[0] = uow_next_id(u, OTHER_LANE);
    return R_DONE;
}

static result scans_a_point_table(uow *u, job_act *a)
{
    void *rows[1];
    coupon from = {.slot = a->request.slot};
    return uow_scan(u, &(uow_range){&coupon_table, -1, &from, 1, false}, 1, rows) == 0 ? R_DONE
                                                                                       : R_DONE;
}

static void defects_stop_the_process(void **state)
{
    store_fixture *f = *state;
    assert_true(is_defect(f, changes_without_edit));
    assert_true(is_defect(f, changes_a_list_without_edit));
    assert_true(is_defect(f, changes_without_edit_and_refuses));
    assert_true(is_defect(f, changes_a_key));
    assert_true(is_defect(f, makes_what_is_there));
    assert_true(is_defect(f, makes_what_is_there_unseen));
    assert_true(is_defect(f, edits_what_it_deleted));
    assert_true(is_defect(f, writes_elsewhere));
    assert_true(is_defect(f, writes_another_slot));
    assert_true(is_defect(f, writes_another_lane));
    assert_true(is_defect(f, draws_an_id_elsewhere));
    assert_true(is_defect(f, scans_a_point_table));
    assert_false(is_defect(f, make));
}

static void reading_units_do_not_write(void **state)
{
    store_fixture *f = *state;
    assert_int_equal(run(f, make), R_DONE);
    for (int i = 0; i < 6; i++) {
        pid_t child = fork();
        if (child == 0) {
            int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
            dup2(null, STDERR_FILENO);
            arena *memory = arena_new(0);
            uow *u = store_fixture_read(f, memory);
            coupon *c = coupon_get(u, SLOT, 1);
            switch (i) {
            case 0:
                coupon_edit(u, c);
                break;
            case 1:
                coupon_delete(u, c);
                break;
            case 2:
                coupon_new(u, SLOT, 2);
                break;
            case 3:
                uow_event(u, &(event){0});
                break;
            case 4:
                uow_send(u, 1, 1, &coupon_ref_record, &(coupon_ref){0});
                break;
            default:
                uow_next_id(u, SLOT);
            }
            _exit(0);
        }
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    }
}

/* ---- one act alone ---- */

static result sees_its_surroundings(uow *u, job_act *a)
{
    a->out[0] = uow_lane(u);
    a->out[1] = uow_lane_count(u);
    a->out[2] = (uint64_t)uow_now(u);
    a->out[3] = uow_config(u) == NULL;
    a->out[4] = uow_dry(u, (pool_name){.owner = 1}, 1);
    return uow_refuse(u, R_NOT_FOUND, "%s of %d", "one", 2);
}

static void an_act_sees_its_surroundings(void **state)
{
    store_fixture *f = *state;
    job_act a = store_fixture_act(f, SLOT, sees_its_surroundings);
    assert_int_equal(store_fixture_run(f, &a), R_NOT_FOUND);
    assert_int_equal(a.out[0], SLOT % FIXTURE_LANES);
    assert_int_equal(a.out[1], FIXTURE_LANES);
    assert_int_equal(a.out[2], FIXTURE_START_MS);
    assert_int_equal(a.out[3], true);
    assert_int_equal(a.out[4], false);
    assert_string_equal(a.detail, "one of 2");
    assert_int_equal(a.request.runs, 1);
}

static result waits_for_nothing(uow *u, job_act *a)
{
    (void)u;
    (void)a;
    return R_WAIT;
}

static void waiting_needs_a_pool(void **state)
{
    assert_int_equal(run(*state, waits_for_nothing), R_INTERNAL);
}

static result makes_and_unmakes(uow *u, job_act *a)
{
    coupon *c = coupon_new(u, a->request.slot, 50);
    coupon_delete(u, c);
    return R_DONE;
}

static void what_comes_to_nothing_commits_nothing(void **state)
{
    store_fixture *f = *state;
    assert_int_equal(run(f, makes_and_unmakes), R_DONE);
    assert_int_equal(f->commits, 0);
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, open_store, close_store)
    static const struct CMUnitTest tests[] = {
        EACH(defects_stop_the_process),
        EACH(reading_units_do_not_write),
        EACH(an_act_sees_its_surroundings),
        EACH(waiting_needs_a_pool),
        EACH(what_comes_to_nothing_commits_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

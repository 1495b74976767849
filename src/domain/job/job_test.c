/* The states of jobs: every step, allowed or not, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/act.h"
#include "base/id.h"
#include "domain/job/job.h"
#include "test/lib/domain_fixture.h"

static result put(fix *f, job_put_in in, job *out)
{
    row_out answer = {0};
    result r = fix_run(f, ACT_ID_job_put, id_slot(in.id != 0 ? in.id : in.merchant), &in, &answer);
    if (r == R_DONE) {
        *out = (job){0};
        assert_int_equal(record_decode(&job_table.record, answer.row, f->memory, out), R_DONE);
        assert_int_equal(out->id, answer.id);
    }
    return r;
}

static job made(fix *f)
{
    job row;
    job_put_in in = {.kind = JOB_KIND_BACKUP, .input = S("/to")};
    assert_int_equal(put(f, in, &row), R_DONE);
    return row;
}

static void a_new_job_waits(void **state)
{
    (void)state;
    fix *f = fix_open((fix_options){0});
    job row = made(f);
    assert_int_equal(row.state, JOB_STATE_WAITING);
    assert_int_equal(id_slot(row.id), 0);
    assert_true(str_eq(row.input, S("/to")));
    assert_int_equal(row.created_at_ms, f->clock_ms);
    fix_close(f);
}

static void every_step_is_allowed_or_refused(void **state)
{
    (void)state;
    static const bool allowed[JOB_STATE_COUNT][JOB_STATE_COUNT] = {
        [JOB_STATE_WAITING] =
            {[JOB_STATE_RUNNING] = true, [JOB_STATE_CANCELLED] = true, [JOB_STATE_FAILED] = true},
        [JOB_STATE_RUNNING] = {[JOB_STATE_RUNNING] = true,
                               [JOB_STATE_DONE] = true,
                               [JOB_STATE_FAILED] = true,
                               [JOB_STATE_CANCELLED] = true},
        [JOB_STATE_CANCELLED] = {[JOB_STATE_CANCELLED] = true},
    };
    for (uint8_t from = JOB_STATE_WAITING; from < JOB_STATE_COUNT; from++) {
        for (uint8_t to = JOB_STATE_WAITING; to < JOB_STATE_COUNT; to++) {
            fix *f = fix_open((fix_options){0});
            job row = made(f);
            job_put_in in = {.id = row.id, .state = JOB_STATE_RUNNING, .done = 5};
            if (from != JOB_STATE_WAITING && from != JOB_STATE_CANCELLED)
                assert_int_equal(put(f, in, &row), R_DONE);
            in.state = from;
            if (from > JOB_STATE_RUNNING)
                assert_int_equal(put(f, in, &row), R_DONE);
            in.state = to;
            in.done = 7;
            fix_pass(f, 1000);
            result r = put(f, in, &row);
            assert_int_equal(r, allowed[from][to] ? R_DONE : R_STATE_CHANGE_NOT_ALLOWED);
            if (r == R_DONE) {
                assert_int_equal(row.state, to);
                if (to != JOB_STATE_CANCELLED)
                    assert_int_equal(row.done, 7);
                else
                    assert_int_equal(row.done, from == JOB_STATE_RUNNING ? 5 : 0); /* as it was */
                assert_int_equal(row.updated_at_ms, from == to && to == JOB_STATE_CANCELLED
                                                        ? f->clock_ms - 1000
                                                        : f->clock_ms);
            }
            fix_close(f);
        }
    }
}

static void what_is_not_right_is_refused(void **state)
{
    (void)state;
    fix *f = fix_open((fix_options){0});
    job row = made(f), none;
    char text[JOB_TEXT_MAX + 1] = {0};
    str large = {text, sizeof(text)};
    assert_int_equal(put(f, (job_put_in){.kind = JOB_KIND_COUNT}, &none), R_INVALID);
    assert_int_equal(put(f, (job_put_in){.kind = JOB_KIND_BACKUP, .input = large}, &none),
                     R_INVALID);
    assert_int_equal(put(f, (job_put_in){.id = row.id, .state = JOB_STATE_COUNT}, &none),
                     R_INVALID);
    assert_int_equal(put(f, (job_put_in){.id = row.id + 512, .state = JOB_STATE_RUNNING}, &none),
                     R_NOT_FOUND);
    job_put_in foreign = {.id = row.id, .merchant = f->merchant, .state = JOB_STATE_RUNNING};
    assert_int_equal(put(f, foreign, &none), R_NOT_FOUND);
    fix_close(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_job_waits),
        cmocka_unit_test(every_step_is_allowed_or_refused),
        cmocka_unit_test(what_is_not_right_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What a store in PostgreSQL makes of a server that ends, is away, or does not say what became of a
 * commit; and of another server that writes the same lanes, or the same rows by other lanes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "port/clock.h"
#include "port/log.h"
#include "test/lib/cutter.h"
#include "test/lib/database.h"
#include "test/lib/store_fixture.h"

enum { SLOT = 9, MEMBER = 5, RIVALS = 2, RIVAL_ACTS = 400, SOON_MS = 1500, LATE_MS = 6000 };

typedef struct stage {
    const char *url; /* of the database; the store has the cutter's */
    cutter *cutter;
    store_fixture *f;
} stage;

static int begin(void **state)
{
    static const fixture_kind threaded = {"pg, threads", FIXTURE_PG, 0, true, 1};
    stage *s = calloc(1, sizeof(*s)); /* freed by finish */
    CHECK(s != NULL);
    s->url = database_take();
    s->cutter = cutter_start(s->url);
    s->f = store_fixture_open_at(&threaded, FIXTURE_LANES,
                                 (const char *const[]){cutter_url(s->cutter)});
    *state = s;
    return 0;
}

static int finish(void **state)
{
    stage *s = *state;
    cutter_set(s->cutter, CUT_NOTHING);
    store_fixture_close(s->f);
    cutter_stop(s->cutter);
    database_give(s->url);
    free(s);
    return 0;
}

/* ---- acts ---- */

/* What two of would be seen by: counts, and is the first of its id. */
static result count(uow *u, job_act *a)
{
    usage *row = usage_get(u, a->request.slot, MEMBER, 1);
    coupon *c = coupon_get(u, a->request.slot, a->id);
    if (uow_pending(u))
        return R_AGAIN;
    if (c != NULL)
        return R_ORDER_CONFLICT;
    coupon_new(u, a->request.slot, a->id)->member = MEMBER;
    if (row == NULL) {
        row = usage_new(u, a->request.slot, MEMBER, 1);
        row->cells.items = ARENA_ARRAY(uow_memory(u), usage_cell, 1);
        row->cells.n = 1;
    }
    usage_edit(u, row);
    a->out[0] = (uint64_t)++row->cells.items[0].n;
    return R_DONE;
}

static job_act begin_count(store_fixture *f, uint64_t id)
{
    job_act a = store_fixture_act(f, SLOT, count);
    a.id = id;
    return a;
}

static result run_count(store_fixture *f, uint64_t id)
{
    job_act a = begin_count(f, id);
    return store_fixture_run(f, &a);
}

static int64_t counted(store_fixture *f, size_t *coupons)
{
    arena *memory = arena_new(0);
    uow *u = store_fixture_read(f, memory);
    const usage *row = usage_get(u, SLOT, MEMBER, 1);
    int64_t n = row == NULL ? 0 : row->cells.items[0].n;
    coupon from = {.slot = SLOT, .member = MEMBER};
    void *rows[UOW_SCAN_MAX];
    uow_range range = {&coupon_table, 0, &from, 2, false};
    *coupons = uow_scan(u, &range, UOW_SCAN_MAX, rows);
    assert_int_equal(store_read_end(u), R_DONE);
    arena_free(memory);
    return n;
}

static void assert_counted(store_fixture *f, int64_t expected)
{
    size_t coupons;
    assert_int_equal(counted(f, &coupons), expected);
    assert_int_equal(coupons, expected);
}

static bool ended(store_fixture *f, const job_act *a)
{
    pthread_mutex_lock(&f->lock);
    bool is = a->order != 0;
    pthread_mutex_unlock(&f->lock);
    return is;
}

static void rest(int64_t ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&t, NULL);
}

/* ---- a commit that is not answered ---- */

static void a_commit_that_did_not_arrive_runs_again(void **state)
{
    stage *s = *state;
    assert_int_equal(run_count(s->f, 1), R_DONE);
    cutter_set(s->cutter, CUT_REQUEST);
    assert_int_equal(run_count(s->f, 2), R_DONE);
    cutter_wait(s->cutter);
    assert_int_equal(run_count(s->f, 3), R_DONE);
    assert_counted(s->f, 3);
}

/* Were it run again, it would find its own coupon and be refused. */
static void a_commit_whose_answer_is_lost_counts_once(void **state)
{
    stage *s = *state;
    assert_int_equal(run_count(s->f, 1), R_DONE);
    for (uint64_t id = 2; id <= 4; id++) {
        cutter_set(s->cutter, CUT_ANSWER);
        assert_int_equal(run_count(s->f, id), R_DONE);
        cutter_wait(s->cutter);
    }
    assert_int_equal(run_count(s->f, 5), R_DONE);
    assert_counted(s->f, 5);
}

/* Another server's commit is on top of it: nobody can say whose was below. */
static void what_cannot_be_found_out_is_told_so(void **state)
{
    stage *s = *state;
    assert_int_equal(run_count(s->f, 1), R_DONE);
    cutter_set(s->cutter, CUT_ANSWER_AND_ALL);
    job_act a = begin_count(s->f, 2);
    store_fixture_submit(s->f, &a);
    cutter_wait(s->cutter);
    database_run(s->url, "UPDATE lane_head SET rev = rev + 1");
    cutter_set(s->cutter, CUT_NOTHING);
    store_fixture_settle(s->f, &a);
    assert_int_equal(a.request.outcome, R_UNKNOWN);
    assert_int_equal(s->f->failures, 0);                    /* the process goes on */
    assert_int_equal(run_count(s->f, 2), R_ORDER_CONFLICT); /* the truth: it was done */
    assert_int_equal(run_count(s->f, 3), R_DONE);
    assert_counted(s->f, 3);
}

/* ---- a standby that is not there ---- */

static void wait_in_sync(const char *url, const char *and_then)
{
    char sql[500];
    snprintf(sql, sizeof(sql),
             "DO $$ BEGIN FOR i IN 1..500 LOOP PERFORM pg_sleep(0.01); "
             "PERFORM pg_stat_clear_snapshot(); IF EXISTS (SELECT 1 FROM pg_stat_activity WHERE "
             "wait_event = 'SyncRep') THEN PERFORM %s; RETURN; END IF; END LOOP; "
             "RAISE 'nobody waits'; END $$",
             and_then);
    database_run(url, sql);
}

/* The server says "committed" to a cancelled wait, and warns: no standby has it. */
static void a_commit_that_no_standby_has_is_not_answered(void **state)
{
    stage *s = *state;
    assert_int_equal(run_count(s->f, 1), R_DONE);
    database_run(s->url, "ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
    database_run(s->url, "SELECT pg_reload_conf()");
    rest(100);
    job_act a = begin_count(s->f, 2);
    store_fixture_submit(s->f, &a);
    wait_in_sync(s->url, "pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = "
                         "'SyncRep'");
    rest(SOON_MS);
    assert_false(ended(s->f, &a)); /* its mark waits now */
    wait_in_sync(s->url, "1");
    database_run(s->url, "ALTER SYSTEM RESET synchronous_standby_names");
    database_run(s->url, "SELECT pg_reload_conf()");
    store_fixture_settle(s->f, &a);
    assert_int_equal(a.request.outcome, R_DONE);
    assert_counted(s->f, 2);
}

/* ---- a server that is away ---- */

static void connections_that_end_are_made_again(void **state)
{
    stage *s = *state;
    for (uint64_t id = 1; id <= 4; id++) {
        assert_int_equal(run_count(s->f, id), R_DONE);
        database_run(s->url, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE "
                             "application_name LIKE 'quan%'");
    }
    assert_counted(s->f, 4);
    assert_int_equal(s->f->failures, 0);
}

static void a_server_that_is_away_is_told_and_found_again(void **state)
{
    stage *s = *state;
    assert_int_equal(run_count(s->f, 1), R_DONE);
    cutter_set(s->cutter, CUT_ALL);
    rest(100);
    int64_t began = clock_monotonic_ms();
    assert_int_equal(run_count(s->f, 2), R_UNAVAILABLE);
    int64_t first = clock_monotonic_ms() - began;
    assert_in_range(first, SOON_MS, LATE_MS);
    began = clock_monotonic_ms();
    assert_int_equal(run_count(s->f, 2), R_UNAVAILABLE);
    assert_true(clock_monotonic_ms() - began < SOON_MS); /* at once from then on */
    uow *u;
    arena *memory = arena_new(0);
    assert_int_equal(store_read_begin(s->f->store, memory, FIXTURE_START_MS, &u), R_UNAVAILABLE);
    arena_free(memory);
    cutter_set(s->cutter, CUT_NOTHING);
    rest(500); /* as long as tries are apart */
    assert_int_equal(run_count(s->f, 2), R_DONE);
    assert_counted(s->f, 2);
    assert_int_equal(s->f->failures, 0);
}

/* ---- other servers ---- */

/* Each of two stores does its acts on the same row; every one that is done counts once. */
static void compete(stage *s, store_fixture *const rivals[RIVALS])
{
    static job_act acts[RIVALS][RIVAL_ACTS];
    for (uint64_t i = 0; i < RIVAL_ACTS; i++)
        for (size_t r = 0; r < RIVALS; r++) {
            acts[r][i] = begin_count(rivals[r], i * RIVALS + r + 1);
            store_fixture_submit(rivals[r], &acts[r][i]);
            if (i % 8 == 7) /* so that there are many batches */
                rest(1);
        }
    uint64_t aborts = 0;
    int64_t done = 0;
    for (size_t r = 0; r < RIVALS; r++) {
        for (size_t i = 0; i < RIVAL_ACTS; i++) {
            store_fixture_settle(rivals[r], &acts[r][i]);
            result outcome = acts[r][i].request.outcome;
            assert_true(outcome == R_DONE || outcome == R_UNAVAILABLE);
            done += outcome == R_DONE;
        }
        store_metrics m;
        store_metrics_read(rivals[r]->store, &m);
        aborts += m.aborts;
    }
    assert_true(aborts > 0); /* else they did not compete */
    assert_true(done > RIVAL_ACTS);
    assert_counted(s->f, done);
}

static void two_stores_on_the_same_lanes_are_exact(void **state)
{
    stage *s = *state;
    store_fixture *other = store_fixture_open_at(&s->f->kind, 0, &s->url);
    compete(s, (store_fixture *const[]){s->f, other});
    store_fixture_close(other);
}

/* The second one has all slots in one lane: the heads do not meet, and the rows themselves must. */
static void two_stores_that_disagree_on_lanes_are_exact(void **state)
{
    stage *s = *state;
    database_run(s->url, "UPDATE shard_head SET lanes_of_slots = decode(repeat('00', 10000), "
                         "'hex')");
    store_fixture *other = store_fixture_open_at(&s->f->kind, 0, &s->url);
    assert_int_not_equal(store_lane_of_slot(other->store, SLOT),
                         store_lane_of_slot(s->f->store, SLOT));
    compete(s, (store_fixture *const[]){s->f, other});
    store_fixture_close(other);
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, begin, finish)
    static const struct CMUnitTest tests[] = {
        EACH(a_commit_that_did_not_arrive_runs_again),
        EACH(a_commit_whose_answer_is_lost_counts_once),
        EACH(what_cannot_be_found_out_is_told_so),
        EACH(a_commit_that_no_standby_has_is_not_answered),
        EACH(connections_that_end_are_made_again),
        EACH(a_server_that_is_away_is_told_and_found_again),
        EACH(two_stores_on_the_same_lanes_are_exact),
        EACH(two_stores_that_disagree_on_lanes_are_exact),
    };
    log_set_level(LOG_LEVEL_COUNT); /* what is logged is what is made */
    return cmocka_run_group_tests(tests, NULL, NULL);
}

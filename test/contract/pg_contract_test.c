/* What PostgreSQL must keep, and what an opening refuses: see store/pg/pg.h. What every engine does
 * with rows is in the other files of this folder. */
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
#include "test/lib/database.h"
#include "test/lib/store_fixture.h"

enum { SLOT = 7, WHY_MAX = 1000 };

static const fixture_kind stepped = {"pg", FIXTURE_PG_SEVERAL, 0, false, 1};

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
    if (c != NULL)
        return R_ORDER_CONFLICT;
    c = coupon_new(u, a->request.slot, a->id);
    c->member = 1;
    if (kept == NULL)
        kept = idempotency_new(u, a->request.slot, 1, a->id);
    idempotency_edit(u, kept);
    kept->at_ms = uow_now(u);
    a->out[0] = uow_next_id(u, a->request.slot);
    a->out[1] = (uint64_t)uow_now(u);
    return R_DONE;
}

static result look(uow *u, job_act *a)
{
    a->out_n = coupon_get(u, a->request.slot, a->id) != NULL;
    return uow_pending(u) ? R_AGAIN : a->out_n > 0 ? R_DONE : R_NOT_FOUND;
}

static job_act run_put(store_fixture *f, uint64_t id)
{
    job_act a = store_fixture_act(f, SLOT, put);
    a.id = id;
    assert_int_equal(store_fixture_run(f, &a), R_DONE);
    return a;
}

static bool has(store_fixture *f, uint64_t id)
{
    arena *memory = arena_new(0);
    uow *u = store_fixture_read(f, memory);
    bool found = coupon_get(u, SLOT, id) != NULL;
    assert_int_equal(store_read_end(u), R_DONE);
    arena_free(memory);
    return found;
}

static void assert_refused(store_fixture *f, const store_options *options, result expected,
                           const char *text)
{
    buf why;
    buf_init(&why, WHY_MAX);
    store *other = NULL;
    store_options with = *options;
    if (with.urls == NULL)
        with.urls = f->urls;
    with.several = expected != R_IN_USE;
    assert_int_equal(store_open_pg(&with, NULL, &other, &why), expected);
    buf_char(&why, '\0');
    if (strstr(why.p, text) == NULL)
        fail_msg("\"%s\" is not in: %s", text, why.p);
    buf_free(&why);
}

/* ---- opening ---- */

static void rows_ids_and_time_survive_reopening(void **state)
{
    store_fixture *f = *state;
    uint64_t last = 0;
    int64_t time = 0;
    for (uint64_t i = 1; i <= 3; i++) {
        job_act a = run_put(f, i);
        assert_true(a.out[0] > last);
        assert_true((int64_t)a.out[1] >= time);
        last = a.out[0];
        time = (int64_t)a.out[1];
        f->clock_ms -= i * 10000;
        store_fixture_reopen(f);
        for (uint64_t k = 1; k <= i; k++)
            assert_true(has(f, k));
        assert_false(has(f, i + 1));
        assert_int_equal(store_lanes(f->store), FIXTURE_LANES);
    }
}

static void another_number_of_lanes_is_refused(void **state)
{
    store_fixture *f = *state;
    assert_refused(f, &(store_options){.lanes = FIXTURE_LANES + 1}, R_CORRUPT,
                   "created with 4 lanes");
}

static void a_database_in_use_is_refused(void **state)
{
    store_fixture *f = *state;
    run_put(f, 1);
    assert_refused(f, &(store_options){0}, R_IN_USE, "another process");
    run_put(f, 2); /* the first is none the worse for it */
    store_fixture_reopen(f);
}

static void one_of_several_is_refused_beside_one_that_is_alone(void **state)
{
    (void)state;
    static const fixture_kind alone = {"pg", FIXTURE_PG, 0, false, 1};
    store_fixture *f = store_fixture_open(&alone, FIXTURE_LANES);
    store_options options = {.urls = f->urls, .several = true};
    store *other = NULL;
    buf why;
    buf_init(&why, WHY_MAX);
    assert_int_equal(store_open_pg(&options, NULL, &other, &why), R_IN_USE);
    buf_free(&why);
    store_fixture_close(f);
}

static void a_server_that_is_not_there_is_told(void **state)
{
    store_fixture *f = *state;
    assert_refused(f, &(store_options){.urls = &S("postgres://nobody@127.0.0.1:1/none")},
                   R_UNAVAILABLE, "no connection");
    assert_refused(f, &(store_options){.urls = &S("postgres://%")}, R_UNAVAILABLE, "no connection");
}

static void a_server_that_forgets_is_refused(void **state)
{
    store_fixture *f = *state;
    char url[DATABASE_URL_MAX * 2];
    snprintf(url, sizeof(url), "%s%coptions=-csynchronous_commit%%3Doff", f->url,
             strchr(f->url, '?') != NULL ? '&' : '?');
    store_options options = {.urls = &(str){url, strlen(url)}, .several = true};
    assert_refused(f, &options, R_INVALID, "synchronous_commit is off");
    options.unsynced = true; /* who loads generated data says so */
    buf why;
    buf_init(&why, WHY_MAX);
    store *other;
    assert_int_equal(store_open_pg(&options, NULL, &other, &why), R_DONE);
    store_close(other);
    buf_free(&why);
}

static void what_a_later_program_has_made_is_refused(void **state)
{
    store_fixture *f = *state;
    store_options options = {0};
    database_run(f->url, "UPDATE meta SET value = 200 WHERE name = 'coupon'");
    assert_refused(f, &options, R_CORRUPT, "later version");
    char sql[WHY_MAX];
    snprintf(sql, sizeof(sql), "UPDATE meta SET value = %u WHERE name = 'coupon'",
             coupon_table.record.version);
    database_run(f->url, sql);
    database_run(f->url, "INSERT INTO meta VALUES ('what_is_to_come', 1)");
    assert_refused(f, &options, R_CORRUPT, "later version");
    database_run(f->url, "DELETE FROM meta WHERE name = 'what_is_to_come'");
    database_run(f->url, "UPDATE meta SET value = 99 WHERE name = 'format'");
    assert_refused(f, &options, R_CORRUPT, "format 99");
    database_run(f->url, "UPDATE meta SET value = 1 WHERE name = 'format'");
    store_fixture_reopen(f);
}

/* A database as an earlier program has left it: without a column, a table and an index. */
static void what_an_earlier_program_has_made_is_completed(void **state)
{
    store_fixture *f = *state;
    run_put(f, 1);
    store_close(f->store);
    database_run(f->url,
                 "ALTER TABLE order_return DROP COLUMN adds_minor, DROP COLUMN parties, "
                 "DROP COLUMN gifts; UPDATE meta SET value = 1 WHERE name = 'order_return';"
                 "DROP TABLE coupon_use; DELETE FROM meta WHERE name = 'coupon_use';"
                 "DROP INDEX coupon_wallet; DELETE FROM meta WHERE name = 'coupon_wallet';"
                 "INSERT INTO order_return (slot, id, merchant, redemption, returned_at_ms, "
                 "refund_minor, lines, restored, rev) VALUES (7, '-9223372036854775803'::int8, 0, "
                 "0, 1, 2, '', '', 3)");
    assert_refused(f, &(store_options){.read_only = true}, R_CORRUPT, "earlier version");
    buf why;
    buf_init(&why, WHY_MAX);
    assert_int_equal(store_fixture_try_open(f, 0, &f->store, &why), R_DONE);
    buf_free(&why);
    assert_true(has(f, 1));
    arena *memory = arena_new(0);
    uow *u = store_fixture_read(f, memory);
    const order_return *old = order_return_get(u, SLOT, 5);
    assert_non_null(old);
    assert_int_equal(old->refund_minor, 2);
    assert_int_equal(old->adds_minor, 0);
    assert_int_equal(old->parties.n, 0);
    assert_int_equal(old->gifts.n, 0);
    assert_int_equal(store_read_end(u), R_DONE);
    arena_free(memory);
}

/* As one of several whose rows and messages are these; NULL: it is refused, and says so. */
static store *joins(store_fixture *f, const char *formats)
{
    buf why;
    buf_init(&why, WHY_MAX);
    store *s = NULL;
    store_options options = {.urls = f->urls, .several = true, .formats = str_of(formats)};
    result r = store_open_pg(&options, NULL, &s, &why);
    buf_char(&why, '\0');
    if (r != R_DONE && (r != R_IN_USE || strstr(why.p, "stop all of those first") == NULL))
        fail_msg("%s", why.p);
    buf_free(&why);
    return r == R_DONE ? s : NULL;
}

static void servers_of_other_formats_do_not_run_together(void **state)
{
    (void)state;
    static const fixture_kind several = {"pg", FIXTURE_PG_SEVERAL, 0, false, 1};
    store_fixture *f =
        store_fixture_open(&several, FIXTURE_LANES); /* one before formats had a name */
    run_put(f, 1);
    assert_null(joins(f, "old"));
    run_put(f, 2); /* it is none the worse for it */
    store_close(f->store);
    store *old = joins(f, "old"), *beside = joins(f, "old");
    assert_true(old != NULL && beside != NULL);
    assert_null(joins(f, "new"));
    store_close(old);
    assert_null(joins(f, "new"));
    store_close(beside);
    store *new = joins(f, "new");
    assert_non_null(new);
    assert_null(joins(f, "old"));
    store_close(new);
    buf why;
    buf_init(&why, WHY_MAX);
    assert_int_equal(store_fixture_try_open(f, 0, &f->store, &why), R_DONE);
    buf_free(&why);
    assert_true(has(f, 1) && has(f, 2));
    store_fixture_close(f);
}

static void end_connections(const store_fixture *f)
{
    database_run(f->url, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE "
                         "datname = current_database() AND application_name LIKE 'quan%'");
}

static result try_put(store_fixture *f, uint64_t id)
{
    job_act a = store_fixture_act(f, SLOT, put);
    a.id = id;
    return store_fixture_run(f, &a);
}

/* What is away is tried again now and then. */
static void assert_written_soon(store_fixture *f, uint64_t id)
{
    enum { SOON_MS = 10000 };
    int64_t began = clock_monotonic_ms();
    while (try_put(f, id) != R_DONE)
        assert_true(clock_monotonic_ms() - began < SOON_MS);
}

/* The database restarts, and another version is there before this one is connected again. */
static void who_comes_back_to_another_version_writes_no_more(void **state)
{
    (void)state;
    static const fixture_kind several = {"pg", FIXTURE_PG_SEVERAL, 0, false, 1};
    store_fixture *f = store_fixture_open(&several, FIXTURE_LANES);
    store_close(f->store);
    f->store = joins(f, "old");
    assert_int_equal(try_put(f, 1), R_DONE);
    assert_null(joins(f, "new"));
    end_connections(f);
    store *new = joins(f, "new");
    assert_non_null(new);
    assert_int_equal(try_put(f, 2), R_UNAVAILABLE);
    store_close(new);
    assert_written_soon(f, 3);
    /* It has been there, and has left later tables. */
    database_run(f->url, "UPDATE meta SET value = value + 1 WHERE name = 'coupon'");
    assert_int_equal(try_put(f, 4), R_DONE); /* connected since before that */
    end_connections(f);
    assert_int_equal(try_put(f, 5), R_UNAVAILABLE);
    database_run(f->url, "UPDATE meta SET value = value - 1 WHERE name = 'coupon'");
    assert_written_soon(f, 5);
    store_fixture_close(f);
}

static void a_read_only_store_reads_only(void **state)
{
    store_fixture *f = *state;
    run_put(f, 1);
    store_options options = {.urls = f->urls, .read_only = true};
    store *other;
    buf why;
    buf_init(&why, WHY_MAX);
    assert_int_equal(store_open_pg(&options, NULL, &other, &why), R_DONE);
    job_act a = store_fixture_act(f, SLOT, put);
    assert_int_equal(store_submit(other, &a.request), R_UNAVAILABLE);
    store_close(other);
    const char *empty = database_take();
    options.urls = &(str){empty, strlen(empty)};
    assert_int_not_equal(store_open_pg(&options, NULL, &other, &why), R_DONE);
    database_give(empty);
    run_put(f, 2);
    buf_free(&why);
}

static void a_copy_is_made_by_other_tools(void **state)
{
    store_fixture *f = *state;
    buf why;
    buf_init(&why, WHY_MAX);
    assert_int_equal(store_checkpoint(f->store, S("/nowhere"), &why), R_IO);
    buf_char(&why, '\0');
    assert_non_null(strstr(why.p, "pg_basebackup"));
    buf_free(&why);
}

/* ---- answers whose time is over ---- */

static size_t answers(store_fixture *f)
{
    arena *memory = arena_new(0);
    uow *u = store_fixture_read(f, memory);
    size_t n = 0;
    for (uint64_t id = 1; id <= 4; id++)
        n += idempotency_get(u, SLOT, 1, id) != NULL;
    assert_int_equal(store_read_end(u), R_DONE);
    arena_free(memory);
    return n;
}

static void answers_are_dropped_by_act_time(void **state)
{
    store_fixture *f = *state;
    run_put(f, 1);
    run_put(f, 2);
    f->clock_ms += STORE_ANSWER_KEEP_MS - 1;
    run_put(f, 3);
    store_compact(f->store);
    assert_int_equal(answers(f), 3);
    f->clock_ms += 1;
    store_compact(f->store); /* the clock alone does not count … */
    assert_int_equal(answers(f), 3);
    job_act elsewhere = store_fixture_act(f, SLOT + 1, put);
    elsewhere.id = 9;
    assert_int_equal(store_fixture_run(f, &elsewhere), R_DONE);
    store_compact(f->store); /* … nor does another lane's */
    assert_int_equal(answers(f), 3);
    run_put(f, 4);
    store_compact(f->store);
    assert_int_equal(answers(f), 2);
    assert_true(has(f, 1)); /* only the answers */
}

/* Without being asked: the first commit of a lane in a process is followed by the turn of its first
 * slot behind 0. */
static void a_lane_drops_answers_by_itself(void **state)
{
    store_fixture *f = *state;
    enum { FIRST = 1 };
    job_act old = store_fixture_act(f, FIRST, put), any = store_fixture_act(f, FIRST, look);
    old.id = 1;
    assert_int_equal(store_fixture_run(f, &old), R_DONE);
    run_put(f, 1); /* of a later turn */
    database_run(f->url, "UPDATE idempotency SET at_ms = 1");
    store_fixture_reopen(f);
    any.id = 1;
    assert_int_equal(store_fixture_run(f, &any), R_DONE);
    arena *memory = arena_new(0);
    uow *u = store_fixture_read(f, memory);
    assert_null(idempotency_get(u, FIRST, 1, 1));
    assert_non_null(idempotency_get(u, SLOT, 1, 1));
    assert_non_null(coupon_get(u, FIRST, 1));
    assert_int_equal(store_read_end(u), R_DONE);
    arena_free(memory);
}

/* ---- commits ---- */

static uint64_t batches_of(store_fixture *f)
{
    arena *memory = arena_new(0);
    uow *u = store_fixture_read(f, memory);
    const lane_head *head = lane_head_get(u, SLOT % FIXTURE_LANES);
    uint64_t revision = head == NULL ? 0 : head->revision;
    assert_int_equal(store_read_end(u), R_DONE);
    arena_free(memory);
    return revision;
}

/* Without a change there is still a commit: what the batch has answered rests on the head that it
 * has read. */
static void a_batch_of_refusals_commits_its_head(void **state)
{
    store_fixture *f = *state;
    run_put(f, 1);
    uint64_t before = batches_of(f);
    job_act a = store_fixture_act(f, SLOT, look);
    a.id = 99;
    assert_int_equal(store_fixture_run(f, &a), R_NOT_FOUND);
    assert_int_equal(batches_of(f), before + 1);
}

static void a_row_that_was_changed_elsewhere_is_read_anew(void **state)
{
    store_fixture *f = *state;
    run_put(f, 1);
    database_run(f->url, "UPDATE lane_head SET rev = rev + 1, id_last = id_last + 1");
    run_put(f, 2);
    database_run(f->url, "DELETE FROM coupon");
    run_put(f, 1);
}

/* What cannot be written for good ends alone, and those with it are done. */
static void a_poison_act_ends_alone(void **state)
{
    store_fixture *f = *state;
    enum { ACTS = 9, POISON = 4 };
    job_act acts[ACTS];
    store_halt_lane(f->store, SLOT % FIXTURE_LANES, true);
    for (uint64_t i = 0; i < ACTS; i++) {
        acts[i] = store_fixture_act(f, SLOT, put);
        acts[i].id = i + 1;
        store_fixture_submit(f, &acts[i]);
    }
    database_run(f->url, "ALTER TABLE coupon ADD CONSTRAINT no_such "
                         "CHECK (id <> '-9223372036854775803'::int8)"); /* the fifth */
    store_halt_lane(f->store, SLOT % FIXTURE_LANES, false);
    for (size_t i = 0; i < ACTS; i++) {
        store_fixture_settle(f, &acts[i]);
        assert_int_equal(acts[i].request.outcome, i == POISON ? R_UNAVAILABLE : R_DONE);
    }
    database_run(f->url, "ALTER TABLE coupon DROP CONSTRAINT no_such");
    for (uint64_t i = 0; i < ACTS; i++)
        assert_int_equal(has(f, i + 1), i != POISON);
    run_put(f, POISON + 1);
}

/* The head comes with what a whole batch misses, and the second trip writes. */
static void a_batch_is_two_round_trips(void **state)
{
    store_fixture *f = *state;
    enum { ACTS = 50 };
    job_act acts[ACTS];
    store_metrics before, after;
    run_put(f, 1);
    store_halt_lane(f->store, SLOT % FIXTURE_LANES, true);
    for (uint64_t i = 0; i < ACTS; i++) {
        acts[i] = store_fixture_act(f, SLOT, put);
        acts[i].id = i + 2;
        store_fixture_submit(f, &acts[i]);
    }
    store_metrics_read(f->store, &before);
    store_halt_lane(f->store, SLOT % FIXTURE_LANES, false);
    for (size_t i = 0; i < ACTS; i++) {
        store_fixture_settle(f, &acts[i]);
        assert_int_equal(acts[i].request.outcome, R_DONE);
    }
    store_metrics_read(f->store, &after);
    assert_int_equal(after.batches - before.batches, 1);
    assert_int_equal(after.trips - before.trips, 2);
}

static uint64_t view_trips(store_fixture *f)
{
    store_metrics m;
    store_metrics_read(f->store, &m);
    return m.view_trips;
}

/* One to begin and one to read; nobody waits for the end. Nor does the next view, whose beginning
 * goes with it. */
static void a_view_waits_for_its_beginning_and_its_reads(void **state)
{
    store_fixture *f = *state;
    (void)run_put(f, 1);
    assert_true(has(f, 1)); /* connected */
    uint64_t before = view_trips(f);
    assert_true(has(f, 1));
    assert_false(has(f, 2));
    assert_int_equal(view_trips(f) - before, 4);
    (void)run_put(f, 2);
    assert_true(has(f, 2)); /* the transaction before has ended: this one sees more */
}

/* What is left behind may be lost, refused or cut off: the next view has its own answers. */
static void a_view_knows_nothing_of_the_end_of_the_one_before(void **state)
{
    store_fixture *f = *state;
    (void)run_put(f, 1);
    for (int i = 0; i < 3; i++) {
        assert_true(has(f, 1));
        database_run(f->url, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                             "WHERE datname = current_database() AND pid <> pg_backend_pid()");
    }
    assert_true(has(f, 1));
    assert_false(has(f, 2));
}

/* Not the clock of this process, which says anything. */
static void act_time_is_the_servers(void **state)
{
    store_fixture *f = *state;
    f->server_clock = true;
    f->clock_ms = 1;
    store_fixture_reopen(f);
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    int64_t from = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
    job_act a = run_put(f, 1);
    clock_gettime(CLOCK_REALTIME, &now);
    int64_t until = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 + 1;
    if (getenv("QUAN_PG_URL") == NULL) /* else that server may be elsewhere */
        assert_in_range(a.out[1], from, until);
    assert_int_equal(a.out[1], f->server_ms);
    job_act b = run_put(f, 2);
    assert_true(b.out[1] >= a.out[1]);
    database_run(f->url, "UPDATE lane_head SET time_ms = 2000000000000"); /* a faster primary's */
    assert_int_equal(run_put(f, 3).out[1], INT64_C(2000000000000));
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, open_store, close_store)
    static const struct CMUnitTest tests[] = {
        EACH(rows_ids_and_time_survive_reopening),
        EACH(another_number_of_lanes_is_refused),
        EACH(a_database_in_use_is_refused),
        cmocka_unit_test(one_of_several_is_refused_beside_one_that_is_alone),
        EACH(a_server_that_is_not_there_is_told),
        EACH(a_server_that_forgets_is_refused),
        EACH(what_a_later_program_has_made_is_refused),
        EACH(what_an_earlier_program_has_made_is_completed),
        cmocka_unit_test(servers_of_other_formats_do_not_run_together),
        cmocka_unit_test(who_comes_back_to_another_version_writes_no_more),
        EACH(a_read_only_store_reads_only),
        EACH(a_copy_is_made_by_other_tools),
        EACH(answers_are_dropped_by_act_time),
        EACH(a_lane_drops_answers_by_itself),
        EACH(a_batch_of_refusals_commits_its_head),
        EACH(a_row_that_was_changed_elsewhere_is_read_anew),
        EACH(a_poison_act_ends_alone),
        EACH(a_batch_is_two_round_trips),
        EACH(a_view_waits_for_its_beginning_and_its_reads),
        EACH(a_view_knows_nothing_of_the_end_of_the_one_before),
        EACH(act_time_is_the_servers),
    };
    log_set_level(LOG_LEVEL_COUNT); /* refusals are what is tested */
    return cmocka_run_group_tests(tests, NULL, NULL);
}

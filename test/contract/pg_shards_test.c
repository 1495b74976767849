/* A store on several databases of PostgreSQL: where rows are, what is read of all of them at once,
 * which databases do not belong together, and one that is away while the others serve. */
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

/* With vivo's map of 2 shards of 2 lanes slots 0, 1, 4, 5 … are in shard 0, and 2, 3, 6 … in 1. */
enum { HERE = 1, THERE = 2, SLOTS = 40, WHY_MAX = 1000, SOON_MS = 1500, LATE_MS = 6000 };

static const fixture_kind threaded = {"pg, threads", FIXTURE_PG_SEVERAL, 0, true, 2};

static int open_store(void **state)
{
    *state = store_fixture_open(&threaded, FIXTURE_LANES);
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
    if (uow_pending(u))
        return R_AGAIN;
    if (c != NULL)
        return R_ORDER_CONFLICT;
    coupon_new(u, a->request.slot, a->id)->member = 1;
    return R_DONE;
}

static result run_put(store_fixture *f, uint16_t slot, uint64_t id)
{
    job_act a = store_fixture_act(f, slot, put);
    a.id = id;
    return store_fixture_run(f, &a);
}

static result has(store_fixture *f, uint16_t slot, uint64_t id, bool *found)
{
    arena *memory = arena_new(0);
    uow *u;
    result r =
        store_read_begin_at(f->store, &(store_home){.slot = slot}, memory, FIXTURE_START_MS, &u);
    if (r == R_DONE) {
        *found = coupon_get(u, slot, id) != NULL;
        r = store_read_end(u);
    }
    arena_free(memory);
    return r;
}

static void assert_has(store_fixture *f, uint16_t slot, uint64_t id)
{
    bool found = false;
    assert_int_equal(has(f, slot, id, &found), R_DONE);
    assert_true(found);
}

/* ---- where rows are ---- */

static void fill(store_fixture *f)
{
    for (uint16_t slot = 0; slot < SLOTS; slot++)
        for (uint64_t id = 1; id <= 2; id++)
            assert_int_equal(run_put(f, slot, id), R_DONE);
}

static void rows_are_in_the_database_of_their_shard(void **state)
{
    store_fixture *f = *state;
    fill(f);
    for (size_t i = 0; i < 2; i++) {
        char sql[WHY_MAX];
        snprintf(sql, sizeof(sql),
                 "SELECT 1 / (count(*) = %d AND count(*) FILTER (WHERE slot / 2 %% 2 <> %zu) = "
                 "0)::int FROM coupon",
                 SLOTS, i);
        database_run(f->urls[i].p, sql);
    }
}

/* Of no home: the shards take turns in it, two slots each. */
static void a_scan_of_everything_is_in_order(void **state)
{
    store_fixture *f = *state;
    fill(f);
    arena *memory = arena_new(0);
    uow *u = store_fixture_read(f, memory);
    enum { PAGE = 7 };
    void *rows[PAGE];
    coupon from = {0};
    uow_range all = {&coupon_table, 0, &from, 0, false};
    size_t n = 0, got;
    do {
        got = uow_scan(u, &all, PAGE, rows);
        for (size_t i = 0; i < got; i++, n++) {
            const coupon *c = rows[i];
            assert_int_equal(c->slot, n / 2);
            from = *c;
        }
        all.after = true;
    } while (got == PAGE);
    assert_int_equal(n, 2 * SLOTS);
    assert_int_equal(store_read_end(u), R_DONE);
    arena_free(memory);
}

static bool count_slot(void *context, str key, const void *row)
{
    (void)key;
    size_t *n = context;
    assert_int_equal(((const coupon *)row)->slot, (*n)++ / 2 + HERE);
    return *n < 2 * (SLOTS - HERE) - 3; /* an end by the visitor */
}

static void a_walk_over_everything_is_in_order(void **state)
{
    store_fixture *f = *state;
    fill(f);
    arena *memory = arena_new(0);
    uow *u = store_fixture_read(f, memory);
    size_t n = 0;
    store_span span = {&coupon_table, -1, HERE, SLOTS};
    assert_int_equal(store_each(u, &span, count_slot, &n), R_DONE);
    assert_int_equal(n, 2 * (SLOTS - HERE) - 3);
    n = 0;
    span.until = HERE + 3;
    assert_int_equal(store_each(u, &span, count_slot, &n), R_DONE);
    assert_int_equal(n, 2 * 3);
    assert_int_equal(store_read_end(u), R_DONE);
    arena_free(memory);
}

/* A view of a home leaves the other shards alone until it is asked about them. */
static void a_view_of_one_slot_is_in_one_database(void **state)
{
    store_fixture *f = *state;
    fill(f);
    const char *in_transaction = "SELECT 1 / (count(*) = %d)::int FROM pg_stat_activity WHERE "
                                 "datname = current_database() AND state = 'idle in transaction'";
    arena *memory = arena_new(0);
    uow *u;
    assert_int_equal(
        store_read_begin_at(f->store, &(store_home){.slot = HERE}, memory, FIXTURE_START_MS, &u),
        R_DONE);
    assert_non_null(coupon_get(u, HERE, 1));
    char sql[WHY_MAX];
    for (int i = 0; i < 2; i++) {
        snprintf(sql, sizeof(sql), in_transaction, 1 - i);
        database_run(f->urls[i].p, sql);
    }
    assert_non_null(coupon_get(u, THERE, 1));
    snprintf(sql, sizeof(sql), in_transaction, 1);
    database_run(f->urls[1].p, sql);
    assert_int_equal(store_read_end(u), R_DONE);
    arena_free(memory);
}

/* ---- what does not belong together ---- */

static void assert_refused(const str *urls, uint16_t shards, const char *text)
{
    store_options options = {
        .urls = urls, .shards = shards, .lanes = FIXTURE_LANES, .several = true};
    store *s = NULL;
    buf why;
    buf_init(&why, WHY_MAX);
    assert_int_equal(store_open_pg(&options, NULL, &s, &why), R_CORRUPT);
    buf_char(&why, '\0');
    assert_string_equal(why.p, text);
    buf_free(&why);
}

static void databases_that_do_not_belong_together_are_refused(void **state)
{
    store_fixture *f = *state;
    str a = f->urls[0], b = f->urls[1], empty = str_of(database_take());
    store_fixture *other = store_fixture_open(&threaded, FIXTURE_LANES);
    database_run(other->urls[0].p, "UPDATE store_head SET created_at_ms = 9;"
                                   "UPDATE shard_head SET created_at_ms = 9");
    database_run(other->urls[1].p, "UPDATE shard_head SET created_at_ms = 9");
    str c = other->urls[1];
    assert_refused((str[]){b, a}, 2, "the address of shard 1 is in the place of shard 0");
    assert_refused((str[]){a, a}, 2, "the addresses of shard 0 and shard 1 name the same database");
    assert_refused((str[]){a, c}, 2, "shard 1 belongs to another store");
    assert_refused((str[]){a}, 1,
                   "the store was created with 2 shards and cannot be opened with 1");
    assert_refused((str[]){b}, 1,
                   "the store was created with 2 shards and cannot be opened with 1");
    assert_refused((str[]){a, b, empty}, 3,
                   "the store was created with 2 shards and cannot be opened with 3");
    assert_refused((str[]){a, empty}, 2,
                   "shard 1 has no slot map: it is empty, or not this one of the shards");
    assert_refused((str[]){empty, b}, 2,
                   "shard 0 has no slot map: it is empty, or not this one of the shards");
    assert_refused((str[]){empty, empty}, 2,
                   "the addresses of shard 0 and shard 1 name the same database");
    /* A copy of one in the place of the other. */
    database_run(other->urls[0].p, "UPDATE store_head SET created_at_ms = 1760000000000;"
                                   "UPDATE shard_head SET created_at_ms = 1760000000000");
    assert_refused((str[]){a, other->urls[0]}, 2, "shard 0 is there twice: one of them is a copy");
    store_fixture_close(other);
    database_give(empty.p);
    assert_int_equal(run_put(f, HERE, 1), R_DONE); /* none the worse for it */
    assert_int_equal(run_put(f, THERE, 1), R_DONE);
    store_fixture_reopen(f);
    assert_has(f, HERE, 1);
    assert_has(f, THERE, 1);
}

static void an_opening_needs_all_shards(void **state)
{
    store_fixture *f = *state;
    store_options options = {.urls = (str[]){f->urls[0], S("postgres://nobody@127.0.0.1:1/none")},
                             .shards = 2,
                             .several = true};
    store *s = NULL;
    buf why;
    buf_init(&why, WHY_MAX);
    assert_int_equal(store_open_pg(&options, NULL, &s, &why), R_UNAVAILABLE);
    buf_char(&why, '\0');
    assert_non_null(strstr(why.p, "shard 1: no connection"));
    buf_free(&why);
}

/* ---- one that is away ---- */

static result timed_put(store_fixture *f, uint16_t slot, uint64_t id, int64_t *ms)
{
    int64_t began = clock_monotonic_ms();
    result r = run_put(f, slot, id);
    *ms = clock_monotonic_ms() - began;
    return r;
}

static void assert_away(store_fixture *f, bool first, bool second)
{
    store_metrics m;
    store_metrics_read(f->store, &m);
    assert_int_equal(m.shards, 2);
    assert_int_equal(m.away[0], first);
    assert_int_equal(m.away[1], second);
}

static void a_shard_that_is_away_leaves_the_others_serving(void **state)
{
    (void)state;
    const char *here = database_take(), *there = database_take();
    cutter *between = cutter_start(there);
    store_fixture *f = store_fixture_open_at(&threaded, FIXTURE_LANES,
                                             (const char *const[]){here, cutter_url(between)});
    int64_t ms;
    bool found = false;
    assert_int_equal(run_put(f, HERE, 1), R_DONE);
    assert_int_equal(run_put(f, THERE, 1), R_DONE);
    assert_away(f, false, false);
    cutter_set(between, CUT_ALL);
    nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
    assert_int_equal(timed_put(f, THERE, 2, &ms), R_UNAVAILABLE);
    assert_in_range(ms, SOON_MS, LATE_MS);
    assert_away(f, false, true);
    for (uint64_t id = 2; id < 20; id++) {
        assert_int_equal(timed_put(f, THERE, 2, &ms), R_UNAVAILABLE);
        assert_true(ms < SOON_MS); /* at once */
        assert_int_equal(timed_put(f, HERE, id, &ms), R_DONE);
        assert_true(ms < SOON_MS);
        assert_has(f, HERE, id);
    }
    assert_int_equal(has(f, THERE, 1, &found), R_UNAVAILABLE);
    arena *memory = arena_new(0);
    uow *u;
    assert_int_equal(store_read_begin(f->store, memory, FIXTURE_START_MS, &u), R_UNAVAILABLE);
    arena_free(memory);
    cutter_set(between, CUT_NOTHING);
    nanosleep(&(struct timespec){.tv_nsec = 500000000}, NULL);
    assert_int_equal(run_put(f, THERE, 2), R_DONE);
    assert_has(f, THERE, 1);
    assert_away(f, false, false);
    assert_int_equal(f->failures, 0);
    store_fixture_close(f);
    cutter_stop(between);
    database_give(here);
    database_give(there);
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, open_store, close_store)
    static const struct CMUnitTest tests[] = {
        EACH(rows_are_in_the_database_of_their_shard),
        EACH(a_scan_of_everything_is_in_order),
        EACH(a_walk_over_everything_is_in_order),
        EACH(a_view_of_one_slot_is_in_one_database),
        EACH(databases_that_do_not_belong_together_are_refused),
        EACH(an_opening_needs_all_shards),
        cmocka_unit_test(a_shard_that_is_away_leaves_the_others_serving),
    };
    log_set_level(LOG_LEVEL_COUNT); /* what is logged is what is made */
    return cmocka_run_group_tests(tests, NULL, NULL);
}

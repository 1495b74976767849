/* Views on a streaming replica: what was written here a moment ago is found whatever the replica
 * has, and one that lags, is away or was promoted is left out. Which side answered is counted. */
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
#include "test/lib/pg.h"
#include "test/lib/store_fixture.h"

enum { SLOT = 1, OTHER = 6, SOON_MS = 20000 };

static const char primary[] = "shard-0", replica[] = "shard-0-replica";

typedef struct stage {
    pg servers;
    str replica;
    store_fixture *f;
} stage;

static const char *of(const stage *s, const char *name)
{
    return pg_named(&s->servers, name)->dsn;
}

static int begin(void **state)
{
    static const fixture_kind threaded = {"pg, threads", FIXTURE_PG, 0, true, 1};
    static const char *const flags[] = {"--replicas", NULL};
    stage *s = calloc(1, sizeof(*s)); /* freed by finish */
    assert_non_null(s);
    pg_start(&s->servers, flags);
    s->f = store_fixture_open_at(&threaded, FIXTURE_LANES, (const char *const[]){of(s, primary)});
    s->replica = str_of(of(s, replica));
    s->f->replicas = &s->replica;
    store_fixture_reopen(s->f);
    *state = s;
    return 0;
}

static int finish(void **state)
{
    stage *s = *state;
    store_fixture_close(s->f);
    pg_stop(&s->servers);
    free(s);
    return 0;
}

static result put(uow *u, job_act *a)
{
    coupon *c = coupon_get(u, a->request.slot, a->id);
    if (uow_pending(u))
        return R_AGAIN;
    if (c == NULL)
        coupon_new(u, a->request.slot, a->id)->member = 1;
    return R_DONE;
}

static void run_put(stage *s, uint16_t slot, uint64_t id)
{
    job_act a = store_fixture_act(s->f, slot, put);
    a.id = id;
    assert_int_equal(store_fixture_run(s->f, &a), R_DONE);
}

/* from_replica: which side it was. Also asks for a row of another slot, which is the primary's. */
static bool has(stage *s, uint16_t slot, uint64_t id, bool *from_replica)
{
    store_metrics before, after;
    arena *memory = arena_new(0);
    uow *u;
    store_metrics_read(s->f->store, &before);
    store_home home = {.slot = slot, .replica = true};
    assert_int_equal(store_read_begin_at(s->f->store, &home, memory, FIXTURE_START_MS, &u), R_DONE);
    bool found = coupon_get(u, slot, id) != NULL;
    coupon from = {.slot = slot, .member = 1};
    void *rows[UOW_SCAN_MAX];
    size_t n = uow_scan(u, &(uow_range){&coupon_table, 0, &from, 2, false}, UOW_SCAN_MAX, rows);
    assert_true(n > 0 || !found);
    (void)coupon_get(u, slot + 1, id);
    assert_int_equal(store_read_end(u), R_DONE);
    arena_free(memory);
    store_metrics_read(s->f->store, &after);
    assert_int_equal(after.replica_views + after.primary_views,
                     before.replica_views + before.primary_views + 1);
    *from_replica = after.replica_views > before.replica_views;
    return found;
}

/* Looks until that side answers; every look finds it. */
static void assert_found_on(stage *s, bool on_replica, uint16_t slot, uint64_t id)
{
    int64_t until = clock_monotonic_ms() + SOON_MS;
    for (bool is = !on_replica; is != on_replica;) {
        assert_true(has(s, slot, id, &is));
        assert_true(clock_monotonic_ms() < until);
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
}

/* ---- tests ---- */

static void a_replica_serves_what_it_has(void **state)
{
    stage *s = *state;
    run_put(s, SLOT, 1);
    assert_found_on(s, true, SLOT, 1);
    /* It is the replica's row: the primary's is another one by now. */
    database_run(of(s, replica), "SELECT pg_wal_replay_pause()");
    database_run(of(s, primary), "DELETE FROM coupon");
    bool on_replica;
    assert_true(has(s, SLOT, 1, &on_replica));
    assert_true(on_replica);
    database_run(of(s, replica), "SELECT pg_wal_replay_resume()");
}

static void what_was_written_here_is_always_found(void **state)
{
    stage *s = *state;
    bool on_replica;
    for (uint64_t id = 1; id <= 300; id++) {
        run_put(s, SLOT, id);
        assert_true(has(s, SLOT, id, &on_replica));
    }
    run_put(s, OTHER, 1);
    assert_found_on(s, true, OTHER, 1);
    database_run(of(s, replica), "SELECT pg_wal_replay_pause()");
    run_put(s, SLOT, 1000);
    assert_true(has(s, SLOT, 1000, &on_replica));
    assert_false(on_replica);
    assert_found_on(s, false, OTHER, 1); /* who has written nothing waits no longer than the lag */
    int64_t began = clock_monotonic_ms();
    while (clock_monotonic_ms() - began < 3 * STORE_REPLICA_LAG_MS) {
        assert_true(has(s, OTHER, 1, &on_replica));
        assert_false(on_replica);
    }
    database_run(of(s, replica), "SELECT pg_wal_replay_resume()");
    assert_found_on(s, true, SLOT, 1000);
    assert_found_on(s, true, OTHER, 1);
}

static void what_another_server_has_answered_is_found(void **state)
{
    stage *s = *state;
    run_put(s, SLOT, 1);
    assert_found_on(s, true, SLOT, 1);
    database_run(of(s, replica), "SELECT pg_wal_replay_pause()");
    database_run(of(s, primary), "DELETE FROM coupon");
    store_written_elsewhere(s->f->store, SLOT);
    bool on_replica;
    int64_t until = clock_monotonic_ms() + 2 * STORE_REPLICA_LAG_MS;
    while (clock_monotonic_ms() < until)
        assert_false(has(s, SLOT, 1, &on_replica));
    database_run(of(s, replica), "SELECT pg_wal_replay_resume()");
    until = clock_monotonic_ms() + SOON_MS;
    for (on_replica = false; !on_replica;) {
        assert_true(clock_monotonic_ms() < until);
        assert_false(has(s, SLOT, 1, &on_replica));
    }
}

static void a_replica_that_is_away_is_left_out_and_found_again(void **state)
{
    stage *s = *state;
    run_put(s, SLOT, 1);
    assert_found_on(s, true, SLOT, 1);
    pg_tell(&s->servers, "kill", replica);
    bool on_replica;
    for (int i = 0; i < 20; i++) {
        int64_t began = clock_monotonic_ms();
        assert_true(has(s, SLOT, 1, &on_replica));
        assert_false(on_replica);
        assert_true(clock_monotonic_ms() - began < SOON_MS / 10);
    }
    run_put(s, SLOT, 2);
    pg_tell(&s->servers, "start", replica);
    assert_found_on(s, true, SLOT, 2);
}

/* The heads that a view goes by are the replica's then; what the primary alone has is not read,
 * even when it is back. */
static void a_view_looks_at_heads_while_the_primary_is_away(void **state)
{
    stage *s = *state;
    s->f->follows = true;
    store_fixture_reopen(s->f);
    run_put(s, SLOT, 1);
    assert_found_on(s, true, SLOT, 1);
    arena *memory = arena_new(0);
    uow *u;
    store_home home = {.slot = SLOT, .replica = true};
    pg_tell(&s->servers, "kill", primary);
    size_t before = atomic_load(&s->f->epochs);
    assert_int_equal(store_read_begin_at(s->f->store, &home, memory, FIXTURE_START_MS, &u), R_DONE);
    assert_int_equal(atomic_load(&s->f->epochs), before + FIXTURE_LANES);
    assert_non_null(coupon_get(u, SLOT, 1));
    pg_tell(&s->servers, "start", primary);
    (void)coupon_get(u, SLOT + 1, 1);
    assert_int_equal(store_read_end(u), R_UNAVAILABLE);
    arena_free(memory);
}

/* What it has from then on is not the shard's. */
static void a_replica_that_was_promoted_is_none(void **state)
{
    stage *s = *state;
    bool on_replica;
    run_put(s, SLOT, 1);
    assert_found_on(s, true, SLOT, 1);
    database_run(of(s, replica), "SELECT pg_promote()");
    database_run(of(s, replica), "DELETE FROM coupon");
    for (int i = 0; i < 20; i++) {
        assert_true(has(s, SLOT, 1, &on_replica));
        assert_false(on_replica);
    }
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, begin, finish)
    static const struct CMUnitTest tests[] = {
        EACH(a_replica_serves_what_it_has),
        EACH(what_was_written_here_is_always_found),
        EACH(what_another_server_has_answered_is_found),
        EACH(a_replica_that_is_away_is_left_out_and_found_again),
        EACH(a_view_looks_at_heads_while_the_primary_is_away),
        EACH(a_replica_that_was_promoted_is_none),
    };
    log_set_level(LOG_LEVEL_COUNT); /* what is logged is what is made */
    return cmocka_run_group_tests(tests, NULL, NULL);
}

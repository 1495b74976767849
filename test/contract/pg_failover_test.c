/* A shard whose primary changes: a replica is promoted, and the old primary comes back as a second
 * one that takes writes. What was seen of the new one keeps this process from the old one. */
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

enum { SLOT = 1, WHY_MAX = 1000, PROMOTED_MS = 5000, URL_MAX = 2 * PG_DSN_MAX };

static const char primary[] = "shard-0", replica[] = "shard-0-replica";

typedef struct stage {
    pg servers;
    char url[URL_MAX]; /* names both, the first primary first */
    store_fixture *f;
} stage;

static const char *of(const stage *s, const char *name)
{
    return pg_named(&s->servers, name)->dsn;
}

/* postgresql://user:password@127.0.0.1:port/name of both in one. */
static void name_both(stage *s)
{
    const pg_node *first = pg_named(&s->servers, primary), *second = pg_named(&s->servers, replica);
    const char *end = strrchr(first->dsn_tcp, '/');
    int n = snprintf(s->url, sizeof(s->url), "%.*s,127.0.0.1:%u%s?target_session_attrs=read-write",
                     (int)(end - first->dsn_tcp), first->dsn_tcp, second->port, end);
    assert_in_range(n, 1, URL_MAX - 1);
}

static int begin(void **state)
{
    static const fixture_kind threaded = {"pg, threads", FIXTURE_PG, 0, true, 1};
    static const char *const flags[] = {"--replicas", NULL};
    stage *s = calloc(1, sizeof(*s)); /* freed by finish */
    assert_non_null(s);
    pg_start(&s->servers, flags);
    name_both(s);
    s->f = store_fixture_open_at(&threaded, FIXTURE_LANES, (const char *const[]){s->url});
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

/* In each lane. */
static result run_put(store_fixture *f, uint64_t id)
{
    result r = R_DONE;
    for (uint16_t lane = 0; lane < FIXTURE_LANES && r == R_DONE; lane++) {
        job_act a = store_fixture_act(f, lane, put);
        a.id = id;
        r = store_fixture_run(f, &a);
    }
    return r;
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

/* What it has of coupons with this id. */
static void assert_rows(const char *url, uint64_t id, int n)
{
    char sql[WHY_MAX];
    snprintf(sql, sizeof(sql),
             "SELECT 1 / (count(*) = %d)::int FROM coupon WHERE id = %llu # "
             "'-9223372036854775808'::int8",
             n, (unsigned long long)id);
    database_run(url, sql);
}

/* Without a standby to wait for, what the replica has not got is lost by promoting it. */
static void wait_for_replica(const stage *s)
{
    database_run(of(s, primary),
                 "DO $$ BEGIN FOR i IN 1..1000 LOOP PERFORM pg_sleep(0.01); PERFORM "
                 "pg_stat_clear_snapshot(); IF EXISTS (SELECT 1 FROM pg_stat_replication WHERE "
                 "replay_lsn = pg_current_wal_lsn()) THEN RETURN; END IF; END LOOP; RAISE "
                 "'it lags'; END $$");
}

/* How long nothing could be written. */
static int64_t fail_over(stage *s, uint64_t id)
{
    wait_for_replica(s);
    pg_tell(&s->servers, "kill", primary);
    database_run(of(s, replica), "SELECT pg_promote()");
    int64_t began = clock_monotonic_ms();
    while (run_put(s->f, id) != R_DONE)
        assert_true(clock_monotonic_ms() - began < 4 * PROMOTED_MS);
    return clock_monotonic_ms() - began;
}

static void end_connections(const char *url)
{
    database_run(url, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE "
                      "application_name LIKE 'quan%'");
}

/* ---- tests ---- */

static void a_promoted_replica_is_found_at_once(void **state)
{
    stage *s = *state;
    assert_int_equal(run_put(s->f, 1), R_DONE);
    int64_t took = fail_over(s, 2);
    print_message("written again %lld ms after the promotion\n", (long long)took);
    assert_in_range(took, 0, PROMOTED_MS);
    assert_true(has(s->f, 1));
    assert_true(has(s->f, 2));
    assert_rows(of(s, replica), 2, FIXTURE_LANES);
}

/* The old primary is started as it was: it takes writes, and its address comes first. */
static void an_old_primary_gets_nothing_from_who_knows_better(void **state)
{
    stage *s = *state;
    uint64_t id = 10;
    assert_int_equal(run_put(s->f, id), R_DONE);
    (void)fail_over(s, ++id);
    pg_tell(&s->servers, "start", primary);
    database_run(of(s, primary), "CREATE TABLE it_takes_writes (n int)");
    for (int i = 0; i < 3; i++) {
        end_connections(of(s, replica));
        assert_int_equal(run_put(s->f, ++id), R_DONE);
        assert_true(has(s->f, id));
        assert_rows(of(s, replica), id, FIXTURE_LANES);
        assert_rows(of(s, primary), id, 0);
    }
    /* One that is opened now looks at both. */
    store_fixture *other = store_fixture_open_at(&s->f->kind, 0, (const char *const[]){s->url});
    assert_int_equal(run_put(other, ++id), R_DONE);
    assert_rows(of(s, replica), id, FIXTURE_LANES);
    store_fixture_close(other);
    /* Rather none than the old one. */
    pg_tell(&s->servers, "kill", replica);
    for (int i = 0; i < 3; i++)
        assert_int_equal(run_put(s->f, ++id), R_UNAVAILABLE);
    assert_rows(of(s, primary), id, 0);
    pg_tell(&s->servers, "start", replica);
    int64_t began = clock_monotonic_ms();
    while (run_put(s->f, id) != R_DONE)
        assert_true(clock_monotonic_ms() - began < 4 * PROMOTED_MS);
    assert_rows(of(s, primary), id, 0);
    assert_int_equal(s->f->failures, 0);
}

/* Lanes that are still connected to the old primary write there no more once a reader has been to
 * the new one. */
static void connections_to_the_old_primary_are_given_up(void **state)
{
    stage *s = *state;
    assert_int_equal(run_put(s->f, 1), R_DONE);
    wait_for_replica(s);
    /* Both take writes, and the lanes are connected to the old one. */
    database_run(of(s, replica), "SELECT pg_promote()");
    assert_int_equal(run_put(s->f, 2), R_DONE);
    assert_rows(of(s, primary), 2, FIXTURE_LANES);
    /* The old one takes no new connections: the reader, whose was made first, finds the new one. */
    char elsewhere[URL_MAX];
    (void)snprintf(elsewhere, sizeof(elsewhere), "%s dbname=postgres", of(s, primary));
    database_run(elsewhere, "ALTER DATABASE quan ALLOW_CONNECTIONS false");
    database_run(elsewhere, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE "
                            "application_name LIKE 'quan%' ORDER BY backend_start LIMIT 1");
    assert_false(has(s->f, 2));
    assert_int_equal(run_put(s->f, 3), R_DONE);
    assert_rows(of(s, replica), 3, FIXTURE_LANES);
    database_run(elsewhere, "ALTER DATABASE quan ALLOW_CONNECTIONS true");
    assert_rows(of(s, primary), 3, 0);
    assert_int_equal(s->f->failures, 0);
}

/* A view names what was written at the new primary, of which this process knows nothing yet: it is
 * not the old one, to which it is connected and which takes writes, that answers. */
static void what_the_new_primary_has_answered_is_not_asked_of_the_old(void **state)
{
    stage *s = *state;
    str stream = str_of(of(s, replica));
    s->f->replicas = &stream;
    store_fixture_reopen(s->f);
    assert_int_equal(run_put(s->f, 1), R_DONE);
    wait_for_replica(s);
    database_run(of(s, replica), "SELECT pg_promote()");
    store_fixture *other = store_fixture_open_at(&s->f->kind, 0, (const char *const[]){s->url});
    other->replicas = &stream;
    store_fixture_reopen(other);
    assert_int_equal(run_put(other, 2), R_DONE);
    assert_rows(of(s, replica), 2, FIXTURE_LANES);
    store_position there;
    uow *u;
    arena *memory = arena_new(0);
    store_position_here(other->store, memory, &there);
    store_home home = {.slot = SLOT, .replica = true, .after = &there};
    assert_int_equal(store_read_begin_at(s->f->store, &home, memory, FIXTURE_START_MS, &u),
                     R_UNAVAILABLE);
    store_reach(s->f->store); /* which goes and looks */
    assert_int_equal(store_read_begin_at(s->f->store, &home, memory, FIXTURE_START_MS, &u), R_DONE);
    assert_non_null(coupon_get(u, SLOT, 2));
    assert_int_equal(store_read_end(u), R_DONE);
    assert_int_equal(run_put(s->f, 3), R_DONE); /* by lanes that were connected to the old one */
    assert_rows(of(s, replica), 3, FIXTURE_LANES);
    assert_rows(of(s, primary), 3, 0);
    arena_free(memory);
    store_fixture_close(other);
    store_fixture_reopen(s->f);
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, begin, finish)
    static const struct CMUnitTest tests[] = {
        EACH(a_promoted_replica_is_found_at_once),
        EACH(an_old_primary_gets_nothing_from_who_knows_better),
        EACH(connections_to_the_old_primary_are_given_up),
        EACH(what_the_new_primary_has_answered_is_not_asked_of_the_old),
    };
    log_set_level(LOG_LEVEL_COUNT); /* what is logged is what is made */
    return cmocka_run_group_tests(tests, NULL, NULL);
}

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

enum { SLOT = 1, OTHER = 6, SOON_MS = 20000, RARE_MS = 3000 };

/* Ids from here on are of the slot OTHER, all before of SLOT. */
enum { OTHERS = 5000 };

static const char primary[] = "shard-0", replica[] = "shard-0-replica";

enum { DSN_MAX = PG_DSN_MAX + PG_NAME_MAX };

static pg servers; /* of all tests, each with a database of its own */

typedef struct stage {
    char name[PG_NAME_MAX];                  /* of the database */
    char primary[DSN_MAX], replica[DSN_MAX]; /* where it is */
    str stream;                              /* the replica */
    store_fixture *f;
} stage;

static int start(void **state)
{
    static const char *const flags[] = {"--replicas", NULL};
    (void)state;
    pg_start(&servers, flags);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    pg_stop(&servers);
    return 0;
}

/* Of several words of a kind the last one counts. */
static void name_at(char dsn[DSN_MAX], const stage *s, const char *node)
{
    int n = snprintf(dsn, DSN_MAX, "%s dbname=%s", pg_named(&servers, node)->dsn, s->name);
    assert_in_range(n, 1, DSN_MAX - 1);
}

static int begin(void **state)
{
    static const fixture_kind threaded = {"pg, threads", FIXTURE_PG, 0, true, 1};
    static int made;
    char sql[2 * PG_NAME_MAX];
    stage *s = calloc(1, sizeof(*s)); /* freed by finish */
    assert_non_null(s);
    (void)snprintf(s->name, sizeof(s->name), "shop_%d", made++);
    (void)snprintf(sql, sizeof(sql), "CREATE DATABASE %s", s->name);
    database_run(pg_named(&servers, primary)->dsn, sql);
    name_at(s->primary, s, primary);
    name_at(s->replica, s, replica);
    s->f = store_fixture_open_at(&threaded, FIXTURE_LANES, (const char *const[]){s->primary});
    s->stream = str_of(s->replica);
    s->f->replicas = &s->stream;
    store_fixture_reopen(s->f);
    *state = s;
    return 0;
}

/* Whoever was killed is there again for the next one. */
static int finish(void **state)
{
    stage *s = *state;
    store_fixture_close(s->f);
    for (size_t i = 0; i < servers.n; i++)
        if (!servers.nodes[i].running)
            pg_tell(&servers, "start", servers.nodes[i].name);
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

static void put_at(store_fixture *f, uint64_t id)
{
    job_act a = store_fixture_act(f, id >= OTHERS ? OTHER : SLOT, put);
    a.id = id;
    assert_int_equal(store_fixture_run(f, &a), R_DONE);
}

static void run_put(stage *s, uint64_t id)
{
    put_at(s->f, id);
}

/* from_replica: which side it was. Also asks for a row of another slot, which is the primary's.
 * after: NULL: no position is named. */
static bool has_after(stage *s, uint64_t id, const store_position *after, bool *from_replica)
{
    uint16_t slot = id >= OTHERS ? OTHER : SLOT;
    store_metrics before, since;
    arena *memory = arena_new(0);
    uow *u;
    store_metrics_read(s->f->store, &before);
    store_home home = {.slot = slot, .replica = true, .after = after};
    assert_int_equal(store_read_begin_at(s->f->store, &home, memory, FIXTURE_START_MS, &u), R_DONE);
    bool found = coupon_get(u, slot, id) != NULL;
    coupon from = {.slot = slot, .member = 1};
    void *rows[UOW_SCAN_MAX];
    size_t n = uow_scan(u, &(uow_range){&coupon_table, 0, &from, 2, false}, UOW_SCAN_MAX, rows);
    assert_true(n > 0 || !found);
    (void)coupon_get(u, slot + 1, id);
    assert_int_equal(store_read_end(u), R_DONE);
    arena_free(memory);
    store_metrics_read(s->f->store, &since);
    assert_int_equal(since.replica_views + since.primary_views,
                     before.replica_views + before.primary_views + 1);
    *from_replica = since.replica_views > before.replica_views;
    return found;
}

static bool has(stage *s, uint64_t id, bool *from_replica)
{
    return has_after(s, id, NULL, from_replica);
}

/* Looks until that side answers; every look finds it. */
static void assert_found_on(stage *s, bool on_replica, uint64_t id)
{
    int64_t until = clock_monotonic_ms() + SOON_MS;
    for (bool is = !on_replica; is != on_replica;) {
        assert_true(has(s, id, &is));
        assert_true(clock_monotonic_ms() < until);
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
}

/* ---- tests ---- */

static void a_replica_serves_what_it_has(void **state)
{
    stage *s = *state;
    run_put(s, 1);
    assert_found_on(s, true, 1);
    /* It is the replica's row: the primary's is another one by now. */
    database_run(s->replica, "SELECT pg_wal_replay_pause()");
    database_run(s->primary, "DELETE FROM coupon");
    bool on_replica;
    assert_true(has(s, 1, &on_replica));
    assert_true(on_replica);
    database_run(s->replica, "SELECT pg_wal_replay_resume()");
}

static void what_was_written_here_is_always_found(void **state)
{
    stage *s = *state;
    bool on_replica;
    for (uint64_t id = 1; id <= 300; id++) {
        run_put(s, id);
        assert_true(has(s, id, &on_replica));
    }
    run_put(s, OTHERS);
    assert_found_on(s, true, OTHERS);
    database_run(s->replica, "SELECT pg_wal_replay_pause()");
    run_put(s, 1000);
    assert_true(has(s, 1000, &on_replica));
    assert_false(on_replica);
    assert_found_on(s, false, OTHERS); /* who has written nothing waits no longer than the lag */
    int64_t began = clock_monotonic_ms();
    while (clock_monotonic_ms() - began < 3 * STORE_REPLICA_LAG_MS) {
        assert_true(has(s, OTHERS, &on_replica));
        assert_false(on_replica);
    }
    database_run(s->replica, "SELECT pg_wal_replay_resume()");
    assert_found_on(s, true, 1000);
    assert_found_on(s, true, OTHERS);
}

/* Another server of the store, and where its log is. */
static store_fixture *open_other(stage *s)
{
    store_fixture *other = store_fixture_open_at(&s->f->kind, 0, (const char *const[]){s->primary});
    other->replicas = &s->stream;
    store_fixture_reopen(other);
    return other;
}

static void what_another_server_has_answered_is_found(void **state)
{
    stage *s = *state;
    run_put(s, 1);
    assert_found_on(s, true, 1);
    store_fixture *other = open_other(s);
    store_position there;
    arena *memory = arena_new(0);
    store_position_here(other->store, memory, &there);
    assert_int_equal(there.places.n, 0); /* it has committed nothing */
    database_run(s->replica, "SELECT pg_wal_replay_pause()");
    put_at(other, 2);
    store_position_here(other->store, memory, &there);
    assert_int_equal(there.places.n, 1);
    store_position_seen(s->f->store, SLOT, &there);
    bool on_replica;
    assert_true(has(s, 2, &on_replica));
    assert_false(on_replica);
    database_run(s->replica, "SELECT pg_wal_replay_resume()");
    assert_found_on(s, true, 2);
    /* And is in what this one names from now on. */
    store_position here;
    store_position_here(s->f->store, memory, &here);
    assert_true(here.places.items[0].at >= there.places.items[0].at);
    arena_free(memory);
    store_fixture_close(other);
}

/* An act that finds its answer here, written by another server, changes nothing but its lane's
 * head: who is answered finds it all the same. */
static void what_was_answered_by_rows_of_others_is_found(void **state)
{
    stage *s = *state;
    run_put(s, 1);
    assert_found_on(s, true, 1);
    store_fixture *other = open_other(s);
    database_run(s->replica, "SELECT pg_wal_replay_pause()");
    put_at(other, 2);
    run_put(s, 2);
    bool on_replica;
    assert_true(has(s, 2, &on_replica));
    assert_false(on_replica);
    database_run(s->replica, "SELECT pg_wal_replay_resume()");
    assert_found_on(s, true, 2);
    store_fixture_close(other);
}

static void what_a_view_names_is_found(void **state)
{
    stage *s = *state;
    bool on_replica;
    store_fixture *other = open_other(s);
    arena *memory = arena_new(0);
    for (uint64_t id = 1; id <= 5; id++) {
        store_position there;
        run_put(s, id * 10);
        assert_found_on(s, true, id * 10);
        database_run(s->replica, "SELECT pg_wal_replay_pause()");
        put_at(other, id * 10 + 1);
        store_position_here(other->store, memory, &there);
        assert_true(has_after(s, id * 10 + 1, &there, &on_replica));
        assert_false(on_replica);
        database_run(s->replica, "SELECT pg_wal_replay_resume()");
        int64_t until = clock_monotonic_ms() + SOON_MS;
        for (on_replica = false; !on_replica;) {
            assert_true(has_after(s, id * 10 + 1, &there, &on_replica));
            assert_true(clock_monotonic_ms() < until);
        }
    }
    arena_free(memory);
    store_fixture_close(other);
}

static result begin_after(stage *s, const store_position *after)
{
    uow *u;
    arena *memory = arena_new(0);
    store_home home = {.slot = SLOT, .replica = true, .after = after};
    result r = store_read_begin_at(s->f->store, &home, memory, FIXTURE_START_MS, &u);
    if (r == R_DONE)
        r = store_read_end(u);
    arena_free(memory);
    return r;
}

/* A place is one of its shard, its system and its timeline. */
static void places_of_other_logs_are_told_apart(void **state)
{
    stage *s = *state;
    bool on_replica;
    run_put(s, 1);
    assert_found_on(s, true, 1);
    shard_place at;
    store_position after = {.places = {&at, 1}}, here;
    arena *memory = arena_new(0);
    store_position_here(s->f->store, memory, &here);
    at = here.places.items[0];
    assert_found_on(s, true, 1);
    at.at += INT64_C(1) << 40; /* not written yet */
    assert_true(has_after(s, 1, &after, &on_replica));
    assert_false(on_replica);
    at.timeline--; /* what is left of that, each server of today has */
    assert_true(has_after(s, 1, &after, &on_replica));
    assert_true(on_replica);
    at.timeline += 2; /* a primary that is not to be found */
    assert_int_equal(begin_after(s, &after), R_UNAVAILABLE);
    at.system++; /* of who knows what */
    assert_int_equal(begin_after(s, &after), R_DONE);
    assert_true(has_after(s, 1, &after, &on_replica));
    assert_false(on_replica);
    at.shard = STORE_SHARDS_MAX;
    assert_true(has_after(s, 1, &after, &on_replica));
    assert_true(on_replica);
    arena_free(memory);
}

/* Where nobody reads for a while, nobody has asked how far the replica should be. */
static void rare_views_are_not_of_long_ago(void **state)
{
    stage *s = *state;
    run_put(s, 1);
    assert_found_on(s, true, 1);
    database_run(s->replica, "SELECT pg_wal_replay_pause()");
    store_fixture *other = open_other(s);
    put_at(other, 2);
    nanosleep(&(struct timespec){.tv_sec = RARE_MS / 1000}, NULL);
    bool on_replica;
    assert_true(has(s, 2, &on_replica));
    assert_false(on_replica);
    database_run(s->replica, "SELECT pg_wal_replay_resume()");
    store_fixture_close(other);
}

static void a_replica_that_is_away_is_left_out_and_found_again(void **state)
{
    stage *s = *state;
    run_put(s, 1);
    assert_found_on(s, true, 1);
    pg_tell(&servers, "kill", replica);
    bool on_replica;
    for (int i = 0; i < 20; i++) {
        int64_t began = clock_monotonic_ms();
        assert_true(has(s, 1, &on_replica));
        assert_false(on_replica);
        assert_true(clock_monotonic_ms() - began < SOON_MS / 10);
    }
    run_put(s, 2);
    pg_tell(&servers, "start", replica);
    assert_found_on(s, true, 2);
}

/* The heads that a view goes by are the replica's then; what the primary alone has is not read,
 * even when it is back. */
static void a_view_looks_at_heads_while_the_primary_is_away(void **state)
{
    stage *s = *state;
    s->f->follows = true;
    store_fixture_reopen(s->f);
    run_put(s, 1);
    assert_found_on(s, true, 1);
    arena *memory = arena_new(0);
    uow *u;
    store_home home = {.slot = SLOT, .replica = true};
    pg_tell(&servers, "kill", primary);
    size_t before = atomic_load(&s->f->epochs);
    assert_int_equal(store_read_begin_at(s->f->store, &home, memory, FIXTURE_START_MS, &u), R_DONE);
    assert_int_equal(atomic_load(&s->f->epochs), before + FIXTURE_LANES);
    assert_non_null(coupon_get(u, SLOT, 1));
    pg_tell(&servers, "start", primary);
    (void)coupon_get(u, SLOT + 1, 1);
    assert_int_equal(store_read_end(u), R_UNAVAILABLE);
    arena_free(memory);
}

/* Rows of two moments would not fit together: it is for who reads to begin anew. */
static void a_view_whose_replica_ends_says_so(void **state)
{
    stage *s = *state;
    arena *memory = arena_new(0);
    uow *u;
    store_home home = {.slot = SLOT, .replica = true};
    run_put(s, 1);
    run_put(s, 2);
    for (int way = 0; way < 2; way++) {
        assert_found_on(s, true, 2);
        assert_int_equal(store_read_begin_at(s->f->store, &home, memory, FIXTURE_START_MS, &u),
                         R_DONE);
        assert_non_null(coupon_get(u, SLOT, 1));
        if (way == 0)
            database_run(s->replica, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                                     "WHERE application_name LIKE 'quan%'");
        else
            pg_tell(&servers, "kill", replica);
        assert_null(coupon_get(u, SLOT, 2));
        assert_int_equal(store_read_end(u), R_STALE);
    }
    home.replica = false;
    assert_int_equal(store_read_begin_at(s->f->store, &home, memory, FIXTURE_START_MS, &u), R_DONE);
    assert_non_null(coupon_get(u, SLOT, 2));
    assert_int_equal(store_read_end(u), R_DONE);
    arena_free(memory);
}

/* What it has from then on is not the shard's. */
static void a_replica_that_was_promoted_is_none(void **state)
{
    stage *s = *state;
    bool on_replica;
    run_put(s, 1);
    assert_found_on(s, true, 1);
    database_run(s->replica, "SELECT pg_promote()");
    database_run(s->replica, "DELETE FROM coupon");
    for (int i = 0; i < 20; i++) {
        assert_true(has(s, 1, &on_replica));
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
        EACH(what_was_answered_by_rows_of_others_is_found),
        EACH(what_a_view_names_is_found),
        EACH(places_of_other_logs_are_told_apart),
        EACH(rare_views_are_not_of_long_ago),
        EACH(a_replica_that_is_away_is_left_out_and_found_again),
        EACH(a_view_looks_at_heads_while_the_primary_is_away),
        EACH(a_view_whose_replica_ends_says_so),
        EACH(a_replica_that_was_promoted_is_none), /* the last one: it is none from then on */
    };
    log_set_level(LOG_LEVEL_COUNT); /* what is logged is what is made */
    return cmocka_run_group_tests(tests, start, stop);
}

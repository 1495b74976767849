/* Positions without a server: what a slot owes when what is told of it comes late, and that naming
 * a primary that nobody has seen keeps nobody waiting. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "port/clock.h"
#include "store/pg/replica.h"

enum { SLOT = 7, SYSTEM = 99, URL_MAX = 200, AT_ONCE_MS = 1000 };

/* One shard, at this address, and a replica that nobody asks. */
static pg_engine *engine_at(const char *url)
{
    pg_engine *p = calloc(1, sizeof(*p)); /* freed by engine_free */
    assert_non_null(p);
    p->has_replicas = true;
    p->shards_n = 1;
    pg_shard_init(&p->shards[0], p, 0, str_of(url));
    atomic_store(&p->shards[0].system, SYSTEM);
    atomic_store(&p->shards[0].timeline, 1);
    return p;
}

static void engine_free(pg_engine *p)
{
    pg_shard_free(&p->shards[0]);
    free(p);
}

static void told(pg_engine *p, uint64_t system, int64_t at)
{
    shard_place place = {0, system, 1, at};
    pg_position_seen(&p->engine, SLOT, &(store_position){.places = {&place, 1}});
}

static int64_t owed(pg_engine *p)
{
    return atomic_load(&p->positions[SLOT]);
}

static void only_a_commit_here_ends_that_one_is_unknown(void **state)
{
    (void)state;
    pg_engine *p = engine_at("postgres://quan@127.0.0.1/quan");
    told(p, SYSTEM, 100);
    assert_int_equal(owed(p), 100);
    told(p, SYSTEM, 50); /* late */
    assert_int_equal(owed(p), 100);
    pg_replica_owes_slot(p, SLOT, PG_POSITION_UNKNOWN);
    told(p, SYSTEM, 120); /* may be of before */
    assert_int_equal(owed(p), PG_POSITION_UNKNOWN);
    told(p, SYSTEM + 1, 120);
    assert_int_equal(owed(p), PG_POSITION_UNKNOWN);
    pg_replica_owes_slot(p, SLOT, 110);
    assert_int_equal(owed(p), 110);
    engine_free(p);
}

static void who_does_not_say_where_it_was_may_say_so_later(void **state)
{
    (void)state;
    pg_engine *p = engine_at("postgres://quan@127.0.0.1/quan");
    told(p, SYSTEM + 1, 100);
    assert_int_equal(owed(p), PG_POSITION_UNTOLD);
    told(p, SYSTEM, 100);
    assert_int_equal(owed(p), 100);
    told(p, SYSTEM + 1, 100);
    pg_replica_owes_slot(p, SLOT, 110);
    assert_int_equal(owed(p), 110);
    engine_free(p);
}

/* Takes connections, and says nothing. */
static int silent(uint16_t *port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t n = sizeof(at);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, n), 0);
    assert_int_equal(listen(fd, 100), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &n), 0);
    *port = ntohs(at.sin_port);
    return fd;
}

static void naming_a_later_primary_waits_for_no_host(void **state)
{
    (void)state;
    char url[URL_MAX];
    uint16_t first, second;
    int one = silent(&first), two = silent(&second);
    (void)snprintf(url, sizeof(url), "postgres://quan@127.0.0.1:%u,127.0.0.1:%u/quan", first,
                   second);
    pg_engine *p = engine_at(url);
    shard_place place = {0, SYSTEM, 1, 1};
    store_position after = {.places = {&place, 1}};
    assert_true(pg_position_reached(p, &after));
    int64_t began = clock_monotonic_ms();
    for (place.timeline = 2; place.timeline < 20; place.timeline++)
        assert_false(pg_position_reached(p, &after));
    assert_true(clock_monotonic_ms() - began < AT_ONCE_MS);
    assert_true(atomic_load(&p->shards[0].sought));
    engine_free(p);
    close(one);
    close(two);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_a_commit_here_ends_that_one_is_unknown),
        cmocka_unit_test(who_does_not_say_where_it_was_may_say_so_later),
        cmocka_unit_test(naming_a_later_primary_waits_for_no_host),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

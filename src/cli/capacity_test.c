/* The capacity model: by hand, at its bounds, and that more asks for more. */
#include "cli/capacity.h"

#include "base/test_help.h"

enum { MILLION = 1000000, MACHINE = 16, BUSY = 60 };

static capacity_wish wish_of(capacity_kind kind, uint64_t rate)
{
    capacity_wish w = {.store = CAPACITY_PG, .busy_percent = BUSY, .cores_of_machine = MACHINE};
    w.rates[kind] = rate;
    return w;
}

static void one_kind_is_its_cost_times_its_rate(void **state)
{
    (void)state;
    for (int s = 0; s < CAPACITY_STORES; s++) {
        for (int i = 0; i < CAPACITY_KINDS; i++) {
            const capacity_price *p = &capacity_costs[i].of[s];
            capacity_wish w = wish_of((capacity_kind)i, MILLION);
            w.store = (capacity_store)s;
            capacity_need n = capacity_of(&w, (capacity_kind)i);
            assert_int_equal(n.server_milli, p->server_ns); /* 10^6 × ns: 1/1000 s */
            assert_int_equal(n.primary_milli, p->database_ns);
            assert_int_equal(n.replica_milli, 0);
            assert_int_equal(n.log_bytes_s, p->log_bytes * MILLION);
            assert_int_equal(n.kept_bytes_day, p->kept_bytes * 86400 * MILLION);
            assert_true(p->server_ns > 0 && (p->database_ns > 0) == (s == CAPACITY_PG));
            assert_true((p->log_bytes > 0) == capacity_costs[i].writes);
        }
    }
}

static void processors_stay_below_what_may_be_busy(void **state)
{
    (void)state;
    const capacity_price *p = &capacity_costs[CAPACITY_CLAIM].of[CAPACITY_PG];
    for (uint64_t percent = 1; percent <= 100; percent++) {
        capacity_wish w = wish_of(CAPACITY_CLAIM, 50000);
        w.busy_percent = percent;
        capacity_need n = capacity_for(&w);
        uint64_t busy_ns = 50000 * p->database_ns; /* in a second */
        assert_true(n.primary_cores * percent * 10000000 >= busy_ns);
        assert_true((n.primary_cores - 1) * percent * 10000000 < busy_ns);
        assert_true(n.shards * MACHINE >= n.primary_cores);
        assert_true((n.shards - 1) * MACHINE < n.primary_cores);
        assert_true(n.servers * MACHINE >= n.server_cores);
        assert_true(n.server_cores * percent * 10 >= n.server_milli);
    }
}

static void kinds_add_up(void **state)
{
    (void)state;
    capacity_wish all = {.store = CAPACITY_PG, .busy_percent = BUSY, .cores_of_machine = 4};
    uint64_t database = 0, log = 0;
    for (int i = 0; i < CAPACITY_KINDS; i++) {
        all.rates[i] = (uint64_t)(i + 1) * 1000;
        capacity_need one = capacity_of(&all, (capacity_kind)i);
        database += one.primary_milli;
        log += one.log_bytes_s;
    }
    capacity_need n = capacity_for(&all);
    assert_int_equal(n.primary_milli, database);
    assert_int_equal(n.log_bytes_s, log);
}

static void nothing_needs_one_of_each(void **state)
{
    (void)state;
    capacity_wish w = wish_of(CAPACITY_CLAIM, 0);
    capacity_need n = capacity_for(&w);
    assert_int_equal(n.server_cores, 1);
    assert_int_equal(n.primary_cores, 1);
    assert_int_equal(n.servers, 1);
    assert_int_equal(n.shards, 1);
    assert_int_equal(n.replicas, 0);
    assert_int_equal(n.log_bytes_s, 0);
    w.store = CAPACITY_ROCKS;
    n = capacity_for(&w);
    assert_int_equal(n.servers, 1);
    assert_int_equal(n.shards + n.primary_cores + n.connections, 0);
}

static void the_largest_do_not_overflow(void **state)
{
    (void)state;
    capacity_wish w = {.store = CAPACITY_PG,
                       .busy_percent = 1,
                       .cores_of_machine = 1,
                       .replicas = CAPACITY_REPLICAS_MAX};
    for (int i = 0; i < CAPACITY_KINDS; i++)
        w.rates[i] = CAPACITY_RATE_MAX;
    capacity_need most = capacity_for(&w);
    w.rates[CAPACITY_CLAIM]--;
    capacity_need less = capacity_for(&w);
    assert_true(most.kept_bytes_day > less.kept_bytes_day);
    assert_true(most.log_bytes_s > less.log_bytes_s);
    assert_true(most.primary_cores >= less.primary_cores && less.primary_cores > MILLION);
}

/* Each of n sends on what is of the others' lanes: 1/2 of two servers, 2/3 of three. */
static void servers_pay_for_what_they_send_on(void **state)
{
    (void)state;
    uint64_t own_ns = capacity_costs[CAPACITY_CLAIM].of[CAPACITY_PG].server_ns, before = 0;
    for (uint64_t rate = 10000; rate < 5 * MILLION; rate += 70000) {
        capacity_wish w = wish_of(CAPACITY_CLAIM, rate);
        capacity_need n = capacity_for(&w);
        uint64_t sent = rate * (n.servers - 1) / n.servers;
        uint64_t milli = (rate * own_ns + sent * CAPACITY_FORWARD_NS) / MILLION;
        assert_in_range(n.server_milli, milli, milli + 2);
        assert_true(n.server_cores <= n.servers * MACHINE);
        assert_true(n.servers >= before);
        before = n.servers;
    }
    capacity_wish reads = wish_of(CAPACITY_COUPON, 5 * MILLION);
    capacity_need n = capacity_for(&reads);
    assert_true(n.servers > 1);
    assert_int_equal(n.server_milli, 5 * capacity_costs[CAPACITY_COUPON].of[CAPACITY_PG].server_ns);
}

static void replicas_take_reads_and_the_log(void **state)
{
    (void)state;
    capacity_wish w = wish_of(CAPACITY_CLAIM, 1000);
    w.rates[CAPACITY_WALLET] = 1000;
    capacity_need without = capacity_for(&w);
    w.replicas = 1;
    capacity_need one = capacity_for(&w);
    w.replicas = 2;
    capacity_need two = capacity_for(&w);
    uint64_t reads = capacity_costs[CAPACITY_WALLET].of[CAPACITY_PG].database_ns / 1000;
    uint64_t replay = one.log_bytes_s / 1000 * CAPACITY_REPLAY_NS / MILLION;
    assert_int_equal(without.replica_milli, 0);
    assert_in_range(without.primary_milli, one.primary_milli + reads,
                    one.primary_milli + reads + 1);
    assert_in_range(one.replica_milli, reads + replay, reads + replay + 2);
    assert_in_range(two.replica_milli, reads + 2 * replay, reads + 2 * replay + 3);
    assert_int_equal(one.replicas, 1);
    assert_int_equal(two.replicas, 2);
}

static void many_reads_need_more_replicas(void **state)
{
    (void)state;
    capacity_wish w = wish_of(CAPACITY_WALLET, MILLION);
    w.replicas = 1;
    capacity_need n = capacity_for(&w);
    /* Of one shard or of many: several servers load the primary, too. */
    uint64_t room = n.shards * MACHINE * BUSY * 10;
    assert_true(n.shards * n.replicas > 1 && n.replicas * room >= n.replica_milli);
    assert_true(n.replicas == w.replicas || (n.replicas - 1) * room < n.replica_milli);
}

/* More than one replica can do, and less than one server: it would leave the other one idle. */
static void a_server_reads_from_one_replica_at_a_time(void **state)
{
    (void)state;
    const capacity_price *p = &capacity_costs[CAPACITY_WALLET].of[CAPACITY_PG];
    uint64_t room_ns = MACHINE * BUSY * UINT64_C(10000000);
    capacity_wish w = wish_of(CAPACITY_WALLET, room_ns / p->database_ns);
    assert_true(p->server_ns < p->database_ns);
    w.replicas = 2;
    assert_int_equal(capacity_for(&w).servers, 1);
    w.rates[CAPACITY_WALLET] += 1000;
    capacity_need n = capacity_for(&w);
    assert_int_equal(n.replicas, 2);
    assert_int_equal(n.servers, 2);
    for (uint64_t rate = MILLION / 10; rate < 10 * MILLION; rate += MILLION / 3) {
        w.rates[CAPACITY_WALLET] = rate;
        n = capacity_for(&w);
        assert_true(n.servers >= n.replicas);
    }
}

static void several_servers_look_at_heads_on_the_primary(void **state)
{
    (void)state;
    capacity_wish w = wish_of(CAPACITY_COUPON, 1000);
    w.replicas = 1;
    capacity_need n = capacity_for(&w);
    assert_int_equal(n.servers, 1);
    assert_int_equal(n.primary_milli, 0);
    w.rates[CAPACITY_COUPON] = MILLION;
    n = capacity_for(&w);
    assert_true(n.servers > 1);
    assert_int_equal(n.primary_milli, CAPACITY_HEADS_NS);
    w.replicas = 0; /* then the primary has them with the rows */
    n = capacity_for(&w);
    assert_int_equal(n.primary_milli, capacity_costs[CAPACITY_COUPON].of[CAPACITY_PG].database_ns);
}

/* One process applies the log: beyond what it can, a further shard is needed, no core. */
static void the_log_of_a_shard_is_one_process(void **state)
{
    (void)state;
    for (uint64_t machine = 1; machine <= CAPACITY_CORES_MAX; machine *= 4) {
        capacity_wish w = wish_of(CAPACITY_CLAIM, MILLION);
        w.cores_of_machine = machine;
        w.replicas = 1;
        capacity_need n = capacity_for(&w);
        uint64_t replay = n.log_bytes_s / 1000 * CAPACITY_REPLAY_NS / MILLION;
        assert_true(replay / n.shards <= BUSY * 10);
        w.rates[CAPACITY_WALLET] = 1; /* and something is left for reads */
        n = capacity_for(&w);
        assert_true(replay / n.shards < machine * BUSY * 10);
    }
}

static void connections_are_of_servers_and_lanes(void **state)
{
    (void)state;
    capacity_wish w = wish_of(CAPACITY_CLAIM, 1000);
    capacity_need n = capacity_for(&w);
    assert_int_equal(n.lanes, MACHINE);
    assert_int_equal(n.connections, CAPACITY_READERS + MACHINE);
    w.lanes = 6;
    n = capacity_for(&w);
    assert_int_equal(n.connections, CAPACITY_READERS + 6);
    w = wish_of(CAPACITY_CLAIM, 700000);
    n = capacity_for(&w);
    assert_true(n.servers > 1 && n.shards > 1);
    assert_int_equal(n.lanes % n.shards, 0);
    assert_int_equal(n.connections, n.servers * CAPACITY_READERS + n.lanes / n.shards);
    assert_int_equal(n.connections_most, n.servers * (CAPACITY_READERS + n.lanes / n.shards));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_kind_is_its_cost_times_its_rate),
        cmocka_unit_test(processors_stay_below_what_may_be_busy),
        cmocka_unit_test(kinds_add_up),
        cmocka_unit_test(nothing_needs_one_of_each),
        cmocka_unit_test(the_largest_do_not_overflow),
        cmocka_unit_test(servers_pay_for_what_they_send_on),
        cmocka_unit_test(replicas_take_reads_and_the_log),
        cmocka_unit_test(many_reads_need_more_replicas),
        cmocka_unit_test(a_server_reads_from_one_replica_at_a_time),
        cmocka_unit_test(several_servers_look_at_heads_on_the_primary),
        cmocka_unit_test(the_log_of_a_shard_is_one_process),
        cmocka_unit_test(connections_are_of_servers_and_lanes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The capacity model: by hand, at its bounds, and that more asks for more. */
#include "cli/capacity.h"

#include "base/test_help.h"

static capacity_wish wish_of(capacity_kind kind, uint64_t rate)
{
    capacity_wish w = {.busy_percent = 60, .cores_of_machine = 16};
    w.rates[kind] = rate;
    return w;
}

static void one_kind_is_its_cost_times_its_rate(void **state)
{
    (void)state;
    for (int i = 0; i < CAPACITY_KINDS; i++) {
        const capacity_cost *c = &capacity_costs[i];
        capacity_need n = capacity_of((capacity_kind)i, 1000000);
        assert_int_equal(n.server_milli, c->server_ns); /* 10^6 × ns = thousandths of a second */
        assert_int_equal(n.database_milli, c->database_ns);
        assert_int_equal(n.log_bytes_s, c->log_bytes * 1000000);
        assert_int_equal(n.kept_bytes_day, c->kept_bytes * 86400 * 1000000);
        assert_true(c->server_ns > 0 && c->database_ns > 0);
    }
}

static void processors_stay_below_what_may_be_busy(void **state)
{
    (void)state;
    const capacity_cost *c = &capacity_costs[CAPACITY_CLAIM];
    for (uint64_t percent = 1; percent <= 100; percent++) {
        capacity_wish w = wish_of(CAPACITY_CLAIM, 50000);
        w.busy_percent = percent;
        capacity_need n = capacity_for(&w);
        uint64_t busy_ns = 50000 * c->database_ns; /* in a second */
        assert_true(n.database_cores * percent * 10000000 >= busy_ns);
        assert_true((n.database_cores - 1) * percent * 10000000 < busy_ns);
        assert_true(n.shards * 16 >= n.database_cores && (n.shards - 1) * 16 < n.database_cores);
        assert_true(n.servers * 16 >= n.server_cores && (n.servers - 1) * 16 < n.server_cores);
    }
}

static void kinds_add_up(void **state)
{
    (void)state;
    capacity_wish all = {.busy_percent = 60, .cores_of_machine = 4};
    uint64_t database = 0, log = 0;
    for (int i = 0; i < CAPACITY_KINDS; i++) {
        all.rates[i] = (uint64_t)(i + 1) * 1000;
        capacity_need one = capacity_of((capacity_kind)i, all.rates[i]);
        database += one.database_milli;
        log += one.log_bytes_s;
    }
    capacity_need n = capacity_for(&all);
    assert_int_equal(n.database_milli, database);
    assert_int_equal(n.log_bytes_s, log);
}

static void nothing_needs_one_of_each(void **state)
{
    (void)state;
    capacity_wish w = wish_of(CAPACITY_CLAIM, 0);
    capacity_need n = capacity_for(&w);
    assert_int_equal(n.server_cores, 1);
    assert_int_equal(n.database_cores, 1);
    assert_int_equal(n.servers, 1);
    assert_int_equal(n.shards, 1);
    assert_int_equal(n.log_bytes_s, 0);
}

static void the_largest_do_not_overflow(void **state)
{
    (void)state;
    capacity_wish w = {.busy_percent = 1, .cores_of_machine = 1};
    for (int i = 0; i < CAPACITY_KINDS; i++)
        w.rates[i] = CAPACITY_RATE_MAX;
    capacity_need most = capacity_for(&w);
    w.rates[CAPACITY_CLAIM]--;
    capacity_need less = capacity_for(&w);
    assert_true(most.kept_bytes_day > less.kept_bytes_day);
    assert_true(most.log_bytes_s > less.log_bytes_s);
    assert_true(most.database_cores >= less.database_cores && less.database_cores > 1000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_kind_is_its_cost_times_its_rate),
        cmocka_unit_test(processors_stay_below_what_may_be_busy),
        cmocka_unit_test(kinds_add_up),
        cmocka_unit_test(nothing_needs_one_of_each),
        cmocka_unit_test(the_largest_do_not_overflow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

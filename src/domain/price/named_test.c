/* Coupons that are named twice: by the policy refused, or taken once. */
#include "domain/price/named.h"

#include "base/test_help.h"

static void a_coupon_counts_where_it_is_named_first(void **state)
{
    (void)state;
    const uint64_t ids[] = {7, 3, 7, 0, 3, 9, 0};
    const size_t first[] = {0, 1, 0, 3, 1, 5, 6};
    for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
        assert_int_equal(named_first(ids, i), first[i]);
    }
}

static void repetitions_are_ignored_only_where_the_policy_says_so(void **state)
{
    (void)state;
    static const struct {
        size_t n, left;
        uint64_t ids[6], once[6];
        size_t places[6];
    } rows[] = {
        {0, 0, {0}, {0}, {0}},
        {1, 1, {5}, {5}, {0}},
        {2, 1, {5, 5}, {5}, {0}},
        {6, 3, {7, 3, 7, 7, 3, 9}, {7, 3, 9}, {0, 1, 5}},
        {4, 4, {4, 3, 2, 1}, {4, 3, 2, 1}, {0, 1, 2, 3}},
        {4, 3, {0, 5, 0, 5}, {0, 5, 0}, {0, 1, 2}},
    };
    const size_t all[] = {0, 1, 2, 3, 4, 5};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        price_policy policy = {.repeated = REPEATED_IGNORE};
        uint64_t ids[6];
        size_t places[6] = {0};
        memcpy(ids, rows[i].ids, sizeof ids);
        assert_int_equal(named_once(&policy, ids, rows[i].n, places), rows[i].left);
        assert_memory_equal(ids, rows[i].once, rows[i].left * sizeof *ids);
        assert_memory_equal(places, rows[i].places, rows[i].left * sizeof *places);
        policy.repeated = REPEATED_REFUSE;
        memcpy(ids, rows[i].ids, sizeof ids);
        assert_int_equal(named_once(&policy, ids, rows[i].n, places), rows[i].n);
        assert_memory_equal(ids, rows[i].ids, sizeof ids);
        assert_memory_equal(places, all, rows[i].n * sizeof *places);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_coupon_counts_where_it_is_named_first),
        cmocka_unit_test(repetitions_are_ignored_only_where_the_policy_says_so),
    };
    return cmocka_run_group_tests_name("named", tests, NULL, NULL);
}

/* Who works on a lane: even shares, and moves only where a server went or came. */
#include "base/lane_owner.h"

#include "base/test_help.h"

enum { LANES = 64 };

static void count(unsigned servers, uint32_t alive, unsigned of[LANE_OWNERS_MAX])
{
    memset(of, 0, sizeof(*of) * LANE_OWNERS_MAX);
    for (uint16_t lane = 0; lane < LANES; lane++)
        of[lane_owner(lane, servers, alive)]++;
}

static void one_server_has_every_lane(void **state)
{
    (void)state;
    for (unsigned servers = 1; servers <= LANE_OWNERS_MAX; servers++) {
        for (unsigned one = 0; one < servers; one++) {
            for (uint16_t lane = 0; lane < LANES; lane++)
                assert_int_equal(lane_owner(lane, servers, UINT32_C(1) << one), one);
        }
    }
}

/* Any number of lanes from 0 on, since a store may have but two. */
static void shares_of_all_differ_by_one_lane(void **state)
{
    (void)state;
    for (unsigned servers = 1; servers <= LANE_OWNERS_MAX; servers++) {
        unsigned of[LANE_OWNERS_MAX] = {0};
        for (uint16_t lane = 0; lane < LANES; lane++) {
            of[lane_owner(lane, servers, (UINT32_C(1) << servers) - 1)]++;
            for (unsigned i = 0; i < servers; i++)
                assert_in_range(of[i], (lane + 1u) / servers, (lane + servers) / servers);
        }
    }
}

/* What a dead server had is spread over the others: no share grows by more than one lane beyond its
 * part of it. */
static void lanes_of_a_dead_server_are_spread(void **state)
{
    (void)state;
    for (unsigned servers = 2; servers <= LANE_OWNERS_MAX; servers++) {
        uint32_t all = (UINT32_C(1) << servers) - 1;
        unsigned before[LANE_OWNERS_MAX], after[LANE_OWNERS_MAX];
        count(servers, all, before);
        for (unsigned dead = 0; dead < servers; dead++) {
            count(servers, all & ~(UINT32_C(1) << dead), after);
            assert_int_equal(after[dead], 0);
            unsigned part = (before[dead] + servers - 2) / (servers - 1);
            for (unsigned i = 0; i < servers; i++) {
                if (i != dead)
                    assert_in_range(after[i], before[i], before[i] + part);
            }
        }
    }
}

/* From any set of living servers, and back. */
static void only_lanes_of_the_dead_move(void **state)
{
    (void)state;
    uint64_t random = 26;
    for (unsigned round = 0; round < 2000; round++) {
        unsigned servers = 2 + (unsigned)random_below(&random, LANE_OWNERS_MAX - 1);
        uint32_t all = (UINT32_C(1) << servers) - 1;
        uint32_t alive = (uint32_t)next_random(&random) & all;
        unsigned dead = (unsigned)random_below(&random, servers);
        uint32_t without = alive & ~(UINT32_C(1) << dead);
        uint32_t with = alive | UINT32_C(1) << dead;
        for (uint16_t lane = 0; without != 0 && lane < LANES; lane++) {
            unsigned was = lane_owner(lane, servers, with), is = lane_owner(lane, servers, without);
            assert_int_not_equal(is, dead);
            assert_true(without >> is & 1);
            if (was != dead)
                assert_int_equal(is, was);
        }
    }
}

/* Programs of different versions must agree. */
static void orders_stay_as_they_are(void **state)
{
    (void)state;
    static const unsigned of_three[6][3] = {{0, 1, 2}, {1, 2, 0}, {2, 0, 1},
                                            {0, 2, 1}, {1, 0, 2}, {2, 1, 0}};
    for (uint16_t lane = 0; lane < 6; lane++) {
        uint32_t alive = 7;
        for (unsigned i = 0; i < 3; i++) {
            assert_int_equal(lane_owner(lane, 3, alive), of_three[lane][i]);
            alive &= ~(UINT32_C(1) << of_three[lane][i]);
        }
    }
}

static void no_server_is_none(void)
{
    (void)lane_owner(0, 3, 8);
}

static void somebody_must_be_alive(void **state)
{
    (void)state;
    assert_true(aborts(no_server_is_none));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_server_has_every_lane),
        cmocka_unit_test(shares_of_all_differ_by_one_lane),
        cmocka_unit_test(lanes_of_a_dead_server_are_spread),
        cmocka_unit_test(only_lanes_of_the_dead_move),
        cmocka_unit_test(orders_stay_as_they_are),
        cmocka_unit_test(somebody_must_be_alive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

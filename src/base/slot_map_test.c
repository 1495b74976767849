/* The slot map: every slot in one lane of one shard, evenly, whatever fills it, and never mistaken
 * for another. */
#include "base/slot_map.h"

#include "base/test_help.h"

typedef void map_check(const slot_map *m, slot_fill how, uint16_t lanes_of_shard);

/* Of every number of shards and lanes that is allowed. */
static void each_map(map_check *check)
{
    for (int how = 0; how < SLOT_FILL_COUNT; how++) {
        for (uint16_t shards = 1; shards <= SLOT_LANES_MAX; shards++) {
            for (uint16_t lanes = 1; shards * lanes <= SLOT_LANES_MAX; lanes++) {
                slot_map m;
                slot_map_fill(&m, (slot_fill)how, shards, lanes);
                check(&m, (slot_fill)how, lanes);
            }
        }
    }
}

static void within(const uint32_t *counts, size_t n, uint32_t most)
{
    uint32_t least = counts[0], largest = counts[0], sum = 0;
    for (size_t i = 0; i < n; i++) {
        least = counts[i] < least ? counts[i] : least;
        largest = counts[i] > largest ? counts[i] : largest;
        sum += counts[i];
    }
    assert_int_equal(sum, SLOT_COUNT);
    assert_true(largest - least <= most);
}

static void check_even(const slot_map *m, slot_fill how, uint16_t lanes_of_shard)
{
    uint32_t of_lane[SLOT_LANES_MAX] = {0}, of_shard[SLOT_LANES_MAX] = {0};
    assert_int_equal(m->lanes, m->shards * lanes_of_shard);
    assert_int_equal(m->version, SLOT_MAP_FIRST);
    for (uint16_t slot = 0; slot < SLOT_COUNT; slot++) {
        uint16_t lane = slot_map_lane(m, slot), shard = slot_map_shard(m, slot);
        assert_true(lane < m->lanes && shard < m->shards);
        assert_int_equal(shard, slot_map_shard_of_lane(m, lane));
        of_lane[lane]++;
        of_shard[shard]++;
    }
    bool ranges = how == SLOT_FILL_RANGES;
    within(of_lane, m->lanes, 1);
    within(of_shard, m->shards, ranges ? 1 : lanes_of_shard);
}

static void every_slot_is_in_one_lane_of_one_shard_and_they_are_even(void **state)
{
    (void)state;
    each_map(check_even);
}

static void check_shards(const slot_map *m, slot_fill how, uint16_t lanes_of_shard)
{
    for (uint16_t shard = 0; shard < m->shards; shard++) {
        uint16_t first = slot_map_first_lane(m, shard);
        assert_int_equal(first, shard * lanes_of_shard);
        assert_int_equal(slot_map_shard_of_lane(m, first), shard);
        assert_int_equal(slot_map_shard_of_lane(m, (uint16_t)(first + lanes_of_shard - 1)), shard);
    }
    (void)how;
}

static void a_lane_is_of_one_shard(void **state)
{
    (void)state;
    each_map(check_shards);
}

static void check_ranges(const slot_map *m, slot_fill how, uint16_t lanes_of_shard)
{
    (void)lanes_of_shard;
    for (uint16_t slot = 1; how == SLOT_FILL_RANGES && slot < SLOT_COUNT; slot++) {
        int step = slot_map_shard(m, slot) - slot_map_shard(m, (uint16_t)(slot - 1));
        assert_true(step == 0 || step == 1);
    }
}

static void a_shard_of_ranges_is_one_range(void **state)
{
    (void)state;
    each_map(check_ranges);
}

/* databaseSuffix = hash(userId) / M % N, tableSuffix = hash(userId) % M. */
static void check_vivo(const slot_map *m, slot_fill how, uint16_t tables)
{
    for (uint16_t slot = 0; how == SLOT_FILL_VIVO && slot < SLOT_COUNT; slot++) {
        assert_int_equal(slot_map_shard(m, slot), slot / tables % m->shards);
        assert_int_equal(slot_map_lane(m, slot) % tables, slot % tables);
    }
}

static void vivos_formula_is_that_formula(void **state)
{
    (void)state;
    each_map(check_vivo);
}

/* What data directories were made with before there were maps. */
static void one_shard_has_its_lanes_in_turn_whatever_fills_it(void **state)
{
    (void)state;
    for (int how = 0; how < SLOT_FILL_COUNT; how++) {
        for (uint16_t lanes = 1; lanes <= SLOT_LANES_MAX; lanes++) {
            slot_map m;
            slot_map_fill(&m, (slot_fill)how, 1, lanes);
            for (uint16_t slot = 0; slot < SLOT_COUNT; slot++)
                assert_int_equal(slot_map_lane(&m, slot), slot % lanes);
        }
    }
}

static void check_stored(const slot_map *m, slot_fill how, uint16_t lanes_of_shard)
{
    (void)how, (void)lanes_of_shard;
    slot_map back = {.version = m->version, .shards = m->shards, .lanes = m->lanes};
    buf why;
    buf_init(&why, 256);
    assert_true(slot_map_read(&back, (str){(const char *)m->lane_of, sizeof(m->lane_of)}, &why));
    assert_true(slot_map_same(m, &back, &why));
    assert_int_equal(why.n, 0);
    buf_free(&why);
}

static void a_map_comes_back_from_its_bytes(void **state)
{
    (void)state;
    each_map(check_stored);
}

static void refused(bool allowed, buf *why, str wanted)
{
    assert_false(allowed);
    assert_str(buf_view(why), wanted);
    buf_clear(why);
}

static void what_is_no_map_is_refused(void **state)
{
    (void)state;
    char bytes[SLOT_COUNT] = {0};
    slot_map m = {.version = 1, .shards = 2, .lanes = 4};
    buf why;
    buf_init(&why, 256);
    refused(slot_map_read(&m, (str){bytes, SLOT_COUNT - 1}, &why), &why,
            S("it has 9999 slots, not 10000"));
    refused(slot_map_read(&m, (str){NULL, 0}, &why), &why, S("it has 0 slots, not 10000"));
    bytes[SLOT_COUNT - 1] = 4;
    refused(slot_map_read(&m, (str){bytes, SLOT_COUNT}, &why), &why,
            S("it has slot 9999 in lane 4, and there are 4 lanes"));
    bytes[SLOT_COUNT - 1] = 3;
    assert_true(slot_map_read(&m, (str){bytes, SLOT_COUNT}, &why));
    buf_free(&why);
}

static void another_map_is_told_by_what_it_has(void **state)
{
    (void)state;
    slot_map ours, theirs;
    buf why;
    buf_init(&why, 256);
    slot_map_fill(&ours, SLOT_FILL_RANGES, 2, 4);
    slot_map_fill(&theirs, SLOT_FILL_RANGES, 4, 2);
    refused(slot_map_same(&ours, &theirs, &why), &why,
            S("it is for 4 shards and 8 lanes, not 2 and 8"));
    slot_map_fill(&theirs, SLOT_FILL_RANGES, 2, 3);
    refused(slot_map_same(&ours, &theirs, &why), &why,
            S("it is for 2 shards and 6 lanes, not 2 and 8"));
    slot_map_fill(&theirs, SLOT_FILL_VIVO, 2, 4);
    refused(slot_map_same(&ours, &theirs, &why), &why, S("it has slot 4 in lane 4, not 0"));
    theirs = ours;
    theirs.version++;
    refused(slot_map_same(&ours, &theirs, &why), &why, S("it has version 2, not 1"));
    theirs = ours;
    theirs.lane_of[SLOT_COUNT - 1] = 0;
    refused(slot_map_same(&ours, &theirs, &why), &why, S("it has slot 9999 in lane 0, not 7"));
    assert_true(slot_map_same(&ours, &ours, &why));
    buf_free(&why);
}

static void a_fill_has_a_name(void **state)
{
    (void)state;
    for (int how = 0; how < SLOT_FILL_COUNT; how++) {
        slot_fill back = SLOT_FILL_COUNT;
        assert_true(slot_fill_parse(slot_fill_name((slot_fill)how), &back));
        assert_int_equal(back, how);
    }
    slot_fill none = SLOT_FILL_COUNT;
    assert_false(slot_fill_parse(S("range"), &none));
    assert_int_equal(none, SLOT_FILL_COUNT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_slot_is_in_one_lane_of_one_shard_and_they_are_even),
        cmocka_unit_test(a_lane_is_of_one_shard),
        cmocka_unit_test(a_shard_of_ranges_is_one_range),
        cmocka_unit_test(vivos_formula_is_that_formula),
        cmocka_unit_test(one_shard_has_its_lanes_in_turn_whatever_fills_it),
        cmocka_unit_test(a_map_comes_back_from_its_bytes),
        cmocka_unit_test(what_is_no_map_is_refused),
        cmocka_unit_test(another_map_is_told_by_what_it_has),
        cmocka_unit_test(a_fill_has_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

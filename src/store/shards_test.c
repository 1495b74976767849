/* What a store keeps of how it was made, in each of its shards, and which of it is refused when it
 * is opened again. On RocksDB, where a shard is a range of lanes and all are in one directory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "domain/table.gen.h"
#include "test/lib/store_fixture.h"

enum { LANES = 6, SHARDS = 3, ROOM = 1000 };

static char directory[64];
static str changed_bytes; /* of the map that an act writes */

static result open_it(uint16_t lanes, uint16_t shards, slot_fill fill, store **out, char *told)
{
    store_options options = {
        .path = str_of(directory), .lanes = lanes, .shards = shards, .fill = fill};
    buf why;
    buf_init(&why, ROOM);
    *out = NULL;
    result r = store_open_rocks(&options, NULL, out, &why);
    (void)snprintf(told, ROOM, "%.*s", STR_ARG(buf_view(&why)));
    buf_free(&why);
    return r;
}

static store *opened(uint16_t lanes, uint16_t shards, slot_fill fill)
{
    store *s;
    char told[ROOM];
    result r = open_it(lanes, shards, fill, &s, told);
    assert_string_equal(told, "");
    assert_int_equal(r, R_DONE);
    return s;
}

static void refused(uint16_t lanes, uint16_t shards, const char *wanted)
{
    store *s;
    char told[ROOM];
    assert_int_equal(open_it(lanes, shards, SLOT_FILL_RANGES, &s, told), R_CORRUPT);
    assert_string_equal(told, wanted);
    assert_null(s);
}

static int begin(void **state)
{
    (void)state;
    const char *base = getenv("TMPDIR");
    (void)snprintf(directory, sizeof(directory), "%s/quan-shards-XXXXXX",
                   base != NULL ? base : "/tmp");
    return mkdtemp(directory) == NULL;
}

static int finish(void **state)
{
    (void)state;
    store_fixture_remove(directory);
    return 0;
}

/* ---- damage, by acts ---- */

typedef struct damage {
    request act;
    result ended;
    void (*change)(uow *u, shard_head *row);
} damage;

static void to_other_store(uow *u, shard_head *row)
{
    uow_edit(u, row);
    row->created_at_ms++;
}

static void to_next_version(uow *u, shard_head *row)
{
    uow_edit(u, row);
    row->version++;
}

static void to_other_bytes(uow *u, shard_head *row)
{
    uow_edit(u, row);
    row->lanes_of_slots = changed_bytes;
}

static void to_nothing(uow *u, shard_head *row)
{
    uow_delete(u, row);
}

static result run(uow *u, request *r)
{
    damage *d = (damage *)r;
    shard_head *row = shard_head_get(u, r->lane);
    if (uow_pending(u))
        return R_AGAIN;
    assert_non_null(row);
    d->change(u, row);
    return R_DONE;
}

static void done(request *r)
{
    ((damage *)r)->ended = r->outcome;
}

static void change(uint16_t shards, uint16_t lane, void (*how)(uow *u, shard_head *row))
{
    store *s = opened(0, shards, SLOT_FILL_RANGES);
    damage d = {.act = {.run = run, .done = done, .lane = lane, .to_lane = true},
                .ended = R_AGAIN,
                .change = how};
    assert_int_equal(store_submit(s, &d.act), R_DONE);
    while (store_step(s) > 0)
        ;
    assert_int_equal(d.ended, R_DONE);
    store_close(s);
}

/* ---- tests ---- */

static void slots_are_where_they_were_put_for_ever(void **state)
{
    (void)state;
    slot_map wanted;
    slot_map_fill(&wanted, SLOT_FILL_VIVO, SHARDS, LANES / SHARDS);
    store_close(opened(LANES, SHARDS, SLOT_FILL_VIVO));
    store *s = opened(0, SHARDS, SLOT_FILL_RANGES); /* what fills a new one says nothing of it */
    assert_int_equal(store_lanes(s), LANES);
    for (uint16_t slot = 0; slot < SLOT_COUNT; slot++)
        assert_int_equal(store_lane_of_slot(s, slot), slot_map_lane(&wanted, slot));
    store_close(s);
}

static void lanes_are_shared_evenly_among_shards(void **state)
{
    (void)state;
    const char *why = "a new store needs a number of lanes from 1 to 64, as many for each of its "
                      "shards";
    refused(5, 2, why);
    refused(1, 2, why);
    refused(0, 1, why);
    refused(65, 1, why);
    store_close(opened(64, 2, SLOT_FILL_RANGES));
}

static void another_number_of_shards_is_refused(void **state)
{
    (void)state;
    store_close(opened(LANES, SHARDS, SLOT_FILL_RANGES));
    refused(0, 2, "the store was created with 3 shards and cannot be opened with 2");
    refused(0, 0, "the store was created with 3 shards and cannot be opened with 1");
    store_close(opened(0, SHARDS, SLOT_FILL_RANGES));
}

static void a_shard_of_another_store_is_refused(void **state)
{
    (void)state;
    store_close(opened(LANES, SHARDS, SLOT_FILL_RANGES));
    change(SHARDS, 2, to_other_store);
    refused(0, SHARDS, "shard 1 belongs to another store");
}

static void a_shard_without_a_map_is_refused(void **state)
{
    (void)state;
    store_close(opened(LANES, SHARDS, SLOT_FILL_RANGES));
    change(SHARDS, 4, to_nothing);
    refused(0, SHARDS, "shard 2 has no slot map: it is empty, or not this one of the shards");
}

static void maps_that_differ_are_refused(void **state)
{
    (void)state;
    slot_map other;
    slot_map_fill(&other, SLOT_FILL_RANGES, SHARDS, LANES / SHARDS);
    store_close(opened(LANES, SHARDS, SLOT_FILL_RANGES));
    other.lane_of[77] = 5;
    changed_bytes = (str){(const char *)other.lane_of, SLOT_COUNT};
    change(SHARDS, 2, to_other_bytes);
    refused(0, SHARDS,
            "the slot map of shard 1 is not that of shard 0: it has slot 77 in lane 5, not 1");
}

static void versions_that_differ_are_refused(void **state)
{
    (void)state;
    store_close(opened(LANES, SHARDS, SLOT_FILL_RANGES));
    change(SHARDS, 4, to_next_version);
    refused(0, SHARDS, "the slot map of shard 2 is not that of shard 0: it has version 2, not 1");
}

static void what_is_no_map_is_refused(void **state)
{
    (void)state;
    slot_map other;
    slot_map_fill(&other, SLOT_FILL_RANGES, 1, 1);
    store_close(opened(1, 1, SLOT_FILL_RANGES));
    other.lane_of[9] = 1;
    changed_bytes = (str){(const char *)other.lane_of, SLOT_COUNT};
    change(1, 0, to_other_bytes);
    refused(0, 1,
            "the slot map of shard 0 cannot be used: it has slot 9 in lane 1, and there are 1 "
            "lanes");
}

/* A store without a map has its lanes in turn, as before there were maps. But heads of lanes know
 * of one that was lost, and take nothing. */
static void a_map_that_was_lost_is_missed(void **state)
{
    (void)state;
    store_close(opened(LANES, 1, SLOT_FILL_RANGES));
    change(1, 0, to_nothing);
    store *s = opened(0, 1, SLOT_FILL_RANGES);
    for (uint16_t slot = 0; slot < SLOT_COUNT; slot++)
        assert_int_equal(store_lane_of_slot(s, slot), slot % LANES);
    damage d = {.act = {.run = run, .done = done, .lane = 0, .to_lane = true}, .ended = R_AGAIN};
    assert_int_equal(store_submit(s, &d.act), R_DONE);
    while (store_step(s) > 0)
        ;
    assert_int_equal(d.ended, R_UNAVAILABLE);
    store_close(s);
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, begin, finish)
    static const struct CMUnitTest tests[] = {
        EACH(slots_are_where_they_were_put_for_ever), EACH(lanes_are_shared_evenly_among_shards),
        EACH(another_number_of_shards_is_refused),    EACH(a_shard_of_another_store_is_refused),
        EACH(a_shard_without_a_map_is_refused),       EACH(maps_that_differ_are_refused),
        EACH(versions_that_differ_are_refused),       EACH(what_is_no_map_is_refused),
        EACH(a_map_that_was_lost_is_missed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* See slot_map.h. */
#include "base/slot_map.h"

#include "base/check.h"

void slot_map_fill(slot_map *m, slot_fill how, uint16_t shards, uint16_t lanes_of_shard)
{
    CHECK(shards > 0 && lanes_of_shard > 0 && shards <= SLOT_LANES_MAX / lanes_of_shard);
    *m = (slot_map){
        .version = SLOT_MAP_FIRST, .shards = shards, .lanes = (uint16_t)(shards * lanes_of_shard)};
    for (uint32_t shard = 0, slot = 0; slot < SLOT_COUNT; slot++) {
        uint32_t next = SLOT_COUNT * (shard + 1) / shards;
        shard += slot == next;
        uint32_t first = SLOT_COUNT * shard / shards;
        uint32_t lane =
            how == SLOT_FILL_VIVO
                ? slot / lanes_of_shard % shards * lanes_of_shard + slot % lanes_of_shard
                : shard * lanes_of_shard + (slot - first) % lanes_of_shard;
        m->lane_of[slot] = (uint8_t)lane;
    }
}

static const char *const names[SLOT_FILL_COUNT] = {"ranges", "vivo"};

str slot_fill_name(slot_fill how)
{
    return str_of(names[how]);
}

bool slot_fill_parse(str name, slot_fill *out)
{
    for (int i = 0; i < SLOT_FILL_COUNT; i++) {
        if (str_eq(name, str_of(names[i]))) {
            *out = (slot_fill)i;
            return true;
        }
    }
    return false;
}

bool slot_map_read(slot_map *m, str lanes_of_slots, buf *why)
{
    if (lanes_of_slots.n != SLOT_COUNT) {
        buf_printf(why, "it has %zu slots, not %d", lanes_of_slots.n, SLOT_COUNT);
        return false;
    }
    for (size_t i = 0; i < SLOT_COUNT; i++) {
        m->lane_of[i] = (uint8_t)lanes_of_slots.p[i];
        if (m->lane_of[i] >= m->lanes) {
            buf_printf(why, "it has slot %zu in lane %u, and there are %u lanes", i, m->lane_of[i],
                       m->lanes);
            return false;
        }
    }
    return true;
}

bool slot_map_same(const slot_map *ours, const slot_map *theirs, buf *why)
{
    if (ours->shards != theirs->shards || ours->lanes != theirs->lanes) {
        buf_printf(why, "it is for %u shards and %u lanes, not %u and %u", theirs->shards,
                   theirs->lanes, ours->shards, ours->lanes);
        return false;
    }
    if (ours->version != theirs->version) {
        buf_printf(why, "it has version %u, not %u", theirs->version, ours->version);
        return false;
    }
    for (size_t i = 0; i < SLOT_COUNT; i++) {
        if (ours->lane_of[i] != theirs->lane_of[i]) {
            buf_printf(why, "it has slot %zu in lane %u, not %u", i, theirs->lane_of[i],
                       ours->lane_of[i]);
            return false;
        }
    }
    return true;
}

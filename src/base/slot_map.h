/* Where slots live: which lane runs each, and which shard holds that lane.
 *
 * A map is data, not a formula: it is stored in every shard, and one that differs is refused. It
 * has a version, which whoever moves slots raises. A lane lives in one shard (a batch is one
 * commit): shard s has the lanes from s × lanes of a shard on, so a slot has exactly one of each.
 * Pure. */
#ifndef QUAN_BASE_SLOT_MAP_H
#define QUAN_BASE_SLOT_MAP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/id.h"
#include "base/str.h"

/* Versions: of stores that were made before they had a map; of a map that nobody has changed. */
enum { SLOT_LANES_MAX = 64, SLOT_MAP_NONE = 0, SLOT_MAP_FIRST = 1 };

/* How a new map is filled. Lanes differ by one slot at most. */
typedef enum slot_fill {
    /* Each shard has a range of slots, as long as any other's or one longer; its lanes take turns
     * in it. */
    SLOT_FILL_RANGES,
    /* vivo's: shard = slot / M mod N and lane in it = slot mod M, for N shards of M lanes; shards
     * differ by M slots at most. */
    SLOT_FILL_VIVO,
    SLOT_FILL_COUNT
} slot_fill;

typedef struct slot_map {
    uint32_t version;
    uint16_t shards, lanes; /* lanes: of all shards */
    uint8_t lane_of[SLOT_COUNT];
} slot_map;

/* CHECKs shards ≥ 1, lanes ≥ 1 and that they are at most SLOT_LANES_MAX together. */
void slot_map_fill(slot_map *m, slot_fill how, uint16_t shards, uint16_t lanes_of_shard);
str slot_fill_name(slot_fill how); /* "ranges", "vivo" */
MUST_USE bool slot_fill_parse(str name, slot_fill *out);

static inline uint16_t slot_map_lane(const slot_map *m, uint16_t slot)
{
    return m->lane_of[slot];
}

static inline uint16_t slot_map_shard_of_lane(const slot_map *m, uint16_t lane)
{
    return (uint16_t)(lane / (m->lanes / m->shards));
}

static inline uint16_t slot_map_first_lane(const slot_map *m, uint16_t shard)
{
    return (uint16_t)(shard * (m->lanes / m->shards));
}

static inline uint16_t slot_map_shard(const slot_map *m, uint16_t slot)
{
    return slot_map_shard_of_lane(m, m->lane_of[slot]);
}

/* Its stored form is lane_of, a byte a slot. False, and why says so: not as long, or a lane that
 * is not there. m has the rest already. */
MUST_USE bool slot_map_read(slot_map *m, str lanes_of_slots, buf *why);
/* False: they differ, and why says in what, as what `theirs` has and `ours` has not. */
MUST_USE bool slot_map_same(const slot_map *ours, const slot_map *theirs, buf *why);

#endif

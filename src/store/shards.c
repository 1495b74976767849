/* What a store was made with, read or made when it is opened: its first record, and the slot map,
 * of which each shard has a copy in its first lane.
 *
 * A store begins with the commit of its first shard, which is the last: before it the others are
 * nobody's yet, and an attempt that ended early is refused rather than gone on with. */
#include "store/lane.h"

static result refuse(buf *why, uint16_t shard, const char *what)
{
    buf_printf(why, "shard %u %s", shard, what);
    return R_CORRUPT;
}

/* The one row of this kind that the shard has; NULL: none. */
static result read_shard(store *s, uint16_t shard, arena *memory, const shard_head **out)
{
    uow u;
    unit_begin_reading(&u, s->engine, memory, NULL);
    *out = shard_head_get(&u, slot_map_first_lane(&s->map, shard));
    return u.failure;
}

/* ---- a new one ---- */

/* head: with the first shard. */
static result write_shard(store *s, uint16_t shard, const store_head *head, bool first)
{
    shard_head row = {.lane = slot_map_first_lane(&s->map, shard),
                      .created_at_ms = head->created_at_ms,
                      .version = s->map.version,
                      .shards = s->map.shards,
                      .lanes_of_slots = {(const char *)s->map.lane_of, SLOT_COUNT}};
    unit_key keys[2];
    change changes[2] = {{.table = &shard_head_table,
                          .key = unit_key_of(&keys[0], &shard_head_table, &row),
                          .after = &row},
                         {.table = &store_head_table,
                          .key = unit_key_of(&keys[1], &store_head_table, head),
                          .after = head}};
    return s->engine->ops->commit(s->engine, row.lane, changes, first ? 2 : 1);
}

static result create(store *s, const store_options *options, arena *memory, buf *why)
{
    uint16_t lanes = options->lanes, shards = options->shards == 0 ? 1 : options->shards;
    if (s->read_only || lanes < shards || lanes > STORE_LANES_MAX || lanes % shards != 0) {
        buf_printf(why,
                   s->read_only ? "there is no store here"
                                : "a new store needs a number of lanes from 1 to %d, as many for "
                                  "each of its shards",
                   STORE_LANES_MAX);
        return R_CORRUPT;
    }
    store_head head = {.lanes = lanes, .format = STORE_FORMAT, .created_at_ms = store_clock_ms(s)};
    slot_map_fill(&s->map, options->fill, shards, (uint16_t)(lanes / shards));
    s->engine->map = &s->map;
    result r = R_DONE;
    for (uint16_t i = shards; r == R_DONE && i-- > 0;) {
        const shard_head *there;
        r = read_shard(s, i, memory, &there);
        if (r == R_DONE && there != NULL)
            return refuse(why, i, "belongs to a store already; a new one wants it empty");
        if (r == R_DONE)
            r = write_shard(s, i, &head, i == 0);
    }
    if (r != R_DONE)
        buf_printf(why, "the first record of the store could not be written");
    return r;
}

/* ---- one that is there ---- */

static result accept_head(const store_head *head, const store_options *options, buf *why)
{
    if (head->format != STORE_FORMAT) {
        buf_printf(why, "the store has format %u; this program reads format %d", head->format,
                   STORE_FORMAT);
        return R_CORRUPT;
    }
    if (options->lanes != 0 && options->lanes != head->lanes) {
        buf_printf(why, "the store was created with %u lanes and cannot be opened with %u",
                   head->lanes, options->lanes);
        return R_CORRUPT;
    }
    if (head->lanes == 0 || head->lanes > STORE_LANES_MAX) {
        buf_printf(why, "the store's number of lanes, %u, is not possible", head->lanes);
        return R_CORRUPT;
    }
    return R_DONE;
}

/* A map as the shard has it. */
static result read_map(const shard_head *row, slot_map *m, uint16_t shard, buf *why)
{
    m->version = row->version;
    buf_printf(why, "the slot map of shard %u cannot be used: ", shard);
    if (!slot_map_read(m, row->lanes_of_slots, why))
        return R_CORRUPT;
    buf_clear(why);
    return R_DONE;
}

static result accept_shard(store *s, uint16_t shard, int64_t created_at_ms, arena *memory, buf *why)
{
    const shard_head *row;
    result r = read_shard(s, shard, memory, &row);
    if (r != R_DONE)
        return refuse(why, shard, "cannot be read");
    if (row == NULL)
        return refuse(why, shard, "has no slot map: it is empty, or not this one of the shards");
    if (row->created_at_ms != created_at_ms)
        return refuse(why, shard, "belongs to another store");
    if (shard == 0)
        return read_map(row, &s->map, 0, why);
    slot_map *theirs = ARENA_NEW(memory, slot_map);
    *theirs = (slot_map){.shards = row->shards, .lanes = s->map.lanes};
    r = read_map(row, theirs, shard, why);
    buf_printf(why, "the slot map of shard %u is not that of shard 0: ", shard);
    if (r == R_DONE && !slot_map_same(&s->map, theirs, why))
        return R_CORRUPT;
    buf_clear(why);
    return r;
}

static result accept(store *s, const store_head *head, const store_options *options, buf *why)
{
    result r = accept_head(head, options, why);
    if (r != R_DONE)
        return r;
    arena *memory = arena_new(0);
    const shard_head *first;
    uint16_t shards = options->shards == 0 ? 1 : options->shards;
    s->map = (slot_map){.shards = 1, .lanes = (uint16_t)head->lanes};
    r = read_shard(s, 0, memory, &first);
    if (r != R_DONE) {
        r = refuse(why, 0, "cannot be read");
    } else if (shards != (first == NULL ? 1 : first->shards)) {
        buf_printf(why, "the store was created with %u shards and cannot be opened with %u",
                   first == NULL ? 1 : first->shards, shards);
        r = R_CORRUPT;
    } else if (head->lanes % shards != 0) {
        r = refuse(why, 0, "has a number of lanes that its shards cannot share");
    } else if (first == NULL) { /* made before there were maps */
        slot_map_fill(&s->map, SLOT_FILL_RANGES, 1, (uint16_t)head->lanes);
        s->map.version = SLOT_MAP_NONE;
    }
    s->map.shards = shards;
    s->engine->map = &s->map;
    for (uint16_t i = 0; r == R_DONE && first != NULL && i < shards; i++)
        r = accept_shard(s, i, head->created_at_ms, memory, why);
    arena_free(memory);
    return r;
}

result shards_open(store *s, const store_options *options, buf *why)
{
    arena *memory = arena_new(0);
    uow u;
    unit_begin_reading(&u, s->engine, memory, NULL);
    const store_head *head = store_head_get(&u, 0);
    result r = u.failure;
    if (r != R_DONE)
        buf_printf(why, "the first record of the store is damaged");
    else
        r = head == NULL ? create(s, options, memory, why) : accept(s, head, options, why);
    arena_free(memory);
    return r;
}

/* Readings, and what other servers have done to the store since: see port/store.h.
 *
 * Invariant: the configuration that a reading pins covers the epochs of all heads that it sees. A
 * snapshot is let go while a newer configuration is fetched, because fetching reads, too. */
#include "store/lane.h"

enum { TRIES = 20 }; /* to read without a newer configuration between two looks */

typedef struct lane_span {
    uint16_t from, until;
} lane_span;

/* Heads, by lane; what they point to is in memory. */
typedef struct heads {
    arena *memory;
    lane_head *rows;
    result *outcomes;
} heads;

static void read_heads(store *s, const snapshot *at, lane_span of, heads *out)
{
    arena *memory = out->memory;
    unit_key keys[STORE_LANES_MAX];
    load_item items[STORE_LANES_MAX];
    for (uint16_t i = of.from; i < of.until; i++) {
        lane_head *row = engine_row_new(memory, &lane_head_table);
        row->lane = i;
        items[i] = (load_item){.table = &lane_head_table,
                               .key = unit_key_of(&keys[i], &lane_head_table, row),
                               .row = row};
    }
    read_request wanted = {.items = items + of.from, .n = (size_t)(of.until - of.from)};
    s->engine->ops->read(s->engine, at, &wanted, memory);
    for (uint16_t i = of.from; i < of.until; i++) {
        out->outcomes[i] = items[i].outcome;
        out->rows[i] = (lane_head){.lane = i};
        if (items[i].outcome == R_DONE && items[i].found)
            out->rows[i] = *(const lane_head *)items[i].row;
    }
}

void store_heads(store *s, arena *memory, lane_head *rows, result *outcomes)
{
    heads out = {memory, rows, outcomes};
    const snapshot *at =
        s->engine->ops->snapshot_new(s->engine, &(store_home){.reached = true}, true);
    for (uint16_t i = 0; at == NULL && i < s->map.lanes; i++) {
        outcomes[i] = R_UNAVAILABLE;
        rows[i] = (lane_head){.lane = i};
    }
    if (at == NULL)
        return;
    read_heads(s, at, (lane_span){0, s->map.lanes}, &out);
    s->engine->ops->snapshot_free(s->engine, at);
}

void store_reach(store *s)
{
    if (s->engine->ops->reach != NULL)
        s->engine->ops->reach(s->engine);
}

static bool of_all(const store_home *home)
{
    return home == NULL || (home->reached && !home->of_lane);
}

/* A slot may be of an id that somebody made up. */
static uint16_t lane_of_home(const store *s, const store_home *home)
{
    return home->of_lane ? home->lane : slot_map_lane(&s->map, home->slot % SLOT_COUNT);
}

/* The lanes whose rows a view is for: all of the shard of its home. */
static lane_span span_of(const store *s, const store_home *home)
{
    if (of_all(home))
        return (lane_span){0, s->map.lanes};
    uint16_t first =
        slot_map_first_lane(&s->map, slot_map_shard_of_lane(&s->map, lane_of_home(s, home)));
    return (lane_span){first, (uint16_t)(first + s->map.lanes / s->map.shards)};
}

/* The first lane whose head has an epoch that the configuration does not cover, newer->lane
 * STORE_LANES_MAX: none. R_UNAVAILABLE: a head cannot be read for the moment, or, of a view of what
 * is reached (partial), none can. Rows of a lane whose head can never be read cannot be read,
 * either. */
static result find_newer(store *s, const snapshot *at, lane_span of, bool partial, lane_head *newer)
{
    const store_hooks *hooks = &s->hooks;
    lane_head rows[STORE_LANES_MAX];
    result outcomes[STORE_LANES_MAX];
    uint16_t away = 0;
    heads out = {arena_new(0), rows, outcomes};
    read_heads(s, at, of, &out);
    newer->lane = STORE_LANES_MAX;
    for (uint16_t i = of.from; i < of.until && newer->lane == STORE_LANES_MAX; i++) {
        if (outcomes[i] == R_UNAVAILABLE)
            away++;
        else if (outcomes[i] == R_DONE &&
                 hooks->config_epoch(hooks->context, i, rows[i].epoch, false) != R_DONE)
            *newer = (lane_head){.lane = i, .epoch = rows[i].epoch};
    }
    arena_free(out.memory);
    return away > 0 && (!partial || away == of.until - of.from) ? R_UNAVAILABLE : R_DONE;
}

static const snapshot *snapshot_of(store *s, const store_home *home, bool fixed)
{
    store_home of = home != NULL ? *home : (store_home){0};
    if (!of_all(home))
        of.lane = lane_of_home(s, home);
    return s->engine->ops->snapshot_new(s->engine, home != NULL ? &of : NULL, fixed);
}

static result snapshot_covered(store *s, const store_home *home, const snapshot **out)
{
    const store_hooks *hooks = &s->hooks;
    bool looks = s->several && hooks->config_epoch != NULL;
    bool partial = home != NULL && home->reached;
    for (unsigned i = 0; i < TRIES; i++) {
        lane_head newer;
        *out = snapshot_of(s, home, !looks);
        if (*out == NULL)
            return R_UNAVAILABLE;
        if (!looks)
            return R_DONE;
        result r = find_newer(s, *out, span_of(s, home), partial, &newer);
        if (newer.lane == STORE_LANES_MAX && r == R_DONE)
            return R_DONE;
        s->engine->ops->snapshot_free(s->engine, *out);
        if (newer.lane != STORE_LANES_MAX)
            r = hooks->config_epoch(hooks->context, newer.lane, newer.epoch, true);
        if (r != R_DONE)
            return r;
    }
    return R_UNAVAILABLE;
}

static uow *reading_of(store *s, const snapshot *at, arena *memory, int64_t now_ms)
{
    uow *u = ARENA_NEW(memory, uow);
    unit_begin_reading(u, s->engine, memory, at);
    u->store = s;
    u->now_ms = now_ms;
    u->slots = &s->map;
    return u;
}

result store_read_begin(store *s, arena *memory, int64_t now_ms, uow **out)
{
    return store_read_begin_at(s, NULL, memory, now_ms, out);
}

result store_read_begin_at(store *s, const store_home *home, arena *memory, int64_t now_ms,
                           uow **out)
{
    const snapshot *at;
    result r = snapshot_covered(s, home, &at);
    if (r != R_DONE)
        return r;
    *out = reading_of(s, at, memory, now_ms);
    if (s->hooks.config_pin != NULL)
        (*out)->config = s->hooks.config_pin(s->hooks.context);
    return R_DONE;
}

result store_read_bare(store *s, const store_home *home, arena *memory, int64_t now_ms, uow **out)
{
    const snapshot *at = snapshot_of(s, home, true);
    if (at == NULL)
        return R_UNAVAILABLE;
    *out = reading_of(s, at, memory, now_ms);
    return R_DONE;
}

bool store_read_has(const uow *u, uint16_t number)
{
    const engine_ops *ops = u->engine->ops;
    return ops->has == NULL || ops->has(u->engine, u->at, number);
}

result store_read_end(uow *u)
{
    const store_hooks *hooks = &u->store->hooks;
    if (u->config != NULL && hooks->config_unpin != NULL)
        hooks->config_unpin(hooks->context, u->config);
    u->engine->ops->snapshot_free(u->engine, u->at);
    return u->failure;
}

/* Drops idempotency records whose time is over, a slot at a time, on the thread of its lane.
 *
 * Acts treat a record that is older than STORE_ANSWER_KEEP_MS as absent, by the act time of their
 * lane, which never goes back. What is dropped is over by the time of a batch that is committed
 * already, so every act to come would not look at it: nobody can tell whether it has run. Each slot
 * has its turn once in KEEP_ROUND_MS; what fails is for the next turn. */
#include "port/clock.h"
#include "store/pg/pg.h"

enum { KEEP_ROUND_MS = 12 * 60 * 60 * 1000, KEEP_TURN_MS = KEEP_ROUND_MS / SLOT_COUNT };

static void send_drop(session *s, uint16_t slot, int64_t act_time_ms)
{
    binary_i32(&s->conn.params, slot);
    binary_i64(&s->conn.params, act_time_ms - STORE_ANSWER_KEEP_MS);
    conn_send_fixed(&s->conn, SQL_KEEP, -1);
}

/* The lane's next slot behind the last one; SLOT_COUNT: it has none. */
static uint16_t next_slot(const slot_map *map, uint16_t lane, uint16_t after)
{
    for (uint16_t i = 1; map != NULL && i <= SLOT_COUNT; i++) {
        uint16_t slot = (uint16_t)((after + i) % SLOT_COUNT);
        if (slot_map_lane(map, slot) == lane)
            return slot;
    }
    return SLOT_COUNT;
}

void pg_keep(pg_engine *p, uint16_t lane, int64_t act_time_ms)
{
    pg_keeper *k = &p->keepers[lane];
    int64_t now = clock_monotonic_ms();
    atomic_store(&k->act_time_ms, act_time_ms);
    if (now < k->next_ms)
        return;
    const slot_map *map = atomic_load(&p->engine.map);
    k->next_ms = now + (int64_t)KEEP_TURN_MS * (map != NULL ? map->lanes : 1);
    uint16_t slot = next_slot(map, lane, k->slot);
    session *s = pg_lane_session(p, lane);
    if (slot == SLOT_COUNT || !conn_is_open(&s->conn))
        return;
    k->slot = slot;
    send_drop(s, slot, act_time_ms);
    s->dirty = conn_run(&s->conn, NULL, NULL) == CONN_REFUSED;
}

/* All slots of the shard whose lane has committed something in this process. */
static void keep_shard(pg_engine *p, pg_shard *d)
{
    enum { AT_ONCE = 500 };
    const slot_map *map = atomic_load(&p->engine.map);
    session *s = pg_session_made(d, false);
    for (uint16_t slot = 0; slot < SLOT_COUNT && pg_reach(s); slot++) {
        int64_t time = atomic_load(&p->keepers[slot_map_lane(map, slot)].act_time_ms);
        if (time != 0 && slot_map_shard(map, slot) == d->number)
            send_drop(s, slot, time);
        if (slot % AT_ONCE == AT_ONCE - 1 || slot + 1 == SLOT_COUNT)
            (void)conn_run(&s->conn, NULL, NULL);
    }
    pg_session_freed(s);
}

void pg_keep_all(pg_engine *p)
{
    for (uint16_t i = 0; i < p->shards_n; i++)
        keep_shard(p, &p->shards[i]);
}

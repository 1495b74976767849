/* Views on replicas: see pg.h.
 *
 * A replica serves a slot when it has applied the log up to the last commit of this process in
 * that slot, and up to where the primary was STORE_REPLICA_LAG_MS ago, or a little less. So a user
 * finds what he has just done, whoever else writes. What another server has written for this one
 * has no position here: the slot is read from the primary until that has been asked for its
 * position again, which is then the slot's. And nobody reads what is older than that. The primary
 * is asked for its position by one view in a while; as long as it cannot be reached, replicas go
 * on with what was known.
 *
 * One that is away, not a replica any more, or too far behind rests; one that lacks only what
 * was written a moment ago does not. */
#include "port/clock.h"
#include "store/pg/pg.h"

enum { ASK_EVERY_MS = STORE_REPLICA_LAG_MS / 2 };

void pg_replica_owes(pg_engine *p, const change *changes, size_t n, int64_t position)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t home =
            (uint32_t)((uint8_t)changes[i].key.p[1] << 8 | (uint8_t)changes[i].key.p[2]);
        if (changes[i].table->home == HOME_SLOT && home < SLOT_COUNT)
            atomic_store(&p->positions[home], position);
    }
}

static void on_position(void *context, int tag, const PGresult *r)
{
    MAYBE(tag);
    int64_t *position = context;
    if (!server_take_position(r, position))
        *position = -1;
}

/* What the last two answers were: the one before is the floor. */
static void ask_primary(pg_shard *d)
{
    int64_t now = clock_monotonic_ms(), asked = atomic_load(&d->asked_ms), position = -1;
    if (now - asked < ASK_EVERY_MS || !atomic_compare_exchange_strong(&d->asked_ms, &asked, now))
        return;
    session *s = pg_reader_take(d, false);
    if (s == NULL)
        return;
    server_send_position(&s->conn, 0);
    pg_met(s, conn_run(&s->conn, on_position, &position));
    pg_reader_give(s);
    if (position < 0)
        return;
    (void)pthread_mutex_lock(&d->lock);
    if (now > d->known_ms) { /* else a later one was answered before */
        atomic_store(&d->floor, d->next_floor != 0 ? d->next_floor : position);
        d->next_floor = position;
        d->known_ms = now;
    }
    (void)pthread_mutex_unlock(&d->lock);
}

void pg_replica_elsewhere(engine *e, uint16_t slot)
{
    pg_engine *p = (pg_engine *)e;
    if (p->has_replicas && slot < SLOT_COUNT)
        atomic_store(&p->elsewhere_ms[slot], clock_monotonic_ms());
}

/* What a replica must have of this slot. */
static int64_t wanted_of(pg_engine *p, pg_shard *d, uint16_t slot)
{
    int64_t elsewhere = atomic_load(&p->elsewhere_ms[slot]);
    int64_t wanted = atomic_load(&p->positions[slot]);
    if (elsewhere == 0)
        return wanted;
    (void)pthread_mutex_lock(&d->lock);
    int64_t position = d->known_ms > elsewhere ? d->next_floor : PG_POSITION_UNKNOWN;
    (void)pthread_mutex_unlock(&d->lock);
    if (position == PG_POSITION_UNKNOWN)
        return position;
    while (wanted < position &&
           !atomic_compare_exchange_weak(&p->positions[slot], &wanted, position))
        continue;
    (void)atomic_compare_exchange_strong(&p->elsewhere_ms[slot], &elsewhere, 0);
    return wanted > position ? wanted : position;
}

/* How far it is; -1: of no use. */
static int64_t applied(session *s)
{
    int64_t position = -1;
    server_send_applied(&s->conn, 0);
    if (conn_run(&s->conn, on_position, &position) != CONN_DONE)
        return -1;
    return position;
}

static bool is_connected(session *s, const pg_shard *primary)
{
    if (conn_is_open(&s->conn))
        return true;
    s->begun = false;
    s->dirty = false;
    atomic_store(&s->shard->system, atomic_load(&primary->system));
    return pg_join(s);
}

static session *take(pg_shard *primary, pg_shard *d, int64_t wanted)
{
    session *s = pg_idle_take(d, false);
    if (s == NULL)
        return NULL;
    int64_t has = is_connected(s, primary) ? applied(s) : -1;
    if (has < atomic_load(&primary->floor)) {
        atomic_store(&d->next_try_ms, clock_monotonic_ms() + PG_REPLICA_REST_MS);
        conn_close(&s->conn); /* another of its servers may be further */
        atomic_fetch_add(&d->host, 1);
    }
    if (has >= wanted && conn_is_open(&s->conn) && pg_reader_begin(s))
        return s;
    pg_reader_give(s);
    return NULL;
}

session *pg_replica_take(pg_engine *p, pg_shard *d, uint16_t slot)
{
    if (!p->has_replicas || slot >= SLOT_COUNT)
        return NULL;
    pg_shard *replica = &p->replicas[d->number];
    ask_primary(d);
    int64_t wanted = wanted_of(p, d, slot);
    bool good = wanted != PG_POSITION_UNKNOWN && atomic_load(&d->floor) != 0 &&
                clock_monotonic_ms() >= atomic_load(&replica->next_try_ms);
    session *s = good ? take(d, replica, wanted) : NULL;
    atomic_fetch_add(s != NULL ? &p->replica_views : &p->primary_views, 1);
    return s;
}

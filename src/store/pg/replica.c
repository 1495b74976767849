/* Views on replicas: see pg.h.
 *
 * A replica serves a slot when it has applied a part of the latest timeline, and of that the log
 * up to the last commit in that slot of this process, or of another server that has answered it;
 * up to what the view names (store_home.after); and up to where the primary was at most
 * STORE_REPLICA_LAG_MS ago. So a user finds what he has just done, whoever else writes, and nobody
 * reads what is older than that. The primary is asked for its position by one view in a while.
 * Where none has asked in time, the view is the primary's; as long as that cannot be reached,
 * replicas go on with what was known.
 *
 * One that is away, not a replica any more, or too far behind rests; one that lacks only what
 * was written a moment ago does not. */
#include "store/pg/replica.h"
#include "port/clock.h"

enum {
    ASK_EVERY_MS = STORE_REPLICA_LAG_MS * 2 / 5
}; /* two of them, and the answers, are in time */

/* Commits of a slot here are known in the order of the log: one behind another whose end is unknown
 * has all that there will ever be of that. */
void pg_replica_owes_slot(pg_engine *p, uint16_t slot, int64_t position)
{
    int64_t owed = atomic_load(&p->positions[slot]);
    while ((owed >= PG_POSITION_UNTOLD || owed < position) &&
           !atomic_compare_exchange_weak(&p->positions[slot], &owed, position))
        continue;
}

/* What is told of other servers' commits may come late, and be of before one of here. */
void pg_replica_owes_told(pg_engine *p, uint16_t slot, int64_t position)
{
    int64_t owed = atomic_load(&p->positions[slot]);
    while ((owed == PG_POSITION_UNTOLD || owed < position) &&
           !atomic_compare_exchange_weak(&p->positions[slot], &owed, position))
        continue;
}

void pg_replica_owes(pg_engine *p, const change *changes, size_t n, int64_t position)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t home =
            (uint32_t)((uint8_t)changes[i].key.p[1] << 8 | (uint8_t)changes[i].key.p[2]);
        if (changes[i].table->home == HOME_SLOT && home < SLOT_COUNT)
            pg_replica_owes_slot(p, (uint16_t)home, position);
    }
}

static void on_position(void *context, int tag, const PGresult *r)
{
    int64_t *position = context;
    if (tag == 0 && !server_take_position(r, position))
        *position = -1;
}

/* What the last two answers were: the one before is the floor. */
static void ask_primary(pg_shard *d)
{
    int64_t now = clock_monotonic_ms(), asked = atomic_load(&d->asked_ms), position = -1;
    if (now - asked < ASK_EVERY_MS || !atomic_compare_exchange_strong(&d->asked_ms, &asked, now))
        return;
    session *s = pg_reader_take(d, false);
    if (s == NULL || !pg_reader_begin(s))
        return;
    server_send_position(&s->conn, 0);
    pg_met(s, conn_run(&s->conn, on_position, &position));
    pg_reader_give(s);
    if (position < 0)
        return;
    (void)pthread_mutex_lock(&d->lock);
    if (now > d->known_ms) { /* else a later one was answered before */
        atomic_store(&d->floor_ms, d->next_floor != 0 ? d->known_ms : now);
        atomic_store(&d->floor, d->next_floor != 0 ? d->next_floor : position);
        d->next_floor = position;
        d->known_ms = now;
    }
    (void)pthread_mutex_unlock(&d->lock);
}

/* How far it is, in one round trip with a transaction that sees at least as much; -1: of no use. */
static int64_t begin_applied(session *s)
{
    int64_t position = -1;
    server_send_applied(&s->conn, 0);
    conn_part(&s->conn);
    pg_queue_begin(s);
    conn_send_fixed(&s->conn, SQL_SNAPSHOT, -1);
    conn_fate fate = pg_run(s, on_position, &position);
    if (fate == CONN_LOST)
        return -1;
    pg_met(s, fate);
    return s->begun ? position : -1;
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

/* Has it applied a part of this timeline? */
static bool follows(session *s, int64_t timeline)
{
    if (s->timeline >= timeline)
        return true;
    int64_t applied_of = 0;
    server_send_follows(&s->conn, 0);
    if (conn_run(&s->conn, on_position, &applied_of) == CONN_DONE)
        s->timeline = applied_of;
    return s->timeline >= timeline;
}

/* How far a replica of this timeline is, begun; -1: of no use. */
static int64_t reached(session *s, const pg_shard *primary, int64_t timeline)
{
    return is_connected(s, primary) && follows(s, timeline) ? begin_applied(s) : -1;
}

static session *take(pg_shard *primary, pg_shard *d, int64_t timeline, int64_t wanted)
{
    session *s = pg_idle_take(d, false);
    if (s == NULL)
        return NULL;
    bool kept = conn_is_open(&s->conn);
    int64_t has = reached(s, primary, timeline);
    if (kept && !conn_is_open(&s->conn)) /* it had ended since it was used */
        has = reached(s, primary, timeline);
    if (has < atomic_load(&primary->floor)) {
        atomic_store(&d->next_try_ms, clock_monotonic_ms() + PG_REPLICA_REST_MS);
        conn_close(&s->conn); /* another of its servers may be further */
        atomic_fetch_add(&d->host, 1);
    }
    if (has >= wanted && conn_is_open(&s->conn))
        return s;
    pg_reader_give(s);
    return NULL;
}

static bool is_floor_good(pg_shard *d)
{
    int64_t age = clock_monotonic_ms() - atomic_load(&d->floor_ms);
    return atomic_load(&d->floor) != 0 &&
           (age <= STORE_REPLICA_LAG_MS || atomic_load(&d->away_since_ms) != 0);
}

session *pg_replica_take(pg_engine *p, pg_shard *d, const store_home *home)
{
    if (!p->has_replicas || home->slot >= SLOT_COUNT)
        return NULL;
    pg_shard *replica = &p->replicas[d->number];
    ask_primary(d);
    int64_t timeline = atomic_load(&d->timeline);
    int64_t wanted = pg_position_wanted(d, timeline, home->after);
    int64_t owed = atomic_load(&p->positions[home->slot]);
    wanted = owed > wanted ? owed : wanted;
    bool good = wanted < PG_POSITION_UNTOLD && is_floor_good(d) &&
                clock_monotonic_ms() >= atomic_load(&replica->next_try_ms);
    session *s = good ? take(d, replica, timeline, wanted) : NULL;
    atomic_fetch_add(s != NULL ? &p->replica_views : &p->primary_views, 1);
    return s;
}

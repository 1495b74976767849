/* Sessions of the PostgreSQL engine: see pg.h. Those of lanes, and in each shard a bounded number
 * of readers', which go back into a list. */
#include <stdlib.h>
#include <time.h>

#include "base/time.h"
#include "port/clock.h"
#include "port/log.h"
#include "store/pg/replica.h"

session *pg_session_made(pg_shard *d, bool reads)
{
    session *s = calloc(1, sizeof(*s)); /* freed by pg_session_freed */
    CHECK(s != NULL);
    conn_init(&s->conn);
    s->memory = arena_new(0);
    s->shard = d;
    s->reads = reads;
    return s;
}

void pg_session_freed(session *s)
{
    if (s == NULL)
        return;
    conn_free(&s->conn);
    arena_free(s->memory);
    free(s);
}

/* ---- transactions ---- */

void pg_queue_begin(session *s)
{
    if (s->begun)
        return;
    if (s->dirty)
        conn_send_fixed(&s->conn, SQL_ROLLBACK, PG_TAG_NONE);
    conn_send_fixed(&s->conn, s->reads ? SQL_BEGIN_READ : SQL_BEGIN_BATCH, PG_TAG_NONE);
    if (s->timed)
        conn_send_fixed(&s->conn, SQL_CLOCK, PG_TAG_CLOCK);
}

void pg_take_begun(session *s, int tag, const PGresult *r)
{
    if (tag == PG_TAG_CLOCK && !binary_read_i64((binary_cell){r, 0, 0}, &s->server_ms))
        s->server_ms = 0;
}

int64_t pg_clock_ms(const snapshot *at)
{
    return at->lane->server_ms;
}

conn_fate pg_run(session *s, conn_result *visit, void *context)
{
    engine_counters *c = &s->shard->engine->engine.counters;
    atomic_fetch_add_explicit(s->reads ? &c->view_trips : &c->trips, 1, memory_order_relaxed);
    return conn_run(&s->conn, visit, context);
}

void pg_met(session *s, conn_fate fate)
{
    s->begun = fate == CONN_DONE;
    s->dirty = fate == CONN_REFUSED;
    if (fate == CONN_DONE)
        pg_shard_here(s->shard);
    else if (fate == CONN_LOST) {
        (void)pg_shard_away(s->shard, &s->conn);
        if (s->reads)
            s->conn.answer_ms = PG_PATIENCE_MS; /* the next try */
    } else
        log_event(LOG_WARN, "the database refuses to read", log_u64("shard", s->shard->number),
                  log_str("state", str_of(s->conn.state)), log_str("why", str_of(s->conn.error)));
    /* A server that may not write any more is none: another one has taken over. */
    if (fate == CONN_REFUSED && conn_state_is(&s->conn, "25006"))
        conn_close(&s->conn);
}

/* ---- lanes ---- */

session *pg_lane_session(pg_engine *p, uint16_t lane)
{
    pg_shard *d = pg_shard_of(p, HOME_LANE, lane);
    session **s = &p->lanes[lane].in[d->number];
    if (*s == NULL)
        *s = p->lanes[lane].lane = pg_session_made(d, false);
    return *s;
}

const snapshot *pg_batch(engine *e, uint16_t lane)
{
    pg_engine *p = (pg_engine *)e;
    session *s = pg_lane_session(p, lane);
    s->timed = p->server_clock;
    s->server_ms = 0;
    s->dirty = s->dirty || s->begun; /* the last batch was not committed */
    s->begun = false;
    s->failed = false;
    s->away = false;
    (void)pg_is_fenced(s); /* then its reads begin on the next */
    return &p->lanes[lane];
}

/* ---- readers ---- */

session *pg_idle_take(pg_shard *d, bool waits)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PG_PATIENCE_MS / MS_SECOND;
    session *s = NULL;
    bool make = false;
    int waited = 0;
    pthread_mutex_lock(&d->lock);
    while (d->idle == NULL && d->readers == PG_READERS_MAX && waits && waited == 0)
        waited = pthread_cond_timedwait(&d->changed, &d->lock, &until);
    if (d->idle != NULL) {
        s = d->idle;
        d->idle = s->next;
    } else if (d->readers < PG_READERS_MAX) {
        d->readers++;
        make = true;
    }
    pthread_mutex_unlock(&d->lock);
    if (make)
        s = pg_session_made(d, true);
    if (s != NULL) {
        s->failed = false;
        s->away = false;
    }
    return s;
}

static void give_back(session *s)
{
    pg_shard *d = s->shard;
    pthread_mutex_lock(&d->lock);
    s->next = d->idle;
    d->idle = s;
    pthread_cond_signal(&d->changed);
    pthread_mutex_unlock(&d->lock);
}

void pg_session_idle(session *s)
{
    s->shard->readers++;
    give_back(s);
}

session *pg_reader_take(pg_shard *d, bool hurries)
{
    session *s = pg_idle_take(d, true);
    if (s == NULL)
        return NULL;
    while (pg_reach(s)) {
        if (pg_is_fenced(s))
            continue;
        bool doubtful = hurries || atomic_load(&d->away_since_ms) != 0;
        s->conn.answer_ms = doubtful ? PG_PATIENCE_MS : CONN_ANSWER_MS;
        return s;
    }
    give_back(s);
    return NULL;
}

bool pg_reader_begin(session *s)
{
    while (pg_reach(s)) {
        if (pg_is_fenced(s)) /* since it was taken */
            continue;
        pg_queue_begin(s);
        conn_send_fixed(&s->conn, SQL_SNAPSHOT, -1);
        conn_fate fate = pg_run(s, NULL, NULL);
        pg_met(s, fate);
        if (fate == CONN_DONE)
            return true;
        if (conn_is_open(&s->conn)) /* it refuses */
            break;
    }
    pg_reader_give(s);
    return false;
}

void pg_reader_give(session *s)
{
    if (s->begun || s->dirty) {
        conn_send_fixed(&s->conn, s->begun ? SQL_COMMIT : SQL_ROLLBACK, -1);
        conn_leave(&s->conn); /* nothing was written */
    }
    s->begun = false;
    s->dirty = false;
    s->conn.answer_ms = CONN_ANSWER_MS;
    give_back(s);
}

session *pg_session_in(snapshot *at, pg_shard *d)
{
    CHECK(at->reads || at->in[d->number] != NULL); /* a batch is about the rows of its lane */
    if (at->in[d->number] == NULL && !at->reached)
        at->in[d->number] = pg_reader_take(d, false);
    return at->in[d->number];
}

static bool is_away(const pg_shard *d)
{
    int64_t since = atomic_load(&d->away_since_ms);
    return since != 0 && clock_monotonic_ms() - since >= PG_PATIENCE_MS;
}

/* One that answers within the patience. */
static session *begun_reader(pg_shard *d)
{
    session *s = pg_reader_take(d, true);
    return s != NULL && pg_reader_begin(s) ? s : NULL;
}

/* Those that are known to be away pg_reach_all tries; here they are passed over. only NULL: all. */
static snapshot *take_reached(pg_engine *p, snapshot *at, const pg_shard *only)
{
    bool any = false;
    at->reached = true;
    for (uint16_t i = 0; i < p->shards_n; i++) {
        pg_shard *d = &p->shards[i];
        if ((only == NULL || only == d) && !is_away(d))
            at->in[i] = begun_reader(d);
        any = any || at->in[i] != NULL;
    }
    if (any)
        return at;
    free(at);
    return NULL;
}

bool pg_reader_has(engine *e, const snapshot *at, uint16_t lane)
{
    return !at->reached || at->in[pg_shard_of((pg_engine *)e, HOME_LANE, lane)->number] != NULL;
}

void pg_reach_all(engine *e)
{
    pg_engine *p = (pg_engine *)e;
    for (uint16_t i = 0; i < p->shards_n; i++) {
        pg_look_again(&p->shards[i]);
        if (atomic_load(&p->shards[i].away_since_ms) == 0)
            continue;
        session *s = begun_reader(&p->shards[i]);
        if (s != NULL)
            pg_reader_give(s);
    }
}

/* Sessions of the view's own shards; only NULL: of all. */
static bool take_sessions(pg_engine *p, snapshot *at, const pg_shard *only, bool fixed)
{
    bool good = true;
    for (uint16_t i = 0; good && i < p->shards_n; i++) {
        if (only != NULL && only != &p->shards[i])
            continue;
        session *s = pg_session_in(at, &p->shards[i]);
        good = s != NULL && (!fixed || pg_reader_begin(s));
        if (!good)
            at->in[i] = NULL;
    }
    return good;
}

snapshot *pg_reader_new(engine *e, const store_home *home, bool fixed)
{
    pg_engine *p = (pg_engine *)e;
    snapshot *at = calloc(1, sizeof(*at)); /* freed by pg_reader_free */
    CHECK(at != NULL);
    at->reads = true;
    if (home != NULL && home->reached && !home->of_lane)
        return take_reached(p, at, NULL);
    pg_shard *only = home != NULL ? pg_shard_of(p, HOME_LANE, home->lane) : NULL;
    if (home != NULL && home->reached)
        return take_reached(p, at, only);
    bool good = home == NULL || pg_position_reached(p, home->after);
    if (good && home != NULL && home->replica) {
        at->slot = home->slot;
        at->replica = pg_replica_take(p, only, home);
    }
    if (at->replica != NULL || (good && take_sessions(p, at, only, fixed)))
        return at;
    pg_reader_free(e, at);
    return NULL;
}

void pg_reader_end(engine *e, snapshot *at)
{
    const pg_engine *p = (const pg_engine *)e;
    for (uint16_t i = 0; i < p->shards_n; i++)
        if (at->in[i] != NULL)
            pg_reader_give(at->in[i]);
    if (at->replica != NULL)
        pg_reader_give(at->replica);
}

void pg_reader_free(engine *e, const snapshot *s)
{
    snapshot *at = (snapshot *)(uintptr_t)s;
    pg_reader_end(e, at);
    free(at);
}

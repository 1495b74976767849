/* Connections of the PostgreSQL engine: see pg.h. Those of lanes, and a bounded number of readers',
 * which go back into a list. */
#include <stdlib.h>
#include <time.h>

#include "base/time.h"
#include "port/clock.h"
#include "port/log.h"
#include "store/pg/pg.h"

snapshot *pg_snapshot_made(bool reads)
{
    snapshot *s = calloc(1, sizeof(*s)); /* freed by pg_snapshot_freed */
    CHECK(s != NULL);
    conn_init(&s->conn);
    s->memory = arena_new(0);
    s->reads = reads;
    return s;
}

void pg_snapshot_freed(snapshot *s)
{
    if (s == NULL)
        return;
    conn_free(&s->conn);
    arena_free(s->memory);
    free(s);
}

/* ---- reaching the server ---- */

void pg_rest_ms(int64_t ms)
{
    struct timespec t = {.tv_sec = ms / MS_SECOND, .tv_nsec = ms % MS_SECOND * 1000000};
    nanosleep(&t, NULL);
}

static void here(pg_engine *p)
{
    if (atomic_exchange(&p->away_since_ms, 0) != 0)
        log_event(LOG_INFO, "the database is there again");
}

/* Since when it is away. */
static int64_t away(pg_engine *p, const conn *c)
{
    int64_t since = 0, now = clock_monotonic_ms();
    if (atomic_compare_exchange_strong(&p->away_since_ms, &since, now)) {
        log_event(LOG_WARN, "the database cannot be reached", log_str("why", str_of(c->error)));
        return now;
    }
    return since;
}

bool pg_reach(pg_engine *p, snapshot *s)
{
    int64_t pause = PG_BACK_OFF_MS;
    while (!conn_is_open(&s->conn)) {
        s->begun = false;
        s->dirty = false;
        int64_t now = clock_monotonic_ms(), since = atomic_load(&p->away_since_ms);
        bool patient = since == 0 || now - since < PG_PATIENCE_MS;
        if (!patient && now < atomic_load(&p->next_try_ms))
            return false;
        if (conn_open(&s->conn, p->url, p->application))
            return true;
        since = away(p, &s->conn);
        now = clock_monotonic_ms();
        atomic_store(&p->next_try_ms, now + PG_BACK_OFF_MAX_MS);
        if (now - since >= PG_PATIENCE_MS)
            return false;
        pg_rest_ms(pause);
        pause = pause * 2 < PG_BACK_OFF_MAX_MS ? pause * 2 : PG_BACK_OFF_MAX_MS;
    }
    return true;
}

/* ---- transactions ---- */

void pg_queue_begin(snapshot *s)
{
    if (s->begun)
        return;
    if (s->dirty)
        conn_send_fixed(&s->conn, SQL_ROLLBACK, PG_TAG_NONE);
    conn_send_fixed(&s->conn, s->reads ? SQL_BEGIN_READ : SQL_BEGIN_BATCH, PG_TAG_NONE);
    if (s->timed)
        conn_send_fixed(&s->conn, SQL_CLOCK, PG_TAG_CLOCK);
}

void pg_take_begun(snapshot *s, int tag, const PGresult *r)
{
    if (tag == PG_TAG_CLOCK && !binary_read_i64((binary_cell){r, 0, 0}, &s->server_ms))
        s->server_ms = 0;
}

int64_t pg_clock_ms(const snapshot *at)
{
    return at->server_ms;
}

conn_fate pg_run(pg_engine *p, snapshot *s, conn_result *visit, void *context)
{
    if (!s->reads)
        atomic_fetch_add_explicit(&p->engine.counters.trips, 1, memory_order_relaxed);
    return conn_run(&s->conn, visit, context);
}

void pg_met(pg_engine *p, snapshot *s, conn_fate fate)
{
    s->begun = fate == CONN_DONE;
    s->dirty = fate == CONN_REFUSED;
    if (fate == CONN_DONE)
        here(p);
    else if (fate == CONN_LOST)
        (void)away(p, &s->conn);
    else
        log_event(LOG_WARN, "the database refuses to read", log_str("state", str_of(s->conn.state)),
                  log_str("why", str_of(s->conn.error)));
    /* A server that may not write any more is none: another one has taken over. */
    if (fate == CONN_REFUSED && conn_state_is(&s->conn, "25006"))
        conn_close(&s->conn);
}

const snapshot *pg_batch(engine *e, uint16_t lane)
{
    pg_engine *p = (pg_engine *)e;
    snapshot *s = p->lanes[lane];
    if (s == NULL)
        s = p->lanes[lane] = pg_snapshot_made(false);
    s->timed = p->server_clock;
    s->server_ms = 0;
    s->dirty = s->dirty || s->begun; /* the last batch was not committed */
    s->begun = false;
    s->failed = false;
    s->away = false;
    return s;
}

/* ---- readers ---- */

static snapshot *take_idle(pg_engine *p)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PG_PATIENCE_MS / MS_SECOND;
    snapshot *s = NULL;
    bool make = false;
    int waited = 0;
    pthread_mutex_lock(&p->lock);
    while (p->idle == NULL && p->readers == PG_READERS_MAX && waited == 0)
        waited = pthread_cond_timedwait(&p->changed, &p->lock, &until);
    if (p->idle != NULL) {
        s = p->idle;
        p->idle = s->next;
    } else if (p->readers < PG_READERS_MAX) {
        p->readers++;
        make = true;
    }
    pthread_mutex_unlock(&p->lock);
    return make ? pg_snapshot_made(true) : s;
}

static void give_back(pg_engine *p, snapshot *s)
{
    pthread_mutex_lock(&p->lock);
    s->next = p->idle;
    p->idle = s;
    pthread_cond_signal(&p->changed);
    pthread_mutex_unlock(&p->lock);
}

snapshot *pg_reader_new(engine *e)
{
    pg_engine *p = (pg_engine *)e;
    snapshot *s = take_idle(p);
    if (s == NULL)
        return NULL;
    s->failed = false;
    while (pg_reach(p, s)) {
        pg_queue_begin(s);
        conn_send_fixed(&s->conn, SQL_SNAPSHOT, -1);
        conn_fate fate = conn_run(&s->conn, NULL, NULL);
        pg_met(p, s, fate);
        if (fate == CONN_DONE)
            return s;
        if (fate == CONN_REFUSED)
            break;
    }
    give_back(p, s);
    return NULL;
}

void pg_reader_free(engine *e, const snapshot *at)
{
    pg_engine *p = (pg_engine *)e;
    snapshot *s = (snapshot *)(uintptr_t)at;
    if (conn_is_open(&s->conn)) {
        conn_send_fixed(&s->conn, s->begun ? SQL_COMMIT : SQL_ROLLBACK, -1);
        s->dirty = conn_run(&s->conn, NULL, NULL) == CONN_REFUSED;
    }
    s->begun = false;
    give_back(p, s);
}

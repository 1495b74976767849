/* The databases of the PostgreSQL engine: which one has a row, and reaching it. See pg.h. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/time.h"
#include "port/clock.h"
#include "port/log.h"
#include "store/pg/pg.h"

void pg_shard_init(pg_shard *d, pg_engine *p, uint16_t number, str url)
{
    d->engine = p;
    d->number = number;
    d->url = strndup(url.p, url.n); /* freed by pg_shard_free */
    CHECK(d->url != NULL);
    hosts_read(&d->hosts, d->url);
    CHECK(pthread_mutex_init(&d->lock, NULL) == 0);
    CHECK(pthread_cond_init(&d->changed, NULL) == 0);
}

void pg_shard_free(pg_shard *d)
{
    while (d->idle != NULL) {
        session *s = d->idle;
        d->idle = s->next;
        pg_session_freed(s);
    }
    pthread_cond_destroy(&d->changed);
    pthread_mutex_destroy(&d->lock);
    hosts_free(&d->hosts);
    free(d->url);
}

/* ---- which ---- */

/* Before there is a map, only what is in the first one is asked for. What no slot or lane has may
 * be asked for by an id that somebody made up: any shard has no such row. */
pg_shard *pg_shard_of(pg_engine *p, table_home kind, uint32_t home)
{
    const slot_map *map = atomic_load(&p->engine.map);
    bool known = map != NULL && home < (kind == HOME_LANE ? map->lanes : (uint32_t)SLOT_COUNT);
    uint16_t shard = !known              ? 0
                     : kind == HOME_LANE ? slot_map_shard_of_lane(map, (uint16_t)home)
                                         : slot_map_shard(map, (uint16_t)home);
    CHECK(shard < p->shards_n);
    return &p->shards[shard];
}

pg_shard *pg_shard_of_key(pg_engine *p, const table *t, str key)
{
    enum { HOME_AT = 1, HOME_BYTES = 2 };
    if (p->shards_n == 1)
        return &p->shards[0];
    if (key.n < HOME_AT + HOME_BYTES)
        return NULL;
    return pg_shard_of(p, t->home, (uint32_t)((uint8_t)key.p[1] << 8 | (uint8_t)key.p[2]));
}

/* ---- reaching it ---- */

void pg_rest_ms(int64_t ms)
{
    struct timespec t = {.tv_sec = ms / MS_SECOND, .tv_nsec = ms % MS_SECOND * 1000000};
    nanosleep(&t, NULL);
}

void pg_shard_here(pg_shard *d)
{
    if (atomic_exchange(&d->away_since_ms, 0) != 0)
        log_event(LOG_INFO, "the database is there again", log_u64("shard", d->number),
                  log_u64("replica", d->replica));
}

int64_t pg_shard_away(pg_shard *d, const conn *c)
{
    int64_t since = 0, now = clock_monotonic_ms();
    if (atomic_compare_exchange_strong(&d->away_since_ms, &since, now)) {
        log_event(LOG_WARN, "the database cannot be reached", log_u64("shard", d->number),
                  log_u64("replica", d->replica), log_str("why", str_of(c->error)));
        return now;
    }
    return since;
}

/* What the server is; false: not one to go on with. */
static bool accept(session *s)
{
    pg_shard *d = s->shard;
    server_identity is;
    if (!server_identify(&s->conn, &is))
        return false;
    s->timeline = is.known ? is.timeline : 0;
    if (!is.known)
        return true;
    int64_t system = 0, seen = atomic_load(&d->timeline);
    if (!atomic_compare_exchange_strong(&d->system, &system, is.system) && system != is.system) {
        conn_give_up(&s->conn, "the server is of another system than this shard's");
        return false;
    }
    while (is.timeline > seen && !atomic_compare_exchange_weak(&d->timeline, &seen, is.timeline))
        continue;
    if (is.timeline == 0 || is.timeline >= atomic_load(&d->timeline))
        return true;
    conn_give_up(&s->conn, "the server is a primary of yesterday: another one was promoted");
    return false;
}

static bool join_at(session *s, size_t i)
{
    const pg_shard *d = s->shard;
    return conn_open(&s->conn, d->url, hosts_at(&d->hosts, i), d->engine->application) &&
           accept(s) && pg_may_go_on(s);
}

bool pg_join(session *s)
{
    pg_shard *d = s->shard;
    size_t first = atomic_load(&d->host);
    for (size_t i = 0; i < d->hosts.n; i++) {
        if (join_at(s, first + i)) {
            atomic_store(&d->host, (first + i) % d->hosts.n);
            return true;
        }
    }
    return false;
}

static void look(session *s)
{
    for (size_t i = 0; i < s->shard->hosts.n; i++) {
        (void)join_at(s, i);
        conn_close(&s->conn);
    }
}

void pg_survey(session *s)
{
    if (s->shard->hosts.n > 1)
        look(s);
}

void pg_look_again(pg_shard *d)
{
    if (!atomic_exchange(&d->sought, false))
        return;
    session *s = pg_session_made(d, true);
    look(s);
    pg_session_freed(s);
}

bool pg_is_fenced(session *s)
{
    if (!conn_is_open(&s->conn) || s->timeline == 0 ||
        s->timeline >= atomic_load(&s->shard->timeline))
        return false;
    conn_give_up(&s->conn, "another primary was promoted since");
    return true;
}

bool pg_reach(session *s)
{
    pg_shard *d = s->shard;
    int64_t pause = PG_BACK_OFF_MS;
    while (!conn_is_open(&s->conn)) {
        s->begun = false;
        s->dirty = false;
        int64_t now = clock_monotonic_ms(), since = atomic_load(&d->away_since_ms);
        bool patient = since == 0 || now - since < PG_PATIENCE_MS;
        if (!patient && now < atomic_load(&d->next_try_ms))
            return false;
        if (pg_join(s))
            return true;
        since = pg_shard_away(d, &s->conn);
        now = clock_monotonic_ms();
        atomic_store(&d->next_try_ms, now + PG_BACK_OFF_MAX_MS);
        if (now - since >= PG_PATIENCE_MS)
            return false;
        pg_rest_ms(pause);
        pause = pause * 2 < PG_BACK_OFF_MAX_MS ? pause * 2 : PG_BACK_OFF_MAX_MS;
    }
    return true;
}

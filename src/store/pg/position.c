/* Positions: where the log of each shard is with what was committed here, or by others whose
 * answers came here. See pg.h.
 *
 * They are in order of timeline, then place: what has applied a part of a later timeline has all of
 * the earlier ones that is left. A place of the log is never taken for one of another timeline. */
#include "domain/table.gen.h"
#include "store/pg/replica.h"

void pg_position_set(pg_shard *d, int64_t timeline, int64_t at)
{
    (void)pthread_mutex_lock(&d->lock);
    if (timeline > d->log_timeline || (timeline == d->log_timeline && at > d->log_at)) {
        d->log_timeline = timeline;
        d->log_at = at;
    }
    (void)pthread_mutex_unlock(&d->lock);
}

void pg_position_here(engine *e, arena *memory, store_position *out)
{
    pg_engine *p = (pg_engine *)e;
    out->places.items = ARENA_ARRAY(memory, shard_place, p->shards_n);
    out->places.n = 0;
    for (uint16_t i = 0; p->has_replicas && i < p->shards_n; i++) {
        pg_shard *d = &p->shards[i];
        (void)pthread_mutex_lock(&d->lock);
        shard_place is = {i, (uint64_t)atomic_load(&d->system), d->log_timeline, d->log_at};
        (void)pthread_mutex_unlock(&d->lock);
        if (is.at > 0)
            out->places.items[out->places.n++] = is;
    }
}

static bool is_of(const pg_shard *d, const shard_place *place)
{
    return place->shard == d->number && place->system == (uint64_t)atomic_load(&d->system);
}

/* The peer has seen that promotion; connections to an earlier primary are given up here, too. */
static void see_promotion(pg_shard *d, int64_t timeline)
{
    int64_t seen = atomic_load(&d->timeline);
    while (timeline > seen && !atomic_compare_exchange_weak(&d->timeline, &seen, timeline))
        continue;
}

void pg_position_seen(engine *e, uint16_t slot, const store_position *p)
{
    pg_engine *own = (pg_engine *)e;
    int64_t at = PG_POSITION_UNTOLD;
    const pg_shard *home = pg_shard_of(own, HOME_SLOT, slot);
    for (size_t i = 0; i < p->places.n; i++) {
        const shard_place *place = &p->places.items[i];
        pg_shard *d = place->shard < own->shards_n ? &own->shards[place->shard] : NULL;
        if (d == NULL || !is_of(d, place))
            continue;
        see_promotion(d, place->timeline);
        pg_position_set(d, place->timeline, place->at);
        if (d == home)
            at = place->at;
    }
    if (own->has_replicas && slot < SLOT_COUNT)
        pg_replica_owes_told(own, slot, at);
}

int64_t pg_position_wanted(const pg_shard *d, int64_t timeline, const store_position *after)
{
    for (size_t i = 0; after != NULL && i < after->places.n; i++) {
        const shard_place *place = &after->places.items[i];
        if (place->shard == d->number && (!is_of(d, place) || place->timeline > timeline))
            return PG_POSITION_UNKNOWN;
        if (place->shard == d->number && place->timeline == timeline)
            return place->at;
    }
    return 0;
}

bool pg_position_reached(pg_engine *p, const store_position *after)
{
    bool reached = true;
    for (size_t i = 0; after != NULL && i < after->places.n; i++) {
        const shard_place *place = &after->places.items[i];
        pg_shard *d = place->shard < p->shards_n ? &p->shards[place->shard] : NULL;
        if (d == NULL || !is_of(d, place) || place->timeline <= atomic_load(&d->timeline))
            continue;
        atomic_store(&d->sought, true);
        reached = false;
    }
    return reached;
}

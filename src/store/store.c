/* The store: opening, threads, submitting, reading, closing. See port/store.h.
 *
 * Invariants: the number of lanes never changes in the life of a data directory; `inside` counts
 * what was accepted and not yet answered; once latched, no commit is acknowledged. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/time.h"
#include "store/lane.h"

enum { DRAIN_PARKED_MS = 5000 };

/* ---- clocks ---- */

static int64_t read_clock(clockid_t which)
{
    struct timespec t;
    CHECK(clock_gettime(which, &t) == 0);
    return (int64_t)t.tv_sec * MS_SECOND + t.tv_nsec / 1000000;
}

int64_t store_clock_ms(store *s)
{
    return s->hooks.clock_ms != NULL ? s->hooks.clock_ms(s->hooks.context)
                                     : read_clock(CLOCK_REALTIME);
}

int64_t store_tick_ms(void *context)
{
    store *s = context;
    return s->threads ? read_clock(CLOCK_MONOTONIC) : store_clock_ms(s);
}

/* ---- opening ---- */

static void start(lane *l)
{
    static const int own[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    sigset_t all, before;
    sigfillset(&all); /* signals are for the main thread, but those of a defect in this one */
    for (size_t i = 0; i < ARRAY_LEN(own); i++)
        sigdelset(&all, own[i]);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    CHECK(pthread_create(&l->thread, NULL, lane_main, l) == 0);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    char name[16];
    snprintf(name, sizeof(name), "lane-%u", l->number);
    pthread_setname_np(l->thread, name);
}

result store_open_engine(engine *e, const store_options *options, const store_hooks *hooks,
                         store **out, buf *why)
{
    store *s = calloc(1, sizeof(*s) + STORE_LANES_MAX * sizeof(lane)); /* freed by store_close */
    CHECK(s != NULL);
    s->engine = e;
    s->hooks = hooks != NULL ? *hooks : (store_hooks){0};
    s->read_only = options->read_only;
    s->several = options->several;
    s->threads = options->threads && !options->read_only;
    result r = shards_open(s, options, why);
    if (r != R_DONE) {
        e->ops->close(e);
        free(s);
        return r;
    }
    CHECK(pthread_mutex_init(&s->drain_lock, NULL) == 0);
    CHECK(pthread_cond_init(&s->drained, NULL) == 0);
    for (uint16_t i = 0; i < s->map.lanes; i++)
        lane_init(&s->lanes[i], s, i);
    for (uint16_t i = 0; i < s->map.lanes && s->threads; i++)
        start(&s->lanes[i]);
    *out = s;
    return R_DONE;
}

uint16_t store_lanes(const store *s)
{
    return s->map.lanes;
}

uint16_t store_lane_of_slot(const store *s, uint16_t slot)
{
    return slot_map_lane(&s->map, slot);
}

void store_position_here(store *s, arena *memory, store_position *out)
{
    *out = (store_position){0};
    if (s->engine->ops->position_here != NULL)
        s->engine->ops->position_here(s->engine, memory, out);
}

void store_position_seen(store *s, uint16_t slot, const store_position *p)
{
    if (s->engine->ops->position_seen != NULL)
        s->engine->ops->position_seen(s->engine, slot, p);
}

const slot_map *store_slots(const store *s)
{
    return &s->map;
}

/* ---- requests ---- */

void store_ended(store *s, size_t n)
{
    if (atomic_fetch_sub(&s->inside, n) != n || atomic_load(&s->phase) == STORE_SERVING)
        return;
    pthread_mutex_lock(&s->drain_lock);
    pthread_cond_broadcast(&s->drained);
    pthread_mutex_unlock(&s->drain_lock);
}

static result refusal(store *s, const request *r)
{
    if (atomic_load(&s->latched) || s->read_only)
        return R_UNAVAILABLE;
    int phase = atomic_load(&s->phase);
    /* What is inside may need messages between lanes to come to its end. */
    if (phase == STORE_CLOSED || (phase == STORE_DRAINING && r->class != CLASS_INTERNAL))
        return R_DRAINING;
    return R_DONE;
}

result store_submit(store *s, request *r)
{
    uint16_t number = r->to_lane ? r->lane : slot_map_lane(&s->map, r->slot);
    CHECK(number < s->map.lanes && (r->to_lane || r->slot < SLOT_COUNT));
    r->next = NULL;
    r->dry_count = 0;
    r->runs = 0;
    r->moves = 0;
    r->park_until_ms = 0;
    /* Counted before the phase is read: a drain either sees it or turns it away. */
    atomic_fetch_add(&s->inside, 1);
    result outcome = refusal(s, r);
    if (outcome == R_DONE)
        outcome = queue_add(&s->lanes[number].queue, r);
    if (outcome != R_DONE)
        store_ended(s, 1);
    return outcome;
}

void store_wake(store *s, uint16_t number, pool_name which, store_word word, uint64_t up_to)
{
    CHECK(number < s->map.lanes);
    queue_wake(&s->lanes[number].queue, which, word, up_to);
}

size_t store_step(store *s)
{
    CHECK(!s->threads);
    size_t n = 0;
    for (uint16_t i = 0; i < s->map.lanes; i++)
        n += lane_step(&s->lanes[i]);
    return n;
}

void store_halt_lane(store *s, uint16_t number, bool halted)
{
    CHECK(number < s->map.lanes);
    queue_halt(&s->lanes[number].queue, halted);
}

static void give_up_parked(store *s)
{
    for (uint16_t i = 0; i < s->map.lanes; i++)
        queue_give_up(&s->lanes[i].queue);
}

void store_latch(store *s, result why)
{
    if (atomic_exchange(&s->latched, true))
        return;
    give_up_parked(s);
    if (s->hooks.failed != NULL)
        s->hooks.failed(s->hooks.context, why);
}

/* ---- ending ---- */

static bool wait_until_empty(store *s, int64_t ms)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    int64_t at = (int64_t)until.tv_sec * MS_SECOND + until.tv_nsec / 1000000 + ms;
    until = (struct timespec){.tv_sec = at / MS_SECOND, .tv_nsec = at % MS_SECOND * 1000000};
    int waited = 0;
    pthread_mutex_lock(&s->drain_lock);
    while (atomic_load(&s->inside) > 0 && waited == 0)
        waited = ms == INT64_MAX ? pthread_cond_wait(&s->drained, &s->drain_lock)
                                 : pthread_cond_timedwait(&s->drained, &s->drain_lock, &until);
    pthread_mutex_unlock(&s->drain_lock);
    return atomic_load(&s->inside) == 0;
}

static void step_until_empty(store *s)
{
    while (store_step(s) > 0)
        continue;
    give_up_parked(s);
    while (store_step(s) > 0)
        continue;
}

void store_drain(store *s)
{
    int serving = STORE_SERVING;
    atomic_compare_exchange_strong(&s->phase, &serving, STORE_DRAINING);
    for (uint16_t i = 0; i < s->map.lanes; i++)
        queue_halt(&s->lanes[i].queue, false);
    if (!s->threads) {
        step_until_empty(s);
    } else if (!wait_until_empty(s, DRAIN_PARKED_MS)) {
        give_up_parked(s);
        wait_until_empty(s, INT64_MAX);
    }
}

void store_close(store *s)
{
    if (s == NULL)
        return;
    store_drain(s);
    atomic_store(&s->phase, STORE_CLOSED);
    for (uint16_t i = 0; i < s->map.lanes; i++) {
        queue_stop(&s->lanes[i].queue);
        if (s->threads)
            pthread_join(s->lanes[i].thread, NULL);
        lane_free(&s->lanes[i]);
    }
    s->engine->ops->close(s->engine);
    pthread_cond_destroy(&s->drained);
    pthread_mutex_destroy(&s->drain_lock);
    free(s);
}

/* ---- looking after ---- */

void store_metrics_read(store *s, store_metrics *out)
{
    *out = (store_metrics){0};
    for (uint16_t i = 0; i < s->map.lanes; i++) {
        lane *l = &s->lanes[i];
        out->batches += atomic_load(&l->batches);
        out->requests += atomic_load(&l->requests);
        out->aborts += atomic_load(&l->aborts);
        queue_count(&l->queue, &out->queued_now, &out->parked_now);
    }
    engine_counters *c = &s->engine->counters;
    out->puts = atomic_load(&c->puts);
    out->deletes = atomic_load(&c->deletes);
    out->bytes_written = atomic_load(&c->bytes);
    out->syncs = atomic_load(&c->syncs);
    out->trips = atomic_load(&c->trips);
    out->view_trips = atomic_load(&c->view_trips);
    out->shards = s->map.shards;
    if (s->engine->ops->measure != NULL)
        s->engine->ops->measure(s->engine, out);
}

result store_checkpoint(store *s, str directory, buf *why)
{
    return s->engine->ops->checkpoint(s->engine, directory, why);
}

void store_compact(store *s)
{
    s->engine->ops->compact(s->engine);
}

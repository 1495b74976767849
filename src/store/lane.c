/* A lane: see lane.h.
 *
 * Order: the requests of a batch are decided in the order in which they were taken, whatever rows
 * are missing and however often that makes some run again. A request whose rows are not here stops
 * the deciding; those behind it are only probed, so that one load brings what all of them miss.
 * So withheld rows, lost races and split batches change no outcome. */
#include "store/lane.h"

#include "domain/campaign/config.h"

#include <stdlib.h>

enum { ABORT_ONE_IN = 5, SPLIT_ONE_IN = 2, KEEP_BITS = 20 };

void lane_init(lane *l, store *s, uint16_t number)
{
    l->store = s;
    l->number = number;
    l->config_epoch = UINT64_MAX; /* none */
    l->memory = arena_new(LANE_MEMORY_MAX);
    if (s->engine->adversary != 0)
        l->random = s->engine->adversary * UINT64_C(0x9e3779b97f4a7c15) + number + 1;
    queue_init(&l->queue);
}

void lane_free(lane *l)
{
    queue_free(&l->queue);
    arena_free(l->memory);
}

/* True once in n times, in adversarial mode only. */
static bool chance(lane *l, uint64_t n)
{
    return l->random != 0 && unit_random(&l->random) % n == 0;
}

/* ---- deciding ---- */

/* Runs what is behind the first request that misses rows, or before the head is here all of them,
 * only to learn what they miss too. */
static void probe_rest(lane *l, size_t from, size_t n)
{
    for (size_t i = from; i < n && arena_used(l->memory) < LANE_MEMORY_BATCH; i++)
        if (!l->complete[i])
            l->complete[i] = unit_probe(&l->unit, l->batch[i]);
}

static void keep(lane *l, request *r, result outcome)
{
    r->outcome = outcome;
    r->detail = l->unit.detail;
    r->wrong = l->unit.wrong;
    r->act_time_ms = l->unit.now_ms;
    r->waits_for = l->unit.waits_for;
    r->waits_need = l->unit.waits_need;
}

/* Decides the batch, or the part of it that the batch's memory allows; how many. */
static size_t decide(lane *l, size_t n)
{
    uow *u = &l->unit;
    memset(l->complete, 0, sizeof(l->complete));
    unsigned loads = 0;
    for (size_t i = 0; i < n;) {
        result outcome = unit_run(u, l->batch[i]);
        if (outcome == R_AGAIN) {
            if (unit_wants(u) && loads++ < LANE_AGAIN_MAX) {
                probe_rest(l, i + 1, n);
                unit_load(u);
                continue;
            }
            outcome = R_INTERNAL; /* it never settles */
        }
        keep(l, l->batch[i++], outcome);
        loads = 0;
        if (arena_used(l->memory) > LANE_MEMORY_BATCH || u->events.n > LANE_EVENTS_MAX)
            return i;
    }
    return n;
}

static void answer_all(request **batch, size_t n, result outcome)
{
    for (size_t i = 0; i < n; i++) {
        batch[i]->outcome = outcome;
        batch[i]->detail = (str){NULL, 0};
        batch[i]->wrong = (issue){0};
    }
}

/* ---- one attempt ---- */

typedef struct attempt {
    size_t n; /* in: of the batch; out: how many were decided */
    unit_changes changes;
    const config *config;
} attempt;

static const config *pin(const store *s)
{
    return s->hooks.config_pin != NULL ? s->hooks.config_pin(s->hooks.context) : NULL;
}

static void unpin(const store *s, const config *c)
{
    if (s->hooks.config_unpin != NULL)
        s->hooks.config_unpin(s->hooks.context, c);
}

/* Another server may have run batches here on a newer configuration than is pinned: it raised the
 * epoch. What is decided on the older one has read the older head, and cannot commit. */
static result cover(lane *l, attempt *a)
{
    const store *s = l->store;
    if (!s->several || s->hooks.config_epoch == NULL || (l->covered && l->unit.epoch == l->epoch))
        return R_DONE;
    result r = s->hooks.config_epoch(s->hooks.context, l->number, l->unit.epoch, true);
    if (r != R_DONE)
        return r;
    l->epoch = l->unit.epoch;
    l->covered = true;
    unpin(s, a->config);
    a->config = l->unit.config = pin(s);
    return R_DONE;
}

/* The first batch on a newer configuration tells the other servers, in its own commit. */
static bool raises(const lane *l, const attempt *a)
{
    return l->store->several && a->config != NULL && config_epoch(a->config) != l->config_epoch;
}

static void raised(lane *l, const attempt *a)
{
    l->epoch = l->unit.epoch + 1;
    l->config_epoch = config_epoch(a->config);
    if (l->store->hooks.config_raised != NULL)
        l->store->hooks.config_raised(l->store->hooks.context, l->number, l->epoch);
}

/* A repetition or a refusal, too, is by rows that its slot has by now, whoever wrote them. */
static void tell_answered(const lane *l, size_t n)
{
    engine *e = l->store->engine;
    for (size_t i = 0; i < n && e->ops->answers != NULL; i++)
        if (!l->batch[i]->to_lane)
            e->ops->answers(e, l->number, l->batch[i]->slot);
}

static result commit(lane *l, attempt *a)
{
    store *s = l->store;
    l->unit.raises = raises(l, a);
    if (l->unit.raises && s->hooks.config_seen != NULL) {
        l->unit.config_seen = ARENA_ARRAY(l->memory, config_mark, s->map.lanes);
        s->hooks.config_seen(s->hooks.context, l->unit.config_seen, s->map.lanes);
    }
    unit_finish(&l->unit, &a->changes);
    if (a->changes.n == 0)
        return R_DONE;
    if (chance(l, ABORT_ONE_IN))
        return R_STALE;
    result r = s->engine->ops->commit(s->engine, l->number, a->changes.items, a->changes.n);
    if (r == R_DONE && l->unit.raises)
        raised(l, a);
    if (r == R_DONE || r == R_UNKNOWN)
        tell_answered(l, a->n);
    /* When another lane's sync has failed, this one's success proves nothing. */
    return r == R_DONE && atomic_load(&s->latched) ? R_UNKNOWN : r;
}

static result begin(lane *l, const attempt *a)
{
    store *s = l->store;
    unit_setup setup = {
        .engine = s->engine,
        .memory = l->memory,
        .at = s->engine->ops->batch != NULL ? s->engine->ops->batch(s->engine, l->number) : NULL,
        .config = a->config,
        .lane = l->number,
        .slots = &s->map,
        .clock_ms = store_clock_ms(s),
        .time_last = l->time_last,
        .id_last = l->id_last,
        .rows_hint = l->rows_hint,
        .random = l->random != 0 ? &l->random : NULL};
    unit_begin(&l->unit, &setup);
    memset(l->complete, 0, sizeof(l->complete));
    if (s->engine->withholds)
        probe_rest(l, 0, a->n);
    return unit_open(&l->unit);
}

static result try_batch(lane *l, attempt *a)
{
    store *s = l->store;
    arena_reset(l->memory);
    a->changes = (unit_changes){0};
    result r = begin(l, a);
    if (r == R_MAP_CHANGED) { /* other servers know better whose lane this is */
        store_latch(s, r);
        r = R_UNAVAILABLE;
    }
    if (l->unit.server_ms != 0 && s->hooks.clock_seen != NULL)
        s->hooks.clock_seen(s->hooks.context, l->unit.server_ms);
    if (r == R_DONE)
        r = cover(l, a);
    if (r != R_DONE) {
        answer_all(l->batch, a->n, r);
        for (size_t i = 0; i < a->n; i++)
            l->batch[i]->act_time_ms = 0; /* an attempt before may have decided it, and is lost */
        return R_DONE;                    /* nothing was written: it is an answer */
    }
    a->n = decide(l, a->n);
    r = commit(l, a);
    const lane_head *head = l->unit.head->row;
    for (size_t i = 0; i < a->n; i++)
        l->batch[i]->revision = head == NULL ? 0 : head->revision;
    l->rows_hint = l->unit.map_n < (1U << KEEP_BITS) ? l->unit.map_n : 1U << KEEP_BITS;
    if (r != R_STALE && r != R_EPOCH_CHANGED) {
        l->time_last = l->unit.now_ms;
        l->id_last = l->unit.id_last;
    }
    return r;
}

static void cut(lane *l, attempt *a, size_t taken)
{
    if (a->n < taken)
        queue_put_back(&l->queue, l->batch + a->n, taken - a->n);
}

/* Attempts until the batch is committed or will not be; the outcomes are in the requests. */
static void run_batch(lane *l, attempt *a)
{
    for (unsigned aborts = 0;;) {
        size_t taken = a->n;
        a->config = pin(l->store);
        result r = try_batch(l, a);
        unpin(l->store, a->config);
        cut(l, a, taken);
        if (r == R_DONE)
            return;
        bool lost = r == R_STALE || r == R_EPOCH_CHANGED;
        if (lost && ++aborts < LANE_ABORTS_MAX) {
            atomic_fetch_add(&l->aborts, 1);
            taken = a->n;
            if (aborts % LANE_ABORTS_HALVE == 0)
                a->n = (a->n + 1) / 2;
            cut(l, a, taken);
            continue;
        }
        a->changes.n = 0; /* nothing was committed */
        if (lost)
            r = R_UNAVAILABLE;
        else if (r != R_STORAGE_FULL && r != R_UNAVAILABLE && r != R_UNKNOWN) {
            store_latch(l->store, r);
            r = R_UNKNOWN;
        }
        answer_all(l->batch, a->n, r);
        return;
    }
}

/* ---- answering ---- */

static void end(lane *l, request *r)
{
    const store_hooks *hooks = &l->store->hooks;
    if (r->moves > 0 && hooks->gone != NULL)
        hooks->gone(hooks->context, l->number, r);
    r->done(r);
    store_ended(l->store, 1);
}

static void park(lane *l, request *r)
{
    if (r->park_until_ms == 0)
        r->park_until_ms =
            r->give_up_ms != 0 ? r->give_up_ms : store_tick_ms(l->store) + LANE_PARK_MS;
    r->ticket = ++l->ticket;
    if (r->moves == 0 || !pool_name_eq(r->parked_for, r->waits_for))
        r->moves++;
    r->parked_for = r->waits_for;
    if (r->dry_count == STORE_DRY_MAX || !queue_park(&l->queue, r))
        r->outcome = R_BUSY;
}

/* Parks first: what done and the hooks wake must find what waits. */
static void answer(lane *l, const attempt *a)
{
    const store_hooks *hooks = &l->store->hooks;
    request *parked[STORE_BATCH_MAX];
    size_t parked_n = 0, ended_n = 0;
    for (size_t i = 0; i < a->n; i++) {
        request *r = l->batch[i];
        if (r->outcome == R_WAIT)
            park(l, r);
        if (r->outcome == R_WAIT)
            parked[parked_n++] = r;
        else
            l->batch[ended_n++] = r;
    }
    if (a->changes.n > 0 && hooks->committed != NULL)
        hooks->committed(hooks->context, l->number, a->changes.messages, a->changes.messages_n);
    for (size_t i = 0; i < ended_n; i++)
        end(l, l->batch[i]);
    for (size_t i = 0; i < parked_n && hooks->wanted != NULL; i++)
        hooks->wanted(hooks->context, l->number, parked[i]);
}

static size_t end_expired(lane *l)
{
    size_t n = 0;
    request *r = queue_expire(&l->queue, store_tick_ms(l->store));
    while (r != NULL) {
        request *next = r->next;
        r->outcome = R_UNAVAILABLE;
        r->detail = (str){NULL, 0};
        r->wrong = (issue){0};
        end(l, r);
        n++;
        r = next;
    }
    return n;
}

size_t lane_step(lane *l)
{
    size_t expired = end_expired(l);
    attempt a = {.n = queue_take(&l->queue, l->batch, STORE_BATCH_MAX)};
    if (a.n == 0)
        return expired;
    if (a.n > 1 && chance(l, SPLIT_ONE_IN)) {
        size_t taken = a.n;
        a.n = 1 + unit_random(&l->random) % (taken - 1);
        cut(l, &a, taken);
    }
    if (atomic_load(&l->store->latched))
        answer_all(l->batch, a.n, R_UNAVAILABLE);
    else
        run_batch(l, &a);
    atomic_fetch_add(&l->batches, 1);
    atomic_fetch_add(&l->requests, a.n);
    answer(l, &a);
    return expired + a.n;
}

void *lane_main(void *context)
{
    lane *l = context;
    while (queue_wait(&l->queue, store_tick_ms, l->store))
        lane_step(l);
    return NULL;
}

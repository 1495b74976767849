/* See sweep.h. */
#include "app/sweep.h"

#include <stdlib.h>

#include "app/inner.h"
#include "port/clock.h"
#include "port/metric.h"

enum { SWEEP_PAGE = DUE_BLOCKS_MAX }; /* blocks of one lane and kind, looked up at once */

/* Of one lane and kind. */
typedef struct sweep_place {
    due_block last; /* looked at in this pass; number 0: none yet */
    bool ended;     /* nothing behind it is due */
    due_block found[SWEEP_PAGE];
    size_t n;
} sweep_place;

struct sweeper {
    app *app;
    uint16_t lanes;
    bool missed; /* a lane in this pass: its shard is away */
    sweep_place places[STORE_LANES_MAX][DUE_KIND_COUNT];
    pthread_mutex_t lock; /* of all that follows */
    pthread_cond_t changed;
    bool busy[STORE_LANES_MAX]; /* an act is on its way */
    size_t flight;
    bool abandoned; /* nobody waits for the acts on their way: the last one frees */
    sweep_totals totals;
};

/* ---- acts ---- */

static void end_flight(sweeper *s, uint16_t lane)
{
    s->busy[lane] = false;
    s->flight--;
    bool last = s->abandoned && s->flight == 0;
    (void)pthread_cond_broadcast(&s->changed);
    (void)pthread_mutex_unlock(&s->lock);
    if (last) {
        (void)pthread_cond_destroy(&s->changed);
        (void)pthread_mutex_destroy(&s->lock);
        free(s);
    }
}

/* What a sweep of this kind of entries asks about. */
static metric late_of(uint8_t due)
{
    return due == DUE_KIND_CODE       ? METRIC_TRIES_LATE_CODE
           : due == DUE_KIND_TRANSFER ? METRIC_TRIES_LATE_TRANSFER
                                      : METRIC_TRIES_LATE_LIMIT;
}

static void swept(act_call *call)
{
    sweeper *s = call->context;
    const sweep_out *out = call->out;
    (void)pthread_mutex_lock(&s->lock);
    if (call->code == R_DONE) {
        s->totals.expired += out->expired;
        s->totals.released += out->released;
        s->totals.asked += out->asked;
        metric_add(METRIC_TRIES_LATE_MOVE, out->asked_moves);
        metric_add(late_of(((const sweep_in *)call->in)->kind), out->asked - out->asked_moves);
    } else {
        s->totals.refused++;
    }
    end_flight(s, call->slot);
    own_call_free((own_call *)call);
}

/* Waits until the lane (any: all lanes) has no act on its way. In stepped mode nothing ends unless
 * we step; false when nothing moves any more. */
static bool wait_for(sweeper *s, uint16_t lane, bool all)
{
    bool moves = true;
    (void)pthread_mutex_lock(&s->lock);
    while ((all ? s->flight > 0 : s->busy[lane]) && moves) {
        if (s->app->options.store.threads) {
            (void)pthread_cond_wait(&s->changed, &s->lock);
        } else {
            (void)pthread_mutex_unlock(&s->lock);
            moves = app_settle(s->app) > 0;
            (void)pthread_mutex_lock(&s->lock);
        }
    }
    moves = all ? s->flight == 0 : !s->busy[lane];
    (void)pthread_mutex_unlock(&s->lock);
    return moves;
}

/* False: its lane stands still. */
static bool submit(sweeper *s, const due_block *b)
{
    if (!wait_for(s, b->lane, false))
        return false;
    own_call *own = own_call_new(s->app, ACT_ID_sweep, b->lane);
    sweep_in *in = ARENA_NEW(own->memory, sweep_in);
    *in = sweep_of(b);
    own->call.in = in;
    own->call.item = b->number;
    own->call.request.to_lane = true;
    own->call.request.lane = b->lane;
    own->call.done = swept;
    own->call.context = s;
    (void)pthread_mutex_lock(&s->lock);
    s->busy[b->lane] = true;
    s->flight++;
    s->totals.blocks++;
    (void)pthread_mutex_unlock(&s->lock);
    if (act_submit(&own->call) == R_DONE)
        return true;
    own_call_free(own);
    (void)pthread_mutex_lock(&s->lock);
    s->totals.refused++;
    end_flight(s, b->lane);
    return true;
}

/* ---- looking ---- */

/* One page of each place, on one snapshot. A lane whose shard is away is not looked at in this
 * pass. */
static result look(sweeper *s, int64_t now_ms)
{
    arena *memory = arena_new(0);
    uow *rows;
    store_home reached = {.reached = true};
    result r = store_read_bare(s->app->store, &reached, memory, now_ms, &rows);
    if (r == R_DONE) {
        for (uint16_t lane = 0; lane < s->lanes; lane++) {
            bool has = store_read_has(rows, lane);
            bool mine = has && app_is_mine(s->app, lane); /* else its server sweeps it */
            s->missed = s->missed || !has;
            for (uint8_t kind = 1; kind < DUE_KIND_COUNT; kind++) {
                sweep_place *p = &s->places[lane][kind];
                p->n = 0;
                p->ended = p->ended || !mine;
                if (p->ended)
                    continue;
                p->last.lane = lane;
                p->last.kind = kind;
                p->n = due_blocks(rows, &p->last, now_ms, p->found, SWEEP_PAGE);
                p->ended = p->n < SWEEP_PAGE;
            }
        }
        r = store_read_end(rows);
    }
    arena_free(memory);
    return r;
}

static bool pass_ended(const sweeper *s)
{
    bool ended = true;
    for (uint16_t lane = 0; lane < s->lanes; lane++)
        for (uint8_t kind = 1; kind < DUE_KIND_COUNT; kind++)
            ended = ended && s->places[lane][kind].ended;
    return ended;
}

/* Acts of what was found, the lanes in turn; false when the time is over or a lane stands still. No
 * snapshot is held. */
static bool submit_found(sweeper *s, int64_t until_ns)
{
    bool go = true;
    for (size_t i = 0; i < SWEEP_PAGE; i++) {
        for (uint16_t lane = 0; lane < s->lanes; lane++) {
            for (uint8_t kind = 1; kind < DUE_KIND_COUNT; kind++) {
                sweep_place *p = &s->places[lane][kind];
                if (i >= p->n)
                    continue;
                go = go && clock_monotonic_ns() < until_ns && submit(s, &p->found[i]);
                if (go)
                    p->last = p->found[i];
                else
                    p->ended = false;
            }
        }
    }
    return go;
}

result sweeper_go(sweeper *s, int64_t now_ms, int64_t budget_ns, bool *ended)
{
    int64_t until_ns = clock_monotonic_ns() + budget_ns;
    result r;
    do {
        r = look(s, now_ms);
    } while (r == R_DONE && submit_found(s, until_ns) && !pass_ended(s));
    *ended = r != R_DONE || pass_ended(s);
    if (!*ended)
        return R_DONE;
    r = r == R_DONE && s->missed ? R_UNAVAILABLE : r;
    s->missed = false;
    memset(s->places, 0, sizeof(s->places));
    return r;
}

sweeper *sweeper_new(app *a)
{
    sweeper *s = calloc(1, sizeof(*s)); /* freed by sweeper_free, or by the last act */
    CHECK(s != NULL);
    s->app = a;
    s->lanes = store_lanes(a->store);
    CHECK(pthread_mutex_init(&s->lock, NULL) == 0);
    CHECK(pthread_cond_init(&s->changed, NULL) == 0);
    return s;
}

void sweeper_free(sweeper *s)
{
    if (s == NULL)
        return;
    MAYBE(wait_for(s, 0, true));
    (void)pthread_mutex_lock(&s->lock);
    s->abandoned = true;
    s->flight++; /* end_flight takes it off again and frees when it was the last */
    end_flight(s, 0);
}

static sweep_totals totals_of(sweeper *s)
{
    (void)pthread_mutex_lock(&s->lock);
    sweep_totals t = s->totals;
    (void)pthread_mutex_unlock(&s->lock);
    return t;
}

result sweep_all(app *a, int64_t now_ms, sweep_totals *totals)
{
    sweeper *s = sweeper_new(a);
    sweep_totals before, now = {0};
    result r;
    bool ended;
    do {
        before = now;
        r = sweeper_go(s, now_ms, INT64_MAX / 2, &ended);
        if (r == R_DONE && (!ended || !wait_for(s, 0, true)))
            r = R_UNAVAILABLE; /* stepped, and a lane stands still */
        now = totals_of(s);
        if (r == R_DONE && now.refused > 0)
            r = R_UNAVAILABLE;
    } while (r == R_DONE && now.blocks > before.blocks);
    if (totals != NULL)
        *totals = now;
    sweeper_free(s);
    return r;
}

/* See sweep.h. */
#include "app/sweep.h"

#include <stdlib.h>

#include "app/inner.h"
#include "port/clock.h"

enum {
    SWEEP_VIEW_SEEKS = 64, /* lookups on one snapshot: it keeps old versions alive */
    SOURCES = 3,           /* due indexes */
};

struct sweeper {
    app *app;
    int64_t now_ms;
    uint32_t next[SOURCES]; /* by source: the first slot not looked at in this pass */
    uint64_t submitted[(SLOT_COUNT + 63) / 64]; /* in this pass */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    size_t flight;
    bool stopping;
    bool abandoned; /* nobody waits for the acts on their way: the last one frees */
    sweep_totals totals;
};

/* The first row of the due index at or behind this slot; NULL when there is none. */
typedef struct due_row {
    uint16_t slot;
    int64_t due_at_ms;
} due_row;

static bool first_coupon(uow *rows, uint16_t slot, due_row *out)
{
    void *found;
    uow_range range = {.table = &coupon_table,
                       .index = COUPON_BY_DUE,
                       .from = &(coupon){.slot = slot},
                       .prefix_columns = 0};
    if (uow_scan(rows, &range, 1, &found) == 0)
        return false;
    *out = (due_row){((coupon *)found)->slot, ((coupon *)found)->due_at_ms};
    return true;
}

static bool first_hold(uow *rows, uint16_t slot, due_row *out)
{
    void *found;
    uow_range range = {.table = &hold_table,
                       .index = HOLD_BY_DUE,
                       .from = &(hold){.slot = slot},
                       .prefix_columns = 0};
    if (uow_scan(rows, &range, 1, &found) == 0)
        return false;
    *out = (due_row){((hold *)found)->slot, ((hold *)found)->due_at_ms};
    return true;
}

static bool first_subject(uow *rows, uint16_t slot, due_row *out)
{
    void *found;
    uow_range range = {.table = &subject_open_table,
                       .index = SUBJECT_OPEN_BY_DUE,
                       .from = &(subject_open){.slot = slot},
                       .prefix_columns = 0};
    if (uow_scan(rows, &range, 1, &found) == 0)
        return false;
    *out = (due_row){((subject_open *)found)->slot, ((subject_open *)found)->due_at_ms};
    return true;
}

typedef bool first_due(uow *rows, uint16_t slot, due_row *out);
static first_due *const sources[SOURCES] = {first_coupon, first_hold, first_subject};

/* ---- acts ---- */

static void end_flight(sweeper *s)
{
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

static void swept(act_call *call)
{
    sweeper *s = call->context;
    const sweep_out *out = call->out;
    (void)pthread_mutex_lock(&s->lock);
    bool again = false;
    if (call->code == R_DONE) {
        s->totals.expired += out->expired;
        s->totals.released += out->released;
        s->totals.asked += out->asked;
        again = out->more && !s->stopping; /* each run deals with all that it found */
    } else {
        s->totals.refused++;
    }
    if (again) {
        (void)pthread_mutex_unlock(&s->lock);
        if (act_submit(call) == R_DONE)
            return;
        (void)pthread_mutex_lock(&s->lock);
        s->totals.refused++;
    }
    end_flight(s);
    own_call_free((own_call *)call);
}

/* In stepped mode nothing ends unless we step; false when nothing moves any more. */
static bool wait_for_flight(sweeper *s, size_t at_most)
{
    bool moves = true;
    (void)pthread_mutex_lock(&s->lock);
    while (s->flight > at_most && moves) {
        if (s->app->options.store.threads) {
            (void)pthread_cond_wait(&s->changed, &s->lock);
        } else {
            (void)pthread_mutex_unlock(&s->lock);
            moves = app_settle(s->app) > 0;
            (void)pthread_mutex_lock(&s->lock);
        }
    }
    moves = s->flight <= at_most;
    (void)pthread_mutex_unlock(&s->lock);
    return moves;
}

static void submit(sweeper *s, uint16_t slot)
{
    uint64_t bit = UINT64_C(1) << (slot & 63);
    if ((s->submitted[slot >> 6] & bit) != 0 || !wait_for_flight(s, SWEEP_FLIGHT_MAX - 1))
        return;
    s->submitted[slot >> 6] |= bit;
    own_call *own = own_call_new(s->app, ACT_ID_sweep, slot);
    sweep_in *in = ARENA_NEW(own->memory, sweep_in);
    *in = (sweep_in){.slot = slot, .limit = SWEEP_ROWS_MAX};
    own->call.in = in;
    own->call.done = swept;
    own->call.context = s;
    (void)pthread_mutex_lock(&s->lock);
    s->flight++;
    s->totals.slots++;
    (void)pthread_mutex_unlock(&s->lock);
    if (act_submit(&own->call) == R_DONE)
        return;
    own_call_free(own);
    (void)pthread_mutex_lock(&s->lock);
    s->totals.refused++;
    end_flight(s);
}

/* ---- looking ---- */

/* The source that is furthest behind. */
static size_t source_behind(const sweeper *s)
{
    size_t behind = 0;
    for (size_t i = 1; i < SOURCES; i++)
        if (s->next[i] < s->next[behind])
            behind = i;
    return behind;
}

static bool pass_ended(const sweeper *s)
{
    return s->next[source_behind(s)] >= SLOT_COUNT;
}

/* The next slot of the source that is behind. */
static result look(sweeper *s, uow *rows, uint16_t *due, bool *found)
{
    size_t i = source_behind(s);
    due_row row;
    *found = false;
    if (!sources[i](rows, (uint16_t)s->next[i], &row)) {
        s->next[i] = SLOT_COUNT;
        return uow_pending(rows) ? R_IO : R_DONE;
    }
    s->next[i] = row.slot + 1U;
    *found = row.due_at_ms <= s->now_ms;
    *due = row.slot;
    return R_DONE;
}

/* Some lookups on one snapshot, then the acts: none is submitted while the snapshot is held. */
static result look_some(sweeper *s, int64_t until_ns)
{
    uint16_t due[SWEEP_VIEW_SEEKS];
    size_t n = 0;
    arena *memory = arena_new(0);
    uow *rows;
    result r = store_read_begin(s->app->store, memory, s->now_ms, &rows);
    if (r == R_DONE) {
        for (size_t i = 0; i < SWEEP_VIEW_SEEKS && r == R_DONE && !pass_ended(s); i++) {
            bool found;
            r = look(s, rows, &due[n], &found);
            n += found;
            if (clock_monotonic_ns() >= until_ns)
                break;
        }
        result end = store_read_end(rows);
        r = r == R_DONE ? end : r;
    }
    arena_free(memory);
    for (size_t i = 0; i < n; i++)
        submit(s, due[i]);
    return r;
}

result sweeper_go(sweeper *s, int64_t now_ms, int64_t budget_ns)
{
    int64_t until_ns = clock_monotonic_ns() + budget_ns;
    result r = R_DONE;
    s->now_ms = now_ms;
    do {
        r = look_some(s, until_ns);
    } while (r == R_DONE && !pass_ended(s) && clock_monotonic_ns() < until_ns);
    if (pass_ended(s) || r != R_DONE) {
        memset(s->next, 0, sizeof(s->next));
        memset(s->submitted, 0, sizeof(s->submitted));
    }
    return r;
}

sweeper *sweeper_new(app *a)
{
    sweeper *s = calloc(1, sizeof(*s)); /* freed by sweeper_free, or by the last act */
    CHECK(s != NULL);
    s->app = a;
    CHECK(pthread_mutex_init(&s->lock, NULL) == 0);
    CHECK(pthread_cond_init(&s->changed, NULL) == 0);
    return s;
}

void sweeper_free(sweeper *s)
{
    if (s == NULL)
        return;
    (void)pthread_mutex_lock(&s->lock);
    s->stopping = true;
    (void)pthread_mutex_unlock(&s->lock);
    MAYBE(wait_for_flight(s, 0));
    (void)pthread_mutex_lock(&s->lock);
    s->abandoned = true;
    s->flight++; /* end_flight takes it off again and frees when it was the last */
    end_flight(s);
}

result sweep_all(app *a, int64_t now_ms, sweep_totals *totals)
{
    sweeper *s = sweeper_new(a);
    result r = sweeper_go(s, now_ms, INT64_MAX / 2);
    if (!wait_for_flight(s, 0) && r == R_DONE)
        r = R_UNAVAILABLE; /* stepped, and a lane stands still */
    (void)pthread_mutex_lock(&s->lock);
    if (totals != NULL)
        *totals = s->totals;
    (void)pthread_mutex_unlock(&s->lock);
    sweeper_free(s);
    return r;
}

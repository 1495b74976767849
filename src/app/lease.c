/* Leases: gets slices of stock, budget and shared limits to the lanes whose requests are parked for
 * them, or the proof that there are none.
 *
 * For each (lane, pool) at most one ask is on its way:
 *   wait for the messages that were already committed to reach the home (else a piece given back
 *   might not be seen), then ask it:
 *   granted    wake the parked when the grant has arrived; with the word "dry" when it is the last
 *   recalling  ask again whenever a lane has given back
 *   none       wake them with the word "dry"
 * "dry" is not true when a piece was on its way home as the home decided: then they are woken
 * without it, or it is asked again. And it counts only for requests that were parked before the ask
 * began (their tickets say so); later ones start the next ask. A lane that cannot be reached keeps
 * its pool in "recalling", and the parked run into their deadline: 503, never a false sold_out.
 *
 * Turns. Two lanes whose acts need pieces of the same two pools could take them from each other for
 * ever: each loses the one while it waits for the other. So an act that has gone from pool to pool
 * TURN_AFTER times gets a turn, behind those that have one, and keeps it until it ends. A pool that
 * an act with a turn has waited for since is asked for only from the lane of the first of them;
 * asks of other lanes stay ASK_READY until that act has ended.
 *   Why acts come to an end, where lanes run and the configuration stands still: suppose that some
 *   never do, and look at the time from which on no act ends. Who waits for one pool only gets his
 *   verdict, as nobody takes from a lane between a grant and those that wait for it. So some go
 *   from pool to pool for ever, and some turns never end. Take the first of these. Any pool that
 *   its act loses from now on it waits for, once; then nobody else asks for that pool any more:
 *   what other lanes have of it comes home, and what its own lane is granted stays there, since
 *   what acts take counts only when they end. So it waits at most once more for each amount that
 *   it needs: it ends.
 * A turn costs others no more than a lane that holds the last piece does: at worst their deadline.
 *
 * A subject (domain/limit/subject.h) is waited for like a pool whose home is the lane itself, and
 * there is nobody to ask: "dry" when what was committed before has reached the lane; and without
 * that word when an act on its way has ended. */
#include <stdlib.h>

#include "app/inner.h"
#include "domain/limit/subject.h"
#include "port/metric.h"

enum {
    LEASE_ASKS_MAX = 100000,
    /* An act of so many pools that are short gets its turn without having lost any; that harms
     * nobody. */
    TURN_AFTER = 4,
    TURNS_MAX = 1024, /* others get theirs when one of these has ended */
    TURN_POOLS_MAX = 4096,
    ANY_HOME = UINT16_MAX,
};

typedef enum ask_state { ASK_BARRIER, ASK_READY, ASK_ASKING, ASK_RECALLING, ASK_GRANTED } ask_state;

typedef struct ask {
    struct ask *next;
    pool_name pool;
    uint16_t lane;
    ask_state state;
    bool arrived; /* the grant came before its answer */
    bool again;   /* a lane gave back while the answer was on its way */
    bool clear;   /* answered, and nothing was on its way home then: "dry" is true */
    int64_t need;
    uint64_t ticket;      /* the verdict is for parked requests up to here */
    int64_t late_need;    /* of those parked since */
    uint64_t late_ticket; /* 0: none */
    relay_mark mark;
    relay_mark returns; /* what lanes have given back since the mark */
} ask;

typedef struct turn {
    struct turn *next; /* the one that got its turn after this */
    const request *of;
    uint16_t lane;
    pool_name *pools; /* that it has waited for since; end_turn frees them */
    size_t n;
} turn;

struct leases {
    app *app;
    pthread_mutex_t lock;
    ask *asks;
    size_t n;
    turn *turns;
    size_t turns_n;
};

/* What to do once the lock is let go: the store's functions are never called under it. */
typedef struct todo {
    bool wake, dry, submit;
    uint16_t lane;
    pool_name pool;
    uint64_t ticket;
    int64_t need;
} todo;

static uint16_t home_lane(const leases *l, pool_name which)
{
    bool subject = which.kind == POOL_KIND_SUBJECT;
    uint16_t slot = subject ? slot_of_hash(which.owner) : id_slot(which.owner);
    return store_lane_of_slot(l->app->store, slot);
}

static ask *find(leases *l, uint16_t lane, pool_name which)
{
    for (ask *a = l->asks; a != NULL; a = a->next) {
        if (a->lane == lane && pool_name_eq(a->pool, which)) {
            return a;
        }
    }
    return NULL;
}

static void forget(leases *l, ask *gone)
{
    for (ask **at = &l->asks; *at != NULL; at = &(*at)->next) {
        if (*at == gone) {
            *at = gone->next;
            free(gone);
            l->n--;
            return;
        }
    }
    UNREACHABLE();
}

/* ---- turns ---- */

static bool has_named(const turn *t, pool_name which)
{
    for (size_t i = 0; i < t->n; i++) {
        if (pool_name_eq(t->pools[i], which)) {
            return true;
        }
    }
    return false;
}

/* May this lane ask for it? */
static bool has_turn(const leases *l, uint16_t lane, pool_name which)
{
    const turn *t = l->turns;
    while (t != NULL && !has_named(t, which)) {
        t = t->next;
    }
    return t == NULL || t->lane == lane;
}

/* An act has gone from pool to pool, and waits for this one now. */
static void name_pool(leases *l, uint16_t lane, const request *r)
{
    turn **at = &l->turns;
    while (*at != NULL && (*at)->of != r) {
        at = &(*at)->next;
    }
    if (*at == NULL) {
        if (l->turns_n == TURNS_MAX) {
            return;
        }
        *at = calloc(1, sizeof **at); /* end_turn frees it */
        CHECK(*at != NULL);
        (*at)->of = r;
        (*at)->lane = lane;
        l->turns_n++;
    }
    turn *t = *at;
    if (has_named(t, r->waits_for) || t->n == TURN_POOLS_MAX) {
        return;
    }
    t->pools = realloc(t->pools, (t->n + 1) * sizeof *t->pools); /* end_turn frees it */
    CHECK(t->pools != NULL);
    t->pools[t->n++] = r->waits_for;
}

static void end_turn(leases *l, turn **at)
{
    turn *t = *at;
    *at = t->next;
    l->turns_n--;
    free(t->pools);
    free(t);
}

/* ---- asks ---- */

static todo finish(leases *l, ask *a, bool dry);

/* ASK_BARRIER -> ASK_ASKING when what was committed before has arrived. */
static todo advance(leases *l, ask *a)
{
    todo t = {.lane = a->lane, .pool = a->pool, .need = a->need};
    if (a->state == ASK_BARRIER && relay_reached(l->app->relay, home_lane(l, a->pool), &a->mark)) {
        a->state = ASK_READY;
    }
    if (a->state == ASK_READY && a->pool.kind == POOL_KIND_SUBJECT) {
        return finish(l, a, true);
    }
    if (a->state == ASK_READY && has_turn(l, a->lane, a->pool)) {
        a->state = ASK_ASKING;
        a->arrived = false;
        a->again = false;
        t.submit = true;
    }
    return t;
}

/* Before it asks, or asks again, the home has what was on its way until now. */
static void hold_back(leases *l, ask *a)
{
    a->state = ASK_BARRIER;
    a->returns = (relay_mark){{0}};
    relay_mark_now(l->app->relay, home_lane(l, a->pool), &a->mark);
}

static void begin(leases *l, ask *a, int64_t need, uint64_t ticket)
{
    a->need = need;
    a->ticket = ticket;
    a->late_ticket = 0;
    a->late_need = 0;
    hold_back(l, a);
}

/* The ask has its answer. Those that came late start the next one. */
static todo finish(leases *l, ask *a, bool dry)
{
    todo t = {.wake = true, .dry = dry, .lane = a->lane, .pool = a->pool, .ticket = a->ticket};
    if (!dry) {
        t.ticket = UINT64_MAX; /* what has arrived is for everybody */
        forget(l, a);
    } else if (a->late_ticket == 0) {
        forget(l, a);
    } else {
        begin(l, a, a->late_need, a->late_ticket);
        todo next = advance(l, a);
        t.submit = next.submit;
        t.need = next.need;
        if (next.wake) {
            t.ticket = next.ticket;
        }
    }
    return t;
}

static void ask_answered(act_call *call);

static void perform(leases *l, todo t)
{
    if (t.submit) {
        own_call *own = own_call_new(l->app, ACT_ID_lease_ask, id_slot(t.pool.owner));
        lease_in *in = ARENA_NEW(own->memory, lease_in);
        bool collect = t.need < 0;
        *in = (lease_in){.owner = t.pool.owner,
                         .kind = t.pool.kind,
                         .period = t.pool.period,
                         .subject = t.pool.subject,
                         .lane = collect ? UINT16_MAX : t.lane,
                         .amount = collect ? 0 : t.need};
        own->call.in = in;
        own->call.item = t.pool.owner;
        own->call.done = ask_answered;
        own->call.context = ARENA_NEW(own->memory, todo);
        *(todo *)own->call.context = t;
        if (act_submit(&own->call) != R_DONE) {
            own_call_free(own); /* a failed store: the parked requests run into their deadline */
        }
    }
    if (t.wake) {
        store_wake(l->app->store, t.lane, t.pool, t.dry, t.ticket);
    }
}

/* On the home's lane, in the order of its batch: what was applied before the ask was decided counts
 * as arrived, and nothing else. */
static bool is_clear(const leases *l, const ask *a)
{
    return relay_reached(l->app->relay, home_lane(l, a->pool), &a->returns);
}

static todo on_verdict(leases *l, ask *a, uint8_t verdict)
{
    a->clear = is_clear(l, a);
    switch (verdict) {
    case ASK_VERDICT_GRANTED:
        a->state = ASK_GRANTED;
        return a->arrived ? finish(l, a, false) : (todo){0};
    case ASK_VERDICT_RECALLING:
        if (!a->again) {
            a->state = ASK_RECALLING;
            return (todo){0};
        }
        hold_back(l, a);
        return advance(l, a);
    default:
        if (a->clear) {
            return finish(l, a, true);
        }
        hold_back(l, a);
        return advance(l, a);
    }
}

/* On the home's lane. */
static void ask_answered(act_call *call)
{
    leases *l = call->app->leases;
    const todo *asked = call->context;
    todo t = {0};
    (void)pthread_mutex_lock(&l->lock);
    ask *a = find(l, asked->lane, asked->pool);
    if (a != NULL && a->state == ASK_ASKING) {
        if (call->code != R_DONE) {
            forget(l, a); /* a full disk: whoever comes next asks again */
        } else {
            t = on_verdict(l, a, ((const lease_out *)call->out)->verdict);
        }
    }
    (void)pthread_mutex_unlock(&l->lock);
    perform(l, t);
    own_call_free((own_call *)call);
}

void leases_wanted(leases *l, uint16_t lane, const request *r)
{
    todo t = {0};
    int64_t need = r->waits_need;
    if (r->waits_for.kind == POOL_KIND_SUBJECT && need == SUBJECT_WAIT_ACTS) {
        return; /* whatever ends an act wakes */
    }
    (void)pthread_mutex_lock(&l->lock);
    if (r->moves >= TURN_AFTER) {
        name_pool(l, lane, r);
    }
    ask *a = find(l, lane, r->waits_for);
    if (a != NULL) {
        a->late_ticket = r->ticket;
        if (need < 0 || need > a->late_need) {
            a->late_need = need;
        }
        if (a->state == ASK_READY) { /* its turn may just have come */
            t = advance(l, a);
        }
    } else if (l->n < LEASE_ASKS_MAX) {
        a = calloc(1, sizeof *a); /* forget frees it */
        CHECK(a != NULL);
        a->lane = lane;
        a->pool = r->waits_for;
        a->next = l->asks;
        l->asks = a;
        l->n++;
        begin(l, a, need, r->ticket);
        t = advance(l, a);
    }
    (void)pthread_mutex_unlock(&l->lock);
    perform(l, t);
}

/* A grant at the lane that asked: whoever waits there goes on at once, before the next message
 * (which may be a recall) is even sent. Else two lanes could take a last piece from each other
 * for ever, neither using it. */
static todo granted(leases *l, uint16_t lane, pool_name which, bool last)
{
    ask *a = find(l, lane, which);
    if (a == NULL) {
        return (todo){0};
    }
    if (a->state == ASK_GRANTED) {
        return finish(l, a, last && a->clear);
    }
    a->arrived = a->state == ASK_ASKING;
    last = last && is_clear(l, a); /* the home has not gone on: it is about to answer */
    return (todo){.wake = true,
                  .dry = last,
                  .lane = lane,
                  .pool = which,
                  .ticket = last ? a->ticket : UINT64_MAX};
}

/* A lane gave back: whoever was told "recalling" asks again. Returns the next ask of this pool that
 * can. */
static todo given_back(leases *l, pool_name which)
{
    for (ask *a = l->asks; a != NULL; a = a->next) {
        if (!pool_name_eq(a->pool, which)) {
            continue;
        }
        if (a->state == ASK_ASKING) {
            a->again = true;
        } else if (a->state == ASK_RECALLING) {
            hold_back(l, a);
            todo t = advance(l, a);
            if (t.submit) {
                return t;
            }
        }
    }
    return (todo){0};
}

void leases_applied(leases *l, uint16_t lane, uint16_t number, const void *input)
{
    if (number == ACT_ID_limit_settle) {
        const limit_settle_in *ended = input;
        if (ended->reservation != 0) {
            metric_add(ended->used.n > 0 ? METRIC_RESERVATIONS_USED : METRIC_RESERVATIONS_CANCELLED,
                       1);
        }
        store_wake(l->app->store, lane, subject_pool(ended->hi, ended->lo), false, UINT64_MAX);
    }
    if (number != ACT_ID_lease_grant && number != ACT_ID_lease_return) {
        return;
    }
    const lease_in *in = input;
    pool_name which = {in->owner, in->kind, in->period, in->subject};
    todo t;
    do {
        (void)pthread_mutex_lock(&l->lock);
        t = number == ACT_ID_lease_grant ? granted(l, lane, which, in->closed)
                                         : given_back(l, which);
        (void)pthread_mutex_unlock(&l->lock);
        perform(l, t);
    } while (number == ACT_ID_lease_return && t.submit);
}

static void returning(leases *l, const lease_in *in, const store_message *m)
{
    pool_name which = {in->owner, in->kind, in->period, in->subject};
    (void)pthread_mutex_lock(&l->lock);
    for (ask *a = l->asks; a != NULL; a = a->next) {
        if (pool_name_eq(a->pool, which)) {
            a->returns.sequence[m->from_lane] = m->sequence;
        }
    }
    (void)pthread_mutex_unlock(&l->lock);
}

void leases_committed(leases *l, const store_message *messages, size_t n)
{
    arena *memory = NULL;
    for (size_t i = 0; i < n; i++) {
        if (messages[i].act != ACT_ID_lease_return) {
            continue;
        }
        lease_in in;
        memory = memory == NULL ? arena_new(0) : memory;
        CHECK(record_decode(&lease_in_record, messages[i].input, memory, &in) == R_DONE);
        if (in.amount > 0) {
            returning(l, &in, &messages[i]);
        }
    }
    arena_free(memory);
}

/* Asks in this state, with this home (or any), go on if they may. */
static void go_on(leases *l, ask_state from, uint16_t home)
{
    todo t;
    do {
        t = (todo){0};
        (void)pthread_mutex_lock(&l->lock);
        ask *next;
        for (ask *a = l->asks; a != NULL && !t.submit && !t.wake; a = next) {
            next = a->next; /* advance may end the ask */
            if (a->state == from && (home == ANY_HOME || home_lane(l, a->pool) == home)) {
                t = advance(l, a);
            }
        }
        (void)pthread_mutex_unlock(&l->lock);
        perform(l, t);
    } while (t.submit || t.wake);
}

void leases_delivered(leases *l, uint16_t lane)
{
    go_on(l, ASK_BARRIER, lane);
}

void leases_gone(leases *l, const request *r)
{
    if (r->moves < TURN_AFTER) {
        return;
    }
    (void)pthread_mutex_lock(&l->lock);
    turn **at = &l->turns;
    while (*at != NULL && (*at)->of != r) {
        at = &(*at)->next;
    }
    bool had_one = *at != NULL;
    if (had_one) {
        end_turn(l, at);
    }
    (void)pthread_mutex_unlock(&l->lock);
    if (had_one) {
        go_on(l, ASK_READY, ANY_HOME);
    }
}

leases *leases_new(app *a)
{
    leases *l = calloc(1, sizeof *l); /* leases_free frees it */
    CHECK(l != NULL);
    l->app = a;
    CHECK(pthread_mutex_init(&l->lock, NULL) == 0);
    return l;
}

void leases_free(leases *l)
{
    if (l == NULL) {
        return;
    }
    while (l->asks != NULL) {
        forget(l, l->asks);
    }
    while (l->turns != NULL) {
        end_turn(l, &l->turns);
    }
    (void)pthread_mutex_destroy(&l->lock);
    free(l);
}

/* Leases: gets slices of stock, budget and shared limits to the lanes whose requests are parked for
 * them, or the proof that there are none.
 *
 * For each (lane, pool) at most one ask is on its way:
 *   have what is due applied in every lane, where it may give back to this pool (due.c): whether
 *   the sweep has come by is nobody's reason to be refused
 *   wait for the messages that were already committed to reach the home (else a piece given back
 *   might not be seen), then ask it:
 *   granted    wake the parked when the grant has arrived; with the word "dry" when it is the last
 *   recalling  ask again whenever a lane has given back
 *   none       wake them with the word "dry"
 * "dry" is not true when a piece was on its way home as the home decided: then they are woken
 * without it, or it is asked again. And it counts only for requests that were parked before the ask
 * began (their tickets say so); later ones start the next ask. A lane that cannot be reached keeps
 * its pool in "recalling", or what is due there unapplied, and the parked run into their deadline:
 * 503, never a false sold_out.
 *
 * Which lane may ask for a pool while acts go from pool to pool: turn.c.
 *
 * A subject (domain/limit/subject.h) is waited for like a pool whose home is the lane itself, and
 * there is nobody to ask: "dry" when what was committed before has reached the lane; and without
 * that word when an act on its way has ended. */
#include <stdlib.h>

#include "app/inner.h"
#include "domain/code/exchange.h"
#include "domain/limit/subject.h"
#include "domain/saga/saga.h"
#include "port/metric.h"

enum { LEASE_ASKS_MAX = 100000, ANY_HOME = UINT16_MAX };

typedef enum ask_state {
    ASK_DUE,
    ASK_BARRIER,
    ASK_READY,
    ASK_ASKING,
    ASK_RECALLING,
    ASK_GRANTED
} ask_state;

typedef struct ask {
    struct ask *next;
    pool_name pool;
    uint16_t lane;
    ask_state state;
    uint8_t due;   /* ASK_DUE: the kind of what is being applied */
    uint64_t pass; /* ASK_DUE: over what; 0: not known yet */
    bool arrived;  /* the grant came before its answer */
    bool again;    /* a lane gave back while the answer was on its way */
    bool clear;    /* answered, and nothing was on its way home then: "dry" is true */
    int64_t need;
    uint64_t ticket;      /* the verdict is for parked requests up to here */
    int64_t late_need;    /* of those parked since */
    uint64_t late_ticket; /* 0: none */
    relay_mark mark;
    relay_mark returns; /* what lanes have given back since the mark */
} ask;

struct leases {
    app *app;
    pthread_mutex_t lock;
    ask *asks;
    size_t n;
    turns turns;
};

/* What to do once the lock is let go: the store's functions are never called under it. */
typedef struct todo {
    bool wake, submit;
    store_word word; /* for those who are woken */
    uint8_t due;     /* a pass over this kind is wanted */
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

static todo finish(leases *l, ask *a, bool dry);

/* Before it asks, or asks again, the home has what was on its way until now. */
static void hold_back(leases *l, ask *a)
{
    a->state = ASK_BARRIER;
    a->returns = (relay_mark){{0}};
    relay_mark_now(l->app->relay, home_lane(l, a->pool), &a->mark);
}

/* What gives back to this pool when it is due, behind `kind` (0: the first). A hold that ends may
 * leave a coupon that is past its end, so coupons come last. 0: nothing more. */
static uint8_t next_due(const ask *a, uint8_t kind)
{
    bool budget = a->pool.kind == POOL_KIND_BUDGET;
    bool uses = a->pool.kind == POOL_KIND_REDEMPTIONS || a->pool.kind == POOL_KIND_MONEY ||
                a->pool.kind == POOL_KIND_UNITS || a->pool.kind == POOL_KIND_PARTY ||
                (a->pool.kind == POOL_KIND_SUBJECT && a->need == SUBJECT_WAIT_USES);
    if (kind == 0 && (budget || uses))
        return DUE_KIND_HOLD;
    return kind == DUE_KIND_HOLD && budget ? DUE_KIND_COUPON : 0;
}

static void apply_due(leases *l, ask *a, uint8_t behind)
{
    a->due = next_due(a, behind);
    a->pass = 0;
    a->state = ASK_DUE;
    if (a->due == 0)
        hold_back(l, a);
}

/* ASK_BARRIER -> ASK_ASKING when what was committed before has arrived. */
static todo advance(leases *l, ask *a)
{
    todo t = {.lane = a->lane, .pool = a->pool, .need = a->need};
    if (a->state == ASK_DUE) {
        t.due = a->due;
        return t;
    }
    if (a->state == ASK_BARRIER && relay_reached(l->app->relay, home_lane(l, a->pool), &a->mark)) {
        a->state = ASK_READY;
    }
    if (a->state == ASK_READY && a->pool.kind == POOL_KIND_SUBJECT) {
        return finish(l, a, true);
    }
    if (a->state == ASK_READY && turns_let(&l->turns, a->lane, a->pool)) {
        a->state = ASK_ASKING;
        a->arrived = false;
        a->again = false;
        t.submit = true;
    }
    return t;
}

static void begin(leases *l, ask *a, int64_t need, uint64_t ticket)
{
    a->need = need;
    a->ticket = ticket;
    a->late_ticket = 0;
    a->late_need = 0;
    apply_due(l, a, 0);
}

/* That nothing is out tells only those who want all of it back that there is nothing. */
static store_word word_of(const ask *a)
{
    return a->need < 0 ? WORD_COLLECTED : WORD_DRY;
}

/* The ask has its answer. Those that came late start the next one. */
static todo finish(leases *l, ask *a, bool dry)
{
    todo t = {.wake = true,
              .word = dry ? word_of(a) : WORD_NONE,
              .lane = a->lane,
              .pool = a->pool,
              .ticket = a->ticket};
    if (!dry) {
        t.ticket = UINT64_MAX; /* what has arrived is for everybody */
        forget(l, a);
    } else if (a->late_ticket == 0) {
        forget(l, a);
    } else {
        begin(l, a, a->late_need, a->late_ticket);
        todo next = advance(l, a);
        t.submit = next.submit;
        t.due = next.due;
        t.need = next.need;
        if (next.wake) {
            t.ticket = next.ticket;
        }
    }
    return t;
}

static void ask_answered(act_call *call);
static void want_due(leases *l, const todo *asked);

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
        store_wake(l->app->store, t.lane, t.pool, t.word, t.ticket);
    }
    if (t.due != 0) {
        want_due(l, &t);
    }
}

/* What was due is applied, or (a full disk) cannot be: whoever comes next asks again. */
static todo due_over(leases *l, ask *a)
{
    if (dues_state(l->app->dues, a->due, a->pass) == DUE_PASS_FAILED) {
        forget(l, a);
        return (todo){0};
    }
    apply_due(l, a, a->due);
    return advance(l, a);
}

static bool waits_for_due(const leases *l, const ask *a)
{
    return a->state == ASK_DUE && a->pass != 0 &&
           dues_state(l->app->dues, a->due, a->pass) == DUE_PASS_RUNS;
}

static void want_due(leases *l, const todo *asked)
{
    uint64_t pass = dues_want(l->app->dues, asked->due);
    todo t = {0};
    (void)pthread_mutex_lock(&l->lock);
    ask *a = find(l, asked->lane, asked->pool);
    CHECK(a != NULL && a->state == ASK_DUE && a->pass == 0); /* nobody else moves it on from here */
    a->pass = pass;
    if (!waits_for_due(l, a)) {
        t = due_over(l, a);
    }
    (void)pthread_mutex_unlock(&l->lock);
    perform(l, t);
}

void leases_due_applied(leases *l)
{
    bool found = true;
    while (found) {
        todo t = {0};
        found = false;
        (void)pthread_mutex_lock(&l->lock);
        ask *next;
        for (ask *a = l->asks; a != NULL && !found; a = next) {
            next = a->next; /* due_over may end the ask */
            if (a->state == ASK_DUE && a->pass != 0 && !waits_for_due(l, a)) {
                found = true;
                t = due_over(l, a);
            }
        }
        (void)pthread_mutex_unlock(&l->lock);
        perform(l, t);
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
    if (saga_is_waited(r->waits_for, need)) {
        return; /* whatever ends an act wakes */
    }
    (void)pthread_mutex_lock(&l->lock);
    turns_wanted(&l->turns, lane, r);
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
                  .word = last ? word_of(a) : WORD_NONE,
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

/* Where it ended an act on its way: whoever waits for that goes on. */
static void settled(leases *l, uint16_t lane, uint16_t number, const void *input)
{
    saga_end end = saga_settles(number, input);
    if (end.reservation != 0) {
        metric of = end.confirms ? METRIC_TRIES_USED_LIMIT : METRIC_TRIES_CANCELLED_LIMIT;
        metric_add(saga_metric(of, end.kind), 1);
    }
    if (end.waits.kind != 0) {
        store_wake(l->app->store, lane, end.waits, WORD_NONE, UINT64_MAX);
    }
}

void leases_applied(leases *l, uint16_t lane, uint16_t number, const void *input)
{
    settled(l, lane, number, input);
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
    bool had_one = turns_gone(&l->turns, r);
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
    turns_free(&l->turns);
    (void)pthread_mutex_destroy(&l->lock);
    free(l);
}

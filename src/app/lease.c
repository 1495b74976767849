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
 * 503, never a false sold_out. Where a shard is away, what its lanes would give back is not known:
 * such an ask is blind, it gets what the home has and learns of no end.
 *
 * Which lane may ask for a pool while acts go from pool to pool: turn.c.
 *
 * Where other servers write the same lanes, the server of the home asks for those who wait
 * elsewhere, and what was committed and has not arrived is read from the outboxes: lease_peer.c.
 *
 * A subject (domain/limit/subject.h) is waited for like a pool whose home is the lane itself, and
 * there is nobody to ask: "dry" when what was committed before has reached the lane; and without
 * that word when an act on its way has ended. */
#include <stdlib.h>

#include "app/calls.h"
#include "app/lease_part.h"
#include "domain/code/exchange.h"
#include "domain/limit/subject.h"
#include "domain/saga/saga.h"
#include "port/metric.h"

uint16_t lease_home(const leases *l, pool_name which)
{
    bool subject = which.kind == POOL_KIND_SUBJECT;
    uint16_t slot = subject ? slot_of_hash(which.owner) : id_slot(which.owner);
    return store_lane_of_slot(l->app->store, slot);
}

/* Of those who wait here. */
static ask *find(leases *l, uint16_t lane, pool_name which)
{
    for (ask *a = l->asks; a != NULL; a = a->next) {
        if (a->lane == lane && pool_name_eq(a->pool, which) && a->answer == NULL) {
            return a;
        }
    }
    return NULL;
}

ask *lease_ask(leases *l, uint64_t number)
{
    ask *a = l->asks;
    while (a != NULL && a->number != number) {
        a = a->next;
    }
    return a;
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

void lease_move(leases *l, ask *a, ask_state to)
{
    a->state = to;
    a->since_ms = app_now_ms(l->app);
}

void lease_hold_back(leases *l, ask *a)
{
    lease_move(l, a, ASK_BARRIER);
    a->returns = (relay_mark){{0}};
    a->marked = MARK_NONE;
    a->blind = false;
    if (!l->shared) {
        relay_mark_now(l->app->relay, lease_home(l, a->pool), &a->mark);
        a->marked = MARK_THERE;
    }
}

static bool is_blind(const ask *a)
{
    return a->undue || a->blind;
}

/* A todo of this ask, with nothing to do yet. */
static todo of_ask(const ask *a)
{
    return (todo){.lane = a->lane,
                  .pool = a->pool,
                  .need = a->need,
                  .ticket = a->ticket,
                  .number = a->number,
                  .answer = a->answer,
                  .of = a->of};
}

/* ASK_BARRIER -> ASK_ASKING when what was committed before has arrived. */
todo lease_advance(leases *l, ask *a)
{
    todo t = of_ask(a);
    if (a->state == ASK_AWAY) {
        t.send = !a->sent;
        a->sent = true;
        return t;
    }
    if (a->state == ASK_DUE) {
        t.due = a->due;
        return t;
    }
    if (a->state == ASK_BARRIER && a->marked == MARK_NONE) {
        a->marked = MARK_WANTED;
        t.mark = true;
        return t;
    }
    if (a->state == ASK_BARRIER && a->marked == MARK_THERE &&
        relay_reached(l->app->relay, lease_home(l, a->pool), &a->mark)) {
        a->state = ASK_READY;
    }
    if (a->state == ASK_READY && a->pool.kind == POOL_KIND_SUBJECT) {
        return is_blind(a) ? lease_drop(l, a) : lease_finish(l, a, true);
    }
    if (a->state == ASK_READY && turns_let(&l->turns, a->lane, a->pool)) {
        a->state = ASK_ASKING;
        a->again = false;
        t.submit = true;
    }
    return t;
}

/* Is it for the server of its home to ask? */
static bool is_away(const leases *l, const ask *a)
{
    uint16_t home = lease_home(l, a->pool);
    return a->answer == NULL && home != a->lane && !app_is_mine(l->app, home);
}

todo lease_go(leases *l, ask *a, int64_t need, uint64_t ticket)
{
    a->number = ++l->last;
    a->need = need;
    a->ticket = ticket;
    a->late_ticket = 0;
    a->late_need = 0;
    a->sent = false;
    a->undue = false;
    if (is_away(l, a)) {
        lease_move(l, a, ASK_AWAY);
    } else {
        lease_apply_due(l, a, 0);
    }
    return lease_advance(l, a);
}

todo lease_compete(leases *l, ask *a)
{
    lease_apply_due(l, a, 0);
    return lease_advance(l, a);
}

/* That nothing is out tells only those who want all of it back that there is nothing. */
static store_word word_of(const ask *a)
{
    return a->need < 0 ? WORD_COLLECTED : WORD_DRY;
}

/* For another server: that is all. */
static todo tell(leases *l, ask *a, peer_verdict said)
{
    todo t = of_ask(a);
    t.said = said;
    forget(l, a);
    return t;
}

todo lease_drop(leases *l, ask *a)
{
    if (a->answer != NULL) {
        return tell(l, a, (peer_verdict){.word = PEER_WORD_FAILED});
    }
    forget(l, a);
    return (todo){0};
}

/* The ask has its answer. Those that came late start the next one. */
todo lease_finish(leases *l, ask *a, bool dry)
{
    if (a->answer != NULL) {
        return tell(l, a, (peer_verdict){.word = dry ? PEER_WORD_DRY : PEER_WORD_AGAIN});
    }
    todo t = of_ask(a);
    t.wake = true;
    t.word = dry ? word_of(a) : WORD_NONE;
    if (!dry) {
        t.ticket = UINT64_MAX; /* what has arrived is for everybody */
        forget(l, a);
    } else if (a->late_ticket == 0) {
        forget(l, a);
    } else {
        todo next = lease_go(l, a, a->late_need, a->late_ticket);
        uint64_t ticket = next.wake ? next.ticket : t.ticket;
        store_word word = t.word;
        t = next;
        t.wake = true;
        t.word = word;
        t.ticket = ticket;
    }
    return t;
}

static void ask_answered(act_call *call);

void lease_perform(leases *l, todo t)
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
        if (act_submit_here(&own->call) != R_DONE) {
            own_call_free(own); /* a failed store: the parked requests run into their deadline */
        }
    }
    if (t.wake) {
        store_wake(l->app->store, t.lane, t.pool, t.word, t.ticket);
    }
    if (t.due != 0) {
        lease_want_due(l, &t);
    }
    if (t.mark) {
        lease_want_mark(l, &t);
    }
    if (t.send) {
        lease_send(l, &t);
    }
    if (t.said.word != 0) {
        lease_reply(&t);
    }
}

todo lease_granted(leases *l, ask *a, bool dry, uint64_t sequence)
{
    lease_move(l, a, ASK_GRANTED);
    a->dry = dry;
    a->grant = sequence;
    bool there = relay_applied_last(l->app->relay, lease_home(l, a->pool), a->lane) >= sequence;
    return there ? lease_finish(l, a, dry) : (todo){0};
}

/* clear: nothing was on its way home as the home decided. */
static todo on_verdict(leases *l, ask *a, const lease_out *said, bool clear)
{
    if (said->verdict == ASK_VERDICT_GRANTED) {
        bool dry = said->last && clear && !is_blind(a);
        if (a->answer == NULL) {
            return lease_granted(l, a, dry, a->grant);
        }
        return tell(l, a, (peer_verdict){PEER_WORD_GRANTED, dry, a->grant});
    }
    if (said->verdict == ASK_VERDICT_RECALLING && !a->again) {
        lease_move(l, a, ASK_RECALLING);
        return (todo){0};
    }
    if (is_blind(a)) {
        return lease_drop(l, a);
    }
    if (said->verdict == ASK_VERDICT_NONE && clear) {
        return lease_finish(l, a, true);
    }
    lease_hold_back(l, a);
    return lease_advance(l, a);
}

/* Is it worth looking? Who is blind would not believe it. */
static bool may_be_dry(leases *l, const act_call *call)
{
    const lease_out *said = call->out;
    (void)pthread_mutex_lock(&l->lock);
    const ask *a = lease_ask(l, ((const todo *)call->context)->number);
    bool sees = a != NULL && !is_blind(a);
    (void)pthread_mutex_unlock(&l->lock);
    return sees && call->code == R_DONE && (said->verdict == ASK_VERDICT_NONE || said->last);
}

/* On the home's lane, in the order of its batch: what was applied before the ask was decided counts
 * as arrived, and nothing else. The lane stands still meanwhile: another batch would come
 * between the decision and the look. */
static void ask_answered(act_call *call)
{
    leases *l = call->app->leases;
    const todo *asked = call->context;
    const lease_out *said = call->out;
    todo t = {0};
    bool clear = l->shared && may_be_dry(l, call) &&
                 relay_nothing_returns(l->app->relay, asked->pool, call->request.revision);
    (void)pthread_mutex_lock(&l->lock);
    ask *a = lease_ask(l, asked->number);
    if (a != NULL && a->state == ASK_ASKING) {
        if (!l->shared) {
            clear = relay_reached(l->app->relay, lease_home(l, a->pool), &a->returns);
        }
        t = call->code == R_DONE ? on_verdict(l, a, said, clear) : lease_drop(l, a);
    }
    (void)pthread_mutex_unlock(&l->lock);
    lease_perform(l, t);
    own_call_free((own_call *)call);
}

ask *lease_begin(leases *l, pool_name which, uint16_t lane)
{
    if (l->n == LEASE_ASKS_MAX) {
        return NULL;
    }
    ask *a = calloc(1, sizeof *a); /* forget frees it */
    CHECK(a != NULL);
    a->lane = lane;
    a->pool = which;
    a->next = l->asks;
    l->asks = a;
    l->n++;
    return a;
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
            t = lease_advance(l, a);
        }
    } else if ((a = lease_begin(l, r->waits_for, lane)) != NULL) {
        t = lease_go(l, a, need, r->ticket);
    }
    (void)pthread_mutex_unlock(&l->lock);
    lease_perform(l, t);
}

/* A grant at the lane that asked: whoever waits there goes on at once, before the next message
 * (which may be a recall) is even sent. Else two lanes could take a last piece from each other
 * for ever, neither using it. */
static todo granted(leases *l, uint16_t lane, pool_name which)
{
    ask *a = find(l, lane, which);
    if (a == NULL) {
        return (todo){0};
    }
    uint64_t applied = relay_applied_last(l->app->relay, lease_home(l, which), lane);
    if (a->state == ASK_GRANTED && applied >= a->grant) {
        return lease_finish(l, a, a->dry);
    }
    todo t = of_ask(a); /* the home has not gone on: it is about to answer */
    t.wake = true;
    t.ticket = UINT64_MAX;
    return t;
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
            lease_hold_back(l, a);
            todo t = lease_advance(l, a);
            if (t.submit || t.mark) {
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
    if (number == ACT_ID_move_take) { /* its tries are known where they have come */
        metric_add(METRIC_TRIES_MADE_MOVE, ((const move_take_in *)input)->coupons.n);
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
        t = number == ACT_ID_lease_grant ? granted(l, lane, which) : given_back(l, which);
        (void)pthread_mutex_unlock(&l->lock);
        lease_perform(l, t);
    } while (number == ACT_ID_lease_return && (t.submit || t.mark));
}

/* A lane gives back, or the home grants. */
static void moving(leases *l, const lease_in *in, const store_message *m)
{
    pool_name which = {in->owner, in->kind, in->period, in->subject};
    (void)pthread_mutex_lock(&l->lock);
    for (ask *a = l->asks; a != NULL; a = a->next) {
        if (!pool_name_eq(a->pool, which)) {
            continue;
        }
        if (m->act == ACT_ID_lease_return) {
            a->returns.sequence[m->from_lane] = m->sequence;
        } else if (a->state == ASK_ASKING && a->lane == m->to_lane) {
            a->grant = m->sequence;
        }
    }
    (void)pthread_mutex_unlock(&l->lock);
}

void leases_committed(leases *l, const store_message *messages, size_t n)
{
    arena *memory = NULL;
    for (size_t i = 0; i < n; i++) {
        const store_message *m = &messages[i];
        if (m->act != ACT_ID_lease_return && m->act != ACT_ID_lease_grant) {
            continue;
        }
        lease_in in;
        memory = memory == NULL ? arena_new(0) : memory;
        bool is = record_decode(&lease_in_record, m->input, memory, &in) == R_DONE;
        if (is && (in.amount > 0 || m->act == ACT_ID_lease_grant)) {
            moving(l, &in, m); /* what cannot be read is set aside where it is applied */
        }
    }
    arena_free(memory);
}

static bool has_todo(const todo *t)
{
    return t->submit || t->wake || t->mark || t->said.word != 0;
}

/* Asks in this state, with this home (or any), go on if they may. */
static void go_on(leases *l, ask_state from, uint16_t home)
{
    todo t;
    do {
        t = (todo){0};
        (void)pthread_mutex_lock(&l->lock);
        ask *next;
        for (ask *a = l->asks; a != NULL && !has_todo(&t); a = next) {
            next = a->next; /* advance may end the ask */
            if (a->state == from && (home == LEASE_ANY_HOME || lease_home(l, a->pool) == home)) {
                t = lease_advance(l, a);
            }
        }
        (void)pthread_mutex_unlock(&l->lock);
        lease_perform(l, t);
    } while (has_todo(&t));
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
        go_on(l, ASK_READY, LEASE_ANY_HOME);
    }
}

leases *leases_new(app *a)
{
    leases *l = calloc(1, sizeof *l); /* leases_free frees it */
    CHECK(l != NULL);
    l->app = a;
    l->shared = a->options.store.several;
    CHECK(pthread_mutex_init(&l->lock, NULL) == 0);
    return l;
}

void leases_free(leases *l)
{
    if (l == NULL) {
        return;
    }
    while (l->asks != NULL) {
        todo t = lease_drop(l, l->asks);
        lease_perform(l, t);
    }
    turns_free(&l->turns);
    (void)pthread_mutex_destroy(&l->lock);
    free(l);
}

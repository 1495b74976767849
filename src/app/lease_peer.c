/* Asking where other servers write the same lanes: see lease.c.
 *
 * Who waits for a piece waits at the server of his lane; the ask is made by the server of the
 * pool's home, which sees what arrives there. What it proves it proves with rows, since others may
 * have committed what it was never told: that nothing which was committed before the ask is on its
 * way any more (a mark, read after the ask began), and that nothing was on its way home as the home
 * decided (relay_nothing_returns). So where two servers believe that they own the same lane, "dry"
 * is still true; but a wake may go to the other one, and an ask that hears nothing is made anew. */
#include <stdlib.h>

#include "app/calls.h"
#include "app/errand.h"
#include "app/lease_part.h"
#include "app/serve.h"

/* ---- the mark ---- */

typedef struct marking {
    errand errand; /* first */
    leases *leases;
    pool_name pool;
    uint64_t number; /* of the ask */
} marking;

static void mark_now(errand *e, bool late)
{
    marking *m = (marking *)e;
    leases *l = m->leases;
    relay_mark mark = {{0}};
    todo t = {0};
    bool read = !late && relay_mark_read(l->app->relay, lease_home(l, m->pool), &mark) == R_DONE;
    (void)pthread_mutex_lock(&l->lock);
    ask *a = lease_ask(l, m->number);
    if (a != NULL && a->state == ASK_BARRIER && a->marked == MARK_WANTED) {
        a->mark = mark; /* of what could be read */
        a->marked = MARK_THERE;
        a->blind = !read;
        t = lease_advance(l, a);
    }
    (void)pthread_mutex_unlock(&l->lock);
    free(m);
    lease_perform(l, t);
}

void lease_want_mark(leases *l, const todo *asked)
{
    marking *m = malloc(sizeof(*m)); /* mark_now frees it */
    CHECK(m != NULL);
    *m = (marking){{.run = mark_now}, l, asked->pool, asked->number};
    errand_send(l->app, ERRAND_ANY, &m->errand);
}

/* ---- those who wait here, of a pool whose home is another server's ---- */

typedef struct asking {
    leases *leases;
    uint64_t number;
} asking;

static todo on_word(leases *l, ask *a, const peer_verdict *said)
{
    switch (said->word) {
    case PEER_WORD_GRANTED:
        return lease_granted(l, a, said->dry, said->sequence);
    case PEER_WORD_DRY:
        return lease_finish(l, a, true);
    case PEER_WORD_AGAIN:
        return lease_finish(l, a, false);
    default:
        return lease_drop(l, a);
    }
}

static void answered(void *of, result code, str bytes)
{
    asking *w = of;
    leases *l = w->leases;
    arena *memory = arena_new(0);
    peer_verdict said;
    bool is = code == R_DONE && record_decode(&peer_verdict_record, bytes, memory, &said) == R_DONE;
    todo t = {0};
    (void)pthread_mutex_lock(&l->lock);
    ask *a = lease_ask(l, w->number);
    if (a != NULL && a->state == ASK_AWAY) {
        if (is)
            t = on_word(l, a, &said);
        else if (code == R_BUSY)
            t = lease_drop(l, a);
        else
            t = lease_compete(l, a); /* asking twice does no harm */
    }
    (void)pthread_mutex_unlock(&l->lock);
    arena_free(memory);
    free(w);
    lease_perform(l, t);
}

void lease_send(leases *l, const todo *asked)
{
    asking *w = malloc(sizeof(*w)); /* answered frees it */
    CHECK(w != NULL);
    *w = (asking){l, asked->number};
    peer_ask m = {.owner = asked->pool.owner,
                  .kind = asked->pool.kind,
                  .period = asked->pool.period,
                  .subject = asked->pool.subject,
                  .lane = asked->lane,
                  .need = asked->need};
    call_send(l->app, lease_home(l, asked->pool), &(call_message){CALL_ASK, &peer_ask_record, &m},
              answered, w);
}

/* ---- those who wait at another server ---- */

void lease_reply(const todo *t)
{
    buf b;
    buf_init(&b, 64);
    record_encode(&peer_verdict_record, &t->said, &b);
    CHECK(!buf_overflowed(&b));
    t->answer(t->of, R_DONE, buf_view(&b));
    buf_free(&b);
}

bool leases_serve(leases *l, const peer_ask *in, peers_answered *answer, void *of)
{
    pool_name which = {in->owner, in->kind, in->period, in->subject};
    bool is_pool = in->kind != 0 && in->kind != POOL_KIND_SUBJECT && in->kind < POOL_KIND_CODE;
    if (!is_pool || id_slot(in->owner) >= SLOT_COUNT || in->lane >= store_lanes(l->app->store) ||
        in->need < 1)
        return false;
    todo t = {.answer = answer, .of = of, .said = {.word = PEER_WORD_FAILED}};
    (void)pthread_mutex_lock(&l->lock);
    ask *a = lease_begin(l, which, in->lane);
    if (a != NULL) {
        a->answer = answer;
        a->of = of;
        t = lease_go(l, a, in->need, 0);
    }
    (void)pthread_mutex_unlock(&l->lock);
    lease_perform(l, t);
    return true;
}

/* ---- nobody has told ---- */

static ask *find_stuck(leases *l, int64_t now_ms)
{
    for (ask *a = l->asks; a != NULL; a = a->next) {
        bool waits =
            a->state == ASK_BARRIER || a->state == ASK_RECALLING || a->state == ASK_GRANTED;
        if (waits && now_ms - a->since_ms >= LEASE_STUCK_MS)
            return a;
    }
    return NULL;
}

void leases_tick(leases *l)
{
    int64_t now_ms = app_now_ms(l->app);
    bool found = l->shared;
    while (found) { /* one that is made anew is not stuck yet */
        todo t = {0};
        (void)pthread_mutex_lock(&l->lock);
        ask *a = find_stuck(l, now_ms);
        found = a != NULL;
        if (found)
            t = lease_finish(l, a, false);
        (void)pthread_mutex_unlock(&l->lock);
        lease_perform(l, t);
    }
}

/* Calls to other servers (port/peers.h). */
#include <stdlib.h>

#include "app/away.h"
#include "app/calls.h"
#include "app/errand.h"
#include "app/feed.h"
#include "app/inner.h"
#include "app/serve.h"
#include "port/metric.h"

typedef struct calling {
    app *app;
    peers_answered *answered;
    void *of;
} calling;

bool app_is_mine(const app *a, uint16_t lane)
{
    const peers *p = a->options.peers;
    return p == NULL || p->mine(p->context, lane);
}

void app_peers_changed(app *a)
{
    atomic_store(&a->peers_changed, true);
}

/* It is over last: what the answer starts has begun, or is in the store, by then. */
static void back(void *of, result code, str answer)
{
    calling w = *(calling *)of;
    free(of);
    w.answered(w.of, code, answer);
    away_over(w.app);
}

void call_send(app *a, uint16_t lane, const call_message *m, peers_answered *answered, void *of)
{
    const peers *p = a->options.peers;
    buf b;
    buf_init(&b, PEERS_MESSAGE_MAX);
    buf_char(&b, (char)m->kind);
    record_encode(m->type, m->record, &b);
    if (buf_overflowed(&b)) {
        answered(of, R_UNAVAILABLE, (str){NULL, 0});
    } else {
        calling *w = malloc(sizeof(*w)); /* back frees it */
        CHECK(w != NULL);
        *w = (calling){a, answered, of};
        away_begin(a);
        p->call(p->context, lane, buf_view(&b), back, w);
    }
    buf_free(&b);
}

/* ---- acts ---- */

static void act_here(act_call *c)
{
    result r = act_submit_here(c);
    if (r == R_DONE) {
        metric_add(METRIC_PEER_COMPETING, 1);
        return;
    }
    c->code = r;
    c->done(c);
}

/* Where the rows of its slot are to be found from now on. */
static void take_position(const act_call *c, str bytes)
{
    store_position p;
    if (!c->request.to_lane &&
        record_decode(&store_position_record, bytes, c->memory, &p) == R_DONE)
        store_position_seen(c->app->store, c->slot, &p);
}

/* False: it cannot be read, or what it names of the configuration is not known here: who is
 * answered looks it up. That is waited for as long as a batch would wait for it (feed_cover), and
 * no longer: what the act has done is kept under its key, and is told when it can be shown. */
static bool take_answer(act_call *c, str bytes)
{
    const act *what = act_find((uint16_t)c->id);
    peer_answer a;
    if (record_decode(&peer_answer_record, bytes, c->memory, &a) != R_DONE ||
        a.lane >= store_lanes(c->app->store) || feed_cover(c->app, a.lane, a.epoch, true) != R_DONE)
        return false;
    if (a.code == R_DONE && record_decode(what->out, a.outcome, c->memory, c->out) != R_DONE)
        return false;
    c->code = (result)a.code;
    c->detail = a.detail;
    c->wrong = (issue){a.field, a.wrong, a.wrong_detail};
    c->at_ms = a.at_ms;
    c->replayed = a.replayed;
    c->unreached = a.unreached;
    take_position(c, a.position);
    return true;
}

/* May it run twice? Then what has become of the first run does not matter. */
static bool may_repeat(const act_call *c)
{
    return c->key.key.n > 0 || (act_find((uint16_t)c->id)->flags & ACT_REPEATS) != 0;
}

typedef struct following {
    errand errand; /* first */
    act_call *call;
} following;

/* Who has edited finds it here; late: as soon as the feed has come so far. */
static void follow_now(errand *e, bool late)
{
    act_call *c = ((following *)e)->call;
    free(e);
    if (!late)
        feed_now(c->app);
    c->done(c);
}

static void follow_first(act_call *c)
{
    following *f = malloc(sizeof(*f)); /* follow_now frees it */
    CHECK(f != NULL);
    *f = (following){{.run = follow_now}, c};
    errand_send(c->app, ERRAND_ANY, &f->errand);
}

static void answered_here(act_call *c, result code, str answer)
{
    if (code == R_DONE && !take_answer(c, answer))
        code = R_UNKNOWN;
    c->doubtful = c->doubtful || code == R_UNKNOWN;
    if (code == R_UNAVAILABLE || (code == R_UNKNOWN && may_repeat(c))) {
        act_here(c);
        return;
    }
    if (code != R_DONE)
        c->code = code;
    if (c->code == R_DONE && (act_find((uint16_t)c->id)->flags & ACT_CONFIG) != 0)
        follow_first(c);
    else
        c->done(c);
}

typedef enum answer_kind {
    ANSWER_PLAIN,   /* also one that cannot be read */
    ANSWER_NEWER,   /* names what is not known here without looking */
    ANSWER_UNTRIED, /* it was not decided: what that server cannot reach this one may */
} answer_kind;

static answer_kind kind_of(const act_call *c, str answer)
{
    arena *memory = arena_new(0);
    peer_answer a;
    answer_kind kind = ANSWER_PLAIN;
    if (record_decode(&peer_answer_record, answer, memory, &a) != R_DONE ||
        a.lane >= store_lanes(c->app->store))
        kind = ANSWER_PLAIN;
    else if (a.code == R_UNAVAILABLE && a.at_ms == 0)
        kind = ANSWER_UNTRIED;
    else if (feed_cover(c->app, a.lane, a.epoch, false) != R_DONE)
        kind = ANSWER_NEWER;
    arena_free(memory);
    return kind;
}

typedef struct telling {
    errand errand; /* first */
    act_call *call;
    str answer; /* the call's */
} telling;

static void tell_now(errand *e, bool late)
{
    telling t = *(telling *)e;
    free(e);
    answered_here(t.call, late ? R_UNKNOWN : R_DONE, t.answer);
}

static void act_answered(void *of, result code, str answer)
{
    act_call *c = of;
    answer_kind kind = code == R_DONE ? kind_of(c, answer) : ANSWER_PLAIN;
    if (kind != ANSWER_NEWER) {
        answered_here(c, kind == ANSWER_UNTRIED ? R_UNAVAILABLE : code, answer);
        return;
    }
    telling *t = malloc(sizeof(*t)); /* tell_now frees it */
    CHECK(t != NULL);
    *t = (telling){{.run = tell_now}, c, arena_str(c->memory, answer)};
    errand_send(c->app, ERRAND_ANY, &t->errand);
}

void act_send(act_call *c, uint16_t lane)
{
    arena *memory = arena_new(0);
    const act *what = act_find((uint16_t)c->id);
    peer_act m = {.act = (uint16_t)c->id,
                  .slot = c->slot,
                  .lane = c->request.to_lane ? c->request.lane : UINT16_MAX,
                  .merchant = c->key.merchant,
                  .subject = c->key.subject,
                  .key = c->key.key,
                  .body = c->key.body,
                  .body_before = c->key.body_before,
                  .asked_hi = c->asked_by.hi,
                  .asked_lo = c->asked_by.lo,
                  .item = c->item,
                  .refusal = (uint32_t)c->refusal,
                  .refusal_detail = c->refusal_detail,
                  .refusal_field = c->refusal_wrong.field,
                  .refusal_wrong = c->refusal_wrong.code,
                  .refusal_wrong_detail = c->refusal_wrong.detail,
                  .input = record_bytes(what->in, c->in, memory)};
    memset(c->out, 0, what->out->size);
    c->replayed = false;
    c->unreached = (str){NULL, 0};
    c->detail = (str){NULL, 0};
    c->wrong = (issue){0};
    metric_add(METRIC_PEER_FORWARDED, 1);
    call_send(c->app, lane, &(call_message){CALL_ACT, &peer_act_record, &m}, act_answered, c);
    arena_free(memory);
}

/* Tries, act, cancellations: see saga.h. */
#include "app/saga.h"

#include "app/inner.h"

void *saga_new(size_t size)
{
    arena *memory = arena_new(0);
    saga *s = arena_alloc(memory, size);
    s->memory = memory;
    return s;
}

static result go(saga *s);

/* ---- the act has been answered ---- */

static void cancelled(act_call *call)
{
    own_call_free((own_call *)call);
}

/* What does not get through is left to the check. */
static void take_back(saga *s, const saga_try *done)
{
    saga_try back = {0};
    if (!s->cancel(s, done, &back))
        return;
    own_call *own = own_call_new(s->call->app, back.id, back.slot);
    const record_type *type = act_find((uint16_t)back.id)->in;
    void *in = arena_alloc(own->memory, type->size);
    record_copy(type, back.in, own->memory, in);
    own->call.in = in;
    own->call.item = back.item;
    own->call.done = cancelled;
    if (act_submit(&own->call) != R_DONE)
        own_call_free(own);
}

static void forget_tries(saga *s)
{
    for (size_t i = 0; i < s->tried_n; i++)
        own_call_free(s->own[i]);
    s->tried_n = 0;
}

static void finish(saga *s)
{
    act_call *call = s->call;
    call->done = s->done;
    call->saga = NULL;
    arena_free(s->memory);
    call->done(call);
}

/* On the lane of the act, or where it was refused. */
static void ended(act_call *call)
{
    saga *s = call->saga;
    bool happened = call->code == R_DONE && !call->replayed;
    /* Nobody knows whether an act of R_UNKNOWN has happened; nor whether one that another server
     * was asked for used these tries, whatever it comes to here: the check lets go of them. */
    bool keeps = happened || call->code == R_UNKNOWN || call->doubtful;
    for (size_t i = 0; i < s->tried_n && !keeps; i++)
        if (s->tries[i].out != NULL)
            take_back(s, &s->tries[i]);
    forget_tries(s);
    if (call->code != R_UNRESERVED || s->attempts == 0) {
        finish(s);
        return;
    }
    result r = --s->attempts > 0 ? go(s) : R_BUSY;
    if (r == R_DONE)
        return; /* it may have been answered already: s and call are not ours any more */
    call->code = r;
    call->detail = (str){NULL, 0};
    finish(s);
}

/* ---- the tries have been answered ---- */

static void submit_act(saga *s)
{
    result r = act_submit(s->call);
    if (r == R_DONE)
        return;
    s->call->code = r;
    s->call->replayed = false;
    s->call->detail = (str){NULL, 0};
    ended(s->call);
}

static void all_tried(saga *s)
{
    act_call *call = s->call;
    const act_call *last = &((own_call *)s->own[s->tried_n - 1])->call;
    call->refusal = last->code;
    if (last->code == R_DONE)
        s->tried(s);
    else {
        call->refusal_detail = arena_str(s->memory, last->detail);
        call->refusal_wrong = act_wrong(&last->wrong, s->memory);
    }
    submit_act(s);
}

static void submit_try(saga *s);

static void try_done(act_call *try)
{
    saga *s = try->context;
    saga_try *t = &s->tries[s->tried_n++];
    t->out = try->code == R_DONE ? try->out : NULL;
    if (try->code == R_DONE && s->tried_n < s->n)
        submit_try(s);
    else
        all_tried(s);
}

static void submit_try(saga *s)
{
    const saga_try *t = &s->tries[s->tried_n];
    own_call *own = own_call_new(s->call->app, t->id, t->slot);
    s->own[s->tried_n] = own;
    own->call.in = t->in;
    own->call.item = t->item;
    own->call.done = try_done;
    own->call.context = s;
    result r = act_submit(&own->call);
    if (r != R_DONE) {
        own->call.code = r;
        try_done(&own->call);
    }
}

static result go(saga *s)
{
    s->n = 0;
    s->tried_n = 0;
    if (s->given == R_DONE)
        s->plan(s);
    CHECK(s->n <= SAGA_TRIES_MAX);
    s->call->refusal = s->given;
    if (s->n == 0)
        return act_submit(s->call);
    submit_try(s);
    return R_DONE;
}

result saga_submit(saga *s)
{
    act_call *call = s->call;
    s->given = call->refusal;
    s->done = call->done;
    call->saga = s;
    call->doubtful = false;
    call->done = ended;
    result r = go(s);
    if (r != R_DONE) {
        call->done = s->done;
        call->saga = NULL;
        arena_free(s->memory);
    }
    return r;
}

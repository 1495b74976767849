/* The phone number of a user: bind, look, unbind; and an order that names both. */
#include "api/holder.h"
#include "app/query_answered.h"
#include "app/query_phones.h"
#include "app/query_users.h"

/* A binding on its way: in the number's slot, then in the user's, then what waited for the number
 * arrives. Each step can be done again, so who was not answered asks again. */
typedef struct bind_plan {
    str named; /* of an order: the user as it names him, by whom its key goes */
    str user, holder;
    result refusal; /* of a binding */
    phone_bind_out out;
    bool moving; /* something has not arrived */
    void (*then)(api_call *c);
} bind_plan;

/* ---- the steps ---- */

static void arrived(api_call *c)
{
    bind_plan *plan = c->state;
    const phone_moved_out *out = c->act.out;
    plan->moving = c->act.code != R_DONE || out->waiting;
    plan->then(c);
}

static void wait_for_move(api_call *c)
{
    bind_plan *plan = c->state;
    phone_moved_in *in = ARENA_NEW(c->memory, phone_moved_in);
    in->move = plan->out.move;
    if (in->move == 0)
        plan->then(c);
    else
        call_step(
            c,
            &(act_ask){
                .id = ACT_ID_phone_moved, .slot = id_slot(in->move), .in = in, .then = arrived},
            true);
}

static void told(api_call *c)
{
    result refused = (result)((const user_phone_told_out *)c->act.out)->refused;
    if (refused != R_DONE)
        call_refuse(c, refused, S("This part of the users is full."));
    else
        wait_for_move(c);
}

/* Of a repeat: it may be over. False: the call has ended. */
static bool is_bound(api_call *c, const bind_plan *plan, bool *bound)
{
    app_view v;
    if (!call_view(c, &v))
        return false;
    const phone *row = query_phone(&v, c->who.merchant, plan->holder);
    *bound = row != NULL && row->binding == plan->out.binding;
    return call_view_end(c, &v);
}

static void decided(api_call *c)
{
    bind_plan *plan = c->state;
    const phone_bind_in *bind = c->act.in;
    bool bound;
    user_phone_put_in *in = ARENA_NEW(c->memory, user_phone_put_in);
    plan->out = *(const phone_bind_out *)c->act.out;
    *in = (user_phone_put_in){.merchant = c->who.merchant,
                              .user = plan->out.user, /* of a repeat: as it was */
                              .hi = bind->hi,
                              .lo = bind->lo,
                              .binding = plan->out.binding,
                              .sequence = plan->out.sequence,
                              .since_ms = plan->out.since_ms};
    if (!is_bound(c, plan, &bound))
        return;
    if (!bound) {
        wait_for_move(c);
        return;
    }
    call_step(c,
              &(act_ask){.id = ACT_ID_user_phone_told,
                         .slot = slot_of_user(c->who.merchant, in->user),
                         .in = in,
                         .then = told},
              false);
}

static void begin(api_call *c, bind_plan *plan, uint64_t sequence, bool keyed)
{
    phone_number n = phone_of_holder(plan->holder);
    phone_bind_in *in = ARENA_NEW(c->memory, phone_bind_in);
    *in = (phone_bind_in){.merchant = c->who.merchant,
                          .hi = n.hash.hi,
                          .lo = n.hash.lo,
                          .user = plan->user,
                          .sequence = sequence};
    c->state = plan;
    act_ask ask = {.id = ACT_ID_phone_bind,
                   .slot = slot_of_user(c->who.merchant, plan->holder),
                   .subject = plan->holder,
                   .in = in,
                   .refusal = plan->refusal,
                   .then = decided};
    if (keyed)
        call_act(c, &ask);
    else
        call_step(c, &ask, false);
}

/* Who the user is now, whether he may have a number, and its next sequence. One who is about to be
 * another may not: nobody could unbind it from his name. False: the call has ended. */
static bool find_user(api_call *c, bind_plan *plan, str name, uint64_t *sequence)
{
    app_view v;
    if (!call_view(c, &v))
        return false;
    plan->user = arena_str(c->memory, query_user_now(&v, c->who.merchant, name));
    const user_phone *row = query_user_phone(&v, c->who.merchant, plan->user);
    str to;
    plan->refusal = query_user_may(&v, c->who.merchant, plan->user, &to);
    *sequence = row == NULL ? 1 : row->sequence + 1;
    return call_view_end(c, &v);
}

/* ---- put ---- */

static void bound(api_call *c)
{
    const bind_plan *plan = c->state;
    wire_user_phone shown = {.bound = true,
                             .has_since = true,
                             .since = plan->out.since_ms,
                             .has_moving = plan->moving,
                             .moving = plan->moving};
    call_answer(c, 200, &wire_user_phone_type, &shown);
}

void api_user_phone_put(api_call *c)
{
    const wire_user_phone_put_parameters *p = c->parameters;
    const wire_phone_named *b = c->body;
    holder who = holder_of_phone(c, b->phone, S("phone"));
    bind_plan *plan = ARENA_NEW(c->memory, bind_plan);
    uint64_t sequence;
    plan->holder = who.name;
    plan->then = bound;
    if (c->problems->n > 0)
        call_invalid(c);
    else if (find_user(c, plan, p->user, &sequence))
        begin(c, plan, sequence, true);
}

/* ---- get ---- */

void api_user_phone_get(api_call *c)
{
    const wire_user_phone_get_parameters *p = c->parameters;
    app_view v;
    wire_user_phone shown = {0};
    if (!call_view(c, &v))
        return;
    str name = query_user_now(&v, c->who.merchant, p->user);
    const user_phone *row = query_user_phone(&v, c->who.merchant, name);
    shown.bound = row != NULL && row->binding != 0;
    shown.has_since = shown.bound;
    shown.since = shown.bound ? row->since_ms : 0;
    call_view_answer(c, &v, R_DONE, &wire_user_phone_type, &shown);
}

/* ---- delete ---- */

static void unbound(api_call *c)
{
    wire_user_phone shown = {.bound = false};
    call_answer(c, 200, &wire_user_phone_type, &shown);
}

static void ended(api_call *c)
{
    const user_phone_end_out *out = c->act.out;
    phone_unbind_in *in = ARENA_NEW(c->memory, phone_unbind_in);
    *in = (phone_unbind_in){
        .merchant = c->who.merchant, .hi = out->hi, .lo = out->lo, .binding = out->binding};
    if (in->binding == 0) {
        unbound(c);
        return;
    }
    phone_number n = {.hash = {in->hi, in->lo}};
    call_step(c,
              &(act_ask){.id = ACT_ID_phone_unbind,
                         .slot = slot_of_user(c->who.merchant, phone_holder(&n, c->memory)),
                         .in = in,
                         .then = unbound},
              false);
}

void api_user_phone_delete(api_call *c)
{
    const wire_user_phone_delete_parameters *p = c->parameters;
    user_phone_end_in *in = ARENA_NEW(c->memory, user_phone_end_in);
    *in = (user_phone_end_in){.merchant = c->who.merchant, .user = call_user(c, p->user)};
    call_act(c, &(act_ask){.id = ACT_ID_user_phone_end,
                           .slot = slot_of_user(c->who.merchant, in->user),
                           .subject = in->user,
                           .in = in,
                           .then = ended});
}

/* ---- an order that names both ---- */

static void go_on(api_call *c)
{
    const bind_plan *plan = c->state;
    c->bound_to = plan->named;
    c->operation->handle(c);
}

/* Was the order answered before? Then nothing is bound for it. */
static bool is_answered(api_call *c, act_id order, str user_name, bool *answered)
{
    app_view v;
    act_call call = {.app = c->app,
                     .id = order,
                     .slot = slot_of_user(c->who.merchant, user_name),
                     .key = {.merchant = c->who.merchant,
                             .subject = call_subject(c, user_name),
                             .key = c->key,
                             .body = c->body_hash}};
    if (!call_view(c, &v))
        return false;
    *answered = query_answered(&v, &call);
    return call_view_end(c, &v);
}

bool holder_binds(api_call *c, str user_name, str typed, act_id order)
{
    bind_plan *plan = ARENA_NEW(c->memory, bind_plan);
    bool answered;
    uint64_t sequence;
    if (user_name.n == 0 || typed.n == 0 || c->bound_to.n > 0)
        return false;
    holder who = holder_of_phone(c, typed, S("phone"));
    if (c->problems->n > 0) {
        call_invalid(c);
        return true;
    }
    plan->named = user_name;
    plan->holder = who.name;
    plan->then = go_on;
    if (!find_user(c, plan, user_name, &sequence) || !is_answered(c, order, user_name, &answered))
        return true;
    c->state = plan;
    if (answered)
        go_on(c);
    else
        begin(c, plan, sequence, false);
    return true;
}

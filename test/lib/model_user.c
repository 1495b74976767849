/* Steps of the model by which users become one, have numbers and are forgotten. What comes of them
 * is read behind the step: model_people.c. See model_user.h. */
#include "app/guess.h"
#include "app/query_phones.h"
#include "app/query_users.h"
#include "base/id.h"
#include "domain/campaign/config.h"
#include "domain/coupon/erase.h"
#include "domain/phone/holder.h"
#include "test/lib/model.h"

enum { PHONE_BIND, PHONE_UNBIND };

static void begin_way(model_side *s, uint64_t id, bool erases)
{
    model_people *p = &s->people;
    for (uint32_t i = 0; i < p->way_count; i++)
        if (p->ways[i].id == id)
            return;
    CHECK(p->way_count < MODEL_WAYS);
    p->ways[p->way_count++] = (model_way){id, p->ways_ever++, erases};
}

/* What this one has goes to that one; also who had become him. */
static void mix(model_side *s, uint32_t from, uint32_t into)
{
    model_people *p = &s->people;
    for (uint32_t i = 0; i < MODEL_USERS; i++)
        if (p->now[i] == from)
            p->leaves[i] = true;
    p->leaves[from] = true;
    p->mixed[from] = p->mixed[into] = p->mixed[p->caller[model_caller_of(into)]] = true;
}

/* ---- merging ---- */

static void begin_merge(model_side *s, const model_step *step, world_act *a)
{
    move_begin_in in = {.merchant = s->merchant,
                        .user = model_user(step->user),
                        .to = model_user(step->other),
                        .reason = MOVE_REASON_MERGE};
    s->people.used = true;
    mix(s, step->user, step->other);
    model_set(s, a, ACT_ID_move_begin, slot_of_user(s->merchant, in.user), &in);
}

static void end_merge(model_side *s, const model_step *step, const world_act *a, buf *facts)
{
    MAYBE(step);
    model_say(facts, a->code);
    buf_printf(facts, " %.*s", STR_ARG(a->detail));
    if (a->code == R_DONE)
        begin_way(s, ((const move_begin_out *)a->out)->move, false);
}

/* ---- numbers ---- */

static void begin_bind(model_side *s, const model_step *step, world_act *a)
{
    app_view v;
    str holder = model_caller(s, MODEL_USERS + step->other), to;
    result r = app_view_open(world_app(&s->world), s->memory, &v);
    CHECK(r == R_DONE);
    str name = arena_str(s->memory, query_user_now(&v, s->merchant, model_user(step->user)));
    const user_phone *row = query_user_phone(&v, s->merchant, name);
    phone_number number = phone_of_holder(holder);
    phone_bind_in in = {.merchant = s->merchant,
                        .hi = number.hash.hi,
                        .lo = number.hash.lo,
                        .user = name,
                        .sequence = row == NULL ? 1 : row->sequence + 1};
    a->code = query_user_may(&v, s->merchant, name, &to);
    r = app_view_close(&v);
    CHECK(r == R_DONE);
    if (a->code != R_DONE) /* the API hands this to the act */
        return;
    mix(s, model_person(s, holder), model_person(s, name));
    model_set(s, a, ACT_ID_phone_bind, slot_of_user(s->merchant, holder), &in);
}

static void begin_unbind(model_side *s, const model_step *step, world_act *a)
{
    user_phone_end_in in = {.merchant = s->merchant, .user = model_name(s, step)};
    model_set(s, a, ACT_ID_user_phone_end, slot_of_user(s->merchant, in.user), &in);
}

static void begin_phone(model_side *s, const model_step *step, world_act *a)
{
    s->people.used = true;
    if (step->word == PHONE_BIND)
        begin_bind(s, step, a);
    else
        begin_unbind(s, step, a);
}

/* As the API does: the user's slot is told, and what waited for the number arrives. */
bool model_bind_again(model_side *s, world_act *a, model_redo *redo)
{
    phone_moved_in wait = {.move = redo->bound.move};
    if (a->code != R_DONE || a->id == ACT_ID_phone_moved)
        return false;
    if (a->id == ACT_ID_phone_bind) {
        const phone_bind_in *bind = a->in;
        redo->bound = *(const phone_bind_out *)a->out;
        if (redo->bound.move != 0)
            begin_way(s, redo->bound.move, false);
        user_phone_put_in in = {.merchant = s->merchant,
                                .user = redo->bound.user,
                                .hi = bind->hi,
                                .lo = bind->lo,
                                .binding = redo->bound.binding,
                                .sequence = redo->bound.sequence,
                                .since_ms = redo->bound.since_ms};
        model_set(s, a, ACT_ID_user_phone_told, slot_of_user(s->merchant, in.user), &in);
        return true;
    }
    if (a->id != ACT_ID_user_phone_told || wait.move == 0)
        return false;
    model_set(s, a, ACT_ID_phone_moved, id_slot(wait.move), &wait);
    return true;
}

static void end_phone(model_side *s, const model_step *step, const world_act *a, buf *facts)
{
    MAYBE(s);
    MAYBE(step);
    model_say(facts, a->code);
    if (a->code == R_DONE && a->id == ACT_ID_phone_moved)
        buf_printf(facts, ((const phone_moved_out *)a->out)->waiting ? " moving" : " moved");
    if (a->code == R_DONE && a->id == ACT_ID_user_phone_end)
        buf_printf(facts, ((const user_phone_end_out *)a->out)->binding != 0 ? " had one" : "");
}

/* ---- forgetting ---- */

/* Words for him alone stay: the API gives them away before, one act each. */
static void begin_erase(model_side *s, const model_step *step, world_act *a)
{
    const config *c = app_config(world_app(&s->world));
    str name = model_user(step->user);
    hash128 tries = guess_hash(config_find_merchant(c, s->merchant), GUESSER_USER, name);
    erase_in in = {.merchant = s->merchant,
                   .user = name,
                   .reference = S("ticket"),
                   .hi = step->limits,
                   .lo = ~step->limits,
                   .guesses_hi = tries.hi,
                   .guesses_lo = tries.lo};
    config_free((config *)(uintptr_t)c); /* the share that app_config gave */
    s->people.used = true;
    s->people.erases = s->people.rushes || s->people.erases;
    model_set(s, a, ACT_ID_erase, slot_of_user(s->merchant, name), &in);
}

static void end_erase(model_side *s, const model_step *step, const world_act *a, buf *facts)
{
    model_people *p = &s->people;
    const erase_out *out = a->out;
    model_say(facts, a->code);
    if (a->code != R_DONE)
        return;
    buf_printf(facts, out->known ? " known" : " unknown");
    begin_way(s, out->erasure, true);
    for (uint32_t i = 0; i < MODEL_USERS; i++) {
        if (p->now[i] != step->user)
            continue;
        p->leaves[i] = true;
        p->mixed[i] = p->rushes; /* who is called so next begins anew */
        model_erase_owners(s, i);
    }
}

/* ---- making steps ---- */

static uint32_t somebody(model *m, const model_side *s)
{
    uint32_t one = model_below(m, MODEL_USERS);
    for (int tries = 0; tries < 5 && s->people.caller[one] != one; tries++)
        one = model_below(m, MODEL_USERS);
    return one;
}

static void fill_phone(model *m, const model_side *s, model_step *step)
{
    const model_people *p = &s->people;
    step->other = model_below(m, MODEL_PHONES);
    uint32_t owner = p->caller[MODEL_USERS + step->other];
    bool bound = owner < MODEL_USERS;
    bool full = p->generation[step->other] + MODEL_BUNCH >= MODEL_GENERATIONS;
    step->word = full || model_chance(m, bound ? 75 : 8) ? PHONE_UNBIND : PHONE_BIND;
    step->keyed = step->keyed && step->word == PHONE_UNBIND; /* what follows a binding has no key */
    if (bound && model_chance(m, step->word == PHONE_BIND ? 30 : 90))
        step->user = owner;
}

void model_fill_user(model *m, const model_side *s, model_step *step)
{
    step->user = model_chance(m, 80) ? somebody(m, s) : step->user;
    step->other = model_chance(m, 90) ? somebody(m, s) : step->user;
    step->limits = model_next(m);
    if (step->kind == STEP_PHONE)
        fill_phone(m, s, step);
}

const model_act model_user_acts[STEP_REPEAT] = {
    [STEP_MERGE] = {begin_merge, end_merge},
    [STEP_PHONE] = {begin_phone, end_phone},
    [STEP_ERASE] = {begin_erase, end_erase},
};

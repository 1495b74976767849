/* Steps of the model that give coupons to other users: directly, by an offer, and what ends one;
 * and what must be so of every coupon that has gone. See model.h. */
#include "app/query_coupons.h"
#include "app/query_users.h"
#include "base/id.h"
#include "base/time.h"
#include "test/lib/model.h"

enum { END_DECLINE, END_CANCEL };

/* One who has become another gets nothing, so nothing is kept for him first. offered_to: of an
 * offer for one: by that name, where it is his. */
static str receiver(model_side *s, const model_step *step, app_view *v, str offered_to, str *as)
{
    str name = step->as.n > 0 ? step->as : model_user(step->other), to;
    if (query_user_may(v, s->merchant, name, &to) == R_USER_MERGED)
        name = arena_str(s->memory, query_user_now(v, s->merchant, name));
    bool earlier = offered_to.n > 0 && !str_eq(offered_to, name) &&
                   str_eq(query_user_now(v, s->merchant, offered_to), name);
    *as = earlier ? offered_to : S("");
    return name;
}

/* By whom it is taken, at the expense of which limits. */
static void take(model_side *s, const model_step *step, uint32_t number, transfer_try_in asked,
                 world_act *a)
{
    transfer_try_in *try = ARENA_NEW(s->memory, transfer_try_in);
    reserve_ask *reserve = model_naming(s, step->device);
    app_view v;
    result r = app_view_open(world_app(&s->world), s->memory, &v);
    CHECK(r == R_DONE);
    const coupon *row = coupon_get(v.rows, id_slot(s->coupons[number]), s->coupons[number]);
    str offered_to = asked.to;
    transfer_take_in in = {.merchant = s->merchant,
                           .user = receiver(s, step, &v, offered_to, &asked.as),
                           .template = row->template};
    if (asked.user.n > 0)
        asked.user = arena_str(s->memory, query_user_now(&v, s->merchant, asked.user));
    app_view_close(&v);
    *try = asked;
    try->merchant = s->merchant;
    try->to = in.user;
    reserve->transfer = try;
    a->reserve = reserve;
    model_set(s, a, ACT_ID_transfer_take, slot_of_user(s->merchant, in.user), &in);
}

static void keep_taken(model_side *s, const model_step *step, uint32_t number, const world_act *a,
                       buf *facts)
{
    const transfer_take_out *out = a->out;
    model_say(facts, a->code);
    if (a->code != R_DONE)
        return;
    if (out->from != s->coupons[number] || s->moved.gone[number])
        s->wrong = "a coupon goes twice, or another one goes";
    CHECK(s->coupon_count < MODEL_THINGS_MAX);
    uint32_t i = s->coupon_count++;
    s->coupons[i] = out->coupon;
    s->coupon_user[i] = model_person(s, ((const transfer_take_in *)a->in)->user);
    s->coupon_device[i] = step->device;
    s->moved.from[i] = number + 1;
    s->moved.gone[number] = true;
}

/* ---- directly ---- */

static void begin_transfer(model_side *s, const model_step *step, world_act *a)
{
    uint32_t number = step->coupons[0];
    take(s, step, number,
         (transfer_try_in){.coupon = s->coupons[number], .user = model_caller(s, step->user)}, a);
}

static void end_transfer(model_side *s, const model_step *step, const world_act *a, buf *facts)
{
    uint32_t owner = s->coupon_user[step->coupons[0]];
    if (a->code == R_DONE &&
        (s->judged ? !model_is(s, owner, step->user)
                   : step->user == step->other && !model_blurred(s, step->user, step->user)))
        s->wrong = "a coupon was given by somebody else than its user";
    keep_taken(s, step, step->coupons[0], a, facts);
}

/* ---- offers ---- */

static str who_is(model_side *s, str name)
{
    app_view v;
    result r = app_view_open(world_app(&s->world), s->memory, &v);
    CHECK(r == R_DONE);
    name = arena_str(s->memory, query_user_now(&v, s->merchant, name));
    app_view_close(&v);
    return name;
}

static void begin_offer(model_side *s, const model_step *step, world_act *a)
{
    transfer_offer_in in = {.merchant = s->merchant,
                            .coupon = s->coupons[step->coupons[0]],
                            .user = who_is(s, model_user(step->user)),
                            .to = step->personal ? model_user(step->other) : S(""),
                            .offer_ms = step->ms};
    model_set(s, a, ACT_ID_transfer_offer, id_slot(in.coupon), &in);
}

static void end_offer(model_side *s, const model_step *step, const world_act *a, buf *facts)
{
    const transfer_offer_out *out = a->out;
    model_say(facts, a->code);
    if (a->code != R_DONE)
        return;
    buf_printf(facts, " until %lld", (long long)out->deadline_ms);
    CHECK(s->moved.count < MODEL_THINGS_MAX);
    uint32_t i = s->moved.count++;
    s->moved.ids[i] = out->transfer;
    s->moved.coupon[i] = step->coupons[0];
    s->moved.to[i] = step->personal ? step->other + 1 : 0;
}

static void begin_take(model_side *s, const model_step *step, world_act *a)
{
    uint32_t number = s->moved.coupon[step->transfer], named = s->moved.to[step->transfer];
    take(s, step, number,
         (transfer_try_in){.transfer = s->moved.ids[step->transfer],
                           .to = named == 0 ? S("") : model_user(named - 1),
                           .token = named == 0},
         a);
}

static void end_take(model_side *s, const model_step *step, const world_act *a, buf *facts)
{
    uint32_t named = s->moved.to[step->transfer];
    if (a->code == R_DONE && named != 0 && named != step->other + 1 &&
        !model_blurred(s, named - 1, step->other))
        s->wrong = "an offer is taken by another than it is for";
    keep_taken(s, step, s->moved.coupon[step->transfer], a, facts);
}

static void begin_end(model_side *s, const model_step *step, world_act *a)
{
    bool declines = step->word == END_DECLINE;
    uint32_t named = s->moved.to[step->transfer];
    uint32_t owner = s->coupon_user[s->moved.coupon[step->transfer]];
    str by = !declines    ? model_user(owner < MODEL_USERS ? owner : step->user)
             : named == 0 ? S("")
                          : model_user(named - 1);
    transfer_end_in in = {.merchant = s->merchant,
                          .transfer = s->moved.ids[step->transfer],
                          .user = by,
                          .state = declines ? TRANSFER_STATE_DECLINED : TRANSFER_STATE_CANCELLED};
    model_set(s, a, ACT_ID_transfer_end, id_slot(in.transfer), &in);
}

static void end_end(model_side *s, const model_step *step, const world_act *a, buf *facts)
{
    MAYBE(s);
    MAYBE(step);
    model_say(facts, a->code);
}

/* ---- what is stored ---- */

/* Each coupon that has gone says so and leads to what it has become; no other does. */
bool model_transfers_sound(model_side *s, app_view *v, buf *why)
{
    bool good = true;
    uint32_t *newest = ARENA_ARRAY(s->memory, uint32_t, s->coupon_count + (size_t)1);
    for (uint32_t i = s->coupon_count; i > 0; i--) {
        uint32_t number = i - 1, from = s->moved.from[number];
        newest[number] = newest[number] == 0 ? i : newest[number];
        if (from != 0)
            newest[from - 1] = newest[number];
    }
    for (uint32_t i = 0; i < s->coupon_count; i++) {
        const coupon *row = coupon_get(v->rows, id_slot(s->coupons[i]), s->coupons[i]);
        bool gone = row->state == COUPON_STATE_TRANSFERRED;
        bool leads = query_coupon_now(v, s->coupons[i]) == s->coupons[newest[i] - 1];
        if (gone == s->moved.gone[i] && leads)
            continue;
        buf_printf(why, "\n      coupon %u has %sgone, and is in state %u%s", i,
                   s->moved.gone[i] ? "" : "not ", row->state, leads ? "" : "; it leads elsewhere");
        good = false;
    }
    return good;
}

/* ---- making steps ---- */

void model_fill_transfer(model *m, const model_side *s, model_step *step)
{
    static const int64_t spans[] = {0, 10 * MS_MINUTE, 6 * MS_HOUR, 2 * MS_DAY, 4 * MS_DAY};
    if ((step->kind == STEP_TAKE || step->kind == STEP_END) && s->moved.count == 0)
        step->kind = STEP_OFFER;
    step->other = model_below(m, MODEL_USERS);
    if (step->kind == STEP_TRANSFER || step->kind == STEP_OFFER) {
        uint32_t span = s->coupon_count < 60 ? s->coupon_count : 60;
        uint32_t number = s->coupon_count - 1 - model_below(m, span);
        step->coupons[step->coupon_count++] = number;
        uint32_t owner = model_now(s, s->coupon_user[number]);
        step->user = model_chance(m, 95) && owner < MODEL_USERS ? owner : step->user;
        uint32_t alias = model_alias(m, s, step->user);
        step->user = alias < MODEL_USERS ? alias : step->user;
        step->ms = spans[model_below(m, ARRAY_LEN(spans))];
        step->personal = model_chance(m, 60);
        return;
    }
    uint32_t recent = s->moved.count < 3 ? s->moved.count : 3;
    step->transfer = s->moved.count - 1 - model_below(m, recent);
    uint32_t named = s->moved.to[step->transfer];
    if (named != 0 && model_chance(m, 90))
        step->other = named - 1;
    step->word = model_chance(m, 50) ? END_DECLINE : END_CANCEL;
}

const model_act model_transfer_acts[STEP_REPEAT] = {
    [STEP_TRANSFER] = {begin_transfer, end_transfer},
    [STEP_OFFER] = {begin_offer, end_offer},
    [STEP_TAKE] = {begin_take, end_take},
    [STEP_END] = {begin_end, end_end},
};

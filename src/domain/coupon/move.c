/* Moving all that a user has, in his own slot: see move.h.
 *
 * Invariant: a user names his move from its begin on; for ever where it is done. A move that
 * is not over has a due entry, or a message on its way, that brings the next step. */
#include "domain/coupon/move.h"

#include "base/id.h"
#include "domain/coupon/acts.h"
#include "domain/coupon/erase.h"
#include "domain/coupon/move_part.h"
#include "domain/phone/bind.h"

/* ---- what a user may do ---- */

result move_check(uow *u, const user *who)
{
    if (who == NULL || who->move == 0)
        return R_DONE;
    const user_move *row = user_move_get(u, who->slot, who->move);
    if (uow_pending(u))
        return R_AGAIN;
    CHECK(row != NULL);
    if (row->state == MOVE_STATE_DONE)
        return uow_refuse(u, R_USER_MERGED, "%.*s", STR_ARG(row->to));
    return uow_refuse(u, R_USER_MERGING, "%s", "");
}

/* ---- begin ---- */

static result check_names(uow *u, const move_begin_in *in)
{
    if (in->user.n < 1 || in->user.n > USER_BYTES_MAX)
        return uow_refuse_field(u, S("user"), S("out_of_range"), "1 to %d bytes", USER_BYTES_MAX);
    if (in->to.n < 1 || in->to.n > USER_BYTES_MAX)
        return uow_refuse_field(u, S("into"), S("out_of_range"), "1 to %d bytes", USER_BYTES_MAX);
    if (str_eq(in->user, in->to))
        return uow_refuse_field(u, S("into"), S("not_allowed"), "he is that user");
    if (move_reason_name(in->reason).n == 0)
        return uow_refuse(u, R_INVALID, "reason is none of the known words");
    return R_DONE;
}

size_t move_names(const moved_user *names, size_t n, move_reason of)
{
    size_t found = 0;
    for (size_t i = 0; i < n; i++)
        found += names[i].reason == of;
    return found;
}

uint32_t move_names_mark(const user *who)
{
    enum { FACTOR = 31 };
    uint64_t mark = 0;
    for (size_t i = 0; i < who->moved.n; i++)
        mark = mark * FACTOR + who->moved.items[i].move;
    return (uint32_t)(mark ^ mark >> 32);
}

/* The row is edited. */
static void wake_at(uow *u, user_move *row, int64_t at_ms)
{
    row->wake_ms = at_ms;
    uow_due(u, (due_name){DUE_KIND_MOVE, row->id, 0}, at_ms);
}

static void ask_admission(uow *u, user_move *row, const user *who)
{
    move_admit_in in = {.merchant = row->merchant,
                        .move = row->id,
                        .user = row->user,
                        .to = row->to,
                        .reason = row->reason};
    in.moved.items = who->moved.items;
    in.moved.n = who->moved.n;
    uow_send(u, MOVE_ADMIT_ACT, slot_of_user(row->merchant, row->to), &move_admit_in_record, &in);
    wake_at(u, row, uow_now(u) + MOVE_ROUND_MS);
}

/* He has a move already: the same again, or in the way. */
static result begin_again(uow *u, const user_move *row, const move_begin_in *in,
                          move_begin_out *out)
{
    if (str_eq(row->to, in->to) && row->reason == in->reason) {
        *out = (move_begin_out){row->id, row->state, row->created_at_ms, false};
        return R_DONE;
    }
    if (row->state == MOVE_STATE_DONE)
        return uow_refuse(u, R_USER_MERGED, "%.*s", STR_ARG(row->to));
    return uow_refuse(u, R_USER_MERGING, "He is moving to another one.");
}

static result begin(uow *u, user *who, const move_begin_in *in, move_begin_out *out)
{
    bool merges = in->reason == MOVE_REASON_MERGE;
    member *back = member_get(u, who->slot, who->member);
    const user_phone *has = merges ? user_phone_get(u, who->slot, in->merchant, in->user) : NULL;
    if (uow_pending(u))
        return R_AGAIN;
    if (has != NULL && has->binding != 0) /* it would be bound to a name that nobody can unbind */
        return uow_refuse_field(u, S("user"), S("not_allowed"), "%s",
                                "a phone is bound to him: unbind it first");
    for (size_t i = 0; i < who->moved.n; i++)
        if (!who->moved.items[i].over)
            return uow_refuse(u, R_USER_MERGING, "Another user is just becoming this one.");
    if (merges && move_names(who->moved.items, who->moved.n, MOVE_REASON_MERGE) == MOVED_USERS_MAX)
        return uow_refuse(u, R_TOO_MANY, "At most %d names become one user.", MOVED_USERS_MAX);
    user_move *row = user_move_new(u, who->slot, uow_next_id(u, who->slot));
    row->merchant = in->merchant;
    row->user = in->user;
    row->to = in->to;
    row->reason = in->reason;
    row->state = MOVE_STATE_ASKING;
    row->created_at_ms = uow_now(u);
    row->round = 1;
    user_edit(u, who);
    who->move = row->id;
    member_edit(u, back);
    back->move = row->id;
    ask_admission(u, row, who);
    *out = (move_begin_out){row->id, row->state, row->created_at_ms, true};
    return R_DONE;
}

result move_begin_decide(uow *u, const void *input, void *output)
{
    const move_begin_in *in = input;
    result r = check_names(u, in);
    if (r != R_DONE)
        return r;
    user *who = user_get(u, slot_of_user(in->merchant, in->user), in->merchant, in->user);
    if (uow_pending(u))
        return R_AGAIN;
    if (who == NULL)
        return uow_refuse(u, R_NOT_FOUND, "There is no such user.");
    const user_move *before = who->move == 0 ? NULL : user_move_get(u, who->slot, who->move);
    if (uow_pending(u))
        return R_AGAIN;
    return before != NULL ? begin_again(u, before, in, output) : begin(u, who, in, output);
}

/* ---- steps ---- */

typedef struct step_desk {
    uow *u;
    user_move *row;
    user *who;
    member *back;
    user_phone *number; /* that was bound to him when it began; NULL: none */
    move_load load;
    move_step_out *out;
} step_desk;

/* His name is his own again. */
static void let_go(const step_desk *d)
{
    user_edit(d->u, d->who);
    d->who->move = 0;
    member_edit(d->u, d->back);
    d->back->move = 0;
}

static void end(const step_desk *d, move_state how)
{
    d->row->state = (uint8_t)how;
    d->row->ended_at_ms = uow_now(d->u);
    d->row->waiting = 0;
    d->out->ended = (uint8_t)how;
    d->out->took_ms = d->row->ended_at_ms - d->row->created_at_ms;
}

static void go_round(const step_desk *d)
{
    move_step_in in = {.move = d->row->id, .round = d->row->round};
    uow_send(d->u, MOVE_STEP_ACT, d->row->slot, &move_step_in_record, &in);
}

static void finish(const step_desk *d)
{
    uow *u = d->u;
    user_move *row = d->row;
    if (row->again) {
        row->again = false;
        row->stage = MOVE_COUNTS;
        row->after = 0;
        go_round(d);
        return;
    }
    phone_follow(u, d->number, row);
    move_end_in over = {.merchant = row->merchant, .move = row->id, .to = row->to};
    end(d, MOVE_STATE_DONE);
    uow_send(u, MOVE_END_ACT, slot_of_user(row->merchant, row->to), &move_end_in_record, &over);
    for (size_t i = 0; i < d->who->moved.n; i++) {
        const moved_user *name = &d->who->moved.items[i];
        move_follow_in in = {.merchant = row->merchant,
                             .user = name->name,
                             .to = row->to,
                             .move = name->move,
                             .hops = name->hops + 1};
        uow_send(u, MOVE_FOLLOW_ACT, id_slot(in.move), &move_follow_in_record, &in);
    }
}

/* What the stages have for one message; gets. Stages that have nothing any more are passed: *stage
 * is that of the message, or behind the last. */
static result find(step_desk *d, user_move *at)
{
    result r = R_DONE;
    if (at->stage == MOVE_COUNTS || at->stage == MOVE_COUNTS_AGAIN) {
        r = move_find_counts(d->u, at, d->who->member, &d->load);
        if (r != R_DONE || d->load.page_full || at->stage == MOVE_COUNTS_AGAIN)
            return r;
        at->stage = MOVE_COUPONS;
        at->after = 0;
        at->waiting = 0;
    }
    r = move_find_coupons(d->u, at, d->who->member, &d->load);
    if (r != R_DONE || d->load.coupon_count > 0 || d->load.page_full || d->load.waiting > 0 ||
        d->load.usage_count > 0 || at->after != 0)
        return r;
    at->stage = MOVE_COUNTS_AGAIN;
    return move_find_counts(d->u, at, d->who->member, &d->load);
}

/* Waits for coupons that cannot go, or looks at the next page. */
static void rest(const step_desk *d)
{
    if (d->row->after == 0)
        wake_at(d->u, d->row, uow_now(d->u) + MOVE_AGAIN_MS);
    else
        go_round(d);
}

/* Coupons that go are no open ones any more when the next step comes, so a page without others is
 * looked at again. */
static uint64_t next_place(const user_move *at, const move_load *l)
{
    if (!l->page_full)
        return 0;
    return at->stage == MOVE_COUPONS && l->waiting == 0 ? at->after : l->last;
}

static result go_on(step_desk *d, const move_step_in *in)
{
    uow *u = d->u;
    user_move at = *d->row;
    at.state = MOVE_STATE_MOVING;
    at.result = 0;
    at.stage = at.stage == 0 ? MOVE_COUNTS : at.stage;
    result r = find(d, &at);
    if (r != R_DONE)
        return r;
    const move_load *l = &d->load;
    bool nothing = l->usage_count == 0 && l->coupon_count == 0;
    user_move_edit(u, d->row);
    at.moved += in->taken;
    at.waiting = at.after == 0 ? l->waiting : at.waiting + l->waiting;
    at.after = next_place(&at, l);
    at.round++;
    *d->row = at;
    if (nothing && at.stage == MOVE_COUNTS_AGAIN && !l->page_full) {
        finish(d);
    } else if (nothing) {
        rest(d);
    } else {
        move_send(u, d->row, l);
        wake_at(u, d->row, uow_now(u) + MOVE_ROUND_MS);
    }
    return R_DONE;
}

/* Afterwards an order of before may come back, and with it a coupon: it goes, too. Where nobody
 * knows the move any more it stays, out of reach, until it expires. */
static result go_late(step_desk *d, const move_step_in *in)
{
    uow *u = d->u;
    user_move at = *d->row;
    if (in->result != R_DONE) {
        user_move_edit(u, d->row);
        d->row->result = in->result;
    }
    if (d->row->result != R_DONE)
        return R_DONE;
    at.after = 0;
    result r = move_find_coupons(u, &at, d->who->member, &d->load);
    if (r != R_DONE)
        return r;
    user_move_edit(u, d->row);
    d->row->moved += in->taken;
    d->row->waiting = d->load.waiting;
    d->row->round++;
    if (d->load.coupon_count > 0) {
        move_send(u, d->row, &d->load);
        wake_at(u, d->row, uow_now(u) + MOVE_ROUND_MS);
    } else if (d->load.waiting > 0) {
        wake_at(u, d->row, uow_now(u) + MOVE_AGAIN_MS);
    }
    return R_DONE;
}

/* An answer that is not waited for any more: what it tells of has gone all the same. */
static result count_late(const step_desk *d, const move_step_in *in)
{
    if (in->taken > 0) {
        user_move_edit(d->u, d->row);
        d->row->moved += in->taken;
    }
    return R_DONE;
}

/* The receiver does not take it, or not now. */
static result refuse(const step_desk *d, const move_step_in *in)
{
    user_move *row = d->row;
    user_move_edit(d->u, row);
    row->result = in->result;
    if (row->reason == MOVE_REASON_MERGE) {
        end(d, MOVE_STATE_REFUSED);
        row->to = (str){NULL, 0}; /* nothing came of it: his name is kept no longer */
        let_go(d);
    } else if (in->result == R_USER_MERGED) {
        row->to = in->detail;
        ask_admission(d->u, row, d->who);
    } else {
        wake_at(d->u, row,
                uow_now(d->u) + (in->result == R_TOO_MANY ? MOVE_ROUND_MS : MOVE_AGAIN_MS));
    }
    return R_DONE;
}

/* Where he cannot be the number was never his: it may be somebody's by now. */
static result ask_again(const step_desk *d)
{
    uow *u = d->u;
    str to = d->row->to;
    if (d->row->result == R_TOO_MANY)
        to = phone_user(u, d->row->slot, d->row->user, to);
    if (uow_pending(u))
        return R_AGAIN;
    user_move_edit(u, d->row);
    d->row->to = to;
    ask_admission(u, d->row, d->who);
    return R_DONE;
}

/* An answer that nobody waits for: another one came before it. Whom it lets in does not come. */
static bool is_stale(const step_desk *d, const move_step_in *in)
{
    const user_move *row = d->row;
    bool refused = row->state == MOVE_STATE_REFUSED;
    if (in->from.n == 0 || (!refused && str_eq(in->from, row->to)))
        return refused;
    move_end_in not = {.merchant = row->merchant, .move = row->id, .to = in->from, .refused = true};
    if (in->result == R_DONE)
        uow_send(d->u, MOVE_END_ACT, slot_of_user(not .merchant, not .to), &move_end_in_record,
                 &not );
    return true;
}

/* Its time has come, or something came up. While an answer is on its way there is nothing to do,
 * but not for ever: what carried it may have been dropped. */
static result woken(step_desk *d, bool late)
{
    user_move *row = d->row;
    if (late && row->state == MOVE_STATE_MOVING) {
        user_move_edit(d->u, row);
        row->again = true;
    }
    if (uow_now(d->u) < row->wake_ms)
        return R_DONE; /* another entry will come */
    d->out->late = row->result == 0 && row->waiting == 0;
    if (row->state == MOVE_STATE_ASKING)
        return ask_again(d);
    return go_on(d, &(move_step_in){.move = row->id});
}

result move_step_decide(uow *u, const void *input, void *output)
{
    const move_step_in *in = input;
    step_desk d = {.u = u, .row = user_move_get(u, id_slot(in->move), in->move), .out = output};
    if (uow_pending(u))
        return R_AGAIN;
    if (d.row == NULL || is_stale(&d, in))
        return R_DONE;
    d.out->reason = d.row->reason;
    bool done = d.row->state == MOVE_STATE_DONE;
    d.who = user_get(u, d.row->slot, d.row->merchant, d.row->user);
    if (uow_pending(u))
        return R_AGAIN;
    d.back = member_get(u, d.row->slot, d.who->member);
    d.number = user_phone_get(u, d.row->slot, d.row->merchant, d.row->user);
    if (uow_pending(u))
        return R_AGAIN;
    if (in->round == 0 && !done)
        return woken(&d, in->late);
    if (in->round != 0 && in->round != d.row->round)
        return count_late(&d, in);
    if (done)
        return go_late(&d, in);
    return in->result == R_DONE ? go_on(&d, in) : refuse(&d, in);
}

void move_wake(uow *u, uint64_t id)
{
    move_step_in in = {.move = id};
    uow_send(u, MOVE_STEP_ACT, id_slot(id), &move_step_in_record, &in);
}

void move_late(uow *u, uint64_t id)
{
    move_step_in in = {.move = id, .late = true};
    uow_send(u, MOVE_STEP_ACT, id_slot(id), &move_step_in_record, &in);
}

/* ---- the name of a name ---- */

/* By the move, not the name, which may be somebody else's by now. Those of two merges come from two
 * slots, the later one first where the other was held up. */
result move_follow_decide(uow *u, const void *input, void *output)
{
    const move_follow_in *in = input;
    user_move *row = user_move_get(u, id_slot(in->move), in->move);
    MAYBE(output);
    if (uow_pending(u))
        return R_AGAIN;
    if (row == NULL || erase_is_pseudonym(row->user) || row->hops >= in->hops)
        return R_DONE;
    user_move_edit(u, row);
    row->to = in->to;
    row->hops = in->hops;
    return R_DONE;
}

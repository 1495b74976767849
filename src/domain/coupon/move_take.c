/* What comes to the slot of a user to whom all goes that another has: see move.h. Nothing here is
 * refused. */
#include "base/id.h"
#include "domain/coupon/erase.h"
#include "domain/coupon/member.h"
#include "domain/coupon/move_part.h"
#include "domain/coupon/receive.h"
#include "domain/coupon/transfer.h"
#include "domain/limit/usage.h"

typedef struct take_desk {
    uow *u;
    const move_take_in *in;
    uint16_t slot;
    const user *who;      /* NULL: nobody knows the move */
    const member *back;   /* of one who is erased; else NULL */
    const user_move *his; /* who he is himself; NULL: he is nobody else */
    usage **rows;         /* [usages]; NULL: there is none yet */
} take_desk;

static result load(take_desk *d)
{
    uow *u = d->u;
    d->slot = slot_of_user(d->in->merchant, d->in->to);
    d->who = erase_receiver(u, d->in->merchant, d->in->to, d->in->move);
    if (uow_pending(u))
        return R_AGAIN;
    if (d->who == NULL)
        return R_DONE;
    d->his = d->who->move == 0 ? NULL : user_move_get(u, d->slot, d->who->move);
    if (erase_is_pseudonym(d->who->name))
        d->back = member_get(u, d->slot, d->who->member);
    d->rows = ARENA_ARRAY(uow_memory(u), usage *, d->in->usages.n);
    for (size_t i = 0; i < d->in->usages.n; i++)
        d->rows[i] = usage_get(u, d->slot, d->who->member, d->in->usages.items[i].campaign);
    return uow_pending(u) ? R_AGAIN : R_DONE;
}

static void count(take_desk *d, size_t i)
{
    const carried_usage *in = &d->in->usages.items[i];
    if (d->rows[i] == NULL)
        d->rows[i] = usage_new(d->u, d->slot, d->who->member, in->campaign);
    else
        usage_edit(d->u, d->rows[i]);
    usage_bring(uow_memory(d->u), d->rows[i], in->cells.items, in->cells.n);
}

/* One whose time is over stays with its user: his slot may have been told so (saga.h). */
static uint32_t take(const take_desk *d, const moved_coupon *in)
{
    uow *u = d->u;
    transfer_settle_in done = {.transfer = in->transfer,
                               .reservation = in->reservation,
                               .at_ms = uow_now(u),
                               .reason = R_UNAVAILABLE,
                               .move = d->in->move};
    if (d->who != NULL && uow_now(u) < in->deadline_ms) {
        const carried_coupon *carried = in->carried.items;
        terms of = terms_of(uow_config(u), carried->template);
        done.coupon = coupon_receive(u, &(receipt){.slot = d->slot,
                                                   .member = d->who->member,
                                                   .transfer = in->transfer,
                                                   .carried = carried,
                                                   .of = &of,
                                                   .moved = in,
                                                   .move = d->in->move})
                          ->id;
        done.reason = 0;
        done.from = carried->coupon;
        done.brought = in->brought;
    }
    uow_send(u, TRANSFER_SETTLE_ACT, id_slot(in->transfer), &transfer_settle_in_record, &done);
    return done.coupon != 0;
}

/* It came late, and he is another one himself by now, or is about to be. */
static void go_on(const take_desk *d)
{
    move_load load = {.usage_count = d->in->usages.n};
    if (d->his->state == MOVE_STATE_DONE && load.usage_count > 0) {
        memcpy(load.usages, d->rows, load.usage_count * sizeof(*load.usages));
        move_send(d->u, d->his, &load);
    }
    move_late(d->u, d->his->id);
}

result move_take_decide(uow *u, const void *input, void *output)
{
    take_desk d = {.u = u, .in = input};
    MAYBE(output);
    result r = load(&d);
    if (r != R_DONE)
        return r;
    for (size_t i = 0; d.who != NULL && i < d.in->usages.n; i++)
        count(&d, i);
    move_step_in next = {
        .move = d.in->move, .round = d.in->round, .result = d.who == NULL ? R_NOT_FOUND : R_DONE};
    for (size_t i = 0; i < d.in->coupons.n; i++)
        next.taken += take(&d, &d.in->coupons.items[i]);
    uow_send(u, MOVE_STEP_ACT, id_slot(next.move), &move_step_in_record, &next);
    if (d.his != NULL)
        go_on(&d);
    else if (next.taken > 0 && d.back != NULL)
        erase_wake(u, d.back->erasure);
    return R_DONE;
}

/* ---- admission, and the end ---- */

static const moved_user *entry_of(const user *who, uint64_t move)
{
    for (size_t i = 0; who != NULL && i < who->moved.n; i++)
        if (who->moved.items[i].move == move)
            return &who->moved.items[i];
    return NULL;
}

/* The names that he has, but the entry `but`, with room for `more`. */
static moved_user *names_copy(uow *u, user *row, const moved_user *but, size_t more)
{
    moved_user *names = ARENA_ARRAY(uow_memory(u), moved_user, row->moved.n + more);
    size_t n = 0;
    for (size_t i = 0; i < row->moved.n; i++)
        if (&row->moved.items[i] != but)
            names[n++] = row->moved.items[i];
    user_edit(u, row);
    row->moved.items = names;
    row->moved.n = n;
    return names;
}

/* The earliest numbers are not asked any more whether they had an order; what comes back to them
 * still goes on (move.c, go_late). The names are a copy. */
static void forget_phones(uow *u, user *row)
{
    moved_user *names = (moved_user *)(uintptr_t)row->moved.items;
    size_t phones = move_names(names, row->moved.n, MOVE_REASON_BIND), n = 0;
    for (size_t i = 0; i < row->moved.n; i++) {
        bool drop =
            phones > MOVED_PHONES_MAX && names[i].reason == MOVE_REASON_BIND && names[i].over;
        phones -= drop;
        if (drop)
            erase_leave_way(u, row, names[i].move);
        else
            names[n++] = names[i];
    }
    row->moved.n = n;
}

static void admit(uow *u, user *row, const move_admit_in *in)
{
    moved_user *names = names_copy(u, row, NULL, in->moved.n + 1);
    names[row->moved.n++] =
        (moved_user){.name = in->user, .move = in->move, .reason = in->reason, .over = false};
    for (size_t i = 0; i < in->moved.n; i++) {
        moved_user *name = &names[row->moved.n++];
        *name = in->moved.items[i];
        name->by = in->move;
        name->hops++;
    }
    forget_phones(u, row);
}

/* Is there room for what comes, and what comes with it? Numbers make room for others. */
static result room_for(const user *row, const move_admit_in *in)
{
    size_t names = 0, coming = 0;
    if (row != NULL)
        names = move_names(row->moved.items, row->moved.n, MOVE_REASON_MERGE);
    for (size_t i = 0; row != NULL && i < row->moved.n; i++)
        coming += row->moved.items[i].reason == MOVE_REASON_BIND && !row->moved.items[i].over;
    if (in->reason == MOVE_REASON_BIND)
        return coming < MOVED_PHONES_MAX ? R_DONE : R_BUSY;
    names += 1 + move_names(in->moved.items, in->moved.n, MOVE_REASON_MERGE);
    return names <= MOVED_USERS_MAX ? R_DONE : R_TOO_MANY;
}

result move_admit_decide(uow *u, const void *input, void *output)
{
    const move_admit_in *in = input;
    MAYBE(output);
    member_place p = {
        .slot = slot_of_user(in->merchant, in->to), .merchant = in->merchant, .name = in->to};
    user *row = user_get(u, p.slot, p.merchant, p.name);
    if (uow_pending(u))
        return R_AGAIN;
    move_step_in answer = {.move = in->move, .round = 1, .from = in->to};
    bool known = entry_of(row, in->move) != NULL; /* asked twice */
    const erasure *way = known ? NULL : erasure_get(u, p.slot, in->move);
    if (uow_pending(u))
        return R_AGAIN;
    if (way != NULL)
        return R_DONE; /* asked twice, too: it is over, and he was forgotten since */
    result r = known ? R_DONE : member_find(u, &p);
    if (r == R_AGAIN)
        return r;
    if (r == R_DONE && !known)
        r = room_for(row, in);
    if (r == R_USER_MERGED)
        answer.detail = user_move_get(u, p.slot, row->move)->to;
    answer.result = (uint32_t)r;
    if (r == R_DONE && !known) {
        if (!p.known) {
            member_join(u, &p);
            row = user_get(u, p.slot, p.merchant, p.name);
        }
        admit(u, row, in);
    }
    uow_send(u, MOVE_STEP_ACT, id_slot(in->move), &move_step_in_record, &answer);
    return R_DONE;
}

/* He does not come, nor who would come along. */
static void turn_away(uow *u, user *row, uint64_t move)
{
    moved_user *names = names_copy(u, row, NULL, 0);
    size_t n = 0;
    for (size_t i = 0; i < row->moved.n; i++)
        if (names[i].move != move && names[i].by != move)
            names[n++] = names[i];
    row->moved.n = n;
}

result move_end_decide(uow *u, const void *input, void *output)
{
    const move_end_in *in = input;
    MAYBE(output);
    user *row = user_get(u, slot_of_user(in->merchant, in->to), in->merchant, in->to);
    if (uow_pending(u))
        return R_AGAIN;
    const moved_user *entry = entry_of(row, in->move);
    if (entry == NULL)
        return R_DONE;
    if (in->refused) {
        if (!entry->over)
            turn_away(u, row, in->move);
        return R_DONE;
    }
    moved_user ended = *entry;
    moved_user *names = names_copy(u, row, entry, 1);
    ended.over = true;
    names[row->moved.n++] = ended;
    return R_DONE;
}

/* ---- counts that an act of before gives back ---- */

result usage_back_decide(uow *u, const void *input, void *output)
{
    const usage_back_in *in = input;
    MAYBE(output);
    uint16_t slot = slot_of_user(in->merchant, in->user);
    const user *who = erase_receiver(u, in->merchant, in->user, in->move);
    if (uow_pending(u))
        return R_AGAIN;
    usage *row = who == NULL ? NULL : usage_get(u, slot, who->member, in->campaign);
    if (uow_pending(u))
        return R_AGAIN;
    if (who == NULL)
        return R_DONE; /* whose it was is nobody any more */
    if (row == NULL)
        row = usage_new(u, slot, who->member, in->campaign); /* what brings it was set aside */
    if (row->gone_to.n > 0) {
        usage_back_in on = *in;
        on.user = row->gone_to;
        on.move = row->gone_by;
        uow_send(u, USAGE_BACK_ACT, slot_of_user(on.merchant, on.user), &usage_back_in_record, &on);
        return R_DONE;
    }
    usage_key key = {in->owner, in->measure, in->period, in->since_version};
    usage_edit(u, row);
    usage_unbring(uow_memory(u), row, &key, in->number, in->n);
    return R_DONE;
}

/* Binding phone numbers: see bind.h. */
#include "domain/phone/bind.h"

#include "base/id.h"
#include "domain/coupon/acts.h"
#include "domain/coupon/erase.h"
#include "domain/coupon/member.h"
#include "domain/coupon/move.h"
#include "domain/phone/holder.h"

/* ---- in the number's slot ---- */

typedef struct phone_desk {
    uow *u;
    uint16_t slot;
    phone *row;    /* NULL: it was never bound */
    str holder;    /* the name of its generation */
    bool has_rows; /* something was done under that name */
} phone_desk;

static phone_number number_of(uint64_t hi, uint64_t lo, const phone *row)
{
    return (phone_number){.hash = {hi, lo}, .generation = row == NULL ? 0 : row->generation};
}

static result look(phone_desk *d, const phone_bind_in *in)
{
    uow *u = d->u;
    phone_number any = number_of(in->hi, in->lo, NULL);
    d->slot = slot_of_user(in->merchant, phone_holder(&any, uow_memory(u)));
    d->row = phone_get(u, d->slot, in->hi, in->lo);
    if (uow_pending(u))
        return R_AGAIN;
    phone_number now = number_of(in->hi, in->lo, d->row);
    d->holder = phone_holder(&now, uow_memory(u));
    d->has_rows = user_get(u, d->slot, in->merchant, d->holder) != NULL;
    return uow_pending(u) ? R_AGAIN : R_DONE;
}

/* All that the holder has begins to go to the user. */
static result begin_move(const phone_desk *d, const phone_bind_in *in, uint64_t *move)
{
    move_begin_in begin = {
        .merchant = in->merchant, .user = d->holder, .to = in->user, .reason = MOVE_REASON_BIND};
    move_begin_out begun = {0};
    result r = move_begin_decide(d->u, &begin, &begun);
    *move = begun.move;
    return r;
}

/* follows: by this move; 0: it was bound to him. */
static void tell_user(uow *u, const phone *row, bool follows, uint64_t move)
{
    user_phone_put_in put = {.merchant = row->merchant,
                             .user = row->user,
                             .hi = row->hi,
                             .lo = row->lo,
                             .binding = row->binding,
                             .sequence = row->sequence,
                             .since_ms = row->since_ms,
                             .follows = follows,
                             .move = move};
    uow_send(u, USER_PHONE_PUT_ACT, slot_of_user(put.merchant, put.user), &user_phone_put_in_record,
             &put);
}

static void write_bound(phone_desk *d, const phone_bind_in *in, uint64_t move)
{
    uow *u = d->u;
    if (d->row == NULL)
        d->row = phone_new(u, d->slot, in->hi, in->lo);
    else
        phone_edit(u, d->row);
    d->row->merchant = in->merchant;
    d->row->generation++;
    d->row->binding = uow_next_id(u, d->slot);
    d->row->user = in->user;
    d->row->since_ms = uow_now(u);
    d->row->sequence = in->sequence;
    d->row->move = move;
    tell_user(u, d->row, false, 0);
}

static result check_user(uow *u, str name)
{
    if (name.n < 1 || name.n > USER_BYTES_MAX || phone_is_holder(name))
        return uow_refuse_field(u, S("user"), S("out_of_range"), "1 to %d bytes", USER_BYTES_MAX);
    return R_DONE;
}

result phone_bind_decide(uow *u, const void *input, void *output)
{
    const phone_bind_in *in = input;
    phone_desk d = {.u = u};
    result r = check_user(u, in->user);
    if (r == R_DONE)
        r = look(&d, in);
    if (r != R_DONE)
        return r;
    bool bound = d.row != NULL && d.row->binding != 0;
    if (bound && !str_eq(d.row->user, in->user))
        return uow_refuse(u, R_PHONE_BOUND_ELSEWHERE, "%s", "");
    uint64_t move = 0;
    if (!bound && d.has_rows)
        r = begin_move(&d, in, &move);
    if (!bound && r == R_DONE)
        write_bound(&d, in, move);
    if (r == R_DONE)
        *(phone_bind_out *)output = (phone_bind_out){d.row->binding,  d.row->move, d.row->sequence,
                                                     d.row->since_ms, d.row->user, move != 0};
    return r;
}

result phone_unbind_decide(uow *u, const void *input, void *output)
{
    const phone_unbind_in *in = input;
    phone_number any = number_of(in->hi, in->lo, NULL);
    MAYBE(output);
    phone *row =
        phone_get(u, slot_of_user(in->merchant, phone_holder(&any, uow_memory(u))), in->hi, in->lo);
    if (uow_pending(u))
        return R_AGAIN;
    erase_tell(u, in->erasure);
    if (row == NULL || row->binding != in->binding || in->binding == 0)
        return R_DONE;
    phone_edit(u, row);
    row->binding = 0;
    row->user = (str){NULL, 0};
    row->since_ms = uow_now(u);
    return R_DONE;
}

result phone_follow_decide(uow *u, const void *input, void *output)
{
    const phone_follow_in *in = input;
    phone_number any = number_of(in->hi, in->lo, NULL);
    MAYBE(output);
    phone *row =
        phone_get(u, slot_of_user(in->merchant, phone_holder(&any, uow_memory(u))), in->hi, in->lo);
    if (uow_pending(u))
        return R_AGAIN;
    if (row == NULL || row->binding != in->binding || str_eq(row->user, in->to))
        return R_DONE;
    phone_edit(u, row);
    row->user = in->to;
    tell_user(u, row, true, in->move);
    return R_DONE;
}

result phone_check(uow *u, uint16_t slot, str name)
{
    if (!phone_is_holder(name))
        return R_DONE;
    phone_number n = phone_of_holder(name);
    const phone *row = phone_get(u, slot, n.hash.hi, n.hash.lo);
    if (uow_pending(u))
        return R_AGAIN;
    if (row != NULL && row->binding != 0)
        return uow_refuse(u, R_PHONE_BOUND, "%.*s", STR_ARG(row->user));
    if ((row == NULL ? 0 : row->generation) != n.generation)
        return uow_refuse(u, R_BUSY, "The number was just bound and unbound.");
    return R_DONE;
}

str phone_user(uow *u, uint16_t slot, str name, str otherwise)
{
    if (!phone_is_holder(name))
        return otherwise;
    phone_number n = phone_of_holder(name);
    const phone *row = phone_get(u, slot, n.hash.hi, n.hash.lo);
    return row == NULL || row->binding == 0 ? otherwise : row->user;
}

/* ---- in the user's slot ---- */

static void tell_unbind(uow *u, const user_phone *row, uint64_t erasure_id)
{
    phone_number any = number_of(row->hi, row->lo, NULL);
    phone_unbind_in in = {.merchant = row->merchant,
                          .hi = row->hi,
                          .lo = row->lo,
                          .binding = row->binding,
                          .erasure = erasure_id};
    uow_send(u, PHONE_UNBIND_ACT, slot_of_user(row->merchant, phone_holder(&any, uow_memory(u))),
             &phone_unbind_in_record, &in);
}

static void tell_follow(uow *u, const user_phone *row, const user_move *by)
{
    phone_number any = number_of(row->hi, row->lo, NULL);
    phone_follow_in in = {.merchant = row->merchant,
                          .hi = row->hi,
                          .lo = row->lo,
                          .binding = row->binding,
                          .to = by->to,
                          .move = by->id};
    uow_send(u, PHONE_FOLLOW_ACT, slot_of_user(row->merchant, phone_holder(&any, uow_memory(u))),
             &phone_follow_in_record, &in);
}

void phone_follow(uow *u, user_phone *row, const user_move *by)
{
    if (row == NULL || row->binding == 0)
        return;
    tell_follow(u, row, by);
    user_phone_edit(u, row);
    row->binding = 0;
    row->sequence++;
    row->since_ms = uow_now(u);
}

/* `ref` is not shown: it says in which slot the member is. */
static void note(uow *u, const user_phone *row, uint32_t ordinal, event_kind kind)
{
    event e = {.kind = (uint8_t)kind,
               .at_ms = uow_now(u),
               .merchant = row->merchant,
               .member = ordinal,
               .ref = uow_next_id(u, row->slot)};
    uow_event(u, &e);
}

/* He joins with it. One who is about to be another has it until he is. */
static result find_user(uow *u, uint16_t slot, uint64_t merchant_id, str name, member_place *who)
{
    *who = (member_place){.slot = slot, .merchant = merchant_id, .name = name};
    result r = member_find(u, who);
    return r == R_USER_MERGING ? R_DONE : r;
}

/* Is what it says earlier than what is known, or the same? What he brought who has become him is
 * not later than a number of his own. */
static bool is_late(const user_phone *row, const user_phone_put_in *in)
{
    if (row == NULL || row->binding == in->binding || in->follows)
        return row != NULL && row->binding != 0;
    return row->sequence > in->sequence ||
           (row->sequence == in->sequence && row->binding > in->binding);
}

static const user_move *merged_by(uow *u, uint16_t slot, const member_place *who)
{
    return user_move_get(u, slot, user_get(u, slot, who->merchant, who->name)->move);
}

/* Whom it follows to is erased, and who is called so now is somebody else. Gets. */
static bool follows_to_nobody(uow *u, const user_phone_put_in *in)
{
    if (in->move == 0)
        return false;
    const user *who = erase_receiver(u, in->merchant, in->user, in->move);
    return who == NULL || !str_eq(who->name, in->user);
}

result user_phone_put_decide(uow *u, const void *input, void *output)
{
    const user_phone_put_in *in = input;
    uint16_t slot = slot_of_user(in->merchant, in->user);
    user_phone *row = user_phone_get(u, slot, in->merchant, in->user);
    member_place who;
    bool to_nobody = follows_to_nobody(u, in);
    MAYBE(output);
    if (uow_pending(u))
        return R_AGAIN;
    user_phone given = {.slot = slot,
                        .merchant = in->merchant,
                        .user = in->user,
                        .hi = in->hi,
                        .lo = in->lo,
                        .binding = in->binding};
    result r = find_user(u, slot, in->merchant, in->user, &who);
    if (r == R_AGAIN)
        return r;
    if (r == R_USER_MERGED && !to_nobody) {
        tell_follow(u, &given, merged_by(u, slot, &who));
        return R_DONE;
    }
    if (r != R_DONE || to_nobody || is_late(row, in)) {
        if (r != R_DONE || to_nobody || row->binding != in->binding)
            tell_unbind(u, &given, 0);
        return R_DONE;
    }
    member_join(u, &who);
    if (row == NULL)
        row = user_phone_new(u, slot, in->merchant, in->user);
    else
        user_phone_edit(u, row);
    if (row->binding != 0) {
        tell_unbind(u, row, 0);
        note(u, row, who.ordinal, EVENT_KIND_PHONE_UNBOUND);
    }
    row->hi = in->hi;
    row->lo = in->lo;
    row->binding = in->binding;
    row->sequence = in->follows ? row->sequence + 1 : in->sequence;
    row->since_ms = in->since_ms;
    note(u, row, who.ordinal, EVENT_KIND_PHONE_BOUND);
    return R_DONE;
}

result user_phone_end_decide(uow *u, const void *input, void *output)
{
    const user_phone_end_in *in = input;
    user_phone_end_out *out = output;
    member_place who;
    result r = check_user(u, in->user);
    if (r != R_DONE)
        return r;
    uint16_t slot = slot_of_user(in->merchant, in->user);
    user_phone *row = user_phone_get(u, slot, in->merchant, in->user);
    if (uow_pending(u))
        return R_AGAIN;
    *out = (user_phone_end_out){0};
    r = find_user(u, slot, in->merchant, in->user, &who);
    if (r == R_AGAIN || r == R_USER_MERGED || row == NULL || row->binding == 0)
        return r == R_TOO_MANY ? R_DONE : r; /* who is none has no number */
    *out = (user_phone_end_out){row->hi, row->lo, row->binding};
    tell_unbind(u, row, 0);
    note(u, row, who.ordinal, EVENT_KIND_PHONE_UNBOUND);
    user_phone_edit(u, row);
    row->binding = 0;
    row->sequence++;
    row->since_ms = uow_now(u);
    return R_DONE;
}

uint32_t phone_forget(uow *u, user_phone *row, uint32_t ordinal, uint64_t erasure_id)
{
    bool bound = row->binding != 0;
    if (bound) {
        tell_unbind(u, row, erasure_id);
        note(u, row, ordinal, EVENT_KIND_PHONE_UNBOUND);
    }
    user_phone_delete(u, row);
    return bound ? 1 : 0;
}

/* ---- waiting ---- */

result user_phone_told_decide(uow *u, const void *input, void *output)
{
    const user_phone_put_in *in = input;
    uint16_t slot = slot_of_user(in->merchant, in->user);
    const user_phone *row = user_phone_get(u, slot, in->merchant, in->user);
    member_place who;
    result r = find_user(u, slot, in->merchant, in->user, &who);
    if (r == R_AGAIN || uow_pending(u))
        return R_AGAIN;
    *(user_phone_told_out *)output =
        (user_phone_told_out){r == R_USER_MERGED ? R_DONE : (uint32_t)r};
    if (r != R_DONE || (row != NULL && (row->binding == in->binding || is_late(row, in))))
        return R_DONE;
    uow_wait_for(u, phone_bound_pool(in->binding), 0);
    return R_WAIT;
}

result phone_moved_decide(uow *u, const void *input, void *output)
{
    const phone_moved_in *in = input;
    phone_moved_out *out = output;
    const user_move *row = user_move_get(u, id_slot(in->move), in->move);
    if (uow_pending(u))
        return R_AGAIN;
    *out = (phone_moved_out){0};
    if (row == NULL || row->state == MOVE_STATE_DONE)
        return R_DONE;
    out->waiting = row->waiting > 0 || row->result != R_DONE;
    if (out->waiting)
        return R_DONE;
    uow_wait_for(u, phone_move_pool(in->move), 0);
    return R_WAIT;
}

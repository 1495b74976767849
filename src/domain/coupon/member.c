/* Users of a slot: see member.h. */
#include "domain/coupon/member.h"

#include "domain/coupon/acts.h"
#include "domain/coupon/move.h"
#include "domain/phone/bind.h"

result member_find(uow *u, member_place *p)
{
    const user *who = user_get(u, p->slot, p->merchant, p->name);
    result r = phone_check(u, p->slot, p->name);
    if (r != R_DONE)
        return r;
    if (uow_pending(u))
        return R_AGAIN;
    p->known = who != NULL;
    if (p->known) {
        p->ordinal = who->member;
        p->names = move_names_mark(who);
        return move_check(u, who);
    }
    p->head = slot_head_get(u, p->slot);
    if (uow_pending(u))
        return R_AGAIN;
    p->ordinal = (p->head == NULL ? 0 : p->head->members) + 1;
    if (p->ordinal > MEMBERS_MAX)
        return uow_refuse(u, R_TOO_MANY, "This part of the users is full.");
    return R_DONE;
}

void member_join(uow *u, member_place *p)
{
    if (p->known)
        return;
    p->known = true;
    if (p->head == NULL)
        p->head = slot_head_new(u, p->slot);
    else
        slot_head_edit(u, p->head);
    p->head->members = p->ordinal;
    user *row = user_new(u, p->slot, p->merchant, p->name);
    row->member = p->ordinal;
    row->created_at_ms = uow_now(u);
    member *back = member_new(u, p->slot, p->ordinal);
    back->merchant = p->merchant;
    back->name = p->name;
}

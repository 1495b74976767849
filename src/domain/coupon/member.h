/* A user's place in his slot: his member number, or the one that he gets with the first thing that
 * is written for him. Private to domain/coupon. */
#ifndef QUAN_DOMAIN_COUPON_MEMBER_H
#define QUAN_DOMAIN_COUPON_MEMBER_H

#include "base/result.h"
#include "domain/table.gen.h"
#include "domain/uow.h"

typedef struct member_place {
    uint16_t slot;
    uint64_t merchant;
    str name;
    uint32_t ordinal; /* of the member; of a new one, the one to be */
    bool known;       /* his rows are there */
    uint32_t names;   /* move_names_mark */
    slot_head *head;  /* of a new one; NULL: the slot has none yet */
} member_place;

/* slot, merchant and name are set. R_DONE, R_AGAIN; R_TOO_MANY: the slot has MEMBERS_MAX users;
 * R_USER_MERGING, R_USER_MERGED: nothing new is done for him (move.h); R_PHONE_BOUND,
 * R_BUSY: it is a number's, which is a user's (phone/bind.h). */
MUST_USE result member_find(uow *u, member_place *p);
/* Writes a new user's rows; then, or before, known: nothing. */
void member_join(uow *u, member_place *p);

#endif

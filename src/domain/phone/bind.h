/* A phone number becomes a user's, and is not any more. What waited for it goes to him, exactly
 * once (coupon/move.h); from then on whoever names the number means him.
 *
 *   PHONE_BIND      in the number's slot, which decides whose it is: of two users at once one has
 *                   it. Ends the generation of its holder, whose coupons and counts begin to move;
 *                   the next one, after an unbinding, finds nothing of it. Tells the user's slot:
 *   USER_PHONE_PUT  there: he has one number, the latest; another one that he had is unbound.
 *                   Comes by this message only, so never again, when he may be somebody else
 *   USER_PHONE_TOLD there: whoever bound it waits (R_WAIT) until that has come
 *   USER_PHONE_END  in the user's slot: he has none. Tells the number's:
 *   PHONE_UNBIND    there, also sent by whoever asked: ends the binding, if it still is that one
 *   PHONE_FOLLOW    there: its user became another one while it was bound to him (a user who has
 *                   one is not merged, but both may come at once): it is that one's, whose slot is
 *                   told; one who has a number keeps his, and this one is nobody's
 *   PHONE_MOVED     in the number's slot: waits (R_WAIT) until what waited for it has arrived; not
 *                   for coupons that an open hold keeps, nor where the user cannot have it just now
 * Messages may come late and twice: a binding has an id, so none is ended for another, and each
 * change of user_phone a sequence, so none is undone by an earlier one.
 *
 * What is unbound keeps nothing: coupons and counts stay the user's. A number's slot is one for all
 * its generations, so acts for it and its binding meet in one lane. */
#ifndef QUAN_DOMAIN_PHONE_BIND_H
#define QUAN_DOMAIN_PHONE_BIND_H

#include "base/result.h"
#include "domain/table.gen.h"
#include "domain/uow.h"

enum { PHONE_UNBIND_ACT = 161, USER_PHONE_PUT_ACT = 162, PHONE_FOLLOW_ACT = 175 }; /* of act.def */

/* Refuses: INVALID (user), PHONE_BOUND_ELSEWHERE. Again for the same user: done, the same binding.
 */
result phone_bind_decide(uow *u, const void *in, void *out);
result phone_unbind_decide(uow *u, const void *in, void *out);
result user_phone_put_decide(uow *u, const void *in, void *out);
result user_phone_told_decide(uow *u, const void *in, void *out);
/* INVALID (user), USER_MERGED. */
result user_phone_end_decide(uow *u, const void *in, void *out);
result phone_follow_decide(uow *u, const void *in, void *out);
result phone_moved_decide(uow *u, const void *in, void *out);

/* May something new be done under this name? Not a number's: yes. Of a number: R_AGAIN; R_DONE;
 * R_PHONE_BOUND, detail names the user; R_BUSY: it was bound and unbound since. */
MUST_USE result phone_check(uow *u, uint16_t slot, str name);

/* Whose the number is by now under whose name, of any generation, this is; nobody's, or no
 * number's: `otherwise`. Gets. */
str phone_user(uow *u, uint16_t slot, str name, str otherwise);

/* The number of a user who has become another by this move goes along. Gets before; writes. */
void phone_follow(uow *u, user_phone *row, const user_move *by);

/* Of a user who is erased: his number is unbound, which tells the erasure, and the row goes. How
 * many will tell. */
uint32_t phone_forget(uow *u, user_phone *row, uint32_t ordinal, uint64_t erasure);

/* What waits for a move: each step of it wakes. */
static inline pool_name phone_move_pool(uint64_t move)
{
    return (pool_name){.owner = move, .kind = POOL_KIND_MOVE};
}

/* What waits for a user's slot to be told of a binding. */
static inline pool_name phone_bound_pool(uint64_t binding)
{
    return (pool_name){.owner = binding, .kind = POOL_KIND_MOVE};
}

#endif

/* Personal codes: the codes of a batch for one user each.
 *
 * Such a batch (code_batch.personal) is a run of numbers like any other (codes.h). BIND gives the
 * next of them to users, one each: what the n-th user of a batch gets is its n-th code, and who has
 * one already gets no other, however often and in whichever requests he is named. A code that is
 * nobody's yet was never made to whoever tries it.
 *
 * Two rows say whose a code is, both in the slot of the batch, written once and changed only when
 * its user is erased (coupon/erase.h): by number (bound_code), for exports, and by user
 * (bound_user), for who exchanges it. So whoever looks at a snapshot may tell an act that a code is
 * this user's (code_use.mine); to an act that is not told, it is not. Until the slot is told of an
 * erasure the code is that of whoever has the name.
 *
 *   NOT_FOUND     no such batch of the merchant
 *   NOT_EDITABLE  its codes are anybody's
 *   INVALID       too many users, or what is none
 *   TOO_MANY      more users than the batch has codes left: none of them gets one */
#ifndef QUAN_DOMAIN_CODE_BIND_H
#define QUAN_DOMAIN_CODE_BIND_H

#include "domain/code/codes.h"

enum {
    CODE_BIND_MAX = 1000, /* users of one act */
};

/* May a user be called so? */
bool code_user_is_good(str name);
/* Is this code of a personal batch somebody's? place: of the batch. */
static inline bool code_is_bound(const code_batch *of, uint64_t place)
{
    return place - of->first < of->bound;
}

result code_bind_decide(uow *u, const void *in, void *out);

#endif

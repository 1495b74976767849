/* A person is forgotten: his name is taken from all rows, what he can still use ends, and what he
 * did stays as it was, under a name that nobody can give and that tells nothing.
 *
 *   erase     in the user's slot, the moment: from here on the name is nobody's, and whoever is
 *             called so next is somebody new. The user's rows go on under a pseudonym; his phone
 *             is unbound. So counts, orders, ledger and statistics need no change
 *   name      in the slots of users and numbers that had become him (move.h): the same there; each
 *             is a part, with an erasure of its own, and tells when it is over
 *   step      goes on, some rows at a time: stages below
 *   transfer  in the slots of those who gave him coupons: the transfer names his pseudonym
 *   bound     in the slots of personal batches: his code is his pseudonym's, so nobody's. Whatever
 *             the name has there when it comes, for what the two lanes' clocks say is not known to
 *             agree; but what was given ERASE_CLOCKS_MS later is that of who is called so next
 *   guesses   in the slots of his failed tries of codes, by any of his names: they are forgotten
 *   told      back: the last three, and unbinding his phone, are answered; until then it is open
 * Every arrow is a message of its act's own commit, so no process has to live for it; a due entry
 * brings the next step where something has to wait, or a message was dropped.
 *
 * The pseudonym begins with SLOT_NAME_MARK, so no caller can name it, and has the slot of the name,
 * which every id of his tells anyway. It is made of 128 random bits, which are stored nowhere: not
 * of the name, so nobody can try names. Those of parts are made of his and of their move, which
 * rows tie together anyway.
 *
 * What he has: an open order keeps its hold, and may be redeemed by the hold's id, or lapses; all
 * other coupons are voided (VOID_REASON_ERASED), as `requested` voids them, and the erasure waits
 * for those that a hold or a transfer on its way has. A coupon that a return brings back later is
 * voided, too.
 *
 * What is on its way to him when he is erased, from who became him, names its move. So a row for
 * each such move (ERASURE_STATE_WAY) says which member it is for, whatever he is called; also for
 * moves that his list of names has no more room for; by these rows they are found then.
 *
 * Where nothing came of it his name is not kept to begin with: offers that he did not take, merges
 * into him that were refused. */
#ifndef QUAN_DOMAIN_COUPON_ERASE_H
#define QUAN_DOMAIN_COUPON_ERASE_H

#include "base/id.h"
#include "base/result.h"
#include "base/time.h"
#include "domain/table.gen.h"
#include "domain/uow.h"

enum {
    ERASE_NAME_ACT = 166, /* numbers of app/act.def: what the domain sends */
    ERASE_STEP_ACT = 167,
    ERASE_PART_ACT = 168,
    ERASE_TRANSFER_ACT = 169,
    ERASE_BOUND_ACT = 170,
    ERASE_GUESSES_ACT = 171,
    ERASE_TOLD_ACT = 173,
};
enum {
    ERASED_NAME_BYTES = SLOT_NAME_BYTES + 1,
    ERASE_REFERENCE_MAX = 64, /* bytes */
    ERASE_PAGE_MAX = 100,     /* rows of a step; of coupons MOVE_COUPONS_MAX */
};
#define ERASE_AGAIN_MS  (5 * MS_SECOND)  /* when coupons had to wait */
#define ERASE_ROUND_MS  (60 * MS_SECOND) /* after that a message is not waited for any more */
#define ERASE_CLOCKS_MS MS_DAY           /* more than clocks of two lanes differ by */

/* In their order. The first two look for the name; behind them the erasure has it no more. */
typedef enum erase_stage {
    ERASE_MOVES = 1,   /* moves of the slot that name him */
    ERASE_CODES = 2,   /* personal codes that are his */
    ERASE_SENT = 3,    /* of a part: transfers by which all that it had went to him */
    ERASE_CAME = 4,    /* transfers by which he got something */
    ERASE_WAYS = 5,    /* numbers of long ago, which his list has no more room for */
    ERASE_COUNTS = 6,  /* of a part: where its counts have gone */
    ERASE_COUPONS = 7, /* until none is open, all parts are over and all is told */
} erase_stage;

static inline bool erase_is_pseudonym(str name)
{
    return name.n == ERASED_NAME_BYTES && (unsigned char)name.p[0] == SLOT_NAME_MARK;
}

/* Refuses: INVALID (texts), USER_MERGED (he is another one; detail names him), USER_MERGING (he is
 * becoming another one, or something is on its way to him), STALE (others have become him since the
 * caller looked for what is theirs). A name that no user has is erased, too:
 * codes may be for it. The others are messages. */
result erase_decide(uow *u, const void *in, void *out);
result erase_name_decide(uow *u, const void *in, void *out);
result erase_step_decide(uow *u, const void *in, void *out);
result erase_part_decide(uow *u, const void *in, void *out);
result erase_transfer_decide(uow *u, const void *in, void *out);
result erase_bound_decide(uow *u, const void *in, void *out);
result erase_guesses_decide(uow *u, const void *in, void *out);
result erase_told_decide(uow *u, const void *in, void *out);

/* Answers what an erasure has sent; 0: it was not one. */
void erase_tell(uow *u, uint64_t erasure);

/* A coupon of somebody who is erased can be used again, or it is time. */
void erase_wake(uow *u, uint64_t erasure);

/* What comes by this move, which is not in his list any more, is his, also when he is erased. */
void erase_leave_way(uow *u, const user *who, uint64_t move);

/* For what comes by a move to a user of this name: who it was that the move came to, whatever he is
 * called by now. move 0: whoever has the name. NULL: not here yet, or nobody; not one who only has
 * the name. */
user *erase_receiver(uow *u, uint64_t merchant, str name, uint64_t move);

#endif

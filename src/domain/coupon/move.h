/* All that a user has goes to another: two accounts become one (merge), or what waited under a name
 * goes to whom it is for (bind). One mechanism: coupons that are open, and what limits by user have
 * counted, move exactly once, whatever two devices do at once and wherever a process dies.
 *
 *   begin    in the user's slot: from here on nothing new is done for him (member.h: USER_MERGING);
 *            what is on its way for him ends as it would
 *   admit    in the receiver's slot: is he a user of his own, with room for one more? Refused, a
 *            merge is over. A bind never is: what waited for a number would be nobody's. It asks
 *            whom he has become, or again later; and where he cannot be (his slot is full), him
 *            whose the number is by then
 *   step     in the user's slot, some campaigns or some coupons at a time: counts leave his rows,
 *            coupons are `offered` and kept (transfer.h), both go in one message
 *   take     in the receiver's slot: adds the counts, never refuses; each coupon gets a row of his,
 *            and its confirmation settles the old one (transfer_settle)
 *   end      both know that nothing more comes
 * Every arrow is a message of its act's own commit, so no process has to live for it. When a step
 * finds coupons that cannot go yet (held by an open order, being taken by another user), it comes
 * again (MOVE_AGAIN_MS); holds end by their deadline, so a move ends. What comes up behind the
 * place that it has come to, while it goes, makes it go round once more.
 *
 * One owner in every view: that of a transfer. What limits of the receiver say does not matter:
 * counts are added, beyond a limit, too, which then refuses the next one. Offers of the user's that
 * nobody is just taking are cancelled. Closed coupons, orders and returns stay where they are.
 *
 * Counts: what left and what came is in `usage.brought` of both, so that each row's cells are what
 * its user did plus what was brought, and over all users what was brought is nothing. A day, week
 * or month that is over at one of both is not added to a later one.
 *
 * A coupon that comes back to the old user later, with an order of before, goes the same way. So do
 * counts that come to him from one who became him, by a message that was set aside.
 *
 * Afterwards the old name is the new one's: MERGED names him (one hop: earlier names learn a later
 * move by `follow`, which is for their own move, so for nobody else who is called so by then, and
 * says how many it is behind that, so that a late one undoes none). That of a number's holder (a
 * bind) is of one generation of the number: nobody else gets it. A user who has been moved to can
 * be moved on once all of it has arrived; so no circle can be. Two that are to become each other at
 * the same time: at least one is refused. */
#ifndef QUAN_DOMAIN_COUPON_MOVE_H
#define QUAN_DOMAIN_COUPON_MOVE_H

#include "base/result.h"
#include "base/time.h"
#include "domain/table.gen.h"
#include "domain/uow.h"

enum {
    MOVE_ADMIT_ACT = 151, /* numbers of app/act.def: what the domain sends */
    MOVE_STEP_ACT = 152,
    MOVE_TAKE_ACT = 153,
    MOVE_END_ACT = 154,
    MOVE_FOLLOW_ACT = 155,
};
enum {
    MOVED_USERS_MAX = 16,    /* names that one user may have had, over all merges */
    MOVED_PHONES_MAX = 16,   /* holders' names beside them: the latest, and those not over */
    MOVE_COUPONS_MAX = 50,   /* of a step */
    MOVE_CAMPAIGNS_MAX = 50, /* likewise */
};
#define MOVE_AGAIN_MS (5 * MS_SECOND)  /* when coupons had to wait */
#define MOVE_ROUND_MS (60 * MS_SECOND) /* after that an answer is not waited for any more */

/* Counts, coupons, and the counts that came up meanwhile. */
typedef enum move_stage { MOVE_COUNTS = 1, MOVE_COUPONS = 2, MOVE_COUNTS_AGAIN = 3 } move_stage;

/* BEGIN refuses: INVALID (texts, to himself, a merge of who has a phone), NOT_FOUND (the user),
 * USER_MERGING (he is moving elsewhere, or something is on its way to him), USER_MERGED (he is
 * another one; detail names him), TOO_MANY. Again with the same receiver: done, the same move,
 * which goes on where it had stopped. After a refused one: a new one. The others are messages. */
result move_begin_decide(uow *u, const void *in, void *out);
result move_admit_decide(uow *u, const void *in, void *out);
result move_step_decide(uow *u, const void *in, void *out);
result move_take_decide(uow *u, const void *in, void *out);
result move_end_decide(uow *u, const void *in, void *out);
result move_follow_decide(uow *u, const void *in, void *out);
result usage_back_decide(uow *u, const void *in, void *out);

/* May something new be done for him? R_AGAIN, R_DONE, R_USER_MERGING; R_USER_MERGED, with the name
 * of who he is now as its detail. who: NULL: not known yet, which is fine. */
MUST_USE result move_check(uow *u, const user *who);

/* How many names in a list are of this reason. */
size_t move_names(const moved_user *names, size_t n, move_reason of);
/* Differs when others have come to be his, also in the place of as many: whoever has looked at rows
 * under all of them gives it to the act, which looks whether they are these still. None: 0. */
uint32_t move_names_mark(const user *who);

/* It is time for a step. */
void move_wake(uow *u, uint64_t id);
/* Something has come to one who is another one now, or is about to be: a coupon that can be used
 * again, counts. */
void move_late(uow *u, uint64_t id);

#endif

/* Exchanging a code for a coupon: a saga (saga.h) between the slot of the code and the user's.
 *
 *   reserve  the try, in the code's slot: looks whether the code is good and nobody has it, and
 *            keeps it for the act. Whoever comes meanwhile waits (R_WAIT) until that act has ended.
 *   issue    the act, in the user's slot: looks at the batch again, issues one coupon of its
 *            template as a claim does, and sends the confirmation
 *   settle   confirmation and cancellation: the code has its coupon for ever; or its row is gone,
 *            and it is as usable as before
 * A code has a row only from its reservation on, so exactly one exchange of it can ever be decided.
 *
 * A word (codes.h) is no saga: nobody else can use it up. Issue alone looks at it, and counts it in
 * the lane of the user. It is refused as a code is.
 *
 * Reasons a code is refused for, in this order: CODE_INVALID (unknown, never made, of another
 * merchant, of an import that is not finished, personal and nobody's yet), CODE_FOREIGN (for
 * another user alone), CODE_DISABLED, CODE_EXPIRED, CODE_USED. Who may not know gets CODE_INVALID
 * for all of them, without a word more. The user of a personal code or word may know. */
#ifndef QUAN_DOMAIN_CODE_EXCHANGE_H
#define QUAN_DOMAIN_CODE_EXCHANGE_H

#include "domain/code/codes.h"

enum { CODE_SETTLE_ACT = 94 }; /* number of app/act.def: what the domain sends */

/* What an act waits for that finds the code kept by another. */
static inline pool_name code_pool(uint64_t format, uint64_t place)
{
    return (pool_name){.owner = format, .kind = POOL_KIND_CODE, .subject = place};
}

result code_reserve_decide(uow *u, const void *in, void *out);
result code_settle_decide(uow *u, const void *in, void *out);
/* For the sweep, when an entry of this code is due: asks about its act, as subject_ask does. */
uint32_t code_ask(uow *u, exchange_code *row, uint64_t lost);

/* Why this user cannot exchange a word of its merchant now; R_DONE: he can. */
result code_word_refusal(const code_word *w, str who, int64_t now_ms);

/* For ISSUE of an exchange: R_DONE; R_INVALID: not one coupon of the batch's template;
 * R_UNRESERVED; or why the code is refused. */
MUST_USE result code_may_issue(uow *u, const issue_in *in);
uint64_t code_batch_used(uow *u, const issue_in *in); /* its batch or word; 0: no exchange */
/* The coupon is written: confirms. */
void code_issued(uow *u, const issue_in *in, uint64_t coupon_id);

#endif

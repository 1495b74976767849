/* Giving a coupon to another user: a saga (saga/saga.h) between the slot of the coupon and that of
 * whoever receives it. One code path, whether that is the same slot or not.
 *
 *   offer    in the coupon's slot: it is `offered` until somebody takes it, declines, cancels, or
 *            the deadline comes. For one receiver, or for whoever has the token (app/transfer.h).
 *   try      in the coupon's slot, keeps it for the act: of an offer, or directly, which is an
 *            offer that nobody else can take. Who comes meanwhile waits (R_WAIT).
 *   take     the act, in the receiver's slot: his limits on claims by user, phone … count it as a
 *            claim; he gets a coupon with a new id (so a new code) that is the same in all else
 *   settle   confirmation: the old coupon is `transferred`, and its id forwards to the new one.
 *            Cancellation: the transfer has ended (`refused`), and the coupon is its user's again;
 *            or an offer stands as before, where another may take it yet, or the same one later.
 *
 * Exactly one owner. The take's commit is the moment: until then the coupon is the sender's, who
 * can do nothing with it; from then on the receiver's. What the sender's slot says between that and
 * the confirmation is behind, as what a row says of a deadline may be; reads look at the receiver's
 * slot while an act is on its way (app/query_coupons.h).
 *
 * What goes along: template and version, so all terms; dates; uses and money that are left, with
 * the interval; reserved budget; the piece of stock; what limits shared by all have counted. What
 * does not: the old code; what limits by user and by phone, e-mail … have counted for the sender
 * (they count once more for the receiver); what returns of the sender's orders bring later, which
 * then nobody gets back.
 *
 * Names. The receiver's is kept while he may take the coupon, and once he has. One that ended
 * without does not say whom it was for, so whoever names it is told that it is over.
 *
 * Ids. A transferred coupon has a row `forward` for ever. It names the newest id, since each
 * confirmation tells all that the coupon had before (forward): one hop. */
#ifndef QUAN_DOMAIN_COUPON_TRANSFER_H
#define QUAN_DOMAIN_COUPON_TRANSFER_H

#include "base/result.h"
#include "base/time.h"
#include "domain/limit/terms.h"
#include "domain/table.gen.h"
#include "domain/uow.h"

enum {
    TRANSFER_SETTLE_ACT = 123, /* numbers of app/act.def: what the domain sends */
    FORWARD_ACT = 125,
};

/* What an act waits for that finds the coupon kept by another. */
static inline pool_name transfer_pool(uint64_t transfer_id)
{
    return (pool_name){.owner = transfer_id, .kind = POOL_KIND_TRANSFER};
}

/* OFFER refuses, in this order: INVALID (texts, offer_ms, to himself), NOT_FOUND, WRONG_USER,
 * COUPON_EXPIRED, COUPON_NOT_AVAILABLE, NOT_TRANSFERABLE, CAMPAIGN_DISABLED.
 * TRY, directly: the same. Of an offer: NOT_FOUND (also to who is neither named nor has the token),
 * INVALID (himself), TRANSFER_NOT_OPEN, COUPON_EXPIRED, CAMPAIGN_DISABLED.
 * TAKE: INVALID, UNRESERVED, COUPON_EXPIRED, CAMPAIGN_DISABLED, TOO_MANY, then LIMIT_REACHED,
 * LIMIT_SUBJECT_MISSING as of a claim.
 * END declines or cancels: NOT_FOUND (also to who is not the one who may), TRANSFER_NOT_OPEN. Of
 * one that has ended so already: done, again. */
result transfer_offer_decide(uow *u, const void *in, void *out);
result transfer_try_decide(uow *u, const void *in, void *out);
result transfer_take_decide(uow *u, const void *in, void *out);
result transfer_settle_decide(uow *u, const void *in, void *out);
result transfer_end_decide(uow *u, const void *in, void *out);
result forward_decide(uow *u, const void *in, void *out);
/* What they will ask for later (act_ahead of app/act.h). */
void transfer_offer_ahead(uow *u, const void *in);
void transfer_try_ahead(uow *u, const void *in);
void transfer_take_ahead(uow *u, const void *in);
void transfer_end_ahead(uow *u, const void *in);

/* ---- for other acts on the coupon ---- */

/* R_WAIT: an act on its way may take it; else R_DONE. */
MUST_USE result transfer_wait(uow *u, const transfer *row);
/* An offer past its deadline that no act on its way may take: the coupon is available. */
bool transfer_is_over(const transfer *row, int64_t now_ms);
/* The state as of now, whether or not the sweep has come by. */
uint8_t transfer_state_at(const transfer *row, int64_t now_ms);
/* Ends it, and the coupon is its user's again. */
void transfer_close(uow *u, transfer *row, coupon *of, transfer_state how);
/* The coupon comes to its own end, which is the offer's. Nothing where `row` is not open. */
void transfer_end_with(uow *u, transfer *row, transfer_state how);

/* The coupon as it goes along. by: what brought it to its user; NULL: it was issued to him. */
carried_coupon *transfer_carry(uow *u, const coupon *row, coupon_use *use, const received *by);

/* For the sweep: expires an offer, or asks about the act on its way where that is due, or lost
 * (saga.h); how many were asked. of: its coupon. */
uint32_t transfer_sweep(uow *u, transfer *row, coupon *of, uint64_t lost);

#endif

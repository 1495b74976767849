/* The acts on coupons and orders (app/act.def lists them): what each does, and what it refuses in
 * which order.
 *
 * All but SWEEP run in one slot: the user's (slot_of_user), or that of the id they name, the same.
 * R_AGAIN, R_WAIT and R_UNAVAILABLE (uow.h, pool.h) may come instead of any answer; a refusal
 * changes nothing. R_UNRESERVED from ISSUE, HOLD and REDEEM: what they take from limits by phone,
 * device, card or address must be reserved (again) before (domain/limit/grant.h). Ids of another
 * merchant's rows are NOT_FOUND.
 *
 * ISSUE, a claim by the user, a grant to him or the exchange of a code. `mode` all_or_none: the
 * first refusal refuses the act. best_effort: of each item as many coupons as can be had;
 * `refusals` has, for each item that was not issued in full, what refuses its next coupon. When
 * nothing at all could be issued: NONE_ISSUED, or, where every refusal is of the passing kind, the
 * first of them, so that nothing is kept under the idempotency key.
 *   INVALID               user of 1 to 64 bytes; 1 to 100 items, counts from 1, 100 coupons in all
 *   NOT_FOUND             no such merchant
 *   INVALID, CODE_…       an exchange (code/exchange.h): its code is not good any more
 *   TOO_MANY              the slot has MEMBERS_MAX users
 *   of each item, in the order given; what needs no counters of all items first:
 *   NOT_FOUND             no such template
 *   NOT_ISSUABLE          an automatic one
 *   CAMPAIGN_DISABLED, CAMPAIGN_NOT_ACTIVE
 *   NOT_STARTED, WINDOW_CLOSED  claim window; and coupons that could never be used
 *   LIMIT_REACHED         limits on claims by user: merchant, campaign, template; then those by
 *                         phone, e-mail, device …; then shared ones
 *   LIMIT_SUBJECT_MISSING where the act does not name what such a limit counts by
 *   SOLD_OUT, BUDGET_EXHAUSTED
 * A coupon holds from issue on what a budget at issue must reserve for it: the largest discount, of
 * more than one use that of all of them, of a stored value its money.
 *
 * HOLD locks coupons for an order that was priced before; a changed order replaces its open hold,
 * and the hold of another order that is past its deadline gives way.
 *   INVALID               figures that do not add up, texts too long, a coupon twice, none at all,
 *                         or a deadline that has passed
 *   ORDER_CONFLICT        the order was redeemed; the detail names the redemption
 *   NOT_FOUND, WRONG_USER of the coupons
 *   STALE                 priced by another policy, other groups, other automatic templates in
 *                         force or another blacklist than those of now (basis.h): price it again
 *   then for each coupon in the order of `applied`:
 *   COUPON_NOT_AVAILABLE, COUPON_EXPIRED, COUPON_NOT_YET_VALID
 *   STALE                 priced by a version that no longer rules it: price it again
 *   USED_TOO_SOON         of a coupon with more than one use (use.h): the interval is not over
 *   STALE                 of a stored value: there is less money on it than the price took
 *   CAMPAIGN_DISABLED, NOT_STARTED, WINDOW_CLOSED (use window), NOT_APPLICABLE (gives nothing)
 *   LIMIT_REACHED         redemptions, money, units
 *   LIMIT_SUBJECT_MISSING as above
 *   BUDGET_EXHAUSTED      a budget at redeem reserves the discount; at issue, what it is beyond the
 *                         coupon's reservation (after a return that may be less than its worth)
 *   STALE                 instead of that, where the policy takes what is left (BUDGET) and
 *                         something is; the detail is the id of the coupon, or automatic template,
 *                         a space, and what it may take at most: price it with that
 *   COUPON_NOT_AVAILABLE  HOLD: as many open holds as may have uses of the coupon have them
 *   PRICE_CHANGED         after all else: it is not the price that the caller expects
 * An applied automatic template (its coupon is 0) takes part like a coupon and refuses nothing: one
 * that limits or budget leave no room for is STALE, too, and then the detail is its id: price
 * without it. NOT_FOUND; INVALID: it is not automatic.
 * Where a version has a funding, what its parties pay is decided here, by what their budgets have
 * (party.h): it refuses nothing.
 * A user who is not known yet joins with the hold: TOO_MANY, the slot has MEMBERS_MAX users.
 *
 * REDEEM with `hold` confirms it at its frozen figures; the order given otherwise is not read, but
 * what is given of user, order number, subtotal and discount must agree.
 *   NOT_FOUND, WRONG_USER, AMOUNT_MISMATCH
 *   ORDER_CONFLICT        redeemed already; the detail names the redemption
 *   HOLD_NOT_OPEN         released or replaced
 *   HOLD_EXPIRED          past its deadline and a fresh hold would be refused: the detail tells why
 * Nothing else refuses an open hold before its deadline: not expiry, pause, end, edit or disabling.
 * REDEEM without `hold` redeems at once what a hold would have held, refusals as there; an open
 * hold of the order is replaced.
 *
 * RELEASE gives back all that a hold took. Of one that is released: done, again. Of an expired one:
 * it becomes released, so that it cannot be redeemed late.
 *   NOT_FOUND, HOLD_NOT_OPEN (redeemed or replaced; the detail names the state)
 *
 * GIVE_BACK takes goods back. The refund is price_return's; the discount that comes back with it
 * (list price of the goods less refund) goes back to the budget, by coupon, and to the parties of
 * its funding, who get back what they paid (return_split.h). A coupon comes back
 * when every line that it discounted is back (of one that touched none, the whole order):
 * available until its old end, or grace_days from now where that is later; else expired. Then its
 * redemption is given back to the limits, money and units with each return; all to the periods in
 * which they were taken, unless those are over. With a budget at issue it keeps as its reservation
 * what this return brought back. Of a coupon with more than one use one use comes back so, as long
 * as it is not over; a stored value gets its money back with each return (use.h); its end moves
 * only where nothing else is left or held. Of an automatic template all comes back but a coupon.
 * Where the order's policy keeps uses (RETURNED_USE) no coupon, no use and no redemption comes
 * back; all else does.
 *   NOT_FOUND, INVALID (no such line, quantity below 1), NOT_RETURNABLE
 *
 * VOID ends a coupon that is available or offered. Its reserved budget is given back;
 * issued_in_error gives back stock and the limits on claims, too: so it is refused where uses of
 * the coupon are redeemed or held. Open holds of other uses stay good.
 *   INVALID (reason), NOT_FOUND, COUPON_NOT_AVAILABLE
 *
 * What is due gives back before it is swept. Of pools and of limits by phone, e-mail, device …
 *: nobody is told that there is no more before what is due in all lanes is swept
 * (app/lease.c). Of limits by user: HOLD and REDEEM, where they would not do, apply the holds of
 * the slot first, as SWEEP does; more of them than one act applies: R_UNAVAILABLE rather than
 * LIMIT_REACHED.
 *
 * SWEEP runs on a lane: expires the coupons and releases the holds of one of its due blocks that
 * are due, or asks about acts on their way that reserved there and are past their deadline
 * (domain/saga/saga.h), and uses the block up. What is not due yet, or has been given more time by
 * an edit, gets a new entry. A block that is not there any more: done. With `lost`, of a block of
 * acts on their way: asks about those that are lost, too, before they are due.
 *   INVALID (another lane's; lost, and another kind of block) */
#ifndef QUAN_DOMAIN_COUPON_ACTS_H
#define QUAN_DOMAIN_COUPON_ACTS_H

#include "base/result.h"
#include "domain/uow.h"

enum {
    USER_BYTES_MAX = 64,
    ORDER_TEXT_MAX = 64, /* bytes of an order number, store, channel, sku or category */
    ISSUE_ITEMS_MAX = 100,
    ISSUE_COUPONS_MAX = 100,
    MEMBERS_MAX = 262143, /* users of a slot */
    SWEEP_MAX = 200,      /* coupons, and as many holds, that an act of one slot applies */
};

result issue_decide(uow *u, const void *in, void *out);
result hold_decide(uow *u, const void *in, void *out);
result redeem_decide(uow *u, const void *in, void *out);
result release_decide(uow *u, const void *in, void *out);
result return_decide(uow *u, const void *in, void *out);
result void_decide(uow *u, const void *in, void *out);
result sweep_decide(uow *u, const void *in, void *out);

/* What they will ask for later (act_ahead of app/act.h). */
void issue_ahead(uow *u, const void *in);
void hold_ahead(uow *u, const void *in);
void redeem_ahead(uow *u, const void *in);
void void_ahead(uow *u, const void *in);

#endif

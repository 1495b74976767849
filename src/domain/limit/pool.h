/* Stock, budget and shared limits as escrow: a pool at its owner's home slot, slices of it in the
 * lanes.
 *
 * Invariants (a test and `quan verify` check them):
 *   pool.total = pool.free + sum of leases[].out
 *   leases[l].out = slice(l).free + slice(l).consumed + what is on its way between the two
 *   a lane whose lease is not open holds nothing unused and has no grant on its way; so "nothing
 *   free and no lease open" at the home means that nothing unused is anywhere but on its way home
 * A slice belongs to a lane, never to a server, and only that lane's acts take from it.
 *
 * Protocol. Acts 50 to 53 of app/act.def; messages arrive exactly once and in order per pair of
 * lanes.
 *   ask     lane -> home. amount: what the act needs in all, whatever its slice has: that may be
 *           recalled meanwhile, and an act that asks in several goes must come to an end.
 *           GRANTED: a grant is on its way; it tells whether it is the last. RECALLING: lanes have
 *           been asked to give back; ask again when one has. NONE: nothing is free, and no lane has
 *           any, the asker neither.
 *   grant   home -> lane: max(what was asked, free / (4 * lanes)), so slices shrink near the end.
 *           The last one (closed) brings all that is free, be it nothing, when that is less than
 *           what was asked and no other lane holds any: what is in the slice then is all there is.
 *           A grant of 0 that is not the last only wakes; the last one of 0 lets a lane that has
 *           nothing left close by itself (idle).
 *   recall  home -> lane: give back what is unused and close. Always answered, by a closing return.
 *   return  lane -> home.
 * What the app sees to, else "none" may be false, or lanes may take from each other for ever:
 *   - at most one ask a lane and pool at a time, and none while a grant is on its way there
 *   - what lanes had committed to send home before an ask has arrived before it; where a return is
 *     on its way as the home decides, its verdict is not "dry", and the ask is made again
 *   - a grant wakes who waits for the pool in its lane, and they run before the next message is
 *     applied there; the last one, and NONE, with the word "dry" for those parked before the ask
 *   - of acts that go from pool to pool, losing one while they wait for another, one comes first
 *     (turns: app/lease.c)
 * An ask with lane LEASE_COLLECT recalls every lane and grants nobody: RECALLING until no lease is
 * open, then GRANTED with a last grant of 0 to the home's own lane. It never says NONE.
 *
 * A shared limit follows the configuration: at every ask the pool is brought to the maximum that is
 * configured then. When that has been lowered every lane is recalled, and a lane whose slice was
 * granted under a larger total than it sees configured does not take from it. So nothing is taken
 * beyond the lower limit after it was published. A limit that was removed and is set again in the
 * same period goes on counting where it stopped.
 * Pieces of a stock may be codes of a partner, which go with them, in small grants: partner.h.
 *
 * Pools and slices of periods before the last one are deleted on the way; they give nothing more.
 * */
#ifndef QUAN_DOMAIN_LIMIT_POOL_H
#define QUAN_DOMAIN_LIMIT_POOL_H

#include "domain/table.gen.h"

enum {
    /* Numbers of app/act.def: what the domain sends. */
    LEASE_GRANT_ACT = 51,
    LEASE_RECALL_ACT = 52,
    LEASE_RETURN_ACT = 53,
    LEASE_COLLECT = 65535,
    POOL_SWEEP_MAX = 16, /* rows of past periods deleted by one act */
};
#define SLICE_MAX INT64_C(1000000000000) /* granted at once, unless one act needs more */

/* ---- names ---- */

static inline pool_name pool_stock(uint64_t template_id)
{
    return (pool_name){.owner = template_id, .kind = POOL_KIND_STOCK};
}
static inline pool_name pool_budget(uint64_t campaign_id)
{
    return (pool_name){.owner = campaign_id, .kind = POOL_KIND_BUDGET};
}
/* What a party of a template's funding has to pay with; it follows the configuration like a shared
 * limit. number: the party's. */
static inline pool_name pool_party(uint64_t template_id, uint16_t number)
{
    return (pool_name){.owner = template_id, .kind = POOL_KIND_PARTY, .subject = number};
}
/* A shared limit. number: of the period, 0 … 2^24 - 1; store: of limit_pool_of, or 0. */
pool_name pool_of_limit(uint64_t owner, const limit_rule *rule, int64_t number, uint64_t store);
/* -1: unlimited, there is no pool. Stock and budget as configured, which is what their pool begins
 * with; shared limits the configured maximum, parties the budget that they have, or had last. */
int64_t pool_total(const config *c, pool_name which);

/* ---- the lane's side: all slices that one act takes from and gives to ---- */

/* Kept in the memory of the unit of work. Takes and gives of one act on one pool are netted, so an
 * act may take what it has just given back. A set is settled once, at its end; several sets of one
 * act are settled one after the other. */
typedef struct slice_set slice_set;
slice_set *slice_set_new(uow *u);
/* On a snapshot, to ask only: `look` tells what there is of a pool, wherever it is; SLICE_ANY: it
 * has no end. slice_want is R_DONE; what is given is there at once; never taken from nor settled.
 */
#define SLICE_ANY (INT64_MAX / 2)
typedef int64_t slice_look(void *context, pool_name which);
slice_set *slice_set_seen(uow *u, slice_look *look, void *context);
void slice_load(slice_set *s, pool_name which); /* a get; again for the same pool: nothing */
/* How much of need (>= 0) this act may take now. R_DONE: *have is need, or less when there is none
 * anywhere. R_WAIT: parked (uow_wait_for). R_UNAVAILABLE: the act has been told of UOW_DRY_MAX dry
 * pools and cannot be told of more; or a limit is just being lowered. */
MUST_USE result slice_want(slice_set *s, pool_name which, int64_t need, int64_t *have);
/* So many pools of the set has the act been told to be dry: at UOW_DRY_MAX slice_want tells no more
 * of them. */
size_t slice_dry(const slice_set *s);
void slice_take(slice_set *s, pool_name which, int64_t n); /* n <= what slice_want gave */
void slice_give(slice_set *s, pool_name which, int64_t n);
/* Writes. What an open slice is given stays there; else it goes home. */
void slice_settle(slice_set *s);

/* ---- acts ---- */

/* Runs at the owner's slot. R_DONE; R_INVALID: a lane that does not exist, or less than 1 asked. */
result lease_ask_decide(uow *u, const void *in, void *out);
result lease_grant_decide(uow *u, const void *in, void *out);
result lease_recall_decide(uow *u, const void *in, void *out);
result lease_return_decide(uow *u, const void *in, void *out);
/* A message of a lease that this lane had passed over (domain/quarantine/quarantine.h): others of
 * its pool have gone on meanwhile, so what it said may not be right any more. Sends what is: a
 * grant's pieces go home, and a return no longer closes an idle lease. R_DONE; R_NOT_FOUND: not a
 * message of a lease; R_CORRUPT: it cannot be read. */
MUST_USE result lease_send_late(uow *u, uint16_t act, uint16_t to_lane, str message);

/* Stock of a template or budget of a campaign, by target. Runs at the owner's slot; answers with
 * the rows as they are then (row_out). A campaign's version rises; a template's does not, because
 * it names what coupons pin.
 * Refusals, in this order:
 *   INVALID                 kind is neither; a target below 1 (stock: below -1, which is
 *                           unlimited) or too large
 *   NOT_FOUND
 *   NOT_EDITABLE            the campaign has no budget; the stock are codes of a partner
 *   CURRENT_VALUE_MISMATCH  `current` is not the value; the detail tells it
 *   NOT_EDITABLE            target is below what is used already; the detail tells the lowest
 *                           target
 * A decrease beyond what the home has free waits until the lanes have given back; where they are
 * busy taking it may run into its deadline: pause the campaign, then lower it.
 * Stock counts what is issued while it is limited: unlimited to limited begins a new count (or goes
 * on with that of the pool from before it was unlimited). */
result pool_change_decide(uow *u, const void *in, void *out);

#endif

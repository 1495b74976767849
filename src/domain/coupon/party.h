/* What the parties of a template's funding pay of the uses of an order (price/fund.h): decided with
 * the hold or the direct redemption, by what budgets have then, and frozen; booked with the
 * redemption; given back to budgets with a release, to parties with a return.
 * A version without funding has none of this: no rows, no gets. Private to domain/coupon. */
#ifndef QUAN_DOMAIN_COUPON_PARTY_H
#define QUAN_DOMAIN_COUPON_PARTY_H

#include "domain/coupon/close.h"
#include "domain/price/fund.h"
#include "domain/stats/ledger.h"

enum {
    /* An act can be told of so many dry budgets; those beyond count as used up. Then it can still
     * be told of limits. */
    PARTY_DRY_MAX = UOW_DRY_MAX / 2,
};

typedef struct party_list {
    party_share *items; /* by coupon, then as the funding has them */
    size_t n;
} party_list;

/* One of the applied coupons. */
typedef struct party_use {
    const terms *of;
    const applied_coupon *applied;
    size_t place;
} party_use;

/* How many parties pay for it; 0 where its version is none. */
size_t party_count(const party_use *use);
/* Gets, before the first write: the budgets of its parties; its counters. */
void party_load_budgets(const order_counters *c, const party_use *use);
void party_load_counts(const order_counters *c, const party_use *use);
/* Splits the discount and takes from the budgets; adds those that pay something to the list, which
 * has room for them. R_WAIT, R_UNAVAILABLE as slice_want. */
MUST_USE result party_take(const order_counters *c, const party_use *use, party_list *to);
/* The redemption: ledger and counters of what they pay for the applied coupon. b: of the coupon. */
void party_book(const ledger_book *b, const party_list *all, size_t applied);

/* A hold gives back what it took. */
void party_release_load(const order_counters *c, const hold *row);
void party_release(const order_counters *c, const hold *row);

/* A return: the budgets and counters of what may come back; then, of one party, what does. The
 * share is being edited. b: of its coupon. */
void party_return_load(const order_counters *c, const redemption *row);
void party_return(const order_counters *c, const ledger_book *b, party_share *share,
                  int64_t back_minor);

#endif

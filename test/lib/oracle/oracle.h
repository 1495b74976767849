/* The oracle: what must be true of a server's state, given a history (history.h).
 *
 * oracle_new judges the history alone: nothing issued twice, beyond stock, limits and budgets, or
 * while its campaign was stopped; no code gave two coupons; no order or coupon consumed twice,
 * refunds that add up, refusals with a cause. Then the caller reads the state over the API and
 * shows it piece by piece; each piece is compared with where the history leads. Call it only while
 * nothing is on its way, and read everything in one quiet spell.
 *
 * `late`: all brief holds are past their deadline and swept. Before, a coupon under one may be
 * shown held or available. Every function adds what is wrong to the flaws. */
#ifndef QUAN_TEST_ORACLE_H
#define QUAN_TEST_ORACLE_H

#include "test/lib/oracle/history.h"

typedef struct oracle oracle;

/* Figures of one template. */
typedef struct counted {
    int64_t issued, held, released, redeemed, returned, voided, held_now;
    int64_t discount_minor, discount_returned_minor, orders_minor, orders_returned_minor;
    int64_t stock_remaining;  /* with what is on its way; -1: no stock is shown */
    int64_t budget_remaining; /* of its campaign; -1: no budget is shown */
} counted;

typedef struct seen_redemption {
    bool found;
    int64_t discount, refunded, return_count, pieces_returned;
} seen_redemption;

oracle *oracle_new(const history *h, bool late, flaws *f);
void oracle_free(oracle *o);

/* A coupon. found: else nothing more is read. user and template as the answer has them, NOTHING for
 * unknown ones. */
typedef struct seen_coupon {
    bool found;
    uint32_t user, template;
    str state, source;
} seen_coupon;
void oracle_coupon(oracle *o, uint32_t coupon, const seen_coupon *s);
/* What its id leads to: itself, or, under the id that is shown, what it has become. */
void oracle_lookup(oracle *o, uint32_t coupon, str id, const seen_coupon *s);
void oracle_hold(oracle *o, uint32_t number, bool found, str state);
void oracle_redemption(oracle *o, uint32_t number, const seen_redemption *s);
void oracle_return(oracle *o, uint32_t number, bool found, int64_t refund);
/* How many codes of a batch it says are exchanged. */
void oracle_batch(oracle *o, uint32_t batch, int64_t exchanged);
void oracle_stats(oracle *o, uint32_t template, const counted *c);
/* An entry of a user's wallet; behind all wallets, oracle_wallets_end: what was not there. */
void oracle_wallet(oracle *o, uint32_t user, str id);
void oracle_wallets_end(oracle *o);

#endif

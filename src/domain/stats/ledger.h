/* The ledger: one row for every movement of money, debit one account and credit another, in the
 * commit that moves it. Rows live in the slot of the coupon and are never changed.
 *
 * Budget of a campaign: credit is the account that the money leaves, debit the one it enters.
 *   issue (budget at issue), hold or redemption (budget at redeem)   budget_free     -> reserved
 *   redemption: what was given                                       budget_reserved -> spent
 *   surplus, release, expiry, void                                   budget_reserved -> free
 *   return                                                           budget_spent    -> free, or
 *             -> reserved, when the coupon comes back and holds it again
 * Discounts, with or without a budget: a redemption debits discount and credits customers, a return
 * the other way round. So for a campaign budget_spent (debits less credits) is the same as discount
 * where it has a budget, and budget_reserved is what its coupons and open holds reserve. What is
 * added for sellers stands apart: a redemption debits bonus and credits sellers, a return the other
 * way round. What parties pay of a discount, where a template has a funding, stands apart, too: a
 * redemption debits parties and credits funded, a row for each party, a return the other way round.
 * So for such a template parties is the same as discount. */
#ifndef QUAN_DOMAIN_STATS_LEDGER_H
#define QUAN_DOMAIN_STATS_LEDGER_H

#include "domain/limit/terms.h"

/* What a movement belongs to. */
typedef struct ledger_book {
    uow *u;
    const terms *of;
    uint16_t slot;
    uint64_t coupon;
    uint64_t ref;   /* hold, redemption or return; 0: none */
    uint16_t party; /* of account parties: its number; else 0 */
    str currency;   /* tally_foreign: of discounts and adds; a budget's is always the campaign's */
} ledger_book;

/* Writes a row; nothing for an amount of 0. amount_minor >= 0. */
void ledger_move(const ledger_book *b, account from, account to, int64_t amount_minor);

#endif

/* Of verify: who pays for discounts. Private to verify*.c. */
#ifndef QUAN_APP_VERIFY_PARTY_H
#define QUAN_APP_VERIFY_PARTY_H

#include "app/verify_part.h"

typedef struct party_order {
    const applied_coupon *applied;
    size_t applied_count;
    const party_share *shares;
    size_t n;
} party_order;
verify_map *verify_parties_new(void); /* of a group */
void verify_party_ledger(verify *v, verify_group *g, const verify_terms *of, const ledger *row);
/* False: what parties pay cannot be told. Then what is taken from budgets, by what is open. */
bool verify_party_order(verify *v, const verify_what *w, const party_order *o);
void verify_party_taken(verify *v, const party_order *o);
void verify_party_used(verify *v, const verify_group *g, const verify_what *w,
                       const verify_redemption *of); /* after its returns */
void verify_party_returned(verify *v, const verify_what *w, verify_redemption *of,
                           const order_return *back);
void verify_parties(verify *v, const verify_group *g); /* compares; after the orders */
MUST_USE result verify_party_counters(verify *v);      /* compares */
/* verify_pool.c */
void verify_pool_party(verify *v, uint64_t template_id, const party_share *share);

#endif

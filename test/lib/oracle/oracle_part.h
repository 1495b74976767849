/* The inside of the oracle: what adding up (oracle.c) and the rules of claims and operators
 * (oracle_rule.c) share. See oracle.h. */
#ifndef QUAN_TEST_ORACLE_PART_H
#define QUAN_TEST_ORACLE_PART_H

#include "test/lib/oracle/oracle.h"

typedef struct passage { /* of a coupon */
    uint32_t held, brief, redeemed, restored, voided, gone, shown;
    uint32_t became;    /* gone: to which */
    uint64_t first_use; /* or try to transfer it; 0: never */
} passage;

typedef struct sequel { /* of an op */
    uint32_t redeems, releases, returns, restored;
    uint64_t consumed; /* the order of this number: moment of its first redemption; 0: never */
    uint32_t consumed_n;
    int64_t refund, list, pieces;
} sequel;

/* A list of ops in the order in which they were sent first; for one that is done, something
 * happened at a moment between its invoked and its answered. */
typedef struct ops {
    const op **items;
    uint32_t n, capacity;
} ops;

typedef struct exchanges { /* of a code */
    uint32_t n;
    uint64_t first; /* sent; 0: never */
} exchanges;

typedef struct sums { /* of a template */
    counted c;
    int64_t in_error;
    int64_t perhaps_late; /* brief holds that were redeemed, perhaps after their release */
    bool vague;           /* brief holds may be over or not */
    ops issued;           /* its coupons: the claim of each */
    ops stock;            /* changes */
} sums;

typedef struct campaign_sums {
    ops states, budgets; /* changes */
} campaign_sums;

struct oracle {
    const history *h;
    flaws *f;
    bool late;
    uint32_t users;
    passage *coupons;
    sequel *ops;
    exchanges *codes;
    sums *templates;
    campaign_sums *campaigns;
    uint32_t *mine; /* [user * template_n + template]: coupons */
};

static inline uint32_t *oracle_mine(const oracle *o, uint32_t user, uint32_t template)
{
    return &o->mine[(size_t)user * o->h->template_n + template];
}

/* ---- oracle_rule.c ---- */

/* Ops that are done, in their order: a claim for each of its coupons, a change. */
void oracle_issued(sums *t, const op *claim);
void oracle_learn(oracle *o, uint32_t number);
void oracle_forget(oracle *o);

/* Could the refusal be true? Everything is added up. */
bool oracle_has_cause(const oracle *o, const op *p);
/* Limits, stock, budgets and states of campaigns. */
void oracle_check_rules(const oracle *o);

int64_t oracle_stock_now(const oracle *o, uint32_t template);
int64_t oracle_budget_now(const oracle *o, uint32_t campaign);
/* What the templates of a campaign have taken of a budget at redeem; *vague: brief holds may be. */
int64_t oracle_spent(const oracle *o, uint32_t campaign, bool *vague);

#endif

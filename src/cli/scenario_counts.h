/* What has happened before, as a scenario states it: coupons of a template that were issued, and
 * what was redeemed of them. Done by the acts themselves (issue and redeem), so that every count,
 * ledger row and statistic is what it would be, and what could not have happened is refused. Only
 * prices are not asked: an order takes what is stated. The form: docs/tutorial/scenarios.md. */
#ifndef QUAN_CLI_SCENARIO_COUNTS_H
#define QUAN_CLI_SCENARIO_COUNTS_H

#include "base/json.h"
#include "cli/sandbox.h"

enum { COUNTS_ISSUED_MAX = 100000, COUNTS_REDEEMED_MAX = 10000 };

typedef struct stated_ask {
    sandbox *box;
    uint64_t merchant;
    str template; /* its id as text: what `template` of the body stands for */
    const json *body;
    size_t step; /* for users and orders of its own */
    arena *memory;
} stated_ask;

typedef struct stated_made {
    str currency;
    int64_t issued, redeemed, discount_minor;
    const uint64_t *left; /* [left_count]: coupons that are not redeemed, in the order of issue */
    size_t left_count;
    /* Where it was not done: of which member, why. */
    str member, code, detail;
} stated_made;

/* False: member (may be empty), code and detail say why; what was done before that is done. */
MUST_USE bool counts_make(const stated_ask *ask, stated_made *out);
/* The step's answer. */
void counts_put(const stated_made *made, int64_t at_ms, json_writer *w);

#endif

/* `quan verify`: counts everything again from coupons, holds, redemptions, returns and ledger, and
 * reports what does not agree.
 *
 * Looked at, all on one snapshot, so it may run beside a serving app:
 *   rows      every record reads and matches its checksum
 *   user      users and members name each other; ordinals have no gap
 *   coupon    state and closed agree; its user, template and version exist; held and redeemed
 *             ones are in the hold or redemption that they name; uses and money of those with more
 *             than one use are what holds and redemptions say; budget and discount are what the
 *             ledger says
 *   index     wallet entries are exactly those of the rows; due entries name rows, and there is
 *             one in time for each coupon that waits and each open hold
 *   hold, redemption, return, order_ref   name each other; lines, totals and refunds add up
 *   usage     what limits by user have counted is what coupons, holds and redemptions took
 *   subject   what limits by phone, e-mail, device … have counted is what those took, but
 *             for what is on its way
 *   transfer  each accepted one has brought one coupon, and each brought one is of one; budget goes
 *             along; ids that a coupon had forward to its newest
 *   code      each exchanged code has one coupon, each coupon of an exchange one code; counts of
 *             batches
 *   tally, goods, money   every counter, by campaign, template and day, also by currency
 *   pool      stock, budget and shared limits: what is free, leased, used and on its way adds up,
 *             and what is used is what coupons, ledger and redemptions took
 *   lane      heads, events, outbox and inbox; messages set aside count as on their way
 *   config    campaigns, templates and versions agree
 * What rows do not tell is bounded instead: claims by store, and counts of a limit that began, or
 * coupons that were voided as issued in error, while a period ran.
 *
 * Memory does not grow with coupons: rows are read some slots at a time, and what crosses slots is
 * counters. Changes nothing. */
#ifndef QUAN_APP_VERIFY_H
#define QUAN_APP_VERIFY_H

#include "app/app.h"

typedef struct verify_difference {
    const char *check; /* of the list above */
    str subject;       /* "cpn_…", or what the row is: "cmp_… tpl_… 2026-11-22" */
    str field;
    str expected, actual;
} verify_difference;

typedef struct verify_options {
    void *context;
    /* Called for each difference; texts are valid during the call. */
    void (*found)(void *context, const verify_difference *d);
    /* Now and then: slots done of SLOT_COUNT. May be NULL; false ends the run with R_DRAINING. */
    bool (*progress)(void *context, uint32_t slots);
} verify_options;

typedef struct verify_summary {
    uint64_t rows, coupons, holds, redemptions, returns, ledger, events, pools, differences;
    uint64_t
        quarantined; /* acts and messages that are held: no difference, but work for somebody */
} verify_summary;

/* R_DONE whether or not there are differences; R_IO when the store cannot be read. */
MUST_USE result verify_app(app *a, const verify_options *options, verify_summary *out);

#endif

/* The sweep: finds the due blocks whose time has come, and submits the act that turns them into
 * changes (coupon/acts.h), one a block, one at a time in a lane, so that it does not make batches
 * long. A block whose act does not run or end well stays for the next pass; the others go on.
 *
 * Where there are other servers, each sweeps the lanes that are its own.
 *
 * Nothing depends on the sweep having run (DESIGN 5): reads and acts apply deadlines themselves.
 *
 * A sweeper belongs to one thread; its acts end on the lanes'. */
#ifndef QUAN_APP_SWEEP_H
#define QUAN_APP_SWEEP_H

#include "app/app.h"

typedef struct sweeper sweeper;
typedef struct sweep_totals {
    uint64_t blocks, expired, released;
    uint64_t asked;   /* about acts on their way that are past their deadline */
    uint64_t refused; /* acts that did not run or did not end well */
} sweep_totals;

sweeper *sweeper_new(app *a);
/* A portion of the pass over all that is due: goes on where the last one ended, for about
 * budget_ns, or to the end of the pass, which *ended tells. Does not wait for the last acts.
 * R_DONE, or why the store was not read; R_UNAVAILABLE at the end of a pass: in that a shard was
 * away, and its lanes were left out. */
MUST_USE result sweeper_go(sweeper *s, int64_t now_ms, int64_t budget_ns, bool *ended);
void sweeper_free(sweeper *s); /* waits for the acts on their way */

/* Passes until nothing is due, and waits until the acts have ended; steps the store where it has no
 * threads. totals may be NULL. R_DONE, R_UNAVAILABLE (a lane stands still, or refuses), or as
 * sweeper_go. */
MUST_USE result sweep_all(app *a, int64_t now_ms, sweep_totals *totals);

#endif

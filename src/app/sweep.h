/* The sweep: finds the slots in which a deadline or an expiry has passed, and submits the act that
 * turns it into changes.
 *
 * Looking goes over the `due` indexes of coupons, holds and reservations on a snapshot, from slot
 * to slot: one seek for each slot that has anything due ever, whether now or later. The act does
 * the rest; what it cannot do at once it does in further runs. A slot whose lane is too busy waits
 * for the next pass. Nothing depends on the sweep having run (DESIGN 5): reads and acts apply
 * deadlines themselves.
 *
 * A sweeper belongs to one thread; its acts end on the lanes'. */
#ifndef QUAN_APP_SWEEP_H
#define QUAN_APP_SWEEP_H

#include "app/app.h"

enum {
    SWEEP_ROWS_MAX = 100,  /* changed by one act */
    SWEEP_FLIGHT_MAX = 64, /* acts on their way */
};

typedef struct sweeper sweeper;
typedef struct sweep_totals {
    uint64_t slots, expired, released;
    uint64_t asked;   /* about acts on their way that are past their deadline */
    uint64_t refused; /* acts that did not run or did not end well */
} sweep_totals;

sweeper *sweeper_new(app *a);
/* A portion of the pass over all slots: goes on where the last one ended, for at most budget_ns, or
 * to the end of the pass. Does not wait for the acts. R_DONE, or why the store was not read. */
MUST_USE result sweeper_go(sweeper *s, int64_t now_ms, int64_t budget_ns);
void sweeper_free(sweeper *s); /* waits for the acts on their way */

/* A whole pass, and waits until its acts have ended; steps the store where it has no threads. With
 * an app whose clock stands at now_ms nothing is due any more then. totals may be NULL. */
MUST_USE result sweep_all(app *a, int64_t now_ms, sweep_totals *totals);

#endif

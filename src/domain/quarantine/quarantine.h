/* Acts that were running when the process crashed.
 *
 * A crash counts for the act that was running; QUARANTINE_CRASHES of them and it does not run any
 * more: a client is refused, a message is set aside, the server's own work goes on without that
 * item. An act that comes to its end is not suspect any more. The rows live in the lane that runs
 * the act; which act was running is found out above (app/quarantine.h). */
#ifndef QUAN_DOMAIN_QUARANTINE_H
#define QUAN_DOMAIN_QUARANTINE_H

#include "base/result.h"
#include "base/time.h"
#include "domain/table.gen.h"
#include "domain/uow.h"

enum {
    QUARANTINE_CRASHES = 2,
    QUARANTINE_MAX = 1000, /* rows of a lane; beyond it no crash is counted */
};
/* An act that crashed once and did not come again for so long is forgotten. */
#define QUARANTINE_KEEP_MS (30 * MS_DAY)

static inline bool quarantine_holds(const quarantine *row)
{
    return row->crashes >= QUARANTINE_CRASHES || row->aside;
}

/* Drawn in the lane that runs; it names no act's slot. */
static inline uint64_t quarantine_id(uow *u)
{
    return uow_next_id(u, uow_lane(u)); /* slot n is in lane n */
}

/* One more crash, in this lane; none when the same process was counted already. Refusal: TOO_MANY,
 * with QUARANTINE_MAX rows that hold an act each. */
result quarantine_count_decide(uow *u, const void *in, void *out);
/* The row goes: the act may run again, and a message that was set aside is sent again, as the
 * newest of this lane, or (drop) is lost. Others have gone on meanwhile: what comes late must still
 * be right then (limit/pool.h: lease_send_late). Refusals: NOT_FOUND, CORRUPT. */
result quarantine_end_decide(uow *u, const void *in, void *out);

#endif

/* The sweep, paced: half of each interval at most. Until a deadline is swept, reads and acts apply
 * it themselves. */
#include "app/sweep.h"
#include "job/job_list.h"
#include "port/clock.h"
#include "port/log.h"

enum { SWEEP_SHARE = 2, PORTION_MS = 100 };

void *sweep_job_start(job_context *c)
{
    return sweeper_new(c->app);
}

void sweep_job_turn(job_context *c, void *state)
{
    int64_t until_ms = clock_monotonic_ms() + c->interval_ms / SWEEP_SHARE;
    bool ended;
    do {
        result r = sweeper_go(state, app_now_ms(c->app), PORTION_MS * INT64_C(1000000), &ended);
        if (r != R_DONE)
            log_event(LOG_WARN, "the sweep could not read", log_result("why", r));
    } while (!ended && !job_stopping(c) && clock_monotonic_ms() < until_ms);
}

void sweep_job_stop(void *state)
{
    sweeper_free(state);
}

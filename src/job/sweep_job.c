/* The sweep, paced: of each interval it spends at most one part in SWEEP_SHARE on looking, so that
 * a store with coupons in all slots costs no more than a small one; its pass takes longer. Until a
 * deadline is swept, reads and acts apply it themselves. */
#include "app/sweep.h"
#include "job/job_list.h"
#include "port/log.h"

enum { SWEEP_SHARE = 50 };

void *sweep_job_start(job_context *c)
{
    return sweeper_new(c->app);
}

void sweep_job_turn(job_context *c, void *state)
{
    int64_t budget_ns = c->interval_ms * 1000000 / SWEEP_SHARE;
    result r = sweeper_go(state, app_now_ms(c->app), budget_ns);
    if (r != R_DONE)
        log_event(LOG_WARN, "the sweep could not read", log_result("why", r));
}

void sweep_job_stop(void *state)
{
    sweeper_free(state);
}

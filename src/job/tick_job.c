/* What the app wants to be told every second: see app_tick. */
#include "job/job_list.h"

void tick_job_turn(job_context *c, void *state)
{
    MAYBE(state);
    app_tick(c->app);
}

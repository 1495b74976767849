/* What other servers have changed of the configuration reaches this one, and databases that were
 * away are found again: see app_follow. */
#include "job/job_list.h"

void config_job_turn(job_context *c, void *state)
{
    MAYBE(state);
    app_follow(c->app);
}

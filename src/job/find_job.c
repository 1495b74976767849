/* Keeps the index over templates in few segments: see app_merge_index. */
#include "job/job_list.h"

void find_job_turn(job_context *c, void *state)
{
    MAYBE(state);
    app_merge_index(c->app);
}

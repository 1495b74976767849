/* Background work of a serving app: one thread for each row of job.def, so that a long one (a
 * backup) does not hold up the others (the sweep).
 *
 * Each thread calls its job's `turn` every so often until the jobs are stopped. A turn must return
 * soon after job_stopping turns true. Turns write through acts only, and never fail the process. */
#ifndef QUAN_JOB_JOB_H
#define QUAN_JOB_JOB_H

#include <stdbool.h>

#include "app/query_events.h"
#include "port/settings.h"

typedef struct job_context job_context;
typedef struct job_kind_of {
    const char *name; /* of its thread and in the log */
    setting interval; /* SETTING_COUNT: fixed_ms */
    int64_t fixed_ms;
    void *(*start)(job_context *c); /* its own state; may be NULL */
    void (*turn)(job_context *c, void *state);
    void (*stop)(void *state); /* frees it; may be NULL */
} job_kind_of;

struct job_context {
    app *app;
    const settings *settings;
    event_render *render;
    int64_t interval_ms;
    void *jobs;
};

bool job_stopping(const job_context *c);

void *jobs_start(app *a, const settings *s, event_render *render);
void jobs_stop(void *jobs); /* waits for the turns to end; NULL is allowed */

#endif

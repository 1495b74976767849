/* The threads behind job.h: one condition wakes them all when they are to stop. */
#include "job/job.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "job/job_list.h"
#include "port/clock.h"
#include "port/log.h"

static const job_kind_of kinds[] = {
#define JOB(name, interval, fixed, start, turn, stop) {#name, interval, fixed, start, turn, stop},
#include "job/job.def"
#undef JOB
};

typedef struct runner {
    const job_kind_of *kind;
    job_context context;
    pthread_t thread;
} runner;

typedef struct jobs {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    atomic_bool stopping;
    runner runners[ARRAY_LEN(kinds)];
} jobs;

bool job_stopping(const job_context *c)
{
    return atomic_load(&((const jobs *)c->jobs)->stopping);
}

/* True when the time has passed, false when the jobs are stopping. */
static bool wait_until(jobs *all, int64_t due_ms)
{
    (void)pthread_mutex_lock(&all->lock);
    for (int64_t now = clock_monotonic_ms(); now < due_ms && !atomic_load(&all->stopping);
         now = clock_monotonic_ms()) {
        struct timespec until;
        CHECK(clock_gettime(CLOCK_MONOTONIC, &until) == 0);
        until.tv_sec += (due_ms - now) / 1000;
        until.tv_nsec += (due_ms - now) % 1000 * 1000000;
        if (until.tv_nsec >= 1000000000) {
            until.tv_sec++;
            until.tv_nsec -= 1000000000;
        }
        MAYBE(pthread_cond_timedwait(&all->changed, &all->lock, &until) != 0);
    }
    (void)pthread_mutex_unlock(&all->lock);
    return !atomic_load(&all->stopping);
}

static void *run(void *argument)
{
    runner *r = argument;
    void *state = r->kind->start == NULL ? NULL : r->kind->start(&r->context);
    int64_t due = clock_monotonic_ms() + r->context.interval_ms;
    while (wait_until(r->context.jobs, due)) {
        r->kind->turn(&r->context, state);
        int64_t now = clock_monotonic_ms();
        due += r->context.interval_ms;
        due = due < now ? now : due; /* a turn that took long is not made up for */
    }
    if (r->kind->stop != NULL)
        r->kind->stop(state);
    return NULL;
}

void *jobs_start(app *a, const settings *s, event_render *render)
{
    jobs *all = calloc(1, sizeof(*all)); /* freed by jobs_stop */
    CHECK(all != NULL);
    pthread_condattr_t clock;
    CHECK(pthread_condattr_init(&clock) == 0);
    CHECK(pthread_condattr_setclock(&clock, CLOCK_MONOTONIC) == 0);
    CHECK(pthread_mutex_init(&all->lock, NULL) == 0);
    CHECK(pthread_cond_init(&all->changed, &clock) == 0);
    (void)pthread_condattr_destroy(&clock);
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        int64_t interval = kinds[i].interval == SETTING_COUNT ? kinds[i].fixed_ms
                                                              : settings_int(s, kinds[i].interval);
        all->runners[i] = (runner){
            .kind = &kinds[i],
            .context = {
                .app = a, .settings = s, .render = render, .interval_ms = interval, .jobs = all}};
        CHECK(pthread_create(&all->runners[i].thread, NULL, run, &all->runners[i]) == 0);
        (void)pthread_setname_np(all->runners[i].thread, kinds[i].name);
    }
    return all;
}

void jobs_stop(void *jobs_started)
{
    jobs *all = jobs_started;
    if (all == NULL)
        return;
    (void)pthread_mutex_lock(&all->lock);
    atomic_store(&all->stopping, true);
    (void)pthread_cond_broadcast(&all->changed);
    (void)pthread_mutex_unlock(&all->lock);
    for (size_t i = 0; i < ARRAY_LEN(all->runners); i++)
        CHECK(pthread_join(all->runners[i].thread, NULL) == 0);
    (void)pthread_cond_destroy(&all->changed);
    (void)pthread_mutex_destroy(&all->lock);
    free(all);
}

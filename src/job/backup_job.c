/* Backups that were asked for over HTTP: jobs of the operator, done one after the other.
 *
 * One that is cancelled while it runs stops at the end of a file, within about TELL_EVERY_MS: its
 * directory is empty then, unless the copy was just complete. A job that was running when an
 * earlier process ended is failed at the start: its directory has no SHA256SUMS and is no backup;
 * it is left to whoever asked. */
#include <stdlib.h>

#include "app/act_wait.h"
#include "app/backup.h"
#include "app/query_jobs.h"
#include "job/job_list.h"
#include "port/clock.h"
#include "port/log.h"

enum { PAGE = 100, WHY_MAX = 2048, TELL_EVERY_MS = 1000 };

typedef struct backup_state {
    job_context *context;
    uint64_t after; /* jobs up to here have ended */
    int64_t told_ms;
    bool cancelled;
    job now; /* the one that is done; its texts live in memory */
    arena *memory;
} backup_state;

/* Writes the job as it is now; what cannot be written is logged, and told again later. */
static result put(backup_state *s, const job *row)
{
    arena *memory = arena_new(0);
    job_put_in in = {.merchant = row->merchant,
                     .id = row->id,
                     .kind = row->kind,
                     .state = row->state,
                     .done = row->done,
                     .total = row->total,
                     .failed = row->failed,
                     .error = row->error,
                     .outcome = row->outcome};
    row_out out = {0};
    act_call call = {.app = s->context->app,
                     .id = ACT_ID_job_put,
                     .slot = id_slot(row->id),
                     .item = row->id,
                     .in = &in,
                     .out = &out,
                     .memory = memory};
    result r = act_wait(&call);
    s->cancelled = r == R_STATE_CHANGE_NOT_ALLOWED;
    if (r != R_DONE && !s->cancelled)
        log_event(LOG_WARN, "a job could not be written", log_result("why", r));
    arena_free(memory);
    return r;
}

static bool on_progress(void *context, uint64_t bytes, uint64_t total)
{
    backup_state *s = context;
    MAYBE(total);
    s->now.done = (int64_t)bytes;
    int64_t now = clock_monotonic_ms();
    if (now - s->told_ms >= TELL_EVERY_MS) {
        s->told_ms = now;
        MAYBE(put(s, &s->now) == R_DONE);
    }
    return !job_stopping(s->context) && !s->cancelled;
}

static void finish(backup_state *s, result r, str why)
{
    if (s->cancelled) {
        log_event(LOG_INFO, "backup cancelled", log_str("directory", s->now.input));
        return;
    }
    s->now.state = r == R_DONE ? JOB_STATE_DONE : JOB_STATE_FAILED;
    s->now.failed = r != R_DONE;
    s->now.error = r == R_DONE ? (str){NULL, 0} : why.n > 0 ? why : result_text(r);
    MAYBE(put(s, &s->now) == R_DONE);
    log_event(r == R_DONE ? LOG_INFO : LOG_ERROR, "backup ended",
              log_str("directory", s->now.input), log_result("result", r), log_str("why", why),
              log_i64("bytes", s->now.done));
}

static void run(backup_state *s)
{
    s->now.state = JOB_STATE_RUNNING;
    if (put(s, &s->now) != R_DONE)
        return; /* it still waits */
    s->told_ms = clock_monotonic_ms();
    backup_watch watch = {.context = s, .progress = on_progress};
    backup_report report;
    buf why;
    buf_init(&why, WHY_MAX);
    result r = backup_make(s->context->app, s->now.input, &watch, &report, &why);
    s->now.done = (int64_t)report.bytes;
    s->now.total = r == R_DONE ? s->now.done : 0;
    finish(s, r, buf_view(&why));
    buf_free(&why);
}

static bool is_over(const job *row)
{
    return row->state != JOB_STATE_WAITING && row->state != JOB_STATE_RUNNING;
}

/* The first job behind `after` that has not ended, in s->memory; moves `after` over those that
 * have. */
static bool next(backup_state *s)
{
    app_view view;
    if (app_view_open(s->context->app, s->memory, &view) != R_DONE)
        return false;
    const job *found[PAGE];
    bool has = false;
    jobs_ask ask = {.merchant = 0, .after = s->after, .limit = PAGE};
    size_t n = query_jobs(&view, &ask, found);
    for (size_t i = 0; i < n && !has; i++) {
        has = !is_over(found[i]) && found[i]->kind == JOB_KIND_BACKUP;
        if (has)
            record_copy(&job_table.record, found[i], s->memory, &s->now);
        else if (is_over(found[i]))
            s->after = found[i]->id;
    }
    app_view_close(&view);
    return has;
}

void *backup_job_start(job_context *c)
{
    backup_state *s = calloc(1, sizeof(*s)); /* freed by backup_job_stop */
    CHECK(s != NULL);
    s->context = c;
    s->memory = arena_new(0);
    return s;
}

void backup_job_turn(job_context *c, void *state)
{
    backup_state *s = state;
    MAYBE(c);
    arena_reset(s->memory);
    if (!next(s))
        return;
    if (s->now.state == JOB_STATE_RUNNING)
        finish(s, R_DRAINING, S("The server ended while it ran."));
    else
        run(s);
}

void backup_job_stop(void *state)
{
    backup_state *s = state;
    arena_free(s->memory);
    free(s);
}

/* Backups: ask for one, and look at it. A job of the operator does the work (src/job). */
#include "api/convert.h"
#include "app/query_jobs.h"

/* As it was asked for: a repeat of the request shows the same, however far it is by then. */
static void created(api_call *c)
{
    const row_out *out = c->act.out;
    job row = {0};
    if (!row_in_outcome(c, &job_table.record, out->row, &row))
        return;
    wire_job shown = job_shown(&row);
    call_answer(c, 202, &wire_job_type, &shown);
}

void api_backup_create(api_call *c)
{
    const wire_backup_create *b = c->body;
    job_put_in *in = ARENA_NEW(c->memory, job_put_in);
    *in = (job_put_in){.kind = JOB_KIND_BACKUP, .input = b->directory};
    call_act(c, &(act_ask){.id = ACT_ID_job_put,
                           .slot = id_slot(in->merchant),
                           .subject = S(""),
                           .in = in,
                           .then = created});
}

void api_backup_get(api_call *c)
{
    const wire_backup_get_parameters *p = c->parameters;
    app_view v;
    if (!call_view(c, &v))
        return;
    const job *row = query_job(&v, 0, p->backup);
    wire_job shown = {0};
    if (row != NULL)
        shown = job_shown(row);
    if (!call_view_end(c, &v))
        return;
    if (row != NULL)
        call_answer(c, 200, &wire_job_type, &shown);
    else
        call_refuse(c, R_NOT_FOUND, S(""));
}

/* Backups: ask for one, list, look at one, cancel. A job of the operator does the work (src/job).
 */
#include "api/jobs.h"

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

void api_backup_list(api_call *c)
{
    const wire_backup_list_parameters *p = c->parameters;
    jobs_list(c, p->page_size, p->page_token);
}

void api_backup_get(api_call *c)
{
    jobs_get(c, ((const wire_backup_get_parameters *)c->parameters)->backup);
}

void api_backup_cancel(api_call *c)
{
    jobs_cancel(c, ((const wire_backup_cancel_parameters *)c->parameters)->backup);
}

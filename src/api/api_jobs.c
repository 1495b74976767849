/* Jobs: list, get, cancel. */
#include "api/jobs.h"
#include "app/query_jobs.h"

enum { JOBS_PAGE_MAX = 200 };

void jobs_list(api_call *c, int64_t page_size, str page_token)
{
    jobs_ask ask = {.merchant = c->who.merchant, .limit = (size_t)page_size + 1};
    app_view v;
    if (!call_token_id(c, page_token, &ask.after) || !call_view(c, &v))
        return;
    const job *found[JOBS_PAGE_MAX + 1];
    size_t n = query_jobs(&v, &ask, found);
    wire_job_page page = {.has_next_page_token = n == ask.limit};
    page.jobs.n = page.has_next_page_token ? n - 1 : n;
    page.jobs.items = ARENA_ARRAY(c->memory, wire_job, n);
    for (size_t i = 0; i < page.jobs.n; i++)
        page.jobs.items[i] = job_shown(found[i]);
    if (!call_view_end(c, &v))
        return;
    if (page.has_next_page_token)
        page.next_page_token = call_token_of_id(c, page.jobs.items[page.jobs.n - 1].id);
    call_answer(c, 200, &wire_job_page_type, &page);
}

void jobs_get(api_call *c, uint64_t id)
{
    app_view v;
    if (!call_view_of(c, id_slot(id), &v))
        return;
    const job *row = query_job(&v, c->who.merchant, id);
    wire_job shown = {0};
    if (row != NULL)
        shown = job_shown(row);
    call_view_answer(c, &v, row != NULL ? R_DONE : R_NOT_FOUND, &wire_job_type, &shown);
}

static void cancelled(api_call *c)
{
    const row_out *out = c->act.out;
    job row = {0};
    if (!row_in_outcome(c, &job_table.record, out->row, &row))
        return;
    wire_job shown = job_shown(&row);
    call_answer(c, 200, &wire_job_type, &shown);
}

void jobs_cancel(api_call *c, uint64_t id)
{
    job_put_in *in = ARENA_NEW(c->memory, job_put_in);
    *in = (job_put_in){.merchant = c->who.merchant, .id = id, .state = JOB_STATE_CANCELLED};
    call_act(c, &(act_ask){.id = ACT_ID_job_put,
                           .slot = id_slot(id),
                           .subject = id_subject(c, ID_JOB, id),
                           .in = in,
                           .then = cancelled});
}

void api_job_list(api_call *c)
{
    const wire_job_list_parameters *p = c->parameters;
    jobs_list(c, p->page_size, p->page_token);
}

void api_job_get(api_call *c)
{
    jobs_get(c, ((const wire_job_get_parameters *)c->parameters)->job);
}

void api_job_cancel(api_call *c)
{
    jobs_cancel(c, ((const wire_job_cancel_parameters *)c->parameters)->job);
}

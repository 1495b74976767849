/* Jobs: list, get. */
#include "api/convert.h"
#include "app/query_jobs.h"

enum { JOBS_PAGE_MAX = 200 };

void api_job_list(api_call *c)
{
    const wire_job_list_parameters *p = c->parameters;
    jobs_ask ask = {.merchant = c->who.merchant, .limit = (size_t)p->page_size + 1};
    app_view v;
    if (!call_token_id(c, p->page_token, &ask.after) || !call_view(c, &v))
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

void api_job_get(api_call *c)
{
    const wire_job_get_parameters *p = c->parameters;
    app_view v;
    if (!call_view(c, &v))
        return;
    const job *row = query_job(&v, c->who.merchant, p->job);
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

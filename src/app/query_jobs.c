/* See query_jobs.h. */
#include "app/query_jobs.h"

#include "base/id.h"

size_t query_jobs(app_view *v, const jobs_ask *ask, const job **out)
{
    job from = {.slot = id_slot(ask->merchant), .id = ask->after};
    uow_range range = {.table = &job_table,
                       .index = -1,
                       .from = &from,
                       .prefix_columns = 1,
                       .after = ask->after != 0};
    void *page[UOW_SCAN_MAX];
    size_t n = 0;
    size_t got;
    do { /* other merchants may have jobs in this slot */
        got = uow_scan(v->rows, &range, ARRAY_LEN(page), page);
        for (size_t i = 0; i < got && n < ask->limit; i++) {
            const job *row = page[i];
            if (row->merchant == ask->merchant)
                out[n++] = row;
        }
        if (got > 0)
            from = *(const job *)page[got - 1];
        range.after = true;
    } while (got == ARRAY_LEN(page) && n < ask->limit);
    return n;
}

const job *query_job(app_view *v, uint64_t of_merchant, uint64_t id)
{
    const job *row = job_get(v->rows, id_slot(id), id);
    return row == NULL || row->merchant != of_merchant ? NULL : row;
}

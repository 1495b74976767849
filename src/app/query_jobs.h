/* Jobs of a merchant. They live in the slot of the merchant's id. */
#ifndef QUAN_APP_QUERY_JOBS_H
#define QUAN_APP_QUERY_JOBS_H

#include "app/app.h"

/* In order of id, strictly after `after`; fills at most limit <= UOW_SCAN_MAX. */
typedef struct jobs_ask {
    uint64_t merchant, after;
    size_t limit;
} jobs_ask;
size_t query_jobs(app_view *v, const jobs_ask *ask, const job **out);
const job *query_job(app_view *v, uint64_t of_merchant, uint64_t id); /* NULL when there is none */

#endif

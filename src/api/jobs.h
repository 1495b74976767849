/* What the jobs of merchants and of the operator have in common. */
#ifndef QUAN_API_JOBS_H
#define QUAN_API_JOBS_H

#include "api/convert.h"

/* Each ends the call. Jobs are those of the caller. */
void jobs_list(api_call *c, int64_t page_size, str page_token);
void jobs_get(api_call *c, uint64_t id);
void jobs_cancel(api_call *c, uint64_t id);

#endif

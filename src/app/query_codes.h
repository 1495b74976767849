/* How much of batches of codes has been exchanged. */
#ifndef QUAN_APP_QUERY_CODES_H
#define QUAN_APP_QUERY_CODES_H

#include "app/app.h"

/* Codes of the batch that have their coupon: summed over the lanes, on the view's snapshot. */
int64_t query_codes_exchanged(app_view *v, uint64_t batch);

#endif

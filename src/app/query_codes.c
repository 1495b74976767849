/* See query_codes.h. */
#include "app/query_codes.h"

int64_t query_codes_exchanged(app_view *v, uint64_t batch)
{
    int64_t n = 0;
    for (uint16_t lane = 0; lane < uow_lane_count(v->rows); lane++) {
        const tally_code *t = tally_code_get(v->rows, lane, batch);
        n += t == NULL ? 0 : t->exchanged;
    }
    return n;
}

/* See query_counts.h. Reads page by page; the view's memory holds what one page needs, so a caller
 * with many campaigns opens a view for each. */
#include "app/query_counts.h"

#include "base/id.h"
#include "domain/limit/pool.h"

static bool wanted(const counts_ask *ask, uint64_t of_template, int32_t day)
{
    return (ask->template == 0 || of_template == ask->template) && day >= ask->from_day &&
           day < ask->until_day;
}

void query_counts(app_view *v, const counts_ask *ask, counts_row *each, void *context)
{
    for (uint16_t lane = 0; lane < store_lanes(app_store(v->app)); lane++) {
        tally from = {
            .lane = lane, .campaign = ask->campaign, .template = ask->template, .day = INT32_MIN};
        uint8_t fixed = ask->template == 0 ? 2 : 3;
        bool after = false;
        void *page[UOW_SCAN_MAX];
        size_t n;
        do {
            uow_range range = {&tally_table, -1, &from, fixed, after};
            n = uow_scan(v->rows, &range, ARRAY_LEN(page), page);
            for (size_t i = 0; i < n; i++) {
                const tally *row = page[i];
                if (wanted(ask, row->template, row->day)) {
                    each(context, row);
                }
                from = *row;
            }
            after = true;
        } while (n == ARRAY_LEN(page));
    }
}

void query_goods(app_view *v, const counts_ask *ask, goods_dimension dimension,
                 counts_goods_row *each, void *context)
{
    for (uint16_t lane = 0; lane < store_lanes(app_store(v->app)); lane++) {
        tally_goods from = {.lane = lane,
                            .campaign = ask->campaign,
                            .template = ask->template,
                            .dimension = (uint8_t)dimension,
                            .day = INT32_MIN};
        uint8_t fixed = ask->template == 0 ? 2 : 4;
        bool after = false;
        void *page[UOW_SCAN_MAX];
        size_t n;
        do {
            uow_range range = {&tally_goods_table, -1, &from, fixed, after};
            n = uow_scan(v->rows, &range, ARRAY_LEN(page), page);
            for (size_t i = 0; i < n; i++) {
                const tally_goods *row = page[i];
                if (row->dimension == dimension && wanted(ask, row->template, row->day)) {
                    each(context, row);
                }
                from = *row;
            }
            after = true;
        } while (n == ARRAY_LEN(page));
    }
}

pool_left query_pool_left(app_view *v, pool_name which)
{
    int64_t total = pool_total(v->config, which);
    pool_left out = {total, total, 0};
    const pool *home = pool_get(v->rows, id_slot(which.owner), which.owner, which.kind,
                                which.period, which.subject);
    if (total < 0 || home == NULL) {
        return out;
    }
    out.total = home->total;
    out.left = home->free;
    for (size_t i = 0; i < home->leases.n; i++) {
        const pool_lease *lease = &home->leases.items[i];
        const slice *s =
            slice_get(v->rows, lease->lane, which.owner, which.kind, which.period, which.subject);
        int64_t held = s == NULL ? 0 : s->free, consumed = s == NULL ? 0 : s->consumed;
        out.left += held;
        out.on_the_way += lease->out - held - consumed;
    }
    return out;
}

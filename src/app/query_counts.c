/* See query_counts.h. Reads page by page; the view's memory holds what one page needs, so a caller
 * with many campaigns opens a view for each. */
#include "app/query_counts.h"

#include "base/id.h"
#include "domain/limit/pool.h"

enum { COUNTER_BYTES_MAX = 512 }; /* a row in memory */

static bool wanted(const counts_ask *ask, uint64_t of_template, int32_t day)
{
    return (ask->template == 0 || of_template == ask->template) && day >= ask->from_day &&
           day < ask->until_day;
}

/* Every row of a table of counters whose first key columns, `fixed` of them, are those of *from;
 * their lane is set here. The row lives while `see` runs. */
typedef struct counters {
    const table *t;
    void *from;
    uint16_t *lane; /* of it */
    uint8_t fixed;
    void (*see)(void *context, const void *row);
    void *context;
} counters;

static void each_counter(app_view *v, const counters *of)
{
    char first[COUNTER_BYTES_MAX];
    size_t size = of->t->record.size;
    CHECK(size <= sizeof(first));
    memcpy(first, of->from, size);
    for (uint16_t lane = 0; lane < store_lanes(app_store(v->app)); lane++) {
        memcpy(of->from, first, size);
        *of->lane = lane;
        bool after = false;
        void *page[UOW_SCAN_MAX];
        size_t n;
        do {
            uow_range range = {of->t, -1, of->from, of->fixed, after};
            n = uow_scan(v->rows, &range, ARRAY_LEN(page), page);
            for (size_t i = 0; i < n; i++) {
                of->see(of->context, page[i]);
                memcpy(of->from, page[i], size);
            }
            after = true;
        } while (n == ARRAY_LEN(page));
    }
}

/* Who gets which of them. */
typedef struct wish {
    const counts_ask *ask;
    uint8_t dimension;
    counts_row *counts;
    counts_goods_row *goods;
    counts_party_row *parties;
    counts_money_row *money;
    void *context;
} wish;

static void see_counts(void *context, const void *of)
{
    const wish *w = context;
    const tally *row = of;
    if (wanted(w->ask, row->template, row->day)) {
        w->counts(w->context, row);
    }
}

static void see_goods(void *context, const void *of)
{
    const wish *w = context;
    const tally_goods *row = of;
    if (row->dimension == w->dimension && wanted(w->ask, row->template, row->day)) {
        w->goods(w->context, row);
    }
}

static void see_parties(void *context, const void *of)
{
    const wish *w = context;
    const tally_party *row = of;
    if (wanted(w->ask, row->template, row->day)) {
        w->parties(w->context, row);
    }
}

static void see_money(void *context, const void *of)
{
    const wish *w = context;
    const tally_money *row = of;
    if (row->dimension == w->dimension && wanted(w->ask, row->template, row->day)) {
        w->money(w->context, row);
    }
}

void query_counts(app_view *v, const counts_ask *ask, counts_row *each, void *context)
{
    tally from = {.campaign = ask->campaign, .template = ask->template, .day = INT32_MIN};
    wish w = {.ask = ask, .counts = each, .context = context};
    uint8_t fixed = ask->template == 0 ? 2 : 3;
    each_counter(v, &(counters){&tally_table, &from, &from.lane, fixed, see_counts, &w});
}

void query_goods(app_view *v, const counts_ask *ask, goods_dimension dimension,
                 counts_goods_row *each, void *context)
{
    tally_goods from = {.campaign = ask->campaign,
                        .template = ask->template,
                        .dimension = (uint8_t)dimension,
                        .day = INT32_MIN};
    wish w = {.ask = ask, .dimension = (uint8_t)dimension, .goods = each, .context = context};
    uint8_t fixed = ask->template == 0 ? 2 : 4;
    each_counter(v, &(counters){&tally_goods_table, &from, &from.lane, fixed, see_goods, &w});
}

void query_parties(app_view *v, const counts_ask *ask, counts_party_row *each, void *context)
{
    tally_party from = {.campaign = ask->campaign, .template = ask->template, .day = INT32_MIN};
    wish w = {.ask = ask, .parties = each, .context = context};
    uint8_t fixed = ask->template == 0 ? 2 : 3;
    each_counter(v, &(counters){&tally_party_table, &from, &from.lane, fixed, see_parties, &w});
}

void query_money(app_view *v, const counts_ask *ask, uint8_t dimension, counts_money_row *each,
                 void *context)
{
    tally_money from = {.campaign = ask->campaign,
                        .template = ask->template,
                        .dimension = dimension,
                        .day = INT32_MIN};
    wish w = {.ask = ask, .dimension = dimension, .money = each, .context = context};
    uint8_t fixed = ask->template == 0 ? 2 : 4;
    each_counter(v, &(counters){&tally_money_table, &from, &from.lane, fixed, see_money, &w});
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
    bool follows = which.kind >= POOL_KIND_CLAIMS; /* the pool will, when it is asked */
    out.total = follows ? total : home->total;
    out.left = home->free + out.total - home->total;
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

/* Counting (计): the tallies of all lanes summed on a snapshot. Figures are exact at the snapshot's
 * position. */
#ifndef QUAN_APP_QUERY_COUNTS_H
#define QUAN_APP_QUERY_COUNTS_H

#include "app/app.h"

typedef struct counts_ask {
    uint64_t campaign;
    uint64_t template; /* 0: all templates of the campaign together */
    int32_t from_day,
        until_day; /* days of the merchant's zone, half-open; INT32_MIN and INT32_MAX: all */
} counts_ask;

/* Called in no particular order, several times for one day: whoever needs days adds up by row->day.
 * Rows with template 0 carry what belongs to the campaign as a whole (its users). */
typedef void counts_row(void *context, const tally *row);
void query_counts(app_view *v, const counts_ask *ask, counts_row *each, void *context);

typedef void counts_goods_row(void *context, const tally_goods *row);
void query_goods(app_view *v, const counts_ask *ask, goods_dimension dimension,
                 counts_goods_row *each, void *context);

typedef void counts_party_row(void *context, const tally_party *row);
void query_parties(app_view *v, const counts_ask *ask, counts_party_row *each, void *context);
/* Of a dimension; 0: of what query_counts tells. */
typedef void counts_money_row(void *context, const tally_money *row);
void query_money(app_view *v, const counts_ask *ask, uint8_t dimension, counts_money_row *each,
                 void *context);

/* What is left of a pool that nobody has taken yet: at its home and in all slices; -1: unlimited. A
 * slice on its way between lanes is in neither and is told apart. Of a shared limit below 0 where
 * more was taken than its maximum is now. */
typedef struct pool_left {
    int64_t total, left, on_the_way;
} pool_left;
pool_left query_pool_left(app_view *v, pool_name which);

#endif

/* Statistics of a campaign or template, added up over lanes and templates (see domain/stats/tally.h
 * for what the columns mean and which do not add up over templates), with what is due and not swept
 * yet (query_due.h): it counts today. */
#ifndef QUAN_APP_QUERY_STATS_H
#define QUAN_APP_QUERY_STATS_H

#include "app/query_counts.h"

typedef struct stats_days {
    tally total;
    int64_t due_budget_minor; /* what is due gives back to the budget of the campaign */
    int64_t held_now;         /* coupons, whatever the days */
    tally *days;              /* ascending, each once */
    size_t n;
} stats_days;
void query_stats(app_view *v, const counts_ask *ask, stats_days *out);

typedef struct stats_goods {
    tally_goods *rows; /* ascending by value, each once; day is not used */
    size_t n;
} stats_goods;
/* A line that coupons of two templates discounted counts for both, so twice for the campaign. */
void query_stats_goods(app_view *v, const counts_ask *ask, goods_dimension dimension,
                       stats_goods *out);

/* What the parties of fundings pay, by kind and name, whatever templates know them. */
typedef struct stats_party {
    const fund_party *party; /* lives as long as the view's snapshot */
    int64_t discount_minor, discount_returned_minor;
    int64_t due_minor; /* what is due gives back to its budget; of a template only */
} stats_party;
typedef struct stats_parties {
    stats_party *rows; /* ascending by kind, then name, each once */
    size_t n;
} stats_parties;
void query_stats_parties(app_view *v, const counts_ask *ask, stats_parties *out);
/* The order of the rows. */
int stats_party_order(const fund_party *a, const fund_party *b);
/* The money of orders in other currencies than the campaign's, beside the days or goods above:
 * ascending by group and currency, each once. */
typedef enum stats_group { STATS_IN_ALL, STATS_BY_DAY, STATS_BY_VALUE } stats_group;
typedef struct stats_money {
    tally_money *rows; /* of a group: day or value; lane and template are not used */
    size_t n;
} stats_money;
/* dimension 0: of what query_stats tells. */
void query_stats_money(app_view *v, const counts_ask *ask, uint8_t dimension, stats_group by,
                       stats_money *out);

#endif

/* See budget.h. */
#include "app/budget.h"

#include "app/query_counts.h"
#include "domain/limit/pool.h"

/* Without what those that apply before the k-th take. A draft has no campaign, and no budget. */
static int64_t left_for(app_view *v, const price_coupon *coupons, const price_result *price,
                        size_t k)
{
    uint64_t campaign_id = coupons[price->order[k]].campaign;
    const config_campaign *of = config_find_campaign(v->config, campaign_id);
    if (of == NULL || of->row->budget_mode != BUDGET_MODE_AT_REDEEM) {
        return INT64_MAX;
    }
    pool_left budget = query_pool_left(v, pool_budget(campaign_id));
    int64_t left = budget.left + budget.on_the_way;
    for (size_t i = 0; i < k; i++) {
        size_t other = price->order[i];
        left -= coupons[other].campaign == campaign_id ? price->verdicts[other].discount_minor : 0;
    }
    return left;
}

bool budget_lacks(app_view *v, const price_coupon *coupons, const price_result *price, size_t *at,
                  int64_t *left_minor)
{
    for (size_t k = 0; k < price->order_count; k++) {
        *at = price->order[k];
        *left_minor = left_for(v, coupons, price, k);
        if (price->verdicts[*at].discount_minor > *left_minor) {
            return true;
        }
    }
    return false;
}

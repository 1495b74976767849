/* See basis.h. */
#include "domain/coupon/basis.h"

#include "base/hash.h"
#include "domain/limit/level.h"

/* An automatic template in force. One that counts by a phone or device which the order does not
 * name takes no part: so by which it counts belongs to it. */
static uint64_t with_promotion(uint64_t basis, const terms *of)
{
    uint64_t subjects = limit_subjects_of(of, ~(1U << LIMIT_MEASURE_CLAIMS));
    uint64_t facts[] = {of->template->row->id, of->template->row->version, subjects};
    return hash64((str){(const char *)facts, sizeof facts}, basis);
}

uint64_t order_basis(const config *c, uint64_t merchant_id, int64_t now_ms)
{
    const config_merchant *of = config_find_merchant(c, merchant_id);
    CHECK(of != NULL);
    config_days days = config_days_of(of);
    uint64_t basis = of->pricing;
    config_promotions all = config_automatic(c, merchant_id);
    for (size_t i = 0; i < all.n; i++) {
        terms t = terms_of(c, all.ids[i]);
        if (config_applies(t.campaign, t.template, &days, now_ms))
            basis = with_promotion(basis, &t);
    }
    return basis;
}

/* per_full_cut 每满减: an amount off for every full amount that is spent on eligible lines. */
#include "domain/price/kind.h"

static int64_t largest(const benefit_values *t, uint8_t stage)
{
    (void)stage;
    int64_t times = t->v[TERM_PER_FULL_CUT_TIMES];
    return times > 0 ? kind_times(times, t->v[TERM_PER_FULL_CUT_AMOUNT]) : -1;
}

static void offer(const benefit_values *t, const kind_base *base, kind_offer *out)
{
    int64_t full = t->v[TERM_PER_FULL_CUT_FULL];
    int64_t times = kind_at_most(base->spend_minor / full, t->v[TERM_PER_FULL_CUT_TIMES]);
    if (times == 0) {
        out->reason = S("below_threshold");
        out->missing_minor = full - base->spend_minor;
        return;
    }
    kind_offer_total(base, kind_times(times, t->v[TERM_PER_FULL_CUT_AMOUNT]), out);
}

const price_kind kind_per_full_cut = {.largest = largest, .offer = offer};

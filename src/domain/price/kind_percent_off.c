/* percent_off 折扣: a share of what the eligible lines cost, rounded once for all of them where the
 * policy does not say else. */
#include "domain/price/kind.h"

static void offer(const benefit_values *t, const kind_base *base, kind_offer *out)
{
    kind_offer_percent(base, t->v[TERM_PERCENT_OFF_PERCENT], out);
}

const price_kind kind_percent_off = {.group = KIND_PERCENT, .offer = offer};

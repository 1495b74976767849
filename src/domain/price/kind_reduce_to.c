/* reduce_to 减至: what costs more than an amount is reduced to it: all eligible lines together, or
 * each unit. */
#include "domain/price/kind.h"

static void offer(const benefit_values *t, const kind_base *base, kind_offer *out)
{
    int64_t amount = t->v[TERM_REDUCE_TO_AMOUNT];
    if (t->v[TERM_REDUCE_TO_PER] == WORD_REDUCE_TO_ORDER) {
        kind_offer_total(base, base->price_minor - amount, out);
        return;
    }
    for (size_t i = 0; i < base->n; i++) {
        kind_offer_above(base, i, base->lines[i].units, amount, out);
    }
}

const price_kind kind_reduce_to = {.offer = offer};

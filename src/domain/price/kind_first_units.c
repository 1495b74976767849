/* first_units 前 k 件: the first units of the cart, or of each line, at a price of their own. */
#include "domain/price/kind.h"

static void offer(const benefit_values *t, const kind_base *base, kind_offer *out)
{
    int64_t most = t->v[TERM_FIRST_UNITS_UNITS], left = most;
    for (size_t i = 0; i < base->n; i++) {
        int64_t units = left < base->lines[i].units ? left : base->lines[i].units;
        kind_offer_above(base, i, units, t->v[TERM_FIRST_UNITS_PRICE], out);
        left = t->v[TERM_FIRST_UNITS_PER] == WORD_FIRST_UNITS_LINE ? most : left - units;
    }
}

const price_kind kind_first_units = {.group = KIND_UNITS, .offer = offer};

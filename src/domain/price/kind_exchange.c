/* exchange 兑换: some eligible units for nothing, or at the price of the exchange. */
#include "domain/price/kind.h"

static void offer(const benefit_values *t, const kind_base *base, kind_offer *out)
{
    int64_t price = t->v[TERM_EXCHANGE_PRICE];
    kind_offer_units(base, t->v[TERM_EXCHANGE_PICK], t->v[TERM_EXCHANGE_QUANTITY], out);
    for (size_t i = 0; i < base->n && price > 0; i++) {
        kind_offer_above(base, i, out->units[i], price, out);
    }
}

const price_kind kind_exchange = {.group = KIND_UNITS, .offer = offer};

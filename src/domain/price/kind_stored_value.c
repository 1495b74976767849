/* stored_value 储值券: what the eligible lines cost, as far as the money on the coupon goes. */
#include "domain/price/kind.h"

static int64_t largest(const benefit_values *t, uint8_t stage)
{
    (void)stage;
    return t->v[TERM_STORED_VALUE_VALUE];
}

static void offer(const benefit_values *t, const kind_base *base, kind_offer *out)
{
    int64_t value = t->v[TERM_STORED_VALUE_VALUE], balance = base->balance_minor;
    kind_offer_total(base, balance >= 0 && balance < value ? balance : value, out);
}

const price_kind kind_stored_value = {.largest = largest, .offer = offer};

/* hand_over: takes nothing off. The coupon is used for the eligible lines, and what it carries for
 * another system (template_version.asset) is handed over to that. */
#include "domain/price/kind.h"

static int64_t largest(const benefit_values *t, uint8_t stage)
{
    (void)stage;
    (void)t;
    return 0;
}

static void offer(const benefit_values *t, const kind_base *base, kind_offer *out)
{
    (void)t;
    (void)base;
    out->hands_over = true;
}

const price_kind kind_hand_over = {.largest = largest, .offer = offer};

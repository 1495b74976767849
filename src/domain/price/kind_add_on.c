/* add_on 加价券: an amount or a share of what the eligible lines cost is added to what the seller
 * receives. Nothing comes off. */
#include "domain/price/kind.h"

static void check(const benefit_values *t, issues *found)
{
    if ((t->v[TERM_ADD_ON_AMOUNT] > 0) == (t->v[TERM_ADD_ON_PERCENT] > 0)) {
        issues_add(found, S("benefit"), S("not_allowed"), "either amount or percent");
    }
}

/* Of a budget for discounts it takes nothing. */
static int64_t largest(const benefit_values *t, uint8_t stage)
{
    (void)stage;
    (void)t;
    return 0;
}

static void offer(const benefit_values *t, const kind_base *base, kind_offer *out)
{
    out->adds = true;
    if (t->v[TERM_ADD_ON_PERCENT] > 0) {
        kind_offer_percent(base, t->v[TERM_ADD_ON_PERCENT], out);
        return;
    }
    for (size_t i = 0; i < base->n; i++) {
        out->amounts[i] = base->lines[i].price_minor;
    }
    out->how = KIND_TOTAL;
    out->total_minor = t->v[TERM_ADD_ON_AMOUNT];
}

const price_kind kind_add_on = {.check = check, .largest = largest, .offer = offer};

/* shipping 运费券: charges for sending, or the lowest of them, for nothing or for less. */
#include "domain/price/kind.h"

static void check(const benefit_values *t, issues *found)
{
    int given = (t->v[TERM_SHIPPING_AMOUNT] > 0) + (t->v[TERM_SHIPPING_PERCENT] > 0) +
                (t->v[TERM_SHIPPING_PRICE] > 0);
    if (given > 1) {
        issues_add(found, S("benefit"), S("not_allowed"), "one of amount, percent and price");
    }
}

static int64_t largest(const benefit_values *t, uint8_t stage)
{
    (void)stage;
    return t->v[TERM_SHIPPING_AMOUNT] > 0 ? t->v[TERM_SHIPPING_AMOUNT] : -1;
}

static void keep_lowest(const kind_base *base, kind_offer *out)
{
    uint16_t order[CART_LINES_MAX];
    kind_order(base, WORD_COMMON_CHEAPEST, order);
    for (size_t i = 1; i < base->n; i++) {
        out->amounts[order[i]] = 0;
        out->units[order[i]] = 0;
    }
}

static void offer(const benefit_values *t, const kind_base *base, kind_offer *out)
{
    if (base->n == 0) {
        out->reason = S("no_shipping");
        return;
    }
    int64_t amount = t->v[TERM_SHIPPING_AMOUNT], percent = t->v[TERM_SHIPPING_PERCENT];
    bool lowest = t->v[TERM_SHIPPING_LINES] == WORD_SHIPPING_LOWEST;
    kind_offer_percent(base, percent > 0 ? percent : BENEFIT_PERCENT_ONE, out);
    if (lowest) {
        keep_lowest(base, out);
    }
    int64_t sum = 0;
    for (size_t i = 0; i < base->n; i++) {
        sum += out->amounts[i];
    }
    int64_t price = t->v[TERM_SHIPPING_PRICE];
    if (amount > 0 || price > 0) {
        int64_t off = amount > 0 ? amount : sum - price;
        out->how = off > 0 ? KIND_TOTAL : KIND_NOTHING;
        out->total_minor = off < sum ? off : sum;
    }
}

const price_kind kind_shipping = {
    .targets = KIND_SHIPPING, .check = check, .largest = largest, .offer = offer};

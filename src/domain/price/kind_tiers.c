/* tiers 阶梯: the highest tier that spend or units reach gives its amount or percentage. */
#include "domain/price/kind.h"

enum { /* places in an object of the list */
       FROM = TERM_TIERS_FROM - TERM_TIERS_TIERS - 1,
       QUANTITY = TERM_TIERS_QUANTITY - TERM_TIERS_TIERS - 1,
       AMOUNT = TERM_TIERS_AMOUNT - TERM_TIERS_TIERS - 1,
       PERCENT = TERM_TIERS_PERCENT - TERM_TIERS_TIERS - 1,
};

static void check(const benefit_values *t, issues *found)
{
    for (size_t i = 0; i < t->item_count; i++) {
        const int64_t *tier = t->items[i], *first = t->items[0];
        str field = arena_printf(found->memory, "benefit.tiers[%zu]", i);
        if ((tier[FROM] > 0) == (tier[QUANTITY] > 0) || (tier[FROM] > 0) != (first[FROM] > 0)) {
            issues_add(found, field, S("not_allowed"),
                       "either from or quantity, the same in every tier");
        } else if (i > 0 && tier[FROM] + tier[QUANTITY] <=
                                t->items[i - 1][FROM] + t->items[i - 1][QUANTITY]) {
            issues_add(found, field, S("out_of_range"), "more than the tier before");
        }
        if ((tier[AMOUNT] > 0) == (tier[PERCENT] > 0) ||
            (tier[AMOUNT] > 0) != (first[AMOUNT] > 0)) {
            issues_add(found, field, S("not_allowed"),
                       "either amount or percent, the same in every tier");
        }
    }
}

static int64_t largest(const benefit_values *t, uint8_t stage)
{
    (void)stage;
    int64_t most = -1;
    for (size_t i = 0; i < t->item_count; i++) {
        if (t->items[i][AMOUNT] > most && t->items[i][AMOUNT] > 0) {
            most = t->items[i][AMOUNT];
        }
    }
    return most;
}

static void offer(const benefit_values *t, const kind_base *base, kind_offer *out)
{
    const int64_t *reached = NULL;
    for (size_t i = 0; i < t->item_count; i++) {
        const int64_t *tier = t->items[i];
        if (base->spend_minor >= tier[FROM] && base->units >= tier[QUANTITY]) {
            reached = tier;
        }
    }
    if (reached == NULL) {
        const int64_t *first = t->items[0];
        out->reason = first[FROM] > 0 ? S("below_threshold") : S("too_few_units");
        out->missing_minor = first[FROM] > 0 ? first[FROM] - base->spend_minor : 0;
        out->missing_units = first[FROM] > 0 ? 0 : first[QUANTITY] - base->units;
    } else if (reached[AMOUNT] > 0) {
        kind_offer_total(base, reached[AMOUNT], out);
    } else {
        kind_offer_percent(base, reached[PERCENT], out);
    }
}

/* A lower tier may give more than a higher one. */
static void most(const benefit_values *t, const kind_base *base, kind_offer *out)
{
    int64_t amount = 0, percent = 0;
    for (size_t i = 0; i < t->item_count; i++) {
        const int64_t *tier = t->items[i];
        amount = tier[AMOUNT] > amount ? tier[AMOUNT] : amount;
        percent = tier[PERCENT] > percent ? tier[PERCENT] : percent;
    }
    if (amount > 0) {
        kind_offer_total(base, amount, out);
    } else {
        kind_offer_percent(base, percent, out);
    }
}

const price_kind kind_tiers = {.check = check, .largest = largest, .offer = offer, .most = most};

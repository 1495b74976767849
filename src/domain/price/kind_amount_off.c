/* amount_off 代金券, 满减: a fixed amount off the order, each unit, each line, all lines or units in
 * equal parts, or one unit. */
#include "domain/price/kind.h"

/* Of what it is taken: as the benefit says, or else the policy. */
static int64_t per(const benefit_values *t, const kind_base *base)
{
    static const uint8_t words[] = {
        [ITEM_AMOUNT_ORDER] = WORD_AMOUNT_OFF_ORDER,
        [ITEM_AMOUNT_UNIT] = WORD_AMOUNT_OFF_UNIT,
        [ITEM_AMOUNT_LINE] = WORD_AMOUNT_OFF_LINE,
        [ITEM_AMOUNT_ONCE] = WORD_AMOUNT_OFF_ONCE,
    };
    if (t->v[TERM_AMOUNT_OFF_PER] != 0) {
        return t->v[TERM_AMOUNT_OFF_PER];
    }
    if (base->stage == PRICE_STAGE_CATALOGUE || base->stage == PRICE_STAGE_ITEM) {
        return words[base->policy->item_amount];
    }
    return base->policy->cart_amount == CART_AMOUNT_PER_UNIT ? WORD_AMOUNT_OFF_SPLIT_UNITS
                                                             : WORD_AMOUNT_OFF_ORDER;
}

static int64_t largest(const benefit_values *t, uint8_t stage)
{
    int64_t amount = t->v[TERM_AMOUNT_OFF_AMOUNT], units = t->v[TERM_COMMON_MAX_UNITS];
    bool item = stage == PRICE_STAGE_CATALOGUE || stage == PRICE_STAGE_ITEM;
    switch (t->v[TERM_AMOUNT_OFF_PER]) {
    case 0: /* a policy may say each unit */
    case WORD_AMOUNT_OFF_UNIT:
    case WORD_AMOUNT_OFF_LINE: /* each has a unit at least */
        if (t->v[TERM_AMOUNT_OFF_PER] == 0 && !item) {
            return amount;
        }
        return units > 0 ? kind_times(amount, units) : -1;
    default:
        return amount;
    }
}

/* Of each line, or of its units. */
static void offer_each(const kind_base *base, int64_t amount_minor, bool unit, kind_offer *out)
{
    for (size_t i = 0; i < base->n; i++) {
        const kind_line *line = &base->lines[i];
        int64_t off = unit ? kind_times(amount_minor, line->units) : amount_minor;
        out->amounts[i] = off < line->price_minor ? off : line->price_minor;
    }
    out->how = KIND_EACH;
}

static void offer_once(const kind_base *base, int64_t amount_minor, kind_offer *out)
{
    kind_offer_units(base, WORD_COMMON_DEAREST, 1, out);
    for (size_t i = 0; i < base->n; i++) {
        if (out->amounts[i] > amount_minor) {
            out->amounts[i] = amount_minor;
        }
    }
}

static void offer(const benefit_values *t, const kind_base *base, kind_offer *out)
{
    int64_t amount = t->v[TERM_AMOUNT_OFF_AMOUNT], of = per(t, base);
    switch (of) {
    case WORD_AMOUNT_OFF_UNIT:
        offer_each(base, amount, true, out);
        return;
    case WORD_AMOUNT_OFF_LINE:
        offer_each(base, amount, false, out);
        return;
    case WORD_AMOUNT_OFF_ONCE:
        offer_once(base, amount, out);
        return;
    default:
        break;
    }
    kind_offer_total(base, amount, out);
    out->by_units = of == WORD_AMOUNT_OFF_SPLIT_UNITS;
    bool equal = of == WORD_AMOUNT_OFF_SPLIT || of == WORD_AMOUNT_OFF_SPLIT_UNITS;
    for (size_t i = 0; i < base->n && equal; i++) { /* weights */
        const kind_line *line = &base->lines[i];
        out->amounts[i] = line->price_minor == 0        ? 0
                          : of == WORD_AMOUNT_OFF_SPLIT ? 1
                                                        : line->units;
    }
}

const price_kind kind_amount_off = {.largest = largest, .offer = offer};

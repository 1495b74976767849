/* amount_off 代金券, 满减: a fixed amount off the order, each unit, each line, each line in equal
 * parts, or one unit. */
#include "domain/price/kind.h"

static int64_t largest(const benefit_values *t)
{
    int64_t amount = t->v[TERM_AMOUNT_OFF_AMOUNT], units = t->v[TERM_COMMON_MAX_UNITS];
    switch (t->v[TERM_AMOUNT_OFF_PER]) {
    case WORD_AMOUNT_OFF_UNIT:
    case WORD_AMOUNT_OFF_LINE: /* each has a unit at least */
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
    int64_t amount = t->v[TERM_AMOUNT_OFF_AMOUNT];
    switch (t->v[TERM_AMOUNT_OFF_PER]) {
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
    for (size_t i = 0; i < base->n && t->v[TERM_AMOUNT_OFF_PER] == WORD_AMOUNT_OFF_SPLIT; i++) {
        out->amounts[i] = base->lines[i].price_minor > 0; /* equal weights */
    }
}

const price_kind kind_amount_off = {.largest = largest, .offer = offer};

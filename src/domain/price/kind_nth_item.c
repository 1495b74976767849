/* nth_item 第 n 件: every n-th unit for less, units counted in an order that the terms name. */
#include "domain/price/kind.h"

static void offer(const benefit_values *t, const kind_base *base, kind_offer *out)
{
    uint16_t order[CART_LINES_MAX];
    int64_t nth = t->v[TERM_NTH_ITEM_NTH], times = t->v[TERM_NTH_ITEM_TIMES];
    int64_t counted = 0, most = 0, hits = 0;
    kind_order(base, t->v[TERM_NTH_ITEM_PICK], order);
    for (size_t i = 0; i < base->n; i++) {
        const kind_line *line = &base->lines[order[i]];
        int64_t until = counted + line->units;
        int64_t here = until / nth - counted / nth;
        here = times > 0 && here > times - hits ? times - hits : here;
        out->units[order[i]] = here;
        out->paid[order[i]] = here * (nth - 1);
        out->amounts[order[i]] = kind_units_minor(line, here);
        hits += here;
        most = until > most ? until : most;
        counted = t->v[TERM_NTH_ITEM_SAME_LINE] != 0 ? 0 : until;
    }
    if (hits == 0) {
        out->reason = S("too_few_units");
        out->missing_units = nth - most;
        return;
    }
    if (t->v[TERM_NTH_ITEM_SAME_LINE] == 0) {
        kind_offer_paid(base, t->v[TERM_NTH_ITEM_PICK], hits * (nth - 1), out);
    }
    out->how = KIND_EACH;
    out->num = t->v[TERM_NTH_ITEM_PERCENT];
    out->den = BENEFIT_PERCENT_ONE;
}

const price_kind kind_nth_item = {.group = KIND_UNITS, .offer = offer};

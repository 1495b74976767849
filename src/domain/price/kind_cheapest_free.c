/* cheapest_free 最便宜的免费: for every so many eligible units, some of the cheapest of all. */
#include "domain/price/kind.h"

static void check(const benefit_values *t, issues *found)
{
    if (t->v[TERM_CHEAPEST_FREE_FREE] >= t->v[TERM_CHEAPEST_FREE_OF]) {
        issues_add(found, S("benefit.free"), S("out_of_range"), "less than of");
    }
}

static void offer(const benefit_values *t, const kind_base *base, kind_offer *out)
{
    int64_t of = t->v[TERM_CHEAPEST_FREE_OF], units = 0;
    for (size_t i = 0; i < base->n; i++) {
        units += base->lines[i].units;
    }
    int64_t sets = kind_at_most(units / of, t->v[TERM_CHEAPEST_FREE_TIMES]);
    if (sets == 0) {
        out->reason = S("too_few_units");
        out->missing_units = of - units;
        return;
    }
    int64_t reduced = sets * t->v[TERM_CHEAPEST_FREE_FREE];
    kind_offer_units(base, WORD_COMMON_CHEAPEST, reduced, out);
    kind_offer_paid(base, WORD_COMMON_CHEAPEST, sets * of - reduced, out);
    out->num = t->v[TERM_CHEAPEST_FREE_PERCENT];
    out->den = BENEFIT_PERCENT_ONE;
}

const price_kind kind_cheapest_free = {.group = KIND_UNITS, .check = check, .offer = offer};

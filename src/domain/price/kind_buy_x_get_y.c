/* buy_x_get_y 买免: of every set of x + y eligible units y are reduced. Sets are counted over all
 * lines or within each; a unit is in one set. */
#include "domain/price/kind.h"

/* Of so many units, how many are reduced. */
static int64_t reduced_of(const benefit_values *t, int64_t units)
{
    int64_t buy = t->v[TERM_BUY_X_GET_Y_BUY], get = t->v[TERM_BUY_X_GET_Y_GET];
    int64_t times = t->v[TERM_BUY_X_GET_Y_TIMES];
    int64_t sets = units / (buy + get);
    int64_t rest = units % (buy + get);
    if (times > 0 && sets >= times) {
        return times * get;
    }
    return sets * get + (t->v[TERM_BUY_X_GET_Y_PARTIAL] != 0 && rest > buy ? rest - buy : 0);
}

static int64_t missing_of(const benefit_values *t, int64_t units)
{
    int64_t buy = t->v[TERM_BUY_X_GET_Y_BUY], get = t->v[TERM_BUY_X_GET_Y_GET];
    return (t->v[TERM_BUY_X_GET_Y_PARTIAL] != 0 ? buy + 1 : buy + get) - units;
}

static void offer_in_lines(const benefit_values *t, const kind_base *base, kind_offer *out)
{
    int64_t most = 0, reduced = 0;
    for (size_t i = 0; i < base->n; i++) {
        const kind_line *line = &base->lines[i];
        out->units[i] = reduced_of(t, line->units);
        out->amounts[i] = kind_units_minor(line, out->units[i]);
        reduced += out->units[i];
        most = line->units > most ? line->units : most;
    }
    out->how = KIND_EACH;
    out->missing_units = reduced == 0 ? missing_of(t, most) : 0;
}

static void offer(const benefit_values *t, const kind_base *base, kind_offer *out)
{
    int64_t units = 0;
    for (size_t i = 0; i < base->n; i++) {
        units += base->lines[i].units;
    }
    if (t->v[TERM_BUY_X_GET_Y_SAME_LINE] != 0) {
        offer_in_lines(t, base, out);
    } else if (reduced_of(t, units) > 0) {
        kind_offer_units(base, t->v[TERM_BUY_X_GET_Y_PICK], reduced_of(t, units), out);
    } else {
        out->missing_units = missing_of(t, units);
    }
    out->num = t->v[TERM_BUY_X_GET_Y_PERCENT];
    out->den = BENEFIT_PERCENT_ONE;
    out->reason = out->missing_units > 0 ? S("too_few_units") : S("");
}

const price_kind kind_buy_x_get_y = {.group = KIND_UNITS, .offer = offer};

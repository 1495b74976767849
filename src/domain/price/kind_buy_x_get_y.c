/* buy_x_get_y 买免: of every set of x + y eligible units y are reduced. Sets are counted over all
 * lines or within each; a unit is in one set. */
#include "domain/price/kind.h"

typedef struct sets {
    int64_t buy, get, times, percent;
    int64_t pick; /* WORD_COMMON_… */
    bool partial, same_line, limited;
} sets;

_Static_assert((int)WORD_BUY_X_GET_Y_CHEAPEST == GOT_UNITS_CHEAPEST + 1 &&
                   (int)WORD_BUY_X_GET_Y_DEAREST == GOT_UNITS_DEAREST + 1 &&
                   (int)WORD_BUY_X_GET_Y_CART_ORDER == GOT_UNITS_CART_ORDER + 1,
               "the policy has the words in their order");

/* What the benefit says, or else the policy. */
static sets sets_of(const benefit_values *t, const price_policy *policy)
{
    int64_t pick = t->v[TERM_BUY_X_GET_Y_PICK], partial = t->v[TERM_BUY_X_GET_Y_PARTIAL];
    return (sets){
        .buy = t->v[TERM_BUY_X_GET_Y_BUY],
        .get = t->v[TERM_BUY_X_GET_Y_GET],
        .times = t->v[TERM_BUY_X_GET_Y_TIMES],
        .percent = t->v[TERM_BUY_X_GET_Y_PERCENT],
        .pick = pick != 0 ? pick : policy->got_units + 1,
        .partial = partial > 1 ? policy->partial_sets == PARTIAL_SETS_REDUCE : partial == 1,
        .same_line = t->v[TERM_BUY_X_GET_Y_SAME_LINE] != 0,
        .limited = policy->more_got == MORE_GOT_LIMIT,
    };
}

/* Of so many units, how many are reduced. */
static int64_t reduced_of(const sets *s, int64_t units)
{
    int64_t full = units / (s->buy + s->get), rest = units % (s->buy + s->get);
    int64_t reduced = full * s->get + (s->partial && rest > s->buy ? rest - s->buy : 0);
    if (s->times > 0 && full >= s->times) {
        reduced = s->times * s->get;
    }
    return s->limited && reduced > units / 2 ? units / 2 : reduced;
}

/* How many had to be paid for them; there are as many. */
static int64_t paid_for(const sets *s, int64_t reduced)
{
    int64_t paid = (reduced + s->get - 1) / s->get * s->buy;
    return s->limited && paid < reduced ? reduced : paid;
}

static int64_t missing_of(const sets *s, int64_t units)
{
    return (s->partial ? s->buy + 1 : s->buy + s->get) - units;
}

static void offer_in_lines(const sets *s, const kind_base *base, kind_offer *out)
{
    int64_t most = 0, reduced = 0;
    for (size_t i = 0; i < base->n; i++) {
        const kind_line *line = &base->lines[i];
        out->units[i] = reduced_of(s, line->units);
        out->paid[i] = paid_for(s, out->units[i]);
        out->amounts[i] = kind_units_minor(line, out->units[i]);
        reduced += out->units[i];
        most = line->units > most ? line->units : most;
    }
    out->how = KIND_EACH;
    out->missing_units = reduced == 0 ? missing_of(s, most) : 0;
}

static void offer(const benefit_values *t, const kind_base *base, kind_offer *out)
{
    sets s = sets_of(t, base->policy);
    int64_t units = 0;
    for (size_t i = 0; i < base->n; i++) {
        units += base->lines[i].units;
    }
    int64_t reduced = reduced_of(&s, units);
    if (s.same_line) {
        offer_in_lines(&s, base, out);
    } else if (reduced > 0) {
        kind_offer_units(base, s.pick, reduced, out);
        kind_offer_paid(base, s.pick, paid_for(&s, reduced), out);
    } else {
        out->missing_units = missing_of(&s, units);
    }
    out->num = s.percent;
    out->den = BENEFIT_PERCENT_ONE;
    out->reason = out->missing_units > 0 ? S("too_few_units") : S("");
}

const price_kind kind_buy_x_get_y = {.group = KIND_UNITS, .offer = offer};

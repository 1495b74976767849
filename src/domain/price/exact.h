/* Running prices without rounding: what ROUND_WHEN asks for beyond each step. Private to
 * domain/price.
 *
 * A run reckons in whole numbers of 1/grain of a minor unit. Its grain is what its prices need to
 * stay exact, and grows only so: an offer that would have to round asks for a finer one, and
 * whoever runs the pass begins it again with that (R_AGAIN). It starts at 1, so the grain is a
 * product of denominators of the percentages that were offered and of quantities of lines of which
 * a part was priced.
 *
 * What is exact: a share of a line or of some of its units, a total, a cap, a floor, a threshold.
 * What is split, is split in whole minor units, as ODD_CENTS says, beside at most one fraction.
 *
 * Bound: subtotal * grain <= FINE_MAX and each amount of a benefit at hand * grain <= FINE_MAX. All
 * figures of a run are then at most 2^62 - 1, a sum of two of them fits int64, a product of two of
 * them twice __int128. A coupon that would need more is refused as too_fine, never rounded. */
#ifndef QUAN_DOMAIN_PRICE_EXACT_H
#define QUAN_DOMAIN_PRICE_EXACT_H

#include "domain/price/allocate.h"
#include "domain/price/run.h"

/* Does the run keep fractions? */
static inline bool exact_is_on(const price_run *run)
{
    return run->policy.round_when != ROUND_WHEN_EACH_STEP;
}

/* The values in the run's grain, until it is asked again; as they are where that is 1. NULL: beyond
 * the bound. */
const benefit_values *exact_values(price_run *run, const price_rule *rule,
                                   const benefit_values *values);

/* By what the grain must be multiplied so that parts of the line are whole: the quotient of its
 * units that does not go into its price. */
int64_t exact_need_of_part(const kind_line *line);
/* So that the offer is whole on each line. A line of which only some units are offered, or of a
 * kind that picks units, counts as one of which parts are priced. Where these are not whole yet, by
 * what they need alone: what is taken of them is known then. */
int64_t exact_need(const kind_base *base, kind_group group, const kind_offer *offer);
/* What the offer is, its amounts too: nothing rounded where the grain is fine enough, else up. */
int64_t exact_total(const kind_base *base, kind_offer *offer);
/* The least common multiple; FINE_MAX when it is beyond that. Both > 0. */
int64_t exact_both(int64_t a, int64_t b);
/* May the grain grow so while this benefit is at hand? */
bool exact_fits(const price_run *run, const price_rule *rule, const benefit_values *values,
                int64_t factor);

/* Each part is its weight, none above its `most`. Gives the sum. */
int64_t exact_take(const split *s, int64_t *parts);
/* As allocate_within, in whole minor units beside one fraction; weights, most, total and parts are
 * in the grain. */
int64_t exact_place(const split *s, int64_t grain, int64_t total, int64_t *parts);

#endif

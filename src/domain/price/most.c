/* What a rule can never exceed in a cart, whatever other coupons do before it: see run.h. */
#include "domain/price/desk.h"

void price_run_covers(const price_run *run, const price_rule *rule, uint64_t *covers)
{
    memset(covers, 0, 2 * RUN_WORDS * sizeof(*covers));
    for (size_t i = 0; i < run->n; i++) {
        const order_line *line = &run->lines[i];
        covers[i / 64] |= (uint64_t)rule_covers(rule, line, run->currency, false) << i % 64;
        covers[RUN_WORDS + i / 64] |= (uint64_t)rule_covers(rule, line, run->currency, true)
                                      << i % 64;
    }
}

/* Are its lines and their units the same whatever other coupons do? */
static bool is_steady(const desk *d, const price_use *use)
{
    const uint64_t *covers = use->covers;
    if (d->values->v[TERM_COMMON_MAX_UNITS] > 0 && desk_which_units(d) != WORD_COMMON_CART_ORDER) {
        return false;
    }
    bool gone = d->kind->group == KIND_UNITS && d->run->policy.units_used != UNITS_USED_SHARED;
    return !gone && !d->run->closing &&
           memcmp(covers, covers + RUN_WORDS, RUN_WORDS * sizeof(*covers)) == 0;
}

/* How far rounding may carry an offer at lower prices above one at these: each line that is reduced
 * in part, or rounded by itself, by 1, and each unit that is. */
static int64_t slack_of(const desk *d, const kind_offer *offer, bool limited)
{
    const price_policy *policy = &d->run->policy;
    bool exact = offer->how == KIND_TOTAL || offer->num == offer->den;
    bool picks = d->kind->group == KIND_UNITS || d->kind->targets != KIND_ELIGIBLE;
    bool parts = picks || limited;
    int64_t slack = 0, units = 0;
    for (size_t i = 0; i < d->base.n; i++) {
        slack += parts && (d->base.lines[i].units > 1 || !exact);
        units += d->base.lines[i].units;
    }
    bool by_unit = !exact && policy->round_level == ROUND_LEVEL_UNIT &&
                   (parts || policy->round_target == ROUND_TARGET_PRICE);
    return by_unit ? slack + units : slack;
}

static int64_t units_of(const desk *d, const kind_offer *offer)
{
    int64_t units = 0;
    for (size_t i = 0; i < d->base.n; i++) {
        units += offer->units[i];
    }
    return units;
}

/* The offer's share of so many of the dearest units, whichever they are then. */
static int64_t dearest_minor(desk *d, const kind_offer *offer, int64_t units)
{
    int64_t sum = 0;
    kind_offer dearest = {.amounts = d->run->amounts, .units = d->run->units};
    kind_offer_units(&d->base, WORD_COMMON_DEAREST, units, &dearest);
    for (size_t i = 0; i < d->base.n; i++) {
        sum += dearest.amounts[i];
    }
    return (int64_t)((__int128)sum * offer->num / offer->den) + 1;
}

static result most_minor(desk *d, const price_use *use, price_most *out)
{
    const int64_t *v = d->values->v;
    bool steady = is_steady(d, use);
    bool limited = v[TERM_COMMON_MAX_UNITS] > 0 || v[TERM_COMMON_MAX_UNITS_PER_LINE] > 0;
    int64_t left = 0;
    desk_make_base(d, use, steady);
    for (size_t i = 0; i < d->base.n; i++) {
        left += d->base.lines[i].left_minor;
    }
    kind_offer offer = desk_offer(d, d->kind->most != NULL ? d->kind->most : d->kind->offer);
    bool picks = d->kind->group == KIND_UNITS || d->kind->targets != KIND_ELIGIBLE;
    bool others = !steady && picks && d->kind->most == NULL;
    if (offer.how == KIND_NOTHING && offer.reason.n == 0 && others) { /* of other units it may */
        out->total_minor = kind_at_most(left, v[TERM_COMMON_CAP]);
    }
    if (offer.how == KIND_NOTHING || offer.adds || d->base.n == 0) {
        return R_DONE;
    }
    int64_t slack = slack_of(d, &offer, limited), units = units_of(d, &offer), total = INT64_MAX;
    if (others) {
        total = dearest_minor(d, &offer, units);
    } else if (!desk_whole_cents(d, &offer, &total)) {
        return R_OVERFLOW;
    }
    if (!steady && v[TERM_COMMON_MAX_UNITS] > 0) {
        int64_t most = dearest_minor(d, &offer, v[TERM_COMMON_MAX_UNITS]);
        total = most < total ? most : total;
    }
    out->total_minor = kind_at_most(total + slack, v[TERM_COMMON_CAP]);
    out->total_minor = out->total_minor < left ? out->total_minor : left;
    if (offer.how == KIND_EACH && d->run->policy.percent_base == PERCENT_BASE_RUNNING &&
        d->run->policy.round_level != ROUND_LEVEL_UNIT) {
        out->share = offer.num * (BENEFIT_PERCENT_ONE / offer.den);
        out->slack_minor = 1 + (int64_t)d->base.n;
    }
    return R_DONE;
}

static void mark(const kind_line *lines, size_t n, uint64_t *set)
{
    for (size_t i = 0; i < n; i++) {
        set[lines[i].line / 64] |= UINT64_C(1) << lines[i].line % 64;
    }
}

result price_run_most(price_run *run, const price_use *use, price_most *out)
{
    const benefit_values *values = rule_values(use->rule, run->currency, use->currency);
    *out = (price_most){.share = BENEFIT_PERCENT_ONE};
    if (values == NULL) {
        return R_DONE;
    }
    desk d = {.run = run, .kind = use->rule->kind, .values = values, .widest = true};
    run->blocked = NULL;
    desk_sort_lines(&d, use);
    out->spend_asked = values->v[TERM_COMMON_MINIMUM_SPEND] > 0;
    mark(run->eligible, d.eligible_n, out->spends);
    if (d.kind->targets == KIND_ELIGIBLE) {
        mark(run->eligible, d.eligible_n, out->lines);
    } else {
        mark(run->targets, d.target_n, out->lines);
    }
    if (run->policy.threshold_base == THRESHOLD_BASE_RUNNING &&
        run->policy.threshold_lines == THRESHOLD_LINES_ELIGIBLE) {
        out->least_minor = values->v[TERM_COMMON_MINIMUM_SPEND];
    }
    return most_minor(&d, use, out);
}

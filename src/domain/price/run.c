/* One coupon on what is left of a cart: who is eligible, is it reached, what does the kind offer,
 * and how much is that in whole cents on each line. Holds no state. */
#include "domain/price/desk.h"

#include "domain/price/allocate.h"
#include "domain/price/exact.h"
#include "domain/price/kept.h"

static bool weighed(const order_line *line)
{
    return (line->marks & LINE_WEIGHED) != 0;
}

result price_run_start(const int64_t *prices, arena *memory, price_run *run)
{
    size_t n = run->n;
    run->memory = memory;
    run->grain = 1;
    if (n > CART_LINES_MAX) {
        return R_INVALID;
    }
    int64_t *numbers = ARENA_ARRAY(memory, int64_t, n * (exact_is_on(run) ? 13 : 11));
    run->list = numbers;
    run->running = numbers + n;
    run->parts = numbers + 2 * n;
    run->amounts = numbers + 3 * n;
    run->units = numbers + 4 * n;
    run->offered = numbers + 5 * n;
    run->most = numbers + 6 * n;
    run->touched = numbers + 7 * n;
    run->gone = numbers + 8 * n;
    run->paid = numbers + 9 * n;
    run->prices = numbers + 10 * n;
    run->reduced = exact_is_on(run) ? numbers + 11 * n : NULL;
    run->rooms = exact_is_on(run) ? numbers + 12 * n : NULL;
    run->eligible = ARENA_ARRAY(memory, kind_line, n * 2);
    run->targets = run->eligible + n;
    run->subtotal_minor = 0;
    for (size_t i = 0; i < n; i++) {
        const order_line *line = &run->lines[i];
        if (line->quantity < 1 || line->quantity > cart_quantity_max(line) ||
            line->unit_minor < 0 || line->unit_minor > MONEY_MAX) {
            return R_INVALID;
        }
        if (prices != NULL) {
            run->list[i] = prices[i];
        } else if (!cart_line_minor(line, line->quantity, &run->list[i])) {
            return R_OVERFLOW;
        }
        if (run->list[i] > MONEY_MAX - run->subtotal_minor) {
            return R_OVERFLOW;
        }
        run->running[i] = run->list[i];
        run->subtotal_minor += run->list[i];
    }
    return R_DONE;
}

/* ---- who is eligible ---- */

static int64_t base_minor(const price_run *run, uint8_t base, size_t i)
{
    return base == PERCENT_BASE_ORIGINAL ? run->list[i] : run->running[i];
}
_Static_assert((int)PERCENT_BASE_ORIGINAL == (int)THRESHOLD_BASE_ORIGINAL, "asked the same way");

static kind_line line_at(const desk *d, size_t i)
{
    const price_run *run = d->run;
    const order_line *line = &run->lines[i];
    int64_t units = weighed(line) ? 1 : line->quantity;
    int64_t kept = kind_times(units, d->values->v[TERM_COMMON_FLOOR]);
    return (kind_line){.line = (uint32_t)i,
                       .units = units,
                       .price_minor = base_minor(run, run->policy.percent_base, i),
                       .left_minor = run->running[i] > kept ? run->running[i] - kept : 0,
                       .sku = line->sku};
}

static bool bit_of(const uint64_t *bits, size_t i)
{
    return (bits[i / 64] >> (i % 64) & 1) != 0;
}

static bool is_blocked(const price_run *run, size_t i)
{
    return run->blocked != NULL && bit_of(run->blocked, i);
}

/* Without the units that are gone: what is left costs its share of the list price, as far as the
 * line still costs that much. False: none is left. */
static bool leave_gone(const desk *d, kind_line *line)
{
    const price_run *run = d->run;
    int64_t gone = run->gone[line->line];
    if (gone == 0 || d->kind->group != KIND_UNITS || run->policy.units_used == UNITS_USED_SHARED) {
        return true;
    }
    kind_line whole = {.units = line->units, .price_minor = run->list[line->line]};
    int64_t units = line->units > gone ? line->units - gone : 0;
    int64_t most = kind_units_minor(&whole, units);
    line->units = units;
    line->price_minor = line->price_minor < most ? line->price_minor : most;
    line->left_minor = line->left_minor < most ? line->left_minor : most;
    return units > 0;
}

static bool covers(const desk *d, const price_use *use, size_t i)
{
    const price_run *run = d->run;
    bool discounted = run->running[i] < run->list[i];
    if (use->covers == NULL) {
        return rule_covers(use->rule, &run->lines[i], run->currency, discounted);
    }
    return bit_of(use->covers + (discounted ? RUN_WORDS : 0), i) ||
           (d->widest && bit_of(use->covers + RUN_WORDS, i));
}

line_place price_run_goods_place(const price_run *run, size_t i)
{
    uint8_t marks = run->lines[i].marks;
    if ((marks & LINE_SHIPPING) != 0 && run->policy.percent_shipping == PERCENT_SHIPPING_WITHOUT) {
        return LINE_PLACE_NONE;
    }
    return (marks & LINE_BARRED) != 0 ? LINE_PLACE_EXCLUDED : LINE_PLACE_ELIGIBLE;
}

static inline line_place place_of(const price_run *run, const price_rule *rule,
                                  const benefit_values *values, size_t i)
{
    const order_line *line = &run->lines[i];
    kind_targets targets = rule->kind->targets;
    bool target = (targets == KIND_SHIPPING && (line->marks & LINE_SHIPPING) != 0) ||
                  (targets == KIND_GIFTS && str_eq(line->sku, values->text));
    return target && (line->marks & LINE_BARRED) == 0 ? LINE_PLACE_TARGET
                                                      : price_run_goods_place(run, i);
}

line_place price_run_place(const price_run *run, const price_rule *rule,
                           const benefit_values *values, size_t i)
{
    return place_of(run, rule, values, i);
}

static void sort_line(desk *d, const price_use *use, size_t i)
{
    price_run *run = d->run;
    line_place place = place_of(run, use->rule, d->values, i);
    if (place == LINE_PLACE_NONE) {
        return;
    }
    int64_t spend = place == LINE_PLACE_TARGET ? 0 : base_minor(run, run->policy.threshold_base, i);
    d->goods_minor += spend;
    if (place == LINE_PLACE_EXCLUDED || (place == LINE_PLACE_ELIGIBLE && !covers(d, use, i))) {
        d->excluded = true;
        return;
    }
    kind_line found = line_at(d, i);
    if (place == LINE_PLACE_TARGET) {
        run->targets[d->target_n++] = found;
        return;
    }
    d->base.spend_minor += spend;
    d->base.units += found.units;
    d->covered = true;
    if (leave_gone(d, &found)) {
        run->eligible[d->eligible_n++] = found;
    }
}

void desk_sort_lines(desk *d, const price_use *use)
{
    for (size_t i = 0; i < d->run->n; i++) {
        if (!is_blocked(d->run, i)) {
            sort_line(d, use, i);
        }
    }
}

/* ---- is it reached ---- */

static void refuse(price_verdict *verdict, str reason)
{
    *verdict = (price_verdict){.result = R_NOT_APPLICABLE, .reason = reason};
}

/* In minor units, rounded up. */
static int64_t minor_of(const price_run *run, int64_t amount)
{
    return run->grain == 1 ? amount : (amount + run->grain - 1) / run->grain;
}

static bool spends_enough(const desk *d, price_verdict *verdict)
{
    int64_t least = d->values->v[TERM_COMMON_MINIMUM_SPEND];
    const price_policy *policy = &d->run->policy;
    int64_t spend =
        policy->threshold_lines == THRESHOLD_LINES_ALL ? d->goods_minor : d->base.spend_minor;
    least += least > 0 && policy->threshold_compare == THRESHOLD_COMPARE_MORE_THAN;
    if (spend >= least) {
        return true;
    }
    refuse(verdict, S("below_threshold"));
    verdict->missing_minor = minor_of(d->run, least - spend);
    return false;
}

/* Conditions see whole minor units: what is beyond them is cut off. */
static const int64_t *prices_shown(const price_run *run, const int64_t *prices)
{
    if (run->grain == 1) {
        return prices;
    }
    for (size_t i = 0; i < run->n; i++) {
        run->offered[i] = prices[i] / run->grain; /* nothing is offered yet */
    }
    return run->offered;
}

/* Asks the conditions about what thresholds are compared with: list prices, or what is left. */
static bool meets_conditions(const desk *d, const price_use *use, price_verdict *verdict)
{
    const price_run *run = d->run;
    uint64_t discounted[CART_LINES_MAX / 64 + 1] = {0};
    uint64_t eligible[CART_LINES_MAX / 64 + 1] = {0};
    bool original = run->policy.threshold_base == THRESHOLD_BASE_ORIGINAL;
    const rule_program *conditions = use->rule->conditions;
    if (conditions == NULL || (use->kept != NULL && !use->kept->asked)) {
        return true;
    }
    for (size_t i = 0; i < run->n; i++) {
        bool less = run->running[i] < run->list[i];
        discounted[i / 64] |= (uint64_t)less << i % 64;
    }
    for (size_t i = 0; i < d->eligible_n; i++) {
        uint32_t line = run->eligible[i].line;
        eligible[line / 64] |= UINT64_C(1) << line % 64;
    }
    const int64_t *prices = prices_shown(run, original ? run->list : run->running);
    rule_facts facts = rule_facts_of(run->cart, prices, discounted, eligible);
    if (use->kept != NULL ? rule_met_again(conditions, &facts, use->kept->met)
                          : rule_met(conditions, &facts)) {
        return true;
    }
    refuse(verdict, S("conditions_not_met"));
    if (run->quiet) {
        return false;
    }
    (void)rule_explain(conditions, &facts, S("conditions"), run->memory, &verdict->why);
    return false;
}

static bool is_reached(const desk *d, const price_use *use, price_verdict *verdict)
{
    int64_t units = d->values->v[TERM_COMMON_MINIMUM_QUANTITY];
    if (!d->covered) {
        refuse(verdict, S("no_eligible_line"));
        return false;
    }
    if (d->eligible_n == 0) {
        refuse(verdict, S("nothing_left"));
        return false;
    }
    if (d->excluded && d->run->policy.excluded_item == EXCLUDED_ITEM_REFUSE) {
        refuse(verdict, S("excluded_item"));
        return false;
    }
    if (!meets_conditions(d, use, verdict) || !spends_enough(d, verdict)) {
        return false;
    }
    if (d->base.units < units) {
        refuse(verdict, S("too_few_units"));
        verdict->missing_units = units - d->base.units;
        return false;
    }
    return true;
}

/* ---- how many units it is good for ---- */

static void keep_units(desk *d, kind_line *line, int64_t units)
{
    if (units > 0 && exact_is_on(d->run)) {
        d->need = exact_both(d->need, exact_need_of_part(line));
    }
    kind_line left = {.units = line->units, .price_minor = line->left_minor};
    line->price_minor = kind_units_minor(line, units);
    line->left_minor = kind_units_minor(&left, units);
    line->units = units;
}

_Static_assert((int)WORD_COMMON_CHEAPEST == LIMITED_UNITS_CHEAPEST + 1 &&
                   (int)WORD_COMMON_DEAREST == LIMITED_UNITS_DEAREST + 1 &&
                   (int)WORD_COMMON_CART_ORDER == LIMITED_UNITS_CART_ORDER + 1,
               "the policy has the words in their order");

int64_t desk_which_units(const desk *d)
{
    int64_t word = d->values->v[TERM_COMMON_UNITS];
    return word != 0 ? word : d->run->policy.limited_units + 1;
}

static void limit_units(desk *d, kind_line *lines)
{
    const int64_t *v = d->values->v;
    int64_t most = v[TERM_COMMON_MAX_UNITS], of_line = v[TERM_COMMON_MAX_UNITS_PER_LINE];
    uint16_t order[CART_LINES_MAX];
    for (size_t i = 0; of_line > 0 && i < d->base.n; i++) {
        if (lines[i].units > of_line) {
            keep_units(d, &lines[i], of_line);
        }
    }
    if (most == 0) {
        return;
    }
    kind_order(&d->base, desk_which_units(d), order);
    for (size_t i = 0; i < d->base.n; i++) {
        kind_line *line = &lines[order[i]];
        int64_t units = line->units < most ? line->units : most;
        if (units < line->units) {
            keep_units(d, line, units);
        }
        most -= units;
    }
    size_t n = 0;
    for (size_t i = 0; i < d->base.n; i++) {
        if (lines[i].units > 0) {
            lines[n++] = lines[i];
        }
    }
    d->base.n = n;
}

void desk_make_base(desk *d, const price_use *use, bool limited)
{
    bool own = d->kind->targets == KIND_ELIGIBLE;
    kind_line *lines = own ? d->run->eligible : d->run->targets;
    d->base.lines = lines;
    d->base.n = own ? d->eligible_n : d->target_n;
    if (limited) {
        limit_units(d, lines);
    }
    for (size_t i = 0; i < d->base.n; i++) {
        d->base.price_minor += lines[i].price_minor;
    }
    d->base.policy = &d->run->policy;
    d->base.stage = use->rule->standing.stage;
    d->base.balance_minor = -1;
    if (use->used_minor > 0) {
        __int128 value = d->values->v[TERM_STORED_VALUE_VALUE];
        __int128 left = value - (__int128)use->used_minor * d->run->grain;
        d->base.balance_minor = left > 0 ? (int64_t)left : 0;
    }
}

kind_offer desk_offer(const desk *d, kind_offer_fn *from)
{
    price_run *run = d->run;
    kind_offer offer = {
        .amounts = run->amounts, .units = run->units, .paid = run->paid, .num = 1, .den = 1};
    for (size_t i = 0; i < d->base.n; i++) {
        run->amounts[i] = 0;
        run->units[i] = d->base.lines[i].units;
        run->paid[i] = 0;
    }
    from(d->values, &d->base, &offer);
    return offer;
}

/* ---- whole cents ---- */

static bool round_share(const price_run *run, const kind_offer *offer, int64_t amount,
                        int64_t units, int64_t *out)
{
    rounding mode = (rounding)run->policy.round_mode;
    if (run->policy.round_target == ROUND_TARGET_DISCOUNT) {
        return money_ratio(amount, offer->num, offer->den * units, mode, out);
    }
    /* The price that is left of a unit is rounded: what is missing to the unit's price comes off.
     * Units of a line may not cost whole cents; what they lack stays with the discount. */
    int64_t left;
    if (!money_ratio(amount, offer->den - offer->num, offer->den * units, mode, &left)) {
        return false;
    }
    *out = amount > left * units ? amount - left * units : 0;
    return true;
}
_Static_assert((int)ROUND_MODE_DOWN == (int)ROUND_DOWN, "policy.def has the order of rounding");

static bool round_units(const price_run *run, const kind_offer *offer, size_t i, int64_t *out)
{
    int64_t units = offer->units[i] > 0 ? offer->units[i] : 1, one;
    if (run->policy.round_target == ROUND_TARGET_PRICE) {
        return round_share(run, offer, offer->amounts[i], units, out);
    }
    return round_share(run, offer, offer->amounts[i], units, &one) && money_mul(one, units, out);
}

bool desk_whole_cents(const desk *d, kind_offer *offer, int64_t *total)
{
    const price_run *run = d->run;
    int64_t sum = 0;
    if (exact_is_on(run)) {
        *total = exact_total(&d->base, offer);
        return true;
    }
    bool exact = offer->how == KIND_TOTAL || offer->num == offer->den;
    for (size_t i = 0; i < d->base.n; i++) {
        if (!exact && run->policy.round_level == ROUND_LEVEL_LINE &&
            !round_share(run, offer, offer->amounts[i], 1, &offer->amounts[i])) {
            return false;
        }
        if (!exact && run->policy.round_level == ROUND_LEVEL_UNIT &&
            !round_units(run, offer, i, &offer->amounts[i])) {
            return false;
        }
        sum += offer->amounts[i];
    }
    *total = offer->how == KIND_TOTAL ? offer->total_minor : sum;
    return exact || run->policy.round_level != ROUND_LEVEL_ORDER ||
           round_share(run, offer, sum, 1, total);
}

/* Cap and bounds, then onto the lines. Gives the discount. */
static int64_t place(desk *d, const kind_offer *offer, int64_t total)
{
    price_run *run = d->run;
    int64_t given = kind_at_most(total, kind_times(d->cap_minor, run->grain));
    int64_t each_adds = (run->grain == 1 ? MONEY_MAX : FINE_MAX) / CART_LINES_MAX;
    for (size_t i = 0; i < d->base.n; i++) {
        run->most[i] = offer->adds ? each_adds : d->base.lines[i].left_minor;
        run->prices[i] = d->base.lines[i].price_minor;
    }
    price_policy policy = run->policy;
    split s = {.weights = offer->amounts,
               .most = run->most,
               .prices = run->prices,
               .units = offer->units,
               .by_units = offer->by_units,
               .n = d->base.n,
               .policy = &policy};
    if (offer->how == KIND_EACH) { /* what one line does not take is not another's */
        policy.floor_excess = FLOOR_EXCESS_CLIP;
        bool of_all = policy.round_level == ROUND_LEVEL_ORDER && given == total;
        s.num = offer->num;
        s.den = of_all ? offer->den : 0;
        for (size_t i = 0; given < total && i < d->base.n; i++) { /* the cap is for the others */
            offer->amounts[i] = run->most[i] == 0 ? 0 : offer->amounts[i];
        }
    }
    bool whole = exact_is_on(run) && offer->how == KIND_EACH && given == total;
    int64_t sum = whole              ? exact_take(&s, run->offered)
                  : exact_is_on(run) ? exact_place(&s, run->grain, given, run->offered)
                                     : allocate_within(&s, given, run->offered);
    run->by_share = whole && offer->den > 1;
    run->cap_minor = d->cap_minor;
    for (size_t i = 0; i < d->base.n; i++) {
        CHECK(run->offered[i] >= 0 && run->offered[i] <= run->most[i]);
        run->parts[d->base.lines[i].line] = run->offered[i];
        if (exact_is_on(run)) {
            run->reduced[d->base.lines[i].line] = run->offered[i] > 0 ? offer->units[i] : 0;
            run->rooms[d->base.lines[i].line] = run->most[i];
        }
        int64_t used = run->offered[i] > 0 ? offer->units[i] : 0;
        used += run->policy.units_used == UNITS_USED_SETS ? offer->paid[i] : 0;
        run->touched[d->base.lines[i].line] = d->kind->group == KIND_UNITS && sum > 0 ? used : 0;
    }
    return sum;
}

static void conclude(const desk *d, const kind_offer *offer, int64_t sum, price_verdict *verdict)
{
    const price_policy *policy = &d->run->policy;
    bool gift = offer->gift_units > 0 && policy->gift_missing == GIFT_MISSING_ADD;
    bool use = sum == 0 && offer->how != KIND_NOTHING && policy->zero_effect == ZERO_EFFECT_USE &&
               offer->gift_units == 0;
    refuse(verdict, offer->reason.n > 0 ? offer->reason : S("nothing_left"));
    verdict->missing_minor = minor_of(d->run, offer->missing_minor);
    verdict->missing_units = offer->missing_units;
    if (sum > 0 || gift || use || offer->hands_over) {
        *verdict = (price_verdict){.result = R_DONE};
        verdict->discount_minor = offer->adds ? 0 : sum;
        verdict->adds_minor = offer->adds ? sum : 0;
    }
    verdict->gift = offer->gift_units > 0 ? offer->gift : S("");
    verdict->gift_units = offer->gift_units;
}

/* ABOVE_FULL: is a percentage more than what is left of a line? Never of the running price. */
static bool is_above_full(const desk *d, const kind_offer *offer)
{
    bool asked = d->run->policy.above_full == ABOVE_FULL_REFUSE && !offer->adds;
    for (size_t i = 0; asked && offer->how == KIND_EACH && offer->den > 1 && i < d->base.n; i++) {
        __int128 share = (__int128)offer->amounts[i] * offer->num;
        if (share > (__int128)d->run->running[d->base.lines[i].line] * offer->den) {
            return true;
        }
    }
    return false;
}

/* Asks for a finer grain, or refuses where there is none. */
static result ask_for_finer(const desk *d, const price_use *use, price_verdict *verdict)
{
    if (!exact_fits(d->run, use->rule, d->values_minor, d->need)) {
        refuse(verdict, S("too_fine"));
        return R_DONE;
    }
    d->run->finer = d->need;
    return R_AGAIN;
}

static result offer_to(desk *d, const price_use *use, price_verdict *verdict)
{
    desk_make_base(d, use, true);
    kind_offer offer = desk_offer(d, d->kind->offer);
    int64_t total = 0, sum = 0;
    if (offer.how != KIND_NOTHING && d->base.n > 0) {
        if (is_above_full(d, &offer)) {
            refuse(verdict, S("above_full"));
            return R_DONE;
        }
        if (exact_is_on(d->run) && d->need == 1) {
            d->need = exact_need(&d->base, d->kind->group, &offer);
        }
        if (d->need > 1) {
            return ask_for_finer(d, use, verdict);
        }
        if (!desk_whole_cents(d, &offer, &total)) {
            return R_OVERFLOW;
        }
        sum = place(d, &offer, total);
    }
    conclude(d, &offer, sum, verdict);
    return R_DONE;
}

static int64_t lower_cap(int64_t a, int64_t b)
{
    return a == 0 || (b > 0 && b < a) ? b : a;
}

/* False: the verdict is given. */
static bool open_desk(desk *d, price_run *run, const price_use *use, price_verdict *verdict)
{
    const benefit_values *minor = rule_values(use->rule, run->currency, use->currency);
    const benefit_values *values = minor == NULL ? NULL : exact_values(run, use->rule, minor);
    if (values == NULL) {
        refuse(verdict, minor == NULL ? S("currency_mismatch") : S("too_fine"));
        return false;
    }
    *d = (desk){.run = run,
                .kind = use->rule->kind,
                .values = values,
                .values_minor = minor,
                .cap_minor = lower_cap(minor->v[TERM_COMMON_CAP], use->most_minor),
                .need = 1};
    desk_sort_lines(d, use);
    return true;
}

result price_run_offer(price_run *run, const price_use *use, price_verdict *verdict)
{
    desk d;
    memset(run->parts, 0, run->n * sizeof(*run->parts));
    memset(run->touched, 0, run->n * sizeof(*run->touched));
    if (exact_is_on(run)) {
        memset(run->reduced, 0, run->n * sizeof(*run->reduced));
        memset(run->rooms, 0, run->n * sizeof(*run->rooms));
        run->by_share = false;
    }
    if (!open_desk(&d, run, use, verdict) || !is_reached(&d, use, verdict)) {
        return R_DONE;
    }
    return offer_to(&d, use, verdict);
}

int64_t price_run_missing(price_run *run, const price_use *use)
{
    desk d;
    price_verdict verdict = {.result = R_DONE};
    const benefit_values *values = rule_values(use->rule, run->currency, use->currency);
    if (values == NULL || values->v[TERM_COMMON_MINIMUM_SPEND] == 0 ||
        !open_desk(&d, run, use, &verdict)) {
        return 0;
    }
    return spends_enough(&d, &verdict) ? 0 : verdict.missing_minor;
}

int64_t price_run_take(price_run *run)
{
    int64_t sum = 0;
    for (size_t i = 0; i < run->n; i++) {
        run->running[i] -= run->parts[i];
        run->gone[i] += run->touched[i];
        run->touched[i] = 0;
        sum += run->parts[i];
    }
    return sum;
}

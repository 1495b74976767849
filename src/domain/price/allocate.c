/* Shares of an amount over lines and over the units of a line: whole cents, sums exact. */
#include "domain/price/allocate.h"

#include "domain/price/price.h"

void allocate(int64_t total_minor, const int64_t *weights, size_t n, int64_t *parts)
{
    CHECK(total_minor >= 0 && n >= 1 && n <= CART_LINES_MAX);
    bool done = money_split(total_minor, weights, n, parts);
    CHECK(done);
}

static int64_t sum_of(const int64_t *values, size_t n)
{
    int64_t sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += values[i];
    }
    return sum;
}

/* ---- shares, each by itself ---- */

/* What is split, and by what: the total by the weights, or a share of each weight. */
typedef struct task {
    const split *s;
    int64_t total, all; /* all: the sum of weights, > 0 */
    int64_t *parts;
} task;

typedef enum cut_how { CUT_DOWN, CUT_HALF_DOWN, CUT_HALF_UP } cut_how;

static int64_t ratio(__int128 num, __int128 den, cut_how how)
{
    if (how == CUT_DOWN) {
        return (int64_t)(num / den);
    }
    return (int64_t)((2 * num + den - (how == CUT_HALF_DOWN)) / (2 * den));
}

static int64_t share_of(const task *t, size_t i, cut_how how)
{
    const split *s = t->s;
    bool exact = s->den > 0 && s->policy->share == SHARE_EXACT;
    if (s->by_units && s->policy->odd_cents == ODD_CENTS_UNITS) { /* the same for each unit */
        return t->total / t->all * s->weights[i];
    }
    return exact ? ratio((__int128)s->weights[i] * s->num, s->den, how)
                 : ratio((__int128)s->weights[i] * t->total, t->all, how);
}

/* Every part gets its share; gives what is left of the total, or is missing (< 0). */
static int64_t take_shares(const task *t, cut_how how)
{
    int64_t left = t->total;
    for (size_t i = 0; i < t->s->n; i++) {
        t->parts[i] = share_of(t, i, how);
        left -= t->parts[i];
    }
    return left;
}

/* As take_shares, but no part gets more than is left. Gives what is left. */
static int64_t take_while_left(const task *t, cut_how how)
{
    int64_t left = t->total;
    for (size_t i = 0; i < t->s->n; i++) {
        int64_t share = share_of(t, i, how);
        t->parts[i] = share < left ? share : left;
        left -= t->parts[i];
    }
    return left;
}

/* ---- odd cents ---- */

static int64_t price_of(const split *s, size_t i)
{
    return s->prices == NULL ? s->weights[i] : s->prices[i];
}

/* The index of the dearest that has not been given one yet; ties to the earlier. */
static size_t dearest(const split *s, const bool *given)
{
    size_t best = s->n;
    for (size_t i = 0; i < s->n; i++) {
        if (!given[i] && (best == s->n || price_of(s, i) > price_of(s, best))) {
            best = i;
        }
    }
    return best;
}

static int64_t units_of(const split *s, size_t i)
{
    return s->units == NULL || s->units[i] == 0 ? 1 : s->units[i];
}

/* One each, or one to each of its units, as far as there is room: from the first on, or from the
 * dearest. */
static void give_ones(const task *t, int64_t left)
{
    const split *s = t->s;
    uint8_t how = s->policy->odd_cents;
    bool by_price = how == ODD_CENTS_DEAREST || how == ODD_CENTS_UNITS;
    bool given[CART_LINES_MAX] = {false};
    for (size_t i = 0; left > 0 && i < s->n; i++) {
        size_t to = by_price ? dearest(s, given) : i;
        int64_t room = s->weights[to] == 0 ? 0 : s->most[to] - t->parts[to];
        int64_t most = how == ODD_CENTS_UNITS ? units_of(s, to) : 1;
        int64_t here = room < most ? room : most;
        here = here < left ? here : left;
        given[to] = true;
        if (here > 0) {
            t->parts[to] += here;
            left -= here;
        }
    }
    t->parts[0] += left > 0 ? left : 0; /* no room anywhere: cut off afterwards */
}

static void take_ones(const task *t, int64_t excess)
{
    for (size_t i = 0; excess > 0 && i < t->s->n; i++) {
        if (t->parts[i] > 0) {
            t->parts[i]--;
            excess--;
        }
    }
}

static void give_to_end(const task *t, int64_t left)
{
    const split *s = t->s;
    bool last = s->policy->odd_cents == ODD_CENTS_LAST;
    for (size_t k = 0; left > 0 && k < s->n; k++) {
        size_t i = last ? s->n - 1 - k : k;
        int64_t room = s->most[i] - t->parts[i];
        int64_t here = room > left ? left : room;
        if (here > 0) {
            t->parts[i] += here;
            left -= here;
        }
    }
    t->parts[last ? s->n - 1 : 0] += left; /* no room anywhere: cut off afterwards */
}

static void give_to_dearest_unit(const task *t, int64_t left)
{
    const split *s = t->s;
    size_t best = s->n;
    for (size_t i = 0; i < s->n; i++) {
        if (s->weights[i] > 0 &&
            (best == s->n || (__int128)price_of(s, i) * units_of(s, best) >=
                                 (__int128)price_of(s, best) * units_of(s, i))) {
            best = i;
        }
    }
    t->parts[best] += left; /* some weight is not 0 */
}

static void give_to_last(const task *t, int64_t left)
{
    size_t i = t->s->n - 1;
    while (t->s->weights[i] == 0) { /* some weight is not */
        i--;
    }
    t->parts[i] += left;
}

/* ---- whole splits ---- */

static void split_later(const task *t)
{
    size_t n = t->s->n;
    int64_t weights[CART_LINES_MAX], parts[CART_LINES_MAX];
    CHECK(n >= 1);
    for (size_t i = 0; i < n; i++) {
        weights[i] = t->s->weights[n - 1 - i];
    }
    allocate(t->total, weights, n, parts);
    for (size_t i = 0; i < n; i++) {
        t->parts[i] = parts[n - 1 - i];
    }
}

static void split_in_turn(const task *t)
{
    int64_t left = t->total, weight = t->all;
    for (size_t i = 0; i < t->s->n; i++) {
        int64_t own = t->s->weights[i];
        t->parts[i] = weight == 0 ? 0 : ratio((__int128)left * own, weight, CUT_HALF_UP);
        left -= t->parts[i];
        weight -= own;
    }
}

static void split_backwards(const task *t)
{
    int64_t left = t->total, weight = t->all;
    for (size_t i = t->s->n; i-- > 0;) {
        int64_t own = t->s->weights[i];
        t->parts[i] = weight == 0 ? 0 : ratio((__int128)left * own, weight, CUT_DOWN);
        left -= t->parts[i];
        weight -= own;
    }
}

static void split_carried(const task *t)
{
    int64_t weight = 0, before = 0;
    for (size_t i = 0; i < t->s->n; i++) {
        weight += t->s->weights[i];
        int64_t upto = ratio((__int128)t->total * weight, t->all, CUT_HALF_UP);
        t->parts[i] = upto - before;
        before = upto;
    }
}

static void split_rounded(const task *t)
{
    int64_t left = take_shares(t, CUT_HALF_DOWN);
    give_ones(t, left);
    take_ones(t, -left);
}

/* The same for each unit, for as many rounds as that is whole; cents are of the last. */
static void split_units(const task *t)
{
    const split *s = t->s;
    int64_t left = take_while_left(t, CUT_DOWN);
    bool last = t->total < t->all || s->policy->floor_excess == FLOOR_EXCESS_CLIP;
    if (!s->by_units || last) {
        give_ones(t, left);
    }
}

/* The parts without regard to `most`, except where a rule looks for room. Some weight is > 0. */
static void split_once(const split *s, int64_t total, int64_t *parts)
{
    task t = {s, total, sum_of(s->weights, s->n), parts};
    switch (s->policy->odd_cents) {
    case ODD_CENTS_LARGEST_REMAINDER:
        allocate(total, s->weights, s->n, parts);
        return;
    case ODD_CENTS_LATER_REMAINDER:
        split_later(&t);
        return;
    case ODD_CENTS_STEPWISE:
        split_in_turn(&t);
        return;
    case ODD_CENTS_BACKWARDS:
        split_backwards(&t);
        return;
    case ODD_CENTS_CARRIED:
        split_carried(&t);
        return;
    case ODD_CENTS_ROUNDED:
        split_rounded(&t);
        return;
    case ODD_CENTS_ROUNDED_WHILE_LEFT:
        give_ones(&t, take_while_left(&t, CUT_HALF_DOWN));
        return;
    case ODD_CENTS_ROUNDED_LAST:
        give_to_last(&t, take_while_left(&t, CUT_HALF_UP));
        return;
    case ODD_CENTS_UNITS:
        split_units(&t);
        return;
    case ODD_CENTS_DEAREST_UNIT:
        give_to_dearest_unit(&t, take_while_left(&t, CUT_DOWN));
        return;
    case ODD_CENTS_FIRST:
    case ODD_CENTS_LAST:
        give_to_end(&t, take_while_left(&t, CUT_DOWN));
        return;
    default:
        give_ones(&t, take_while_left(&t, CUT_DOWN));
        return;
    }
}

/* What is above `most` is cut off. */
static void cut(const split *s, int64_t *parts)
{
    for (size_t i = 0; i < s->n; i++) {
        parts[i] = parts[i] < s->most[i] ? parts[i] : s->most[i];
    }
}

/* Weights of the parts that have room; where these are all 0, equal ones. */
static bool room_left(const split *s, const int64_t *parts, int64_t *weights)
{
    int64_t weight = 0, room = 0;
    for (size_t i = 0; i < s->n; i++) {
        weights[i] = parts[i] < s->most[i] ? s->weights[i] : 0;
        weight += weights[i];
        room += s->most[i] - parts[i];
    }
    for (size_t i = 0; weight == 0 && i < s->n; i++) {
        weights[i] = parts[i] < s->most[i];
    }
    return room > 0;
}

/* What is cut off is not given: so no weight counts for less because its part has no room. */
static int64_t clip_within(const split *s, int64_t total, int64_t *parts)
{
    int64_t equal[CART_LINES_MAX];
    split all = *s;
    if (sum_of(s->weights, s->n) == 0 && room_left(s, parts, equal)) {
        all.weights = equal;
    }
    split_once(&all, total, parts);
    cut(s, parts);
    return sum_of(parts, s->n);
}

int64_t allocate_within(const split *s, int64_t total_minor, int64_t *parts)
{
    int64_t weights[CART_LINES_MAX], more[CART_LINES_MAX], most[CART_LINES_MAX];
    int64_t room = sum_of(s->most, s->n);
    memset(parts, 0, s->n * sizeof(*parts));
    if (total_minor <= 0 || room == 0) {
        return 0;
    }
    if (s->policy->floor_excess == FLOOR_EXCESS_CLIP) {
        return clip_within(s, total_minor, parts);
    }
    /* Every round but the last two fills a part: at most n + 2 of them. */
    int64_t total = total_minor < room ? total_minor : room, excess = total;
    while (excess > 0 && room_left(s, parts, weights)) {
        split rest = *s;
        rest.weights = weights;
        rest.most = most;
        rest.den = 0;
        for (size_t i = 0; i < s->n; i++) {
            most[i] = s->most[i] - parts[i];
        }
        split_once(&rest, excess, more);
        for (size_t i = 0; i < s->n; i++) {
            parts[i] += more[i];
        }
        cut(s, parts);
        excess = total - sum_of(parts, s->n);
    }
    return total - excess;
}

/* Of the first `units` units: equal parts in closed form, since a line may have more units than
 * money_split takes. */
static int64_t share_of_first(const price_units *of, int64_t units)
{
    int64_t left_over = of->total_minor % of->quantity;
    int64_t equal = of->quantity - left_over; /* units without an odd one, when those come first */
    int64_t odd = units < left_over ? units : left_over;
    if (of->odd_units == ODD_UNITS_LAST) {
        odd = units > equal ? units - equal : 0;
    }
    return of->total_minor / of->quantity * units + odd;
}

int64_t price_unit_share(const price_units *of, int64_t first, int64_t count)
{
    CHECK(of->total_minor >= 0 && of->quantity >= 1);
    CHECK(first >= 0 && count >= 0 && first <= of->quantity && count <= of->quantity - first);
    return share_of_first(of, first + count) - share_of_first(of, first);
}

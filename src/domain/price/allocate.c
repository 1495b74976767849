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

/* The index of the heaviest that has not been given one yet; ties to the earlier. */
static size_t heaviest(const int64_t *weights, const bool *given, size_t n)
{
    size_t best = n;
    for (size_t i = 0; i < n; i++) {
        if (!given[i] && (best == n || weights[i] > weights[best])) {
            best = i;
        }
    }
    return best;
}

/* One each, at most n - 1 of them. */
static void give_ones(const split *s, const int64_t *weights, int64_t left, int64_t *parts)
{
    bool given[CART_LINES_MAX] = {false};
    for (size_t i = 0; left > 0 && i < s->n; i++) {
        size_t to = s->policy->odd_cents == ODD_CENTS_DEAREST ? heaviest(weights, given, s->n) : i;
        given[to] = true;
        if (weights[to] > 0) {
            parts[to]++;
            left--;
        }
    }
}

static void give_to_end(const split *s, int64_t left, int64_t *parts)
{
    bool last = s->policy->odd_cents == ODD_CENTS_LAST;
    for (size_t k = 0; left > 0 && k < s->n; k++) {
        size_t i = last ? s->n - 1 - k : k;
        int64_t room = s->most[i] - parts[i];
        int64_t here = room > left ? left : room;
        if (here > 0) {
            parts[i] += here;
            left -= here;
        }
    }
    parts[last ? s->n - 1 : 0] += left; /* no room anywhere: cut off afterwards */
}

static int64_t half_up(__int128 num, __int128 den)
{
    return (int64_t)((2 * num + den) / (2 * den));
}

static void split_in_turn(int64_t total, const int64_t *weights, size_t n, int64_t *parts)
{
    int64_t left = total, weight = sum_of(weights, n);
    for (size_t i = 0; i < n; i++) {
        parts[i] = weight == 0 ? 0 : half_up((__int128)left * weights[i], weight);
        left -= parts[i];
        weight -= weights[i];
    }
}

static void split_carried(int64_t total, const int64_t *weights, size_t n, int64_t *parts)
{
    int64_t all = sum_of(weights, n), weight = 0, before = 0;
    for (size_t i = 0; i < n; i++) {
        weight += weights[i];
        int64_t upto = half_up((__int128)total * weight, all);
        parts[i] = upto - before;
        before = upto;
    }
}

/* The parts without regard to `most`, except where a rule looks for room. Some weight is > 0. */
static void split_once(const split *s, int64_t total, const int64_t *weights, int64_t *parts)
{
    switch (s->policy->odd_cents) {
    case ODD_CENTS_LARGEST_REMAINDER:
        allocate(total, weights, s->n, parts);
        return;
    case ODD_CENTS_STEPWISE:
        split_in_turn(total, weights, s->n, parts);
        return;
    case ODD_CENTS_CARRIED:
        split_carried(total, weights, s->n, parts);
        return;
    default:
        break;
    }
    int64_t all = sum_of(weights, s->n), left = total;
    for (size_t i = 0; i < s->n; i++) {
        parts[i] = (int64_t)((__int128)total * weights[i] / all);
        left -= parts[i];
    }
    bool to_end = s->policy->odd_cents == ODD_CENTS_FIRST || s->policy->odd_cents == ODD_CENTS_LAST;
    if (to_end) {
        give_to_end(s, left, parts);
    } else {
        give_ones(s, weights, left, parts);
    }
}

/* What is above `most` is cut off; gives how much. */
static int64_t cut(const split *s, int64_t *parts)
{
    int64_t excess = 0;
    for (size_t i = 0; i < s->n; i++) {
        if (parts[i] > s->most[i]) {
            excess += parts[i] - s->most[i];
            parts[i] = s->most[i];
        }
    }
    return excess;
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

int64_t allocate_within(const split *s, int64_t total_minor, int64_t *parts)
{
    int64_t weights[CART_LINES_MAX], more[CART_LINES_MAX], most[CART_LINES_MAX];
    int64_t room = sum_of(s->most, s->n);
    if (total_minor > room) {
        total_minor = room;
    }
    memset(parts, 0, s->n * sizeof(*parts));
    if (total_minor <= 0 || !room_left(s, parts, weights)) {
        return 0;
    }
    split_once(s, total_minor, weights, parts);
    int64_t excess = cut(s, parts);
    /* Every round but the last fills a part: at most n of them. */
    while (excess > 0 && s->policy->floor_excess == FLOOR_EXCESS_REDISTRIBUTE &&
           room_left(s, parts, weights)) {
        split rest = {weights, most, s->n, s->policy};
        for (size_t i = 0; i < s->n; i++) {
            most[i] = s->most[i] - parts[i];
        }
        split_once(&rest, excess, weights, more);
        for (size_t i = 0; i < s->n; i++) {
            parts[i] += more[i];
        }
        excess = cut(s, parts);
    }
    return sum_of(parts, s->n);
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

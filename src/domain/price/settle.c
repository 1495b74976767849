/* See settle.h. Holds no state. */
#include "domain/price/settle.h"

#include "domain/price/allocate.h"

typedef struct till {
    const price_run *run;
    settle_coupon *coupons;
    size_t n;        /* coupons */
    int64_t *left;   /* [lines]: exact prices before the coupon at hand, in the grain */
    int64_t *told;   /* [lines]: whole minor units that those before it gave */
    int64_t *shares; /* [lines]: of the coupon at hand */
    int64_t *most;   /* [lines] */
    int64_t *exact;  /* [n][lines]: the parts as they came */
} till;

static int64_t sum_of(const int64_t *values, size_t n)
{
    int64_t sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += values[i];
    }
    return sum;
}

/* amount / (grain * units), rounded as the policy says. */
static int64_t rounded(const price_run *run, int64_t amount, int64_t units)
{
    int64_t out = 0;
    __int128 den = (__int128)run->grain * units;
    if (den > INT64_MAX) {
        return 0; /* amount <= FINE_MAX is less than its half */
    }
    bool fits = money_ratio(amount, 1, (int64_t)den, (rounding)run->policy.round_mode, &out);
    CHECK(fits); /* it is at most the amount */
    return out;
}

/* Splits over the lines that the coupon reduces, as far as these have room. Gives the sum. */
static int64_t give(till *t, settle_coupon *c, const int64_t *weights, int64_t total, bool clip)
{
    const price_run *run = t->run;
    price_policy policy = run->policy;
    policy.floor_excess = clip ? FLOOR_EXCESS_CLIP : FLOOR_EXCESS_REDISTRIBUTE;
    for (size_t i = 0; i < run->n; i++) {
        int64_t kept = (t->left[i] - c->rooms[i]) / run->grain; /* by a floor, or other units */
        int64_t room = run->list[i] / run->grain - t->told[i] - kept;
        room = c->adds ? MONEY_MAX / CART_LINES_MAX : room;
        t->most[i] = weights[i] > 0 && room > 0 ? room : 0;
    }
    split s = {
        .weights = weights, .most = t->most, .units = c->reduced, .n = run->n, .policy = &policy};
    total = allocate_within(&s, total, t->shares);
    memcpy(c->parts, t->shares, run->n * sizeof(*c->parts));
    for (size_t i = 0; i < run->n && !c->adds; i++) {
        t->told[i] += c->parts[i];
    }
    return total;
}

/* ---- AT_END ---- */

/* What the coupon gives a line, rounded by itself. */
static int64_t share_of_line(const till *t, const settle_coupon *c, size_t i)
{
    const price_run *run = t->run;
    const order_line *line = &run->lines[i];
    bool unit = run->policy.round_level == ROUND_LEVEL_UNIT;
    if (c->parts[i] == 0) {
        return 0;
    }
    if (run->policy.round_target == ROUND_TARGET_DISCOUNT || c->adds) {
        int64_t units = unit && c->reduced[i] > 0 ? c->reduced[i] : 1;
        return rounded(run, c->parts[i], units) * units;
    }
    int64_t units = unit && (line->marks & LINE_WEIGHED) == 0 ? line->quantity : 1;
    int64_t before = rounded(run, t->left[i], units);
    return (before - rounded(run, t->left[i] - c->parts[i], units)) * units;
}

static void settle_by_line(till *t, settle_coupon *c)
{
    int64_t shares[CART_LINES_MAX];
    for (size_t i = 0; i < t->run->n; i++) {
        shares[i] = share_of_line(t, c, i);
    }
    int64_t total = sum_of(shares, t->run->n);
    total = kind_at_most(total, c->cap_minor);
    (void)give(t, c, shares, total, true);
}

static void settle_together(till *t, settle_coupon *c)
{
    const price_run *run = t->run;
    int64_t sum = sum_of(c->parts, run->n), total = rounded(run, sum, 1);
    if (run->policy.round_target == ROUND_TARGET_PRICE && !c->adds && sum % run->grain != 0) {
        int64_t before = sum_of(t->left, run->n);
        total = rounded(run, before, 1) - rounded(run, before - sum, 1);
    }
    memcpy(t->exact, c->parts, run->n * sizeof(*c->parts));
    (void)give(t, c, t->exact, total, false);
}

/* The exact parts of a coupon are gone for the next. */
static void pass_on(till *t, const settle_coupon *c, const int64_t *parts)
{
    for (size_t i = 0; i < t->run->n && !c->adds; i++) {
        t->left[i] -= parts[i];
    }
}

static void settle_at_end(till *t, settle_coupon *c)
{
    int64_t before[CART_LINES_MAX];
    memcpy(before, c->parts, t->run->n * sizeof(*before));
    if (c->by_share && t->run->policy.round_level != ROUND_LEVEL_ORDER) {
        settle_by_line(t, c);
    } else {
        settle_together(t, c);
    }
    pass_on(t, c, before);
}

/* ---- EXACT ---- */

/* Each exact share rounded down or up: a cell a coupon and line. */
typedef struct grid {
    const till *t;
    bool *up;      /* [n][lines] */
    int64_t *room; /* [lines]: cells that may still be up */
} grid;

static bool may_be_up(const grid *g, size_t c, size_t line)
{
    size_t lines = g->t->run->n;
    return !g->t->coupons[c].adds && g->t->exact[c * lines + line] % g->t->run->grain != 0;
}

/* One more cell up for a coupon, others making room by changing theirs, which leaves their sums as
 * they are: the shortest way over coupons and lines to a line with room. */
static bool lift(grid *g, size_t start)
{
    size_t lines = g->t->run->n, queue[PRICE_COUPONS_MAX] = {start}, ends = 1;
    size_t from[CART_LINES_MAX];     /* the coupon that asks for a cell of the line */
    size_t gives[PRICE_COUPONS_MAX]; /* the line whose cell this coupon gives up for it */
    bool seen[CART_LINES_MAX] = {false}, asked[PRICE_COUPONS_MAX] = {false};
    asked[start] = true;
    for (size_t at = 0; at < ends; at++) {
        size_t c = queue[at];
        for (size_t i = 0; i < lines; i++) {
            if (seen[i] || g->up[c * lines + i] || !may_be_up(g, c, i)) {
                continue;
            }
            seen[i] = true;
            from[i] = c;
            if (g->room[i] > 0) {
                g->room[i]--;
                for (size_t line = i;; line = gives[c]) {
                    c = from[line];
                    g->up[c * lines + line] = true;
                    if (c == start) {
                        return true;
                    }
                    g->up[c * lines + gives[c]] = false;
                }
            }
            for (size_t k = 0; k < g->t->n; k++) {
                if (!asked[k] && g->up[k * lines + i]) {
                    asked[k] = true;
                    gives[k] = i;
                    queue[ends++] = k;
                }
            }
        }
    }
    return false;
}

static int64_t exact_sum(const till *t, size_t c)
{
    return sum_of(t->exact + c * t->run->n, t->run->n);
}

/* The coupon with the largest remainder that has not been taken yet; n: none is left. */
static size_t next_remainder(const till *t, const bool *taken)
{
    size_t best = t->n;
    for (size_t c = 0; c < t->n; c++) {
        int64_t rest = t->coupons[c].adds ? 0 : exact_sum(t, c) % t->run->grain;
        if (!taken[c] && rest > 0 && (best == t->n || rest > exact_sum(t, best) % t->run->grain)) {
            best = c;
        }
    }
    return best;
}

static void settle_cells(till *t, int64_t total)
{
    size_t lines = t->run->n;
    int64_t grain = t->run->grain, sum = 0;
    grid g = {.t = t,
              .up = ARENA_ARRAY(t->run->memory, bool, t->n *lines),
              .room = ARENA_ARRAY(t->run->memory, int64_t, lines)};
    for (size_t i = 0; i < lines; i++) {
        int64_t exact = 0, floors = 0;
        for (size_t c = 0; c < t->n; c++) {
            int64_t cell = t->coupons[c].adds ? 0 : t->exact[c * lines + i];
            exact += cell;
            floors += cell / grain;
        }
        g.room[i] = exact / grain + (exact % grain != 0) - floors;
        sum += floors;
    }
    bool taken[PRICE_COUPONS_MAX] = {false};
    for (size_t c = 0; c < t->n; c++) {
        int64_t lack = exact_sum(t, c) / grain;
        for (size_t i = 0; i < lines; i++) {
            lack -= t->exact[c * lines + i] / grain;
        }
        for (; lack > 0 && !t->coupons[c].adds && lift(&g, c); lack--) {
            sum++;
        }
    }
    for (size_t c; sum < total && (c = next_remainder(t, taken)) < t->n;) {
        taken[c] = true;
        sum += lift(&g, c);
    }
    for (size_t c = 0; c < t->n; c++) {
        for (size_t i = 0; i < lines && !t->coupons[c].adds; i++) {
            t->coupons[c].parts[i] = t->exact[c * lines + i] / grain + g.up[c * lines + i];
        }
    }
}

/* What all give together, rounded once. */
static int64_t rounded_total(const till *t)
{
    const price_run *run = t->run;
    int64_t sum = 0;
    for (size_t c = 0; c < t->n; c++) {
        sum += t->coupons[c].adds ? 0 : exact_sum(t, c);
    }
    if (run->policy.round_target == ROUND_TARGET_DISCOUNT) {
        return rounded(run, sum, 1);
    }
    return run->subtotal_minor - rounded(run, sum_of(run->list, run->n) - sum, 1);
}

static void settle_exact(till *t)
{
    size_t lines = t->run->n;
    int64_t grain = t->run->grain, totals[PRICE_COUPONS_MAX];
    int64_t total, left, given = 0;
    bool taken[PRICE_COUPONS_MAX] = {false};
    for (size_t c = 0; c < t->n; c++) {
        memcpy(t->exact + c * lines, t->coupons[c].parts, lines * sizeof(*t->exact));
    }
    total = left = rounded_total(t);
    for (size_t c = 0; c < t->n; c++) {
        bool adds = t->coupons[c].adds;
        totals[c] = adds ? rounded(t->run, exact_sum(t, c), 1) : exact_sum(t, c) / grain;
        left -= adds ? 0 : totals[c];
    }
    for (size_t c; left > 0 && (c = next_remainder(t, taken)) < t->n; left--) {
        taken[c] = true;
        totals[c]++;
    }
    for (size_t c = 0; c < t->n; c++) {
        int64_t sum = give(t, &t->coupons[c], t->exact + c * lines, totals[c], false);
        given += t->coupons[c].adds ? 0 : sum;
        pass_on(t, &t->coupons[c], t->exact + c * lines);
    }
    if (given < total) {
        settle_cells(t, total);
    }
}

void settle_keep(const price_run *run, bool adds, settle_coupon *out)
{
    size_t n = run->n, size = n * sizeof(int64_t);
    if (out->parts == NULL) {
        out->parts = ARENA_ARRAY(run->memory, int64_t, 3 * n);
        out->reduced = out->parts + n;
        out->rooms = out->parts + 2 * n;
    }
    memcpy(out->parts, run->parts, size);
    memcpy(out->reduced, run->reduced, size);
    memcpy(out->rooms, run->rooms, size);
    out->cap_minor = run->cap_minor;
    out->by_share = run->by_share;
    out->adds = adds;
}

void price_settle(const price_run *run, settle_coupon *coupons, size_t n, int64_t *numbers)
{
    size_t lines = run->n;
    till t = {.run = run,
              .coupons = coupons,
              .n = n,
              .left = numbers,
              .told = numbers + lines,
              .shares = numbers + 2 * lines,
              .most = numbers + 3 * lines,
              .exact = numbers + SETTLE_PLACES * lines};
    memset(t.told, 0, lines * sizeof(*t.told));
    memcpy(t.left, run->list, lines * sizeof(*t.left));
    if (run->policy.round_when == ROUND_WHEN_EXACT) {
        settle_exact(&t);
    }
    for (size_t c = 0; c < n; c++) {
        if (run->policy.round_when == ROUND_WHEN_AT_END) {
            settle_at_end(&t, &coupons[c]);
        }
        coupons[c].sum_minor = sum_of(coupons[c].parts, lines);
    }
}

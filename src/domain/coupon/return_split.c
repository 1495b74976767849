/* See return_split.h. All sums stay below MONEY_MAX: they are parts of an order's discount. */
#include "domain/coupon/return_split.h"

#include "domain/price/fund.h"

typedef struct split_desk {
    const redemption *order;
    const uint8_t *refund_rules;
    arena *memory;
    size_t n, lines;
    int64_t *kept_of; /* [applied][lines] frozen discount of what is still with the customer */
    int64_t *kept;    /* [applied] the sums of that */
} split_desk;

/* Of some who gave: what should come back to each now, and what would be left to come back then. */
typedef struct split_claims {
    const int64_t *wanted, *left;
    size_t n;
} split_claims;

static int64_t sum(const int64_t *parts, size_t n)
{
    int64_t s = 0;
    for (size_t i = 0; i < n; i++)
        s += parts[i];
    return s;
}

/* Adds n parts of total (<= the sum of weights) to out. */
static result add_parts(int64_t total, const int64_t *weights, size_t n, int64_t *out)
{
    int64_t parts[ORDER_APPLIED_MAX];
    if (total == 0)
        return R_DONE;
    if (total > sum(weights, n) || !money_split(total, weights, n, parts))
        return R_CORRUPT;
    for (size_t i = 0; i < n; i++)
        out[i] += parts[i];
    return R_DONE;
}

/* What comes back, to those who want it; beyond that, by what is left. out: zeros. */
static result settle(const split_claims *c, int64_t total, int64_t *out)
{
    int64_t all = sum(c->wanted, c->n);
    if (all >= total)
        return add_parts(total, c->wanted, c->n, out);
    result r = add_parts(all, c->wanted, c->n, out);
    return r == R_DONE ? add_parts(total - all, c->left, c->n, out) : r;
}

/* The frozen discount of the units that stay out, by coupon and line. */
static result find_kept(split_desk *d, const return_plan *plan)
{
    redemption after = *d->order;
    return_line *rest = ARENA_ARRAY(d->memory, return_line, d->order->lines.n);
    size_t n = 0;
    after.lines.items = ARENA_ARRAY(d->memory, order_line, d->order->lines.n);
    for (size_t i = 0; i < after.lines.n; i++)
        after.lines.items[i] = d->order->lines.items[i];
    for (size_t i = 0; i < plan->n; i++) {
        after.lines.items[plan->now[i].line].returned += plan->now[i].quantity;
        after.lines.items[plan->now[i].line].refunded_minor += plan->now[i].refund_minor;
    }
    for (size_t i = 0; i < after.lines.n; i++) {
        const order_line *line = &after.lines.items[i];
        if (line->quantity > line->returned)
            rest[n++] =
                (return_line){.line = (uint16_t)i, .quantity = line->quantity - line->returned};
    }
    if (n == 0)
        return R_DONE;
    return_plan all = *plan;
    all.redemption = &after;
    all.now = rest;
    all.n = n;
    result r = price_return_discounts(&all, d->memory, d->kept_of);
    for (size_t i = 0; i < d->n && r == R_DONE; i++)
        d->kept[i] = sum(d->kept_of + i * d->lines, d->lines);
    return r;
}

/* What a refund rule took beyond the frozen discounts: from those that have such a rule, else
 * all. */
static result want_excess(const split_desk *d, int64_t excess, int64_t *back)
{
    int64_t *weights = ARENA_ARRAY(d->memory, int64_t, d->n);
    for (size_t i = 0; i < d->n; i++)
        weights[i] = d->refund_rules[i] == REFUND_RULE_KEEP ? 0 : d->kept[i];
    bool enough = excess <= sum(weights, d->n);
    return add_parts(excess, enough ? weights : d->kept, d->n, back);
}

/* ---- parties ---- */

/* Those of one coupon: n shares of the redemption. */
typedef struct split_parties {
    const party_share *shares;
    size_t applied, n;
} split_parties;

/* Adds to back what each has paid of the units that are back, however they came. */
static void find_back(const split_desk *d, const split_parties *of, int64_t *back)
{
    fund_frozen frozen = {.applied = of->applied,
                          .lines = d->lines,
                          .shares = d->order->shares.items,
                          .share_count = d->order->shares.n,
                          .parties = of->shares,
                          .n = of->n};
    const int64_t *parts = fund_parts(&frozen, d->memory);
    for (size_t line = 0; line < d->lines; line++) {
        int64_t of_line[FUND_PARTIES_MAX], units[FUND_PARTIES_MAX];
        for (size_t k = 0; k < of->n; k++)
            of_line[k] = parts[k * d->lines + line];
        int64_t kept = d->kept_of[of->applied * d->lines + line];
        fund_units(of_line, of->n, sum(of_line, of->n) - kept, units);
        for (size_t k = 0; k < of->n; k++)
            back[k] += units[k];
    }
}

static result split_one(const split_desk *d, const split_parties *of, int64_t total, int64_t *out)
{
    int64_t back[FUND_PARTIES_MAX] = {0}, wanted[FUND_PARTIES_MAX], left[FUND_PARTIES_MAX];
    int64_t all = 0;
    for (size_t k = 0; k < of->n; k++)
        all += of->shares[k].discount_minor;
    if (all != d->order->applied.items[of->applied].discount_minor)
        return R_CORRUPT;
    find_back(d, of, back);
    for (size_t k = 0; k < of->n; k++) {
        const party_share *s = &of->shares[k];
        wanted[k] = back[k] > s->returned_minor ? back[k] - s->returned_minor : 0;
        left[k] = s->discount_minor - s->returned_minor - wanted[k];
    }
    return settle(&(split_claims){wanted, left, of->n}, total, out);
}

static result split_parties_all(const split_desk *d, const return_parts *out)
{
    const party_share *shares = d->order->parties.items;
    size_t n = d->order->parties.n;
    result r = R_DONE;
    for (size_t from = 0, until; from < n && r == R_DONE; from = until) {
        size_t applied = shares[from].applied;
        until = from;
        while (until < n && shares[until].applied == applied)
            out->by_party[until++] = 0;
        if (applied >= d->n || until - from > FUND_PARTIES_MAX)
            return R_CORRUPT;
        split_parties of = {shares + from, applied, until - from};
        r = split_one(d, &of, out->by_coupon[applied], out->by_party + from);
    }
    return r;
}

/* ---- both ---- */

static result split_coupons(const split_desk *d, int64_t discount_minor, int64_t *by_coupon)
{
    int64_t wanted[ORDER_APPLIED_MAX], left[ORDER_APPLIED_MAX], back[ORDER_APPLIED_MAX];
    int64_t before = 0;
    for (size_t i = 0; i < d->n; i++) {
        const applied_coupon *a = &d->order->applied.items[i];
        before += a->returned_minor;
        back[i] = a->discount_minor - d->kept[i]; /* with this return, in all */
        by_coupon[i] = 0;
    }
    int64_t excess = before + discount_minor - sum(back, d->n);
    result r = want_excess(d, excess > 0 ? excess : 0, back);
    for (size_t i = 0; i < d->n; i++) {
        const applied_coupon *a = &d->order->applied.items[i];
        wanted[i] = back[i] > a->returned_minor ? back[i] - a->returned_minor : 0;
        left[i] = a->discount_minor - a->returned_minor - wanted[i];
    }
    return r == R_DONE ? settle(&(split_claims){wanted, left, d->n}, discount_minor, by_coupon) : r;
}

result return_split(const return_plan *plan, int64_t discount_minor, arena *memory,
                    const return_parts *out)
{
    split_desk d = {.order = plan->redemption,
                    .refund_rules = plan->refund_rules,
                    .memory = memory,
                    .n = plan->redemption->applied.n,
                    .lines = plan->redemption->lines.n};
    if (d.n > ORDER_APPLIED_MAX)
        return R_CORRUPT;
    d.kept_of = ARENA_ARRAY(memory, int64_t, d.n * d.lines);
    d.kept = ARENA_ARRAY(memory, int64_t, d.n);
    result r = find_kept(&d, plan);
    if (r == R_DONE)
        r = split_coupons(&d, discount_minor, out->by_coupon);
    return r == R_DONE ? split_parties_all(&d, out) : r;
}

/* See return_split.h. All sums stay below MONEY_MAX: they are parts of an order's discount. */
#include "domain/coupon/return_split.h"

typedef struct split_desk {
    const redemption *order;
    const uint8_t *refund_rules;
    arena *memory;
    size_t n;
    int64_t *kept;   /* [applied] frozen discount of what is still with the customer */
    int64_t *wanted; /* [applied] what should come back now */
} split_desk;

static int64_t sum(const int64_t *parts, size_t n)
{
    int64_t s = 0;
    for (size_t i = 0; i < n; i++)
        s += parts[i];
    return s;
}

/* Adds parts of total (<= the sum of weights) to out. */
static result add_parts(const split_desk *d, int64_t total, const int64_t *weights, int64_t *out)
{
    int64_t *parts = ARENA_ARRAY(d->memory, int64_t, d->n);
    if (total == 0)
        return R_DONE;
    if (total > sum(weights, d->n) || !money_split(total, weights, d->n, parts))
        return R_CORRUPT;
    for (size_t i = 0; i < d->n; i++)
        out[i] += parts[i];
    return R_DONE;
}

/* The frozen discount of the units that stay out, by coupon. */
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
    return price_return_discounts(&all, d->memory, d->kept);
}

/* What a refund rule took beyond the frozen discounts: from those that have such a rule, else
 * all. */
static result want_excess(const split_desk *d, int64_t excess, int64_t *back)
{
    int64_t *weights = ARENA_ARRAY(d->memory, int64_t, d->n);
    for (size_t i = 0; i < d->n; i++)
        weights[i] = d->refund_rules[i] == REFUND_RULE_KEEP ? 0 : d->kept[i];
    bool enough = excess <= sum(weights, d->n);
    return add_parts(d, excess, enough ? weights : d->kept, back);
}

result return_split(const return_plan *plan, int64_t discount_minor, arena *memory,
                    int64_t *by_coupon)
{
    split_desk d = {.order = plan->redemption,
                    .refund_rules = plan->refund_rules,
                    .memory = memory,
                    .n = plan->redemption->applied.n};
    d.kept = ARENA_ARRAY(memory, int64_t, d.n);
    d.wanted = ARENA_ARRAY(memory, int64_t, d.n);
    int64_t *left = ARENA_ARRAY(memory, int64_t, d.n);
    int64_t *back = ARENA_ARRAY(memory, int64_t, d.n); /* with this return, in all */
    result r = find_kept(&d, plan);
    if (r != R_DONE)
        return r;
    int64_t before = 0;
    for (size_t i = 0; i < d.n; i++) {
        const applied_coupon *a = &d.order->applied.items[i];
        before += a->returned_minor;
        back[i] = a->discount_minor - d.kept[i];
        by_coupon[i] = 0;
    }
    int64_t excess = before + discount_minor - sum(back, d.n);
    r = want_excess(&d, excess > 0 ? excess : 0, back);
    for (size_t i = 0; i < d.n; i++) {
        const applied_coupon *a = &d.order->applied.items[i];
        d.wanted[i] = back[i] > a->returned_minor ? back[i] - a->returned_minor : 0;
        left[i] = a->discount_minor - a->returned_minor - d.wanted[i];
    }
    if (r != R_DONE)
        return r;
    int64_t all = sum(d.wanted, d.n);
    if (all >= discount_minor)
        return add_parts(&d, discount_minor, d.wanted, by_coupon);
    r = add_parts(&d, all, d.wanted, by_coupon);
    return r == R_DONE ? add_parts(&d, discount_minor - all, left, by_coupon) : r;
}

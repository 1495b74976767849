/* Returns: what a part of an order is worth when it comes back (the definition is in refund.h).
 *
 * The frozen discount of a unit: with S(c) the shares of the coupons up to c on a line, coupon c
 * has of some units what S(c) has of them less what S(c - 1) has (price_unit_share). So the coupons
 * of a unit sum to the frozen discount of the unit to the cent, none is negative, and no unit costs
 * less than nothing.
 *
 * Why every sequence ends at what was paid: write g for the list price of what comes back now and
 * T for what is refunded so far. What is kept costs from 0 to its list price, so the figure that T
 * follows lies in [paid - list price of kept, paid]. T before was at least its lower end with
 * g more kept, hence T + g is at least the lower end now, and cutting the refund to [0, g] leaves T
 * inside. With nothing kept both ends are paid. */
#include "domain/price/refund.h"

#include "domain/price/allocate.h"
#include "domain/price/kept.h"

/* An order and a return of some of it, checked. */
typedef struct refund {
    const redemption *order;
    size_t lines, coupons;
    price_policy policy; /* by which it was priced */
    int64_t *upto;   /* [coupons + 1][lines]: shares of the coupons before this one, on a line */
    int64_t *before; /* [lines]: units back before this return */
    int64_t *after;  /* [lines]: units back with it */
    int64_t subtotal_minor, paid_minor, refunded_minor;
    int64_t returning_minor; /* list price of what comes back now */
} refund;

static int64_t upto(const refund *f, size_t c, size_t line)
{
    return f->upto[c * f->lines + line];
}

/* List price of units from … until - 1 of a line that cart_line_minor was asked for whole. */
static int64_t part_minor(const order_line *line, int64_t from, int64_t until)
{
    int64_t upto = 0, before = 0;
    bool fits = cart_line_minor(line, until, &upto) && cart_line_minor(line, from, &before);
    CHECK(fits);
    return upto - before;
}

/* The discount of the first `until` thousandths of a weighed line by the coupons before `coupons`.
 * All coupons together take floor(discount * price of that part / price of the line); of that each
 * coupon in turn takes its part, rounded down, of what those before it have left. So each is
 * monotone in `until`, none is negative, they sum to the whole, and no part costs less than
 * nothing. */
static int64_t weighed_first(const refund *f, size_t coupons, size_t line, int64_t until)
{
    const order_line *of = &f->order->lines.items[line];
    int64_t whole = part_minor(of, 0, of->quantity);
    int64_t total = upto(f, f->coupons, line), given = 0;
    if (whole == 0 || total == 0) {
        return 0;
    }
    int64_t left = (int64_t)((__int128)total * part_minor(of, 0, until) / whole);
    for (size_t c = 0; c < coupons && total > 0; c++) {
        int64_t share = upto(f, c + 1, line) - upto(f, c, line);
        int64_t here = (int64_t)((__int128)share * left / total);
        given += here;
        left -= here;
        total -= share;
    }
    return given;
}

/* The frozen discount of units first … until - 1 of a line by the coupons before `coupons`. */
static int64_t frozen(const refund *f, size_t coupons, size_t line, const int64_t range[2])
{
    const order_line *of = &f->order->lines.items[line];
    if ((of->marks & LINE_WEIGHED) != 0) {
        return weighed_first(f, coupons, line, range[1]) -
               weighed_first(f, coupons, line, range[0]);
    }
    price_units units = {upto(f, coupons, line), of->quantity, f->policy.odd_units};
    return price_unit_share(&units, range[0], range[1] - range[0]);
}

static int64_t frozen_of_coupon(const refund *f, size_t c, size_t line, const int64_t range[2])
{
    return frozen(f, c + 1, line, range) - frozen(f, c, line, range);
}

/* ---- checking ---- */

static result read_line(const order_line *line, refund *f, size_t i)
{
    int64_t list_minor;
    if (line->quantity < 1 || line->quantity > cart_quantity_max(line) || line->unit_minor < 0 ||
        line->unit_minor > MONEY_MAX || !cart_line_minor(line, line->quantity, &list_minor) ||
        list_minor > MONEY_MAX - f->subtotal_minor) {
        return R_CORRUPT;
    }
    if (line->discount_minor < 0 || line->discount_minor > list_minor || line->returned < 0 ||
        line->returned > line->quantity || line->refunded_minor < 0 ||
        line->refunded_minor > MONEY_MAX - f->refunded_minor) {
        return R_CORRUPT;
    }
    f->before[i] = line->returned;
    f->after[i] = line->returned;
    f->subtotal_minor += list_minor;
    f->paid_minor += list_minor - line->discount_minor;
    f->refunded_minor += line->refunded_minor;
    return R_DONE;
}

static result read_shares(refund *f)
{
    for (size_t i = 0; i < f->order->shares.n; i++) {
        const line_share *s = &f->order->shares.items[i];
        if (s->applied >= f->coupons || s->line >= f->lines || s->discount_minor < 0) {
            return R_CORRUPT;
        }
        int64_t *sum = &f->upto[(s->applied + (size_t)1) * f->lines + s->line];
        if (s->discount_minor > MONEY_MAX - *sum) {
            return R_CORRUPT;
        }
        *sum += s->discount_minor;
    }
    for (size_t line = 0; line < f->lines; line++) {
        int64_t left = f->order->lines.items[line].discount_minor;
        for (size_t c = 0; c < f->coupons; c++) {
            int64_t *sum = &f->upto[(c + 1) * f->lines + line];
            left -= *sum;
            *sum += upto(f, c, line);
        }
        if (left != 0) {
            return R_CORRUPT;
        }
    }
    return R_DONE;
}

static result read_order(const redemption *order, arena *memory, refund *f)
{
    *f = (refund){.order = order,
                  .lines = order->lines.n,
                  .coupons = order->applied.n,
                  .policy = policy_of(order->policy.items, order->policy.n)};
    if (f->lines > CART_LINES_MAX || f->coupons > ORDER_APPLIED_MAX) {
        return R_CORRUPT;
    }
    f->upto = ARENA_ARRAY(memory, int64_t, (f->coupons + 1) * f->lines);
    f->before = ARENA_ARRAY(memory, int64_t, f->lines);
    f->after = ARENA_ARRAY(memory, int64_t, f->lines);
    int64_t kept_minor = 0;
    for (size_t i = 0; i < f->lines; i++) {
        const order_line *line = &order->lines.items[i];
        result r = read_line(line, f, i);
        if (r != R_DONE) {
            return r;
        }
        kept_minor += part_minor(line, line->returned, line->quantity);
    }
    if (f->refunded_minor > f->paid_minor || f->refunded_minor < f->paid_minor - kept_minor) {
        return R_CORRUPT;
    }
    return read_shares(f);
}

static result read_return(const return_plan *plan, refund *f)
{
    if (plan->n < 1 || plan->n > CART_LINES_MAX) {
        return R_INVALID;
    }
    for (size_t i = 0; i < plan->n; i++) {
        const return_line *now = &plan->now[i];
        if (now->line >= f->lines || now->quantity < 1) {
            return R_INVALID;
        }
    }
    for (size_t i = 0; i < plan->n; i++) {
        const return_line *now = &plan->now[i];
        const order_line *line = &f->order->lines.items[now->line];
        if (now->quantity > line->quantity - f->after[now->line]) {
            return R_NOT_RETURNABLE;
        }
        int64_t from = f->after[now->line];
        f->after[now->line] += now->quantity;
        f->returning_minor += part_minor(line, from, f->after[now->line]);
    }
    return R_DONE;
}

static result read_plan(const return_plan *plan, arena *memory, refund *f)
{
    result r = read_order(plan->redemption, memory, f);
    return r != R_DONE ? r : read_return(plan, f);
}

/* ---- the price of what is kept ---- */

/* The kept lines as a cart of their own. */
typedef struct kept_lines {
    cart cart;
    order_line *lines;
    int64_t *prices;
    uint16_t *from; /* their places in the order */
} kept_lines;

static kept_lines lines_kept(const refund *f, arena *memory)
{
    const redemption *order = f->order;
    kept_lines k = {.cart = {.currency = order->currency,
                             .store = order->store,
                             .channel = order->channel,
                             .at_ms = order->redeemed_at_ms,
                             .shopper = cart_shopper_unknown},
                    .lines = ARENA_ARRAY(memory, order_line, f->lines),
                    .prices = ARENA_ARRAY(memory, int64_t, f->lines),
                    .from = ARENA_ARRAY(memory, uint16_t, f->lines)};
    for (size_t i = 0; i < f->lines; i++) {
        const order_line *line = &order->lines.items[i];
        if (f->after[i] < line->quantity) {
            size_t at = k.cart.n++;
            k.lines[at] = *line;
            k.lines[at].quantity -= f->after[i];
            k.prices[at] = part_minor(line, f->after[i], line->quantity);
            k.from[at] = (uint16_t)i;
        }
    }
    k.cart.lines = k.lines;
    return k;
}

/* A coupon of the order. Of a stored value there is what the order took of it, no more; and of what
 * a budget may have cut, what it left. */
static price_coupon coupon_again(const return_plan *plan, const refund *f, size_t c)
{
    const redemption *order = plan->redemption;
    const applied_coupon *applied = &order->applied.items[c];
    const price_rule *rule = plan->rules[c];
    bool listed = rule_values(rule, order->currency, S("")) != NULL;
    price_coupon out = {.coupon = applied->coupon,
                        .campaign = applied->campaign,
                        .template = applied->template,
                        .version = applied->version,
                        .rule = rule,
                        .currency = listed ? S("") : order->currency,
                        .automatic = applied->coupon == 0};
    const benefit_values *values = rule_values(rule, order->currency, out.currency);
    out.most_minor = f->policy.budget == BUDGET_PARTIAL ? applied->discount_minor : 0;
    if (price_rule_value(rule) >= 0 && values != NULL) {
        out.used_minor = values->v[TERM_STORED_VALUE_VALUE] - applied->discount_minor;
    }
    return out;
}

static kept_coupon what_is_kept(const return_plan *plan, const refund *f, const kept_lines *of,
                                size_t c, int64_t *frozen)
{
    const asked_conditions *asked = plan->redemption->asked.items;
    kept_coupon out = {.rule = plan->refund_rules[c],
                       .frozen = frozen,
                       .gift_units = f->order->applied.items[c].gift_units};
    for (size_t i = 0; i < of->cart.n; i++) {
        size_t line = of->from[i];
        int64_t range[2] = {f->after[line], f->order->lines.items[line].quantity};
        frozen[i] = frozen_of_coupon(f, c, line, range);
    }
    for (size_t i = 0; i < plan->redemption->asked.n; i++) {
        if (asked[i].applied == c) {
            out.asked = true;
            out.met = asked[i].met;
        }
    }
    return out;
}

/* What stays with the customer of what was sent along: while goods are kept, what their coupons
 * still send with them, at most what they did; under the rule keep all of it. */
static void keep_gifts(const return_plan *plan, const price_verdict *again, bool some)
{
    for (size_t c = 0; plan->gifts != NULL && c < plan->redemption->applied.n; c++) {
        int64_t sent = plan->redemption->applied.items[c].gift_units;
        int64_t now = some && again[c].result == R_DONE ? again[c].gift_units : 0;
        plan->gifts[c] = now < sent ? now : sent;
    }
}

/* The kept goods priced by the versions, groups, policy and facts with which the order was. Nobody
 * names coupons when goods come back: one that does nothing for what is kept voids no other. */
static result price_kept_lines(const return_plan *plan, const refund *f, arena *memory,
                               int64_t *out)
{
    kept_lines of = lines_kept(f, memory);
    price_coupon *coupons = ARENA_ARRAY(memory, price_coupon, f->coupons);
    kept_coupon *rules = ARENA_ARRAY(memory, kept_coupon, f->coupons);
    int64_t *frozen = ARENA_ARRAY(memory, int64_t, f->coupons * of.cart.n);
    for (size_t c = 0; c < f->coupons; c++) {
        coupons[c] = coupon_again(plan, f, c);
        rules[c] = what_is_kept(plan, f, &of, c, frozen + c * of.cart.n);
    }
    struct price_kept kept = {.prices = of.prices, .coupons = rules};
    price_ask ask = {.cart = &of.cart,
                     .coupons = coupons,
                     .n = f->coupons,
                     .policy = f->policy,
                     .groups = f->order->groups.items,
                     .group_count = f->order->groups.n,
                     .kept = &kept};
    ask.policy.refused_coupon = REFUSED_COUPON_SKIP;
    price_result priced;
    result r = price_cart(&ask, memory, &priced);
    if (r == R_DONE) {
        *out = priced.subtotal_minor - priced.discount_minor;
        keep_gifts(plan, priced.verdicts, of.cart.n > 0);
    }
    return r;
}

/* ---- splitting the refund ---- */

/* By the frozen paid shares of the units; beyond them, by the discounts that the units had. */
static void split_refund(const return_plan *plan, const refund *f, arena *memory, int64_t total)
{
    int64_t *paid = ARENA_ARRAY(memory, int64_t, plan->n);
    int64_t *off = ARENA_ARRAY(memory, int64_t, plan->n);
    int64_t *parts = ARENA_ARRAY(memory, int64_t, plan->n);
    int64_t *first = ARENA_ARRAY(memory, int64_t, f->lines);
    int64_t paid_sum = 0;
    memcpy(first, f->before, f->lines * sizeof(*first));
    for (size_t i = 0; i < plan->n; i++) {
        size_t line = plan->now[i].line;
        int64_t range[2] = {first[line], first[line] + plan->now[i].quantity};
        off[i] = frozen(f, f->coupons, line, range);
        plan->now[i].worth_minor = part_minor(&f->order->lines.items[line], range[0], range[1]);
        paid[i] = plan->now[i].worth_minor - off[i];
        paid_sum += paid[i];
        first[line] = range[1];
    }
    bool more = total > paid_sum;
    allocate(more ? total - paid_sum : total, more ? off : paid, plan->n, parts);
    for (size_t i = 0; i < plan->n; i++) {
        plan->now[i].refund_minor = (more ? paid[i] : 0) + parts[i];
    }
}

result price_return(const return_plan *plan, arena *memory, int64_t *refund_minor)
{
    refund f;
    int64_t kept_price;
    result r = read_plan(plan, memory, &f);
    if (r == R_DONE) {
        r = price_kept_lines(plan, &f, memory, &kept_price);
    }
    if (r != R_DONE) {
        return r;
    }
    int64_t total = f.paid_minor - kept_price - f.refunded_minor;
    if (total < 0) {
        total = 0;
    }
    if (total > f.returning_minor) {
        total = f.returning_minor;
    }
    split_refund(plan, &f, memory, total);
    *refund_minor = total;
    return R_DONE;
}

result price_return_discounts(const return_plan *plan, arena *memory, int64_t *parts)
{
    refund f;
    result r = read_plan(plan, memory, &f);
    if (r != R_DONE) {
        return r;
    }
    for (size_t c = 0; c < f.coupons; c++) {
        for (size_t i = 0; i < f.lines; i++) {
            int64_t range[2] = {f.before[i], f.after[i]};
            parts[c * f.lines + i] = frozen_of_coupon(&f, c, i, range);
        }
    }
    return R_DONE;
}

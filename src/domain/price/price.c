/* Pricing a cart: coupons one after another on the running price.
 *
 * Holds no state and changes nothing that it is given. Which coupons to try, and in which order, is
 * the caller's. */
#include "domain/price/price.h"

#include "domain/price/run.h"

result price_run_start(const order_line *lines, size_t n, arena *memory, price_run *run)
{
    if (n > CART_LINES_MAX) {
        return R_INVALID;
    }
    *run = (price_run){
        .lines = lines,
        .n = n,
        .running = ARENA_ARRAY(memory, int64_t, n),
        .parts = ARENA_ARRAY(memory, int64_t, n),
        .eligible = ARENA_ARRAY(memory, kind_line, n),
        .offered = ARENA_ARRAY(memory, int64_t, n),
    };
    for (size_t i = 0; i < n; i++) {
        const order_line *line = &lines[i];
        if (line->quantity < 0 || line->quantity > CART_QUANTITY_MAX || line->unit_minor < 0 ||
            line->unit_minor > MONEY_MAX) {
            return R_INVALID;
        }
        if (!money_mul(line->quantity, line->unit_minor, &run->running[i]) ||
            run->running[i] > MONEY_MAX - run->subtotal_minor) {
            return R_OVERFLOW;
        }
        run->subtotal_minor += run->running[i];
    }
    return R_DONE;
}

static kind_base run_base(price_run *run, const price_rule *rule)
{
    kind_base base = {.lines = run->eligible};
    for (size_t i = 0; i < run->n; i++) {
        const order_line *line = &run->lines[i];
        if (line->quantity == 0 || !price_rule_covers(rule, line->sku, line->category)) {
            continue;
        }
        run->eligible[base.n++] = (kind_line){.line = i,
                                              .quantity = line->quantity,
                                              .unit_minor = line->unit_minor,
                                              .running_minor = run->running[i]};
        base.running_minor += run->running[i];
    }
    return base;
}

/* Puts what the kind offered where the cart's lines are. A kind that breaks its contract is a
 * defect: a wrong price must not leave. */
static void run_place(price_run *run, const kind_base *base, int64_t discount_minor)
{
    int64_t sum = 0;
    for (size_t i = 0; i < base->n; i++) {
        const kind_line *line = &base->lines[i];
        CHECK(run->offered[i] >= 0 && run->offered[i] <= line->running_minor);
        run->parts[line->line] = run->offered[i];
        sum += run->offered[i];
    }
    CHECK(sum == discount_minor);
}

result price_run_offer(price_run *run, const price_rule *rule, price_verdict *verdict)
{
    memset(run->parts, 0, run->n * sizeof(*run->parts));
    memset(run->offered, 0, run->n * sizeof(*run->offered));
    *verdict = (price_verdict){.result = R_NOT_APPLICABLE, .reason = S("no_eligible_line")};
    kind_base base = run_base(run, rule);
    if (base.n == 0) {
        return R_DONE;
    }
    kind_offer offer = {.parts = run->offered};
    result r = rule->kind->offer(rule->terms, &base, &offer);
    if (r != R_DONE) {
        return r;
    }
    if (offer.discount_minor == 0) {
        verdict->reason = offer.reason.n > 0 ? offer.reason : S("nothing_left");
        verdict->missing_minor = offer.missing_minor;
        return R_DONE;
    }
    run_place(run, &base, offer.discount_minor);
    *verdict = (price_verdict){.result = R_DONE, .discount_minor = offer.discount_minor};
    return R_DONE;
}

int64_t price_run_take(price_run *run)
{
    int64_t sum = 0;
    for (size_t i = 0; i < run->n; i++) {
        run->running[i] -= run->parts[i];
        sum += run->parts[i];
    }
    return sum;
}

static bool came_before(const price_coupon *coupons, size_t i)
{
    for (size_t k = 0; k < i; k++) {
        if (coupons[i].coupon != 0 && coupons[k].coupon == coupons[i].coupon) {
            return true;
        }
    }
    return false;
}

/* Adds what the coupon at hand took to the result. */
static void record_coupon(price_run *run, size_t place, price_result *out)
{
    for (size_t i = 0; i < run->n; i++) {
        if (run->parts[i] == 0) {
            continue;
        }
        out->line_discount_minor[i] += run->parts[i];
        out->shares[out->share_count++] = (line_share){
            .applied = (uint16_t)place, .line = (uint16_t)i, .discount_minor = run->parts[i]};
    }
    out->discount_minor += price_run_take(run);
}

static bool quantities_are_positive(const cart *c)
{
    for (size_t i = 0; i < c->n; i++) {
        if (c->lines[i].quantity < 1) {
            return false;
        }
    }
    return true;
}

result price_cart(const cart *c, const price_coupon *coupons, size_t n, arena *memory,
                  price_result *out)
{
    price_run run;
    if (c->n > CART_LINES_MAX || n > ORDER_COUPONS_MAX || !quantities_are_positive(c)) {
        return R_INVALID;
    }
    result r = price_run_start(c->lines, c->n, memory, &run);
    if (r != R_DONE) {
        return r;
    }
    price_result priced = {
        .subtotal_minor = run.subtotal_minor,
        .line_discount_minor = ARENA_ARRAY(memory, int64_t, c->n),
        .verdicts = ARENA_ARRAY(memory, price_verdict, n),
        .shares = ARENA_ARRAY(memory, line_share, c->n * n),
    };
    for (size_t i = 0; i < n; i++) {
        price_verdict *verdict = &priced.verdicts[i];
        if (came_before(coupons, i)) {
            *verdict = (price_verdict){.result = R_NOT_STACKABLE, .reason = S("duplicate")};
            continue;
        }
        if (!str_eq(coupons[i].currency, c->currency)) {
            *verdict = (price_verdict){.result = R_NOT_APPLICABLE, .reason = S("currency")};
            continue;
        }
        r = price_run_offer(&run, coupons[i].rule, verdict);
        if (r != R_DONE) {
            return r;
        }
        record_coupon(&run, i, &priced);
    }
    *out = priced;
    return R_DONE;
}

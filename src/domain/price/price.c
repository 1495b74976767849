/* Pricing a cart: coupons one after another on the running price.
 *
 * Holds no state and changes nothing that it is given. Which coupons to try, and in which order, is
 * the caller's. */
#include "domain/price/price.h"

#include "domain/price/run.h"

static bool came_before(const price_coupon *coupons, size_t i)
{
    for (size_t k = 0; k < i; k++) {
        if (coupons[i].coupon != 0 && coupons[k].coupon == coupons[i].coupon) {
            return true;
        }
    }
    return false;
}

/* Adds what the coupon at hand took, or adds, to the result. */
static void record_coupon(price_run *run, size_t place, bool adds, price_result *out)
{
    for (size_t i = 0; i < run->n; i++) {
        line_share share = {
            .applied = (uint16_t)place, .line = (uint16_t)i, .discount_minor = run->parts[i]};
        if (run->parts[i] == 0) {
            continue;
        }
        if (adds) {
            out->adds[out->add_count++] = share;
            out->adds_minor += share.discount_minor;
        } else {
            out->line_discount_minor[i] += run->parts[i];
            out->shares[out->share_count++] = share;
        }
    }
    out->discount_minor += adds ? 0 : price_run_take(run);
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

static result try_coupon(price_run *run, const price_coupon *coupons, size_t i, price_result *out)
{
    price_verdict *verdict = &out->verdicts[i];
    if (came_before(coupons, i)) {
        *verdict = (price_verdict){.result = R_NOT_STACKABLE, .reason = S("duplicate")};
        return R_DONE;
    }
    price_use use = {coupons[i].rule, coupons[i].currency, coupons[i].used_minor};
    result r = price_run_offer(run, &use, verdict);
    if (r == R_DONE && verdict->result == R_DONE) {
        record_coupon(run, i, verdict->adds_minor > 0, out);
    }
    return r;
}

result price_cart(const cart *c, const price_coupon *coupons, size_t n, arena *memory,
                  price_result *out)
{
    price_run run = {.lines = c->lines, .n = c->n, .currency = c->currency, .cart = c};
    if (c->n > CART_LINES_MAX || n > ORDER_COUPONS_MAX || !quantities_are_positive(c)) {
        return R_INVALID;
    }
    result r = price_run_start(NULL, memory, &run);
    if (r != R_DONE) {
        return r;
    }
    price_result priced = {
        .subtotal_minor = run.subtotal_minor,
        .line_discount_minor = ARENA_ARRAY(memory, int64_t, c->n),
        .verdicts = ARENA_ARRAY(memory, price_verdict, n),
        .shares = ARENA_ARRAY(memory, line_share, c->n * n),
        .adds = ARENA_ARRAY(memory, line_share, c->n * n),
    };
    for (size_t i = 0; i < n; i++) {
        r = try_coupon(&run, coupons, i, &priced);
        if (r != R_DONE) {
            return r;
        }
    }
    *out = priced;
    return R_DONE;
}

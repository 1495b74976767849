/* For the tests of returns: orders that were priced and redeemed, and returning parts of them. */
#ifndef QUAN_DOMAIN_PRICE_REFUND_TEST_H
#define QUAN_DOMAIN_PRICE_REFUND_TEST_H

#include "domain/price/price_test.h"

typedef struct test_order {
    redemption row;
    const price_rule *rules[ORDER_APPLIED_MAX];
    uint8_t refund_rules[ORDER_APPLIED_MAX];
} test_order;

typedef struct test_coupons {
    const price_coupon *items;
    size_t n;
} test_coupons;

/* Prices the lines by a choice of the policy and freezes what applied, as redeeming does; lines are
 * copied. */
static inline test_order order_by(policy_choice choice, const order_line *lines, size_t n,
                                  test_coupons from)
{
    cart c = cart_of(lines, n);
    const price_coupon *coupons = from.items;
    size_t coupon_count = from.n;
    price_ask ask = {
        .cart = &c, .coupons = coupons, .n = coupon_count, .policy = policy_of(&choice, 1)};
    price_result p;
    assert_int_equal(price_cart(&ask, memory, &p), R_DONE);
    assert_price_adds_up(&c, coupon_count, &p);
    test_order o = {
        .row = {.subtotal_minor = p.subtotal_minor, .discount_minor = p.discount_minor}};
    o.row.lines.n = n;
    o.row.lines.items = ARENA_ARRAY(memory, order_line, n);
    for (size_t i = 0; i < n; i++) {
        o.row.lines.items[i] = lines[i];
        o.row.lines.items[i].discount_minor = p.line_discount_minor[i];
    }
    o.row.applied.n = coupon_count;
    o.row.applied.items = ARENA_ARRAY(memory, applied_coupon, coupon_count);
    for (size_t i = 0; i < coupon_count; i++) {
        o.row.applied.items[i].discount_minor = p.verdicts[i].discount_minor;
        o.rules[i] = coupons[i].rule;
    }
    o.row.shares.n = p.share_count;
    o.row.shares.items = p.shares;
    o.row.policy.n = 1;
    o.row.policy.items = ARENA_NEW(memory, policy_choice);
    *o.row.policy.items = choice;
    return o;
}

static inline test_order order_of(const order_line *lines, size_t n, const price_coupon *coupons,
                                  size_t coupon_count)
{
    return order_by((policy_choice){0}, lines, n, (test_coupons){coupons, coupon_count});
}

static inline return_plan plan_of(const test_order *o, return_line *now, size_t n)
{
    return (return_plan){.redemption = &o->row,
                         .rules = o->rules,
                         .refund_rules = o->refund_rules,
                         .now = now,
                         .n = n};
}

/* Returns the units: checks what holds for every return, then books it. Gives the refund. */
static inline int64_t give_back(test_order *o, return_line *now, size_t n)
{
    return_plan plan = plan_of(o, now, n);
    int64_t refund = -1;
    int64_t sum = 0;
    int64_t list_minor = 0;
    assert_int_equal(price_return(&plan, memory, &refund), R_DONE);
    for (size_t i = 0; i < n; i++) {
        order_line *line = &o->row.lines.items[now[i].line];
        assert_true(now[i].refund_minor >= 0);
        assert_true(now[i].refund_minor <= now[i].quantity * line->unit_minor);
        list_minor += now[i].quantity * line->unit_minor;
        sum += now[i].refund_minor;
    }
    assert_int_equal(sum, refund);
    assert_true(refund >= 0 && refund <= list_minor);
    for (size_t i = 0; i < n; i++) {
        order_line *line = &o->row.lines.items[now[i].line];
        line->returned += now[i].quantity;
        line->refunded_minor += now[i].refund_minor;
    }
    o->row.refunded_minor += refund;
    assert_true(o->row.refunded_minor <= o->row.subtotal_minor - o->row.discount_minor);
    return refund;
}

/* One line, some units. */
static inline int64_t give_back_units(test_order *o, uint16_t line, int64_t quantity)
{
    return_line now = {.line = line, .quantity = quantity};
    return give_back(o, &now, 1);
}

#endif

/* For the tests of returns: orders that were priced and redeemed, and returning parts of them. */
#ifndef QUAN_DOMAIN_PRICE_REFUND_TEST_H
#define QUAN_DOMAIN_PRICE_REFUND_TEST_H

#include "domain/price/price_test.h"
#include "domain/price/refund.h"

typedef struct test_order {
    redemption row;
    const price_rule *rules[ORDER_APPLIED_MAX];
    uint8_t refund_rules[ORDER_APPLIED_MAX];
} test_order;

typedef struct test_coupons {
    const price_coupon *items;
    size_t n;
} test_coupons;

static inline void freeze_facts(const price_ask *ask, const price_result *p, redemption *row)
{
    row->groups.items = ARENA_ARRAY(memory, stack_group, ask->group_count);
    row->groups.n = ask->group_count;
    for (size_t i = 0; i < ask->group_count; i++) {
        row->groups.items[i] = ask->groups[i];
    }
    row->asked.items = ARENA_ARRAY(memory, asked_conditions, p->order_count);
    for (size_t k = 0; k < p->order_count; k++) {
        asked_conditions one = {.applied = (uint16_t)k};
        if (price_rule_frozen(ask->coupons[p->order[k]].rule, ask->cart, memory, &one.met)) {
            row->asked.items[row->asked.n++] = one;
        }
    }
}

static inline void freeze_shares(const price_ask *ask, const price_result *p, redemption *row)
{
    uint16_t place[PRICE_COUPONS_MAX] = {0};
    for (size_t k = 0; k < p->order_count; k++) {
        place[p->order[k]] = (uint16_t)k;
    }
    row->lines.n = ask->cart->n;
    row->lines.items = ARENA_ARRAY(memory, order_line, ask->cart->n);
    for (size_t i = 0; i < ask->cart->n; i++) {
        row->lines.items[i] = ask->cart->lines[i];
        row->lines.items[i].discount_minor = p->line_discount_minor[i];
    }
    row->shares.n = p->share_count;
    row->shares.items = ARENA_ARRAY(memory, line_share, p->share_count);
    for (size_t i = 0; i < p->share_count; i++) {
        row->shares.items[i] = p->shares[i];
        row->shares.items[i].applied = place[p->shares[i].applied];
    }
}

/* Freezes what was priced, as redeeming does; refund_rules[ask->n]. */
static inline test_order order_frozen(const price_ask *ask, const price_result *p,
                                      const uint8_t *refund_rules)
{
    test_order o = {.row = {.subtotal_minor = p->subtotal_minor,
                            .discount_minor = p->discount_minor,
                            .currency = ask->cart->currency}};
    o.row.applied.n = p->order_count;
    o.row.applied.items = ARENA_ARRAY(memory, applied_coupon, p->order_count);
    for (size_t k = 0; k < p->order_count; k++) {
        const price_coupon *from = &ask->coupons[p->order[k]];
        o.row.applied.items[k] =
            (applied_coupon){.coupon = from->coupon,
                             .template = from->template,
                             .discount_minor = p->verdicts[p->order[k]].discount_minor};
        o.rules[k] = from->rule;
        o.refund_rules[k] = refund_rules[p->order[k]];
    }
    freeze_shares(ask, p, &o.row);
    freeze_facts(ask, p, &o.row);
    return o;
}

/* Prices and freezes. */
static inline test_order order_priced(const price_ask *ask, policy_choice choice,
                                      const uint8_t *refund_rules)
{
    price_result p;
    price_ask with = *ask;
    with.policy = policy_of(&choice, 1);
    assert_int_equal(price_cart(&with, memory, &p), R_DONE);
    assert_price_adds_up(ask->cart, ask->n, &p);
    test_order o = order_frozen(&with, &p, refund_rules);
    o.row.policy.n = 1;
    o.row.policy.items = ARENA_NEW(memory, policy_choice);
    *o.row.policy.items = choice;
    return o;
}

/* By a choice of the policy; every coupon with the default refund rule. */
static inline test_order order_by(policy_choice choice, const order_line *lines, size_t n,
                                  test_coupons from)
{
    static const uint8_t refund_rules[ORDER_APPLIED_MAX];
    cart c = cart_of(lines, n);
    price_ask ask = {.cart = &c, .coupons = from.items, .n = from.n};
    return order_priced(&ask, choice, refund_rules);
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

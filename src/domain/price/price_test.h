/* For the tests of price: short ways to write carts and coupons, and what every price must satisfy.
 *
 * Rules and memory live until the test's teardown. */
#ifndef QUAN_DOMAIN_PRICE_PRICE_TEST_H
#define QUAN_DOMAIN_PRICE_PRICE_TEST_H

#include "base/test_help.h"
#include "domain/price/benefit_test.h"
#include "domain/price/price.h"
#include "domain/rule/word.h"

enum { TEST_RULES_MAX = 64 };

static arena *memory;
static price_rule *test_rules[TEST_RULES_MAX];
static size_t test_rules_n;

static inline void forget_rules(void)
{
    while (test_rules_n > 0) {
        price_rule_free(test_rules[--test_rules_n]);
    }
}

static inline int price_setup(void **state)
{
    (void)state;
    memory = arena_new(0);
    return 0;
}

static inline int price_teardown(void **state)
{
    (void)state;
    forget_rules();
    arena_free(memory);
    return 0;
}

#define PRICE_TEST(f) cmocka_unit_test_setup_teardown(f, price_setup, price_teardown)

static inline order_line line_of(const char *sku, const char *category, int64_t quantity,
                                 int64_t unit_minor)
{
    return (order_line){.sku = str_of(sku),
                        .category = str_of(category),
                        .quantity = quantity,
                        .unit_minor = unit_minor};
}

static inline template_version version_of(uint8_t kind)
{
    return (template_version){.benefit = kind};
}

static inline template_version amount_off(int64_t amount_minor, int64_t threshold_minor)
{
    template_version v = version_of(BENEFIT_KIND_AMOUNT_OFF);
    TEST_SET(v, TERM_AMOUNT_OFF_AMOUNT, amount_minor);
    TEST_SET(v, TERM_COMMON_MINIMUM_SPEND, threshold_minor);
    return v;
}

static inline template_version percent_off(int64_t percent_bp, int64_t cap_minor,
                                           int64_t threshold_minor)
{
    template_version v = version_of(BENEFIT_KIND_PERCENT_OFF);
    TEST_SET(v, TERM_PERCENT_OFF_PERCENT, percent_bp * (BENEFIT_PERCENT_ONE / 10000));
    TEST_SET(v, TERM_COMMON_CAP, cap_minor);
    TEST_SET(v, TERM_COMMON_MINIMUM_SPEND, threshold_minor);
    return v;
}

/* A list of skus and categories; an empty white list covers nothing. */
typedef enum scope_mode { SCOPE_MODE_ALL = 1, SCOPE_MODE_ONLY, SCOPE_MODE_EXCEPT } scope_mode;
typedef enum scope_dimension { SCOPE_DIMENSION_SKU = 1, SCOPE_DIMENSION_CATEGORY } scope_dimension;
typedef struct scope_item {
    uint8_t dimension;
    str value;
} scope_item;

static inline template_version scoped(template_version v, uint8_t mode, scope_item *items, size_t n)
{
    static scope_item nothing = {SCOPE_DIMENSION_SKU, {"no such sku", 11}};
    size_t named = 0;
    for (size_t i = 0; i < n; i++) { /* without those that name nothing */
        if (items[i].value.n > 0) {
            items[named++] = items[i];
        }
    }
    if (mode == SCOPE_MODE_ALL || (mode == SCOPE_MODE_EXCEPT && named == 0)) {
        return v;
    }
    items = named > 0 ? items : &nothing;
    n = named > 0 ? named : 1;
    rule_node *at = v.scope.items = ARENA_ARRAY(memory, rule_node, 2 + 2 * n);
    if (mode == SCOPE_MODE_EXCEPT) {
        *at++ = (rule_node){.op = RULE_OP_NOT, .n = 1};
    }
    *at++ = (rule_node){.op = RULE_OP_ANY, .n = (uint16_t)n};
    for (size_t i = 0; i < n; i++) {
        bool sku = items[i].dimension == SCOPE_DIMENSION_SKU;
        rule_tree one =
            rule_list(sku ? S("line.sku") : S("line.categories"), &items[i].value, 1, memory);
        *at++ = one.items[0];
        *at++ = one.items[1];
    }
    v.scope.n = (size_t)(at - v.scope.items);
    return v;
}

/* White list of one sku. */
static inline template_version for_sku(template_version v, const char *sku)
{
    scope_item item = {SCOPE_DIMENSION_SKU, str_of(sku)};
    return scoped(v, SCOPE_MODE_ONLY, &item, 1);
}

static inline price_coupon coupon_of(template_version v)
{
    assert_true(test_rules_n < TEST_RULES_MAX);
    price_rule *rule = price_rule_new(&v);
    test_rules[test_rules_n++] = rule;
    return (price_coupon){
        .coupon = 1000 + test_rules_n, .version = 1, .rule = rule, .currency = S("CNY")};
}

static inline cart cart_of(const order_line *lines, size_t n)
{
    return (cart){.currency = S("CNY"), .lines = lines, .n = n};
}

/* The sums and bounds that hold for every price. */
static inline void assert_price_adds_up(const cart *c, size_t coupons, const price_result *p)
{
    int64_t by_line = 0;
    int64_t by_verdict = 0;
    int64_t subtotal = 0;
    for (size_t i = 0; i < c->n; i++) {
        int64_t list_minor = -1;
        assert_true(cart_line_minor(&c->lines[i], c->lines[i].quantity, &list_minor));
        assert_true(p->line_discount_minor[i] >= 0);
        assert_true(p->line_discount_minor[i] <= list_minor);
        by_line += p->line_discount_minor[i];
        subtotal += list_minor;
    }
    for (size_t i = 0; i < coupons; i++) {
        const price_verdict *v = &p->verdicts[i];
        int64_t by_share = 0;
        for (size_t k = 0; k < p->share_count; k++) {
            by_share += p->shares[k].applied == i ? p->shares[k].discount_minor : 0;
        }
        assert_int_equal(by_share, v->discount_minor);
        assert_true((v->result == R_DONE) == (v->discount_minor + v->adds_minor > 0));
        assert_true((v->result == R_DONE) == (v->reason.n == 0));
        assert_true((v->missing_minor > 0) == str_eq(v->reason, S("below_threshold")));
        by_verdict += v->discount_minor;
    }
    for (size_t i = 0; i < c->n; i++) {
        int64_t by_share = 0;
        for (size_t k = 0; k < p->share_count; k++) {
            assert_true(p->shares[k].discount_minor > 0);
            by_share += p->shares[k].line == i ? p->shares[k].discount_minor : 0;
        }
        assert_int_equal(by_share, p->line_discount_minor[i]);
    }
    assert_int_equal(by_line, p->discount_minor);
    assert_int_equal(by_verdict, p->discount_minor);
    assert_int_equal(subtotal, p->subtotal_minor);
}

static inline price_result price_of(const cart *c, const price_coupon *coupons, size_t n)
{
    price_result p;
    price_ask ask = {.cart = c, .coupons = coupons, .n = n};
    assert_int_equal(price_cart(&ask, memory, &p), R_DONE);
    assert_price_adds_up(c, n, &p);
    return p;
}

#endif

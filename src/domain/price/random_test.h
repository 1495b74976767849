/* Random carts, benefits of every kind, standings and policies, for the property suites of price.
 * Benefits are drawn from the rows of kind.def and policies from those of policy.def, so a new row
 * is in it by itself. */
#ifndef QUAN_DOMAIN_PRICE_RANDOM_TEST_H
#define QUAN_DOMAIN_PRICE_RANDOM_TEST_H

#include "domain/price/kind.h"
#include "domain/price/price_test.h"

enum { NAMES = 4, TRIES = 200, TERMS = 64, CHOICES = 64 };

static const char *const names[NAMES] = {"a", "b", "c", "d"};
static uint64_t seed;

static inline int64_t below(int64_t n)
{
    return (int64_t)random_below(&seed, (uint64_t)n);
}

static inline bool one_in(int64_t n)
{
    return below(n) == 0;
}

/* ---- random benefits ---- */

static inline int64_t random_value(const benefit_param *p)
{
    int64_t value;
    switch (p->type) {
    case BENEFIT_MONEY:
        value = one_in(20) ? below(MONEY_MAX / 1000) : below(one_in(3) ? 300 : 5000);
        break;
    case BENEFIT_PERCENT:
        value = one_in(4) ? 1 + below(BENEFIT_PERCENT_ONE) : 50000 * (1 + below(20));
        break;
    case BENEFIT_COUNT:
        value = 1 + below(one_in(10) ? 1000 : 4);
        break;
    default:
        value = p->min + below(p->max - p->min + 1);
        break;
    }
    return value < p->min ? p->min : value > p->max ? p->max : value;
}

static inline size_t add_term(benefit_term *to, uint8_t kind, uint8_t place, uint16_t nth)
{
    const benefit_param *p = benefit_param_at(kind, place);
    int64_t often = place >= BENEFIT_COMMON_FIRST ? 6 : 2;
    if (!p->needed && !one_in(often)) {
        return 0;
    }
    *to = (benefit_term){.term = place, .nth = nth, .value = random_value(p)};
    if (p->type == BENEFIT_TEXT) {
        to->text = str_of(names[below(NAMES)]);
        to->value = 1;
    }
    return 1;
}

static inline benefit random_terms(uint8_t kind)
{
    benefit b = {.kind = kind, .terms = ARENA_ARRAY(memory, benefit_term, TERMS)};
    uint8_t objects = benefit_list_of(kind);
    uint16_t items = objects == 0 ? 0 : (uint16_t)(1 + below(3));
    for (uint16_t nth = 0; nth <= items; nth++) {
        for (uint8_t place = 1; place < BENEFIT_PLACES; place++) {
            const benefit_param *p = benefit_param_at(kind, place);
            if (p->type != BENEFIT_NONE && p->type != BENEFIT_LIST && p->field == (nth > 0)) {
                b.n += add_term(&b.terms[b.n], kind, place, nth);
            }
        }
    }
    return b;
}

/* Draws until the checks find nothing. */
static inline benefit random_benefit(void)
{
    bool set = one_in(8); /* sets are seldom in the cart */
    uint8_t kind = set ? BENEFIT_KIND_SET_PRICE : (uint8_t)(1 + below(BENEFIT_KIND_COUNT - 1));
    for (int i = 0; i < TRIES; i++) {
        issues *found = issues_new(memory);
        benefit b = random_terms(kind);
        benefit_check(&b, found);
        if (found->n == 0) {
            return b;
        }
    }
    template_version v = percent_off(1 + below(10000), 0, 0);
    return (benefit){v.benefit, v.terms.items, v.terms.n};
}

static inline rule_tree random_tree(str text, rule_place place)
{
    json *v;
    rule_tree tree;
    rule_source as = {place, NULL, S("rule")};
    issues *found = issues_new(memory);
    assert_int_equal(json_parse(text, &v, NULL), R_DONE);
    rule_read(v, &as, found, &tree);
    assert_int_equal(found->n, 0);
    json_free(v);
    return tree;
}

static inline template_version random_version(void)
{
    benefit b = random_benefit();
    template_version v = version_of(b.kind);
    v.terms.items = b.terms;
    v.terms.n = b.n;
    v.stage = (uint8_t)below(5);
    v.priority = (int32_t)below(3);
    v.exclusive = one_in(12);
    v.always_stackable = one_in(8);
    v.stop = (uint8_t)(one_in(8) ? 1 + below(3) : 0);
    v.stack_group = one_in(2) ? S("g") : S("");
    v.lane = v.stack_group.n > 0 && one_in(2) ? S("x") : S("");
    v.rank = (int32_t)below(3);
    if (one_in(3)) {
        scope_item *item = ARENA_NEW(memory, scope_item);
        *item = (scope_item){SCOPE_DIMENSION_SKU, str_of(names[below(NAMES)])};
        v = scoped(v, one_in(2) ? SCOPE_MODE_ONLY : SCOPE_MODE_EXCEPT, item, 1);
    } else if (one_in(6)) { /* what other coupons do to a line decides */
        str text = arena_printf(memory, "{\"fact\":\"line.discounted\",\"is\":%s}",
                                one_in(2) ? "true" : "false");
        rule_tree tree = random_tree(text, RULE_PLACE_LINE);
        v.scope.items = tree.items;
        v.scope.n = tree.n;
    }
    if (one_in(6)) { /* what they do to the cart */
        str text = arena_printf(memory, "{\"fact\":\"cart.%ssubtotal\",\"%s\":%lld}",
                                one_in(2) ? "eligible_" : "", one_in(2) ? "at_least" : "at_most",
                                (long long)below(10000));
        rule_tree tree = random_tree(text, RULE_PLACE_CART);
        v.conditions.items = tree.items;
        v.conditions.n = tree.n;
    }
    return v;
}

/* ---- random carts ---- */

static inline order_line random_line(void)
{
    order_line line = line_of(names[below(NAMES)], "", 1 + below(5), below(one_in(3) ? 20 : 3000));
    if (one_in(8)) {
        line.marks = LINE_WEIGHED;
        line.quantity = 1 + below(5000);
    } else if (one_in(8)) {
        line.marks = LINE_SHIPPING;
        line.quantity = 1;
    } else if (one_in(30)) {
        line.quantity = CART_QUANTITY_MAX - below(10);
    }
    return line;
}

/* Fills choices[CHOICES] and gives how many there are. */
static inline size_t random_policy(policy_choice *choices)
{
    size_t n = 0;
    for (size_t place = 0; place < policy_count(); place++) {
        policy_dimension d = policy_at(place);
        if (one_in(2)) {
            choices[n++] = (policy_choice){d.number, (uint8_t)below((int64_t)d.n)};
        }
    }
    return n;
}

#endif

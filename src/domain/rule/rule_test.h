/* For the tests of rules: short ways to write trees and carts. Single quotes become double. */
#ifndef QUAN_DOMAIN_RULE_RULE_TEST_H
#define QUAN_DOMAIN_RULE_RULE_TEST_H

#include "base/test_help.h"
#include "domain/rule/word.h"
#include "port/zone.h"

static arena *memory;
static issues *found;

enum { TEST_PROGRAMS_MAX = 256 };
static rule_program *test_programs[TEST_PROGRAMS_MAX];
static size_t test_programs_n;

static inline int rule_setup(void **state)
{
    (void)state;
    memory = arena_new(0);
    found = issues_new(memory);
    return 0;
}

static inline int rule_teardown(void **state)
{
    (void)state;
    while (test_programs_n > 0) {
        rule_free(test_programs[--test_programs_n]);
    }
    arena_free(memory);
    return 0;
}

#define RULE_TEST(f) cmocka_unit_test_setup_teardown(f, rule_setup, rule_teardown)

static inline json *test_json(const char *text)
{
    str raw = arena_str(memory, str_of(text));
    json *v = NULL;
    for (size_t i = 0; i < raw.n; i++) {
        if (raw.p[i] == '\'') {
            ((char *)(uintptr_t)raw.p)[i] = '"';
        }
    }
    assert_int_equal(json_parse(raw, &v, NULL), R_DONE);
    return v;
}

/* Reads a tree; its problems are in `found`, which begins empty. */
static inline rule_tree test_read(rule_place place, const char *text)
{
    json *v = test_json(text);
    rule_tree tree;
    rule_source as = {place, zone_find, place == RULE_PLACE_LINE ? S("scope") : S("conditions")};
    found = issues_new(memory);
    rule_read(v, &as, found, &tree);
    json_free(v);
    return tree;
}

static inline rule_tree test_tree(rule_place place, const char *text)
{
    rule_tree tree = test_read(place, text);
    for (size_t i = 0; i < found->n; i++) {
        print_error("%s: %.*s %.*s (%.*s)\n", text, STR_ARG(found->items[i].field),
                    STR_ARG(found->items[i].code), STR_ARG(found->items[i].detail));
    }
    assert_int_equal(found->n, 0);
    return tree;
}

/* Freed by the teardown. */
static inline const rule_program *test_program(rule_place place, const char *text)
{
    rule_tree tree = test_tree(place, text);
    assert_true(test_programs_n < TEST_PROGRAMS_MAX);
    rule_program *p = rule_new(tree.items, tree.n, place);
    test_programs[test_programs_n++] = p;
    return p;
}

static inline str test_written(rule_tree tree, rule_place place)
{
    buf b;
    buf_init(&b, 16 * 1024 * 1024);
    json_writer w = json_writer_on(&b);
    rule_write(tree.items, tree.n, place, &w);
    assert_false(buf_overflowed(&b));
    str text = arena_str(memory, buf_view(&b));
    buf_free(&b);
    return text;
}

/* A cart with two goods and a charge for sending, and a shopper who is known. */
static inline cart test_cart(void)
{
    static const str tags[] = {{"gold", 4}, {"new", 3}};
    static const cart_attribute of_cart[] = {
        {.name = {"gift_wrap", 9}, .number = 1},
        {.name = {"note", 4}, .is_text = true, .text = {"hi", 2}}};
    static const cart_attribute of_user[] = {{.name = {"age", 3}, .number = 30}};
    order_line *lines = ARENA_ARRAY(memory, order_line, 3);
    lines[0] = (order_line){.sku = S("a1"),
                            .product = S("a"),
                            .category = S("shoes"),
                            .categories = S("shoes\x1fwear\x1f"),
                            .brand = S("acme"),
                            .model = S("m1"),
                            .seller = S("s1"),
                            .tags = S("red\x1fsummer\x1f"),
                            .marks = LINE_ON_SALE,
                            .quantity = 2,
                            .unit_minor = 3000};
    lines[1] = (order_line){.sku = S("b1"),
                            .category = S("fruit"),
                            .marks = LINE_WEIGHED,
                            .quantity = 1500,
                            .unit_minor = 1000};
    lines[2] =
        (order_line){.sku = S("express"), .marks = LINE_SHIPPING, .quantity = 1, .unit_minor = 800};
    return (cart){.zones = zone_find,
                  .currency = S("CNY"),
                  .store = S("s-1"),
                  .region = S("CN-31"),
                  .channel = S("app"),
                  .payment = S("alipay"),
                  .at_ms = INT64_C(1793620800000), /* 2026-11-02T12:00:00Z, a Monday */
                  .lines = lines,
                  .n = 3,
                  .attributes = {of_cart, 2},
                  .shopper = {.known = true,
                              .tags = tags,
                              .tag_count = 2,
                              .attributes = {of_user, 1},
                              .orders = 3,
                              .spent_minor = 50000,
                              .last_order_at_ms = INT64_C(1793620800000) - 40 * MS_DAY}};
}

/* What the lines of a cart cost at list price, rounded half-up. */
static inline const int64_t *test_costs(const cart *c)
{
    int64_t *minor = ARENA_ARRAY(memory, int64_t, c->n);
    for (size_t i = 0; i < c->n; i++) {
        int64_t product = c->lines[i].quantity * c->lines[i].unit_minor;
        minor[i] = (c->lines[i].marks & LINE_WEIGHED) != 0 ? (product + 500) / 1000 : product;
    }
    return minor;
}

static inline rule_facts test_facts(const cart *c)
{
    uint64_t *eligible = ARENA_NEW(memory, uint64_t);
    *eligible = 1; /* the first line */
    return rule_facts_of(c, test_costs(c), NULL, eligible);
}

#endif

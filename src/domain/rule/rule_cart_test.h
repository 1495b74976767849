/* For the random tests of rules and of finding: carts that have some of what random trees ask. */
#ifndef QUAN_DOMAIN_RULE_RULE_CART_TEST_H
#define QUAN_DOMAIN_RULE_RULE_CART_TEST_H

#include "domain/rule/rule_make_test.h"

static inline str word(void)
{
    return below(4) == 0 ? S("") : arena_printf(memory, "w%zu", below(5));
}

static inline str joined(void)
{
    str all = S("");
    for (size_t n = below(4); n > 0; n--) {
        all = arena_printf(memory, "%.*sw%zu\x1f", STR_ARG(all), below(5));
    }
    return all;
}

static inline cart_attributes random_attributes(void)
{
    cart_attribute *items = ARENA_ARRAY(memory, cart_attribute, 2);
    size_t n = 0;
    for (size_t i = 0; i < 2; i++) {
        if (below(3) > 0) {
            items[n++] = (cart_attribute){.name = i == 0 ? S("a") : S("b"),
                                          .is_text = below(2) == 0,
                                          .number = (int64_t)below(8),
                                          .text = arena_printf(memory, "w%zu", below(5))};
            items[n - 1].number = items[n - 1].is_text ? 0 : items[n - 1].number;
        }
    }
    return (cart_attributes){items, n};
}

static inline cart random_cart(void)
{
    size_t n = below(6);
    order_line *lines = ARENA_ARRAY(memory, order_line, n + 1);
    for (size_t i = 0; i < n; i++) {
        lines[i] = (order_line){.sku = arena_printf(memory, "w%zu", below(5)),
                                .product = word(),
                                .category = word(),
                                .categories = joined(),
                                .brand = word(),
                                .model = word(),
                                .seller = word(),
                                .tags = joined(),
                                .marks = (uint8_t)below(16),
                                .unit_minor = (int64_t)below(4000)};
        lines[i].quantity = lines[i].marks & LINE_WEIGHED ? (int64_t)(1 + below(16) * 500)
                                                          : (int64_t)(1 + below(4));
    }
    str *tags = ARENA_ARRAY(memory, str, 3);
    size_t tag_count = below(3);
    bool told = below(4) > 0;
    for (size_t i = 0; i < tag_count; i++) {
        tags[i] = arena_printf(memory, "w%zu", i * 2 + below(2));
    }
    int64_t now = INT64_C(1790000000000) + (int64_t)below((size_t)(100 * MS_DAY));
    int64_t last = below(3) == 0 ? -1 : below(2) == 0 ? 0 : now - (int64_t)below(8) * MS_DAY;
    return (cart){.zones = zone_find,
                  .currency = arena_printf(memory, "w%zu", below(5)),
                  .store = word(),
                  .region = word(),
                  .channel = word(),
                  .payment = word(),
                  .at_ms = now,
                  .lines = lines,
                  .n = n,
                  .attributes = random_attributes(),
                  .shopper = {.known = below(2) == 0,
                              .tags = told ? tags : NULL,
                              .tag_count = told ? tag_count : 0,
                              .attributes = random_attributes(),
                              .orders = (int64_t)below(6) - 1,
                              .spent_minor = (int64_t)below(4000) - 1,
                              .last_order_at_ms = last}};
}

#endif

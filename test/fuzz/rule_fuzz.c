/* Any JSON as a condition and as a scope. What is read without a problem is sound; its canonical
 * text reads as the same nodes; the program answers, and explains exactly what it refuses. */
#include <stddef.h>
#include <stdint.h>

#include "domain/rule/rule.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define SPRING INT64_C(1772953200000) /* New York, 2026 */

static const zone_change changes[] = {{SPRING, -4 * 3600000},
                                      {SPRING + 238 * MS_DAY, -5 * 3600000}};
static const zone new_york = {
    .name = {"America/New_York", 16}, .first_offset_ms = -5 * 3600000, .n = 2, .changes = changes};

static const zone *find_zone(str name)
{
    return str_eq(name, new_york.name) ? &new_york : str_eq(name, S("UTC")) ? &zone_utc : NULL;
}

static cart a_cart(int64_t at_ms)
{
    static const order_line lines[] = {
        {.sku = {"a", 1},
         .brand = {"b", 1},
         .categories = {"x\x1fy\x1f", 4},
         .quantity = 2,
         .unit_minor = 100},
        {.sku = {"c", 1},
         .tags = {"t\x1f", 2},
         .marks = LINE_WEIGHED,
         .quantity = 10,
         .unit_minor = 1},
        {.sku = {"s", 1}, .marks = LINE_SHIPPING, .quantity = 1},
    };
    static const str tags[] = {{"t", 1}, {"v", 1}};
    return (cart){.zones = find_zone,
                  .currency = S("CNY"),
                  .store = S("s"),
                  .at_ms = at_ms,
                  .lines = lines,
                  .n = 3,
                  .shopper = {.tags = tags, .tag_count = 2, .orders = 2, .spent_minor = -1}};
}

static void ask(const rule_program *p, rule_place place, int64_t at_ms, arena *memory)
{
    static const int64_t line_minor[] = {200, 0, 0};
    uint64_t covered;
    rule_refusal why;
    cart c = a_cart(at_ms);
    rule_facts facts = rule_facts_of(&c, line_minor, NULL, NULL);
    if (place == RULE_PLACE_LINE) {
        rule_line_all(p, &c, NULL, &covered);
        CHECK(covered < 8);
    } else {
        CHECK(rule_met(p, &facts) != rule_explain(p, &facts, S("r"), memory, &why));
    }
}

static str written(rule_tree tree, rule_place place, buf *b)
{
    json_writer w = json_writer_on(b);
    rule_write(tree.items, tree.n, place, &w);
    CHECK(!buf_overflowed(b));
    return buf_view(b);
}

static void check_tree(rule_tree tree, rule_source *as, arena *memory)
{
    buf b;
    json *v;
    rule_tree again;
    issues *found = issues_new(memory);
    buf_init(&b, 64 * 1024 * 1024);
    CHECK(rule_is_sound(tree.items, tree.n, as->place));
    CHECK(json_parse(written(tree, as->place, &b), &v, NULL) == R_DONE);
    rule_read(v, as, found, &again);
    CHECK(found->n == 0 && again.n == tree.n);
    for (size_t i = 0; i < tree.n; i++) {
        CHECK(record_equal(&rule_node_record, &tree.items[i], &again.items[i]));
    }
    rule_program *p = rule_new(tree.items, tree.n, as->place);
    for (int hour = 0; hour < 24; hour += 5) {
        ask(p, as->place, SPRING - 12 * MS_HOUR + hour * MS_HOUR, memory);
    }
    (void)rule_index(p, memory);
    rule_free(p);
    json_free(v);
    buf_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    json *v;
    if (json_parse((str){(const char *)data, n}, &v, NULL) != R_DONE) {
        return 0;
    }
    for (rule_place place = RULE_PLACE_CART; place <= RULE_PLACE_LINE; place++) {
        arena *memory = arena_new(0);
        issues *found = issues_new(memory);
        rule_source as = {place, find_zone, S("r")};
        rule_tree tree;
        rule_read(v, &as, found, &tree);
        if (found->n == 0) {
            check_tree(tree, &as, memory);
        } else {
            CHECK(tree.n == 0);
        }
        arena_free(memory);
    }
    json_free(v);
    return 0;
}

/* For the random tests of rules: JSON of trees that are sound, every form and operator. */
#ifndef QUAN_DOMAIN_RULE_RULE_MAKE_TEST_H
#define QUAN_DOMAIN_RULE_RULE_MAKE_TEST_H

#include "domain/rule/rule_test.h"

static uint64_t seed;
static buf tree_text;

static inline size_t below(size_t n)
{
    return (size_t)random_below(&seed, n);
}

static inline void put_word(void)
{
    buf_printf(&tree_text, "\"w%zu\"", below(5));
}

static inline void put_values(bool is_text)
{
    size_t n = 1 + below(below(4) == 0 ? 8 : 3), first = below(5);
    buf_char(&tree_text, '[');
    for (size_t i = first; i < first + n; i++) { /* each once */
        buf_str(&tree_text, i > first ? S(",") : S(""));
        buf_printf(&tree_text, is_text ? "\"w%zu\"" : "%zu", i * 3 % 11);
    }
    buf_char(&tree_text, ']');
}

static inline size_t random_bound(const rule_fact_row *row)
{
    return row->type == RULE_MONEY ? below(4000) : below(8);
}

static inline void put_random_operand(const rule_op_row *op, const rule_fact_row *fact)
{
    bool is_text = (fact->type & (RULE_TEXT | RULE_SET)) != 0 ||
                   (fact->type == RULE_ATTRIBUTE && below(2) == 0);
    if (op->operand == RULE_TAKES_MANY) {
        put_values(is_text);
    } else if (op->operand == RULE_TAKES_PAIR) {
        size_t low = random_bound(fact);
        buf_printf(&tree_text, "[%zu,%zu]", low, low + random_bound(fact));
    } else if (fact->type == RULE_FLAG) {
        buf_str(&tree_text, below(2) == 0 ? S("true") : S("false"));
    } else if (op->operand == RULE_TAKES_ONE && is_text) {
        put_word();
    } else {
        buf_u64(&tree_text, random_bound(fact));
    }
}

static inline void put_random_compare(rule_place place)
{
    const rule_fact_row *fact = NULL;
    const rule_op_row *op = NULL;
    while (fact == NULL || fact->place != place) {
        fact = rule_fact_of((unsigned)below(RULE_FACTS));
    }
    while (op == NULL || op->form != RULE_COMPARE || (op->types & fact->type) == 0) {
        op = rule_op_of((unsigned)below(RULE_OPS));
    }
    buf_printf(&tree_text, "{\"fact\":\"%.*s%s\",\"%.*s\":", STR_ARG(fact->name),
               fact->type != RULE_ATTRIBUTE ? ""
               : below(2) == 0              ? "a"
                                            : "b",
               STR_ARG(op->name));
    put_random_operand(op, fact);
}

static inline void put_random_node(rule_place place, unsigned depth);

static inline void put_random_lines(unsigned depth)
{
    const rule_op_row *op = NULL;
    while (op == NULL || op->form != RULE_LINES) {
        op = rule_op_of((unsigned)below(RULE_OPS));
    }
    buf_str(&tree_text, S("{\"lines\":{"));
    if (below(2) == 0) {
        buf_str(&tree_text, S("\"where\":"));
        put_random_node(RULE_PLACE_LINE, depth + 1);
        buf_char(&tree_text, ',');
    }
    buf_printf(&tree_text, "\"%.*s\":", STR_ARG(op->name));
    if (op->operand == RULE_TAKES_NODE) {
        put_random_node(RULE_PLACE_LINE, depth + 1);
    } else {
        buf_u64(&tree_text, op->types == RULE_MONEY ? below(9000) : below(6));
    }
    buf_char(&tree_text, '}');
}

static inline void put_random_time(void)
{
    static const char *const zones[] = {"Asia/Shanghai", "America/New_York", "Australia/Lord_Howe",
                                        "UTC"};
    if (below(3) == 0) {
        buf_printf(&tree_text,
                   "{\"from\":\"2026-1%zu-01T00:00:00Z\",\"until\":\"2027-01-0%zuT00:00:00Z\"",
                   below(3), 1 + below(9));
        return;
    }
    buf_printf(&tree_text, "{\"weekdays\":[\"%s\"", rule_weekdays[below(3)]);
    for (size_t day = 3; day < RULE_WEEK; day++) {
        if (below(2) == 0) {
            buf_printf(&tree_text, ",\"%s\"", rule_weekdays[day]);
        }
    }
    buf_printf(&tree_text, "],\"from\":\"%02zu:%02zu\",\"until\":\"%02zu:%02zu\",\"zone\":\"%s\"",
               below(24), below(60), below(24), 1 + below(59), zones[below(4)]);
}

static inline void put_random_node(rule_place place, unsigned depth)
{
    size_t pick = below(10);
    if (depth < 5 && pick < 3) {
        static const char *const names[] = {"all", "any"};
        size_t n = 1 + below(3);
        buf_printf(&tree_text, "{\"%s\":[", names[below(2)]);
        for (size_t i = 0; i < n; i++) {
            buf_str(&tree_text, i > 0 ? S(",") : S(""));
            put_random_node(place, depth + 1);
        }
        buf_char(&tree_text, ']');
    } else if (depth < 5 && pick == 3) {
        buf_str(&tree_text, S("{\"not\":"));
        put_random_node(place, depth + 1);
    } else if (place == RULE_PLACE_CART && pick == 4) {
        put_random_time();
    } else if (place == RULE_PLACE_CART && pick < 7) {
        put_random_lines(depth);
    } else {
        put_random_compare(place);
    }
    if (below(8) == 0) {
        buf_printf(&tree_text, ",\"message\":\"m%zu\"", below(9));
    }
    buf_char(&tree_text, '}');
}

#endif

/* JSON to nodes: comparisons of a fact. */
#include "base/hash.h"
#include "domain/rule/read.h"

/* The operator, and its name. 0, with a problem, when there is not exactly one. */
static uint8_t compare_op(rule_reader *r, const json *v, str path, str *name)
{
    void *at = NULL;
    str named;
    const json *value;
    uint8_t op = 0;
    str names = rule_ops_listed(r->found->memory, RULE_COMPARE, 0);
    while (json_next(v, &at, &named, &value)) {
        uint8_t found = rule_op_named(named, RULE_COMPARE);
        if (str_eq(named, S("fact")) || str_eq(named, S("message"))) {
            continue;
        }
        if (found == 0) {
            issues_add(r->found, rule_member(r, path, named), S("unknown_field"),
                       "fact, message, and one of: %.*s", STR_ARG(names));
        } else if (op != 0) {
            rule_problem(r, rule_member(r, path, named), "not_allowed", "one of them at a time");
        } else {
            op = found;
            *name = named;
        }
    }
    if (op == 0) {
        issues_add(r->found, path, S("required"), "one of: %.*s", STR_ARG(names));
    }
    return op;
}

static uint8_t compare_fact(rule_reader *r, const json *v, str path, rule_place place,
                            str *attribute)
{
    const json *named = json_field(v, S("fact"));
    str at = rule_member(r, path, S("fact"));
    if (json_kind_of(named) != JSON_KIND_STR) {
        rule_problem(r, at, "wrong_type", "the name of a fact");
        return 0;
    }
    uint8_t fact = rule_fact_named(json_str(named), attribute);
    if (fact == 0 || rule_fact_of(fact)->place != place) {
        str names = rule_facts_listed(r->found->memory, place);
        issues_add(r->found, at, S("not_allowed"), "here: %.*s", STR_ARG(names));
        return 0;
    }
    if (rule_fact_of(fact)->type == RULE_ATTRIBUTE &&
        (attribute->n == 0 || attribute->n > RULE_TEXT_MAX || !str_is_printable(*attribute))) {
        issues_add(r->found, at, S("out_of_range"), "a name of 1 to %d bytes of printable text",
                   RULE_TEXT_MAX);
        return 0;
    }
    *attribute = arena_str(r->found->memory, *attribute);
    return fact;
}

static bool takes_text(rule_type type, const json *v)
{
    return type == RULE_TEXT || type == RULE_SET ||
           (type == RULE_ATTRIBUTE && json_kind_of(v) != JSON_KIND_INT);
}

/* One value as a node; false: a problem. */
static bool read_value(rule_reader *r, const json *v, str path, rule_type type, bool is_text)
{
    size_t node = rule_append(r, (rule_node){.op = RULE_OP_VALUE});
    if (is_text) {
        str text = rule_text(r, v, path, rule_text_max(type));
        r->nodes[node].text = text;
        return text.n > 0;
    }
    int64_t number = 0;
    bool fine = rule_integer(r, v, path, type, &number);
    r->nodes[node].low = number;
    return fine;
}

static bool same_value(const rule_node *a, const rule_node *b)
{
    return a->low == b->low && str_eq(a->text, b->text);
}

/* In time linear in the values: how many they are is up to a merchant. */
static void refuse_duplicates(rule_reader *r, str path, size_t first, size_t n)
{
    const rule_node *values = r->nodes + first;
    size_t places = 16;
    while (places < n * 2) {
        places *= 2;
    }
    uint32_t *taken = ARENA_ARRAY(r->found->memory, uint32_t, places); /* index + 1 */
    for (size_t i = 0; i < n; i++) {
        size_t at = (size_t)hash64(values[i].text, (uint64_t)values[i].low) & (places - 1);
        while (taken[at] != 0 && !same_value(&values[taken[at] - 1], &values[i])) {
            at = (at + 1) & (places - 1);
        }
        if (taken[at] == 0) {
            taken[at] = (uint32_t)i + 1;
        } else {
            rule_problem(r, rule_item(r, path, i), "duplicate", "is in the list already");
        }
    }
}

bool rule_takes_values(rule_reader *r, str path, size_t n)
{
    if (n == 0 || n > RULE_VALUES_MAX - r->values) {
        issues_add(r->found, path, n == 0 ? S("required") : S("too_many"),
                   "1 to %d values, in all of a tree", RULE_VALUES_MAX);
        return false;
    }
    r->values += n;
    return true;
}

void rule_read_values(rule_reader *r, const json *v, str path, rule_type type, size_t node)
{
    if (json_kind_of(v) != JSON_KIND_ARRAY) {
        rule_problem(r, path, "wrong_type", "a list");
        return;
    }
    size_t n = json_count(v);
    if (!rule_takes_values(r, path, n)) {
        return;
    }
    r->nodes[node].n = (uint16_t)n;
    bool is_text = takes_text(type, json_at(v, 0));
    bool fine = true;
    size_t first = r->n;
    const json *one = NULL;
    for (size_t i = 0; (one = json_item_next(v, one)) != NULL; i++) {
        bool text = takes_text(type, one);
        json_kind kind = json_kind_of(one);
        /* The path is made only where it is needed: lists are long. */
        bool usual = is_text ? kind == JSON_KIND_STR && json_str(one).n > 0 &&
                                   json_str(one).n <= rule_text_max(type) &&
                                   str_is_printable(json_str(one))
                             : kind == JSON_KIND_INT;
        str at = usual ? path : rule_item(r, path, i);
        if (type == RULE_ATTRIBUTE && text != is_text) {
            rule_problem(r, rule_item(r, path, i), "wrong_type", "all texts, or all numbers");
            fine = false;
        } else {
            fine &= read_value(r, one, at, type, is_text);
        }
        if (r->found->dropped > 0) {
            return;
        }
    }
    if (fine) {
        refuse_duplicates(r, path, first, n);
    }
}

void rule_read_operand(rule_reader *r, const json *v, str path, size_t node)
{
    const rule_op_row *op = rule_op_of(r->nodes[node].op);
    const rule_fact_row *fact = rule_fact_of(r->nodes[node].fact);
    int64_t low = 0;
    int64_t high = 0;
    if (op->operand == RULE_TAKES_MANY) {
        rule_read_values(r, v, path, fact->type, node);
        if (op->test == RULE_TEST_HAS_ALL && json_count(v) > RULE_ALL_OF_MAX) {
            issues_add(r->found, path, S("too_many"), "at most %d values", RULE_ALL_OF_MAX);
        }
    } else if (op->operand == RULE_TAKES_PAIR) {
        if (json_kind_of(v) != JSON_KIND_ARRAY || json_count(v) != 2) {
            rule_problem(r, path, "wrong_type", "a list of two numbers, both inside");
        } else if (rule_integer(r, json_at(v, 0), rule_item(r, path, 0), fact->type, &low) &&
                   rule_integer(r, json_at(v, 1), rule_item(r, path, 1), fact->type, &high)) {
            if (high < low) {
                rule_problem(r, path, "out_of_range", "the lower one first");
            }
        }
    } else if (op->operand == RULE_TAKES_ONE && fact->type == RULE_FLAG) {
        if (json_kind_of(v) != JSON_KIND_BOOL) {
            rule_problem(r, path, "wrong_type", "true or false");
        } else {
            low = json_bool(v);
        }
    } else if (op->operand == RULE_TAKES_ONE && takes_text(fact->type, v)) {
        if (!rule_takes_values(r, path, 1)) {
            return;
        }
        r->nodes[node].n = 1;
        (void)read_value(r, v, path, fact->type, true);
    } else {
        (void)rule_integer(r, v, path, fact->type, &low);
    }
    r->nodes[node].low = low;
    r->nodes[node].high = high;
}

void rule_read_compare(rule_reader *r, const json *v, str path, rule_place place)
{
    str name;
    str attribute;
    uint8_t op = compare_op(r, v, path, &name);
    uint8_t fact = compare_fact(r, v, path, place, &attribute);
    if (op == 0 || fact == 0) {
        return;
    }
    const rule_fact_row *row = rule_fact_of(fact);
    if ((rule_op_of(op)->types & row->type) == 0) {
        str names = rule_ops_listed(r->found->memory, RULE_COMPARE, row->type);
        issues_add(r->found, rule_member(r, path, name), S("not_allowed"),
                   "this fact is compared with: %.*s", STR_ARG(names));
        return;
    }
    rule_node made = {.op = op, .fact = fact, .text = attribute};
    const json *operand = json_field(v, name);
    str at = rule_member(r, path, name);
    if (row->type == RULE_MONEY && rule_is_listed(operand, op)) {
        rule_read_listed(r, operand, at, &(rule_listed){.as = made, .place = place});
        return;
    }
    rule_read_operand(r, operand, at, rule_append(r, made));
}

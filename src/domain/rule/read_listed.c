/* JSON to nodes: amounts that are listed by currency. What compares money is written once and
 * stands in an `any` once for each currency, in an `all` beside the currency. */
#include "base/money.h"
#include "domain/rule/read.h"

bool rule_is_listed(const json *operand, uint8_t op)
{
    rule_operand takes = rule_op_of(op)->operand;
    bool takes_list = takes == RULE_TAKES_PAIR || takes == RULE_TAKES_MANY;
    return json_kind_of(operand) == JSON_KIND_ARRAY &&
           (!takes_list || json_kind_of(json_at(operand, 0)) == JSON_KIND_OBJECT);
}

static void read_currency(rule_reader *r, const json *code, str path, rule_place place)
{
    bool of_line = place == RULE_PLACE_LINE;
    size_t node = rule_append(
        r, (rule_node){.op = RULE_OP_IS,
                       .fact = of_line ? RULE_FACT_LINE_CURRENCY : RULE_FACT_CART_CURRENCY});
    if (json_kind_of(code) != JSON_KIND_STR || money_decimals(json_str(code)) < 0) {
        rule_problem(r, path, "not_allowed", "a code of ISO 4217 in capitals");
        return;
    }
    rule_read_operand(r, code, path, node);
}

static void read_amount(rule_reader *r, const json *v, str path, const rule_listed *what)
{
    int64_t number = 0;
    size_t node = rule_append(r, what->as);
    if (rule_op_of(what->as.op)->form == RULE_COMPARE) {
        rule_read_operand(r, v, path, node);
        return;
    }
    (void)rule_integer(r, v, path, RULE_MONEY, &number);
    r->nodes[node].low = number;
    for (size_t i = 0; i < what->below_count; i++) {
        (void)rule_append(r, what->below[i]);
    }
}

static void read_one(rule_reader *r, const json *v, str path, const rule_listed *what)
{
    const json *code = json_field(v, S("currency"));
    const json *amount = json_field(v, S("amount"));
    if (json_kind_of(v) != JSON_KIND_OBJECT || json_count(v) != 2 || code == NULL ||
        amount == NULL) {
        rule_problem(r, path, "wrong_type", "an object {amount, currency}");
        return;
    }
    (void)rule_append(r, (rule_node){.op = RULE_OP_ALL, .n = 2});
    read_currency(r, code, rule_member(r, path, S("currency")), what->place);
    read_amount(r, amount, rule_member(r, path, S("amount")), what);
}

static bool is_listed_before(const json *v, size_t i)
{
    const json *code = json_field(json_at(v, i), S("currency"));
    for (size_t k = 0; k < i && json_kind_of(code) == JSON_KIND_STR; k++) {
        const json *other = json_field(json_at(v, k), S("currency"));
        if (json_kind_of(other) == JSON_KIND_STR && str_eq(json_str(other), json_str(code))) {
            return true;
        }
    }
    return false;
}

/* `where` has been counted once. */
static bool has_room(rule_reader *r, str path, size_t n, const rule_listed *what)
{
    enum { POINTS_EACH = 3 };
    size_t values = (n - 1) * what->values;
    return rule_points(r, path, n * POINTS_EACH + (n - 1) * what->points) &&
           (values == 0 || rule_takes_values(r, path, values));
}

void rule_read_listed(rule_reader *r, const json *v, str path, const rule_listed *what)
{
    size_t n = json_count(v);
    if (n == 0 || n > RULE_CURRENCIES_MAX) {
        issues_add(r->found, path, n == 0 ? S("required") : S("too_many"),
                   "an amount in 1 to %d currencies", RULE_CURRENCIES_MAX);
    } else if (r->depth + RULE_LISTED_LEVELS > RULE_DEPTH_MAX) {
        issues_add(r->found, path, S("too_deep"), "at most %d levels, of which this takes %d",
                   RULE_DEPTH_MAX, RULE_LISTED_LEVELS + 1);
    } else if (has_room(r, path, n, what)) {
        (void)rule_append(r, (rule_node){.op = RULE_OP_ANY, .n = (uint16_t)n});
        for (size_t i = 0; i < n; i++) {
            if (is_listed_before(v, i)) {
                rule_problem(r, rule_item(r, path, i), "duplicate", "once in each currency");
            }
            read_one(r, json_at(v, i), rule_item(r, path, i), what);
        }
    }
}

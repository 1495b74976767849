/* The tables of facts and operators. Constants only. */
#include "domain/rule/word.h"

#include "base/money.h"

static const rule_fact_row facts[RULE_FACTS] = {
#define FACT(number, NAME, text, type, place, distance, cost, about)                               \
    [number] = {{text, sizeof(text) - 1},                                                          \
                RULE_##type,                                                                       \
                RULE_PLACE_##place,                                                                \
                RULE_DISTANCE_##distance,                                                          \
                cost},
#include "domain/rule/fact.def"
#undef FACT
};

static const rule_op_row ops[RULE_OPS] = {
#define OP(number, NAME, text, form, operand, test, negated, types)                                \
    [number] = {{text, sizeof(text) - 1}, RULE_##form, RULE_TAKES_##operand,                       \
                RULE_TEST_##test,         negated,     types},
#include "domain/rule/op.def"
#undef OP
};

const char *const rule_weekdays[RULE_WEEK] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

const rule_fact_row *rule_fact_of(unsigned number)
{
    return number < RULE_FACTS && facts[number].name.n > 0 ? &facts[number] : NULL;
}

const rule_op_row *rule_op_of(unsigned number)
{
    return number < RULE_OPS && ops[number].name.n > 0 ? &ops[number] : NULL;
}

uint8_t rule_fact_named(str name, str *attribute)
{
    *attribute = (str){NULL, 0};
    for (unsigned i = 0; i < RULE_FACTS; i++) {
        const rule_fact_row *row = rule_fact_of(i);
        if (row == NULL || row->place == RULE_PLACE_NOWHERE) {
            continue;
        }
        if (row->type == RULE_ATTRIBUTE && str_starts(name, row->name)) {
            *attribute = (str){name.p + row->name.n, name.n - row->name.n};
            return (uint8_t)i;
        }
        if (row->type != RULE_ATTRIBUTE && str_eq(name, row->name)) {
            return (uint8_t)i;
        }
    }
    return 0;
}

uint8_t rule_op_named(str name, rule_form form)
{
    for (unsigned i = 0; i < RULE_OPS; i++) {
        const rule_op_row *row = rule_op_of(i);
        if (row != NULL && row->form == form && str_eq(name, row->name)) {
            return (uint8_t)i;
        }
    }
    return 0;
}

static str listed(arena *memory, str before, str name, bool is_prefix)
{
    return arena_printf(memory, "%.*s%s%.*s%s", STR_ARG(before), before.n > 0 ? ", " : "",
                        STR_ARG(name), is_prefix ? "NAME" : "");
}

str rule_facts_listed(arena *memory, rule_place place)
{
    str names = S("");
    for (unsigned i = 0; i < RULE_FACTS; i++) {
        const rule_fact_row *row = rule_fact_of(i);
        if (row != NULL && row->place == place) {
            names = listed(memory, names, row->name, row->type == RULE_ATTRIBUTE);
        }
    }
    return names;
}

str rule_ops_listed(arena *memory, rule_form form, unsigned type)
{
    str names = S("");
    for (unsigned i = 0; i < RULE_OPS; i++) {
        const rule_op_row *row = rule_op_of(i);
        if (row != NULL && row->form == form && (type == 0 || (row->types & type) != 0)) {
            names = listed(memory, names, row->name, false);
        }
    }
    return names;
}

void rule_bounds(rule_type type, int64_t *low, int64_t *high)
{
    *low = type == RULE_ATTRIBUTE ? -MONEY_MAX : 0;
    *high = type == RULE_QUANTITY ? CART_QUANTITY_MAX * CART_LINES_MAX : MONEY_MAX;
}

size_t rule_text_max(rule_type type)
{
    return type == RULE_ATTRIBUTE ? RULE_ATTRIBUTE_TEXT_MAX : RULE_TEXT_MAX;
}

void rule_skip(const rule_node *nodes, size_t n, size_t *at)
{
    for (size_t open = 1; open > 0 && *at < n; open--) {
        open += nodes[*at].n;
        (*at)++;
    }
}

/* Template versions: checked when written, compiled into rules for pricing. A rule is one block. */
#include "domain/price/rule.h"

#include <stdalign.h>
#include <stddef.h>
#include <stdlib.h>

static size_t aligned(size_t n)
{
    size_t to = alignof(max_align_t);
    return (n + to - 1) / to * to;
}

/* Who reads trees tells what is wrong with them; here only whether they can be compiled. */
static void check_trees(const template_version *version, issues *found)
{
    if (!rule_is_sound(version->scope.items, version->scope.n, RULE_PLACE_LINE)) {
        issues_add(found, S("scope"), S("not_allowed"), "a rule over lines");
    }
    if (!rule_is_sound(version->conditions.items, version->conditions.n, RULE_PLACE_CART)) {
        issues_add(found, S("conditions"), S("not_allowed"), "a rule over carts");
    }
}

static benefit benefit_of(const template_version *version)
{
    return (benefit){version->benefit, version->terms.items, version->terms.n};
}

static bool is_told(const issues *found)
{
    for (size_t i = 0; i < found->n; i++) {
        if (str_starts(found->items[i].field, S("benefit"))) {
            return true;
        }
    }
    return false;
}

void price_rule_check(const template_version *version, issues *found)
{
    benefit b = benefit_of(version);
    if (!is_told(found)) { /* else it was read from JSON and is not whole */
        benefit_check(&b, found);
    }
    check_trees(version, found);
}

static int64_t largest(const price_rule *rule)
{
    const benefit_values *values = &rule->benefit.values[0];
    int64_t bound =
        rule->kind->largest == NULL ? -1 : rule->kind->largest(values, rule->standing.stage);
    int64_t cap = values->v[TERM_COMMON_CAP];
    bound = bound > MONEY_MAX ? MONEY_MAX : bound;
    return cap > 0 && (bound < 0 || cap < bound) ? cap : bound;
}

static str copy_name(char *to, str name)
{
    if (name.n > 0) {
        memcpy(to, name.p, name.n);
    }
    return (str){to, name.n};
}

static price_standing standing_of(const template_version *v, char *names)
{
    return (price_standing){
        .stage = v->stage == 0 ? PRICE_STAGE_ORDER : v->stage,
        .stop = v->stop == 0 ? STOP_FURTHER_NONE : v->stop,
        .exclusive = v->exclusive,
        .always = v->always_stackable,
        .priority = v->priority,
        .rank = v->rank,
        .group = copy_name(names, v->stack_group),
        .lane = copy_name(names + v->stack_group.n, v->lane),
    };
}

price_rule *price_rule_new(const template_version *version)
{
    benefit b = benefit_of(version);
    const price_kind *kind = kind_find(version->benefit);
    CHECK(kind != NULL); /* a version with another kind is never saved */
    size_t head = aligned(sizeof(price_rule));
    size_t terms = aligned(benefit_size(&b));
    size_t names = version->stack_group.n + version->lane.n;
    char *block = calloc(1, head + terms + names); /* price_rule_free frees */
    CHECK(block != NULL);
    price_rule *rule = (price_rule *)block;
    rule->kind = kind;
    rule->number = version->benefit;
    benefit_build(&b, block + head, &rule->benefit);
    if (version->scope.n > 0) {
        rule->scope = rule_new(version->scope.items, version->scope.n, RULE_PLACE_LINE);
    }
    if (version->conditions.n > 0) {
        rule->conditions =
            rule_new(version->conditions.items, version->conditions.n, RULE_PLACE_CART);
    }
    rule->standing = standing_of(version, block + head + terms);
    rule->largest_minor = largest(rule);
    return rule;
}

void price_rule_free(price_rule *rule)
{
    if (rule != NULL) {
        rule_free(rule->scope);
        rule_free(rule->conditions);
    }
    free(rule);
}

const benefit_values *rule_values(const price_rule *rule, str currency, str own)
{
    const benefit_form *form = &rule->benefit;
    if (str_eq(currency, own) || form->values[0].v[TERM_COMMON_ANY_CURRENCY] != 0) {
        return &form->values[0];
    }
    if (rule->number == BENEFIT_KIND_STORED_VALUE) {
        return NULL;
    }
    for (uint32_t i = 1; i < form->currency_count; i++) {
        if (str_eq(form->currencies[i], currency)) {
            return &form->values[i];
        }
    }
    return NULL;
}

bool rule_covers(const price_rule *rule, const order_line *line, str currency, bool discounted)
{
    return rule->scope == NULL || rule_line(rule->scope, line, currency, discounted);
}

bool price_rule_one_currency(const price_rule *rule)
{
    return rule->benefit.currency_count == 1 &&
           rule->benefit.values[0].v[TERM_COMMON_ANY_CURRENCY] == 0;
}

bool price_rule_takes(const price_rule *rule, str currency, str own)
{
    return rule_values(rule, currency, own) != NULL;
}

const rule_program *price_rule_scope(const price_rule *rule)
{
    return rule->scope;
}

const rule_program *price_rule_conditions(const price_rule *rule)
{
    return rule->conditions;
}

bool price_rule_frozen(const price_rule *rule, const cart *c, arena *memory, str *out)
{
    bool asks = rule->conditions != NULL;
    *out = asks ? rule_frozen(rule->conditions, c, memory) : S("");
    return asks;
}

str price_rule_group(const price_rule *rule)
{
    return rule->standing.group;
}

int64_t price_rule_minimum_spend(const price_rule *rule)
{
    const benefit_form *form = &rule->benefit;
    int64_t lowest = form->values[0].v[TERM_COMMON_MINIMUM_SPEND];
    for (uint32_t i = 1; i < form->currency_count; i++) {
        int64_t spend = form->values[i].v[TERM_COMMON_MINIMUM_SPEND];
        lowest = spend < lowest ? spend : lowest;
    }
    return lowest;
}

int64_t price_rule_largest(const price_rule *rule)
{
    return rule->largest_minor;
}

int64_t price_rule_value(const price_rule *rule)
{
    bool stored = rule->kind == kind_find(BENEFIT_KIND_STORED_VALUE);
    return stored ? rule->benefit.values[0].v[TERM_STORED_VALUE_VALUE] : -1;
}

int64_t price_rule_worth(const price_rule *rule, uint32_t uses, int64_t money_minor)
{
    if (uses == 0) {
        return 0;
    }
    int64_t all = rule->largest_minor < 0 ? -1 : kind_times(rule->largest_minor, uses);
    bool stored = price_rule_value(rule) >= 0;
    return stored && money_minor < all ? money_minor : all;
}

uint32_t price_uses(const template_version *version)
{
    if (version->uses == 0) {
        return version->benefit == BENEFIT_KIND_STORED_VALUE ? PRICE_USES_ANY : 1;
    }
    return version->uses;
}

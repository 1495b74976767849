/* Template versions: checked when written, compiled into rules for pricing. A rule is one block. */
#include "domain/price/rule.h"

#include <stdalign.h>
#include <stddef.h>
#include <stdlib.h>

enum { SCOPE_VALUE_MAX = 64 /* bytes, as of a line's sku or category */ };

static size_t aligned(size_t n)
{
    size_t to = alignof(max_align_t);
    return (n + to - 1) / to * to;
}

/* nth: its place in the list of its dimension, which is how merchants write them. */
static void check_item(const scope_item *item, size_t nth, issues *found)
{
    if (item->value.n > 0 && item->value.n <= SCOPE_VALUE_MAX && str_is_printable(item->value)) {
        return;
    }
    const char *name = item->dimension == SCOPE_DIMENSION_SKU ? "skus" : "categories";
    str field = arena_printf(found->memory, "scope.%s[%zu]", name, nth);
    issues_add(found, field, item->value.n > SCOPE_VALUE_MAX ? S("too_long") : S("out_of_range"),
               "1 to %d bytes of printable text", SCOPE_VALUE_MAX);
}

static void check_scope(const template_version *version, issues *found)
{
    if (scope_mode_name(version->scope).n == 0) {
        issues_add(found, S("scope.mode"), S("not_allowed"), "all, only or except");
        return;
    }
    if (version->scope == SCOPE_MODE_ALL && version->items.n > 0) {
        issues_add(found, S("scope"), S("not_allowed"), "mode all has no skus and categories");
        return;
    }
    if (version->scope == SCOPE_MODE_ONLY && version->items.n == 0) {
        issues_add(found, S("scope"), S("required"), "mode only needs skus or categories");
    }
    if (version->items.n > SCOPE_ITEMS_MAX) {
        issues_add(found, S("scope"), S("too_many"), "at most %d skus and categories",
                   SCOPE_ITEMS_MAX);
        return;
    }
    size_t nth[SCOPE_DIMENSION_COUNT] = {0};
    for (size_t i = 0; i < version->items.n; i++) {
        const scope_item *item = &version->items.items[i];
        if (scope_dimension_name(item->dimension).n == 0) {
            issues_add(found, S("scope"), S("not_allowed"), "lists of skus and categories only");
        } else {
            check_item(item, nth[item->dimension]++, found);
        }
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
    check_scope(version, found);
}

static int64_t largest(const price_rule *rule)
{
    const benefit_values *values = &rule->benefit.values[0];
    int64_t bound = rule->kind->largest == NULL ? -1 : rule->kind->largest(values);
    int64_t cap = values->v[TERM_COMMON_CAP];
    return cap > 0 && (bound < 0 || cap < bound) ? cap : bound;
}

price_rule *price_rule_new(const template_version *version)
{
    benefit b = benefit_of(version);
    const price_kind *kind = kind_find(version->benefit);
    CHECK(kind != NULL); /* a version with another kind is never saved */
    size_t head = aligned(sizeof(price_rule));
    size_t terms = aligned(benefit_size(&b));
    char *block = calloc(1, head + terms + scope_size(version)); /* price_rule_free frees */
    CHECK(block != NULL);
    price_rule *rule = (price_rule *)block;
    rule->kind = kind;
    benefit_build(&b, block + head, &rule->benefit);
    scope_build(version, block + head + terms, &rule->scope);
    rule->largest_minor = largest(rule);
    return rule;
}

void price_rule_free(price_rule *rule)
{
    free(rule);
}

const benefit_values *rule_values(const price_rule *rule, str currency, str own)
{
    const benefit_form *form = &rule->benefit;
    if (str_eq(currency, own)) {
        return &form->values[0];
    }
    for (uint32_t i = 1; i < form->currency_count; i++) {
        if (str_eq(form->currencies[i], currency)) {
            return &form->values[i];
        }
    }
    return NULL;
}

bool price_rule_covers(const price_rule *rule, str sku, str category)
{
    return scope_covers(&rule->scope, sku, category);
}

bool price_rule_one_currency(const price_rule *rule)
{
    return rule->benefit.currency_count == 1;
}

int64_t price_rule_largest(const price_rule *rule)
{
    return rule->largest_minor;
}

int64_t price_largest_discount(const template_version *version)
{
    price_rule *rule = price_rule_new(version);
    int64_t largest_minor = rule->largest_minor;
    price_rule_free(rule);
    return largest_minor;
}

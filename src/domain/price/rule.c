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

void price_rule_check(const template_version *version, issues *found)
{
    const price_kind *kind = kind_find(version->benefit);
    if (kind == NULL) {
        issues_add(found, S("benefit.kind"), S("not_allowed"), "a kind of benefit that is known");
    } else {
        kind->check(version, found);
    }
    check_scope(version, found);
}

price_rule *price_rule_new(const template_version *version)
{
    const price_kind *kind = kind_find(version->benefit);
    CHECK(kind != NULL); /* a version with another kind is never saved */
    size_t head = aligned(sizeof(price_rule));
    size_t terms = aligned(kind->terms_size(version));
    char *block = calloc(1, head + terms + scope_size(version)); /* price_rule_free frees */
    CHECK(block != NULL);
    price_rule *rule = (price_rule *)block;
    rule->kind = kind;
    rule->terms = block + head;
    kind->compile(version, block + head);
    scope_build(version, block + head + terms, &rule->scope);
    return rule;
}

void price_rule_free(price_rule *rule)
{
    free(rule);
}

bool price_rule_covers(const price_rule *rule, str sku, str category)
{
    return scope_covers(&rule->scope, sku, category);
}

int64_t price_largest_discount(const template_version *version)
{
    const price_kind *kind = kind_find(version->benefit);
    CHECK(kind != NULL);
    return kind->largest(version);
}

/* JSON to attributes. Knows no rules but their bounds. */
#include "domain/rule/attributes.h"

#include <stdlib.h>

#include "base/money.h"
#include "domain/rule/rule.h"

static bool text_is_sound(str text, size_t max)
{
    return text.n > 0 && text.n <= max && str_is_printable(text);
}

static void read_one(str name, const json *v, str path, issues *found, cart_attribute *out)
{
    json_kind kind = json_kind_of(v);
    out->name = arena_str(found->memory, name);
    if (!text_is_sound(name, RULE_TEXT_MAX)) {
        issues_add(found, path, S("out_of_range"), "names of 1 to %d bytes of printable text",
                   RULE_TEXT_MAX);
    } else if (kind == JSON_KIND_STR && text_is_sound(json_str(v), RULE_ATTRIBUTE_TEXT_MAX)) {
        out->is_text = true;
        out->text = arena_str(found->memory, json_str(v));
    } else if (kind == JSON_KIND_INT && json_int(v) >= -MONEY_MAX && json_int(v) <= MONEY_MAX) {
        out->number = json_int(v);
    } else {
        str field = arena_printf(found->memory, "%.*s.%.*s", STR_ARG(path), STR_ARG(name));
        issues_add(found, field,
                   kind == JSON_KIND_STR || kind == JSON_KIND_INT ? S("out_of_range")
                                                                  : S("wrong_type"),
                   "1 to %d bytes of printable text, or a whole number within %lld either way",
                   RULE_ATTRIBUTE_TEXT_MAX, (long long)MONEY_MAX);
    }
}

static int by_name(const void *a, const void *b)
{
    return str_cmp(((const cart_attribute *)a)->name, ((const cart_attribute *)b)->name);
}

cart_attributes attributes_read(const json *v, str path, issues *found)
{
    size_t n = json_count(v);
    void *at = NULL;
    str name;
    const json *value;
    if (json_kind_of(v) != JSON_KIND_OBJECT) {
        issues_add(found, path, S("wrong_type"), "an object");
        return (cart_attributes){NULL, 0};
    }
    if (n > CART_ATTRIBUTES_MAX) {
        issues_add(found, path, S("too_many"), "at most %d attributes", CART_ATTRIBUTES_MAX);
        return (cart_attributes){NULL, 0};
    }
    cart_attribute *items = ARENA_ARRAY(found->memory, cart_attribute, n);
    for (size_t i = 0; json_next(v, &at, &name, &value); i++) {
        read_one(name, value, path, found, &items[i]);
    }
    if (n > 1) {
        qsort(items, n, sizeof(*items), by_name);
    }
    return (cart_attributes){items, n};
}

/* White and black lists without JSON, and the short form of scopes, both ways.
 *
 * only: skus, categories or {"any": [skus, categories]}; except: {"not": …} of that; all: no nodes.
 * No node of it has a message. */
#include "domain/rule/read.h"

rule_tree rule_list(str fact_name, const str *values, size_t n, arena *memory)
{
    str attribute;
    uint8_t fact = rule_fact_named(fact_name, &attribute);
    CHECK(fact != 0 && attribute.n == 0 && n > 0 && n <= RULE_VALUES_MAX);
    bool is_set = rule_fact_of(fact)->type == RULE_SET;
    rule_tree out = {ARENA_ARRAY(memory, rule_node, n + 1), n + 1};
    out.items[0] =
        (rule_node){.op = is_set ? RULE_OP_HAS_ANY : RULE_OP_IN, .fact = fact, .n = (uint16_t)n};
    for (size_t i = 0; i < n; i++) {
        out.items[i + 1] = (rule_node){.op = RULE_OP_VALUE, .text = values[i]};
    }
    return out;
}

static const json *short_list(rule_reader *r, const json *v, str path, const char *name)
{
    const json *values = json_field(v, str_of(name));
    if (values == NULL) {
        return NULL;
    }
    if (json_kind_of(values) != JSON_KIND_ARRAY) {
        rule_problem(r, rule_member(r, path, str_of(name)), "wrong_type", "a list");
        return NULL;
    }
    return json_count(values) > 0 ? values : NULL;
}

static void append_list(rule_reader *r, const json *values, str path, uint8_t fact)
{
    bool is_sku = fact == RULE_FACT_LINE_SKU;
    uint8_t op = is_sku ? RULE_OP_IN : RULE_OP_HAS_ANY;
    size_t node = rule_append(r, (rule_node){.op = op, .fact = fact});
    str at = rule_member(r, path, is_sku ? S("skus") : S("categories"));
    rule_read_values(r, values, at, rule_fact_of(fact)->type, node);
}

void rule_read_short(rule_reader *r, const json *v, str path)
{
    const json *mode = json_field(v, S("mode"));
    str text = json_kind_of(mode) == JSON_KIND_STR ? json_str(mode) : S("");
    bool only = str_eq(text, S("only"));
    bool except = str_eq(text, S("except"));
    rule_members(r, v, path, "mode skus categories");
    if (json_field(v, S("message")) != NULL) {
        rule_problem(r, rule_member(r, path, S("message")), "unknown_field",
                     "here: mode skus categories");
    }
    const json *skus = short_list(r, v, path, "skus");
    const json *categories = short_list(r, v, path, "categories");
    if (str_eq(text, S("all"))) {
        if (skus != NULL || categories != NULL) {
            rule_problem(r, path, "not_allowed", "mode all has no skus and categories");
        }
        return;
    }
    if (!only && !except) {
        rule_problem(r, rule_member(r, path, S("mode")), "not_allowed", "all, only or except");
    } else if (skus == NULL && categories == NULL) {
        issues_add(r->found, path, S("required"), "mode %s needs skus or categories",
                   only ? "only" : "except");
        return;
    }
    if (except) {
        (void)rule_append(r, (rule_node){.op = RULE_OP_NOT, .n = 1});
    }
    if (skus != NULL && categories != NULL) {
        (void)rule_append(r, (rule_node){.op = RULE_OP_ANY, .n = 2});
    }
    if (skus != NULL) {
        append_list(r, skus, path, RULE_FACT_LINE_SKU);
    }
    if (categories != NULL) {
        append_list(r, categories, path, RULE_FACT_LINE_CATEGORIES);
    }
}

/* Whether a list of the fact begins at *at; steps over it. */
static const rule_node *short_part(const rule_node *nodes, size_t n, uint8_t fact, size_t *at)
{
    uint8_t op = fact == RULE_FACT_LINE_SKU ? RULE_OP_IN : RULE_OP_HAS_ANY;
    if (*at >= n) {
        return NULL;
    }
    const rule_node *node = &nodes[*at];
    if (node->op != op || node->fact != fact || node->message.n > 0) {
        return NULL;
    }
    *at += 1 + (size_t)node->n;
    return node;
}

bool rule_write_short(const rule_node *nodes, size_t n, json_writer *w)
{
    size_t at = 0;
    bool except = n > 0 && nodes[0].op == RULE_OP_NOT && nodes[0].message.n == 0;
    at += except ? 1 : 0;
    bool both =
        at < n && nodes[at].op == RULE_OP_ANY && nodes[at].n == 2 && nodes[at].message.n == 0;
    at += both ? 1 : 0;
    const rule_node *skus = short_part(nodes, n, RULE_FACT_LINE_SKU, &at);
    const rule_node *categories = short_part(nodes, n, RULE_FACT_LINE_CATEGORIES, &at);
    bool fits = both ? skus != NULL && categories != NULL : (skus != NULL) != (categories != NULL);
    if (at != n || (n > 0 && !fits)) {
        return false;
    }
    json_begin_object(w);
    json_key(w, S("mode"));
    json_put_str(w, n == 0 ? S("all") : except ? S("except") : S("only"));
    if (skus != NULL) {
        json_key(w, S("skus"));
        rule_write_values(skus + 1, skus->n, w);
    }
    if (categories != NULL) {
        json_key(w, S("categories"));
        rule_write_values(categories + 1, categories->n, w);
    }
    json_end_object(w);
    return true;
}

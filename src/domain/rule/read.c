/* JSON to nodes: the shape of trees. Comparisons, times and the short form are in files of their
 * own.
 *
 * Invariants: a reader always stays within the limits, whatever it is given; a part that has a
 * problem may be missing from the nodes, which then are never used. */
#include "domain/rule/read.h"

void rule_problem(rule_reader *r, str path, const char *code, const char *detail)
{
    issues_add(r->found, path, str_of(code), "%s", detail);
}

bool rule_points(rule_reader *r, str path, size_t more)
{
    bool told = r->points > RULE_NODES_MAX;
    r->points += more;
    if (r->points > RULE_NODES_MAX && !told) {
        issues_add(r->found, path, S("too_many"), "at most %d nodes in all", RULE_NODES_MAX);
    }
    return r->points <= RULE_NODES_MAX;
}

str rule_member(rule_reader *r, str path, str name)
{
    return arena_printf(r->found->memory, "%.*s%s%.*s", STR_ARG(path), path.n > 0 ? "." : "",
                        STR_ARG(name));
}

str rule_item(rule_reader *r, str path, size_t i)
{
    return arena_printf(r->found->memory, "%.*s[%zu]", STR_ARG(path), i);
}

size_t rule_append(rule_reader *r, rule_node node)
{
    if (r->n == r->capacity) {
        size_t capacity = r->capacity == 0 ? 16 : r->capacity * 2;
        rule_node *nodes = ARENA_ARRAY(r->found->memory, rule_node, capacity);
        if (r->n > 0) {
            memcpy(nodes, r->nodes, r->n * sizeof(*nodes));
        }
        r->nodes = nodes;
        r->capacity = capacity;
    }
    r->nodes[r->n] = node;
    return r->n++;
}

str rule_text(rule_reader *r, const json *v, str path, size_t max)
{
    if (json_kind_of(v) != JSON_KIND_STR) {
        rule_problem(r, path, "wrong_type", "a text");
        return (str){NULL, 0};
    }
    str text = json_str(v);
    if (text.n > 0 && text.n <= max && str_is_printable(text)) {
        return arena_str(r->found->memory, text);
    }
    str code = text.n == 0 ? S("too_short") : text.n > max ? S("too_long") : S("out_of_range");
    issues_add(r->found, path, code, "1 to %zu bytes of printable text", max);
    return (str){NULL, 0};
}

bool rule_integer(rule_reader *r, const json *v, str path, rule_type type, int64_t *out)
{
    int64_t low;
    int64_t high;
    rule_bounds(type, &low, &high);
    const char *what = type == RULE_MONEY ? "minor units" : "a whole number";
    if (json_kind_of(v) != JSON_KIND_INT) {
        issues_add(r->found, path, S("wrong_type"), "%s, from %lld to %lld", what, (long long)low,
                   (long long)high);
        return false;
    }
    if (json_int(v) < low || json_int(v) > high) {
        issues_add(r->found, path, S("out_of_range"), "%s, from %lld to %lld", what, (long long)low,
                   (long long)high);
        return false;
    }
    *out = json_int(v);
    return true;
}

static bool is_among(str name, const char *names)
{
    str rest = str_of(names);
    str one;
    while (str_cut(&rest, ' ', &one)) {
        if (str_eq(one, name)) {
            return true;
        }
    }
    return false;
}

void rule_members(rule_reader *r, const json *v, str path, const char *names)
{
    void *at = NULL;
    str name;
    const json *value;
    while (json_next(v, &at, &name, &value)) {
        if (!str_eq(name, S("message")) && !is_among(name, names)) {
            issues_add(r->found, rule_member(r, path, name), S("unknown_field"), "here: %s", names);
        }
    }
}

typedef struct place_in_tree {
    rule_place place;
    unsigned depth;
} place_in_tree;

static void read_node(rule_reader *r, const json *v, str path, place_in_tree in);

static void read_branch(rule_reader *r, const json *v, str path, place_in_tree in)
{
    static const char *const names[] = {"all", "any", "not"};
    static const uint8_t ops[] = {RULE_OP_ALL, RULE_OP_ANY, RULE_OP_NOT};
    size_t which = 0;
    while (json_field(v, str_of(names[which])) == NULL) {
        which++;
    }
    const json *below = json_field(v, str_of(names[which]));
    str at = rule_member(r, path, str_of(names[which]));
    size_t node = rule_append(r, (rule_node){.op = ops[which]});
    place_in_tree under = {in.place, in.depth + 1};
    rule_members(r, v, path, names[which]);
    if (ops[which] == RULE_OP_NOT) {
        r->nodes[node].n = 1;
        read_node(r, below, at, under);
        return;
    }
    if (json_kind_of(below) != JSON_KIND_ARRAY) {
        rule_problem(r, at, "wrong_type", "a list of nodes");
        return;
    }
    size_t n = json_count(below);
    if (n == 0 || n > RULE_NODES_MAX) {
        issues_add(r->found, at, n == 0 ? S("required") : S("too_many"), "1 to %d nodes",
                   RULE_NODES_MAX);
        return;
    }
    r->nodes[node].n = (uint16_t)n;
    const json *item = NULL;
    for (size_t i = 0; (item = json_item_next(below, item)) != NULL; i++) {
        read_node(r, item, rule_item(r, at, i), under);
    }
}

/* The operator of `lines`, and its name. 0, with a problem, when there is not exactly one. */
static uint8_t lines_op(rule_reader *r, const json *v, str path, str *name)
{
    void *at = NULL;
    str named;
    const json *value;
    uint8_t op = 0;
    while (json_next(v, &at, &named, &value)) {
        uint8_t found = rule_op_named(named, RULE_LINES);
        if (str_eq(named, S("where"))) {
            continue;
        }
        if (found == 0) {
            str names = rule_ops_listed(r->found->memory, RULE_LINES, 0);
            issues_add(r->found, rule_member(r, path, named), S("unknown_field"),
                       "where, and one of: %.*s", STR_ARG(names));
        } else if (op != 0) {
            rule_problem(r, rule_member(r, path, named), "not_allowed", "one of them at a time");
        } else {
            op = found;
            *name = named;
        }
    }
    if (op == 0) {
        str names = rule_ops_listed(r->found->memory, RULE_LINES, 0);
        issues_add(r->found, path, S("required"), "one of: %.*s", STR_ARG(names));
    }
    return op;
}

/* Which operator `lines` has, and where they stand. */
typedef struct lines_in {
    uint8_t op;
    str name;
    place_in_tree in;
} lines_in;

/* The tree of `where` is read once, where it will stand, and taken back. */
static void read_listed_lines(rule_reader *r, const json *lines, str path, const lines_in *as)
{
    const json *where = json_field(lines, S("where"));
    size_t first = r->n, points = r->points, values = r->values;
    if (where != NULL) {
        place_in_tree under = {RULE_PLACE_LINE, as->in.depth + RULE_LISTED_LEVELS + 1};
        read_node(r, where, rule_member(r, path, S("where")), under);
    }
    rule_listed what = {.as = {.op = as->op, .n = where != NULL},
                        .place = RULE_PLACE_CART,
                        .below_count = r->n - first,
                        .points = r->points - points,
                        .values = r->values - values};
    if (what.below_count > 0) {
        what.below =
            arena_copy(r->found->memory, r->nodes + first, sizeof(*r->nodes), what.below_count);
    }
    r->n = first;
    r->depth = as->in.depth;
    rule_read_listed(r, json_field(lines, as->name), rule_member(r, path, as->name), &what);
}

static void read_lines(rule_reader *r, const json *v, str path, place_in_tree in)
{
    const json *lines = json_field(v, S("lines"));
    str at = rule_member(r, path, S("lines"));
    str name;
    rule_members(r, v, path, "lines");
    if (in.place == RULE_PLACE_LINE) {
        rule_problem(r, at, "not_allowed", "not inside of what is asked of a line");
        return;
    }
    if (json_kind_of(lines) != JSON_KIND_OBJECT) {
        rule_problem(r, at, "wrong_type", "an object");
        return;
    }
    uint8_t op = lines_op(r, lines, at, &name);
    if (op == 0) {
        return;
    }
    const rule_op_row *row = rule_op_of(op);
    const json *operand = json_field(lines, name);
    if (row->types == RULE_MONEY && rule_is_listed(operand, op)) {
        read_listed_lines(r, lines, at, &(lines_in){op, name, in});
        return;
    }
    size_t node = rule_append(r, (rule_node){.op = op});
    const json *where = json_field(lines, S("where"));
    place_in_tree under = {RULE_PLACE_LINE, in.depth + 1};
    if (where != NULL) {
        r->nodes[node].n++;
        read_node(r, where, rule_member(r, at, S("where")), under);
    }
    if (row->operand == RULE_TAKES_NODE) {
        r->nodes[node].n++;
        read_node(r, operand, rule_member(r, at, name), under);
        return;
    }
    int64_t number = 0;
    if (rule_integer(r, operand, rule_member(r, at, name), (rule_type)row->types, &number)) {
        r->nodes[node].low = number;
    }
}

static bool has(const json *v, const char *name)
{
    return json_field(v, str_of(name)) != NULL;
}

/* One of the forms, by the members that only it has. */
static void read_form(rule_reader *r, const json *v, str path, place_in_tree in)
{
    bool branch = has(v, "all") || has(v, "any") || has(v, "not");
    bool hours = has(v, "weekdays") || has(v, "zone");
    bool window = has(v, "from") || has(v, "until");
    if (branch) {
        read_branch(r, v, path, in);
    } else if (has(v, "fact")) {
        rule_read_compare(r, v, path, in.place);
    } else if (has(v, "lines")) {
        read_lines(r, v, path, in);
    } else if ((hours || window) && in.place == RULE_PLACE_LINE) {
        rule_problem(r, path, "not_allowed", "lines have no times");
    } else if (hours) {
        rule_read_hours(r, v, path);
    } else if (window) {
        rule_read_window(r, v, path);
    } else {
        rule_problem(r, path, "required",
                     in.place == RULE_PLACE_LINE
                         ? "one of: all, any, not, fact"
                         : "one of: all, any, not, fact, lines, weekdays and zone, from and until");
    }
}

static void read_node(rule_reader *r, const json *v, str path, place_in_tree in)
{
    if (json_kind_of(v) != JSON_KIND_OBJECT) {
        rule_problem(r, path, "wrong_type", "an object");
        return;
    }
    if (in.depth > RULE_DEPTH_MAX) {
        issues_add(r->found, path, S("too_deep"), "at most %d levels", RULE_DEPTH_MAX);
        return;
    }
    if (!rule_points(r, path, 1)) {
        return;
    }
    size_t node = r->n;
    r->depth = in.depth;
    read_form(r, v, path, in);
    const json *message = json_field(v, S("message"));
    if (message != NULL) {
        str text = rule_text(r, message, rule_member(r, path, S("message")), RULE_MESSAGE_MAX);
        if (node < r->n) {
            r->nodes[node].message = text;
        }
    }
}

void rule_read(const json *v, const rule_source *as, issues *found, rule_tree *out)
{
    rule_reader r = {.as = as, .found = found};
    size_t before = found->n;
    *out = (rule_tree){NULL, 0};
    if (as->place == RULE_PLACE_LINE && json_field(v, S("mode")) != NULL) {
        rule_read_short(&r, v, as->path);
    } else {
        read_node(&r, v, as->path, (place_in_tree){as->place, 1});
    }
    if (found->n > before || found->dropped > 0) {
        return;
    }
    uint64_t cost = rule_cost(r.nodes, r.n, as->place);
    if (cost > RULE_COST_MAX) {
        issues_add(found, as->path, S("too_costly"),
                   "a cart of %d lines would take up to %llu comparisons; at most %d",
                   CART_LINES_MAX, (unsigned long long)cost, RULE_COST_MAX);
        return;
    }
    CHECK(rule_is_sound(r.nodes, r.n, as->place));
    *out = (rule_tree){r.nodes, r.n};
}

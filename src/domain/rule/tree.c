/* Stored trees: whether they are sound, and what they cost. Knows nothing of JSON. */
#include "base/money.h"
#include "domain/rule/word.h"

typedef struct walk {
    const rule_node *nodes;
    size_t n, at;
    size_t points, values; /* seen so far */
} walk;

static bool text_is_sound(str text, size_t max)
{
    return text.n > 0 && text.n <= max && str_is_printable(text);
}

static bool number_is_sound(int64_t v, rule_type type)
{
    int64_t low;
    int64_t high;
    rule_bounds(type, &low, &high);
    return v >= low && v <= high;
}

static bool value_is_sound(const rule_node *v, rule_type type, bool is_text)
{
    if (v->op != RULE_OP_VALUE || v->fact != 0 || v->n != 0 || v->high != 0 || v->message.n != 0) {
        return false;
    }
    return is_text ? v->low == 0 && text_is_sound(v->text, rule_text_max(type))
                   : v->text.n == 0 && number_is_sound(v->low, type);
}

/* The values of a list: all texts or all numbers, as the fact has them. */
static bool values_are_sound(walk *w, const rule_node *node, rule_type type, size_t max)
{
    size_t n = node->n;
    w->values += n;
    if (n == 0 || n > max || n > w->n - w->at || w->values > RULE_VALUES_MAX) {
        return false;
    }
    bool is_text = type == RULE_TEXT || type == RULE_SET ||
                   (type == RULE_ATTRIBUTE && w->nodes[w->at].text.n > 0);
    for (size_t i = 0; i < n; i++) {
        if (!value_is_sound(&w->nodes[w->at++], type, is_text)) {
            return false;
        }
    }
    return true;
}

static bool one_is_sound(walk *w, const rule_node *node, rule_type type)
{
    if (type == RULE_TEXT || (type == RULE_ATTRIBUTE && node->n > 0)) {
        return node->n == 1 && node->low == 0 && values_are_sound(w, node, type, 1) &&
               w->nodes[w->at - 1].text.n > 0;
    }
    return node->n == 0 && (type == RULE_FLAG ? node->low == 0 || node->low == 1
                                              : number_is_sound(node->low, type));
}

static bool compare_is_sound(walk *w, const rule_node *node, rule_place place)
{
    const rule_fact_row *fact = rule_fact_of(node->fact);
    const rule_op_row *op = rule_op_of(node->op);
    if (fact == NULL || fact->place != place || (op->types & fact->type) == 0 ||
        (fact->type == RULE_ATTRIBUTE) != text_is_sound(node->text, RULE_TEXT_MAX) ||
        (fact->type != RULE_ATTRIBUTE && node->text.n > 0)) {
        return false;
    }
    if (op->operand == RULE_TAKES_MANY) {
        size_t max = op->test == RULE_TEST_HAS_ALL ? RULE_ALL_OF_MAX : RULE_VALUES_MAX;
        return node->low == 0 && node->high == 0 && values_are_sound(w, node, fact->type, max);
    }
    if (op->operand == RULE_TAKES_ONE) {
        return node->high == 0 && one_is_sound(w, node, fact->type);
    }
    bool is_pair = op->operand == RULE_TAKES_PAIR;
    return node->n == 0 && number_is_sound(node->low, fact->type) &&
           (is_pair ? node->high >= node->low && number_is_sound(node->high, fact->type)
                    : node->high == 0);
}

static bool time_is_sound(const rule_node *node, rule_place place)
{
    if (place != RULE_PLACE_CART || node->n != 0) {
        return false;
    }
    if (node->op == RULE_OP_WINDOW) {
        return node->fact == 0 && node->text.n == 0 && node->low >= 0 && node->low < node->high &&
               node->high <= TIME_MAX_MS && (node->low > 0 || node->high < TIME_MAX_MS);
    }
    return node->fact > 0 && node->fact < 1 << RULE_WEEK && node->low >= 0 &&
           node->low < RULE_DAY_MINUTES && node->high > 0 && node->high <= RULE_DAY_MINUTES &&
           text_is_sound(node->text, RULE_TEXT_MAX);
}

static bool node_is_sound(walk *w, rule_place place, unsigned depth);

static bool nodes_are_sound(walk *w, size_t n, rule_place place, unsigned depth)
{
    for (size_t i = 0; i < n; i++) {
        if (!node_is_sound(w, place, depth)) {
            return false;
        }
    }
    return true;
}

static bool lines_are_sound(walk *w, const rule_node *node, rule_place place, unsigned depth)
{
    const rule_op_row *op = rule_op_of(node->op);
    bool takes_tree = op->operand == RULE_TAKES_NODE;
    if (place != RULE_PLACE_CART || node->fact != 0 || node->text.n != 0 || node->high != 0 ||
        node->n > 2 || (takes_tree ? node->n < 1 || node->low != 0 : node->n > 1) ||
        (!takes_tree && !number_is_sound(node->low, (rule_type)op->types))) {
        return false;
    }
    return nodes_are_sound(w, node->n, RULE_PLACE_LINE, depth + 1);
}

static bool branch_is_sound(walk *w, const rule_node *node, rule_place place, unsigned depth)
{
    if (node->fact != 0 || node->text.n != 0 || node->low != 0 || node->high != 0 || node->n == 0 ||
        (node->op == RULE_OP_NOT && node->n != 1)) {
        return false;
    }
    return nodes_are_sound(w, node->n, place, depth + 1);
}

static bool node_is_sound(walk *w, rule_place place, unsigned depth)
{
    if (w->at >= w->n || depth > RULE_DEPTH_MAX || ++w->points > RULE_NODES_MAX) {
        return false;
    }
    const rule_node *node = &w->nodes[w->at++];
    const rule_op_row *op = rule_op_of(node->op);
    if (op == NULL || (node->message.n > 0 && !text_is_sound(node->message, RULE_MESSAGE_MAX))) {
        return false;
    }
    switch (op->form) {
    case RULE_BRANCH:
        return branch_is_sound(w, node, place, depth);
    case RULE_TIME:
        return time_is_sound(node, place);
    case RULE_COMPARE:
        return compare_is_sound(w, node, place);
    case RULE_LINES:
        return lines_are_sound(w, node, place, depth);
    case RULE_VALUE:
        break;
    }
    return false;
}

bool rule_is_sound(const rule_node *nodes, size_t n, rule_place place)
{
    walk w = {.nodes = nodes, .n = n};
    return n == 0 || (node_is_sound(&w, place, 1) && w.at == n &&
                      rule_cost(nodes, n, place) <= RULE_COST_MAX);
}

/* A probe of a set of texts or numbers counts as one comparison for each value that is looked for;
 * numbers are searched by halves, 16 steps for 50,000. */
static uint64_t node_cost(const rule_node *node)
{
    enum { NUMBERS_COST = 16, HOURS_COST = 16 };
    const rule_op_row *op = rule_op_of(node->op);
    if (op->form == RULE_TIME) {
        return HOURS_COST;
    }
    if (op->form != RULE_COMPARE) {
        return op->form == RULE_VALUE ? 0 : 1;
    }
    const rule_fact_row *fact = rule_fact_of(node->fact);
    bool searches = op->operand == RULE_TAKES_MANY && (fact->type & RULE_NUMBERS) != 0;
    return searches ? NUMBERS_COST : fact->cost;
}

uint64_t rule_cost(const rule_node *nodes, size_t n, rule_place place)
{
    uint64_t cost = 0;
    size_t inside = 0; /* where the subtree of the last `lines` ends */
    for (size_t i = 0; i < n; i++) {
        const rule_op_row *op = rule_op_of(nodes[i].op);
        bool by_line = i < inside || place == RULE_PLACE_LINE;
        if (op->form == RULE_LINES) {
            inside = i;
            rule_skip(nodes, n, &inside);
            by_line = true;
        }
        cost += node_cost(&nodes[i]) * (by_line ? CART_LINES_MAX : 1);
    }
    return cost;
}

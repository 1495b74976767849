/* Are the amounts of a tree those of one currency each? Over stored nodes. */
#include "domain/rule/word.h"

typedef struct amounts {
    const rule_node *nodes;
    size_t n, at;
} amounts;

/* The currency is this one, and no other. */
static bool names_currency(const rule_node *node)
{
    bool of_currency =
        node->fact == RULE_FACT_CART_CURRENCY || node->fact == RULE_FACT_LINE_CURRENCY;
    return of_currency && (node->op == RULE_OP_IS || node->op == RULE_OP_IN) && node->n == 1;
}

/* Is one of the children of the `all` that was read last such a node? */
static bool has_currency(const amounts *a, const rule_node *all)
{
    size_t child = a->at;
    for (size_t i = 0; i < all->n; i++) {
        if (names_currency(&a->nodes[child])) {
            return true;
        }
        rule_skip(a->nodes, a->n, &child);
    }
    return false;
}

static bool is_amount(const rule_node *node, const rule_op_row *op)
{
    if (op->form == RULE_COMPARE) {
        return rule_fact_of(node->fact)->type == RULE_MONEY;
    }
    return op->form == RULE_LINES && (op->types & RULE_MONEY) != 0;
}

/* known: beside the node, or beside one above it, the currency is asked. Whatever `not` stands
 * above: where the currency is another one, the `all` is not met without the amount. */
static bool node_has(amounts *a, bool known)
{
    const rule_node *node = &a->nodes[a->at];
    const rule_op_row *op = rule_op_of(node->op);
    size_t end = a->at++;
    rule_skip(a->nodes, a->n, &end);
    if (is_amount(node, op) && !known) {
        return false;
    }
    if (op->form == RULE_COMPARE || op->form == RULE_TIME) {
        a->at = end; /* values */
        return true;
    }
    bool below = known || (node->op == RULE_OP_ALL && has_currency(a, node));
    while (a->at < end) {
        if (!node_has(a, below)) {
            return false;
        }
    }
    return true;
}

bool rule_amounts_have_currencies(const rule_node *nodes, size_t n)
{
    amounts a = {nodes, n, 0};
    return n == 0 || node_has(&a, false);
}

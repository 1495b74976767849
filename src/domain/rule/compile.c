/* Nodes to a program, in one block: counted first, then filled.
 *
 * `all` and `any` become jumps between leaves. The trees below `lines` come behind the main code,
 * each with ends of its own. */
#include <stdalign.h>
#include <stdlib.h>

#include "domain/rule/program.h"

typedef struct sizes {
    size_t leaves, main_leaves, points, slots, numbers, text;
} sizes;

typedef struct compiler {
    const rule_node *nodes;
    size_t n, at; /* the next node */
    rule_leaf *leaves;
    rule_point *points;
    rule_slot *slots;
    int64_t *numbers;
    char *pool;
    sizes used;     /* leaves: the next leaf */
    uint16_t below; /* the next leaf of trees below `lines` */
} compiler;

static bool is_leaf(const rule_node *node)
{
    rule_form form = rule_op_of(node->op)->form;
    return form == RULE_COMPARE || form == RULE_TIME || form == RULE_LINES;
}

/* Leaves of the tree at `at`, without those below `lines`. */
static size_t leaves_of(const compiler *c, size_t at)
{
    size_t end = at;
    size_t leaves = 0;
    rule_skip(c->nodes, c->n, &end);
    while (at < end) {
        leaves += is_leaf(&c->nodes[at]) ? 1 : 0;
        if (is_leaf(&c->nodes[at])) {
            rule_skip(c->nodes, c->n, &at);
        } else {
            at++;
        }
    }
    return leaves;
}

static bool has_texts(const rule_node *nodes, size_t i)
{
    return nodes[i].n > 0 && nodes[i + 1].text.n > 0;
}

static sizes measure(const compiler *c)
{
    sizes s = {.main_leaves = c->n > 0 ? leaves_of(c, 0) : 0};
    for (size_t i = 0; i < c->n; i++) {
        const rule_node *node = &c->nodes[i];
        const rule_op_row *op = rule_op_of(node->op);
        s.text += node->text.n + node->message.n;
        s.points += op->form != RULE_VALUE ? 1 : 0;
        s.leaves += is_leaf(node) ? 1 : 0;
        if (op->form == RULE_COMPARE && has_texts(c->nodes, i)) {
            s.slots += rule_set_slots(node->n);
        } else if (op->form == RULE_COMPARE) {
            s.numbers += node->n;
        }
    }
    CHECK(s.text <= UINT32_MAX && s.slots <= UINT32_MAX && s.leaves < RULE_MET);
    return s;
}

static uint32_t keep(compiler *c, str text)
{
    uint32_t at = (uint32_t)c->used.text;
    if (text.n > 0) {
        memcpy(c->pool + at, text.p, text.n);
    }
    c->used.text += text.n;
    return at;
}

static int by_number(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* The values of a list of texts or of numbers; the cursor is behind the node, and then behind them.
 */
static void put_values(compiler *c, const rule_node *node, rule_leaf *leaf, int64_t unit)
{
    if (c->nodes[c->at].text.n == 0) {
        leaf->kind = RULE_LEAF_NUMBERS;
        leaf->at = (uint32_t)c->used.numbers;
        leaf->n = node->n;
        for (size_t i = 0; i < node->n; i++) {
            c->numbers[c->used.numbers++] = c->nodes[c->at++].low * unit;
        }
        qsort(c->numbers + leaf->at, leaf->n, sizeof(*c->numbers), by_number);
        return;
    }
    rule_set set = {c->slots + c->used.slots, rule_set_slots(node->n) - 1, c->pool};
    leaf->at = (uint32_t)c->used.slots;
    leaf->n = set.mask + 1;
    c->used.slots += leaf->n;
    for (size_t i = 0; i < node->n; i++) {
        str text = c->nodes[c->at++].text;
        bool is_new = rule_set_add(&set, keep(c, text), (uint16_t)text.n, (uint16_t)(i + 1));
        leaf->low += is_new ? 1 : 0;
    }
}

static void put_texts(compiler *c, const rule_node *node, rule_leaf *leaf, rule_test test)
{
    bool equal = test == RULE_TEST_EQUAL;
    if (node->n == 1) {
        str text = c->nodes[c->at++].text;
        leaf->kind = equal ? RULE_LEAF_TEXT : RULE_LEAF_HAS_TEXT;
        leaf->at = keep(c, text);
        leaf->n = (uint32_t)text.n;
        return;
    }
    leaf->kind = equal                       ? RULE_LEAF_TEXTS
                 : test == RULE_TEST_HAS_ANY ? RULE_LEAF_HAS_ANY
                                             : RULE_LEAF_HAS_ALL;
    put_values(c, node, leaf, 1);
}

/* A range that is open to one side is turned instead of negated: then a refusal has a distance and
 * the index a range. */
static void turn(rule_leaf *leaf)
{
    if (!leaf->negated || (leaf->low != INT64_MIN && leaf->high != INT64_MAX)) {
        return;
    }
    int64_t low = leaf->low;
    leaf->negated = false;
    leaf->low = low == INT64_MIN ? leaf->high + 1 : INT64_MIN;
    leaf->high = low == INT64_MIN ? INT64_MAX : low - 1;
}

static void put_range(const rule_node *node, rule_leaf *leaf, rule_test test, int64_t unit)
{
    leaf->kind = RULE_LEAF_RANGE;
    leaf->low = test == RULE_TEST_AT_MOST ? INT64_MIN : node->low * unit;
    leaf->high = test == RULE_TEST_AT_LEAST  ? INT64_MAX
                 : test == RULE_TEST_BETWEEN ? node->high * unit
                                             : node->low * unit;
    turn(leaf);
}

static void put_compare(compiler *c, const rule_node *node, rule_leaf *leaf)
{
    const rule_op_row *op = rule_op_of(node->op);
    const rule_fact_row *fact = rule_fact_of(node->fact);
    int64_t unit = fact->type == RULE_QUANTITY ? CART_QUANTITY_UNIT : 1;
    leaf->fact = node->fact;
    leaf->negated ^= op->negated;
    leaf->name_at = keep(c, node->text);
    leaf->name_n = (uint16_t)node->text.n;
    if (node->n > 0 && c->nodes[c->at].text.n > 0) {
        put_texts(c, node, leaf, op->test);
    } else if (node->n > 0) {
        put_values(c, node, leaf, unit);
    } else {
        put_range(node, leaf, op->test, unit);
    }
}

static void put_time(compiler *c, const rule_node *node, rule_leaf *leaf)
{
    leaf->fact = RULE_FACT_TIME;
    if (node->op == RULE_OP_WINDOW) {
        leaf->kind = RULE_LEAF_RANGE;
        leaf->low = node->low > 0 ? node->low : INT64_MIN;
        leaf->high = node->high < TIME_MAX_MS ? node->high - 1 : INT64_MAX;
        turn(leaf);
        return;
    }
    leaf->kind = RULE_LEAF_HOURS;
    leaf->at = keep(c, node->text);
    leaf->n = (uint32_t)node->text.n;
    leaf->measure = node->fact;
    leaf->low = node->low;
    leaf->high = node->high;
}

typedef struct ends {
    uint16_t yes, no;
} ends;

static void put_node(compiler *c, bool negated, ends to);

/* A tree below `lines`; gives its first leaf. */
static uint16_t put_below(compiler *c)
{
    size_t main_next = c->used.leaves;
    uint16_t begin = c->below;
    c->used.leaves = c->below;
    put_node(c, false, (ends){RULE_MET, RULE_UNMET});
    c->below = (uint16_t)c->used.leaves;
    c->used.leaves = main_next;
    return begin;
}

static void put_lines(compiler *c, const rule_node *node, rule_leaf *leaf)
{
    const rule_op_row *op = rule_op_of(node->op);
    bool takes_tree = op->operand == RULE_TAKES_NODE;
    int64_t unit = op->test == RULE_TEST_QUANTITY ? CART_QUANTITY_UNIT : 1;
    int64_t low = takes_tree ? 1 : node->low * unit;
    leaf->kind = RULE_LEAF_LINES;
    leaf->measure = (uint8_t)op->test;
    leaf->where = leaf->tree = RULE_LEAF_NONE;
    if (node->n > (takes_tree ? 1 : 0)) {
        leaf->where = put_below(c);
    }
    if (takes_tree) {
        leaf->tree = put_below(c);
    }
    if (op->test == RULE_TEST_EVERY) {
        return;
    }
    /* at_most n is not at_least the next; `none` is not at_least 1. */
    leaf->low = op->negated && !takes_tree ? low + 1 : low;
    leaf->high = INT64_MAX;
    leaf->negated ^= op->negated;
    turn(leaf);
}

static void put_leaf(compiler *c, const rule_node *node, bool negated, ends to)
{
    rule_leaf *leaf = &c->leaves[c->used.leaves++];
    leaf->negated = negated;
    leaf->yes = to.yes;
    leaf->no = to.no;
    switch (rule_op_of(node->op)->form) {
    case RULE_COMPARE:
        put_compare(c, node, leaf);
        break;
    case RULE_TIME:
        put_time(c, node, leaf);
        break;
    default:
        put_lines(c, node, leaf);
    }
}

static void put_branch(compiler *c, const rule_node *node, bool negated, ends to)
{
    if (node->op == RULE_OP_NOT) {
        put_node(c, !negated, to);
        return;
    }
    bool every = (node->op == RULE_OP_ALL) != negated;
    for (size_t i = 0; i < node->n; i++) {
        uint16_t next = (uint16_t)(c->used.leaves + leaves_of(c, c->at));
        ends child = to;
        if (i + 1 < node->n && every) {
            child.yes = next;
        } else if (i + 1 < node->n) {
            child.no = next;
        }
        put_node(c, negated, child);
    }
}

static void put_node(compiler *c, bool negated, ends to)
{
    const rule_node *node = &c->nodes[c->at++];
    rule_point *point = &c->points[c->used.points++];
    rule_form form = rule_op_of(node->op)->form;
    *point = (rule_point){.op = node->op,
                          .negated = negated,
                          .n = form == RULE_BRANCH || form == RULE_LINES ? node->n : 0,
                          .leaf = is_leaf(node) ? (uint16_t)c->used.leaves : RULE_LEAF_NONE,
                          .message_n = (uint16_t)node->message.n,
                          .message_at = keep(c, node->message)};
    if (is_leaf(node)) {
        put_leaf(c, node, negated, to);
    } else {
        put_branch(c, node, negated, to);
    }
    point->end = (uint16_t)c->used.points;
}

static size_t aligned(size_t n)
{
    size_t to = alignof(max_align_t);
    return (n + to - 1) / to * to;
}

rule_program *rule_new(const rule_node *nodes, size_t n, rule_place place)
{
    CHECK(rule_is_sound(nodes, n, place));
    compiler c = {.nodes = nodes, .n = n};
    sizes s = measure(&c);
    size_t parts[] = {aligned(sizeof(rule_program)),          aligned(s.leaves * sizeof(rule_leaf)),
                      aligned(s.points * sizeof(rule_point)), aligned(s.slots * sizeof(rule_slot)),
                      aligned(s.numbers * sizeof(int64_t)),   aligned(s.text)};
    size_t total = 0;
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        total += parts[i];
    }
    char *block = calloc(1, total); /* rule_free frees */
    CHECK(block != NULL);
    rule_program *p = (rule_program *)block;
    p->leaves = c.leaves = (rule_leaf *)(block += parts[0]);
    p->points = c.points = (rule_point *)(block += parts[1]);
    p->slots = c.slots = (rule_slot *)(block += parts[2]);
    p->numbers = c.numbers = (int64_t *)(block += parts[3]);
    p->pool = c.pool = block + parts[4];
    p->leaf_count = (uint16_t)s.leaves;
    p->own_count = (uint16_t)s.main_leaves;
    p->point_count = (uint16_t)s.points;
    c.below = (uint16_t)s.main_leaves;
    if (n > 0) {
        put_node(&c, false, (ends){RULE_MET, RULE_UNMET});
    }
    return p;
}

void rule_free(rule_program *r)
{
    free(r);
}

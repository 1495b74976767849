/* Nodes to canonical JSON. The nodes are sound. */
#include "domain/rule/read.h"

typedef struct rule_text_out {
    const rule_node *nodes;
    size_t n, at;
    json_writer *w;
} rule_text_out;

static void put_node(rule_text_out *o);

void rule_write_values(const rule_node *values, size_t n, json_writer *w)
{
    json_begin_array(w);
    for (size_t i = 0; i < n; i++) {
        if (values[i].text.n > 0) {
            json_put_str(w, values[i].text);
        } else {
            json_put_i64(w, values[i].low);
        }
    }
    json_end_array(w);
}

static void put_branch(rule_text_out *o, const rule_node *node)
{
    json_key(o->w, rule_op_of(node->op)->name);
    if (node->op == RULE_OP_NOT) {
        put_node(o);
        return;
    }
    json_begin_array(o->w);
    for (size_t i = 0; i < node->n; i++) {
        put_node(o);
    }
    json_end_array(o->w);
}

static void put_lines(rule_text_out *o, const rule_node *node)
{
    const rule_op_row *op = rule_op_of(node->op);
    bool takes_tree = op->operand == RULE_TAKES_NODE;
    json_key(o->w, S("lines"));
    json_begin_object(o->w);
    if (node->n > (takes_tree ? 1 : 0)) {
        json_key(o->w, S("where"));
        put_node(o);
    }
    json_key(o->w, op->name);
    if (takes_tree) {
        put_node(o);
    } else {
        json_put_i64(o->w, node->low);
    }
    json_end_object(o->w);
}

static void put_clock(json_writer *w, const char *name, int64_t minutes)
{
    char text[] = "00:00";
    text[0] = (char)('0' + minutes / 600);
    text[1] = (char)('0' + minutes / 60 % 10);
    text[3] = (char)('0' + minutes % 60 / 10);
    text[4] = (char)('0' + minutes % 10);
    json_key(w, str_of(name));
    json_put_str(w, str_of(text));
}

static void put_time(json_writer *w, const rule_node *node)
{
    if (node->op == RULE_OP_WINDOW) {
        if (node->low > 0) {
            json_key(w, S("from"));
            json_put_time(w, node->low);
        }
        if (node->high < TIME_MAX_MS) {
            json_key(w, S("until"));
            json_put_time(w, node->high);
        }
        return;
    }
    json_key(w, S("weekdays"));
    json_begin_array(w);
    for (int day = 0; day < RULE_WEEK; day++) {
        if (node->fact >> day & 1) {
            json_put_str(w, str_of(rule_weekdays[day]));
        }
    }
    json_end_array(w);
    put_clock(w, "from", node->low);
    put_clock(w, "until", node->high);
    json_key(w, S("zone"));
    json_put_str(w, node->text);
}

static void put_operand(rule_text_out *o, const rule_node *node)
{
    const rule_op_row *op = rule_op_of(node->op);
    const rule_node *values = o->nodes + o->at;
    json_writer *w = o->w;
    o->at += node->n;
    if (op->operand == RULE_TAKES_MANY) {
        rule_write_values(values, node->n, w);
    } else if (op->operand == RULE_TAKES_PAIR) {
        json_begin_array(w);
        json_put_i64(w, node->low);
        json_put_i64(w, node->high);
        json_end_array(w);
    } else if (node->n == 1) {
        json_put_str(w, values->text);
    } else if (rule_fact_of(node->fact)->type == RULE_FLAG) {
        json_put_bool(w, node->low == 1);
    } else {
        json_put_i64(w, node->low);
    }
}

static void put_compare(rule_text_out *o, const rule_node *node)
{
    const rule_fact_row *fact = rule_fact_of(node->fact);
    char name[RULE_TEXT_MAX * 2];
    CHECK(fact->name.n + node->text.n <= sizeof(name));
    memcpy(name, fact->name.p, fact->name.n);
    if (node->text.n > 0) {
        memcpy(name + fact->name.n, node->text.p, node->text.n);
    }
    json_key(o->w, S("fact"));
    json_put_str(o->w, (str){name, fact->name.n + node->text.n});
    json_key(o->w, rule_op_of(node->op)->name);
    put_operand(o, node);
}

static void put_node(rule_text_out *o)
{
    CHECK(o->at < o->n);
    const rule_node *node = &o->nodes[o->at++];
    json_begin_object(o->w);
    switch (rule_op_of(node->op)->form) {
    case RULE_BRANCH:
        put_branch(o, node);
        break;
    case RULE_TIME:
        put_time(o->w, node);
        break;
    case RULE_COMPARE:
        put_compare(o, node);
        break;
    case RULE_LINES:
        put_lines(o, node);
        break;
    case RULE_VALUE:
        UNREACHABLE();
    }
    if (node->message.n > 0) {
        json_key(o->w, S("message"));
        json_put_str(o->w, node->message);
    }
    json_end_object(o->w);
}

void rule_write(const rule_node *nodes, size_t n, rule_place place, json_writer *w)
{
    if (place == RULE_PLACE_LINE && rule_write_short(nodes, n, w)) {
        return;
    }
    if (n == 0) {
        json_begin_object(w);
        json_key(w, rule_op_of(RULE_OP_ALL)->name);
        json_begin_array(w);
        json_end_array(w);
        json_end_object(w);
        return;
    }
    rule_text_out o = {.nodes = nodes, .n = n, .w = w};
    put_node(&o);
}

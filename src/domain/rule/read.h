/* What the readers of rules share. Private to domain/rule. */
#ifndef QUAN_DOMAIN_RULE_READ_H
#define QUAN_DOMAIN_RULE_READ_H

#include "domain/rule/word.h"

/* Nodes in the making. Reading goes on after a problem, so that all are found. */
typedef struct rule_reader {
    const rule_source *as;
    issues *found;
    rule_node *nodes;
    size_t n, capacity;
    size_t points, values; /* of nodes and list values seen, kept or not */
    unsigned depth;        /* of the node that is read */
} rule_reader;

/* More nodes, at a place; false, with a problem, where they are too many. */
bool rule_points(rule_reader *r, str path, size_t more);
void rule_problem(rule_reader *r, str path, const char *code, const char *detail);
/* path + "." + name; path + "[" + i + "]". */
str rule_member(rule_reader *r, str path, str name);
str rule_item(rule_reader *r, str path, size_t i);
/* Appends a node and gives its place; pointers to nodes do not last. */
size_t rule_append(rule_reader *r, rule_node node);
/* The text of v, 1 to max printable bytes; else a problem and empty. */
str rule_text(rule_reader *r, const json *v, str path, size_t max);
bool rule_integer(rule_reader *r, const json *v, str path, rule_type type, int64_t *out);
/* Refuses members of v that are not among the names ("a b c"); "message" is always allowed. */
void rule_members(rule_reader *r, const json *v, str path, const char *names);

/* {"fact": …, operator: …} */
void rule_read_compare(rule_reader *r, const json *v, str path, rule_place place);
/* Whether the operator of the node takes this JSON for its fact: tells when not. */
void rule_read_operand(rule_reader *r, const json *v, str path, size_t node);
/* Room for so many more values; a single text is one, too. False, with a problem: none. */
bool rule_takes_values(rule_reader *r, str path, size_t n);
/* One list of texts or numbers as values of the node at `node`. */
void rule_read_values(rule_reader *r, const json *v, str path, rule_type type, size_t node);

/* Amounts by currency: what compares money, in each of them. It stands so many levels deeper. */
enum { RULE_LISTED_LEVELS = 2 };
typedef struct rule_listed {
    rule_node as; /* without its operand */
    rule_place place;
    const rule_node *below; /* of `lines`: the tree of its `where`, as it was read once */
    size_t below_count, points, values; /* so many nodes; what it took of the limits */
} rule_listed;
/* Whether the operand of an operator that compares money is a list by currency. */
bool rule_is_listed(const json *operand, uint8_t op);
/* The operand as the tree that it stands for. At the depth of the node that is read. */
void rule_read_listed(rule_reader *r, const json *v, str path, const rule_listed *what);

void rule_read_hours(rule_reader *r, const json *v, str path);
void rule_read_window(rule_reader *r, const json *v, str path);
/* {"mode": …}: scopes only. */
void rule_read_short(rule_reader *r, const json *v, str path);
/* The inverse: false, and nothing written, when the nodes are not such a tree. */
bool rule_write_short(const rule_node *nodes, size_t n, json_writer *w);
void rule_write_values(const rule_node *values, size_t n, json_writer *w);

#endif

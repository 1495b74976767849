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
/* One list of texts or numbers as values of the node at `node`. */
void rule_read_values(rule_reader *r, const json *v, str path, rule_type type, size_t node);
void rule_read_hours(rule_reader *r, const json *v, str path);
void rule_read_window(rule_reader *r, const json *v, str path);
/* {"mode": …}: scopes only. */
void rule_read_short(rule_reader *r, const json *v, str path);
/* The inverse: false, and nothing written, when the nodes are not such a tree. */
bool rule_write_short(const rule_node *nodes, size_t n, json_writer *w);
void rule_write_values(const rule_node *values, size_t n, json_writer *w);

#endif

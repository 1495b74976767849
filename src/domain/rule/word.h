/* The words of the rule language: what fact.def and op.def say, as rows. Private to domain/rule. */
#ifndef QUAN_DOMAIN_RULE_WORD_H
#define QUAN_DOMAIN_RULE_WORD_H

#include "domain/rule/rule.h"

/* What a fact is. Bits, so that an operator can name several. */
typedef enum rule_type {
    RULE_TEXT = 1,
    RULE_SET = 2, /* of texts */
    RULE_FLAG = 4,
    RULE_MONEY = 8,
    RULE_COUNT = 16,
    RULE_QUANTITY = 32,  /* rules say whole units, carts thousandths where a line is weighed */
    RULE_ATTRIBUTE = 64, /* text or a whole number: the operand's kind decides */
    RULE_NUMBERS = RULE_MONEY | RULE_COUNT | RULE_QUANTITY,
} rule_type;

typedef enum rule_form { RULE_BRANCH, RULE_TIME, RULE_VALUE, RULE_COMPARE, RULE_LINES } rule_form;

typedef enum rule_operand {
    RULE_TAKES_NONE,
    RULE_TAKES_NODES,
    RULE_TAKES_NODE,
    RULE_TAKES_ONE,    /* a text, a number, a flag */
    RULE_TAKES_MANY,   /* a list of texts or numbers */
    RULE_TAKES_NUMBER, /* low */
    RULE_TAKES_PAIR,   /* low and high */
} rule_operand;

/* How an operator is compiled. The numbers all become a range. */
typedef enum rule_test {
    RULE_TEST_NONE,
    RULE_TEST_EQUAL,    /* to one of the values */
    RULE_TEST_AT_LEAST, /* low */
    RULE_TEST_AT_MOST,  /* low */
    RULE_TEST_BETWEEN,  /* low and high, both inside */
    RULE_TEST_HAS_ANY,
    RULE_TEST_HAS_ALL,
    RULE_TEST_HOURS,
    RULE_TEST_COUNT,    /* lines, at least low; negated: at most low */
    RULE_TEST_QUANTITY, /* of lines */
    RULE_TEST_SUM,      /* of what lines cost */
    RULE_TEST_EVERY,    /* at least one line is asked, and all that are do what is wanted */
} rule_test;

enum {
#define FACT(number, NAME, name, type, place, distance, cost, about) RULE_FACT_##NAME = (number),
#include "domain/rule/fact.def"
#undef FACT
    RULE_FACTS = 128, /* beyond the highest number, as is RULE_OPS */
    RULE_OPS = 64,
};

enum {
#define OP(number, NAME, name, form, operand, test, negated, types) RULE_OP_##NAME = (number),
#include "domain/rule/op.def"
#undef OP
};

typedef struct rule_fact_row {
    str name; /* of an attribute: the prefix */
    rule_type type;
    rule_place place;
    rule_distance distance;
    uint32_t cost;
} rule_fact_row;

typedef struct rule_op_row {
    str name;
    rule_form form;
    rule_operand operand;
    rule_test test;
    bool negated;
    unsigned types;
} rule_op_row;

/* NULL: there is no such number. */
const rule_fact_row *rule_fact_of(unsigned number);
const rule_op_row *rule_op_of(unsigned number);
/* 0: there is no such name. *attribute is what follows an attribute's prefix, else empty. */
uint8_t rule_fact_named(str name, str *attribute);
uint8_t rule_op_named(str name, rule_form form);
/* Names for people: facts that may stand in a place; operators of a form that suit a type (0: any),
 * "a, b, c". */
str rule_facts_listed(arena *memory, rule_place place);
str rule_ops_listed(arena *memory, rule_form form, unsigned type);

/* What a number of the type may be in a rule. */
void rule_bounds(rule_type type, int64_t *low, int64_t *high);
/* Bytes of one text that a fact of the type is compared with. */
size_t rule_text_max(rule_type type);

/* The names of the days as rules write them, Monday first. */
enum { RULE_WEEK = 7, RULE_DAY_MINUTES = 24 * 60 };
extern const char *const rule_weekdays[RULE_WEEK];

/* A walk over nodes in prefix order: *at is a node; steps over it and all below it, values too. */
void rule_skip(const rule_node *nodes, size_t n, size_t *at);

#endif

/* The inside of a compiled rule. Private to domain/rule.
 *
 * Leaves are the code: one comparison each, and where to go on. Negations are pushed down to them,
 * so that a leaf that is not known counts as not met on either side of a `not`. Points are the
 * tree, in prefix order: explanations and the index walk them. */
#ifndef QUAN_DOMAIN_RULE_PROGRAM_H
#define QUAN_DOMAIN_RULE_PROGRAM_H

#include "domain/rule/hours.h"
#include "domain/rule/set.h"
#include "domain/rule/word.h"

/* Where code ends, instead of a leaf. */
enum { RULE_MET = 0xfffe, RULE_UNMET = 0xffff, RULE_LEAF_NONE = 0xffff };

typedef enum rule_leaf_kind {
    RULE_LEAF_RANGE,    /* low <= number <= high */
    RULE_LEAF_NUMBERS,  /* number among the n from `at`, ascending */
    RULE_LEAF_TEXT,     /* text equals the n bytes at `at` */
    RULE_LEAF_TEXTS,    /* text in the set with slots from `at`, n of them */
    RULE_LEAF_HAS_TEXT, /* a text of the fact equals, as TEXT */
    RULE_LEAF_HAS_ANY,  /* a text of the fact is in the set */
    RULE_LEAF_HAS_ALL,  /* all `low` texts of the set are in the fact */
    RULE_LEAF_HOURS,    /* zone named as TEXT, weekdays `measure`, from low until high */
    RULE_LEAF_LINES,    /* low <= what `measure` says of lines <= high */
} rule_leaf_kind;

typedef struct rule_leaf {
    uint8_t kind, fact;
    uint8_t measure; /* lines: RULE_TEST_COUNT, _QUANTITY, _SUM or _EVERY (then no range); hours */
    bool negated;
    uint16_t yes, no;     /* the next leaf, RULE_MET or RULE_UNMET */
    uint16_t where, tree; /* lines: leaves where their trees begin, or RULE_LEAF_NONE */
    uint16_t name_n;      /* of an attribute */
    uint32_t name_at;     /* in the pool */
    uint32_t at, n;
    int64_t low, high;
} rule_leaf;

typedef struct rule_point {
    uint8_t op;
    bool negated;
    uint16_t n;    /* points right below */
    uint16_t end;  /* the point behind all below */
    uint16_t leaf; /* or RULE_LEAF_NONE: a branch */
    uint16_t message_n;
    uint32_t message_at;
} rule_point;

/* The head of one block; what it points to lies behind it. */
struct rule_program {
    const rule_leaf *leaves; /* begins with leaf 0; leaf_count 0: met */
    const rule_point *points;
    const rule_slot *slots;
    const int64_t *numbers;
    const char *pool;
    uint16_t leaf_count, point_count;
    uint16_t own_count; /* leaves of the tree itself; behind them those below `lines` */
};

typedef enum rule_answer { RULE_NO, RULE_YES, RULE_UNKNOWN } rule_answer;

/* What the leaf says before `negated`. Number and texts as the leaf wants them. */
static inline str rule_leaf_text(const rule_program *p, const rule_leaf *leaf)
{
    return (str){p->pool + leaf->at, leaf->n};
}

static inline rule_set rule_leaf_set(const rule_program *p, const rule_leaf *leaf)
{
    /* Nothing writes through it: only rule_new adds. */
    return (rule_set){(rule_slot *)(uintptr_t)(p->slots + leaf->at), leaf->n - 1, p->pool};
}

/* zone NULL: it is not there, or not any more. */
static inline rule_hours rule_leaf_hours(const rule_program *p, const rule_leaf *leaf,
                                         const cart *c)
{
    const zone *of = c->zones != NULL ? c->zones(rule_leaf_text(p, leaf)) : NULL;
    return (rule_hours){of, leaf->measure, leaf->low, leaf->high};
}

static inline str rule_leaf_name(const rule_program *p, const rule_leaf *leaf)
{
    return (str){p->pool + leaf->name_at, leaf->name_n};
}

/* RULE_YES, RULE_NO or RULE_UNKNOWN, without the leaf's negation. */
rule_answer rule_ask(const rule_program *p, const rule_leaf *leaf, const rule_facts *facts);
/* The number that a leaf with a range compares; false: not known. Not of lines. */
bool rule_cart_number(const rule_program *p, const rule_leaf *leaf, const rule_facts *facts,
                      int64_t *out);
/* Is the fact about what the cart holds? Not of facts of lines, which are. */
bool rule_fact_of_content(uint8_t fact);
/* The same of a leaf of the tree itself. */
static inline bool rule_leaf_of_content(const rule_leaf *leaf)
{
    return leaf->kind == RULE_LEAF_LINES || rule_fact_of_content(leaf->fact);
}
/* What the measure of a LINES leaf is; of EVERY the lines that do not fit, and -1 when none is
 * asked. */
int64_t rule_lines_number(const rule_program *p, const rule_leaf *leaf, const rule_facts *facts);

#endif

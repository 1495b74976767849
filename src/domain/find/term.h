/* Terms: what a template posts under and what a cart has, as hashes of 64 bits. Private to
 * domain/find.
 *
 * A template that fits has a term in common with the cart. The converse is not so: two terms may
 * hash alike, and ranges are rounded outwards to nodes of a grid. What an index finds is therefore
 * asked again with the template's rule, which decides.
 *
 * A template is in one list or two of these classes:
 *   EVERY  all templates of the merchant
 *   LINES  what its scope needs of a line, where nothing it needs is rarer
 *   CART   what its conditions (or its minimum spend) need, where that is rarer; and then
 *   ASIDE  what its scope needs, for a page on which the fact of its CART terms is not known */
#ifndef QUAN_DOMAIN_FIND_TERM_H
#define QUAN_DOMAIN_FIND_TERM_H

#include "domain/find/find.h"

typedef enum find_class {
    FIND_CLASS_NONE, /* for counting how often a term is needed, whatever the class */
    FIND_CLASS_EVERY,
    FIND_CLASS_LINES,
    FIND_CLASS_CART,
    FIND_CLASS_ASIDE,
} find_class;

/* The fact of terms of several facts: no page knows it. */
enum { FIND_FACT_MIXED = 0 };

typedef struct find_term {
    uint64_t fact;  /* hash of its name */
    uint64_t value; /* of the text, or of the node */
    uint32_t line;  /* of a cart: the only line that has it; else PRICE_LINE_ANY */
} find_term;

typedef struct find_terms {
    find_term *items;
    size_t n, capacity;
} find_terms;

/* The key under which a list of templates is found. aside: of ASIDE, the fact that is not known. */
typedef struct find_place {
    uint64_t merchant, aside;
    find_class class;
} find_place;
uint64_t find_key(const find_place *place, find_term term);
/* Of templates whose scope needs nothing that can be said. */
extern const find_term find_term_any;

/* What one template posts. */
typedef struct find_needs {
    find_terms lines;   /* of its scope: one of them, or find_term_any */
    find_terms cart;    /* of its conditions: one of them; n 0: nothing can be said */
    uint64_t cart_fact; /* of all cart terms, or FIND_FACT_MIXED */
} find_needs;
void find_needs_of(const price_rule *rule, arena *memory, find_needs *out);

/* What is asked with. Each term once. */
typedef struct find_has {
    find_terms lines; /* of all lines, with find_term_any */
    find_terms cart;  /* of all other facts that are known */
    uint64_t *known;  /* of a page: facts that are known, ascending */
    size_t known_count;
} find_has;
void find_has_of(const find_question *q, price_probe *probe, arena *memory, find_has *out);

#endif

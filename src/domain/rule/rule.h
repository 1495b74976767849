/* Rules: conditions of a coupon over a cart, and scopes over its lines, as typed trees.
 *
 * A tree is written as JSON, checked once when it is saved, stored as rule_node in prefix order,
 * and compiled into a program that never fails: what the caller did not tell is a fact that is not
 * known, a comparison with it is neither met nor refuted, and a tree is met only where its answer
 * is sure. A line's own facts are always known: an empty brand is no brand, and in no list.
 *
 *   {"all": [T, …]}  {"any": [T, …]}  {"not": T}        any node may carry "message": text for
 *   {"fact": "cart.subtotal", "at_least": 10000}        customers that a refusal brings along
 *   {"fact": "cart.subtotal", "at_least": [{"amount": 10000, "currency": "USD"}, …]}
 *   {"fact": "line.unit_price", "between": [{"amount": [0, 999], "currency": "USD"}, …]}
 *   {"lines": {"where": L, "any": L}}   also all, none; or, without a tree, count_at_least,
 *                                       quantity_at_least, sum_at_least and their at_most
 *   {"weekdays": ["mon"], "from": "18:00", "until": "22:00", "zone": "Asia/Shanghai"}
 *   {"from": "2026-11-11T00:00:00+08:00", "until": …}   RFC 3339, half-open
 * L are trees over facts of a line. fact.def and op.def list facts and operators. Hours are those
 * that a clock on the wall shows: an hour that is skipped does not come, one that is repeated comes
 * twice. An `until` at or before its `from` is on the next day; weekdays are those of the start.
 *
 * An amount is in minor units of the cart's currency, whichever that is. One that is listed by
 * currency (whatever compares money takes a list; its `amount` holds what is compared with
 * otherwise) stands for the tree {"any": [{"all": [cart.currency is USD, the comparison]}, …]}, as
 * which it is stored and shown; of a line line.currency.
 *
 * `lines` asks goods only: lines that charge for sending are not counted, nor are they in
 * cart.subtotal, cart.quantity and cart.lines. A scope is asked of every line. */
#ifndef QUAN_DOMAIN_RULE_RULE_H
#define QUAN_DOMAIN_RULE_RULE_H

#include "base/arena.h"
#include "base/issues.h"
#include "base/json.h"
#include "domain/rule/cart.h"

enum {
    RULE_DEPTH_MAX = 16,
    RULE_NODES_MAX = 500,          /* of a tree, without the values of lists */
    RULE_VALUES_MAX = 50000,       /* of all lists of a tree */
    RULE_ALL_OF_MAX = 200,         /* values of one has_all */
    RULE_TEXT_MAX = 64,            /* bytes of a text; as skus and the like are */
    RULE_ATTRIBUTE_TEXT_MAX = 128, /* bytes of the text of an attribute */
    RULE_MESSAGE_MAX = 500,        /* bytes */
    RULE_CURRENCIES_MAX = 10,      /* in which one amount is listed */
    RULE_COST_MAX = 2000000,       /* comparisons, see rule_cost */
};

typedef enum rule_place {
    RULE_PLACE_NOWHERE,
    RULE_PLACE_CART, /* conditions */
    RULE_PLACE_LINE, /* scopes */
} rule_place;

typedef struct rule_tree {
    rule_node *items; /* n 0: nothing is asked, everything is met */
    size_t n;
} rule_tree;

/* What is to be read, and what for. */
typedef struct rule_source {
    rule_place place;
    rule_zones zones; /* those that hours may name */
    str path; /* of the tree in the request, such as "conditions"; begins every issue's field */
} rule_source;

/* Reads a tree. Every problem goes to `found`, with the path of its place; *out is complete when
 * there are none, and lives in found's memory. Besides what the words themselves allow: depth,
 * nodes, values, lengths, and the cost. A scope may also be in its short form,
 *   {"mode": "all"} {"mode": "only" | "except", "skus": […], "categories": […]}. */
void rule_read(const json *v, const rule_source *as, issues *found, rule_tree *out);
/* {"fact": name, "in" or "has_any": values}: a list made in the program. Keeps the texts. */
rule_tree rule_list(str fact_name, const str *values, size_t n, arena *memory);
/* The one canonical text of a tree; reading it gives the same nodes. An empty scope is mode all;
 * an empty condition is {"all": []}, which nobody can save. */
void rule_write(const rule_node *nodes, size_t n, rule_place place, json_writer *w);
/* Whether stored nodes are a tree that rule_read could have made; only such may be compiled. */
bool rule_is_sound(const rule_node *nodes, size_t n, rule_place place);
/* Does everything that compares an amount stand in an `all` with the one currency of the cart in
 * which it is meant, itself or a node above it? Of sound nodes. */
bool rule_amounts_have_currencies(const rule_node *nodes, size_t n);
/* What asking the tree costs at most, in comparisons, for the largest cart that is taken. */
uint64_t rule_cost(const rule_node *nodes, size_t n, rule_place place);

/* A compiled tree: immutable, one block, any thread. */
typedef struct rule_program rule_program;

/* nodes must be sound; nothing is kept of them. rule_free frees. */
rule_program *rule_new(const rule_node *nodes, size_t n, rule_place place);
void rule_free(rule_program *r); /* NULL is allowed */
/* Has the processor fetch the first lines of its block; NULL is allowed. */
void rule_prefetch(const rule_program *r);

/* What conditions are asked of. Made by rule_facts_of; pointers are the caller's. */
typedef struct rule_facts {
    const cart *cart;
    const int64_t *line_minor;  /* [cart->n] what a line costs: at list price, or after coupons */
    const uint64_t *discounted; /* a bit a line: coupons took from it already; NULL: none */
    bool eligible_known;
    int64_t subtotal_minor, eligible_minor, shipping_minor; /* sums over line_minor */
    int64_t quantity; /* of goods, in thousandths of a unit, weighed or not */
    int64_t goods;    /* lines */
} rule_facts;

/* eligible: a bit a line, those that the coupon's scope covers; NULL: not known yet. */
rule_facts rule_facts_of(const cart *c, const int64_t *line_minor, const uint64_t *discounted,
                         const uint64_t *eligible);

/* Scopes. currency: the cart's. Some tens of nanoseconds. */
bool rule_line(const rule_program *r, const order_line *line, str currency, bool discounted);
/* The same for every line of the cart; out has a bit a line, in words of 64. */
void rule_line_all(const rule_program *r, const cart *c, const uint64_t *discounted, uint64_t *out);
/* Conditions. */
bool rule_met(const rule_program *r, const rule_facts *facts);

/* The same where the cart is not there yet: may they be met by a cart with such facts? What is
 * asked of its content (lines, amounts, quantities) may be, whatever it is, and so may what is not
 * known; what is known is asked. Never false where rule_met is true of a cart with these facts. */
bool rule_may_be_met(const rule_program *r, const rule_facts *facts);

/* How a tree's comparisons that are not about the goods come out for a cart: a bit each, in the
 * order of the tree, 0 for those about the goods (of what is within `lines` none), the low bit of a
 * byte first. Stored with orders: the form is for ever. At most RULE_FROZEN_MAX bytes. */
enum { RULE_FROZEN_MAX = (RULE_NODES_MAX + 7) / 8 };
str rule_frozen(const rule_program *r, const cart *c, arena *memory);
/* rule_met where those are as they were frozen; only the goods are asked of `facts`. */
bool rule_met_again(const rule_program *r, const rule_facts *facts, str frozen);

/* What is missing. Of TIME it is an instant in ms, of the others how much. */
typedef enum rule_distance {
    RULE_DISTANCE_NONE,  /* nothing can be said, or nothing helps */
    RULE_DISTANCE_MONEY, /* minor units */
    RULE_DISTANCE_ITEMS, /* units of goods, rounded up */
    RULE_DISTANCE_COUNT, /* of what the fact counts */
    RULE_DISTANCE_TIME,  /* met from then on, as far as this node goes */
    RULE_DISTANCE_DAYS,  /* only in fact.def: becomes TIME */
} rule_distance;

/* Why conditions are not met. Of an `all` the node that is farthest from being met speaks (the one
 * without a distance, if there is one), of an `any` the nearest; the first in doubt. */
typedef struct rule_refusal {
    str path;    /* of the node: root "conditions" gives "conditions.all[2]" */
    str reason;  /* a constant, see explain.c */
    str fact;    /* its name; empty for time and lines */
    str message; /* the operator's, of the node or the nearest one above that has one; or empty */
    rule_distance distance;
    int64_t missing; /* >= 1, or an instant; too_high: how much too much */
} rule_refusal;

/* False where the conditions are met; *out is then left alone. What it points to lives in memory or
 * in the rule. */
bool rule_explain(const rule_program *r, const rule_facts *facts, str root, arena *memory,
                  rule_refusal *out);

/* For an index. A cart that meets the rule (a line that it covers) has one of the postings: that
 * value of the fact, or a number of it in low … high. Times are the fact "time"; quantities are in
 * thousandths. */
typedef struct rule_posting {
    str fact;
    bool is_range;
    str value; /* a text: of its own, or in the set; lives in the rule */
    int64_t low, high;
} rule_posting;

typedef struct rule_postings {
    bool any; /* nothing can be said: it may be met without any of the facts */
    rule_posting *items;
    size_t n; /* 0 and not any: it is never met */
} rule_postings;

rule_postings rule_index(const rule_program *r, arena *memory);

/* The other side of postings: every value that a fact has. Texts that are empty are not told. */
typedef struct rule_value {
    str fact;      /* its name; of an attribute the prefix … */
    str attribute; /* … and the merchant's name */
    bool is_number;
    str text;
    int64_t number;
} rule_value;
typedef void rule_value_visit(void *context, const rule_value *v);
/* Facts of a line that no coupon has taken from; currency: the cart's. */
void rule_line_values(const order_line *line, str currency, rule_value_visit *visit, void *context);
/* What is asked of the cart's content. */
void rule_content_values(const rule_facts *facts, rule_value_visit *visit, void *context);
/* All other facts that are known: store, shopper, time … */
void rule_context_values(const rule_facts *facts, rule_value_visit *visit, void *context);

#endif

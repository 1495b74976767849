/* Terms of templates and of carts: see term.h. Holds no state. */
#include "domain/find/term.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/money.h"

/* A fact of our own: what all lines cost at list price, with all charges. */
static const str total_fact = {"find.total", 10};

const find_term find_term_any = {0, 0, PRICE_LINE_ANY};

uint64_t find_key(const find_place *place, find_term term)
{
    const uint64_t parts[] = {place->merchant, place->aside, term.fact, term.value};
    return hash64((str){(const char *)parts, sizeof(parts)}, place->class);
}

static void add(find_terms *to, arena *memory, find_term term)
{
    if (to->n == to->capacity) {
        size_t capacity = to->capacity == 0 ? 64 : to->capacity * 2;
        find_term *grown = ARENA_ARRAY(memory, find_term, capacity);
        if (to->n > 0) {
            memcpy(grown, to->items, to->n * sizeof(*grown));
        }
        to->items = grown;
        to->capacity = capacity;
    }
    to->items[to->n++] = term;
}

/* A number and a text of one name are two facts. */
static uint64_t attribute_hash(str prefix, str name, bool is_number)
{
    return hash64(name, hash64(prefix, is_number));
}

static uint64_t fact_hash(str fact)
{
    return hash64(fact, 0);
}

/* ---- numbers: a grid, and a tree of four children over it ---- */

/* Times by the day, 16 bits of them; all else in steps of a quarter of a power of two, 8 bits. */
typedef struct grid {
    bool by_day;
    unsigned levels; /* besides that of the cells */
} grid;

static const str time_fact = {"time", 4};

static grid grid_of(str fact)
{
    return str_eq(fact, time_fact) ? (grid){true, 8} : (grid){false, 4};
}

static uint32_t cell_of(const grid *g, int64_t v)
{
    if (v <= 0) {
        return 0;
    }
    if (g->by_day) {
        return v / MS_DAY > UINT16_MAX ? UINT16_MAX : (uint32_t)(v / MS_DAY);
    }
    unsigned power = 63 - (unsigned)__builtin_clzll((uint64_t)v);
    unsigned quarter = (unsigned)(power < 2 ? v << (2 - power) : v >> (power - 2)) % 4;
    return 1 + power * 4 + quarter; /* at most 252 */
}

static find_term node_term(uint64_t fact, unsigned level, uint32_t node)
{
    return (find_term){fact, (uint64_t)level << 32 | node, PRICE_LINE_ANY};
}

/* The fewest nodes that cover the cells of a range. */
static void add_range(find_terms *to, arena *memory, uint64_t fact, const rule_posting *p)
{
    grid g = grid_of(p->fact);
    uint32_t from = cell_of(&g, p->low), until = cell_of(&g, p->high) + 1;
    for (unsigned level = 0; from < until; level++, from /= 4, until /= 4) {
        bool top = level == g.levels;
        while (from < until && (top || from % 4 != 0)) {
            add(to, memory, node_term(fact, level, from++));
        }
        while (from < until && until % 4 != 0) {
            add(to, memory, node_term(fact, level, --until));
        }
    }
}

/* ---- templates ---- */

/* An attribute's posting has its whole name. A line's fact is known to no page. */
static uint64_t posting_fact(const rule_posting *p)
{
    static const str prefixes[] = {{"cart.attribute.", 15}, {"user.attribute.", 15}};
    for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
        size_t n = prefixes[i].n;
        if (str_starts(p->fact, prefixes[i])) {
            return attribute_hash(prefixes[i], (str){p->fact.p + n, p->fact.n - n}, p->is_range);
        }
    }
    return fact_hash(p->fact);
}

/* What eligible lines cost is not known before a scope is asked; all lines cost at least that. */
static void turn_to_total(rule_posting *p)
{
    if (str_eq(p->fact, S("cart.eligible_subtotal"))) {
        p->fact = total_fact;
        p->high = INT64_MAX;
    }
}

static void add_posting(find_terms *to, arena *memory, const rule_posting *p)
{
    uint64_t fact = posting_fact(p);
    if (p->is_range) {
        add_range(to, memory, fact, p);
    } else {
        add(to, memory, (find_term){fact, hash64(p->value, 1), PRICE_LINE_ANY});
    }
}

/* False: nothing can be said. */
static bool add_postings(find_terms *to, arena *memory, const rule_postings *posts)
{
    for (size_t i = 0; i < posts->n; i++) {
        add_posting(to, memory, &posts->items[i]);
    }
    return !posts->any;
}

static rule_postings postings_of(const rule_program *program, arena *memory)
{
    rule_postings posts = {.any = true};
    if (program != NULL) {
        posts = rule_index(program, memory);
    }
    for (size_t i = 0; i < posts.n; i++) {
        turn_to_total(&posts.items[i]);
    }
    return posts;
}

static uint64_t common_fact(const rule_postings *posts)
{
    uint64_t fact = posts->n == 0 ? FIND_FACT_MIXED : posting_fact(&posts->items[0]);
    for (size_t i = 1; i < posts->n; i++) {
        fact = posting_fact(&posts->items[i]) == fact ? fact : FIND_FACT_MIXED;
    }
    return fact;
}

void find_needs_of(const price_rule *rule, arena *memory, find_needs *out)
{
    rule_postings scope = postings_of(price_rule_scope(rule), memory);
    rule_postings conditions = postings_of(price_rule_conditions(rule), memory);
    int64_t spend = price_rule_minimum_spend(rule);
    *out = (find_needs){0};
    if (!add_postings(&out->lines, memory, &scope)) {
        add(&out->lines, memory, find_term_any);
    }
    if (add_postings(&out->cart, memory, &conditions)) {
        out->cart_fact = common_fact(&conditions);
    } else if (spend > 0) {
        rule_posting total = {.fact = total_fact, .low = spend, .high = INT64_MAX};
        out->cart_fact = fact_hash(total_fact);
        add_range(&out->cart, memory, out->cart_fact, &total);
    }
}

/* ---- carts ---- */

typedef struct listener {
    find_terms *terms;
    arena *memory;
    uint32_t line;
} listener;

static void add_number(const listener *l, uint64_t fact, const rule_value *v)
{
    grid g = grid_of(v->fact);
    uint32_t node = cell_of(&g, v->number);
    for (unsigned level = 0; level <= g.levels; level++, node /= 4) {
        find_term term = node_term(fact, level, node);
        term.line = l->line;
        add(l->terms, l->memory, term);
    }
}

static void hear(void *context, const rule_value *v)
{
    listener *l = context;
    uint64_t fact = v->attribute.n > 0 ? attribute_hash(v->fact, v->attribute, v->is_number)
                                       : fact_hash(v->fact);
    if (v->is_number) {
        add_number(l, fact, v);
    } else {
        add(l->terms, l->memory, (find_term){fact, hash64(v->text, 1), l->line});
    }
}

static bool same(find_term a, find_term b)
{
    return a.fact == b.fact && a.value == b.value;
}

/* Lines of one cart have much in common. */
static void make_unique(find_terms *terms, arena *memory)
{
    size_t room = 16;
    while (room < terms->n * 2) {
        room *= 2;
    }
    uint32_t *places = ARENA_ARRAY(memory, uint32_t, room); /* of kept ones, from 1; 0: free */
    size_t n = 0;
    for (size_t i = 0; i < terms->n; i++) {
        find_term term = terms->items[i];
        size_t at = (term.value ^ term.fact) % room;
        while (places[at] != 0 && !same(terms->items[places[at] - 1], term)) {
            at = (at + 1) % room;
        }
        if (places[at] == 0) {
            terms->items[n++] = term;
            places[at] = (uint32_t)n;
        } else if (terms->items[places[at] - 1].line != term.line) {
            terms->items[places[at] - 1].line = PRICE_LINE_ANY;
        }
    }
    terms->n = n;
}

static int by_hash(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

/* Every fact of which a value was told; and tags, also where they are known to be none. */
static void note_known(const find_question *q, arena *memory, find_has *out)
{
    size_t n = 0;
    out->known = ARENA_ARRAY(memory, uint64_t, out->cart.n + 1);
    if (q->cart->shopper.tags != NULL) {
        out->known[n++] = fact_hash(S("user.tags"));
    }
    for (size_t i = 0; i < out->cart.n; i++) {
        out->known[n++] = out->cart.items[i].fact;
    }
    if (n > 1) {
        qsort(out->known, n, sizeof(*out->known), by_hash);
    }
    out->known_count = n;
}

void find_has_of(const find_question *q, price_probe *probe, arena *memory, find_has *out)
{
    const rule_facts *facts = price_probe_facts(probe);
    listener lines = {.terms = &out->lines, .memory = memory};
    listener rest = {.terms = &out->cart, .memory = memory, .line = PRICE_LINE_ANY};
    *out = (find_has){0};
    for (size_t i = 0; i < q->cart->n; i++) {
        lines.line = (uint32_t)i;
        rule_line_values(&q->cart->lines[i], q->cart->currency, hear, &lines);
    }
    add(&out->lines, memory, find_term_any);
    make_unique(&out->lines, memory);
    rule_context_values(facts, hear, &rest);
    if (q->way == FIND_CART) {
        rule_content_values(facts, hear, &rest);
        hear(&rest, &(rule_value){
                        .fact = total_fact, .is_number = true, .number = price_probe_total(probe)});
    }
    make_unique(&out->cart, memory);
    if (q->way == FIND_PAGE) {
        note_known(q, memory, out);
    }
}

/* What a cart must have for a rule to be met: a sound over-approximation, for an index.
 *
 * Of an `all` one child is enough, the best one: a list of texts before ranges, and a short one
 * before a long one. An `any` needs them all. Hours and negated lists say nothing. */
#include "domain/rule/program.h"

typedef struct indexer {
    const rule_program *p;
    arena *memory;
} indexer;

static const rule_postings anything = {.any = true};

static rule_postings room(indexer *x, size_t n)
{
    return (rule_postings){.items = ARENA_ARRAY(x->memory, rule_posting, n), .n = n};
}

static rule_postings text_posting(indexer *x, str fact, str value)
{
    rule_postings out = room(x, 1);
    out.items[0] = (rule_posting){.fact = fact, .value = value};
    return out;
}

/* Every text of the set, or its first only. */
static rule_postings set_postings(indexer *x, const rule_leaf *leaf, str fact)
{
    rule_set set = rule_leaf_set(x->p, leaf);
    bool first_only = leaf->kind == RULE_LEAF_HAS_ALL;
    rule_postings out = room(x, first_only ? 1 : (size_t)leaf->low);
    size_t n = 0;
    for (uint32_t i = 0; i <= set.mask; i++) {
        const rule_slot *slot = &set.slots[i];
        if (slot->nth == 0 || (first_only && slot->nth != 1)) {
            continue;
        }
        CHECK(n < out.n);
        out.items[n++] = (rule_posting){.fact = fact, .value = {set.pool + slot->at, slot->length}};
    }
    return out;
}

static rule_postings number_postings(indexer *x, const rule_leaf *leaf, str fact)
{
    bool is_range = leaf->kind == RULE_LEAF_RANGE;
    rule_postings out = room(x, is_range ? 1 : leaf->n);
    for (size_t i = 0; i < out.n; i++) {
        int64_t v = is_range ? 0 : x->p->numbers[leaf->at + i];
        out.items[i] = (rule_posting){.fact = fact,
                                      .is_range = true,
                                      .low = is_range ? leaf->low : v,
                                      .high = is_range ? leaf->high : v};
    }
    return out;
}

static bool has_ranges(const rule_postings *p)
{
    return p->n > 0 && p->items[0].is_range; /* those of one leaf are alike; of an `any` nearly */
}

static bool better(const rule_postings *a, const rule_postings *b)
{
    if (a->any != b->any) {
        return b->any;
    }
    return has_ranges(a) != has_ranges(b) ? has_ranges(b) : a->n < b->n;
}

static rule_postings point_postings(indexer *x, size_t at);

static rule_postings best_below(indexer *x, size_t at)
{
    rule_postings best = anything;
    size_t child = at + 1;
    for (size_t i = 0; i < x->p->points[at].n; i++, child = x->p->points[child].end) {
        rule_postings one = point_postings(x, child);
        if (better(&one, &best)) {
            best = one;
        }
    }
    return best;
}

static rule_postings all_below(indexer *x, size_t at)
{
    size_t n = x->p->points[at].n;
    rule_postings *parts = ARENA_ARRAY(x->memory, rule_postings, n);
    size_t sum = 0;
    size_t child = at + 1;
    for (size_t i = 0; i < n; i++, child = x->p->points[child].end) {
        parts[i] = point_postings(x, child);
        sum += parts[i].n;
        if (parts[i].any) {
            return anything;
        }
    }
    rule_postings out = room(x, sum);
    out.n = 0;
    for (size_t i = 0; i < n; i++) {
        if (parts[i].n > 0) {
            memcpy(out.items + out.n, parts[i].items, parts[i].n * sizeof(*out.items));
        }
        out.n += parts[i].n;
    }
    return out;
}

static rule_postings leaf_postings(indexer *x, const rule_leaf *leaf, size_t at)
{
    bool needs_line = leaf->measure == RULE_TEST_EVERY || leaf->low >= 1;
    str fact = S("");
    if (leaf->negated || leaf->kind == RULE_LEAF_HOURS) {
        return anything;
    }
    if (leaf->kind == RULE_LEAF_LINES) {
        return needs_line ? best_below(x, at) : anything;
    }
    fact = arena_printf(x->memory, "%.*s%.*s", STR_ARG(rule_fact_of(leaf->fact)->name),
                        STR_ARG(rule_leaf_name(x->p, leaf)));
    switch ((rule_leaf_kind)leaf->kind) {
    case RULE_LEAF_RANGE:
    case RULE_LEAF_NUMBERS:
        return number_postings(x, leaf, fact);
    case RULE_LEAF_TEXT:
    case RULE_LEAF_HAS_TEXT:
        return text_posting(x, fact, rule_leaf_text(x->p, leaf));
    default:
        return set_postings(x, leaf, fact);
    }
}

static rule_postings point_postings(indexer *x, size_t at)
{
    const rule_point *point = &x->p->points[at];
    if (point->leaf != RULE_LEAF_NONE) {
        return leaf_postings(x, &x->p->leaves[point->leaf], at);
    }
    bool every = (point->op == RULE_OP_ANY) == point->negated;
    return every ? best_below(x, at) : all_below(x, at);
}

rule_postings rule_index(const rule_program *r, arena *memory)
{
    indexer x = {r, memory};
    return r->point_count == 0 ? anything : point_postings(&x, 0);
}

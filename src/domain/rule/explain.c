/* Why conditions are not met: walks the tree, slowly, and asks every leaf.
 *
 * Reasons, stable: fact_unknown (the caller did not tell), too_low, too_high, not_listed, listed,
 * differs (a flag), too_early, too_late, inside_window, outside_hours, inside_hours, lines_too_few,
 * lines_too_many, lines_unfit (some do not do what all must, or there are none), lines_all_fit. */
#include "domain/rule/program.h"

/* How far a node is from being met, the nearest first: what a customer can add, what he can wait
 * for, what he can take away, and what nothing helps. */
typedef enum far { FAR_ADD, FAR_WAIT, FAR_LESS, FAR_NEVER } far;

typedef struct finding {
    rule_refusal refusal;
    far far;
    int64_t much; /* parts in a million of what is asked for; ms; else 0 */
} finding;

typedef struct explainer {
    const rule_program *p;
    const rule_facts *facts;
    arena *memory;
} explainer;

enum { PARTS = 1000000 };

static int64_t parts_of(int64_t missing, int64_t bound)
{
    return bound <= 0 ? PARTS : (int64_t)((__int128)missing * PARTS / bound);
}

static void tell(finding *f, const char *reason, far how_far)
{
    f->refusal.reason = str_of(reason);
    f->far = how_far;
}

/* missing is what is too little (or too much) of bound, in the fact's own unit. */
static void tell_distance(finding *f, rule_distance distance, int64_t missing, int64_t bound)
{
    f->refusal.distance = distance;
    f->refusal.missing = distance == RULE_DISTANCE_ITEMS
                             ? (missing + CART_QUANTITY_UNIT - 1) / CART_QUANTITY_UNIT
                             : missing;
    f->much = parts_of(missing, bound);
}

/* from_ms -1: it will never come. */
static void tell_time(finding *f, int64_t from_ms, int64_t now_ms)
{
    if (from_ms < 0 || from_ms >= TIME_MAX_MS) {
        f->far = FAR_NEVER;
        return;
    }
    f->far = FAR_WAIT;
    f->refusal.distance = RULE_DISTANCE_TIME;
    f->refusal.missing = from_ms;
    f->much = from_ms - now_ms;
}

static void explain_time(const rule_leaf *leaf, int64_t now_ms, finding *f)
{
    if (leaf->negated) {
        tell(f, "inside_window", FAR_NEVER);
        tell_time(f, leaf->high + 1, now_ms);
    } else if (now_ms < leaf->low) {
        tell(f, "too_early", FAR_NEVER);
        tell_time(f, leaf->low, now_ms);
    } else {
        tell(f, "too_late", FAR_NEVER);
    }
}

/* It would do with `next`, which is more. Days come by themselves. */
static void tell_next(finding *f, const rule_fact_row *fact, int64_t next, int64_t v)
{
    if (fact->distance != RULE_DISTANCE_DAYS) {
        f->far = FAR_ADD;
        tell_distance(f, fact->distance, next - v, next);
    }
}

static void explain_range(explainer *e, const rule_leaf *leaf, finding *f)
{
    int64_t v;
    const rule_fact_row *fact = rule_fact_of(leaf->fact);
    const cart *c = e->facts->cart;
    if (!rule_cart_number(e->p, leaf, e->facts, &v)) {
        tell(f, "fact_unknown", FAR_NEVER);
    } else if (leaf->fact == RULE_FACT_TIME) {
        explain_time(leaf, c->at_ms, f);
    } else if (fact->type == RULE_FLAG) {
        tell(f, "differs", FAR_NEVER);
    } else if (leaf->negated) {
        tell(f, "listed", FAR_NEVER);
        tell_next(f, fact, leaf->high + 1, v);
    } else if (v < leaf->low && fact->distance == RULE_DISTANCE_DAYS) {
        tell(f, "too_low", FAR_NEVER);
        if (leaf->low <= TIME_MAX_MS / MS_DAY) {
            tell_time(f, c->shopper.last_order_at_ms + leaf->low * MS_DAY, c->at_ms);
        }
    } else if (v < leaf->low) {
        tell(f, "too_low", FAR_ADD);
        tell_distance(f, fact->distance, leaf->low - v, leaf->low);
    } else {
        tell(f, "too_high", FAR_LESS);
        if (fact->distance != RULE_DISTANCE_DAYS) {
            tell_distance(f, fact->distance, v - leaf->high, leaf->high);
        }
    }
}

static void explain_hours(explainer *e, const rule_leaf *leaf, finding *f)
{
    rule_hours hours = rule_leaf_hours(e->p, leaf, e->facts->cart);
    int64_t now_ms = e->facts->cart->at_ms;
    if (hours.zone == NULL) {
        tell(f, "fact_unknown", FAR_NEVER);
        return;
    }
    tell(f, leaf->negated ? "inside_hours" : "outside_hours", FAR_NEVER);
    tell_time(f, rule_hours_next(&hours, now_ms, !leaf->negated), now_ms);
}

static void explain_numbers(explainer *e, const rule_leaf *leaf, finding *f)
{
    int64_t v;
    if (!rule_cart_number(e->p, leaf, e->facts, &v)) {
        tell(f, "fact_unknown", FAR_NEVER);
        return;
    }
    tell(f, leaf->negated ? "listed" : "not_listed", FAR_NEVER);
    for (uint32_t i = 0; i < leaf->n && !leaf->negated; i++) {
        int64_t next = e->p->numbers[leaf->at + i]; /* ascending */
        if (next > v) {
            tell_next(f, rule_fact_of(leaf->fact), next, v);
            return;
        }
    }
}

static void explain_lines(explainer *e, const rule_leaf *leaf, finding *f)
{
    int64_t v = rule_lines_number(e->p, leaf, e->facts);
    rule_distance distance = leaf->measure == RULE_TEST_SUM        ? RULE_DISTANCE_MONEY
                             : leaf->measure == RULE_TEST_QUANTITY ? RULE_DISTANCE_ITEMS
                                                                   : RULE_DISTANCE_COUNT;
    if (leaf->measure == RULE_TEST_EVERY) {
        tell(f, leaf->negated ? "lines_all_fit" : "lines_unfit", FAR_NEVER);
        if (!leaf->negated && v > 0) {
            f->far = FAR_LESS;
            tell_distance(f, RULE_DISTANCE_COUNT, v, e->facts->goods);
        }
    } else if (v < leaf->low) {
        tell(f, "lines_too_few", FAR_ADD);
        tell_distance(f, distance, leaf->low - v, leaf->low);
    } else {
        tell(f, "lines_too_many", FAR_LESS);
        tell_distance(f, distance, v - leaf->high, leaf->high);
    }
}

static void explain_leaf(explainer *e, const rule_leaf *leaf, finding *f)
{
    const rule_fact_row *fact = rule_fact_of(leaf->fact);
    if (fact != NULL && fact->place != RULE_PLACE_NOWHERE) {
        f->refusal.fact = arena_printf(e->memory, "%.*s%.*s", STR_ARG(fact->name),
                                       STR_ARG(rule_leaf_name(e->p, leaf)));
    }
    switch ((rule_leaf_kind)leaf->kind) {
    case RULE_LEAF_RANGE:
        explain_range(e, leaf, f);
        break;
    case RULE_LEAF_HOURS:
        explain_hours(e, leaf, f);
        break;
    case RULE_LEAF_LINES:
        explain_lines(e, leaf, f);
        break;
    case RULE_LEAF_NUMBERS:
        explain_numbers(e, leaf, f);
        break;
    default:
        if (rule_ask(e->p, leaf, e->facts) == RULE_UNKNOWN) {
            tell(f, "fact_unknown", FAR_NEVER);
        } else {
            tell(f, leaf->negated ? "listed" : "not_listed", FAR_NEVER);
        }
    }
}

static bool farther(const finding *a, const finding *b)
{
    return a->far != b->far ? a->far > b->far : a->much > b->much;
}

static str step(explainer *e, str path, const rule_point *above, size_t nth)
{
    str name = rule_op_of(above->op)->name;
    return above->op == RULE_OP_NOT
               ? arena_printf(e->memory, "%.*s.%.*s", STR_ARG(path), STR_ARG(name))
               : arena_printf(e->memory, "%.*s.%.*s[%zu]", STR_ARG(path), STR_ARG(name), nth);
}

/* f comes with the path of the point and the nearest message above it. False: the point is met. */
static bool explain_point(explainer *e, size_t at, finding *f)
{
    const rule_point *point = &e->p->points[at];
    if (point->message_n > 0) {
        f->refusal.message = (str){e->p->pool + point->message_at, point->message_n};
    }
    if (point->leaf != RULE_LEAF_NONE) {
        const rule_leaf *leaf = &e->p->leaves[point->leaf];
        if (rule_ask(e->p, leaf, e->facts) == (leaf->negated ? RULE_NO : RULE_YES)) {
            return false;
        }
        explain_leaf(e, leaf, f);
        return true;
    }
    bool every = (point->op == RULE_OP_ANY) == point->negated; /* a `not` has one: either way */
    bool found = false;
    finding best = *f;
    size_t child = at + 1;
    for (size_t i = 0; i < point->n; i++, child = e->p->points[child].end) {
        finding one = {.refusal = {.message = f->refusal.message}};
        one.refusal.path = step(e, f->refusal.path, point, i);
        if (!explain_point(e, child, &one)) {
            if (!every) {
                return false;
            }
        } else if (!found || (every ? farther(&one, &best) : farther(&best, &one))) {
            best = one;
            found = true;
        }
    }
    *f = best;
    return found;
}

bool rule_explain(const rule_program *r, const rule_facts *facts, str root, arena *memory,
                  rule_refusal *out)
{
    explainer e = {r, facts, memory};
    finding f = {.refusal = {.path = root}};
    if (r->point_count == 0 || !explain_point(&e, 0, &f)) {
        return false;
    }
    *out = f.refusal;
    return true;
}

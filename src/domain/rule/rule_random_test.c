/* Random trees over random carts: the program, its explanation and its index against an evaluator
 * that knows only JSON, in three values; and the canonical text against the nodes.
 *
 * The oracle shares no code with the compiler; hours it searches minute by minute. */
#include "domain/rule/rule_cart_test.h"
#include "domain/rule/rule_truth_test.h"

enum { TRIALS = 20000, CARTS_EACH = 4 };

static truth oracle(const json *v, const scene *s);

static truth oracle_fact(const json *v, const scene *s)
{
    str fact = json_str(json_field(v, S("fact")));
    str op;
    str text = S("");
    named_number number = {0};
    const json *operand = operand_of(v, &op);
    char name[64] = {0};
    memcpy(name, fact.p, fact.n);
    if (str_starts(op, S("has_"))) {
        return set_compared(s, fact, op, operand);
    }
    if (text_of(name, s, &text)) {
        bool known = text.n > 0 || str_starts(fact, S("line."));
        return compared(op, operand, &(fact_value){known, true, text, 0});
    }
    if (number_of(name, s, &number)) {
        bool thousand = str_ends(fact, S(".quantity"));
        if (!thousand) {
            return compared(op, operand, &(fact_value){number.known, false, text, number.number});
        }
        /* Whole units against thousandths: what lies between two units is told apart by doubling,
         * with an odd number for it. */
        int64_t whole = number.number / 1000;
        bool exact = number.number % 1000 == 0;
        if (exact) {
            return compared(op, operand, &(fact_value){true, false, text, whole});
        }
        if (str_eq(op, S("is")) || str_eq(op, S("in"))) {
            return NO;
        }
        if (str_eq(op, S("is_not")) || str_eq(op, S("not_in"))) {
            return YES;
        }
        if (str_eq(op, S("between"))) {
            return whole >= json_int(json_at(operand, 0)) && whole < json_int(json_at(operand, 1));
        }
        bool up = str_eq(op, S("at_least")) || str_eq(op, S("above"));
        return up ? whole >= json_int(operand) : whole < json_int(operand);
    }
    cart_attributes all = str_starts(fact, S("cart.")) ? s->facts->cart->attributes
                                                       : s->facts->cart->shopper.attributes;
    for (size_t i = 0; i < all.n; i++) {
        if (str_ends(fact, all.items[i].name)) {
            fact_value f = {true, all.items[i].is_text, all.items[i].text, all.items[i].number};
            return compared(op, operand, &f);
        }
    }
    return DIM;
}

static truth oracle_lines(const json *v, const scene *s)
{
    const json *lines = json_field(v, S("lines"));
    const json *where = json_field(lines, S("where"));
    const json *wanted = NULL;
    str op = S("");
    void *at = NULL;
    str name;
    const json *value;
    int64_t asked = 0, fit = 0, quantity = 0, minor = 0;
    while (json_next(lines, &at, &name, &value)) {
        op = str_eq(name, S("where")) ? op : name;
        wanted = str_eq(name, S("where")) ? wanted : value;
    }
    bool has_tree = json_kind_of(wanted) == JSON_KIND_OBJECT;
    for (size_t i = 0; i < s->facts->cart->n; i++) {
        const uint64_t *bits = s->facts->discounted;
        scene one = {s->facts, &s->facts->cart->lines[i], bits != NULL && (*bits >> i & 1) != 0};
        if (one.line->marks & LINE_SHIPPING || (where != NULL && oracle(where, &one) != YES)) {
            continue;
        }
        asked++;
        fit += !has_tree || oracle(wanted, &one) == YES;
        quantity += in_thousandths(one.line);
        minor += s->facts->line_minor[i];
    }
    if (has_tree) {
        return str_eq(op, S("any"))   ? fit > 0
               : str_eq(op, S("all")) ? asked > 0 && fit == asked
                                      : fit == 0;
    }
    int64_t bound = json_int(wanted);
    int64_t figure = str_starts(op, S("count")) ? asked : minor;
    if (str_starts(op, S("quantity"))) {
        figure = quantity;
        bound *= 1000;
    }
    return str_ends(op, S("at_least")) ? figure >= bound : figure <= bound;
}

static int minutes_of(const json *v, int otherwise)
{
    if (v == NULL) {
        return otherwise;
    }
    const char *p = json_str(v).p;
    return (p[0] - '0') * 600 + (p[1] - '0') * 60 + (p[3] - '0') * 10 + (p[4] - '0');
}

/* Walks back minute by minute of the wall clock until the hours that hold this one begin. */
static truth oracle_hours(const json *v, const scene *s)
{
    const zone *z = zone_find(json_str(json_field(v, S("zone"))));
    const json *days = json_field(v, S("weekdays"));
    int from = minutes_of(json_field(v, S("from")), 0);
    int until = minutes_of(json_field(v, S("until")), 1440);
    int64_t local = s->facts->cart->at_ms + zone_offset_ms(z, s->facts->cart->at_ms);
    int64_t minute = local / MS_MINUTE;
    int length = until > from ? until - from : until + 1440 - from;
    for (int back = 0; back < length; back++, minute--) {
        if (minute % 1440 != from) {
            continue;
        }
        str name = str_of(rule_weekdays[day_weekday((int32_t)(minute / 1440))]);
        for (size_t i = 0; days != NULL && i < json_count(days); i++) {
            if (str_eq(json_str(json_at(days, i)), name)) {
                return YES;
            }
        }
        if (days == NULL) {
            return YES;
        }
    }
    return NO;
}

static truth oracle_window(const json *v, const scene *s)
{
    int64_t from = 0;
    int64_t until = INT64_MAX;
    const json *begin = json_field(v, S("from"));
    const json *end = json_field(v, S("until"));
    assert_true(begin == NULL || time_parse(json_str(begin), &from));
    assert_true(end == NULL || time_parse(json_str(end), &until));
    return s->facts->cart->at_ms >= from && s->facts->cart->at_ms < until;
}

static truth oracle(const json *v, const scene *s)
{
    const json *all = json_field(v, S("all"));
    const json *any = json_field(v, S("any"));
    const json *below = all != NULL ? all : any;
    truth t = all != NULL ? YES : NO;
    for (size_t i = 0; i < json_count(below); i++) {
        truth one = oracle(json_at(below, i), s);
        if (all != NULL) {
            t = t == NO || one == NO ? NO : t == DIM || one == DIM ? DIM : YES;
        } else {
            t = t == YES || one == YES ? YES : t == DIM || one == DIM ? DIM : NO;
        }
    }
    if (below != NULL) {
        return t;
    }
    if (json_field(v, S("not")) != NULL) {
        return negation(oracle(json_field(v, S("not")), s));
    }
    if (json_field(v, S("fact")) != NULL) {
        return oracle_fact(v, s);
    }
    if (json_field(v, S("lines")) != NULL) {
        return oracle_lines(v, s);
    }
    return json_field(v, S("zone")) != NULL ? oracle_hours(v, s) : oracle_window(v, s);
}

/* ---- random facts ---- */

static rule_facts random_facts(const cart *c)
{
    uint64_t *bits = ARENA_ARRAY(memory, uint64_t, 2);
    bits[0] = next_random(&seed);
    bits[1] = next_random(&seed);
    return rule_facts_of(c, test_costs(c), below(4) == 0 ? NULL : &bits[0],
                         below(4) == 0 ? NULL : &bits[1]);
}

/* ---- the properties ---- */

static json *random_tree(rule_place place, rule_tree *tree)
{
    json *v = NULL;
    rule_source as = {place, zone_find, S("conditions")};
    buf_clear(&tree_text);
    put_random_node(place, 1);
    assert_int_equal(json_parse(buf_view(&tree_text), &v, NULL), R_DONE);
    rule_read(v, &as, found, tree);
    if (found->n > 0) {
        fail_msg("%.*s: %.*s", STR_ARG(buf_view(&tree_text)), STR_ARG(found->items[0].field));
    }
    return v;
}

static bool posted(const rule_postings *posts, const scene *s)
{
    for (size_t i = 0; i < posts->n; i++) {
        const rule_posting *p = &posts->items[i];
        named_number number = {.number = s->facts->cart->at_ms, .known = true};
        char name[64] = {0};
        str text = S("");
        memcpy(name, p->fact.p, p->fact.n);
        if (str_ends(p->fact, S("tags")) || str_ends(p->fact, S("categories"))) {
            if (set_contains(s, str_starts(p->fact, S("user")), str_ends(p->fact, S("tags")),
                             p->value)) {
                return true;
            }
        } else if (str_eq(p->fact, S("cart.attribute.a")) ||
                   str_eq(p->fact, S("cart.attribute.b")) ||
                   str_starts(p->fact, S("user.attribute."))) {
            cart_attributes all = str_starts(p->fact, S("cart."))
                                      ? s->facts->cart->attributes
                                      : s->facts->cart->shopper.attributes;
            for (size_t k = 0; k < all.n; k++) {
                if (!str_ends(p->fact, all.items[k].name)) {
                    continue;
                }
                if (p->is_range ? !all.items[k].is_text && all.items[k].number >= p->low &&
                                      all.items[k].number <= p->high
                                : all.items[k].is_text && str_eq(all.items[k].text, p->value)) {
                    return true;
                }
            }
        } else if (text_of(name, s, &text)) {
            if (str_eq(text, p->value)) {
                return true;
            }
        } else {
            (void)number_of(name, s, &number);
            if (number.known && number.number >= p->low && number.number <= p->high) {
                return true;
            }
        }
    }
    return posts->any;
}

/* Has the cart one of the postings, by itself or by one of its lines? */
static bool posted_anywhere(const rule_postings *posts, const rule_facts *facts)
{
    order_line none = {0};
    scene s = {facts, &none, false};
    bool yes = posted(posts, &s);
    for (size_t i = 0; i < facts->cart->n && !yes; i++) {
        s = (scene){facts, &facts->cart->lines[i],
                    facts->discounted != NULL && (facts->discounted[0] >> i & 1) != 0};
        yes = posted(posts, &s);
    }
    return yes;
}

static size_t met_count, any_count;

/* Asked again about other goods: as if only they were others. */
static void check_frozen(const rule_program *p, const cart *c)
{
    cart goods = random_cart(), mixed = *c;
    mixed.lines = goods.lines;
    mixed.n = goods.n;
    rule_facts facts = random_facts(&mixed), again = facts;
    cart bare = {.currency = c->currency, .lines = goods.lines, .n = goods.n};
    str frozen = rule_frozen(p, c, memory);
    again.cart = &bare;
    assert_true(frozen.n <= RULE_FROZEN_MAX);
    assert_int_equal(rule_met_again(p, &again, frozen), rule_met(p, &facts));
}

static void check_cart(const json *v, const rule_program *p, const rule_postings *posts)
{
    cart c = random_cart();
    rule_facts facts = random_facts(&c);
    order_line none = {0};
    scene s = {&facts, &none, false};
    bool met = rule_met(p, &facts);
    rule_refusal why = {0};
    if (met != (oracle(v, &s) == YES)) {
        fail_msg("%.*s", STR_ARG(buf_view(&tree_text)));
    }
    assert_int_equal(rule_explain(p, &facts, S("conditions"), memory, &why), !met);
    assert_true(met || (why.reason.n > 0 && str_starts(why.path, S("conditions"))));
    assert_true(why.distance == RULE_DISTANCE_NONE || why.missing >= 1);
    assert_true(why.distance != RULE_DISTANCE_TIME || why.missing > c.at_ms);
    if (met && !posted_anywhere(posts, &facts)) {
        fail_msg("no posting: %.*s", STR_ARG(buf_view(&tree_text)));
    }
    met_count += met;
    check_frozen(p, &c);
}

static void conditions_are_what_their_json_says(void **state)
{
    (void)state;
    seed = 0x5eed0001;
    for (int trial = 0; trial < TRIALS; trial++) {
        arena_reset(memory);
        found = issues_new(memory);
        rule_tree tree;
        json *v = random_tree(RULE_PLACE_CART, &tree);
        rule_program *p = rule_new(tree.items, tree.n, RULE_PLACE_CART);
        rule_postings posts = rule_index(p, memory);
        any_count += posts.any;
        for (int i = 0; i < CARTS_EACH; i++) {
            check_cart(v, p, &posts);
        }
        rule_free(p);
        json_free(v);
    }
    /* The trees are neither all met nor all refused, and the index is worth something. */
    assert_in_range(met_count, TRIALS / 2, TRIALS * 3);
    assert_in_range(any_count, TRIALS / 10, TRIALS * 9 / 10);
}

static void scopes_are_what_their_json_says(void **state)
{
    (void)state;
    seed = 0x5eed0002;
    for (int trial = 0; trial < TRIALS; trial++) {
        arena_reset(memory);
        found = issues_new(memory);
        rule_tree tree;
        json *v = random_tree(RULE_PLACE_LINE, &tree);
        rule_program *p = rule_new(tree.items, tree.n, RULE_PLACE_LINE);
        rule_postings posts = rule_index(p, memory);
        cart c = random_cart();
        rule_facts facts = random_facts(&c);
        uint64_t covered = 0;
        rule_line_all(p, &c, facts.discounted, &covered);
        for (size_t i = 0; i < c.n; i++) {
            bool discounted = facts.discounted != NULL && (facts.discounted[0] >> i & 1) != 0;
            scene s = {&facts, &c.lines[i], discounted};
            assert_int_equal(covered >> i & 1, oracle(v, &s) == YES);
            assert_true((covered >> i & 1) == 0 || posted(&posts, &s));
        }
        rule_free(p);
        json_free(v);
    }
}

static void the_canonical_text_reads_as_the_same_nodes(void **state)
{
    (void)state;
    seed = 0x5eed0003;
    for (int trial = 0; trial < TRIALS; trial++) {
        arena_reset(memory);
        found = issues_new(memory);
        rule_place place = trial % 2 == 0 ? RULE_PLACE_CART : RULE_PLACE_LINE;
        rule_tree tree;
        rule_tree again;
        json_free(random_tree(place, &tree));
        str once = test_written(tree, place);
        json *v = NULL;
        rule_source as = {place, zone_find, S("conditions")};
        assert_int_equal(json_parse(once, &v, NULL), R_DONE);
        rule_read(v, &as, found, &again);
        json_free(v);
        assert_int_equal(found->n, 0);
        assert_int_equal(again.n, tree.n);
        for (size_t i = 0; i < tree.n; i++) {
            assert_true(record_equal(&rule_node_record, &tree.items[i], &again.items[i]));
        }
        assert_str(test_written(again, place), once);
    }
}

static int random_setup(void **state)
{
    buf_init(&tree_text, 1 << 20);
    return rule_setup(state);
}

static int random_teardown(void **state)
{
    buf_free(&tree_text);
    return rule_teardown(state);
}

#define RANDOM_TEST(f) cmocka_unit_test_setup_teardown(f, random_setup, random_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RANDOM_TEST(conditions_are_what_their_json_says),
        RANDOM_TEST(scopes_are_what_their_json_says),
        RANDOM_TEST(the_canonical_text_reads_as_the_same_nodes),
    };
    return cmocka_run_group_tests_name("rule_random", tests, NULL, NULL);
}

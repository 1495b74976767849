/* Random templates and carts: what the index finds is what asking every template finds, whatever
 * was added, changed and merged before; and nothing that price_cart grants is missed. */
#include "domain/find/find.h"

#include "domain/price/benefit_test.h"
#include "domain/rule/rule_cart_test.h"

enum { ROUNDS = 60, TEMPLATES = 160, CARTS = 12, SHOPS = 2, EDITS = 40 };

static const zone here = {.name = {"Here", 4}};

typedef struct world {
    config *c;
    find_index *x;
    uint64_t ids[TEMPLATES];
    size_t n;
    find_merger *merger;
} world;

/* ---- templates ---- */

static rule_tree random_rule(rule_place place)
{
    json *v = NULL;
    rule_tree tree;
    rule_source as = {place, zone_find, S("rule")};
    buf_clear(&tree_text);
    put_random_node(place, 2);
    assert_int_equal(json_parse(buf_view(&tree_text), &v, NULL), R_DONE);
    rule_read(v, &as, found, &tree);
    json_free(v);
    assert_int_equal(found->n, 0);
    return tree;
}

static template_version random_benefit(void)
{
    template_version v = {.benefit = BENEFIT_KIND_AMOUNT_OFF};
    static benefit_term gift = {.term = TERM_GIFT_SKU, .text = {"w1", 2}};
    switch (below(5)) {
    case 0:
        v.benefit = BENEFIT_KIND_SHIPPING;
        break;
    case 1:
        v.benefit = BENEFIT_KIND_GIFT;
        v.terms.items = &gift;
        v.terms.n = 1;
        return v;
    case 2:
        v.benefit = BENEFIT_KIND_PERCENT_OFF;
        TEST_SET(v, TERM_PERCENT_OFF_PERCENT, 100000);
        break;
    default:
        TEST_SET(v, TERM_AMOUNT_OFF_AMOUNT, 1 + (int64_t)below(500));
    }
    if (below(2) == 0) {
        TEST_SET(v, TERM_COMMON_MINIMUM_SPEND, 1 + (int64_t)below(9000));
    }
    return v;
}

/* A new template, or a new version of one. */
static void put_template(world *w, uint64_t id, uint64_t shop, uint32_t version)
{
    template row = {.id = id, .merchant = shop, .campaign = shop * 10, .version = version};
    template_version v = random_benefit();
    if (below(3) == 0) { /* good in the currency of the other shops, too */
        TEST_LIST(v, shop == 1 ? S("USD") : S("CNY"));
    }
    v.template = id;
    v.version = version;
    v.validity = VALIDITY_KIND_FIXED;
    found = issues_new(memory);
    if (below(4) > 0) {
        rule_tree scope = random_rule(RULE_PLACE_LINE);
        v.scope.items = scope.items;
        v.scope.n = scope.n;
    }
    if (below(2) > 0) {
        rule_tree conditions = random_rule(RULE_PLACE_CART);
        v.conditions.items = conditions.items;
        v.conditions.n = conditions.n;
    }
    config *next = config_with_template(w->c, &row, &v);
    config_free(w->c);
    w->c = next;
}

static void index_these(world *w, const uint64_t *ids, size_t n)
{
    const config_template *all[TEMPLATES];
    for (size_t i = 0; i < n; i++) {
        all[i] = config_find_template(w->c, ids[i]);
    }
    find_index *next =
        find_with(w->x, w->c, all, n, w->merger == NULL ? 0 : find_merge_kept(w->merger));
    find_free(w->x);
    w->x = next;
}

static void maybe_merge(world *w)
{
    if (w->merger == NULL) {
        w->merger = find_merge(w->x);
        if (w->merger != NULL) {
            find_merge_build(w->merger);
        }
    } else if (below(3) == 0) {
        find_index *next = find_merged(w->x, w->merger);
        find_free(w->x);
        w->x = next;
        w->merger = NULL;
    }
}

static void world_new(world *w)
{
    *w = (world){.c = config_empty(), .x = find_empty()};
    for (uint64_t shop = 1; shop <= SHOPS; shop++) {
        merchant m = {.id = shop, .name = S("m"), .zone = S("Here"), .currency = S("CNY")};
        campaign of = {.id = shop * 10,
                       .merchant = shop,
                       .name = S("c"),
                       .currency = shop == 1 ? S("CNY") : S("USD")};
        config_put_merchant(w->c, &m, &here);
        config_put_campaign(w->c, &of);
    }
    for (size_t i = 0, first = 0; i < TEMPLATES; i++) {
        w->ids[i] = 100 + i * 7919 % 1009; /* 1009 is prime: each once, in no order */
        put_template(w, w->ids[i], 1 + i % SHOPS, 1);
        if (below(20) == 0 || i + 1 == TEMPLATES) {
            index_these(w, w->ids + first, i + 1 - first);
            first = i + 1;
            maybe_merge(w);
        }
    }
    for (size_t i = 0; i < EDITS; i++) {
        size_t at = below(TEMPLATES);
        const config_template *t = config_find_template(w->c, w->ids[at]);
        put_template(w, w->ids[at], t->row->merchant, t->row->version + 1);
        index_these(w, w->ids + at, 1);
        maybe_merge(w);
    }
}

static void world_free(world *w)
{
    if (w->merger != NULL) {
        find_index *next = find_merged(w->x, w->merger);
        find_free(w->x);
        w->x = next;
    }
    find_free(w->x);
    config_free(w->c);
}

/* ---- asking ---- */

/* All that is found, page by page, in order; a bit a template that the world has. */
static void ask_index(const world *w, const find_question *q, bool *out)
{
    uint64_t after = 0;
    memset(out, 0, TEMPLATES);
    for (bool more = true; more;) {
        find_cursor *c;
        size_t looks = 1 + below(50), left = looks;
        uint64_t last = after;
        assert_int_equal(find_open(w->x, q, after, memory, &c), R_DONE);
        for (const config_template *t; (t = find_next(c, &left)) != NULL;) {
            size_t at = 0;
            assert_true(t->row->id > last);
            last = t->row->id;
            while (w->ids[at] != last) {
                at++;
            }
            assert_ptr_equal(t, config_find_template(w->c, last));
            out[at] = true;
        }
        after = find_position(c);
        more = left == 0;
        find_close(c);
    }
}

static const price_rule *rule_of(const world *w, size_t i, uint64_t shop)
{
    const config_template *t = config_find_template(w->c, w->ids[i]);
    return t->row->merchant == shop ? config_rule(t, t->row->version) : NULL;
}

static void ask_all(const world *w, const find_question *q, bool *out)
{
    price_probe *p;
    price_probe_cart of = {q->cart, q->policy, q->way != FIND_CART};
    str own = q->merchant == 1 ? S("CNY") : S("USD");
    assert_int_equal(price_probe_new(&of, memory, &p), R_DONE);
    for (size_t i = 0; i < TEMPLATES; i++) {
        const price_rule *rule = rule_of(w, i, q->merchant);
        bool cash =
            rule != NULL && (q->way == FIND_ALL || price_rule_takes(rule, q->cart->currency, own));
        out[i] = cash && price_probe_fits(p, rule) &&
                 (q->way != FIND_CART || price_rule_minimum_spend(rule) <= price_probe_total(p));
    }
}

static size_t granted, refused, on_page;

/* Nothing that price_cart grants is missed, and the probe grants the same of the same. */
static void check_prices(const world *w, const find_question *q, const bool *fits)
{
    price_probe *p;
    price_probe_cart of = {q->cart, q->policy, false};
    assert_int_equal(price_probe_new(&of, memory, &p), R_DONE);
    for (size_t i = 0; i < TEMPLATES; i++) {
        const price_rule *rule = rule_of(w, i, q->merchant);
        price_coupon one = {.rule = rule, .currency = q->merchant == 1 ? S("CNY") : S("USD")};
        price_ask asked = {.cart = q->cart, .coupons = &one, .n = 1, .policy = q->policy};
        price_result priced;
        price_verdict verdict;
        if (rule == NULL) {
            continue;
        }
        assert_int_equal(price_cart(&asked, memory, &priced), R_DONE);
        if (priced.verdicts[0].result != R_DONE) {
            refused++;
        } else {
            granted++;
            assert_true(fits[i]);
        }
        if (fits[i]) {
            assert_int_equal(price_probe_ask(p, &one, memory, &verdict), R_DONE);
            assert_int_equal(verdict.result, priced.verdicts[0].result);
            assert_int_equal(verdict.discount_minor, priced.verdicts[0].discount_minor);
            assert_str(verdict.reason, priced.verdicts[0].reason);
        }
    }
}

/* What the cart meets, the page of a line that the scope covers must show; also to a stranger. */
static void check_page(const world *w, const find_question *q, const bool *fits)
{
    bool shown[TEMPLATES];
    for (size_t line = 0; line < q->cart->n; line++) {
        cart page = *q->cart;
        page.lines = &q->cart->lines[line];
        page.n = 1;
        if (below(2) == 0) {
            page.store = page.region = page.channel = page.payment = S("");
            page.attributes = (cart_attributes){NULL, 0};
            page.shopper = cart_shopper_unknown;
            page.shopper.known = q->cart->shopper.known;
        }
        find_question of = {q->merchant, FIND_PAGE, &page, q->policy};
        bool all[TEMPLATES];
        ask_index(w, &of, shown);
        ask_all(w, &of, all);
        for (size_t i = 0; i < TEMPLATES; i++) {
            assert_int_equal(shown[i], all[i]);
            on_page += shown[i];
            const price_rule *rule = fits[i] ? rule_of(w, i, q->merchant) : NULL;
            cart alone = page;
            price_probe *p;
            price_probe_cart probe = {&alone, q->policy, true};
            assert_int_equal(price_probe_new(&probe, memory, &p), R_DONE);
            bool covered = rule != NULL &&
                           (price_rule_scope(rule) == NULL ||
                            rule_line(price_rule_scope(rule), page.lines, page.currency, false));
            bool barred = (page.lines->marks & (LINE_BARRED | LINE_SHIPPING | LINE_GIFT)) != 0;
            bool gift = str_eq(page.lines->sku, S("w1"));
            assert_true(!covered || barred || gift || shown[i]);
        }
    }
}

static void the_index_finds_what_asking_all_finds(void **state)
{
    (void)state;
    seed = 0x5eed0011;
    for (int round = 0; round < ROUNDS; round++) {
        world w;
        arena_reset(memory);
        world_new(&w);
        for (int i = 0; i < CARTS; i++) {
            cart c = random_cart();
            c.currency = below(2) == 0 ? S("CNY") : S("USD");
            for (size_t k = 0; k < c.n; k++) {
                ((order_line *)(uintptr_t)c.lines)[k].marks |= below(8) == 0 ? LINE_BARRED : 0;
            }
            find_question q = {1 + below(SHOPS), FIND_CART, &c, {0}};
            q.policy.percent_shipping = (uint8_t)below(2);
            bool by_index[TEMPLATES], by_all[TEMPLATES];
            ask_index(&w, &q, by_index);
            ask_all(&w, &q, by_all);
            assert_memory_equal(by_index, by_all, sizeof(by_all));
            check_prices(&w, &q, by_all);
            check_page(&w, &q, by_all);
            c.n = 0;
            q.way = FIND_ALL;
            ask_index(&w, &q, by_index);
            ask_all(&w, &q, by_all);
            assert_memory_equal(by_index, by_all, sizeof(by_all));
        }
        world_free(&w);
    }
    /* Something was found, something was not, and pages show more than nothing. */
    assert_true(granted > ROUNDS * CARTS && refused > ROUNDS * CARTS && on_page > ROUNDS * CARTS);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_index_finds_what_asking_all_finds, random_setup,
                                        random_teardown),
    };
    return cmocka_run_group_tests_name("find_random", tests, NULL, NULL);
}

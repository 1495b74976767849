/* Scopes: lists of both dimensions, odd values, large lists against a search item by item. */
#include "domain/price/scope.h"

#include "domain/price/price_test.h"

static scope built(const template_version *v)
{
    scope s;
    scope_build(v, arena_alloc(memory, scope_size(v)), &s);
    return s;
}

static void lists_cover_by_sku_or_category(void **state)
{
    (void)state;
    scope_item items[] = {{SCOPE_DIMENSION_SKU, S("a")},
                          {SCOPE_DIMENSION_CATEGORY, S("food")},
                          {SCOPE_DIMENSION_SKU, S("a")},
                          {SCOPE_DIMENSION_CATEGORY, S("b")}};
    const struct {
        const char *sku, *category;
        bool listed;
    } rows[] = {
        {"a", "", true},   {"a", "toys", true},   {"x", "food", true},  {"a", "food", true},
        {"x", "b", true},  {"b", "", false},      {"food", "", false},  {"x", "a", false},
        {"A", "", false},  {"", "", false},       {"aa", "foo", false}, {"", "food", true},
        {"a ", "", false}, {"x", "food ", false}, {"x", "Food", false},
    };
    template_version only = scoped(amount_off(1, 0), SCOPE_MODE_ONLY, items, ARRAY_LEN(items));
    template_version except = scoped(only, SCOPE_MODE_EXCEPT, items, ARRAY_LEN(items));
    scope white = built(&only);
    scope black = built(&except);
    template_version every = amount_off(1, 0);
    scope all = built(&every);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        str sku = str_of(rows[i].sku);
        str category = str_of(rows[i].category);
        assert_int_equal(scope_covers(&white, sku, category), rows[i].listed);
        assert_int_equal(scope_covers(&black, sku, category), !rows[i].listed);
        assert_true(scope_covers(&all, sku, category));
    }
    assert_int_equal(scope_size(&every), 0);
}

static void an_empty_white_list_covers_nothing(void **state)
{
    (void)state;
    template_version only = scoped(amount_off(1, 0), SCOPE_MODE_ONLY, NULL, 0);
    template_version except = scoped(amount_off(1, 0), SCOPE_MODE_EXCEPT, NULL, 0);
    scope white = built(&only);
    scope black = built(&except);
    assert_false(scope_covers(&white, S("a"), S("b")));
    assert_true(scope_covers(&black, S("a"), S("b")));
}

static void items_that_name_nothing_cover_nothing(void **state)
{
    (void)state;
    scope_item items[] = {{SCOPE_DIMENSION_SKU, {NULL, 0}}, {0, S("a")}, {9, S("a")}};
    template_version only = scoped(amount_off(1, 0), SCOPE_MODE_ONLY, items, 3);
    scope white = built(&only);
    assert_false(scope_covers(&white, (str){NULL, 0}, (str){NULL, 0}));
    assert_false(scope_covers(&white, S("a"), S("a")));
}

/* The decimal digits of v, six of them, and a letter: distinct texts of one length. */
static str name_of(size_t v, char letter)
{
    char *text = arena_alloc(memory, 7);
    for (size_t i = 6; i > 0; i--, v /= 10) {
        text[i] = (char)('0' + v % 10);
    }
    text[0] = letter;
    return (str){text, 7};
}

static void the_largest_list_is_exact(void **state)
{
    (void)state;
    scope_item *items = ARENA_ARRAY(memory, scope_item, SCOPE_ITEMS_MAX);
    for (size_t i = 0; i < SCOPE_ITEMS_MAX; i++) {
        items[i].dimension = i % 2 == 0 ? SCOPE_DIMENSION_SKU : SCOPE_DIMENSION_CATEGORY;
        items[i].value = name_of(i, 'n');
    }
    template_version only = scoped(amount_off(1, 0), SCOPE_MODE_ONLY, items, SCOPE_ITEMS_MAX);
    price_rule *rule = price_rule_new(&only);
    for (size_t i = 0; i < SCOPE_ITEMS_MAX; i++) {
        items[i] = (scope_item){0}; /* the rule keeps nothing of the version */
    }
    for (size_t i = 0; i < SCOPE_ITEMS_MAX; i++) {
        assert_int_equal(price_rule_covers(rule, name_of(i, 'n'), S("")), i % 2 == 0);
        assert_int_equal(price_rule_covers(rule, S(""), name_of(i, 'n')), i % 2 == 1);
        assert_false(price_rule_covers(rule, name_of(i, 'm'), name_of(i + SCOPE_ITEMS_MAX, 'n')));
    }
    price_rule_free(rule);
}

static void random_lists_agree_with_a_search_item_by_item(void **state)
{
    (void)state;
    uint64_t random = 0x5ca1ab1e;
    for (int trial = 0; trial < 20000; trial++) {
        arena_reset(memory);
        size_t n = (size_t)random_below(&random, 20);
        scope_item items[20];
        for (size_t i = 0; i < n; i++) {
            items[i].dimension = (uint8_t)(1 + random_below(&random, 2));
            items[i].value = name_of((size_t)random_below(&random, 12), 'n');
        }
        template_version only = scoped(amount_off(1, 0), SCOPE_MODE_ONLY, items, n);
        scope white = built(&only);
        for (size_t k = 0; k < 8; k++) {
            str sku = name_of((size_t)random_below(&random, 12), 'n');
            str category = name_of((size_t)random_below(&random, 12), 'n');
            bool listed = false;
            for (size_t i = 0; i < n; i++) {
                bool is_sku = items[i].dimension == SCOPE_DIMENSION_SKU;
                listed |= str_eq(items[i].value, is_sku ? sku : category);
            }
            assert_int_equal(scope_covers(&white, sku, category), listed);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PRICE_TEST(lists_cover_by_sku_or_category),
        PRICE_TEST(an_empty_white_list_covers_nothing),
        PRICE_TEST(items_that_name_nothing_cover_nothing),
        PRICE_TEST(the_largest_list_is_exact),
        PRICE_TEST(random_lists_agree_with_a_search_item_by_item),
    };
    return cmocka_run_group_tests_name("scope", tests, NULL, NULL);
}

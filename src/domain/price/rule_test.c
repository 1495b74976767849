/* Rules and kinds: what a version may say, the largest discount, and that no kind is missing. */
#include "domain/price/example_test.h"
#include "domain/price/kind.h"

static void every_kind_of_the_tables_has_its_row(void **state)
{
    (void)state;
    for (int number = 0; number <= UINT8_MAX; number++) {
        bool known = benefit_kind_name(number).n > 0;
        const price_kind *kind = kind_find((uint8_t)number);
        assert_int_equal(kind != NULL, known);
        if (known) {
            assert_true(kind->offer != NULL);
        }
    }
}

static int64_t largest_of(const template_version *v)
{
    price_rule *rule = price_rule_new(v);
    int64_t largest_minor = price_rule_largest(rule);
    price_rule_free(rule);
    return largest_minor;
}

static void the_largest_discount_is_the_amount_or_the_cap(void **state)
{
    (void)state;
    template_version off = amount_off(2000, 0);
    template_version uncapped = percent_off(1000, 0, 0);
    template_version capped = percent_off(1000, 500, 0);
    assert_int_equal(largest_of(&off), 2000);
    assert_int_equal(largest_of(&uncapped), -1);
    assert_int_equal(largest_of(&capped), 500);
}

/* Value and cap of a stored value, else amount; uses; money that is left; what all may give. */
static void what_all_uses_give_is_bounded_by_their_number_and_by_the_money(void **state)
{
    (void)state;
    static const struct {
        const char *benefit;
        uint32_t uses;
        int64_t money_minor, worth_minor;
    } rows[] = {
        {"'kind':'amount_off','amount':@300", 1, 0, 300},
        {"'kind':'amount_off','amount':@300", 10, 0, 3000},
        {"'kind':'amount_off','amount':@300", 0, 0, 0},
        {"'kind':'percent_off','percent':'10'", 10, 0, -1},
        {"'kind':'percent_off','percent':'10','cap':@50", 4, 0, 200},
        {"'kind':'stored_value','value':@5000", PRICE_USES_ANY, 5000, 5000},
        {"'kind':'stored_value','value':@5000", PRICE_USES_ANY, 1, 1},
        {"'kind':'stored_value','value':@5000", 0, 1, 0},
        {"'kind':'stored_value','value':@5000,'cap':@1000", 3, 5000, 3000},
        {"'kind':'stored_value','value':@5000,'cap':@1000", 3, 2500, 2500},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        template_version v = read_benefit(rows[i].benefit);
        price_rule *rule = price_rule_new(&v);
        assert_int_equal(price_rule_worth(rule, rows[i].uses, rows[i].money_minor),
                         rows[i].worth_minor);
        price_rule_free(rule);
    }
}

/* What a policy may make of it, which every quote may name, counts. */
static void the_largest_discount_holds_under_every_policy(void **state)
{
    (void)state;
    template_version item = amount_off(2000, 0);
    item.stage = PRICE_STAGE_ITEM;
    template_version few = item, once = item;
    TEST_SET(few, TERM_COMMON_MAX_UNITS, 3);
    TEST_SET(once, TERM_AMOUNT_OFF_PER, WORD_AMOUNT_OFF_ORDER);
    assert_int_equal(largest_of(&item), -1);
    assert_int_equal(largest_of(&few), 6000);
    assert_int_equal(largest_of(&once), 2000);
}

/* Exactly these issues: "field code" in order, ended by NULL. */
static void assert_issues(const template_version *v, const char *const *expected)
{
    issues *found = issues_new(memory);
    price_rule_check(v, found);
    for (size_t i = 0; i < found->n; i++) {
        assert_non_null(expected[i]);
        str text = arena_printf(memory, "%.*s %.*s", STR_ARG(found->items[i].field),
                                STR_ARG(found->items[i].code));
        assert_str(text, str_of(expected[i]));
    }
    assert_null(expected[found->n]);
}

static void benefits_are_checked(void **state)
{
    (void)state;
    template_version both = amount_off(100, 0);
    TEST_SET(both, 3, 10);
    template_version extra = percent_off(100, 0, 0);
    TEST_SET(extra, 2, 1);
    template_version unknown = amount_off(1, 0);
    unknown.benefit = 77;
    const struct {
        template_version version;
        const char *expected[4];
    } rows[] = {
        {amount_off(1, 0), {NULL}},
        {amount_off(MONEY_MAX, MONEY_MAX), {NULL}},
        {amount_off(0, 0), {"benefit.amount required"}},
        {amount_off(-1, 0), {"benefit.amount out_of_range"}},
        {amount_off(MONEY_MAX + 1, -1),
         {"benefit.amount out_of_range", "benefit.minimum_spend out_of_range"}},
        {both, {"benefit not_allowed"}},
        {percent_off(1, 0, 0), {NULL}},
        {percent_off(10000, MONEY_MAX, MONEY_MAX), {NULL}},
        {percent_off(0, 0, 0), {"benefit.percent required"}},
        {percent_off(10001, -1, MONEY_MAX + 1),
         {"benefit.percent out_of_range", "benefit.minimum_spend out_of_range",
          "benefit.cap out_of_range"}},
        {extra, {"benefit not_allowed"}},
        {unknown, {"benefit.kind not_allowed"}},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_issues(&rows[i].version, rows[i].expected);
    }
}

static void trees_are_checked(void **state)
{
    (void)state;
    scope_item items[] = {{SCOPE_DIMENSION_SKU, S("a")}, {SCOPE_DIMENSION_CATEGORY, S("b")}};
    template_version fine = scoped(amount_off(1, 0), SCOPE_MODE_EXCEPT, items, 2);
    template_version cut = fine;
    template_version elsewhere = amount_off(1, 0);
    cut.scope.n--;
    elsewhere.conditions.items = fine.scope.items; /* lines are no cart */
    elsewhere.conditions.n = fine.scope.n;
    const struct {
        template_version version;
        const char *expected[6];
    } rows[] = {
        {fine, {NULL}},
        {cut, {"scope not_allowed"}},
        {elsewhere, {"conditions not_allowed"}},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_issues(&rows[i].version, rows[i].expected);
    }
}

static void versions_that_were_never_checked_still_price_within_bounds(void **state)
{
    (void)state;
    template_version wild[] = {amount_off(-5, -5), amount_off(INT64_MAX, 0),
                               percent_off(UINT32_MAX, 0, 0), percent_off(0, -3, INT64_MIN)};
    order_line line = line_of("a", "", 1, 100);
    cart c = cart_of(&line, 1);
    for (size_t i = 0; i < ARRAY_LEN(wild); i++) {
        price_coupon coupons[] = {coupon_of(wild[i])};
        int64_t discount = price_of(&c, coupons, 1).discount_minor;
        assert_true(discount == 0 || discount == 100);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PRICE_TEST(every_kind_of_the_tables_has_its_row),
        PRICE_TEST(the_largest_discount_is_the_amount_or_the_cap),
        PRICE_TEST(the_largest_discount_holds_under_every_policy),
        PRICE_TEST(what_all_uses_give_is_bounded_by_their_number_and_by_the_money),
        PRICE_TEST(benefits_are_checked),
        PRICE_TEST(trees_are_checked),
        PRICE_TEST(versions_that_were_never_checked_still_price_within_bounds),
    };
    return cmocka_run_group_tests_name("rule", tests, NULL, NULL);
}

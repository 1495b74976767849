/* What a priced order must look like: every bound from both sides. The orders name coupons that do
 * not exist, so one that passes is refused for them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/app.h"
#include "base/id.h"
#include "domain/coupon/acts.h"
#include "domain/price/price.h"
#include "test/lib/domain_fixture.h"

static fix *shop;

static int set_up(void **state)
{
    (void)state;
    shop = fix_open((fix_options){0});
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fix_close(shop);
    return 0;
}

/* Two lines, two coupons: 100 off the first line by the first coupon, 50 and 30 by the second. */
typedef struct sample {
    order_in in;
    order_line lines[CART_LINES_MAX + 1];
    applied_coupon applied[ORDER_COUPONS_MAX + 1];
    line_share shares[4], adds[3];
    stack_group groups[3];
    asked_conditions asked[2];
} sample;

static str text(size_t n)
{
    char *p = arena_alloc(shop->memory, n + 1);
    memset(p, 'x', n);
    return (str){p, n};
}

static sample *good(void)
{
    sample *s = ARENA_NEW(shop->memory, sample);
    s->lines[0] = (order_line){.sku = S("a"), .quantity = 2, .unit_minor = 100};
    s->lines[1] = (order_line){.sku = S("b"), .quantity = 1, .unit_minor = 30};
    s->lines[0].discount_minor = 150;
    s->lines[1].discount_minor = 30;
    for (size_t i = 0; i < ARRAY_LEN(s->applied); i++)
        s->applied[i].coupon = 77 + i;
    s->applied[0].discount_minor = 100;
    s->applied[1].discount_minor = 80;
    s->shares[0] = (line_share){0, 0, 100};
    s->shares[1] = (line_share){1, 0, 50};
    s->shares[2] = (line_share){1, 1, 30};
    s->in = (order_in){.merchant = shop->merchant,
                       .user = S("ann"),
                       .order_number = S("A-1"),
                       .deadline_ms = shop->clock_ms + 1000,
                       .currency = S("USD"),
                       .subtotal_minor = 230,
                       .discount_minor = 180};
    s->in.lines.items = s->lines;
    s->in.lines.n = 2;
    s->in.applied.items = s->applied;
    s->in.applied.n = 2;
    s->in.shares.items = s->shares;
    s->in.shares.n = 3;
    s->adds[0] = (line_share){0, 1, 7};
    s->adds[1] = (line_share){1, 0, 5};
    s->in.adds.items = s->adds;
    s->in.adds.n = 2;
    s->groups[0] = s->groups[1] = s->groups[2] = (stack_group){S("sale"), GROUP_MODE_ALL, 0};
    s->in.groups.items = s->groups;
    s->in.groups.n = 2;
    s->asked[1] = (asked_conditions){1, text(RULE_FROZEN_MAX)};
    s->in.asked.items = s->asked;
    s->in.asked.n = 2;
    return s;
}

static bool passes(const sample *s)
{
    order_out out;
    result r = fix_run(shop, ACT_ID_hold, slot_of_user(shop->merchant, s->in.user), &s->in, &out);
    assert_true(r == R_INVALID || r == R_WRONG_USER || r == R_NOT_FOUND);
    return r != R_INVALID;
}

static void texts_have_a_length(void **state)
{
    (void)state;
    for (size_t n = 0; n <= ORDER_TEXT_MAX + 1; n++) {
        bool fits = n <= ORDER_TEXT_MAX;
        sample *s = good();
        s->in.store = text(n);
        assert_int_equal(passes(s), fits);
        s = good();
        s->in.channel = text(n);
        assert_int_equal(passes(s), fits);
        s = good();
        s->lines[1].sku = text(n);
        assert_int_equal(passes(s), fits);
        s = good();
        s->lines[1].category = text(n);
        assert_int_equal(passes(s), fits);
        s = good();
        s->lines[1].product = s->lines[1].brand = s->lines[1].model = text(n);
        s->lines[1].seller = text(n);
        assert_int_equal(passes(s), fits);
        s = good();
        s->lines[1].categories = text(CART_CATEGORIES_MAX * (ORDER_TEXT_MAX + 1) + (fits ? 0 : 1));
        assert_int_equal(passes(s), fits);
        s = good();
        s->lines[1].tags = text(CART_TAGS_MAX * (ORDER_TEXT_MAX + 1) + (fits ? 0 : 1));
        assert_int_equal(passes(s), fits);
        s = good();
        s->in.order_number = text(n);
        assert_int_equal(passes(s), fits && n > 0);
        s = good();
        s->in.user = text(n);
        assert_int_equal(passes(s), fits && n > 0);
    }
}

static void lines_have_bounds(void **state)
{
    (void)state;
    static const struct {
        int64_t quantity, unit_minor;
        bool passes;
    } rows[] = {
        {1, 0, true},
        {0, 100, false},
        {-1, 100, false},
        {1, -1, false},
        {CART_QUANTITY_MAX, 1, true},
        {CART_QUANTITY_MAX + 1, 1, false},
        {1, MONEY_MAX - 230, true},
        {1, MONEY_MAX - 229, false}, /* the subtotal would be beyond it */
        {1, MONEY_MAX + 1, false},
        {CART_QUANTITY_MAX, MONEY_MAX, false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        sample *s = good();
        s->lines[2] = (order_line){.quantity = rows[i].quantity, .unit_minor = rows[i].unit_minor};
        s->in.lines.n = 3;
        s->in.subtotal_minor = (int64_t)((uint64_t)rows[i].quantity * (uint64_t)rows[i].unit_minor);
        s->in.subtotal_minor += 230;
        assert_int_equal(passes(s), rows[i].passes);
    }
    for (size_t n = CART_LINES_MAX; n <= CART_LINES_MAX + 1; n++) {
        sample *s = good();
        for (size_t i = 2; i < n; i++)
            s->lines[i] = (order_line){.quantity = 1};
        s->in.lines.n = n;
        assert_int_equal(passes(s), n <= CART_LINES_MAX);
    }
    sample *none = good();
    none->in = (order_in){.merchant = shop->merchant,
                          .user = S("ann"),
                          .order_number = S("A-1"),
                          .deadline_ms = shop->clock_ms + 1000};
    none->in.applied.items = none->applied;
    none->in.applied.n = 1;
    none->applied[0].discount_minor = 0;
    assert_false(passes(none));
}

static void a_gift_has_a_name_and_a_number(void **state)
{
    (void)state;
    const struct {
        size_t n;
        int64_t units;
        bool good;
    } rows[] = {
        {0, 0, true},
        {3, 1, true},
        {ORDER_TEXT_MAX, CART_QUANTITY_MAX, true},
        {0, 1, false},
        {3, 0, false},
        {3, -1, false},
        {ORDER_TEXT_MAX + 1, 1, false},
        {3, CART_QUANTITY_MAX + 1, false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        sample *s = good();
        s->applied[1].gift = text(rows[i].n);
        s->applied[1].gift_units = rows[i].units;
        assert_int_equal(passes(s), rows[i].good);
    }
}

static void coupons_have_bounds(void **state)
{
    (void)state;
    for (size_t n = 2; n <= ORDER_COUPONS_MAX + 1; n++) {
        sample *s = good();
        s->in.applied.n = n;
        assert_int_equal(passes(s), n <= ORDER_COUPONS_MAX);
    }
    sample *s = good();
    s->applied[2].coupon = s->applied[0].coupon;
    s->in.applied.n = 3;
    assert_false(passes(s));
    s->applied[2].coupon = 0; /* an automatic template */
    s->applied[1].coupon = 0;
    s->applied[1].template = 7;
    s->applied[2].template = 8;
    assert_true(passes(s));
    s->applied[1].template = 8;
    assert_false(passes(s));
}

static void automatic_templates_have_a_bound_of_their_own(void **state)
{
    (void)state;
    for (size_t n = AUTOMATIC_MAX; n <= AUTOMATIC_MAX + 1; n++) {
        applied_coupon applied[ORDER_COUPONS_MAX + AUTOMATIC_MAX + 1] = {{0}};
        sample *s = good();
        memcpy(applied, s->applied, ORDER_COUPONS_MAX * sizeof(*applied));
        for (size_t i = 0; i < n; i++)
            applied[ORDER_COUPONS_MAX + i] = (applied_coupon){.template = i + 1};
        s->in.applied.items = applied;
        s->in.applied.n = ORDER_COUPONS_MAX + n;
        assert_int_equal(passes(s), n <= AUTOMATIC_MAX);
    }
}

static void breaks(void (*change)(sample *s))
{
    sample *s = good();
    assert_true(passes(s));
    change(s);
    assert_false(passes(s));
}

static void one_more_subtotal(sample *s)
{
    s->in.subtotal_minor++;
}

static void one_less_discount(sample *s)
{
    s->in.discount_minor--;
}

static void a_coupon_of_none(sample *s)
{
    s->shares[2].applied = 2;
}

static void a_line_of_none(sample *s)
{
    s->shares[2].line = 2;
}

static void shares_out_of_order(sample *s)
{
    s->shares[1] = (line_share){1, 1, 30};
    s->shares[2] = (line_share){1, 0, 50};
}

static void a_share_twice(sample *s)
{
    s->shares[1] = (line_share){1, 0, 25};
    s->shares[2] = (line_share){1, 0, 25};
    s->shares[3] = (line_share){1, 1, 30};
    s->in.shares.n = 4;
}

static void a_share_of_nothing(sample *s)
{
    s->shares[3] = (line_share){1, 2, 0};
    s->lines[2] = (order_line){.quantity = 1};
    s->in.lines.n = 3;
    s->in.shares.n = 4;
}

static void a_negative_share(sample *s)
{
    s->shares[1].discount_minor = 130;
    s->lines[0].discount_minor = 230;
    s->shares[2].discount_minor = -50;
    s->lines[1].discount_minor = -50;
}

static void a_share_beyond_all_money(sample *s)
{
    s->shares[2].discount_minor = INT64_MAX - 149;
}

static void a_line_below_nothing(sample *s)
{
    s->lines[0].unit_minor = 74;
    s->in.subtotal_minor = 178;
}

static void a_coupon_that_does_not_sum(sample *s)
{
    s->applied[0].discount_minor = 90;
    s->applied[1].discount_minor = 90;
}

static void a_line_that_does_not_sum(sample *s)
{
    s->lines[0].discount_minor = 160;
    s->lines[1].discount_minor = 20;
}

static void adds_by_a_coupon_of_none(sample *s)
{
    s->adds[1].applied = 2;
}

static void adds_to_a_line_of_none(sample *s)
{
    s->adds[1].line = 2;
}

static void adds_out_of_order(sample *s)
{
    s->adds[2] = (line_share){0, 1, 1};
    s->in.adds.n = 3;
}

static void adds_nothing(sample *s)
{
    s->adds[1].discount_minor = 0;
}

static void adds_beyond_all_money(sample *s)
{
    s->adds[1].discount_minor = MONEY_MAX - 6;
}

static void a_group_too_many(sample *s)
{
    s->in.groups.n = 3;
}

static void a_group_without_a_name(sample *s)
{
    s->groups[1].name.n = 0;
}

static void a_group_with_a_long_name(sample *s)
{
    s->groups[1].name = text(ORDER_TEXT_MAX + 1);
}

static void conditions_of_a_coupon_of_none(sample *s)
{
    s->asked[1].applied = 2;
}

static void conditions_twice(sample *s)
{
    s->asked[0].applied = 1;
}

static void conditions_beyond_a_tree(sample *s)
{
    s->asked[1].met = text(RULE_FROZEN_MAX + 1);
}

static void what_returns_need_has_bounds(void **state)
{
    (void)state;
    void (*const changes[])(sample *) = {
        a_group_too_many,         a_group_without_a_name,
        a_group_with_a_long_name, conditions_of_a_coupon_of_none,
        conditions_twice,         conditions_beyond_a_tree,
    };
    for (size_t i = 0; i < ARRAY_LEN(changes); i++)
        breaks(changes[i]);
}

static void figures_must_add_up(void **state)
{
    (void)state;
    void (*const changes[])(sample *) = {
        one_more_subtotal,        one_less_discount,
        a_coupon_of_none,         a_line_of_none,
        shares_out_of_order,      a_share_twice,
        a_share_of_nothing,       a_negative_share,
        a_share_beyond_all_money, a_coupon_that_does_not_sum,
        a_line_that_does_not_sum, a_line_below_nothing,
        adds_by_a_coupon_of_none, adds_to_a_line_of_none,
        adds_out_of_order,        adds_nothing,
        adds_beyond_all_money,
    };
    for (size_t i = 0; i < ARRAY_LEN(changes); i++)
        breaks(changes[i]);
    sample *s = good(); /* a line may cost nothing at all */
    s->lines[0].unit_minor = 75;
    s->in.subtotal_minor = 180;
    assert_true(passes(s));
    s->shares[2].discount_minor = 1; /* and a share be as small as can be */
    s->lines[1].discount_minor = 1;
    s->applied[1].discount_minor = 51;
    s->in.discount_minor = 151;
    assert_true(passes(s));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_have_a_length),
        cmocka_unit_test(lines_have_bounds),
        cmocka_unit_test(a_gift_has_a_name_and_a_number),
        cmocka_unit_test(coupons_have_bounds),
        cmocka_unit_test(automatic_templates_have_a_bound_of_their_own),
        cmocka_unit_test(what_returns_need_has_bounds),
        cmocka_unit_test(figures_must_add_up),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

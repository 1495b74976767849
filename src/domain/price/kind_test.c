/* Worked examples of every benefit kind and of the modifiers that all have: a benefit as JSON, a
 * cart, what comes off each line, and why nothing does. example_test.h tells how they are
 * written. */
#include "domain/price/example_test.h"

typedef struct example {
    const char *benefit, *cart, *off, *why;
    const char *policy;
} example;

static const example amount_offs[] = {
    {"'kind':'amount_off','amount':@500", "a1@1000 b1@500", "333 167", "", ""},
    {"'kind':'amount_off','amount':@500,'per':'unit'", "a3@1000 b1@300", "1500 300", "", ""},
    {"'kind':'amount_off','amount':@500,'per':'line'", "a3@1000 b1@300", "500 300", "", ""},
    {"'kind':'amount_off','amount':@500,'per':'split'", "a1@1000 b1@1000 c1@9000", "167 167 166",
     "", ""},
    {"'kind':'amount_off','amount':@500,'per':'split'", "a1@100 b1@1000 c1@0", "100 400 0", "", ""},
    {"'kind':'amount_off','amount':@500,'per':'split'", "a1@100 b1@1000", "100 250", "",
     "floor_excess=clip"},
    {"'kind':'amount_off','amount':@500,'per':'once'", "a2@400 b2@900", "0 500", "", ""},
    {"'kind':'amount_off','amount':@950,'per':'once'", "a2@400 b2@900", "0 900", "", ""},
    {"'kind':'amount_off','amount':@500,'minimum_spend':@1501", "a1@1000 b1@500", "0 0",
     "below_threshold 1", ""},
    {"'kind':'amount_off','amount':@500,'minimum_spend':@1500", "a1@1000 b1@500", "0 0",
     "below_threshold 1", "threshold_compare=more_than"},
    {"'kind':'amount_off','amount':@500,'minimum_quantity':3", "a2@1000", "0", "too_few_units 1",
     ""},
    {"'kind':'amount_off','amount':@500,'per':'unit','max_units':2", "a1@1000 b2@700 c1@800",
     "0 1000 0", "", ""},
    {"'kind':'amount_off','amount':@500,'per':'unit','max_units':2,'units':'dearest'",
     "a1@1000 b2@700 c1@800", "500 0 500", "", ""},
    {"'kind':'amount_off','amount':@500,'per':'unit','max_units':2,'units':'cart_order'",
     "a1@1000 b2@700 c1@800", "500 500 0", "", ""},
    {"'kind':'amount_off','amount':@500,'per':'unit','max_units_per_line':1", "a3@1000 b2@700",
     "500 500", "", ""},
    {"'kind':'amount_off','amount':@500,'per':'unit','floor':@800", "a3@1000 b2@700", "600 0", "",
     ""},
    {"'kind':'amount_off','amount':@600,'floor':@800", "a1@1000 b1@1300", "200 400", "", ""},
    {"'kind':'amount_off','amount':@600,'floor':@800", "a1@1000 b1@1300", "200 339", "",
     "floor_excess=clip"},
    {"'kind':'amount_off','amount':@500,'per':'unit','max_units':2", "a1@1000 b2@700 c1@800",
     "500 0 500", "", "limited_units=dearest"},
    {"'kind':'amount_off','amount':@500,'per':'unit','max_units':2", "a1@1000 b2@700 c1@800",
     "500 500 0", "", "limited_units=cart_order"},
    {"'kind':'amount_off','amount':@500,'per':'unit','max_units':2,'units':'cheapest'",
     "a1@1000 b2@700 c1@800", "0 1000 0", "", "limited_units=dearest"},
    {"'kind':'amount_off','amount':@400,'per':'split_units'", "a3@1000 b1@3000", "300 100", "", ""},
    {"'kind':'amount_off','amount':@400,'per':'split_units'", "a3@50 b1@3000", "150 250", "", ""},
    {"'kind':'amount_off','amount':@400", "a3@1000 b1@3000", "300 100", "", "cart_amount=per_unit"},
    {"'kind':'amount_off','amount':@400", "a3@1000 b1@3000", "200 200", "", "cart_amount=by_value"},
    {"'kind':'amount_off','amount':@400,'per':'order'", "a3@1000 b1@3000", "200 200", "",
     "cart_amount=per_unit"},
    {"'kind':'amount_off','amount':@400", "a3@1000 b1@3000", "200 200", "", "item_amount=unit"},
    {"'kind':'amount_off','amount':@500", "a1@1000 x1@600s", "500 0", "", ""},
    {"'kind':'amount_off','amount':@500", "a1@1000 x1@600s", "313 187", "",
     "percent_shipping=with"},
    {"'kind':'amount_off','amount':@500,'per':'unit'", "a2500@1000w b2@1000", "500 1000", "", ""},
    {"'kind':'amount_off','amount':@5000,'floor':@800", "a2500@1000w", "1700", "", ""},
    {"'kind':'fixed_price','price':@800", "a2500@1000w b2@1000", "1700 400", "", ""},
    {"'kind':'reduce_to','amount':@800,'per':'unit'", "a2500@1000w b2@1000", "1700 400", "", ""},
};

static const example percent_offs[] = {
    {"'kind':'percent_off','percent':'10'", "a1@105 b1@105", "11 10", "", ""},
    {"'kind':'percent_off','percent':'12.3456'", "a1@1000000", "123456", "", ""},
    {"'kind':'percent_off','percent':'0.0001'", "a1@499999", "0", "nothing_left", ""},
    {"'kind':'percent_off','percent':'0.0001'", "a1@500000", "1", "", ""},
    {"'kind':'percent_off','percent':'10','cap':@15", "a1@100 b1@200", "5 10", "", ""},
    {"'kind':'percent_off','percent':'10'", "a1@105 b1@105", "11 11", "", "round_level=line"},
    {"'kind':'percent_off','percent':'10'", "a3@105", "33", "", "round_level=unit"},
    {"'kind':'percent_off','percent':'10'", "a1@105", "10", "", "round_mode=half_down"},
    {"'kind':'percent_off','percent':'10'", "a1@105", "10", "", "round_mode=half_even"},
    {"'kind':'percent_off','percent':'10'", "a1@115", "12", "", "round_mode=half_even"},
    {"'kind':'percent_off','percent':'10'", "a1@109", "10", "", "round_mode=down"},
    {"'kind':'percent_off','percent':'10'", "a1@105", "10", "", "round_target=price"},
    {"'kind':'percent_off','percent':'10'", "a3@105", "30", "",
     "round_target=price round_level=unit"},
    {"'kind':'percent_off','percent':'10','cap':@10", "a1@100 b1@100 c1@100", "4 3 3", "", ""},
    {"'kind':'percent_off','percent':'10','cap':@10", "a1@100 b1@100 c1@100", "3 3 4", "",
     "odd_cents=last"},
    {"'kind':'percent_off','percent':'10','cap':@10", "a1@100 b1@101 c1@100", "3 4 3", "",
     "odd_cents=dearest"},
    {"'kind':'percent_off','percent':'10','cap':@11", "a1@100 b1@100 c1@100", "5 3 3", "",
     "odd_cents=first"},
    {"'kind':'percent_off','percent':'10','cap':@11", "a1@100 b1@100 c1@100", "4 4 3", "",
     "odd_cents=floor_first"},
    {"'kind':'percent_off','percent':'10','cap':@10", "a1@100 b1@100 c1@100", "3 4 3", "",
     "odd_cents=stepwise"},
    {"'kind':'percent_off','percent':'10','cap':@10", "a1@100 b1@100 c1@100", "3 4 3", "",
     "odd_cents=carried"},
    {"'kind':'percent_off','percent':'10'", "a1@100 b1@104", "10 10", "", "share=exact"},
    {"'kind':'percent_off','percent':'10'", "a1@100 b1@104", "9 11", "", "odd_cents=dearest"},
    {"'kind':'percent_off','percent':'10'", "a1@100 b1@104", "10 10", "",
     "odd_cents=dearest share=exact"},
    {"'kind':'percent_off','percent':'10'", "a2@1009 b1@1009 c1@1003", "203 100 100", "",
     "odd_cents=units share=exact"},
    {"'kind':'percent_off','percent':'10','cap':@10", "a1@100 b1@104", "4 6", "",
     "odd_cents=dearest share=exact"},
    {"'kind':'percent_off','percent':'10'", "a1250@333w", "42", "", ""},
    {"'kind':'percent_off','percent':'10','max_units':1", "a1250@400w b2@600", "50 0", "", ""},
};

static const example fixed[] = {
    {"'kind':'reduce_to','amount':@1200", "a1@1000 b1@500", "200 100", "", ""},
    {"'kind':'reduce_to','amount':@1500", "a1@1000 b1@500", "0 0", "nothing_left", ""},
    {"'kind':'reduce_to','amount':@0", "a1@1000 b1@500", "1000 500", "", ""},
    {"'kind':'reduce_to','amount':@700,'per':'unit'", "a2@1000 b3@500", "600 0", "", ""},
    {"'kind':'per_full_cut','full':@1000,'amount':@100", "a1@2999", "200", "", ""},
    {"'kind':'per_full_cut','full':@1000,'amount':@100", "a1@999", "0", "below_threshold 1", ""},
    {"'kind':'per_full_cut','full':@1000,'amount':@100,'times':3", "a1@9000", "300", "", ""},
    {"'kind':'per_full_cut','full':@1000,'amount':@100,'cap':@250", "a1@9000", "250", "", ""},
    {"'kind':'per_full_cut','full':@1000,'amount':@100", "a1@600 b1@600", "50 50", "", ""},
    {"'kind':'tiers','tiers':[{'from':@1000,'amount':@100},{'from':@2000,'amount':@300}]",
     "a1@1999", "100", "", ""},
    {"'kind':'tiers','tiers':[{'from':@1000,'amount':@100},{'from':@2000,'amount':@300}]",
     "a1@2000", "300", "", ""},
    {"'kind':'tiers','tiers':[{'from':@1000,'amount':@100},{'from':@2000,'amount':@300}]", "a1@990",
     "0", "below_threshold 10", ""},
    {"'kind':'tiers','tiers':[{'quantity':2,'percent':'5'},{'quantity':4,'percent':'10'}]",
     "a3@100 b1@100", "30 10", "", ""},
    {"'kind':'tiers','tiers':[{'quantity':2,'percent':'5'},{'quantity':4,'percent':'10'}]",
     "a1@100", "0", "too_few_units 1", ""},
    {"'kind':'fixed_price','price':@700", "a2@1000 b3@500", "600 0", "", ""},
    {"'kind':'fixed_price','price':@1200,'per':'order'", "a1@1000 b1@500", "200 100", "", ""},
    {"'kind':'fixed_price','price':@1000,'per':'set','size':3", "a2@600 b1@400 c1@300", "450 150 0",
     "", ""},
    {"'kind':'fixed_price','price':@1000,'per':'set','size':3", "a7@600", "1600", "", ""},
    {"'kind':'fixed_price','price':@1000,'per':'set','size':3,'times':1", "a7@600", "800", "", ""},
    {"'kind':'fixed_price','price':@1000,'per':'set','size':3", "a2@600", "0", "too_few_units 1",
     ""},
    {"'kind':'fixed_price','price':@1000,'per':'set','size':2", "a2@500", "0", "nothing_left", ""},
    {"'kind':'set_price','price':@1000,'members':[{'sku':'a'},{'sku':'b','quantity':2}]",
     "a1@800 b3@300 c1@900", "229 171 0", "", ""},
    {"'kind':'set_price','price':@1000,'members':[{'sku':'a'},{'sku':'b','quantity':2}]",
     "a2@800 b4@300", "457 343", "", ""},
    {"'kind':'set_price','price':@1000,'times':1,'members':[{'sku':'a'},{'sku':'b'}]",
     "a2@800 b4@300", "73 27", "", ""},
    {"'kind':'set_price','price':@1000,'members':[{'sku':'a'},{'sku':'b','quantity':2}]",
     "a1@800 b1@300", "0 0", "incomplete_set 1", ""},
    {"'kind':'first_units','first':2,'price':@100", "a1@500 b3@400", "400 300", "", ""},
    {"'kind':'first_units','first':2,'price':@100,'per':'line'", "a1@500 b3@400", "400 600", "",
     ""},
    {"'kind':'stored_value','value':@5000", "a1@1000 b1@500", "1000 500", "", ""},
    {"'kind':'stored_value','value':@750", "a1@1000 b1@500", "500 250", "", ""},
};

static const example units[] = {
    {"'kind':'exchange'", "a1@1000 b2@500", "0 500", "", ""},
    {"'kind':'exchange','pick':'dearest'", "a1@1000 b2@500", "1000 0", "", ""},
    {"'kind':'exchange','quantity':2,'price':@100", "a1@1000 b2@500", "0 800", "", ""},
    {"'kind':'exchange','price':@600", "a1@1000 b2@500", "0 0", "nothing_left", ""},
    {"'kind':'buy_x_get_y','buy':2,'get':1", "a2@1000 b1@400", "0 400", "", ""},
    {"'kind':'buy_x_get_y','buy':2,'get':1", "a5@1000 b1@400", "1000 400", "", ""},
    {"'kind':'buy_x_get_y','buy':2,'get':1,'pick':'dearest'", "a2@1000 b1@400", "1000 0", "", ""},
    {"'kind':'buy_x_get_y','buy':2,'get':1,'percent':'50'", "a2@1000 b1@401", "0 201", "", ""},
    {"'kind':'buy_x_get_y','buy':2,'get':1", "a2@1000", "0", "too_few_units 1", ""},
    {"'kind':'buy_x_get_y','buy':2,'get':1,'same_line':true", "a2@1000 b3@400", "0 400", "", ""},
    {"'kind':'buy_x_get_y','buy':2,'get':1,'same_line':true", "a2@1000 b1@400", "0 0",
     "too_few_units 1", ""},
    {"'kind':'buy_x_get_y','buy':2,'get':3", "a4@100", "0", "too_few_units 1", ""},
    {"'kind':'buy_x_get_y','buy':2,'get':3,'partial':true", "a4@100", "200", "", ""},
    {"'kind':'buy_x_get_y','buy':2,'get':3,'partial':true", "a2@100", "0", "too_few_units 1", ""},
    {"'kind':'buy_x_get_y','buy':2,'get':3", "a4@100", "200", "", "partial_sets=reduce"},
    {"'kind':'buy_x_get_y','buy':2,'get':3,'partial':false", "a4@100", "0", "too_few_units 1",
     "partial_sets=reduce"},
    {"'kind':'buy_x_get_y','buy':1,'get':3", "a4@100", "300", "", ""},
    {"'kind':'buy_x_get_y','buy':1,'get':3", "a4@100", "200", "", "more_got=limit"},
    {"'kind':'buy_x_get_y','buy':1,'get':3", "a9@100", "400", "", "more_got=limit"},
    {"'kind':'buy_x_get_y','buy':2,'get':1", "a2@1000 b1@400", "1000 0", "", "got_units=dearest"},
    {"'kind':'buy_x_get_y','buy':2,'get':1", "a1@700 b2@400", "700 0", "", "got_units=cart_order"},
    {"'kind':'buy_x_get_y','buy':2,'get':1,'pick':'cheapest'", "a2@1000 b1@400", "0 400", "",
     "got_units=dearest"},
    {"'kind':'buy_x_get_y','buy':1,'get':1,'times':2", "a9@100", "200", "", ""},
    {"'kind':'buy_x_get_y','buy':1,'get':1,'max_units':4", "a9@100", "200", "", ""},
    {"'kind':'buy_x_get_y','buy':1,'get':1", "a1500@200w b1@100", "0 100", "", ""},
    {"'kind':'nth_item','nth':2", "a1@900 b2@500 c1@100", "0 500 100", "", ""},
    {"'kind':'nth_item','nth':2,'percent':'50'", "a1@900 b1@500", "0 250", "", ""},
    {"'kind':'nth_item','nth':2,'pick':'cheapest'", "a1@900 b1@500", "900 0", "", ""},
    {"'kind':'nth_item','nth':2,'same_line':true", "a3@900 b1@500", "900 0", "", ""},
    {"'kind':'nth_item','nth':2,'times':1", "a4@900", "900", "", ""},
    {"'kind':'nth_item','nth':3", "a2@900", "0", "too_few_units 1", ""},
    {"'kind':'cheapest_free','of':3", "a3@900 b3@500", "0 1000", "", ""},
    {"'kind':'cheapest_free','of':3,'free':2", "a2@900 b1@500", "900 500", "", ""},
    {"'kind':'cheapest_free','of':3,'times':1", "a3@900 b3@500", "0 500", "", ""},
    {"'kind':'cheapest_free','of':3", "a2@900", "0", "too_few_units 1", ""},
    {"'kind':'gift','sku':'g'", "a1@900 g1@500", "0 500", "", ""},
    {"'kind':'gift','sku':'g'", "a1@900 g3@500", "0 500", "", ""},
    {"'kind':'gift','sku':'g','minimum_spend':@1000", "a1@900 g1@500", "0 0", "below_threshold 100",
     ""},
    {"'kind':'gift','sku':'g'", "a1@900", "0", "gift_missing g 1", ""},
    {"'kind':'gift','sku':'g','quantity':3", "a1@900 g2@500", "0 1000", " g 1", ""},
    {"'kind':'gift','sku':'g'", "a1@900", "0", " g 1", "gift_missing=add"},
    {"'kind':'shipping'", "a1@900 x1@500s y1@300s", "0 500 300", "", ""},
    {"'kind':'shipping','lines':'lowest'", "a1@900 x1@500s y1@300s", "0 0 300", "", ""},
    {"'kind':'shipping','amount':@200", "a1@900 x1@500s", "0 200", "", ""},
    {"'kind':'shipping','percent':'50'", "a1@900 x1@501s", "0 251", "", ""},
    {"'kind':'shipping','price':@100", "a1@900 x1@500s", "0 400", "", ""},
    {"'kind':'shipping','price':@600", "a1@900 x1@500s", "0 0", "nothing_left", ""},
    {"'kind':'shipping'", "a1@900", "0", "no_shipping", ""},
    {"'kind':'shipping','minimum_spend':@1000", "a1@900 x1@500s", "0 0", "below_threshold 100", ""},
    {"'kind':'add_on','percent':'10'", "a1@1000 b1@500", "+100 +50", "", ""},
    {"'kind':'add_on','amount':@300,'minimum_spend':@1500", "a1@1000 b1@500", "+200 +100", "", ""},
    {"'kind':'add_on','percent':'10','cap':@60", "a1@1000 b1@500", "+40 +20", "", ""},
    {"'kind':'hand_over'", "a1@1000", "0", "", ""},
    {"'kind':'hand_over'", "a1@0", "0", "", ""},
    {"'kind':'hand_over'", "a1@1000", "0", "", "zero_effect=use"},
    {"'kind':'hand_over','minimum_spend':@1500", "a1@1000", "0", "below_threshold 500", ""},
    {"'kind':'hand_over','minimum_quantity':2", "a1@1000", "0", "too_few_units 1", ""},
};

/* ---- trying them ---- */

static str told(const price_result *p)
{
    const price_verdict *v = &p->verdicts[0];
    str out = v->reason;
    int64_t missing = v->missing_minor + v->missing_units;
    if (missing > 0) {
        out = arena_printf(memory, "%.*s %lld", STR_ARG(out), (long long)missing);
    }
    if (v->gift_units > 0) {
        out = arena_printf(memory, "%.*s %.*s %lld", STR_ARG(out), STR_ARG(v->gift),
                           (long long)v->gift_units);
    }
    return out;
}

static void check_examples(const example *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const example *e = &rows[i];
        order_line lines[8];
        cart c = cart_of(lines, read_cart(e->cart, lines));
        price_coupon one = coupon_of(read_benefit(e->benefit));
        price_ask ask = {.cart = &c, .coupons = &one, .n = 1};
        read_policy(e->policy, &ask.policy);
        price_result p;
        assert_int_equal(price_cart(&ask, memory, &p), R_DONE);
        if (!str_eq(lines_shown(&p, c.n), str_of(e->off)) || !str_eq(told(&p), str_of(e->why))) {
            fail_msg("%s on %s: %.*s, %.*s", e->benefit, e->cart, STR_ARG(lines_shown(&p, c.n)),
                     STR_ARG(told(&p)));
        }
        forget_rules();
    }
}

static void amounts(void **state)
{
    (void)state;
    check_examples(amount_offs, ARRAY_LEN(amount_offs));
}

static void percentages(void **state)
{
    (void)state;
    check_examples(percent_offs, ARRAY_LEN(percent_offs));
}

static void prices_and_tiers(void **state)
{
    (void)state;
    check_examples(fixed, ARRAY_LEN(fixed));
}

static void kinds_that_pick_units(void **state)
{
    (void)state;
    check_examples(units, ARRAY_LEN(units));
}

static void a_stored_value_gives_what_is_left_on_it(void **state)
{
    (void)state;
    order_line line = line_of("a", "", 1, 1000);
    cart c = cart_of(&line, 1);
    price_coupon one = coupon_of(read_benefit("'kind':'stored_value','value':@750"));
    one.used_minor = 700;
    assert_int_equal(price_of(&c, &one, 1).discount_minor, 50);
    one.used_minor = 750;
    assert_str(price_of(&c, &one, 1).verdicts[0].reason, S("nothing_left"));
}

static void amounts_listed_by_currency(void **state)
{
    (void)state;
    order_line line = line_of("a", "", 1, 10000);
    cart c = cart_of(&line, 1);
    price_coupon one = coupon_of(
        read_benefit("'kind':'amount_off','amount':[@500,{'amount':800,'currency':'JPY'}],"
                     "'minimum_spend':[@0,{'amount':900,'currency':'JPY'}]"));
    assert_int_equal(price_of(&c, &one, 1).discount_minor, 500);
    c.currency = S("JPY");
    assert_int_equal(price_of(&c, &one, 1).discount_minor, 800);
    line.unit_minor = 899;
    assert_int_equal(price_of(&c, &one, 1).verdicts[0].missing_minor, 1);
    c.currency = S("EUR");
    assert_str(price_of(&c, &one, 1).verdicts[0].reason, S("currency_mismatch"));
}

/* Decimals of ISO 4217 are none, two or three: amounts are minor units, whatever they are. */
static void a_percentage_of_any_currency(void **state)
{
    (void)state;
    order_line line = line_of("a", "", 1, 12345);
    cart c = cart_of(&line, 1);
    price_coupon own = coupon_of(read_benefit("'kind':'percent_off','percent':'10'"));
    price_coupon any =
        coupon_of(read_benefit("'kind':'percent_off','percent':'10','any_currency':true"));
    const char *const codes[] = {"CNY", "JPY", "KWD"};
    for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
        c.currency = str_of(codes[i]);
        assert_int_equal(price_of(&c, &any, 1).discount_minor, 1235);
        assert_int_equal(price_of(&c, &own, 1).discount_minor, i == 0 ? 1235 : 0);
        assert_true(price_rule_takes(any.rule, c.currency, S("CNY")));
        assert_int_equal(price_rule_takes(own.rule, c.currency, S("CNY")), i == 0);
    }
    assert_true(price_rule_one_currency(own.rule));
    assert_false(price_rule_one_currency(any.rule));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PRICE_TEST(amounts),
        PRICE_TEST(percentages),
        PRICE_TEST(prices_and_tiers),
        PRICE_TEST(kinds_that_pick_units),
        PRICE_TEST(a_stored_value_gives_what_is_left_on_it),
        PRICE_TEST(amounts_listed_by_currency),
        PRICE_TEST(a_percentage_of_any_currency),
    };
    return cmocka_run_group_tests_name("kind", tests, NULL, NULL);
}

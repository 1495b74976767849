/* When fractions are rounded: worked examples of several coupons under each setting of ROUND_WHEN,
 * and random percentages against a second computation with fractions. */
#include "domain/price/example_test.h"
#include "domain/price/kind.h"

enum { COUPONS = 4, TRIALS = 20000, LINES = 6 };

typedef struct settle_example {
    const char *coupons[COUPONS];
    const char *cart, *policy;
    const char *by_coupon, *by_line;
} settle_example;

#define OFF(amount) "'kind':'amount_off','amount':@" #amount
#define PERCENT(p)  "'kind':'percent_off','percent':'" #p "'"
#define ON_A        ",'max_units':1,'units':'cart_order'"

static const settle_example examples[] = {
    /* 10.4, 9.36, 8.424: 28.184 */
    {{PERCENT(10), PERCENT(10), PERCENT(10)}, "a1@104", "", "10 9 9", "28"},
    {{PERCENT(10), PERCENT(10), PERCENT(10)}, "a1@104", "round_when=at_end", "10 9 8", "27"},
    {{PERCENT(10), PERCENT(10), PERCENT(10)}, "a1@104", "round_when=exact", "10 9 9", "28"},
    /* three times 5.5 */
    {{PERCENT(5), PERCENT(5), PERCENT(5)},
     "a1@110",
     "percent_base=original round_when=at_end",
     "6 6 6",
     "18"},
    {{PERCENT(5), PERCENT(5), PERCENT(5)},
     "a1@110",
     "percent_base=original round_when=exact",
     "6 6 5",
     "17"},
    {{PERCENT(5), PERCENT(5), PERCENT(5)},
     "a1@110",
     "percent_base=original round_when=exact round_mode=half_down",
     "6 5 5",
     "16"},
    /* 105, 94.5, 85.05: the price is rounded, not the discount */
    {{PERCENT(10), PERCENT(10)}, "a1@105", "round_when=at_end", "11 9", "20"},
    {{PERCENT(10), PERCENT(10)}, "a1@105", "round_when=at_end round_target=price", "10 10", "20"},
    {{PERCENT(10), PERCENT(10)}, "a1@105", "round_when=exact round_mode=down", "10 9", "19"},
    {{PERCENT(10), PERCENT(10)},
     "a1@105",
     "round_when=exact round_target=price round_mode=down",
     "11 9",
     "20"},
    /* levels: two lines of 10.5, and three units */
    {{PERCENT(10)}, "a1@105 b1@105", "round_when=at_end", "21", "11 10"},
    {{PERCENT(10)}, "a1@105 b1@105", "round_when=at_end round_level=line", "22", "11 11"},
    {{PERCENT(10) ",'cap':@21"},
     "a1@105 b1@105",
     "round_when=at_end round_level=line",
     "21",
     "11 10"},
    {{PERCENT(10)}, "a3@105", "round_when=at_end round_level=line", "32", "32"},
    {{PERCENT(10)}, "a3@105", "round_when=at_end round_level=unit", "33", "33"},
    {{PERCENT(10)}, "a3@105", "round_when=at_end round_level=unit round_target=price", "30", "30"},
    {{PERCENT(10), PERCENT(10)},
     "a1@105 b1@105",
     "round_when=at_end round_level=line round_target=price",
     "20 20",
     "20 20"},
    {{PERCENT(10)}, "a1@105 b1@105", "round_when=exact round_level=line", "21", "11 10"},
    /* amounts are whole, and split in whole minor units */
    {{PERCENT(10), OFF(100)}, "a1@105 b1@105", "round_when=exact", "21 100", "61 60"},
    {{OFF(100)}, "a1@100 b1@100 c1@100", "round_when=exact", "100", "34 33 33"},
    {{OFF(100)}, "a1@100 b1@100 c1@100", "round_when=exact odd_cents=last", "100", "33 33 34"},
    {{PERCENT(10) ",'cap':@15"}, "a1@105 b1@105", "round_when=exact", "15", "8 7"},
    {{PERCENT(10), OFF(1000)}, "a1@105", "round_when=exact", "11 94", "105"},
    {{PERCENT(10), OFF(1000)}, "a1@105", "round_when=at_end", "11 94", "105"},
    {{PERCENT(10), "'kind':'reduce_to','amount':@50"}, "a1@105", "round_when=exact", "11 44", "55"},
    {{PERCENT(10), "'kind':'per_full_cut','full':@94,'amount':@5"},
     "a1@105",
     "round_when=exact",
     "11 5",
     "16"},
    /* a unit of what costs 290 is 96.66… */
    {{OFF(10), "'kind':'exchange'"}, "a3@100", "round_mode=down", "10 97", "107"},
    {{OFF(10), "'kind':'exchange'"}, "a3@100", "round_when=exact round_mode=down", "10 96", "106"},
    {{OFF(10), "'kind':'percent_off','percent':'50','max_units':1"},
     "a3@100",
     "round_when=exact",
     "10 48",
     "58"},
    {{OFF(10), OFF(5) ",'per':'unit','floor':@96"}, "a3@100", "round_when=exact", "10 2", "12"},
    /* thresholds see fractions: 94.5 is left */
    {{PERCENT(10), OFF(1) ",'minimum_spend':@95"},
     "a1@105",
     "round_when=exact",
     "11 below_threshold",
     "11"},
    {{PERCENT(10), OFF(1) ",'minimum_spend':@94"},
     "a1@105",
     "round_when=exact threshold_compare=more_than",
     "11 1",
     "12"},
    /* what the first has of line a, rounded up, would leave the second no room: 0.2 + 1 and 1.6 */
    {{PERCENT(10), PERCENT(80) ON_A},
     "a1@2 b1@10",
     "round_when=exact percent_base=original odd_cents=first",
     "1 2",
     "2 1"},
    /* less than half a minor unit is nothing, alone or beside others */
    {{PERCENT(10)}, "a1@4", "round_when=exact", "nothing_left", "0"},
    {{PERCENT(10)}, "a1@4", "round_when=exact zero_effect=use", "0", "0"},
    {{PERCENT(10), PERCENT(10)}, "a1@4", "round_when=exact", "nothing_left nothing_left", "0"},
    {{PERCENT(10), PERCENT(10)}, "a1@4 b1@100", "round_when=at_end", "10 9", "0 19"},
    /* what sellers get is rounded by itself */
    {{PERCENT(10), "'kind':'add_on','percent':'10'"}, "a1@105", "round_when=exact", "11 0", "+9"},
    /* two shares of a millionth of so much money */
    {{"'kind':'percent_off','percent':'33.3333'", "'kind':'percent_off','percent':'33.3333'"},
     "a1@999999999999",
     "round_when=exact",
     "333333000000 too_fine",
     "333333000000"},
    /* Of 100030000.00 for 999983 units one costs 10003 and a fraction, in 999983 parts a number of
     * which a millionth is whole; of 10003, as which it counted while it was not, none is. */
    {{OFF(829932), "'kind':'percent_off','percent':'12.3457'" ON_A},
     "a999983@10004",
     "round_when=at_end",
     "829932 1235",
     "831167"},
};

static void fractions_are_rounded_when_the_policy_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(examples); i++) {
        const settle_example *e = &examples[i];
        order_line lines[8];
        price_coupon coupons[COUPONS];
        cart c = cart_of(lines, read_cart(e->cart, lines));
        price_ask ask = {.cart = &c, .coupons = coupons};
        for (; ask.n < COUPONS && e->coupons[ask.n] != NULL; ask.n++) {
            coupons[ask.n] = coupon_of(read_benefit(e->coupons[ask.n]));
        }
        read_policy(e->policy, &ask.policy);
        price_result p;
        assert_int_equal(price_cart(&ask, memory, &p), R_DONE);
        if (!str_eq(coupons_shown(&p, ask.n), str_of(e->by_coupon)) ||
            !str_eq(lines_shown(&p, c.n), str_of(e->by_line))) {
            fail_msg("%zu: %s on %s: %.*s on lines %.*s", i, e->policy, e->cart,
                     STR_ARG(coupons_shown(&p, ask.n)), STR_ARG(lines_shown(&p, c.n)));
        }
        forget_rules();
    }
}

/* ---- against fractions ---- */

static uint64_t seed;

static int64_t below(int64_t n)
{
    return (int64_t)random_below(&seed, (uint64_t)n);
}

/* Half up, of a fraction that is not negative. */
static int64_t half_up(__int128 num, __int128 den)
{
    return (int64_t)((2 * num + den) / (2 * den));
}

typedef struct trial {
    order_line lines[LINES];
    price_coupon coupons[COUPONS];
    int64_t percents[COUPONS];
    bool covers[COUPONS][LINES];
    cart cart;
    price_ask ask;
} trial;

static void random_trial(trial *t)
{
    static const char *const names[] = {"a", "b", "c", "d", "e", "f"};
    *t = (trial){0};
    t->cart = cart_of(t->lines, 1 + (size_t)below(LINES));
    for (size_t i = 0; i < t->cart.n; i++) {
        t->lines[i] = line_of(names[i], "", 1 + below(4), below(3000));
    }
    t->ask = (price_ask){.cart = &t->cart, .coupons = t->coupons, .n = 1 + (size_t)below(COUPONS)};
    for (size_t c = 0; c < t->ask.n; c++) {
        scope_item item = {SCOPE_DIMENSION_SKU, str_of(names[below((int64_t)t->cart.n)])};
        bool some = below(3) == 0;
        t->percents[c] = 1 + below(99);
        t->coupons[c] = coupon_of(scoped(percent_off(100 * t->percents[c], 0, 0),
                                         some ? SCOPE_MODE_EXCEPT : SCOPE_MODE_ALL, &item, 1));
        for (size_t i = 0; i < t->cart.n; i++) {
            t->covers[c][i] = !some || !str_eq(t->lines[i].sku, item.value);
        }
    }
}

/* Each percentage of what those before it have left, in 100^coupons. */
static void exact_shares(const trial *t, __int128 *by_coupon, __int128 *one)
{
    __int128 left[LINES];
    *one = 1;
    for (size_t c = 0; c < t->ask.n; c++) {
        *one *= 100;
    }
    for (size_t i = 0; i < t->cart.n; i++) {
        left[i] = (__int128)cart_line_list(&t->lines[i]) * *one;
    }
    for (size_t c = 0; c < t->ask.n; c++) {
        by_coupon[c] = 0;
        for (size_t i = 0; i < t->cart.n && t->percents[c] > 0; i++) {
            __int128 share = t->covers[c][i] ? left[i] * t->percents[c] / 100 : 0;
            left[i] -= share;
            by_coupon[c] += share;
        }
    }
}

/* Do all lines that it covers cost nothing any more? */
static bool is_used_up(const trial *t, size_t c, const price_result *p)
{
    for (size_t i = 0; i < t->cart.n; i++) {
        if (t->covers[c][i] && p->line_discount_minor[i] < cart_line_list(&t->lines[i])) {
            return false;
        }
    }
    return true;
}

static void percentages_agree_with_fractions(void **state)
{
    (void)state;
    size_t otherwise[3] = {0}, compared = 0, cut = 0;
    seed = 0xf4ac7;
    for (int i = 0; i < TRIALS; i++) {
        trial t;
        price_result p[3];
        __int128 by_coupon[COUPONS], one, sum = 0;
        arena_reset(memory);
        forget_rules();
        random_trial(&t);
        bool all = true;
        for (uint8_t when = 0; when < 3; when++) {
            t.ask.policy.round_when = when;
            assert_int_equal(price_cart(&t.ask, memory, &p[when]), R_DONE);
            assert_price_adds_up(&t.cart, t.ask.n, &p[when]);
            for (size_t c = 0; c < t.ask.n; c++) {
                all = all && p[when].verdicts[c].result == R_DONE;
            }
        }
        if (!all) { /* one that vanishes is taken out */
            continue;
        }
        exact_shares(&t, by_coupon, &one);
        for (size_t c = 0; c < t.ask.n; c++) {
            sum += by_coupon[c];
            int64_t at_end = p[ROUND_WHEN_AT_END].verdicts[c].discount_minor;
            cut += at_end != half_up(by_coupon[c], one);
            assert_true(at_end == half_up(by_coupon[c], one) ||
                        is_used_up(&t, c, &p[ROUND_WHEN_AT_END]));
            int64_t exact = p[ROUND_WHEN_EXACT].verdicts[c].discount_minor;
            assert_true(exact >= by_coupon[c] / one && exact <= (by_coupon[c] + one - 1) / one);
        }
        assert_int_equal(p[ROUND_WHEN_EXACT].discount_minor, half_up(sum, one));
        compared++;
        otherwise[1] += p[1].discount_minor != p[0].discount_minor;
        otherwise[2] += p[2].discount_minor != p[1].discount_minor;
    }
    assert_true(compared > TRIALS / 2 && cut < TRIALS / 100);
    assert_true(otherwise[1] > TRIALS / 50 && otherwise[2] > TRIALS / 50); /* it matters */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PRICE_TEST(fractions_are_rounded_when_the_policy_says),
        PRICE_TEST(percentages_agree_with_fractions),
    };
    return cmocka_run_group_tests_name("settle", tests, NULL, NULL);
}

/* Which coupons apply together: stages, priorities, exclusive ones, stops, groups and lanes, and
 * the most of an order. Coupons are A, B …: a benefit as in example_test.h and where it stands;
 * what is expected is what each gives, or why it does not. */
#include "domain/price/example_test.h"

enum { COUPONS = 5 };

typedef struct coupon_text {
    const char *benefit, *standing;
} coupon_text;

typedef struct stack_example {
    const char *what;
    coupon_text coupons[COUPONS];
    const char *cart, *policy, *expected;
    stack_group group; /* "g" */
    uint32_t most;
} stack_example;

#define OFF(amount) "'kind':'amount_off','amount':@" #amount
#define PERCENT(p)  "'kind':'percent_off','percent':'" #p "'"
#define NO_GROUP                                                                                   \
    {                                                                                              \
        {NULL, 0}, 0, 0                                                                            \
    }
#define ON_A ",'max_units':1,'units':'cart_order'"

static const stack_example examples[] = {
    {"as named", {{PERCENT(10), ""}, {OFF(100), ""}}, "a1@1000", "", "100 100", NO_GROUP, 0},
    {"stages first",
     {{PERCENT(10), "stage=4"}, {OFF(100), "stage=2"}},
     "a1@1000",
     "",
     "90 100",
     NO_GROUP,
     0},
    {"high priority first",
     {{PERCENT(10), "priority=1"}, {OFF(100), "priority=2"}},
     "a1@1000",
     "",
     "90 100",
     NO_GROUP,
     0},
    {"low priority first",
     {{PERCENT(10), "priority=1"}, {OFF(100), "priority=2"}},
     "a1@1000",
     "priority=lowest",
     "100 100",
     NO_GROUP,
     0},
    {"fixed first",
     {{PERCENT(10), ""}, {OFF(100), ""}},
     "a1@1000",
     "evaluation=fixed_first",
     "90 100",
     NO_GROUP,
     0},
    {"percent first",
     {{OFF(100), ""}, {PERCENT(10), ""}},
     "a1@1000",
     "evaluation=percent_first",
     "100 100",
     NO_GROUP,
     0},
    {"most valuable first",
     {{OFF(50), ""}, {PERCENT(10), ""}},
     "a1@1000",
     "evaluation=value",
     "50 100",
     NO_GROUP,
     0},
    {"units first",
     {{PERCENT(10), ""}, {"'kind':'exchange'", ""}},
     "a2@1000",
     "evaluation=units_first",
     "100 1000",
     NO_GROUP,
     0},
    {"older template first",
     {{PERCENT(10), "template=7"}, {OFF(100), "template=3"}},
     "a1@1000",
     "evaluation=defined",
     "90 100",
     NO_GROUP,
     0},
    {"percent of the list price",
     {{OFF(100), ""}, {PERCENT(10), ""}},
     "a1@1000",
     "percent_base=original",
     "100 100",
     NO_GROUP,
     0},
    {"a percentage of what is free already is not another line's",
     {{PERCENT(100) ON_A, ""}, {PERCENT(10), ""}},
     "a1@1000 b1@1000",
     "percent_base=original",
     "1000 100",
     NO_GROUP,
     0},
    {"spend at list price",
     {{OFF(100), ""}, {OFF(100) ",'minimum_spend':@1000", ""}},
     "a1@1000",
     "threshold_base=original",
     "100 100",
     NO_GROUP,
     0},
    {"spend at running price",
     {{OFF(100), ""}, {OFF(100) ",'minimum_spend':@1000", ""}},
     "a1@1000",
     "",
     "100 below_threshold",
     NO_GROUP,
     0},
    {"a unit may be reduced by several",
     {{"'kind':'exchange'", ""}, {"'kind':'exchange','price':@100", ""}},
     "a1@500 b1@900",
     "",
     "500 nothing_left",
     NO_GROUP,
     0},
    {"a unit is reduced once",
     {{"'kind':'exchange'", ""}, {"'kind':'exchange','price':@100", ""}},
     "a1@500 b1@900",
     "units_used=once",
     "500 800",
     NO_GROUP,
     0},
    {"units of one line are reduced once each",
     {{"'kind':'buy_x_get_y','buy':1,'get':1,'times':1", ""},
      {"'kind':'buy_x_get_y','buy':2,'get':1", ""},
      {"'kind':'buy_x_get_y','buy':2,'get':1", ""}},
     "a4@300",
     "units_used=once",
     "300 300 too_few_units",
     NO_GROUP,
     0},
    {"units that were paid for others are there again",
     {{"'kind':'buy_x_get_y','buy':2,'get':1", ""}, {"'kind':'cheapest_free','of':2", ""}},
     "a4@300",
     "units_used=once",
     "300 300",
     NO_GROUP,
     0},
    {"units that were paid for others are used up",
     {{"'kind':'buy_x_get_y','buy':2,'get':1", ""}, {"'kind':'cheapest_free','of':2", ""}},
     "a4@300",
     "units_used=sets",
     "300 too_few_units",
     NO_GROUP,
     0},
    {"sets over lines are used up from the cheapest on",
     {{"'kind':'buy_x_get_y','buy':1,'get':1,'times':1", ""}, {"'kind':'exchange'", ""}},
     "a1@900 b1@500 c1@300",
     "units_used=sets",
     "300 900",
     NO_GROUP,
     0},
    {"every second unit uses up the one before it",
     {{"'kind':'nth_item','nth':2,'times':1", ""}, {"'kind':'exchange','pick':'dearest'", ""}},
     "a1@900 b1@500 c1@300",
     "units_used=sets",
     "500 300",
     NO_GROUP,
     0},
    {"an amount of the item stage is one of each unit",
     {{OFF(100), "stage=2"}, {OFF(100), ""}},
     "a3@1000",
     "item_amount=unit",
     "300 100",
     NO_GROUP,
     0},
    {"an amount of the item stage is one of each line",
     {{OFF(100), "stage=2"}, {OFF(100), "stage=1"}},
     "a3@1000 b1@500",
     "item_amount=line",
     "200 200",
     NO_GROUP,
     0},
    {"an amount of the item stage is one of the dearest unit",
     {{OFF(600), "stage=2"}},
     "a3@500 b1@400",
     "item_amount=once",
     "500",
     NO_GROUP,
     0},
    {"an amount of the item stage is one of the order",
     {{OFF(600), "stage=2"}},
     "a3@500 b1@400",
     "item_amount=order cart_amount=per_unit",
     "600",
     NO_GROUP,
     0},
    {"lane by lane",
     {{OFF(100), "lane=y group=h"},
      {PERCENT(10), "lane=x group=h"},
      {OFF(50), ""},
      {OFF(10), "lane=x group=h"}},
     "a1@1000",
     "evaluation=lane",
     "100 95 50 10",
     NO_GROUP,
     0},
    {"discounts on sending sum up",
     {{"'kind':'shipping','amount':@100", ""}, {"'kind':'shipping','percent':'50'", ""}},
     "a1@1000 x1@500s",
     "",
     "100 200",
     NO_GROUP,
     0},
    {"the lowest charge for sending",
     {{"'kind':'shipping','amount':@100", ""},
      {"'kind':'shipping','percent':'50'", ""},
      {"'kind':'shipping','amount':@120", "group=g"},
      {OFF(10), ""}},
     "a1@1000 x1@500s",
     "shipping_discounts=lowest",
     "better_in_group 250 120 10",
     {S("g"), GROUP_MODE_ALL, 0},
     0},
    {"percentages above the price take what is left",
     {{PERCENT(60), ""}, {PERCENT(60), ""}, {PERCENT(40), ""}},
     "a1@1000",
     "percent_base=original",
     "600 400 nothing_left",
     NO_GROUP,
     0},
    {"percentages above the price are refused",
     {{PERCENT(60), ""}, {PERCENT(60), ""}, {PERCENT(40), ""}},
     "a1@1000",
     "percent_base=original above_full=refuse",
     "600 above_full 400",
     NO_GROUP,
     0},
    {"percentages above the price of one line are refused",
     {{PERCENT(60) ON_A, ""}, {PERCENT(50), ""}},
     "a1@1000 b1@5000",
     "percent_base=original above_full=refuse",
     "600 above_full",
     NO_GROUP,
     0},
    {"a percentage of the running price is never above it",
     {{PERCENT(60), ""}, {PERCENT(60), ""}},
     "a1@1000",
     "above_full=refuse",
     "600 240",
     NO_GROUP,
     0},
    {"the last ones that are named replace others",
     {{OFF(100), ""}, {OFF(200), "priority=-1"}, {OFF(50), ""}},
     "a1@1000",
     "coupons_beyond=replace",
     "replaced 200 50",
     NO_GROUP,
     2},
    {"what replaces another need not apply",
     {{OFF(100), ""}, {OFF(200) ",'minimum_spend':@5000", ""}},
     "a1@1000",
     "coupons_beyond=replace",
     "replaced below_threshold",
     NO_GROUP,
     1},
    {"one that does not apply voids all",
     {{OFF(100), ""}, {OFF(200) ",'minimum_spend':@5000", ""}, {OFF(50), ""}},
     "a1@1000",
     "refused_coupon=void_all",
     "another_refused below_threshold another_refused",
     NO_GROUP,
     0},
    {"where all apply none is void",
     {{OFF(100), ""}, {OFF(50), ""}},
     "a1@1000",
     "refused_coupon=void_all",
     "100 50",
     NO_GROUP,
     0},
    {"spend is tested again after others",
     {{OFF(100) ",'minimum_spend':@1000", ""}, {OFF(300), ""}},
     "a1@1200",
     "threshold_again=test",
     "below_threshold 300",
     NO_GROUP,
     0},
    {"spend that is enough after others",
     {{OFF(100) ",'minimum_spend':@900", ""}, {OFF(300), ""}},
     "a1@1200",
     "threshold_again=test",
     "100 300",
     NO_GROUP,
     0},
    {"exclusive wins wherever it stands",
     {{OFF(100), ""}, {OFF(300), "exclusive=1"}, {OFF(50), "always=1"}},
     "a1@1000",
     "",
     "exclusive 300 50",
     NO_GROUP,
     0},
    {"an exclusive one that gives nothing keeps nobody out",
     {{OFF(100), ""}, {OFF(300) ",'minimum_spend':@5000", "exclusive=1"}},
     "a1@1000",
     "",
     "100 below_threshold",
     NO_GROUP,
     0},
    {"exclusive yields",
     {{OFF(300), "exclusive=1"}, {OFF(100), ""}},
     "a1@1000",
     "exclusive=yields",
     "exclusive 100",
     NO_GROUP,
     0},
    {"exclusive comes first by priority",
     {{OFF(300), "exclusive=1 priority=2"}, {OFF(100), ""}},
     "a1@1000",
     "exclusive=priority",
     "300 exclusive",
     NO_GROUP,
     0},
    {"exclusive comes later by priority",
     {{OFF(300), "exclusive=1"}, {OFF(100), "priority=2"}},
     "a1@1000",
     "exclusive=priority",
     "exclusive 100",
     NO_GROUP,
     0},
    {"stops the cart",
     {{OFF(300), "stop=3"}, {OFF(100), ""}, {OFF(70), "always=1"}},
     "a1@1000",
     "",
     "300 stopped 70",
     NO_GROUP,
     0},
    {"stops its lines",
     {{OFF(300) ON_A, "stop=2"}, {PERCENT(10), ""}, {PERCENT(10), "always=1"}},
     "a1@1000 b1@500",
     "",
     "300 50 115",
     NO_GROUP,
     0},
    {"at most one coupon",
     {{OFF(100), ""}, {OFF(200), ""}},
     "a1@1000",
     "",
     "100 too_many_coupons",
     NO_GROUP,
     1},
    {"at most two of a group",
     {{OFF(100), "group=g"}, {OFF(200), "group=g"}, {OFF(50), "group=g"}, {OFF(40), ""}},
     "a1@1000",
     "",
     "100 200 group_full 40",
     {S("g"), GROUP_MODE_AT_MOST, 2},
     0},
    {"all of a group",
     {{OFF(100), "group=g"}, {OFF(200), "group=g"}},
     "a1@1000",
     "",
     "100 200",
     {S("g"), GROUP_MODE_ALL, 0},
     0},
    {"the best of a group",
     {{OFF(100), "group=g"}, {OFF(200), "group=g"}, {OFF(200), "group=g"}, {OFF(40), ""}},
     "a1@1000",
     "",
     "better_in_group 200 better_in_group 40",
     {S("g"), GROUP_MODE_BEST_ORDER, 0},
     0},
    {"the highest rank of those that give",
     {{OFF(100), "group=g rank=1"},
      {OFF(900) ",'minimum_spend':@5000", "group=g rank=9"},
      {OFF(50), "group=g rank=2"}},
     "a1@1000",
     "",
     "better_in_group below_threshold 50",
     {S("g"), GROUP_MODE_HIGHEST_RANK, 0},
     0},
    {"no more of the best of each line than an order may use",
     {{PERCENT(10), "group=g"}, {OFF(300) ON_A, "group=g"}},
     "a1@1000 b1@500",
     "",
     "50 too_many_coupons",
     {S("g"), GROUP_MODE_BEST_LINE, 0},
     1},
    {"an exclusive one is not among the best of each line",
     {{PERCENT(10), "group=g"}, {OFF(300) ON_A, "group=g exclusive"}},
     "a1@1000 b1@500",
     "exclusive=priority",
     "50 exclusive",
     {S("g"), GROUP_MODE_BEST_LINE, 0},
     0},
    {"the best of each line",
     {{PERCENT(10), "group=g"}, {OFF(300) ON_A, "group=g"}, {OFF(10), "group=g"}},
     "a1@1000 b1@500",
     "",
     "50 300 better_in_group",
     {S("g"), GROUP_MODE_BEST_LINE, 0},
     0},
    {"weighing lanes uses up no units",
     {{"'kind':'exchange'", "group=g lane=x"}, {"'kind':'exchange'", "group=g lane=x"}},
     "a1@100 b1@200",
     "units_used=once",
     "100 200",
     {{"g", 1}, GROUP_MODE_BEST_LANE, 0},
     0},
    {"the best lane",
     {{OFF(100), "group=g lane=x"},
      {OFF(150), "group=g lane=y"},
      {OFF(100), "group=g lane=x"},
      {OFF(10), ""}},
     "a1@1000",
     "",
     "100 better_in_group 100 10",
     {S("g"), GROUP_MODE_BEST_LANE, 0},
     0},
    {"a group that the merchant has not",
     {{OFF(100), "group=h"}, {OFF(200), "group=h"}},
     "a1@1000",
     "",
     "100 200",
     {S("g"), GROUP_MODE_BEST_ORDER, 0},
     0},
};

static void coupons_stack_as_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(examples); i++) {
        const stack_example *e = &examples[i];
        order_line lines[8];
        price_coupon coupons[COUPONS];
        cart c = cart_of(lines, read_cart(e->cart, lines));
        price_ask ask = {.cart = &c,
                         .coupons = coupons,
                         .groups = &e->group,
                         .group_count = 1,
                         .coupons_max = e->most};
        for (; ask.n < COUPONS && e->coupons[ask.n].benefit != NULL; ask.n++) {
            template_version v = read_benefit(e->coupons[ask.n].benefit);
            uint64_t of = 0;
            read_standing(e->coupons[ask.n].standing, &v, &of);
            coupons[ask.n] = coupon_of(v);
            coupons[ask.n].template = of;
        }
        read_policy(e->policy, &ask.policy);
        price_result p;
        assert_int_equal(price_cart(&ask, memory, &p), R_DONE);
        assert_price_adds_up(&c, ask.n, &p);
        if (!str_eq(coupons_shown(&p, ask.n), str_of(e->expected))) {
            fail_msg("%s: %.*s", e->what, STR_ARG(coupons_shown(&p, ask.n)));
        }
        forget_rules();
    }
}

static void promotions_count_for_no_most_of_coupons(void **state)
{
    (void)state;
    order_line line = line_of("a", "", 1, 1000);
    cart c = cart_of(&line, 1);
    price_coupon coupons[] = {coupon_of(amount_off(100, 0)), coupon_of(amount_off(50, 0)),
                              coupon_of(amount_off(20, 0))};
    coupons[0].automatic = true;
    price_ask ask = {.cart = &c, .coupons = coupons, .n = 3, .coupons_max = 1};
    price_result p;
    assert_int_equal(price_cart(&ask, memory, &p), R_DONE);
    assert_int_equal(p.discount_minor, 150);
    assert_str(p.verdicts[2].reason, S("too_many_coupons"));
    assert_int_equal(p.order_count, 2);
    assert_true(p.order[0] == 0 && p.order[1] == 1);
}

/* A promotion stays; so does one that was refused before it came to pricing. */
static void promotions_are_not_void(void **state)
{
    (void)state;
    order_line line = line_of("a", "", 1, 1000);
    cart c = cart_of(&line, 1);
    price_coupon coupons[] = {coupon_of(amount_off(100, 0)), coupon_of(amount_off(50, 0)),
                              coupon_of(percent_off(1000, 0, 0))};
    coupons[0].automatic = true;
    price_ask ask = {.cart = &c, .coupons = coupons, .n = 3, .spoiled = true};
    ask.policy.refused_coupon = REFUSED_COUPON_VOID_ALL;
    price_result p;
    assert_int_equal(price_cart(&ask, memory, &p), R_DONE);
    assert_str(coupons_shown(&p, 3), S("100 another_refused another_refused"));
    ask.spoiled = false;
    assert_int_equal(price_cart(&ask, memory, &p), R_DONE);
    assert_str(coupons_shown(&p, 3), S("100 50 85"));
    line.unit_minor = 100; /* the promotion leaves nothing */
    assert_int_equal(price_cart(&ask, memory, &p), R_DONE);
    assert_str(coupons_shown(&p, 3), S("100 nothing_left nothing_left"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PRICE_TEST(coupons_stack_as_told),
        PRICE_TEST(promotions_count_for_no_most_of_coupons),
        PRICE_TEST(promotions_are_not_void),
    };
    return cmocka_run_group_tests_name("stack", tests, NULL, NULL);
}

/* Part returns where coupons depend on each other or on conditions: what is kept is priced with all
 * that the order was priced with. Told as in example_test.h; a line comes back whole at each step,
 * and what is expected is each refund. */
#include "domain/price/example_test.h"
#include "domain/price/refund_test.h"

enum { COUPONS = 3, KEEP = REFUND_RULE_KEEP, CLAW = REFUND_RULE_CLAW_BACK };

typedef struct coupon_text {
    const char *benefit, *standing, *conditions;
    uint8_t refund; /* 0: reprice */
} coupon_text;

typedef struct example {
    const char *what;
    coupon_text coupons[COUPONS];
    const char *cart, *policy, *back, *expected; /* back: the skus of the lines */
    stack_group group;                           /* "g" */
} example;

#define OFF(amount) "'kind':'amount_off','amount':@" #amount
#define PERCENT(p)  "'kind':'percent_off','percent':'" #p "'"
#define BEST_LINE                                                                                  \
    {                                                                                              \
        {"g", 1}, GROUP_MODE_BEST_LINE, 0                                                          \
    }
#define NO_GROUP                                                                                   \
    {                                                                                              \
        {NULL, 0}, 0, 0                                                                            \
    }
#define FROM_5000 "'fact':'cart.subtotal','at_least':5000"

static const example examples[] = {
    /* A gives a and c 100 each, B gives b 200; kept b and c cost 800 and 900 */
    {"each line keeps the best of its group",
     {{PERCENT(10), "group=g", "", 0}, {PERCENT(20), "group=g sku=b", "", 0}},
     "a1@1000 b1@1000 c1@1000",
     "",
     "acb",
     "900 900 800",
     BEST_LINE},
    /* without b, which B had, A may still not take from c what it never gave: 2600 - 1700 */
    {"clawing back takes what the line had, not a part of what it would have",
     {{PERCENT(10), "group=g", "", CLAW}, {PERCENT(20), "group=g sku=b", "", 0}},
     "a1@1000 b1@1000 c1@1000",
     "",
     "ac",
     "900 900",
     BEST_LINE},
    /* B would give a 300 once it is alone, but A's 200 stay */
    {"what is kept frozen gives no line to another of its group",
     {{OFF(200), "group=g sku=a", "", KEEP}, {PERCENT(30) ",'cap':@400", "group=g", "", 0}},
     "a1@1000 b1@1000 c1@1000",
     "",
     "bc",
     "934 800",
     BEST_LINE},
    {"repriced it does",
     {{OFF(200), "group=g sku=a", "", 0}, {PERCENT(30) ",'cap':@400", "group=g", "", 0}},
     "a1@1000 b1@1000 c1@1000",
     "",
     "bc",
     "934 900",
     BEST_LINE},
    {"a line that was closed stays closed",
     {{PERCENT(10), "stop=2 sku=a", "", 0}, {PERCENT(10), "", "", 0}},
     "a1@1000 b1@1000",
     "",
     "ba",
     "900 900",
     NO_GROUP},
    {"so it is by one that adds to what the seller receives",
     {{"'kind':'add_on','amount':@50", "stop=2 sku=a", "", 0}, {PERCENT(10), "", "", 0}},
     "a1@1000 b1@1000",
     "",
     "ba",
     "900 1000",
     NO_GROUP},
    /* alone on b the second gives more and comes first: 150, and closes it */
    {"what is kept frozen is given on a closed line, too",
     {{PERCENT(10), "", "", KEEP}, {PERCENT(15), "stop=2 sku=b", "", 0}},
     "a1@1000 b1@1000",
     "evaluation=value",
     "ab",
     "915 750",
     NO_GROUP},
    {"and in a closed cart",
     {{PERCENT(10), "", "", KEEP}, {PERCENT(15), "stop=3 sku=b", "", 0}},
     "a1@1000 b1@1000",
     "evaluation=value",
     "ab",
     "915 750",
     NO_GROUP},
    {"conditions that the kept goods do not meet",
     {{OFF(1000), "", "{" FROM_5000 "}", 0}},
     "a1@3000 b1@3000",
     "",
     "ab",
     "2000 3000",
     NO_GROUP},
    {"clawed back likewise",
     {{OFF(1000), "", "{" FROM_5000 "}", CLAW}},
     "a1@3000 b1@3000",
     "",
     "ab",
     "2000 3000",
     NO_GROUP},
    {"kept they are not asked",
     {{OFF(1000), "", "{" FROM_5000 "}", KEEP}},
     "a1@3000 b1@3000",
     "",
     "ab",
     "2500 2500",
     NO_GROUP},
    {"where it was bought stays as it was",
     {{OFF(1000), "", "{'any':[{'fact':'cart.store','is':'s'},{" FROM_5000 "}]}", 0}},
     "a1@3000 b1@3000",
     "",
     "ab",
     "3000 2000",
     NO_GROUP},
    {"and where it was not",
     {{OFF(1000), "", "{'any':[{'fact':'cart.store','is':'t'},{" FROM_5000 "}]}", 0}},
     "a1@3000 b1@3000",
     "",
     "ab",
     "2000 3000",
     NO_GROUP},
    {"what is not known stays so",
     {{OFF(1000), "", "{'any':[{'not':{'fact':'cart.region','is':'x'}},{" FROM_5000 "}]}", 0}},
     "a1@3000 b1@3000",
     "",
     "ab",
     "2000 3000",
     NO_GROUP},
    {"lines are asked as they are kept",
     {{OFF(1000), "", "{'lines':{'any':{'fact':'line.sku','is':'a'}}}", 0}},
     "a1@3000 b1@3000",
     "",
     "ab",
     "2000 3000",
     NO_GROUP},
    /* A needs 4201 beside B, too: of 6000 B leaves more, of 4500 4200 */
    {"a minimum spend that others undo",
     {{OFF(1500) ",'minimum_spend':@4201", "", "", 0}, {PERCENT(10), "", "", 0}},
     "a1@4500 b1@1500",
     "threshold_again=test",
     "ba",
     "0 4050",
     NO_GROUP},
    {"undoes nothing that is kept",
     {{OFF(1500) ",'minimum_spend':@4201", "", "", KEEP}, {PERCENT(10), "", "", 0}},
     "a1@4500 b1@1500",
     "threshold_again=test",
     "ba",
     "1013 3037",
     NO_GROUP},
    {"one that has nothing to do any more voids no other",
     {{OFF(100), "sku=a", "", 0}, {PERCENT(10), "", "", 0}},
     "a1@1000 b1@1000",
     "refused_coupon=void_all",
     "ab",
     "810 900",
     NO_GROUP},
    {"by what each gives alone for what is kept",
     {{OFF(150), "", "", 0}, {PERCENT(10), "", "", 0}},
     "a1@1000 b1@1000",
     "evaluation=value",
     "ab",
     "885 765",
     NO_GROUP},
};

static template_version version_told(const coupon_text *c)
{
    template_version v = read_benefit(c->benefit);
    uint64_t of = 0;
    read_standing(c->standing, &v, &of);
    if (c->conditions[0] != 0) {
        json *tree;
        rule_tree nodes;
        issues *found = issues_new(memory);
        str braced = json_of(c->conditions);
        str text = {braced.p + 1, braced.n - 2};
        assert_int_equal(json_parse(text, &tree, NULL), R_DONE);
        rule_read(tree, &(rule_source){RULE_PLACE_CART, NULL, S("rule")}, found, &nodes);
        assert_int_equal(found->n, 0);
        json_free(tree);
        v.conditions.items = nodes.items;
        v.conditions.n = nodes.n;
    }
    return v;
}

static test_order order_told(const example *e)
{
    order_line lines[8];
    price_coupon coupons[COUPONS];
    uint8_t refunds[COUPONS];
    policy_choice choice = {0};
    cart c = cart_of(lines, read_cart(e->cart, lines));
    c.store = S("s");
    price_ask ask = {.cart = &c, .coupons = coupons, .groups = &e->group, .group_count = 1};
    for (; ask.n < COUPONS && e->coupons[ask.n].benefit != NULL; ask.n++) {
        coupons[ask.n] = coupon_of(version_told(&e->coupons[ask.n]));
        coupons[ask.n].coupon = 1 + ask.n;
        refunds[ask.n] = e->coupons[ask.n].refund;
    }
    price_policy policy = {0};
    read_policy(e->policy, &policy);
    for (size_t i = 0; i < policy_count(); i++) { /* at most one in an example */
        uint8_t value = policy_get(&policy, i);
        choice = value != 0 ? (policy_choice){policy_at(i).number, value} : choice;
    }
    test_order o = order_priced(&ask, choice, refunds);
    assert_int_equal(o.row.applied.n, ask.n);
    return o;
}

static str refunds_of(test_order *o, const char *back)
{
    str out = S("");
    for (const char *p = back; *p != 0; p++) {
        uint16_t at = 0;
        while (o->row.lines.items[at].sku.p[0] != *p) {
            at++;
        }
        int64_t refund = give_back_units(o, at, o->row.lines.items[at].quantity);
        out = arena_printf(memory, "%.*s%s%lld", STR_ARG(out), p == back ? "" : " ",
                           (long long)refund);
    }
    return out;
}

static void what_is_kept_is_priced_as_the_order_was(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(examples); i++) {
        test_order o = order_told(&examples[i]);
        str is = refunds_of(&o, examples[i].back);
        if (!str_eq(is, str_of(examples[i].expected))) {
            fail_msg("%s: %.*s", examples[i].what, STR_ARG(is));
        }
        forget_rules();
    }
}

/* Of an order that tells nothing of conditions it is not known where it was bought. */
static void conditions_of_older_orders_are_not_asked(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(examples); i++) {
        if (!str_eq(str_of(examples[i].what), S("conditions that the kept goods do not meet"))) {
            continue;
        }
        test_order o = order_told(&examples[i]);
        assert_int_equal(o.row.asked.n, 1);
        o.row.asked.n = 0;
        assert_str(refunds_of(&o, "ab"), S("3000 2000"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PRICE_TEST(what_is_kept_is_priced_as_the_order_was),
        PRICE_TEST(conditions_of_older_orders_are_not_asked),
    };
    return cmocka_run_group_tests_name("refund_kept", tests, NULL, NULL);
}

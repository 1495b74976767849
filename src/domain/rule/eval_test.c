/* Every fact and every operator against one cart, met and not; unknown facts; scopes of lines. */
#include "domain/rule/rule_test.h"

typedef struct row {
    const char *rule;
    bool met;
} row;

static bool met_by(const char *text, const cart *c)
{
    rule_facts facts = test_facts(c);
    return rule_met(test_program(RULE_PLACE_CART, text), &facts);
}

static void check_rows(const row *rows, size_t n, const cart *c)
{
    for (size_t i = 0; i < n; i++) {
        if (met_by(rows[i].rule, c) != rows[i].met) {
            fail_msg("%s: not %d", rows[i].rule, rows[i].met);
        }
    }
}

#define CHECK_ROWS(rows, c) check_rows((rows), ARRAY_LEN(rows), (c))

static void facts_of_the_cart(void **state)
{
    (void)state;
    const row rows[] = {
        {"{'fact':'cart.subtotal','at_least':7500}", true},
        {"{'fact':'cart.subtotal','at_least':7501}", false},
        {"{'fact':'cart.subtotal','is':7500}", true},
        {"{'fact':'cart.eligible_subtotal','at_most':6000}", true},
        {"{'fact':'cart.eligible_subtotal','below':6000}", false},
        {"{'fact':'cart.shipping','is':800}", true},
        {"{'fact':'cart.quantity','above':3}", true}, /* 2 pieces and 1.5 kg */
        {"{'fact':'cart.quantity','at_least':4}", false},
        {"{'fact':'cart.quantity','is':3}", false},
        {"{'fact':'cart.lines','is':2}", true},
        {"{'fact':'cart.currency','is':'CNY'}", true},
        {"{'fact':'cart.store','in':['s-1','s-2']}", true},
        {"{'fact':'cart.store','not_in':['s-1','s-2']}", false},
        {"{'fact':'cart.region','is_not':'CN-11'}", true},
        {"{'fact':'cart.region','is_not':'CN-31'}", false},
        {"{'fact':'cart.channel','is':'App'}", false}, /* byte for byte */
        {"{'fact':'cart.payment','in':['alipay']}", true},
        {"{'fact':'cart.attribute.gift_wrap','is':1}", true},
        {"{'fact':'cart.attribute.gift_wrap','is':'1'}", false},
        {"{'fact':'cart.attribute.note','is':'hi'}", true},
        {"{'fact':'cart.attribute.note','at_least':0}", false},
        {"{'fact':'cart.attribute.note','in':['x','hi']}", true},
        {"{'fact':'cart.attribute.gift_wrap','in':[3,1,2]}", true},
        {"{'fact':'cart.attribute.gift_wrap','not_in':[3,2]}", true},
        {"{'fact':'cart.attribute.nobody','is_not':'x'}", false}, /* unknown */
    };
    cart c = test_cart();
    CHECK_ROWS(rows, &c);
}

static void facts_of_the_shopper(void **state)
{
    (void)state;
    const row rows[] = {
        {"{'fact':'user.known','is':true}", true},
        {"{'fact':'user.known','is':false}", false},
        {"{'fact':'user.tags','has_any':['gold','vip']}", true},
        {"{'fact':'user.tags','has_any':['vip']}", false},
        {"{'fact':'user.tags','has_all':['gold','new']}", true},
        {"{'fact':'user.tags','has_all':['gold','vip']}", false},
        {"{'fact':'user.tags','has_none':['vip','staff']}", true},
        {"{'fact':'user.tags','has_none':['new']}", false},
        {"{'fact':'user.attribute.age','between':[18,30]}", true},
        {"{'fact':'user.attribute.age','between':[31,40]}", false},
        {"{'fact':'user.orders','in':[1,3]}", true},
        {"{'fact':'user.orders','not_in':[1,3]}", false},
        {"{'fact':'user.first_order','is':true}", false},
        {"{'fact':'user.first_order','is':false}", true},
        {"{'fact':'user.spent','above':49999}", true},
        {"{'fact':'user.spent','above':50000}", false},
        {"{'fact':'user.last_order_days','at_least':40}", true},
        {"{'fact':'user.last_order_days','at_least':41}", false},
    };
    cart c = test_cart();
    CHECK_ROWS(rows, &c);
}

static void what_the_caller_did_not_tell_meets_nothing(void **state)
{
    (void)state;
    cart c = {.lines = test_cart().lines,
              .n = 3,
              .shopper = {.orders = -1, .spent_minor = -1, .last_order_at_ms = -1}};
    const char *const rules[] = {
        "{'fact':'cart.store','is':'x'}",          "{'fact':'cart.store','is_not':'x'}",
        "{'fact':'cart.currency','in':['a','b']}", "{'fact':'cart.payment','not_in':['a','b']}",
        "{'fact':'user.orders','at_least':0}",     "{'fact':'user.orders','is_not':7}",
        "{'fact':'user.first_order','is':true}",   "{'fact':'user.first_order','is':false}",
        "{'fact':'user.spent','at_least':0}",      "{'fact':'user.last_order_days','at_least':0}",
        "{'fact':'user.tags','has_any':['a']}",    "{'fact':'user.tags','has_none':['a']}",
        "{'fact':'user.attribute.x','at_most':9}", "{'fact':'cart.attribute.x','is_not':'y'}",
    };
    for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
        str negated = arena_printf(memory, "{'not':%s}", rules[i]);
        assert_false(met_by(rules[i], &c));
        assert_false(met_by(negated.p, &c));
    }
    /* Somebody who never bought has no last order, but he has no orders too. */
    c.shopper = (cart_shopper){.known = true, .tags = &c.store};
    assert_false(met_by("{'fact':'user.last_order_days','at_least':0}", &c));
    assert_true(met_by("{'fact':'user.first_order','is':true}", &c));
    assert_true(met_by("{'fact':'user.tags','has_none':['a']}", &c));
    rule_facts facts = rule_facts_of(&c, test_costs(&c), NULL, NULL);
    assert_false(rule_met(
        test_program(RULE_PLACE_CART, "{'fact':'cart.eligible_subtotal','at_least':0}"), &facts));
}

static void branches_and_negation(void **state)
{
    (void)state;
#define YES "{'fact':'cart.lines','is':2}"
#define NO  "{'fact':'cart.lines','is':3}"
#define DIM "{'fact':'cart.attribute.none','is':3}"
    const row rows[] = {
        {"{'all':[" YES "," YES "]}", true},
        {"{'all':[" YES "," NO "]}", false},
        {"{'all':[" NO "," YES "]}", false},
        {"{'any':[" NO "," YES "]}", true},
        {"{'any':[" NO "," NO "]}", false},
        {"{'not':" NO "}", true},
        {"{'not':{'not':" YES "}}", true},
        {"{'not':{'all':[" YES "," NO "]}}", true},
        {"{'not':{'any':[" YES "," NO "]}}", false},
        {"{'any':[" DIM "," YES "]}", true},
        {"{'not':{'all':[" DIM "," NO "]}}", true},
        {"{'not':{'any':[" DIM "," NO "]}}", false},
        {"{'all':[{'any':[" NO "," YES "]},{'any':[" YES "," NO "]}," YES "]}", true},
        {"{'all':[{'any':[" NO "," NO "]},{'any':[" YES "," NO "]}," YES "]}", false},
        {"{'any':[{'all':[" YES "," NO "]},{'not':{'any':[" NO "," DIM "]}}]}", false},
    };
    cart c = test_cart();
    CHECK_ROWS(rows, &c);
}

static void lines_are_asked_together(void **state)
{
    (void)state;
#define ACME "{'fact':'line.brand','is':'acme'}"
#define RED  "{'fact':'line.tags','has_any':['red']}"
#define DEAR "{'fact':'line.unit_price','at_least':1000}"
    const row rows[] = {
        {"{'lines':{'any':" ACME "}}", true},
        {"{'lines':{'where':" ACME ",'any':" RED "}}", true},
        {"{'lines':{'where':" ACME ",'any':{'not':" RED "}}}", false},
        {"{'lines':{'all':" ACME "}}", false},
        {"{'lines':{'all':" DEAR "}}", true}, /* the charge for sending is not goods */
        {"{'lines':{'where':" RED ",'all':" ACME "}}", true},
        {"{'lines':{'where':{'fact':'line.brand','is':'x'},'all':" ACME "}}", false},
        {"{'lines':{'none':" ACME "}}", false},
        {"{'lines':{'none':{'fact':'line.sku','is':'express'}}}", true},
        {"{'not':{'lines':{'none':" ACME "}}}", true},
        {"{'not':{'lines':{'all':" ACME "}}}", true},
        {"{'not':{'lines':{'any':" ACME "}}}", false},
        {"{'lines':{'count_at_least':2}}", true},
        {"{'lines':{'count_at_least':3}}", false},
        {"{'lines':{'where':" RED ",'count_at_most':1}}", true},
        {"{'lines':{'where':" RED ",'count_at_most':0}}", false},
        {"{'lines':{'quantity_at_least':3}}", true},
        {"{'lines':{'quantity_at_least':4}}", false},
        {"{'lines':{'quantity_at_most':3}}", false},
        {"{'lines':{'quantity_at_most':4}}", true},
        {"{'lines':{'where':" ACME ",'quantity_at_most':2}}", true},
        {"{'lines':{'where':" ACME ",'sum_at_least':6000}}", true},
        {"{'lines':{'where':" ACME ",'sum_at_least':6001}}", false},
        {"{'lines':{'sum_at_most':7499}}", false},
        {"{'not':{'lines':{'sum_at_most':7499}}}", true},
    };
    cart c = test_cart();
    CHECK_ROWS(rows, &c);
}

static void facts_of_a_line(void **state)
{
    (void)state;
    /* Which of the three lines, as bits. */
    const struct {
        const char *rule;
        uint64_t lines;
    } rows[] = {
        {"{'fact':'line.sku','is':'a1'}", 1},
        {"{'fact':'line.sku','not_in':['a1','b1']}", 4},
        {"{'fact':'line.product','is':'a'}", 1},
        {"{'fact':'line.product','is_not':'a'}", 6},
        {"{'fact':'line.categories','has_any':['wear','x']}", 1},
        {"{'fact':'line.categories','has_any':['fruit']}", 2},
        {"{'fact':'line.categories','has_all':['shoes','wear']}", 1},
        {"{'fact':'line.categories','has_all':['shoes','fruit']}", 0},
        {"{'fact':'line.categories','has_none':['fruit']}", 5},
        {"{'fact':'line.brand','in':['acme','x']}", 1},
        {"{'fact':'line.model','is':'m1'}", 1},
        {"{'fact':'line.seller','is':'s1'}", 1},
        {"{'fact':'line.tags','has_all':['red','summer']}", 1},
        {"{'fact':'line.tags','has_all':['red','blue']}", 0},
        {"{'fact':'line.unit_price','between':[800,1000]}", 6},
        {"{'not':{'fact':'line.unit_price','between':[800,1000]}}", 1},
        {"{'fact':'line.quantity','at_most':1}", 4},
        {"{'fact':'line.quantity','is':2}", 1},
        {"{'fact':'line.on_sale','is':true}", 1},
        {"{'fact':'line.discounted','is':true}", 2},
        {"{'fact':'line.weighed','is':true}", 2},
        {"{'fact':'line.shipping','is':true}", 4},
        {"{'fact':'line.gift','is':true}", 0},
        {"{'fact':'line.gift','is':false}", 7},
        {"{'mode':'all'}", 7},
        {"{'mode':'only','skus':['b1'],'categories':['wear']}", 3},
        {"{'mode':'except','skus':['b1'],'categories':['wear']}", 4},
    };
    cart c = test_cart();
    uint64_t discounted = 2;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        uint64_t lines = 99;
        const rule_program *p = test_program(RULE_PLACE_LINE, rows[i].rule);
        rule_line_all(p, &c, &discounted, &lines);
        if (lines != rows[i].lines) {
            fail_msg("%s: %llu", rows[i].rule, (unsigned long long)lines);
        }
        for (size_t k = 0; k < c.n; k++) {
            assert_int_equal(rule_line(p, &c.lines[k], c.currency, k == 1), lines >> k & 1);
        }
    }
}

static void windows_are_half_open(void **state)
{
    (void)state;
    const row rows[] = {
        {"{'from':'2026-11-02T12:00:00Z'}", true},
        {"{'from':'2026-11-02T12:00:00.001Z'}", false},
        {"{'until':'2026-11-02T12:00:00Z'}", false},
        {"{'until':'2026-11-02T20:00:00.001+08:00'}", true},
        {"{'from':'2026-11-02T00:00:00Z','until':'2026-11-03T00:00:00Z'}", true},
        {"{'not':{'from':'2026-11-02T00:00:00Z','until':'2026-11-03T00:00:00Z'}}", false},
        {"{'weekdays':['mon'],'from':'20:00','until':'21:00','zone':'Asia/Shanghai'}", true},
        {"{'weekdays':['tue'],'from':'20:00','until':'21:00','zone':'Asia/Shanghai'}", false},
        {"{'weekdays':['mon'],'from':'12:01','zone':'UTC'}", false},
        {"{'not':{'weekdays':['mon'],'zone':'UTC'}}", false},
    };
    cart c = test_cart();
    CHECK_ROWS(rows, &c);
}

/* The tz database may lose a zone after a rule with it was saved. */
static const zone *no_zone(str name)
{
    (void)name;
    return NULL;
}

static void hours_of_a_zone_that_is_gone_are_unknown(void **state)
{
    (void)state;
    cart c = test_cart();
    rule_facts facts = test_facts(&c);
    rule_refusal why;
    const rule_program *p =
        test_program(RULE_PLACE_CART, "{'not':{'weekdays':['sun'],'zone':'UTC'}}");
    assert_true(rule_met(p, &facts));
    c.zones = no_zone;
    assert_false(rule_met(p, &facts));
    assert_true(rule_explain(p, &facts, S("c"), memory, &why));
    assert_str(why.reason, S("fact_unknown"));
    c.zones = NULL;
    assert_false(rule_met(p, &facts));
}

static void an_empty_tree_is_met_by_all(void **state)
{
    (void)state;
    cart c = test_cart();
    rule_facts facts = test_facts(&c);
    rule_refusal why;
    rule_program *p = rule_new(NULL, 0, RULE_PLACE_CART);
    assert_true(rule_met(p, &facts));
    assert_false(rule_explain(p, &facts, S("c"), memory, &why));
    assert_true(rule_index(p, memory).any);
    rule_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RULE_TEST(facts_of_the_cart),
        RULE_TEST(facts_of_the_shopper),
        RULE_TEST(what_the_caller_did_not_tell_meets_nothing),
        RULE_TEST(branches_and_negation),
        RULE_TEST(lines_are_asked_together),
        RULE_TEST(facts_of_a_line),
        RULE_TEST(windows_are_half_open),
        RULE_TEST(hours_of_a_zone_that_is_gone_are_unknown),
        RULE_TEST(an_empty_tree_is_met_by_all),
    };
    return cmocka_run_group_tests_name("eval", tests, NULL, NULL);
}

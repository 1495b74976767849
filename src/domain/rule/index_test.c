/* What the index gets of a rule: the best child of an `all`, all of an `any`, nothing it cannot
 * stand for. That it is sound for random trees is shown in rule_random_test.c. */
#include "domain/rule/rule_test.h"

/* The postings as text: "fact=value", "fact=low..high"; "any"; "never". */
static str postings_of(rule_place place, const char *text)
{
    rule_postings posts = rule_index(test_program(place, text), memory);
    str list_text = posts.any ? S("any") : posts.n == 0 ? S("never") : S("");
    for (size_t i = 0; i < posts.n; i++) {
        const rule_posting *p = &posts.items[i];
        str one = p->is_range ? arena_printf(memory, "%lld..%lld", (long long)p->low,
                                             p->high == INT64_MAX ? -1LL : (long long)p->high)
                              : p->value;
        list_text = arena_printf(memory, "%.*s%s%.*s=%.*s", STR_ARG(list_text), i > 0 ? " " : "",
                                 STR_ARG(p->fact), STR_ARG(one));
    }
    return list_text;
}

static void postings(void **state)
{
    (void)state;
#define BRAND "{'fact':'line.brand','is':'a'}"
#define SKUS  "{'fact':'line.sku','in':['x','y']}"
#define PRICE "{'fact':'line.unit_price','at_least':500}"
    const struct {
        rule_place place;
        const char *rule, *list;
    } rows[] = {
        {RULE_PLACE_LINE, "{'mode':'all'}", "any"},
        {RULE_PLACE_LINE, BRAND, "line.brand=a"},
        {RULE_PLACE_LINE, "{'not':" BRAND "}", "any"},
        {RULE_PLACE_LINE, "{'all':[" PRICE "," SKUS "," BRAND "]}", "line.brand=a"},
        {RULE_PLACE_LINE, "{'all':[{'not':" BRAND "}," PRICE "]}", "line.unit_price=500..-1"},
        {RULE_PLACE_LINE, "{'any':[" PRICE "," BRAND "]}", "line.unit_price=500..-1 line.brand=a"},
        {RULE_PLACE_LINE, "{'any':[{'not':" PRICE "}," BRAND "]}",
         "line.unit_price=-9223372036854775808..499 line.brand=a"},
        {RULE_PLACE_LINE, "{'any':[{'not':" SKUS "}," BRAND "]}", "any"},
        {RULE_PLACE_LINE, "{'fact':'line.tags','has_all':['b','a']}", "line.tags=b"},
        {RULE_PLACE_LINE, "{'fact':'line.on_sale','is':true}", "line.on_sale=1..1"},
        {RULE_PLACE_CART, "{'fact':'cart.subtotal','at_least':10000}", "cart.subtotal=10000..-1"},
        {RULE_PLACE_CART, "{'fact':'user.attribute.level','in':[3,1]}",
         "user.attribute.level=1..1 user.attribute.level=3..3"},
        {RULE_PLACE_CART, "{'from':'1970-01-01T00:00:01Z','until':'1970-01-01T00:00:02Z'}",
         "time=1000..1999"},
        {RULE_PLACE_CART, "{'zone':'UTC'}", "any"},
        {RULE_PLACE_CART, "{'lines':{'any':" BRAND "}}", "line.brand=a"},
        {RULE_PLACE_CART, "{'lines':{'where':" SKUS ",'all':" BRAND "}}", "line.brand=a"},
        {RULE_PLACE_CART, "{'lines':{'none':" BRAND "}}", "any"},
        {RULE_PLACE_CART, "{'not':{'lines':{'none':" BRAND "}}}", "line.brand=a"},
        {RULE_PLACE_CART, "{'lines':{'where':" BRAND ",'count_at_least':0}}", "any"},
        {RULE_PLACE_CART, "{'lines':{'where':" BRAND ",'sum_at_least':1}}", "line.brand=a"},
        {RULE_PLACE_CART, "{'lines':{'where':" BRAND ",'sum_at_most':9}}", "any"},
        {RULE_PLACE_CART, "{'lines':{'count_at_least':1}}", "any"},
        {RULE_PLACE_CART,
         "{'all':[{'fact':'cart.store','is':'s'},{'lines':{'any':" SKUS "}},{'zone':'UTC'}]}",
         "cart.store=s"},
        {RULE_PLACE_CART,
         "{'any':[{'fact':'cart.store','is':'s'},{'fact':'user.known','is':true}]}",
         "cart.store=s user.known=1..1"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        str list_text = postings_of(rows[i].place, rows[i].rule);
        if (!str_eq(list_text, str_of(rows[i].list))) {
            fail_msg("%s: %.*s", rows[i].rule, STR_ARG(list_text));
        }
    }
    str both = postings_of(RULE_PLACE_LINE, SKUS); /* in the order of the hash */
    assert_true(str_eq(both, S("line.sku=x line.sku=y")) ||
                str_eq(both, S("line.sku=y line.sku=x")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {RULE_TEST(postings)};
    return cmocka_run_group_tests_name("index", tests, NULL, NULL);
}

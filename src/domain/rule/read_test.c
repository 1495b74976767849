/* Reading rules: what is refused, with its path; the canonical text; limits. */
#include "domain/rule/rule_test.h"

typedef struct refusal {
    const char *rule, *field, *code;
} refusal;

/* The problem is among those found. */
static void check_refused(rule_place place, const refusal *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        rule_tree tree = test_read(place, rows[i].rule);
        bool seen = false;
        for (size_t k = 0; k < found->n; k++) {
            seen |= str_eq(found->items[k].field, str_of(rows[i].field)) &&
                    str_eq(found->items[k].code, str_of(rows[i].code));
            assert_true(found->items[k].detail.n > 0);
        }
        if (!seen || tree.n > 0) {
            fail_msg("%s: not %s %s but %.*s %.*s", rows[i].rule, rows[i].field, rows[i].code,
                     STR_ARG(found->items[0].field), STR_ARG(found->items[0].code));
        }
    }
}

static void shapes_that_are_no_tree_are_refused(void **state)
{
    (void)state;
    const refusal rows[] = {
        {"[]", "conditions", "wrong_type"},
        {"7", "conditions", "wrong_type"},
        {"null", "conditions", "wrong_type"},
        {"{}", "conditions", "required"},
        {"{'message':'x'}", "conditions", "required"},
        {"{'all':[]}", "conditions.all", "required"},
        {"{'all':{}}", "conditions.all", "wrong_type"},
        {"{'any':[7]}", "conditions.any[0]", "wrong_type"},
        {"{'not':[]}", "conditions.not", "wrong_type"},
        {"{'all':[{'fact':'cart.lines','is':1}],'any':[]}", "conditions.any", "unknown_field"},
        {"{'not':{'fact':'cart.lines','is':1,'x':1}}", "conditions.not.x", "unknown_field"},
        {"{'lines':7}", "conditions.lines", "wrong_type"},
        {"{'lines':{}}", "conditions.lines", "required"},
        {"{'lines':{'any':true}}", "conditions.lines.any", "wrong_type"},
        {"{'lines':{'some':true}}", "conditions.lines.some", "unknown_field"},
        {"{'lines':{'count_at_least':1,'count_at_most':2}}", "conditions.lines.count_at_most",
         "not_allowed"},
        {"{'lines':{'count_at_least':'1'}}", "conditions.lines.count_at_least", "wrong_type"},
        {"{'lines':{'sum_at_least':-1}}", "conditions.lines.sum_at_least", "out_of_range"},
        {"{'lines':{'quantity_at_least':500000001}}", "conditions.lines.quantity_at_least",
         "out_of_range"},
        {"{'lines':{'where':{'fact':'line.brand','is':7},'count_at_least':1}}",
         "conditions.lines.where.is", "wrong_type"},
        {"{'lines':{'any':{'lines':{'count_at_least':1}}}}", "conditions.lines.any.lines",
         "not_allowed"},
        {"{'lines':{'any':{'from':'2026-01-01T00:00:00Z'}}}", "conditions.lines.any",
         "not_allowed"},
        {"{'mode':'all'}", "conditions", "required"},
        {"{'all':[{'fact':'cart.lines','is':1},{'any':[{'fact':'x','is':1}]}]}",
         "conditions.all[1].any[0].fact", "not_allowed"},
        {"{'fact':'cart.lines','is':1,'message':7}", "conditions.message", "wrong_type"},
        {"{'fact':'cart.lines','is':1,'message':''}", "conditions.message", "too_short"},
    };
    check_refused(RULE_PLACE_CART, rows, ARRAY_LEN(rows));
}

static void comparisons_that_make_no_sense_are_refused(void **state)
{
    (void)state;
    const refusal rows[] = {
        {"{'fact':7,'is':1}", "conditions.fact", "wrong_type"},
        {"{'fact':'cart.total','is':1}", "conditions.fact", "not_allowed"},
        {"{'fact':'time','is':1}", "conditions.fact", "not_allowed"},
        {"{'fact':'line.sku','is':'a'}", "conditions.fact", "not_allowed"},
        {"{'fact':'cart.attribute.','is':'a'}", "conditions.fact", "out_of_range"},
        {"{'fact':'cart.lines'}", "conditions", "required"},
        {"{'fact':'cart.lines','equals':1}", "conditions.equals", "unknown_field"},
        {"{'fact':'cart.lines','is':1,'above':2}", "conditions.above", "not_allowed"},
        {"{'fact':'cart.lines','has_any':['a']}", "conditions.has_any", "not_allowed"},
        {"{'fact':'cart.store','at_least':1}", "conditions.at_least", "not_allowed"},
        {"{'fact':'user.tags','is':'a'}", "conditions.is", "not_allowed"},
        {"{'fact':'user.known','is_not':true}", "conditions.is_not", "not_allowed"},
        {"{'fact':'user.known','is':1}", "conditions.is", "wrong_type"},
        {"{'fact':'cart.lines','is':'1'}", "conditions.is", "wrong_type"},
        {"{'fact':'cart.lines','is':1.5}", "conditions.is", "wrong_type"},
        {"{'fact':'cart.lines','is':-1}", "conditions.is", "out_of_range"},
        {"{'fact':'cart.subtotal','is':1000000000000001}", "conditions.is", "out_of_range"},
        {"{'fact':'cart.lines','in':[]}", "conditions.in", "required"},
        {"{'fact':'cart.lines','in':[1,'2',3.5]}", "conditions.in[2]", "wrong_type"},
        {"{'fact':'cart.lines','in':[1,'2',3.5]}", "conditions.in[1]", "wrong_type"},
        {"{'fact':'cart.lines','in':1}", "conditions.in", "wrong_type"},
        {"{'fact':'cart.lines','in':[1,2,1]}", "conditions.in[2]", "duplicate"},
        {"{'fact':'user.tags','has_all':['a','a']}", "conditions.has_all[1]", "duplicate"},
        {"{'fact':'cart.lines','between':[1]}", "conditions.between", "wrong_type"},
        {"{'fact':'cart.lines','between':[2,1]}", "conditions.between", "out_of_range"},
        {"{'fact':'cart.lines','between':[1,'2']}", "conditions.between[1]", "wrong_type"},
        {"{'fact':'cart.store','is':''}", "conditions.is", "too_short"},
        {"{'fact':'cart.store','in':['a','']}", "conditions.in[1]", "too_short"},
        {"{'fact':'cart.store','in':['a','b\\u0001']}", "conditions.in[1]", "out_of_range"},
        {"{'fact':'cart.attribute.x','in':['a',1]}", "conditions.in[1]", "wrong_type"},
        {"{'fact':'cart.attribute.x','in':[1,'a']}", "conditions.in[1]", "wrong_type"},
        {"{'fact':'cart.attribute.x','is':true}", "conditions.is", "wrong_type"},
        {"{'fact':'cart.attribute.x','above':'a'}", "conditions.above", "wrong_type"},
    };
    check_refused(RULE_PLACE_CART, rows, ARRAY_LEN(rows));
}

#define AMOUNTS(list) "{'fact':'cart.subtotal','at_least':[" list "]}"
#define USD           "{'amount':9000,'currency':'USD'}"
#define CNY           "{'amount':7000,'currency':'CNY'}"
#define SEVERAL(them) "{'amount':[" them "],'currency':'USD'}"

static void amounts_by_currency_that_make_no_sense_are_refused(void **state)
{
    (void)state;
    const refusal rows[] = {
        {AMOUNTS(""), "conditions.at_least", "required"},
        {AMOUNTS("7000"), "conditions.at_least[0]", "wrong_type"},
        {AMOUNTS("{'amount':7000}"), "conditions.at_least[0]", "wrong_type"},
        {AMOUNTS("{'amount':7000,'currency':'USD','x':1}"), "conditions.at_least[0]", "wrong_type"},
        {AMOUNTS("{'amount':'7','currency':'USD'}"), "conditions.at_least[0].amount", "wrong_type"},
        {AMOUNTS("{'amount':-1,'currency':'USD'}"), "conditions.at_least[0].amount",
         "out_of_range"},
        {AMOUNTS("{'amount':1,'currency':'usd'}"), "conditions.at_least[0].currency",
         "not_allowed"},
        {AMOUNTS("{'amount':1,'currency':7}"), "conditions.at_least[0].currency", "not_allowed"},
        {AMOUNTS(USD "," CNY "," USD), "conditions.at_least[2]", "duplicate"},
        {AMOUNTS("1,1,1,1,1,1,1,1,1,1,1"), "conditions.at_least", "too_many"},
        {"{'fact':'cart.subtotal','is':[5]}", "conditions.is[0]", "wrong_type"},
        {"{'fact':'cart.subtotal','between':[" USD "," CNY "]}", "conditions.between[1].amount",
         "wrong_type"},
        {"{'fact':'cart.subtotal','between':[" SEVERAL("9,8") "]}", "conditions.between[0].amount",
         "out_of_range"},
        {"{'fact':'cart.subtotal','in':[" SEVERAL("9,9") "]}", "conditions.in[0].amount[1]",
         "duplicate"},
        {"{'fact':'cart.subtotal','not_in':[" SEVERAL("") "]}", "conditions.not_in[0].amount",
         "required"},
        {"{'fact':'cart.subtotal','in':[" SEVERAL("9,8") ",7]}", "conditions.in[1]", "wrong_type"},
        {"{'fact':'cart.subtotal','in':[7," SEVERAL("9,8") "]}", "conditions.in[1]", "wrong_type"},
        {"{'fact':'cart.lines','at_least':[" USD "]}", "conditions.at_least", "wrong_type"},
        {"{'fact':'cart.lines','between':[" USD "," CNY "]}", "conditions.between[0]",
         "wrong_type"},
        {"{'lines':{'count_at_least':[" USD "]}}", "conditions.lines.count_at_least", "wrong_type"},
        {"{'lines':{'sum_at_least':[]}}", "conditions.lines.sum_at_least", "required"},
        {"{'lines':{'sum_at_least':[7]}}", "conditions.lines.sum_at_least[0]", "wrong_type"},
        {"{'lines':{'sum_at_most':[" USD "," USD "]}}", "conditions.lines.sum_at_most[1]",
         "duplicate"},
        {"{'lines':{'sum_at_most':[" SEVERAL("1,2") "]}}", "conditions.lines.sum_at_most[0].amount",
         "wrong_type"},
        {"{'lines':{'where':{'fact':'line.sku'},'sum_at_most':[" USD "]}}",
         "conditions.lines.where", "required"},
        {"{'lines':{'any':{'fact':'line.unit_price','at_least':[{'amount':1,'currency':'$'}]}}}",
         "conditions.lines.any.at_least[0].currency", "not_allowed"},
        {"{'fact':'line.currency','is':'USD'}", "conditions.fact", "not_allowed"},
    };
    check_refused(RULE_PLACE_CART, rows, ARRAY_LEN(rows));
}

static void amounts_by_currency_are_the_tree_they_stand_for(void **state)
{
    (void)state;
    rule_tree tree = test_tree(RULE_PLACE_CART, "{'not':" AMOUNTS(USD "," CNY) "}");
    assert_str(test_written(tree, RULE_PLACE_CART),
               S("{\"not\":{\"any\":[{\"all\":[{\"fact\":\"cart.currency\",\"is\":\"USD\"},"
                 "{\"fact\":\"cart.subtotal\",\"at_least\":9000}]},"
                 "{\"all\":[{\"fact\":\"cart.currency\",\"is\":\"CNY\"},"
                 "{\"fact\":\"cart.subtotal\",\"at_least\":7000}]}]}}"));
    const char *three = "{'fact':'user.spent','below':[" USD "," CNY "],'message':'less'}";
    assert_int_equal(test_tree(RULE_PLACE_CART, three).n, 9);
}

/* What is compared with otherwise is the `amount`, whatever the operator takes. */
static void whatever_compares_money_takes_a_list(void **state)
{
    (void)state;
#define IN(currency, tree) "{'all':[{'fact':'cart.currency','is':'" currency "'}," tree "]}"
#define OF(currency, tree) "{'all':[{'fact':'line.currency','is':'" currency "'}," tree "]}"
#define NOT_A_OR_B         "'where':{'not':{'fact':'line.sku','in':['a','b']}},"
    static const struct {
        rule_place place;
        const char *listed, *tree;
    } rows[] = {
        {RULE_PLACE_CART, "{'fact':'cart.shipping','is':[" USD "]}",
         "{'any':[" IN("USD", "{'fact':'cart.shipping','is':9000}") "]}"},
        {RULE_PLACE_CART, "{'fact':'cart.shipping','is_not':[" USD "]}",
         "{'any':[" IN("USD", "{'fact':'cart.shipping','is_not':9000}") "]}"},
        {RULE_PLACE_CART, "{'fact':'user.spent','between':[" SEVERAL("1,2") "]}",
         "{'any':[" IN("USD", "{'fact':'user.spent','between':[1,2]}") "]}"},
        {RULE_PLACE_CART, "{'fact':'user.spent','in':[" SEVERAL("2,1") "]}",
         "{'any':[" IN("USD", "{'fact':'user.spent','in':[2,1]}") "]}"},
        {RULE_PLACE_CART, "{'fact':'user.spent','not_in':[" SEVERAL("2") "]}",
         "{'any':[" IN("USD", "{'fact':'user.spent','not_in':[2]}") "]}"},
        {RULE_PLACE_CART, "{'lines':{'sum_at_least':[" USD "," CNY "]},'message':'more'}",
         "{'any':[" IN("USD", "{'lines':{'sum_at_least':9000}}") "," IN(
             "CNY", "{'lines':{'sum_at_least':7000}}") "],'message':'more'}"},
        {RULE_PLACE_CART, "{'lines':{" NOT_A_OR_B "'sum_at_most':[" USD "," CNY "]}}",
         "{'any':[" IN("USD", "{'lines':{" NOT_A_OR_B "'sum_at_most':9000}}") "," IN(
             "CNY", "{'lines':{" NOT_A_OR_B "'sum_at_most':7000}}") "]}"},
        {RULE_PLACE_CART, "{'lines':{'none':{'fact':'line.unit_price','above':[" CNY "]}}}",
         "{'lines':{'none':{'any':[" OF("CNY", "{'fact':'line.unit_price','above':7000}") "]}}}"},
        {RULE_PLACE_LINE, "{'fact':'line.unit_price','between':[" SEVERAL("1,2") "]}",
         "{'any':[" OF("USD", "{'fact':'line.unit_price','between':[1,2]}") "]}"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        rule_tree listed = test_tree(rows[i].place, rows[i].listed);
        rule_tree tree = test_tree(rows[i].place, rows[i].tree);
        assert_str(test_written(listed, rows[i].place), test_written(tree, rows[i].place));
        assert_true(rule_amounts_have_currencies(listed.items, listed.n));
    }
}

/* Amounts are told apart by currency: itself, below a node that is, or in a tree below `lines`. */
static void whether_amounts_have_currencies(void **state)
{
    (void)state;
    const struct {
        const char *rule;
        bool has;
    } rows[] = {
        {"{'fact':'cart.lines','at_least':2}", true},
        {"{'fact':'cart.subtotal','at_least':2}", false},
        {AMOUNTS(USD "," CNY), true},
        {"{'not':" AMOUNTS(USD) "}", true},
        {"{'all':[{'fact':'cart.subtotal','above':2},{'fact':'cart.currency','is':'USD'}]}", true},
        {"{'all':[{'any':[{'fact':'cart.subtotal','above':2},{'fact':'user.spent','above':5}]},"
         "{'fact':'cart.currency','in':['USD']}]}",
         true},
        {"{'all':[{'fact':'cart.subtotal','above':2},{'fact':'cart.currency','in':['USD','EUR']}]}",
         false},
        {"{'all':[{'fact':'cart.subtotal','above':2},{'fact':'cart.currency','is_not':'USD'}]}",
         false},
        {"{'any':[{'fact':'cart.subtotal','above':2},{'fact':'cart.currency','is':'USD'}]}", false},
        {"{'all':[{'fact':'cart.subtotal','above':2},{'not':{'fact':'cart.currency','is':'USD'}}]}",
         false},
        {"{'all':[{'all':[{'fact':'cart.currency','is':'USD'}]},{'fact':'user.spent','above':2}]}",
         false},
        {"{'lines':{'sum_at_least':5}}", false},
        {"{'lines':{'count_at_least':5}}", true},
        {"{'lines':{'any':{'fact':'line.unit_price','above':5}}}", false},
        {"{'all':[{'fact':'cart.currency','is':'USD'},{'lines':{'where':{'fact':'line.unit_price',"
         "'above':5},'sum_at_least':5}}]}",
         true},
        {"{'all':[{'all':[{'fact':'cart.currency','is':'USD'},{'fact':'cart.lines','is':1}]},"
         "{'lines':{'where':{'fact':'line.sku','in':['a','b']},'sum_at_most':5}}]}",
         false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        rule_tree tree = test_tree(RULE_PLACE_CART, rows[i].rule);
        if (rule_amounts_have_currencies(tree.items, tree.n) != rows[i].has) {
            fail_msg("%s: not %d", rows[i].rule, rows[i].has);
        }
    }
    rule_tree scope = test_tree(RULE_PLACE_LINE, "{'fact':'line.unit_price','above':5}");
    assert_false(rule_amounts_have_currencies(scope.items, scope.n));
    scope = test_tree(RULE_PLACE_LINE, "{'all':[{'fact':'line.unit_price','above':5},"
                                       "{'fact':'line.currency','in':['USD','EUR']}]}");
    assert_false(rule_amounts_have_currencies(scope.items, scope.n));
    assert_true(rule_amounts_have_currencies(NULL, 0));
}

static void times_that_are_none_are_refused(void **state)
{
    (void)state;
    const refusal rows[] = {
        {"{'weekdays':['mon']}", "conditions.zone", "required"},
        {"{'zone':'Mars/Olympus'}", "conditions.zone", "not_allowed"},
        {"{'zone':'asia/shanghai'}", "conditions.zone", "not_allowed"},
        {"{'zone':7}", "conditions.zone", "wrong_type"},
        {"{'weekdays':[],'zone':'UTC'}", "conditions.weekdays", "wrong_type"},
        {"{'weekdays':['Mon'],'zone':'UTC'}", "conditions.weekdays[0]", "not_allowed"},
        {"{'weekdays':['mon','mon'],'zone':'UTC'}", "conditions.weekdays[1]", "duplicate"},
        {"{'from':'24:00','zone':'UTC'}", "conditions.from", "bad_format"},
        {"{'from':'9:00','zone':'UTC'}", "conditions.from", "bad_format"},
        {"{'from':'09:60','zone':'UTC'}", "conditions.from", "bad_format"},
        {"{'from':'09-00','zone':'UTC'}", "conditions.from", "bad_format"},
        {"{'until':'00:00','zone':'UTC'}", "conditions.until", "bad_format"},
        {"{'until':'24:01','zone':'UTC'}", "conditions.until", "bad_format"},
        {"{'until':9,'zone':'UTC'}", "conditions.until", "wrong_type"},
        {"{'until':'18:00'}", "conditions.until", "bad_format"},
        {"{'from':7}", "conditions.from", "wrong_type"},
        {"{'from':'2026-11-11'}", "conditions.from", "bad_format"},
        {"{'from':'1970-01-01T00:00:00Z'}", "conditions", "out_of_range"},
        {"{'from':'2026-01-01T00:00:00Z','until':'2026-01-01T00:00:00Z'}", "conditions.until",
         "out_of_range"},
        {"{'from':'2026-01-01T00:00:00Z','on':1}", "conditions.on", "unknown_field"},
    };
    check_refused(RULE_PLACE_CART, rows, ARRAY_LEN(rows));
}

static void scopes_in_short_are_checked_too(void **state)
{
    (void)state;
    const refusal rows[] = {
        {"{'mode':'some'}", "scope.mode", "not_allowed"},
        {"{'mode':7}", "scope.mode", "not_allowed"},
        {"{'mode':'some','skus':['a',7]}", "scope.skus[1]", "wrong_type"},
        {"{'mode':'only'}", "scope", "required"},
        {"{'mode':'only','skus':[]}", "scope", "required"},
        {"{'mode':'except'}", "scope", "required"},
        {"{'mode':'except','categories':[]}", "scope", "required"},
        {"{'mode':'only','skus':['a','b','a','b']}", "scope.skus[3]", "duplicate"},
        {"{'mode':'all','skus':['a']}", "scope", "not_allowed"},
        {"{'mode':'only','skus':['a',7]}", "scope.skus[1]", "wrong_type"},
        {"{'mode':'only','skus':{}}", "scope.skus", "wrong_type"},
        {"{'mode':'except','categories':['']}", "scope.categories[0]", "too_short"},
        {"{'mode':'only','skus':['a'],'brands':['b']}", "scope.brands", "unknown_field"},
        {"{'mode':'all','message':'m'}", "scope.message", "unknown_field"},
        {"{'fact':'cart.lines','is':1}", "scope.fact", "not_allowed"},
        {"{'zone':'UTC'}", "scope", "not_allowed"},
        {"{'lines':{'count_at_least':1}}", "scope.lines", "not_allowed"},
    };
    check_refused(RULE_PLACE_LINE, rows, ARRAY_LEN(rows));
}

static void every_problem_is_told_at_once(void **state)
{
    (void)state;
    (void)test_read(RULE_PLACE_CART,
                    "{'all':[{'fact':'x','is':1},{'fact':'cart.lines','is':'x','message':''},"
                    "{'lines':{'where':{'fact':'line.brand','in':['a','']},'count_at_least':-1}},"
                    "{'weekdays':['x'],'from':'x','until':'x','zone':'x'}]}");
    assert_int_equal(found->n, 9);
}

static void the_canonical_text(void **state)
{
    (void)state;
    const struct {
        rule_place place;
        const char *from, *to; /* NULL: as it was */
    } rows[] = {
        {RULE_PLACE_CART, "{'fact':'cart.subtotal','at_least':10000,'message':'m'}", NULL},
        {RULE_PLACE_CART, "{'message':'m','at_least':1,'fact':'cart.lines'}",
         "{'fact':'cart.lines','at_least':1,'message':'m'}"},
        {RULE_PLACE_CART, "{'zone':'UTC'}",
         "{'weekdays':['mon','tue','wed','thu','fri','sat','sun'],'from':'00:00','until':'24:00',"
         "'zone':'UTC'}"},
        {RULE_PLACE_CART, "{'weekdays':['sun','mon'],'from':'22:05','until':'02:00','zone':'UTC'}",
         "{'weekdays':['mon','sun'],'from':'22:05','until':'02:00','zone':'UTC'}"},
        {RULE_PLACE_CART, "{'until':'2026-11-11T00:00:00+08:00'}",
         "{'until':'2026-11-10T16:00:00.000Z'}"},
        {RULE_PLACE_CART, "{'fact':'user.attribute.x y','in':['b','a','c']}", NULL},
        {RULE_PLACE_CART, "{'fact':'user.first_order','is':true}", NULL},
        {RULE_PLACE_CART,
         "{'lines':{'any':{'fact':'line.sku','is':'a'},'where':"
         "{'fact':'line.gift','is':false}}}",
         "{'lines':{'where':{'fact':'line.gift','is':false},'any':{'fact':'line.sku','is':'a'}}}"},
        {RULE_PLACE_LINE, "{'mode':'all','skus':[]}", "{'mode':'all'}"},
        {RULE_PLACE_LINE, "{'mode':'only','categories':['x'],'skus':['b','a']}",
         "{'mode':'only','skus':['b','a'],'categories':['x']}"},
        {RULE_PLACE_LINE, "{'mode':'except','categories':['x']}", NULL},
        {RULE_PLACE_LINE, "{'fact':'line.sku','in':['a']}", "{'mode':'only','skus':['a']}"},
        {RULE_PLACE_LINE, "{'not':{'fact':'line.sku','in':['a']}}",
         "{'mode':'except','skus':['a']}"},
        {RULE_PLACE_LINE, "{'fact':'line.sku','in':['a'],'message':'m'}", NULL},
        {RULE_PLACE_LINE, "{'any':[{'fact':'line.sku','in':['a']}]}", NULL},
        {RULE_PLACE_LINE, "{'not':{'not':{'fact':'line.sku','in':['a']}}}", NULL},
        {RULE_PLACE_LINE, "{'fact':'line.brand','in':['a']}", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        rule_tree tree = test_tree(rows[i].place, rows[i].from);
        str text = test_written(tree, rows[i].place);
        char *p = (char *)(uintptr_t)text.p;
        for (size_t k = 0; k < text.n; k++) {
            p[k] = p[k] == '"' ? '\'' : p[k];
        }
        assert_string_equal(text.p, rows[i].to != NULL ? rows[i].to : rows[i].from);
    }
}

/* before, n times middle, after. */
static const char *repeated(const char *before, const char *middle, size_t n, const char *after)
{
    buf b;
    bool is_node = middle[0] == '{' && str_ends(str_of(middle), S("}"));
    buf_init(&b, 8 * 1024 * 1024);
    buf_str(&b, str_of(before));
    for (size_t i = 0; i < n; i++) {
        buf_str(&b, i > 0 && is_node ? S(",") : S(""));
        buf_str(&b, str_of(middle));
    }
    buf_str(&b, str_of(after));
    str text = arena_str(memory, buf_view(&b));
    buf_free(&b);
    return text.p;
}

static void trees_are_bounded(void **state)
{
    (void)state;
#define LEAF "{'fact':'cart.lines','is':1}"
    const char *deep = repeated("", "{'not':", RULE_DEPTH_MAX - 1, LEAF);
    const char *full = repeated(deep, "}", RULE_DEPTH_MAX - 1, "");
    (void)test_tree(RULE_PLACE_CART, full);
    deep = repeated("", "{'not':", RULE_DEPTH_MAX, LEAF);
    (void)test_read(RULE_PLACE_CART, repeated(deep, "}", RULE_DEPTH_MAX, ""));
    assert_str(found->items[0].code, S("too_deep"));

    (void)test_tree(RULE_PLACE_CART, repeated("{'all':[", LEAF, RULE_NODES_MAX - 1, "]}"));
    (void)test_read(RULE_PLACE_CART, repeated("{'all':[", LEAF, RULE_NODES_MAX, "]}"));
    assert_int_equal(found->n, 1);
    assert_str(found->items[0].code, S("too_many"));
    (void)test_read(RULE_PLACE_CART, repeated("{'all':[", LEAF, RULE_NODES_MAX + 1, "]}"));
    assert_str(found->items[0].field, S("conditions.all"));

    deep = repeated("", "{'not':", RULE_DEPTH_MAX - 3, AMOUNTS(USD));
    (void)test_tree(RULE_PLACE_CART, repeated(deep, "}", RULE_DEPTH_MAX - 3, ""));
    deep = repeated("", "{'not':", RULE_DEPTH_MAX - 2, AMOUNTS(USD));
    (void)test_read(RULE_PLACE_CART, repeated(deep, "}", RULE_DEPTH_MAX - 2, ""));
    assert_str(found->items[0].code, S("too_deep"));
    size_t fit = (RULE_NODES_MAX - 1) / 4;
    (void)test_tree(RULE_PLACE_CART, repeated("{'all':[", AMOUNTS(USD), fit, "]}"));
    (void)test_read(RULE_PLACE_CART, repeated("{'all':[", AMOUNTS(USD), fit + 1, "]}"));
    assert_int_equal(found->n, 1);
    assert_str(found->items[0].code, S("too_many"));

    const char *long_text = repeated("{'fact':'cart.store','is':'", "x", RULE_TEXT_MAX, "'}");
    (void)test_tree(RULE_PLACE_CART, long_text);
    long_text = repeated("{'fact':'cart.store','is':'", "x", RULE_TEXT_MAX + 1, "'}");
    (void)test_read(RULE_PLACE_CART, long_text);
    assert_str(found->items[0].code, S("too_long"));
    (void)test_read(RULE_PLACE_CART, repeated("{'fact':'cart.lines','is':1,'message':'", "x",
                                              RULE_MESSAGE_MAX + 1, "'}"));
    assert_str(found->items[0].field, S("conditions.message"));
}

/* {'fact':'line.sku','in':['s0','s1', …]} */
static const char *long_list(const char *before, size_t n)
{
    buf b;
    buf_init(&b, 8 * 1024 * 1024);
    buf_str(&b, str_of(before));
    for (size_t i = 0; i < n; i++) {
        buf_printf(&b, "%s'sku-%zu'", i > 0 ? "," : "", i);
    }
    buf_str(&b, S("]}"));
    str text = arena_str(memory, buf_view(&b));
    buf_free(&b);
    return text.p;
}

/* A filter stands once for each currency, as deep as that is, and counts so often. */
static void a_listed_filter_counts_for_each_currency(void **state)
{
    (void)state;
#define SUMS "{'lines':{'sum_at_least':[" USD "," CNY "],'where':"
    const char *skus = SUMS "{'fact':'line.sku','in':[";
    rule_tree tree =
        test_tree(RULE_PLACE_CART, repeated(long_list(skus, RULE_VALUES_MAX / 4), "}", 2, ""));
    assert_int_equal(tree.n, 1 + 2 * (1 + 2 + 1 + 1 + RULE_VALUES_MAX / 4));
    (void)test_read(RULE_PLACE_CART,
                    repeated(long_list(skus, RULE_VALUES_MAX / 2 + 1), "}", 2, ""));
    assert_str(found->items[0].field, S("conditions.lines.sum_at_least"));
    assert_str(found->items[0].code, S("too_many"));

#define GIFT "{'fact':'line.gift','is':true}"
    size_t fit = (RULE_NODES_MAX - 1) / 2 - 4; /* beside ANY; each with ALL, IS, LINES and ALL */
    (void)test_tree(RULE_PLACE_CART, repeated(SUMS "{'all':[", GIFT, fit, "]}}}"));
    (void)test_read(RULE_PLACE_CART, repeated(SUMS "{'all':[", GIFT, fit + 1, "]}}}"));
    assert_str(found->items[0].field, S("conditions.lines.sum_at_least"));
    assert_str(found->items[0].code, S("too_many"));

    const char *deep = repeated(SUMS, "{'not':", RULE_DEPTH_MAX - 4, GIFT);
    (void)test_tree(RULE_PLACE_CART, repeated(deep, "}", RULE_DEPTH_MAX - 4 + 2, ""));
    deep = repeated(SUMS, "{'not':", RULE_DEPTH_MAX - 3, GIFT);
    (void)test_read(RULE_PLACE_CART, repeated(deep, "}", RULE_DEPTH_MAX - 3 + 2, ""));
    assert_str(found->items[0].code, S("too_deep"));
    deep = repeated("", "{'not':", RULE_DEPTH_MAX - 3, "{'lines':{'sum_at_least':[" USD "]}}");
    (void)test_tree(RULE_PLACE_CART, repeated(deep, "}", RULE_DEPTH_MAX - 3, ""));
    deep = repeated("", "{'not':", RULE_DEPTH_MAX - 2, "{'lines':{'sum_at_least':[" USD "]}}");
    (void)test_read(RULE_PLACE_CART, repeated(deep, "}", RULE_DEPTH_MAX - 2, ""));
    assert_str(found->items[0].code, S("too_deep"));
}

static void the_longest_list_is_exact(void **state)
{
    (void)state;
    const rule_program *p =
        test_program(RULE_PLACE_LINE, long_list("{'fact':'line.sku','in':[", RULE_VALUES_MAX));
    for (size_t i = 0; i < RULE_VALUES_MAX + 1000; i++) {
        order_line line = {.sku = arena_printf(memory, "sku-%zu", i)};
        assert_int_equal(rule_line(p, &line, S("USD"), false), i < RULE_VALUES_MAX);
        line.sku = arena_printf(memory, "Sku-%zu", i);
        assert_false(rule_line(p, &line, S("USD"), false));
    }
    assert_int_equal(rule_index(p, memory).n, RULE_VALUES_MAX);
    (void)test_read(RULE_PLACE_LINE, long_list("{'fact':'line.sku','in':[", RULE_VALUES_MAX + 1));
    assert_str(found->items[0].code, S("too_many"));
    assert_str(found->items[0].field, S("scope.in"));
    /* A single text is a value, too. */
    const char *full = long_list("{'all':[{'fact':'line.sku','in':[", RULE_VALUES_MAX);
    (void)test_read(RULE_PLACE_LINE, repeated(full, ",{'fact':'line.brand','is':'x'}", 1, "]}"));
    assert_str(found->items[0].code, S("too_many"));
    assert_str(found->items[0].field, S("scope.all[1].is"));
    (void)test_read(RULE_PLACE_CART,
                    long_list("{'fact':'user.tags','has_all':[", RULE_ALL_OF_MAX + 1));
    assert_str(found->items[0].field, S("conditions.has_all"));
    (void)test_tree(RULE_PLACE_CART, long_list("{'fact':'user.tags','has_all':[", RULE_ALL_OF_MAX));
}

static void what_costs_too_much_is_refused_with_the_figure(void **state)
{
    (void)state;
    const char *node = "{'lines':{'any':{'fact':'line.tags','has_any':['a']}}}";
    rule_tree one = test_tree(RULE_PLACE_CART, node);
    uint64_t cost = rule_cost(one.items, one.n, RULE_PLACE_CART);
    assert_int_equal(cost, CART_LINES_MAX * (CART_TAGS_MAX + 1));
    size_t fits = (RULE_COST_MAX - 1) / cost;
    (void)test_tree(RULE_PLACE_CART, repeated("{'all':[", node, fits, "]}"));
    (void)test_read(RULE_PLACE_CART, repeated("{'all':[", node, fits + 1, "]}"));
    assert_str(found->items[0].code, S("too_costly"));
    str figure =
        arena_printf(memory, "%llu comparisons", (unsigned long long)((fits + 1) * cost + 1));
    bool told = false;
    for (size_t i = 0; i + figure.n <= found->items[0].detail.n; i++) {
        told |= memcmp(found->items[0].detail.p + i, figure.p, figure.n) == 0;
    }
    assert_true(told);
}

/* Any change of one byte of a sound tree is a sound tree or told apart; nothing reads beyond. */
static void nodes_that_are_no_tree_are_unsound(void **state)
{
    (void)state;
    rule_tree tree = test_tree(
        RULE_PLACE_CART, "{'all':[{'fact':'cart.store','in':['a','b']},{'lines':{'where':{'fact':"
                         "'line.sku','is':'x'},'count_at_least':2}},{'zone':'UTC'},{'not':{'from':"
                         "'2026-01-01T00:00:00Z'}},{'fact':'user.attribute.x','between':[1,2]}]}");
    size_t unsound = 0;
    assert_true(rule_is_sound(tree.items, tree.n, RULE_PLACE_CART));
    assert_false(rule_is_sound(tree.items, tree.n, RULE_PLACE_LINE));
    for (size_t n = 1; n < tree.n; n++) {
        assert_false(rule_is_sound(tree.items, n, RULE_PLACE_CART));
    }
    for (size_t i = 0; i < tree.n; i++) {
        for (unsigned v = 0; v < 256; v++) {
            rule_node was = tree.items[i];
            uint8_t *bytes[] = {&tree.items[i].op, &tree.items[i].fact,
                                (uint8_t *)&tree.items[i].n};
            for (size_t k = 0; k < ARRAY_LEN(bytes); k++) {
                *bytes[k] = (uint8_t)v;
                if (rule_is_sound(tree.items, tree.n, RULE_PLACE_CART)) {
                    rule_free(rule_new(tree.items, tree.n, RULE_PLACE_CART));
                } else {
                    unsound++;
                }
                tree.items[i] = was;
            }
        }
    }
    assert_true(unsound > tree.n * 256 * 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RULE_TEST(shapes_that_are_no_tree_are_refused),
        RULE_TEST(comparisons_that_make_no_sense_are_refused),
        RULE_TEST(amounts_by_currency_that_make_no_sense_are_refused),
        RULE_TEST(amounts_by_currency_are_the_tree_they_stand_for),
        RULE_TEST(whatever_compares_money_takes_a_list),
        RULE_TEST(a_listed_filter_counts_for_each_currency),
        RULE_TEST(whether_amounts_have_currencies),
        RULE_TEST(times_that_are_none_are_refused),
        RULE_TEST(scopes_in_short_are_checked_too),
        RULE_TEST(every_problem_is_told_at_once),
        RULE_TEST(the_canonical_text),
        RULE_TEST(trees_are_bounded),
        RULE_TEST(the_longest_list_is_exact),
        RULE_TEST(what_costs_too_much_is_refused_with_the_figure),
        RULE_TEST(nodes_that_are_no_tree_are_unsound),
    };
    return cmocka_run_group_tests_name("read", tests, NULL, NULL);
}

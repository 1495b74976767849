/* Refusals: the node, the reason, what is missing, whose message; and which of several nodes. */
#include "domain/rule/rule_test.h"

typedef struct row {
    const char *rule, *path, *reason, *fact;
    int distance;
    int64_t missing;
} row;

static rule_refusal refusal_of(const char *text)
{
    cart c = test_cart();
    rule_facts facts = test_facts(&c);
    rule_refusal why = {.missing = -1};
    const rule_program *p = test_program(RULE_PLACE_CART, text);
    if (!rule_explain(p, &facts, S("conditions"), memory, &why)) {
        fail_msg("%s is met", text);
    }
    assert_false(rule_met(p, &facts));
    return why;
}

static void check_rows(const row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        rule_refusal why = refusal_of(rows[i].rule);
        if (!str_eq(why.path, str_of(rows[i].path)) ||
            !str_eq(why.reason, str_of(rows[i].reason)) ||
            !str_eq(why.fact, str_of(rows[i].fact)) || (int)why.distance != rows[i].distance ||
            why.missing != rows[i].missing) {
            fail_msg("%s: %.*s %.*s %.*s %d %lld", rows[i].rule, STR_ARG(why.path),
                     STR_ARG(why.reason), STR_ARG(why.fact), (int)why.distance,
                     (long long)why.missing);
        }
    }
}

enum {
    NONE = RULE_DISTANCE_NONE,
    MONEY = RULE_DISTANCE_MONEY,
    ITEMS = RULE_DISTANCE_ITEMS,
    COUNT = RULE_DISTANCE_COUNT,
    TIME = RULE_DISTANCE_TIME,
};
#define NOON INT64_C(1793620800000) /* of the cart: Monday, 2026-11-02T12:00:00Z */

static void reasons_and_distances(void **state)
{
    (void)state;
    const row rows[] = {
        {"{'fact':'cart.subtotal','at_least':8700}", "conditions", "too_low", "cart.subtotal",
         MONEY, 1200},
        {"{'fact':'cart.subtotal','above':7500}", "conditions", "too_low", "cart.subtotal", MONEY,
         1},
        {"{'fact':'cart.subtotal','at_most':7000}", "conditions", "too_high", "cart.subtotal",
         MONEY, 500},
        {"{'not':{'fact':'cart.subtotal','at_least':7000}}", "conditions.not", "too_high",
         "cart.subtotal", MONEY, 501},
        {"{'fact':'cart.quantity','at_least':4}", "conditions", "too_low", "cart.quantity", ITEMS,
         1}, /* half a unit more */
        {"{'fact':'cart.quantity','between':[1,2]}", "conditions", "too_high", "cart.quantity",
         ITEMS, 2},
        {"{'fact':'cart.lines','is':5}", "conditions", "too_low", "cart.lines", COUNT, 3},
        {"{'fact':'cart.lines','is_not':2}", "conditions", "listed", "cart.lines", COUNT, 1},
        {"{'not':{'fact':'cart.subtotal','between':[7000,7600]}}", "conditions.not", "listed",
         "cart.subtotal", MONEY, 101},
        {"{'fact':'cart.lines','in':[7,1,4]}", "conditions", "not_listed", "cart.lines", COUNT, 2},
        {"{'fact':'cart.lines','in':[1,0]}", "conditions", "not_listed", "cart.lines", NONE, 0},
        {"{'fact':'cart.lines','not_in':[2,7]}", "conditions", "listed", "cart.lines", NONE, 0},
        {"{'fact':'cart.quantity','in':[3,9]}", "conditions", "not_listed", "cart.quantity", ITEMS,
         6},
        {"{'fact':'user.last_order_days','in':[90]}", "conditions", "not_listed",
         "user.last_order_days", NONE, 0},
        {"{'fact':'user.attribute.none','in':[90]}", "conditions", "fact_unknown",
         "user.attribute.none", NONE, 0},
        {"{'fact':'cart.store','in':['x','y']}", "conditions", "not_listed", "cart.store", NONE, 0},
        {"{'fact':'cart.store','is_not':'s-1'}", "conditions", "listed", "cart.store", NONE, 0},
        {"{'fact':'user.tags','has_all':['gold','vip']}", "conditions", "not_listed", "user.tags",
         NONE, 0},
        {"{'fact':'user.tags','has_none':['gold']}", "conditions", "listed", "user.tags", NONE, 0},
        {"{'fact':'user.first_order','is':true}", "conditions", "differs", "user.first_order", NONE,
         0},
        {"{'fact':'user.orders','at_least':5}", "conditions", "too_low", "user.orders", COUNT, 2},
        {"{'fact':'user.spent','at_least':60000}", "conditions", "too_low", "user.spent", MONEY,
         10000},
        {"{'fact':'user.last_order_days','at_least':90}", "conditions", "too_low",
         "user.last_order_days", TIME, NOON + 50 * MS_DAY},
        {"{'fact':'user.last_order_days','at_most':30}", "conditions", "too_high",
         "user.last_order_days", NONE, 0},
        {"{'fact':'user.attribute.age','at_least':35}", "conditions", "too_low",
         "user.attribute.age", COUNT, 5},
        {"{'fact':'user.attribute.none','at_least':35}", "conditions", "fact_unknown",
         "user.attribute.none", NONE, 0},
        {"{'fact':'cart.attribute.none','is':'x'}", "conditions", "fact_unknown",
         "cart.attribute.none", NONE, 0},
    };
    check_rows(rows, ARRAY_LEN(rows));
}

static void times_tell_from_when(void **state)
{
    (void)state;
    const row rows[] = {
        {"{'from':'2026-11-11T00:00:00Z'}", "conditions", "too_early", "", TIME,
         INT64_C(1794355200000)},
        {"{'until':'2026-11-01T00:00:00Z'}", "conditions", "too_late", "", NONE, 0},
        {"{'not':{'from':'2026-11-02T00:00:00Z','until':'2026-11-03T00:00:00Z'}}", "conditions.not",
         "inside_window", "", TIME, NOON + 12 * MS_HOUR},
        {"{'not':{'until':'2026-11-03T00:00:00Z'}}", "conditions.not", "too_early", "", TIME,
         NOON + 12 * MS_HOUR},
        {"{'from':'18:00','until':'22:00','zone':'UTC'}", "conditions", "outside_hours", "", TIME,
         NOON + 6 * MS_HOUR},
        {"{'weekdays':['sat'],'zone':'Asia/Shanghai'}", "conditions", "outside_hours", "", TIME,
         NOON + 4 * MS_DAY + 4 * MS_HOUR},
        {"{'not':{'weekdays':['mon'],'zone':'UTC'}}", "conditions.not", "inside_hours", "", TIME,
         NOON + 12 * MS_HOUR},
        {"{'not':{'zone':'UTC'}}", "conditions.not", "inside_hours", "", NONE, 0},
    };
    check_rows(rows, ARRAY_LEN(rows));
}

static void amounts_by_currency_tell_that_of_the_cart(void **state)
{
    (void)state;
    const row rows[] = {
        {"{'fact':'cart.subtotal','at_least':[{'amount':1,'currency':'USD'},{'amount':8700,"
         "'currency':'CNY'},{'amount':9,'currency':'EUR'}]}",
         "conditions.any[1].all[1]", "too_low", "cart.subtotal", MONEY, 1200},
        {"{'fact':'cart.subtotal','at_least':[{'amount':1,'currency':'USD'}]}",
         "conditions.any[0].all[0]", "not_listed", "cart.currency", NONE, 0},
    };
    check_rows(rows, ARRAY_LEN(rows));
}

static void lines_tell_how_many(void **state)
{
    (void)state;
    const row rows[] = {
        {"{'lines':{'any':{'fact':'line.brand','is':'x'}}}", "conditions", "lines_too_few", "",
         COUNT, 1},
        {"{'lines':{'none':{'fact':'line.brand','is':'acme'}}}", "conditions", "lines_too_many", "",
         COUNT, 1},
        {"{'lines':{'all':{'fact':'line.brand','is':'acme'}}}", "conditions", "lines_unfit", "",
         COUNT, 1},
        {"{'lines':{'where':{'fact':'line.brand','is':'x'},'all':{'fact':'line.gift','is':true}}}",
         "conditions", "lines_unfit", "", NONE, 0},
        {"{'not':{'lines':{'all':{'fact':'line.shipping','is':false}}}}", "conditions.not",
         "lines_all_fit", "", NONE, 0},
        {"{'lines':{'count_at_least':5}}", "conditions", "lines_too_few", "", COUNT, 3},
        {"{'lines':{'where':{'fact':'line.brand','is':'acme'},'quantity_at_least':3}}",
         "conditions", "lines_too_few", "", ITEMS, 1},
        {"{'lines':{'where':{'fact':'line.brand','is':'acme'},'sum_at_least':7200}}", "conditions",
         "lines_too_few", "", MONEY, 1200},
        {"{'lines':{'sum_at_most':7000}}", "conditions", "lines_too_many", "", MONEY, 500},
    };
    check_rows(rows, ARRAY_LEN(rows));
}

static void of_all_the_farthest_speaks_and_of_any_the_nearest(void **state)
{
    (void)state;
#define MET    "{'fact':'cart.lines','is':2}"
#define NEAR   "{'fact':'cart.subtotal','at_least':8000}"
#define FAR    "{'fact':'cart.subtotal','at_least':80000}"
#define LATER  "{'from':'18:00','until':'22:00','zone':'UTC'}"
#define NEVER  "{'fact':'cart.store','is':'x'}"
#define EXCESS "{'fact':'cart.lines','at_most':1}"
    const row rows[] = {
        {"{'all':[" MET "," NEAR "," FAR "]}", "conditions.all[2]", "too_low", "cart.subtotal",
         MONEY, 72500},
        {"{'all':[" NEAR "," NEVER "," FAR "]}", "conditions.all[1]", "not_listed", "cart.store",
         NONE, 0},
        {"{'all':[" NEVER "," NEVER "]}", "conditions.all[0]", "not_listed", "cart.store", NONE, 0},
        {"{'all':[" FAR "," LATER "]}", "conditions.all[1]", "outside_hours", "", TIME,
         NOON + 6 * MS_HOUR},
        {"{'any':[" NEVER "," FAR "," NEAR "]}", "conditions.any[2]", "too_low", "cart.subtotal",
         MONEY, 500},
        {"{'any':[" EXCESS "," LATER "," NEVER "]}", "conditions.any[1]", "outside_hours", "", TIME,
         NOON + 6 * MS_HOUR},
        {"{'any':[" NEVER "," EXCESS "]}", "conditions.any[1]", "too_high", "cart.lines", COUNT, 1},
        {"{'any':[{'all':[" NEAR "," NEVER "]}," FAR "]}", "conditions.any[1]", "too_low",
         "cart.subtotal", MONEY, 72500},
        {"{'not':{'any':[" NEVER "," MET ",{'not':" NEAR "}]}}", "conditions.not.any[1]", "listed",
         "cart.lines", COUNT, 1},
        {"{'not':{'all':[" MET ",{'not':" NEAR "}]}}", "conditions.not.all[1].not", "too_low",
         "cart.subtotal", MONEY, 500},
    };
    check_rows(rows, ARRAY_LEN(rows));
}

static void the_nearest_message_is_told(void **state)
{
    (void)state;
    const struct {
        const char *rule, *message;
    } rows[] = {
        {"{'fact':'cart.store','is':'x'}", ""},
        {"{'fact':'cart.store','is':'x','message':'own'}", "own"},
        {"{'all':[{'fact':'cart.store','is':'x'}],'message':'above'}", "above"},
        {"{'all':[{'fact':'cart.store','is':'x','message':'own'}],'message':'above'}", "own"},
        {"{'all':[{'any':[{'not':{'fact':'cart.store','is':'s-1'}}]}],'message':'far above'}",
         "far above"},
        {"{'any':[{'fact':'cart.store','is':'x','message':'one'},{'fact':'cart.lines','is':3,"
         "'message':'two'}],'message':'above'}",
         "two"},
        {"{'any':[{'fact':'cart.store','is':'x','message':'one'},{'fact':'cart.lines','is':3}],"
         "'message':'above'}",
         "above"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_str(refusal_of(rows[i].rule).message, str_of(rows[i].message));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RULE_TEST(reasons_and_distances),
        RULE_TEST(times_tell_from_when),
        RULE_TEST(amounts_by_currency_tell_that_of_the_cart),
        RULE_TEST(lines_tell_how_many),
        RULE_TEST(of_all_the_farthest_speaks_and_of_any_the_nearest),
        RULE_TEST(the_nearest_message_is_told),
    };
    return cmocka_run_group_tests_name("explain", tests, NULL, NULL);
}

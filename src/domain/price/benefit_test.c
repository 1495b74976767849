/* Benefits: every problem of their JSON and of stored terms, the canonical form, and tables that
 * agree with each other. */
#include "domain/price/example_test.h"
#include "domain/price/kind.h"

typedef struct problem {
    const char *json, *issues;
} problem;

static const problem problems[] = {
    {"", "benefit.kind required"},
    {"'kind':'percent'", "benefit.kind not_allowed"},
    {"'kind':'common'", "benefit.kind not_allowed"},
    {"'kind':7", "benefit.kind not_allowed"},
    {"'kind':'amount_off'", "benefit.amount required"},
    {"'kind':'amount_off','amount':5", "benefit.amount wrong_type"},
    {"'kind':'amount_off','amount':{'amount':5}", "benefit.amount wrong_type"},
    {"'kind':'amount_off','amount':{'amount':'5','currency':'CNY'}",
     "benefit.amount.amount wrong_type"},
    {"'kind':'amount_off','amount':{'amount':5,'currency':5}",
     "benefit.amount.currency wrong_type"},
    {"'kind':'amount_off','amount':{'amount':5,'currency':'EUR'}",
     "benefit.amount.currency not_allowed"},
    {"'kind':'amount_off','amount':[@5,{'amount':5,'currency':'euro'}]",
     "benefit.amount[1].currency not_allowed"},
    {"'kind':'amount_off','amount':[@5,@6]", "benefit.amount duplicate"},
    {"'kind':'amount_off','amount':[{'amount':5,'currency':'EUR'}]", "benefit.amount required"},
    {"'kind':'amount_off','amount':[@5,{'amount':5,'currency':'EUR'}],'cap':@9",
     "benefit.cap required"},
    {"'kind':'amount_off','amount':[]", "benefit.amount required"},
    {"'kind':'stored_value','value':[@5,{'amount':5,'currency':'EUR'}]",
     "benefit.value not_allowed"},
    {"'kind':'percent_off','percent':'10','any_currency':true", ""},
    {"'kind':'percent_off','percent':'10','any_currency':1", "benefit.any_currency wrong_type"},
    {"'kind':'percent_off','percent':'10','any_currency':true,'cap':@9",
     "benefit.any_currency not_allowed"},
    {"'kind':'amount_off','amount':[@5,{'amount':5,'currency':'EUR'}],'any_currency':true",
     "benefit.any_currency not_allowed"},
    {"'kind':'amount_off','amount':@0", "benefit.amount out_of_range"},
    {"'kind':'amount_off','amount':@1,'cap':@0", "benefit.cap out_of_range"},
    {"'kind':'amount_off','amount':@1,'minimum_spend':@0", ""},
    {"'kind':'amount_off','amount':@1,'percent':'5'", "benefit.percent unknown_field"},
    {"'kind':'amount_off','amount':@1,'per':'week'", "benefit.per not_allowed"},
    {"'kind':'amount_off','amount':@1,'per':2", "benefit.per not_allowed"},
    {"'kind':'amount_off','amount':@1,'max_units':0", "benefit.max_units out_of_range"},
    {"'kind':'amount_off','amount':@1,'max_units':'1'", "benefit.max_units wrong_type"},
    {"'kind':'percent_off','percent':10", "benefit.percent wrong_type"},
    {"'kind':'percent_off','percent':''", "benefit.percent bad_format"},
    {"'kind':'percent_off','percent':'.5'", "benefit.percent bad_format"},
    {"'kind':'percent_off','percent':'5.'", "benefit.percent bad_format"},
    {"'kind':'percent_off','percent':'-5'", "benefit.percent bad_format"},
    {"'kind':'percent_off','percent':'1.23456'", "benefit.percent bad_format"},
    {"'kind':'percent_off','percent':'12345'", "benefit.percent bad_format"},
    {"'kind':'percent_off','percent':'0'", "benefit.percent out_of_range"},
    {"'kind':'percent_off','percent':'100.0001'", "benefit.percent out_of_range"},
    {"'kind':'percent_off','percent':'100'", ""},
    {"'kind':'tiers'", "benefit.tiers required"},
    {"'kind':'tiers','tiers':{}", "benefit.tiers wrong_type"},
    {"'kind':'tiers','tiers':[]", "benefit.tiers too_few"},
    {"'kind':'tiers','tiers':[7]", "benefit.tiers[0] wrong_type"},
    {"'kind':'tiers','tiers':[{}]", "benefit.tiers required"},
    {"'kind':'tiers','tiers':[{'from':@5,'quantity':2,'amount':@1}]",
     "benefit.tiers[0] not_allowed"},
    {"'kind':'tiers','tiers':[{'from':@5,'amount':@1,'percent':'1'}]",
     "benefit.tiers[0] not_allowed"},
    {"'kind':'tiers','tiers':[{'from':@5,'amount':@1},{'from':@4,'amount':@2}]",
     "benefit.tiers[1] out_of_range"},
    {"'kind':'tiers','tiers':[{'from':@5,'amount':@1},{'from':@9,'percent':'2'}]",
     "benefit.tiers[1] not_allowed"},
    {"'kind':'set_price','price':@5,'members':[{'sku':'a'}]", "benefit.members too_few"},
    {"'kind':'set_price','price':@5,'members':[{'sku':'a'},{'quantity':2}]",
     "benefit.members[1].sku required"},
    {"'kind':'set_price','price':@5,'members':[{'sku':'a'},{'sku':'a'}]",
     "benefit.members[1].sku duplicate"},
    {"'kind':'set_price','price':@5,'members':[{'sku':'a'},{'sku':''}]",
     "benefit.members[1].sku out_of_range"},
    {"'kind':'gift','sku':7", "benefit.sku wrong_type"},
    {"'kind':'cheapest_free','of':3,'free':3", "benefit.free out_of_range"},
    {"'kind':'shipping','amount':@5,'percent':'5'", "benefit not_allowed"},
    {"'kind':'add_on'", "benefit not_allowed"},
    {"'kind':'nth_item','nth':1,'same_line':1",
     "benefit.same_line wrong_type; benefit.nth out_of_range"},
};

static str issues_text(const issues *found)
{
    str out = S("");
    for (size_t i = 0; i < found->n; i++) {
        out = arena_printf(memory, "%.*s%s%.*s %.*s", STR_ARG(out), i == 0 ? "" : "; ",
                           STR_ARG(found->items[i].field), STR_ARG(found->items[i].code));
    }
    return out;
}

static str parse(const char *short_form, str currency, benefit *out)
{
    json *tree;
    issues *found = issues_new(memory);
    assert_int_equal(json_parse(json_of(short_form), &tree, NULL), R_DONE);
    benefit_parse(tree, currency, out, found);
    json_free(tree);
    return issues_text(found);
}

static void every_problem_has_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(problems); i++) {
        benefit b;
        str found = parse(problems[i].json, S("CNY"), &b);
        if (!str_eq(found, str_of(problems[i].issues))) {
            fail_msg("%s: %.*s", problems[i].json, STR_ARG(found));
        }
    }
}

static void without_a_currency_any_will_do(void **state)
{
    (void)state;
    benefit b;
    assert_str(
        parse("'kind':'amount_off','amount':{'amount':5,'currency':'EUR'},'cap':@9", S(""), &b),
        S(""));
    assert_true(b.terms[0].text.n == 0 && b.terms[1].text.n == 0);
}

static void written_as_read_without_defaults(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"'kind':'percent_off','percent':'012.5000','units':'cheapest'",
         "'kind':'percent_off','percent':'12.5','units':'cheapest'"},
        {"'kind':'exchange','pick':'cheapest'", "'kind':'exchange'"},
        {"'kind':'buy_x_get_y','buy':1,'get':1,'partial':false,'pick':'cheapest'",
         "'kind':'buy_x_get_y','buy':1,'get':1,'pick':'cheapest','partial':false"},
        {"'kind':'amount_off','amount':@5,'per':'order'",
         "'kind':'amount_off','amount':@5,'per':'order'"},
        {"'percent':'0.0001','cap':@5,'kind':'percent_off'",
         "'kind':'percent_off','percent':'0.0001','cap':@5"},
        {"'kind':'amount_off','amount':[{'amount':7,'currency':'EUR'},@5],'per':'line'",
         "'kind':'amount_off','amount':[@5,{'amount':7,'currency':'EUR'}],'per':'line'"},
        {"'kind':'set_price','members':[{'sku':'b','quantity':1},{'quantity':2,'sku':'a'}],"
         "'price':@0",
         "'kind':'set_price','price':@0,'members':[{'sku':'b'},{'sku':'a','quantity':2}]"},
        {"'kind':'buy_x_get_y','buy':1,'get':1,'partial':true,'same_line':false",
         "'kind':'buy_x_get_y','buy':1,'get':1,'partial':true"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        benefit b;
        buf text;
        buf_init(&text, 65536);
        json_writer w = json_writer_on(&text);
        assert_str(parse(rows[i][0], S("CNY"), &b), S(""));
        benefit_write(&b, S("CNY"), &w);
        assert_str(buf_view(&text), json_of(rows[i][1]));
        buf_free(&text);
    }
}

static void stored_terms_are_not_believed(void **state)
{
    (void)state;
    benefit_term place[] = {{.term = 1, .value = 5}, {.term = 15, .value = 5}};
    benefit_term order[] = {{.term = 18, .value = 5}, {.term = 1, .value = 5}};
    benefit_term object[] = {{.term = 1, .value = 5}, {.term = 1, .nth = 1, .value = 5}};
    benefit_term text[] = {{.term = 1, .value = 5}, {.term = 2, .value = 1, .text = S("x")}};
    benefit_term money[] = {{.term = 1, .value = 5}, {.term = 1, .value = 5, .text = S("XYZ")}};
    const struct {
        benefit_term *terms;
        const char *expected;
    } rows[] = {{place, "benefit not_allowed"},
                {order, "benefit.amount duplicate"},
                {object, "benefit not_allowed"},
                {text, "benefit not_allowed"},
                {money, "benefit.amount not_allowed"}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        benefit b = {BENEFIT_KIND_AMOUNT_OFF, rows[i].terms, 2};
        issues *found = issues_new(memory);
        benefit_check(&b, found);
        assert_str(issues_text(found), str_of(rows[i].expected));
    }
    benefit many = {BENEFIT_KIND_AMOUNT_OFF, place, BENEFIT_TERMS_MAX + 1};
    issues *found = issues_new(memory);
    benefit_check(&many, found);
    assert_str(issues_text(found), S("benefit too_many"));
}

/* At most one list, and one text on each level: the compiled form has room for no more. */
static void kinds_keep_the_rules_of_their_table(void **state)
{
    (void)state;
    for (uint8_t kind = 1; kind < BENEFIT_KIND_COUNT; kind++) {
        int lists = 0, texts[2] = {0}, fields = 0;
        assert_non_null(benefit_kind_text(kind));
        for (uint8_t place = 1; place < BENEFIT_PLACES; place++) {
            const benefit_param *p = benefit_param_at(kind, place);
            lists += p->type == BENEFIT_LIST;
            texts[p->field] += p->type == BENEFIT_TEXT;
            fields += p->type != BENEFIT_NONE && p->field;
            bool none = p->type != BENEFIT_MONEY || p->needed || p->initial == 0;
            assert_true(none && p->min <= p->max);
        }
        assert_true(lists <= 1 && texts[0] <= 1 && texts[1] <= 1 && fields <= BENEFIT_FIELDS_MAX);
        assert_true((fields > 0) == (lists > 0));
    }
    assert_int_equal(benefit_param_at(BENEFIT_KIND_COUNT, 1)->type, BENEFIT_NONE);
    assert_int_equal(benefit_param_at(1, BENEFIT_PLACES)->type, BENEFIT_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PRICE_TEST(every_problem_has_its_place),         PRICE_TEST(without_a_currency_any_will_do),
        PRICE_TEST(written_as_read_without_defaults),    PRICE_TEST(stored_terms_are_not_believed),
        PRICE_TEST(kinds_keep_the_rules_of_their_table),
    };
    return cmocka_run_group_tests_name("benefit", tests, NULL, NULL);
}

/* Attributes: what is read, in which order, and what is refused where. */
#include "domain/rule/attributes.h"

#include "domain/rule/rule_test.h"

static cart_attributes read_text(const char *text)
{
    json *v = test_json(text);
    found = issues_new(memory);
    cart_attributes out = attributes_read(v, S("cart.attributes"), found);
    json_free(v);
    return out;
}

static void attributes_come_sorted(void **state)
{
    (void)state;
    cart_attributes all = read_text("{'b':'x','a b':-7,'a':1}");
    assert_int_equal(found->n, 0);
    assert_int_equal(all.n, 3);
    assert_str(all.items[0].name, S("a"));
    assert_int_equal(all.items[0].number, 1);
    assert_str(all.items[1].name, S("a b"));
    assert_int_equal(all.items[1].number, -7);
    assert_false(all.items[1].is_text);
    assert_true(all.items[2].is_text);
    assert_str(all.items[2].text, S("x"));
    assert_int_equal(read_text("{}").n, 0);
    assert_int_equal(found->n, 0);
}

static void what_no_rule_could_ask_is_refused(void **state)
{
    (void)state;
    const struct {
        const char *text, *field, *code;
    } rows[] = {
        {"[]", "cart.attributes", "wrong_type"},
        {"{'':1}", "cart.attributes", "out_of_range"},
        {"{'a':1.5}", "cart.attributes.a", "wrong_type"},
        {"{'a':true}", "cart.attributes.a", "wrong_type"},
        {"{'a':null}", "cart.attributes.a", "wrong_type"},
        {"{'a':{}}", "cart.attributes.a", "wrong_type"},
        {"{'a':''}", "cart.attributes.a", "out_of_range"},
        {"{'a':'\\u0001'}", "cart.attributes.a", "out_of_range"},
        {"{'a':1000000000000001}", "cart.attributes.a", "out_of_range"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        (void)read_text(rows[i].text);
        assert_int_equal(found->n, 1);
        assert_str(found->items[0].field, str_of(rows[i].field));
        assert_str(found->items[0].code, str_of(rows[i].code));
    }
}

static void there_is_a_most(void **state)
{
    (void)state;
    str text = S("{'a0':0");
    for (int i = 1; i < CART_ATTRIBUTES_MAX; i++) {
        text = arena_printf(memory, "%.*s,'a%d':%d", STR_ARG(text), i, i);
    }
    assert_int_equal(read_text(arena_printf(memory, "%.*s}", STR_ARG(text)).p).n,
                     CART_ATTRIBUTES_MAX);
    (void)read_text(arena_printf(memory, "%.*s,'b':1}", STR_ARG(text)).p);
    assert_str(found->items[0].code, S("too_many"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RULE_TEST(attributes_come_sorted),
        RULE_TEST(what_no_rule_could_ask_is_refused),
        RULE_TEST(there_is_a_most),
    };
    return cmocka_run_group_tests_name("attributes", tests, NULL, NULL);
}

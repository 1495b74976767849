/* Reading and writing wire structs: every constraint of a request is refused with its field, what
 * is right comes out as it went in, and hostile input stays cheap. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/wire.gen.h"
#include "base/buf.h"

/* One input and the problems that it must have, as "field code", in order; none: it is fine. */
typedef struct refusal {
    const wire_type *type;
    const char *text;
    const char *problems[6];
} refusal;

static issues *read_into(arena *memory, const wire_type *t, const char *text, void *out)
{
    issues *problems = issues_new(memory);
    json *root;
    assert_int_equal(json_parse(str_of(text), &root, NULL), R_DONE);
    wire_read(t, root, out, problems);
    json_free(root);
    return problems;
}

static void check_refusal(const refusal *r)
{
    arena *memory = arena_new(0);
    issues *found = read_into(memory, r->type, r->text, arena_alloc(memory, r->type->size));
    size_t n = 0;
    while (n < ARRAY_LEN(r->problems) && r->problems[n] != NULL)
        n++;
    for (size_t i = 0; i < found->n || i < n; i++) {
        str got = i < found->n ? arena_printf(memory, "%.*s %.*s", STR_ARG(found->items[i].field),
                                              STR_ARG(found->items[i].code))
                               : S("(nothing)");
        str wanted = i < n ? str_of(r->problems[i]) : S("(nothing)");
        if (!str_eq(got, wanted))
            fail_msg("%s: wanted '%.*s', got '%.*s'", r->text, STR_ARG(wanted), STR_ARG(got));
        assert_true(found->items[i].detail.n > 0);
        assert_true(issue_is_known(found->items[i].code));
    }
    arena_free(memory);
}

static void check_refusals(const refusal *all, size_t n)
{
    for (size_t i = 0; i < n; i++)
        check_refusal(&all[i]);
}

#define TPL  "\"template\":\"tpl_0000000000g01\""
#define ITEM "{" TPL "}"
#define A20  "aaaaaaaaaaaaaaaaaaaa"
#define A64  A20 A20 A20 "aaaa"

static void claims_are_checked(void **state)
{
    MAYBE(state);
    static const refusal all[] = {
        {&wire_claim_create_type, "{\"user\":\"u\"," TPL "}", {NULL}},
        {&wire_claim_create_type, "{\"user\":\"u\",\"items\":[" ITEM "]}", {NULL}},
        {&wire_claim_create_type, "{\"user\":\"u\"}", {" required"}},
        {&wire_claim_create_type, "{" TPL "}", {NULL}}, /* holder.h asks for one of the two */
        {&wire_claim_create_type, "{\"phone\":\"+86 138\"," TPL "}", {NULL}},
        {&wire_claim_create_type, "{\"phone\":\"\"," TPL "}", {"phone too_short"}},
        {&wire_claim_create_type, "{\"phone\":\"" A64 "a\"," TPL "}", {"phone too_long"}},
        {&wire_claim_create_type, "{\"user\":1," TPL "}", {"user wrong_type"}},
        {&wire_claim_create_type, "{\"user\":null," TPL "}", {"user wrong_type"}},
        {&wire_claim_create_type, "{\"user\":\"\"," TPL "}", {"user too_short"}},
        {&wire_claim_create_type, "{\"user\":\"" A64 "\"," TPL "}", {NULL}},
        {&wire_claim_create_type, "{\"user\":\"" A64 "a\"," TPL "}", {"user too_long"}},
        {&wire_claim_create_type,
         "{\"user\":\"" A20 A20 A20 "\xe5\x88\xb8\xe5\x88\xb8\"," TPL "}",
         {"user too_long"}}, /* 62 characters, 66 bytes */
        {&wire_claim_create_type, "{\"user\":\"a\\u0007\"," TPL "}", {"user bad_format"}},
        {&wire_claim_create_type, "{\"user\":\"u\",\"template\":\"x\"}", {"template bad_format"}},
        {&wire_claim_create_type,
         "{\"user\":\"u\",\"template\":\"cpn_0000000000g01\"}",
         {"template bad_format"}},
        {&wire_claim_create_type, "{\"user\":\"u\"," TPL ",\"count\":0}", {"count out_of_range"}},
        {&wire_claim_create_type, "{\"user\":\"u\"," TPL ",\"count\":101}", {"count out_of_range"}},
        {&wire_claim_create_type, "{\"user\":\"u\"," TPL ",\"count\":1.0}", {"count wrong_type"}},
        {&wire_claim_create_type, "{\"user\":\"u\"," TPL ",\"count\":\"1\"}", {"count wrong_type"}},
        {&wire_claim_create_type, "{\"user\":\"u\"," TPL ",\"items\":[]}", {"items unknown_field"}},
        {&wire_claim_create_type, "{\"user\":\"u\",\"items\":[]}", {"items too_few"}},
        {&wire_claim_create_type,
         "{\"user\":\"u\",\"items\":[" ITEM ",{},7],\"mode\":\"some\"}",
         {"items[1].template required", "items[2] wrong_type", "mode not_allowed"}},
        {&wire_claim_batch_type,
         "{\"claims\":[{\"user\":\"u\"," TPL ",\"x\":1},{}]}",
         {"claims[0].x unknown_field", "claims[1] required"}},
        {&wire_grant_create_type,
         "{" TPL ",\"users\":[\"a\",\"\",3]}",
         {"users[1] too_short", "users[2] wrong_type"}},
    };
    check_refusals(all, ARRAY_LEN(all));
}

#define WINDOW    "{\"from\":\"2026-01-01T00:00:00Z\",\"until\":\"2026-02-01T00:00:00Z\"}"
#define CAMPAIGN  "\"name\":\"n\",\"claim_window\":" WINDOW ",\"use_window\":" WINDOW
#define LIMIT(x)  "{" CAMPAIGN ",\"limits\":[{" x "}]}"
#define MEASURE   "\"measure\":\"claims\""
#define SUBJECT   "\"subject\":\"user\""
#define PERIOD    "\"period\":\"day\""
#define A_LIMIT   MEASURE "," SUBJECT "," PERIOD ",\"max\":1"
#define LIMITS_4  "{" A_LIMIT "},{" A_LIMIT "},{" A_LIMIT "},{" A_LIMIT "}"
#define LIMITS_16 LIMITS_4 "," LIMITS_4 "," LIMITS_4 "," LIMITS_4

static void campaigns_are_checked(void **state)
{
    MAYBE(state);
    static const refusal all[] = {
        {&wire_campaign_create_type, "{" CAMPAIGN "}", {NULL}},
        {&wire_campaign_create_type,
         "{}",
         {"name required", "claim_window required", "use_window required"}},
        {&wire_campaign_create_type,
         "{\"name\":\"n\",\"claim_window\":7,\"use_window\":{\"from\":\"yesterday\"}}",
         {"claim_window wrong_type", "use_window.from bad_format", "use_window.until required"}},
        {&wire_campaign_create_type,
         "{" CAMPAIGN ",\"currency\":\"usd\"}",
         {"currency bad_format"}},
        {&wire_campaign_create_type,
         "{" CAMPAIGN ",\"currency\":\"USDX\"}",
         {"currency bad_format"}},
        {&wire_campaign_create_type,
         "{" CAMPAIGN ",\"budget\":{\"mode\":\"none\",\"total\":{\"amount\":-1}}}",
         {"budget.mode not_allowed", "budget.total.amount out_of_range",
          "budget.total.currency required"}},
        {&wire_campaign_create_type,
         "{" CAMPAIGN ",\"budget\":{\"mode\":\"at_issue\",\"total\":{\"currency\":\"USD\","
         "\"amount\":1000000000000001}}}",
         {"budget.total.amount out_of_range"}},
        {&wire_campaign_create_type, LIMIT(A_LIMIT), {NULL}},
        {&wire_campaign_create_type,
         LIMIT(""),
         {"limits[0].measure required", "limits[0].subject required", "limits[0].period required",
          "limits[0].max required"}},
        {&wire_campaign_create_type,
         LIMIT("\"measure\":\"coupons\",\"subject\":\"pet\",\"period\":\"year\",\"max\":-1"),
         {"limits[0].measure not_allowed", "limits[0].subject not_allowed",
          "limits[0].period not_allowed", "limits[0].max out_of_range"}},
        {&wire_campaign_create_type,
         LIMIT(A_LIMIT ",\"window_seconds\":59"),
         {"limits[0].window_seconds out_of_range"}},
        {&wire_campaign_create_type, "{" CAMPAIGN ",\"limits\":[" LIMITS_16 "]}", {NULL}},
        {&wire_campaign_create_type,
         "{" CAMPAIGN ",\"limits\":[" LIMITS_16 ",{}]}",
         {"limits too_many"}},
        {&wire_campaign_edit_type, "{}", {" too_few"}},
        {&wire_campaign_edit_type, "{\"currency\":\"USD\"}", {"currency unknown_field"}},
        {&wire_campaign_set_state_type, "{\"state\":\"over\"}", {"state not_allowed"}},
        {&wire_budget_change_type,
         "{\"current\":{}}",
         {"current.amount required", "current.currency required", "target required"}},
    };
    check_refusals(all, ARRAY_LEN(all));
}

#define MONEY    "{\"amount\":1,\"currency\":\"USD\"}"
#define BENEFIT  "\"benefit\":{\"kind\":\"amount_off\",\"amount\":" MONEY "}"
#define VALIDITY "\"validity\":{\"kind\":\"after_issue\",\"duration_days\":1}"

static void templates_are_checked(void **state)
{
    MAYBE(state);
    static const refusal all[] = {
        {&wire_template_create_type, "{\"name\":\"n\"," BENEFIT "," VALIDITY "}", {NULL}},
        {&wire_template_create_type,
         "{\"name\":\"n\",\"benefit\":{},\"validity\":{\"kind\":7}}",
         {"benefit.kind required", "validity.kind not_allowed"}},
        {&wire_template_create_type,
         "{\"name\":\"n\",\"benefit\":{\"kind\":\"amount_off\",\"caps\":" MONEY "}," VALIDITY "}",
         {"benefit.caps unknown_field", "benefit.amount required"}},
        {&wire_template_create_type,
         "{\"name\":\"n\",\"benefit\":{\"kind\":\"percent_off\",\"percent\":\"100.01\"}," VALIDITY
         "}",
         {"benefit.percent out_of_range"}},
        {&wire_template_create_type,
         "{\"name\":\"n\"," BENEFIT ",\"validity\":{\"kind\":\"after_issue\",\"duration_days\":0,"
         "\"delay_days\":-1,\"whole_days\":1}}",
         {"validity.duration_days out_of_range", "validity.delay_days out_of_range",
          "validity.whole_days wrong_type"}},
        {&wire_template_create_type,
         "{\"name\":\"n\"," BENEFIT "," VALIDITY ",\"scope\":{\"mode\":\"some\",\"skus\":[\"\"]},"
         "\"stock\":-1,\"refund_rule\":\"none\",\"grace_days\":367}",
         {"scope.mode not_allowed", "scope.skus[0] too_short", "stock out_of_range",
          "refund_rule not_allowed", "grace_days out_of_range"}},
        {&wire_template_edit_type, "{\"reach\":\"all\"}", {"reach not_allowed"}},
        {&wire_stock_change_type, "{\"current\":-2,\"target\":-1}", {"current out_of_range"}},
    };
    check_refusals(all, ARRAY_LEN(all));
}

#define LINE  "{\"sku\":\"s\",\"quantity\":1,\"unit_price\":" MONEY "}"
#define CART  "\"cart\":{\"lines\":[" LINE "]}"
#define CPNS  "\"coupons\":[\"cpn_0000000000g01\"]"
#define ORDER "\"user\":\"u\",\"order_number\":\"o\""

static void orders_are_checked(void **state)
{
    MAYBE(state);
    static const refusal all[] = {
        {&wire_hold_create_type, "{" ORDER "," CART "," CPNS "}", {NULL}},
        {&wire_hold_create_type,
         "{" ORDER ",\"cart\":{\"lines\":[]},\"coupons\":[],\"hold_seconds\":0}",
         {"cart.lines too_few", "hold_seconds out_of_range"}},
        {&wire_hold_create_type,
         "{" ORDER ",\"cart\":{\"lines\":[{\"quantity\":1000000001}],\"color\":1},\"coupons\":[1]}",
         {"cart.lines[0].quantity out_of_range", "cart.lines[0].sku required",
          "cart.lines[0].unit_price required", "cart.color unknown_field",
          "coupons[0] wrong_type"}},
        {&wire_hold_create_type,
         "{\"user\":\"u\",\"order_number\":\"a b\"," CART "," CPNS "}",
         {"order_number bad_format"}},
        {&wire_redemption_create_type, "{\"hold\":\"hld_0000000000g01\"}", {NULL}},
        {&wire_redemption_create_type, "{" ORDER "," CART "," CPNS "}", {NULL}},
        {&wire_redemption_create_type, "{" ORDER "}", {" required"}},
        {&wire_redemption_create_type,
         "{\"hold\":\"hld_0000000000g01\"," CART "}",
         {"cart unknown_field"}},
        {&wire_return_create_type, "{}", {NULL}},
        {&wire_return_create_type,
         "{\"lines\":[{\"line\":500,\"quantity\":0},{}]}",
         {"lines[0].line out_of_range", "lines[0].quantity out_of_range", "lines[1].line required",
          "lines[1].quantity required"}},
        {&wire_coupon_void_type, "{\"reason\":\"why not\"}", {"reason not_allowed"}},
        {&wire_key_create_type,
         "{\"name\":\"n\",\"scopes\":[\"write\"],\"secret_sha256\":\"00\"}",
         {"scopes[0] not_allowed", "secret_sha256 bad_format"}},
        {&wire_quote_create_type, "[]", {" wrong_type"}},
    };
    check_refusals(all, ARRAY_LEN(all));
}

static void defaults_and_presence_are_told_apart(void **state)
{
    MAYBE(state);
    arena *memory = arena_new(0);
    wire_claim_create t = {0};
    issues *found =
        read_into(memory, &wire_claim_create_type, "{\"user\":\"u\",\"items\":[" ITEM "]}", &t);
    assert_int_equal(found->n, 0);
    assert_int_equal(t.tag, WIRE_CLAIM_CREATE_TAG_ITEMS);
    assert_false(t.of.items.has_mode);
    assert_int_equal(t.of.items.mode, ISSUE_MODE_ALL_OR_NONE);
    assert_int_equal(t.of.items.items.n, 1);
    assert_int_equal(t.of.items.items.items[0].count, 1);
    assert_false(t.of.items.items.items[0].has_count);
    arena_free(memory);
}

/* What is read is written as it was: fields in the order of the schema, ids in lower case. */
static void what_is_read_is_written_again(void **state)
{
    MAYBE(state);
    static const struct {
        const wire_type *type;
        const char *text;
    } all[] = {
        {&wire_template_edit_type,
         "{\"reach\":\"all_unused\",\"name\":\"\xe5\x88\xb8 \\\"x\\\"\",\"benefit\":{\"kind\":"
         "\"percent_off\",\"percent\":\"10\",\"cap\":" MONEY "},\"scope\":{\"mode\":\"only\","
         "\"skus\":[\"a\",\"b\"],\"categories\":[]},\"validity\":{\"kind\":\"fixed\",\"from\":"
         "\"2026-01-01T00:00:00.000Z\",\"until\":\"2026-02-01T00:00:00.000Z\"},\"limits\":["
         "{" A_LIMIT "}],\"grace_days\":0}"},
        {&wire_redemption_create_type, "{\"hold\":\"hld_0000000000g01\"}"},
        {&wire_stats_row_type,
         "{\"day\":\"2026-11-22\",\"issued\":-1,\"held\":0,\"released\":0,\"redeemed\":0,"
         "\"returned\":0,\"expired\":0,\"voided\":0,\"users\":9223372036854775807,"
         "\"discount\":" MONEY ",\"discount_returned\":" MONEY ",\"orders\":" MONEY
         ",\"orders_returned\":" MONEY ",\"adds\":" MONEY ",\"adds_returned\":" MONEY "}"},
    };
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        arena *memory = arena_new(0);
        void *t = arena_alloc(memory, all[i].type->size);
        issues *found = read_into(memory, all[i].type, all[i].text, t);
        assert_int_equal(found->n, 0);
        buf out;
        buf_init(&out, 4096);
        json_writer w = json_writer_on(&out);
        wire_write(all[i].type, t, &w);
        str got = buf_view(&out);
        if (!str_eq(got, str_of(all[i].text)))
            fail_msg("wanted %s, got %.*s", all[i].text, STR_ARG(got));
        buf_free(&out);
        arena_free(memory);
    }
}

static str written(arena *memory, const wire_type *t, const void *value)
{
    buf out;
    buf_init(&out, 1 << 20);
    json_writer w = json_writer_on(&out);
    wire_write(t, value, &w);
    str text = arena_str(memory, buf_view(&out));
    buf_free(&out);
    return text;
}

/* Whatever is taken for right must come out as something that is right again, and the same. */
static bool read_twice(const wire_type *t, str text)
{
    arena *memory = arena_new(0);
    json *root;
    bool fine = false;
    if (json_parse(text, &root, NULL) == R_DONE) {
        issues *problems = issues_new(memory);
        void *first = arena_alloc(memory, t->size);
        wire_read(t, root, first, problems);
        json_free(root);
        fine = problems->n == 0;
        if (fine) {
            str once = written(memory, t, first);
            void *second = arena_alloc(memory, t->size);
            issues *found = read_into(memory, t, arena_z(memory, once), second);
            assert_int_equal(found->n, 0);
            assert_true(str_eq(once, written(memory, t, second)));
        }
    }
    arena_free(memory);
    return fine;
}

static void mutants_are_refused_or_read_the_same_again(void **state)
{
    MAYBE(state);
    enum { ROUNDS = 20000, BYTES_MAX = 512 };
    static const struct {
        const wire_type *type;
        const char *text;
    } seeds[] = {
        {&wire_hold_create_type, "{" ORDER "," CART "," CPNS ",\"hold_seconds\":60}"},
        {&wire_template_create_type, "{\"name\":\"n\"," BENEFIT "," VALIDITY ",\"stock\":9}"},
        {&wire_claim_create_type, "{\"user\":\"u\",\"items\":[" ITEM "," ITEM "]}"},
        {&wire_campaign_create_type, LIMIT(A_LIMIT)},
    };
    static const char signs[] = "{}[]\",:0123456789-.eEtruefalsn \\\xc3\xa9";
    uint64_t random = 20260101;
    int fine = 0;
    for (int i = 0; i < ROUNDS; i++) {
        size_t which = (size_t)i % ARRAY_LEN(seeds);
        char text[BYTES_MAX];
        size_t n = strlen(seeds[which].text);
        memcpy(text, seeds[which].text, n);
        for (int changes = 1 + i % 3; changes > 0; changes--) {
            random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            text[(random >> 33) % n] = signs[(random >> 20) % (sizeof signs - 1)];
        }
        fine += read_twice(seeds[which].type, (str){text, n});
    }
    assert_true(fine > 100); /* else this shows nothing */
}

static void hostile_objects_cost_little_memory(void **state)
{
    MAYBE(state);
    enum { FIELDS = 20000 };
    buf text;
    buf_init(&text, 1 << 22);
    buf_char(&text, '{');
    for (int i = 0; i < FIELDS; i++)
        buf_printf(&text, "%s\"field_that_nobody_knows_%d\":0", i == 0 ? "" : ",", i);
    buf_str(&text, S("}"));
    buf_char(&text, '\0');
    arena *memory = arena_new(0);
    wire_campaign_edit t = {0};
    issues *found = read_into(memory, &wire_campaign_edit_type, text.p, &t);
    assert_int_equal(found->n, ISSUES_MAX);
    assert_int_equal(found->dropped, FIELDS - ISSUES_MAX);
    assert_true(arena_used(memory) < 256 * 1024);
    arena_free(memory);
    buf_free(&text);
}

static void parameters_are_read_from_text(void **state)
{
    MAYBE(state);
    arena *memory = arena_new(0);
    issues *found = issues_new(memory);
    wire_coupon_list_parameters p = {0};
    const wire_type *t = &wire_coupon_list_parameters_type;
    wire_defaults(t, &p);
    assert_int_equal(p.page_size, 50);
    wire_read_text(wire_field_find(t, S("page_size")), S("7"), &p, found);
    wire_read_text(wire_field_find(t, S("state")), S("held"), &p, found);
    assert_int_equal(found->n, 0);
    assert_int_equal(p.page_size, 7);
    assert_true(p.has_state && p.state == WIRE_COUPON_STATE_SHOWN_HELD);
    wire_read_text(wire_field_find(t, S("page_size")), S("+7"), &p, found);
    wire_read_text(wire_field_find(t, S("page_size")), S("201"), &p, found);
    wire_read_text(wire_field_find(t, S("state")), S("used"), &p, found);
    wire_read_text(wire_field_find(t, S("page_token")), S("a/b"), &p, found);
    assert_int_equal(found->n, 4);
    assert_true(str_eq(found->items[0].code, S("out_of_range")));
    assert_true(str_eq(found->items[3].code, S("bad_format")));
    assert_null(wire_field_find(t, S("no")));
    arena_free(memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(claims_are_checked),
        cmocka_unit_test(campaigns_are_checked),
        cmocka_unit_test(templates_are_checked),
        cmocka_unit_test(orders_are_checked),
        cmocka_unit_test(defaults_and_presence_are_told_apart),
        cmocka_unit_test(what_is_read_is_written_again),
        cmocka_unit_test(mutants_are_refused_or_read_the_same_again),
        cmocka_unit_test(hostile_objects_cost_little_memory),
        cmocka_unit_test(parameters_are_read_from_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

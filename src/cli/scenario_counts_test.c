/* Counts that a scenario states: what is issued, redeemed and left is as stated, limits, stock and
 * budget know it, verify finds the same, and what is wrong is told by its member. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "app/reserve.h"
#include "app/verify.h"
#include "base/id.h"
#include "cli/scenario_counts.h"
#include "domain/price/benefit.h"
#include "port/zone.h"

#define START_MS INT64_C(1760000000000)

typedef struct shop {
    sandbox box; /* its app and clock only */
    arena *memory;
    uint64_t merchant, campaign;
    size_t step;
    stated_made made;
} shop;

static int64_t on_clock(void *context)
{
    return atomic_load(&((sandbox *)context)->now_ms);
}

static uint64_t make(shop *s, act_id id, uint16_t slot, const void *in)
{
    row_out out = {0};
    act_call call = {
        .app = s->box.app, .id = id, .slot = slot, .in = in, .out = &out, .memory = s->memory};
    assert_int_equal(cli_act(&call), R_DONE);
    assert_int_equal(call.code, R_DONE);
    return out.id;
}

/* With a campaign whose budget at redeem is 50.00. */
static int shop_open(void **state)
{
    static shop s;
    s = (shop){.memory = arena_new(0)};
    atomic_init(&s.box.now_ms, START_MS);
    app_options options = {.engine = S("mem"),
                           .store = {.lanes = 1, .threads = true},
                           .zone_find = zone_find,
                           .clock_ms = on_clock,
                           .clock_context = &s.box};
    buf why;
    buf_init(&why, 4096);
    assert_int_equal(app_open(&options, &s.box.app, &why), R_DONE);
    buf_free(&why);
    merchant_put_in m = {.slot = 5,
                         .name = S("Shop"),
                         .zone = S("UTC"),
                         .currency = S("USD"),
                         .secret = merchant_secret(s.memory)};
    s.merchant = make(&s, ACT_ID_merchant_put, 5, &m);
    campaign_create_in c = {.slot = 7,
                            .merchant = s.merchant,
                            .name = S("c"),
                            .currency = S("USD"),
                            .claim_from_ms = START_MS - MS_DAY,
                            .claim_until_ms = START_MS + 30 * MS_DAY,
                            .use_from_ms = START_MS - MS_DAY,
                            .use_until_ms = START_MS + 30 * MS_DAY,
                            .budget_mode = BUDGET_MODE_AT_REDEEM,
                            .budget_minor = 5000};
    s.campaign = make(&s, ACT_ID_campaign_create, 7, &c);
    campaign_state_in active = {s.merchant, s.campaign, 0, CAMPAIGN_STATE_ACTIVE};
    (void)make(&s, ACT_ID_campaign_state, id_slot(s.campaign), &active);
    *state = &s;
    return 0;
}

static void on_difference(void *context, const verify_difference *d)
{
    (void)context;
    fprintf(stderr, "%s %.*s: %.*s is %.*s, not %.*s\n", d->check, STR_ARG(d->subject),
            STR_ARG(d->field), STR_ARG(d->actual), STR_ARG(d->expected));
}

static int shop_close(void **state)
{
    shop *s = *state;
    verify_options options = {.found = on_difference};
    verify_summary summary = {0};
    assert_int_equal(verify_app(s->box.app, &options, &summary), R_DONE);
    assert_int_equal(summary.differences, 0);
    app_drain(s->box.app);
    app_close(s->box.app);
    arena_free(s->memory);
    return 0;
}

/* 10.00 off from 900.00 on, for a hundred things that are in no cart here: 20 pieces, and each user
 * uses two at most. */
static str template_of(shop *s, apply_mode mode)
{
    limit_rule two = {.measure = LIMIT_MEASURE_REDEMPTIONS,
                      .subject = LIMIT_SUBJECT_USER,
                      .period = LIMIT_PERIOD_EVER,
                      .max = 2};
    benefit_term terms[] = {{.term = TERM_AMOUNT_OFF_AMOUNT, .value = 1000},
                            {.term = TERM_COMMON_MINIMUM_SPEND, .value = 90000}};
    template_put_in t = {.merchant = s->merchant,
                         .campaign = s->campaign,
                         .stock = mode == APPLY_MODE_AUTOMATIC ? -1 : 20,
                         .name = S("t"),
                         .benefit = BENEFIT_KIND_AMOUNT_OFF,
                         .terms = {terms, 2},
                         .validity = VALIDITY_KIND_FIXED,
                         .valid_from_ms = START_MS,
                         .valid_until_ms = START_MS + 9 * MS_DAY,
                         .limits = {&two, 1},
                         .refund = REFUND_RULE_KEEP,
                         .reach = EDIT_REACH_NEW_ONLY,
                         .apply = (uint8_t)mode};
    uint64_t id = make(s, ACT_ID_template_put, id_slot(s->campaign), &t);
    char *text = arena_alloc(s->memory, ID_TEXT_MAX);
    return (str){text, id_text(ID_TEMPLATE, id, text)};
}

/* ' stands for ". */
static bool state_counts(shop *s, str template_text, const char *body)
{
    json *tree;
    char text[1000];
    size_t n = strlen(body);
    assert_true(n < sizeof text);
    for (size_t i = 0; i <= n; i++)
        text[i] = body[i] == '\'' ? '"' : body[i];
    assert_int_equal(json_parse(str_of(text), &tree, NULL), R_DONE);
    stated_ask ask = {&s->box, s->merchant, template_text, tree, s->step++, s->memory};
    bool done = counts_make(&ask, &s->made);
    json_free(tree);
    return done;
}

static void expect_refused(shop *s, str of, const char *body, const char *field, const char *code)
{
    if (state_counts(s, of, body))
        fail_msg("%s was done", body);
    if (!str_eq(s->made.member, str_of(field)) || !str_eq(s->made.code, str_of(code)) ||
        s->made.detail.n == 0)
        fail_msg("%s: %.*s %.*s, not %s %s", body, STR_ARG(s->made.member), STR_ARG(s->made.code),
                 field, code);
}

static void what_a_user_has_used_counts_for_his_limit(void **state)
{
    shop *s = *state;
    str of = template_of(s, APPLY_MODE_COUPON);
    assert_true(state_counts(s, of,
                             "{'user':'ann','issued':4,'redeemed':2,"
                             "'discount':{'amount':1001,'currency':'USD'}}"));
    assert_int_equal(s->made.issued, 4);
    assert_int_equal(s->made.redeemed, 2);
    assert_int_equal(s->made.discount_minor, 1001);
    assert_int_equal(s->made.left_count, 2);
    expect_refused(s, of, "{'user':'ann','redeemed':1,'discount':{'amount':1,'currency':'USD'}}",
                   "redeemed", "limit_reached");
    assert_true(state_counts(
        s, of, "{'user':'bob','redeemed':1,'discount':{'amount':1,'currency':'USD'}}"));
}

static void each_is_anothers_where_no_user_is_named(void **state)
{
    shop *s = *state;
    str of = template_of(s, APPLY_MODE_COUPON);
    assert_true(state_counts(
        s, of, "{'redeemed':9,'discount':{'amount':900,'currency':'USD'},'units':10}"));
    assert_int_equal(s->made.left_count, 0);
}

static void stock_that_is_left_is_what_can_be_had(void **state)
{
    shop *s = *state;
    str of = template_of(s, APPLY_MODE_COUPON);
    assert_true(state_counts(s, of, "{'stock_left':1}"));
    assert_int_equal(s->made.issued, 19);
    assert_true(state_counts(s, of, "{'stock_left':1}"));
    assert_int_equal(s->made.issued, 0);
    expect_refused(s, of, "{'stock_left':2}", "stock_left", "not_allowed");
    expect_refused(s, of, "{'issued':2}", "issued", "sold_out");
    assert_true(state_counts(s, of, "{'issued':0}"));
}

static void budget_that_is_left_is_what_can_be_spent(void **state)
{
    shop *s = *state;
    str of = template_of(s, APPLY_MODE_COUPON);
    assert_true(
        state_counts(s, of, "{'budget_left':{'amount':700,'currency':'USD'},'redeemed':3}"));
    assert_int_equal(s->made.discount_minor, 4300);
    expect_refused(s, of, "{'budget_left':{'amount':701,'currency':'USD'}}", "budget_left",
                   "not_allowed");
    expect_refused(s, of, "{'redeemed':1,'discount':{'amount':701,'currency':'USD'}}", "redeemed",
                   "budget_exhausted");
    assert_true(state_counts(s, of, "{'budget_left':{'amount':0,'currency':'USD'}}"));
    assert_int_equal(s->made.redeemed, 1);
}

static void promotions_have_been_used_without_coupons(void **state)
{
    shop *s = *state;
    str of = template_of(s, APPLY_MODE_AUTOMATIC);
    assert_true(state_counts(
        s, of, "{'user':'ann','redeemed':2,'discount':{'amount':20,'currency':'USD'}}"));
    assert_int_equal(s->made.issued, 0);
    expect_refused(s, of, "{'issued':1}", "issued", "not_allowed");
    expect_refused(s, of, "{'user':'ann','redeemed':1,'discount':{'amount':1,'currency':'USD'}}",
                   "redeemed", "stale");
}

static void what_is_wrong_is_told_by_its_member(void **state)
{
    shop *s = *state;
    str of = template_of(s, APPLY_MODE_COUPON);
    static const struct {
        const char *body, *field, *code;
    } rows[] = {
        {"{'colour':1}", "colour", "unknown_field"},
        {"{'user':''}", "user", "wrong_type"},
        {"{'user':7}", "user", "wrong_type"},
        {"{'issued':-1}", "issued", "out_of_range"},
        {"{'issued':'1'}", "issued", "out_of_range"},
        {"{'issued':100001}", "issued", "out_of_range"},
        {"{'issued':1,'redeemed':2,'discount':{'amount':2,'currency':'USD'}}", "issued",
         "out_of_range"},
        {"{'redeemed':-1}", "redeemed", "out_of_range"},
        {"{'issued':20000,'redeemed':10001}", "redeemed", "out_of_range"},
        {"{'redeemed':1}", "discount", "out_of_range"},
        {"{'redeemed':2,'discount':{'amount':1,'currency':'USD'}}", "discount", "out_of_range"},
        {"{'discount':{'amount':1,'currency':'USD'}}", "discount", "out_of_range"},
        {"{'redeemed':1,'discount':1}", "discount", "not_allowed"},
        {"{'redeemed':1,'discount':{'amount':1,'currency':'EUR'}}", "discount", "not_allowed"},
        {"{'redeemed':1,'discount':{'amount':-1,'currency':'USD'}}", "discount", "not_allowed"},
        {"{'redeemed':1,'discount':{'amount':1,'currency':'USD'},'units':0}", "units",
         "out_of_range"},
        {"{'redeemed':1,'discount':{'amount':1,'currency':'USD'},'units':1000001}", "units",
         "out_of_range"},
        {"{'issued':1,'stock_left':1}", "stock_left", "not_allowed"},
        {"{'stock_left':21}", "stock_left", "not_allowed"},
        {"{'redeemed':1,'discount':{'amount':1,'currency':'USD'},"
         "'budget_left':{'amount':1,'currency':'USD'}}",
         "budget_left", "not_allowed"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        expect_refused(s, of, rows[i].body, rows[i].field, rows[i].code);
    expect_refused(s, S("tpl_0000000000001"), "{}", "template", "unknown_name");
    expect_refused(s, S("x"), "{}", "template", "unknown_name");
    assert_true(state_counts(s, of, "{'stock_left':20}")); /* nothing was done */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_a_user_has_used_counts_for_his_limit, shop_open,
                                        shop_close),
        cmocka_unit_test_setup_teardown(each_is_anothers_where_no_user_is_named, shop_open,
                                        shop_close),
        cmocka_unit_test_setup_teardown(stock_that_is_left_is_what_can_be_had, shop_open,
                                        shop_close),
        cmocka_unit_test_setup_teardown(budget_that_is_left_is_what_can_be_spent, shop_open,
                                        shop_close),
        cmocka_unit_test_setup_teardown(promotions_have_been_used_without_coupons, shop_open,
                                        shop_close),
        cmocka_unit_test_setup_teardown(what_is_wrong_is_told_by_its_member, shop_open, shop_close),
    };
    return cmocka_run_group_tests_name("scenario counts", tests, NULL, NULL);
}

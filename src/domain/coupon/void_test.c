/* Coupons that end unused: voided, expired by the sweep; holds that the sweep releases. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/app.h"
#include "base/id.h"
#include "domain/coupon/acts.h"
#include "domain/limit/pool.h"
#include "test/lib/domain_shop.h"

static const order_line tea[] = {
    {.sku = {"tea", 3}, .category = {"food", 4}, .quantity = 2, .unit_minor = 3000},
};

/* Stock 3, a budget at issue for 3, and one claim a user and day. */
static template_put_in scarce(uint64_t *campaign_id)
{
    static limit_rule rule;
    rule = fix_limit(LIMIT_MEASURE_CLAIMS, LIMIT_SUBJECT_USER, LIMIT_PERIOD_DAY, 1);
    campaign_create_in in = fix_campaign_in(shop);
    in.budget_mode = BUDGET_MODE_AT_ISSUE;
    in.budget_minor = 3000;
    *campaign_id = fix_campaign(shop, &in);
    template_put_in t = fix_template_in(shop, *campaign_id);
    t.stock = 3;
    t.limits.items = &rule;
    t.limits.n = 1;
    return t;
}

static fix_order tea_order(const char *number, const uint64_t *coupons)
{
    return (fix_order){.user = S("ann"),
                       .number = str_of(number),
                       .coupons = coupons,
                       .coupon_count = 1,
                       .lines = tea,
                       .line_count = 1};
}

/* ---- void ---- */

static void a_voided_coupon_gives_back_its_budget_but_nothing_else(void **state)
{
    (void)state;
    static const void_reason reasons[] = {VOID_REASON_REQUESTED, VOID_REASON_FRAUD};
    for (size_t i = 0; i < ARRAY_LEN(reasons); i++) {
        uint64_t c;
        template_put_in in = scarce(&c);
        uint64_t t = fix_template(shop, &in), mine = fix_claim_one(shop, S("ann"), t);
        assert_int_equal(fix_void(shop, mine, reasons[i]), R_DONE);
        coupon row = fix_coupon(shop, mine);
        assert_int_equal(row.state, COUPON_STATE_VOIDED);
        assert_true(row.closed);
        assert_int_equal(row.reserved_minor, 0);
        assert_int_equal(fix_left(shop, pool_budget(c)), 3000);
        assert_int_equal(fix_left(shop, pool_stock(t)), 2);
        assert_int_equal(fix_claim(shop, S("ann"), t, 1, NULL), R_LIMIT_REACHED);
        assert_int_equal(fix_tally(shop, c, t).voided, 1);
        assert_int_equal(fix_void(shop, mine, reasons[i]), R_COUPON_NOT_AVAILABLE);
    }
}

static void a_coupon_issued_in_error_gives_back_all(void **state)
{
    (void)state;
    uint64_t c;
    template_put_in in = scarce(&c);
    uint64_t t = fix_template(shop, &in), mine = fix_claim_one(shop, S("ann"), t);
    assert_int_equal(fix_void(shop, mine, VOID_REASON_ISSUED_IN_ERROR), R_DONE);
    assert_int_equal(fix_left(shop, pool_budget(c)), 3000);
    assert_int_equal(fix_left(shop, pool_stock(t)), 3);
    mine = fix_claim_one(shop, S("ann"), t); /* the same day */
    assert_int_equal(fix_tally(shop, c, t).users, 1);
    fix_pass(shop, MS_DAY);
    (void)fix_claim_one(shop, S("ann"), t);
    assert_int_equal(fix_void(shop, mine, VOID_REASON_ISSUED_IN_ERROR), R_DONE);
    assert_int_equal(fix_claim(shop, S("ann"), t, 1, NULL), R_LIMIT_REACHED); /* another day's */
}

/* Sets one limit of two claims a week on a template, its campaign or the merchant. */
static void set_limit(limit_rule *rule, uint64_t t, uint64_t c, int level)
{
    row_out out = {0};
    template_put_in of_template = fix_template_in(shop, 0);
    of_template.template = t;
    of_template.limits.items = rule;
    of_template.limits.n = 1;
    campaign_edit_in of_campaign = {.merchant = shop->merchant, .campaign = c, .fields = 32};
    of_campaign.limits.items = rule;
    of_campaign.limits.n = 1;
    merchant_put_in of_merchant = {
        .id = shop->merchant, .name = S("Shop"), .zone = S("Test/East"), .currency = S("USD")};
    of_merchant.limits.items = rule;
    of_merchant.limits.n = 1;
    if (level == 0)
        (void)fix_template(shop, &of_template);
    else if (level == 1)
        assert_int_equal(fix_run(shop, ACT_ID_campaign_edit, id_slot(c), &of_campaign, &out),
                         R_DONE);
    else
        assert_int_equal(
            fix_run(shop, ACT_ID_merchant_put, id_slot(shop->merchant), &of_merchant, &out),
            R_DONE);
}

/* Before and after are told by what the issue has seen, not by the time: that may be the same, and
 * differs between lanes. */
static void a_limit_gets_back_only_what_it_has_counted(void **state)
{
    static const struct {
        limit_subject subject;
        int level;
    } rows[] = {{LIMIT_SUBJECT_USER, 0},
                {LIMIT_SUBJECT_TEMPLATE, 0},
                {LIMIT_SUBJECT_USER, 1},
                {LIMIT_SUBJECT_CAMPAIGN, 1},
                {LIMIT_SUBJECT_USER, 2}};
    static const char *const users[] = {"ann", "bob", "cid", "dee"}; /* of several lanes */
    for (size_t i = 0; i < 2 * ARRAY_LEN(rows) * ARRAY_LEN(users); i++) {
        tear_down(state);
        set_up(state);
        str who = str_of(users[i / 2 % ARRAY_LEN(users)]);
        int64_t back_ms = i % 2 == 0 ? 0 : MS_MINUTE;
        campaign_create_in create = fix_campaign_in(shop);
        uint64_t c = fix_campaign(shop, &create);
        template_put_in in = fix_template_in(shop, c);
        uint64_t t = fix_template(shop, &in);
        fix_pass(shop, back_ms);
        uint64_t before = fix_claim_one(shop, who, t);
        fix_pass(shop, -back_ms);
        limit_subject subject = rows[i / 2 / ARRAY_LEN(users)].subject;
        limit_rule rule = fix_limit(LIMIT_MEASURE_CLAIMS, subject, LIMIT_PERIOD_WEEK, 2);
        set_limit(&rule, t, c, rows[i / 2 / ARRAY_LEN(users)].level);
        uint64_t after = fix_claim_one(shop, who, t);
        assert_int_equal(fix_void(shop, before, VOID_REASON_ISSUED_IN_ERROR), R_DONE);
        assert_int_equal(fix_claim(shop, who, t, 2, NULL), R_LIMIT_REACHED);
        assert_int_equal(fix_void(shop, after, VOID_REASON_ISSUED_IN_ERROR), R_DONE);
        assert_int_equal(fix_claim(shop, who, t, 2, NULL), R_DONE);
        assert_int_equal(fix_claim(shop, who, t, 1, NULL), R_LIMIT_REACHED);
    }
}

static void only_unused_coupons_can_be_voided(void **state)
{
    (void)state;
    uint64_t c, id = 0, used = 0;
    template_put_in in = scarce(&c);
    in.limits.n = 0;
    uint64_t t = fix_template(shop, &in), mine = fix_claim_one(shop, S("ann"), t);
    assert_int_equal(fix_void(shop, mine, (void_reason)9), R_INVALID);
    assert_int_equal(fix_void(shop, mine + (1 << 23), VOID_REASON_FRAUD), R_NOT_FOUND);
    fix_order o = tea_order("A-1", &mine);
    assert_int_equal(fix_hold(shop, &o, &id), R_DONE);
    assert_int_equal(fix_void(shop, mine, VOID_REASON_FRAUD), R_COUPON_NOT_AVAILABLE);
    fix_pass(shop, MS_HOUR); /* the hold has expired: the coupon is free */
    uint64_t second = fix_claim_one(shop, S("ann"), t);
    fix_order other = tea_order("A-2", &second);
    assert_int_equal(fix_redeem(shop, &other, &used), R_DONE);
    assert_int_equal(fix_void(shop, second, VOID_REASON_FRAUD), R_COUPON_NOT_AVAILABLE);
    assert_int_equal(fix_void(shop, mine, VOID_REASON_FRAUD), R_DONE);
    assert_int_equal(fix_hold_row(shop, id).state, HOLD_STATE_EXPIRED);
    uint64_t third = fix_claim_one(shop, S("ann"), t);
    shop->clock_ms = FIX_END_MS;
    assert_int_equal(fix_void(shop, third, VOID_REASON_FRAUD), R_COUPON_NOT_AVAILABLE);
}

/* ---- sweep ---- */

static void the_sweep_expires_what_is_due_and_frees_its_budget(void **state)
{
    (void)state;
    uint64_t c;
    template_put_in in = scarce(&c);
    in.valid_until_ms = FIX_START_MS + MS_HOUR;
    uint64_t t = fix_template(shop, &in), mine = fix_claim_one(shop, S("ann"), t);
    fix_pass(shop, MS_HOUR - 1000);
    fix_sweep(shop);
    assert_int_equal(fix_coupon(shop, mine).state, COUPON_STATE_AVAILABLE);
    fix_pass(shop, 1000);
    fix_sweep(shop);
    coupon row = fix_coupon(shop, mine);
    assert_int_equal(row.state, COUPON_STATE_EXPIRED);
    assert_true(row.closed);
    assert_int_equal(fix_left(shop, pool_budget(c)), 3000);
    assert_int_equal(fix_left(shop, pool_stock(t)), 2); /* stock stays used */
    assert_int_equal(fix_tally(shop, c, t).expired, 1);
}

static void an_edit_that_extends_a_coupon_makes_the_sweep_come_again(void **state)
{
    (void)state;
    uint64_t c;
    template_put_in in = scarce(&c);
    in.valid_until_ms = FIX_START_MS + MS_HOUR;
    uint64_t t = fix_template(shop, &in), mine = fix_claim_one(shop, S("ann"), t);
    in.template = t;
    in.valid_until_ms = FIX_START_MS + 2 * MS_HOUR;
    in.reach = EDIT_REACH_ALL_UNUSED;
    (void)fix_template(shop, &in);
    fix_pass(shop, MS_HOUR);
    fix_sweep(shop);
    assert_int_equal(fix_coupon(shop, mine).state, COUPON_STATE_AVAILABLE);
    assert_int_equal(fix_coupon(shop, mine).revision, 1);
    fix_pass(shop, MS_HOUR);
    fix_sweep(shop);
    assert_int_equal(fix_coupon(shop, mine).state, COUPON_STATE_EXPIRED);
}

static void the_sweep_releases_holds_past_their_deadline(void **state)
{
    (void)state;
    uint64_t c, id = 0;
    template_put_in in = scarce(&c);
    uint64_t t = fix_template(shop, &in), mine = fix_claim_one(shop, S("ann"), t);
    fix_order o = tea_order("A-1", &mine);
    assert_int_equal(fix_hold(shop, &o, &id), R_DONE);
    fix_pass(shop, 10 * MS_MINUTE - 1000);
    fix_sweep(shop);
    assert_int_equal(fix_hold_row(shop, id).state, HOLD_STATE_OPEN);
    fix_pass(shop, 1000);
    fix_sweep(shop);
    assert_int_equal(fix_hold_row(shop, id).state, HOLD_STATE_EXPIRED);
    assert_int_equal(fix_coupon(shop, mine).state, COUPON_STATE_AVAILABLE);
    assert_int_equal(fix_tally(shop, c, t).released, 1);
}

static void a_sweep_is_of_its_own_lane_and_of_blocks_that_are_there(void **state)
{
    (void)state;
    store *of = app_store(shop->app);
    sweep_in in = {.kind = DUE_KIND_COUPON, .at_ms = FIX_START_MS, .number = 1000};
    sweep_out out = {0};
    assert_int_equal(fix_run(shop, ACT_ID_sweep, in.lane, &in, &out), R_DONE);
    assert_int_equal(out.expired + out.released, 0);
    in.lane = (uint16_t)(store_lanes(of) - 1);
    assert_int_equal(fix_run(shop, ACT_ID_sweep, 0, &in, &out), R_INVALID);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_voided_coupon_gives_back_its_budget_but_nothing_else),
        TEST(a_coupon_issued_in_error_gives_back_all),
        TEST(a_limit_gets_back_only_what_it_has_counted),
        TEST(only_unused_coupons_can_be_voided),
        TEST(the_sweep_expires_what_is_due_and_frees_its_budget),
        TEST(an_edit_that_extends_a_coupon_makes_the_sweep_come_again),
        TEST(the_sweep_releases_holds_past_their_deadline),
        TEST(a_sweep_is_of_its_own_lane_and_of_blocks_that_are_there),
    };
    int failed = 0; /* also on a store that withholds rows, aborts and splits */
    for (how.adversary = 0; how.adversary < 4; how.adversary++)
        failed += cmocka_run_group_tests(tests, NULL, NULL);
    return failed;
}

/* Edits between the price of an order and its act: which of them the act answers by STALE, so that
 * the caller prices again, and which change nothing for it. The same for a hold past its deadline,
 * which is no fresh hold at the same price then. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/id.h"
#include "domain/campaign/rules.h"
#include "domain/price/benefit_test.h"
#include "test/lib/domain_fixture.h"

static fix *shop;
static uint64_t parent, template_id, promoted, promotion, planned, mine;
static const order_line lines[] = {{.sku = {"tea", 3}, .quantity = 2, .unit_minor = 3000}};

/* A coupon of 10.00 off; a promotion of 10.00 off that is in force, and one that is not yet. */
static void open_shop(void)
{
    shop = fix_open((fix_options){0});
    campaign_create_in c = fix_campaign_in(shop);
    template_put_in t;
    parent = fix_campaign(shop, &c);
    promoted = fix_campaign(shop, &c);
    planned = fix_campaign(shop, &c);
    t = fix_template_in(shop, parent);
    template_id = fix_template(shop, &t);
    t = fix_template_in(shop, promoted);
    t.apply = APPLY_MODE_AUTOMATIC;
    promotion = fix_template(shop, &t);
    t.campaign = planned;
    (void)fix_template(shop, &t);
    fix_campaign_state(shop, planned, CAMPAIGN_STATE_PAUSED);
    mine = fix_claim_one(shop, S("ann"), template_id);
}

/* ---- edits ---- */

static void sets_a_policy(void)
{
    policy_choice choice = {.policy = 12, .value = 1};
    merchant_put_in in = fix_merchant_in(shop);
    in.policy.items = &choice;
    in.policy.n = 1;
    fix_merchant(shop, &in);
}

static void sets_a_group(void)
{
    stack_group group = {.name = S("g"), .mode = GROUP_MODE_BEST_ORDER};
    merchant_put_in in = fix_merchant_in(shop);
    in.groups.items = &group;
    in.groups.n = 1;
    fix_merchant(shop, &in);
}

static void sets_the_most_coupons(void)
{
    merchant_put_in in = fix_merchant_in(shop);
    in.coupons_max = 1;
    fix_merchant(shop, &in);
}

static void sets_a_policy_and_takes_it_back(void)
{
    sets_a_policy();
    merchant_put_in in = fix_merchant_in(shop);
    fix_merchant(shop, &in);
}

static void names_the_merchant_and_limits_it(void)
{
    limit_rule limit = fix_limit(LIMIT_MEASURE_CLAIMS, LIMIT_SUBJECT_USER, LIMIT_PERIOD_DAY, 9);
    merchant_put_in in = fix_merchant_in(shop);
    in.name = S("Other");
    in.limits.items = &limit;
    in.limits.n = 1;
    fix_merchant(shop, &in);
}

static void a_promotion_comes(void)
{
    fix_campaign_state(shop, planned, CAMPAIGN_STATE_ACTIVE);
}

static void a_promotion_goes(void)
{
    fix_campaign_state(shop, promoted, CAMPAIGN_STATE_PAUSED);
}

static void a_promotion_goes_and_comes_back(void)
{
    fix_campaign_state(shop, promoted, CAMPAIGN_STATE_PAUSED);
    fix_campaign_state(shop, promoted, CAMPAIGN_STATE_ACTIVE);
}

static void edit_template(uint64_t of, uint64_t id, edit_reach reach)
{
    template_put_in edit = fix_template_in(shop, of);
    edit.template = id;
    edit.reach = (uint8_t)reach;
    TEST_SET(edit, TERM_AMOUNT_OFF_AMOUNT, 2000);
    (void)fix_template(shop, &edit);
}

static void a_promotion_is_edited(void)
{
    edit_template(promoted, promotion, EDIT_REACH_NEW_ONLY);
}

static void edit_campaign(uint64_t id, const limit_rule *limit)
{
    campaign_edit_in edit = {.merchant = shop->merchant,
                             .campaign = id,
                             .fields = limit == NULL ? CAMPAIGN_NAME : CAMPAIGN_LIMITS,
                             .name = S("Other")};
    row_out out = {0};
    limit_rule copy = limit == NULL ? (limit_rule){0} : *limit;
    edit.limits.items = &copy;
    edit.limits.n = limit == NULL ? 0 : 1;
    assert_int_equal(fix_run(shop, ACT_ID_campaign_edit, id_slot(id), &edit, &out), R_DONE);
}

static void a_promotion_counts_devices(void)
{
    limit_rule limit =
        fix_limit(LIMIT_MEASURE_REDEMPTIONS, LIMIT_SUBJECT_DEVICE, LIMIT_PERIOD_EVER, 1);
    edit_campaign(promoted, &limit);
}

static void a_promotion_counts_users(void)
{
    limit_rule limit =
        fix_limit(LIMIT_MEASURE_REDEMPTIONS, LIMIT_SUBJECT_USER, LIMIT_PERIOD_EVER, 1);
    edit_campaign(promoted, &limit);
}

static void campaigns_are_named(void)
{
    edit_campaign(promoted, NULL);
    edit_campaign(parent, NULL);
}

static void another_campaign_is_made(void)
{
    campaign_create_in c = fix_campaign_in(shop);
    template_put_in t = fix_template_in(shop, fix_campaign(shop, &c));
    (void)fix_template(shop, &t);
}

static void new_coupons_are_others(void)
{
    edit_template(parent, template_id, EDIT_REACH_NEW_ONLY);
}

static void all_coupons_are_others(void)
{
    edit_template(parent, template_id, EDIT_REACH_ALL_UNUSED);
}

#define EDIT(name, matters)                                                                        \
    {                                                                                              \
#name, name, matters                                                                       \
    }
static const struct {
    const char *name;
    void (*edit)(void);
    bool matters;
} edits[] = {
    EDIT(sets_a_policy, true),
    EDIT(sets_a_group, true),
    EDIT(sets_the_most_coupons, true),
    EDIT(sets_a_policy_and_takes_it_back, false),
    EDIT(names_the_merchant_and_limits_it, false),
    EDIT(a_promotion_comes, true),
    EDIT(a_promotion_goes, true),
    EDIT(a_promotion_goes_and_comes_back, false),
    EDIT(a_promotion_is_edited, true),
    EDIT(a_promotion_counts_devices, true),
    EDIT(a_promotion_counts_users, false),
    EDIT(campaigns_are_named, false),
    EDIT(another_campaign_is_made, false),
    EDIT(new_coupons_are_others, false),
    EDIT(all_coupons_are_others, true),
};

/* ---- orders ---- */

static fix_order order_of_ann(const char *number)
{
    return (fix_order){.user = S("ann"),
                       .number = str_of(number),
                       .coupons = &mine,
                       .coupon_count = 1,
                       .lines = lines,
                       .line_count = ARRAY_LEN(lines)};
}

static void expect(result actual, result expected, const char *edit)
{
    if (actual != expected)
        fail_msg("%s: %.*s, not %.*s", edit, STR_ARG(result_code(actual)),
                 STR_ARG(result_code(expected)));
}

/* At the price of before the edit; then at that of now. */
static void run_after(size_t i, act_id id)
{
    open_shop();
    fix_order o = order_of_ann("A-1");
    order_in in;
    order_out out = {0};
    uint64_t made = 0;
    assert_int_equal(fix_price(shop, &o, &in), R_DONE);
    edits[i].edit();
    result r = fix_run(shop, id, slot_of_user(in.merchant, in.user), &in, &out);
    expect(r, edits[i].matters ? R_STALE : R_DONE, edits[i].name);
    if (r == R_STALE) {
        r = id == ACT_ID_hold ? fix_hold(shop, &o, &made) : fix_redeem(shop, &o, &made);
        expect(r, R_DONE, edits[i].name);
    }
    fix_verify(shop);
    fix_close(shop);
}

static void an_act_commits_no_price_of_before_an_edit(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(edits); i++) {
        run_after(i, ACT_ID_hold);
        run_after(i, ACT_ID_redeem);
    }
}

/* In time it confirms whatever is edited; late only where a fresh hold would have this price. */
static void a_hold_is_frozen_until_its_deadline(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(edits); i++) {
        for (int late = 0; late < 2; late++) {
            open_shop();
            fix_order o = order_of_ann("A-1");
            uint64_t held = 0, used = 0;
            assert_int_equal(fix_hold(shop, &o, &held), R_DONE);
            edits[i].edit();
            if (late == 1)
                fix_pass(shop, MS_HOUR);
            result r = fix_redeem_hold(shop, held, &used);
            expect(r, late == 1 && edits[i].matters ? R_HOLD_EXPIRED : R_DONE, edits[i].name);
            fix_verify(shop);
            fix_close(shop);
        }
    }
}

/* A promotion that begins by the clock changes prices as one that an edit begins. */
static void a_promotion_that_begins_is_noticed(void **state)
{
    (void)state;
    open_shop();
    template_put_in t = fix_template_in(shop, promoted);
    t.apply = APPLY_MODE_AUTOMATIC;
    t.valid_from_ms = FIX_START_MS + MS_HOUR;
    (void)fix_template(shop, &t);
    fix_order o = order_of_ann("A-1");
    order_in in;
    order_out out = {0};
    uint64_t held = 0;
    assert_int_equal(fix_price(shop, &o, &in), R_DONE);
    fix_pass(shop, FIX_START_MS + MS_HOUR - shop->clock_ms);
    in.deadline_ms = shop->clock_ms + MS_MINUTE;
    uint16_t slot = slot_of_user(in.merchant, in.user);
    assert_int_equal(fix_run(shop, ACT_ID_hold, slot, &in, &out), R_STALE);
    assert_int_equal(fix_hold(shop, &o, &held), R_DONE);
    assert_int_equal(fix_hold_row(shop, held).discount_minor, 3000);
    fix_verify(shop);
    fix_close(shop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_act_commits_no_price_of_before_an_edit),
        cmocka_unit_test(a_hold_is_frozen_until_its_deadline),
        cmocka_unit_test(a_promotion_that_begins_is_noticed),
    };
    return cmocka_run_group_tests_name("basis", tests, NULL, NULL);
}

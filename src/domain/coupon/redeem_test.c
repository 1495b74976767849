/* Using coupons up: directly, from a hold at its frozen price, and after its deadline. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/app.h"
#include "base/id.h"
#include "domain/limit/pool.h"
#include "domain/price/benefit_test.h"
#include "test/lib/domain_shop.h"

static bool detail_has(const char *text)
{
    return memmem(shop->detail.p, shop->detail.n, text, strlen(text)) != NULL;
}

/* ---- directly ---- */

static void a_direct_redemption_uses_its_coupons_up(void **state)
{
    (void)state;
    uint64_t c = campaign_with_budget(BUDGET_MODE_NONE, 0), t = template_in(c), id = 0, again = 0;
    uint64_t mine = fix_claim_one(shop, S("ann"), t);
    fix_order o = order_of("A-1", &mine, 1);
    assert_int_equal(fix_redeem(shop, &o, &id), R_DONE);
    coupon row = fix_coupon(shop, mine);
    assert_int_equal(row.state, COUPON_STATE_REDEEMED);
    assert_int_equal(row.ref, id);
    assert_true(row.closed);
    tally counted = fix_tally(shop, c, t);
    assert_int_equal(counted.redeemed, 1);
    assert_int_equal(counted.discount_minor, 1000);
    assert_int_equal(counted.order_minor, 10000);
    assert_int_equal(fix_tally(shop, c, 0).order_minor, 10000);
    fix_order other = order_of("A-2", &mine, 1);
    assert_int_equal(fix_redeem(shop, &other, &again), R_COUPON_NOT_AVAILABLE);
}

/* Whoever has typed it and may not read: it was good when the order was priced. */
static void a_typed_coupon_that_is_over_is_no_code_to_a_stranger(void **state)
{
    (void)state;
    uint64_t t = template_in(campaign_with_budget(BUDGET_MODE_NONE, 0)), id = 0;
    uint64_t mine = fix_claim_one(shop, S("ann"), t);
    fix_order o = order_of("A-1", &mine, 1), late = order_of("A-2", &mine, 1);
    order_in in = {0};
    order_out out = {0};
    late.hidden = true;
    assert_int_equal(fix_price(shop, &late, &in), R_DONE);
    assert_int_equal(fix_redeem(shop, &o, &id), R_DONE);
    uint16_t slot = slot_of_user(shop->merchant, S("ann"));
    assert_int_equal(fix_run(shop, ACT_ID_redeem, slot, &in, &out), R_CODE_INVALID);
    assert_int_equal(shop->detail.n, 0);
    assert_int_equal(fix_redeem(shop, &late, &id), R_CODE_INVALID);
    late.hidden = false;
    assert_int_equal(fix_redeem(shop, &late, &id), R_COUPON_NOT_AVAILABLE);
    uint64_t other = fix_claim_one(shop, S("ann"), t);
    fix_order held = order_of("A-3", &other, 1), again = order_of("A-4", &other, 1);
    again.hidden = true;
    assert_int_equal(fix_hold(shop, &held, &id), R_DONE);
    assert_int_equal(fix_hold(shop, &again, &id), R_COUPON_NOT_AVAILABLE); /* it is not over */
}

static void an_order_counts_once_for_a_template_and_a_campaign(void **state)
{
    (void)state;
    uint64_t c = campaign_with_budget(BUDGET_MODE_NONE, 0), t = template_in(c), id = 0;
    uint64_t coupons[3];
    assert_int_equal(fix_claim(shop, S("ann"), t, 2, coupons), R_DONE);
    coupons[2] = fix_claim_one(shop, S("ann"), template_in(c));
    fix_order o = order_of("A-1", coupons, 3);
    assert_int_equal(fix_redeem(shop, &o, &id), R_DONE);
    tally counted = fix_tally(shop, c, t);
    assert_int_equal(counted.redeemed, 2);
    assert_int_equal(counted.discount_minor, 2000);
    assert_int_equal(counted.order_minor, 10000);
    assert_int_equal(fix_tally(shop, c, 0).order_minor, 10000);
}

static void an_order_number_consumes_once(void **state)
{
    (void)state;
    uint64_t t = template_in(campaign_with_budget(BUDGET_MODE_NONE, 0)), id = 0, none = 0;
    uint64_t coupons[2];
    assert_int_equal(fix_claim(shop, S("ann"), t, 2, coupons), R_DONE);
    fix_order o = order_of("A-1", coupons, 1), again = order_of("A-1", coupons + 1, 1);
    assert_int_equal(fix_redeem(shop, &o, &id), R_DONE);
    assert_int_equal(fix_redeem(shop, &again, &none), R_ORDER_CONFLICT);
    char text[ID_TEXT_MAX];
    (void)id_text(ID_REDEMPTION, id, text);
    assert_true(detail_has(text));
}

static void a_direct_redemption_replaces_the_hold_of_its_order(void **state)
{
    (void)state;
    uint64_t c = campaign_with_budget(BUDGET_MODE_AT_REDEEM, 1000), t = template_in(c);
    uint64_t id = 0, used = 0, mine = fix_claim_one(shop, S("ann"), t);
    fix_order o = order_of("A-1", &mine, 1);
    assert_int_equal(fix_hold(shop, &o, &id), R_DONE);
    assert_int_equal(fix_redeem(shop, &o, &used), R_DONE);
    assert_int_equal(fix_hold_row(shop, id).state, HOLD_STATE_REPLACED);
    assert_int_equal(fix_redeem_hold(shop, id, &used), R_HOLD_NOT_OPEN);
    assert_int_equal(fix_left(shop, pool_budget(c)), 0);
}

/* ---- budget ---- */

static void a_budget_at_issue_gets_its_surplus_back(void **state)
{
    (void)state;
    uint64_t c = campaign_with_budget(BUDGET_MODE_AT_ISSUE, 5000), id = 0;
    template_put_in in = fix_template_in(shop, c);
    in.benefit = BENEFIT_KIND_PERCENT_OFF;
    TEST_SET(in, TERM_AMOUNT_OFF_AMOUNT, 0);
    TEST_SET(in, TERM_PERCENT_OFF_PERCENT, 1000 * 100);
    TEST_SET(in, TERM_COMMON_CAP, 3000);
    uint64_t t = fix_template(shop, &in), mine = fix_claim_one(shop, S("ann"), t);
    assert_int_equal(fix_left(shop, pool_budget(c)), 2000);
    fix_order o = order_of("A-1", &mine, 1);
    assert_int_equal(fix_redeem(shop, &o, &id), R_DONE);
    assert_int_equal(fix_left(shop, pool_budget(c)), 4000); /* ten percent of 10000 were given */
    assert_int_equal(fix_coupon(shop, mine).reserved_minor, 0);
    assert_int_equal(fix_redemption(shop, id).applied.items[0].reserved_minor, 1000);
}

static void a_budget_at_redeem_is_spent_from_the_hold(void **state)
{
    (void)state;
    uint64_t c = campaign_with_budget(BUDGET_MODE_AT_REDEEM, 1000), t = template_in(c);
    uint64_t id = 0, used = 0, coupons[2];
    assert_int_equal(fix_claim(shop, S("ann"), t, 2, coupons), R_DONE);
    fix_order o = order_of("A-1", coupons, 1), other = order_of("A-2", coupons + 1, 1);
    assert_int_equal(fix_hold(shop, &o, &id), R_DONE);
    assert_int_equal(fix_redeem_hold(shop, id, &used), R_DONE);
    assert_int_equal(fix_redeem(shop, &other, &used), R_BUDGET_EXHAUSTED);
    assert_int_equal(fix_left(shop, pool_budget(c)), 0);
}

/* ---- from a hold ---- */

static void a_hold_confirms_whatever_has_happened_since(void **state)
{
    (void)state;
    uint64_t c = campaign_with_budget(BUDGET_MODE_NONE, 0);
    template_put_in in = fix_template_in(shop, c);
    in.valid_until_ms = FIX_START_MS + MS_HOUR;
    uint64_t t = fix_template(shop, &in), mine = fix_claim_one(shop, S("ann"), t);
    uint64_t id = 0, used = 0;
    fix_order o = order_of("A-1", &mine, 1);
    o.hold_ms = 5 * MS_HOUR;
    assert_int_equal(fix_hold(shop, &o, &id), R_DONE);
    in.template = t;
    in.valid_until_ms += 1;
    TEST_SET(in, TERM_AMOUNT_OFF_AMOUNT, 1);
    in.reach = EDIT_REACH_ALL_UNUSED;
    (void)fix_template(shop, &in);
    fix_campaign_state(shop, c, CAMPAIGN_STATE_ENDED);
    fix_campaign_state(shop, c, CAMPAIGN_STATE_DISABLED);
    fix_pass(shop, 4 * MS_HOUR); /* the coupon has expired */
    fix_sweep(shop);
    assert_int_equal(fix_coupon(shop, mine).state, COUPON_STATE_HELD);
    assert_int_equal(fix_redeem_hold(shop, id, &used), R_DONE);
    redemption row = fix_redemption(shop, used);
    assert_int_equal(row.discount_minor, 1000);
    assert_int_equal(row.hold, id);
    assert_int_equal(row.applied.items[0].version, 1);
    assert_int_equal(fix_hold_row(shop, id).state, HOLD_STATE_REDEEMED);
    assert_int_equal(fix_hold_row(shop, id).redemption, used);
}

static void a_hold_confirms_once(void **state)
{
    (void)state;
    uint64_t t = template_in(campaign_with_budget(BUDGET_MODE_NONE, 0)), id = 0, used = 0, none = 0;
    uint64_t mine = fix_claim_one(shop, S("ann"), t);
    fix_order o = order_of("A-1", &mine, 1);
    assert_int_equal(fix_hold(shop, &o, &id), R_DONE);
    assert_int_equal(fix_redeem_hold(shop, id, &used), R_DONE);
    assert_int_equal(fix_redeem_hold(shop, id, &none), R_ORDER_CONFLICT);
    char text[ID_TEXT_MAX];
    (void)id_text(ID_REDEMPTION, used, text);
    assert_true(detail_has(text));
    assert_int_equal(fix_redeem_hold(shop, id + (1 << 23), &none), R_NOT_FOUND);
}

static void what_the_caller_says_must_be_what_was_held(void **state)
{
    (void)state;
    uint64_t t = template_in(campaign_with_budget(BUDGET_MODE_NONE, 0)), id = 0;
    uint64_t mine = fix_claim_one(shop, S("ann"), t);
    fix_order o = order_of("A-1", &mine, 1);
    assert_int_equal(fix_hold(shop, &o, &id), R_DONE);
    order_in good = {.merchant = shop->merchant,
                     .hold = id,
                     .user = S("ann"),
                     .order_number = S("A-1"),
                     .subtotal_minor = 10000,
                     .discount_minor = 1000};
    order_in bad[5] = {good, good, good, good, good};
    bad[0].user = S("bob");
    bad[1].order_number = S("A-2");
    bad[2].subtotal_minor = 9999;
    bad[3].discount_minor = 999;
    bad[4].merchant++;
    static const result refusals[] = {R_WRONG_USER, R_AMOUNT_MISMATCH, R_AMOUNT_MISMATCH,
                                      R_AMOUNT_MISMATCH, R_NOT_FOUND};
    order_out out;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_int_equal(fix_run(shop, ACT_ID_redeem, id_slot(id), &bad[i], &out), refusals[i]);
    assert_int_equal(fix_run(shop, ACT_ID_redeem, id_slot(id), &good, &out), R_DONE);
    assert_int_equal(out.discount_minor, 1000);
}

/* ---- after the deadline ---- */

typedef struct late {
    uint64_t campaign, template, coupon, hold;
} late;

/* A hold whose deadline has passed, swept or not. */
static late late_hold(int swept, const char *number, budget_mode mode)
{
    late l = {.campaign = campaign_with_budget(mode, mode == BUDGET_MODE_NONE ? 0 : 1000)};
    l.template = template_in(l.campaign);
    l.coupon = fix_claim_one(shop, S("ann"), l.template);
    fix_order o = order_of(number, &l.coupon, 1);
    assert_int_equal(fix_hold(shop, &o, &l.hold), R_DONE);
    fix_pass(shop, MS_HOUR);
    if (swept == 1) {
        fix_sweep(shop);
        assert_int_equal(fix_hold_row(shop, l.hold).state, HOLD_STATE_EXPIRED);
    }
    return l;
}

static void a_late_redemption_succeeds_where_a_fresh_hold_would(void **state)
{
    (void)state;
    static const char *const numbers[] = {"A-0", "A-1", "A-2", "A-3"};
    for (int i = 0; i < 4; i++) {
        budget_mode mode = i < 2 ? BUDGET_MODE_AT_REDEEM : BUDGET_MODE_AT_ISSUE;
        late l = late_hold(i % 2, numbers[i], mode);
        uint64_t used = 0;
        assert_int_equal(fix_redeem_hold(shop, l.hold, &used), R_DONE);
        assert_int_equal(fix_redemption(shop, used).discount_minor, 1000);
        assert_int_equal(fix_hold_row(shop, l.hold).state, HOLD_STATE_REDEEMED);
        assert_int_equal(fix_coupon(shop, l.coupon).state, COUPON_STATE_REDEEMED);
        assert_int_equal(fix_left(shop, pool_budget(l.campaign)), 0);
        assert_int_equal(fix_redeem_hold(shop, l.hold, &used), R_ORDER_CONFLICT);
    }
}

static void by_expiry(const late *l)
{
    (void)l;
    shop->clock_ms = FIX_END_MS;
}

static void by_disabling(const late *l)
{
    fix_campaign_state(shop, l->campaign, CAMPAIGN_STATE_DISABLED);
}

static void by_an_edit(const late *l)
{
    template_put_in in = fix_template_in(shop, l->campaign);
    in.template = l->template;
    TEST_SET(in, TERM_AMOUNT_OFF_AMOUNT, 900);
    in.reach = EDIT_REACH_ALL_UNUSED;
    (void)fix_template(shop, &in);
}

static void by_another_order(const late *l)
{
    uint64_t id = 0;
    fix_order o = order_of("another", &l->coupon, 1);
    assert_int_equal(fix_redeem(shop, &o, &id), R_DONE);
}

static void by_a_newer_hold(const late *l)
{
    uint64_t id = 0;
    fix_order o = order_of("late", &l->coupon, 1);
    assert_int_equal(fix_hold(shop, &o, &id), R_DONE);
    assert_int_equal(fix_release(shop, id), R_DONE);
}

static void a_late_redemption_is_refused_where_a_fresh_hold_would_be(void **state)
{
    static const struct {
        void (*happens)(const late *l);
        const char *detail;
    } rows[] = {
        {by_expiry, "coupon_expired"},   {by_disabling, "campaign_disabled"},
        {by_an_edit, "stale"},           {by_another_order, "coupon_not_available"},
        {by_a_newer_hold, "newer hold"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        for (int swept = 0; swept <= 1; swept++) {
            uint64_t used = 0;
            if (i + (size_t)swept > 0) {
                tear_down(state);
                set_up(state);
            }
            late l = late_hold(swept, "late", BUDGET_MODE_NONE);
            rows[i].happens(&l);
            assert_int_equal(fix_redeem_hold(shop, l.hold, &used), R_HOLD_EXPIRED);
            assert_true(detail_has(rows[i].detail));
        }
    }
}

static void a_late_redemption_needs_the_budget_again_once_it_was_given_back(void **state)
{
    (void)state;
    late l = late_hold(1, "late", BUDGET_MODE_AT_REDEEM);
    uint64_t other = fix_claim_one(shop, S("bob"), l.template), id = 0, used = 0;
    fix_order o = order_of("B-1", &other, 1);
    o.user = S("bob");
    assert_int_equal(fix_hold(shop, &o, &id), R_DONE);
    assert_int_equal(fix_redeem_hold(shop, l.hold, &used), R_HOLD_EXPIRED);
    assert_true(detail_has("budget_exhausted"));
    assert_int_equal(fix_release(shop, id), R_DONE);
    assert_int_equal(fix_redeem_hold(shop, l.hold, &used), R_DONE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_direct_redemption_uses_its_coupons_up),
        TEST(a_typed_coupon_that_is_over_is_no_code_to_a_stranger),
        TEST(an_order_counts_once_for_a_template_and_a_campaign),
        TEST(an_order_number_consumes_once),
        TEST(a_direct_redemption_replaces_the_hold_of_its_order),
        TEST(a_budget_at_issue_gets_its_surplus_back),
        TEST(a_budget_at_redeem_is_spent_from_the_hold),
        TEST(a_hold_confirms_whatever_has_happened_since),
        TEST(a_hold_confirms_once),
        TEST(what_the_caller_says_must_be_what_was_held),
        TEST(a_late_redemption_succeeds_where_a_fresh_hold_would),
        TEST(a_late_redemption_is_refused_where_a_fresh_hold_would_be),
        TEST(a_late_redemption_needs_the_budget_again_once_it_was_given_back),
    };
    int failed = 0; /* also on a store that withholds rows, aborts and splits */
    for (how.adversary = 0; how.adversary < 4; how.adversary++)
        failed += cmocka_run_group_tests(tests, NULL, NULL);
    return failed;
}

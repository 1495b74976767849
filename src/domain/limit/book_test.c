/* Limits through the acts: what they count, by whom, in which period, and at which level. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/app.h"
#include "base/id.h"
#include "domain/limit/pool.h"
#include "test/lib/domain_shop.h"

/* 2025-10-09 is a Thursday; the shop's midnight is 16:00 UTC. */
#define NEXT_MIDNIGHT_MS (INT64_C(1759939200000) + MS_DAY)

static uint64_t template_with(limit_rule rule)
{
    campaign_create_in in = fix_campaign_in(shop);
    template_put_in t = fix_template_in(shop, fix_campaign(shop, &in));
    t.limits.items = &rule;
    t.limits.n = 1;
    return fix_template(shop, &t);
}

static limit_rule claims_by_user(limit_period period, int64_t max)
{
    return fix_limit(LIMIT_MEASURE_CLAIMS, LIMIT_SUBJECT_USER, period, max);
}

static result claim(const char *who, uint64_t template_id)
{
    return fix_claim(shop, str_of(who), template_id, 1, NULL);
}

/* ---- periods ---- */

static void periods_end_at_the_merchants_midnight(void **state)
{
    (void)state;
    static const struct {
        limit_period period;
        int64_t again_at_ms; /* when the next claim is allowed; 0: never */
    } rows[] = {
        {LIMIT_PERIOD_EVER, 0},
        {LIMIT_PERIOD_DAY, NEXT_MIDNIGHT_MS},                /* Friday 00:00 */
        {LIMIT_PERIOD_WEEK, NEXT_MIDNIGHT_MS + 3 * MS_DAY},  /* Monday */
        {LIMIT_PERIOD_MONTH, NEXT_MIDNIGHT_MS + 22 * MS_DAY} /* 1 November */
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        shop->clock_ms = FIX_START_MS;
        if (i > 0) {
            tear_down(state);
            set_up(state);
        }
        uint64_t t = template_with(claims_by_user(rows[i].period, 1));
        assert_int_equal(claim("ann", t), R_DONE);
        assert_int_equal(claim("ann", t), R_LIMIT_REACHED);
        assert_int_equal(claim("bob", t), R_DONE);
        bool never = rows[i].again_at_ms == 0;
        shop->clock_ms = never ? FIX_START_MS + 300 * MS_DAY : rows[i].again_at_ms - 1;
        assert_int_equal(claim("ann", t), R_LIMIT_REACHED);
        shop->clock_ms++;
        assert_int_equal(claim("ann", t), never ? R_LIMIT_REACHED : R_DONE);
    }
}

static void a_rolling_window_moves_with_the_claims(void **state)
{
    (void)state;
    limit_rule rule = claims_by_user(LIMIT_PERIOD_ROLLING, 2);
    rule.window_ms = MS_HOUR;
    uint64_t t = template_with(rule);
    int64_t first = shop->clock_ms;
    assert_int_equal(claim("ann", t), R_DONE);
    fix_pass(shop, 30 * MS_MINUTE);
    assert_int_equal(claim("ann", t), R_DONE);
    shop->clock_ms = first + MS_HOUR - 1;
    assert_int_equal(claim("ann", t), R_LIMIT_REACHED);
    shop->clock_ms = first + MS_HOUR;
    assert_int_equal(claim("ann", t), R_DONE);
    assert_int_equal(claim("ann", t), R_LIMIT_REACHED);
}

static void nothing_reopens_when_the_clock_goes_back(void **state)
{
    (void)state;
    uint64_t t = template_with(claims_by_user(LIMIT_PERIOD_DAY, 1));
    shop->clock_ms = NEXT_MIDNIGHT_MS;
    assert_int_equal(claim("ann", t), R_DONE);
    shop->clock_ms -= MS_HOUR;
    assert_int_equal(claim("ann", t), R_LIMIT_REACHED);
    shop->clock_ms = NEXT_MIDNIGHT_MS + MS_HOUR;
    assert_int_equal(claim("ann", t), R_LIMIT_REACHED);
}

/* ---- levels ---- */

static void a_campaign_counts_over_its_templates(void **state)
{
    (void)state;
    limit_rule rule = claims_by_user(LIMIT_PERIOD_EVER, 2);
    campaign_create_in in = fix_campaign_in(shop);
    in.limits.items = &rule;
    in.limits.n = 1;
    uint64_t c = fix_campaign(shop, &in);
    template_put_in put = fix_template_in(shop, c);
    uint64_t one = fix_template(shop, &put), two = fix_template(shop, &put);
    assert_int_equal(claim("ann", one), R_DONE);
    assert_int_equal(claim("ann", two), R_DONE);
    assert_int_equal(claim("ann", one), R_LIMIT_REACHED);
    assert_true(str_eq(shop->detail, S("The limit of the campaign is 2 claims a user.")));
    assert_int_equal(claim("bob", one), R_DONE);
}

static void a_merchant_counts_over_his_campaigns(void **state)
{
    (void)state;
    limit_rule rule = claims_by_user(LIMIT_PERIOD_DAY, 2);
    merchant_put_in in = {
        .id = shop->merchant, .name = S("Shop"), .zone = S("Test/East"), .currency = S("USD")};
    in.limits.items = &rule;
    in.limits.n = 1;
    row_out out = {0};
    uint64_t before = template_with(claims_by_user(LIMIT_PERIOD_EVER, 9));
    assert_int_equal(claim("ann", before), R_DONE); /* counts from when it was set */
    fix_pass(shop, 1000);
    assert_int_equal(fix_run(shop, ACT_ID_merchant_put, id_slot(shop->merchant), &in, &out),
                     R_DONE);
    uint64_t one = template_with(claims_by_user(LIMIT_PERIOD_EVER, 9));
    assert_int_equal(claim("ann", before), R_DONE);
    assert_int_equal(claim("ann", one), R_DONE);
    assert_int_equal(claim("ann", one), R_LIMIT_REACHED);
    assert_true(str_eq(shop->detail, S("The limit of the merchant is 2 claims a user a day.")));
    shop->clock_ms = NEXT_MIDNIGHT_MS;
    assert_int_equal(claim("ann", one), R_DONE);
}

/* ---- shared ---- */

static void all_users_together_share_a_limit(void **state)
{
    (void)state;
    uint64_t t =
        template_with(fix_limit(LIMIT_MEASURE_CLAIMS, LIMIT_SUBJECT_TEMPLATE, LIMIT_PERIOD_DAY, 3));
    assert_int_equal(fix_claim(shop, S("ann"), t, 4, NULL), R_LIMIT_REACHED);
    assert_int_equal(fix_claim(shop, S("ann"), t, 2, NULL), R_DONE);
    assert_int_equal(claim("bob", t), R_DONE);
    assert_int_equal(claim("cid", t), R_LIMIT_REACHED);
    assert_true(str_eq(shop->detail, S("The limit of the template is 3 claims in all a day.")));
    for (int day = 1; day <= 4; day++) {
        shop->clock_ms = NEXT_MIDNIGHT_MS + day * MS_DAY;
        assert_int_equal(fix_claim(shop, S("ann"), t, 3, NULL), R_DONE);
        assert_int_equal(claim("cid", t), R_LIMIT_REACHED);
    }
}

static void pools_of_days_gone_by_are_deleted_and_not_begun_again(void **state)
{
    (void)state;
    limit_rule rule = fix_limit(LIMIT_MEASURE_CLAIMS, LIMIT_SUBJECT_TEMPLATE, LIMIT_PERIOD_DAY, 3);
    uint64_t t = template_with(rule);
    int32_t today = (int32_t)((FIX_START_MS + 8 * MS_HOUR) / MS_DAY);
    for (int day = 0; day < 4; day++) {
        assert_int_equal(claim("ann", t), R_DONE);
        for (int before = 0; before <= day; before++) {
            pool_name which = pool_of_limit(t, &rule, today + day - before, 0);
            assert_int_equal(fix_left(shop, which), before < 2 ? 2 : -1);
        }
        fix_pass(shop, MS_DAY);
    }
    pool_name gone = pool_of_limit(t, &rule, today, 0);
    lease_in ask = {.owner = gone.owner, .kind = gone.kind, .period = gone.period, .amount = 1};
    lease_out out = {0};
    assert_int_equal(fix_run(shop, ACT_ID_lease_ask, id_slot(t), &ask, &out), R_DONE);
    assert_int_equal(out.verdict, ASK_VERDICT_NONE);
    assert_int_equal(fix_left(shop, gone), -1);
}

static result claim_at(const char *who, uint64_t template_id, const char *where)
{
    issue_item item = {.template = template_id, .count = 1};
    issue_in in = {.merchant = shop->merchant,
                   .user = str_of(who),
                   .source = COUPON_SOURCE_CLAIM,
                   .mode = ISSUE_MODE_ALL_OR_NONE,
                   .store = str_of(where)};
    in.items.items = &item;
    in.items.n = 1;
    issue_out out = {0};
    static unsigned claims;
    shop->names.phone = arena_printf(shop->memory, "phone-%u", claims++); /* another each time */
    shop->names.device = S("one device");
    return fix_run(shop, ACT_ID_issue, slot_of_user(shop->merchant, in.user), &in, &out);
}

static void each_store_has_a_limit_of_its_own(void **state)
{
    (void)state;
    uint64_t t =
        template_with(fix_limit(LIMIT_MEASURE_CLAIMS, LIMIT_SUBJECT_STORE, LIMIT_PERIOD_EVER, 1));
    assert_int_equal(claim_at("ann", t, "north"), R_DONE);
    assert_int_equal(claim_at("bob", t, "north"), R_LIMIT_REACHED);
    assert_int_equal(claim_at("bob", t, "south"), R_DONE);
    assert_int_equal(claim_at("cid", t, ""), R_DONE); /* nowhere is one store, too */
    assert_int_equal(claim_at("dan", t, ""), R_LIMIT_REACHED);
}

static void subjects_of_one_period_do_not_mix(void **state)
{
    (void)state;
    limit_rule rules[] = {
        fix_limit(LIMIT_MEASURE_CLAIMS, LIMIT_SUBJECT_USER, LIMIT_PERIOD_DAY, 2),
        fix_limit(LIMIT_MEASURE_CLAIMS, LIMIT_SUBJECT_STORE, LIMIT_PERIOD_DAY, 3),
        fix_limit(LIMIT_MEASURE_CLAIMS, LIMIT_SUBJECT_TEMPLATE, LIMIT_PERIOD_DAY, 5),
        fix_limit(LIMIT_MEASURE_CLAIMS, LIMIT_SUBJECT_PHONE, LIMIT_PERIOD_DAY, 1),
        fix_limit(LIMIT_MEASURE_CLAIMS, LIMIT_SUBJECT_DEVICE, LIMIT_PERIOD_DAY, 90),
    };
    campaign_create_in in = fix_campaign_in(shop);
    for (size_t order = 0; order < ARRAY_LEN(rules); order++) { /* whichever is named first */
        template_put_in put = fix_template_in(shop, fix_campaign(shop, &in));
        limit_rule first = rules[0];
        memmove(rules, rules + 1, sizeof rules - sizeof first);
        rules[ARRAY_LEN(rules) - 1] = first;
        put.limits.items = rules;
        put.limits.n = ARRAY_LEN(rules);
        uint64_t t = fix_template(shop, &put);
        assert_int_equal(claim_at("ann", t, "north"), R_DONE);
        assert_int_equal(claim_at("ann", t, "north"), R_DONE);
        assert_int_equal(claim_at("ann", t, "south"), R_LIMIT_REACHED); /* by user */
        assert_int_equal(claim_at("bob", t, "north"), R_DONE);
        assert_int_equal(claim_at("bob", t, "north"), R_LIMIT_REACHED); /* by store */
        assert_int_equal(claim_at("bob", t, "south"), R_DONE);
        assert_int_equal(claim_at("cid", t, "south"), R_DONE);
        assert_int_equal(claim_at("cid", t, "west"), R_LIMIT_REACHED); /* by template */
    }
}

static void a_limit_of_none_and_no_limit_are_not_the_same(void **state)
{
    (void)state;
    assert_int_equal(claim("ann", template_with(claims_by_user(LIMIT_PERIOD_EVER, 0))),
                     R_LIMIT_REACHED);
    uint64_t shared = template_with(
        fix_limit(LIMIT_MEASURE_CLAIMS, LIMIT_SUBJECT_TEMPLATE, LIMIT_PERIOD_EVER, 0));
    assert_int_equal(claim("ann", shared), R_LIMIT_REACHED);
    assert_int_equal(
        claim("ann", template_with(fix_limit(LIMIT_MEASURE_REDEMPTIONS, LIMIT_SUBJECT_USER,
                                             LIMIT_PERIOD_EVER, 0))),
        R_DONE); /* claims are not limited */
}

/* ---- edits ---- */

static void edit_max(uint64_t t, limit_rule rule)
{
    template_put_in in = fix_template_in(shop, 0);
    in.template = t;
    in.limits.items = &rule;
    in.limits.n = 1;
    (void)fix_template(shop, &in);
}

static void an_edited_maximum_counts_what_was_taken_before(void **state)
{
    (void)state;
    static const limit_subject subjects[] = {LIMIT_SUBJECT_USER, LIMIT_SUBJECT_TEMPLATE};
    for (size_t i = 0; i < ARRAY_LEN(subjects); i++) {
        limit_rule rule = fix_limit(LIMIT_MEASURE_CLAIMS, subjects[i], LIMIT_PERIOD_MONTH, 3);
        uint64_t t = template_with(rule);
        assert_int_equal(fix_claim(shop, S("ann"), t, 3, NULL), R_DONE);
        rule.max = 5;
        edit_max(t, rule);
        assert_int_equal(fix_claim(shop, S("ann"), t, 3, NULL), R_LIMIT_REACHED);
        assert_int_equal(claim("ann", t), R_DONE);
        rule.max = 4;
        edit_max(t, rule);
        assert_int_equal(claim("ann", t), R_LIMIT_REACHED);
        rule.max = 2; /* below what is used */
        edit_max(t, rule);
        assert_int_equal(claim("ann", t), R_LIMIT_REACHED);
        rule.max = 6;
        edit_max(t, rule);
        assert_int_equal(fix_claim(shop, S("ann"), t, 2, NULL), R_DONE);
        assert_int_equal(claim("ann", t), R_LIMIT_REACHED);
    }
}

/* In one millisecond, too. What all users share goes on where it stopped (pool.h). */
static void a_limit_that_is_set_again_counts_anew(void **state)
{
    (void)state;
    static const struct {
        limit_subject subject;
        result expected;
    } rows[] = {{LIMIT_SUBJECT_USER, R_DONE}, {LIMIT_SUBJECT_TEMPLATE, R_LIMIT_REACHED}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        limit_rule rule = fix_limit(LIMIT_MEASURE_CLAIMS, rows[i].subject, LIMIT_PERIOD_MONTH, 1);
        uint64_t t = template_with(rule);
        assert_int_equal(claim("ann", t), R_DONE);
        assert_int_equal(claim("ann", t), R_LIMIT_REACHED);
        edit_max(t, claims_by_user(LIMIT_PERIOD_EVER, 9)); /* another one in its place */
        edit_max(t, rule);
        assert_int_equal(claim("ann", t), rows[i].expected);
        assert_int_equal(claim("ann", t), R_LIMIT_REACHED);
    }
}

/* Slices of a large limit are out in every lane when it is lowered. */
static void a_lowered_limit_is_not_taken_from_slices_that_are_out(void **state)
{
    (void)state;
    limit_rule rule =
        fix_limit(LIMIT_MEASURE_CLAIMS, LIMIT_SUBJECT_TEMPLATE, LIMIT_PERIOD_EVER, 10000);
    uint64_t t = template_with(rule);
    int64_t used = 0;
    for (int i = 0; i < 30; i++, used++)
        assert_int_equal(claim(arena_z(shop->memory, arena_printf(shop->memory, "u%d", i)), t),
                         R_DONE);
    rule.max = 50;
    edit_max(t, rule);
    for (int i = 0; i < 100; i++) {
        result r = claim(arena_z(shop->memory, arena_printf(shop->memory, "v%d", i)), t);
        assert_int_equal(r, used < 50 ? R_DONE : R_LIMIT_REACHED);
        used += r == R_DONE;
    }
    assert_int_equal(used, 50);
}

/* ---- using ---- */

static const order_line cheap[] = {
    {.sku = {"tea", 3}, .category = {"food", 4}, .quantity = 3, .unit_minor = 3000},
};

static result redeem_some(const char *number, uint64_t t, uint32_t n, uint64_t *id)
{
    uint64_t coupons[20];
    assert_int_equal(fix_claim(shop, S("ann"), t, n, coupons), R_DONE);
    fix_order o = {.user = S("ann"),
                   .number = str_of(number),
                   .store = S("north"),
                   .coupons = coupons,
                   .coupon_count = n,
                   .lines = cheap,
                   .line_count = 1};
    return fix_redeem(shop, &o, id);
}

static void measures_of_use_count_what_their_names_say(void **state)
{
    (void)state;
    static const struct {
        limit_measure measure;
        limit_subject subject;
        int64_t max; /* for two coupons of 1000 on one line of 3 units */
    } rows[] = {
        {LIMIT_MEASURE_REDEMPTIONS, LIMIT_SUBJECT_USER, 2},
        {LIMIT_MEASURE_MONEY, LIMIT_SUBJECT_USER, 2000},
        {LIMIT_MEASURE_UNITS, LIMIT_SUBJECT_USER, 6},
        {LIMIT_MEASURE_REDEMPTIONS, LIMIT_SUBJECT_TEMPLATE, 2},
        {LIMIT_MEASURE_MONEY, LIMIT_SUBJECT_STORE, 2000},
        {LIMIT_MEASURE_UNITS, LIMIT_SUBJECT_STORE, 6},
    };
    uint64_t id = 0;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        for (int less = 0; less <= 1; less++) {
            uint64_t t = template_with(
                fix_limit(rows[i].measure, rows[i].subject, LIMIT_PERIOD_EVER, rows[i].max - less));
            const char *number =
                arena_z(shop->memory, arena_printf(shop->memory, "A-%zu-%d", i, less));
            assert_int_equal(redeem_some(number, t, 2, &id), less == 0 ? R_DONE : R_LIMIT_REACHED);
        }
    }
}

static void a_hold_takes_from_limits_and_a_release_gives_back(void **state)
{
    (void)state;
    uint64_t t = template_with(
        fix_limit(LIMIT_MEASURE_REDEMPTIONS, LIMIT_SUBJECT_USER, LIMIT_PERIOD_DAY, 1));
    uint64_t coupons[2], id = 0, used = 0, other = 0;
    assert_int_equal(fix_claim(shop, S("ann"), t, 2, coupons), R_DONE);
    fix_order o = {.user = S("ann"),
                   .number = S("A-1"),
                   .coupons = coupons,
                   .coupon_count = 1,
                   .lines = cheap,
                   .line_count = 1};
    fix_order second = o;
    second.number = S("A-2");
    second.coupons = coupons + 1;
    assert_int_equal(fix_hold(shop, &o, &id), R_DONE);
    assert_int_equal(fix_hold(shop, &second, &other), R_LIMIT_REACHED);
    assert_int_equal(fix_hold(shop, &o, &id), R_DONE); /* a changed order takes its own again */
    assert_int_equal(fix_release(shop, id), R_DONE);
    assert_int_equal(fix_hold(shop, &second, &other), R_DONE);
    assert_int_equal(fix_redeem_hold(shop, other, &used),
                     R_DONE); /* confirmed: not counted twice */
    assert_int_equal(fix_hold(shop, &o, &id), R_LIMIT_REACHED);
    shop->clock_ms = NEXT_MIDNIGHT_MS;
    assert_int_equal(fix_hold(shop, &o, &id), R_DONE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(periods_end_at_the_merchants_midnight),
        TEST(a_rolling_window_moves_with_the_claims),
        TEST(nothing_reopens_when_the_clock_goes_back),
        TEST(a_campaign_counts_over_its_templates),
        TEST(a_merchant_counts_over_his_campaigns),
        TEST(all_users_together_share_a_limit),
        TEST(pools_of_days_gone_by_are_deleted_and_not_begun_again),
        TEST(each_store_has_a_limit_of_its_own),
        TEST(subjects_of_one_period_do_not_mix),
        TEST(a_limit_of_none_and_no_limit_are_not_the_same),
        TEST(an_edited_maximum_counts_what_was_taken_before),
        TEST(a_limit_that_is_set_again_counts_anew),
        TEST(a_lowered_limit_is_not_taken_from_slices_that_are_out),
        TEST(measures_of_use_count_what_their_names_say),
        TEST(a_hold_takes_from_limits_and_a_release_gives_back),
    };
    int failed = 0; /* also on a store that withholds rows, aborts and splits */
    for (how.adversary = 0; how.adversary < 4; how.adversary++)
        failed += cmocka_run_group_tests(tests, NULL, NULL);
    return failed;
}

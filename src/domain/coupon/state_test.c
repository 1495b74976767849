/* The state tables of coupons and holds, step by step, and what a row means before the sweep. */
#include "domain/coupon/state.h"
#include "domain/price/benefit_test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { NEW = 0 };

static const struct {
    event_kind happening;
    uint8_t from, to;
} coupon_steps[] = {
    {EVENT_KIND_COUPON_ISSUED, NEW, COUPON_STATE_AVAILABLE},
    {EVENT_KIND_COUPON_HELD, COUPON_STATE_AVAILABLE, COUPON_STATE_HELD},
    {EVENT_KIND_COUPON_RELEASED, COUPON_STATE_HELD, COUPON_STATE_AVAILABLE},
    {EVENT_KIND_COUPON_REDEEMED, COUPON_STATE_AVAILABLE, COUPON_STATE_REDEEMED},
    {EVENT_KIND_COUPON_REDEEMED, COUPON_STATE_HELD, COUPON_STATE_REDEEMED},
    {EVENT_KIND_COUPON_RETURNED, COUPON_STATE_REDEEMED, COUPON_STATE_AVAILABLE},
    {EVENT_KIND_COUPON_EXPIRED, COUPON_STATE_AVAILABLE, COUPON_STATE_EXPIRED},
    {EVENT_KIND_COUPON_EXPIRED, COUPON_STATE_OFFERED, COUPON_STATE_EXPIRED},
    {EVENT_KIND_COUPON_VOIDED, COUPON_STATE_AVAILABLE, COUPON_STATE_VOIDED},
    {EVENT_KIND_COUPON_VOIDED, COUPON_STATE_OFFERED, COUPON_STATE_VOIDED},
    {EVENT_KIND_COUPON_OFFERED, COUPON_STATE_AVAILABLE, COUPON_STATE_OFFERED},
    {EVENT_KIND_COUPON_TRANSFERRED, COUPON_STATE_OFFERED, COUPON_STATE_TRANSFERRED},
    {EVENT_KIND_COUPON_RECEIVED, NEW, COUPON_STATE_AVAILABLE},
    {EVENT_KIND_TRANSFER_DECLINED, COUPON_STATE_OFFERED, COUPON_STATE_AVAILABLE},
    {EVENT_KIND_TRANSFER_CANCELLED, COUPON_STATE_OFFERED, COUPON_STATE_AVAILABLE},
    {EVENT_KIND_TRANSFER_EXPIRED, COUPON_STATE_OFFERED, COUPON_STATE_AVAILABLE},
    {EVENT_KIND_TRANSFER_REFUSED, COUPON_STATE_OFFERED, COUPON_STATE_AVAILABLE},
};

static uint8_t expected_step(int happening, int from)
{
    for (size_t i = 0; i < ARRAY_LEN(coupon_steps); i++)
        if ((int)coupon_steps[i].happening == happening && coupon_steps[i].from == from)
            return coupon_steps[i].to;
    return 0;
}

static void a_coupon_moves_by_its_table_and_no_other_way(void **state)
{
    (void)state;
    for (int happening = 0; happening <= EVENT_KIND_COUNT; happening++) {
        for (int from = 0; from <= COUPON_STATE_COUNT; from++) {
            uint8_t to = 0, wanted = expected_step(happening, from);
            bool allowed = coupon_step((uint8_t)from, (event_kind)happening, &to);
            assert_int_equal(allowed, wanted != 0);
            assert_int_equal(to, wanted);
        }
    }
}

static void a_hold_moves_by_its_table_and_no_other_way(void **state)
{
    (void)state;
    static const uint8_t steps[][2] = {
        {NEW, HOLD_STATE_OPEN},
        {HOLD_STATE_OPEN, HOLD_STATE_REDEEMED},
        {HOLD_STATE_OPEN, HOLD_STATE_RELEASED},
        {HOLD_STATE_OPEN, HOLD_STATE_EXPIRED},
        {HOLD_STATE_OPEN, HOLD_STATE_REPLACED},
        {HOLD_STATE_EXPIRED, HOLD_STATE_REDEEMED},
        {HOLD_STATE_EXPIRED, HOLD_STATE_RELEASED},
    };
    for (int from = 0; from <= HOLD_STATE_COUNT; from++) {
        for (int to = 0; to <= HOLD_STATE_COUNT; to++) {
            bool wanted = false;
            for (size_t i = 0; i < ARRAY_LEN(steps); i++)
                wanted = wanted || (steps[i][0] == from && steps[i][1] == to);
            assert_int_equal(hold_step((uint8_t)from, (uint8_t)to), wanted);
        }
    }
}

static void used_up_states_are_closed(void **state)
{
    (void)state;
    static const bool closed[COUPON_STATE_COUNT] = {
        [COUPON_STATE_REDEEMED] = true,
        [COUPON_STATE_VOIDED] = true,
        [COUPON_STATE_EXPIRED] = true,
        [COUPON_STATE_TRANSFERRED] = true,
    };
    for (uint8_t s = 0; s < COUPON_STATE_COUNT; s++)
        assert_int_equal(coupon_is_closed(s), closed[s]);
}

/* ---- what a row means at a time ---- */

static config *one_template(void)
{
    config *c = config_empty();
    merchant m = {.id = 1, .name = S("m"), .zone = S("UTC"), .currency = S("USD")};
    campaign of = {.id = 2, .merchant = 1, .state = CAMPAIGN_STATE_ACTIVE, .currency = S("USD")};
    template t = {.id = 3, .merchant = 1, .campaign = 2, .version = 1, .stock = -1};
    template_version v = {.template = 3,
                          .version = 1,
                          .benefit = BENEFIT_KIND_AMOUNT_OFF,
                          .terms = TEST_TERM(TERM_AMOUNT_OFF_AMOUNT, 100),
                          .validity = VALIDITY_KIND_FIXED,
                          .valid_from_ms = 1000,
                          .valid_until_ms = 2000};
    config_put_merchant(c, &m, &zone_utc);
    config_put_campaign(c, &of);
    config_put_template(c, &t, &v);
    return c;
}

static void edit_to(config *c, int64_t from_ms, int64_t until_ms)
{
    template t = {.id = 3, .merchant = 1, .campaign = 2, .version = 2, .stock = -1};
    template_version v = {.template = 3,
                          .version = 2,
                          .benefit = BENEFIT_KIND_AMOUNT_OFF,
                          .terms = TEST_TERM(TERM_AMOUNT_OFF_AMOUNT, 100),
                          .validity = VALIDITY_KIND_FIXED,
                          .valid_from_ms = from_ms,
                          .valid_until_ms = until_ms,
                          .reach = EDIT_REACH_ALL_UNUSED};
    config_put_template(c, &t, &v);
}

static coupon coupon_in(coupon_state state)
{
    return (coupon){.id = 9,
                    .template = 3,
                    .version = 1,
                    .state = (uint8_t)state,
                    .valid_from_ms = 1000,
                    .expires_at_ms = 2000};
}

static void a_coupon_is_what_its_dates_say_before_the_sweep(void **state)
{
    (void)state;
    config *c = one_template();
    coupon row = coupon_in(COUPON_STATE_AVAILABLE);
    static const struct {
        int64_t at_ms;
        uint8_t state;
        bool not_yet_valid;
    } rows[] = {
        {999, COUPON_STATE_AVAILABLE, true},
        {1000, COUPON_STATE_AVAILABLE, false},
        {1999, COUPON_STATE_AVAILABLE, false},
        {2000, COUPON_STATE_EXPIRED, false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        coupon_now now = coupon_state_at(c, &row, NULL, rows[i].at_ms);
        assert_int_equal(now.state, rows[i].state);
        assert_int_equal(now.not_yet_valid, rows[i].not_yet_valid);
    }
    row = coupon_in(COUPON_STATE_REDEEMED);
    assert_int_equal(coupon_state_at(c, &row, NULL, 5000).state, COUPON_STATE_REDEEMED);
    config_free(c);
}

static void an_edit_that_reaches_a_coupon_moves_both_ends_outwards_only(void **state)
{
    (void)state;
    config *c = one_template();
    coupon row = coupon_in(COUPON_STATE_AVAILABLE);
    edit_to(c, 500, 3000);
    coupon_now now = coupon_state_at(c, &row, NULL, 2500);
    assert_int_equal(now.state, COUPON_STATE_AVAILABLE);
    assert_int_equal(now.begins_at_ms, 500);
    assert_int_equal(now.expires_at_ms, 3000);
    row.valid_from_ms = 100;
    row.expires_at_ms = 9000;
    now = coupon_state_at(c, &row, NULL, 2500);
    assert_int_equal(now.begins_at_ms, 100);
    assert_int_equal(now.expires_at_ms, 9000);
    config_free(c);
}

static void a_held_coupon_is_free_from_the_deadline_on(void **state)
{
    (void)state;
    config *c = one_template();
    coupon row = coupon_in(COUPON_STATE_HELD);
    hold by = {.id = 7, .state = HOLD_STATE_OPEN, .deadline_ms = 1500};
    row.ref = by.id;
    assert_int_equal(coupon_state_at(c, &row, &by, 1499).state, COUPON_STATE_HELD);
    assert_int_equal(coupon_state_at(c, &row, &by, 1500).state, COUPON_STATE_AVAILABLE);
    assert_int_equal(coupon_state_at(c, &row, &by, 2000).state, COUPON_STATE_EXPIRED);
    assert_int_equal(coupon_state_at(c, &row, NULL, 1999).state, COUPON_STATE_HELD);
    assert_int_equal(hold_state_at(&by, 1499), HOLD_STATE_OPEN);
    assert_int_equal(hold_state_at(&by, 1500), HOLD_STATE_EXPIRED);
    by.deadline_ms = 9000; /* it outlives the coupon: the hold keeps it until then */
    assert_int_equal(coupon_state_at(c, &row, &by, 5000).state, COUPON_STATE_HELD);
    config_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_coupon_moves_by_its_table_and_no_other_way),
        cmocka_unit_test(a_hold_moves_by_its_table_and_no_other_way),
        cmocka_unit_test(used_up_states_are_closed),
        cmocka_unit_test(a_coupon_is_what_its_dates_say_before_the_sweep),
        cmocka_unit_test(an_edit_that_reaches_a_coupon_moves_both_ends_outwards_only),
        cmocka_unit_test(a_held_coupon_is_free_from_the_deadline_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

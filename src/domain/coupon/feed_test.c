/* What the life of a coupon tells the feed: every change once, in order, with its revision. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/app.h"
#include "base/id.h"
#include "test/lib/domain_shop.h"

enum { EVENTS_MAX = 64 };

static const order_line three_teas[] = {
    {.sku = {"tea", 3}, .category = {"food", 4}, .quantity = 2, .unit_minor = 3000},
};

/* Events about coupons and orders, oldest first. */
static size_t events_of_coupons(event out[EVENTS_MAX])
{
    app_view v;
    void *blocks[UOW_SCAN_MAX];
    event_block from = {0};
    uow_range range = {.table = &event_block_table, .index = -1, .from = &from};
    assert_int_equal(app_view_open(shop->app, shop->memory, &v), R_DONE);
    size_t n = uow_scan(v.rows, &range, UOW_SCAN_MAX, blocks), found = 0;
    for (size_t b = 0; b < n; b++) {
        const event_block *block = blocks[b];
        for (size_t i = 0; i < block->events.n; i++) {
            const event *e = &block->events.items[i];
            bool about =
                e->kind <= EVENT_KIND_COUPON_VOIDED || e->kind == EVENT_KIND_ORDER_RETURNED;
            if (about && found < EVENTS_MAX)
                out[found++] = *e;
        }
    }
    (void)app_view_close(&v);
    return found;
}

typedef struct expected_event {
    event_kind kind;
    uint32_t revision;
    uint64_t ref;
    int64_t amount_minor;
} expected_event;

static void expect_events(const expected_event *expected, size_t n, uint64_t coupon_id)
{
    event got[EVENTS_MAX];
    assert_int_equal(events_of_coupons(got), n);
    for (size_t i = 0; i < n; i++) {
        bool of_order = expected[i].kind == EVENT_KIND_ORDER_RETURNED;
        assert_int_equal(got[i].kind, expected[i].kind);
        assert_int_equal(got[i].revision, expected[i].revision);
        assert_int_equal(got[i].ref, expected[i].ref);
        assert_int_equal(got[i].amount_minor, expected[i].amount_minor);
        assert_int_equal(got[i].coupon, of_order ? 0 : coupon_id);
        assert_int_equal(got[i].merchant, shop->merchant);
        assert_int_equal(got[i].member, 1);
        assert_int_equal(got[i].at_ms, shop->clock_ms);
    }
}

static void the_whole_life_of_a_coupon_is_told(void **state)
{
    (void)state;
    campaign_create_in in = fix_campaign_in(shop);
    template_put_in put = fix_template_in(shop, fix_campaign(shop, &in));
    uint64_t mine = fix_claim_one(shop, S("ann"), fix_template(shop, &put));
    uint64_t first = 0, second = 0, used = 0;
    fix_order o = {.user = S("ann"),
                   .number = S("A-1"),
                   .coupons = &mine,
                   .coupon_count = 1,
                   .lines = three_teas,
                   .line_count = 1};
    return_out back;
    assert_int_equal(fix_hold(shop, &o, &first), R_DONE);
    assert_int_equal(fix_release(shop, first), R_DONE);
    assert_int_equal(fix_hold(shop, &o, &second), R_DONE);
    assert_int_equal(fix_redeem_hold(shop, second, &used), R_DONE);
    assert_int_equal(fix_return(shop, used, NULL, 0, &back), R_DONE);
    assert_int_equal(fix_void(shop, mine, VOID_REASON_REQUESTED), R_DONE);
    const expected_event expected[] = {
        {EVENT_KIND_COUPON_ISSUED, 1, 0, 0},
        {EVENT_KIND_COUPON_HELD, 2, first, 1000},
        {EVENT_KIND_COUPON_RELEASED, 3, first, 0},
        {EVENT_KIND_COUPON_HELD, 4, second, 1000},
        {EVENT_KIND_COUPON_REDEEMED, 5, used, 1000},
        {EVENT_KIND_COUPON_RETURNED, 6, back.return_id, 1000},
        {EVENT_KIND_ORDER_RETURNED, 0, back.return_id, 5000},
        {EVENT_KIND_COUPON_VOIDED, 7, 0, 0},
    };
    expect_events(expected, ARRAY_LEN(expected), mine);
}

static void an_expiry_and_a_refused_act_are_told_as_they_are(void **state)
{
    (void)state;
    campaign_create_in in = fix_campaign_in(shop);
    template_put_in put = fix_template_in(shop, fix_campaign(shop, &in));
    put.stock = 1;
    uint64_t t = fix_template(shop, &put);
    shop->clock_ms = FIX_END_MS - 1;
    uint64_t mine = fix_claim_one(shop, S("ann"), t);
    assert_int_equal(fix_claim(shop, S("ann"), t, 1, NULL), R_SOLD_OUT);
    event got[EVENTS_MAX];
    assert_int_equal(events_of_coupons(got), 1);
    shop->clock_ms = FIX_END_MS;
    fix_sweep(shop);
    assert_int_equal(events_of_coupons(got), 2);
    assert_int_equal(got[1].kind, EVENT_KIND_COUPON_EXPIRED);
    assert_int_equal(got[1].coupon, mine);
    assert_int_equal(got[1].revision, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_whole_life_of_a_coupon_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_expiry_and_a_refused_act_are_told_as_they_are, set_up,
                                        tear_down),
    };
    how.lanes = 1; /* one feed */
    return cmocka_run_group_tests(tests, NULL, NULL);
}

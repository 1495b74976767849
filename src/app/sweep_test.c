/* The sweep: what is due is dealt with wherever it is, what is not is left alone, and entries of
 * rows that have moved on do nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/query_due.h"
#include "app/sweep.h"
#include "base/id.h"
#include "base/time.h"
#include "test/lib/domain_fixture.h"

enum { USERS = 60, MANY = 3 * UOW_DUE_MAX };

typedef struct shop {
    fix *f;
    uint64_t short_lived, long_lived;
} shop;

static shop shop_open(void)
{
    shop s = {.f = fix_open((fix_options){0})};
    campaign_create_in c = fix_campaign_in(s.f);
    uint64_t campaign_id = fix_campaign(s.f, &c);
    template_put_in t = fix_template_in(s.f, campaign_id);
    s.long_lived = fix_template(s.f, &t);
    t.validity = VALIDITY_KIND_AFTER_ISSUE;
    t.valid_from_ms = 0;
    t.valid_until_ms = 0;
    t.duration_days = 1;
    s.short_lived = fix_template(s.f, &t);
    return s;
}

static str user_name(shop *s, unsigned i)
{
    return arena_printf(s->f->memory, "user-%u", i);
}

static void what_is_due_in_any_slot_expires(void **state)
{
    (void)state;
    shop s = shop_open();
    uint64_t due[USERS], other[USERS];
    for (unsigned i = 0; i < USERS; i++) {
        due[i] = fix_claim_one(s.f, user_name(&s, i), s.short_lived);
        other[i] = fix_claim_one(s.f, user_name(&s, i), s.long_lived);
    }
    sweep_totals totals;
    assert_int_equal(sweep_all(s.f->app, s.f->clock_ms, &totals), R_DONE);
    assert_int_equal(totals.blocks, 0);
    fix_pass(s.f, 2 * MS_DAY);
    assert_int_equal(sweep_all(s.f->app, s.f->clock_ms, &totals), R_DONE);
    assert_int_equal(totals.expired, USERS);
    assert_int_equal(totals.released, 0);
    assert_int_equal(totals.refused, 0);
    for (unsigned i = 0; i < USERS; i++) {
        assert_int_equal(fix_coupon(s.f, due[i]).state, COUPON_STATE_EXPIRED);
        assert_int_equal(fix_coupon(s.f, other[i]).state, COUPON_STATE_AVAILABLE);
    }
    assert_int_equal(sweep_all(s.f->app, s.f->clock_ms, NULL), R_DONE);
    fix_close(s.f);
}

static void more_than_one_act_can_do_is_done(void **state)
{
    (void)state;
    shop s = shop_open();
    for (unsigned i = 0; i < MANY / 100; i++)
        assert_int_equal(fix_claim(s.f, S("one"), s.short_lived, 100, NULL), R_DONE);
    fix_pass(s.f, 2 * MS_DAY);
    sweep_totals totals;
    assert_int_equal(sweep_all(s.f->app, s.f->clock_ms, &totals), R_DONE);
    assert_int_equal(totals.expired, MANY);
    assert_int_equal(totals.blocks, 3);
    fix_close(s.f);
}

static void holds_past_their_deadline_are_released(void **state)
{
    (void)state;
    shop s = shop_open();
    uint64_t id = fix_claim_one(s.f, S("ann"), s.long_lived), hold_id = 0;
    order_line line = {.sku = S("tea"), .quantity = 1, .unit_minor = 5000};
    fix_order o = {.user = S("ann"),
                   .number = S("o-1"),
                   .coupons = &id,
                   .coupon_count = 1,
                   .lines = &line,
                   .line_count = 1,
                   .hold_ms = MS_HOUR};
    assert_int_equal(fix_hold(s.f, &o, &hold_id), R_DONE);
    fix_pass(s.f, 2 * MS_HOUR);
    sweep_totals totals;
    assert_int_equal(sweep_all(s.f->app, s.f->clock_ms, &totals), R_DONE);
    assert_int_equal(totals.released, 1);
    assert_int_equal(fix_hold_row(s.f, hold_id).state, HOLD_STATE_EXPIRED);
    assert_int_equal(fix_coupon(s.f, id).state, COUPON_STATE_AVAILABLE);
    fix_close(s.f);
}

/* How many blocks and entries the lanes have. */
static size_t entries(fix *f, size_t *blocks)
{
    void *page[100];
    size_t n = 0;
    arena *memory = arena_new(0);
    app_view v;
    assert_int_equal(app_view_open(f->app, memory, &v), R_DONE);
    uow_range range = {.table = &due_block_table, .index = -1, .from = &(due_block){0}};
    *blocks = uow_scan(v.rows, &range, ARRAY_LEN(page), page);
    for (size_t i = 0; i < *blocks; i++)
        n += ((due_block *)page[i])->entries.n;
    assert_int_equal(app_view_close(&v), R_DONE);
    arena_free(memory);
    return n;
}

static void count_change(void *context, const due_change *change)
{
    sweep_totals *t = context;
    t->expired += change->expired;
    t->released += change->released;
}

/* What reads must add to what is written. */
static sweep_totals due_now(fix *f)
{
    sweep_totals t = {0};
    arena *memory = arena_new(0);
    app_view v;
    assert_int_equal(app_view_open(f->app, memory, &v), R_DONE);
    due_watch watch = {.change = count_change, .context = &t, .most = DUE_LOOK_MAX};
    assert_true(query_due(&v, &watch));
    assert_int_equal(app_view_close(&v), R_DONE);
    arena_free(memory);
    return t;
}

static sweep_totals swept_now(fix *f)
{
    sweep_totals t;
    assert_int_equal(sweep_all(f->app, f->clock_ms, &t), R_DONE);
    assert_int_equal(t.refused, 0);
    fix_verify(f);
    return t;
}

static uint16_t order_slot(const void *in)
{
    const order_in *order = in;
    return slot_of_user(order->merchant, order->user);
}

static fix_order order_of(str number, const uint64_t *coupon_id)
{
    static order_line line = {.sku = {"tea", 3}, .quantity = 1, .unit_minor = 5000};
    return (fix_order){.user = S("ann"),
                       .number = number,
                       .coupons = coupon_id,
                       .coupon_count = 1,
                       .lines = &line,
                       .line_count = 1};
}

/* A budget of nothing ends a portion before it submits; the next one looks again. */
static void portions_make_a_pass(void **state)
{
    (void)state;
    shop s = shop_open();
    uint64_t ids[USERS];
    for (unsigned i = 0; i < USERS; i++)
        ids[i] = fix_claim_one(s.f, user_name(&s, i), s.short_lived);
    fix_pass(s.f, 2 * MS_DAY);
    sweeper *w = sweeper_new(s.f->app);
    bool ended;
    assert_int_equal(sweeper_go(w, s.f->clock_ms, 0, &ended), R_DONE);
    assert_false(ended);
    for (unsigned i = 0; i < USERS; i++)
        assert_int_equal(fix_coupon(s.f, ids[i]).state, COUPON_STATE_AVAILABLE);
    assert_int_equal(sweeper_go(w, s.f->clock_ms, INT64_MAX / 2, &ended), R_DONE);
    assert_true(ended);
    sweeper_free(w);
    for (unsigned i = 0; i < USERS; i++)
        assert_int_equal(fix_coupon(s.f, ids[i]).state, COUPON_STATE_EXPIRED);
    fix_close(s.f);
}

static void entries_of_one_batch_and_time_share_blocks(void **state)
{
    (void)state;
    shop s = shop_open();
    size_t blocks;
    assert_int_equal(fix_claim(s.f, S("ann"), s.short_lived, 100, NULL), R_DONE);
    assert_int_equal(entries(s.f, &blocks), 100);
    assert_int_equal(blocks, 1);
    assert_int_equal(fix_claim(s.f, S("ann"), s.long_lived, 1, NULL), R_DONE);
    assert_int_equal(entries(s.f, &blocks), 101);
    assert_int_equal(blocks, 2);
    fix_pass(s.f, 2 * MS_DAY);
    assert_int_equal(due_now(s.f).expired, 100);
    assert_int_equal(swept_now(s.f).expired, 100);
    assert_int_equal(due_now(s.f).expired, 0);
    assert_int_equal(entries(s.f, &blocks), 1);
    fix_close(s.f);
}

/* Holds of one batch, some seconds apart: a block goes round until its last entry is due. */
static void what_is_not_due_yet_goes_into_another_block(void **state)
{
    (void)state;
    enum { HOLDS = 5 };
    shop s = shop_open();
    order_in orders[HOLDS];
    order_out out[HOLDS];
    const void *in[HOLDS];
    void *outs[HOLDS];
    result codes[HOLDS];
    for (unsigned i = 0; i < HOLDS; i++) {
        uint64_t *mine = ARENA_NEW(s.f->memory, uint64_t);
        *mine = fix_claim_one(s.f, S("ann"), s.long_lived);
        fix_order o = order_of(user_name(&s, i), mine);
        assert_int_equal(fix_price(s.f, &o, &orders[i]), R_DONE);
        orders[i].deadline_ms = s.f->clock_ms + 600 * MS_SECOND + i * 10 * MS_SECOND;
        in[i] = &orders[i];
        outs[i] = &out[i];
    }
    size_t before, blocks;
    size_t n = entries(s.f, &before);
    fix_many many = {ACT_ID_hold, order_slot, in, outs, codes, HOLDS};
    fix_run_many(s.f, &many);
    assert_int_equal(entries(s.f, &blocks), n + HOLDS);
    assert_int_equal(blocks, before + 1);
    fix_pass(s.f, 600 * MS_SECOND);
    for (unsigned i = 0; i < HOLDS; i++) {
        assert_int_equal(codes[i], R_DONE);
        assert_int_equal(due_now(s.f).released, 1);
        assert_int_equal(swept_now(s.f).released, 1);
        assert_int_equal(fix_hold_row(s.f, out[i].hold).state, HOLD_STATE_EXPIRED);
        assert_int_equal(entries(s.f, &blocks), n + HOLDS - 1 - i);
        fix_pass(s.f, 10 * MS_SECOND);
    }
    fix_close(s.f);
}

static void a_released_coupon_past_its_end_expires_in_the_same_sweep(void **state)
{
    (void)state;
    shop s = shop_open();
    uint64_t mine = fix_claim_one(s.f, S("ann"), s.short_lived), hold_id = 0;
    fix_order o = order_of(S("o-1"), &mine);
    o.hold_ms = 2 * MS_DAY;
    assert_int_equal(fix_hold(s.f, &o, &hold_id), R_DONE);
    fix_pass(s.f, MS_DAY + MS_HOUR);
    sweep_totals t = due_now(s.f);
    assert_int_equal(t.expired + t.released, 0); /* past its end, but held */
    (void)swept_now(s.f);                        /* uses the coupon's entry up */
    assert_int_equal(fix_coupon(s.f, mine).state, COUPON_STATE_HELD);
    fix_pass(s.f, MS_DAY);
    t = due_now(s.f);
    assert_int_equal(t.expired, 1);
    assert_int_equal(t.released, 1);
    t = swept_now(s.f);
    assert_int_equal(t.expired, 1);
    assert_int_equal(t.released, 1);
    assert_int_equal(fix_coupon(s.f, mine).state, COUPON_STATE_EXPIRED);
    fix_close(s.f);
}

static void a_coupon_released_before_its_end_still_expires(void **state)
{
    (void)state;
    shop s = shop_open();
    uint64_t mine = fix_claim_one(s.f, S("ann"), s.short_lived), hold_id = 0;
    fix_order o = order_of(S("o-1"), &mine);
    assert_int_equal(fix_hold(s.f, &o, &hold_id), R_DONE);
    assert_int_equal(fix_release(s.f, hold_id), R_DONE);
    fix_pass(s.f, MS_DAY);
    sweep_totals t = swept_now(s.f);
    assert_int_equal(t.expired, 1);
    assert_int_equal(t.released, 0);
    fix_close(s.f);
}

static void a_used_coupon_is_passed_over_and_a_returned_one_is_not(void **state)
{
    (void)state;
    shop s = shop_open();
    uint64_t used = fix_claim_one(s.f, S("ann"), s.short_lived), redemption_id = 0;
    uint64_t back = fix_claim_one(s.f, S("ann"), s.short_lived), back_id = 0;
    fix_order o = order_of(S("o-1"), &used), other = order_of(S("o-2"), &back);
    assert_int_equal(fix_redeem(s.f, &o, &redemption_id), R_DONE);
    assert_int_equal(fix_redeem(s.f, &other, &back_id), R_DONE);
    assert_int_equal(fix_return(s.f, back_id, NULL, 0, NULL), R_DONE);
    fix_pass(s.f, MS_DAY);
    assert_int_equal(due_now(s.f).expired, 1); /* once, though it has two entries */
    assert_int_equal(swept_now(s.f).expired, 1);
    assert_int_equal(fix_coupon(s.f, used).state, COUPON_STATE_REDEEMED);
    assert_int_equal(fix_coupon(s.f, back).state, COUPON_STATE_EXPIRED);
    size_t blocks;
    assert_int_equal(entries(s.f, &blocks), 0);
    fix_close(s.f);
}

static void a_lane_that_stands_still_does_not_hang_the_sweep(void **state)
{
    (void)state;
    shop s = shop_open();
    uint64_t id = fix_claim_one(s.f, S("ann"), s.short_lived);
    fix_pass(s.f, 2 * MS_DAY);
    store *of = app_store(s.f->app);
    uint16_t lane = store_lane_of_slot(of, id_slot(id));
    store_halt_lane(of, lane, true);
    assert_int_equal(sweep_all(s.f->app, s.f->clock_ms, NULL), R_UNAVAILABLE);
    store_halt_lane(of, lane, false);
    (void)app_settle(s.f->app); /* the act that was left runs, and frees what it needs */
    assert_int_equal(fix_coupon(s.f, id).state, COUPON_STATE_EXPIRED);
    fix_close(s.f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_due_in_any_slot_expires),
        cmocka_unit_test(more_than_one_act_can_do_is_done),
        cmocka_unit_test(holds_past_their_deadline_are_released),
        cmocka_unit_test(portions_make_a_pass),
        cmocka_unit_test(entries_of_one_batch_and_time_share_blocks),
        cmocka_unit_test(what_is_not_due_yet_goes_into_another_block),
        cmocka_unit_test(a_released_coupon_past_its_end_expires_in_the_same_sweep),
        cmocka_unit_test(a_coupon_released_before_its_end_still_expires),
        cmocka_unit_test(a_used_coupon_is_passed_over_and_a_returned_one_is_not),
        cmocka_unit_test(a_lane_that_stands_still_does_not_hang_the_sweep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

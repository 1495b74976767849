/* Coupons with more than one use: the state table step by step, and orders that were priced on the
 * same moment but cannot all have a use, or the money. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/id.h"
#include "domain/coupon/use.h"
#include "domain/price/benefit_test.h"
#include "test/lib/domain_fixture.h"

/* ---- states ---- */

enum { BY_ROOM = 0 };

/* What a coupon with more than one use does otherwise than one with a single use. to BY_ROOM:
 * available, held or redeemed, as uses are left, held or neither. */
static const struct {
    event_kind happening;
    uint8_t from, to;
} steps[] = {
    {EVENT_KIND_COUPON_ISSUED, 0, COUPON_STATE_AVAILABLE},
    {EVENT_KIND_COUPON_HELD, COUPON_STATE_AVAILABLE, BY_ROOM},
    {EVENT_KIND_COUPON_RELEASED, COUPON_STATE_AVAILABLE, BY_ROOM},
    {EVENT_KIND_COUPON_RELEASED, COUPON_STATE_HELD, BY_ROOM},
    {EVENT_KIND_COUPON_RELEASED, COUPON_STATE_EXPIRED, COUPON_STATE_EXPIRED},
    {EVENT_KIND_COUPON_RELEASED, COUPON_STATE_VOIDED, COUPON_STATE_VOIDED},
    {EVENT_KIND_COUPON_REDEEMED, COUPON_STATE_AVAILABLE, BY_ROOM},
    {EVENT_KIND_COUPON_REDEEMED, COUPON_STATE_HELD, BY_ROOM},
    {EVENT_KIND_COUPON_REDEEMED, COUPON_STATE_EXPIRED, COUPON_STATE_EXPIRED},
    {EVENT_KIND_COUPON_REDEEMED, COUPON_STATE_VOIDED, COUPON_STATE_VOIDED},
    {EVENT_KIND_COUPON_RETURNED, COUPON_STATE_AVAILABLE, BY_ROOM},
    {EVENT_KIND_COUPON_RETURNED, COUPON_STATE_HELD, BY_ROOM},
    {EVENT_KIND_COUPON_RETURNED, COUPON_STATE_REDEEMED, BY_ROOM},
    {EVENT_KIND_COUPON_RETURNED, COUPON_STATE_EXPIRED, COUPON_STATE_EXPIRED},
    {EVENT_KIND_COUPON_RETURNED, COUPON_STATE_VOIDED, COUPON_STATE_VOIDED},
    {EVENT_KIND_COUPON_CREDITED, COUPON_STATE_AVAILABLE, BY_ROOM},
    {EVENT_KIND_COUPON_CREDITED, COUPON_STATE_HELD, BY_ROOM},
    {EVENT_KIND_COUPON_CREDITED, COUPON_STATE_REDEEMED, BY_ROOM},
    {EVENT_KIND_COUPON_CREDITED, COUPON_STATE_EXPIRED, COUPON_STATE_EXPIRED},
    {EVENT_KIND_COUPON_CREDITED, COUPON_STATE_VOIDED, COUPON_STATE_VOIDED},
    {EVENT_KIND_COUPON_EXPIRED, COUPON_STATE_AVAILABLE, COUPON_STATE_EXPIRED},
    {EVENT_KIND_COUPON_EXPIRED, COUPON_STATE_OFFERED, COUPON_STATE_EXPIRED},
    {EVENT_KIND_COUPON_VOIDED, COUPON_STATE_AVAILABLE, COUPON_STATE_VOIDED},
    {EVENT_KIND_COUPON_VOIDED, COUPON_STATE_OFFERED, COUPON_STATE_VOIDED},
    {EVENT_KIND_COUPON_OFFERED, COUPON_STATE_AVAILABLE, COUPON_STATE_OFFERED},
    {EVENT_KIND_COUPON_TRANSFERRED, COUPON_STATE_OFFERED, COUPON_STATE_TRANSFERRED},
    {EVENT_KIND_COUPON_RECEIVED, 0, COUPON_STATE_AVAILABLE},
    {EVENT_KIND_TRANSFER_DECLINED, COUPON_STATE_OFFERED, COUPON_STATE_AVAILABLE},
    {EVENT_KIND_TRANSFER_CANCELLED, COUPON_STATE_OFFERED, COUPON_STATE_AVAILABLE},
    {EVENT_KIND_TRANSFER_EXPIRED, COUPON_STATE_OFFERED, COUPON_STATE_AVAILABLE},
    {EVENT_KIND_TRANSFER_REFUSED, COUPON_STATE_OFFERED, COUPON_STATE_AVAILABLE},
    {EVENT_KIND_COUPON_RELEASED, COUPON_STATE_TRANSFERRED, COUPON_STATE_TRANSFERRED},
    {EVENT_KIND_COUPON_REDEEMED, COUPON_STATE_TRANSFERRED, COUPON_STATE_TRANSFERRED},
    {EVENT_KIND_COUPON_RETURNED, COUPON_STATE_TRANSFERRED, COUPON_STATE_TRANSFERRED},
    {EVENT_KIND_COUPON_CREDITED, COUPON_STATE_TRANSFERRED, COUPON_STATE_TRANSFERRED},
    {EVENT_KIND_COUPON_RETURNED, COUPON_STATE_OFFERED, COUPON_STATE_OFFERED},
    {EVENT_KIND_COUPON_CREDITED, COUPON_STATE_OFFERED, COUPON_STATE_OFFERED},
};

static bool expected_step(int happening, int from, use_room room, uint8_t *to)
{
    static const uint8_t by_room[] = {COUPON_STATE_AVAILABLE, COUPON_STATE_HELD,
                                      COUPON_STATE_REDEEMED};
    *to = 0;
    for (size_t i = 0; i < ARRAY_LEN(steps); i++)
        if ((int)steps[i].happening == happening && steps[i].from == from)
            *to = steps[i].to == BY_ROOM ? by_room[room] : steps[i].to;
    return *to != 0;
}

static void a_coupon_moves_by_its_table_and_no_other_way(void **state)
{
    (void)state;
    for (int happening = 0; happening < EVENT_KIND_COUNT; happening++) {
        for (int from = 0; from < COUPON_STATE_COUNT; from++) {
            for (int room = USE_LEFT; room <= USE_NONE; room++) {
                uint8_t to = 0, wanted = 0;
                bool allowed = expected_step(happening, from, (use_room)room, &wanted);
                assert_int_equal(
                    use_step((uint8_t)from, (event_kind)happening, (use_room)room, &to), allowed);
                assert_int_equal(to, wanted);
            }
        }
    }
}

/* ---- at once ---- */

enum { ORDERS = 6, SEEDS = 12 };

static const order_line lines[] = {
    {.sku = {"tea", 3}, .category = {"food", 4}, .quantity = 2, .unit_minor = 3000},
};

typedef struct at_once {
    fix *f;
    uint64_t coupon;
    order_in in[ORDERS];
    order_out out[ORDERS];
    result codes[ORDERS];
} at_once;

static template_put_in template_of(fix *f, budget_mode mode)
{
    campaign_create_in in = fix_campaign_in(f);
    in.budget_mode = (uint8_t)mode;
    in.budget_minor = mode == BUDGET_MODE_NONE ? 0 : 100000;
    return fix_template_in(f, fix_campaign(f, &in));
}

static uint64_t stored_value(fix *f, int64_t value_minor)
{
    template_put_in in = template_of(f, BUDGET_MODE_AT_ISSUE);
    in.benefit = BENEFIT_KIND_STORED_VALUE;
    TEST_SET(in, TERM_AMOUNT_OFF_AMOUNT, 0);
    TEST_SET(in, TERM_STORED_VALUE_VALUE, value_minor);
    return fix_template(f, &in);
}

static uint64_t some_uses(fix *f, uint32_t uses)
{
    template_put_in in = template_of(f, BUDGET_MODE_AT_ISSUE);
    in.uses = uses;
    return fix_template(f, &in);
}

/* All are priced while nothing of the coupon is used. */
static void price_all(at_once *a, fix *f, uint64_t template_id)
{
    a->f = f;
    a->coupon = fix_claim_one(f, S("ann"), template_id);
    for (size_t i = 0; i < ORDERS; i++) {
        fix_order o = {.user = S("ann"),
                       .number = arena_printf(f->memory, "o-%zu", i),
                       .store = S("s1"),
                       .channel = S("web"),
                       .coupons = &a->coupon,
                       .coupon_count = 1,
                       .lines = lines,
                       .line_count = ARRAY_LEN(lines)};
        assert_int_equal(fix_price(f, &o, &a->in[i]), R_DONE);
    }
}

static uint16_t slot_of_order(const void *in)
{
    const order_in *o = in;
    return slot_of_user(o->merchant, o->user);
}

/* Every other one is held, the others redeemed at once; they share batches. */
static void run_all(at_once *a)
{
    for (size_t kind = 0; kind < 2; kind++) {
        const void *in[ORDERS];
        void *out[ORDERS];
        size_t n = 0;
        for (size_t i = kind; i < ORDERS; i += 2, n++) {
            in[n] = &a->in[i];
            out[n] = &a->out[i];
            a->in[i].deadline_ms = kind == 0 ? a->f->clock_ms + MS_HOUR : 0;
        }
        fix_many many = {.id = kind == 0 ? ACT_ID_hold : ACT_ID_redeem,
                         .slot = slot_of_order,
                         .in = in,
                         .out = out,
                         .codes = a->codes + kind * (ORDERS / 2),
                         .n = n};
        fix_run_many(a->f, &many);
    }
}

static size_t count(const at_once *a, result code)
{
    size_t n = 0;
    for (size_t i = 0; i < ORDERS; i++)
        n += a->codes[i] == code;
    return n;
}

static void no_two_orders_have_the_same_use(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed <= SEEDS; seed++) {
        at_once a = {0};
        fix *f = fix_open((fix_options){.adversary = seed});
        price_all(&a, f, some_uses(f, 4));
        run_all(&a);
        assert_int_equal(count(&a, R_DONE), 4);
        assert_int_equal(count(&a, R_COUPON_NOT_AVAILABLE), ORDERS - 4);
        assert_int_equal(fix_coupon(f, a.coupon).state, COUPON_STATE_HELD);
        fix_verify(f);
        fix_close(f);
    }
}

/* 100.00 on it, 60.00 an order: the second must be priced again, it is not clamped in silence. */
static void no_two_orders_have_the_same_money(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed <= SEEDS; seed++) {
        at_once a = {0};
        fix *f = fix_open((fix_options){.adversary = seed});
        price_all(&a, f, stored_value(f, 10000));
        run_all(&a);
        assert_int_equal(count(&a, R_DONE), 1);
        assert_int_equal(count(&a, R_STALE), ORDERS - 1);
        fix_verify(f);
        fix_close(f);
    }
}

/* Whatever comes back is what was taken: held, let go, redeemed, returned line by line. */
static void money_comes_back_to_the_cent(void **state)
{
    (void)state;
    fix *f = fix_open((fix_options){0});
    static const order_line odd[] = {
        {.sku = {"tea", 3}, .category = {"food", 4}, .quantity = 3, .unit_minor = 333},
        {.sku = {"cup", 3}, .category = {"ware", 4}, .quantity = 1, .unit_minor = 1000},
    };
    uint64_t coupon_id = fix_claim_one(f, S("ann"), stored_value(f, 1000));
    fix_order o = {.user = S("ann"),
                   .coupons = &coupon_id,
                   .coupon_count = 1,
                   .lines = odd,
                   .line_count = ARRAY_LEN(odd)};
    for (int i = 0; i < 3; i++) {
        uint64_t id = 0, redemption_id = 0;
        o.number = arena_printf(f->memory, "h-%d", i);
        assert_int_equal(fix_hold(f, &o, &id), R_DONE);
        assert_int_equal(fix_release(f, id), R_DONE);
        o.number = arena_printf(f->memory, "o-%d", i);
        assert_int_equal(fix_redeem(f, &o, &redemption_id), R_DONE);
        assert_int_equal(fix_redemption(f, redemption_id).discount_minor, 1000);
        for (uint16_t unit = 0; unit < 4; unit++) {
            return_line line = {.line = unit == 3, .quantity = 1};
            assert_int_equal(fix_return(f, redemption_id, &line, 1, NULL), R_DONE);
            fix_verify(f);
        }
        assert_int_equal(fix_coupon(f, coupon_id).state, COUPON_STATE_AVAILABLE);
        assert_int_equal(fix_coupon(f, coupon_id).reserved_minor, 1000);
    }
    fix_close(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_coupon_moves_by_its_table_and_no_other_way),
        cmocka_unit_test(no_two_orders_have_the_same_use),
        cmocka_unit_test(no_two_orders_have_the_same_money),
        cmocka_unit_test(money_comes_back_to_the_cent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

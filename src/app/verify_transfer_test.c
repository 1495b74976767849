/* Transfers as sagas, step by step: an act that never comes, comes too late, or comes while others
 * wait; and what verify finds wrong in a shop where a coupon has gone from ann to bob to cid, and
 * another is offered. */
#include "app/verify_flaw_test.h"
#include "domain/coupon/transfer.h"
#include "domain/saga/saga.h"

static fix *shop;
static uint64_t template_id, coupons[3], offered, offer_id, gone_id, onward_id;

static transfer_try_in try_of(uint64_t id, str from, str to)
{
    return (transfer_try_in){.merchant = shop->merchant,
                             .coupon = id,
                             .user = from,
                             .to = to,
                             .slot = slot_of_user(shop->merchant, to)};
}

static result take_of(const transfer_try_out *kept, str to, transfer_take_out *out)
{
    transfer_take_in in = {.merchant = shop->merchant,
                           .user = to,
                           .template = template_id,
                           .transfer = kept->transfer,
                           .reservation = kept->reservation,
                           .deadline_ms = kept->deadline_ms};
    in.carried.items = kept->carried.items;
    in.carried.n = kept->carried.n;
    return fix_run(shop, ACT_ID_transfer_take, slot_of_user(shop->merchant, to), &in, out);
}

static transfer_try_out tried(uint64_t id, str from, str to)
{
    transfer_try_in in = try_of(id, from, to);
    transfer_try_out kept = {0};
    assert_int_equal(fix_run(shop, ACT_ID_transfer_try, id_slot(id), &in, &kept), R_DONE);
    return kept;
}

static uint64_t given(uint64_t id, str from, str to, uint64_t *transfer_id)
{
    transfer_try_out kept = tried(id, from, to);
    transfer_take_out out = {0};
    assert_int_equal(take_of(&kept, to, &out), R_DONE);
    *transfer_id = kept.transfer;
    return out.coupon;
}

static transfer row_of(uint64_t id)
{
    app_view v;
    assert_int_equal(app_view_open(shop->app, shop->memory, &v), R_DONE);
    const transfer *row = transfer_get(v.rows, id_slot(id), id);
    assert_non_null(row);
    transfer copy;
    record_copy(&transfer_table.record, row, shop->memory, &copy);
    assert_int_equal(app_view_close(&v), R_DONE);
    return copy;
}

static int open_shop(void **state)
{
    (void)state;
    shop = fix_open((fix_options){0});
    campaign_create_in in = fix_campaign_in(shop);
    in.budget_mode = BUDGET_MODE_AT_ISSUE;
    in.budget_minor = 100000;
    template_put_in t = fix_template_in(shop, fix_campaign(shop, &in));
    t.stock = 100;
    t.transfers = 3;
    t.offer_ms = MS_DAY;
    template_id = fix_template(shop, &t);
    coupons[0] = fix_claim_one(shop, S("ann"), template_id);
    return 0;
}

static int close_shop(void **state)
{
    (void)state;
    fix_verify(shop);
    fix_close(shop);
    return 0;
}

/* ---- sagas ---- */

static void a_take_that_never_comes_is_let_go(void **state)
{
    (void)state;
    transfer_try_out kept = tried(coupons[0], S("ann"), S("bob"));
    assert_int_equal(fix_coupon(shop, coupons[0]).state, COUPON_STATE_OFFERED);
    fix_verify(shop);
    fix_pass(shop, SAGA_TRY_MS);
    fix_sweep(shop);
    assert_int_equal(fix_coupon(shop, coupons[0]).state, COUPON_STATE_AVAILABLE);
    transfer row = row_of(kept.transfer);
    assert_int_equal(row.state, TRANSFER_STATE_REFUSED);
    assert_int_equal(row.reason, R_UNAVAILABLE);
    transfer_take_out out = {0};
    assert_int_equal(take_of(&kept, S("bob"), &out), R_UNRESERVED);
}

/* Cancel before try, and try after cancel: a message about another reservation ends nothing. */
static void a_cancellation_ends_its_own_try_only(void **state)
{
    (void)state;
    transfer_try_out kept = tried(coupons[0], S("ann"), S("bob"));
    transfer_settle_in other = {.transfer = kept.transfer, .reservation = kept.reservation + 1};
    transfer_settle_in unknown = {.transfer = kept.transfer + 1, .reservation = 7};
    transfer_settle_in own = {
        .transfer = kept.transfer, .reservation = kept.reservation, .reason = R_LIMIT_REACHED};
    act_none none;
    uint16_t slot = id_slot(coupons[0]);
    assert_int_equal(fix_run(shop, ACT_ID_transfer_settle, slot, &other, &none), R_DONE);
    assert_int_equal(fix_run(shop, ACT_ID_transfer_settle, slot, &unknown, &none), R_DONE);
    assert_int_equal(row_of(kept.transfer).state, TRANSFER_STATE_OPEN);
    for (int i = 0; i < 2; i++) { /* the second finds nothing to do */
        assert_int_equal(fix_run(shop, ACT_ID_transfer_settle, slot, &own, &none), R_DONE);
        assert_int_equal(row_of(kept.transfer).state, TRANSFER_STATE_REFUSED);
    }
    assert_int_equal(row_of(kept.transfer).reason, R_LIMIT_REACHED);
    assert_int_equal(fix_coupon(shop, coupons[0]).revision, 3);
}

static void who_comes_meanwhile_waits(void **state)
{
    (void)state;
    transfer_try_out kept = tried(coupons[0], S("ann"), S("bob"));
    transfer_try_in second = try_of(coupons[0], S("ann"), S("cid"));
    void_in ends = {
        .merchant = shop->merchant, .coupon = coupons[0], .reason = VOID_REASON_REQUESTED};
    uint16_t slot = id_slot(coupons[0]);
    fix_act *waits[2] = {
        fix_submit(shop, ACT_ID_transfer_try, slot, &second,
                   ARENA_NEW(shop->memory, transfer_try_out)),
        fix_submit(shop, ACT_ID_void, slot, &ends, ARENA_NEW(shop->memory, void_out))};
    (void)app_settle(shop->app);
    assert_false(waits[0]->ended || waits[1]->ended);
    transfer_take_out out = {0};
    assert_int_equal(take_of(&kept, S("bob"), &out), R_DONE);
    (void)app_settle(shop->app);
    for (int i = 0; i < 2; i++) {
        assert_true(waits[i]->ended);
        assert_int_equal(waits[i]->call.code, R_COUPON_NOT_AVAILABLE);
    }
    assert_int_equal(fix_coupon(shop, out.coupon).state, COUPON_STATE_AVAILABLE);
}

/* The coupon's end comes while an act is on its way: whoever decides first is right. */
static void its_end_waits_for_the_act(void **state)
{
    (void)state;
    fix_pass(shop, FIX_END_MS - shop->clock_ms - 1);
    transfer_try_out kept = tried(coupons[0], S("ann"), S("bob"));
    fix_pass(shop, 1);
    fix_sweep(shop);
    assert_int_equal(fix_coupon(shop, coupons[0]).state, COUPON_STATE_OFFERED);
    transfer_take_out out = {0};
    assert_int_equal(take_of(&kept, S("bob"), &out), R_COUPON_EXPIRED);
    fix_pass(shop, SAGA_TRY_MS);
    fix_sweep(shop);
    fix_pass(shop, SAGA_CHECK_MS);
    fix_sweep(shop);
    assert_int_equal(fix_coupon(shop, coupons[0]).state, COUPON_STATE_EXPIRED);
}

/* ---- flaws ---- */

static int open_moved(void **state)
{
    open_shop(state);
    coupons[1] = given(coupons[0], S("ann"), S("bob"), &gone_id);
    coupons[2] = given(coupons[1], S("bob"), S("cid"), &onward_id);
    offered = fix_claim_one(shop, S("dee"), template_id);
    transfer_offer_in in = {.merchant = shop->merchant, .coupon = offered, .user = S("dee")};
    transfer_offer_out out = {0};
    assert_int_equal(fix_run(shop, ACT_ID_transfer_offer, id_slot(offered), &in, &out), R_DONE);
    offer_id = out.transfer;
    return 0;
}

FLAW(gone_state, coupon, id_slot(coupons[0]), coupons[0], row->ref = onward_id)
FLAW(gone_names, transfer, id_slot(gone_id), gone_id, row->received = coupons[2])
FLAW(gone_open, transfer, id_slot(gone_id), gone_id, row->state = TRANSFER_STATE_DECLINED)
FLAW(offer_over, transfer, id_slot(offer_id), offer_id, row->state = TRANSFER_STATE_EXPIRED)
FLAW(offer_due, transfer, id_slot(offer_id), offer_id, row->deadline_ms -= MS_HOUR)
FLAW(came_other, received, id_slot(coupons[1]), gone_id, row->coupon = coupons[2])
FLAW(came_ids, received, id_slot(coupons[2]), onward_id, row->earlier.n = 1)
FLAW(leads_back, forward, id_slot(coupons[0]), coupons[0], row->to = coupons[1])
FLAW(leads_far, forward, id_slot(coupons[0]), coupons[0], row->hops = 3)
FLAW(is_issued, coupon, id_slot(coupons[2]), coupons[2], row->transfer = 0)
FLAW(has_budget, coupon, id_slot(coupons[0]), coupons[0], row->reserved_minor = 1000)

static void every_flaw_is_named(void **state)
{
    (void)state;
    static const struct {
        flaw of;
        const uint64_t *at; /* an id of its slot */
    } flaws[] = {
        {{"gone_state", gone_state, "coupon", "its transfer is there, and its own"}, &coupons[0]},
        {{"gone_names", gone_names, "transfer", "coupon"}, &coupons[0]},
        {{"gone_open", gone_open, "transfer", "accepted"}, &coupons[0]},
        {{"offer_over", offer_over, "coupon", "state of its transfer"}, &offered},
        {{"offer_due", offer_due, "transfer", "a due entry at or before its deadline"}, &offered},
        {{"came_other", came_other, "transfer",
          "the coupon that it brought is there, and its user's"},
         &coupons[1]},
        {{"came_ids", came_ids, "transfer", "forwards to"}, &coupons[2]},
        {{"leads_back", leads_back, "transfer", "forwards to"}, &coupons[0]},
        {{"leads_far", leads_far, "transfer", "it forwards to no coupon that is not there"},
         &coupons[0]},
        {{"is_issued", is_issued, "coupon", "what brought it is there"}, &coupons[2]},
        {{"has_budget", has_budget, "coupon", "ledger budget_reserved"}, &coupons[0]},
    };
    for (size_t i = 0; i < ARRAY_LEN(flaws); i++) {
        open_moved(state);
        flaw_is_named(shop, id_slot(*flaws[i].at), &flaws[i].of);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_take_that_never_comes_is_let_go, open_shop, close_shop),
        cmocka_unit_test_setup_teardown(a_cancellation_ends_its_own_try_only, open_shop,
                                        close_shop),
        cmocka_unit_test_setup_teardown(who_comes_meanwhile_waits, open_shop, close_shop),
        cmocka_unit_test_setup_teardown(its_end_waits_for_the_act, open_shop, close_shop),
        cmocka_unit_test(every_flaw_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

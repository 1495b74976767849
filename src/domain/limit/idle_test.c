/* A lane that closes its empty lease while a grant is on its way to it, which happens where two
 * servers ask for the same lane: the home does not take the lease for closed, and finds the piece
 * that arrives. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/app.h"
#include "base/id.h"
#include "domain/limit/pool.h"
#include "test/lib/domain_shop.h"

static uint16_t lane_of(uint16_t slot)
{
    return store_lane_of_slot(app_store(shop->app), slot);
}

static str user_in(uint16_t lane, unsigned nth)
{
    for (unsigned i = 0;; i++) {
        str name = arena_printf(shop->memory, "u%u-%u", nth, i);
        if (lane_of(slot_of_user(shop->merchant, name)) == lane)
            return name;
    }
}

static ask_verdict ask_for(uint16_t lane, uint64_t template_id)
{
    lease_in ask = {.owner = template_id, .kind = POOL_KIND_STOCK, .lane = lane, .amount = 1};
    lease_out out = {0};
    assert_int_equal(fix_run(shop, ACT_ID_lease_ask, id_slot(template_id), &ask, &out), R_DONE);
    return (ask_verdict)out.verdict;
}

static void a_grant_on_its_way_keeps_an_empty_lease_open(void **state)
{
    (void)state;
    campaign_create_in c = fix_campaign_in(shop);
    template_put_in t = fix_template_in(shop, fix_campaign(shop, &c));
    t.stock = 2;
    uint64_t template_id = fix_template(shop, &t);
    uint16_t lanes = store_lanes(app_store(shop->app)), home = lane_of(id_slot(template_id));
    uint16_t lane = (uint16_t)((home + 1) % lanes), other = (uint16_t)((home + 2) % lanes);
    uint64_t back = 0;
    assert_int_equal(fix_claim(shop, user_in(lane, 0), template_id, 1, NULL), R_DONE);
    assert_int_equal(fix_claim(shop, user_in(other, 0), template_id, 1, &back), R_DONE);
    assert_int_equal(ask_for(lane, template_id), ASK_VERDICT_RECALLING);
    store_halt_lane(app_store(shop->app), lane, true);
    assert_int_equal(ask_for(lane, template_id), ASK_VERDICT_GRANTED); /* the last, of nothing */
    assert_int_equal(fix_void(shop, back, VOID_REASON_ISSUED_IN_ERROR), R_DONE);
    assert_int_equal(ask_for(lane, template_id), ASK_VERDICT_GRANTED);
    store_halt_lane(app_store(shop->app), lane, false);
    (void)app_settle(shop->app);
    fix_verify(shop);
    assert_int_equal(fix_claim(shop, user_in(other, 1), template_id, 1, NULL), R_DONE);
    assert_int_equal(fix_claim(shop, user_in(lane, 1), template_id, 1, NULL), R_SOLD_OUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_grant_on_its_way_keeps_an_empty_lease_open, set_up,
                                        tear_down),
    };
    int failed = 0; /* also on a store that withholds rows, aborts and splits */
    for (how.adversary = 0; how.adversary < 4; how.adversary++)
        failed += cmocka_run_group_tests(tests, NULL, NULL);
    return failed;
}

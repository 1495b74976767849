/* Budgets of parties in orders with more of them than an act can be told to be dry. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/app.h"
#include "domain/coupon/party.h"
#include "test/lib/domain_shop.h"

static fund_party parties[] = {
    {.kind = PARTY_KIND_ADVERTISER, .share = 1000000, .budget_minor = 250},
    {.kind = PARTY_KIND_MERCHANT, .budget_minor = -1}};

/* What the parties pay for the applied coupon. */
static int64_t paid_by(const redemption *row, size_t applied, uint16_t party)
{
    for (size_t i = 0; i < row->parties.n; i++)
        if (row->parties.items[i].applied == applied && row->parties.items[i].party == party)
            return row->parties.items[i].discount_minor;
    return 0;
}

/* Each coupon takes 10.00 and has a budget of 2.50 of its own. Of those that are used up, so many
 * are asked; behind them no budget is, also where it has money: the last party pays. */
static void beyond_so_many_dry_budgets_the_last_party_pays(void **state)
{
    (void)state;
    enum { DRY = PARTY_DRY_MAX + 1, ALL = DRY + 1 };
    uint64_t c = campaign_with_budget(BUDGET_MODE_NONE, 0), mine[ALL];
    template_put_in in = fix_template_in(shop, c);
    in.terms.n = 1; /* no minimum spend */
    in.funding.items = parties;
    in.funding.n = ARRAY_LEN(parties);
    for (int i = 0; i < ALL; i++) {
        uint64_t template_id = fix_template(shop, &in);
        mine[i] = fix_claim_one(shop, S("ann"), template_id);
        if (i == DRY)
            continue;
        uint64_t bobs = fix_claim_one(shop, S("bob"), template_id), ignored;
        fix_order o = order_of("A", &bobs, 1);
        o.user = S("bob");
        o.number = arena_printf(shop->memory, "B-%d", i);
        assert_int_equal(fix_redeem(shop, &o, &ignored), R_DONE);
        redemption row = fix_redemption(shop, ignored);
        assert_int_equal(paid_by(&row, 0, 1), 250);
        assert_int_equal(paid_by(&row, 0, 2), 750);
    }
    uint64_t id;
    fix_order o = order_of("A-1", mine, ALL);
    assert_int_equal(fix_redeem(shop, &o, &id), R_DONE);
    redemption row = fix_redemption(shop, id);
    for (size_t i = 0; i < ALL; i++) {
        assert_int_equal(paid_by(&row, i, 1), 0);
        assert_int_equal(paid_by(&row, i, 2), 1000);
    }
    /* with fewer of them, it is asked */
    assert_int_equal(fix_return(shop, id, NULL, 0, NULL), R_DONE);
    o = order_of("A-2", mine + DRY, 1);
    assert_int_equal(fix_redeem(shop, &o, &id), R_DONE);
    row = fix_redemption(shop, id);
    assert_int_equal(paid_by(&row, 0, 1), 250);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(beyond_so_many_dry_budgets_the_last_party_pays, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

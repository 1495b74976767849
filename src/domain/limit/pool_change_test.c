/* Stock and budget changed by target: refusals in their order, and decreases that need what lanes
 * have out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/app.h"
#include "base/id.h"
#include "base/money.h"
#include "domain/limit/pool.h"
#include "test/lib/domain_shop.h"

static uint64_t template_with(uint64_t campaign_id, int64_t stock)
{
    template_put_in in = fix_template_in(shop, campaign_id);
    in.stock = stock;
    return fix_template(shop, &in);
}

static result change(pool_name which, int64_t current, int64_t target, row_out *out)
{
    pool_change_in in = {.merchant = shop->merchant,
                         .owner = which.owner,
                         .kind = which.kind,
                         .current = current,
                         .target = target};
    row_out mine = {0};
    result r = fix_run(shop, ACT_ID_pool_change, id_slot(which.owner), &in, &mine);
    if (out != NULL)
        *out = mine;
    return r;
}

static result claims(const char *who, uint64_t t, uint32_t n)
{
    return fix_claim(shop, str_of(who), t, n, NULL);
}

/* Claims by users of all lanes, one each. */
static void claim_by_many(uint64_t t, int n)
{
    static int users;
    for (int i = 0; i < n; i++)
        (void)fix_claim_one(shop, arena_printf(shop->memory, "many-%d", users++), t);
}

static void refusals_come_in_their_order(void **state)
{
    (void)state;
    uint64_t c = campaign_with_budget(BUDGET_MODE_NONE, 0), t = template_with(c, 10);
    pool_name stock = pool_stock(t), none = pool_budget(c);
    pool_name unknown = {.owner = t, .kind = POOL_KIND_CLAIMS};
    assert_int_equal(change(unknown, 10, 20, NULL), R_INVALID);
    assert_int_equal(change(stock, 10, -2, NULL), R_INVALID);
    assert_int_equal(change(none, 0, 0, NULL), R_INVALID);
    assert_int_equal(change(none, 0, MONEY_MAX + 1, NULL), R_INVALID);
    assert_int_equal(change(pool_stock(t + (1 << 23)), 10, 20, NULL), R_NOT_FOUND);
    assert_int_equal(change(pool_budget(t), 10, 20, NULL), R_NOT_FOUND);
    assert_int_equal(change(none, 7, 20, NULL), R_NOT_EDITABLE);
    assert_int_equal(change(stock, 7, 20, NULL), R_CURRENT_VALUE_MISMATCH);
    assert_true(str_eq(shop->detail, S("The current value is 10.")));
    uint64_t mine = shop->merchant;
    shop->merchant = mine + 1;
    assert_int_equal(change(stock, 10, 20, NULL), R_NOT_FOUND);
    shop->merchant = mine;
}

static void stock_grows_and_shrinks_to_the_piece(void **state)
{
    (void)state;
    uint64_t t = template_with(campaign_with_budget(BUDGET_MODE_NONE, 0), 3);
    pool_name stock = pool_stock(t);
    row_out out;
    assert_int_equal(change(stock, 3, 5, &out), R_DONE); /* before anybody asked */
    assert_int_equal(out.version, 1);                    /* what coupons pin stays */
    assert_int_equal(claims("ann", t, 6), R_SOLD_OUT);
    assert_int_equal(claims("ann", t, 5), R_DONE);
    assert_int_equal(change(stock, 5, 7, NULL), R_DONE);
    assert_int_equal(claims("ann", t, 2), R_DONE);
    assert_int_equal(claims("bob", t, 1), R_SOLD_OUT);
    assert_int_equal(change(stock, 7, 6, NULL), R_NOT_EDITABLE);
    assert_true(str_eq(shop->detail, S("7 is used already: that is the lowest target.")));
    assert_int_equal(change(stock, 7, 8, NULL), R_DONE);
    assert_int_equal(change(stock, 8, 7, NULL), R_DONE);
    assert_int_equal(claims("bob", t, 1), R_SOLD_OUT);
}

static void a_decrease_brings_back_what_lanes_have_out(void **state)
{
    (void)state;
    uint64_t t = template_with(campaign_with_budget(BUDGET_MODE_NONE, 0), 1000);
    pool_name stock = pool_stock(t);
    claim_by_many(t, 20); /* every lane leases a slice of many */
    assert_int_equal(change(stock, 1000, 21, NULL), R_DONE);
    assert_int_equal(change(stock, 21, 20, NULL), R_DONE);
    assert_int_equal(claims("ann", t, 1), R_SOLD_OUT);
    assert_int_equal(change(stock, 20, 19, NULL), R_NOT_EDITABLE);
    assert_int_equal(change(stock, 20, 22, NULL), R_DONE);
    assert_int_equal(claims("ann", t, 2), R_DONE);
}

static void a_budget_change_raises_the_campaigns_version(void **state)
{
    (void)state;
    uint64_t c = campaign_with_budget(BUDGET_MODE_AT_ISSUE, 2500), t = template_with(c, -1);
    row_out out;
    assert_int_equal(claims("ann", t, 2), R_DONE);
    assert_int_equal(claims("ann", t, 1), R_BUDGET_EXHAUSTED);
    assert_int_equal(change(pool_budget(c), 2500, 3000, &out), R_DONE);
    assert_int_equal(out.version, 3); /* created, activated, this */
    assert_int_equal(claims("ann", t, 1), R_DONE);
    assert_int_equal(change(pool_budget(c), 3000, 2999, NULL), R_NOT_EDITABLE);
}

static void unlimited_and_limited_change_into_each_other(void **state)
{
    (void)state;
    uint64_t t = template_with(campaign_with_budget(BUDGET_MODE_NONE, 0), -1);
    pool_name stock = pool_stock(t);
    assert_int_equal(claims("ann", t, 50), R_DONE);
    assert_int_equal(change(stock, -1, 2, NULL), R_DONE); /* counts from here */
    assert_int_equal(claims("ann", t, 3), R_SOLD_OUT);
    assert_int_equal(claims("ann", t, 2), R_DONE);
    assert_int_equal(change(stock, 2, -1, NULL), R_DONE);
    assert_int_equal(claims("ann", t, 50), R_DONE);
    assert_int_equal(change(stock, -1, 3, NULL), R_DONE); /* goes on with the count of before */
    assert_int_equal(claims("ann", t, 2), R_SOLD_OUT);
    assert_int_equal(claims("ann", t, 1), R_DONE);
    assert_int_equal(change(stock, 3, -1, NULL), R_DONE);
    assert_int_equal(change(stock, -1, 2, NULL), R_NOT_EDITABLE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(refusals_come_in_their_order),
        TEST(stock_grows_and_shrinks_to_the_piece),
        TEST(a_decrease_brings_back_what_lanes_have_out),
        TEST(a_budget_change_raises_the_campaigns_version),
        TEST(unlimited_and_limited_change_into_each_other),
    };
    int failed = 0; /* also on a store that withholds rows, aborts and splits */
    for (how.adversary = 0; how.adversary < 4; how.adversary++)
        failed += cmocka_run_group_tests(tests, NULL, NULL);
    return failed;
}

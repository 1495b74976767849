/* verify finds what is wrong with money in another currency than the campaign's: a healthy shop,
 * one figure made wrong, and the field that must be named. */
#include <stdio.h>

#include "app/verify_flaw_test.h"
#include "domain/price/benefit_test.h"

static fix *shop;
static uint16_t slot, lane;

/* 10.00 USD or 9.00 EUR off; one order in euros, of which one of two came back. */
static void open_shop(void)
{
    shop = fix_open((fix_options){0});
    campaign_create_in in = fix_campaign_in(shop);
    template_put_in t = fix_template_in(shop, fix_campaign(shop, &in));
    TEST_LIST(t, S("EUR"));
    uint64_t coupon_id = fix_claim_one(shop, S("ann"), fix_template(shop, &t)), redemption_id;
    order_line line = {.sku = S("tea"), .quantity = 2, .unit_minor = 3000};
    fix_order o = {.user = S("ann"),
                   .number = S("o-1"),
                   .store = S("s1"),
                   .coupons = &coupon_id,
                   .coupon_count = 1,
                   .lines = &line,
                   .line_count = 1,
                   .currency = S("EUR")};
    assert_int_equal(fix_redeem(shop, &o, &redemption_id), R_DONE);
    redemption row = fix_redemption(shop, redemption_id);
    assert_int_equal(row.discount_minor, 900);
    return_line one = {.line = 0, .quantity = 1};
    assert_int_equal(fix_return(shop, redemption_id, &one, 1, NULL), R_DONE);
    slot = id_slot(redemption_id);
    lane = store_lane_of_slot(app_store(shop->app), slot);
}

/* ---- making a row wrong ---- */

static size_t which;   /* row */
static size_t counter; /* of it */

static void *row_of(uow *u, const table *t, const void *from)
{
    void *page[UOW_SCAN_MAX];
    uow_range range = {.table = t, .index = -1, .from = from, .prefix_columns = 1};
    size_t n = uow_scan(u, &range, UOW_SCAN_MAX, page);
    return which < n ? uow_get(u, t, page[which]) : NULL;
}

static bool spoil_counter(uow *u)
{
    tally_money *row = row_of(u, &tally_money_table, &(tally_money){.lane = lane});
    if (row == NULL)
        return false;
    int64_t *columns = &row->discount_minor;
    tally_money_edit(u, row);
    columns[counter]++;
    return true;
}

static bool spoil_currency(uow *u)
{
    ledger *row = row_of(u, &ledger_table, &(ledger){.slot = slot});
    if (row == NULL)
        return false;
    ledger_edit(u, row);
    row->currency = S("USD");
    return true;
}

static bool own_currency(uow *u)
{
    tally_money *row = row_of(u, &tally_money_table, &(tally_money){.lane = lane});
    if (row == NULL)
        return false;
    tally_money other = *row;
    tally_money_delete(u, row);
    tally_money *made = tally_money_new(u, lane, other.campaign, other.template, other.dimension,
                                        other.day, ('U' << 16) + ('S' << 8) + 'D', other.value);
    made->discount_minor = 1;
    return true;
}

static void must_be_named(spoil *how, const char *check, const char *field)
{
    char name[64];
    open_shop();
    (void)snprintf(name, sizeof(name), "row %zu, counter %zu", which, counter);
    flaw_is_named(shop, slot, &(flaw){name, how, check, field});
}

/* Of the campaign, the template, its sku and its store: each counter of each. */
static void every_counter_is_compared(void **state)
{
    (void)state;
    static const char *const names[] = {"discount_minor", "discount_returned_minor",
                                        "order_minor",    "order_returned_minor",
                                        "adds_minor",     "adds_returned_minor"};
    for (which = 0; which < 4; which++)
        for (counter = 0; counter < ARRAY_LEN(names); counter++)
            must_be_named(spoil_counter, "money", names[counter]);
    which = 0;
    counter = 0;
}

static void the_ledger_has_the_orders_currency(void **state)
{
    (void)state;
    must_be_named(spoil_currency, "ledger", "currency");
    must_be_named(own_currency, "money", "a currency, and not the campaign's");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_counter_is_compared),
        cmocka_unit_test(the_ledger_has_the_orders_currency),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* verify finds what is wrong with what parties pay: shares, returns, ledger, counters and budgets,
 * each made wrong in a healthy shop. */
#include "app/verify_flaw_test.h"
#include "domain/limit/pool.h"

static fix *shop;
static uint64_t used, held, template_id, campaign_id; /* a redemption, a hold */
static uint64_t back;                                 /* a return of the redemption */
static uint16_t slot;

enum { ACME = 1, PLATFORM, MERCHANT }; /* numbers of the parties */

/* Acme pays the first 3.00 of 10.00, from a budget; the others halves. */
static void open_shop(void)
{
    static fund_party parties[] = {
        {.kind = PARTY_KIND_ADVERTISER,
         .name = {"Acme", 4},
         .first_minor = 300,
         .budget_minor = 500},
        {.kind = PARTY_KIND_PLATFORM, .share = 500000, .budget_minor = -1},
        {.kind = PARTY_KIND_MERCHANT, .share = 500000, .budget_minor = -1}};
    shop = fix_open((fix_options){0});
    campaign_create_in in = fix_campaign_in(shop);
    campaign_id = fix_campaign(shop, &in);
    template_put_in t = fix_template_in(shop, campaign_id);
    t.funding.items = parties;
    t.funding.n = ARRAY_LEN(parties);
    template_id = fix_template(shop, &t);
    uint64_t one = fix_claim_one(shop, S("ann"), template_id);
    uint64_t two = fix_claim_one(shop, S("ann"), template_id);
    slot = id_slot(one);
    order_line line = {.sku = S("tea"), .quantity = 2, .unit_minor = 3000};
    fix_order o = {.user = S("ann"),
                   .number = S("o-1"),
                   .coupons = &one,
                   .coupon_count = 1,
                   .lines = &line,
                   .line_count = 1};
    assert_int_equal(fix_redeem(shop, &o, &used), R_DONE);
    o.number = S("o-2");
    o.coupons = &two;
    assert_int_equal(fix_hold(shop, &o, &held), R_DONE);
    const return_line one_tea = {.line = 0, .quantity = 1};
    return_out out;
    assert_int_equal(fix_return(shop, used, &one_tea, 1, &out), R_DONE);
    back = out.return_id;
}

/* ---- making a row wrong ---- */

static party_share *share(redemption *row, size_t i)
{
    assert_true(i < row->parties.n);
    return &row->parties.items[i];
}

static party_share *share_held(hold *row, size_t i)
{
    assert_true(i < row->parties.n);
    return &row->parties.items[i];
}

FLAW(moved, redemption, slot, used, share(row, 1)->discount_minor++;
     share(row, 2)->discount_minor--)
FLAW(moved_held, hold, slot, held, share_held(row, 1)->discount_minor++;
     share_held(row, 2)->discount_minor--)
FLAW(unknown, redemption, slot, used, share(row, 2)->party = 9)
FLAW(misplaced, redemption, slot, used, share(row, 0)->applied = 3)
FLAW(none, hold, slot, held, row->parties.n = 0)
FLAW(overreserved, redemption, slot, used, share(row, 1)->reserved_minor = 351)
FLAW(not_reserved, hold, slot, held, share_held(row, 0)->reserved_minor = 0)
FLAW(still_reserved, redemption, slot, used, share(row, 0)->reserved_minor--)
FLAW(given_back, redemption, slot, used, share(row, 1)->returned_minor++)
FLAW(given_to_another, order_return, slot, back, row->parties.items[0].party = PLATFORM)
FLAW(given_to_nobody, order_return, slot, back, row->parties.items[0].party = 9)

static bool edit_ledger(uow *u, void (*change)(ledger *row))
{
    void *page[UOW_SCAN_MAX];
    uow_range range = {
        .table = &ledger_table, .index = -1, .from = &(ledger){.slot = slot}, .prefix_columns = 1};
    size_t n = uow_scan(u, &range, ARRAY_LEN(page), page);
    for (size_t i = 0; i < n; i++) {
        const ledger *seen = page[i];
        if (seen->debit != ACCOUNT_PARTIES || seen->party != ACME)
            continue;
        ledger *row = ledger_get(u, slot, seen->id);
        if (row == NULL)
            return false;
        ledger_edit(u, row);
        change(row);
        return true;
    }
    return false;
}

static void to_another(ledger *row)
{
    row->party = PLATFORM;
}

static void to_nobody(ledger *row)
{
    row->party = 0;
}

static bool booked_to_another(uow *u)
{
    return edit_ledger(u, to_another);
}

static bool booked_to_nobody(uow *u)
{
    return edit_ledger(u, to_nobody);
}

/* Counters live in the lane. */
static tally_party *counter(uow *u)
{
    void *page[1];
    uow_range range = {.table = &tally_party_table,
                       .index = -1,
                       .from = &(tally_party){.lane = uow_lane(u)},
                       .prefix_columns = 1};
    if (uow_scan(u, &range, 1, page) == 0)
        return NULL;
    const tally_party *seen = page[0];
    tally_party *row =
        tally_party_get(u, seen->lane, seen->campaign, seen->template, seen->party, seen->day);
    if (row != NULL)
        tally_party_edit(u, row);
    return row;
}

static bool counted(uow *u)
{
    tally_party *row = counter(u);
    if (row != NULL)
        row->discount_minor++;
    return row != NULL;
}

static bool counted_back(uow *u)
{
    tally_party *row = counter(u);
    if (row != NULL)
        row->discount_returned_minor++;
    return row != NULL;
}

static const flaw flaws[] = {
    {"moved", moved, "redemption", "discount_minor of a party"},
    {"moved_held", moved_held, "hold", "discount_minor of a party"},
    {"unknown", unknown, "redemption", "a party is one of the funding"},
    {"misplaced", misplaced, "redemption", "parties name coupons, in their order"},
    {"none", none, "hold", "discount_minor of a party"},
    {"overreserved", overreserved, "redemption", "a party's budget has no more than it pays"},
    {"not_reserved", not_reserved, "pool", "used"},
    {"still_reserved", still_reserved, "pool", "used"},
    {"given_back", given_back, "redemption", "returned_minor of a party"},
    {"given_back", given_back, "redemption", "returned_minor of the parties of a coupon"},
    {"given_back", given_back, "party", "ledger parties"},
    {"given_to_another", given_to_another, "redemption", "returned_minor of a party"},
    {"given_to_nobody", given_to_nobody, "return", "who gets back has paid"},
    {"booked_to_another", booked_to_another, "party", "ledger parties"},
    {"booked_to_another", booked_to_another, "party", "discount_minor"},
    {"booked_to_nobody", booked_to_nobody, "ledger",
     "parties and funded move together, with a party"},
    {"counted", counted, "party", "discount_minor"},
    {"counted_back", counted_back, "party", "discount_returned_minor"},
};

static void every_flaw_is_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(flaws); i++) {
        open_shop();
        flaw_is_named(shop, slot, &flaws[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_flaw_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* How many round trips to PostgreSQL each kind of act takes where nothing else is in its lane: with
 * a key, from first to last, the commit among them. What a row is known by only when another one is
 * here costs a further one; a new one shows here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/id.h"
#include "port/log.h"
#include "test/lib/database.h"
#include "test/lib/domain_fixture.h"

enum { STOCK = 1000, PER_USER = 50, BUDGET = 100000000 };

static fix *shop;
static str url;
static uint64_t campaign_id, other_campaign, template_id, other_template;
static unsigned keys;

static void on_done(act_call *call)
{
    *(bool *)call->context = true;
}

/* Of this act, which is done; what it has sent to other slots comes after it. */
static uint64_t trips_of(act_id id, uint16_t slot, const void *in, void *out)
{
    store *s = app_store(shop->app);
    store_metrics before, after;
    bool ended = false;
    act_call *call = ARENA_NEW(shop->memory, act_call);
    *call = (act_call){.app = shop->app,
                       .id = id,
                       .slot = slot,
                       .in = in,
                       .out = out,
                       .memory = shop->memory,
                       .key = {.merchant = shop->merchant,
                               .subject = S("somebody"),
                               .key = arena_printf(shop->memory, "k-%u", keys++),
                               .body = 1},
                       .done = on_done,
                       .context = &ended};
    store_metrics_read(s, &before);
    assert_int_equal(act_submit(call), R_DONE);
    while (!ended)
        assert_true(store_step(s) > 0);
    store_metrics_read(s, &after);
    assert_int_equal(call->code, R_DONE);
    assert_int_equal(after.batches - before.batches, 1);
    (void)app_settle(shop->app);
    return after.trips - before.trips;
}

/* ---- the ground: limits, stock and a budget, so that every kind of counter is asked for ---- */

static uint64_t make_template(uint64_t *home)
{
    static limit_rule limits[3];
    limits[0] = fix_limit(LIMIT_MEASURE_CLAIMS, LIMIT_SUBJECT_USER, LIMIT_PERIOD_DAY, PER_USER);
    limits[1] =
        fix_limit(LIMIT_MEASURE_REDEMPTIONS, LIMIT_SUBJECT_USER, LIMIT_PERIOD_DAY, PER_USER);
    limits[2] = fix_limit(LIMIT_MEASURE_CLAIMS, LIMIT_SUBJECT_TEMPLATE, LIMIT_PERIOD_DAY, STOCK);
    campaign_create_in c = fix_campaign_in(shop);
    c.budget_mode = BUDGET_MODE_AT_REDEEM;
    c.budget_minor = BUDGET;
    *home = fix_campaign(shop, &c);
    template_put_in t = fix_template_in(shop, *home);
    t.stock = STOCK;
    t.transfers = 5;
    t.offer_ms = MS_DAY;
    t.limits.items = limits;
    t.limits.n = ARRAY_LEN(limits);
    return fix_template(shop, &t);
}

static const order_line tea = {.sku = {"tea", 3}, .quantity = 2, .unit_minor = 2000};

static fix_order order_of(str who, const char *number, const uint64_t *coupon_id)
{
    return (fix_order){.user = who,
                       .number = str_of(number),
                       .store = S("store"),
                       .channel = S("web"),
                       .coupons = coupon_id,
                       .coupon_count = 1,
                       .lines = &tea,
                       .line_count = 1};
}

/* What the lane needs of pools it leases with the first of each. */
static int open_shop(void **state)
{
    uint64_t redeemed;
    (void)state;
    url = str_of(database_take());
    shop = fix_open((fix_options){.lanes = 1, .pg = &url, .shards = 1});
    template_id = make_template(&campaign_id);
    other_template = make_template(&other_campaign);
    uint64_t first = fix_claim_one(shop, S("first"), template_id);
    (void)fix_claim_one(shop, S("first"), other_template);
    fix_order o = order_of(S("first"), "before", &first);
    assert_int_equal(fix_redeem(shop, &o, &redeemed), R_DONE);
    return 0;
}

static int close_shop(void **state)
{
    (void)state;
    fix_verify(shop);
    fix_close(shop);
    database_give(url.p);
    return 0;
}

/* ---- acts ---- */

static uint64_t trips_of_claim(str who, uint8_t source, const uint64_t *templates, size_t n)
{
    issue_item *items = ARENA_ARRAY(shop->memory, issue_item, n);
    for (size_t i = 0; i < n; i++)
        items[i] = (issue_item){.template = templates[i], .count = 1};
    issue_in in = {.merchant = shop->merchant,
                   .user = who,
                   .source = source,
                   .mode = ISSUE_MODE_BEST_EFFORT,
                   .items = {items, n}};
    issue_out out = {0};
    return trips_of(ACT_ID_issue, slot_of_user(shop->merchant, who), &in, &out);
}

static void claims_and_grants(void **state)
{
    const uint64_t both[] = {template_id, other_template};
    (void)state;
    assert_int_equal(trips_of_claim(S("new"), COUPON_SOURCE_CLAIM, both, 1), 2);
    assert_int_equal(trips_of_claim(S("granted"), COUPON_SOURCE_GRANT, both, 1), 2);
    assert_int_equal(trips_of_claim(S("many"), COUPON_SOURCE_CLAIM, both, 2), 2);
    assert_int_equal(trips_of_claim(S("new"), COUPON_SOURCE_CLAIM, both, 1), 2);
    assert_int_equal(trips_of_claim(S("new"), COUPON_SOURCE_CLAIM, both + 1, 1), 2);
}

static uint64_t trips_of_order(act_id id, const fix_order *o, order_out *out)
{
    order_in in = {0};
    assert_int_equal(fix_price(shop, o, &in), R_DONE);
    assert_int_equal(in.applied.n, 1);
    return trips_of(id, slot_of_user(shop->merchant, o->user), &in, out);
}

static void orders(void **state)
{
    uint64_t coupons[3];
    order_out out = {0};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(coupons); i++)
        coupons[i] = fix_claim_one(shop, S("ann"), template_id);
    fix_order o = order_of(S("ann"), "one", &coupons[0]);
    assert_int_equal(trips_of_order(ACT_ID_redeem, &o, &out), 2);
    return_in back = {.merchant = shop->merchant, .redemption = out.redemption};
    return_out returned = {0};
    uint16_t slot = id_slot(out.redemption);
    assert_int_equal(trips_of(ACT_ID_give_back, slot, &back, &returned), 3);

    o = order_of(S("ann"), "two", &coupons[1]);
    assert_int_equal(trips_of_order(ACT_ID_hold, &o, &out), 2);
    assert_int_equal(trips_of_order(ACT_ID_hold, &o, &out), 3); /* in place of the first */
    order_in of_hold = {.merchant = shop->merchant, .hold = out.hold};
    assert_int_equal(trips_of(ACT_ID_redeem, slot, &of_hold, &out), 3);

    o = order_of(S("ann"), "three", &coupons[2]);
    assert_int_equal(trips_of_order(ACT_ID_hold, &o, &out), 2);
    hold_ref_in ref = {.merchant = shop->merchant, .hold = out.hold};
    hold_ref_out released = {0};
    assert_int_equal(trips_of(ACT_ID_release, slot, &ref, &released), 3);
    assert_int_equal(trips_of_order(ACT_ID_hold, &o, &out), 3);
    assert_int_equal(trips_of_order(ACT_ID_redeem, &o, &out), 3); /* past its hold */
}

static void voids(void **state)
{
    uint64_t id = fix_claim_one(shop, S("ann"), template_id);
    void_in in = {.merchant = shop->merchant, .coupon = id, .reason = VOID_REASON_ISSUED_IN_ERROR};
    void_out out = {0};
    (void)state;
    assert_int_equal(trips_of(ACT_ID_void, id_slot(id), &in, &out), 3);
}

static uint64_t trips_of_take(const transfer_try_in *asked, const transfer_try_out *got,
                              transfer_take_out *out)
{
    transfer_take_in in = {.merchant = shop->merchant,
                           .user = asked->to,
                           .template = template_id,
                           .transfer = got->transfer,
                           .reservation = got->reservation,
                           .deadline_ms = got->deadline_ms,
                           .carried = {got->carried.items, got->carried.n}};
    return trips_of(ACT_ID_transfer_take, slot_of_user(shop->merchant, in.user), &in, out);
}

static void transfers(void **state)
{
    uint64_t id = fix_claim_one(shop, S("ann"), template_id);
    transfer_try_in direct = {
        .merchant = shop->merchant, .coupon = id, .user = S("ann"), .to = S("bob")};
    transfer_try_out got = {0};
    transfer_take_out taken = {0};
    (void)state;
    assert_int_equal(trips_of(ACT_ID_transfer_try, id_slot(id), &direct, &got), 2);
    assert_int_equal(trips_of_take(&direct, &got, &taken), 2);

    transfer_offer_in offer = {
        .merchant = shop->merchant, .coupon = taken.coupon, .user = S("bob"), .to = S("ann")};
    transfer_offer_out offered = {0};
    uint16_t slot = id_slot(taken.coupon);
    assert_int_equal(trips_of(ACT_ID_transfer_offer, slot, &offer, &offered), 2);
    transfer_end_in end = {.merchant = shop->merchant,
                           .transfer = offered.transfer,
                           .user = S("bob"),
                           .state = TRANSFER_STATE_CANCELLED};
    transfer_end_out ended = {0};
    assert_int_equal(trips_of(ACT_ID_transfer_end, slot, &end, &ended), 3);
    assert_int_equal(trips_of(ACT_ID_transfer_offer, slot, &offer, &offered), 2);
    transfer_try_in try = {
        .merchant = shop->merchant, .transfer = offered.transfer, .to = S("ann")};
    assert_int_equal(trips_of(ACT_ID_transfer_try, slot, &try, &got), 3);
    assert_int_equal(trips_of_take(&try, &got, &taken), 2);
    void_in in = {
        .merchant = shop->merchant, .coupon = taken.coupon, .reason = VOID_REASON_ISSUED_IN_ERROR};
    void_out voided = {0};
    assert_int_equal(trips_of(ACT_ID_void, id_slot(taken.coupon), &in, &voided), 3);
}

/* All of a batch ask together: it takes what its longest act does. */
static void a_batch_takes_what_its_longest_act_does(void **state)
{
    enum { ACTS = 20 };
    fix_act *acts[ACTS];
    store *s = app_store(shop->app);
    store_metrics before, after;
    (void)state;
    for (unsigned i = 0; i < ACTS; i++) {
        issue_item *item = ARENA_NEW(shop->memory, issue_item);
        issue_in *in = ARENA_NEW(shop->memory, issue_in);
        *item = (issue_item){.template = template_id, .count = 1};
        *in = (issue_in){.merchant = shop->merchant,
                         .user = arena_printf(shop->memory, "b-%u", i),
                         .source = COUPON_SOURCE_CLAIM,
                         .items = {item, 1}};
        in->mode = ISSUE_MODE_ALL_OR_NONE;
        acts[i] = fix_submit(shop, ACT_ID_issue, slot_of_user(in->merchant, in->user), in,
                             ARENA_NEW(shop->memory, issue_out));
    }
    store_metrics_read(s, &before);
    assert_int_equal(store_step(s), ACTS);
    store_metrics_read(s, &after);
    for (unsigned i = 0; i < ACTS; i++)
        assert_true(acts[i]->ended && acts[i]->call.code == R_DONE);
    assert_int_equal(after.batches - before.batches, 1);
    assert_int_equal(after.trips - before.trips, 2);
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, open_shop, close_shop)
    static const struct CMUnitTest tests[] = {
        EACH(claims_and_grants),
        EACH(orders),
        EACH(voids),
        EACH(transfers),
        EACH(a_batch_takes_what_its_longest_act_does),
    };
    log_set_level(LOG_LEVEL_COUNT);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* A coupon that goes from eve to ann and on to bob, directly or by an offer, and a process that is
 * killed between any two commits of the second transfer, messages and all. In what is left the
 * coupon has one owner at once; the same request gets it to bob, on RocksDB without a moment of
 * waiting; and the id that eve had leads to it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/query_coupons.h"
#include "app/query_sagas.h"
#include "app/query_transfers.h"
#include "domain/saga/saga.h"
#include "port/metric.h"
#include "test/lib/crash.h"

static fix *shop;
static uint64_t template_id, first_id, coupon_id, offer_id;

/* ---- acts ---- */

typedef struct take_act {
    act_call call; /* first */
    transfer_take_in in;
    transfer_try_in try;
    transfer_take_out out;
    bool ended;
} take_act;

static void on_done(act_call *call)
{
    ((take_act *)call)->ended = true;
}

/* offer 0: directly. */
static take_act *begin(uint64_t id, uint64_t offer, const char *from, const char *to)
{
    take_act *a = ARENA_NEW(shop->memory, take_act);
    reserve_ask ask = {.names = shop->names, .transfer = &a->try};
    a->try = (transfer_try_in){.merchant = shop->merchant,
                               .transfer = offer,
                               .coupon = offer == 0 ? id : 0,
                               .user = str_of(from),
                               .to = str_of(to)};
    a->in =
        (transfer_take_in){.merchant = shop->merchant, .user = a->try.to, .template = template_id};
    a->call = (act_call){
        .app = shop->app,
        .id = ACT_ID_transfer_take,
        .slot = slot_of_user(shop->merchant, a->in.user),
        .in = &a->in,
        .out = &a->out,
        .memory = shop->memory,
        .key = {.merchant = shop->merchant, .subject = a->in.user, .key = S("k"), .body = 7},
        .done = on_done};
    assert_int_equal(reserve_submit(&a->call, &ask), R_DONE);
    return a;
}

static uint64_t taken(const take_act *a)
{
    (void)app_settle(shop->app);
    assert_true(a->ended);
    assert_int_equal(a->call.code, R_DONE);
    return a->out.coupon;
}

/* ---- the ground ---- */

/* Five claims for each device: so a take reserves in a third slot, too. */
static void open_shop(bool offers)
{
    limit_rule rule = fix_limit(LIMIT_MEASURE_CLAIMS, LIMIT_SUBJECT_DEVICE, LIMIT_PERIOD_EVER, 5);
    shop = crash_open();
    shop->names = (subject_names){.device = S("d1")};
    campaign_create_in in = fix_campaign_in(shop);
    in.budget_mode = BUDGET_MODE_AT_ISSUE;
    in.budget_minor = 1000;
    template_put_in t = fix_template_in(shop, fix_campaign(shop, &in));
    t.limits.items = &rule;
    t.limits.n = 1;
    t.stock = 1;
    t.transfers = 2;
    t.offer_ms = MS_DAY;
    template_id = fix_template(shop, &t);
    first_id = fix_claim_one(shop, S("eve"), template_id);
    coupon_id = taken(begin(first_id, 0, "eve", "ann"));
    offer_id = 0;
    if (!offers)
        return;
    transfer_offer_in offer = {
        .merchant = shop->merchant, .coupon = coupon_id, .user = S("ann"), .to = S("bob")};
    transfer_offer_out out = {0};
    assert_int_equal(fix_run(shop, ACT_ID_transfer_offer, id_slot(coupon_id), &offer, &out),
                     R_DONE);
    offer_id = out.transfer;
}

/* ---- what is seen ---- */

static void count_saga(void *context, const saga_open *s)
{
    MAYBE(s);
    ++*(size_t *)context;
}

/* Who has the coupon, by every question that there is; CHECKs that they say the same. */
static str owner_now(size_t *sagas)
{
    static const str users[] = {{"eve", 3}, {"ann", 3}, {"bob", 3}};
    coupon_owner owners[COUPON_OWNERS_MAX];
    app_view v;
    size_t all = 0, who = 0;
    assert_int_equal(app_view_open(shop->app, shop->memory, &v), R_DONE);
    for (size_t i = 0; i < ARRAY_LEN(users); i++) {
        size_t has = fix_owned(shop, &v, users[i]);
        all += has;
        who = has > 0 ? i : who;
    }
    assert_int_equal(all, 1);
    size_t n = query_owners(&v, shop->merchant, first_id, owners);
    assert_true(n > 0 && owners[n - 1].until_ms == 0);
    assert_true(str_eq(owners[n - 1].user, users[who]));
    assert_int_equal(query_coupon_now(&v, first_id), owners[n - 1].coupon);
    *sagas = 0;
    assert_int_equal(query_sagas(&v, count_saga, sagas), R_DONE);
    assert_int_equal(app_view_close(&v), R_DONE);
    return users[who];
}

/* ---- the tests ---- */

typedef struct cuts {
    bool offers;
    int before, between, after; /* the moment that decides; and what follows on it */
} cuts;

/* The deadline of what the killed one has tried passes. */
static void let_go(void)
{
    (void)app_settle(shop->app);
    fix_pass(shop, SAGA_TRY_MS);
    fix_sweep(shop);
}

/* Killed behind so many steps; false: all had come to its end by then. */
static bool cut_off(int steps, void *context)
{
    cuts *seen = context;
    size_t sagas;
    open_shop(seen->offers);
    take_act *first = begin(coupon_id, offer_id, "ann", "bob");
    bool moves = crash_steps(shop, steps);
    bool answered = first->ended && first->call.code == R_DONE;
    crash_now(shop);
    bool bobs = str_eq(owner_now(&sagas), S("bob"));
    assert_true(bobs || !answered);
    seen->before += !bobs && sagas > 0;
    seen->between += bobs && sagas > 0;
    seen->after += bobs && sagas == 0;
    if (crash_is_pg())
        let_go();
    uint64_t at_last = taken(begin(coupon_id, offer_id, "ann", "bob"));
    assert_true(str_eq(owner_now(&sagas), S("bob")));
    assert_int_equal(sagas, 0);
    assert_int_equal(fix_coupon(shop, at_last).state, COUPON_STATE_AVAILABLE);
    crash_close(shop);
    return moves;
}

static void a_kill_at_any_step_leaves_one_owner(bool offers)
{
    cuts seen = {.offers = offers};
    if (crash_each(cut_off, &seen))
        assert_true(seen.before > 0 && seen.between > 0 && seen.after > 0);
}

static void a_kill_at_any_step_of_a_direct_transfer_leaves_one_owner(void **state)
{
    MAYBE(state);
    a_kill_at_any_step_leaves_one_owner(false);
}

static void a_kill_at_any_step_of_an_acceptance_leaves_one_owner(void **state)
{
    MAYBE(state);
    a_kill_at_any_step_leaves_one_owner(true);
}

/* The process ends between try and act, and for so long nobody gets to the receiver's lane, or to
 * any. From then on, with a sweep each second: milliseconds until it has ended. */
static int64_t until_ended(bool offers, bool all, int64_t fault_ms)
{
    enum { LOOKS = 40 };
    size_t sagas;
    open_shop(offers);
    store *s = app_store(shop->app);
    uint16_t lane = store_lane_of_slot(s, slot_of_user(shop->merchant, S("bob")));
    store_halt_lane(s, lane, true);
    (void)begin(coupon_id, offer_id, "ann", "bob");
    (void)app_settle(shop->app);
    crash_now(shop);
    s = app_store(shop->app);
    for (uint16_t i = 0; i < store_lanes(s); i++)
        store_halt_lane(s, i, all || i == lane);
    for (int i = 0; i < LOOKS; i++) {
        fix_pass(shop, fault_ms / LOOKS);
        assert_true(str_eq(owner_now(&sagas), S("ann")) && sagas > 0);
        if (!all)
            fix_sweep(shop);
    }
    for (uint16_t i = 0; i < store_lanes(s); i++)
        store_halt_lane(s, i, false);
    int64_t waited_ms = 0;
    for (fix_sweep(shop); str_eq(owner_now(&sagas), S("ann")) && sagas > 0; fix_sweep(shop)) {
        fix_pass(shop, MS_SECOND);
        waited_ms += MS_SECOND;
    }
    assert_int_equal(sagas, 0);
    return waited_ms;
}

/* What its transfer is then called. */
static transfer_state ended_as(void)
{
    transfer_seen seen[2];
    app_view v;
    bool more;
    transfers_ask ask = {.merchant = shop->merchant, .user = S("ann"), .limit = ARRAY_LEN(seen)};
    assert_int_equal(app_view_open(shop->app, shop->memory, &v), R_DONE);
    assert_int_equal(query_transfers(&v, &ask, seen, &more), 1);
    assert_int_equal(app_view_close(&v), R_DONE);
    return seen[0].state;
}

static void a_transfer_that_nobody_follows_ends_within_a_minute_of_the_fault(void **state)
{
    static const int64_t faults_ms[] = {0, 4 * MS_SECOND, 29 * MS_SECOND, 10 * MS_MINUTE,
                                        20 * MS_HOUR};
    MAYBE(state);
    for (size_t i = 0; i < 4 * ARRAY_LEN(faults_ms); i++) {
        bool offers = i % 2 == 1, all = i % 4 >= 2;
        uint64_t made = metric_value(METRIC_TRIES_MADE_TRANSFER),
                 used = metric_value(METRIC_TRIES_USED_TRANSFER),
                 cancelled = metric_value(METRIC_TRIES_CANCELLED_TRANSFER);
        assert_in_range(until_ended(offers, all, faults_ms[i / 4]), 0, MS_MINUTE);
        assert_int_equal(ended_as(), offers ? TRANSFER_STATE_OPEN : TRANSFER_STATE_REFUSED);
        /* From eve to ann; and the other, which ended well where it was begun. */
        assert_int_equal(metric_value(METRIC_TRIES_MADE_TRANSFER), made + 2);
        assert_int_equal(metric_value(METRIC_TRIES_USED_TRANSFER), used + 2);
        assert_true(metric_value(METRIC_TRIES_CANCELLED_TRANSFER) > cancelled);
        crash_close(shop);
    }
}

int main(int count, char **arguments)
{
    const struct CMUnitTest kills[] = {
        cmocka_unit_test(a_kill_at_any_step_of_a_direct_transfer_leaves_one_owner),
        cmocka_unit_test(a_kill_at_any_step_of_an_acceptance_leaves_one_owner),
    };
    const struct CMUnitTest others[] = {
        cmocka_unit_test(a_transfer_that_nobody_follows_ends_within_a_minute_of_the_fault),
    };
    if (!crash_on(count, arguments))
        return 2;
    int failed = cmocka_run_group_tests(kills, NULL, NULL);
    return crash_is_pg() ? failed : failed + cmocka_run_group_tests(others, NULL, NULL);
}

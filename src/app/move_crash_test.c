/* Ann becomes bob: she has coupons that can go, one that is offered, one that an order holds; and
 * a process that is killed between any two commits, messages and all. In what is left each coupon
 * has one owner at once; the move comes to its end by itself; and what both were counted is bob's,
 * once. Then what verify finds wrong in such a shop. */
#include "app/verify_flaw_test.h"

#include "app/query_coupons.h"
#include "app/query_sagas.h"
#include "app/query_users.h"
#include "domain/coupon/move.h"
#include "domain/limit/usage.h"
#include "port/metric.h"
#include "test/lib/crash.h"

enum { STEPS_MAX = 360, ANNS = 4, ALL = 5 };

static fix *shop;
static uint64_t campaign_id, template_id, coupons[ANNS], bobs, hold_id, move_id;

/* ---- the ground ---- */

static void make_shop(void)
{
    limit_rule rule = fix_limit(LIMIT_MEASURE_CLAIMS, LIMIT_SUBJECT_USER, LIMIT_PERIOD_DAY, ALL);
    campaign_create_in in = fix_campaign_in(shop);
    in.budget_mode = BUDGET_MODE_AT_ISSUE;
    in.budget_minor = 100000;
    campaign_id = fix_campaign(shop, &in);
    template_put_in t = fix_template_in(shop, campaign_id);
    t.limits.items = &rule;
    t.limits.n = 1;
    t.stock = 100;
    t.transfers = 2;
    t.offer_ms = MS_DAY;
    template_id = fix_template(shop, &t);
    assert_int_equal(fix_claim(shop, S("ann"), template_id, ANNS, coupons), R_DONE);
    bobs = fix_claim_one(shop, S("bob"), template_id);
    transfer_offer_in offer = {
        .merchant = shop->merchant, .coupon = coupons[1], .user = S("ann"), .to = S("cid")};
    transfer_offer_out offered = {0};
    assert_int_equal(fix_run(shop, ACT_ID_transfer_offer, id_slot(coupons[1]), &offer, &offered),
                     R_DONE);
    order_line line = {.sku = S("tea"), .quantity = 1, .unit_minor = 5000};
    fix_order order = {.user = S("ann"),
                       .number = S("o1"),
                       .coupons = &coupons[2],
                       .coupon_count = 1,
                       .lines = &line,
                       .line_count = 1};
    assert_int_equal(fix_hold(shop, &order, &hold_id), R_DONE);
}

static move_begin_in merging(str from, str to)
{
    return (move_begin_in){
        .merchant = shop->merchant, .user = from, .to = to, .reason = MOVE_REASON_MERGE};
}

static uint16_t home(str name)
{
    return slot_of_user(shop->merchant, name);
}

/* ---- what is seen ---- */

/* All have one owner: ann or bob. How many bob has. */
static size_t look(void)
{
    app_view v;
    assert_int_equal(app_view_open(shop->app, shop->memory, &v), R_DONE);
    size_t anns = fix_owned(shop, &v, S("ann")), his = fix_owned(shop, &v, S("bob"));
    assert_int_equal(anns + his, ALL);
    for (size_t i = 0; i < ANNS; i++) {
        coupon_seen seen;
        assert_true(query_coupon(&v, shop->merchant, query_coupon_now(&v, coupons[i]), &seen));
        assert_int_not_equal(seen.now.state, COUPON_STATE_TRANSFERRED);
    }
    assert_int_equal(app_view_close(&v), R_DONE);
    return his;
}

static user_move move_now(void)
{
    app_view v;
    assert_int_equal(app_view_open(shop->app, shop->memory, &v), R_DONE);
    const user_move *row = query_move(&v, shop->merchant, move_id);
    assert_non_null(row);
    user_move copy = *row;
    assert_int_equal(app_view_close(&v), R_DONE);
    return copy;
}

static int64_t claims_of(str who)
{
    app_view v;
    user_seen seen;
    assert_int_equal(app_view_open(shop->app, shop->memory, &v), R_DONE);
    assert_true(query_user(&v, shop->merchant, who, &seen));
    usage_key ever = {.measure = LIMIT_MEASURE_CLAIMS, .period = LIMIT_PERIOD_EVER};
    int64_t n = usage_count(usage_get(v.rows, home(who), seen.row->member, campaign_id), &ever, 0);
    assert_int_equal(app_view_close(&v), R_DONE);
    return n;
}

/* ---- a kill ---- */

/* What was begun goes on; asking again changes nothing. */
static void merge_to_the_end(void)
{
    move_begin_in in = merging(S("ann"), S("bob"));
    move_begin_out out = {0};
    assert_int_equal(fix_run(shop, ACT_ID_move_begin, home(S("ann")), &in, &out), R_DONE);
    move_id = out.move;
    (void)app_settle(shop->app);
    assert_int_equal(move_now().state, MOVE_STATE_MOVING); /* the hold is open */
    assert_int_equal(look(), ALL - 1);
    assert_int_equal(fix_release(shop, hold_id), R_DONE);
    fix_pass(shop, MOVE_ROUND_MS);
    fix_sweep(shop);
    (void)app_settle(shop->app);
    assert_int_equal(move_now().state, MOVE_STATE_DONE);
    assert_int_equal(look(), ALL);
}

static void count_saga(void *context, const saga_open *s)
{
    bool coupon_moves = str_eq(s->kind, S("move"));
    assert_true(coupon_moves || str_eq(s->kind, S("merge")));
    *(size_t *)context += coupon_moves;
}

static size_t on_their_way(void)
{
    app_view v;
    size_t n = 0;
    assert_int_equal(app_view_open(shop->app, shop->memory, &v), R_DONE);
    assert_int_equal(query_sagas(&v, count_saga, &n), R_DONE);
    assert_int_equal(app_view_close(&v), R_DONE);
    return n;
}

typedef struct cuts {
    int kept, taken, settled; /* coupons: at their old place, at the new one, and both know */
} cuts;

/* Killed behind so many steps; false: all had come to rest by then. */
static bool cut_off(int steps, void *context)
{
    cuts *seen = context;
    shop = crash_open();
    make_shop();
    move_begin_in in = merging(S("ann"), S("bob"));
    move_begin_out out = {0};
    (void)fix_submit(shop, ACT_ID_move_begin, home(S("ann")), &in, &out);
    bool moves = crash_steps(shop, steps);
    crash_now(shop);
    size_t his = look(), coming = on_their_way();
    seen->kept += his == 1 && coming > 0;
    seen->taken += his > 1 && coming > 0;
    seen->settled += his > 1 && coming == 0;
    fix_verify(shop);
    merge_to_the_end();
    assert_int_equal(claims_of(S("bob")), ALL);
    assert_int_equal(claims_of(S("ann")), 0);
    uint64_t more;
    assert_int_equal(fix_claim(shop, S("bob"), template_id, 1, &more), R_LIMIT_REACHED);
    assert_int_equal(fix_claim(shop, S("ann"), template_id, 1, &more), R_USER_MERGED);
    crash_close(shop);
    return moves;
}

static void a_kill_at_any_step_loses_and_doubles_nothing(void **state)
{
    (void)state;
    cuts seen = {0};
    if (crash_each(cut_off, &seen))
        assert_true(seen.kept > 0 && seen.taken > 0 && seen.settled > 0);
}

/* ---- a bind, and two who want to become each other ---- */

static void a_bound_name_stays_the_others(void **state)
{
    (void)state;
    uint64_t more,
        transfers = metric_value(METRIC_TRIES_USED_TRANSFER),
        made = metric_value(METRIC_TRIES_MADE_MOVE), used = metric_value(METRIC_TRIES_USED_MOVE),
        done = metric_value(METRIC_MOVES_DONE_BIND), took = metric_value(METRIC_MOVE_DURATION);
    shop = fix_open((fix_options){0});
    make_shop();
    assert_int_equal(fix_release(shop, hold_id), R_DONE);
    move_begin_in in = merging(S("ann"), S("bob"));
    move_begin_out out = {0};
    in.reason = MOVE_REASON_BIND;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(fix_run(shop, ACT_ID_move_begin, home(S("ann")), &in, &out), R_DONE);
        (void)app_settle(shop->app);
        move_id = out.move;
        assert_int_equal(move_now().state, MOVE_STATE_DONE);
        assert_int_equal(claims_of(S("ann")), 0);
        assert_int_equal(claims_of(S("bob")), ALL);
        assert_int_equal(fix_claim(shop, S("ann"), template_id, 1, &more), R_USER_MERGED);
    }
    fix_verify(shop);
    assert_int_equal(metric_value(METRIC_TRIES_MADE_MOVE), made + ANNS);
    assert_int_equal(metric_value(METRIC_TRIES_USED_MOVE), used + ANNS);
    assert_int_equal(metric_value(METRIC_TRIES_USED_TRANSFER), transfers);
    assert_int_equal(metric_value(METRIC_MOVES_DONE_BIND), done + 1);
    assert_int_equal(metric_value(METRIC_MOVE_DURATION), took + 1);
    fix_close(shop);
}

static void two_that_cross_end(void **state)
{
    (void)state;
    uint64_t ended = metric_value(METRIC_MOVES_DONE_MERGE),
             refused = metric_value(METRIC_MOVES_REFUSED_MERGE),
             begun = metric_value(METRIC_MOVES_BEGUN_MERGE);
    shop = fix_open((fix_options){0});
    make_shop();
    assert_int_equal(fix_release(shop, hold_id), R_DONE);
    move_begin_in one = merging(S("ann"), S("bob")), two = merging(S("bob"), S("ann"));
    move_begin_out first = {0}, second = {0};
    fix_act *a = fix_submit(shop, ACT_ID_move_begin, home(S("ann")), &one, &first);
    fix_act *b = fix_submit(shop, ACT_ID_move_begin, home(S("bob")), &two, &second);
    (void)app_settle(shop->app);
    assert_true(a->ended && b->ended);
    size_t done = 0, all = 0;
    const uint64_t ids[] = {first.move, second.move};
    for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
        move_id = ids[i];
        if (move_id == 0)
            continue;
        all++;
        uint8_t is = move_now().state;
        assert_true(is == MOVE_STATE_DONE || is == MOVE_STATE_REFUSED);
        done += is == MOVE_STATE_DONE;
    }
    assert_true(done <= 1);
    assert_int_equal(metric_value(METRIC_MOVES_BEGUN_MERGE), begun + all);
    assert_int_equal(metric_value(METRIC_MOVES_DONE_MERGE), ended + done);
    assert_int_equal(metric_value(METRIC_MOVES_REFUSED_MERGE), refused + all - done);
    fix_verify(shop);
    fix_close(shop);
}

/* ---- one that waits ---- */

static void a_round_goes_by(void)
{
    (void)app_settle(shop->app);
    fix_pass(shop, MOVE_ROUND_MS);
    fix_sweep(shop);
    (void)app_settle(shop->app);
}

/* For an order it is not late, for a lane that stands still it is. */
static void a_merge_without_an_answer_is_late(void **state)
{
    (void)state;
    uint64_t late = metric_value(METRIC_MOVES_LATE_MERGE);
    shop = fix_open((fix_options){0});
    make_shop();
    store *s = app_store(shop->app);
    uint16_t lane = store_lane_of_slot(s, home(S("ann")));
    str other = S("bob");
    for (int i = 0; store_lane_of_slot(s, home(other)) == lane; i++)
        other = arena_printf(shop->memory, "n%d", i);
    uint16_t halted = store_lane_of_slot(s, home(other));
    store_halt_lane(s, halted, true);
    move_begin_in in = merging(S("ann"), other);
    move_begin_out out = {0};
    assert_int_equal(fix_run(shop, ACT_ID_move_begin, home(S("ann")), &in, &out), R_DONE);
    assert_true(str_eq(fix_saga(shop).kind, S("merge")));
    assert_int_equal(fix_saga(shop).state, SAGA_ON_ITS_WAY);
    a_round_goes_by();
    assert_int_equal(fix_saga(shop).state, SAGA_LATE);
    assert_int_equal(metric_value(METRIC_MOVES_LATE_MERGE), late + 1);
    store_halt_lane(s, halted, false);
    a_round_goes_by();
    assert_int_equal(fix_saga(shop).state, SAGA_ON_ITS_WAY); /* the hold is open */
    assert_int_equal(metric_value(METRIC_MOVES_LATE_MERGE), late + 1);
    assert_int_equal(fix_release(shop, hold_id), R_DONE);
    a_round_goes_by();
    assert_int_equal(fix_saga(shop).kind.n, 0);
    fix_verify(shop);
    fix_close(shop);
}

/* ---- what comes back meanwhile ---- */

/* Ann's order comes back behind so many steps, wherever the move has come to then: with more
 * campaigns than a page has, so that it has passed her coupons and is not at its end. */
static bool comes_back_behind(int steps, int *late)
{
    order_line line = {.sku = S("tea"), .quantity = 1, .unit_minor = 5000};
    uint64_t redemption_id;
    shop = fix_open((fix_options){0});
    make_shop();
    campaign_create_in in = fix_campaign_in(shop);
    for (int i = 0; i < 2 * MOVE_CAMPAIGNS_MAX; i++)
        (void)fix_campaign(shop, &in);
    fix_order order = {.user = S("ann"),
                       .number = S("o2"),
                       .coupons = &coupons[0],
                       .coupon_count = 1,
                       .lines = &line,
                       .line_count = 1};
    assert_int_equal(fix_redeem(shop, &order, &redemption_id), R_DONE);
    assert_int_equal(fix_release(shop, hold_id), R_DONE);
    move_begin_in merges = merging(S("ann"), S("bob"));
    move_begin_out out = {0};
    (void)fix_submit(shop, ACT_ID_move_begin, home(S("ann")), &merges, &out);
    bool moves = crash_steps(shop, steps);
    move_id = out.move;
    *late += move_id != 0 && move_now().stage == MOVE_COUNTS_AGAIN &&
             move_now().state == MOVE_STATE_MOVING;
    for (uint16_t lane = 0; lane < store_lanes(app_store(shop->app)); lane++)
        store_halt_lane(app_store(shop->app), lane, false);
    return_in back = {.merchant = shop->merchant, .redemption = redemption_id};
    return_out returned = {0};
    fix_act *a = fix_submit(shop, ACT_ID_give_back, id_slot(redemption_id), &back, &returned);
    (void)app_settle(shop->app);
    assert_true(a->ended);
    assert_int_equal(a->call.code, R_DONE);
    move_id = out.move;
    assert_int_equal(move_now().state, MOVE_STATE_DONE);
    assert_int_equal(look(), ALL);
    fix_verify(shop);
    fix_close(shop);
    return moves;
}

static void what_comes_back_meanwhile_goes_along(void **state)
{
    (void)state;
    int steps = 0, late = 0;
    while (comes_back_behind(steps, &late))
        assert_true(++steps < STEPS_MAX);
    assert_true(late > 0);
}

/* ---- flaws ---- */

static void open_merged(void)
{
    shop = fix_open((fix_options){0});
    make_shop();
    merge_to_the_end();
}

static user *user_row(uow *u, str name)
{
    return user_get(u, home(name), shop->merchant, name);
}

static bool more_was_brought(uow *u)
{
    user *who = user_row(u, S("bob"));
    if (who == NULL)
        return false;
    usage *row = usage_get(u, home(S("bob")), who->member, campaign_id);
    if (row == NULL)
        return false;
    usage_edit(u, row);
    row->brought.items[0].n++;
    row->cells.items[0].n++;
    return true;
}

static bool his_count_is_less(uow *u)
{
    user *who = user_row(u, S("bob"));
    if (who == NULL)
        return false;
    usage *row = usage_get(u, home(S("bob")), who->member, campaign_id);
    if (row == NULL)
        return false;
    usage_edit(u, row);
    for (size_t i = 0; i < row->cells.n; i++)
        row->cells.items[i].n -= row->cells.items[i].period == LIMIT_PERIOD_EVER;
    return true;
}

static bool she_is_herself(uow *u)
{
    user *who = user_row(u, S("ann"));
    if (who == NULL)
        return false;
    user_edit(u, who);
    who->move = 0;
    return true;
}

static bool he_knows_nothing(uow *u)
{
    user *who = user_row(u, S("bob"));
    if (who == NULL)
        return false;
    user_edit(u, who);
    who->moved.n = 0;
    return true;
}

static bool he_never_hears(uow *u)
{
    user *who = user_row(u, S("bob"));
    if (who == NULL)
        return false;
    user_edit(u, who);
    who->moved.items[0].over = false;
    return true;
}

FLAW(it_has_no_end, user_move, id_slot(move_id), move_id, row->ended_at_ms = 0)
FLAW(it_is_nothing, user_move, id_slot(move_id), move_id, row->state = 9)

static void every_flaw_is_named(void **state)
{
    (void)state;
    static const struct {
        flaw of;
        str at;
    } flaws[] = {
        {{"more_was_brought", more_was_brought, "move",
          "counts that moves have brought beyond those that they took"},
         {"bob", 3}},
        {{"his_count_is_less", his_count_is_less, "usage", "claims ever 0"}, {"bob", 3}},
        {{"she_is_herself", she_is_herself, "move", "its user names it"}, {"ann", 3}},
        {{"he_knows_nothing", he_knows_nothing, "move", "the one whom it is for knows of it"},
         {"bob", 3}},
        {{"he_never_hears", he_never_hears, "move", "the one whom it is for hears of its end"},
         {"bob", 3}},
        {{"it_has_no_end", it_has_no_end, "move", "it has ended, or not"}, {"ann", 3}},
        {{"it_is_nothing", it_is_nothing, "move", "state and reason are known"}, {"ann", 3}},
    };
    for (size_t i = 0; i < ARRAY_LEN(flaws); i++) {
        open_merged();
        flaw_is_named(shop, home(flaws[i].at), &flaws[i].of);
    }
}

int main(int count, char **arguments)
{
    const struct CMUnitTest kills[] = {
        cmocka_unit_test(a_kill_at_any_step_loses_and_doubles_nothing),
    };
    const struct CMUnitTest others[] = {
        cmocka_unit_test(a_bound_name_stays_the_others),
        cmocka_unit_test(two_that_cross_end),
        cmocka_unit_test(a_merge_without_an_answer_is_late),
        cmocka_unit_test(what_comes_back_meanwhile_goes_along),
        cmocka_unit_test(every_flaw_is_named),
    };
    if (!crash_on(count, arguments))
        return 2;
    int failed = cmocka_run_group_tests(kills, NULL, NULL);
    return crash_is_pg() ? failed : failed + cmocka_run_group_tests(others, NULL, NULL);
}

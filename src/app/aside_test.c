/* A message of a move or a transfer that an operator has aside (quarantine.h): all else goes on and
 * may need what it carries; the books agree meanwhile, and again once it was sent. */
#include "app/verify_flaw_test.h"

#include "app/quarantine.h"
#include "app/query_coupons.h"
#include "app/query_sagas.h"
#include "app/query_users.h"
#include "domain/coupon/erase.h"
#include "domain/coupon/move.h"
#include "domain/coupon/transfer.h"
#include "domain/limit/usage.h"
#include "port/log.h"
#include "test/lib/crash.h"

enum { STEPS_MAX = 200, ANNS = 3 };

static fix *shop;
static uint64_t campaign_id, template_id, coupons[ANNS], redemption_id;

/* ---- the ground ---- */

static void redeem_one(void)
{
    order_line line = {.sku = S("tea"), .quantity = 1, .unit_minor = 5000};
    fix_order order = {.user = S("ann"),
                       .number = S("o1"),
                       .coupons = &coupons[0],
                       .coupon_count = 1,
                       .lines = &line,
                       .line_count = 1};
    assert_int_equal(fix_redeem(shop, &order, &redemption_id), R_DONE);
}

static void open_shop(bool bob_has_some)
{
    limit_rule rules[] = {
        fix_limit(LIMIT_MEASURE_CLAIMS, LIMIT_SUBJECT_USER, LIMIT_PERIOD_DAY, 4),
        fix_limit(LIMIT_MEASURE_REDEMPTIONS, LIMIT_SUBJECT_USER, LIMIT_PERIOD_DAY, 1)};
    shop = crash_open();
    campaign_create_in in = fix_campaign_in(shop);
    in.budget_mode = BUDGET_MODE_AT_ISSUE;
    in.budget_minor = 100000;
    campaign_id = fix_campaign(shop, &in);
    template_put_in t = fix_template_in(shop, campaign_id);
    t.limits.items = rules;
    t.limits.n = ARRAY_LEN(rules);
    t.stock = 100;
    t.transfers = 2;
    t.offer_ms = MS_DAY;
    template_id = fix_template(shop, &t);
    assert_int_equal(fix_claim(shop, S("ann"), template_id, ANNS, coupons), R_DONE);
    redeem_one();
    assert_int_equal(fix_claim(shop, S("zoe"), template_id, 1, NULL), R_DONE);
    if (bob_has_some)
        (void)fix_claim_one(shop, S("bob"), template_id);
}

static uint16_t home(str name)
{
    return slot_of_user(shop->merchant, name);
}

/* ---- setting aside ---- */

typedef struct passer {
    uint64_t sequence;
    uint16_t from, to;
} passer;

/* Of the answers to a move only the one that tells of coupons is looked for. */
static bool is_meant(const outbox *o, uint16_t number)
{
    move_step_in step = {0};
    if (o->act == MOVE_STEP_ACT)
        assert_int_equal(record_decode(&move_step_in_record, o->input, shop->memory, &step),
                         R_DONE);
    return o->act == number && (number != MOVE_STEP_ACT || step.taken > 0);
}

static bool sent(uint16_t number, passer *out)
{
    app_view v;
    void *rows[16];
    assert_int_equal(app_view_open(shop->app, shop->memory, &v), R_DONE);
    uint16_t lanes = store_lanes(app_store(shop->app));
    bool found = false;
    for (uint16_t lane = 0; lane < lanes; lane++) {
        uow_range range = {&outbox_table, -1, &(outbox){.lane = lane}, 1, false};
        size_t n = uow_scan(v.rows, &range, ARRAY_LEN(rows), rows);
        for (size_t i = 0; i < n && !found; i++) {
            const outbox *o = rows[i];
            found = is_meant(o, number);
            *out =
                (passer){o->sequence, o->lane, store_lane_of_slot(app_store(shop->app), o->slot)};
        }
    }
    assert_int_equal(app_view_close(&v), R_DONE);
    return found;
}

/* As two crashes of the process have left it; then it is opened again. */
static void suspect_it(const passer *p)
{
    for (uint64_t process = 1; process <= QUARANTINE_CRASHES; process++) {
        quarantine_count_in in = {
            .kind = SUSPECT_KIND_MESSAGE, .hi = p->from, .lo = p->sequence, .process = process};
        quarantine_out out = {0};
        assert_int_equal(fix_run(shop, ACT_ID_quarantine_count, p->to, &in, &out), R_DONE);
    }
    crash_now(shop);
}

static void run_merge(const char *from, const char *to)
{
    move_begin_in in = {.merchant = shop->merchant,
                        .user = str_of(from),
                        .to = str_of(to),
                        .reason = MOVE_REASON_MERGE};
    move_begin_out out = {0};
    assert_int_equal(fix_run(shop, ACT_ID_move_begin, home(in.user), &in, &out), R_DONE);
}

static void merge(void)
{
    move_begin_in *in = ARENA_NEW(shop->memory, move_begin_in);
    *in = (move_begin_in){
        .merchant = shop->merchant, .user = S("ann"), .to = S("bob"), .reason = MOVE_REASON_MERGE};
    (void)fix_submit(shop, ACT_ID_move_begin, home(S("ann")), in,
                     ARENA_NEW(shop->memory, move_begin_out));
}

/* Zoe is ann before. */
static void merge_two(void)
{
    run_merge("zoe", "ann");
    (void)app_settle(shop->app);
    merge();
}

typedef struct give_act {
    act_call call; /* first */
    transfer_take_in in;
    transfer_try_in try;
    transfer_take_out out;
} give_act;

static void given(act_call *call)
{
    assert_int_equal(call->code, R_DONE);
}

static void give(void)
{
    give_act *a = ARENA_NEW(shop->memory, give_act);
    reserve_ask ask = {.names = shop->names, .transfer = &a->try};
    a->try = (transfer_try_in){
        .merchant = shop->merchant, .coupon = coupons[1], .user = S("ann"), .to = S("bob")};
    a->in =
        (transfer_take_in){.merchant = shop->merchant, .user = a->try.to, .template = template_id};
    a->call = (act_call){.app = shop->app,
                         .id = ACT_ID_transfer_take,
                         .slot = home(a->in.user),
                         .in = &a->in,
                         .out = &a->out,
                         .memory = shop->memory,
                         .done = given};
    assert_int_equal(reserve_submit(&a->call, &ask), R_DONE);
}

/* What `begin` sends first by this act is aside, and all else has come to rest: done twice,
 * to learn by which number it goes. */
static void set_aside(void (*begin)(void), uint16_t number, bool bob_has_some)
{
    passer p = {.sequence = 1000};
    open_shop(bob_has_some);
    suspect_it(&p);
    begin();
    for (int i = 0; !sent(number, &p); i++) {
        assert_true(i < STEPS_MAX);
        (void)fix_step_one_lane(shop, i);
    }
    (void)app_settle(shop->app);
    crash_close(shop);
    open_shop(bob_has_some);
    suspect_it(&p);
    begin();
    (void)app_settle(shop->app);
    fix_verify(shop);
}

/* The operator sends it again. */
static void send_it(uint16_t number)
{
    app_view v;
    uint64_t id = 0;
    assert_int_equal(app_view_open(shop->app, shop->memory, &v), R_DONE);
    uint16_t lanes = store_lanes(app_store(shop->app));
    for (uint16_t lane = 0; lane < lanes; lane++) {
        void *rows[4];
        uow_range range = {&quarantine_table, -1, &(quarantine){.lane = lane}, 1, false};
        size_t n = uow_scan(v.rows, &range, ARRAY_LEN(rows), rows);
        for (size_t i = 0; i < n; i++)
            if (((const quarantine *)rows[i])->act == number)
                id = ((const quarantine *)rows[i])->id;
    }
    assert_int_equal(app_view_close(&v), R_DONE);
    assert_int_not_equal(id, 0);
    assert_int_equal(quarantine_end(shop->app, id, false), R_DONE);
    (void)app_settle(shop->app);
    fix_verify(shop);
}

/* ---- what is seen ---- */

static int64_t count_of(str who, limit_measure measure)
{
    app_view v;
    user_seen seen;
    int64_t n = 0;
    assert_int_equal(app_view_open(shop->app, shop->memory, &v), R_DONE);
    assert_true(query_user(&v, shop->merchant, who, &seen));
    const usage *row = usage_get(v.rows, home(who), seen.row->member, campaign_id);
    for (size_t i = 0; row != NULL && i < row->cells.n; i++)
        if (row->cells.items[i].measure == measure &&
            row->cells.items[i].period == LIMIT_PERIOD_DAY)
            n += row->cells.items[i].n;
    assert_int_equal(app_view_close(&v), R_DONE);
    return n;
}

static size_t names_of(str who)
{
    app_view v;
    user_seen seen;
    assert_int_equal(app_view_open(shop->app, shop->memory, &v), R_DONE);
    assert_true(query_user(&v, shop->merchant, who, &seen));
    size_t n = seen.row->moved.n;
    assert_int_equal(app_view_close(&v), R_DONE);
    return n;
}

static size_t owned(str who)
{
    app_view v;
    assert_int_equal(app_view_open(shop->app, shop->memory, &v), R_DONE);
    size_t n = fix_owned(shop, &v, who);
    assert_int_equal(app_view_close(&v), R_DONE);
    return n;
}

static void time_goes_on(void)
{
    for (int i = 0; i < 3; i++) {
        fix_pass(shop, MOVE_ROUND_MS);
        fix_sweep(shop);
        (void)app_settle(shop->app);
    }
    fix_verify(shop);
}

/* ---- moves ---- */

/* Ann's order comes back before bob has heard of it. */
static void a_return_needs_what_is_aside(bool bob_has_some)
{
    set_aside(merge, MOVE_TAKE_ACT, bob_has_some);
    assert_int_equal(fix_return(shop, redemption_id, NULL, 0, NULL), R_DONE);
    (void)app_settle(shop->app);
    fix_verify(shop);
    assert_int_equal(count_of(S("bob"), LIMIT_MEASURE_CLAIMS), bob_has_some);
    uint64_t own;
    assert_int_equal(fix_claim(shop, S("bob"), template_id, 1, &own), R_DONE);
    fix_verify(shop);
    time_goes_on();
    send_it(MOVE_TAKE_ACT);
    time_goes_on();
    assert_int_equal(count_of(S("bob"), LIMIT_MEASURE_CLAIMS), ANNS + 1 + bob_has_some);
    assert_int_equal(count_of(S("bob"), LIMIT_MEASURE_REDEMPTIONS), 0);
    assert_int_equal(owned(S("bob")), ANNS + 1 + bob_has_some);
    crash_close(shop);
}

static void a_return_comes_before_the_counts(void **state)
{
    (void)state;
    a_return_needs_what_is_aside(false);
    a_return_needs_what_is_aside(true);
}

/* Counts that come to bob when he is cid himself go on to cid. */
static void late_counts_go_on(void **state)
{
    (void)state;
    set_aside(merge, MOVE_TAKE_ACT, true);
    time_goes_on();
    move_begin_in in = {
        .merchant = shop->merchant, .user = S("bob"), .to = S("cid"), .reason = MOVE_REASON_MERGE};
    move_begin_out out = {0};
    assert_int_equal(fix_run(shop, ACT_ID_move_begin, home(S("bob")), &in, &out), R_DONE);
    time_goes_on();
    assert_int_equal(count_of(S("cid"), LIMIT_MEASURE_CLAIMS), 1);
    send_it(MOVE_TAKE_ACT);
    time_goes_on();
    assert_int_equal(count_of(S("bob"), LIMIT_MEASURE_CLAIMS), 0);
    assert_int_equal(count_of(S("cid"), LIMIT_MEASURE_CLAIMS), ANNS + 1);
    assert_int_equal(owned(S("cid")), ANNS);
    uint64_t more;
    assert_int_equal(fix_claim(shop, S("cid"), template_id, 1, &more), R_LIMIT_REACHED);
    crash_close(shop);
}

static user_move move_of(str who)
{
    app_view v;
    user_seen seen;
    assert_int_equal(app_view_open(shop->app, shop->memory, &v), R_DONE);
    assert_true(query_user(&v, shop->merchant, who, &seen));
    assert_non_null(seen.move);
    user_move copy = *seen.move;
    assert_int_equal(app_view_close(&v), R_DONE);
    return copy;
}

/* The move ends without an answer that takes long; what that tells is counted when it comes. */
static void a_late_answer_is_counted(void **state)
{
    (void)state;
    set_aside(merge, MOVE_STEP_ACT, true);
    time_goes_on();
    assert_int_equal(move_of(S("ann")).state, MOVE_STATE_DONE);
    assert_int_equal(move_of(S("ann")).moved, 0);
    assert_int_equal(owned(S("bob")), ANNS);
    send_it(MOVE_STEP_ACT);
    assert_int_equal(move_of(S("ann")).moved, ANNS - 1); /* one was redeemed */
    time_goes_on();
    crash_close(shop);
}

static bool bob_is_full(uow *u)
{
    user *who = user_get(u, home(S("bob")), shop->merchant, S("bob"));
    if (who == NULL)
        return false;
    moved_user *names = ARENA_ARRAY(uow_memory(u), moved_user, MOVED_USERS_MAX);
    user_edit(u, who);
    for (size_t i = 0; i < MOVED_USERS_MAX; i++)
        names[i] =
            (moved_user){.name = S("x"), .move = i + 1, .reason = MOVE_REASON_MERGE, .over = true};
    who->moved.items = names;
    who->moved.n = MOVED_USERS_MAX;
    return true;
}

static bool bob_has_room(uow *u)
{
    user *who = user_get(u, home(S("bob")), shop->merchant, S("bob"));
    if (who == NULL)
        return false;
    user_edit(u, who);
    who->moved.n = 0;
    return true;
}

/* The first question is aside, the second one is refused; then bob answers the first, and lets in
 * whom nobody awaits: that is taken back, so that he can become another himself. Ann brings zoe. */
static void an_admission_of_a_refused_move_ends(void **state)
{
    (void)state;
    set_aside(merge_two, MOVE_ADMIT_ACT, true);
    make_wrong(shop, home(S("bob")), bob_is_full);
    fix_pass(shop, MOVE_ROUND_MS);
    fix_sweep(shop);
    (void)app_settle(shop->app);
    make_wrong(shop, home(S("bob")), bob_has_room);
    time_goes_on();
    assert_int_equal(owned(S("ann")), ANNS + 1); /* all that she had, and zoe's */
    send_it(MOVE_ADMIT_ACT);
    assert_int_equal(names_of(S("bob")), 0);
    assert_int_equal(names_of(S("ann")), 1);
    run_merge("bob", "cid");
    time_goes_on();
    assert_int_equal(owned(S("cid")), 1);
    assert_int_equal(names_of(S("cid")), 1);
    run_merge("ann", "cid");
    time_goes_on();
    assert_int_equal(owned(S("cid")), ANNS + 1); /* not the one that ann has used */
    assert_int_equal(names_of(S("cid")), 3);
    crash_close(shop);
}

/* ---- who has become another, or nobody, when it is sent ---- */

static void forget(str who)
{
    erase_in in = {.merchant = shop->merchant, .user = who, .hi = 5, .lo = 6};
    erase_out out = {0};
    assert_int_equal(fix_run(shop, ACT_ID_erase, home(who), &in, &out), R_DONE);
    assert_true(out.known);
    time_goes_on();
}

static bool is_known(str who)
{
    app_view v;
    user_seen seen;
    assert_int_equal(app_view_open(shop->app, shop->memory, &v), R_DONE);
    bool known = query_user(&v, shop->merchant, who, &seen);
    assert_int_equal(app_view_close(&v), R_DONE);
    return known;
}

static void assert_is(str who, str now)
{
    app_view v;
    user_seen seen;
    assert_int_equal(app_view_open(shop->app, shop->memory, &v), R_DONE);
    assert_true(query_user(&v, shop->merchant, who, &seen));
    assert_non_null(seen.move);
    assert_true(str_eq(seen.move->to, now));
    assert_int_equal(app_view_close(&v), R_DONE);
}

/* The question was asked again; he whom it is for is forgotten since, and makes no new user of his
 * name, nor is it for who has the name by now. */
static void an_admission_by_one_who_is_forgotten_is_none(void **state)
{
    (void)state;
    for (int namesake = 0; namesake < 2; namesake++) {
        set_aside(merge, MOVE_ADMIT_ACT, true);
        saga_open asks = fix_saga(shop);
        assert_true(str_eq(asks.kind, S("merge")));
        assert_int_equal(asks.state, SAGA_QUARANTINED);
        time_goes_on();
        assert_is(S("ann"), S("bob"));
        forget(S("bob"));
        if (namesake)
            (void)fix_claim_one(shop, S("bob"), template_id);
        send_it(MOVE_ADMIT_ACT);
        assert_int_equal(is_known(S("bob")), namesake);
        assert_false(is_known(S("ann")));
        if (namesake)
            assert_int_equal(names_of(S("bob")), 0);
        time_goes_on();
        crash_close(shop);
    }
}

static void an_admission_of_one_who_is_forgotten_leaves_no_name(void **state)
{
    (void)state;
    set_aside(merge, MOVE_ADMIT_ACT, true);
    make_wrong(shop, home(S("bob")), bob_is_full);
    fix_pass(shop, MOVE_ROUND_MS);
    fix_sweep(shop);
    (void)app_settle(shop->app);
    make_wrong(shop, home(S("bob")), bob_has_room);
    time_goes_on();
    forget(S("ann"));
    send_it(MOVE_ADMIT_ACT);
    time_goes_on();
    assert_int_equal(names_of(S("bob")), 0);
    assert_false(is_known(S("ann")));
    crash_close(shop);
}

static void an_admission_by_one_who_is_another_is_none(void **state)
{
    (void)state;
    set_aside(merge, MOVE_ADMIT_ACT, true);
    time_goes_on();
    run_merge("bob", "cid");
    time_goes_on();
    send_it(MOVE_ADMIT_ACT);
    time_goes_on();
    assert_is(S("ann"), S("cid"));
    assert_is(S("bob"), S("cid"));
    assert_int_equal(owned(S("cid")), ANNS);
    assert_int_equal(names_of(S("cid")), 2);
    crash_close(shop);
}

/* Zoe is ann, who is bob, which zoe's slot hears when he is cid. */
static void of_two_that_follow_the_earlier_one_changes_nothing(void **state)
{
    (void)state;
    set_aside(merge_two, MOVE_FOLLOW_ACT, true);
    assert_is(S("zoe"), S("ann"));
    run_merge("bob", "cid");
    time_goes_on();
    assert_is(S("zoe"), S("cid"));
    send_it(MOVE_FOLLOW_ACT);
    assert_is(S("zoe"), S("cid"));
    crash_close(shop);
}

/* … or when another one is zoe, and has become dee. */
static void what_follows_is_not_for_a_namesake(void **state)
{
    (void)state;
    set_aside(merge_two, MOVE_FOLLOW_ACT, true);
    forget(S("bob"));
    (void)fix_claim_one(shop, S("zoe"), template_id);
    run_merge("zoe", "dee");
    time_goes_on();
    assert_is(S("zoe"), S("dee"));
    send_it(MOVE_FOLLOW_ACT);
    assert_is(S("zoe"), S("dee"));
    crash_close(shop);
}

/* ---- transfers ---- */

/* Bob has the coupon; ann's slot does not know. */
static void a_confirmation_is_aside(void **state)
{
    (void)state;
    set_aside(give, TRANSFER_SETTLE_ACT, false);
    coupon_seen seen;
    app_view v;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(owned(S("bob")), 1);
        assert_int_equal(app_view_open(shop->app, shop->memory, &v), R_DONE);
        assert_true(query_coupon(&v, shop->merchant, query_coupon_now(&v, coupons[1]), &seen));
        assert_true(str_eq(seen.user, S("bob")));
        assert_int_equal(app_view_close(&v), R_DONE);
        if (i == 0) {
            time_goes_on();
            send_it(TRANSFER_SETTLE_ACT);
        }
    }
    time_goes_on();
    assert_int_equal(fix_coupon(shop, coupons[1]).state, COUPON_STATE_TRANSFERRED);
    crash_close(shop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_return_comes_before_the_counts),
        cmocka_unit_test(late_counts_go_on),
        cmocka_unit_test(a_late_answer_is_counted),
        cmocka_unit_test(an_admission_of_a_refused_move_ends),
        cmocka_unit_test(an_admission_by_one_who_is_forgotten_is_none),
        cmocka_unit_test(an_admission_of_one_who_is_forgotten_leaves_no_name),
        cmocka_unit_test(an_admission_by_one_who_is_another_is_none),
        cmocka_unit_test(of_two_that_follow_the_earlier_one_changes_nothing),
        cmocka_unit_test(what_follows_is_not_for_a_namesake),
        cmocka_unit_test(a_confirmation_is_aside),
    };
    log_set_level(LOG_LEVEL_COUNT); /* each set aside is an error in the log */
    return cmocka_run_group_tests(tests, NULL, NULL);
}

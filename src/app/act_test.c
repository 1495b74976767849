/* The act loop, the relay and the leases on the store in memory, stepped: what is kept under a
 * key, and that stock is exact over lanes, also where one of them stands still. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/act.h"
#include "app/order.h"
#include "base/time.h"
#include "domain/price/benefit_test.h"

enum { LANES = 3 };

typedef struct world {
    app *app;
    arena *memory;
    int64_t now_ms;
    uint64_t merchant_id, campaign_id;
} world;

static const zone *only_utc(str name)
{
    return str_eq(name, S("UTC")) ? &zone_utc : NULL;
}

static int64_t world_clock(void *context)
{
    return ((world *)context)->now_ms;
}

static void no_more(act_call *call)
{
    *(bool *)call->context = true;
}

static void start(world *w, act_call *call, bool *ended)
{
    call->app = w->app;
    call->memory = w->memory;
    call->out = arena_alloc(w->memory, act_find((uint16_t)call->id)->out->size);
    call->done = no_more;
    call->context = ended;
    *ended = false;
    assert_int_equal(act_submit(call), R_DONE);
}

static result run(world *w, act_call *call)
{
    bool ended;
    start(w, call, &ended);
    (void)app_settle(w->app);
    if (!ended) { /* parked for a lane that stands still: it gives up in time */
        w->now_ms += 10 * MS_SECOND;
        (void)app_settle(w->app);
    }
    assert_true(ended);
    return call->code;
}

static uint64_t made(world *w, act_call call)
{
    assert_int_equal(run(w, &call), R_DONE);
    return ((row_out *)call.out)->id;
}

static void open_world(world *w, uint64_t adversary)
{
    *w = (world){.memory = arena_new(0), .now_ms = INT64_C(1767225600000)};
    app_options options = {.engine = S("mem"),
                           .store = {.lanes = LANES, .adversary = adversary},
                           .zone_find = only_utc,
                           .clock_ms = world_clock,
                           .clock_context = w};
    buf why;
    buf_init(&why, 1024);
    assert_int_equal(app_open(&options, &w->app, &why), R_DONE);
    buf_free(&why);
    merchant_put_in m = {.slot = 7,
                         .name = S("Shop"),
                         .zone = S("UTC"),
                         .currency = S("USD"),
                         .secret = S("0123456789abcdef0123456789abcdef")};
    w->merchant_id = made(w, (act_call){.id = ACT_ID_merchant_put, .slot = 7, .in = &m});
    campaign_create_in c = {.slot = 8,
                            .merchant = w->merchant_id,
                            .name = S("Sale"),
                            .currency = S("USD"),
                            .claim_from_ms = w->now_ms,
                            .claim_until_ms = w->now_ms + 10 * MS_DAY,
                            .use_from_ms = w->now_ms,
                            .use_until_ms = w->now_ms + 20 * MS_DAY,
                            .budget_mode = BUDGET_MODE_NONE};
    w->campaign_id = made(w, (act_call){.id = ACT_ID_campaign_create, .slot = 8, .in = &c});
}

static void close_world(world *w)
{
    app_close(w->app);
    arena_free(w->memory);
}

static result set_state(world *w, uint8_t state)
{
    campaign_state_in in = {.merchant = w->merchant_id, .campaign = w->campaign_id, .state = state};
    act_call call = {.id = ACT_ID_campaign_state, .slot = id_slot(w->campaign_id), .in = &in};
    return run(w, &call);
}

static uint64_t make_template(world *w, int64_t stock, int64_t per_user)
{
    limit_rule rule = {
        LIMIT_MEASURE_CLAIMS, LIMIT_SUBJECT_USER, LIMIT_PERIOD_EVER, per_user, 0, 0, 0};
    template_put_in in = {.merchant = w->merchant_id,
                          .campaign = w->campaign_id,
                          .stock = stock,
                          .name = S("Five off"),
                          .benefit = BENEFIT_KIND_AMOUNT_OFF,
                          .terms = TEST_TERM(TERM_AMOUNT_OFF_AMOUNT, 500),
                          .validity = VALIDITY_KIND_AFTER_ISSUE,
                          .duration_days = 5,
                          .refund = REFUND_RULE_REPRICE,
                          .reach = EDIT_REACH_NEW_ONLY};
    if (per_user > 0) {
        in.limits.items = &rule;
        in.limits.n = 1;
    }
    uint64_t id =
        made(w, (act_call){.id = ACT_ID_template_put, .slot = id_slot(w->campaign_id), .in = &in});
    if (set_state(w, CAMPAIGN_STATE_ACTIVE) != R_DONE)
        fail_msg("the campaign cannot be started");
    return id;
}

static act_call *claim(world *w, str name, uint64_t of_template, str key, uint64_t body)
{
    act_call *call = ARENA_NEW(w->memory, act_call);
    issue_in *in = ARENA_NEW(w->memory, issue_in);
    issue_item *item = ARENA_NEW(w->memory, issue_item);
    *item = (issue_item){of_template, 1};
    *in = (issue_in){.merchant = w->merchant_id,
                     .user = arena_str(w->memory, name),
                     .source = COUPON_SOURCE_CLAIM,
                     .mode = ISSUE_MODE_ALL_OR_NONE};
    in->items.items = item;
    in->items.n = 1;
    *call = (act_call){.id = ACT_ID_issue,
                       .slot = slot_of_user(w->merchant_id, name),
                       .in = in,
                       .key = {w->merchant_id, in->user, key, body, 0}};
    return call;
}

static uint64_t coupon_of(const act_call *call)
{
    return ((issue_out *)call->out)->coupons.items[0].coupon;
}

static void the_same_key_gets_the_first_answer(void **state)
{
    world w;
    (void)state;
    open_world(&w, 0);
    uint64_t t = make_template(&w, 10, 0);
    act_call *first = claim(&w, S("u1"), t, S("k1"), 1), *again = claim(&w, S("u1"), t, S("k1"), 1);
    assert_int_equal(run(&w, first), R_DONE);
    w.now_ms += MS_HOUR;
    assert_int_equal(set_state(&w, CAMPAIGN_STATE_PAUSED), R_DONE);
    assert_int_equal(run(&w, again), R_DONE);
    assert_true(again->replayed && !first->replayed);
    assert_int_equal(coupon_of(first), coupon_of(again));
    assert_int_equal(first->at_ms, again->at_ms);
    act_call *other_body = claim(&w, S("u1"), t, S("k1"), 2);
    assert_int_equal(run(&w, other_body), R_IDEMPOTENCY_MISMATCH);
    act_call *other_user = claim(&w, S("u2"), t, S("k1"), 1); /* another scope: not a repeat */
    assert_int_equal(run(&w, other_user), R_CAMPAIGN_NOT_ACTIVE);
    close_world(&w);
}

static void a_body_hashed_as_before_gets_its_first_answer(void **state)
{
    world w;
    (void)state;
    open_world(&w, 0);
    uint64_t t = make_template(&w, 10, 0);
    act_call *first = claim(&w, S("u1"), t, S("k1"), 1), *again = claim(&w, S("u1"), t, S("k1"), 1);
    assert_int_equal(run(&w, first), R_DONE);
    again->key.body_before = again->key.body;
    again->key.body = ~again->key.body_before;
    assert_int_equal(run(&w, again), R_DONE);
    assert_true(again->replayed);
    assert_int_equal(coupon_of(first), coupon_of(again));
    again->key.body_before = again->key.body ^ 1;
    assert_int_equal(run(&w, again), R_IDEMPOTENCY_MISMATCH);
    close_world(&w);
}

static void a_final_refusal_is_kept_and_a_passing_one_is_not(void **state)
{
    world w;
    (void)state;
    open_world(&w, 0);
    uint64_t t = make_template(&w, 10, 1);
    assert_int_equal(run(&w, claim(&w, S("u1"), t, S("k1"), 1)), R_DONE);
    act_call *refused = claim(&w, S("u1"), t, S("k2"), 1);
    assert_int_equal(run(&w, refused), R_LIMIT_REACHED);
    assert_true(refused->detail.n > 0);
    act_call *again = claim(&w, S("u1"), t, S("k2"), 1);
    assert_int_equal(run(&w, again), R_LIMIT_REACHED);
    assert_true(again->replayed && str_eq(again->detail, refused->detail));
    assert_int_equal(set_state(&w, CAMPAIGN_STATE_PAUSED), R_DONE);
    assert_int_equal(run(&w, claim(&w, S("u3"), t, S("k3"), 1)), R_CAMPAIGN_NOT_ACTIVE);
    assert_int_equal(set_state(&w, CAMPAIGN_STATE_ACTIVE), R_DONE);
    assert_int_equal(run(&w, claim(&w, S("u3"), t, S("k3"), 1)), R_DONE);
    close_world(&w);
}

static void what_the_caller_found_is_kept_like_any_refusal(void **state)
{
    world w;
    (void)state;
    open_world(&w, 0);
    uint64_t t = make_template(&w, 10, 0);
    act_call *refused = claim(&w, S("u1"), t, S("k1"), 1);
    refused->refusal = R_COUPON_NOT_AVAILABLE;
    refused->refusal_detail = S("It is held.");
    assert_int_equal(run(&w, refused), R_COUPON_NOT_AVAILABLE);
    act_call *again = claim(&w, S("u1"), t, S("k1"), 1); /* the caller finds nothing wrong now */
    assert_int_equal(run(&w, again), R_COUPON_NOT_AVAILABLE);
    assert_true(again->replayed && str_eq(again->detail, S("It is held.")));
    act_call *passing = claim(&w, S("u1"), t, S("k2"), 1);
    passing->refusal = R_COUPON_NOT_YET_VALID;
    assert_int_equal(run(&w, passing), R_COUPON_NOT_YET_VALID);
    assert_int_equal(run(&w, claim(&w, S("u1"), t, S("k2"), 1)), R_DONE);
    close_world(&w);
}

/* Submits n claims of different users at once; how many were answered with `code`. */
static size_t rush(world *w, uint64_t t, size_t n, const char *who, result *codes)
{
    act_call **calls = ARENA_ARRAY(w->memory, act_call *, n);
    bool *ended = ARENA_ARRAY(w->memory, bool, n);
    size_t good = 0;
    for (size_t i = 0; i < n; i++) {
        str name = arena_printf(w->memory, "%s%zu", who, i);
        calls[i] = claim(w, name, t, arena_printf(w->memory, "%s-k%zu", who, i), 1);
        start(w, calls[i], &ended[i]);
    }
    (void)app_settle(w->app);
    w->now_ms += 10 * MS_SECOND; /* who is parked for a lane that stands still gives up */
    (void)app_settle(w->app);
    for (size_t i = 0; i < n; i++) {
        assert_true(ended[i]);
        codes[i] = calls[i]->code;
        good += codes[i] == R_DONE ? 1 : 0;
    }
    return good;
}

static void stock_is_exact_over_lanes(void **state)
{
    (void)state;
    for (uint64_t adversary = 0; adversary < 6; adversary++) {
        world w;
        result codes[400];
        open_world(&w, adversary);
        uint64_t t = make_template(&w, 100, 0);
        assert_int_equal(rush(&w, t, 400, "a", codes), 100);
        for (size_t i = 0; i < 400; i++)
            assert_true(codes[i] == R_DONE || codes[i] == R_SOLD_OUT);
        assert_int_equal(rush(&w, t, 10, "b", codes), 0);
        close_world(&w);
    }
}

static void a_lane_that_stands_still_is_never_sold_out(void **state)
{
    world w;
    result codes[400];
    (void)state;
    open_world(&w, 0);
    uint64_t t = make_template(&w, 300, 0);
    size_t had = rush(&w, t, 60, "a", codes); /* every lane leases a slice */
    assert_int_equal(had, 60);
    uint16_t home = store_lane_of_slot(app_store(w.app), id_slot(t));
    uint16_t still = (uint16_t)((home + 1) % LANES);
    store_halt_lane(app_store(w.app), still, true);
    size_t asked = 0, good = 0, away = 0;
    for (size_t i = 0; i < 400; i++) {
        str name = arena_printf(w.memory, "b%zu", i);
        if (store_lane_of_slot(app_store(w.app), slot_of_user(w.merchant_id, name)) == still)
            continue;
        asked++;
        result r = run(&w, claim(&w, name, t, arena_printf(w.memory, "b-k%zu", i), 1));
        good += r == R_DONE ? 1 : 0;
        away += r == R_UNAVAILABLE ? 1 : 0;
        assert_true(r == R_DONE || r == R_UNAVAILABLE);
    }
    assert_true(away > 0 && good + away == asked);
    store_halt_lane(app_store(w.app), still, false);
    (void)app_settle(w.app);
    assert_int_equal(had + good + rush(&w, t, 400, "c", codes), 300);
    close_world(&w);
}

/* A second user of the same slot. */
static str neighbour(world *w, str name)
{
    for (unsigned i = 0;; i++) {
        str other = arena_printf(w->memory, "n%u", i);
        if (slot_of_user(w->merchant_id, other) == slot_of_user(w->merchant_id, name))
            return other;
    }
}

static result hold_for(world *w, str name, uint64_t coupon_id, uint64_t *held)
{
    static const order_line line = {
        .sku = {"tea", 3}, .category = {"", 0}, .quantity = 1, .unit_minor = 2000};
    order_priced priced;
    app_view v;
    assert_int_equal(app_view_open(w->app, w->memory, &v), R_DONE);
    order_ask ask = {.merchant = w->merchant_id,
                     .user = name,
                     .order_number = S("one number"),
                     .currency = S("USD"),
                     .lines = &line,
                     .line_count = 1,
                     .coupons = &coupon_id,
                     .coupon_count = 1};
    assert_int_equal(order_price(&v, &ask, &priced), R_DONE);
    assert_int_equal(app_view_close(&v), R_DONE);
    priced.in.deadline_ms = w->now_ms + MS_HOUR;
    act_call call = {.id = ACT_ID_hold, .slot = id_slot(coupon_id), .in = &priced.in};
    result r = run(w, &call);
    *held = ((order_out *)call.out)->hold;
    return r;
}

static result redeem_held(world *w, str name, uint64_t held)
{
    order_in in = {.merchant = w->merchant_id, .user = name, .hold = held};
    act_call call = {.id = ACT_ID_redeem, .slot = id_slot(held), .in = &in};
    return run(w, &call);
}

static void an_order_number_of_a_neighbour_is_another_order(void **state)
{
    world w;
    (void)state;
    open_world(&w, 0);
    uint64_t t = make_template(&w, 10, 0), first, second;
    str other = neighbour(&w, S("u1"));
    act_call *mine = claim(&w, S("u1"), t, S("k1"), 1), *his = claim(&w, other, t, S("k2"), 1);
    assert_int_equal(run(&w, mine), R_DONE);
    assert_int_equal(run(&w, his), R_DONE);
    assert_int_equal(hold_for(&w, S("u1"), coupon_of(mine), &first), R_DONE);
    assert_int_equal(hold_for(&w, other, coupon_of(his), &second), R_DONE);
    assert_int_equal(redeem_held(&w, S("u1"), first), R_DONE);
    assert_int_equal(redeem_held(&w, other, second), R_DONE);
    close_world(&w);
}

static act_call *pause(world *w)
{
    act_call *call = ARENA_NEW(w->memory, act_call);
    campaign_state_in *in = ARENA_NEW(w->memory, campaign_state_in);
    *in = (campaign_state_in){
        .merchant = w->merchant_id, .campaign = w->campaign_id, .state = CAMPAIGN_STATE_PAUSED};
    *call = (act_call){.id = ACT_ID_campaign_state,
                       .slot = id_slot(w->campaign_id),
                       .in = in,
                       .key = {w->merchant_id, S(""), S("pause"), 1, 0}};
    return call;
}

/* An answer says that no lane goes by the old configuration any more: to the first and to a repeat
 * that finds it committed. */
static void a_repeat_waits_for_the_lanes_like_the_first(void **state)
{
    world w;
    (void)state;
    open_world(&w, 0);
    (void)make_template(&w, 10, 0);
    uint16_t still = (uint16_t)(store_lane_of_slot(app_store(w.app), id_slot(w.campaign_id)) + 1);
    store_halt_lane(app_store(w.app), still % LANES, true);
    act_call *first = pause(&w), *again = pause(&w);
    bool first_ended, again_ended;
    start(&w, first, &first_ended);
    (void)app_settle(w.app);
    start(&w, again, &again_ended);
    (void)app_settle(w.app);
    assert_true(again->replayed);
    assert_false(first_ended || again_ended);
    store_halt_lane(app_store(w.app), still % LANES, false);
    (void)app_settle(w.app);
    assert_true(first_ended && again_ended);
    assert_int_equal(first->code, R_DONE);
    assert_int_equal(again->code, R_DONE);
    close_world(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_key_gets_the_first_answer),
        cmocka_unit_test(a_body_hashed_as_before_gets_its_first_answer),
        cmocka_unit_test(a_final_refusal_is_kept_and_a_passing_one_is_not),
        cmocka_unit_test(what_the_caller_found_is_kept_like_any_refusal),
        cmocka_unit_test(an_order_number_of_a_neighbour_is_another_order),
        cmocka_unit_test(a_repeat_waits_for_the_lanes_like_the_first),
        cmocka_unit_test(stock_is_exact_over_lanes),
        cmocka_unit_test(a_lane_that_stands_still_is_never_sold_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Issuing: what a coupon is, what refuses it and in which order, users, counts, partial success. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/app.h"
#include "base/id.h"
#include "base/time.h"
#include "domain/coupon/acts.h"
#include "domain/limit/pool.h"
#include "test/lib/domain_shop.h"

static uint64_t plain_campaign(void)
{
    campaign_create_in in = fix_campaign_in(shop);
    return fix_campaign(shop, &in);
}

static uint64_t plain_template(uint64_t campaign_id)
{
    template_put_in in = fix_template_in(shop, campaign_id);
    return fix_template(shop, &in);
}

static uint64_t stocked_template(uint64_t campaign_id, int64_t stock)
{
    template_put_in in = fix_template_in(shop, campaign_id);
    in.stock = stock;
    return fix_template(shop, &in);
}

static result give(str user_name, uint8_t mode, const issue_item *items, size_t n, issue_out *out)
{
    issue_in in = {
        .merchant = shop->merchant, .user = user_name, .source = COUPON_SOURCE_GRANT, .mode = mode};
    in.items.items = ARENA_ARRAY(shop->memory, issue_item, n);
    for (size_t i = 0; i < n; i++)
        in.items.items[i] = items[i];
    in.items.n = n;
    *out = (issue_out){0};
    return fix_run(shop, ACT_ID_issue, slot_of_user(shop->merchant, user_name), &in, out);
}

static void a_claim_makes_a_coupon_with_the_dates_of_its_version(void **state)
{
    (void)state;
    uint64_t c = plain_campaign();
    template_put_in in = fix_template_in(shop, c);
    in.validity = VALIDITY_KIND_AFTER_ISSUE;
    in.valid_from_ms = in.valid_until_ms = 0;
    in.delay_days = 1;
    in.duration_days = 2;
    uint64_t t = fix_template(shop, &in);
    coupon row = fix_coupon(shop, fix_claim_one(shop, S("ann"), t));
    assert_int_equal(row.state, COUPON_STATE_AVAILABLE);
    assert_int_equal(row.revision, 1);
    assert_int_equal(row.version, 1);
    assert_int_equal(row.member, 1);
    assert_int_equal(row.template, t);
    assert_int_equal(row.source, COUPON_SOURCE_CLAIM);
    assert_int_equal(row.valid_from_ms, FIX_START_MS + MS_DAY);
    assert_int_equal(row.expires_at_ms, FIX_START_MS + 3 * MS_DAY);
    assert_false(row.closed);
    assert_int_equal(id_slot(row.id), slot_of_user(shop->merchant, S("ann")));
}

static void users_are_counted_once_for_template_and_campaign(void **state)
{
    (void)state;
    uint64_t c = plain_campaign(), one = plain_template(c), two = plain_template(c);
    for (int round = 0; round < 2; round++) {
        (void)fix_claim_one(shop, S("ann"), one);
        (void)fix_claim_one(shop, S("ann"), two);
        (void)fix_claim_one(shop, S("bob"), one);
    }
    assert_int_equal(fix_tally(shop, c, one).users, 2);
    assert_int_equal(fix_tally(shop, c, one).issued, 4);
    assert_int_equal(fix_tally(shop, c, two).users, 1);
    assert_int_equal(fix_tally(shop, c, two).issued, 2);
    assert_int_equal(fix_tally(shop, c, 0).users, 2);
    assert_int_equal(fix_tally(shop, c, 0).issued, 0);
}

static void users_of_one_slot_get_numbers_of_their_own(void **state)
{
    (void)state;
    uint64_t t = plain_template(plain_campaign());
    uint16_t wanted = slot_of_user(shop->merchant, S("user-0"));
    uint32_t found = 0;
    for (int i = 0; i < 40000; i++) {
        str name = arena_printf(shop->memory, "user-%d", i);
        if (slot_of_user(shop->merchant, name) != wanted)
            continue;
        uint64_t id = fix_claim_one(shop, name, t);
        assert_int_equal(fix_coupon(shop, id).member, ++found);
        id = fix_claim_one(shop, name, t);
        assert_int_equal(fix_coupon(shop, id).member, found);
    }
    assert_true(found >= 2);
}

/* ---- a full slot ---- */

static bool filled;

static result fill_slot(uow *u, request *r)
{
    slot_head *head = slot_head_get(u, r->slot);
    if (uow_pending(u))
        return R_AGAIN;
    if (head == NULL)
        head = slot_head_new(u, r->slot);
    else
        slot_head_edit(u, head);
    head->members = MEMBERS_MAX;
    return R_DONE;
}

static void slot_filled(request *r)
{
    filled = r->outcome == R_DONE;
}

static void a_full_slot_takes_no_new_user(void **state)
{
    (void)state;
    uint64_t t = plain_template(plain_campaign());
    (void)fix_claim_one(shop, S("ann"), t);
    request r = {.run = fill_slot,
                 .done = slot_filled,
                 .slot = slot_of_user(shop->merchant, S("bob")),
                 .class = CLASS_OTHER};
    assert_int_equal(store_submit(app_store(shop->app), &r), R_DONE);
    (void)app_settle(shop->app);
    assert_true(filled);
    assert_int_equal(fix_claim(shop, S("bob"), t, 1, NULL), R_TOO_MANY);
    assert_int_equal(fix_claim(shop, S("ann"), t, 1, NULL), R_DONE);
    fix_close(shop); /* nobody has the numbers that were skipped: no recount */
    set_up(state);
}

static void stock_runs_out_exactly(void **state)
{
    (void)state;
    uint64_t t = stocked_template(plain_campaign(), 5);
    for (int i = 0; i < 5; i++)
        (void)fix_claim_one(shop, arena_printf(shop->memory, "user %d", i), t);
    assert_int_equal(fix_left(shop, pool_stock(t)), 0);
    assert_int_equal(fix_claim(shop, S("late"), t, 1, NULL), R_SOLD_OUT);
    uint64_t none = stocked_template(plain_campaign(), 0);
    assert_int_equal(fix_claim(shop, S("ann"), none, 1, NULL), R_SOLD_OUT);
}

/* All lanes want the last pieces at once, in one batch each. */
static uint16_t slot_of_issue(const void *in)
{
    const issue_in *i = in;
    return slot_of_user(i->merchant, i->user);
}

static void a_rush_on_little_stock_sells_all_of_it_and_no_more(void **state)
{
    (void)state;
    enum { CALLERS = 200, STOCK = 77 };
    uint64_t t = stocked_template(plain_campaign(), STOCK);
    issue_item item = {.template = t, .count = 1};
    const void *ins[CALLERS];
    void *outs[CALLERS];
    result codes[CALLERS];
    for (int i = 0; i < CALLERS; i++) {
        issue_in *in = ARENA_NEW(shop->memory, issue_in);
        *in = (issue_in){.merchant = shop->merchant,
                         .user = arena_printf(shop->memory, "u%d", i),
                         .source = COUPON_SOURCE_CLAIM,
                         .mode = ISSUE_MODE_ALL_OR_NONE};
        in->items.items = &item;
        in->items.n = 1;
        ins[i] = in;
        outs[i] = ARENA_NEW(shop->memory, issue_out);
    }
    fix_many many = {ACT_ID_issue, slot_of_issue, ins, outs, codes, CALLERS};
    fix_run_many(shop, &many);
    int done = 0;
    for (int i = 0; i < CALLERS; i++) {
        assert_true(codes[i] == R_DONE || codes[i] == R_SOLD_OUT);
        done += codes[i] == R_DONE;
    }
    assert_int_equal(done, STOCK);
}

static void a_budget_at_issue_reserves_the_largest_discount(void **state)
{
    (void)state;
    campaign_create_in in = fix_campaign_in(shop);
    in.budget_mode = BUDGET_MODE_AT_ISSUE;
    in.budget_minor = 2500;
    uint64_t c = fix_campaign(shop, &in), t = plain_template(c);
    uint64_t id = fix_claim_one(shop, S("ann"), t);
    assert_int_equal(fix_coupon(shop, id).reserved_minor, 1000);
    (void)fix_claim_one(shop, S("bob"), t);
    assert_int_equal(fix_claim(shop, S("cid"), t, 1, NULL), R_BUDGET_EXHAUSTED);
    assert_int_equal(fix_left(shop, pool_budget(c)), 500);
}

static void all_or_none_names_the_item_that_refuses(void **state)
{
    (void)state;
    uint64_t c = plain_campaign(), open = plain_template(c), little = stocked_template(c, 1);
    issue_item items[] = {{open, 2}, {little, 2}};
    issue_out out;
    assert_int_equal(give(S("ann"), ISSUE_MODE_ALL_OR_NONE, items, 2, &out), R_SOLD_OUT);
    assert_true(str_eq(shop->detail, S("items[1]: No stock is left.")));
    assert_int_equal(fix_tally(shop, c, open).issued, 0);
    assert_int_equal(fix_left(shop, pool_stock(little)), 1);
    items[1].count = 1;
    assert_int_equal(give(S("ann"), ISSUE_MODE_ALL_OR_NONE, items, 2, &out), R_DONE);
    assert_int_equal(out.coupons.n, 3);
    assert_int_equal(out.coupons.items[2].template, little);
}

static void best_effort_issues_what_can_be_had_and_tells_the_rest(void **state)
{
    (void)state;
    uint64_t c = plain_campaign(), little = stocked_template(c, 2);
    limit_rule one = fix_limit(LIMIT_MEASURE_CLAIMS, LIMIT_SUBJECT_USER, LIMIT_PERIOD_EVER, 1);
    template_put_in in = fix_template_in(shop, c);
    in.limits.items = &one;
    in.limits.n = 1;
    uint64_t limited = fix_template(shop, &in);
    issue_item items[] = {{little, 3}, {limited, 2}, {12345, 1}, {plain_template(c), 1}};
    issue_out out;
    assert_int_equal(give(S("ann"), ISSUE_MODE_BEST_EFFORT, items, 4, &out), R_DONE);
    assert_int_equal(out.coupons.n, 4);
    assert_int_equal(out.refusals.n, 3);
    static const result reasons[] = {R_SOLD_OUT, R_LIMIT_REACHED, R_NOT_FOUND};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(out.refusals.items[i].item, i);
        assert_int_equal(out.refusals.items[i].result, reasons[i]);
    }
}

static void nothing_issued_is_final_only_when_a_reason_is(void **state)
{
    (void)state;
    uint64_t c = plain_campaign(), empty = stocked_template(c, 0);
    limit_rule none = fix_limit(LIMIT_MEASURE_CLAIMS, LIMIT_SUBJECT_USER, LIMIT_PERIOD_EVER, 0);
    template_put_in in = fix_template_in(shop, c);
    in.limits.items = &none;
    in.limits.n = 1;
    issue_item items[] = {{empty, 1}, {fix_template(shop, &in), 1}};
    issue_out out;
    assert_int_equal(give(S("ann"), ISSUE_MODE_BEST_EFFORT, items, 1, &out), R_SOLD_OUT);
    assert_int_equal(give(S("ann"), ISSUE_MODE_BEST_EFFORT, items, 2, &out), R_NONE_ISSUED);
    assert_true(str_eq(shop->detail, S("items[0]: No stock is left. items[1]: The limit of the "
                                       "template is 0 claims a user.")));
    (void)fix_claim_one(shop, S("first"), plain_template(c)); /* ann got no number */
    assert_int_equal(fix_tally(shop, c, 0).users, 1);
}

static void limits_come_before_stock_and_stock_before_budget(void **state)
{
    (void)state;
    limit_rule one = fix_limit(LIMIT_MEASURE_CLAIMS, LIMIT_SUBJECT_USER, LIMIT_PERIOD_EVER, 3);
    campaign_create_in in = fix_campaign_in(shop);
    in.budget_mode = BUDGET_MODE_AT_ISSUE;
    in.budget_minor = 1000;
    template_put_in put = fix_template_in(shop, fix_campaign(shop, &in));
    put.limits.items = &one;
    put.limits.n = 1;
    put.stock = 2;
    uint64_t t = fix_template(shop, &put);
    static const result refusals[] = {R_BUDGET_EXHAUSTED, R_SOLD_OUT, R_LIMIT_REACHED};
    for (uint32_t i = 0; i < ARRAY_LEN(refusals); i++)
        assert_int_equal(fix_claim(shop, S("ann"), t, 2 + i, NULL), refusals[i]);
    issue_item item = {t, 4}; /* best_effort: what refuses the next coupon */
    issue_out out;
    assert_int_equal(give(S("ann"), ISSUE_MODE_BEST_EFFORT, &item, 1, &out), R_DONE);
    assert_int_equal(out.coupons.n, 1);
    assert_int_equal(out.refusals.items[0].result, R_BUDGET_EXHAUSTED);
}

static void the_state_of_the_campaign_decides_first(void **state)
{
    (void)state;
    uint64_t c = plain_campaign(), t = stocked_template(c, 0);
    static const struct {
        campaign_state to;
        result refusal;
    } rows[] = {
        {CAMPAIGN_STATE_PAUSED, R_CAMPAIGN_NOT_ACTIVE},
        {CAMPAIGN_STATE_ACTIVE, R_SOLD_OUT},
        {CAMPAIGN_STATE_DISABLED, R_CAMPAIGN_DISABLED},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        fix_campaign_state(shop, c, rows[i].to);
        assert_int_equal(fix_claim(shop, S("ann"), t, 1, NULL), rows[i].refusal);
    }
}

static void windows_are_half_open(void **state)
{
    (void)state;
    campaign_create_in in = fix_campaign_in(shop);
    in.claim_from_ms = FIX_START_MS + 1000;
    in.claim_until_ms = FIX_START_MS + 2000;
    uint64_t c = fix_campaign(shop, &in);
    template_put_in with = fix_template_in(shop, c);
    with.valid_until_ms = FIX_START_MS + 1500;
    uint64_t t = plain_template(c), brief = fix_template(shop, &with);
    static const struct {
        int64_t after_ms;
        result longer, brief;
    } rows[] = {{999, R_NOT_STARTED, R_NOT_STARTED},
                {1000, R_DONE, R_DONE},
                {1499, R_DONE, R_DONE},
                {1500, R_DONE, R_WINDOW_CLOSED},
                {1999, R_DONE, R_WINDOW_CLOSED},
                {2000, R_WINDOW_CLOSED, R_WINDOW_CLOSED}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        shop->clock_ms = FIX_START_MS + rows[i].after_ms;
        assert_int_equal(fix_claim(shop, S("ann"), t, 1, NULL), rows[i].longer);
        assert_int_equal(fix_claim(shop, S("ann"), brief, 1, NULL), rows[i].brief);
    }
}

static void inputs_out_of_bounds_are_refused(void **state)
{
    (void)state;
    uint64_t other = shop->merchant;
    uint64_t t = plain_template(plain_campaign());
    issue_item items[ISSUE_ITEMS_MAX + 1];
    for (size_t i = 0; i < ARRAY_LEN(items); i++)
        items[i] = (issue_item){t, 1};
    issue_out out;
    assert_int_equal(give(S("ann"), 1, items, 0, &out), R_INVALID);
    assert_int_equal(give(S("ann"), 1, items, ISSUE_ITEMS_MAX + 1, &out), R_INVALID);
    assert_int_equal(give(S("ann"), 9, items, 1, &out), R_INVALID);
    assert_int_equal(give(S(""), 1, items, 1, &out), R_INVALID);
    items[0].count = 0;
    assert_int_equal(give(S("ann"), 1, items, 1, &out), R_INVALID);
    items[0].count = ISSUE_COUPONS_MAX + 1;
    assert_int_equal(give(S("ann"), 1, items, 1, &out), R_INVALID);
    items[0].count = UINT32_MAX;
    assert_int_equal(give(S("ann"), 1, items, 2, &out), R_INVALID);
    items[0].count = ISSUE_COUPONS_MAX;
    assert_int_equal(give(S("ann"), 1, items, 1, &out), R_DONE);
    assert_int_equal(out.coupons.n, ISSUE_COUPONS_MAX);
    items[0].count = 1;
    assert_int_equal(give(S("ann"), 1, items, ISSUE_ITEMS_MAX, &out), R_DONE);
    shop->merchant = other + 1;
    assert_int_equal(give(S("ann"), 1, items, 1, &out), R_NOT_FOUND);
    shop->merchant = other;
}

static void more_sold_out_pools_than_one_act_can_be_told_of_are_not_called_sold_out(void **state)
{
    (void)state;
    enum { EMPTY = UOW_DRY_MAX + 2 };
    uint64_t c = plain_campaign();
    issue_item items[EMPTY + 1];
    for (int i = 0; i < EMPTY; i++) {
        items[i] = (issue_item){stocked_template(c, 1), 1};
        (void)fix_claim_one(shop, S("first"), items[i].template);
    }
    items[EMPTY] = (issue_item){plain_template(c), 1};
    issue_out out;
    assert_int_equal(give(S("ann"), ISSUE_MODE_BEST_EFFORT, items, EMPTY + 1, &out), R_DONE);
    assert_int_equal(out.coupons.n, 1);
    assert_int_equal(out.refusals.n, EMPTY);
    for (int i = 0; i < EMPTY; i++)
        assert_int_equal(out.refusals.items[i].result,
                         i < UOW_DRY_MAX ? R_SOLD_OUT : R_UNAVAILABLE);
}

static str in_the_lane_of(str name)
{
    store *of = app_store(shop->app);
    uint16_t lane = store_lane_of_slot(of, slot_of_user(shop->merchant, name));
    for (int i = 0;; i++) {
        str other = arena_printf(shop->memory, "neighbour-%d", i);
        if (store_lane_of_slot(of, slot_of_user(shop->merchant, other)) == lane)
            return other;
    }
}

/* It comes back when the act's lane has to ask, and else in the sweep: the answer is the same. */
static void who_has_enough_gets_the_same_whatever_is_due(void **state)
{
    (void)state;
    for (uint32_t held = 0; held <= 2; held++) {
        campaign_create_in c = fix_campaign_in(shop);
        c.budget_mode = BUDGET_MODE_AT_ISSUE;
        c.budget_minor = 3000;
        uint64_t campaign_id = fix_campaign(shop, &c);
        limit_rule three =
            fix_limit(LIMIT_MEASURE_CLAIMS, LIMIT_SUBJECT_USER, LIMIT_PERIOD_EVER, 3);
        template_put_in in = fix_template_in(shop, campaign_id);
        in.validity = VALIDITY_KIND_AFTER_ISSUE;
        in.valid_from_ms = in.valid_until_ms = 0;
        in.duration_days = 1;
        in.limits.items = &three;
        in.limits.n = 1;
        uint64_t t = fix_template(shop, &in), coupons[2];
        (void)fix_claim_one(shop, S("ann"), t);
        fix_pass(shop, 2 * MS_DAY);
        str other = in_the_lane_of(S("ann"));
        for (uint32_t i = 0; i < held; i++)
            coupons[i] = fix_claim_one(shop, other, t);
        for (uint32_t i = 0; i < held; i++)
            assert_int_equal(fix_void(shop, coupons[i], VOID_REASON_REQUESTED), R_DONE);
        issue_item items[] = {{t, 3}};
        issue_out out;
        assert_int_equal(give(S("ann"), ISSUE_MODE_BEST_EFFORT, items, 1, &out), R_DONE);
        assert_int_equal(out.coupons.n, 2);
        fix_sweep(shop);
        assert_int_equal(fix_left(shop, pool_budget(campaign_id)), 1000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_claim_makes_a_coupon_with_the_dates_of_its_version,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(users_are_counted_once_for_template_and_campaign, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(users_of_one_slot_get_numbers_of_their_own, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_full_slot_takes_no_new_user, set_up, tear_down),
        cmocka_unit_test_setup_teardown(stock_runs_out_exactly, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_rush_on_little_stock_sells_all_of_it_and_no_more, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_budget_at_issue_reserves_the_largest_discount, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(all_or_none_names_the_item_that_refuses, set_up, tear_down),
        cmocka_unit_test_setup_teardown(best_effort_issues_what_can_be_had_and_tells_the_rest,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(nothing_issued_is_final_only_when_a_reason_is, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(limits_come_before_stock_and_stock_before_budget, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(the_state_of_the_campaign_decides_first, set_up, tear_down),
        cmocka_unit_test_setup_teardown(windows_are_half_open, set_up, tear_down),
        cmocka_unit_test_setup_teardown(inputs_out_of_bounds_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            more_sold_out_pools_than_one_act_can_be_told_of_are_not_called_sold_out, set_up,
            tear_down),
        cmocka_unit_test_setup_teardown(who_has_enough_gets_the_same_whatever_is_due, set_up,
                                        tear_down),
    };
    int failed = 0; /* also on a store that withholds rows, aborts and splits */
    for (how.adversary = 0; how.adversary < 4; how.adversary++)
        failed += cmocka_run_group_tests(tests, NULL, NULL);
    return failed;
}

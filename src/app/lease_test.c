/* Lanes that need pieces of several pools at once, stepped and with rows withheld, commits aborted
 * and batches split at random: all acts come to an end, and none is refused for what is not used
 * up. Time stands still, so that none of them ends by its deadline. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/id.h"
#include "base/time.h"
#include "domain/limit/pool.h"
#include "test/lib/domain_fixture.h"

enum { ACTS_MAX = 24, POOLS = 4, STEPS_MAX = 3000 };

/* Claims of one coupon of each of some templates, all or none. */
typedef struct rush {
    fix *shop;
    uint16_t lanes;
    bool halted; /* a lane stood still for a time */
    uint64_t templates[POOLS];
    int64_t stock[POOLS];
    fix_act *acts[ACTS_MAX];
    size_t n;
} rush;

static void open_rush(rush *r, uint16_t lanes, uint64_t adversary, const int64_t stock[POOLS])
{
    *r = (rush){.shop = fix_open((fix_options){.lanes = lanes, .adversary = adversary}),
                .lanes = lanes};
    campaign_create_in c = fix_campaign_in(r->shop);
    uint64_t campaign_id = fix_campaign(r->shop, &c);
    for (size_t i = 0; i < POOLS; i++) {
        template_put_in t = fix_template_in(r->shop, campaign_id);
        t.stock = r->stock[i] = stock[i];
        r->templates[i] = fix_template(r->shop, &t);
    }
}

static void close_rush(rush *r)
{
    fix_verify(r->shop);
    fix_close(r->shop);
}

/* Of a new user whose home is this lane. */
static void submit(rush *r, uint16_t lane, const uint8_t *templates, size_t n)
{
    fix *f = r->shop;
    str name;
    uint16_t slot;
    for (unsigned i = 0;; i++) {
        name = arena_printf(f->memory, "u%zu-%u", r->n, i);
        slot = slot_of_user(f->merchant, name);
        if (store_lane_of_slot(app_store(f->app), slot) == lane)
            break;
    }
    issue_in *in = ARENA_NEW(f->memory, issue_in);
    *in = (issue_in){.merchant = f->merchant,
                     .user = name,
                     .source = COUPON_SOURCE_CLAIM,
                     .mode = ISSUE_MODE_ALL_OR_NONE};
    in->items.items = ARENA_ARRAY(f->memory, issue_item, n);
    for (size_t i = 0; i < n; i++)
        in->items.items[in->items.n++] = (issue_item){r->templates[templates[i]], 1};
    r->acts[r->n++] = fix_submit(f, ACT_ID_issue, slot, in, ARENA_NEW(f->memory, issue_out));
}

static bool wants(const rush *r, const act_call *call, size_t pool_number)
{
    const issue_in *in = call->in;
    for (size_t i = 0; i < in->items.n; i++)
        if (in->items.items[i].template == r->templates[pool_number])
            return true;
    return false;
}

static void step_all(rush *r)
{
    size_t steps = 0;
    while (store_step(app_store(r->shop->app)) > 0)
        assert_true(steps++ < STEPS_MAX); /* they take from each other for ever */
}

static void run_to_the_end(rush *r)
{
    step_all(r);
    for (size_t i = 0; i < r->n; i++) {
        assert_true(r->acts[i]->ended);
        for (size_t k = 0; k < POOLS; k++)
            r->stock[k] -= r->acts[i]->call.code == R_DONE && wants(r, &r->acts[i]->call, k);
    }
    for (size_t i = 0; i < r->n; i++) {
        bool used_up = false;
        for (size_t k = 0; k < POOLS; k++) {
            assert_true(r->stock[k] >= 0);
            used_up |= r->stock[k] == 0 && wants(r, &r->acts[i]->call, k);
        }
        if (r->acts[i]->call.code == R_UNAVAILABLE && r->halted)
            continue;
        if (r->acts[i]->call.code != R_DONE)
            assert_int_equal(r->acts[i]->call.code, R_SOLD_OUT);
        assert_true(used_up || r->acts[i]->call.code == R_DONE);
    }
}

static void two_acts_that_need_the_same_two_last_pieces(void **state)
{
    (void)state;
    static const int64_t stock[POOLS] = {1, 1, 1, 1};
    static const uint8_t one[] = {0, 1}, other[] = {1, 0};
    for (uint64_t adversary = 0; adversary < 100; adversary++) {
        rush r;
        open_rush(&r, 2, adversary, stock);
        submit(&r, 0, one, 2);
        submit(&r, 1, adversary % 2 == 0 ? other : one, 2);
        run_to_the_end(&r);
        assert_int_equal(r.stock[0], 0);
        assert_int_equal(r.stock[1], 0);
        close_rush(&r);
    }
}

static uint32_t below(uint64_t *dice, uint32_t n)
{
    *dice ^= *dice << 13; /* xorshift64, Marsaglia 2003 */
    *dice ^= *dice >> 7;
    *dice ^= *dice << 17;
    return (uint32_t)((*dice >> 16) % n);
}

static void open_any(rush *r, uint64_t *dice, uint64_t adversary)
{
    int64_t stock[POOLS];
    for (size_t i = 0; i < POOLS; i++)
        stock[i] = 1 + below(dice, 6);
    open_rush(r, (uint16_t)(2 + below(dice, 3)), adversary, stock);
}

static void submit_any(rush *r, uint64_t *dice)
{
    uint8_t order[POOLS] = {0, 1, 2, 3};
    for (uint32_t k = POOLS - 1; k > 0; k--) {
        uint32_t other = below(dice, k + 1);
        uint8_t kept = order[k];
        order[k] = order[other];
        order[other] = kept;
    }
    submit(r, (uint16_t)below(dice, r->lanes), order, 1 + below(dice, POOLS));
    for (uint32_t steps = below(dice, 6); steps > 0; steps--)
        (void)store_step(app_store(r->shop->app));
}

static void many_acts_that_need_many_last_pieces(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 500; seed++) {
        uint64_t dice = seed * UINT64_C(0x9e3779b97f4a7c15);
        rush r;
        open_any(&r, &dice, seed % 4 == 0 ? 0 : seed);
        for (size_t i = 0; i < ACTS_MAX; i++)
            submit_any(&r, &dice);
        run_to_the_end(&r);
        close_rush(&r);
    }
}

/* Acts with a turn, and acts that wait for theirs, end by their deadline, and no turn is left over:
 * what there still is can be had afterwards. */
static void a_lane_that_stands_still_keeps_nobody_for_ever(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        uint64_t dice = seed * UINT64_C(0x9e3779b97f4a7c15);
        rush r;
        open_any(&r, &dice, seed % 4 == 0 ? 0 : seed);
        store *s = app_store(r.shop->app);
        uint16_t still = (uint16_t)below(&dice, r.lanes);
        r.halted = true;
        for (size_t i = 0; i < ACTS_MAX - POOLS; i++) {
            if (i == 4)
                store_halt_lane(s, still, true);
            submit_any(&r, &dice);
        }
        step_all(&r);
        fix_pass(r.shop, 3 * MS_SECOND);
        step_all(&r);
        for (size_t i = 0; i < r.n; i++)
            assert_true(r.acts[i]->ended || store_lane_of_slot(s, r.acts[i]->call.slot) == still);
        store_halt_lane(s, still, false);
        step_all(&r);
        for (uint8_t i = 0; i < POOLS; i++) {
            submit(&r, (uint16_t)below(&dice, r.lanes), &i, 1);
            step_all(&r);
            assert_int_not_equal(r.acts[r.n - 1]->call.code, R_UNAVAILABLE);
        }
        run_to_the_end(&r);
        close_rush(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_acts_that_need_the_same_two_last_pieces),
        cmocka_unit_test(many_acts_that_need_many_last_pieces),
        cmocka_unit_test(a_lane_that_stands_still_keeps_nobody_for_ever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

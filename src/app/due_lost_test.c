/* What acts had reserved in another slot as their process was killed: a restart at every step of a
 * claim and of an exchange, and whoever needs it then has it at once. No time goes by. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/codes.h"
#include "app/inner.h"
#include "app/query_sagas.h"
#include "domain/code/exchange.h"
#include "test/lib/crash.h"

enum { STEPS_MAX = 40, CODES = 10, PLACE = 7 };

static fix *shop;
static uint64_t template_id, format_id;

/* Two claims for each device; codes for them. */
static void open_shop(void)
{
    limit_rule rule = fix_limit(LIMIT_MEASURE_CLAIMS, LIMIT_SUBJECT_DEVICE, LIMIT_PERIOD_EVER, 2);
    code_format_put_in format = {.name = S("Partners"),
                                 .alphabet = code_alphabet_crockford,
                                 .length = 12,
                                 .expected = CODES};
    row_out out = {0};
    shop = crash_open();
    shop->names = (subject_names){.device = S("d1")};
    campaign_create_in in = fix_campaign_in(shop);
    template_put_in t = fix_template_in(shop, fix_campaign(shop, &in));
    t.limits.items = &rule;
    t.limits.n = 1;
    template_id = fix_template(shop, &t);
    uint16_t home = id_slot(shop->merchant);
    format.merchant = shop->merchant;
    assert_int_equal(codes_key_make(shop->app, shop->merchant, shop->memory, &format.sealed),
                     R_DONE);
    assert_int_equal(fix_run(shop, ACT_ID_code_format_put, home, &format, &out), R_DONE);
    format_id = out.id;
    code_batch_put_in batch = {.merchant = shop->merchant,
                               .fields = CODE_BATCH_NAME,
                               .format = format_id,
                               .template = template_id,
                               .count = CODES,
                               .name = S("Cinema")};
    assert_int_equal(fix_run(shop, ACT_ID_code_batch_put, home, &batch, &out), R_DONE);
}

/* ---- acts ---- */

typedef struct issue_act {
    act_call call; /* first */
    issue_in in;
    issue_out out;
    issue_item item;
    code_use use;
    bool ended;
} issue_act;

static void on_done(act_call *call)
{
    ((issue_act *)call)->ended = true;
}

static issue_act *begin(const char *user_name, uint32_t count, bool by_code)
{
    issue_act *a = ARENA_NEW(shop->memory, issue_act);
    reserve_ask ask = {.names = shop->names};
    a->item = (issue_item){.template = template_id, .count = count};
    a->use = (code_use){.format = format_id, .place = PLACE, .told = true};
    a->in = (issue_in){.merchant = shop->merchant,
                       .user = str_of(user_name),
                       .source = by_code ? COUPON_SOURCE_EXCHANGE : COUPON_SOURCE_CLAIM,
                       .mode = ISSUE_MODE_ALL_OR_NONE};
    a->in.items.items = &a->item;
    a->in.items.n = 1;
    a->in.codes.items = &a->use;
    a->in.codes.n = by_code ? 1 : 0;
    a->call = (act_call){.app = shop->app,
                         .id = ACT_ID_issue,
                         .slot = slot_of_user(shop->merchant, a->in.user),
                         .in = &a->in,
                         .out = &a->out,
                         .memory = shop->memory,
                         .done = on_done};
    assert_int_equal(reserve_submit(&a->call, &ask), R_DONE);
    return a;
}

/* To its end, without a moment of waiting. */
static result at_once(const char *user_name, uint32_t count, bool by_code)
{
    issue_act *a = begin(user_name, count, by_code);
    (void)app_settle(shop->app);
    assert_true(a->ended);
    return a->call.code;
}

static void count_saga(void *context, const saga_open *s)
{
    MAYBE(s);
    ++*(size_t *)context;
}

static size_t sagas(void)
{
    app_view v;
    size_t n = 0;
    assert_int_equal(app_view_open(shop->app, shop->memory, &v), R_DONE);
    assert_int_equal(query_sagas(&v, count_saga, &n), R_DONE);
    assert_int_equal(app_view_close(&v), R_DONE);
    return n;
}

/* Ann's act is cut off behind so many steps; false: it had ended by then. cut: something that it
 * had reserved was there. */
static bool cut_off(int steps, uint32_t count, bool by_code, bool *cut)
{
    issue_act *ann = begin("ann", count, by_code);
    for (int i = 0; i < steps; i++)
        (void)fix_step_one_lane(shop, i);
    bool ended = ann->ended;
    *cut = sagas() > 0;
    crash_now(shop);
    return !ended;
}

/* ---- the tests ---- */

static void what_a_claim_had_reserved_is_let_go_by_a_restart(void **state)
{
    size_t cuts = 0, all = 0, none = 0;
    bool goes_on = true;
    MAYBE(state);
    for (int steps = 0; goes_on; steps++) {
        bool cut;
        assert_true(steps < STEPS_MAX);
        open_shop();
        goes_on = cut_off(steps, 2, false, &cut);
        result r = at_once("bob", 2, false);
        assert_true(r == R_DONE || r == R_LIMIT_REACHED);
        assert_int_equal(sagas(), 0);
        cuts += cut;
        all += r == R_LIMIT_REACHED;
        none += r == R_DONE;
        crash_close(shop);
    }
    assert_true(cuts > 1 && all > 0 && none > 0);
}

static void what_an_exchange_had_reserved_is_let_go_by_a_restart(void **state)
{
    size_t cuts = 0, used = 0, good = 0;
    bool goes_on = true;
    MAYBE(state);
    for (int steps = 0; goes_on; steps++) {
        bool cut;
        assert_true(steps < STEPS_MAX);
        open_shop();
        goes_on = cut_off(steps, 1, true, &cut);
        result r = at_once("bob", 1, true);
        assert_true(r == R_DONE || r == R_CODE_USED);
        assert_int_equal(sagas(), 0);
        cuts += cut;
        used += r == R_CODE_USED;
        good += r == R_DONE;
        crash_close(shop);
    }
    assert_true(cuts > 1 && used > 0 && good > 0);
}

/* A try without its act. */
static void try_code(uint64_t place)
{
    code_reserve_in in = {.merchant = shop->merchant, .format = format_id, .place = place};
    code_reserve_out out = {0};
    assert_int_equal(fix_run(shop, ACT_ID_code_reserve, code_place_slot(place), &in, &out), R_DONE);
}

static uint64_t last_id(uint16_t lane)
{
    app_view v;
    assert_int_equal(app_view_open(shop->app, shop->memory, &v), R_DONE);
    uint64_t id = lane_head_get(v.rows, lane)->id_last;
    assert_int_equal(app_view_close(&v), R_DONE);
    return id;
}

/* Every block of tries of the lane; about how many acts it asked. */
static uint32_t ask_about(uint16_t lane, uint64_t lost)
{
    app_view v;
    due_block found[DUE_BLOCKS_MAX];
    uint32_t asked = 0;
    assert_int_equal(app_view_open(shop->app, shop->memory, &v), R_DONE);
    const due_block from = {.lane = lane, .kind = DUE_KIND_CODE};
    size_t n = due_blocks(v.rows, &from, INT64_MAX, found, ARRAY_LEN(found));
    assert_int_equal(app_view_close(&v), R_DONE);
    for (size_t i = 0; i < n; i++) {
        sweep_in in = sweep_of(&found[i]);
        sweep_out out = {0};
        in.lost = lost;
        assert_int_equal(fix_run(shop, ACT_ID_sweep, lane, &in, &out), R_DONE);
        asked += out.asked;
    }
    return asked;
}

/* Of two tries, one of before and one of now. */
static void only_what_is_lost_is_asked_about(void **state)
{
    MAYBE(state);
    open_shop();
    const store *s = app_store(shop->app);
    uint16_t lane = store_lane_of_slot(s, 0);
    uint64_t now = 1;
    while (store_lane_of_slot(s, code_place_slot(now)) != lane)
        now++;
    assert_in_range(now, 1, CODES - 1);
    try_code(0);
    uint64_t lost = last_id(lane);
    try_code(now);
    assert_int_equal(ask_about(lane, lost), 1);
    assert_int_equal(sagas(), 1);
    assert_int_equal(ask_about(lane, lost), 0);
    assert_int_equal(ask_about(lane, last_id(lane)), 1);
    assert_int_equal(sagas(), 0);
    sweep_in wrong = {.lane = lane, .kind = DUE_KIND_HOLD, .lost = lost};
    sweep_out out;
    assert_int_equal(fix_run(shop, ACT_ID_sweep, lane, &wrong, &out), R_INVALID);
    crash_close(shop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_claim_had_reserved_is_let_go_by_a_restart),
        cmocka_unit_test(what_an_exchange_had_reserved_is_let_go_by_a_restart),
        cmocka_unit_test(only_what_is_lost_is_asked_about),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

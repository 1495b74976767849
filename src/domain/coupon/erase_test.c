/* What was on its way when a user was erased, and who is called so by then: nothing goes to a
 * stranger, nothing stops, nothing comes back. */
#include "domain/coupon/erase.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/codes.h"
#include "app/query_phones.h"
#include "app/query_sagas.h"
#include "app/query_users.h"
#include "app/verify_flaw_test.h"
#include "domain/coupon/acts.h"
#include "domain/coupon/move.h"
#include "domain/phone/bind.h"
#include "domain/phone/holder.h"
#include "port/metric.h"
#include "port/store_care.h"
#include "test/lib/domain_fixture.h"
#include "test/lib/row_texts.h"

enum { STEPS = 100 };
#define LATER_MS (2 * ERASE_ROUND_MS)

static fix *shop;
static uint64_t template_id;

static void open_shop(void)
{
    shop = fix_open((fix_options){0});
    campaign_create_in in = fix_campaign_in(shop);
    template_put_in t = fix_template_in(shop, fix_campaign(shop, &in));
    limit_rule rule =
        fix_limit(LIMIT_MEASURE_REDEMPTIONS, LIMIT_SUBJECT_USER, LIMIT_PERIOD_EVER, 1);
    t.limits.items = &rule;
    t.limits.n = 1;
    template_id = fix_template(shop, &t);
}

static int tear_down(void **state)
{
    (void)state;
    fix_verify(shop);
    fix_close(shop);
    return 0;
}

static uint16_t home(str name)
{
    return slot_of_user(shop->merchant, name);
}

static void later(void)
{
    (void)app_settle(shop->app);
    fix_pass(shop, LATER_MS);
    fix_sweep(shop);
    (void)app_settle(shop->app);
}

static size_t owned(str who)
{
    app_view v;
    assert_int_equal(app_view_open(shop->app, shop->memory, &v), R_DONE);
    size_t n = fix_owned(shop, &v, who);
    assert_int_equal(app_view_close(&v), R_DONE);
    return n;
}

static bool is_known(str name)
{
    app_view v;
    user_seen seen;
    assert_int_equal(app_view_open(shop->app, shop->memory, &v), R_DONE);
    bool known = query_user(&v, shop->merchant, name, &seen);
    assert_int_equal(app_view_close(&v), R_DONE);
    return known;
}

static fix_act *forget(str who)
{
    erase_in *in = ARENA_NEW(shop->memory, erase_in);
    *in = (erase_in){.merchant = shop->merchant, .user = who, .hi = 5, .lo = 6};
    return fix_submit(shop, ACT_ID_erase, home(who), in, ARENA_NEW(shop->memory, erase_out));
}

static fix_act *merge(str from, str to)
{
    move_begin_in *in = ARENA_NEW(shop->memory, move_begin_in);
    *in = (move_begin_in){
        .merchant = shop->merchant, .user = from, .to = to, .reason = MOVE_REASON_MERGE};
    return fix_submit(shop, ACT_ID_move_begin, home(from), in,
                      ARENA_NEW(shop->memory, move_begin_out));
}

static result redeem(str who, uint64_t coupon_id, uint64_t *order_id)
{
    order_line line = {.sku = S("tea"), .quantity = 1, .unit_minor = 5000};
    fix_order order = {.user = who,
                       .number = S("o1"),
                       .coupons = &coupon_id,
                       .coupon_count = 1,
                       .lines = &line,
                       .line_count = 1};
    return fix_redeem(shop, &order, order_id);
}

/* Words and failed tries by other names are looked for first: the act says which these were. */
static void who_has_become_him_since_is_looked_for_again(void **state)
{
    (void)state;
    open_shop();
    str bob = S("bob"), ann = S("ann");
    (void)fix_claim_one(shop, bob, template_id);
    (void)fix_claim_one(shop, ann, template_id);
    erase_in *in = ARENA_NEW(shop->memory, erase_in);
    *in = (erase_in){.merchant = shop->merchant, .user = bob, .hi = 5, .lo = 6, .looked = true};
    fix_act *merged = merge(ann, bob);
    later();
    later();
    assert_int_equal(merged->call.code, R_DONE);
    erase_out out;
    assert_int_equal(fix_run(shop, ACT_ID_erase, home(bob), in, &out), R_STALE);
    assert_true(is_known(bob));
    in->looked = false; /* of a caller who looks for nothing */
    assert_int_equal(fix_run(shop, ACT_ID_erase, home(bob), in, &out), R_DONE);
}

/* ---- moves that ask ---- */

static str name_with_slot_of(str other)
{
    for (int i = 0; i < 1000 * SLOT_COUNT; i++) {
        str name = arena_printf(shop->memory, "n%d", i);
        if (home(name) == home(other))
            return name;
    }
    return (str){NULL, 0};
}

/* He asks for one who is erased before the question comes: whoever is called so then gets all. */
static void who_asks_for_him_goes_to_his_namesake(void **state)
{
    (void)state;
    open_shop();
    str bob = S("bob"), amy = name_with_slot_of(bob);
    (void)fix_claim_one(shop, bob, template_id);
    uint64_t id = fix_claim_one(shop, amy, template_id);
    fix_act *goes = merge(amy, bob), *ends = forget(bob);
    later();
    later();
    assert_true(goes->ended && ends->ended);
    assert_int_equal(ends->call.code, R_DONE);
    assert_true(is_known(bob));
    assert_int_equal(owned(bob), 1);
    assert_int_equal(fix_coupon(shop, id).state, COUPON_STATE_TRANSFERRED);
}

/* ---- numbers of long ago ---- */

static str holder_of(uint64_t number)
{
    phone_number n = {.hash = {number, number + 1}};
    return phone_holder(&n, shop->memory);
}

static uint64_t bind(uint64_t number, str who, uint64_t sequence)
{
    phone_bind_in in = {.merchant = shop->merchant,
                        .hi = number,
                        .lo = number + 1,
                        .user = who,
                        .sequence = sequence};
    phone_bind_out out = {0};
    assert_int_equal(fix_run(shop, ACT_ID_phone_bind, home(holder_of(number)), &in, &out), R_DONE);
    return out.binding;
}

/* Ann had an order by the first of more numbers than are kept of her; then she is erased. Returns
 * the order. */
static uint64_t ann_had_many_numbers(void)
{
    uint64_t order_id = 0;
    open_shop();
    for (uint64_t i = 1; i <= MOVED_PHONES_MAX + 2; i++) {
        uint64_t id = fix_claim_one(shop, holder_of(i), template_id);
        if (i == 1)
            assert_int_equal(redeem(holder_of(i), id, &order_id), R_DONE);
        (void)bind(i, S("ann"), i);
        (void)app_settle(shop->app);
    }
    fix_act *ends = forget(S("ann"));
    later();
    assert_int_equal(ends->call.code, R_DONE);
    assert_false(is_known(S("ann")));
    return order_id;
}

static void what_a_number_of_long_ago_brings_back_is_nobodys(void **state)
{
    (void)state;
    uint64_t order_id = ann_had_many_numbers();
    assert_int_equal(fix_return(shop, order_id, NULL, 0, NULL), R_DONE);
    later();
    assert_false(is_known(S("ann")));
}

static void what_a_number_of_long_ago_brings_back_is_no_namesakes(void **state)
{
    (void)state;
    uint64_t order_id = ann_had_many_numbers(), second = 0;
    uint64_t id = fix_claim_one(shop, S("ann"), template_id);
    assert_int_equal(redeem(S("ann"), id, &second), R_DONE);
    id = fix_claim_one(shop, S("ann"), template_id);
    assert_int_equal(fix_return(shop, order_id, NULL, 0, NULL), R_DONE);
    later();
    assert_int_equal(owned(S("ann")), 2);
    fix_order again = {.user = S("ann"), .number = S("o2"), .coupons = &id, .coupon_count = 1};
    order_line line = {.sku = S("tea"), .quantity = 1, .unit_minor = 5000};
    again.lines = &line;
    again.line_count = 1;
    assert_int_equal(fix_redeem(shop, &again, &second), R_LIMIT_REACHED); /* her own counts */
}

/* Nor where it came to her by counts alone. */
static void a_number_of_long_ago_does_not_name_her(void **state)
{
    (void)state;
    str name = S("ann");
    (void)ann_had_many_numbers();
    assert_int_equal(row_texts_find(shop, &(row_texts){.names = &name, .n = 1}), 0);
}

/* ---- a number that follows ---- */

/* The number of one who became him comes behind his erasure: to nobody. */
static void a_number_follows_to_no_namesake(void **state)
{
    (void)state;
    open_shop();
    (void)fix_claim_one(shop, S("amy"), template_id);
    (void)fix_claim_one(shop, S("bob"), template_id);
    fix_act *goes = merge(S("amy"), S("bob"));
    later();
    assert_int_equal(goes->call.code, R_DONE);
    uint64_t binding = bind(1, S("amy"), 1);
    (void)app_settle(shop->app);
    user_phone_put_in follows = {.merchant = shop->merchant,
                                 .user = S("bob"),
                                 .hi = 1,
                                 .lo = 2,
                                 .binding = binding,
                                 .follows = true,
                                 .move = ((const move_begin_out *)goes->call.out)->move};
    fix_act *ends = forget(S("bob"));
    later();
    assert_int_equal(ends->call.code, R_DONE);
    act_none out = {0};
    assert_int_equal(fix_run(shop, ACT_ID_user_phone_put, home(S("bob")), &follows, &out), R_DONE);
    later();
    assert_false(is_known(S("bob")));
}

/* ---- what other slots have to forget ---- */

static bool see_state(void *context, str key, const void *row)
{
    MAYBE(key);
    *(uint8_t *)context = ((const erasure *)row)->state;
    return true;
}

/* Of the only one. */
static uint8_t state_of_erasure(void)
{
    app_view v;
    uint8_t state = 0;
    store_span span = {.table = &erasure_table, .index = -1, .until = UINT16_MAX + 1U};
    assert_int_equal(app_view_open(shop->app, shop->memory, &v), R_DONE);
    assert_int_equal(store_each(v.rows, &span, see_state, &state), R_DONE);
    assert_int_equal(app_view_close(&v), R_DONE);
    return state;
}

static uint16_t lane_of(str name)
{
    return store_lane_of_slot(app_store(shop->app), home(name));
}

/* Where his number is nothing happens: it is not over, for his name is there. */
static void it_is_over_when_others_have_forgotten(void **state)
{
    (void)state;
    uint64_t number = 1, begun = metric_value(METRIC_ERASURES_BEGUN),
             done = metric_value(METRIC_ERASURES_DONE), late = metric_value(METRIC_ERASURES_LATE),
             took = metric_value(METRIC_ERASURE_DURATION);
    open_shop();
    while (lane_of(holder_of(number)) == lane_of(S("bob")))
        number++;
    (void)bind(number, S("bob"), 1);
    (void)app_settle(shop->app);
    store *s = app_store(shop->app);
    store_halt_lane(s, lane_of(holder_of(number)), true);
    fix_act *ends = forget(S("bob"));
    for (int i = 0; i < STEPS; i++)
        (void)store_step(s);
    assert_true(ends->ended);
    assert_int_equal(state_of_erasure(), ERASURE_STATE_OPEN);
    assert_true(str_eq(fix_saga(shop).kind, S("erasure")));
    assert_int_equal(fix_saga(shop).state, SAGA_ON_ITS_WAY);
    assert_int_equal(metric_value(METRIC_ERASURES_BEGUN), begun + 1);
    assert_int_equal(metric_value(METRIC_ERASURES_LATE), late);
    later();
    assert_int_equal(fix_saga(shop).state, SAGA_LATE);
    assert_int_equal(metric_value(METRIC_ERASURES_LATE), late + 1);
    assert_int_equal(metric_value(METRIC_ERASURES_DONE), done);
    store_halt_lane(s, lane_of(holder_of(number)), false);
    later();
    assert_int_equal(state_of_erasure(), ERASURE_STATE_DONE);
    assert_int_equal(fix_saga(shop).kind.n, 0);
    assert_int_equal(metric_value(METRIC_ERASURES_DONE), done + 1);
    assert_int_equal(metric_value(METRIC_ERASURE_DURATION), took + 1);
}

/* ---- personal codes, whose lane has a clock of its own ---- */

static uint64_t batch_id;

static void open_with_codes(void)
{
    uint16_t at;
    row_out out = {0};
    open_shop();
    at = id_slot(shop->merchant);
    code_format_put_in format = {.merchant = shop->merchant,
                                 .name = S("Codes"),
                                 .alphabet = code_alphabet_crockford,
                                 .length = 12,
                                 .expected = STEPS};
    assert_int_equal(codes_key_make(shop->app, shop->merchant, shop->memory, &format.sealed),
                     R_DONE);
    assert_int_equal(fix_run(shop, ACT_ID_code_format_put, at, &format, &out), R_DONE);
    code_batch_put_in batch = {.merchant = shop->merchant,
                               .fields = CODE_BATCH_NAME,
                               .format = out.id,
                               .template = template_id,
                               .count = STEPS,
                               .name = S("Birthdays"),
                               .personal = true};
    assert_int_equal(fix_run(shop, ACT_ID_code_batch_put, at, &batch, &out), R_DONE);
    batch_id = out.id;
}

/* Whose lane is not that of the batch. */
static str somebody(void)
{
    store *s = app_store(shop->app);
    for (int i = 0; i < STEPS; i++) {
        str name = arena_printf(shop->memory, "n%d", i);
        if (lane_of(name) != store_lane_of_slot(s, id_slot(batch_id)))
            return name;
    }
    return (str){NULL, 0};
}

static void give_code(str who)
{
    bound_line line = {.user = who};
    code_bind_in in = {
        .merchant = shop->merchant, .batch = batch_id, .key = 1, .lines = {&line, 1}};
    code_bind_out out = {0};
    assert_int_equal(fix_run(shop, ACT_ID_code_bind, id_slot(batch_id), &in, &out), R_DONE);
    assert_int_equal(out.accepted, 1);
}

static bool has_code(str who)
{
    app_view v;
    assert_int_equal(app_view_open(shop->app, shop->memory, &v), R_DONE);
    bool has = bound_user_get(v.rows, id_slot(batch_id), batch_id, who) != NULL;
    assert_int_equal(app_view_close(&v), R_DONE);
    return has;
}

static str given_to;
static int64_t ahead_ms;

static bool by_a_clock_that_is_ahead(uow *u)
{
    bound_user *row = bound_user_get(u, id_slot(batch_id), batch_id, given_to);
    if (row == NULL)
        return false;
    bound_user_edit(u, row);
    row->at_ms += ahead_ms;
    return true;
}

/* He had it, and the batch's lane says that it was so much later. */
static void give_ahead(int64_t ms)
{
    open_with_codes();
    given_to = somebody();
    ahead_ms = ms;
    give_code(given_to);
    make_wrong(shop, id_slot(batch_id), by_a_clock_that_is_ahead);
    fix_act *ends = forget(given_to);
    later();
    assert_int_equal(ends->call.code, R_DONE);
    assert_int_equal(state_of_erasure(), ERASURE_STATE_DONE);
}

static void a_code_of_a_clock_that_is_ahead_is_forgotten(void **state)
{
    (void)state;
    give_ahead(MS_HOUR);
    assert_false(has_code(given_to));
    give_code(given_to); /* whoever is called so now */
    assert_true(has_code(given_to));
}

static void a_code_of_more_than_a_day_later_is_a_namesakes(void **state)
{
    (void)state;
    give_ahead(ERASE_CLOCKS_MS + MS_SECOND);
    assert_true(has_code(given_to));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(who_has_become_him_since_is_looked_for_again, tear_down),
        cmocka_unit_test_teardown(who_asks_for_him_goes_to_his_namesake, tear_down),
        cmocka_unit_test_teardown(what_a_number_of_long_ago_brings_back_is_nobodys, tear_down),
        cmocka_unit_test_teardown(what_a_number_of_long_ago_brings_back_is_no_namesakes, tear_down),
        cmocka_unit_test_teardown(a_number_of_long_ago_does_not_name_her, tear_down),
        cmocka_unit_test_teardown(a_number_follows_to_no_namesake, tear_down),
        cmocka_unit_test_teardown(it_is_over_when_others_have_forgotten, tear_down),
        cmocka_unit_test_teardown(a_code_of_a_clock_that_is_ahead_is_forgotten, tear_down),
        cmocka_unit_test_teardown(a_code_of_more_than_a_day_later_is_a_namesakes, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

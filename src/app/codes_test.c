/* Codes to numbers and back, with and without the master key that sealed their keys; and exchanges
 * as a saga: many at once, cut off in between, and refused at the user's end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/codes.h"
#include "app/query_codes.h"
#include "app/query_sagas.h"
#include "domain/code/exchange.h"
#include "domain/saga/saga.h"
#include "test/lib/domain_shop.h"
#include "test/lib/read_code.h"

enum { COUNT = 30000 };

static uint64_t template_id, format_id, batch_id;

static uint64_t must_put(act_id id, const void *in)
{
    row_out out = {0};
    assert_int_equal(fix_run(shop, id, id_slot(shop->merchant), in, &out), R_DONE);
    return out.id;
}

static uint64_t make_format(str prefix, str alphabet, uint8_t length, lcg g)
{
    code_format_put_in in = {.scheme = g.m == 0 ? CODE_SCHEME_PERMUTED : CODE_SCHEME_LCG,
                             .multiplier = g.a,
                             .increment = g.c,
                             .merchant = shop->merchant,
                             .name = S("Partners"),
                             .alphabet = alphabet,
                             .length = length,
                             .group = 4,
                             .check = true,
                             .prefix = prefix,
                             .expected = 1000,
                             .reason = S("a test")};
    assert_int_equal(codes_key_make(shop->app, shop->merchant, shop->memory, &in.sealed), R_DONE);
    return must_put(ACT_ID_code_format_put, &in);
}

static uint64_t make_batch(uint64_t format, uint64_t count)
{
    code_batch_put_in in = {.merchant = shop->merchant,
                            .fields = CODE_BATCH_NAME,
                            .format = format,
                            .template = template_id,
                            .count = count,
                            .name = S("Cinema"),
                            .reason = S("a test")};
    return must_put(ACT_ID_code_batch_put, &in);
}

static int open_codes(void **state)
{
    (void)set_up(state);
    limit_rule rule = fix_limit(LIMIT_MEASURE_CLAIMS, LIMIT_SUBJECT_USER, LIMIT_PERIOD_EVER, 2);
    campaign_create_in in = fix_campaign_in(shop);
    template_put_in t = fix_template_in(shop, fix_campaign(shop, &in));
    t.limits.items = &rule;
    t.limits.n = 1;
    template_id = fix_template(shop, &t);
    format_id = make_format(S("C"), code_alphabet_crockford, 8, (lcg){0});
    batch_id = make_batch(format_id, COUNT);
    return 0;
}

/* ---- reading and writing ---- */

static str written(const config *c, uint64_t batch, buf *out)
{
    const code_batch *b = config_find_code_batch(c, batch);
    code_run run = {config_find_code_format(c, b->format), b->first, b->count, NULL};
    buf_init(out, 1 << 20);
    assert_int_equal(codes_write(shop->app, &run, out), R_DONE);
    return buf_view(out);
}

static void codes_are_read_as_their_places(uint64_t format, uint64_t batch)
{
    const config *c = app_config(shop->app);
    buf text;
    str rest = written(c, batch, &text), line;
    uint64_t place = 0;
    uint32_t by_slot[SLOT_COUNT] = {0};
    for (; str_cut(&rest, '\n', &line) && line.n > 0; place++) {
        code_typed typed;
        assert_int_equal(line.n, 13); /* C-7K2M-9QXF-T */
        assert_int_equal(read_code(shop->app, c, shop->merchant, line, &typed), R_DONE);
        assert_int_equal(typed.format, format);
        assert_int_equal(typed.place, place);
        by_slot[code_place_slot(place)]++;
    }
    assert_int_equal(place, COUNT);
    for (size_t i = 0; i < SLOT_COUNT; i++)
        assert_int_equal(by_slot[i], COUNT / SLOT_COUNT);
    buf_free(&text);
    config_free((config *)(uintptr_t)c);
}

static void every_code_is_read_as_its_place(void **state)
{
    MAYBE(state);
    codes_are_read_as_their_places(format_id, batch_id);
}

static void every_code_of_a_drawn_lcg_is_read_as_its_place(void **state)
{
    MAYBE(state);
    for (uint64_t m = 1000000; m <= LCG_M_MAX / 7; m *= 7) {
        uint64_t factor;
        lcg g = codes_lcg_draw(m);
        assert_int_equal(lcg_check(g, &factor), LCG_FULL);
        assert_true(g.m == m && g.a > 1);
    }
    lcg g = codes_lcg_draw(UINT64_C(1) << 40);
    uint64_t format = make_format(S("L"), code_alphabet_crockford, 8, g);
    codes_are_read_as_their_places(format, make_batch(format, COUNT));
}

static void what_no_batch_has_is_no_code(void **state)
{
    MAYBE(state);
    const config *c = app_config(shop->app);
    code_typed typed;
    const code_format *of = config_find_code_format(c, format_id);
    code_run beyond = {of, COUNT, 1, NULL}; /* a number of the format that is in no batch */
    buf text;
    buf_init(&text, 64);
    assert_int_equal(codes_write(shop->app, &beyond, &text), R_DONE);
    assert_int_equal(read_code(shop->app, c, shop->merchant, buf_view(&text), &typed), R_DONE);
    assert_int_equal(typed.format, 0);
    assert_int_equal(read_code(shop->app, c, shop->merchant + 1, buf_view(&text), &typed), R_DONE);
    assert_int_equal(typed.format, 0);
    assert_int_equal(read_code(shop->app, c, shop->merchant, S("?"), &typed), R_DONE);
    assert_int_equal(typed.format, 0);
    buf_free(&text);
    config_free((config *)(uintptr_t)c);
}

/* The same store's rows, read by an app that has another master key, or none. */
static void keys_are_nothing_without_the_master_key(void **state)
{
    MAYBE(state);
    const config *c = app_config(shop->app);
    const code_format *of = config_find_code_format(c, format_id);
    fix *own = shop;
    static const str masters[] = {{NULL, 0}, {"another master key of a test: 32", 32}};
    for (size_t i = 0; i < ARRAY_LEN(masters); i++) {
        fix_options other = {.lanes = 1, .code_key = &masters[i]};
        code_run run = {of, 0, 1, NULL};
        buf text;
        str sealed;
        shop = fix_open(other);
        buf_init(&text, 64);
        assert_int_equal(codes_check(shop->app, of), R_CODE_KEY_MISSING);
        assert_int_equal(codes_write(shop->app, &run, &text), R_CODE_KEY_MISSING);
        assert_int_equal(text.n, 0);
        assert_int_equal(codes_key_make(shop->app, 1, shop->memory, &sealed),
                         i == 0 ? R_CODE_KEY_MISSING : R_DONE);
        buf_free(&text);
        fix_close(shop);
        shop = own;
    }
    assert_int_equal(codes_check(shop->app, of), R_DONE);
    code_format foreign = *of;
    foreign.merchant++; /* a sealed key that was moved to another merchant's row */
    assert_int_equal(codes_check(shop->app, &foreign), R_CODE_KEY_MISSING);
    config_free((config *)(uintptr_t)c);
}

/* ---- exchanging ---- */

typedef struct exchange {
    act_call call; /* first */
    issue_in in;
    issue_out out;
    issue_item item;
    code_use use;
    int ended;
} exchange;

static void on_done(act_call *call)
{
    ((exchange *)call)->ended++;
}

static exchange *exchange_of(const char *user_name, uint64_t place)
{
    exchange *e = ARENA_NEW(shop->memory, exchange);
    e->item = (issue_item){.template = template_id, .count = 1};
    e->use = (code_use){.format = format_id, .place = place, .told = true};
    e->in = (issue_in){.merchant = shop->merchant,
                       .user = str_of(user_name),
                       .source = COUPON_SOURCE_EXCHANGE,
                       .mode = ISSUE_MODE_ALL_OR_NONE};
    e->in.items.items = &e->item;
    e->in.items.n = 1;
    e->in.codes.items = &e->use;
    e->in.codes.n = 1;
    e->call = (act_call){.app = shop->app,
                         .id = ACT_ID_issue,
                         .slot = slot_of_user(shop->merchant, e->in.user),
                         .in = &e->in,
                         .out = &e->out,
                         .memory = shop->memory,
                         .done = on_done};
    return e;
}

static result exchanged(const char *user_name, uint64_t place)
{
    exchange *e = exchange_of(user_name, place);
    reserve_ask none = {0};
    assert_int_equal(reserve_submit(&e->call, &none), R_DONE);
    (void)app_settle(shop->app);
    assert_int_equal(e->ended, 1);
    return e->call.code;
}

static int64_t exchanged_count(void)
{
    app_view v;
    assert_int_equal(app_view_open(shop->app, shop->memory, &v), R_DONE);
    int64_t n = query_codes_counts(&v, batch_id).exchanged;
    assert_int_equal(app_view_close(&v), R_DONE);
    return n;
}

/* Each code is wanted by every user at the same time. */
static void of_many_at_once_one_gets_the_coupon(void **state)
{
    enum { CODES = 20, USERS = 12 };
    exchange *all[CODES][USERS];
    reserve_ask none = {0};
    MAYBE(state);
    for (size_t u = 0; u < USERS; u++) {
        for (size_t c = 0; c < CODES; c++) {
            const char *name = (const char *)arena_printf(shop->memory, "u%zu-%zu%c", c, u, 0).p;
            all[c][u] = exchange_of(name, 997 * c);
            assert_int_equal(reserve_submit(&all[c][u]->call, &none), R_DONE);
        }
    }
    (void)app_settle(shop->app);
    for (size_t c = 0; c < CODES; c++) {
        size_t done = 0;
        for (size_t u = 0; u < USERS; u++) {
            result r = all[c][u]->call.code;
            assert_int_equal(all[c][u]->ended, 1);
            assert_true(r == R_DONE || r == R_CODE_USED);
            done += r == R_DONE;
        }
        assert_int_equal(done, 1);
    }
    assert_int_equal(exchanged_count(), CODES);
}

static void what_the_users_limit_refuses_is_usable_by_another(void **state)
{
    MAYBE(state);
    assert_int_equal(exchanged("ann", 1), R_DONE);
    assert_int_equal(exchanged("ann", 2), R_DONE);
    for (uint64_t place = 3; place < 30; place++)
        assert_int_equal(exchanged("ann", place), R_LIMIT_REACHED);
    assert_int_equal(exchanged_count(), 2);
    for (uint64_t place = 3; place < 30; place += 9)
        assert_int_equal(exchanged("bob", place), place < 20 ? R_DONE : R_LIMIT_REACHED);
    assert_int_equal(exchanged("ann", 1), R_CODE_USED);
    assert_int_equal(exchanged_count(), 4);
}

/* The try alone, as a process that ended before the act leaves it. */
static code_reserve_out reserved(const char *user_name, uint64_t place)
{
    code_reserve_out out = {0};
    code_reserve_in in = {.merchant = shop->merchant,
                          .format = format_id,
                          .place = place,
                          .slot = slot_of_user(shop->merchant, str_of(user_name)),
                          .told = true};
    assert_int_equal(fix_run(shop, ACT_ID_code_reserve, code_place_slot(place), &in, &out), R_DONE);
    return out;
}

typedef struct seen {
    size_t n;
    saga_open last;
} seen;

static void see(void *context, const saga_open *s)
{
    seen *all = context;
    all->n++;
    all->last = *s;
}

static seen sagas(void)
{
    app_view v;
    seen all = {0};
    assert_int_equal(app_view_open(shop->app, shop->memory, &v), R_DONE);
    assert_int_equal(query_sagas(&v, see, &all), R_DONE);
    assert_int_equal(app_view_close(&v), R_DONE);
    return all;
}

static void a_try_without_its_act_is_let_go_by_the_check(void **state)
{
    MAYBE(state);
    code_reserve_out out = reserved("ann", 7);
    exchange *late = exchange_of("bob", 7);
    reserve_ask none = {0};
    assert_true(out.deadline_ms == shop->clock_ms + SAGA_TRY_MS);
    assert_int_equal(sagas().n, 1);
    assert_int_equal(sagas().last.state, SAGA_ON_ITS_WAY);
    assert_int_equal(reserve_submit(&late->call, &none), R_DONE);
    (void)app_settle(shop->app);
    assert_int_equal(late->ended, 0); /* it waits */
    fix_verify(shop);
    fix_pass(shop, SAGA_TRY_MS);
    fix_sweep(shop);
    (void)app_settle(shop->app);
    assert_int_equal(late->ended, 1);
    assert_int_equal(late->call.code, R_UNAVAILABLE); /* nobody waits as long as a lost try */
    assert_int_equal(sagas().n, 0);
    assert_int_equal(exchanged_count(), 0);
    assert_int_equal(exchanged("bob", 7), R_DONE);
    assert_int_equal(exchanged_count(), 1);
}

/* The act comes at its deadline: it is refused as unreserved and tried again, and what was reserved
 * first is let go. */
static void an_act_at_the_deadline_is_not_decided(void **state)
{
    MAYBE(state);
    code_reserve_out out = reserved("ann", 7);
    exchange *e = exchange_of("ann", 7);
    e->use.reservation = out.reservation;
    e->use.deadline_ms = out.deadline_ms;
    fix_pass(shop, SAGA_TRY_MS);
    assert_int_equal(act_submit(&e->call), R_DONE);
    (void)app_settle(shop->app);
    assert_int_equal(e->call.code, R_UNRESERVED);
    fix_sweep(shop);
    (void)app_settle(shop->app);
    assert_int_equal(exchanged("ann", 7), R_DONE);
}

static void set_disabled(bool disabled)
{
    code_batch_put_in in = {.merchant = shop->merchant,
                            .batch = batch_id,
                            .fields = CODE_BATCH_DISABLED,
                            .disabled = disabled};
    (void)must_put(ACT_ID_code_batch_put, &in);
}

/* Disabling that was answered between try and act holds. */
static void a_batch_that_is_disabled_in_between_refuses_the_act(void **state)
{
    MAYBE(state);
    code_reserve_out out = reserved("ann", 7);
    exchange *e = exchange_of("ann", 7);
    e->use.reservation = out.reservation;
    e->use.deadline_ms = out.deadline_ms;
    set_disabled(true);
    assert_int_equal(act_submit(&e->call), R_DONE);
    (void)app_settle(shop->app);
    assert_int_equal(e->call.code, R_CODE_DISABLED);
    assert_int_equal(exchanged("bob", 8), R_CODE_DISABLED);
    set_disabled(false);
    assert_int_equal(exchanged("bob", 8), R_DONE);
    fix_pass(shop, SAGA_TRY_MS);
    fix_sweep(shop);
    (void)app_settle(shop->app);
    assert_int_equal(exchanged("bob", 7), R_DONE);
}

static void an_input_that_is_no_exchange_is_refused(void **state)
{
    MAYBE(state);
    exchange *e = exchange_of("ann", 7);
    e->item.count = 2;
    reserve_ask none = {0};
    assert_int_equal(reserve_submit(&e->call, &none), R_DONE);
    (void)app_settle(shop->app);
    assert_int_equal(e->call.code, R_INVALID);
    e = exchange_of("ann", 7);
    e->in.source = COUPON_SOURCE_CLAIM;
    assert_int_equal(reserve_submit(&e->call, &none), R_DONE);
    (void)app_settle(shop->app);
    assert_int_equal(e->call.code, R_INVALID);
    assert_int_equal(sagas().n, 0);
}

int main(void)
{
#define IN_A_SHOP(test) cmocka_unit_test_setup_teardown(test, open_codes, tear_down)
    const struct CMUnitTest tests[] = {
        IN_A_SHOP(every_code_is_read_as_its_place),
        IN_A_SHOP(every_code_of_a_drawn_lcg_is_read_as_its_place),
        IN_A_SHOP(what_no_batch_has_is_no_code),
        IN_A_SHOP(keys_are_nothing_without_the_master_key),
        IN_A_SHOP(of_many_at_once_one_gets_the_coupon),
        IN_A_SHOP(what_the_users_limit_refuses_is_usable_by_another),
        IN_A_SHOP(a_try_without_its_act_is_let_go_by_the_check),
        IN_A_SHOP(an_act_at_the_deadline_is_not_decided),
        IN_A_SHOP(a_batch_that_is_disabled_in_between_refuses_the_act),
        IN_A_SHOP(an_input_that_is_no_exchange_is_refused),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    how = (fix_options){.lanes = 5, .adversary = 7};
    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}

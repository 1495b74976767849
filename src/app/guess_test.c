/* Tries of codes that are under way, those that have failed, and their rows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "app/guess.h"
#include "app/query_guess.h"
#include "base/id.h"
#include "test/lib/domain_fixture.h"

enum { MOST = 10, OF_MERCHANT = 40 };

static const guess_rules rules = {
    .of = {[GUESSER_USER] = {MOST, MS_MINUTE, MS_MINUTE, MS_HOUR, MS_DAY},
           [GUESSER_ADDRESS] = {2 * MOST, MS_MINUTE / 2, MS_MINUTE, MS_HOUR, MS_DAY},
           [GUESSER_MERCHANT] = {OF_MERCHANT, MS_SECOND, 10000, 10000, MS_MINUTE}}};

static fix *shop;
static guess_wait waited;

static int set_up(void **state)
{
    (void)state;
    shop = fix_open((fix_options){0});
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fix_verify(shop);
    fix_close(shop);
    return 0;
}

/* NULL: refused. */
static guess *begin(const char *user_name, const char *address, uint32_t tries)
{
    guess_ask ask = {.merchant = shop->merchant,
                     .user = str_of(user_name),
                     .address = str_of(address),
                     .tries = tries,
                     .rules = &rules};
    guess *g = NULL;
    result r = guess_begin(shop->app, &ask, shop->memory, &g, &waited);
    assert_int_equal(r, g == NULL ? R_CODE_THROTTLED : R_DONE);
    return g;
}

typedef struct told {
    int n;
    result how;
} told;

static void tell(void *context, result r)
{
    told *t = context;
    t->n++;
    t->how = r;
}

static void fail_with_key(guess *g, uint32_t tries, const char *key, uint64_t body)
{
    told t = {0};
    guess_fail(g, &(guess_failure){tries, str_of(key), body, tell, &t});
    (void)app_settle(shop->app);
    assert_int_equal(t.n, 1);
    assert_int_equal(t.how, R_DONE);
    guess_end(g);
}

static bool fail_once(const char *user_name, const char *address)
{
    guess *g = begin(user_name, address, 1);
    if (g != NULL)
        fail_with_key(g, 1, "", 0);
    return g != NULL;
}

static int fail_all(const char *user_name, const char *address)
{
    int n = 0;
    while (fail_once(user_name, address))
        n++;
    return n;
}

static size_t rows(void)
{
    app_view v;
    arena *memory = arena_new(0);
    void *page[UOW_SCAN_MAX];
    assert_int_equal(app_view_open(shop->app, memory, &v), R_DONE);
    size_t n = uow_scan(v.rows, &(uow_range){&code_guesses_table, -1, &(code_guesses){0}, 0, false},
                        UOW_SCAN_MAX, page);
    assert_int_equal(app_view_close(&v), R_DONE);
    arena_free(memory);
    return n;
}

static hash128 hash_of(guesser who, const char *name)
{
    const config *c = app_config(shop->app);
    hash128 h = guess_hash(config_find_merchant(c, shop->merchant), who, str_of(name));
    config_free((config *)(uintptr_t)c); /* the share that app_config took */
    return h;
}

static result lift(guesser who, const char *name, code_guesses_lift_out *out)
{
    hash128 h = hash_of(who, name);
    code_guesses_lift_in in = {.merchant = shop->merchant, .hi = h.hi, .lo = h.lo};
    return fix_run(shop, ACT_ID_code_guesses_lift, slot_of_hash(h.hi), &in, out);
}

static uint64_t written(void)
{
    store_metrics m;
    store_metrics_read(app_store(shop->app), &m);
    return m.puts;
}

/* ---- bounds ---- */

static void a_user_is_locked_out_whatever_the_address(void **state)
{
    (void)state;
    assert_int_equal(fail_all("ann", "203.0.113.1"), MOST);
    assert_int_equal(waited.who, GUESSER_USER);
    assert_int_equal(waited.ms, MS_MINUTE);
    assert_false(fail_once("ann", "203.0.113.2"));
    assert_true(fail_once("bob", "203.0.113.1"));
    fix_pass(shop, MS_MINUTE);
    assert_int_equal(fail_all("ann", ""), 1);
}

static void an_address_is_locked_out_whoever_the_user(void **state)
{
    (void)state;
    char name[16];
    for (int i = 0; i < 2 * MOST; i++) {
        (void)snprintf(name, sizeof(name), "u%d", i);
        assert_true(fail_once(name, "203.0.113.1"));
    }
    assert_false(fail_once("new", "203.0.113.1"));
    assert_int_equal(waited.who, GUESSER_ADDRESS);
    assert_true(fail_once("new", "203.0.113.9"));
    assert_true(fail_once("new", ""));
}

static void a_merchant_is_bound_but_not_for_those_who_may_know(void **state)
{
    (void)state;
    char name[16];
    int n = 0;
    do {
        (void)snprintf(name, sizeof(name), "u%d", n);
    } while (fail_once(name, "") && n++ < 2 * OF_MERCHANT);
    assert_int_equal(n, OF_MERCHANT);
    assert_int_equal(waited.who, GUESSER_MERCHANT);
    guess_ask ask = {.merchant = shop->merchant,
                     .user = S("tool"),
                     .may_know = true,
                     .tries = 1,
                     .rules = &rules};
    guess *g;
    assert_int_equal(guess_begin(shop->app, &ask, shop->memory, &g, &waited), R_DONE);
    guess_end(g);
    fix_pass(shop, 10000);
    assert_int_equal(fail_all("", ""), 10); /* one a second was forgotten */
}

static void each_code_of_a_list_is_a_try(void **state)
{
    (void)state;
    guess *g = begin("", "203.0.113.1", 15);
    fail_with_key(g, 12, "", 0);
    assert_null(begin("", "203.0.113.1", 9));
    g = begin("", "203.0.113.1", 8);
    fail_with_key(g, 8, "", 0);
    assert_null(begin("", "203.0.113.1", 1));
}

/* ---- under way ---- */

static void a_thousand_at_once_get_no_further_than_ten(void **state)
{
    (void)state;
    guess *all[1000];
    told t = {0};
    size_t n = 0;
    for (int i = 0; i < 1000; i++) {
        guess *g = begin("ann", "", 1);
        if (g != NULL)
            all[n++] = g;
    }
    assert_int_equal(n, MOST);
    assert_int_equal(waited.ms, MS_SECOND);
    for (size_t i = 0; i < n; i++)
        guess_fail(all[i], &(guess_failure){.tries = 1, .done = tell, .context = &t});
    assert_null(begin("ann", "", 1)); /* not counted yet, and not ended */
    (void)app_settle(shop->app);
    assert_int_equal(t.n, MOST);
    assert_null(begin("ann", "", 1)); /* counted, and not ended */
    for (size_t i = 0; i < n; i++)
        guess_end(all[i]);
    assert_null(begin("ann", "", 1));
    assert_int_equal(waited.ms, MS_MINUTE);
}

static void good_ones_cost_nothing(void **state)
{
    (void)state;
    uint64_t before = written();
    for (int i = 0; i < 1000; i++)
        guess_end(begin("ann", "203.0.113.1", 1));
    (void)app_settle(shop->app);
    assert_int_equal(written(), before);
    assert_int_equal(rows(), 0);
}

static void a_failed_try_is_told_after_it_was_counted(void **state)
{
    (void)state;
    uint16_t lane =
        store_lane_of_slot(app_store(shop->app), slot_of_hash(hash_of(GUESSER_USER, "ann").hi));
    told t = {0};
    guess *g = begin("ann", "", 1);
    store_halt_lane(app_store(shop->app), lane, true);
    guess_fail(g, &(guess_failure){.tries = 1, .done = tell, .context = &t});
    (void)app_settle(shop->app);
    assert_int_equal(t.n, 0);
    store_halt_lane(app_store(shop->app), lane, false);
    (void)app_settle(shop->app);
    assert_int_equal(t.n, 1);
    guess_end(g);
    assert_int_equal(rows(), 2); /* of the user and of the merchant */
}

/* What cannot be counted is not told: the caller learns that it could not. */
static void a_try_that_cannot_be_counted_says_so(void **state)
{
    (void)state;
    told t = {0};
    guess *g = begin("ann", "", 1);
    app_drain(shop->app);
    guess_fail(g, &(guess_failure){.tries = 1, .done = tell, .context = &t});
    assert_int_equal(t.n, 1);
    assert_int_equal(t.how, R_DRAINING);
    guess_end(g);
}

static void a_repeat_is_not_counted_again(void **state)
{
    (void)state;
    for (int i = 0; i < 3 * MOST; i++)
        fail_with_key(begin("ann", "", 1), 1, "k1", 7);
    fail_with_key(begin("ann", "", 1), 1, "k1", 8); /* another code under the same key */
    assert_int_equal(fail_all("ann", ""), MOST - 2);
}

static void more_than_can_be_known_are_refused(void **state)
{
    (void)state;
    static guess *all[GUESS_UNDER_WAY_MAX];
    size_t n = 0;
    char name[16];
    result r = R_DONE;
    while (r == R_DONE) {
        int length = snprintf(name, sizeof(name), "u%zu", n);
        guess_ask ask = {.merchant = shop->merchant,
                         .user = {name, (size_t)length},
                         .may_know = true,
                         .tries = 1,
                         .rules = &rules};
        r = guess_begin(shop->app, &ask, shop->memory, &all[n], &waited);
        n += r == R_DONE;
    }
    assert_int_equal(r, R_BUSY);
    assert_int_equal(n, GUESS_UNDER_WAY_MAX);
    guess_end(all[--n]);
    guess *g = begin("", "", 1); /* the merchant in its place */
    guess_end(g);
    while (n > 0)
        guess_end(all[--n]);
}

/* ---- rows ---- */

static void rows_go_when_they_say_nothing(void **state)
{
    (void)state;
    assert_true(fail_once("bob", ""));
    assert_int_equal(fail_all("ann", ""), MOST);
    assert_int_equal(rows(), 3);
    fix_pass(shop, MS_MINUTE);
    fix_sweep(shop);
    assert_int_equal(rows(), 1); /* a lock is remembered for a day */
    fix_pass(shop, MS_DAY - 1);
    fix_sweep(shop);
    assert_int_equal(rows(), 1);
    fix_pass(shop, 1);
    fix_sweep(shop);
    assert_int_equal(rows(), 0);
}

static void what_failed_meanwhile_keeps_a_row(void **state)
{
    (void)state;
    assert_true(fail_once("ann", ""));
    fix_pass(shop, MS_MINUTE / 2);
    assert_true(fail_once("ann", ""));
    fix_pass(shop, MS_MINUTE / 2);
    fix_sweep(shop);
    fix_verify(shop);
    assert_int_equal(rows(), 1); /* of the user: the merchant is over it */
    fix_pass(shop, MS_MINUTE);
    fix_sweep(shop);
    assert_int_equal(rows(), 0);
}

static void an_operator_lifts_a_lock(void **state)
{
    (void)state;
    code_guesses_lift_out out;
    assert_int_equal(lift(GUESSER_USER, "ann", &out), R_NOT_FOUND);
    assert_int_equal(fail_all("ann", ""), MOST);
    assert_int_equal(lift(GUESSER_USER, "ann", &out), R_DONE);
    assert_int_equal(out.tries, MOST);
    assert_int_equal(out.locks, 1);
    assert_int_equal(out.locked_until_ms, shop->clock_ms + MS_MINUTE);
    assert_int_equal(lift(GUESSER_USER, "ann", &out), R_NOT_FOUND);
    fix_verify(shop);                            /* its row says no more than whom events are of */
    assert_int_equal(fail_all("ann", ""), MOST); /* from the beginning */
    fix_verify(shop);
    fix_pass(shop, 2 * MS_DAY); /* entries of both rows are due */
    fix_sweep(shop);
    assert_int_equal(rows(), 0);
}

static void locks_are_listed_in_pages(void **state)
{
    (void)state;
    static const char *const names[] = {"ann", "bob", "cid", "dot"};
    const code_guesses *found[2];
    arena *memory = arena_new(0);
    app_view v;
    size_t seen = 0, pages = 0;
    hash128 place = {0, 0};
    bool more = true;
    assert_true(fail_once("eve", ""));
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(fail_all(names[i], ""), MOST);
    assert_int_equal(app_view_open(shop->app, memory, &v), R_DONE);
    for (; more; pages++) {
        size_t n = query_locks(&v, &(locks_ask){shop->merchant, 2}, &place, found, &more);
        for (size_t i = 0; i < n; i++)
            seen += found[i]->locked_until_ms > shop->clock_ms;
    }
    assert_int_equal(seen, 3);
    assert_int_equal(pages, 2);
    place = (hash128){0, 0};
    assert_int_equal(query_locks(&v, &(locks_ask){shop->merchant + 1, 2}, &place, found, &more), 0);
    assert_int_equal(app_view_close(&v), R_DONE);
    arena_free(memory);
}

int main(void)
{
#define WITH_SHOP(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WITH_SHOP(a_user_is_locked_out_whatever_the_address),
        WITH_SHOP(an_address_is_locked_out_whoever_the_user),
        WITH_SHOP(a_merchant_is_bound_but_not_for_those_who_may_know),
        WITH_SHOP(each_code_of_a_list_is_a_try),
        WITH_SHOP(a_thousand_at_once_get_no_further_than_ten),
        WITH_SHOP(good_ones_cost_nothing),
        WITH_SHOP(a_failed_try_is_told_after_it_was_counted),
        WITH_SHOP(a_try_that_cannot_be_counted_says_so),
        WITH_SHOP(a_repeat_is_not_counted_again),
        WITH_SHOP(more_than_can_be_known_are_refused),
        WITH_SHOP(rows_go_when_they_say_nothing),
        WITH_SHOP(what_failed_meanwhile_keeps_a_row),
        WITH_SHOP(an_operator_lifts_a_lock),
        WITH_SHOP(locks_are_listed_in_pages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Messages that no lane can read are set aside without a crash, and those behind them go on. What a
 * crash leaves is tested with real ones: test/fault/quarantine.sh. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/quarantine.h"
#include "domain/limit/pool.h"
#include "port/log.h"
#include "test/lib/domain_fixture.h"

enum { NO_ACT = 65000, TO = 2 };

static void done(request *r)
{
    MAYBE(r);
}

/* Not a message's input; an act that there is not; one that does not come by message; and a grant
 * of nothing, which is fine. */
static result send_four(uow *u, request *r)
{
    MAYBE(r);
    uow_send_again(u, LEASE_GRANT_ACT, 0, TO, S("?"));
    uow_send_again(u, NO_ACT, 0, TO, S(""));
    uow_send_again(u, ACT_ID_sweep, 0, TO, S(""));
    lease_in in = {.owner = id_make(FIX_START_MS, 0, 1), .kind = POOL_KIND_STOCK, .lane = TO};
    uow_send_lane(u, LEASE_GRANT_ACT, TO, &lease_in_record, &in);
    return R_DONE;
}

typedef struct seen {
    size_t n;
    quarantine rows[8];
} seen;

static seen look(fix *f, arena *memory)
{
    seen s = {0};
    uow *u;
    void *rows[ARRAY_LEN(s.rows)];
    assert_int_equal(store_read_begin(app_store(f->app), memory, f->clock_ms, &u), R_DONE);
    uow_range range = {&quarantine_table, -1, &(quarantine){.lane = TO}, 1, false};
    s.n = uow_scan(u, &range, ARRAY_LEN(s.rows), rows);
    for (size_t i = 0; i < s.n; i++)
        record_copy(&quarantine_table.record, rows[i], memory, &s.rows[i]);
    const inbox *in = inbox_get(u, TO, 0);
    assert_non_null(in);
    assert_int_equal(in->last, 4);
    void *left[1];
    range = (uow_range){&outbox_table, -1, &(outbox){.lane = 0}, 1, false};
    assert_int_equal(uow_scan(u, &range, 1, left), 0);
    assert_int_equal(store_read_end(u), R_DONE);
    return s;
}

static void what_cannot_be_read_is_set_aside(uint64_t adversary)
{
    fix *f = fix_open((fix_options){.adversary = adversary});
    request r = {.run = send_four, .done = done, .slot = 0};
    assert_int_equal(store_submit(app_store(f->app), &r), R_DONE);
    (void)app_settle(f->app);
    assert_int_equal(r.outcome, R_DONE);
    arena *memory = arena_new(0);
    seen s = look(f, memory);
    assert_int_equal(s.n, 3);
    assert_int_equal(quarantine_count(f->app), 3);
    uint16_t acts[] = {LEASE_GRANT_ACT, NO_ACT, ACT_ID_sweep};
    for (size_t i = 0; i < s.n; i++) {
        assert_int_equal(s.rows[i].kind, SUSPECT_KIND_MESSAGE);
        assert_int_equal(s.rows[i].hi, 0);
        assert_int_equal(s.rows[i].lo, i + 1);
        assert_int_equal(s.rows[i].act, acts[i]);
        assert_int_equal(s.rows[i].crashes, 0);
        assert_true(s.rows[i].aside);
    }
    assert_true(str_eq(s.rows[0].input, S("?")));
    fix_verify(f);
    assert_int_equal(quarantine_end(f->app, s.rows[0].id, false), R_CORRUPT);
    assert_int_equal(quarantine_end(f->app, s.rows[0].id, true), R_DONE);
    assert_int_equal(quarantine_end(f->app, s.rows[0].id, true), R_NOT_FOUND);
    assert_int_equal(quarantine_count(f->app), 2);
    assert_int_equal(quarantine_end(f->app, s.rows[1].id, false), R_DONE);
    (void)app_settle(f->app);
    assert_int_equal(quarantine_count(f->app), 2); /* it came, and was set aside again */
    fix_verify(f);
    arena_free(memory);
    fix_close(f);
}

static void on_mem(void **state)
{
    (void)state;
    what_cannot_be_read_is_set_aside(0);
}

static void on_an_adversary(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++)
        what_cannot_be_read_is_set_aside(seed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(on_mem), cmocka_unit_test(on_an_adversary)};
    log_set_level(LOG_LEVEL_COUNT); /* each set aside is an error in the log */
    return cmocka_run_group_tests(tests, NULL, NULL);
}

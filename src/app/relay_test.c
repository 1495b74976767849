/* The relay where messages come twice, and where the outbox has more than memory holds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "app/inner.h"
#include "domain/limit/pool.h"
#include "port/metric.h"
#include "test/lib/domain_fixture.h"
#include "test/lib/store_fixture.h"

enum { FROM = 0, OTHER = 1, TO = 2, A_RUN = 1000, BEYOND_MEMORY = 66, PIECES = 5 };

typedef struct sending {
    request request; /* first */
    uint16_t act, to;
    size_t n;
    lease_in in;
} sending;

static void done(request *r)
{
    MAYBE(r);
}

static result send_all(uow *u, request *r)
{
    const sending *s = (sending *)r;
    for (size_t i = 0; i < s->n; i++)
        uow_send_lane(u, s->act, s->to, &lease_in_record, &s->in);
    return R_DONE;
}

static lease_in nothing(void)
{
    return (lease_in){
        .owner = id_make(FIX_START_MS, 0, 1), .kind = POOL_KIND_STOCK, .lane = TO, .total = PIECES};
}

/* Commits n messages on FROM: they are sent, and not yet applied. */
static void send(fix *f, uint16_t kind, uint16_t to, size_t n, lease_in in)
{
    sending s = {.request = {.run = send_all, .done = done, .lane = FROM, .to_lane = true},
                 .act = kind,
                 .to = to,
                 .n = n,
                 .in = in};
    assert_int_equal(store_submit(app_store(f->app), &s.request), R_DONE);
    while (s.request.act_time_ms == 0)
        assert_true(store_step(app_store(f->app)) > 0);
    assert_int_equal(s.request.outcome, R_DONE);
}

typedef struct seen {
    uint64_t applied; /* of FROM's messages, by TO */
    int64_t free;     /* of the slice in TO */
    bool waiting;     /* in the outbox */
} seen;

static seen look(fix *f)
{
    seen s = {0};
    uow *u;
    arena *memory = arena_new(0);
    assert_int_equal(store_read_begin(app_store(f->app), memory, f->clock_ms, &u), R_DONE);
    const inbox *in = inbox_get(u, TO, FROM);
    lease_in name = nothing();
    const slice *row = slice_get(u, TO, name.owner, name.kind, 0, 0);
    void *left[1];
    s.applied = in == NULL ? 0 : in->last;
    s.free = row == NULL ? 0 : row->free;
    s.waiting = uow_scan(u, &(uow_range){&outbox_table, -1, &(outbox){.lane = FROM}, 1, false}, 1,
                         left) > 0;
    assert_int_equal(store_read_end(u), R_DONE);
    arena_free(memory);
    return s;
}

/* As after a crash between the commit that applied it and the one that forgot it: what is opened
 * finds it in the outbox. */
static void a_message_that_comes_again_has_no_effect(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed <= 5; seed++) {
        fix *f = fix_open((fix_options){.adversary = seed});
        uint64_t timed = metric_value(METRIC_RELAY_DELAY);
        lease_in grant = nothing();
        grant.amount = PIECES;
        send(f, LEASE_GRANT_ACT, TO, 1, grant);
        store_halt_lane(app_store(f->app), FROM, true);
        (void)app_settle(f->app);
        seen once = look(f);
        assert_int_equal(once.applied, 1);
        assert_int_equal(once.free, PIECES);
        assert_true(once.waiting);
        assert_int_equal(relay_load(f->app->relay), R_DONE);
        (void)app_settle(f->app);
        store_halt_lane(app_store(f->app), FROM, false);
        (void)app_settle(f->app);
        seen twice = look(f);
        assert_int_equal(twice.applied, 1);
        assert_int_equal(metric_value(METRIC_RELAY_DELAY), timed + 1);
        assert_int_equal(twice.free, PIECES);
        assert_false(twice.waiting);
        fix_close(f);
    }
}

static void what_memory_does_not_hold_is_read_past_what_is_for_others(void **state)
{
    (void)state;
    fix *f = fix_open((fix_options){0});
    store_halt_lane(app_store(f->app), OTHER, true);
    store_halt_lane(app_store(f->app), TO, true);
    for (size_t i = 0; i < BEYOND_MEMORY; i++)
        send(f, LEASE_RECALL_ACT, TO, A_RUN, nothing());
    send(f, LEASE_RECALL_ACT, OTHER, A_RUN, nothing());
    send(f, LEASE_RECALL_ACT, OTHER, A_RUN, nothing());
    send(f, LEASE_RECALL_ACT, TO, 1, nothing());
    store_halt_lane(app_store(f->app), TO, false);
    (void)app_settle(f->app);
    assert_int_equal(look(f).applied, (BEYOND_MEMORY + 2) * A_RUN + 1);
    store_halt_lane(app_store(f->app), OTHER, false);
    (void)app_settle(f->app);
    assert_false(look(f).waiting);
    fix_close(f);
}

/* On an engine where each row has to be asked for: more than one request may ask for one after
 * another (LANE_AGAIN_MAX). */
static void a_bundle_whose_messages_all_miss_rows_is_applied(void **state)
{
    enum { OWNERS = 200 };
    char root[] = "/tmp/quan-relay-XXXXXX";
    (void)state;
    assert_non_null(mkdtemp(root));
    fix *f = fix_open((fix_options){.rocks = str_of(root)});
    store_halt_lane(app_store(f->app), TO, true);
    for (uint16_t i = 0; i < OWNERS; i++) {
        lease_in of = nothing();
        of.owner = id_make(FIX_START_MS, 0, (uint16_t)(i + 1));
        send(f, LEASE_RECALL_ACT, TO, 1, of);
    }
    store_halt_lane(app_store(f->app), TO, false);
    (void)app_settle(f->app);
    seen s = look(f);
    fix_close(f);
    store_fixture_remove(root);
    assert_int_equal(s.applied, OWNERS);
    assert_false(s.waiting);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_that_comes_again_has_no_effect),
        cmocka_unit_test(what_memory_does_not_hold_is_read_past_what_is_for_others),
        cmocka_unit_test(a_bundle_whose_messages_all_miss_rows_is_applied),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

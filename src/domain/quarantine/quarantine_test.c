/* The list of suspects: what counts, what is forgotten, and what ends a quarantine. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/act.h"
#include "base/id.h"
#include "domain/limit/pool.h"
#include "domain/quarantine/quarantine.h"
#include "test/lib/domain_fixture.h"

enum { SLOT = 4, LANE = 1 }; /* of three lanes */

static result count_in(fix *f, uint64_t lo, uint64_t process, quarantine_out *out)
{
    quarantine_count_in in = {.kind = SUSPECT_KIND_KEYED,
                              .hi = 7,
                              .lo = lo,
                              .act = ACT_ID_issue,
                              .slot = SLOT,
                              .process = process};
    return fix_run(f, ACT_ID_quarantine_count, SLOT, &in, out);
}

static uint32_t crashes(fix *f, uint64_t lo, uint64_t process)
{
    quarantine_out out = {0};
    assert_int_equal(count_in(f, lo, process, &out), R_DONE);
    assert_int_equal(id_slot(out.id), LANE);
    return out.crashes;
}

static size_t rows(fix *f)
{
    uow *u;
    void *found[UOW_SCAN_MAX];
    arena *memory = arena_new(0);
    assert_int_equal(store_read_begin(app_store(f->app), memory, f->clock_ms, &u), R_DONE);
    uow_range range = {&quarantine_table, -1, &(quarantine){.lane = LANE}, 1, false};
    size_t n = uow_scan(u, &range, UOW_SCAN_MAX, found);
    assert_int_equal(store_read_end(u), R_DONE);
    arena_free(memory);
    return n;
}

static void each_process_counts_once(void **state)
{
    (void)state;
    fix *f = fix_open((fix_options){0});
    assert_int_equal(crashes(f, 1, 100), 1);
    assert_int_equal(crashes(f, 1, 100), 1);
    assert_int_equal(crashes(f, 2, 100), 1);
    assert_int_equal(crashes(f, 1, 101), 2);
    assert_int_equal(rows(f), 2);
    fix_close(f);
}

static void who_does_not_come_again_is_forgotten(void **state)
{
    (void)state;
    fix *f = fix_open((fix_options){0});
    assert_int_equal(crashes(f, 1, 100), 1);
    assert_int_equal(crashes(f, 2, 100), 1);
    assert_int_equal(crashes(f, 2, 101), 2);
    fix_pass(f, QUARANTINE_KEEP_MS - 1);
    assert_int_equal(crashes(f, 3, 102), 1);
    assert_int_equal(rows(f), 3);
    fix_pass(f, 1);
    assert_int_equal(crashes(f, 4, 103), 1);
    assert_int_equal(rows(f), 3); /* 1 is gone; 2 is held for ever */
    assert_int_equal(crashes(f, 2, 104), 3);
    assert_int_equal(crashes(f, 1, 104), 1);
    fix_close(f);
}

static void a_full_list_forgets_suspects_and_keeps_what_it_holds(void **state)
{
    (void)state;
    fix *f = fix_open((fix_options){0});
    quarantine_out out;
    assert_int_equal(crashes(f, 0, 1), 1);
    for (uint64_t i = 1; i < QUARANTINE_MAX; i++) {
        assert_int_equal(crashes(f, i, 1), 1);
        assert_int_equal(crashes(f, i, 2), 2);
    }
    assert_int_equal(rows(f), QUARANTINE_MAX);
    assert_int_equal(crashes(f, QUARANTINE_MAX, 3), 1); /* in the place of 0 */
    assert_int_equal(crashes(f, QUARANTINE_MAX, 4), 2);
    assert_int_equal(rows(f), QUARANTINE_MAX);
    assert_int_equal(count_in(f, QUARANTINE_MAX + 1, 5, &out), R_TOO_MANY);
    assert_int_equal(crashes(f, 1, 5), 3);
    fix_close(f);
}

/* ---- messages ---- */

typedef struct put_aside {
    request request; /* first */
    pool_name pool;
    int64_t pieces;
    str message;
} put_aside;

/* What the relay does with a grant that crashes: its home gave them, the lane passed over
 * them. Home and lane are one lane here, so that one request can do both. */
static result put(uow *u, request *r)
{
    put_aside *p = (put_aside *)r;
    pool *home = pool_get(u, id_slot(p->pool.owner), p->pool.owner, p->pool.kind, 0, 0);
    if (uow_pending(u))
        return R_AGAIN;
    pool_edit(u, home);
    home->free -= p->pieces;
    for (size_t i = 0; i < home->leases.n; i++)
        if (home->leases.items[i].lane == uow_lane(u))
            home->leases.items[i].out += p->pieces;
    quarantine *row = quarantine_new(u, uow_lane(u), SUSPECT_KIND_MESSAGE, uow_lane(u), 1);
    row->id = 5;
    row->act = LEASE_GRANT_ACT;
    row->to_lane = uow_lane(u);
    row->aside = true;
    row->input = p->message;
    return R_DONE;
}

static void put_done(request *r)
{
    MAYBE(r);
}

static void set_aside(fix *f, uint64_t template_id, int64_t pieces, str message)
{
    put_aside p = {.request = {.run = put, .done = put_done, .slot = id_slot(template_id)},
                   .pool = pool_stock(template_id),
                   .pieces = pieces,
                   .message = message};
    assert_int_equal(store_submit(app_store(f->app), &p.request), R_DONE);
    (void)app_settle(f->app);
    assert_int_equal(p.request.outcome, R_DONE);
}

static result end(fix *f, uint16_t slot, bool drop)
{
    quarantine_end_in in = {.kind = SUSPECT_KIND_MESSAGE,
                            .hi = store_lane_of_slot(app_store(f->app), slot),
                            .lo = 1,
                            .drop = drop};
    act_none out;
    return fix_run(f, ACT_ID_quarantine_end, slot, &in, &out);
}

/* A template whose stock has a slice in the lane of its home; *user has its slot there. */
static uint64_t stocked(fix *f, int64_t stock)
{
    campaign_create_in c = fix_campaign_in(f);
    template_put_in t = fix_template_in(f, fix_campaign(f, &c));
    t.stock = stock;
    uint64_t id = fix_template(f, &t);
    for (int i = 0; i < 100; i++) {
        str name = arena_printf(f->memory, "user-%d", i);
        if (store_lane_of_slot(app_store(f->app), slot_of_user(f->merchant, name)) ==
            store_lane_of_slot(app_store(f->app), id_slot(id))) {
            (void)fix_claim_one(f, name, id);
            return id;
        }
    }
    fail_msg("no user in that lane");
    return 0;
}

static str grant_of(fix *f, uint64_t template_id, int64_t pieces)
{
    lease_in in = {.owner = template_id,
                   .kind = POOL_KIND_STOCK,
                   .lane = store_lane_of_slot(app_store(f->app), id_slot(template_id)),
                   .amount = pieces,
                   .total = 100};
    buf b;
    buf_init(&b, 4096);
    record_encode(&lease_in_record, &in, &b);
    str bytes = arena_str(f->memory, buf_view(&b));
    buf_free(&b);
    return bytes;
}

static void a_grant_that_comes_late_goes_home(void **state)
{
    (void)state;
    fix *f = fix_open((fix_options){0});
    uint64_t id = stocked(f, 100);
    set_aside(f, id, 20, grant_of(f, id, 20));
    fix_verify(f); /* on its way */
    assert_int_equal(end(f, id_slot(id), false), R_DONE);
    (void)app_settle(f->app);
    fix_verify(f);
    assert_int_equal(fix_left(f, pool_stock(id)), 99);
    uint64_t coupons[99];
    assert_int_equal(fix_claim(f, S("all of them"), id, 50, coupons), R_DONE);
    assert_int_equal(fix_claim(f, S("the rest"), id, 49, coupons), R_DONE);
    assert_int_equal(end(f, id_slot(id), false), R_NOT_FOUND);
    fix_verify(f);
    fix_close(f);
}

static void what_cannot_be_read_stays_until_it_is_dropped(void **state)
{
    (void)state;
    fix *f = fix_open((fix_options){0});
    uint64_t id = stocked(f, 100);
    str whole = grant_of(f, id, 0);
    set_aside(f, id, 0, (str){whole.p, whole.n - 1});
    assert_int_equal(end(f, id_slot(id), false), R_CORRUPT);
    assert_int_equal(end(f, id_slot(id), true), R_DONE);
    assert_int_equal(end(f, id_slot(id), true), R_NOT_FOUND);
    fix_verify(f);
    fix_close(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_process_counts_once),
        cmocka_unit_test(who_does_not_come_again_is_forgotten),
        cmocka_unit_test(a_full_list_forgets_suspects_and_keeps_what_it_holds),
        cmocka_unit_test(a_grant_that_comes_late_goes_home),
        cmocka_unit_test(what_cannot_be_read_stays_until_it_is_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

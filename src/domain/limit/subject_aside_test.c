/* A confirmation that was set aside keeps what was reserved, whatever a check's answer says; an
 * operator ends it. With real crashes: test/fault/quarantine.sh. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/id.h"
#include "domain/limit/subject.h"
#include "domain/saga/saga.h"
#include "test/lib/domain_fixture.h"

enum { ASIDE_FROM = 1, ASIDE_SEQUENCE = 1000, LO = 77 };
static uint64_t confirmed; /* the reservation */
static fix *shop;
static uint64_t template_id, device = 5; /* hi */

static void open_shop(void)
{
    limit_rule rule = fix_limit(LIMIT_MEASURE_CLAIMS, LIMIT_SUBJECT_DEVICE, LIMIT_PERIOD_EVER, 2);
    campaign_create_in in = fix_campaign_in(shop);
    template_put_in t = fix_template_in(shop, fix_campaign(shop, &in));
    t.limits.items = &rule;
    t.limits.n = 1;
    template_id = fix_template(shop, &t);
}

/* The last one, among more than one look sees. */
static result set_aside(uow *u, request *r)
{
    (void)r;
    for (uint64_t i = 0; i <= 100; i++) {
        limit_settle_in in = {.hi = device, .lo = LO, .reservation = i == 100 ? confirmed : i};
        quarantine *row =
            quarantine_new(u, uow_lane(u), SUSPECT_KIND_MESSAGE, ASIDE_FROM, ASIDE_SEQUENCE + i);
        row->act = SUBJECT_SETTLE_ACT;
        row->slot = slot_of_hash(device);
        row->to_lane = UINT16_MAX;
        row->input = record_bytes(&limit_settle_in_record, &in, uow_memory(u));
        row->aside = true;
    }
    return R_DONE;
}

static result dropped(uow *u, request *r)
{
    (void)r;
    void *rows[UOW_SCAN_MAX];
    uow_range all = {&quarantine_table, -1, &(quarantine){.lane = uow_lane(u)}, 1, false};
    size_t n = uow_scan(u, &all, UOW_SCAN_MAX, rows);
    if (uow_pending(u))
        return R_AGAIN;
    for (size_t i = 0; i < n; i++)
        quarantine_delete(u, rows[i]);
    return R_DONE;
}

static void nothing(request *r)
{
    (void)r;
}

static void in_its_lane(result (*run)(uow *u, request *r))
{
    request r = {.run = run, .done = nothing, .slot = slot_of_hash(device)};
    assert_int_equal(store_submit(app_store(shop->app), &r), R_DONE);
    (void)app_settle(shop->app);
    assert_int_equal(r.outcome, R_DONE);
}

static uint64_t reserve(void)
{
    limit_need need = {.template = template_id, .measure = LIMIT_MEASURE_CLAIMS, .n = 1};
    limit_reserve_in in = {.merchant = shop->merchant,
                           .subject = LIMIT_SUBJECT_DEVICE,
                           .hi = device,
                           .lo = LO,
                           .slot = slot_of_user(shop->merchant, S("ann"))};
    limit_reserve_out out = {0};
    in.needs.items = &need;
    in.needs.n = 1;
    assert_int_equal(fix_run(shop, ACT_ID_limit_reserve_claim, slot_of_hash(device), &in, &out),
                     R_DONE);
    assert_int_not_equal(out.reservation, 0);
    return out.reservation;
}

static size_t on_their_way(void)
{
    app_view v;
    assert_int_equal(app_view_open(shop->app, shop->memory, &v), R_DONE);
    const subject_open *open = subject_open_get(v.rows, slot_of_hash(device), device, LO);
    size_t n = open == NULL ? 0 : open->reservations.n;
    assert_int_equal(app_view_close(&v), R_DONE);
    return n;
}

/* Checks come behind it, and it has not been applied: only an operator ends it. */
static void what_is_set_aside_keeps_its_reservation(void **state)
{
    (void)state;
    open_shop();
    confirmed = reserve();
    (void)reserve();
    in_its_lane(set_aside);
    for (unsigned i = 0; i < 3; i++) {
        fix_pass(shop, i == 0 ? SAGA_TRY_MS : SAGA_CHECK_MS);
        fix_sweep(shop);
        assert_int_equal(on_their_way(), 1); /* the other one is let go */
    }
    in_its_lane(dropped);
    fix_pass(shop, 2 * SAGA_CHECK_MS); /* ever more rarely */
    fix_sweep(shop);
    assert_int_equal(on_their_way(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_set_aside_keeps_its_reservation),
    };
    int failed = 0;
    for (uint64_t seed = 0; seed < 3 && failed == 0; seed++) {
        shop = fix_open((fix_options){.adversary = seed});
        failed = cmocka_run_group_tests(tests, NULL, NULL);
        fix_verify(shop);
        fix_close(shop);
    }
    return failed;
}

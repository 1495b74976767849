/* verify sees what is wrong with the uses of automatic templates. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "app/verify.h"
#include "base/id.h"
#include "test/lib/domain_fixture.h"

typedef struct shop {
    fix *f;
    uint64_t template, hold, redemption;
    uint16_t slot;
} shop;

/* One use redeemed, one held: 10.00 each, of a budget. */
static shop shop_open(void)
{
    shop s = {.f = fix_open((fix_options){.lanes = 2})};
    campaign_create_in c = fix_campaign_in(s.f);
    c.budget_mode = BUDGET_MODE_AT_REDEEM;
    c.budget_minor = 100000;
    template_put_in t = fix_template_in(s.f, fix_campaign(s.f, &c));
    t.apply = APPLY_MODE_AUTOMATIC;
    s.template = fix_template(s.f, &t);
    order_line line = {.sku = S("tea"), .quantity = 2, .unit_minor = 3000};
    fix_order o = {.user = S("ann"), .number = S("o-1"), .lines = &line, .line_count = 1};
    assert_int_equal(fix_redeem(s.f, &o, &s.redemption), R_DONE);
    o.number = S("o-2");
    assert_int_equal(fix_hold(s.f, &o, &s.hold), R_DONE);
    s.slot = id_slot(s.redemption);
    return s;
}

typedef void spoil(uow *u, const shop *s);
typedef struct spoiler {
    request request; /* first */
    spoil *spoil;
    const shop *shop;
} spoiler;

static void spoil_discount(uow *u, const shop *s)
{
    redemption *row = redemption_get(u, s->slot, s->redemption);
    if (row == NULL)
        return;
    redemption_edit(u, row);
    row->applied.items[0].returned_minor = 1;
}

static void spoil_reserved(uow *u, const shop *s)
{
    hold *row = hold_get(u, s->slot, s->hold);
    if (row == NULL)
        return;
    hold_edit(u, row);
    row->applied.items[0].reserved_minor = 999;
}

static void spoil_spent(uow *u, const shop *s)
{
    redemption *row = redemption_get(u, s->slot, s->redemption);
    if (row == NULL)
        return;
    redemption_edit(u, row);
    row->applied.items[0].reserved_minor = 999;
}

static void spoil_ledger(uow *u, const shop *s)
{
    void *page[1];
    uow_range range = {.table = &ledger_table,
                       .index = -1,
                       .from = &(ledger){.slot = s->slot},
                       .prefix_columns = 1};
    if (uow_scan(u, &range, 1, page) == 0)
        return;
    ledger *row = ledger_get(u, s->slot, ((ledger *)page[0])->id);
    if (row == NULL)
        return;
    ledger_edit(u, row);
    row->campaign++;
}

static void spoil_template(uow *u, const shop *s)
{
    hold *row = hold_get(u, s->slot, s->hold);
    if (row == NULL)
        return;
    hold_edit(u, row);
    row->applied.items[0].template ++;
}

/* The row of the user's counts, ready to be written; NULL: not yet. */
static usage *counts_of(uow *u, const shop *s)
{
    const redemption *order = redemption_get(u, s->slot, s->redemption);
    const applied_coupon *a = order == NULL ? NULL : order->applied.items;
    usage *row = a == NULL ? NULL : usage_get(u, s->slot, order->member, a->campaign);
    if (row != NULL)
        usage_edit(u, row);
    return row;
}

static void spoil_count(uow *u, const shop *s)
{
    usage *row = counts_of(u, s);
    if (row != NULL)
        row->cells.items[0].n++;
}

static void spoil_cell(uow *u, const shop *s)
{
    usage *row = counts_of(u, s);
    if (row != NULL)
        row->cells.n = 1;
}

static void spoil_users(uow *u, const shop *s)
{
    const redemption *order = redemption_get(u, s->slot, s->redemption);
    if (order == NULL)
        return;
    tally *row = tally_get(u, uow_lane(u), order->applied.items[0].campaign, s->template,
                           zone_day(&zone_utc, order->redeemed_at_ms));
    if (row == NULL)
        return;
    tally_edit(u, row);
    row->users++;
}

static result spoil_run(uow *u, request *r)
{
    spoiler *s = (spoiler *)r;
    s->spoil(u, s->shop);
    return uow_pending(u) ? R_AGAIN : R_DONE;
}

static void spoil_done(request *r)
{
    assert_int_equal(r->outcome, R_DONE);
}

typedef struct wanted {
    const char *check, *field;
    size_t n;
} wanted;

static void look(void *context, const verify_difference *d)
{
    wanted *w = context;
    w->n += strcmp(d->check, w->check) == 0 && str_starts(d->field, str_of(w->field));
}

static void every_flaw_is_named(void **state)
{
    (void)state;
    static const struct {
        spoil *how;
        const char *check, *field;
    } rows[] = {
        {NULL, "", ""},
        {spoil_discount, "promotion", "ledger discount"},
        {spoil_reserved, "promotion", "ledger budget_reserved"},
        {spoil_spent, "promotion", "ledger budget_spent"},
        {spoil_ledger, "ledger", "campaign"},
        {spoil_template, "hold", "its template is there and automatic"},
        {spoil_count, "usage", "redemptions ever"},
        {spoil_cell, "usage", "uses that are counted nowhere"},
        {spoil_users, "tally", "users"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        shop s = shop_open();
        spoiler r = {
            .request = {.run = spoil_run, .done = spoil_done, .slot = s.slot, .class = CLASS_OTHER},
            .spoil = rows[i].how,
            .shop = &s};
        if (rows[i].how != NULL)
            assert_int_equal(store_submit(app_store(s.f->app), &r.request), R_DONE);
        (void)app_settle(s.f->app);
        wanted w = {.check = rows[i].check, .field = rows[i].field};
        verify_summary sum;
        verify_options options = {.context = &w, .found = look};
        assert_int_equal(verify_app(s.f->app, &options, &sum), R_DONE);
        assert_int_equal(sum.differences > 0, rows[i].how != NULL);
        assert_int_equal(w.n > 0, rows[i].how != NULL);
        fix_close(s.f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_flaw_is_named)};
    return cmocka_run_group_tests_name("app/verify_promotion", tests, NULL, NULL);
}

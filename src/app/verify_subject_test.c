/* verify finds what is wrong with counts by phone, e-mail, device …: a healthy shop, one
 * row made wrong, and the field that must be named. */
#include "app/verify_flaw_test.h"

static fix *shop;
static uint64_t coupon_id, hold_id, redemption_id;
static subject_usage counts; /* of the device */
static subject_open open;    /* an act is on its way for it */

static bool copy_counts(void *context, str key, const void *row)
{
    (void)context;
    (void)key;
    counts = *(const subject_usage *)row;
    return true;
}

static void find_rows(void)
{
    app_view v;
    store_span span = {&subject_usage_table, -1, 0, SLOT_COUNT};
    assert_int_equal(app_view_open(shop->app, shop->memory, &v), R_DONE);
    assert_int_equal(store_each(v.rows, &span, copy_counts, NULL), R_DONE);
    assert_int_equal(app_view_close(&v), R_DONE);
}

/* Keeps one claim for an act that does not come. */
static void leave_open(uint64_t template_id)
{
    limit_need need = {.template = template_id, .measure = LIMIT_MEASURE_CLAIMS, .n = 1};
    limit_reserve_in in = {.merchant = shop->merchant,
                           .subject = LIMIT_SUBJECT_DEVICE,
                           .hi = counts.hi,
                           .lo = counts.lo};
    limit_reserve_out out = {0};
    in.needs.items = &need;
    in.needs.n = 1;
    assert_int_equal(fix_run(shop, ACT_ID_limit_reserve_claim, slot_of_hash(counts.hi), &in, &out),
                     R_DONE);
    open = (subject_open){.slot = counts.slot, .hi = counts.hi, .lo = counts.lo};
}

static int set_up(void **state)
{
    (void)state;
    limit_rule rules[] = {
        fix_limit(LIMIT_MEASURE_CLAIMS, LIMIT_SUBJECT_DEVICE, LIMIT_PERIOD_DAY, 9),
        fix_limit(LIMIT_MEASURE_REDEMPTIONS, LIMIT_SUBJECT_DEVICE, LIMIT_PERIOD_EVER, 9),
        fix_limit(LIMIT_MEASURE_MONEY, LIMIT_SUBJECT_DEVICE, LIMIT_PERIOD_WEEK, 9000)};
    shop = fix_open((fix_options){0});
    campaign_create_in in = fix_campaign_in(shop);
    template_put_in t = fix_template_in(shop, fix_campaign(shop, &in));
    t.limits.items = rules;
    t.limits.n = ARRAY_LEN(rules);
    uint64_t template_id = fix_template(shop, &t), coupons[3];
    shop->names.device = S("d1");
    assert_int_equal(fix_claim(shop, S("ann"), template_id, 3, coupons), R_DONE);
    order_line line = {.sku = S("tea"), .quantity = 1, .unit_minor = 3000};
    fix_order o = {.user = S("ann"),
                   .number = S("o-1"),
                   .coupons = &coupons[0],
                   .coupon_count = 1,
                   .lines = &line,
                   .line_count = 1};
    assert_int_equal(fix_redeem(shop, &o, &redemption_id), R_DONE);
    o.number = S("o-2");
    o.coupons = &coupons[1];
    assert_int_equal(fix_hold(shop, &o, &hold_id), R_DONE);
    coupon_id = coupons[2];
    find_rows();
    leave_open(template_id);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fix_close(shop);
    return 0;
}

/* ---- making a row wrong ---- */

static subject_usage *counts_of(uow *u)
{
    subject_usage *row = subject_usage_get(u, counts.slot, counts.hi, counts.lo, counts.campaign);
    if (row != NULL)
        subject_usage_edit(u, row);
    return row;
}

static bool one_more(uow *u)
{
    subject_usage *row = counts_of(u);
    if (row != NULL)
        row->cells.items[0].n++;
    return row != NULL;
}

static bool less_money(uow *u)
{
    subject_usage *row = counts_of(u);
    if (row != NULL)
        row->cells.items[2].n--;
    return row != NULL;
}

static bool lost(uow *u)
{
    subject_usage *row = counts_of(u);
    if (row != NULL)
        subject_usage_delete(u, row);
    return row != NULL;
}

static bool another_day(uow *u)
{
    subject_usage *row = counts_of(u);
    if (row != NULL)
        row->cells.items[0].number--;
    return row != NULL;
}

static bool due_late(uow *u)
{
    subject_open *row = subject_open_get(u, open.slot, open.hi, open.lo);
    if (row == NULL)
        return false;
    subject_open_edit(u, row);
    row->reservations.items[0].due_at_ms--; /* before its entry */
    return true;
}

static bool kept_for_nobody(uow *u)
{
    subject_open *row = subject_open_get(u, open.slot, open.hi, open.lo);
    if (row == NULL)
        return false;
    subject_open_edit(u, row);
    row->counts.items[0].reservation++;
    return true;
}

static bool take_lost(uow *u)
{
    coupon_take *row = coupon_take_get(u, id_slot(coupon_id), coupon_id);
    if (row == NULL)
        return false;
    coupon_take_delete(u, row);
    return true;
}

static bool hold_took_less(uow *u)
{
    hold *row = hold_get(u, id_slot(hold_id), hold_id);
    if (row == NULL)
        return false;
    hold_edit(u, row);
    row->takes.items[0].n--;
    return true;
}

static bool redemption_took_more(uow *u)
{
    redemption *row = redemption_get(u, id_slot(redemption_id), redemption_id);
    if (row == NULL)
        return false;
    redemption_edit(u, row);
    row->takes.items[0].n++;
    return true;
}

static const struct {
    const char *name;
    spoil *how;
    const char *field;
} flaws[] = {
    {"one_more", one_more, "claims day"},
    {"less_money", less_money, "money week"},
    {"lost", lost, "redemptions ever"},
    {"another_day", another_day, "claims day"},
    {"due_late", due_late, "a due entry at or before"},
    {"kept_for_nobody", kept_for_nobody, "what is kept is kept for an act"},
    {"take_lost", take_lost, "claims day"},
    {"hold_took_less", hold_took_less, "redemptions ever"},
    {"redemption_took_more", redemption_took_more, "redemptions ever"},
};

static uint16_t slot_of(size_t i)
{
    if (flaws[i].how == take_lost)
        return id_slot(coupon_id);
    return flaws[i].how == hold_took_less || flaws[i].how == redemption_took_more ? id_slot(hold_id)
                                                                                  : counts.slot;
}

/* ---- looking ---- */

typedef struct wanted {
    const char *field;
    size_t n, all;
} wanted;

static void look(void *context, const verify_difference *d)
{
    wanted *w = context;
    w->all++;
    w->n += str_eq(str_of(d->check), S("subject")) && str_starts(d->field, str_of(w->field));
    print_message("%s %.*s: %.*s is %.*s, not %.*s\n", d->check, STR_ARG(d->subject),
                  STR_ARG(d->field), STR_ARG(d->actual), STR_ARG(d->expected));
}

static wanted differences(const char *field)
{
    wanted w = {.field = field};
    verify_summary sum;
    verify_options options = {.context = &w, .found = look};
    assert_int_equal(verify_app(shop->app, &options, &sum), R_DONE);
    return w;
}

static void silent_on_a_healthy_shop(void **state)
{
    (void)state;
    assert_int_equal(differences("").all, 0);
}

static void every_kind_of_flaw_is_named(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(flaws); i++) {
        if (i > 0)
            (void)set_up(state);
        make_wrong(shop, slot_of(i), flaws[i].how);
        if (differences(flaws[i].field).n == 0)
            fail_msg("%s: nobody says %s", flaws[i].name, flaws[i].field);
        if (i + 1 < ARRAY_LEN(flaws))
            (void)tear_down(state);
    }
}

/* What the users' lanes have committed and the device's has not yet applied is no difference. */
static void what_is_on_its_way_is_counted(void **state)
{
    (void)state;
    store *s = app_store(shop->app);
    uint16_t still = store_lane_of_slot(s, counts.slot);
    assert_int_not_equal(still, store_lane_of_slot(s, id_slot(hold_id)));
    store_halt_lane(s, still, true);
    assert_int_equal(fix_release(shop, hold_id), R_DONE);
    assert_int_equal(fix_return(shop, redemption_id, NULL, 0, NULL), R_DONE);
    assert_int_equal(fix_void(shop, coupon_id, VOID_REASON_ISSUED_IN_ERROR), R_DONE);
    assert_int_equal(differences("").all, 0);
    store_halt_lane(s, still, false);
    (void)app_settle(shop->app);
    assert_int_equal(differences("").all, 0);
    find_rows();
    assert_int_equal(counts.cells.n, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(silent_on_a_healthy_shop, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_kind_of_flaw_is_named, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_on_its_way_is_counted, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

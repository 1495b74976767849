/* verify finds what is wrong with exchange codes, batches and words: a healthy shop, one row made
 * wrong, and the field that must be named. */
#include "app/codes.h"
#include "app/verify_flaw_test.h"

enum { EXCHANGED = 12345, KEPT = 54321, BATCH = 60000 }; /* places */

static fix *shop;
static uint64_t format_id, batch_id, word_id, coupon_id, worded_id, template_id;

static uint64_t put(act_id id, const void *in)
{
    row_out out = {0};
    assert_int_equal(fix_run(shop, id, id_slot(shop->merchant), in, &out), R_DONE);
    return out.id;
}

static void make_codes(void)
{
    code_format_put_in format = {.merchant = shop->merchant,
                                 .name = S("Partners"),
                                 .alphabet = code_alphabet_crockford,
                                 .length = 12,
                                 .expected = 1000};
    assert_int_equal(codes_key_make(shop->app, shop->merchant, shop->memory, &format.sealed),
                     R_DONE);
    format_id = put(ACT_ID_code_format_put, &format);
    code_batch_put_in batch = {.merchant = shop->merchant,
                               .fields = CODE_BATCH_NAME,
                               .format = format_id,
                               .template = template_id,
                               .count = BATCH,
                               .name = S("Cinema")};
    batch_id = put(ACT_ID_code_batch_put, &batch);
    code_word_put_in word = {
        .merchant = shop->merchant, .word = S("SPRING10"), .template = template_id};
    word_id = put(ACT_ID_code_word_put, &word);
}

/* Issues a coupon for a code that is reserved, or for a word. */
static uint64_t exchange(uint8_t source, code_use use)
{
    issue_item item = {.template = template_id, .count = 1};
    issue_in in = {.merchant = shop->merchant,
                   .user = S("ann"),
                   .source = source,
                   .mode = ISSUE_MODE_ALL_OR_NONE};
    issue_out out = {0};
    in.items.items = &item;
    in.items.n = 1;
    in.codes.items = &use;
    in.codes.n = 1;
    fix_act *a = fix_submit(shop, ACT_ID_issue, slot_of_user(shop->merchant, in.user), &in, &out);
    (void)app_settle(shop->app);
    assert_int_equal(a->call.code, R_DONE);
    return out.coupons.items[0].coupon;
}

static code_use reserve(uint64_t place)
{
    code_reserve_out out = {0};
    code_reserve_in in = {.merchant = shop->merchant,
                          .format = format_id,
                          .place = place,
                          .slot = slot_of_user(shop->merchant, S("ann"))};
    assert_int_equal(fix_run(shop, ACT_ID_code_reserve, code_place_slot(place), &in, &out), R_DONE);
    return (code_use){.format = format_id,
                      .place = place,
                      .reservation = out.reservation,
                      .deadline_ms = out.deadline_ms};
}

static int set_up(void **state)
{
    (void)state;
    shop = fix_open((fix_options){0});
    campaign_create_in in = fix_campaign_in(shop);
    template_put_in t = fix_template_in(shop, fix_campaign(shop, &in));
    template_id = fix_template(shop, &t);
    make_codes();
    coupon_id = exchange(COUPON_SOURCE_EXCHANGE, reserve(EXCHANGED));
    worded_id = exchange(COUPON_SOURCE_WORD, (code_use){.word = word_id});
    (void)reserve(KEPT); /* for an act that does not come */
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fix_close(shop);
    return 0;
}

/* ---- making a row wrong ---- */

static exchange_code *code_at(uow *u, uint64_t place)
{
    exchange_code *row =
        exchange_code_get(u, code_place_slot(place), format_id, place / SLOT_COUNT);
    if (row != NULL)
        exchange_code_edit(u, row);
    return row;
}

static bool code_lost(uow *u)
{
    exchange_code *row = code_at(u, EXCHANGED);
    if (row != NULL)
        exchange_code_delete(u, row);
    return row != NULL;
}

static bool another_coupon(uow *u)
{
    exchange_code *row = code_at(u, EXCHANGED);
    if (row != NULL)
        row->coupon = id_make(FIX_START_MS, 77, 1);
    return row != NULL;
}

static bool another_batch(uow *u)
{
    exchange_code *row = code_at(u, EXCHANGED);
    if (row != NULL)
        row->batch++;
    return row != NULL;
}

/* A second code for the same coupon. */
static bool twice(uow *u)
{
    exchange_code *row = code_at(u, KEPT);
    if (row == NULL)
        return false;
    row->reservations.n = 0;
    row->coupon = coupon_id;
    return true;
}

static bool neither(uow *u)
{
    exchange_code *row = code_at(u, KEPT);
    if (row != NULL)
        row->reservations.n = 0;
    return row != NULL;
}

static bool due_late(uow *u)
{
    exchange_code *row = code_at(u, KEPT);
    if (row != NULL)
        row->reservations.items[0].due_at_ms--; /* before its entry */
    return row != NULL;
}

static bool count_one_more(uow *u, uint64_t of)
{
    tally_code *row = tally_code_get(u, uow_lane(u), of);
    if (row == NULL)
        return false;
    tally_code_edit(u, row);
    row->exchanged++;
    return true;
}

static bool batch_counts_more(uow *u)
{
    return count_one_more(u, batch_id);
}

static bool word_counts_more(uow *u)
{
    return count_one_more(u, word_id);
}

static bool uses_count_more(uow *u)
{
    tally_code *row = tally_code_get(u, uow_lane(u), batch_id);
    if (row == NULL)
        row = tally_code_new(u, uow_lane(u), batch_id);
    else
        tally_code_edit(u, row);
    row->redeemed++;
    row->returned++;
    row->voided++;
    return true;
}

static bool of_another_batch(uow *u)
{
    coupon *row = coupon_get(u, id_slot(coupon_id), coupon_id);
    if (row == NULL)
        return false;
    coupon_edit(u, row);
    row->batch++;
    return true;
}

static bool of_another_word(uow *u)
{
    coupon *row = coupon_get(u, id_slot(worded_id), worded_id);
    if (row == NULL)
        return false;
    coupon_edit(u, row);
    row->batch = batch_id;
    return true;
}

static bool claimed(uow *u)
{
    coupon *row = coupon_get(u, id_slot(coupon_id), coupon_id);
    if (row == NULL)
        return false;
    coupon_edit(u, row);
    row->source = COUPON_SOURCE_CLAIM;
    return true;
}

/* ---- what verify says ---- */

typedef struct seen {
    const char *field;
    int named, others;
} seen;

static void on_difference(void *context, const verify_difference *d)
{
    seen *s = context;
    bool is =
        strcmp(d->check, "code") == 0 && s->field != NULL && str_eq(d->field, str_of(s->field));
    s->named += is;
    s->others += !is;
    if (s->field == NULL)
        print_message("%s %.*s %.*s: %.*s, not %.*s\n", d->check, STR_ARG(d->subject),
                      STR_ARG(d->field), STR_ARG(d->actual), STR_ARG(d->expected));
}

static seen verified(const char *field)
{
    seen s = {.field = field};
    verify_options options = {.context = &s, .found = on_difference};
    verify_summary summary;
    assert_int_equal(verify_app(shop->app, &options, &summary), R_DONE);
    assert_int_equal(summary.differences, s.named + s.others);
    return s;
}

static void a_healthy_shop_has_no_difference(void **state)
{
    (void)state;
    assert_int_equal(verified(NULL).others, 0);
}

static void every_flaw_is_named(void **state)
{
    static const struct {
        spoil *how;
        uint64_t slot_of; /* a place; 0: the user's slot */
        const char *field;
    } flaws[] = {{code_lost, EXCHANGED, "codes that name it"},
                 {code_lost, EXCHANGED, "exchanged"},
                 {another_coupon, EXCHANGED, "codes that name it"},
                 {another_coupon, EXCHANGED, "coupons"},
                 {another_batch, EXCHANGED, "its batch is there"},
                 {another_batch, EXCHANGED, "exchanged"},
                 {twice, KEPT, "codes that name it"},
                 {neither, KEPT, "a coupon, or an act on its way"},
                 {due_late, KEPT, "a due entry at or before its act's deadline"},
                 {batch_counts_more, EXCHANGED, "exchanged"},
                 {word_counts_more, 0, "coupons by words"},
                 {uses_count_more, EXCHANGED, "redeemed"},
                 {uses_count_more, EXCHANGED, "returned"},
                 {uses_count_more, EXCHANGED, "voided"},
                 {of_another_batch, 0, "the batch of its code"},
                 {of_another_word, 0, "its word is there"},
                 {claimed, 0, "coupons"}};
    (void)tear_down(state);
    for (size_t i = 0; i < ARRAY_LEN(flaws); i++) {
        (void)set_up(state);
        uint16_t slot = flaws[i].slot_of == 0 ? slot_of_user(shop->merchant, S("ann"))
                                              : code_place_slot(flaws[i].slot_of);
        make_wrong(shop, slot, flaws[i].how);
        if (verified(flaws[i].field).named == 0)
            fail_msg("flaw %zu: %s is not named", i, flaws[i].field);
        (void)tear_down(state);
    }
    (void)set_up(state);
}

/* A coupon whose confirmation has not reached the code's lane is no difference. */
static void what_is_on_its_way_is_counted(void **state)
{
    (void)state;
    store *s = app_store(shop->app);
    uint16_t home = slot_of_user(shop->merchant, S("ann"));
    uint64_t place = EXCHANGED + 1;
    while (store_lane_of_slot(s, code_place_slot(place)) == store_lane_of_slot(s, home))
        place++;
    uint16_t still = store_lane_of_slot(s, code_place_slot(place));
    code_use use = reserve(place);
    store_halt_lane(s, still, true);
    (void)exchange(COUPON_SOURCE_EXCHANGE, use);
    assert_int_equal(verified(NULL).others, 0);
    store_halt_lane(s, still, false);
    (void)app_settle(shop->app);
    assert_int_equal(verified(NULL).others, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_healthy_shop_has_no_difference, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_flaw_is_named, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_on_its_way_is_counted, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

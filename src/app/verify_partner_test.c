/* Codes of partners: many who want few of them, stepped and with rows withheld, commits aborted and
 * batches split at random: each has its own, and there are as many coupons as codes. And verify
 * finds what is wrong with them. */
#include "app/verify_flaw_test.h"
#include "domain/limit/partner.h"

enum { USERS = 60, CODES = 41, LANES = 4 };

static fix *shop;
static uint64_t template_id;

static void add_codes(uint32_t from, uint32_t n)
{
    partner_line *lines = ARENA_ARRAY(shop->memory, partner_line, n);
    partner_put_in in = {.merchant = shop->merchant, .template = template_id};
    partner_put_out out = {0};
    for (uint32_t i = 0; i < n; i++)
        lines[i] = (partner_line){.line = i,
                                  .hi = from + i,
                                  .lo = 7,
                                  .sealed = arena_printf(shop->memory, "code %u", from + i)};
    in.lines.items = lines;
    in.lines.n = n;
    assert_int_equal(fix_run(shop, ACT_ID_partner_put, id_slot(template_id), &in, &out), R_DONE);
    assert_int_equal(out.accepted, n);
}

static void open_shop(uint16_t lanes, uint64_t adversary)
{
    shop = fix_open((fix_options){.lanes = lanes, .adversary = adversary});
    campaign_create_in in = fix_campaign_in(shop);
    template_put_in t = fix_template_in(shop, fix_campaign(shop, &in));
    t.stock = -1;
    t.partner = S("Lotus");
    template_id = fix_template(shop, &t);
}

static fix_act *claim(unsigned number)
{
    issue_in *in = ARENA_NEW(shop->memory, issue_in);
    issue_item *item = ARENA_NEW(shop->memory, issue_item);
    *item = (issue_item){.template = template_id, .count = 1};
    *in = (issue_in){.merchant = shop->merchant,
                     .user = arena_printf(shop->memory, "user-%u", number),
                     .source = COUPON_SOURCE_CLAIM,
                     .mode = ISSUE_MODE_ALL_OR_NONE};
    in->items.items = item;
    in->items.n = 1;
    return fix_submit(shop, ACT_ID_issue, slot_of_user(shop->merchant, in->user), in,
                      ARENA_NEW(shop->memory, issue_out));
}

static void count_code(const fix_act *a, unsigned got[2 * CODES])
{
    const issue_out *out = a->call.out;
    const issued_coupon *c = out->coupons.items;
    unsigned number = 0;
    assert_int_equal(out->coupons.n, 1);
    for (size_t i = sizeof("code ") - 1; i < c->sealed.n; i++)
        number = number * 10 + (unsigned)(c->sealed.p[i] - '0');
    assert_in_range(number, 0, 2 * CODES - 1);
    assert_int_equal(got[number]++, 0);
}

/* Two rushes: what comes between them is found by lanes that were told that nothing is left. */
static void each_code_goes_to_one_coupon(void **state)
{
    (void)state;
    for (uint64_t adversary = 0; adversary < 12; adversary++) {
        unsigned got[2 * CODES] = {0}, done = 0;
        fix_act *acts[2][USERS];
        open_shop(LANES, adversary);
        for (unsigned rush = 0; rush < 2; rush++) {
            add_codes(rush * CODES, CODES);
            for (unsigned i = 0; i < USERS; i++)
                acts[rush][i] = claim(rush * USERS + i);
            (void)app_settle(shop->app);
            for (unsigned i = 0; i < USERS; i++) {
                assert_true(acts[rush][i]->ended);
                if (acts[rush][i]->call.code == R_DONE)
                    count_code(acts[rush][i], got);
                else
                    assert_int_equal(acts[rush][i]->call.code, R_SOLD_OUT);
                done += acts[rush][i]->call.code == R_DONE;
            }
            assert_int_equal(done, (rush + 1) * CODES);
        }
        fix_verify(shop);
        fix_close(shop);
    }
}

/* ---- verify ---- */

static void make_good(void)
{
    open_shop(1, 0);
    add_codes(0, CODES);
    fix_act *a = claim(1);
    (void)app_settle(shop->app);
    assert_int_equal(a->call.code, R_DONE);
}

/* The first code that the lane has. */
static lane_code *lane_row(uow *u)
{
    lane_code from = {.lane = 0, .template = template_id};
    uow_range range = {.table = &lane_code_table, .index = -1, .from = &from, .prefix_columns = 2};
    void *rows[1];
    return uow_scan(u, &range, 1, rows) == 0 ? NULL : rows[0];
}

static bool lane_loses_one(uow *u)
{
    lane_code *row = lane_row(u);
    if (row != NULL)
        lane_code_delete(u, row);
    return row != NULL;
}

static bool home_has_one_again(uow *u)
{
    const lane_code *row = lane_row(u);
    if (row != NULL)
        partner_code_new(u, id_slot(template_id), template_id, row->number)->sealed = S("code");
    return row != NULL;
}

static coupon *coupon_row(uow *u)
{
    uint16_t slot = slot_of_user(shop->merchant, S("user-1"));
    coupon from = {.slot = slot, .member = 1};
    uow_range range = {.table = &coupon_table, .index = 0, .from = &from, .prefix_columns = 2};
    void *rows[1];
    return uow_scan(u, &range, 1, rows) == 0 ? NULL : rows[0];
}

static bool coupon_loses_its_code(uow *u)
{
    const coupon *of = coupon_row(u);
    given_code *row = of == NULL ? NULL : given_code_get(u, of->slot, of->id);
    if (row != NULL)
        given_code_delete(u, row);
    return row != NULL;
}

static bool two_have_the_same(uow *u)
{
    const coupon *of = coupon_row(u);
    const lane_code *other = lane_row(u);
    given_code *row = of == NULL ? NULL : given_code_get(u, of->slot, of->id);
    if (row == NULL || other == NULL)
        return false;
    given_code_edit(u, row);
    row->number = other->number;
    return true;
}

static bool a_code_without_a_coupon(uow *u)
{
    uint16_t slot = slot_of_user(shop->merchant, S("user-1"));
    given_code_new(u, slot, id_make(FIX_START_MS, slot, 99))->number = 1;
    return true;
}

static void every_flaw_is_named(void **state)
{
    (void)state;
    static const flaw flaws[] = {
        {"lane_loses_one", lane_loses_one, "partner", "codes of a lane"},
        {"lane_loses_one", lane_loses_one, "partner", "codes anywhere"},
        {"home_has_one_again", home_has_one_again, "partner", "codes at home"},
        {"home_has_one_again", home_has_one_again, "partner", "codes anywhere"},
        {"coupon_loses_its_code", coupon_loses_its_code, "partner", "codes"},
        {"two_have_the_same", two_have_the_same, "partner", "each code is in one place"},
        {"a_code_without_a_coupon", a_code_without_a_coupon, "partner", "its coupon takes a code"},
    };
    for (size_t i = 0; i < ARRAY_LEN(flaws); i++) {
        make_good();
        bool home = flaws[i].how == home_has_one_again;
        uint16_t slot = home ? id_slot(template_id) : slot_of_user(shop->merchant, S("user-1"));
        flaw_is_named(shop, slot, &flaws[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_code_goes_to_one_coupon),
        cmocka_unit_test(every_flaw_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

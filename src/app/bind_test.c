/* Personal codes in a stepped store: lists that several send at once give each user one code, who
 * exchanges it is its user alone, and verify finds what is wrong with their rows. */
#include "app/codes.h"
#include "app/reserve.h"
#include "app/verify_flaw_test.h"
#include "domain/code/bind.h"
#include "domain/code/exchange.h"

enum { CODES = 40, USERS = 12, LISTS = 6 };

static fix *shop;
static uint64_t template_id, format_id, batch_id;

static uint64_t put(act_id id, const void *in)
{
    row_out out = {0};
    assert_int_equal(fix_run(shop, id, id_slot(shop->merchant), in, &out), R_DONE);
    return out.id;
}

static void open_shop(uint64_t adversary)
{
    shop = fix_open((fix_options){.lanes = 2, .adversary = adversary});
    campaign_create_in c = fix_campaign_in(shop);
    template_put_in t = fix_template_in(shop, fix_campaign(shop, &c));
    template_id = fix_template(shop, &t);
    code_format_put_in f = {.merchant = shop->merchant,
                            .name = S("Codes"),
                            .alphabet = S("0123456789ABCDEFGHJKMNPQRSTVWXYZ"),
                            .length = 12,
                            .check = true,
                            .expected = CODES};
    assert_int_equal(codes_key_make(shop->app, shop->merchant, shop->memory, &f.sealed), R_DONE);
    format_id = put(ACT_ID_code_format_put, &f);
    code_batch_put_in b = {.merchant = shop->merchant,
                           .fields = CODE_BATCH_NAME,
                           .format = format_id,
                           .template = template_id,
                           .count = CODES,
                           .name = S("Birthdays"),
                           .personal = true};
    batch_id = put(ACT_ID_code_batch_put, &b);
}

static str user_name(unsigned n)
{
    return arena_printf(shop->memory, "user-%u", n);
}

/* The users from `first` on, round and round. */
static fix_act *bind_some(unsigned first, unsigned n)
{
    code_bind_in *in = ARENA_NEW(shop->memory, code_bind_in);
    *in = (code_bind_in){.merchant = shop->merchant, .batch = batch_id, .key = 7};
    in->lines.items = ARENA_ARRAY(shop->memory, bound_line, n);
    in->lines.n = n;
    for (unsigned i = 0; i < n; i++)
        in->lines.items[i] = (bound_line){i, user_name((first + i) % USERS)};
    return fix_submit(shop, ACT_ID_code_bind, id_slot(batch_id), in,
                      ARENA_NEW(shop->memory, code_bind_out));
}

static uint64_t first_place(void)
{
    config *c = (config *)(uintptr_t)app_config(shop->app);
    uint64_t first = config_find_code_batch(c, batch_id)->first;
    config_free(c);
    return first;
}

static uint64_t number_of(str name)
{
    app_view v;
    arena *memory = arena_new(0);
    assert_int_equal(app_view_open(shop->app, memory, &v), R_DONE);
    const bound_user *row = bound_user_get(v.rows, id_slot(batch_id), batch_id, name);
    assert_non_null(row);
    uint64_t number = row->number;
    assert_int_equal(app_view_close(&v), R_DONE);
    arena_free(memory);
    return number;
}

static void on_done(act_call *call)
{
    MAYBE(call);
}

static result exchange(uint64_t number, str name, bool mine)
{
    issue_item item = {.template = template_id, .count = 1};
    code_use use = {
        .format = format_id, .place = first_place() + number, .told = true, .mine = mine};
    issue_in in = {.merchant = shop->merchant,
                   .user = name,
                   .source = COUPON_SOURCE_EXCHANGE,
                   .mode = ISSUE_MODE_ALL_OR_NONE};
    issue_out out = {0};
    in.items.items = &item;
    in.codes.items = &use;
    in.items.n = in.codes.n = 1;
    act_call call = {.app = shop->app,
                     .id = ACT_ID_issue,
                     .slot = slot_of_user(shop->merchant, name),
                     .in = &in,
                     .out = &out,
                     .memory = shop->memory,
                     .done = on_done};
    reserve_ask none = {0};
    assert_int_equal(reserve_submit(&call, &none), R_DONE);
    (void)app_settle(shop->app);
    return call.code;
}

/* ---- lists at once ---- */

static void each_user_gets_one_code(void **state)
{
    (void)state;
    for (uint64_t adversary = 0; adversary < 8; adversary++) {
        fix_act *acts[LISTS];
        unsigned accepted = 0;
        bool given[CODES] = {false};
        open_shop(adversary);
        for (unsigned i = 0; i < LISTS; i++)
            acts[i] = bind_some(5 * i, 8);
        (void)app_settle(shop->app);
        for (unsigned i = 0; i < LISTS; i++) {
            const code_bind_out *out = acts[i]->call.out;
            assert_int_equal(acts[i]->call.code, R_DONE);
            assert_int_equal(out->accepted + out->rest.n, 8);
            accepted += out->accepted;
        }
        assert_int_equal(accepted, USERS);
        for (unsigned i = 0; i < USERS; i++) {
            uint64_t number = number_of(user_name(i));
            assert_in_range(number, 0, USERS - 1);
            assert_false(given[number]);
            given[number] = true;
        }
        fix_verify(shop);
        fix_close(shop);
    }
}

static void a_code_is_its_users_or_it_is_not_told_to_be(void **state)
{
    (void)state;
    open_shop(0);
    (void)bind_some(0, 2);
    (void)app_settle(shop->app);
    assert_int_equal(exchange(0, S("user-1"), false), R_CODE_FOREIGN);
    assert_int_equal(exchange(2, S("user-1"), false), R_CODE_INVALID);
    assert_int_equal(exchange(0, S("user-0"), true), R_DONE);
    assert_int_equal(exchange(0, S("user-0"), true), R_CODE_USED);
    fix_verify(shop);
    fix_close(shop);
}

/* ---- verify ---- */

static bool code_is_gone(uow *u)
{
    bound_code *row = bound_code_get(u, id_slot(batch_id), batch_id, 1);
    if (row != NULL)
        bound_code_delete(u, row);
    return row != NULL;
}

static bool user_is_gone(uow *u)
{
    bound_user *row = bound_user_get(u, id_slot(batch_id), batch_id, S("user-1"));
    if (row != NULL)
        bound_user_delete(u, row);
    return row != NULL;
}

static bool code_is_anothers(uow *u)
{
    bound_code *row = bound_code_get(u, id_slot(batch_id), batch_id, 1);
    if (row == NULL)
        return false;
    bound_code_edit(u, row);
    row->user = S("user-9");
    return true;
}

static bool user_has_another(uow *u)
{
    bound_user *row = bound_user_get(u, id_slot(batch_id), batch_id, S("user-1"));
    if (row == NULL)
        return false;
    bound_user_edit(u, row);
    row->number = 0;
    return true;
}

static bool number_is_beyond(uow *u)
{
    bound_code_new(u, id_slot(batch_id), batch_id, CODES)->user = S("user-1");
    return true;
}

static bool batch_counts_one_more(uow *u)
{
    code_batch *row = code_batch_get(u, id_slot(batch_id), batch_id);
    if (row == NULL)
        return false;
    code_batch_edit(u, row);
    row->bound++;
    return true;
}

static bool batch_is_anybodys(uow *u)
{
    code_batch *row = code_batch_get(u, id_slot(batch_id), batch_id);
    if (row == NULL)
        return false;
    code_batch_edit(u, row);
    row->personal = false;
    return true;
}

static void every_flaw_is_named(void **state)
{
    (void)state;
    static const flaw flaws[] = {
        {"code_is_gone", code_is_gone, "bound", "codes of users"},
        {"user_is_gone", user_is_gone, "bound", "users with codes"},
        {"code_is_anothers", code_is_anothers, "bound", "each code is its user's"},
        {"user_has_another", user_has_another, "bound", "each code is its user's"},
        {"number_is_beyond", number_is_beyond, "bound", "its number is given"},
        {"batch_counts_one_more", batch_counts_one_more, "bound", "users with codes"},
        {"batch_is_anybodys", batch_is_anybodys, "bound", "no more users than codes"},
    };
    for (size_t i = 0; i < ARRAY_LEN(flaws); i++) {
        open_shop(0);
        (void)bind_some(0, 3);
        (void)app_settle(shop->app);
        flaw_is_named(shop, id_slot(batch_id), &flaws[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_user_gets_one_code),
        cmocka_unit_test(a_code_is_its_users_or_it_is_not_told_to_be),
        cmocka_unit_test(every_flaw_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

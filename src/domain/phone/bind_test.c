/* Binding phone numbers: whose a number is, whatever comes late, twice or in another order. */
#include "domain/phone/bind.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/query_phones.h"
#include "app/query_users.h"
#include "domain/coupon/move.h"
#include "domain/phone/holder.h"
#include "test/lib/domain_fixture.h"

static fix *shop;

static void open_shop(void)
{
    shop = fix_open((fix_options){0});
}

static int tear_down(void **state)
{
    (void)state;
    fix_verify(shop);
    fix_close(shop);
    return 0;
}

static str holder_of(uint64_t number)
{
    phone_number n = {.hash = {number, number + 1}};
    return phone_holder(&n, shop->memory);
}

static result bind(uint64_t number, str who, uint64_t sequence, phone_bind_out *out)
{
    phone_bind_in in = {.merchant = shop->merchant,
                        .hi = number,
                        .lo = number + 1,
                        .user = who,
                        .sequence = sequence};
    *out = (phone_bind_out){0};
    return fix_run(shop, ACT_ID_phone_bind, slot_of_user(shop->merchant, holder_of(number)), &in,
                   out);
}

static uint64_t unbind(str who)
{
    user_phone_end_in in = {.merchant = shop->merchant, .user = who};
    user_phone_end_out out = {0};
    assert_int_equal(
        fix_run(shop, ACT_ID_user_phone_end, slot_of_user(shop->merchant, who), &in, &out), R_DONE);
    return out.binding;
}

/* What the number's slot tells the user's, once more. */
static void tell(uint64_t number, str who, const phone_bind_out *of)
{
    user_phone_put_in in = {.merchant = shop->merchant,
                            .user = who,
                            .hi = number,
                            .lo = number + 1,
                            .binding = of->binding,
                            .sequence = of->sequence,
                            .since_ms = of->since_ms};
    act_none out = {0};
    assert_int_equal(
        fix_run(shop, ACT_ID_user_phone_put, slot_of_user(shop->merchant, who), &in, &out), R_DONE);
}

static void end(uint64_t number, uint64_t binding)
{
    phone_unbind_in in = {
        .merchant = shop->merchant, .hi = number, .lo = number + 1, .binding = binding};
    act_none out = {0};
    assert_int_equal(fix_run(shop, ACT_ID_phone_unbind,
                             slot_of_user(shop->merchant, holder_of(number)), &in, &out),
                     R_DONE);
}

/* Whose the number is; empty: nobody's. Both slots say so. */
static str owner_of(uint64_t number)
{
    app_view v;
    (void)app_settle(shop->app);
    assert_int_equal(app_view_open(shop->app, shop->memory, &v), R_DONE);
    const phone *row = query_phone(&v, shop->merchant, holder_of(number));
    str who = row == NULL ? S("") : arena_str(shop->memory, row->user);
    if (who.n > 0) {
        const user_phone *his = query_user_phone(&v, shop->merchant, who);
        assert_true(his != NULL && his->binding == row->binding && his->hi == number);
    }
    assert_int_equal(app_view_close(&v), R_DONE);
    return who;
}

#define ASSERT_OWNER(number, who) assert_true(str_eq(owner_of(number), S(who)))

static void a_number_is_one_users(void **state)
{
    (void)state;
    phone_bind_out first, again;
    open_shop();
    assert_int_equal(bind(1, S("ann"), 1, &first), R_DONE);
    ASSERT_OWNER(1, "ann");
    assert_int_equal(bind(1, S("bob"), 1, &again), R_PHONE_BOUND_ELSEWHERE);
    assert_int_equal(bind(1, S("ann"), 2, &again), R_DONE);
    assert_true(again.binding == first.binding && again.since_ms == first.since_ms);
    assert_int_equal(again.sequence, 1);
    assert_true(unbind(S("ann")) == first.binding);
    ASSERT_OWNER(1, "");
    assert_int_equal(unbind(S("ann")), 0);
    assert_int_equal(bind(1, S("bob"), 1, &again), R_DONE);
    ASSERT_OWNER(1, "bob");
}

static void what_comes_late_ends_and_brings_back_nothing(void **state)
{
    (void)state;
    phone_bind_out first, second;
    open_shop();
    assert_int_equal(bind(1, S("ann"), 1, &first), R_DONE);
    (void)app_settle(shop->app);
    tell(1, S("ann"), &first);
    (void)unbind(S("ann"));
    tell(1, S("ann"), &first); /* it was unbound since */
    ASSERT_OWNER(1, "");
    assert_int_equal(bind(1, S("ann"), 3, &second), R_DONE);
    (void)app_settle(shop->app);
    end(1, first.binding); /* that one is over */
    tell(1, S("ann"), &first);
    end(1, 0);
    ASSERT_OWNER(1, "ann");
    end(2, first.binding); /* which was never bound */
    ASSERT_OWNER(2, "");
}

static void a_user_has_the_latest_number(void **state)
{
    (void)state;
    phone_bind_out first, second, third;
    open_shop();
    assert_int_equal(bind(1, S("ann"), 1, &first), R_DONE);
    assert_int_equal(bind(2, S("ann"), 2, &second), R_DONE);
    ASSERT_OWNER(2, "ann");
    ASSERT_OWNER(1, "");
    /* Two devices that had seen the same: one of the numbers stays. */
    assert_int_equal(bind(1, S("ann"), 3, &first), R_DONE);
    assert_int_equal(bind(3, S("ann"), 3, &third), R_DONE);
    bool has_first = owner_of(1).n > 0, has_third = owner_of(3).n > 0;
    assert_true(has_first != has_third);
    ASSERT_OWNER(2, "");
}

static void a_user_is_named_and_is_no_number(void **state)
{
    (void)state;
    phone_bind_out out;
    open_shop();
    assert_int_equal(bind(1, S(""), 1, &out), R_INVALID);
    assert_int_equal(bind(1, holder_of(2), 1, &out), R_INVALID);
    ASSERT_OWNER(1, "");
}

/* Acts under the number's name: refused while it is a user's, who is named; and under a name of
 * before, for ever. */
static void a_holder_acts_in_its_generation_only(void **state)
{
    (void)state;
    phone_bind_out out;
    open_shop();
    campaign_create_in in = fix_campaign_in(shop);
    template_put_in t = fix_template_in(shop, fix_campaign(shop, &in));
    uint64_t template_id = fix_template(shop, &t);
    phone_number n = {.hash = {1, 2}, .generation = 1};
    str next = phone_holder(&n, shop->memory);
    assert_int_equal(fix_claim(shop, next, template_id, 1, NULL), R_BUSY);
    assert_int_equal(fix_claim(shop, holder_of(1), template_id, 1, NULL), R_DONE);
    assert_int_equal(bind(1, S("ann"), 1, &out), R_DONE);
    assert_int_equal(fix_claim(shop, holder_of(1), template_id, 1, NULL), R_PHONE_BOUND);
    assert_true(str_eq(shop->detail, S("ann")));
    assert_int_equal(fix_claim(shop, next, template_id, 1, NULL), R_PHONE_BOUND);
    (void)unbind(S("ann"));
    (void)app_settle(shop->app);
    assert_int_equal(fix_claim(shop, holder_of(1), template_id, 1, NULL), R_BUSY);
    assert_int_equal(fix_claim(shop, next, template_id, 1, NULL), R_DONE);
}

/* A user's names of numbers are bounded, beside those of merges; the latest is there. */
static void the_latest_numbers_are_known(void **state)
{
    (void)state;
    phone_bind_out out;
    open_shop();
    campaign_create_in in = fix_campaign_in(shop);
    template_put_in t = fix_template_in(shop, fix_campaign(shop, &in));
    uint64_t template_id = fix_template(shop, &t);
    app_view v;
    user_seen seen;
    for (uint64_t i = 1; i <= MOVED_PHONES_MAX + 2; i++) {
        assert_int_equal(fix_claim(shop, holder_of(i), template_id, 1, NULL), R_DONE);
        assert_int_equal(bind(i, S("ann"), 2 * i, &out), R_DONE);
        (void)app_settle(shop->app);
        (void)unbind(S("ann"));
        (void)app_settle(shop->app);
    }
    assert_int_equal(app_view_open(shop->app, shop->memory, &v), R_DONE);
    assert_true(query_user(&v, shop->merchant, S("ann"), &seen));
    assert_int_equal(seen.row->moved.n, MOVED_PHONES_MAX);
    assert_true(str_eq(seen.row->moved.items[0].name, holder_of(3)));
    assert_true(
        str_eq(seen.row->moved.items[MOVED_PHONES_MAX - 1].name, holder_of(MOVED_PHONES_MAX + 2)));
    assert_int_equal(app_view_close(&v), R_DONE);
    fix_verify(shop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_number_is_one_users, tear_down),
        cmocka_unit_test_teardown(what_comes_late_ends_and_brings_back_nothing, tear_down),
        cmocka_unit_test_teardown(a_user_has_the_latest_number, tear_down),
        cmocka_unit_test_teardown(a_user_is_named_and_is_no_number, tear_down),
        cmocka_unit_test_teardown(a_holder_acts_in_its_generation_only, tear_down),
        cmocka_unit_test_teardown(the_latest_numbers_are_known, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

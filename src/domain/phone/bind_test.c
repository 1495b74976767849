/* Binding phone numbers: whose a number is, whatever comes late, twice or in another order. */
#include "domain/phone/bind.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/query_phones.h"
#include "app/query_users.h"
#include "domain/coupon/acts.h"
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

/* ---- users who become others, or cannot be, just then ---- */

static uint64_t put_template(void)
{
    campaign_create_in in = fix_campaign_in(shop);
    template_put_in t = fix_template_in(shop, fix_campaign(shop, &in));
    return fix_template(shop, &t);
}

static size_t owned(str who)
{
    app_view v;
    assert_int_equal(app_view_open(shop->app, shop->memory, &v), R_DONE);
    size_t n = fix_owned(shop, &v, who);
    assert_int_equal(app_view_close(&v), R_DONE);
    return n;
}

static uint64_t hold_of(str who, uint64_t coupon_id, const char *number)
{
    uint64_t id;
    order_line line = {.sku = S("tea"), .quantity = 1, .unit_minor = 5000};
    fix_order order = {.user = who,
                       .number = str_of(number),
                       .coupons = &coupon_id,
                       .coupon_count = 1,
                       .lines = &line,
                       .line_count = 1};
    assert_int_equal(fix_hold(shop, &order, &id), R_DONE);
    return id;
}

static move_begin_out merge(str from, str to)
{
    move_begin_in in = {
        .merchant = shop->merchant, .user = from, .to = to, .reason = MOVE_REASON_MERGE};
    move_begin_out out = {0};
    assert_int_equal(
        fix_run(shop, ACT_ID_move_begin, slot_of_user(shop->merchant, from), &in, &out), R_DONE);
    (void)app_settle(shop->app);
    return out;
}

static void a_while_later(void)
{
    fix_pass(shop, MOVE_ROUND_MS);
    fix_sweep(shop);
    (void)app_settle(shop->app);
    fix_verify(shop);
}

/* Ann is just becoming bob when the number is bound to her: what waited for it is bob's, and so is
 * the number; but where he has one. */
static void who_is_becoming_another_brings_it_along(void **state)
{
    (void)state;
    phone_bind_out out;
    for (int bob_has_one = 0; bob_has_one < 2; bob_has_one++) {
        open_shop();
        uint64_t template_id = put_template();
        (void)fix_claim_one(shop, holder_of(1), template_id);
        uint64_t held = hold_of(S("ann"), fix_claim_one(shop, S("ann"), template_id), "o1");
        if (bob_has_one)
            assert_int_equal(bind(2, S("bob"), 1, &out), R_DONE);
        (void)merge(S("ann"), S("bob"));
        assert_int_equal(bind(1, S("ann"), 1, &out), R_DONE);
        ASSERT_OWNER(1, "ann");
        fix_verify(shop);
        assert_int_equal(fix_release(shop, held), R_DONE);
        a_while_later();
        tell(1, S("ann"), &out); /* who has bound it asks again */
        (void)app_settle(shop->app);
        if (bob_has_one) {
            ASSERT_OWNER(1, "");
            ASSERT_OWNER(2, "bob");
        } else {
            ASSERT_OWNER(1, "bob");
            assert_int_equal(bind(1, S("bob"), 2, &out), R_DONE);
        }
        a_while_later();
        assert_int_equal(owned(S("bob")), 2);
        if (!bob_has_one) {
            assert_true(unbind(S("bob")) == out.binding);
            ASSERT_OWNER(1, "");
        }
        fix_verify(shop);
        fix_close(shop);
    }
    open_shop();
}

/* Ann is bob already when her slot hears of it. */
static void who_is_another_has_it_for_him(void **state)
{
    (void)state;
    phone_bind_out out;
    open_shop();
    uint64_t template_id = put_template();
    (void)fix_claim_one(shop, holder_of(1), template_id);
    (void)fix_claim_one(shop, S("ann"), template_id);
    (void)merge(S("ann"), S("bob"));
    assert_int_equal(bind(1, S("ann"), 1, &out), R_DONE);
    ASSERT_OWNER(1, "bob");
    tell(1, S("ann"), &out);
    ASSERT_OWNER(1, "bob");
    assert_int_equal(owned(S("bob")), 2);
}

static void the_slot_is_full(uint16_t slot, bool full);

/* Dee cannot be: nothing is bound to her, and what waited goes to whom it is bound next. */
static void what_waited_for_nobody_is_the_next_ones(void **state)
{
    (void)state;
    phone_bind_out out;
    open_shop();
    uint64_t template_id = put_template();
    (void)fix_claim_one(shop, holder_of(1), template_id);
    the_slot_is_full(slot_of_user(shop->merchant, S("dee")), true);
    assert_int_equal(bind(1, S("dee"), 1, &out), R_DONE);
    ASSERT_OWNER(1, "");
    phone_number n = {.hash = {1, 2}, .generation = 1};
    assert_int_equal(fix_claim(shop, phone_holder(&n, shop->memory), template_id, 1, NULL), R_DONE);
    assert_int_equal(bind(1, S("bob"), 1, &out), R_DONE);
    (void)app_settle(shop->app);
    assert_int_equal(owned(S("bob")), 1);
    fix_pass(shop, MOVE_ROUND_MS);
    fix_sweep(shop);
    (void)app_settle(shop->app);
    assert_int_equal(owned(S("bob")), 2);
    ASSERT_OWNER(1, "bob");
    the_slot_is_full(slot_of_user(shop->merchant, S("dee")), false);
}

/* More numbers than a user can have on their way: the others come when one of them has come. */
static void too_many_at_once_come_later(void **state)
{
    (void)state;
    phone_bind_out out;
    uint64_t holds[MOVED_PHONES_MAX + 2];
    open_shop();
    uint64_t template_id = put_template();
    for (uint64_t i = 0; i < ARRAY_LEN(holds); i++) {
        str holder = holder_of(i + 1);
        char number[8] = {'o', (char)('a' + i), 0};
        holds[i] = hold_of(holder, fix_claim_one(shop, holder, template_id), number);
        assert_int_equal(bind(i + 1, S("ann"), i + 1, &out), R_DONE);
        (void)app_settle(shop->app);
        phone_moved_in in = {.move = out.move};
        phone_moved_out moved = {0};
        assert_int_equal(fix_run(shop, ACT_ID_phone_moved, id_slot(in.move), &in, &moved), R_DONE);
        assert_true(moved.waiting);
    }
    (void)unbind(S("ann"));
    a_while_later();
    assert_int_equal(owned(S("ann")), 0);
    for (size_t i = 0; i < ARRAY_LEN(holds); i++)
        assert_int_equal(fix_release(shop, holds[i]), R_DONE);
    a_while_later();
    a_while_later();
    assert_int_equal(owned(S("ann")), ARRAY_LEN(holds));
}

typedef struct filling {
    request request; /* first */
    bool full;
} filling;

static result fill(uow *u, request *r)
{
    slot_head *head = slot_head_get(u, r->slot);
    if (uow_pending(u))
        return R_AGAIN;
    if (head == NULL)
        head = slot_head_new(u, r->slot);
    else
        slot_head_edit(u, head);
    head->members = ((filling *)r)->full ? MEMBERS_MAX : 0;
    return R_DONE;
}

static void filled(request *r)
{
    assert_int_equal(r->outcome, R_DONE);
}

static void the_slot_is_full(uint16_t slot, bool full)
{
    filling f = {{.run = fill, .done = filled, .slot = slot, .class = CLASS_OTHER}, full};
    assert_int_equal(store_submit(app_store(shop->app), &f.request), R_DONE);
    (void)app_settle(shop->app);
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
        cmocka_unit_test_teardown(who_is_becoming_another_brings_it_along, tear_down),
        cmocka_unit_test_teardown(who_is_another_has_it_for_him, tear_down),
        cmocka_unit_test_teardown(what_waited_for_nobody_is_the_next_ones, tear_down),
        cmocka_unit_test_teardown(too_many_at_once_come_later, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

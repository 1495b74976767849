/* Coupons that wait for a phone number, a user who binds it, and a process that is killed between
 * any two commits of that, messages and all. In what is left each coupon is in one wallet; the same
 * request binds, and the coupons are the user's, each once; and who binds the number when it was
 * unbound finds none of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/query_coupons.h"
#include "app/query_phones.h"
#include "domain/phone/holder.h"
#include "test/lib/crash.h"

enum { COUPONS = 2, HI = 77, LO = 88 };

static fix *shop;
static str holder;
static uint16_t number_slot;

static void open_shop(void)
{
    phone_number n = {.hash = {HI, LO}};
    shop = crash_open();
    holder = phone_holder(&n, shop->memory);
    number_slot = slot_of_user(shop->merchant, holder);
    campaign_create_in in = fix_campaign_in(shop);
    template_put_in t = fix_template_in(shop, fix_campaign(shop, &in));
    uint64_t template_id = fix_template(shop, &t);
    for (int i = 0; i < COUPONS; i++)
        (void)fix_claim_one(shop, holder, template_id);
}

static const phone_bind_in *binds(const char *who, uint64_t sequence)
{
    phone_bind_in *in = ARENA_NEW(shop->memory, phone_bind_in);
    *in = (phone_bind_in){
        .merchant = shop->merchant, .hi = HI, .lo = LO, .user = str_of(who), .sequence = sequence};
    return in;
}

typedef struct seen_now {
    size_t waits, anns, bobs;
    bool bound; /* the number says so */
} seen_now;

static seen_now look(void)
{
    app_view v;
    assert_int_equal(app_view_open(shop->app, shop->memory, &v), R_DONE);
    const phone *row = query_phone(&v, shop->merchant, holder);
    seen_now out = {fix_owned(shop, &v, holder), fix_owned(shop, &v, S("ann")),
                    fix_owned(shop, &v, S("bob")), row != NULL && row->binding != 0};
    assert_int_equal(app_view_close(&v), R_DONE);
    assert_int_equal(out.waits + out.anns + out.bobs, COUPONS);
    return out;
}

typedef struct cuts {
    int unbound, moving, moved;
} cuts;

/* Killed behind so many steps; false: all had come to its end by then. */
static bool cut_off(int steps, void *context)
{
    cuts *seen = context;
    phone_bind_out first = {0}, again = {0};
    user_phone_end_out ended = {0};
    open_shop();
    fix_act *bind = fix_submit(shop, ACT_ID_phone_bind, number_slot, binds("ann", 1), &first);
    bool moves = crash_steps(shop, steps);
    bool answered = bind->ended && bind->call.code == R_DONE;
    crash_now(shop);
    seen_now now = look();
    assert_true(now.bound || !answered);
    seen->unbound += !now.bound;
    seen->moving += now.bound && now.anns < COUPONS;
    seen->moved += now.anns == COUPONS;
    assert_int_equal(fix_run(shop, ACT_ID_phone_bind, number_slot, binds("ann", 1), &again),
                     R_DONE);
    assert_true(!answered || again.binding == first.binding);
    (void)app_settle(shop->app);
    assert_int_equal(look().anns, COUPONS);
    user_phone_end_in end = {.merchant = shop->merchant, .user = S("ann")};
    assert_int_equal(
        fix_run(shop, ACT_ID_user_phone_end, slot_of_user(shop->merchant, S("ann")), &end, &ended),
        R_DONE);
    assert_int_equal(ended.binding, again.binding);
    (void)app_settle(shop->app);
    assert_int_equal(fix_run(shop, ACT_ID_phone_bind, number_slot, binds("bob", 1), &again),
                     R_DONE);
    (void)app_settle(shop->app);
    assert_int_equal(look().bobs, 0);
    crash_close(shop);
    return moves;
}

static void a_kill_at_any_step_leaves_each_coupon_in_one_wallet(void **state)
{
    MAYBE(state);
    cuts seen = {0};
    if (crash_each(cut_off, &seen))
        assert_true(seen.unbound > 0 && seen.moving > 0 && seen.moved > 0);
}

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_kill_at_any_step_leaves_each_coupon_in_one_wallet),
    };
    return crash_on(count, arguments) ? cmocka_run_group_tests(tests, NULL, NULL) : 2;
}

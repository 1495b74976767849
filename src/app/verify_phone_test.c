/* verify finds what is wrong with rows of phone numbers: healthy ones, made wrong, and the field
 * that must be named. */
#include "app/verify_flaw_test.h"

#include "domain/phone/holder.h"

enum { HI = 77, LO = 88 };

static uint64_t merchant_id;
static uint16_t number_slot, user_slot;

static fix *a_shop(void)
{
    fix *shop = fix_open((fix_options){0});
    phone_number n = {.hash = {HI, LO}};
    merchant_id = shop->merchant;
    number_slot = slot_of_user(shop->merchant, phone_holder(&n, shop->memory));
    user_slot = slot_of_user(shop->merchant, S("ann"));
    phone_bind_in in = {
        .merchant = shop->merchant, .hi = HI, .lo = LO, .user = S("ann"), .sequence = 1};
    phone_bind_out out = {0};
    assert_int_equal(fix_run(shop, ACT_ID_phone_bind, number_slot, &in, &out), R_DONE);
    (void)app_settle(shop->app);
    return shop;
}

#define NUMBER_FLAW(name, change)                                                                  \
    static bool name(uow *u)                                                                       \
    {                                                                                              \
        phone *row = phone_get(u, number_slot, HI, LO);                                            \
        if (row == NULL)                                                                           \
            return false;                                                                          \
        phone_edit(u, row);                                                                        \
        change;                                                                                    \
        return true;                                                                               \
    }
#define USER_FLAW(name, change)                                                                    \
    static bool name(uow *u)                                                                       \
    {                                                                                              \
        user_phone *row = user_phone_get(u, user_slot, merchant_id, S("ann"));                     \
        if (row == NULL)                                                                           \
            return false;                                                                          \
        user_phone_edit(u, row);                                                                   \
        change;                                                                                    \
        return true;                                                                               \
    }
NUMBER_FLAW(merchant_gone, row->merchant++)
NUMBER_FLAW(of_nobody, row->user = S(""))
NUMBER_FLAW(another_user, row->user = S("bob"))
NUMBER_FLAW(unbound_here, row->binding = 0; row->user = S(""))
NUMBER_FLAW(another_binding, row->binding++)
NUMBER_FLAW(never_bound, row->generation = 0)
USER_FLAW(unbound_there, row->binding = 0)
USER_FLAW(another_number, row->lo++)
USER_FLAW(no_sequence, row->sequence = 0)

static bool elsewhere(uow *u)
{
    const phone *row = phone_get(u, number_slot, HI, LO);
    if (row == NULL)
        return false;
    phone *copy = phone_new(u, number_slot, HI + 1, LO);
    copy->merchant = row->merchant;
    copy->generation = 1;
    return true;
}

static void every_flaw_is_named(void **state)
{
    (void)state;
    static const char same[] = "the number and its user say the same";
    static const struct {
        flaw of;
        bool there; /* in the user's slot */
    } flaws[] = {
        {{"merchant_gone", merchant_gone, "phone", "its merchant is there"}, false},
        {{"of_nobody", of_nobody, "phone", "bound to a user, or to nobody"}, false},
        {{"never_bound", never_bound, "phone", "bound to a user, or to nobody"}, false},
        {{"elsewhere", elsewhere, "phone", "the slot of its hash"}, false},
        {{"another_user", another_user, "phone", same}, false},
        {{"unbound_here", unbound_here, "phone", same}, false},
        {{"another_binding", another_binding, "phone", same}, false},
        {{"unbound_there", unbound_there, "phone", same}, true},
        {{"another_number", another_number, "phone", same}, true},
        {{"no_sequence", no_sequence, "phone", "the slot of its user"}, true},
    };
    for (size_t i = 0; i < ARRAY_LEN(flaws); i++) {
        fix *shop = a_shop();
        flaw_is_named(shop, flaws[i].there ? user_slot : number_slot, &flaws[i].of);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_flaw_is_named)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* verify finds what is wrong with rows of failed tries: a healthy one, made wrong, and the field
 * that must be named. */
#include "app/verify_flaw_test.h"

#include "domain/code/guess.h"

enum { HI = 77, LO = 88 };

static fix *a_shop(void)
{
    fix *shop = fix_open((fix_options){0});
    code_guesses_add_in in = {.merchant = shop->merchant,
                              .guesser = GUESSER_USER,
                              .name = S("ann"),
                              .hi = HI,
                              .lo = LO,
                              .tries = 1,
                              .most = 2,
                              .each_ms = 1000,
                              .lock_ms = 1000,
                              .lock_max_ms = 1000,
                              .calm_ms = 1000};
    code_guesses_add_out out = {0};
    assert_int_equal(fix_run(shop, ACT_ID_code_guesses_add, slot_of_hash(HI), &in, &out), R_DONE);
    assert_false(out.locked);
    assert_int_equal(fix_run(shop, ACT_ID_code_guesses_add, slot_of_hash(HI), &in, &out), R_DONE);
    assert_true(out.locked);
    return shop;
}

#define ROW_FLAW(name, change)                                                                     \
    static bool name(uow *u)                                                                       \
    {                                                                                              \
        code_guesses *row = code_guesses_get(u, slot_of_hash(HI), HI, LO);                         \
        if (row == NULL)                                                                           \
            return false;                                                                          \
        code_guesses_edit(u, row);                                                                 \
        change;                                                                                    \
        return true;                                                                               \
    }
ROW_FLAW(of_nobody, row->guesser = GUESSER_COUNT)
ROW_FLAW(without_a_name, row->name = S(""))
ROW_FLAW(merchant_gone, row->merchant++)
ROW_FLAW(no_tries, row->tries = 0)
ROW_FLAW(lock_without_end, row->locked_until_ms = 0)
ROW_FLAW(over_too_soon, row->over_at_ms = row->locked_until_ms - 1)
ROW_FLAW(due_never, row->due_at_ms++)

static bool elsewhere(uow *u)
{
    const code_guesses *row = code_guesses_get(u, slot_of_hash(HI), HI, LO);
    if (row == NULL)
        return false;
    code_guesses *copy = code_guesses_new(u, slot_of_hash(HI), HI + 1, LO);
    copy->merchant = row->merchant;
    copy->guesser = row->guesser;
    copy->name = row->name;
    copy->tries = row->tries;
    copy->clear_at_ms = copy->over_at_ms = row->clear_at_ms;
    return true;
}

static void every_flaw_is_named(void **state)
{
    (void)state;
    static const flaw flaws[] = {
        {"of_nobody", of_nobody, "guesses", "a user, an address or a merchant"},
        {"without_a_name", without_a_name, "guesses", "a user, an address or a merchant"},
        {"merchant_gone", merchant_gone, "guesses", "its merchant is there"},
        {"no_tries", no_tries, "guesses", "tries, and a lock for each time"},
        {"lock_without_end", lock_without_end, "guesses", "tries, and a lock for each time"},
        {"over_too_soon", over_too_soon, "guesses", "is kept as long as it says something"},
        {"due_never", due_never, "guesses", "a due entry"},
        {"elsewhere", elsewhere, "guesses", "the slot of its hash"},
    };
    for (size_t i = 0; i < ARRAY_LEN(flaws); i++)
        flaw_is_named(a_shop(), slot_of_hash(HI), &flaws[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_flaw_is_named)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

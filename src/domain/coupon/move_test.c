/* Names that have become a user's: what says whether they are the same still. */
#include "domain/coupon/move.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/check.h"

#define MOVE UINT64_C(0x8001000000000101)

static user one_with(moved_user *names, size_t n)
{
    user who = {.member = 1};
    who.moved.items = names;
    who.moved.n = n;
    return who;
}

static void a_mark_is_of_these_names(void **state)
{
    MAYBE(state);
    moved_user before[] = {{.move = MOVE}, {.move = MOVE + 1}};
    moved_user after[] = {{.move = MOVE + 1}, {.move = MOVE + 2}}; /* the oldest made room */
    moved_user over[] = {{.move = MOVE, .over = true}, {.move = MOVE + 1}};
    user none = one_with(NULL, 0), had = one_with(before, ARRAY_LEN(before));
    user has = one_with(after, ARRAY_LEN(after)), ended = one_with(over, ARRAY_LEN(over));
    user fewer = one_with(before, 1);
    assert_int_equal(move_names_mark(&none), 0);
    assert_int_not_equal(move_names_mark(&had), move_names_mark(&has));
    assert_int_not_equal(move_names_mark(&had), move_names_mark(&fewer));
    assert_int_not_equal(move_names_mark(&fewer), 0);
    assert_int_equal(move_names_mark(&had), move_names_mark(&ended));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_mark_is_of_these_names)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

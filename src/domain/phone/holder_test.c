/* Names of phones' holders: each number has its own, which no text is, and gives it back. */
#include "domain/phone/holder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void a_name_is_the_number_s_and_nobody_s_text(void **state)
{
    (void)state;
    arena *memory = arena_new(0);
    static const phone_number numbers[] = {{{0, 0}, 0},
                                           {{1, 0}, 0},
                                           {{0, 1}, 0},
                                           {{0, 0}, 1},
                                           {{0, 0}, UINT32_MAX},
                                           {{UINT64_MAX, UINT64_MAX}, 7},
                                           {{0x0123456789abcdef, 0xfedcba9876543210}, 1}};
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        str name = phone_holder(&numbers[i], memory);
        phone_number back = phone_of_holder(name);
        assert_true(phone_is_holder(name));
        assert_false(str_is_utf8(name));
        assert_true(back.hash.hi == numbers[i].hash.hi && back.hash.lo == numbers[i].hash.lo);
        assert_int_equal(back.generation, numbers[i].generation);
        for (size_t k = 0; k < i; k++)
            assert_false(str_eq(name, phone_holder(&numbers[k], memory)));
    }
    arena_free(memory);
}

static void a_number_has_one_slot_and_one_subject(void **state)
{
    (void)state;
    arena *memory = arena_new(0);
    phone_number n = {{0x0123456789abcdef, 0xfedcba9876543210}, 0}, next = n, other = n;
    next.generation++;
    other.hash.lo++;
    str first = phone_holder(&n, memory), second = phone_holder(&next, memory);
    assert_int_equal(slot_of_user(7, first), slot_of_user(7, second));
    assert_true(str_eq(phone_subject(first), phone_subject(second)));
    assert_int_not_equal(slot_of_user(7, first), slot_of_user(8, first));
    assert_int_not_equal(slot_of_user(7, first), slot_of_user(7, phone_holder(&other, memory)));
    assert_true(str_eq(phone_subject(S("u-1001")), S("u-1001")));
    arena_free(memory);
}

/* It is stored. */
static void a_name_never_changes(void **state)
{
    (void)state;
    arena *memory = arena_new(0);
    phone_number n = {{0x0123456789abcdef, 0xfedcba9876543210}, 0x01020304};
    str name = phone_holder(&n, memory);
    assert_true(str_eq(name, S("\xff\x01\x23\x45\x67\x89\xab\xcd\xef"
                               "\xfe\xdc\xba\x98\x76\x54\x32\x10\x01\x02\x03\x04")));
    assert_int_equal(slot_of_user(1, name), 2877);
    arena_free(memory);
}

static void what_callers_name_is_no_holder(void **state)
{
    (void)state;
    assert_false(phone_is_holder(S("")));
    assert_false(phone_is_holder(S("u-1001")));
    assert_false(phone_is_holder(S("twenty-one characters")));
    assert_false(phone_is_holder(S("\xff")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_is_the_number_s_and_nobody_s_text),
        cmocka_unit_test(a_number_has_one_slot_and_one_subject),
        cmocka_unit_test(a_name_never_changes),
        cmocka_unit_test(what_callers_name_is_no_holder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

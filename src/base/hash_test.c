/* Hashes are stored: their values are pinned here, and the checksum sees what it must see. */
#include "base/hash.h"

#include "base/test_help.h"

static void fill(char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        p[i] = (char)i;
}

/* The two empty ones are the vectors of xxHash's own specification. */
static void values_do_not_change(void **state)
{
    (void)state;
    char text[1000];
    fill(text, sizeof text);
    str s = S("merchant/user");
    assert_true(hash64((str){NULL, 0}, 0) == UINT64_C(0x2d06800538d394c2));
    assert_true(hash64(S(""), 0) == UINT64_C(0x2d06800538d394c2));
    assert_true(hash64(s, 0) == UINT64_C(0xa9b39b9fe9745aee));
    assert_true(hash64(s, 42) == UINT64_C(0x916bd9f0e87d88b0));
    assert_true(hash64((str){text, sizeof text}, 0) == UINT64_C(0xd33dd80b46f60e50));
    assert_true(hash64((str){text, sizeof text}, 1) == UINT64_C(0xabebce472d08bdf7));
    hash128 empty = hash128_of((str){NULL, 0}, 0);
    assert_true(empty.hi == UINT64_C(0x99aa06d3014798d8));
    assert_true(empty.lo == UINT64_C(0x6001c324468d497f));
    hash128 h = hash128_of(s, 7);
    assert_true(h.hi == UINT64_C(0x44fa0197f32d261b) && h.lo == UINT64_C(0x2e93bd428ad0c911));
    assert_int_equal(hash32_check(S("key"), S("value")), 0x2e11118e);
    assert_int_equal(hash32_check(S(""), S("")), 0xe10017f3);
    assert_int_equal(hash32_check(S("k"), (str){text, sizeof text}), 0x68af5bf1);
}

static void the_checksum_covers_every_bit_of_both(void **state)
{
    (void)state;
    char a[40];
    char b[300];
    fill(a, sizeof a);
    fill(b, sizeof b);
    uint32_t whole = hash32_check((str){a, sizeof a}, (str){b, sizeof b});
    for (size_t bit = 0; bit < (sizeof a + sizeof b) * 8; bit++) {
        char *p = bit / 8 < sizeof a ? &a[bit / 8] : &b[bit / 8 - sizeof a];
        *p = (char)(*p ^ (1 << bit % 8));
        assert_int_not_equal(hash32_check((str){a, sizeof a}, (str){b, sizeof b}), whole);
        *p = (char)(*p ^ (1 << bit % 8));
    }
    assert_int_equal(hash32_check((str){a, sizeof a}, (str){b, sizeof b}), whole);
}

static void the_checksum_sees_the_boundary_and_the_order(void **state)
{
    (void)state;
    char text[64];
    fill(text, sizeof text);
    for (size_t i = 0; i <= sizeof text; i++) {
        for (size_t j = 0; j < i; j++)
            assert_int_not_equal(hash32_check((str){text, i}, (str){text + i, sizeof text - i}),
                                 hash32_check((str){text, j}, (str){text + j, sizeof text - j}));
    }
    assert_int_not_equal(hash32_check(S("a"), S("b")), hash32_check(S("b"), S("a")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_do_not_change),
        cmocka_unit_test(the_checksum_covers_every_bit_of_both),
        cmocka_unit_test(the_checksum_sees_the_boundary_and_the_order),
    };
    return cmocka_run_group_tests_name("base/hash", tests, NULL, NULL);
}

/* Arenas: aligned, zeroed, apart from each other, also after reset; deadly beyond the ceiling. */
#include "base/arena.h"

#include "base/test_help.h"

static bool is_zero(const unsigned char *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (p[i] != 0)
            return false;
    }
    return true;
}

/* Sizes on both sides of the block sizes in arena.c. */
static size_t some_size(uint64_t *seed)
{
    switch (random_below(seed, 8)) {
    case 0:
        return 0;
    case 1:
        return (size_t)random_below(seed, 40000);
    case 2:
        return 8192 - 16 + (size_t)random_below(seed, 32);
    default:
        return (size_t)random_below(seed, 200);
    }
}

static void what_is_handed_out_is_zeroed_aligned_and_its_own(void **state)
{
    (void)state;
    enum { COUNT = 3000, ROUNDS = 3 };
    static struct {
        unsigned char *p;
        size_t n;
    } taken[COUNT];
    uint64_t seed = 11;
    arena *a = arena_new(0);
    for (int round = 0; round < ROUNDS; round++) {
        size_t total = 0;
        for (size_t i = 0; i < COUNT; i++) {
            taken[i].n = some_size(&seed);
            taken[i].p = arena_alloc(a, taken[i].n);
            assert_non_null(taken[i].p);
            assert_int_equal((uintptr_t)taken[i].p % 16, 0);
            assert_true(is_zero(taken[i].p, taken[i].n));
            memset(taken[i].p, (int)(i % 255) + 1, taken[i].n);
            total += taken[i].n;
        }
        assert_true(arena_used(a) >= total && arena_used(a) <= total + COUNT * (size_t)16);
        for (size_t i = 0; i < COUNT; i++) {
            for (size_t j = 0; j < taken[i].n; j++)
                assert_int_equal(taken[i].p[j], (int)(i % 255) + 1);
        }
        arena_reset(a);
        assert_int_equal(arena_used(a), 0);
    }
    arena_free(a);
    arena_free(NULL);
}

static void large_requests_as_first_middle_and_last(void **state)
{
    (void)state;
    arena *a = arena_new(0);
    for (int round = 0; round < 3; round++) {
        unsigned char *large = arena_alloc(a, 5 * 1024 * 1024);
        assert_true(is_zero(large, 5 * 1024 * 1024));
        large[5 * 1024 * 1024 - 1] = 1;
        unsigned char *small = arena_alloc(a, 16);
        unsigned char *again = arena_alloc(a, 100000);
        assert_true(is_zero(small, 16) && is_zero(again, 100000));
        memset(small, 1, 16);
        memset(again, 2, 100000);
        assert_int_equal(large[0], 0);
        arena_reset(a);
    }
    arena_free(a);
}

static void copies_are_terminated_and_independent(void **state)
{
    (void)state;
    arena *a = arena_new(4096);
    char source[] = {'a', 'b', 'c'};
    str copy = arena_str(a, (str){source, 3});
    char *z = arena_z(a, (str){source, 2});
    source[0] = 'x';
    assert_str(copy, S("abc"));
    assert_int_equal(copy.p[3], '\0');
    assert_string_equal(z, "ab");
    assert_string_equal(arena_z(a, (str){NULL, 0}), "");
    str empty = arena_str(a, (str){NULL, 0});
    assert_non_null(empty.p);
    assert_int_equal(empty.n, 0);
    str printed = arena_printf(a, "%d of %.*s", 7, STR_ARG(copy));
    assert_str(printed, S("7 of abc"));
    assert_int_equal(printed.p[printed.n], '\0');
    assert_str(arena_printf(a, "%s", ""), S(""));
    arena_free(a);
}

static void arrays_and_items_have_their_type(void **state)
{
    (void)state;
    arena *a = arena_new(0);
    int64_t *numbers = ARENA_ARRAY(a, int64_t, 1000);
    for (size_t i = 0; i < 1000; i++)
        assert_true(numbers[i] == 0);
    str *one = ARENA_NEW(a, str);
    assert_null(one->p);
    assert_non_null(ARENA_ARRAY(a, int64_t, 0));
    arena_free(a);
}

static void the_whole_ceiling_can_be_used(void **state)
{
    (void)state;
    arena *a = arena_new(1024);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 64; i++)
            assert_non_null(arena_alloc(a, 16));
        assert_int_equal(arena_used(a), 1024);
        arena_reset(a);
    }
    arena_free(a);
}

static void takes_one_byte_too_many(void)
{
    arena *a = arena_new(1024);
    (void)arena_alloc(a, 1024);
    (void)arena_alloc(a, 1);
}

static void takes_more_than_there_is(void)
{
    (void)arena_alloc(arena_new(1024), SIZE_MAX);
}

static void takes_an_array_that_wraps(void)
{
    (void)ARENA_ARRAY(arena_new(0), int64_t, SIZE_MAX / 8 + 2);
}

static void beyond_the_ceiling_the_process_stops(void **state)
{
    (void)state;
    assert_true(aborts(takes_one_byte_too_many));
    assert_true(aborts(takes_more_than_there_is));
    assert_true(aborts(takes_an_array_that_wraps));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_handed_out_is_zeroed_aligned_and_its_own),
        cmocka_unit_test(large_requests_as_first_middle_and_last),
        cmocka_unit_test(copies_are_terminated_and_independent),
        cmocka_unit_test(arrays_and_items_have_their_type),
        cmocka_unit_test(the_whole_ceiling_can_be_used),
        cmocka_unit_test(beyond_the_ceiling_the_process_stops),
    };
    return cmocka_run_group_tests_name("base/arena", tests, NULL, NULL);
}

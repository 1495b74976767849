/* The map of counters against a plain array: many keys of all lengths, in any order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "app/verify_map.h"

enum { KEYS = 5000, VALUES = 3 };

static str key_of(size_t i, char out[64])
{
    int n = snprintf(out, 64, "%0*zu", (int)(i % 40), i);
    return (str){out, (size_t)n};
}

static void keys_keep_their_values(void **state)
{
    (void)state;
    verify_map *m = verify_map_new(VALUES);
    char text[64];
    for (int round = 1; round <= 3; round++)
        for (size_t i = 0; i < KEYS; i++) {
            int64_t *at = verify_map_at(m, key_of(i, text));
            assert_int_equal(at[0], round - 1);
            assert_int_equal(at[VALUES - 1], (round - 1) * (int64_t)i);
            at[0]++;
            at[VALUES - 1] += (int64_t)i;
        }
    assert_int_equal(verify_map_count(m), KEYS);
    for (size_t i = 0; i < KEYS; i++) {
        str key;
        const int64_t *at = verify_map_item(m, i, &key);
        assert_true(str_eq(key, key_of(i, text)));
        assert_int_equal(at[VALUES - 1], 3 * (int64_t)i);
    }
    assert_null(verify_map_find(m, (str){"none", 4}));
    verify_map_clear(m);
    assert_int_equal(verify_map_count(m), 0);
    assert_int_equal(verify_map_at(m, key_of(7, text))[0], 0);
    verify_map_free(m);
}

static void bytes_of_any_kind_are_keys(void **state)
{
    (void)state;
    verify_map *m = verify_map_new(1);
    const char zeros[4] = {0};
    for (size_t n = 0; n <= sizeof(zeros); n++)
        *verify_map_at(m, (str){zeros, n}) = (int64_t)n + 1;
    for (size_t n = 0; n <= sizeof(zeros); n++)
        assert_int_equal(*verify_map_find(m, (str){zeros, n}), n + 1);
    verify_map_free(m);
    verify_map_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_keep_their_values),
        cmocka_unit_test(bytes_of_any_kind_are_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

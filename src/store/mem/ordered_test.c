/* The ordered map against an array of every value at every commit. */
#include "store/mem/ordered.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { KEYS = 60, COMMITS = 400, KEPT = 20, ABSENT = -1 };

static int model[COMMITS + 1][KEYS]; /* value after each commit */

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state >> 12; /* xorshift64* */
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(2685821657736338717) >> 33;
}

/* Keys of one to three bytes, in the order of i. */
static str key_of(int i, char bytes[3])
{
    bytes[0] = (char)(i / 20 * 100);
    bytes[1] = (char)(i / 4 % 5 * 63);
    bytes[2] = (char)(i % 4);
    return (str){bytes, 3};
}

static void assert_as_of(const ordered *o, int at)
{
    char bytes[3];
    const ordered_node *n = ordered_seek(o, (str){NULL, 0});
    for (int i = 0; i < KEYS; i++) {
        str key = key_of(i, bytes), value;
        bool there = ordered_get(o, key, (uint64_t)at, &value);
        assert_int_equal(there, model[at][i] != ABSENT);
        int stored = ABSENT;
        if (there)
            memcpy(&stored, value.p, sizeof(stored));
        assert_int_equal(stored, model[at][i]);
        while (n != NULL && str_cmp(ordered_key(n), key) < 0)
            n = ordered_next(n);
        bool walked = n != NULL && str_eq(ordered_key(n), key);
        assert_int_equal(walked && ordered_value(n, (uint64_t)at, &value), there);
    }
}

static void every_kept_version_reads_as_it_was(void **state)
{
    (void)state;
    ordered *o = ordered_new();
    uint64_t random = 1;
    for (int i = 0; i < KEYS; i++)
        model[0][i] = ABSENT;
    for (int at = 1; at <= COMMITS; at++) {
        memcpy(model[at], model[at - 1], sizeof(model[at]));
        for (uint64_t writes = next_random(&random) % 5; writes > 0; writes--) {
            int i = (int)(next_random(&random) % KEYS);
            char bytes[3];
            int value = (int)(next_random(&random) % 1000);
            bool removes = value < 300;
            str text = {(const char *)&value, sizeof(value)};
            ordered_put(o, key_of(i, bytes), removes ? NULL : &text, (uint64_t)at,
                        at > KEPT ? (uint64_t)(at - KEPT) : 0);
            model[at][i] = removes ? ABSENT : value;
        }
        for (int back = 0; back < KEPT && back <= at; back += 7)
            assert_as_of(o, at - back);
    }
    ordered_free(o);
}

static void seeking_finds_the_next_key(void **state)
{
    (void)state;
    ordered *o = ordered_new();
    assert_null(ordered_seek(o, S("a")));
    str value = S("v");
    ordered_put(o, S("b"), &value, 1, 1);
    ordered_put(o, S("bb"), &value, 1, 1);
    ordered_put(o, S(""), &value, 1, 1);
    assert_true(str_eq(ordered_key(ordered_seek(o, S(""))), S("")));
    assert_true(str_eq(ordered_key(ordered_seek(o, S("a"))), S("b")));
    assert_true(str_eq(ordered_key(ordered_seek(o, S("b\0"))), S("bb")));
    assert_null(ordered_seek(o, S("c")));
    ordered_free(o);
    ordered_free(NULL);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kept_version_reads_as_it_was),
        cmocka_unit_test(seeking_finds_the_next_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

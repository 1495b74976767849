/* Both schemes are one-to-one and read back what they wrote; what an LCG's parameters are refused
 * for; its blocks hold the generator's values. */
#include "domain/code/cipher.h"

#include <stdlib.h>

#include "base/test_help.h"
#include "domain/code/codes.h"

#define M6 1000000

static code_key prefix;

static code_format format_of(code_scheme scheme, str alphabet, uint8_t length, lcg g)
{
    code_format f = {.alphabet = alphabet, .length = length, .scheme = (uint8_t)scheme};
    prefix = (code_key){.multiplier = g.a, .increment = g.c};
    f.keys.items = &prefix;
    f.keys.n = 1;
    return f;
}

static void write_all(const code_format *f, str secret, uint64_t *out, size_t n)
{
    arena *memory = arena_new(0);
    aes *key = aes_new(secret);
    code_cipher *c = code_cipher_new(memory, key, f, 0);
    for (size_t i = 0; i < n; i++) {
        ff1_number one = i;
        code_cipher_write(c, &one, 1);
        out[i] = (uint64_t)one;
    }
    for (size_t i = 0; i < n; i += 997)
        assert_true(code_cipher_read(c, out[i]) == i);
    aes_free(key);
    arena_free(memory);
}

static uint64_t bodies[M6], others[M6];

/* Six digits have 100 numbers of each slot: all of them. */
static void every_number_has_a_body_of_its_own(void **state)
{
    static bool seen[M6];
    (void)state;
    for (code_scheme scheme = CODE_SCHEME_PERMUTED; scheme <= CODE_SCHEME_LCG; scheme++) {
        code_format f = format_of(scheme, code_alphabet_digits, 6, (lcg){M6, 141421, 31337});
        write_all(&f, S("sixteen bytes it"), bodies, M6);
        memset(seen, 0, sizeof(seen));
        for (size_t i = 0; i < M6; i++) {
            assert_true(bodies[i] < M6 && !seen[bodies[i]]);
            seen[bodies[i]] = true;
        }
    }
}

static void both_schemes_follow_the_key(void **state)
{
    (void)state;
    for (code_scheme scheme = CODE_SCHEME_PERMUTED; scheme <= CODE_SCHEME_LCG; scheme++) {
        code_format f = format_of(scheme, code_alphabet_digits, 6, (lcg){M6, 141421, 31337});
        size_t same = 0;
        write_all(&f, S("sixteen bytes it"), bodies, 5000);
        write_all(&f, S("sixteen bytes is"), others, 5000);
        for (size_t i = 0; i < 5000; i++)
            same += bodies[i] == others[i];
        assert_in_range(same, 0, 10);
    }
}

/* In any order, at once or one by one, over the ends of blocks, at the largest modulus. */
static void runs_and_single_numbers_are_the_same(void **state)
{
    (void)state;
    ff1_number run[3000];
    lcg g = {LCG_M_MAX, UINT64_C(6364136223846793005), 1442695040888963407};
    code_format f = format_of(CODE_SCHEME_LCG, S("01234567"), 21, g);
    arena *memory = arena_new(0);
    aes *key = aes_new(S("sixteen bytes it"));
    code_cipher *c = code_cipher_new(memory, key, &f, 0);
    uint64_t first = LCG_M_MAX / SLOT_COUNT * SLOT_COUNT - 3000;
    for (size_t i = 0; i < ARRAY_LEN(run); i++)
        run[i] = first + i;
    code_cipher_write(c, run, ARRAY_LEN(run));
    for (size_t i = ARRAY_LEN(run); i-- > 0;) {
        ff1_number one = first + i;
        code_cipher_write(c, &one, 1);
        assert_true(one == run[i]);
        assert_true(code_cipher_read(c, one) == first + i);
    }
    aes_free(key);
    arena_free(memory);
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* A block is a run of the generator: sorted, it is what stepping through it gives. */
static void a_block_is_values_in_a_row_in_another_order(void **state)
{
    (void)state;
    uint64_t inside = 0, stepped[CODE_LCG_BLOCK];
    lcg g = {M6, 141421, 31337};
    code_format f = format_of(CODE_SCHEME_LCG, code_alphabet_digits, 6, g);
    write_all(&f, S("sixteen bytes it"), bodies, 2 * CODE_LCG_BLOCK);
    for (size_t block = 0; block < 2; block++) {
        uint64_t *at = bodies + block * CODE_LCG_BLOCK, x = 0, in_order = 0;
        for (size_t i = 0; i + 1 < CODE_LCG_BLOCK; i++)
            in_order += at[i + 1] == lcg_next(g, at[i]);
        assert_in_range(in_order, 0, 10);
        qsort(at, CODE_LCG_BLOCK, sizeof(*at), by_value);
        for (size_t i = 0; i < CODE_LCG_BLOCK; i++) { /* the first is no successor of another */
            uint64_t next = lcg_next(g, at[i]);
            inside += bsearch(&next, at, CODE_LCG_BLOCK, sizeof(*at), by_value) != NULL;
            uint64_t before = lcg_skip(g, at[i], M6 - 1);
            if (bsearch(&before, at, CODE_LCG_BLOCK, sizeof(*at), by_value) == NULL)
                x = at[i];
        }
        assert_int_equal(inside, (block + 1) * (CODE_LCG_BLOCK - 1));
        for (size_t i = 0; i < CODE_LCG_BLOCK; i++, x = lcg_next(g, x))
            stepped[i] = x;
        qsort(stepped, CODE_LCG_BLOCK, sizeof(*stepped), by_value);
        assert_memory_equal(stepped, at, sizeof(stepped));
    }
}

/* ---- parameters ---- */

static void parameters_are_refused_by_the_condition_that_fails(void **state)
{
    static const struct {
        str alphabet;
        uint8_t length;
        uint64_t a, c;
        const char *field, *detail; /* NULL: none */
    } cases[] = {
        {{"0123456789", 10}, 12, 21, 7, NULL, NULL},
        {{"0123456789", 10}, 18, 21, 7, NULL, NULL},
        {{"0123456789", 10},
         19,
         21,
         7,
         "length",
         "less: with the scheme lcg, characters to the power of length is at most 2^63"},
        {{"0123456789", 10}, 6, 0, 7, "lcg.multiplier", "1 to 999999"},
        {{"0123456789", 10}, 6, M6, 7, "lcg.multiplier", "1 to 999999"},
        {{"0123456789", 10}, 6, 21, M6, "lcg.increment", "0 to 999999"},
        {{"0123456789", 10},
         6,
         21,
         15,
         "lcg.increment",
         "increment and modulus 1000000 must have no common factor (Hull-Dobell 1); 5 divides "
         "both"},
        {{"0123456789", 10},
         6,
         21,
         0,
         "lcg.increment",
         "increment and modulus 1000000 must have no common factor (Hull-Dobell 1); 2 divides "
         "both"},
        {{"0123456789", 10},
         6,
         5,
         3,
         "lcg.multiplier",
         "every prime factor of the modulus 1000000 must divide multiplier - 1 (Hull-Dobell 2); 5 "
         "does not"},
        {{"0123456789", 10},
         6,
         11,
         3,
         "lcg.multiplier",
         "4 divides the modulus 1000000, so it must divide multiplier - 1 (Hull-Dobell 3)"},
        {{"0123456789ABCDEFGHJKMNPQRSTVWXYZ", 32}, 12, 5, 1, NULL, NULL},
        {{"0123456789ABCDEFGHJKMNPQRSTVWXYZ", 32},
         13,
         5,
         1,
         "length",
         "less: with the scheme lcg, characters to the power of length is at most 2^63"},
        {{"01234567", 8}, 21, 5, 1, NULL, NULL}, /* 2^63 */
    };
    (void)state;
    arena *memory = arena_new(0);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        code_form form = {.alphabet = cases[i].alphabet, .body = cases[i].length};
        issues *found = issues_new(memory);
        code_lcg_check(&form, cases[i].a, cases[i].c, found);
        assert_int_equal(found->n, cases[i].field != NULL);
        if (cases[i].field != NULL) {
            assert_str(found->items[0].field, str_of(cases[i].field));
            assert_str(found->items[0].detail, str_of(cases[i].detail));
        }
    }
    arena_free(memory);
}

static void steps_hold_every_condition_on_the_multiplier(void **state)
{
    static const uint64_t cases[][2] = {
        {M6, 20},
        {LCG_M_MAX, 4},
        {UINT64_C(1) << 60, 4},
        {887503681 /* 31^6 */, 31},
        {2176782336, 6 * 2},
        /* 36^6 */ {531441 * 9 /* 9^7 */, 3},
        {244140625 /* 25^6 */, 5},
        {11390625, 15},
        /* 15^6 */ {7529536, 28}, /* 14^6 */
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_true(code_lcg_step(cases[i][0]) == cases[i][1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_number_has_a_body_of_its_own),
        cmocka_unit_test(both_schemes_follow_the_key),
        cmocka_unit_test(runs_and_single_numbers_are_the_same),
        cmocka_unit_test(a_block_is_values_in_a_row_in_another_order),
        cmocka_unit_test(parameters_are_refused_by_the_condition_that_fails),
        cmocka_unit_test(steps_hold_every_condition_on_the_multiplier),
    };
    return cmocka_run_group_tests_name("domain/code/cipher", tests, NULL, NULL);
}

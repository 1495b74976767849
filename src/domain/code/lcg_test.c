/* The LCG: Hull and Dobell's theorem against counting; blocks that fit together; and why it is
 * labelled predictable: one shuffled batch of 12-digit codes tells the next, while the same attack
 * finds nothing in a batch of the default scheme. */
#include "domain/code/lcg.h"

#include <stdlib.h>

#include "base/test_help.h"
#include "domain/code/ff1.h"

enum { BATCH = 1000 };
#define M12 UINT64_C(1000000000000)

static uint64_t period(lcg g)
{
    uint64_t x = 0;
    uint64_t n = 0;
    do {
        x = lcg_next(g, x);
        n++;
    } while (x != 0 && n <= g.m);
    return n;
}

static void full_is_what_counting_says(void **state)
{
    (void)state;
    size_t full = 0;
    for (uint64_t m = 2; m <= 72; m++) {
        for (uint64_t a = 1; a < m; a++) {
            for (uint64_t c = 0; c < m; c++) {
                lcg g = {m, a, c};
                assert_int_equal(lcg_is_full(g), period(g) == m);
                full += lcg_is_full(g);
            }
        }
    }
    assert_true(full > 1000);
    /* The two of the source that this scheme comes from (000-12). */
    assert_true(lcg_is_full((lcg){100, 21, 3}));
    assert_false(lcg_is_full((lcg){100, 2, 0}));
}

static void parameters_out_of_range_are_refused(void **state)
{
    (void)state;
    assert_false(lcg_is_full((lcg){0, 1, 0}));
    assert_false(lcg_is_full((lcg){100, 0, 3}));
    assert_false(lcg_is_full((lcg){100, 121, 3}));
    assert_false(lcg_is_full((lcg){100, 21, 103}));
    assert_false(lcg_is_full((lcg){LCG_M_MAX + 1, 5, 1}));
    assert_true(lcg_is_full((lcg){LCG_M_MAX, 5, 1}));
}

static void blocks_fit_together(void **state)
{
    (void)state;
    lcg g = {M12, 21, 7};
    assert_true(lcg_is_full(g));
    uint64_t x = 5;
    for (uint64_t n = 0; n < 3000; n++) {
        assert_true(lcg_skip(g, 5, n) == x);
        x = lcg_next(g, x);
    }
    assert_true(lcg_skip(g, 5, M12) == 5); /* a whole period */
    lcg large = {LCG_M_MAX, UINT64_C(6364136223846793005), 1};
    uint64_t a = lcg_skip(large, 1, UINT64_C(123456789012345));
    assert_true(lcg_skip(large, a, UINT64_C(543210987654321)) ==
                lcg_skip(large, 1, UINT64_C(666667776666666)));
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void shuffles_lose_nothing_and_follow_the_seed(void **state)
{
    (void)state;
    uint64_t values[BATCH], again[BATCH], other[BATCH];
    for (size_t i = 0; i < BATCH; i++)
        values[i] = again[i] = other[i] = i;
    lcg_shuffle(values, BATCH, 1);
    lcg_shuffle(again, BATCH, 1);
    lcg_shuffle(other, BATCH, 2);
    assert_memory_equal(values, again, sizeof(values));
    assert_true(memcmp(values, other, sizeof(values)) != 0);
    size_t still = 0;
    for (size_t i = 0; i < BATCH; i++)
        still += values[i] == i;
    assert_true(still < 12);
    qsort(values, BATCH, sizeof(*values), by_value);
    for (size_t i = 0; i < BATCH; i++)
        assert_int_equal(values[i], i);
}

/* ---- the attack ---- */

/* a ** -1 modulo 10^12, for a without the factors 2 and 5: Euler's theorem. */
static uint64_t inverse(uint64_t a)
{
    uint64_t power = 1;
    for (uint64_t n = M12 / 5 * 2 - 1; n > 0; n /= 2) { /* phi(10^12) = 4 * 10^11 */
        if (n % 2 != 0)
            power = (uint64_t)((unsigned __int128)power * a % M12);
        a = (uint64_t)((unsigned __int128)a * a % M12);
    }
    return power;
}

/* A batch by its last three digits: in 1,000 consecutive numbers of a full LCG modulo 10^12 each
 * ending comes once, because it is one modulo 1,000 too. */
typedef struct batch {
    uint64_t with[BATCH]; /* the code with this ending */
    bool has[BATCH];
} batch;

static bool by_ending(const uint64_t *codes, batch *out)
{
    *out = (batch){0};
    for (size_t i = 0; i < BATCH; i++) {
        if (out->has[codes[i] % BATCH])
            return false;
        out->has[codes[i] % BATCH] = true;
        out->with[codes[i] % BATCH] = codes[i];
    }
    return true;
}

static uint64_t minus(uint64_t a, uint64_t b)
{
    return a >= b ? a - b : a + (M12 - b);
}

/* Follows the endings of a guessed a and c, and solves four codes in a row for the real ones. */
static bool solve(const batch *b, lcg small, lcg *found)
{
    uint64_t x[4];
    uint64_t ending = 0;
    for (size_t i = 0; i < 4; i++) {
        x[i] = b->with[ending];
        ending = lcg_next(small, ending);
    }
    uint64_t d1 = minus(x[1], x[0]);
    if (d1 % 2 == 0 || d1 % 5 == 0)
        return false;
    uint64_t a = (uint64_t)((unsigned __int128)minus(x[2], x[1]) * inverse(d1) % M12);
    uint64_t c = minus(x[1], (uint64_t)((unsigned __int128)a * x[0] % M12));
    *found = (lcg){M12, a, c};
    return lcg_next(*found, x[2]) == x[3];
}

/* How many of the batch are followed by another of the batch: all but the last. */
static size_t followed(const batch *b, lcg g, uint64_t *last)
{
    size_t n = 0;
    for (size_t i = 0; i < BATCH; i++) {
        uint64_t next = lcg_next(g, b->with[i]);
        if (b->with[next % BATCH] == next)
            n++;
        else
            *last = b->with[i];
    }
    return n;
}

/* The generator that goes back. */
static lcg turned(lcg g)
{
    uint64_t a = inverse(g.a);
    return (lcg){M12, a, minus(0, (uint64_t)((unsigned __int128)a * g.c % M12))};
}

/* Knows a shuffled batch and that it is of an LCG modulo 10^12. Gives a generator, which goes
 * forward or back, and the last code in its direction. */
static bool attack(const uint64_t *codes, lcg *found, uint64_t *last)
{
    batch b;
    if (!by_ending(codes, &b))
        return false;
    for (uint64_t a = 1; a < BATCH; a += 20) {
        for (uint64_t c = 1; c < BATCH; c += 2) {
            if (c % 5 == 0 || !solve(&b, (lcg){BATCH, a, c}, found))
                continue;
            if (followed(&b, *found, last) == BATCH - 1)
                return true;
        }
    }
    return false;
}

static lcg random_lcg(uint64_t *seed)
{
    lcg g = {.m = M12};
    while (!lcg_is_full(g))
        g = (lcg){M12, random_below(seed, M12 / 20) * 20 + 1, random_below(seed, M12)};
    return g;
}

static void a_shuffled_batch_tells_the_next(void **state)
{
    (void)state;
    uint64_t seed = 2018;
    for (int trial = 0; trial < 10; trial++) {
        lcg g = random_lcg(&seed);
        uint64_t x = random_below(&seed, M12);
        uint64_t codes[BATCH];
        for (size_t i = 0; i < BATCH; i++)
            codes[i] = x = lcg_next(g, x);
        lcg_shuffle(codes, BATCH, next_random(&seed));
        lcg found;
        uint64_t last = 0;
        assert_true(attack(codes, &found, &last));
        if (lcg_next(found, last) != lcg_next(g, x)) { /* the batch before this one */
            batch b;
            found = turned(found);
            assert_true(by_ending(codes, &b));
            assert_int_equal(followed(&b, found, &last), BATCH - 1);
        }
        for (size_t i = 0; i < BATCH; i++) {
            x = lcg_next(g, x);
            last = lcg_next(found, last);
            assert_true(last == x);
        }
    }
}

/* A batch of consecutive serials through FF1. */
static void default_batch(ff1 *f, uint64_t first, uint64_t *codes)
{
    ff1_number numbers[BATCH];
    for (size_t i = 0; i < BATCH; i++)
        numbers[i] = first + i;
    ff1_encrypt(f, numbers, BATCH);
    for (size_t i = 0; i < BATCH; i++)
        codes[i] = (uint64_t)numbers[i];
}

/* The same attack; and endings and leading digits as even as chance has them: chi-square with 999
 * degrees of freedom lies between 800 and 1,220 but for one in a hundred thousand. */
static void the_default_tells_nothing(void **state)
{
    (void)state;
    enum { TRIALS = 100 };
    arena *memory = arena_new(0);
    aes *key = aes_new(S("sixteen bytes it"));
    ff1 *f = ff1_new(memory, key, S("merchant"), 10, 12);
    uint64_t codes[BATCH];
    uint64_t endings[BATCH] = {0};
    uint64_t beginnings[BATCH] = {0};
    for (uint64_t trial = 0; trial < TRIALS; trial++) {
        lcg found;
        uint64_t last;
        default_batch(f, trial * BATCH, codes);
        assert_false(attack(codes, &found, &last));
        for (size_t i = 0; i < BATCH; i++) {
            endings[codes[i] % BATCH]++;
            beginnings[codes[i] / (M12 / BATCH)]++;
        }
    }
    uint64_t squares[2] = {0};
    for (size_t i = 0; i < BATCH; i++) {
        squares[0] += endings[i] * endings[i];
        squares[1] += beginnings[i] * beginnings[i];
    }
    for (size_t i = 0; i < 2; i++) {
        uint64_t chi = squares[i] / TRIALS - (uint64_t)TRIALS * BATCH;
        assert_true(chi > 800 && chi < 1220);
    }
    aes_free(key);
    arena_free(memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(full_is_what_counting_says),
        cmocka_unit_test(parameters_out_of_range_are_refused),
        cmocka_unit_test(blocks_fit_together),
        cmocka_unit_test(shuffles_lose_nothing_and_follow_the_seed),
        cmocka_unit_test(a_shuffled_batch_tells_the_next),
        cmocka_unit_test(the_default_tells_nothing),
    };
    return cmocka_run_group_tests_name("domain/code/lcg", tests, NULL, NULL);
}

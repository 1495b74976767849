/* Spreads: known chi-squares, extremes, and what chance does and does not explain. */
#include "cli/spread.h"

#include "base/test_help.h"

#include "base/hash.h"
#include "base/id.h"

static void known_figures(void **state)
{
    (void)state;
    /* A die thrown 60 times. */
    spread s = spread_of((const uint64_t[]){12, 4, 8, 17, 9, 10}, 6);
    assert_int_equal(s.things, 60);
    assert_int_equal(s.least, 4);
    assert_int_equal(s.most, 17);
    assert_int_equal(s.most_milli, 1700);
    assert_int_equal(s.freedom, 5);
    assert_int_equal(s.chi_milli, 9400);
    assert_int_equal(s.sigma_milli, 1391); /* (9.4 - 5) / √10 */
}

static void all_alike_is_less_than_chance(void **state)
{
    (void)state;
    spread s = spread_of((const uint64_t[]){7, 7, 7, 7, 7, 7, 7, 7}, 8);
    assert_int_equal(s.chi_milli, 0);
    assert_int_equal(s.sigma_milli, -1871); /* -7 / 3.741 */
    assert_int_equal(s.most_milli, 1000);
}

static void all_in_one_place_is_the_most_there_is(void **state)
{
    (void)state;
    spread s = spread_of((const uint64_t[]){0, 90, 0}, 3);
    assert_int_equal(s.least, 0);
    assert_int_equal(s.most_milli, 3000);
    assert_int_equal(s.chi_milli, 180000); /* n (k - 1) */
}

static void none_and_one_place_say_nothing(void **state)
{
    (void)state;
    spread s = spread_of((const uint64_t[]){0, 0}, 2);
    assert_int_equal(s.most_milli, 0);
    assert_int_equal(s.chi_milli, 0);
    assert_int_equal(s.sigma_milli, 0);
    s = spread_of((const uint64_t[]){5}, 1);
    assert_int_equal(s.most_milli, 1000);
    assert_int_equal(s.sigma_milli, 0);
}

static void the_largest_do_not_overflow(void **state)
{
    (void)state;
    static uint64_t counts[SPREAD_PLACES_MAX];
    counts[0] = SPREAD_THINGS_MAX;
    spread s = spread_of(counts, SPREAD_PLACES_MAX);
    assert_int_equal(s.most_milli, (uint64_t)SPREAD_PLACES_MAX * 1000);
    assert_true(s.chi_milli == SPREAD_THINGS_MAX * (SPREAD_PLACES_MAX - 1) * 1000);
    assert_true(s.sigma_milli > 0);
}

/* n users into slots, by 64 bits of hash or by 16, as the seed's. */
static spread users(uint64_t n, uint64_t seed, bool short_hash)
{
    static uint64_t counts[SLOT_COUNT];
    memset(counts, 0, sizeof(counts));
    for (uint64_t i = 0; i < n; i++) {
        uint64_t h = hash64((str){(const char *)&i, sizeof(i)}, seed);
        counts[slot_of_hash(short_hash ? h & UINT16_MAX : h)]++;
    }
    return spread_of(counts, SLOT_COUNT);
}

static void chance_explains_64_bits_and_not_16(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        spread ours = users(1000000, seed, false), theirs = users(1000000, seed, true);
        assert_true(ours.sigma_milli > -4000 && ours.sigma_milli < 4000);
        /* Σ p² over 5,536 slots of 7/65,536 and 4,464 of 6/65,536: chi² is 5,754 above chance. */
        assert_true(theirs.sigma_milli > 35000 && theirs.sigma_milli < 46000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_figures),
        cmocka_unit_test(all_alike_is_less_than_chance),
        cmocka_unit_test(all_in_one_place_is_the_most_there_is),
        cmocka_unit_test(none_and_one_place_say_nothing),
        cmocka_unit_test(the_largest_do_not_overflow),
        cmocka_unit_test(chance_explains_64_bits_and_not_16),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Check digits: for every radix that has one, every single error and every swap of neighbours in
 * random numbers of several lengths is found; a published example of Damm's. */
#include "domain/code/check_digit.h"

#include "base/test_help.h"

enum { LENGTH_MAX = 14 };

static void which_radixes_have_one(void **state)
{
    (void)state;
    static const uint32_t none[] = {0, 1, 2, 6, 14, 18, 22, 26, 30, 34, 254, 257, 1000};
    static const uint32_t some[] = {3, 4, 5, 7, 8, 9, 10, 12, 16, 20, 24, 28, 29, 31, 32, 33, 36};
    for (size_t i = 0; i < ARRAY_LEN(none); i++)
        assert_false(check_digit_exists(none[i]));
    for (size_t i = 0; i < ARRAY_LEN(some); i++)
        assert_true(check_digit_exists(some[i]));
}

static void an_example_of_damm(void **state)
{
    (void)state;
    const uint8_t digits[] = {5, 7, 2, 4};
    assert_int_equal(check_digit(10, digits, 3), 4);
    assert_true(check_digit_holds(10, digits, 4));
}

/* Every change of one digit to another is found. */
static void find_wrong_digits(uint32_t radix, uint8_t *digits, size_t n)
{
    for (size_t at = 0; at < n; at++) {
        uint8_t right = digits[at];
        for (uint32_t wrong = 0; wrong < radix; wrong++) {
            digits[at] = (uint8_t)wrong;
            assert_int_equal(check_digit_holds(radix, digits, n), wrong == right);
        }
        digits[at] = right;
    }
}

static void find_swaps(uint32_t radix, uint8_t *digits, size_t n)
{
    for (size_t at = 0; at + 1 < n; at++) {
        uint8_t left = digits[at];
        uint8_t right = digits[at + 1];
        digits[at] = right;
        digits[at + 1] = left;
        assert_int_equal(check_digit_holds(radix, digits, n), left == right);
        digits[at] = left;
        digits[at + 1] = right;
    }
}

static void wrong_digits_and_swaps_are_found(void **state)
{
    (void)state;
    uint64_t seed = 3;
    for (uint32_t radix = 3; radix <= 256; radix++) {
        for (size_t n = 2; check_digit_exists(radix) && n <= LENGTH_MAX; n += 3) {
            uint8_t digits[LENGTH_MAX];
            for (size_t i = 0; i + 1 < n; i++)
                digits[i] = (uint8_t)random_below(&seed, radix);
            digits[n - 1] = check_digit(radix, digits, n - 1);
            assert_true(digits[n - 1] < radix);
            assert_true(check_digit_holds(radix, digits, n));
            find_wrong_digits(radix, digits, n);
            find_swaps(radix, digits, n);
        }
    }
}

/* All pairs of neighbours, after every digit: the whole quasigroup. */
static void every_pair_of_small_radixes(void **state)
{
    (void)state;
    for (uint32_t radix = 3; radix <= 36; radix++) {
        uint32_t triples = check_digit_exists(radix) ? radix * radix * radix : 0;
        for (uint32_t i = 0; i < triples; i++) {
            uint8_t digits[4] = {(uint8_t)(i % radix), (uint8_t)(i / radix % radix),
                                 (uint8_t)(i / radix / radix), 0};
            digits[3] = check_digit(radix, digits, 3);
            assert_true(check_digit_holds(radix, digits, 4));
            find_swaps(radix, digits, 4);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(which_radixes_have_one),
        cmocka_unit_test(an_example_of_damm),
        cmocka_unit_test(wrong_digits_and_swaps_are_found),
        cmocka_unit_test(every_pair_of_small_radixes),
    };
    return cmocka_run_group_tests_name("domain/code/check_digit", tests, NULL, NULL);
}

/* FF1: the nine sample vectors of NIST SP 800-38G, permutations of small spaces, every shape of
 * radix and length back and forth. */
#include "domain/code/ff1.h"

#include "base/test_help.h"

typedef struct sample {
    size_t key_bytes;
    const char *tweak;
    uint32_t radix;
    const char *plain, *cipher;
} sample;

static const uint8_t key[32] = {0x2B, 0x7E, 0x15, 0x16, 0x28, 0xAE, 0xD2, 0xA6, 0xAB, 0xF7, 0x15,
                                0x88, 0x09, 0xCF, 0x4F, 0x3C, 0xEF, 0x43, 0x59, 0xD8, 0xD5, 0x80,
                                0xAA, 0x4F, 0x7F, 0x03, 0x6D, 0x6F, 0x04, 0xFC, 0x6A, 0x94};

/* FF1samples.pdf of the standard, samples 1 to 9. */
static const sample samples[] = {
    {16, "", 10, "0123456789", "2433477484"},
    {16, "9876543210", 10, "0123456789", "6124200773"},
    {16, "7777pqrs777", 36, "0123456789abcdefghi", "a9tv40mll9kdu509eum"},
    {24, "", 10, "0123456789", "2830668132"},
    {24, "9876543210", 10, "0123456789", "2496655549"},
    {24, "7777pqrs777", 36, "0123456789abcdefghi", "xbj3kv35jrawxv32ysr"},
    {32, "", 10, "0123456789", "6657667009"},
    {32, "9876543210", 10, "0123456789", "1001623463"},
    {32, "7777pqrs777", 36, "0123456789abcdefghi", "xs8a0azh2avyalyzuwd"},
};

static ff1_number read_number(const char *digits, uint32_t radix)
{
    ff1_number v = 0;
    for (; *digits != '\0'; digits++)
        v = v * radix + (uint32_t)(*digits <= '9' ? *digits - '0' : *digits - 'a' + 10);
    return v;
}

static void the_samples_of_the_standard(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
        const sample *s = &samples[i];
        arena *memory = arena_new(0);
        aes *a = aes_new((str){(const char *)key, s->key_bytes});
        ff1 *f = ff1_new(memory, a, str_of(s->tweak), s->radix, (uint32_t)strlen(s->plain));
        ff1_number number = read_number(s->plain, s->radix);
        ff1_encrypt(f, &number, 1);
        assert_true(number == read_number(s->cipher, s->radix));
        ff1_decrypt(f, &number, 1);
        assert_true(number == read_number(s->plain, s->radix));
        aes_free(a);
        arena_free(memory);
    }
}

/* Every number of a space of a million comes out exactly once. */
static void a_space_is_permuted(void **state)
{
    (void)state;
    enum { N = 1000000, AT_ONCE = 1000 };
    arena *memory = arena_new(0);
    aes *a = aes_new((str){(const char *)key, 16});
    ff1 *f = ff1_new(memory, a, S("a"), 10, 6);
    uint8_t *seen = ARENA_ARRAY(memory, uint8_t, N);
    ff1_number *some = ARENA_ARRAY(memory, ff1_number, AT_ONCE);
    size_t still = 0;
    for (size_t from = 0; from < N; from += AT_ONCE) {
        for (size_t i = 0; i < AT_ONCE; i++)
            some[i] = from + i;
        ff1_encrypt(f, some, AT_ONCE);
        for (size_t i = 0; i < AT_ONCE; i++) {
            assert_true(some[i] < N);
            assert_int_equal(seen[(size_t)some[i]]++, 0);
            still += some[i] == from + i;
        }
    }
    assert_true(still < 10); /* about one number of a random permutation stays where it is */
    aes_free(a);
    arena_free(memory);
}

static void every_shape_goes_back(void **state)
{
    (void)state;
    uint64_t seed = 7;
    aes *a = aes_new((str){(const char *)key, 32});
    size_t shapes = 0;
    for (uint32_t radix = 2; radix <= FF1_RADIX_MAX; radix++) {
        for (uint32_t digits = 2; digits <= FF1_DIGITS_MAX; digits++) {
            arena *memory = arena_new(0);
            char tweak[FF1_TWEAK_MAX] = {1, 2, 3};
            ff1 *f = ff1_new(memory, a, (str){tweak, (radix + digits) % (FF1_TWEAK_MAX + 1)}, radix,
                             digits);
            ff1_number all = ff1_numbers(radix, digits);
            assert_int_equal(f != NULL, all != 0);
            ff1_number was[3] = {0};
            ff1_number is[3];
            for (size_t i = 0; f != NULL && i < 3; i++) {
                was[i] = ((ff1_number)next_random(&seed) << 64 | next_random(&seed)) % all;
                is[i] = was[i];
            }
            if (f != NULL) {
                ff1_encrypt(f, is, 3);
                assert_true(is[0] < all && is[1] < all && is[2] < all);
                assert_true(is[0] != was[0] || is[1] != was[1] || is[2] != was[2]);
                ff1_decrypt(f, is, 3);
                assert_true(is[0] == was[0] && is[1] == was[1] && is[2] == was[2]);
                shapes++;
            }
            arena_free(memory);
        }
    }
    assert_true(shapes > 3000);
    aes_free(a);
}

static void key_tweak_and_length_matter(void **state)
{
    (void)state;
    arena *memory = arena_new(0);
    aes *one = aes_new((str){(const char *)key, 16});
    aes *other = aes_new((str){(const char *)key + 1, 16});
    ff1 *spaces[] = {
        ff1_new(memory, one, S("a"), 10, 12),   ff1_new(memory, one, S("b"), 10, 12),
        ff1_new(memory, other, S("a"), 10, 12), ff1_new(memory, one, S("a"), 10, 13),
        ff1_new(memory, one, S("a"), 11, 12),
    };
    ff1_number first[ARRAY_LEN(spaces)] = {0};
    for (size_t i = 0; i < ARRAY_LEN(spaces); i++) {
        ff1_encrypt(spaces[i], &first[i], 1);
        for (size_t k = 0; k < i; k++)
            assert_true(first[k] != first[i]);
    }
    aes_free(one);
    aes_free(other);
    arena_free(memory);
}

static void spaces_that_are_too_small_or_large_are_refused(void **state)
{
    (void)state;
    assert_true(ff1_numbers(10, 5) == 0);
    assert_true(ff1_numbers(10, 6) == 1000000);
    assert_true(ff1_numbers(1, 30) == 0);
    assert_true(ff1_numbers(257, 8) == 0);
    assert_true(ff1_numbers(32, 24) == (ff1_number)1 << 120);
    assert_true(ff1_numbers(32, 25) == 0);
    assert_true(ff1_numbers(2, 65) == 0);
    arena *memory = arena_new(0);
    aes *a = aes_new((str){(const char *)key, 16});
    char tweak[FF1_TWEAK_MAX + 1] = {0};
    assert_null(ff1_new(memory, a, (str){tweak, sizeof(tweak)}, 10, 6));
    aes_free(a);
    arena_free(memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_samples_of_the_standard),
        cmocka_unit_test(a_space_is_permuted),
        cmocka_unit_test(every_shape_goes_back),
        cmocka_unit_test(key_tweak_and_length_matter),
        cmocka_unit_test(spaces_that_are_too_small_or_large_are_refused),
    };
    return cmocka_run_group_tests_name("domain/code/ff1", tests, NULL, NULL);
}

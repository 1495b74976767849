/* AES: the sample vectors of FIPS 197 appendix C, keys of other lengths, many blocks at once. */
#include "base/aes.h"

#include "base/test_help.h"

typedef struct vector {
    size_t key_bytes;
    uint8_t cipher[AES_BLOCK];
} vector;

static const vector vectors[] = {
    {16,
     {0x69, 0xc4, 0xe0, 0xd8, 0x6a, 0x7b, 0x04, 0x30, 0xd8, 0xcd, 0xb7, 0x80, 0x70, 0xb4, 0xc5,
      0x5a}},
    {24,
     {0xdd, 0xa9, 0x7c, 0xa4, 0x86, 0x4c, 0xdf, 0xe0, 0x6e, 0xaf, 0x70, 0xa0, 0xec, 0x0d, 0x71,
      0x91}},
    {32,
     {0x8e, 0xa2, 0xb7, 0xca, 0x51, 0x67, 0x45, 0xbf, 0xea, 0xfc, 0x49, 0x90, 0x4b, 0x49, 0x60,
      0x89}},
};

static aes *key_of(size_t bytes)
{
    char key[32];
    for (size_t i = 0; i < sizeof(key); i++)
        key[i] = (char)i;
    return aes_new((str){key, bytes});
}

static void blocks_are_those_of_fips_197(void **state)
{
    (void)state;
    uint8_t plain[AES_BLOCK];
    for (size_t i = 0; i < AES_BLOCK; i++)
        plain[i] = (uint8_t)(i * 0x11);
    for (size_t v = 0; v < ARRAY_LEN(vectors); v++) {
        aes *a = key_of(vectors[v].key_bytes);
        uint8_t out[AES_BLOCK];
        aes_encrypt(a, plain, out, 1);
        assert_memory_equal(out, vectors[v].cipher, AES_BLOCK);
        aes_free(a);
    }
}

static void other_keys_are_refused(void **state)
{
    (void)state;
    for (size_t bytes = 0; bytes <= 32; bytes++) {
        aes *a = key_of(bytes);
        assert_int_equal(a != NULL, bytes == 16 || bytes == 24 || bytes == 32);
        aes_free(a);
    }
}

static void many_at_once_are_one_by_one(void **state)
{
    (void)state;
    enum { N = 100 };
    aes *a = key_of(16);
    uint8_t in[N * AES_BLOCK];
    uint8_t out[N * AES_BLOCK];
    for (size_t i = 0; i < sizeof(in); i++)
        in[i] = (uint8_t)(i * 7 + i / 251);
    aes_encrypt(a, in, out, N);
    for (size_t i = 0; i < N; i++) {
        uint8_t one[AES_BLOCK];
        aes_encrypt(a, in + i * AES_BLOCK, one, 1);
        assert_memory_equal(one, out + i * AES_BLOCK, AES_BLOCK);
    }
    aes_encrypt(a, in, in, N);
    assert_memory_equal(in, out, sizeof(in));
    aes_encrypt(a, NULL, NULL, 0);
    aes_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_those_of_fips_197),
        cmocka_unit_test(other_keys_are_refused),
        cmocka_unit_test(many_at_once_are_one_by_one),
    };
    return cmocka_run_group_tests_name("base/aes", tests, NULL, NULL);
}

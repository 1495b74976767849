/* Digests against published vectors; keys have their shape and never repeat. */
#include "port/secret.h"

#include <stdio.h>

#include "base/test_help.h"
#include "port/clock.h"
#include "port/random.h"

static void assert_digest(const uint8_t digest[SECRET_DIGEST_BYTES], const char *hex)
{
    char text[2 * SECRET_DIGEST_BYTES + 1];
    for (size_t i = 0; i < SECRET_DIGEST_BYTES; i++)
        snprintf(text + 2 * i, 3, "%02x", (unsigned)digest[i]);
    assert_string_equal(text, hex);
}

/* FIPS 180-4 examples. */
static void sha256_gives_the_published_digests(void **state)
{
    (void)state;
    uint8_t digest[SECRET_DIGEST_BYTES];
    secret_sha256(S(""), digest);
    assert_digest(digest, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    secret_sha256((str){NULL, 0}, digest);
    assert_digest(digest, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    secret_sha256(S("abc"), digest);
    assert_digest(digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

/* RFC 4231, test cases 1, 2 and 6. */
static void hmac_gives_the_published_digests(void **state)
{
    (void)state;
    uint8_t digest[SECRET_DIGEST_BYTES];
    char key[131];
    memset(key, 0x0b, 20);
    secret_hmac_sha256((str){key, 20}, S("Hi There"), digest);
    assert_digest(digest, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    secret_hmac_sha256(S("Jefe"), S("what do ya want for nothing?"), digest);
    assert_digest(digest, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(key, 0xaa, sizeof key);
    secret_hmac_sha256((str){key, sizeof key},
                       S("Test Using Larger Than Block-Size Key - Hash Key First"), digest);
    assert_digest(digest, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

static void equality_is_of_all_bytes(void **state)
{
    (void)state;
    assert_true(secret_equal(S(""), S("")));
    assert_true(secret_equal(S("abc"), S("abc")));
    assert_false(secret_equal(S("abc"), S("abd")));
    assert_false(secret_equal(S("abc"), S("ab")));
    assert_false(secret_equal(S("a\0b"), S("a\0c")));
}

static void keys_have_their_shape_and_differ(void **state)
{
    (void)state;
    char a[SECRET_KEY_LENGTH], b[SECRET_KEY_LENGTH];
    for (int i = 0; i < 1000; i++) {
        secret_key_make(a);
        secret_key_make(b);
        assert_true(secret_key_is_wellformed((str){a, sizeof a}));
        assert_true(str_starts((str){a, sizeof a}, S("qk_")));
        assert_memory_not_equal(a, b, sizeof a);
    }
    a[10] = '!';
    assert_false(secret_key_is_wellformed((str){a, sizeof a}));
    assert_false(secret_key_is_wellformed((str){b, sizeof b - 1}));
    assert_false(secret_key_is_wellformed(S("")));
    b[0] = 'x';
    assert_false(secret_key_is_wellformed((str){b, sizeof b}));
}

static void the_hash_of_a_key_is_the_front_of_its_digest(void **state)
{
    (void)state;
    hash128 h = secret_key_hash(S("abc"));
    assert_true(h.hi == UINT64_C(0xba7816bf8f01cfea) && h.lo == UINT64_C(0x414140de5dae2223));
}

static void random_numbers_differ(void **state)
{
    (void)state;
    uint64_t any = 0, all = UINT64_MAX;
    for (int i = 0; i < 100; i++) {
        uint64_t v = random_u64();
        any |= v;
        all &= v;
    }
    /* Each bit was 0 and 1 at least once; the chance that this fails is 2^-93. */
    assert_true(any == UINT64_MAX && all == 0);
    char bytes[64] = {0};
    random_bytes(bytes, 32);
    for (size_t i = 32; i < sizeof bytes; i++)
        assert_int_equal(bytes[i], 0);
}

static void clocks_go_on(void **state)
{
    (void)state;
    assert_true(clock_wall_ms() > INT64_C(1700000000000));
    int64_t ns = clock_monotonic_ns(), ms = clock_monotonic_ms();
    for (int i = 0; i < 1000; i++) {
        int64_t next = clock_monotonic_ns();
        assert_true(next >= ns);
        ns = next;
    }
    assert_true(ms <= clock_monotonic_ms() && ms <= ns / 1000000);
}

static void what_is_sealed_opens_with_its_key_and_its_place_only(void **state)
{
    enum { PLAIN = 16 };
    str key = S("a key of thirty-two bytes, 12345"), other = S("another of thirty-two bytes, 123");
    char sealed[2][PLAIN + SECRET_SEAL_EXTRA], opened[PLAIN];
    str plain = S("sixteen bytes ..");
    (void)state;
    for (size_t i = 0; i < 2; i++)
        secret_seal(key, S("mer_1"), plain, sealed[i]);
    assert_true(memcmp(sealed[0], sealed[1], sizeof(sealed[0])) != 0); /* nonces differ */
    str text = {sealed[0], sizeof(sealed[0])};
    assert_null(memmem(text.p, text.n, plain.p, plain.n));
    assert_true(secret_open(key, S("mer_1"), text, opened));
    assert_true(str_eq(plain, (str){opened, PLAIN}));
    assert_false(secret_open(other, S("mer_1"), text, opened));
    assert_false(secret_open(key, S("mer_2"), text, opened));
    for (size_t i = 0; i < text.n; i++) {
        sealed[0][i] ^= 1;
        opened[0] = 'x';
        assert_false(secret_open(key, S("mer_1"), text, opened));
        assert_int_equal(opened[0], 0);
        sealed[0][i] ^= 1;
    }
    assert_true(secret_open(key, S("mer_1"), text, opened));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_gives_the_published_digests),
        cmocka_unit_test(hmac_gives_the_published_digests),
        cmocka_unit_test(equality_is_of_all_bytes),
        cmocka_unit_test(keys_have_their_shape_and_differ),
        cmocka_unit_test(the_hash_of_a_key_is_the_front_of_its_digest),
        cmocka_unit_test(random_numbers_differ),
        cmocka_unit_test(clocks_go_on),
        cmocka_unit_test(what_is_sealed_opens_with_its_key_and_its_place_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

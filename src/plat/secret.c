/* SHA-256 and HMAC from libcrypto; comparison, base64url and sealing from libsodium. */
#include "port/secret.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <pthread.h>
#include <sodium.h>

#include "port/random.h"

enum { KEY_BYTES = 32, KEY_PREFIX = 3, KEY_TEXT = SECRET_KEY_LENGTH - KEY_PREFIX };

/* Looked up once: EVP_sha256() makes libcrypto look for an implementation at every use. */
static EVP_MD *sha256;

static void fetch_sha256(void)
{
    sha256 = EVP_MD_fetch(NULL, "SHA256", NULL); /* for good */
    CHECK(sha256 != NULL);
}

void secret_sha256(str data, uint8_t out[SECRET_DIGEST_BYTES])
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    unsigned n = 0;
    CHECK(pthread_once(&once, fetch_sha256) == 0);
    CHECK(EVP_Digest(data.n == 0 ? "" : data.p, data.n, out, &n, sha256, NULL) == 1);
    CHECK(n == SECRET_DIGEST_BYTES);
}

void secret_hmac_sha256(str key, str data, uint8_t out[SECRET_DIGEST_BYTES])
{
    unsigned n = 0;
    CHECK(key.n <= INT_MAX);
    const unsigned char *bytes = (const unsigned char *)(data.n == 0 ? "" : data.p);
    CHECK(HMAC(EVP_sha256(), key.n == 0 ? "" : key.p, (int)key.n, bytes, data.n, out, &n) != NULL);
    CHECK(n == SECRET_DIGEST_BYTES);
}

void secret_base64(str bytes, buf *out)
{
    size_t n = sodium_base64_encoded_len(bytes.n, sodium_base64_VARIANT_ORIGINAL);
    char *text = buf_take(out, n); /* with a NUL, which is taken off again */
    if (text == NULL)
        return;
    (void)sodium_bin2base64(text, n, (const unsigned char *)bytes.p, bytes.n,
                            sodium_base64_VARIANT_ORIGINAL);
    out->n--;
}

bool secret_equal(str a, str b)
{
    return a.n == b.n && (a.n == 0 || sodium_memcmp(a.p, b.p, a.n) == 0);
}

void secret_key_make(char out[SECRET_KEY_LENGTH])
{
    uint8_t bytes[KEY_BYTES];
    char text[KEY_TEXT + 1];
    random_bytes(bytes, sizeof bytes);
    CHECK(sodium_bin2base64(text, sizeof text, bytes, sizeof bytes,
                            sodium_base64_VARIANT_URLSAFE_NO_PADDING) != NULL);
    memcpy(out, "qk_", KEY_PREFIX);
    memcpy(out + KEY_PREFIX, text, KEY_TEXT);
    sodium_memzero(bytes, sizeof bytes);
    sodium_memzero(text, sizeof text);
}

bool secret_key_is_wellformed(str key)
{
    if (key.n != SECRET_KEY_LENGTH || !str_starts(key, S("qk_")))
        return false;
    for (size_t i = KEY_PREFIX; i < key.n; i++) {
        char c = key.p[i];
        bool ok = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                  c == '-' || c == '_';
        if (!ok)
            return false;
    }
    return true;
}

static uint64_t big_endian(const uint8_t *p)
{
    uint64_t v = 0;
    for (size_t i = 0; i < sizeof v; i++)
        v = v << 8 | p[i];
    return v;
}

hash128 secret_key_hash(str key)
{
    uint8_t digest[SECRET_DIGEST_BYTES];
    secret_sha256(key, digest);
    return (hash128){.hi = big_endian(digest), .lo = big_endian(digest + sizeof(uint64_t))};
}

/* ---- sealing ---- */

enum {
    NONCE_BYTES = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    TAG_BYTES = crypto_aead_xchacha20poly1305_ietf_ABYTES
};
_Static_assert(NONCE_BYTES + TAG_BYTES == SECRET_SEAL_EXTRA, "nonce, text, tag");
_Static_assert(crypto_aead_xchacha20poly1305_ietf_KEYBYTES == SECRET_MASTER_BYTES, "a key");

static const unsigned char *octets(str s)
{
    return (const unsigned char *)(s.n == 0 ? "" : s.p);
}

void secret_seal(str master, str about, str plain, char *out)
{
    unsigned char *nonce = (unsigned char *)out;
    CHECK(master.n == SECRET_MASTER_BYTES);
    random_bytes(nonce, NONCE_BYTES);
    CHECK(crypto_aead_xchacha20poly1305_ietf_encrypt(nonce + NONCE_BYTES, NULL, octets(plain),
                                                     plain.n, octets(about), about.n, NULL, nonce,
                                                     octets(master)) == 0);
}

bool secret_open(str master, str about, str sealed, char *out)
{
    const unsigned char *nonce = octets(sealed);
    CHECK(master.n == SECRET_MASTER_BYTES && sealed.n >= SECRET_SEAL_EXTRA);
    bool whole = crypto_aead_xchacha20poly1305_ietf_decrypt(
                     (unsigned char *)out, NULL, NULL, nonce + NONCE_BYTES, sealed.n - NONCE_BYTES,
                     octets(about), about.n, nonce, octets(master)) == 0;
    if (!whole)
        secret_wipe(out, sealed.n - SECRET_SEAL_EXTRA);
    return whole;
}

void secret_wipe(void *bytes, size_t n)
{
    sodium_memzero(bytes, n);
}

/* ---- what a passphrase opens ---- */

_Static_assert(crypto_pwhash_SALTBYTES == SECRET_SALT_BYTES, "a salt");
_Static_assert(crypto_secretstream_xchacha20poly1305_KEYBYTES == SECRET_MASTER_BYTES, "a key");
_Static_assert(crypto_secretstream_xchacha20poly1305_HEADERBYTES == SECRET_STREAM_HEAD, "a head");
_Static_assert(crypto_secretstream_xchacha20poly1305_ABYTES == SECRET_STREAM_EXTRA, "and tag");
_Static_assert(sizeof(crypto_secretstream_xchacha20poly1305_state) <= sizeof(secret_stream),
               "room for the library's state");

typedef crypto_secretstream_xchacha20poly1305_state stream_state;

static stream_state *state_of(secret_stream *s)
{
    return (stream_state *)(void *)s->state;
}

bool secret_cost_is_allowed(secret_cost cost)
{
    return cost.passes >= 1 && cost.passes <= SECRET_PASSES_MAX &&
           cost.memory_kib >= SECRET_MEMORY_KIB_MIN && cost.memory_kib <= SECRET_MEMORY_KIB_MAX;
}

bool secret_stretch(str passphrase, const char salt[SECRET_SALT_BYTES], secret_cost cost, char *key)
{
    CHECK(secret_cost_is_allowed(cost));
    return crypto_pwhash((unsigned char *)key, SECRET_MASTER_BYTES,
                         passphrase.n == 0 ? "" : passphrase.p, passphrase.n,
                         (const unsigned char *)salt, cost.passes, (size_t)cost.memory_kib * 1024,
                         crypto_pwhash_ALG_ARGON2ID13) == 0;
}

void secret_stream_begin(secret_stream *s, const char *key, char head[SECRET_STREAM_HEAD])
{
    CHECK(sodium_init() >= 0); /* its own random numbers make the head */
    CHECK(crypto_secretstream_xchacha20poly1305_init_push(state_of(s), (unsigned char *)head,
                                                          (const unsigned char *)key) == 0);
}

void secret_stream_seal(secret_stream *s, str about, str plain, bool last, char *out)
{
    unsigned char tag = last ? crypto_secretstream_xchacha20poly1305_TAG_FINAL
                             : crypto_secretstream_xchacha20poly1305_TAG_MESSAGE;
    CHECK(crypto_secretstream_xchacha20poly1305_push(state_of(s), (unsigned char *)out, NULL,
                                                     octets(plain), plain.n, octets(about), about.n,
                                                     tag) == 0);
}

void secret_stream_resume(secret_stream *s, const char *key, const char head[SECRET_STREAM_HEAD])
{
    CHECK(crypto_secretstream_xchacha20poly1305_init_pull(state_of(s), (const unsigned char *)head,
                                                          (const unsigned char *)key) == 0);
}

bool secret_stream_open(secret_stream *s, str about, str sealed, bool *last, char *out)
{
    unsigned char tag = 0;
    if (sealed.n < SECRET_STREAM_EXTRA ||
        crypto_secretstream_xchacha20poly1305_pull(state_of(s), (unsigned char *)out, NULL, &tag,
                                                   octets(sealed), sealed.n, octets(about),
                                                   about.n) != 0)
        return false;
    *last = tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL;
    return true;
}

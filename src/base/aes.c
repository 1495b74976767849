/* AES through libcrypto's EVP, in ECB mode without padding: that is the block itself. */
#include "base/aes.h"

#include <openssl/evp.h>

#include "base/check.h"

/* The handle of libcrypto under our name. */
struct aes {
    int unused;
};

static EVP_CIPHER_CTX *context_of(aes *a)
{
    return (EVP_CIPHER_CTX *)a;
}

aes *aes_new(str key)
{
    const EVP_CIPHER *cipher = key.n == 16   ? EVP_aes_128_ecb()
                               : key.n == 24 ? EVP_aes_192_ecb()
                               : key.n == 32 ? EVP_aes_256_ecb()
                                             : NULL;
    if (cipher == NULL)
        return NULL;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    CHECK(context != NULL);
    CHECK(EVP_EncryptInit_ex(context, cipher, NULL, (const unsigned char *)key.p, NULL) == 1);
    CHECK(EVP_CIPHER_CTX_set_padding(context, 0) == 1);
    return (aes *)context;
}

void aes_free(aes *a)
{
    EVP_CIPHER_CTX_free(context_of(a));
}

void aes_encrypt(aes *a, const uint8_t *in, uint8_t *out, size_t n)
{
    int written = 0;
    CHECK(n <= AES_BLOCKS_MAX);
    if (n == 0)
        return;
    CHECK(EVP_EncryptUpdate(context_of(a), out, &written, in, (int)(n * AES_BLOCK)) == 1);
    CHECK((size_t)written == n * AES_BLOCK);
}

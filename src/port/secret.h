/* Digests, signatures, API keys, and sealing what is stored. Thread-safe.
 *
 * An API key is "qk_" and 32 random bytes in base64url without padding: 256 bits, so a plain
 * SHA-256 is enough to store it by; a slow hash would only slow us. The key itself is shown once
 * and never stored. */
#ifndef QUAN_PORT_SECRET_H
#define QUAN_PORT_SECRET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/str.h"

enum {
    SECRET_DIGEST_BYTES = 32,
    SECRET_KEY_LENGTH = 46,
    SECRET_MASTER_BYTES = 32, /* a key that seals */
    SECRET_SEAL_EXTRA = 40,   /* a sealed text is so much longer */
};

void secret_sha256(str data, uint8_t out[SECRET_DIGEST_BYTES]);
void secret_hmac_sha256(str key, str data, uint8_t out[SECRET_DIGEST_BYTES]);
void secret_base64(str bytes, buf *out); /* RFC 4648, section 4, with padding */
bool secret_equal(str a, str b);         /* takes a time that depends on the lengths only */

void secret_key_make(char out[SECRET_KEY_LENGTH]); /* not NUL-terminated */
bool secret_key_is_wellformed(str key);
hash128 secret_key_hash(str key); /* first 16 bytes of SHA-256, big-endian: what is stored */

/* XChaCha20-Poly1305 with a nonce drawn for each text. `about` is not in it, but must be the same
 * when it is opened. out: SECRET_SEAL_EXTRA bytes more than plain. */
void secret_seal(str master, str about, str plain, char *out);
/* False, and out is wiped: another key or another `about`, or it was changed. out:
 * SECRET_SEAL_EXTRA bytes less than sealed (CHECKed to have them). */
MUST_USE bool secret_open(str master, str about, str sealed, char *out);
void secret_wipe(void *bytes, size_t n); /* the compiler does not leave it out */

/* ---- what a passphrase opens ---- */

/* Argon2id 1.3 with one lane (RFC 9106): how much work each try of a passphrase is. */
typedef struct secret_cost {
    uint32_t passes, memory_kib;
} secret_cost;
enum {
    SECRET_SALT_BYTES = 16,
    SECRET_PASSES_MAX = 16,
    SECRET_MEMORY_KIB_MIN = 8,
    SECRET_MEMORY_KIB_MAX = 1024 * 1024,
};
bool secret_cost_is_allowed(secret_cost cost);
/* False: there is not so much memory. The cost must be allowed (CHECKed). key: SECRET_MASTER_BYTES,
 * always the same for the same of all three. */
MUST_USE bool secret_stretch(str passphrase, const char salt[SECRET_SALT_BYTES], secret_cost cost,
                             char *key);

/* A text too long for memory, as chunks: each opens only behind the one before it, and the last one
 * says that it is the last (secretstream of libsodium: XChaCha20-Poly1305). `about` as above, for
 * each chunk. One thread at a time; wipe it in the end. */
enum { SECRET_STREAM_HEAD = 24, SECRET_STREAM_EXTRA = 17 /* a sealed chunk is so much longer */ };
typedef struct secret_stream {
    uint64_t state[8];
} secret_stream;
void secret_stream_begin(secret_stream *s, const char *key, char head[SECRET_STREAM_HEAD]);
void secret_stream_seal(secret_stream *s, str about, str plain, bool last, char *out);
void secret_stream_resume(secret_stream *s, const char *key, const char head[SECRET_STREAM_HEAD]);
/* False, and out is not to be used: another key, place or `about`, or it was changed. */
MUST_USE bool secret_stream_open(secret_stream *s, str about, str sealed, bool *last, char *out);

#endif

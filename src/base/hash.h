/* Hashes. hash64 and hash128 are XXH3 (fast, the same on every version and machine, not for
 * secrets); the SHA-256 for keys and signatures lives in plat, beside libcrypto. The values are
 * stored (slots, record checksums), so none of these may ever change. */
#ifndef QUAN_BASE_HASH_H
#define QUAN_BASE_HASH_H

#include <stdint.h>

#include "base/str.h"

typedef struct hash128 {
    uint64_t hi, lo;
} hash128;

uint64_t hash64(str s, uint64_t seed);
hash128 hash128_of(str s, uint64_t seed);

/* The record checksum: low 32 bits of XXH3(b) seeded with XXH3(a). Covers a, b and where the one
 * ends and the other begins. */
uint32_t hash32_check(str a, str b);

#endif

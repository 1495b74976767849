/* libsodium's generator: getrandom(2) on Linux. */
#include "port/random.h"

#include <sodium.h>

#include "base/check.h"

void random_bytes(void *out, size_t n)
{
    /* Idempotent and thread-safe; negative only when there is no source of randomness. */
    CHECK(sodium_init() >= 0);
    randombytes_buf(out, n);
}

uint64_t random_u64(void)
{
    uint64_t v;
    random_bytes(&v, sizeof v);
    return v;
}

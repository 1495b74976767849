/* XXH3 from libxxhash under our names. Values are stored on disk: tests pin them. */
#include "base/hash.h"

#include <xxhash.h>

uint64_t hash64(str s, uint64_t seed)
{
    return XXH3_64bits_withSeed(s.p, s.n, seed);
}

hash128 hash128_of(str s, uint64_t seed)
{
    XXH128_hash_t h = XXH3_128bits_withSeed(s.p, s.n, seed);
    return (hash128){.hi = h.high64, .lo = h.low64};
}

/* Seeding and not streaming: it needs neither XXH3's 576-byte state nor an allocation, and the
 * boundary between a and b counts, which a stream would not see. */
uint32_t hash32_check(str a, str b)
{
    return (uint32_t)hash64(b, hash64(a, 0));
}

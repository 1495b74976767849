/* See named.h. Lists are of a request: short enough for looking at each pair. */
#include "domain/price/named.h"

size_t named_first(const uint64_t *ids, size_t i)
{
    size_t first = 0;
    while (ids[i] != 0 && ids[first] != ids[i]) {
        first++;
    }
    return ids[i] != 0 ? first : i;
}

size_t named_once(const price_policy *policy, uint64_t *ids, size_t n, size_t *places)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        ids[kept] = ids[i];
        places[kept] = i;
        kept += policy->repeated == REPEATED_REFUSE || named_first(ids, kept) == kept;
    }
    return kept;
}

/* See latency.h. Values below LATENCY_STEPS have a bucket each; above, the highest seven bits
 * choose it (the first is always 1, so half of an octave is unused). */
#include "cli/latency.h"

static uint32_t bucket(uint64_t us)
{
    if (us < LATENCY_STEPS) {
        return (uint32_t)us;
    }
    uint32_t octave = 63 - (uint32_t)__builtin_clzll(us) - 6; /* 1 for 128 … 255 */
    uint32_t step = (uint32_t)(us >> octave) & (LATENCY_STEPS - 1);
    uint32_t at = octave * LATENCY_STEPS + step;
    return at < LATENCY_BUCKETS ? at : LATENCY_BUCKETS - 1;
}

static uint64_t lowest(uint32_t at)
{
    uint32_t octave = at / LATENCY_STEPS, step = at % LATENCY_STEPS;
    return octave == 0 ? step : (uint64_t)step << octave;
}

void latency_add(latency *l, uint64_t us)
{
    l->counts[bucket(us)]++;
    l->n++;
    l->sum_us += us;
    l->max_us = us > l->max_us ? us : l->max_us;
}

void latency_merge(latency *into, const latency *from)
{
    for (uint32_t i = 0; i < LATENCY_BUCKETS; i++) {
        into->counts[i] += from->counts[i];
    }
    into->n += from->n;
    into->sum_us += from->sum_us;
    into->max_us = from->max_us > into->max_us ? from->max_us : into->max_us;
}

void latency_less(latency *of, const latency *earlier)
{
    for (uint32_t i = 0; i < LATENCY_BUCKETS; i++) {
        of->counts[i] -= earlier->counts[i];
    }
    of->n -= earlier->n;
    of->sum_us -= earlier->sum_us;
}

uint64_t latency_at(const latency *l, uint32_t per_mille)
{
    uint64_t wanted = (l->n * per_mille + 999) / 1000, seen = 0;
    for (uint32_t i = 0; i < LATENCY_BUCKETS && wanted > 0; i++) {
        seen += l->counts[i];
        if (seen >= wanted) {
            return lowest(i);
        }
    }
    return l->max_us;
}

/* Latencies in a histogram of whole microseconds: 64 buckets an octave in use, so a figure is
 * right to within 1.6 %. No locks; one a thread, added up at the end. */
#ifndef QUAN_CLI_LATENCY_H
#define QUAN_CLI_LATENCY_H

#include <stdint.h>

enum {
    LATENCY_STEPS = 128,
    LATENCY_OCTAVES = 32,
    LATENCY_BUCKETS = LATENCY_STEPS * LATENCY_OCTAVES
};

typedef struct latency {
    uint64_t n, sum_us, max_us;
    uint64_t counts[LATENCY_BUCKETS];
} latency;

void latency_add(latency *l, uint64_t us);
void latency_merge(latency *into, const latency *from);
/* Takes away what was there earlier; max_us stays that of all. */
void latency_less(latency *of, const latency *earlier);
uint64_t latency_at(const latency *l,
                    uint32_t per_mille); /* 500: the median; 990: p99; 0 when empty */

#endif

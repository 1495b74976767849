/* How evenly things have been put into places: the extremes, and whether chance explains them.
 * Pure arithmetic in integers. */
#ifndef QUAN_CLI_SPREAD_H
#define QUAN_CLI_SPREAD_H

#include <stddef.h>
#include <stdint.h>

/* Things at most; places at most. */
#define SPREAD_THINGS_MAX (UINT64_C(1) << 40)
enum { SPREAD_PLACES_MAX = 65536, SPREAD_MILLI = 1000 };

typedef struct spread {
    uint64_t things, places, least, most;
    uint64_t most_milli; /* the most, in thousandths of the mean; 0: there are no things */
    /* Pearson's chi-square against all places alike, in thousandths; freedom: places - 1. */
    uint64_t chi_milli, freedom;
    /* How many standard deviations that is above what chance gives, in thousandths: beyond ±4000
     * once in 10,000 tries or less. 0 where there is one place. */
    int64_t sigma_milli;
} spread;

spread spread_of(const uint64_t *counts, size_t places);

#endif

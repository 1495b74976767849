/* Rates of requests: a token bucket for each API key (GCRA, ITU-T I.371: kept is only when the
 * bucket will be full again). What a key may do is shown in the fields RateLimit-Policy and
 * RateLimit (draft-ietf-httpapi-ratelimit-headers-10).
 *
 * Thread-safe. Buckets that are full are forgotten, so there are no more than keys in use. */
#ifndef QUAN_API_THROTTLE_H
#define QUAN_API_THROTTLE_H

#include <stdbool.h>
#include <stdint.h>

typedef struct throttle throttle;

/* burst 0: as many as in one second. NULL when per_second is 0: no limit. */
throttle *throttle_new(int64_t per_second, int64_t burst);
void throttle_free(throttle *t);

typedef struct throttle_verdict {
    bool allowed;
    int64_t quota, window_s; /* requests at once, and the time in which they come back */
    int64_t left, full_s;    /* requests left now, and until all are there again */
    int64_t retry_s;         /* refused: until one is */
} throttle_verdict;
/* One request of the key. now_ns: of the monotonic clock. */
throttle_verdict throttle_take(throttle *t, uint64_t key, int64_t now_ns);

#endif

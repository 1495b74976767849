/* The clocks of the kernel, read without a system call. */
#include "port/clock.h"

#include <time.h>

#include "base/check.h"

static int64_t read_ns(clockid_t which)
{
    struct timespec t;
    CHECK(clock_gettime(which, &t) == 0);
    return (int64_t)t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

int64_t clock_wall_ms(void)
{
    return read_ns(CLOCK_REALTIME) / INT64_C(1000000);
}
int64_t clock_monotonic_ms(void)
{
    return read_ns(CLOCK_MONOTONIC) / INT64_C(1000000);
}
int64_t clock_monotonic_ns(void)
{
    return read_ns(CLOCK_MONOTONIC);
}

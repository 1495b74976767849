/* See lane_owner.h. The order of a lane is its number written in the mixed radix n, n-1, … 1: each
 * digit steps so far among those that are left, beginning behind the one before. */
#include "base/lane_owner.h"

#include <stdbool.h>

#include "base/check.h"

/* The n-th of those in `left`, counted around from `at` on. */
static unsigned nth(uint32_t left, unsigned servers, unsigned at, unsigned n)
{
    for (;; at = (at + 1) % servers) {
        bool there = (left >> at & 1) != 0;
        if (there && n == 0)
            return at;
        n -= there;
    }
}

unsigned lane_owner(uint16_t lane, unsigned servers, uint32_t alive)
{
    CHECK(servers >= 1 && servers <= LANE_OWNERS_MAX);
    uint32_t left = (UINT32_C(1) << servers) - 1;
    CHECK((alive & left) != 0);
    unsigned digits = lane, at = 0;
    for (unsigned n = servers; n > 0; n--) {
        at = nth(left, servers, at, digits % n);
        if ((alive >> at & 1) != 0)
            return at;
        left &= ~(UINT32_C(1) << at);
        digits /= n;
    }
    UNREACHABLE();
}

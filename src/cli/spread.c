/* See spread.h. With n things in k places and o_i in the i-th: chi² = k/n Σ o_i² - n, whose mean is
 * k - 1 and whose variance is 2 (k - 1) where chance puts them. */
#include "cli/spread.h"

#include "base/check.h"

typedef unsigned __int128 wide;

/* The largest r with r² <= v. */
static uint64_t root(wide v)
{
    uint64_t r = 0;
    for (uint64_t bit = UINT64_C(1) << 62; bit > 0; bit >>= 1) {
        uint64_t more = r | bit;
        if ((wide)more * more <= v)
            r = more;
    }
    return r;
}

spread spread_of(const uint64_t *counts, size_t places)
{
    CHECK(places > 0 && places <= SPREAD_PLACES_MAX);
    spread s = {.places = places, .least = counts[0], .freedom = places - 1};
    wide squares = 0;
    for (size_t i = 0; i < places; i++) {
        CHECK(counts[i] <= SPREAD_THINGS_MAX - s.things);
        s.things += counts[i];
        s.least = counts[i] < s.least ? counts[i] : s.least;
        s.most = counts[i] > s.most ? counts[i] : s.most;
        squares += (wide)counts[i] * counts[i];
    }
    if (s.things == 0 || s.freedom == 0) {
        s.most_milli = s.things == 0 ? 0 : SPREAD_MILLI;
        return s;
    }
    s.most_milli = (uint64_t)((wide)s.most * places * SPREAD_MILLI / s.things);
    s.chi_milli =
        (uint64_t)(squares * places * SPREAD_MILLI / s.things - (wide)s.things * SPREAD_MILLI);
    __int128 beyond = (__int128)s.chi_milli - (__int128)s.freedom * SPREAD_MILLI;
    uint64_t deviation = root((wide)2 * s.freedom * SPREAD_MILLI * SPREAD_MILLI); /* thousandths */
    s.sigma_milli = (int64_t)(beyond * SPREAD_MILLI / (__int128)deviation);
    return s;
}

/* Shares of an amount over lines and over the units of a line: whole cents, sums exact. */
#include "domain/price/allocate.h"

#include "domain/price/price.h"

void allocate(int64_t total_minor, const int64_t *weights, size_t n, int64_t *parts)
{
    CHECK(total_minor >= 0 && n >= 1 && n <= CART_LINES_MAX);
    bool done = money_split(total_minor, weights, n, parts);
    CHECK(done);
}

/* Of the first `units` units: the largest remainder method for equal weights, in closed form, since
 * a line may have more units than money_split takes. */
static int64_t share_of_first(int64_t total_minor, int64_t quantity, int64_t units)
{
    int64_t left_over = total_minor % quantity;
    return total_minor / quantity * units + (units < left_over ? units : left_over);
}

int64_t price_unit_share(int64_t total_minor, int64_t quantity, int64_t first, int64_t count)
{
    CHECK(total_minor >= 0 && quantity >= 1);
    CHECK(first >= 0 && count >= 0 && first <= quantity && count <= quantity - first);
    return share_of_first(total_minor, quantity, first + count) -
           share_of_first(total_minor, quantity, first);
}

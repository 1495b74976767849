/* See capacity.h. */
#include "cli/capacity.h"

#include "base/check.h"

#define NS_OF_S     UINT64_C(1000000000)
#define SECONDS_DAY UINT64_C(86400)

const capacity_cost capacity_costs[CAPACITY_KINDS] = {
#define COST(kind, option, text, server_ns, database_ns, log_bytes, kept_bytes)                    \
    {option, text, server_ns, database_ns, log_bytes, kept_bytes},
#include "cli/capacity.def"
#undef COST
};

static uint64_t up(uint64_t a, uint64_t b)
{
    return a / b + (a % b != 0);
}

capacity_need capacity_of(capacity_kind kind, uint64_t rate)
{
    CHECK(rate <= CAPACITY_RATE_MAX);
    const capacity_cost *c = &capacity_costs[kind];
    return (capacity_need){.server_milli = up(rate * c->server_ns, NS_OF_S / CAPACITY_MILLI),
                           .database_milli = up(rate * c->database_ns, NS_OF_S / CAPACITY_MILLI),
                           .log_bytes_s = rate * c->log_bytes,
                           .kept_bytes_day = rate * c->kept_bytes * SECONDS_DAY};
}

/* Whole processors of which `percent` may be busy. */
static uint64_t cores(uint64_t milli, uint64_t percent)
{
    uint64_t n = up(milli * 100, percent * CAPACITY_MILLI);
    return n == 0 ? 1 : n;
}

capacity_need capacity_for(const capacity_wish *wish)
{
    CHECK(wish->busy_percent > 0 && wish->busy_percent <= 100);
    CHECK(wish->cores_of_machine > 0 && wish->cores_of_machine <= CAPACITY_CORES_MAX);
    capacity_need sum = {0};
    for (int i = 0; i < CAPACITY_KINDS; i++) {
        capacity_need one = capacity_of((capacity_kind)i, wish->rates[i]);
        sum.server_milli += one.server_milli;
        sum.database_milli += one.database_milli;
        sum.log_bytes_s += one.log_bytes_s;
        sum.kept_bytes_day += one.kept_bytes_day;
    }
    sum.server_cores = cores(sum.server_milli, wish->busy_percent);
    sum.database_cores = cores(sum.database_milli, wish->busy_percent);
    sum.servers = up(sum.server_cores, wish->cores_of_machine);
    sum.shards = up(sum.database_cores, wish->cores_of_machine);
    return sum;
}

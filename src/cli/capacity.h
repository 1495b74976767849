/* The capacity model (000-25): from requests a second to processors, bytes of log and bytes on the
 * disk, by what one request of each kind was measured to cost (capacity.def). Pure arithmetic in
 * integers; rounds up.
 *
 * It knows processors and bytes only. Memory, the network and how long a sync takes are for whoever
 * sizes machines; a queue that forms is left out by staying below `busy_percent`. */
#ifndef QUAN_CLI_CAPACITY_H
#define QUAN_CLI_CAPACITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum capacity_kind {
#define COST(kind, option, text, server_ns, database_ns, log_bytes, kept_bytes) CAPACITY_##kind,
#include "cli/capacity.def"
#undef COST
    CAPACITY_KINDS
} capacity_kind;

typedef struct capacity_cost {
    const char *option, *text;
    uint64_t server_ns, database_ns, log_bytes, kept_bytes;
} capacity_cost;
extern const capacity_cost capacity_costs[CAPACITY_KINDS];

enum {
    CAPACITY_RATE_MAX = 100000000, /* requests a second, of each kind */
    CAPACITY_CORES_MAX = 1024,
    CAPACITY_MILLI = 1000,
};

typedef struct capacity_wish {
    uint64_t rates[CAPACITY_KINDS];
    uint64_t busy_percent;     /* 1 … 100: how busy processors may be */
    uint64_t cores_of_machine; /* 1 … CAPACITY_CORES_MAX */
} capacity_wish;

typedef struct capacity_need {
    uint64_t server_milli, database_milli; /* processors, in thousandths, when all are busy */
    uint64_t server_cores, database_cores; /* whole ones, at busy_percent; at least 1 of each */
    uint64_t servers, shards;              /* machines of that many cores */
    uint64_t log_bytes_s, kept_bytes_day;
} capacity_need;

/* What the requests of one kind take, at full busyness: its cores and machines are 0. */
capacity_need capacity_of(capacity_kind kind, uint64_t rate);
capacity_need capacity_for(const capacity_wish *wish);

#endif

/* The capacity model (000-25): from requests a second to processors, machines, connections, bytes
 * of log and bytes on the disk, by what one request of each kind was measured to cost
 * (capacity.def). Pure arithmetic in integers; rounds up.
 *
 * It knows processors, bytes and connections only. Memory, the network and how long a sync takes
 * are for whoever sizes machines; a queue that forms is left out by staying below busy_percent. */
#ifndef QUAN_CLI_CAPACITY_H
#define QUAN_CLI_CAPACITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum capacity_kind {
#define COST(kind, ...) CAPACITY_##kind,
#include "cli/capacity.def"
#undef COST
    CAPACITY_KINDS
} capacity_kind;

typedef enum capacity_store { CAPACITY_ROCKS, CAPACITY_PG, CAPACITY_STORES } capacity_store;

typedef struct capacity_price {
    uint64_t server_ns, database_ns, log_bytes, kept_bytes;
} capacity_price;

typedef struct capacity_cost {
    const char *option, *text;
    bool writes;
    capacity_price of[CAPACITY_STORES];
} capacity_cost;
extern const capacity_cost capacity_costs[CAPACITY_KINDS];

enum {
    CAPACITY_RATE_MAX = 100000000, /* requests a second, of each kind */
    CAPACITY_CORES_MAX = 1024,
    CAPACITY_REPLICAS_MAX = 8,
    CAPACITY_MILLI = 1000,

    /* What an act that is sent on costs both servers more: 79 instead of 55 µs for each claim at
     * two servers, of which one sends on half (bench/scenario/servers.sh; docs/operate). */
    CAPACITY_FORWARD_NS = 48000,
    /* What a reading from a replica costs the primary where there are several servers: it looks at
     * the heads of the shard's lanes there (bench/scenario/replicas.sh, "peers"; docs/operate). */
    CAPACITY_HEADS_NS = 122000,
    /* What a replica takes to receive and apply 1,000 bytes of log, which is one process's work
     * however many processors there are: bench/scenario/capacity.sh, "replay". */
    CAPACITY_REPLAY_NS = 18000,
    /* Connections of a server to a shard, beside one for each lane: the engine's PG_READERS_MAX. */
    CAPACITY_READERS = 16,
};

typedef struct capacity_wish {
    capacity_store store;
    uint64_t rates[CAPACITY_KINDS];
    uint64_t busy_percent;     /* 1 … 100: how busy processors may be */
    uint64_t cores_of_machine; /* 1 … CAPACITY_CORES_MAX */
    uint64_t replicas;         /* of each shard, at least; 0: reads are the primary's */
    uint64_t lanes;            /* of the store; 0: as quan makes it on such a machine */
} capacity_wish;

/* PostgreSQL's figures are 0 for a store of RocksDB, which is one server's. */
typedef struct capacity_need {
    /* processors, in thousandths, when all are busy: of all servers, primaries, replicas */
    uint64_t server_milli, primary_milli, replica_milli;
    uint64_t server_cores, primary_cores; /* whole ones, at busy_percent; at least 1 */
    uint64_t servers, shards;             /* machines of that many cores */
    uint64_t replicas;                    /* … for each shard, beside it */
    uint64_t lanes;
    /* To each primary: when all servers are there; when each works on all lanes */
    uint64_t connections, connections_most;
    uint64_t log_bytes_s, kept_bytes_day;
} capacity_need;

/* What the requests of one kind take, at full busyness, as if one server had them all: cores,
 * machines and connections are 0. */
capacity_need capacity_of(const capacity_wish *wish, capacity_kind kind);
capacity_need capacity_for(const capacity_wish *wish);

#endif

/* See capacity.h. */
#include "cli/capacity.h"

#include "base/check.h"
#include "port/store.h"

#define NS_OF_S     UINT64_C(1000000000)
#define SECONDS_DAY UINT64_C(86400)

const capacity_cost capacity_costs[CAPACITY_KINDS] = {
#define COST(kind, option, text, writes, rocks_ns, rocks_log, rocks_kept, server_ns, database_ns,  \
             log_bytes, kept_bytes)                                                                \
    {option,                                                                                       \
     text,                                                                                         \
     writes,                                                                                       \
     {{rocks_ns, 0, rocks_log, rocks_kept}, {server_ns, database_ns, log_bytes, kept_bytes}}},
#include "cli/capacity.def"
#undef COST
};

static uint64_t up(uint64_t a, uint64_t b)
{
    return a / b + (a % b != 0);
}

static uint64_t milli(uint64_t ns_s)
{
    return up(ns_s, NS_OF_S / CAPACITY_MILLI);
}

/* What the log costs each of its replicas. */
static uint64_t replay_milli(uint64_t log_bytes_s)
{
    return milli(up(log_bytes_s, 1000) * CAPACITY_REPLAY_NS);
}

capacity_need capacity_of(const capacity_wish *wish, capacity_kind kind)
{
    uint64_t rate = wish->rates[kind];
    CHECK(rate <= CAPACITY_RATE_MAX && wish->store < CAPACITY_STORES);
    const capacity_cost *c = &capacity_costs[kind];
    const capacity_price *p = &c->of[wish->store];
    bool by_replica = !c->writes && wish->replicas > 0;
    uint64_t database = milli(rate * p->database_ns), log = rate * p->log_bytes;
    capacity_need n = {.server_milli = milli(rate * p->server_ns),
                       .primary_milli = by_replica ? 0 : database,
                       .replica_milli = by_replica ? database : 0,
                       .log_bytes_s = log,
                       .kept_bytes_day = rate * p->kept_bytes * SECONDS_DAY};
    if (wish->store == CAPACITY_PG)
        n.replica_milli += wish->replicas * replay_milli(log);
    return n;
}

/* Whole processors of which `percent` may be busy. */
static uint64_t cores(uint64_t milli_busy, uint64_t percent)
{
    uint64_t n = up(milli_busy * 100, percent * CAPACITY_MILLI);
    return n == 0 ? 1 : n;
}

/* Of n servers each has its share of the lanes, and takes requests for all of them. */
static uint64_t sent_on_milli(uint64_t writes, uint64_t n)
{
    return milli(up(writes * (n - 1), n) * CAPACITY_FORWARD_NS);
}

/* n: how many there are at least. */
static void add_servers(const capacity_wish *w, uint64_t writes, uint64_t n, capacity_need *sum)
{
    uint64_t own = sum->server_milli;
    sum->server_milli += sent_on_milli(writes, n);
    sum->server_cores = cores(sum->server_milli, w->busy_percent);
    /* Ends: what is sent on grows with n, but is never more than all writes. */
    while (w->store == CAPACITY_PG && sum->server_cores > n * w->cores_of_machine) {
        n = up(sum->server_cores, w->cores_of_machine);
        sum->server_milli = own + sent_on_milli(writes, n);
        sum->server_cores = cores(sum->server_milli, w->busy_percent);
    }
    sum->servers = w->store == CAPACITY_PG ? n : up(sum->server_cores, w->cores_of_machine);
}

/* As many as `quan` makes on a machine of so many processors: as many for each shard. */
static uint64_t lanes_made(uint64_t machine_cores, uint64_t shards)
{
    uint64_t n = machine_cores < STORE_LANES_MAX ? machine_cores : STORE_LANES_MAX;
    return n < shards ? shards : n - n % shards;
}

/* How many replicas of a shard its reads take. */
static uint64_t add_databases(const capacity_wish *w, capacity_need *sum)
{
    uint64_t room = w->cores_of_machine * w->busy_percent * CAPACITY_MILLI / 100;
    uint64_t replay = w->replicas == 0 ? 0 : replay_milli(sum->log_bytes_s);
    uint64_t reads = sum->replica_milli - w->replicas * replay, one = w->busy_percent * 10;
    sum->primary_cores = cores(sum->primary_milli, w->busy_percent);
    uint64_t primaries = up(sum->primary_cores, w->cores_of_machine), logs = up(replay, one);
    sum->shards = primaries > logs ? primaries : logs;
    /* A machine whose one processor applies the log has none for reads. */
    if (reads > 0 && up(replay, sum->shards) >= room)
        sum->shards *= 2;
    uint64_t left = room - up(replay, sum->shards);
    uint64_t readers = left == 0 ? 0 : up(up(reads, sum->shards), left);
    sum->replicas = readers > w->replicas ? readers : w->replicas;
    sum->replica_milli = reads + sum->replicas * replay;
    sum->lanes = w->lanes > 0 ? w->lanes : lanes_made(w->cores_of_machine, sum->shards);
    uint64_t lanes = up(sum->lanes, sum->shards);
    sum->connections = sum->servers * CAPACITY_READERS + lanes;
    sum->connections_most = sum->servers * (CAPACITY_READERS + lanes);
    return readers;
}

/* Each server reads from one replica of a shard at a time, so there must be as many of them. Ends:
 * how many replicas reads take depends on whether there are several, not on how many. */
static capacity_need cluster_of(const capacity_wish *w, uint64_t writes, uint64_t reads,
                                const capacity_need *sum)
{
    uint64_t heads = w->replicas == 0 ? 0 : milli(reads * CAPACITY_HEADS_NS);
    for (uint64_t n = 1, readers;; n = readers) {
        capacity_need all = *sum;
        add_servers(w, writes, n, &all);
        all.primary_milli += all.servers > 1 ? heads : 0;
        readers = add_databases(w, &all);
        if (readers <= all.servers)
            return all;
    }
}

capacity_need capacity_for(const capacity_wish *wish)
{
    CHECK(wish->busy_percent > 0 && wish->busy_percent <= 100);
    CHECK(wish->cores_of_machine > 0 && wish->cores_of_machine <= CAPACITY_CORES_MAX);
    CHECK(wish->replicas <= CAPACITY_REPLICAS_MAX && wish->lanes <= STORE_LANES_MAX);
    capacity_need sum = {0};
    uint64_t writes = 0, reads = 0;
    for (int i = 0; i < CAPACITY_KINDS; i++) {
        capacity_need one = capacity_of(wish, (capacity_kind)i);
        *(capacity_costs[i].writes ? &writes : &reads) += wish->rates[i];
        sum.server_milli += one.server_milli;
        sum.primary_milli += one.primary_milli;
        sum.replica_milli += one.replica_milli;
        sum.log_bytes_s += one.log_bytes_s;
        sum.kept_bytes_day += one.kept_bytes_day;
    }
    if (wish->store == CAPACITY_PG)
        return cluster_of(wish, writes, reads, &sum);
    add_servers(wish, writes, 1, &sum);
    return sum;
}

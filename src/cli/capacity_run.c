/* `quan capacity`: what machines so many requests a second need. See capacity.h. */
#include <string.h>

#include "cli/capacity.h"
#include "cli/cli.h"
#include "port/peering.h"
#include "port/store.h"

enum {
    BUSY_PERCENT = 60,
    CORES = 16,
    REPLICAS = 2, /* with one alone, writes wait while it is away */
    OUT_MAX = 16384,
    KEY_BUSY = CAPACITY_KINDS + 1,
    KEY_CORES,
    KEY_REPLICAS,
    KEY_LANES,
    KEY_STORE,
};

static const char *const stores[CAPACITY_STORES] = {"rocks", "pg"};

static void take(struct argp_state *state, const char *text, uint64_t least, uint64_t most,
                 uint64_t *into)
{
    if (!str_to_u64(str_of(text), into) || *into < least || *into > most)
        argp_error(state, "\"%s\" is not a number from %llu to %llu", text,
                   (unsigned long long)least, (unsigned long long)most);
}

static void take_store(struct argp_state *state, const char *name, capacity_wish *w)
{
    for (size_t i = 0; i < ARRAY_LEN(stores); i++) {
        if (str_eq(str_of(name), str_of(stores[i]))) {
            w->store = (capacity_store)i;
            return;
        }
    }
    argp_error(state, "--store is rocks or pg");
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    capacity_wish *w = state->input;
    if (key == KEY_BUSY)
        take(state, argument, 1, 100, &w->busy_percent);
    else if (key == KEY_CORES)
        take(state, argument, 1, CAPACITY_CORES_MAX, &w->cores_of_machine);
    else if (key == KEY_REPLICAS)
        take(state, argument, 0, CAPACITY_REPLICAS_MAX, &w->replicas);
    else if (key == KEY_LANES)
        take(state, argument, 1, STORE_LANES_MAX, &w->lanes);
    else if (key == KEY_STORE)
        take_store(state, argument, w);
    else if (key > 0 && key <= CAPACITY_KINDS)
        take(state, argument, 0, CAPACITY_RATE_MAX, &w->rates[key - 1]);
    else
        return ARGP_ERR_UNKNOWN;
    return 0;
}

static const struct argp_option *options_of_costs(arena *memory)
{
    static const struct argp_option more[] = {
        {.name = "busy",
         .key = KEY_BUSY,
         .arg = "PERCENT",
         .doc = "How busy processors may be; 60"},
        {.name = "cores", .key = KEY_CORES, .arg = "N", .doc = "Processors of a machine; 16"},
        {.name = "replicas",
         .key = KEY_REPLICAS,
         .arg = "N",
         .doc = "Replicas of each shard, which wallets and coupons are read from; 2"},
        {.name = "lanes",
         .key = KEY_LANES,
         .arg = "N",
         .doc = "Of the store. Default: as quan makes it on such a machine"},
        {.name = "store", .key = KEY_STORE, .arg = "STORE", .doc = "rocks or pg; pg"}};
    struct argp_option *o =
        ARENA_ARRAY(memory, struct argp_option, CAPACITY_KINDS + ARRAY_LEN(more) + 1);
    int n = 0;
    for (; n < CAPACITY_KINDS; n++)
        o[n] = (struct argp_option){
            .name = capacity_costs[n].option,
            .key = n + 1,
            .arg = "N",
            .doc = arena_printf(memory, "A second: %s", capacity_costs[n].text).p};
    memcpy(o + n, more, sizeof(more));
    return o; /* the last one is all zero */
}

/* ---- showing ---- */

static void put_milli(buf *out, uint64_t milli)
{
    buf_printf(out, " %7llu.%03llu", (unsigned long long)(milli / CAPACITY_MILLI),
               (unsigned long long)(milli % CAPACITY_MILLI));
}

static void put_row(buf *out, const char *name, uint64_t rate, const capacity_need *n)
{
    buf_printf(out, "%-12s %10llu", name, (unsigned long long)rate);
    put_milli(out, n->server_milli);
    put_milli(out, n->primary_milli);
    put_milli(out, n->replica_milli);
    buf_printf(out, " %12llu %14llu\n", (unsigned long long)(n->log_bytes_s >> 10),
               (unsigned long long)(n->kept_bytes_day >> 20));
}

static void tell_directory(buf *out, const capacity_wish *w, const capacity_need *n)
{
    buf_printf(out, "\nWith processors up to %llu %% busy: %llu, of one server.\n",
               (unsigned long long)w->busy_percent, (unsigned long long)n->server_cores);
    if (n->servers > 1)
        buf_printf(out, "A data directory is one server's, and no machine has so many: that takes "
                        "PostgreSQL.\n");
}

static void tell_cluster(buf *out, const capacity_wish *w, const capacity_need *n)
{
    buf_printf(out,
               "\nWith processors up to %llu %% busy, on machines of %llu: %llu for quan, and %llu "
               "shard%s of PostgreSQL,\neach a primary and %llu replica%s.\n",
               (unsigned long long)w->busy_percent, (unsigned long long)w->cores_of_machine,
               (unsigned long long)n->servers, (unsigned long long)n->shards,
               n->shards == 1 ? "" : "s", (unsigned long long)n->replicas,
               n->replicas == 1 ? "" : "s");
    buf_printf(out,
               "Of %llu lanes. A primary has %llu connections, and up to %llu when servers are "
               "away; it writes\n%llu KiB/s of log, which goes to each of its replicas.\n",
               (unsigned long long)n->lanes, (unsigned long long)n->connections,
               (unsigned long long)n->connections_most,
               (unsigned long long)(n->log_bytes_s / n->shards >> 10));
    if (n->servers > 1)
        buf_printf(out, "All: with acts that servers send each other, and what they look up on "
                        "primaries for\nreads from replicas.\n");
    if (n->servers > PEERING_SERVERS_MAX || n->shards > STORE_SHARDS_MAX || n->shards > n->lanes)
        buf_printf(out,
                   "That is more than one store has: %d servers, %d shards, and a lane for each of "
                   "those.\n",
                   PEERING_SERVERS_MAX, STORE_SHARDS_MAX);
}

static void show_text(buf *out, const capacity_wish *w, const capacity_need *n)
{
    uint64_t rate = 0;
    buf_printf(out, "%-12s %10s %11s %11s %11s %12s %14s\n", "requests", "a second", "quan cores",
               "primaries", "replicas", "log KiB/s", "kept MiB/day");
    for (int i = 0; i < CAPACITY_KINDS; i++) {
        capacity_need one = capacity_of(w, (capacity_kind)i);
        put_row(out, capacity_costs[i].option, w->rates[i], &one);
        rate += w->rates[i];
    }
    put_row(out, "all", rate, n);
    if (w->store == CAPACITY_PG)
        tell_cluster(out, w, n);
    else
        tell_directory(out, w, n);
}

static void show_json(buf *out, const capacity_need *n)
{
    const struct {
        const char *name;
        uint64_t value;
    } figures[] = {{"server_milli", n->server_milli},
                   {"primary_milli", n->primary_milli},
                   {"replica_milli", n->replica_milli},
                   {"server_cores", n->server_cores},
                   {"primary_cores", n->primary_cores},
                   {"servers", n->servers},
                   {"shards", n->shards},
                   {"replicas_of_shard", n->replicas},
                   {"lanes", n->lanes},
                   {"connections_of_primary", n->connections},
                   {"connections_of_primary_most", n->connections_most},
                   {"log_bytes_per_s", n->log_bytes_s},
                   {"kept_bytes_per_day", n->kept_bytes_day}};
    json_writer w = json_writer_on(out);
    json_begin_object(&w);
    for (size_t i = 0; i < ARRAY_LEN(figures); i++) {
        json_key(&w, str_of(figures[i].name));
        json_put_u64(&w, figures[i].value);
    }
    json_end_object(&w);
    buf_char(out, '\n');
}

cli_exit cli_capacity(cli_context *c)
{
    capacity_wish w = {.store = CAPACITY_PG,
                       .busy_percent = BUSY_PERCENT,
                       .cores_of_machine = CORES,
                       .replicas = REPLICAS};
    cli_exit code = cli_parse(
        c, &(cli_flags){
               .synopsis = "", .options = options_of_costs(c->memory), .parse = parse, .into = &w});
    if (code != CLI_OK)
        return code;
    capacity_need need = capacity_for(&w);
    buf out;
    buf_init(&out, OUT_MAX);
    if (c->json)
        show_json(&out, &need);
    else
        show_text(&out, &w, &need);
    code = cli_print(c, &out);
    buf_free(&out);
    return code;
}

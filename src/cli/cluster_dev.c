/* `quan cluster dev`: servers that share the throw-away shards of a store, each with replicas that
 * a commit waits for, and a light load on all servers, to try out what happens when one of them
 * goes away. One command starts it; Ctrl-C, or the end of the load, recounts the store and removes
 * it.
 *
 * The address of a shard names all its nodes, so the servers find the replica that has become the
 * primary; and no answer leaves before a replica has the commit, so nothing is lost by it. */
#include <stdio.h>
#include <sys/wait.h>

#include "cli/cluster_dev.h"

enum {
    SHARDS_DEFAULT = 2,
    REPLICAS_DEFAULT = 1,
    SERVERS_DEFAULT = 2,
    RATE_DEFAULT = 100,
    RATE_MAX = 1000000,
    SECONDS_MAX = 86400,
    TELL_EVERY_MS = 200,
    OUT_MAX = 65536,
};

enum { KEY_RATE = 1, KEY_SERVERS, KEY_SHARDS, KEY_REPLICAS, KEY_SECONDS };
static const struct argp_option options[] = {
    {.name = "shards", .key = KEY_SHARDS, .arg = "N", .doc = "Databases of the store, 1 to 8; 2"},
    {.name = "replicas",
     .key = KEY_REPLICAS,
     .arg = "N",
     .doc = "Streaming replicas of each, 0 to 2; 1. With one, writes wait while it is away; with "
            "two, one of them is enough"},
    {.name = "servers",
     .key = KEY_SERVERS,
     .arg = "N",
     .doc = "Servers that share the store, 1 to 4; 2"},
    {.name = "rate",
     .key = KEY_RATE,
     .arg = "N",
     .doc = "Requests a second of the load, query : send : verify; 100; 0 for none"},
    {.name = "seconds",
     .key = KEY_SECONDS,
     .arg = "N",
     .doc = "End with the load, after so long. Default: Ctrl-C ends it"},
    CLUSTER_PLACE_OPTIONS{0}};

/* The number of an option in its bounds. */
static void take(struct argp_state *state, const char *text, uint64_t least, uint64_t most,
                 uint64_t *into)
{
    if (!str_to_u64(str_of(text), into) || *into < least || *into > most)
        argp_error(state, "\"%s\" is not a number from %llu to %llu", text,
                   (unsigned long long)least, (unsigned long long)most);
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    dev *d = state->input;
    switch (key) {
    case KEY_SHARDS:
        take(state, argument, 1, CLUSTER_SHARDS_MAX, &d->cluster.options.shards);
        return 0;
    case KEY_REPLICAS:
        take(state, argument, 0, CLUSTER_REPLICAS_MAX, &d->cluster.options.replicas);
        return 0;
    case KEY_SERVERS:
        take(state, argument, 1, DEV_SERVERS_MAX, &d->server_count);
        return 0;
    case KEY_RATE:
        take(state, argument, 0, RATE_MAX, &d->rate);
        return 0;
    case KEY_SECONDS:
        take(state, argument, 1, SECONDS_MAX, &d->seconds);
        return 0;
    case ARGP_KEY_END:
        if (d->seconds > 0 && d->rate == 0)
            argp_error(state, "--seconds is how long the load takes, and there is none");
        return 0;
    default:
        return cluster_place_parse(key, argument, &d->cluster.options);
    }
}

/* ---- what it prints ---- */

static void put_text(json_writer *w, const char *name, str value)
{
    json_key(w, str_of(name));
    json_put_str(w, value);
}

static void put_process(json_writer *w, pid_t pid)
{
    json_key(w, S("process"));
    json_put_i64(w, pid);
}

static void put_node(json_writer *w, const dev *d, const cluster_node *node)
{
    put_text(w, "name", str_of(node->name));
    put_text(w, "dsn", cluster_dsn_tcp(&d->cluster, node));
    put_process(w, node->pid);
}

static void put_shard(json_writer *w, dev *d, uint64_t shard)
{
    json_begin_object(w);
    put_node(w, d, dev_node(d, shard, 0));
    json_key(w, S("replicas"));
    json_begin_array(w);
    for (uint64_t r = 1; r <= d->cluster.options.replicas; r++) {
        json_begin_object(w);
        put_node(w, d, dev_node(d, shard, r));
        json_end_object(w);
    }
    json_end_array(w);
    json_end_object(w);
}

static void show_json(dev *d, str key, buf *out)
{
    json_writer w = json_writer_on(out);
    json_begin_object(&w);
    put_text(&w, "key", key);
    put_text(&w, "logs", str_of(d->directory));
    json_key(&w, S("servers"));
    json_begin_array(&w);
    for (uint64_t i = 0; i < d->server_count; i++) {
        json_begin_object(&w);
        put_text(&w, "name", str_of(d->servers[i].name));
        put_text(&w, "url", d->servers[i].url);
        put_process(&w, d->servers[i].pid);
        json_end_object(&w);
    }
    json_end_array(&w);
    json_key(&w, S("shards"));
    json_begin_array(&w);
    for (uint64_t i = 0; i < d->cluster.options.shards; i++)
        put_shard(&w, d, i);
    json_end_array(&w);
    json_end_object(&w);
    buf_char(out, '\n');
}

static const char *plural(uint64_t n)
{
    return n == 1 ? "" : "s";
}

static void tell_how(dev *d, str key, buf *out)
{
    uint64_t shards = d->cluster.options.shards, replicas = d->cluster.options.replicas;
    buf_printf(out, "Quan is at");
    for (uint64_t i = 0; i < d->server_count; i++)
        buf_printf(out, "%s %.*s", i == 0 ? "" : " and", STR_ARG(d->servers[i].url));
    buf_printf(out, "; its coupons are in %llu shard%s of PostgreSQL", (unsigned long long)shards,
               plural(shards));
    if (replicas > 0)
        buf_printf(out, ",\neach with %llu replica%s, and in one of those before any answer",
                   (unsigned long long)replicas, plural(replicas));
    buf_printf(out,
               ". Paste into another\nterminal:\n\n"
               "URL=%.*s KEY=%.*s\n"
               "curl -sS -H \"Authorization: Bearer $KEY\" \"$URL/v1/events?limit=3\"\n"
               "tail -f %s/server-*.log\n\n",
               STR_ARG(d->servers[0].url), STR_ARG(key), d->directory);
}

/* How to see parts of it go. */
static void tell_ends(dev *d, buf *out)
{
    if (d->server_count > 1)
        buf_printf(out,
                   "The servers share the work; the load goes to all of them. One is killed: its "
                   "clients ask another,\nand the rest goes on.\n\n"
                   "curl -sS $URL/metrics | grep quan_peers_alive\n"
                   "kill -9 %d\n\n",
                   d->servers[d->server_count - 1].pid);
    if (d->cluster.options.replicas > 0)
        buf_printf(out,
                   "A failover: a primary is killed, and writes of its users get 503; a replica "
                   "takes its place, and\nthey are served again. Those of other shards never "
                   "stop.\n\n"
                   "kill -9 %d\n"
                   "psql '%.*s' -c 'SELECT pg_promote()'\n\n",
                   dev_node(d, 0, 0)->pid,
                   STR_ARG(cluster_dsn_tcp(&d->cluster, dev_node(d, 0, 1))));
    buf_printf(out, "Ctrl-C stops all of it, recounts the store, and removes it.\n");
}

static cli_exit show(dev *d, str key)
{
    buf out;
    buf_init(&out, OUT_MAX);
    if (d->cluster.cli->json) {
        show_json(d, key, &out);
    } else {
        tell_how(d, key, &out);
        tell_ends(d, &out);
    }
    cli_exit code = cli_print(d->cluster.cli, &out);
    buf_free(&out);
    return code;
}

/* ---- the command ---- */

/* False: the last server has ended. */
static bool tell_ended(dev *d, pid_t pid)
{
    bool some = false;
    for (size_t i = 0; i < d->cluster.n; i++)
        if (d->cluster.nodes[i].pid == pid)
            fprintf(stderr, "quan: %s has ended\n", d->cluster.nodes[i].name);
    for (size_t i = 0; i < d->server_count; i++) {
        dev_server *s = &d->servers[i];
        if (pid == s->pid) {
            s->pid = 0;
            fprintf(stderr, "quan: server %s has ended\n", s->name);
        }
        some = some || s->pid > 0;
    }
    return some;
}

/* Tells what ends. Without a server, or without the load that it was for, there is nothing left to
 * try. */
static cli_exit go_on(dev *d)
{
    cluster *k = &d->cluster;
    while (!k->programs.stopped) {
        pid_t pid;
        int status;
        program_event e = programs_next(&k->programs, TELL_EVERY_MS, &pid, &status);
        dev_tell_load(d);
        if (e != PROGRAM_ENDED)
            continue;
        bool served = tell_ended(d, pid);
        cluster_ended(k, pid);
        if (pid == d->load) {
            d->load = 0;
            fprintf(stderr, "quan: the load has ended\n");
            bool good = WIFEXITED(status) && WEXITSTATUS(status) == 0;
            if (d->seconds > 0)
                return good ? CLI_OK : cli_fail(k->cli, CLI_FAILED, "the load has failed");
        }
        if (!served)
            return dev_failed(d, "the last server", dev_log(d, &d->servers[0]));
    }
    return CLI_OK;
}

static cli_exit run(dev *d)
{
    str key;
    cli_exit code = cluster_open(&d->cluster, false);
    code = code == CLI_OK ? dev_make(d, &key) : code;
    bool made = code == CLI_OK;
    code = made ? show(d, key) : code;
    code = code == CLI_OK ? go_on(d) : code;
    dev_stop(d);
    cli_exit verified = made ? dev_verify(d) : CLI_OK;
    return code == CLI_OK ? verified : code;
}

cli_exit cli_cluster_dev(cli_context *c)
{
    static const char *const names[DEV_SERVERS_MAX] = {"a", "b", "c", "d"};
    dev *d = ARENA_NEW(c->memory, dev);
    d->rate = RATE_DEFAULT;
    d->server_count = SERVERS_DEFAULT;
    for (size_t i = 0; i < DEV_SERVERS_MAX; i++)
        d->servers[i].name = names[i];
    d->cluster.cli = c;
    d->cluster.options = (cluster_options){.shards = SHARDS_DEFAULT, .replicas = REPLICAS_DEFAULT};
    cli_exit code =
        cli_parse(c, &(cli_flags){.synopsis = "", .options = options, .parse = parse, .into = d});
    if (code != CLI_OK)
        return code;
    d->cluster.options.synchronous = d->cluster.options.replicas > 0;
    code = run(d);
    dev_clean(d);
    cli_exit closed = cluster_close(&d->cluster);
    return code == CLI_OK ? closed : code;
}

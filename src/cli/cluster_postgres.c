/* `quan cluster postgres`: throw-away PostgreSQL shards for whoever holds its stdin, and a few
 * words there that stop and start them. Tests run on it (test/lib/pg.h). */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cluster.h"

enum { SHOW_BYTES = 65536, LINE_BYTES = 256, WAIT_MS = 60000 };

enum {
    KEY_SHARDS = 1,
    KEY_REPLICAS,
    KEY_UNSYNCED,
    KEY_SET,
};

static const struct argp_option options_of_cluster[] = {
    {.name = "shards", .key = KEY_SHARDS, .arg = "N", .doc = "Primaries; 1, at most 8"},
    {.name = "replicas", .key = KEY_REPLICAS, .doc = "Give each a streaming replica"},
    {.name = "unsynced",
     .key = KEY_UNSYNCED,
     .doc = "Let PostgreSQL not sync its files: quicker, and not durable"},
    CLUSTER_PLACE_OPTIONS{.name = "set",
                          .key = KEY_SET,
                          .arg = "NAME=VALUE",
                          .doc = "A setting of PostgreSQL, for all nodes; may be given many times"},
    {0}};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    cluster_options *o = state->input;
    switch (key) {
    case KEY_SHARDS:
        if (!str_to_u64(str_of(argument), &o->shards) || o->shards == 0 ||
            o->shards > CLUSTER_SHARDS_MAX)
            argp_error(state, "--shards is a number from 1 to %d", CLUSTER_SHARDS_MAX);
        return 0;
    case KEY_REPLICAS:
        o->replicas = 1;
        return 0;
    case KEY_UNSYNCED:
        o->unsynced = true;
        return 0;
    case KEY_SET:
        if (o->set_n == CLUSTER_SET_MAX || strchr(argument, '=') == NULL)
            argp_error(state, "--set is NAME=VALUE, at most %d times", CLUSTER_SET_MAX);
        else
            o->set[o->set_n++] = argument;
        return 0;
    default:
        return cluster_place_parse(key, argument, o);
    }
}

/* ---- what it prints ---- */

static void put_text(json_writer *w, const char *key, str text)
{
    json_key(w, str_of(key));
    json_put_str(w, text);
}

static void put_json(json_writer *w, const cluster *k, const cluster_node *node)
{
    json_begin_object(w);
    put_text(w, "name", str_of(node->name));
    put_text(w, "role", node->primary == NULL ? S("primary") : S("replica"));
    json_key(w, S("running"));
    json_put_bool(w, node->pid > 0);
    json_key(w, S("process"));
    json_put_i64(w, node->pid);
    json_key(w, S("port"));
    json_put_u64(w, node->port);
    put_text(w, "dsn", cluster_dsn(k, node));
    put_text(w, "dsn_tcp", cluster_dsn_tcp(k, node));
    put_text(w, "data", str_of(node->data));
    put_text(w, "log", str_of(node->log));
    json_end_object(w);
}

static void put_line(buf *out, const cluster *k, const cluster_node *node)
{
    buf_printf(out, "%-16s %s %.*s\n", node->name, node->pid > 0 ? "runs " : "stands",
               STR_ARG(cluster_dsn_tcp(k, node)));
}

/* n 1: the one; else all. At once, for somebody waits for it. */
static cli_exit show(const cluster *k, const cluster_node *nodes, size_t n, bool all)
{
    buf out;
    buf_init(&out, SHOW_BYTES);
    json_writer w = json_writer_on(&out);
    if (k->cli->json && all) {
        json_begin_object(&w);
        put_text(&w, "directory", str_of(k->directory));
        json_key(&w, S("nodes"));
        json_begin_array(&w);
    }
    for (size_t i = 0; i < n; i++) {
        if (k->cli->json)
            put_json(&w, k, &nodes[i]);
        else
            put_line(&out, k, &nodes[i]);
    }
    if (k->cli->json && all) {
        json_end_array(&w);
        json_end_object(&w);
    }
    if (k->cli->json)
        buf_char(&out, '\n');
    cli_exit code = cli_print(k->cli, &out);
    buf_free(&out);
    return code;
}

/* ---- what it is told ---- */

/* "stop shard-0", "kill shard-0", "start shard-0". What is not understood is told, no more. */
static cli_exit obey(cluster *k, str line)
{
    str word = {NULL, 0};
    line = str_trim(line);
    if (line.n == 0)
        return CLI_OK;
    (void)str_cut(&line, ' ', &word);
    cluster_node *node = cluster_find(k, str_trim(line));
    bool start = str_eq(word, S("start")), kill = str_eq(word, S("kill"));
    if (node == NULL || (!start && !kill && !str_eq(word, S("stop")))) {
        (void)cli_fail(k->cli, CLI_USAGE,
                       "it is told: start, stop or kill, and the name of a node");
        return CLI_OK;
    }
    k->programs.reads = false;
    cli_exit code = start ? cluster_start(k, node) : cluster_stop(k, node, kill ? SIGKILL : SIGINT);
    k->programs.reads = true;
    return code == CLI_OK ? show(k, node, 1, false) : CLI_OK;
}

typedef struct lines {
    char text[LINE_BYTES];
    size_t n;
    bool ended;
} lines;

static cli_exit read_lines(cluster *k, lines *in)
{
    ssize_t got = read(STDIN_FILENO, in->text + in->n, sizeof(in->text) - in->n);
    if (got <= 0) {
        in->ended = true;
        return CLI_OK;
    }
    in->n += (size_t)got;
    cli_exit code = CLI_OK;
    for (char *end; code == CLI_OK && (end = memchr(in->text, '\n', in->n)) != NULL;) {
        size_t line = (size_t)(end - in->text);
        code = obey(k, (str){in->text, line});
        (void)fflush(stdout); /* a refusal, too: somebody waits for it */
        in->n -= line + 1;
        memmove(in->text, end + 1, in->n);
    }
    if (in->n == sizeof(in->text))
        in->n = 0; /* no command is so long */
    return code;
}

static cli_exit go_on(cluster *k)
{
    lines in = {.n = 0};
    cli_exit code = CLI_OK;
    k->programs.reads = true;
    while (code == CLI_OK && !in.ended && !k->programs.stopped) {
        pid_t pid;
        int status;
        program_event e = programs_next(&k->programs, WAIT_MS, &pid, &status);
        if (e == PROGRAM_INPUT)
            code = read_lines(k, &in);
        for (size_t i = 0; e == PROGRAM_ENDED && i < k->n; i++)
            if (k->nodes[i].pid == pid)
                fprintf(stderr, "quan: %s has ended\n", k->nodes[i].name);
        if (e == PROGRAM_ENDED)
            cluster_ended(k, pid);
    }
    return code;
}

cli_exit cli_cluster_postgres(cli_context *c)
{
    cluster *k = ARENA_NEW(c->memory, cluster);
    k->cli = c;
    k->options.shards = 1;
    cli_exit code = cli_parse(
        c, &(cli_flags){
               .synopsis = "", .options = options_of_cluster, .parse = parse, .into = &k->options});
    if (code != CLI_OK)
        return code;
    code = cluster_open(k, true);
    code = code == CLI_OK ? show(k, k->nodes, k->n, true) : code;
    code = code == CLI_OK ? go_on(k) : code;
    cli_exit closed = cluster_close(k);
    return code == CLI_OK ? closed : code;
}

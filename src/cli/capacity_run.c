/* `quan capacity`: what machines so many requests a second need on PostgreSQL. See capacity.h. */
#include "cli/capacity.h"
#include "cli/cli.h"

enum { BUSY_PERCENT = 60, CORES = 16, OUT_MAX = 16384, KEY_BUSY = CAPACITY_KINDS + 1, KEY_CORES };

static error_t parse(int key, char *argument, struct argp_state *state)
{
    capacity_wish *w = state->input;
    uint64_t n = 0;
    bool number = argument != NULL && str_to_u64(str_of(argument), &n);
    if (key == KEY_BUSY) {
        w->busy_percent = n;
        if (!number || n == 0 || n > 100)
            argp_error(state, "--busy is a number from 1 to 100");
    } else if (key == KEY_CORES) {
        w->cores_of_machine = n;
        if (!number || n == 0 || n > CAPACITY_CORES_MAX)
            argp_error(state, "--cores is a number from 1 to %d", CAPACITY_CORES_MAX);
    } else if (key > 0 && key <= CAPACITY_KINDS) {
        w->rates[key - 1] = n;
        if (!number || n > CAPACITY_RATE_MAX)
            argp_error(state, "--%s is a number up to %d", capacity_costs[key - 1].option,
                       CAPACITY_RATE_MAX);
    } else {
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static const struct argp_option *options_of_costs(arena *memory)
{
    struct argp_option *o = ARENA_ARRAY(memory, struct argp_option, CAPACITY_KINDS + 3);
    int n = 0;
    for (; n < CAPACITY_KINDS; n++)
        o[n] = (struct argp_option){
            .name = capacity_costs[n].option,
            .key = n + 1,
            .arg = "N",
            .doc = arena_printf(memory, "A second: %s", capacity_costs[n].text).p};
    o[n++] = (struct argp_option){
        .name = "busy", .key = KEY_BUSY, .arg = "PERCENT", .doc = "How busy processors may be; 60"};
    o[n] = (struct argp_option){
        .name = "cores", .key = KEY_CORES, .arg = "N", .doc = "Processors of a machine; 16"};
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
    put_milli(out, n->database_milli);
    buf_printf(out, " %12llu %14llu\n", (unsigned long long)(n->log_bytes_s >> 10),
               (unsigned long long)(n->kept_bytes_day >> 20));
}

static void show_text(buf *out, const capacity_wish *w, const capacity_need *n)
{
    uint64_t rate = 0;
    buf_printf(out, "%-12s %10s %11s %11s %12s %14s\n", "requests", "a second", "quan cores",
               "pg cores", "log KiB/s", "kept MiB/day");
    for (int i = 0; i < CAPACITY_KINDS; i++) {
        capacity_need one = capacity_of((capacity_kind)i, w->rates[i]);
        put_row(out, capacity_costs[i].option, w->rates[i], &one);
        rate += w->rates[i];
    }
    put_row(out, "all", rate, n);
    buf_printf(out,
               "\nWith processors up to %llu %% busy: %llu for quan and %llu for PostgreSQL's "
               "primaries, on machines\nof %llu: %llu of quan and %llu of PostgreSQL; and as many "
               "again of the latter for their replicas.\n",
               (unsigned long long)w->busy_percent, (unsigned long long)n->server_cores,
               (unsigned long long)n->database_cores, (unsigned long long)w->cores_of_machine,
               (unsigned long long)n->servers, (unsigned long long)n->shards);
    if (n->servers > 1 || n->shards > 1)
        buf_printf(out,
                   "This version serves one database by one quan: that is more than it can.\n");
}

static void show_json(buf *out, const capacity_need *n)
{
    const struct {
        const char *name;
        uint64_t value;
    } figures[] = {{"server_milli", n->server_milli},
                   {"database_milli", n->database_milli},
                   {"server_cores", n->server_cores},
                   {"database_cores", n->database_cores},
                   {"servers", n->servers},
                   {"shards", n->shards},
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
    capacity_wish w = {.busy_percent = BUSY_PERCENT, .cores_of_machine = CORES};
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

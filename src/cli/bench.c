/* `quan bench`: prepares templates when asked, drives load from its threads, reports rates,
 * percentiles and refusals. See bench.h. */
#include "cli/bench.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "cli/cli.h"
#include "cli/shop.h"
#include "port/clock.h"
#include "port/random.h"

enum {
    KEY_TEMPLATE = 't',
    KEY_WORK = 'w',
    KEY_CONNECTIONS = 'c',
    KEY_SECONDS = 'd',
    KEY_REQUESTS = 'n',
    KEY_USERS = 'u',
    KEY_RATE = 'r',
    KEY_BATCH = 'b',
    KEY_THREADS = 'j',
    KEY_PREPARE = 'p',
    BENCH_REPORT_MAX = 1 << 20,
};

static const char *const works[] = {"claim", "batch", "wallet", "coupon", "mix"};
static const char *const kinds[] = {"claim", "query", "redeem", "coupon"};

typedef struct bench_flags {
    bench_plan plan;
    cli_server server;
    uint64_t prepare;
} bench_flags;

static uint64_t number(struct argp_state *state, const char *text, uint64_t least, uint64_t most)
{
    uint64_t n = 0;
    if (!str_to_u64(str_of(text), &n) || n < least || n > most) {
        argp_error(state, "\"%s\" is not a number from %llu to %llu", text,
                   (unsigned long long)least, (unsigned long long)most);
    }
    return n;
}

static void take_work(struct argp_state *state, bench_plan *p, const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(works); i++) {
        if (str_eq(str_of(name), str_of(works[i]))) {
            p->work = (bench_work)i;
            return;
        }
    }
    argp_error(state, "--work is claim, batch, wallet, coupon or mix");
}

static error_t parse_numbers(int key, char *argument, struct argp_state *state)
{
    bench_plan *p = &((bench_flags *)state->input)->plan;
    switch (key) {
    case KEY_CONNECTIONS:
        p->connections = (uint32_t)number(state, argument, 1, BENCH_CONNECTIONS_MAX);
        return 0;
    case KEY_THREADS:
        p->threads = (uint32_t)number(state, argument, 1, BENCH_THREADS_MAX);
        return 0;
    case KEY_SECONDS:
        p->seconds = (int64_t)number(state, argument, 1, 86400);
        return 0;
    case KEY_REQUESTS:
        p->requests = number(state, argument, 1, INT64_MAX);
        return 0;
    case KEY_USERS:
        p->users = number(state, argument, 1, INT64_MAX);
        return 0;
    case KEY_RATE:
        p->rate = number(state, argument, 1, 10000000);
        return 0;
    case KEY_BATCH:
        p->batch = (uint32_t)number(state, argument, 1, BENCH_BATCH_MAX);
        return 0;
    case KEY_PREPARE:
        ((bench_flags *)state->input)->prepare = number(state, argument, 1, BENCH_TEMPLATES_MAX);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    bench_flags *f = state->input;
    switch (key) {
    case KEY_WORK:
        take_work(state, &f->plan, argument);
        return 0;
    case KEY_TEMPLATE:
        if (f->plan.template_count == BENCH_TEMPLATES_MAX) {
            argp_error(state, "at most %d templates", BENCH_TEMPLATES_MAX);
        }
        f->plan.templates[f->plan.template_count++] = str_of(argument);
        return 0;
    case ARGP_KEY_END:
        if ((f->plan.template_count == 0) == (f->prepare == 0)) {
            argp_error(state, "say either --template or --prepare");
        }
        return 0;
    default:
        return parse_numbers(key, argument, state);
    }
}

static const struct argp_option options[] = {
    {"template", KEY_TEMPLATE, "ID", 0, "Claim from this template; may be repeated", 0},
    {"prepare", KEY_PREPARE, "N", 0,
     "Make a campaign with N unlimited templates and claim from those", 0},
    {"work", KEY_WORK, "WORK", 0, "claim, batch, wallet, coupon or mix (query : send : verify)", 0},
    {"connections", KEY_CONNECTIONS, "N", 0, "Keep-alive connections (default 64)", 0},
    {"threads", KEY_THREADS, "N", 0, "Threads of the load generator (default 1)", 0},
    {"seconds", KEY_SECONDS, "N", 0, "How long (default 10)", 0},
    {"requests", KEY_REQUESTS, "N", 0, "Stop after N requests instead", 0},
    {"users", KEY_USERS, "N", 0, "Different users (default 1000000)", 0},
    {"batch", KEY_BATCH, "N", 0, "Claims in one request of --work batch (default 100)", 0},
    {"rate", KEY_RATE, "N", 0,
     "Open loop: N requests a second whatever the answers; latency from the due moment", 0},
    {0}};

typedef struct worker {
    pthread_t thread;
    bench_plan *plan;
    uint32_t index;
    bench_count count;
    buf why;
    bool good;
} worker;

static void *work(void *context)
{
    worker *w = context;
    w->good = bench_drive(w->plan, w->index, &w->count, &w->why);
    return NULL;
}

static void add(bench_count *into, const bench_count *from)
{
    for (size_t k = 0; k < BENCH_KINDS; k++) {
        latency_merge(&into->latencies[k], &from->latencies[k]);
    }
    for (size_t s = 0; s < ARRAY_LEN(into->refused); s++) {
        into->refused[s] += from->refused[s];
    }
    into->done += from->done;
    into->claims += from->claims;
    into->broken += from->broken;
    into->bytes_out += from->bytes_out;
    into->bytes_in += from->bytes_in;
}

static void put(json_writer *w, str name, uint64_t value)
{
    json_key(w, name);
    json_put_u64(w, value);
}

static void write_json(const bench_count *c, uint64_t took_us, buf *out)
{
    json_writer w = json_writer_on(out);
    json_begin_object(&w);
    put(&w, S("took_us"), took_us);
    put(&w, S("requests"), c->done);
    put(&w, S("requests_per_s"), c->done * 1000000 / took_us);
    put(&w, S("coupons"), c->claims);
    put(&w, S("coupons_per_s"), c->claims * 1000000 / took_us);
    put(&w, S("broken"), c->broken);
    for (size_t k = 0; k < BENCH_KINDS; k++) {
        const latency *l = &c->latencies[k];
        if (l->n > 0) {
            json_key(&w, str_of(kinds[k]));
            json_begin_object(&w);
            put(&w, S("done"), l->n);
            put(&w, S("mean_us"), l->sum_us / l->n);
            put(&w, S("p50_us"), latency_at(l, 500));
            put(&w, S("p99_us"), latency_at(l, 990));
            put(&w, S("p999_us"), latency_at(l, 999));
            put(&w, S("max_us"), l->max_us);
            json_end_object(&w);
        }
    }
    json_key(&w, S("refused"));
    json_begin_object(&w);
    for (size_t s = 0; s < ARRAY_LEN(c->refused); s++) {
        if (c->refused[s] > 0) {
            char name[8];
            int n = snprintf(name, sizeof name, "%zu", s);
            put(&w, (str){name, (size_t)n}, c->refused[s]);
        }
    }
    json_end_object(&w);
    json_end_object(&w);
    buf_char(out, '\n');
}

static void write_text(const bench_count *c, uint64_t took_us, buf *out)
{
    buf_printf(out, "%llu requests in %llu.%03llu s: %llu/s", (unsigned long long)c->done,
               (unsigned long long)(took_us / 1000000), (unsigned long long)(took_us / 1000 % 1000),
               (unsigned long long)(c->done * 1000000 / took_us));
    if (c->claims > 0) {
        buf_printf(out, "; %llu coupons: %llu/s", (unsigned long long)c->claims,
                   (unsigned long long)(c->claims * 1000000 / took_us));
    }
    buf_char(out, '\n');
    for (size_t k = 0; k < BENCH_KINDS; k++) {
        const latency *l = &c->latencies[k];
        if (l->n > 0) {
            buf_printf(
                out, "  %-7s %9llu  mean %6llu us  p50 %6llu  p99 %6llu  p99.9 %6llu  max %llu\n",
                kinds[k], (unsigned long long)l->n, (unsigned long long)(l->sum_us / l->n),
                (unsigned long long)latency_at(l, 500), (unsigned long long)latency_at(l, 990),
                (unsigned long long)latency_at(l, 999), (unsigned long long)l->max_us);
        }
    }
    for (size_t s = 0; s < ARRAY_LEN(c->refused); s++) {
        if (c->refused[s] > 0) {
            buf_printf(out, "  refused with %zu: %llu\n", s, (unsigned long long)c->refused[s]);
        }
    }
    if (c->broken > 0) {
        buf_printf(out, "  connections broken: %llu\n", (unsigned long long)c->broken);
    }
}

static cli_exit drive(cli_context *c, bench_plan *p)
{
    worker *workers = ARENA_ARRAY(c->memory, worker, p->threads);
    int64_t began = clock_monotonic_ns();
    for (uint32_t i = 0; i < p->threads; i++) {
        workers[i].plan = p;
        workers[i].index = i;
        buf_init(&workers[i].why, 4096);
        CHECK(pthread_create(&workers[i].thread, NULL, work, &workers[i]) == 0);
    }
    bench_count *all = ARENA_NEW(c->memory, bench_count);
    cli_exit code = CLI_OK;
    for (uint32_t i = 0; i < p->threads; i++) {
        (void)pthread_join(workers[i].thread, NULL);
        if (!workers[i].good && code == CLI_OK) {
            code = cli_fail(c, CLI_ENVIRONMENT, "%.*s", STR_ARG(buf_view(&workers[i].why)));
        }
        buf_free(&workers[i].why);
        add(all, &workers[i].count);
    }
    uint64_t took_us = (uint64_t)(clock_monotonic_ns() - began) / 1000 + 1;
    if (code != CLI_OK) {
        return code;
    }
    buf out;
    buf_init(&out, BENCH_REPORT_MAX);
    if (c->json) {
        write_json(all, took_us, &out);
    } else {
        write_text(all, took_us, &out);
    }
    code = cli_print(c, &out);
    buf_free(&out);
    if (code == CLI_OK && all->broken > 0) {
        code = cli_fail(c, CLI_FAILED, "connections broke");
    }
    return code;
}

/* Templates without limits, 5.00 off from 10.00, good for a year. */
static cli_exit prepare(cli_context *c, bench_flags *f)
{
    shop s;
    cli_exit code = shop_open(c, &s, &f->server);
    str campaign_id = {NULL, 0};
    if (code == CLI_OK) {
        code = shop_campaign(&s, S("Benchmark"), &campaign_id);
    }
    for (uint64_t i = 0; code == CLI_OK && i < f->prepare; i++) {
        shop_template t = {
            .name = S("Five off"), .amount_minor = 500, .minimum_minor = 1000, .stock = -1};
        code = shop_template_create(&s, campaign_id, &t, &f->plan.templates[i]);
    }
    if (code == CLI_OK) {
        code = shop_start(&s, campaign_id);
    }
    f->plan.template_count = code == CLI_OK ? f->prepare : 0;
    f->plan.currency = arena_str(c->memory, s.currency);
    shop_close(&s);
    return code;
}

cli_exit cli_bench(cli_context *c)
{
    bench_flags *f = ARENA_NEW(c->memory, bench_flags);
    f->plan = (bench_plan){.prefix = S("u"),
                           .users = 1000000,
                           .batch = 100,
                           .connections = 64,
                           .threads = 1,
                           .seconds = 10,
                           .currency = S("USD")};
    f->server.rights = "the scopes admin (--prepare), issue, redeem, read";
    cli_flags flags = {
        .synopsis = "", .options = options, .parse = parse, .into = f, .server = &f->server};
    cli_exit code = cli_parse(c, &flags);
    if (code != CLI_OK) {
        return code;
    }
    bench_plan *p = &f->plan;
    p->port = f->server.port;
    p->key = f->server.key;
    p->run = arena_printf(c->memory, "bench-%llx", (unsigned long long)random_u64());
    p->threads = p->threads > p->connections ? p->connections : p->threads;
    p->seconds = p->requests > 0 ? 0 : p->seconds;
    if (f->prepare > 0) {
        code = prepare(c, f);
    }
    return code == CLI_OK ? drive(c, p) : code;
}

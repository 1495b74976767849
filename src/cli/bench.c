/* `quan bench`: prepares templates when asked, drives load from its threads, tells how it goes
 * meanwhile. See bench.h. */
#include "cli/bench.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>

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
    KEY_ALSO = 'a',
    KEY_EVERY = 'e',
    LOOK_MS = 1,
    LOOKS_MAX = 500, /* for a thread to show how far it is */
    LINE_MAX_BYTES = 256,
    BENCH_REPORT_MAX = 1 << 20,
};

static const char *const works[] = {"claim", "batch", "wallet", "coupon", "mix"};

typedef struct bench_flags {
    bench_plan plan;
    cli_server server;
    uint64_t prepare;
    uint64_t every_s; /* 0: says nothing before the end */
    str also[BENCH_SERVERS_MAX];
    size_t also_n;
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
    case KEY_EVERY:
        ((bench_flags *)state->input)->every_s = number(state, argument, 1, 86400);
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
    case KEY_ALSO:
        if (f->also_n + 1 == BENCH_SERVERS_MAX) {
            argp_error(state, "at most %d servers", BENCH_SERVERS_MAX);
        }
        f->also[f->also_n++] = str_of(argument);
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
    {"also", KEY_ALSO, "URL", 0,
     "Another server of the same store: connections are spread over all, and go to another one "
     "when "
     "theirs is gone; may be repeated",
     0},
    {"every", KEY_EVERY, "SECONDS", 0, "Say on stderr how it goes, so often", 0},
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
    bench_watch watch;
    buf why;
    bool good;
} worker;

static void *work(void *context)
{
    worker *w = context;
    w->good = bench_drive(w->plan, w->index, &w->count, &w->watch, &w->why);
    return NULL;
}

/* ---- running ---- */

static bench_plan *told_to_end; /* the one that runs */

static void on_stop(int number)
{
    MAYBE(number);
    atomic_store(&told_to_end->ends, true);
}

/* A signal ends it early, with what was counted; a second one at once. */
static void end_by_signal(bench_plan *p)
{
    struct sigaction action = {.sa_handler = on_stop};
    action.sa_flags = (int)SA_RESETHAND;
    told_to_end = p;
    CHECK(sigaction(SIGINT, &action, NULL) == 0 && sigaction(SIGTERM, &action, NULL) == 0);
}

/* The sum of all threads, who are asked. False: one of them does not say so in time. */
static bool look(worker *workers, uint32_t n, bench_count *sum)
{
    bool all = true;
    *sum = (bench_count){0};
    for (uint32_t i = 0; i < n; i++) {
        atomic_fetch_add(&workers[i].watch.asked, 1);
    }
    for (uint32_t i = 0; i < n && all; i++) {
        bench_watch *w = &workers[i].watch;
        unsigned asked = atomic_load(&w->asked);
        int looks = 0;
        while (atomic_load(&w->given) != asked && ++looks < LOOKS_MAX) {
            nanosleep(&(struct timespec){.tv_nsec = LOOK_MS * 1000000L}, NULL);
        }
        all = atomic_load(&w->given) == asked;
        if (all) {
            bench_add(sum, &w->count);
        }
    }
    return all;
}

typedef struct telling {
    worker *workers;
    uint32_t n;
    uint64_t every_s;
    int64_t began_ns, next_ns, told_ns;
    bench_count now, before;
} telling;

static void tell(telling *t)
{
    char bytes[LINE_MAX_BYTES];
    buf line = {.p = bytes, .capacity = sizeof bytes, .max = sizeof bytes};
    t->next_ns += (int64_t)t->every_s * 1000000000;
    if (!look(t->workers, t->n, &t->now)) {
        return; /* the next line has it */
    }
    int64_t now_ns = clock_monotonic_ns();
    bench_write_line(&t->now, &t->before, (uint64_t)(now_ns - t->told_ns) / 1000 + 1, &line);
    fprintf(stderr, "%6lld s: %.*s", (long long)((now_ns - t->began_ns + 500000000) / 1000000000),
            STR_ARG(buf_view(&line)));
    t->before = t->now;
    t->told_ns = now_ns;
}

/* Until that thread has ended. */
static void await(telling *t, pthread_t thread)
{
    while (t->every_s > 0) {
        struct timespec until;
        int64_t left_ns = t->next_ns - clock_monotonic_ns();
        (void)clock_gettime(CLOCK_REALTIME, &until);
        int64_t ns = until.tv_nsec + (left_ns < 0 ? 0 : left_ns);
        until.tv_sec += ns / 1000000000;
        until.tv_nsec = ns % 1000000000;
        if (pthread_timedjoin_np(thread, NULL, &until) == 0) {
            return;
        }
        if (clock_monotonic_ns() >= t->next_ns) {
            tell(t);
        }
    }
    CHECK(pthread_join(thread, NULL) == 0);
}

static cli_exit drive(cli_context *c, bench_plan *p, uint64_t every_s)
{
    worker *workers = ARENA_ARRAY(c->memory, worker, p->threads);
    telling *t = ARENA_NEW(c->memory, telling);
    int64_t began = clock_monotonic_ns();
    t->workers = workers;
    t->n = p->threads;
    t->every_s = every_s;
    t->began_ns = t->told_ns = began;
    t->next_ns = began + (int64_t)every_s * 1000000000;
    end_by_signal(p);
    for (uint32_t i = 0; i < p->threads; i++) {
        workers[i].plan = p;
        workers[i].index = i;
        buf_init(&workers[i].why, 4096);
        CHECK(pthread_create(&workers[i].thread, NULL, work, &workers[i]) == 0);
    }
    bench_count *all = ARENA_NEW(c->memory, bench_count);
    cli_exit code = CLI_OK;
    for (uint32_t i = 0; i < p->threads; i++) {
        await(t, workers[i].thread);
        if (!workers[i].good && code == CLI_OK) {
            code = cli_fail(c, CLI_ENVIRONMENT, "%.*s", STR_ARG(buf_view(&workers[i].why)));
        }
        buf_free(&workers[i].why);
        bench_add(all, &workers[i].count);
    }
    uint64_t took_us = (uint64_t)(clock_monotonic_ns() - began) / 1000 + 1;
    if (code != CLI_OK) {
        return code;
    }
    buf out;
    buf_init(&out, BENCH_REPORT_MAX);
    if (c->json) {
        bench_write_json(all, took_us, &out);
    } else {
        bench_write_text(all, took_us, &out);
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
    p->ports[p->server_count++] = f->server.port;
    for (size_t i = 0; i < f->also_n; i++) {
        if (!cli_server_port(f->also[i], &p->ports[p->server_count++])) {
            return cli_fail(c, CLI_USAGE, "--also is a URL such as http://127.0.0.1:8080");
        }
    }
    p->key = f->server.key;
    p->run = arena_printf(c->memory, "bench-%llx", (unsigned long long)random_u64());
    p->threads = p->threads > p->connections ? p->connections : p->threads;
    p->seconds = p->requests > 0 ? 0 : p->seconds;
    if (f->prepare > 0) {
        code = prepare(c, f);
    }
    return code == CLI_OK ? drive(c, p, f->every_s) : code;
}

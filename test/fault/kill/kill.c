/* kill: a real `quan serve` is killed with SIGKILL under load, again and again, and started on the
 * same data, in RocksDB and then in PostgreSQL; a client outside (test/lib/oracle) knows what was
 * acknowledged and checks after each kill, over the API, that it is so, once, and that the same
 * keys get the same answers. Then two of them on one store of two databases, both under the same
 * load: the one that is left goes on with it, and sometimes both are killed.
 *
 * Shows that recovery is right. It says nothing of durability: the page cache survives a kill, and
 * PostgreSQL is not killed here.
 *
 *   kill [--quan PROGRAM] [--rocks N] [--pg N] [--pg2 N] [--seed N] [--keep]
 *
 * Last line: `N passed, N failed`: one for each kill, and for each store whether all wallets agree,
 * whether it stops orderly, and whether `quan verify` finds no difference. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "port/clock.h"
#include "port/random.h"
#include "test/fault/kill/storm.h"

enum {
    KILLS_ROCKS = 30,
    KILLS_PG = 8,
    KILLS_PG2 = 4,
    NIGHTLY_TIMES = 25,
    KILLS_OF_STORE = 50, /* then a fresh one */
    STOP_MS = 30000,
    OLD_SAMPLE = 300,
    SETTLE_ROUNDS = 100,
    AGAIN_PERCENT = 20, /* killed again while it recovers */
    BOTH_PERCENT = 25,  /* of two servers */
    GO_ON_MS = 1500,    /* at most: the one that is left, before the other is back */
    AFTER_BRIEF_S = 4,
    FAILED_MAX = 10, /* then it is enough */
};

static bool judge(storm *s, bool good, const char *what)
{
    if (good)
        s->passed++;
    else {
        s->failed++;
        printf("  FAILED: %s (kill %u)\n", what, s->kills);
    }
    return good;
}

/* ---- load ---- */

static bool next(void *context, uint64_t *tag, buf *out)
{
    return load_next(&((storm *)context)->load, tag, out);
}

static void done(void *context, uint64_t tag, int status, str body)
{
    load_done(&((storm *)context)->load, tag, status, body);
}

static void strike(void *context)
{
    storm *s = context;
    for (uint32_t i = 0; i < s->server_n; i++)
        if (s->victims >> i & 1)
            server_kill(&s->servers[i]);
}

/* Ops that may have happened or not. */
static uint32_t unknown(const storm *s)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < s->client.h->n; i++)
        n += s->client.h->ops[i].state == OP_SENT;
    return n;
}

/* Of several one, or all. */
static void choose_victims(storm *s)
{
    s->victims = 1U << dice_below(&s->dice, s->server_n);
    if (s->server_n > 1 && dice_percent(&s->dice, BOTH_PERCENT))
        s->victims = (1U << s->server_n) - 1;
}

/* Load until the kill: 0.05 to 2 s, more often short; and on the server that is left a while. */
static bool load_and_kill(storm *s)
{
    int64_t u = dice_below(&s->dice, 1000);
    int64_t at = clock_monotonic_ms() + 50 + u * u * 1950 / 1000000;
    wire_job job = {.context = s, .next = next, .done = done, .strike_at_ms = at, .strike = strike};
    choose_victims(s);
    if (s->server_n > 1)
        job.until_ms = at + dice_below(&s->dice, GO_ON_MS);
    bool good = wire_run(s->wire, &job);
    wire_close(s->wire);
    s->wire = NULL;
    s->kills++;
    s->in_flight += unknown(s) > 0;
    return good;
}

/* ---- after a kill ---- */

static void start_victims(storm *s)
{
    for (uint32_t i = 0; i < s->server_n; i++)
        if (s->victims >> i & 1)
            server_start(&s->servers[i]);
}

/* Sometimes it is killed again before it is ready, or just when it is. */
static bool recover(storm *s)
{
    start_victims(s);
    while (s->kills < s->until && dice_percent(&s->dice, AGAIN_PERCENT)) {
        long wait_ms = (long)dice_below(&s->dice, 120);
        (void)nanosleep(&(struct timespec){.tv_nsec = wait_ms * 1000000}, NULL);
        strike(s);
        s->kills++;
        s->passed++; /* what it did shows after the next start */
        start_victims(s);
    }
    return storm_come_up(s);
}

typedef struct resend {
    storm *s;
    uint32_t at, left;
    bool all; /* those without an answer, in their order; else `left` of the old ones */
} resend;

static bool resend_next(void *context, uint64_t *tag, buf *out)
{
    resend *r = context;
    const history *h = r->s->client.h;
    if (!r->all) {
        if (r->left == 0 || h->n == 0)
            return false;
        r->left--;
        r->at = dice_below(&r->s->dice, h->n);
    }
    while (r->all && r->at < h->n && h->ops[r->at].state != OP_SENT)
        r->at++;
    if (r->at >= h->n)
        return false;
    uint32_t n;
    r->at = history_batch(h, r->at, &n);
    *tag = load_send(&r->s->load, r->at, out);
    r->at += n;
    return true;
}

static void resend_done(void *context, uint64_t tag, int status, str body)
{
    done(((resend *)context)->s, tag, status, body);
}

/* What is unknown gets its one truth. */
static bool settle(storm *s)
{
    resend r = {.s = s};
    wire_job job = {.context = &r, .next = resend_next, .done = resend_done};
    for (int i = 0; i < SETTLE_ROUNDS && unknown(s) > 0; i++) {
        r = (resend){.s = s, .all = true};
        if (!wire_run(s->wire, &job))
            return false;
        if (unknown(s) > 0)
            (void)nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    }
    return true;
}

/* Old keys get their old answers. While the first waited for what the dead had kept, the server may
 * have closed connections that were idle: what they lose is settled, too. */
static bool send_again(storm *s)
{
    resend r = {.s = s, .left = OLD_SAMPLE};
    wire_job job = {.context = &r, .next = resend_next, .done = resend_done};
    return settle(s) && wire_run(s->wire, &job) && settle(s);
}

static bool check_state(storm *s, uint32_t first_op, bool whole)
{
    audit a = {.client = &s->client,
               .wire = s->wire,
               .dice = &s->dice,
               .first_op = first_op,
               .whole = whole};
    uint32_t before = s->client.flaws.n;
    return audit_run(&a, &s->reads) && s->client.flaws.n == before;
}

/* How often a server ended by itself. */
static uint32_t deaths(storm *s)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < s->server_n; i++) {
        (void)server_runs(&s->servers[i]);
        n += s->servers[i].died;
    }
    return n;
}

/* One kill under load and all that follows; false: the store cannot go on, or it is enough. */
static bool one_kill(storm *s)
{
    uint32_t first_op = s->client.h->n, before = s->client.flaws.n, died = deaths(s);
    storm_flash(s);
    storm_stage(s);
    storm_codes(s);
    storm_share(s);
    bool heard = load_and_kill(s);
    if (!judge(s, recover(s), "the server comes up again"))
        return false;
    s->passed--; /* a kill counts once */
    bool good = heard && deaths(s) == died && send_again(s) && check_state(s, first_op, false);
    if (deaths(s) > died)
        printf("  a server ended by itself: see server.log in %s\n", s->servers[0].folder);
    (void)judge(s, good && s->client.flaws.n == before, "what was acknowledged is so");
    return s->failed < FAILED_MAX;
}

/* ---- the end of a store ---- */

/* Codes that were tried and gave nothing are as good as before: whether the answers say so, the
 * oracle sees. */
typedef struct rest {
    storm *s;
    bool *tried, *used;
    uint32_t at, left;
} rest;

static bool rest_next(void *context, uint64_t *tag, buf *out)
{
    rest *r = context;
    const history *h = r->s->client.h;
    while (r->at < h->code_n && (!r->tried[r->at] || r->used[r->at]))
        r->at++;
    if (r->at >= h->code_n || r->left == 0)
        return false;
    r->left--;
    *tag = load_send(&r->s->load, load_exchange(&r->s->load, r->at++), out);
    return true;
}

static void rest_done(void *context, uint64_t tag, int status, str body)
{
    done(((rest *)context)->s, tag, status, body);
}

static bool use_rest(storm *s)
{
    const history *h = s->client.h;
    rest r = {.s = s, .left = OLD_SAMPLE};
    uint32_t before = s->load.done.exchanged;
    wire_job job = {.context = &r, .next = rest_next, .done = rest_done};
    r.tried = arena_alloc(s->memory, h->code_n);
    r.used = arena_alloc(s->memory, h->code_n);
    for (uint32_t i = 0; i < h->n; i++) {
        uint32_t typed = h->ops[i].typed;
        if (typed != 0) {
            r.tried[typed - 1] = true;
            r.used[typed - 1] |= h->ops[i].state == OP_DONE;
        }
    }
    bool good = wire_run(s->wire, &job) && send_again(s);
    s->codes_left += s->load.done.exchanged - before;
    return good;
}

static void finish_store(storm *s)
{
    str text;
    const char *const verify[] = {"verify", s->servers[0].flag, s->servers[0].place, NULL};
    (void)nanosleep(&(struct timespec){.tv_sec = AFTER_BRIEF_S}, NULL);
    (void)judge(s, send_again(s) && use_rest(s) && check_state(s, 0, true),
                "all wallets and statistics agree");
    wire_close(s->wire);
    s->wire = NULL;
    for (uint32_t i = 0; i < s->server_n; i++)
        (void)judge(s, server_stop(&s->servers[i], STOP_MS) == 0, "the server stops orderly");
    int status = storm_command(s, verify, &text);
    if (!judge(s, status == 0, "quan verify finds no difference"))
        printf("  verify: exit %d\n%.*s\n", status, STR_ARG(text));
}

static void add_up(storm *s)
{
    done_counts *sum = &s->done;
    const done_counts *d = &s->load.done;
    for (int i = 0; i < OP_KINDS; i++)
        sum->of[i] += d->of[i];
    sum->batched += d->batched;
    sum->granted += d->granted;
    sum->less += d->less;
    sum->parts += d->parts;
    sum->not_active += d->not_active;
    sum->too_low += d->too_low;
    sum->by_device += d->by_device;
    sum->exchanged += d->exchanged;
    sum->code_used += d->code_used;
    sum->code_kept += d->code_kept;
    sum->not_received += d->not_received;
}

static void storm_store(storm *s, uint32_t number, uint32_t kills)
{
    uint32_t failed = s->failed;
    s->until = s->kills + kills;
    storm_open(s, number);
    bool good = true;
    while (good && s->kills < s->until)
        good = one_kill(s);
    if (good)
        finish_store(s);
    s->told += s->load.told;
    add_up(s);
    storm_close(s, s->failed > failed || s->o.keep);
}

/* On one engine; how many stores there have been then. */
static uint32_t storm_on(storm *s, storm_engine engine, uint32_t stores)
{
    uint32_t until = s->kills + s->o.kills[engine];
    s->engine = engine;
    while (s->kills < until && s->failed < FAILED_MAX) {
        uint32_t left = until - s->kills;
        storm_store(s, stores++, left < KILLS_OF_STORE ? left : KILLS_OF_STORE);
    }
    return stores;
}

/* ---- the whole ---- */

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* What is said to be under load, was. */
static void report_done(storm *s)
{
    const struct {
        const char *what;
        uint32_t n;
    } kinds[] = {{"claims", s->done.of[OP_CLAIM]},
                 {"of them in batches", s->done.batched},
                 {"granted", s->done.granted},
                 {"best effort and not all", s->done.less},
                 {"holds", s->done.of[OP_HOLD]},
                 {"redemptions", s->done.of[OP_REDEEM]},
                 {"releases", s->done.of[OP_RELEASE]},
                 {"returns", s->done.of[OP_RETURN]},
                 {"of parts", s->done.parts},
                 {"voids", s->done.of[OP_VOID]},
                 {"transfers", s->done.of[OP_TRANSFER]},
                 {"refused to their receivers", s->done.not_received},
                 {"states of campaigns", s->done.of[OP_STATE]},
                 {"refused by them", s->done.not_active},
                 {"stocks", s->done.of[OP_STOCK]},
                 {"budgets", s->done.of[OP_BUDGET]},
                 {"targets too low", s->done.too_low},
                 {"refused by device", s->done.by_device},
                 {"codes exchanged", s->done.exchanged},
                 {"refused as used", s->done.code_used},
                 {"refused and kept", s->done.code_kept}};
    bool all = true;
    printf("done:");
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        all = all && kinds[i].n > 0;
        printf("%s %u %s", i == 0 ? "" : ",", kinds[i].n, kinds[i].what);
    }
    printf("; %u codes that had given nothing gave their coupon at the end\n", s->codes_left);
    if (s->kills >= KILLS_ROCKS)
        (void)judge(s, all, "every kind of request was done");
}

static void report(storm *s, int64_t took_ms)
{
    qsort(s->ready_ms, s->ready_n, sizeof *s->ready_ms, by_size);
    printf("%u kills in %" PRId64 " s, %u with acts in flight; %" PRIu64 " answers, %" PRIu64
           " reads checked\n",
           s->kills, took_ms / 1000, s->in_flight, s->told, s->reads);
    report_done(s);
    if (s->ready_n > 0)
        printf("ready again: median %" PRId64 " ms, p99 %" PRId64 " ms, most %" PRId64 " ms\n",
               s->ready_ms[s->ready_n / 2], s->ready_ms[s->ready_n * 99 / 100],
               s->ready_ms[s->ready_n - 1]);
}

static int usage(void)
{
    (void)fprintf(
        stderr,
        "usage: kill [--quan PROGRAM] [--rocks N] [--pg N] [--pg2 N] [--seed N] [--keep]\n");
    return 2;
}

static bool read_options(int count, char **arguments, options *o)
{
    for (int i = 1; i < count; i++) {
        uint64_t n = 0;
        str name = str_of(arguments[i]);
        if (str_eq(name, S("--keep"))) {
            o->keep = true;
            continue;
        }
        if (++i == count)
            return false;
        bool number = str_to_u64(str_of(arguments[i]), &n);
        if (str_eq(name, S("--quan")))
            o->program = arguments[i];
        else if (str_eq(name, S("--rocks")) && number && n < 1000000)
            o->kills[STORM_ROCKS] = (uint32_t)n;
        else if (str_eq(name, S("--pg")) && number && n < 1000000)
            o->kills[STORM_PG] = (uint32_t)n;
        else if (str_eq(name, S("--pg2")) && number && n < 1000000)
            o->kills[STORM_PG2] = (uint32_t)n;
        else if (str_eq(name, S("--seed")) && number)
            o->seed = n;
        else
            return false;
    }
    return true;
}

int main(int count, char **arguments)
{
    static storm s;
    static char program[SERVER_PATH_MAX];
    const char *build = getenv("QUAN_BUILD");
    (void)snprintf(program, sizeof program, "%s/quan", build == NULL ? "build/release" : build);
    uint32_t times = getenv("QUAN_NIGHTLY") == NULL ? 1 : NIGHTLY_TIMES;
    s.o = (options){.program = program,
                    .kills = {KILLS_ROCKS * times, KILLS_PG * times, KILLS_PG2 * times},
                    .seed = random_u64() % 1000000};
    if (!read_options(count, arguments, &s.o))
        return usage();
    s.dice = dice_new(s.o.seed);
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    const uint32_t *kills = s.o.kills;
    printf("seed %" PRIu64 "; again: %s --quan %s --rocks %u --pg %u --pg2 %u --seed %" PRIu64 "\n",
           s.o.seed, arguments[0], s.o.program, kills[STORM_ROCKS], kills[STORM_PG],
           kills[STORM_PG2], s.o.seed);
    int64_t began = clock_monotonic_ms();
    uint32_t stores = 0;
    for (storm_engine e = STORM_ROCKS; e < STORM_ENGINES; e++)
        stores = storm_on(&s, e, stores);
    report(&s, clock_monotonic_ms() - began);
    printf("%u passed, %u failed\n", s.passed, s.failed);
    return s.failed == 0 ? 0 : 1;
}

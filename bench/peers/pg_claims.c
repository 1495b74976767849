/* The peers' load on PostgreSQL: claims by bench/peers/pg/claims.sql, from as many connections as
 * are asked for, one statement at a time on each (closed loop), with users and templates drawn as
 * `quan bench` draws them.
 *
 *   pg_claims --dsn URL [--dsn URL …] [--way function|many] [--batch 32] [--script FILE]
 *             [--connections 64] [--seconds 10] [--users 1000000] [--templates 20]
 *             [--limit 1000000] [--run TEXT]
 *
 * Several databases are shards: a connection has one of them, in turn. `function` is one call a
 * claim; `many` is the statement of --script for --batch claims, and each connection has its own
 * users then. Keys are those of --run: the same again are the same claims.
 *
 * Prints one line of JSON: claims, claims_per_s, statements, p50_us, p99_us (of a claim: that of
 * its statement), cpu_us (of this process), refused (by word). Exit 1 when a statement failed. */
#include <inttypes.h>
#include <libpq-fe.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "bench/peers/load/load.h"

enum {
    CONNECTIONS_MAX = 1024,
    DATABASES_MAX = 8,
    BATCH_MAX = 1024,
    ITEM_MAX = 64, /* bytes of a key, a user or a number in an array */
    ARRAY_MAX = BATCH_MAX * ITEM_MAX,
    PARTS = 64, /* of a stock: claims.sql */
    VALID_DAYS = 30,
};

#define MS_DAY INT64_C(86400000)

typedef struct plan {
    const char *dsn[DATABASES_MAX];
    size_t databases;
    bool many;
    const char *script, *run;
    uint64_t batch, connections, seconds, users, templates, limit;
} plan;

typedef struct line {
    PGconn *pg;
    uint64_t number, mine; /* which connection this is; claims that it has begun */
    int64_t sent_us;
} line;

typedef struct driver {
    load load; /* first */
    plan plan;
    line lines[CONNECTIONS_MAX];
    uint64_t statements, mismatch, limit_reached, sold_out;
} driver;

/* ---- set-up ---- */

static const char *statement(const plan *p, char *text)
{
    if (!p->many)
        return "SELECT claim($1::text, $2::int8, $3::text, $4::int4, $6::int4, $5::int4, "
               "$7::int8, $8::int8)";
    (void)load_script(p->script, text);
    return text;
}

static void connect_all(driver *d)
{
    static char text[LOAD_SCRIPT_MAX];
    const char *sql = statement(&d->plan, text);
    for (uint64_t i = 0; i < d->plan.connections; i++) {
        line *l = &d->lines[i];
        l->number = i;
        l->pg = PQconnectdb(d->plan.dsn[i % d->plan.databases]);
        if (PQstatus(l->pg) != CONNECTION_OK)
            load_stop("connect", PQerrorMessage(l->pg));
        /* As the sessions of Quan: plans for tables that are not small any more. */
        PQclear(PQexec(l->pg, "SET plan_cache_mode = force_generic_plan"));
        PQclear(PQexec(l->pg, "SET enable_seqscan = off; SET enable_hashjoin = off; "
                              "SET enable_mergejoin = off"));
        PGresult *r = PQprepare(l->pg, "claim", sql, 0, NULL);
        if (PQresultStatus(r) != PGRES_COMMAND_OK)
            load_stop("prepare", PQerrorMessage(l->pg));
        PQclear(r);
    }
}

/* ---- the loop ---- */

/* Claims of one statement: keys, hashes, users and templates, an element or an array of each. */
typedef struct asked {
    char key[ARRAY_MAX], body[ARRAY_MAX], owner[ARRAY_MAX], template[ARRAY_MAX];
    size_t key_n, body_n, owner_n, template_n;
} asked;

static void put(char *into, size_t *n, const char *before, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
static void put(char *into, size_t *n, const char *before, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    *n += (size_t)snprintf(into + *n, ARRAY_MAX - *n, "%s", before);
    *n += (size_t)vsnprintf(into + *n, ARRAY_MAX - *n, format, arguments);
    va_end(arguments);
}

/* Users of a connection are those whose number leaves its number: so that nobody shares them. */
static void add_claim(const driver *d, line *l, const char *before, asked *a)
{
    const plan *p = &d->plan;
    uint64_t number = l->mine++ * p->connections + l->number;
    uint64_t user = load_scramble(number) % p->users;
    user -= user % p->connections;
    user += l->number;
    uint64_t template = load_scramble(number + 7) % p->templates;
    put(a->key, &a->key_n, before, "%s-%" PRIu64, p->run, number);
    put(a->body, &a->body_n, before, "%" PRId64, (int64_t)(load_scramble(user ^ template) >> 1));
    put(a->owner, &a->owner_n, before, "u%" PRIu64, user);
    put(a->template, &a->template_n, before, "%" PRIu64, template);
}

static void send_claims(load *of, void *at)
{
    static asked a;
    driver *d = (driver *)of;
    line *l = at;
    char limit[ITEM_MAX], part[ITEM_MAX], now[ITEM_MAX], valid[ITEM_MAX];
    a.key_n = a.body_n = a.owner_n = a.template_n = 0;
    for (uint64_t i = 0; i < d->plan.batch; i++)
        add_claim(d, l, !d->plan.many ? "" : i == 0 ? "{" : ",", &a);
    if (d->plan.many) {
        put(a.key, &a.key_n, "}", "%s", "");
        put(a.body, &a.body_n, "}", "%s", "");
        put(a.owner, &a.owner_n, "}", "%s", "");
        put(a.template, &a.template_n, "}", "%s", "");
    }
    (void)snprintf(limit, sizeof limit, "%" PRIu64, d->plan.limit);
    (void)snprintf(part, sizeof part, "%" PRIu64, l->number % PARTS);
    (void)snprintf(now, sizeof now, "%" PRId64, load_now_us(CLOCK_REALTIME) / 1000);
    (void)snprintf(valid, sizeof valid, "%" PRId64, VALID_DAYS * MS_DAY);
    const char *values[] = {a.key, a.body, a.owner, a.template, limit, part, now, valid};
    l->sent_us = load_now_us(CLOCK_MONOTONIC);
    if (PQsendQueryPrepared(l->pg, "claim", sizeof values / sizeof values[0], values, NULL, NULL,
                            0) != 1)
        load_stop("send", PQerrorMessage(l->pg));
}

static void count(driver *d, const char *said)
{
    d->limit_reached += strcmp(said, "limit_reached") == 0;
    d->sold_out += strcmp(said, "sold_out") == 0;
    d->mismatch += strcmp(said, "idempotency_mismatch") == 0;
}

static bool take_answer(load *of, void *at)
{
    driver *d = (driver *)of;
    const line *l = at;
    if (PQconsumeInput(l->pg) != 1)
        load_stop("read", PQerrorMessage(l->pg));
    if (PQisBusy(l->pg))
        return false;
    for (PGresult *r; (r = PQgetResult(l->pg)) != NULL; PQclear(r)) {
        if (PQresultStatus(r) != PGRES_TUPLES_OK || (uint64_t)PQntuples(r) != d->plan.batch)
            load_stop("claim", PQerrorMessage(l->pg));
        load_took(of, load_now_us(CLOCK_MONOTONIC) - l->sent_us, d->plan.batch);
        for (int i = 0; i < PQntuples(r); i++)
            count(d, PQgetvalue(r, i, PQnfields(r) - 1));
        d->statements++;
    }
    return true;
}

/* ---- arguments and report ---- */

static int64_t cpu_us(void)
{
    struct rusage use;
    (void)getrusage(RUSAGE_SELF, &use);
    return (use.ru_utime.tv_sec + use.ru_stime.tv_sec) * INT64_C(1000000) + use.ru_utime.tv_usec +
           use.ru_stime.tv_usec;
}

static void report(const driver *d, int64_t took_us, int64_t used_us)
{
    printf("{\"claims\":%" PRIu64 ",\"claims_per_s\":%" PRIu64 ",\"statements\":%" PRIu64
           ",\"p50_us\":%" PRIu64 ",\"p99_us\":%" PRIu64 ",\"cpu_us\":%" PRId64
           ",\"refused\":{\"limit_reached\":%" PRIu64 ",\"sold_out\":%" PRIu64
           ",\"idempotency_mismatch\":%" PRIu64 "}}\n",
           d->load.done, d->load.done * 1000000 / (uint64_t)took_us, d->statements,
           load_at(&d->load, 500), load_at(&d->load, 990), used_us, d->limit_reached, d->sold_out,
           d->mismatch);
}

static void take_number(plan *p, const char *name, const char *value)
{
    const struct {
        const char *name;
        uint64_t *into, most;
    } numbers[] = {
        {"--batch", &p->batch, BATCH_MAX},      {"--connections", &p->connections, CONNECTIONS_MAX},
        {"--seconds", &p->seconds, UINT32_MAX}, {"--users", &p->users, UINT32_MAX},
        {"--templates", &p->templates, PARTS},  {"--limit", &p->limit, INT32_MAX}};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        if (strcmp(name, numbers[i].name) != 0)
            continue;
        *numbers[i].into = load_number(name, value, numbers[i].most);
        return;
    }
    load_stop(name, "no such option");
}

static void parse(plan *p, int count, char **words)
{
    if (count % 2 != 1)
        load_stop("arguments", "each option has a value");
    for (int i = 1; i < count; i += 2) {
        if (strcmp(words[i], "--dsn") == 0 && p->databases < DATABASES_MAX)
            p->dsn[p->databases++] = words[i + 1];
        else if (strcmp(words[i], "--way") == 0)
            p->many = strcmp(words[i + 1], "many") == 0;
        else if (strcmp(words[i], "--script") == 0)
            p->script = words[i + 1];
        else if (strcmp(words[i], "--run") == 0)
            p->run = words[i + 1];
        else
            take_number(p, words[i], words[i + 1]);
    }
    p->batch = p->many ? p->batch : 1;
    if (p->databases == 0 || (p->many && p->script == NULL))
        load_stop("arguments", "--dsn, and --script for many");
    if (strlen(p->run) > ITEM_MAX / 2 || p->users < p->connections)
        load_stop("arguments", "a shorter --run, or more --users");
}

int main(int count, char **words)
{
    static driver d;
    char run[ITEM_MAX];
    (void)snprintf(run, sizeof run, "%" PRIx64, (uint64_t)load_now_us(CLOCK_REALTIME));
    d.load = (load){.send = send_claims, .take = take_answer};
    d.plan = (plan){.run = run,
                    .batch = 32,
                    .connections = 64,
                    .seconds = 10,
                    .users = 1000000,
                    .templates = 20,
                    .limit = 1000000};
    parse(&d.plan, count, words);
    d.plan.users -= d.plan.users % d.plan.connections;
    connect_all(&d);
    int64_t began = load_now_us(CLOCK_MONOTONIC), used = cpu_us();
    load_begin(&d.load);
    for (uint64_t i = 0; i < d.plan.connections; i++)
        load_watch(&d.load, PQsocket(d.lines[i].pg), &d.lines[i]);
    load_drive(&d.load, d.plan.seconds);
    report(&d, load_now_us(CLOCK_MONOTONIC) - began, cpu_us() - used);
    for (uint64_t i = 0; i < d.plan.connections; i++)
        PQfinish(d.lines[i].pg);
    return 0;
}

/* The peer's load: claims by redis/claim.lua on a Redis of this machine, from as many connections
 * as `quan bench` has, one request at a time on each (closed loop), with users and templates drawn
 * alike.
 *
 *   redis_claim --port N --script FILE [--connections 64] [--seconds 10] [--users 1000000]
 *               [--templates 20]
 *
 * Prints one line of JSON: claims, claims_per_s, p50_us, p99_us, refused. Exit 1 when anything was
 * refused or a connection broke. */
#include <hiredis/hiredis.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 4096, SCRIPT_MAX = 65536, EVENTS_MAX = 256, STEP_US = 10 };
enum { BUCKETS = 100000 }; /* of STEP_US; the last one is for all that is longer */

typedef struct plan {
    int port;
    const char *script;
    uint64_t connections, seconds, users, templates;
} plan;

typedef struct line {
    redisContext *redis;
    int64_t sent_us;
} line;

typedef struct driver {
    plan plan;
    char sha[64];
    line lines[CONNECTIONS_MAX];
    int epoll;
    uint64_t next, run, done, refused, busy;
    uint64_t latencies[BUCKETS];
} driver;

static int64_t now_us(clockid_t clock)
{
    struct timespec t;
    (void)clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void stop(const char *what, const char *why)
{
    (void)fprintf(stderr, "redis_claim: %s: %s\n", what, why);
    exit(1);
}

/* As `quan bench` draws them. */
static uint64_t scramble(uint64_t n)
{
    n ^= n >> 31;
    n *= UINT64_C(0x9e3779b97f4a7c15);
    return n ^ (n >> 29);
}

/* ---- set-up ---- */

static redisContext *dial(const plan *p)
{
    redisContext *redis = redisConnect("127.0.0.1", p->port);
    if (redis == NULL || redis->err != 0)
        stop("connect", redis == NULL ? "no memory" : redis->errstr);
    return redis;
}

static void prepare(driver *d)
{
    static char text[SCRIPT_MAX];
    FILE *f = fopen(d->plan.script, "re");
    if (f == NULL)
        stop(d->plan.script, "cannot be read");
    size_t n = fread(text, 1, sizeof text, f);
    (void)fclose(f);
    redisContext *redis = dial(&d->plan);
    redisReply *reply = redisCommand(redis, "SCRIPT LOAD %b", text, n);
    if (reply == NULL || reply->type != REDIS_REPLY_STRING || reply->len >= sizeof d->sha)
        stop("SCRIPT LOAD", reply == NULL ? redis->errstr : reply->str);
    memcpy(d->sha, reply->str, reply->len);
    freeReplyObject(reply);
    for (uint64_t i = 0; i < d->plan.templates; i++) {
        reply = redisCommand(redis, "SET s:t%" PRIu64 " 1000000000000", i);
        if (reply == NULL || reply->type == REDIS_REPLY_ERROR)
            stop("SET", reply == NULL ? redis->errstr : reply->str);
        freeReplyObject(reply);
    }
    redisFree(redis);
}

static void connect_all(driver *d)
{
    d->epoll = epoll_create1(EPOLL_CLOEXEC);
    for (uint64_t i = 0; i < d->plan.connections; i++) {
        line *l = &d->lines[i];
        l->redis = dial(&d->plan);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = l};
        if (epoll_ctl(d->epoll, EPOLL_CTL_ADD, l->redis->fd, &event) != 0)
            stop("epoll", "no room");
    }
}

/* ---- the loop ---- */

static void send_claim(driver *d, line *l)
{
    uint64_t number = d->next++;
    uint64_t user = scramble(number) % d->plan.users;
    uint64_t template = scramble(number + 7) % d->plan.templates;
    int flushed = 0;
    (void)redisAppendCommand(l->redis,
                             "EVALSHA %s 6 i:%" PRIx64 "-%" PRIu64 " s:t%" PRIu64 " n:u%" PRIu64
                             ":t%" PRIu64 " w:u%" PRIu64 " seq d:t%" PRIu64 " %" PRIx64
                             " 1000000 u%" PRIu64 " t%" PRIu64 " %" PRId64 " 2592000000",
                             d->sha, d->run, number, template, user, template, user, template,
                             scramble(user ^ template), user, template,
                             now_us(CLOCK_REALTIME) / 1000);
    l->sent_us = now_us(CLOCK_MONOTONIC);
    while (flushed == 0) {
        if (redisBufferWrite(l->redis, &flushed) != REDIS_OK)
            stop("write", l->redis->errstr);
    }
    d->busy++;
}

static void take_answer(driver *d, line *l)
{
    void *reply = NULL;
    if (redisBufferRead(l->redis) != REDIS_OK)
        stop("read", l->redis->errstr);
    if (redisGetReplyFromReader(l->redis, &reply) != REDIS_OK)
        stop("reply", l->redis->errstr);
    if (reply == NULL)
        return;
    const redisReply *r = reply;
    bool good = r->type == REDIS_REPLY_STRING && strncmp(r->str, "c:", 2) == 0;
    if (!good && d->refused++ == 0)
        (void)fprintf(stderr, "redis_claim: refused: %s\n", r->str == NULL ? "?" : r->str);
    freeReplyObject(reply);
    int64_t took = (now_us(CLOCK_MONOTONIC) - l->sent_us) / STEP_US;
    d->latencies[took < BUCKETS ? took : BUCKETS - 1]++;
    d->done++;
    d->busy--;
}

static void drive(driver *d)
{
    struct epoll_event events[EVENTS_MAX];
    int64_t end = now_us(CLOCK_MONOTONIC) + (int64_t)d->plan.seconds * 1000000;
    for (uint64_t i = 0; i < d->plan.connections; i++)
        send_claim(d, &d->lines[i]);
    while (d->busy > 0) {
        int n = epoll_wait(d->epoll, events, EVENTS_MAX, 1000);
        bool more = now_us(CLOCK_MONOTONIC) < end;
        for (int i = 0; i < n; i++) {
            uint64_t before = d->done;
            take_answer(d, events[i].data.ptr);
            if (more && d->done > before)
                send_claim(d, events[i].data.ptr);
        }
    }
}

/* The upper end of the step in which this many of 1,000 lie. */
static uint64_t latency_at(const driver *d, uint64_t per_mille)
{
    uint64_t sum = 0, bucket = 0;
    while (bucket < BUCKETS - 1 && (sum += d->latencies[bucket]) * 1000 < d->done * per_mille)
        bucket++;
    return (bucket + 1) * STEP_US;
}

static uint64_t number(const char *text, uint64_t most)
{
    char *end;
    uint64_t n = strtoull(text, &end, 10);
    if (*text == '\0' || *end != '\0' || n == 0 || n > most)
        stop(text, "is not a number in range");
    return n;
}

static void read_options(int count, char **arguments, plan *p)
{
    for (int i = 1; i + 1 < count; i += 2) {
        const char *name = arguments[i], *value = arguments[i + 1];
        if (strcmp(name, "--script") == 0)
            p->script = value;
        else if (strcmp(name, "--port") == 0)
            p->port = (int)number(value, 65535);
        else if (strcmp(name, "--connections") == 0)
            p->connections = number(value, CONNECTIONS_MAX);
        else if (strcmp(name, "--seconds") == 0)
            p->seconds = number(value, 86400);
        else if (strcmp(name, "--users") == 0)
            p->users = number(value, UINT32_MAX);
        else if (strcmp(name, "--templates") == 0)
            p->templates = number(value, 100000);
        else
            stop(name, "no such option");
    }
    if (p->port == 0 || p->script == NULL)
        stop("usage", "redis_claim --port N --script FILE [--connections N] [--seconds N] "
                      "[--users N] [--templates N]");
}

int main(int count, char **arguments)
{
    static driver d = {
        .plan = {.connections = 64, .seconds = 10, .users = 1000000, .templates = 20}};
    read_options(count, arguments, &d.plan);
    d.run = scramble((uint64_t)now_us(CLOCK_REALTIME));
    prepare(&d);
    connect_all(&d);
    int64_t began = now_us(CLOCK_MONOTONIC);
    drive(&d);
    uint64_t took = (uint64_t)(now_us(CLOCK_MONOTONIC) - began) + 1;
    printf("{\"claims\":%" PRIu64 ",\"claims_per_s\":%" PRIu64 ",\"p50_us\":%" PRIu64
           ",\"p99_us\":%" PRIu64 ",\"refused\":%" PRIu64 "}\n",
           d.done - d.refused, (d.done - d.refused) * 1000000 / took, latency_at(&d, 500),
           latency_at(&d, 990), d.refused);
    for (uint64_t i = 0; i < d.plan.connections; i++)
        redisFree(d.lines[i].redis);
    (void)close(d.epoll);
    return d.refused == 0 ? 0 : 1;
}

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
#include <stdio.h>
#include <string.h>

#include "bench/peers/load/load.h"

enum { CONNECTIONS_MAX = 4096 };

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
    load load; /* first */
    plan plan;
    char sha[64];
    line lines[CONNECTIONS_MAX];
    uint64_t next, run, refused;
} driver;

/* ---- set-up ---- */

static redisContext *dial(const plan *p)
{
    redisContext *redis = redisConnect("127.0.0.1", p->port);
    if (redis == NULL || redis->err != 0)
        load_stop("connect", redis == NULL ? "no memory" : redis->errstr);
    return redis;
}

static void prepare(driver *d)
{
    static char text[LOAD_SCRIPT_MAX];
    size_t n = load_script(d->plan.script, text);
    redisContext *redis = dial(&d->plan);
    redisReply *reply = redisCommand(redis, "SCRIPT LOAD %b", text, n);
    if (reply == NULL || reply->type != REDIS_REPLY_STRING || reply->len >= sizeof d->sha)
        load_stop("SCRIPT LOAD", reply == NULL ? redis->errstr : reply->str);
    memcpy(d->sha, reply->str, reply->len);
    freeReplyObject(reply);
    for (uint64_t i = 0; i < d->plan.templates; i++) {
        reply = redisCommand(redis, "SET s:t%" PRIu64 " 1000000000000", i);
        if (reply == NULL || reply->type == REDIS_REPLY_ERROR)
            load_stop("SET", reply == NULL ? redis->errstr : reply->str);
        freeReplyObject(reply);
    }
    redisFree(redis);
}

static void connect_all(driver *d)
{
    for (uint64_t i = 0; i < d->plan.connections; i++)
        d->lines[i].redis = dial(&d->plan);
}

/* ---- the loop ---- */

static void send_claim(load *of, void *at)
{
    driver *d = (driver *)of;
    line *l = at;
    uint64_t number = d->next++;
    uint64_t user = load_scramble(number) % d->plan.users;
    uint64_t template = load_scramble(number + 7) % d->plan.templates;
    int flushed = 0;
    (void)redisAppendCommand(l->redis,
                             "EVALSHA %s 6 i:%" PRIx64 "-%" PRIu64 " s:t%" PRIu64 " n:u%" PRIu64
                             ":t%" PRIu64 " w:u%" PRIu64 " seq d:t%" PRIu64 " %" PRIx64
                             " 1000000 u%" PRIu64 " t%" PRIu64 " %" PRId64 " 2592000000",
                             d->sha, d->run, number, template, user, template, user, template,
                             load_scramble(user ^ template), user, template,
                             load_now_us(CLOCK_REALTIME) / 1000);
    l->sent_us = load_now_us(CLOCK_MONOTONIC);
    while (flushed == 0) {
        if (redisBufferWrite(l->redis, &flushed) != REDIS_OK)
            load_stop("write", l->redis->errstr);
    }
}

static bool take_answer(load *of, void *at)
{
    driver *d = (driver *)of;
    line *l = at;
    void *reply = NULL;
    if (redisBufferRead(l->redis) != REDIS_OK)
        load_stop("read", l->redis->errstr);
    if (redisGetReplyFromReader(l->redis, &reply) != REDIS_OK)
        load_stop("reply", l->redis->errstr);
    if (reply == NULL)
        return false;
    const redisReply *r = reply;
    bool good = r->type == REDIS_REPLY_STRING && strncmp(r->str, "c:", 2) == 0;
    if (!good && d->refused++ == 0)
        (void)fprintf(stderr, "redis_claim: refused: %s\n", r->str == NULL ? "?" : r->str);
    freeReplyObject(reply);
    load_took(of, load_now_us(CLOCK_MONOTONIC) - l->sent_us, 1);
    return true;
}

static void read_options(int count, char **arguments, plan *p)
{
    for (int i = 1; i + 1 < count; i += 2) {
        const char *name = arguments[i], *value = arguments[i + 1];
        if (strcmp(name, "--script") == 0)
            p->script = value;
        else if (strcmp(name, "--port") == 0)
            p->port = (int)load_number(name, value, 65535);
        else if (strcmp(name, "--connections") == 0)
            p->connections = load_number(name, value, CONNECTIONS_MAX);
        else if (strcmp(name, "--seconds") == 0)
            p->seconds = load_number(name, value, 86400);
        else if (strcmp(name, "--users") == 0)
            p->users = load_number(name, value, UINT32_MAX);
        else if (strcmp(name, "--templates") == 0)
            p->templates = load_number(name, value, 100000);
        else
            load_stop(name, "no such option");
    }
    if (p->port == 0 || p->script == NULL)
        load_stop("usage", "redis_claim --port N --script FILE [--connections N] [--seconds N] "
                           "[--users N] [--templates N]");
}

int main(int count, char **arguments)
{
    static driver d = {
        .load = {.send = send_claim, .take = take_answer},
        .plan = {.connections = 64, .seconds = 10, .users = 1000000, .templates = 20}};
    read_options(count, arguments, &d.plan);
    d.run = load_scramble((uint64_t)load_now_us(CLOCK_REALTIME));
    prepare(&d);
    connect_all(&d);
    int64_t began = load_now_us(CLOCK_MONOTONIC);
    load_begin(&d.load);
    for (uint64_t i = 0; i < d.plan.connections; i++)
        load_watch(&d.load, d.lines[i].redis->fd, &d.lines[i]);
    load_drive(&d.load, d.plan.seconds);
    uint64_t took = (uint64_t)(load_now_us(CLOCK_MONOTONIC) - began) + 1;
    printf("{\"claims\":%" PRIu64 ",\"claims_per_s\":%" PRIu64 ",\"p50_us\":%" PRIu64
           ",\"p99_us\":%" PRIu64 ",\"refused\":%" PRIu64 "}\n",
           d.load.done - d.refused, (d.load.done - d.refused) * 1000000 / took,
           load_at(&d.load, 500), load_at(&d.load, 990), d.refused);
    for (uint64_t i = 0; i < d.plan.connections; i++)
        redisFree(d.lines[i].redis);
    return d.refused == 0 ? 0 : 1;
}

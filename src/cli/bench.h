/* `quan bench`: load over HTTP on keep-alive connections. Private to bench*.c.
 *
 * Closed loop: every connection sends its next request when the answer is there. Open loop
 * (--rate): requests are due at fixed moments whatever the server does, and latency counts from
 * when a request was due, so waiting is not hidden.
 *
 * Of several servers each connection has one, in turn. When that goes away it takes the next one
 * that is there, and asks again there what was not answered, with the same Idempotency-Key: as a
 * client without a proxy does it. */
#ifndef QUAN_CLI_BENCH_H
#define QUAN_CLI_BENCH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"
#include "cli/latency.h"

enum {
    BENCH_CONNECTIONS_MAX = 4096,
    BENCH_THREADS_MAX = 16,
    BENCH_SERVERS_MAX = 8,
    BENCH_MOVES_MAX = 100, /* of one connection to another server */
    BENCH_TEMPLATES_MAX = 256,
    BENCH_BATCH_MAX = 1000,
    BENCH_REQUEST_MAX = 4 * 1024 * 1024,
    BENCH_ANSWER_MAX = 16 * 1024 * 1024,
};

typedef enum bench_kind {
    BENCH_CLAIM,
    BENCH_QUERY,
    BENCH_REDEEM,
    BENCH_COUPON,
    BENCH_KINDS
} bench_kind;
/* What a run does: one kind, or the mix query : send : verify of one each. */
typedef enum bench_work { WORK_CLAIM, WORK_BATCH, WORK_WALLET, WORK_COUPON, WORK_MIX } bench_work;

typedef struct bench_plan {
    uint16_t ports[BENCH_SERVERS_MAX];
    size_t server_count;
    str key; /* the API key's secret */
    bench_work work;
    str templates[BENCH_TEMPLATES_MAX];
    size_t template_count;
    str prefix;     /* of users' names; at most 20 bytes */
    uint64_t users; /* claims and queries are for u0 … u<users - 1>, by a fixed scramble */
    bool distinct;  /* each request is for the next user instead: 0, 1, 2 … */
    uint32_t batch; /* claims in one request of WORK_BATCH */
    str currency;   /* of the carts of WORK_MIX */
    str run;        /* makes keys and orders of this run different from any other's */
    uint32_t connections, threads;
    uint64_t requests; /* stop after so many; 0: by time */
    int64_t seconds;
    uint64_t rate;      /* open loop: requests a second; 0: closed loop */
    atomic_ullong next; /* number of the next request */
    atomic_bool ends;   /* no further request */
} bench_plan;

typedef struct bench_count {
    latency latencies[BENCH_KINDS];
    uint64_t done, claims;  /* claims: coupons that were issued */
    uint64_t refused[600];  /* by status */
    uint64_t moved, broken; /* connections: to another server; for good */
    uint64_t bytes_out, bytes_in;
} bench_count;

/* How far a thread is, for another one that asks: it adds one to `asked`, and `count` is its own
 * when `given` is as much. */
typedef struct bench_watch {
    atomic_uint asked, given;
    bench_count count;
} bench_watch;

/* ---- bench_work.c ---- */
/* What a connection knows from its last claim, for redeeming it. */
typedef struct bench_memory {
    char coupon[32];
    uint64_t user;
    bool has;
    uint32_t turn;
} bench_memory;
bench_kind bench_make(const bench_plan *p, bench_memory *m, uint64_t number, buf *out);
void bench_learn(const bench_plan *p, bench_memory *m, bench_kind kind, str body,
                 bench_count *count);

/* ---- bench_wire.c ---- */
/* Drives this thread's share of the connections until the end; false with *why when it cannot
 * connect. watch: NULL, nobody asks. */
bool bench_drive(bench_plan *p, uint32_t thread, bench_count *count, bench_watch *watch, buf *why);

/* ---- bench_report.c ---- */
void bench_add(bench_count *into, const bench_count *from);
/* What was counted in took_us: the whole of a run, and a line of a part of it. */
void bench_write_json(const bench_count *c, uint64_t took_us, buf *out);
void bench_write_text(const bench_count *c, uint64_t took_us, buf *out);
/* before: what had been counted took_us ago. */
void bench_write_line(const bench_count *c, const bench_count *before, uint64_t took_us, buf *out);

#endif

/* `quan bench`: load over HTTP on keep-alive connections. Private to bench*.c.
 *
 * Closed loop: every connection sends its next request when the answer is there. Open loop
 * (--rate): requests are due at fixed moments whatever the server does, and latency counts from
 * when a request was due, so waiting is not hidden. */
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
    uint16_t port;
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
} bench_plan;

typedef struct bench_count {
    latency latencies[BENCH_KINDS];
    uint64_t done, claims, refused[600],
        broken; /* claims: coupons that were issued; refused by status */
    uint64_t bytes_out, bytes_in;
} bench_count;

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
 * connect. */
bool bench_drive(bench_plan *p, uint32_t thread, bench_count *count, buf *why);

#endif

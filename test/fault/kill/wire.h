/* Keep-alive connections to servers that may die at any moment, on one thread and one epoll: one
 * request at a time on each, the next one as soon as the answer is there. */
#ifndef QUAN_TEST_KILL_WIRE_H
#define QUAN_TEST_KILL_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum { WIRE_CONNECTIONS_MAX = 256, WIRE_PATIENCE_MS = 30000 };

typedef struct wire wire;

typedef struct wire_job {
    void *context;
    /* The next request, and a tag to know it by; false: none now. Asked again after each answer. */
    bool (*next)(void *context, uint64_t *tag, buf *out);
    /* status 0: the connection broke before a whole answer was there. */
    void (*done)(void *context, uint64_t tag, int status, str body);
    /* Called once when the monotonic clock is there (0: never); nothing is sent after until_ms, or
     * from then on. */
    int64_t strike_at_ms, until_ms;
    void (*strike)(void *context);
} wire_job;

/* To n servers in turn. NULL: it cannot connect. */
wire *wire_open(const uint16_t *ports, size_t n, uint32_t connections);
void wire_close(wire *w);
/* Until nothing more is to be sent and nothing is on its way, or all connections broke. False: an
 * answer did not come for WIRE_PATIENCE_MS. */
bool wire_run(wire *w, const wire_job *job);

#endif

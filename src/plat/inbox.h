/* What other threads hand to the thread of an event loop: a queue without a lock, and an eventfd
 * that the loop polls. Nodes are the caller's, and belong to the loop once they are put.
 *
 * An eventfd and not uv_async_t: that spins in the loop (997 pauses, then sched_yield) while its
 * sender is preempted between marking and waking, on two processors at a tenth of the wakes. */
#ifndef QUAN_PLAT_INBOX_H
#define QUAN_PLAT_INBOX_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/check.h"

typedef struct inbox_node {
    struct inbox_node *next;
} inbox_node;

typedef struct inbox {
    int fd; /* readable when something is there, or inbox_wake was called */
    _Alignas(64) _Atomic(inbox_node *) newest;
    atomic_uint senders; /* threads between queueing and waking */
} inbox;

/* 0, or an errno: no descriptor is left. */
MUST_USE int inbox_open(inbox *b);
void inbox_close(inbox *b); /* nobody puts or wakes any more */

/* ---- any thread ---- */
void inbox_put(inbox *b, inbox_node *n);
void inbox_wake(inbox *b);

/* ---- the loop's ---- */
/* All that is there, the oldest first. What is put from now on makes fd readable anew. */
inbox_node *inbox_take(inbox *b);
/* Waits for the threads inside inbox_put; none may enter it anew. */
void inbox_settle(inbox *b);

#endif

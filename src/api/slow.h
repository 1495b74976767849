/* Threads for what would keep a loop from its other requests: bodies and answers of megabytes, and
 * answers that read much. */
#ifndef QUAN_API_SLOW_H
#define QUAN_API_SLOW_H

#include "api/call.h"

enum {
    SLOW_THREADS = 2,    /* one long answer does not hold up all others */
    SLOW_QUEUE_MAX = 64, /* calls waiting; beyond it they are refused with BUSY */
    /* What a loop does itself: about 10 ms of the worst body there is, 1 ms of a usual one. */
    SLOW_BODY_MIN = 64 * 1024,
    SLOW_ITEMS_MIN = 2000, /* of the scopes that are checked or shown */
};

slow *slow_new(void);
void slow_free(slow *s); /* nothing waits any more; NULL is allowed */

/* Runs `run`, which must end the call, on one of the threads. */
void slow_run(api_call *c, void (*run)(api_call *c));
/* The same where it is heavy, else here. */
void slow_if(bool heavy, api_call *c, void (*run)(api_call *c));
/* The same for the answer of an act that is done: here, too, when too many wait. */
void slow_answer(bool heavy, api_call *c, void (*run)(api_call *c));

#endif

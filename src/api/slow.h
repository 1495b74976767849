/* A thread for answers that read so much that they would keep a loop from its other requests. */
#ifndef QUAN_API_SLOW_H
#define QUAN_API_SLOW_H

#include "api/call.h"

enum { SLOW_QUEUE_MAX = 64 }; /* calls waiting; beyond it they are refused with BUSY */

slow *slow_new(void);
void slow_free(slow *s); /* nothing waits any more; NULL is allowed */

/* Runs `run`, which must end the call, on the thread. */
void slow_run(api_call *c, void (*run)(api_call *c));

#endif

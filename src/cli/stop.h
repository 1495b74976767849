/* What ends a server: SIGTERM, SIGINT, or a store that failed. Signals belong to the process, so
 * there is one of this.
 *
 * stop_install comes before any thread is started (they inherit the blocked signals); stop_wait and
 * stop_arm are the main thread's; stop_store_failed may come from any thread, any number of times.
 */
#ifndef QUAN_CLI_STOP_H
#define QUAN_CLI_STOP_H

#include <stdint.h>

#include "base/result.h"

typedef struct stop_reason {
    int signal;    /* 0: the store failed */
    result failed; /* R_DONE unless the store failed, also when a signal came first */
} stop_reason;

void stop_install(void); /* and a crash tells the quarantine which act it was in */
void stop_store_failed(void *context, result why); /* app_options.failed; context is not used */
stop_reason stop_wait(void);
stop_reason stop_now(void); /* what is known at this moment */
/* From now on a second signal, or that many ms, end the process at once with CLI_FAILED (with
 * CLI_STORE_FAILED after a failed store). */
void stop_arm(int64_t deadline_ms);

#endif

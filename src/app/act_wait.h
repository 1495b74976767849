/* An act, and waiting for its answer: for threads that may block (commands, jobs, tests). */
#ifndef QUAN_APP_ACT_WAIT_H
#define QUAN_APP_ACT_WAIT_H

#include "app/act.h"

/* Fills in done and context of the call and submits it; steps the store where it has no threads.
 * What act_submit refuses, or the code of the call. */
MUST_USE result act_wait(act_call *call);

#endif

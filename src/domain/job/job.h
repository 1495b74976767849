/* Jobs: long work that is asked for, done by a thread of the server, and looked at meanwhile.
 *
 * A job is a row in the slot of its owner's id (slot 0 for the operator of the server). State:
 *   waiting -> running -> done | failed | cancelled;  waiting -> cancelled | failed
 * It never leaves done, failed or cancelled. Whoever runs it learns that it is cancelled when it
 * next writes how far it is, and stops. */
#ifndef QUAN_DOMAIN_JOB_JOB_H
#define QUAN_DOMAIN_JOB_JOB_H

#include "base/result.h"
#include "domain/uow.h"

enum { JOB_TEXT_MAX = 4096 }; /* bytes of error, input and outcome each */

/* id 0: a new job, which waits; of the input kind and input are read. Else its state, figures,
 * error and outcome become those given; cancelled, its state alone, and again: done. Refusals:
 * INVALID (kind or state unknown, a text too long), NOT_FOUND, STATE_CHANGE_NOT_ALLOWED. */
result job_put_decide(uow *u, const void *in, void *out);

#endif

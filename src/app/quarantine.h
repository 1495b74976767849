/* Which act crashed the process, and that it does not do so for ever.
 *
 * While an act runs on a lane, its name stands in a file beside the store (in-hand, of the data
 * directory, or of what the setting `state` names where the store is in PostgreSQL: a cell a lane,
 * written by plain stores to shared memory, so it costs no system call and no sync; it
 * outlives the process, not a power cut). Opening counts a crash (domain/quarantine/quarantine.h)
 * for what an earlier process left there: for the act of the thread that got the fatal signal, and
 * where no signal was seen (SIGKILL, the end of memory) for all that were running. Acts of clients
 * are known again by their idempotency key, messages by lane and sequence, the server's own by what
 * they work on.
 *
 * Not seen: a crash outside of acts, such as on a loop thread or while a batch is committed. */
#ifndef QUAN_APP_QUARANTINE_H
#define QUAN_APP_QUARANTINE_H

#include "app/app.h"
#include "domain/quarantine/quarantine.h"

/* For a handler of SIGSEGV, SIGABRT and their like: async-signal-safe, on the thread that got it.
 */
void quarantine_signal(int number);

/* How many acts and messages are held. */
uint64_t quarantine_count(app *a);

/* Ends one by its id: what it held may run again (a message is sent again, behind all others of its
 * lane), or, with drop, is lost if it is a message. R_NOT_FOUND. Waits: not on a lane or loop
 * thread. */
MUST_USE result quarantine_end(app *a, uint64_t id, bool drop);

#endif

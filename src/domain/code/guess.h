/* Failed tries of codes, by who makes them: a user, a network address, a merchant's callers.
 *
 * A code that is unknown, used, expired, disabled or another merchant's is a failed try. Each is
 * forgotten after a while, one in each_ms (a leaky bucket, as GCRA of ITU-T I.371 keeps it: only
 * when it will be empty). Who has `most` of them is locked out for lock_ms; the next time for twice
 * as long, up to lock_max_ms, until it has been calm_ms since the last lock. So over a long time
 * nobody fails oftener than once in each_ms.
 *
 * A try that is under way counts as a failed one until it has ended (app/guess.h), so that no
 * number of them at once gets past the bound. Only failed ones are written.
 *
 * A row lives in the slot of its hash, until the sweep finds that it says nothing any more. It has
 * one due entry at due_at_ms; entries of a row before it may be there, too, and mean nothing.
 *
 * Events name the row, not whom it is of: whoever reads one while there is that row is told, and
 * nobody later, or once he is erased. */
#ifndef QUAN_DOMAIN_CODE_GUESS_H
#define QUAN_DOMAIN_CODE_GUESS_H

#include "base/result.h"
#include "base/time.h"
#include "domain/table.gen.h"
#include "domain/uow.h"

typedef struct guess_bounds {
    int64_t most, each_ms; /* > 0 */
    int64_t lock_ms, lock_max_ms;
    int64_t calm_ms;
} guess_bounds;

/* How long until so many tries more are let in, beside those under way: 0: now. row: NULL: there is
 * none. More than `most` at once are let in when `most` would be: they need a guesser without a
 * failed try, and those that fail are forgotten one by one like others. */
typedef struct guess_tries {
    int64_t wanted, under_way;
} guess_tries;
int64_t guess_wait_ms(const code_guesses *row, const guess_bounds *b, guess_tries t,
                      int64_t now_ms);
/* Counts n failed tries. True: they have locked it out. */
bool guess_count(code_guesses *row, const guess_bounds *b, int64_t n, int64_t now_ms);

/* ADD counts; tells an event when a lock is longer than the one before it in its series, so that
 * the feed gets few of somebody who goes on. LIFT forgets; tells one when that ends a lock.
 * NOT_FOUND: there is nothing to forget. */
result code_guesses_add_decide(uow *u, const void *in, void *out);
result code_guesses_lift_decide(uow *u, const void *in, void *out);
/* For the sweep, when an entry of this row is due. */
void guess_sweep(uow *u, code_guesses *row);

#endif

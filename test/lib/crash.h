/* A shop whose process is killed: the frame of tests that kill it between any two commits of what
 * crosses slots, messages and all, and go on with what is left. One shop at a time.
 *
 * On RocksDB the next process opens what the killed one has left. On two shards of PostgreSQL it is
 * another server of the same store, and the first is killed only as far as anybody can see: in the
 * end it goes on, with all that it had begun, and must do no harm. */
#ifndef QUAN_TEST_CRASH_H
#define QUAN_TEST_CRASH_H

#include "test/lib/domain_fixture.h"

/* The program's argument, "rocks" (without one) or "pg". False: it is neither. */
bool crash_on(int count, char **arguments);
/* Another server may have begun what is looked at: nobody knows that no act of it will come, so a
 * try is let go by its deadline only. */
bool crash_is_pg(void);

fix *crash_open(void);
/* So many steps, each a batch of one lane, the lanes in turn; false: all has come to rest. */
bool crash_steps(fix *f, int steps);
void crash_now(fix *f);   /* once. Acts on their way still end, elsewhere */
void crash_close(fix *f); /* CHECKs what verify finds, also when the first server has gone on */

/* Is killed behind so many steps; what crash_steps says. */
typedef bool crash_course(int steps, void *context);
/* Behind no step, one, two … until all comes to rest. On PostgreSQL, but for nightly runs, only
 * some of them, by a seed that is printed (CRASH_SEED sets it): false. */
bool crash_each(crash_course *course, void *context);

#endif

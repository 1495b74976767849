/* For the tests of base only: seeded pseudo-random numbers and "this call aborts".
 *
 * The same seed gives the same run everywhere. Not for statistics and not for secrets. */
#ifndef QUAN_BASE_TEST_HELP_H
#define QUAN_BASE_TEST_HELP_H

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/str.h"

/* xorshift64* (Vigna 2016); the state is never 0. */
static inline uint64_t next_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(2685821657736338717);
}

static inline uint64_t random_below(uint64_t *state, uint64_t limit)
{
    return next_random(state) % limit;
}

/* A number of every size alike: a random count of random bits. */
static inline uint64_t random_sized(uint64_t *state)
{
    return next_random(state) >> random_below(state, 64);
}

/* Does act, run in a process of its own, end with SIGABRT? */
static inline bool aborts(void (*act)(void))
{
    pid_t child = fork();
    if (child == 0) {
        int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
        if (null >= 0)
            dup2(null, STDERR_FILENO);
        act();
        _exit(0);
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child)
        return false;
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

#define assert_str(actual, expected) assert_true(str_eq((actual), (expected)))

#endif

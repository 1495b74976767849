/* The end of a process that found itself wrong: one line on stderr, then SIGABRT.
 *
 * Allocates nothing of its own and takes no lock but stderr's: it may run in any state. */
#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void check_failed(const char *expression, const char *file, int line,
                            const char *function)
{
    fprintf(stderr, "%s:%d: %s: check failed: %s\n", file, line, function, expression);
    fflush(stderr);
    abort();
}

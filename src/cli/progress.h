/* A progress bar on stderr for long work: drawn over itself on a terminal, a line every few seconds
 * where --progress asks for it elsewhere, nothing otherwise. One thread at a time. */
#ifndef QUAN_CLI_PROGRESS_H
#define QUAN_CLI_PROGRESS_H

#include "cli/cli.h"

typedef struct progress {
    const char *what; /* "verify: coupons" */
    uint64_t done, total;
    int64_t began_ms, drawn_ms;
    bool shown, terminal;
} progress;

/* total 0: not known. what is a constant. */
void progress_begin(progress *p, const cli_context *c, const char *what, uint64_t total);
void progress_at(progress *p, uint64_t done); /* cheap: draws only now and then */
void progress_end(progress *p);               /* draws the last state and ends the line */

#endif

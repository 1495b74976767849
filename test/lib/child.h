/* `quan serve` and other commands as child processes of a cmocka test, in a folder of their own.
 * What cannot be done fails the test. */
#ifndef QUAN_TEST_CHILD_H
#define QUAN_TEST_CHILD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <cmocka.h>

#include "test/fault/shim/shim.h"

enum { CHILD_PATH = 512, CHILD_FLAGS_MAX = 16 };

typedef struct child {
    char root[64], data[CHILD_PATH], ready[CHILD_PATH], said[CHILD_PATH], log[CHILD_PATH];
    const char *flags[CHILD_FLAGS_MAX]; /* further ones of serve */
    size_t flag_n;
    fault_control *fault; /* NULL: none */
    pid_t pid;
    uint16_t port;
} child;

const char *child_in_build(const char *name); /* the path of a program; until the next call */
int child_make(void **state);                 /* setup: *state is the child */
int child_remove(void **state);               /* teardown: ends it, removes the folder */

void child_launch(child *c, const char *const *arguments); /* `quan` with these; NULL-ended */
void child_launch_server(child *c);
void child_serve(child *c); /* and waits until it is ready */
int child_ended(child *c);  /* its exit status; -1 when a signal ended it, or it did not end */
void child_pause_ms(int64_t ms);
size_t child_read_text(const char *path, char *out, size_t room); /* of a file; 0: none */

int child_reach(const child *c); /* a connection; -1 when nobody listens */
void child_send(int fd, const char *text);
/* All until the server closes, or has been silent for longer than load explains. */
void child_read_answer(int fd, char *out, size_t room);
int child_status(const child *c, const char *path);      /* of a GET; 0: no answer */
uint64_t child_metric(const child *c, const char *name); /* a metric without labels, now */

#endif

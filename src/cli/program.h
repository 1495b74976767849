/* Other programs as children of a command, as an unprivileged user where it is run by root. They
 * never outlive it: when this process is gone, however it ended, the kernel sends each of them the
 * signal `last`.
 *
 * For a process with one thread, for that notice is of the thread that started them. Each is the
 * leader of a session, so that a Ctrl-C on the terminal is the command's alone, and has no open
 * file but /dev/null and its output. */
#ifndef QUAN_CLI_PROGRAM_H
#define QUAN_CLI_PROGRAM_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/check.h"

enum { PROGRAM_NOT_RUN = 127 }; /* its status where it could not be started; the output says why */

typedef struct program_user {
    bool changes; /* false: who runs this process; the others say nothing then */
    uid_t uid;
    gid_t gid;
} program_user;

typedef struct program {
    const char *const *arguments;   /* the path of the file first; NULL-ended */
    const char *const *environment; /* NULL: that of this process */
    program_user user;
    const char *directory; /* where it works */
    const char *output;    /* a file: what it says is added there */
    int last;
} program;

/* What a command waits for. */
typedef enum program_event {
    PROGRAM_TIME,  /* the time is over */
    PROGRAM_ENDED, /* a child, or a child of one that has ended itself */
    PROGRAM_STOP,  /* SIGINT, SIGTERM or SIGHUP, or stdin was closed by a process that has ended */
    PROGRAM_INPUT, /* something can be read from stdin, or its end */
} program_event;

typedef struct programs {
    int signals;
    int input;    /* stdin; -1: not looked at any more */
    bool reads;   /* PROGRAM_INPUT is wanted */
    bool stopped; /* PROGRAM_STOP has come */
} programs;

/* From now on signals come as events. input: stdin is looked at. */
void programs_begin(programs *all, bool input);
/* -1: errno says why. */
MUST_USE pid_t program_start(const program *p);
/* Can the user come to the directory, or run the file? */
bool program_reaches(program_user user, const char *path);
/* The next event within ms. *pid and *status (as of waitpid) are set for PROGRAM_ENDED. */
program_event programs_next(programs *all, int64_t ms, pid_t *pid, int *status);
size_t programs_count(void); /* children that live, or have not been heard of yet */
/* Waits until there is no child any more; those that are left after the first half of ms get
 * SIGKILL. False: some are left. */
MUST_USE bool programs_end(programs *all, int64_t ms);

#endif

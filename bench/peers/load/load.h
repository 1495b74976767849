/* What the drivers of the peers share: a closed loop over many connections, one request at a time
 * on each, that draws users and templates as `quan bench` does and measures as it does. One thread.
 * Nothing here returns an error: what goes wrong ends the program (load_stop). */
#ifndef QUAN_BENCH_PEERS_LOAD_H
#define QUAN_BENCH_PEERS_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

enum {
    LOAD_SCRIPT_MAX = 65536,
    LOAD_STEP_US = 10,
    LOAD_STEPS = 200000, /* the last one is for all that is longer */
};

/* First in what a driver keeps; zeros are a good start. A line is a connection of the driver's. */
typedef struct load load;
struct load {
    void (*send)(load *l, void *line); /* the next request */
    /* Something has come. False: not the whole answer yet. */
    bool (*take)(load *l, void *line);
    int epoll;
    uint64_t busy;              /* lines whose answer has not come */
    uint64_t taken[LOAD_STEPS]; /* claims, by how long theirs took */
    uint64_t done;
};

/* Says on stderr whose what it was, and why; exit 1. */
_Noreturn void load_stop(const char *what, const char *why);
int64_t load_now_us(clockid_t clock);
uint64_t load_scramble(uint64_t n); /* as `quan bench` draws users and templates */
/* A number from 1 to most. */
uint64_t load_number(const char *name, const char *text, uint64_t most);
/* The text of a file, NUL behind it; how long it is. */
size_t load_script(const char *path, char text[LOAD_SCRIPT_MAX]);

void load_begin(load *l);
void load_watch(load *l, int fd, void *line); /* and sends its first request */
/* Each answer is followed by the next request until the time is over; then the rest comes. */
void load_drive(load *l, uint64_t seconds);
/* So many claims were answered so long after they were sent. */
void load_took(load *l, int64_t us, uint64_t claims);
/* The upper end of the step in which this many of 1,000 claims lie, in microseconds. */
uint64_t load_at(const load *l, uint64_t per_mille);

#endif

/* A lane: the single-threaded executor of some slots. It turns what waits into batches: decide each
 * request on one unit of work, commit once, answer. And the store around it: internal to src/store.
 *
 * One thread runs a lane at a time: its own, or in stepped mode the one that steps. */
#ifndef QUAN_STORE_LANE_H
#define QUAN_STORE_LANE_H

#include <pthread.h>
#include <stdatomic.h>

#include "port/store.h"
#include "store/engine.h"
#include "store/queue.h"
#include "store/unit.h"

/* Of what is on the disk: raised when a program could misread what another one wrote. */
enum { STORE_FORMAT = 2 };

enum {
    LANE_AGAIN_MAX = 64,   /* loads that one request may ask for, one after another */
    LANE_ABORTS_HALVE = 3, /* lost races after which the batch is halved, each time */
    LANE_ABORTS_MAX = 40,  /* … and after which it is refused */
    LANE_PARK_MS = 2000,
    LANE_EVENTS_MAX = 20000, /* … a batch ends behind the act that passes them */
    LANE_MEMORY_BATCH = 64 * 1024 * 1024,
    LANE_MEMORY_MAX = 2047 * 1024 * 1024,
};

typedef struct lane {
    store *store;
    uint16_t number;
    pthread_t thread;
    queue queue;
    /* the lane's thread only */
    arena *memory;
    request *batch[STORE_BATCH_MAX];
    bool complete[STORE_BATCH_MAX]; /* probed, and nothing was missing */
    uow unit;
    int64_t time_last;
    uint64_t id_last;
    /* Of several servers: the epoch of the head that the configuration here covers, or that this
     * lane has written itself, and config_epoch of the configuration that it was written with. */
    uint64_t epoch, config_epoch;
    bool covered; /* epoch is known */
    size_t rows_hint;
    uint64_t ticket; /* of the last parking */
    uint64_t random; /* adversarial; 0: off */
    _Atomic uint64_t batches, requests, aborts;
} lane;

typedef enum store_phase { STORE_SERVING, STORE_DRAINING, STORE_CLOSED } store_phase;

struct store {
    engine *engine;
    store_hooks hooks;
    bool threads, read_only, several;
    slot_map map;
    _Atomic int phase;
    _Atomic bool latched;    /* a commit's fate is unknown: nothing is acknowledged any more */
    _Atomic uint64_t inside; /* requests accepted whose done has not returned */
    pthread_mutex_t drain_lock;
    pthread_cond_t drained;
    lane lanes[];
};

void lane_init(lane *l, store *s, uint16_t number);
void lane_free(lane *l);
size_t lane_step(lane *l); /* one batch; how many requests ended or were parked */
void *lane_main(void *l);

int64_t store_tick_ms(void *s);   /* monotonic; in stepped mode the clock hook */
int64_t store_clock_ms(store *s); /* wall clock */
void store_latch(store *s, result why);
void store_ended(store *s, size_t n); /* done has returned n times */
/* shards.c: makes the store, or reads what it was made with: s->map. R_DONE, R_CORRUPT, R_IO,
 * R_STORAGE_FULL. */
MUST_USE result shards_open(store *s, const store_options *options, buf *why);

#endif

/* The store as the layers above see it: lanes that run requests, snapshots for reading, and the
 * few hooks they need back.
 *
 * A request is submitted with the slot (or lane) whose rows it changes. The lane's thread takes
 * what waits as one batch, runs each request's `run` on one unit of work, commits once,
 * durably, and then calls `done` of each. `run` may be called any number of times before that
 * (rows not here yet, a batch that was split, parked or aborted): it must not change anything
 * but the unit of work and its own request.
 *
 * Threads: submit, wake and read_* from any thread; run, done and the hooks on a lane's thread
 * (in stepped mode: the thread that calls store_step). A store opened with threads = false runs
 * nothing by itself: tests step it. */
#ifndef QUAN_PORT_STORE_H
#define QUAN_PORT_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/result.h"
#include "base/slot_map.h"
#include "domain/table.gen.h"
#include "domain/uow.h"

enum {
    STORE_LANES_MAX = SLOT_LANES_MAX,
    STORE_SHARDS_MAX = 16,
    STORE_FORMATS_MAX = 32,
    /* Requests waiting in one lane, of all classes together: beyond it no USE is taken in, beyond
     * 7/8 of it no ISSUE, beyond 3/4 no OTHER. */
    STORE_QUEUE_MAX = 4096,
    STORE_BATCH_MAX = 512,       /* requests decided in one commit */
    STORE_PARKED_MAX = 4096,     /* requests of one lane that wait for slices */
    STORE_DRY_MAX = UOW_DRY_MAX, /* pools that one request can be told are dry */
    STORE_REPLICA_LAG_MS = 1000, /* beyond which a replica is left out */
};

/* An idempotency record older than this, in its lane's act time, reads as absent: engines may drop
 * it. */
#define STORE_ANSWER_KEEP_MS (INT64_C(72) * 3600 * 1000)

typedef struct store store;
typedef struct request request;

/* Who goes first when a lane is loaded. Internal ones (messages between lanes) are never refused
 * with R_BUSY. */
typedef enum request_class {
    CLASS_INTERNAL,
    CLASS_USE,
    CLASS_ISSUE,
    CLASS_OTHER,
    CLASS_COUNT
} request_class;

struct request {
    /* ---- set by the caller ---- */
    /* R_DONE: its writes are committed with the batch. R_AGAIN, R_WAIT: as uow.h tells. Anything
     * else is an answer: its writes are rolled back. */
    result (*run)(uow *u, request *r);
    /* After the commit is durable, or when it never will be: outcome tells. */
    void (*done)(request *r);
    uint16_t slot; /* the home slot … */
    uint16_t lane; /* … or, when to_lane, the lane itself */
    bool to_lane;
    request_class class;
    /* Monotonic (in stepped mode the clock hook's time): a parked request is refused with
     * R_UNAVAILABLE after this; 0: 2 s. */
    int64_t give_up_ms;

    /* ---- set by the store ---- */
    /* What run answered, or why the batch did not commit: R_UNKNOWN, R_STORAGE_FULL … */
    result outcome;
    str detail;  /* what uow_refuse said; in the store's memory, valid until done returns */
    issue wrong; /* what uow_refuse_field said, likewise; without a field: nothing */
    int64_t act_time_ms;
    uint64_t revision; /* of the lane's head, as the batch has left it */
    /* For what it was parked last; tickets ascend per lane, one a parking. */
    pool_name waits_for;
    int64_t waits_need;
    uint64_t ticket;
    /* How often it was parked, leaving out where it was parked for the same pool again. */
    uint32_t moves;

    /* ---- the store's own ---- */
    request *next;
    struct request_dry {
        pool_name pool;
        int64_t need;
    } dry[STORE_DRY_MAX];
    uint8_t dry_count;
    pool_name parked_for;
    int64_t park_until_ms;
    uint32_t runs;
};

typedef struct store_message {
    uint16_t from_lane;
    uint64_t sequence;
    uint16_t act, slot, to_lane;
    str input;
} store_message;

/* What the layers above are told. All may be NULL in tests that do not need them. */
typedef struct store_hooks {
    void *context;
    int64_t (*clock_ms)(void *context); /* wall clock, UTC */
    /* What the clock of the store's server says now: with server_clock. */
    void (*clock_seen)(void *context, int64_t server_ms);
    const config *(*config_pin)(void *context); /* at the start of a batch */
    void (*config_unpin)(void *context, const config *c);
    /* Of several: the head of a lane that was read has this epoch. R_DONE: what is pinned from now
     * on covers it, that is, knows all that anybody may have decided on before he raised it. Else,
     * when it waits, R_UNAVAILABLE: what was changed cannot be read; when it does not, R_AGAIN. */
    result (*config_epoch)(void *context, uint16_t lane, uint64_t epoch, bool waits);
    /* What this server knows of the log of each lane; asked when it raises an epoch. */
    void (*config_seen)(void *context, config_mark *out, uint16_t lanes);
    /* This server has just raised it to this, in a lane whose epoch before was covered. */
    void (*config_raised)(void *context, uint16_t lane, uint64_t epoch);
    /* Rows are committed; for messages to be relayed, in order. Called before the requests'
     * done. */
    void (*committed)(void *context, uint16_t lane, const store_message *messages, size_t n);
    void (*wanted)(void *context, uint16_t lane, const request *r); /* r was parked */
    /* One that was parked at some time has ended; before its done. */
    void (*gone)(void *context, uint16_t lane, const request *r);
    void (*failed)(void *context,
                   result why); /* nothing is acknowledged any more: end the process */
} store_hooks;

typedef struct store_options {
    str path; /* rocks: the data directory */
    /* pg: the database of each shard, in the order of the shards, as libpq takes it:
     * postgres://user@host/database. Not looked at after opening. */
    const str *urls;
    /* When the store is created: 1 … STORE_LANES_MAX; when it exists, 0 or the number it has. */
    uint16_t lanes;
    /* pg: of each shard servers that stream from it, where views may read, too; NULL: none. */
    const str *replicas;
    uint16_t shards; /* among which the lanes are shared evenly, and how many urls; 0: one */
    slot_fill fill;  /* when it is created */
    bool threads;
    bool read_only;
    /* mem only: seed of the mode that withholds rows, aborts commits and splits batches; 0:
     * off. */
    uint64_t adversary;
    size_t cache_bytes; /* rocks: block cache; 0: default */
    bool unsynced;      /* only for loading generated data in benchmarks: commits are not synced */
    bool several;       /* pg: other processes may have it open, too … */
    str formats;        /* … that have the same here: what their rows and messages look like */
    bool server_clock;  /* pg: act time is the database server's, not the clock hook's */
} store_options;

/* Refusals: R_IN_USE, R_CORRUPT (other lane count, other slot map, newer format, shards that do not
 * belong together), R_IO, R_STORAGE_FULL; of pg also R_UNAVAILABLE (a server that is not there: an
 * opening needs all shards) and R_INVALID (what it answers is not durable); *why says more. */
MUST_USE result store_open_mem(const store_options *options, const store_hooks *hooks, store **out,
                               buf *why);
MUST_USE result store_open_rocks(const store_options *options, const store_hooks *hooks,
                                 store **out, buf *why);
MUST_USE result store_open_pg(const store_options *options, const store_hooks *hooks, store **out,
                              buf *why);
/* Refuses new requests (R_DRAINING) but CLASS_INTERNAL, until all those inside have ended. */
void store_drain(store *s);
void store_close(store *s); /* drains, stops the threads, frees; NULL is allowed */

uint16_t store_lanes(const store *s);
uint16_t store_lane_of_slot(const store *s, uint16_t slot);
/* Where the logs of the shards are, as far as this process has committed to them or heard of it:
 * who names it to a view (store_home.after) finds all that was answered here until now. No places:
 * the engine has no replicas. */
void store_position_here(store *s, arena *memory, store_position *out);
/* Of several: another server has answered what it wrote in a slot for this one, and this is where
 * it was then. Views of a replica find it, as they find what was written here. */
void store_position_seen(store *s, uint16_t slot, const store_position *p);
const slot_map *store_slots(const store *s); /* as long as the store */
/* Inside run: takes back what this run has written so far, so that only what follows is kept (a
 * stored refusal). */
void store_rollback(uow *u);
str store_detail(const uow *u); /* what this run's uow_refuse said last; valid until done */
/* R_DONE: done will be called. R_BUSY, R_DRAINING: it will not. */
MUST_USE result store_submit(store *s, request *r);
/* Runs the requests that were parked for this pool with a ticket <= up_to again, before anything
 * else. From now on uow_dry is true for what each has needed of it: with WORD_DRY for all of them,
 * with WORD_COLLECTED for those that had all brought back (need < 0). */
typedef enum store_word { WORD_NONE, WORD_DRY, WORD_COLLECTED } store_word;
void store_wake(store *s, uint16_t lane, pool_name pool, store_word word, uint64_t up_to);
/* Stepped mode: one batch of every lane that has work; how many requests ended or were parked. */
size_t store_step(store *s);
/* For tests: a halted lane runs nothing; requests queue. */
void store_halt_lane(store *s, uint16_t lane, bool halted);

#include "port/store_view.h" /* reading it */

#include "port/store_care.h" /* looking after it */

#endif

/* A store under test: any engine, stepped or threaded, with a clock that the test sets and hooks
 * that remember what they were told.
 *
 * A test writes its act as a plain function and runs it with store_fixture_run, or submits many and
 * settles. Not for tests of the app: those have acts of their own. */
#ifndef QUAN_TEST_STORE_FIXTURE_H
#define QUAN_TEST_STORE_FIXTURE_H

#include <pthread.h>
#include <stdatomic.h>

#include "domain/table.gen.h"
#include "port/store.h"

enum { FIXTURE_LANES = 4, FIXTURE_SHARDS_MAX = 2, FIXTURE_TOLD_MAX = 4096, FIXTURE_PATH_MAX = 128 };
#define FIXTURE_START_MS INT64_C(1760000000000)

typedef enum fixture_engine {
    FIXTURE_MEM,
    FIXTURE_ROCKS,
    FIXTURE_PG,
    FIXTURE_PG_SEVERAL, /* others may have it open, too */
} fixture_engine;

typedef struct fixture_kind {
    const char *name;
    fixture_engine engine;
    uint64_t adversary;
    bool threads;
    uint16_t shards; /* pg: databases; 0: one. Lanes are where they are without shards */
} fixture_kind;

typedef struct told_want {
    uint16_t lane;
    pool_name pool;
    int64_t need;
    uint64_t ticket;
} told_want;

typedef struct store_fixture {
    fixture_kind kind;
    uint16_t lanes;
    char path[FIXTURE_PATH_MAX]; /* rocks */
    const char *url;             /* pg: the first of urls */
    str urls[FIXTURE_SHARDS_MAX];
    const str *replicas;       /* pg: of what is opened from now on */
    bool several;              /* pg: other stores are there, too */
    bool follows;              /* … and epochs are asked for, of what is opened from now on */
    _Atomic size_t epochs;     /* how often */
    bool server_clock;         /* pg: of what is opened from now on */
    _Atomic int64_t server_ms; /* what its clock said last */
    store *store;
    _Atomic int64_t clock_ms;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t changed;
    size_t ended;
    told_want wants[FIXTURE_TOLD_MAX];
    size_t wants_n;
    store_message messages[FIXTURE_TOLD_MAX]; /* without their input */
    size_t messages_n;
    size_t commits, failures;
    result failure;
} store_fixture;

typedef struct job_act job_act;
struct job_act {
    request request; /* first */
    result (*decide)(uow *u, job_act *a);
    store_fixture *fixture;
    uint64_t id, member, other;
    int64_t number;
    pool_name pool;
    bool flag;
    uint64_t out[8];
    size_t out_n;
    char detail[64];
    size_t order; /* as how many-th it ended; 0: not yet */
};

store_fixture *store_fixture_open(const fixture_kind *kind, uint16_t lanes);
/* On databases of the caller's, one a shard, where other stores may be. */
store_fixture *store_fixture_open_at(const fixture_kind *kind, uint16_t lanes,
                                     const char *const *urls);
void store_fixture_reopen(store_fixture *f); /* closes the store and opens it on what is on disk */
void store_fixture_close(store_fixture *f);  /* and removes its files */
result store_fixture_try_open(store_fixture *f, uint16_t lanes, store **out, buf *why);

/* An act for a slot, zeroed but for what it needs to be submitted. */
job_act store_fixture_act(store_fixture *f, uint16_t slot, result (*decide)(uow *, job_act *));
void store_fixture_submit(store_fixture *f, job_act *a);       /* must be accepted */
void store_fixture_settle(store_fixture *f, const job_act *a); /* until it has ended */
result store_fixture_run(store_fixture *f, job_act *a);
uow *store_fixture_read(store_fixture *f, arena *memory);
void store_fixture_remove(const char *path);

#endif

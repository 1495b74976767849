/* The engine on PostgreSQL from inside. Not for other folders.
 *
 * Invariants:
 * - A lane's batch reads one state of the rows (a transaction at REPEATABLE READ on the lane's own
 *   connection) and commits in that same transaction, its head first. Every update and delete
 *   names the `rev` that was read and must meet its row, every insert must be the first of its key:
 *   so a batch that another server, or another lane, has overtaken changes nothing (R_STALE).
 * - `rev` is drawn at random, one for each batch, and stands in every row that it has written. So
 *   the head tells whose batch was the last of its lane.
 * - A commit whose answer was lost is known before anybody is answered: the head is marked anew, by
 *   a commit of its own that is answered. Where it still had the mark from before, the lost one can
 *   never take effect (R_STALE); where it had that of the lost one, that one is as durable as the
 *   mark (R_DONE); what cannot be found out is R_UNKNOWN.
 * - A commit that the server stopped waiting for (a replica, say) counts as lost: it says so in a
 *   warning only. */
#ifndef QUAN_STORE_PG_PG_H
#define QUAN_STORE_PG_PG_H

#include <pthread.h>
#include <stdatomic.h>

#include "store/engine.h"
#include "store/pg/conn.h"

enum {
    PG_PATIENCE_MS = 2000,    /* a server that is away for longer is told to callers */
    PG_BACK_OFF_MS = 25,      /* between tries to reach it: at first, … */
    PG_BACK_OFF_MAX_MS = 400, /* … doubled each time, up to this */
    PG_READERS_MAX = 16,      /* snapshots at once; who comes then waits, as long as the patience */
    PG_PAGE_ROWS = 1000,      /* of a walk over a table */
    PG_SCANS_MAX = 1000,      /* in one pipeline */
};

/* A connection with a transaction. A reader's is begun with it; a lane's with its first rows. */
struct snapshot {
    snapshot *next; /* in the list of idle readers */
    conn conn;
    arena *memory; /* of a lane's commit */
    bool begun;
    bool dirty;  /* a transaction is to be rolled back first */
    bool failed; /* rows could not be read, or not of one state: the batch is void */
    bool away;   /* … because the server cannot be reached */
    bool reads;  /* a reader's */
    bool timed;  /* a lane's: asks what the server's clock says … */
    int64_t
        server_ms; /* … which said this when the transaction began; 0: not asked, or no answer */
};

/* Of what begins a transaction, and tells more than that it has begun. */
enum { PG_TAG_NONE = -1, PG_TAG_CLOCK = -2 };

/* How far a lane is in dropping answers whose time is over. */
typedef struct pg_keeper {
    int64_t next_ms;             /* monotonic */
    uint16_t slot;               /* the last */
    _Atomic int64_t act_time_ms; /* of its last commit; 0: none */
} pg_keeper;

typedef struct pg_engine {
    engine engine; /* first */
    char *url;
    bool server_clock;
    const char *application; /* as the server knows us: those that write find each other by it */
    snapshot *lanes[STORE_LANES_MAX]; /* made by the lane's first batch */
    pthread_mutex_t lock;             /* of the readers */
    pthread_cond_t changed;
    snapshot *idle;
    size_t readers;                /* idle or in use */
    _Atomic int64_t away_since_ms; /* monotonic; 0: it was there last time */
    _Atomic int64_t next_try_ms;
    _Atomic bool full;
    pg_keeper keepers[STORE_LANES_MAX];
} pg_engine;

/* session.c: connections, and what a lost one means */
snapshot *pg_snapshot_made(bool reads);
void pg_snapshot_freed(snapshot *s);
void pg_rest_ms(int64_t ms);
/* Is there a connection? Tries for as long as the patience lasts. */
MUST_USE bool pg_reach(pg_engine *p, snapshot *s);
/* Queues what begins its transaction, where none is. */
void pg_queue_begin(snapshot *s);
/* What that has told: for the visit of the pipeline, with any tag. */
void pg_take_begun(snapshot *s, int tag, const PGresult *r);
int64_t pg_clock_ms(const snapshot *at);
/* Sends what was queued and waits for the answers; a batch's are counted. */
conn_fate pg_run(pg_engine *p, snapshot *s, conn_result *visit, void *context);
/* The fate of the pipeline that began, or would have gone on with, its transaction. */
void pg_met(pg_engine *p, snapshot *s, conn_fate fate);
snapshot *pg_reader_new(engine *e);
void pg_reader_free(engine *e, const snapshot *s);
const snapshot *pg_batch(engine *e, uint16_t lane);

/* read.c */
void pg_read(engine *e, const snapshot *at, const read_request *wanted, arena *memory);
result pg_each(engine *e, const snapshot *at, const store_span *span, store_visit *visit,
               void *context);

/* commit.c */
result pg_commit(engine *e, uint16_t lane, const change *changes, size_t n);

/* keep.c: after a commit of the lane, at that act time */
void pg_keep(pg_engine *p, uint16_t lane, int64_t act_time_ms);
void pg_keep_all(pg_engine *p);

/* schema.c: what the database must be and have. R_DONE, R_CORRUPT, R_UNAVAILABLE, R_INVALID,
 * R_IN_USE. */
MUST_USE result pg_schema(pg_engine *p, const store_options *options, buf *why);

#endif

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
 *   warning only.
 * - Each promotion raises the timeline of what a primary writes. Once a connection of this process
 *   has been to a primary of a later one, none to an earlier one is used: a commit there is not
 *   acknowledged, no view begins there, and it is not connected to again. */
#ifndef QUAN_STORE_PG_PG_H
#define QUAN_STORE_PG_PG_H

#include <pthread.h>
#include <stdatomic.h>

#include "store/engine.h"
#include "store/pg/hosts.h"
#include "store/pg/server.h"

enum {
    PG_PATIENCE_MS = 2000,    /* a server that is away for longer is told to callers */
    PG_BACK_OFF_MS = 25,      /* between tries to reach it: at first, … */
    PG_BACK_OFF_MAX_MS = 400, /* … doubled each time, up to this */
    PG_READERS_MAX = 16,     /* of a shard at once; who comes then waits, as long as the patience */
    PG_PAGE_ROWS = 1000,     /* of a walk over a table */
    PG_SCANS_MAX = 1000,     /* in one pipeline */
    PG_APPLICATION_MAX = 64, /* as PostgreSQL has it: 63 bytes */
    PG_REPLICA_REST_MS = 2000, /* of a replica that is away or lags, until it is tried again */
};

typedef struct pg_engine pg_engine;
typedef struct pg_shard pg_shard;

/* A connection with a transaction. It is begun with its first rows, or by pg_reader_begin. */
typedef struct session {
    struct session *next; /* in the list of idle readers */
    pg_shard *shard;
    conn conn;
    int64_t timeline; /* of the server; of a standby the latest that it is known to have applied a
                         part of; 0: it did not say */
    arena *memory;    /* of a lane's commit */
    int64_t committed_at; /* of a lane: where the log was with its last commit */
    bool begun;
    bool dirty;  /* a transaction is to be rolled back first */
    bool failed; /* rows could not be read, or not of one state: the batch is void */
    bool away;   /* … because the server cannot be reached */
    bool reads;  /* a reader's */
    bool timed;  /* a lane's: asks what the server's clock says … */
    int64_t
        server_ms; /* … which said this when the transaction began; 0: not asked, or no answer */
} session;

/* Where a lane's batch or a reader reads: a lane has a session in its own shard; a reader one in
 * each that it was made for or has asked for a row. */
struct snapshot {
    bool reads;
    bool reached;  /* of the shards in `in`, and of no others */
    session *lane; /* the one of a lane */
    session *in[STORE_SHARDS_MAX];
    session *replica; /* which has the rows of `slot`; NULL: they are where all others are */
    uint16_t slot;
    bool parted; /* the heads are the replica's: its shard's primary is not read any more */
};

/* A database. That one is away is nothing to the others. */
struct pg_shard {
    pg_engine *engine;
    uint16_t number;
    bool replica; /* of the shard with this number */
    char *url;
    hosts hosts;
    _Atomic size_t host;      /* that was connected to last */
    _Atomic int64_t system;   /* 0: not known */
    _Atomic int64_t timeline; /* the latest that was seen */
    pthread_mutex_t lock;     /* of the readers */
    pthread_cond_t changed;
    session *idle;
    size_t readers;                /* idle or in use */
    _Atomic int64_t away_since_ms; /* monotonic; 0: it was there last time */
    _Atomic int64_t next_try_ms;
    /* Where its log was, asked now and then: a replica must have reached `floor`, which it had at
     * floor_ms. */
    _Atomic int64_t asked_ms, floor, floor_ms;
    int64_t next_floor, known_ms; /* with lock: the newest, and when that was asked for */
    int64_t log_timeline, log_at; /* with lock: pg_position_set; 0: nothing yet */
    _Atomic bool sought;          /* a caller knows of a promotion: pg_look_again */
};

/* Of what begins a transaction, and tells more than that it has begun. */
enum { PG_TAG_NONE = -1, PG_TAG_CLOCK = -2 };

/* How far a lane is in dropping answers whose time is over. */
typedef struct pg_keeper {
    int64_t next_ms;             /* monotonic */
    uint16_t slot;               /* the last */
    _Atomic int64_t act_time_ms; /* of its last commit; 0: none */
} pg_keeper;

struct pg_engine {
    engine engine;                        /* first */
    bool server_clock, looks_again;       /* … on each new connection: pg_may_go_on */
    char application[PG_APPLICATION_MAX]; /* by which those that write find each other */
    uint16_t shards_n;
    pg_shard shards[STORE_SHARDS_MAX];
    snapshot lanes[STORE_LANES_MAX]; /* sessions are made by the lane's first batch */
    bool has_replicas;
    pg_shard replicas[STORE_SHARDS_MAX];   /* the same shards, elsewhere */
    _Atomic int64_t positions[SLOT_COUNT]; /* of the last commit; PG_POSITION_UNKNOWN */
    _Atomic uint64_t replica_views, primary_views;
    _Atomic bool full;
    pg_keeper keepers[STORE_LANES_MAX];
};

/* shard.c: which one, and reaching it */
void pg_shard_init(pg_shard *d, pg_engine *p, uint16_t number, str url);
void pg_shard_free(pg_shard *d);
/* Of the rows of this home: a slot, or a lane. */
pg_shard *pg_shard_of(pg_engine *p, table_home kind, uint32_t home);
/* … whose stored key this is, or the beginning of it; NULL: it does not say. */
pg_shard *pg_shard_of_key(pg_engine *p, const table *t, str key);
/* It has answered, or could not be reached; since when it could not. */
void pg_shard_here(pg_shard *d);
int64_t pg_shard_away(pg_shard *d, const conn *c);
void pg_rest_ms(int64_t ms);
/* Is there a connection? Tries for as long as the patience lasts. */
MUST_USE bool pg_reach(session *s);
/* Connects to the first of its servers that is of the shard's system and not of an earlier
 * timeline than was seen. False: its conn says why not. */
MUST_USE bool pg_join(session *s);
/* Goes to all servers of the address, so that the latest timeline has been seen. */
void pg_survey(session *s);
/* The same now, where a caller has named a later timeline than was seen. */
void pg_look_again(pg_shard *d);
/* Is its server of an earlier timeline than another that was seen since? Then it is given up. */
bool pg_is_fenced(session *s);

/* session.c: sessions, and what a lost one means */
session *pg_session_made(pg_shard *d, bool reads);
void pg_session_freed(session *s);
void pg_session_idle(session *s); /* a reader's, made a moment ago: to be had by others */
/* Queues what begins its transaction, where none is. */
void pg_queue_begin(session *s);
/* What that has told: for the visit of the pipeline, with any tag. */
void pg_take_begun(session *s, int tag, const PGresult *r);
int64_t pg_clock_ms(const snapshot *at);
/* Sends what was queued and waits for the answers. Counted. */
conn_fate pg_run(session *s, conn_result *visit, void *context);
/* The fate of the pipeline that began, or would have gone on with, its transaction. */
void pg_met(session *s, conn_fate fate);
const snapshot *pg_batch(engine *e, uint16_t lane);
session *pg_lane_session(pg_engine *p, uint16_t lane);
session *pg_session_in(snapshot *at, pg_shard *d); /* of this shard; NULL: it cannot be had */
snapshot *pg_reader_new(engine *e, const store_home *home, bool fixed);
bool pg_reader_has(engine *e, const snapshot *at, uint16_t lane);
void pg_reach_all(engine *e); /* those that are away, or whose promotion a caller has seen */
/* An idle reader's, or a new one, maybe after a wait; NULL: too many. Not begun. hurries: one that
 * does not answer within the patience is away. */
session *pg_idle_take(pg_shard *d, bool waits);
void pg_reader_give(session *s);
session *pg_reader_take(pg_shard *d, bool hurries);
MUST_USE bool pg_reader_begin(session *s);   /* now; false: not reached, and given back */
void pg_reader_end(engine *e, snapshot *at); /* gives its sessions back */
void pg_reader_free(engine *e, const snapshot *s);

/* read.c */
void pg_read(engine *e, const snapshot *at, const read_request *wanted, arena *memory);
/* One scan, in one shard. */
void pg_read_session(session *s, scan_item *wanted, arena *memory);

/* commit.c */
result pg_commit(engine *e, uint16_t lane, const change *changes, size_t n);
void pg_answers(engine *e, uint16_t lane, uint16_t slot);

/* keep.c: after a commit of the lane, at that act time */
void pg_keep(pg_engine *p, uint16_t lane, int64_t act_time_ms);
void pg_keep_all(pg_engine *p);

/* each.c */
result pg_each(engine *e, const snapshot *at, const store_span *span, store_visit *visit,
               void *context);

/* schema.c: what a database must be and have. R_DONE, R_CORRUPT, R_UNAVAILABLE, R_INVALID,
 * R_IN_USE. Leaves the connection open. */
MUST_USE result pg_schema(session *s, const store_options *options, buf *why);
/* On a new connection. False: another version has come while there was none; it is given up. */
MUST_USE bool pg_may_go_on(session *s);

/* belong.c: prepares all databases, which must be those of one store's shards, in their order. */
MUST_USE result pg_prepare(pg_engine *p, const store_options *options, buf *why);

#endif

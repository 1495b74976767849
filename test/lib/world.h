/* A whole server in this process: store, app, API and HTTP on a free port of 127.0.0.1, with a
 * clock that the test sets, a merchant ("Shop", UTC, USD) and keys of every scope. Or two of them
 * on one store, each with half of the lanes, which take turns by dice.
 *
 * Keys by name: all (admin, issue, redeem and read), admin, issue, redeem, read, operator, other
 * (all scopes of a second merchant), none. A world opens again and again: each time on a fresh
 * store. */
#ifndef QUAN_TEST_WORLD_H
#define QUAN_TEST_WORLD_H

#include <stdatomic.h>

#include "app/reserve.h"
#include "port/http.h"
#include "test/lib/peer_wire.h"

enum {
    WORLD_KEYS = 7,
    WORLD_PATH_MAX = 200,
    WORLD_LANES = 2,
    WORLD_SHARDS = 2 /* of pg */,
    WORLD_SERVERS = PEER_WIRE_ENDS,
    WORLD_FLAGS_MAX = 16
};

/* mem; mem or pg that withholds rows, aborts and splits (adversary); rocks; pg. */
typedef struct world_engine {
    str name; /* "mem", "rocks" or "pg" */
    uint64_t adversary;
    uint16_t lanes; /* 0: WORLD_LANES */
    bool several;   /* pg: WORLD_SERVERS of them; else one */
    bool stepped;   /* no threads, no HTTP, no keys: the test steps */
} world_engine;
/* "mem", "mem-adversary:7", "rocks", "pg" or "pg2" (several). */
MUST_USE bool world_engine_parse(const char *text, world_engine *out);

typedef struct world_server {
    app *app;
    struct api *api;
    http_server *http;
    void *jobs; /* NULL: none run */
} world_server;

typedef struct world {
    world_engine engine;
    _Atomic int64_t clock_ms;
    world_server servers[WORLD_SERVERS];
    size_t server_count, turn; /* turn: whose it is */
    bool disturbed;            /* an act may wait for a time */
    uint64_t dice;
    peer_wire wire; /* between several … */
    pthread_t ticker;
    atomic_bool ticking; /* … with threads */
    uint64_t merchant, other_merchant;
    char path[WORLD_PATH_MAX];          /* rocks: the data directory */
    str urls[WORLD_SHARDS];             /* pg: the databases */
    char folder[WORLD_PATH_MAX];        /* world_folder */
    const char *flags[WORLD_FLAGS_MAX]; /* settings */
    size_t flag_count;
    arena *memory;
    str keys[WORLD_KEYS];
} world;

void world_open(world *w, const world_engine *engine, int64_t now_ms);
/* Closes the store and opens it again: rocks, pg. Of several one after the other: the rest goes on.
 */
void world_restart(world *w);
void world_close(world *w);                          /* and removes what it stored */
uint16_t world_port(const world *w, size_t number);  /* of a server, which is there */
app *world_app(const world *w);                      /* of the server whose turn it is */
void world_follow(const world *w, size_t number);    /* it learns what others have edited */
uint64_t world_known(const world *w, size_t number); /* edits that it knows, of anyone */
/* Of several, stepped: from now on they believe something else about whose the lanes are, and hear
 * each other or not. 0: each has half, and they hear each other. */
void world_disturb(world *w, uint64_t dice);
void world_turn(world *w); /* of several: anyone's turn comes, and he has followed the others */
/* What is due is expired and released, wherever. */
MUST_USE bool world_sweep(world *w);
/* A setting, from now on: the HTTP server starts again with it. */
void world_set(world *w, str name, str value);
/* Starts the server's jobs (src/job), which run until the store is closed. */
void world_run_jobs(world *w);
/* A directory for the test's own files, removed with the world; NULL where the engine keeps none.
 */
const char *world_folder(world *w);
/* Goes on with the store that a backup in that directory has. False: it cannot be restored. */
MUST_USE bool world_restore(world *w, str backup);
str world_key(const world *w, str scope);

/* Recomputes all that is stored (verify). False: *why has the first differences. */
MUST_USE bool world_sound(world *w, buf *why);

/* An act. in and out are records of it; text and lists of out live in memory, which is the act's
 * alone where there are threads. */
typedef struct world_act {
    act_id id;
    uint16_t slot;
    const void *in;
    void *out;
    arena *memory;
    const reserve_ask *reserve; /* limits by phone, e-mail …; NULL: the act names none */
    act_key key;                /* may be empty */
    app *at;                    /* the server that is asked; NULL: whose turn comes */
    /* filled */
    result code;
    bool replayed;
    str detail;
} world_act;
/* To its end; steps where there are no threads, and where nothing moves lets time go by. */
MUST_USE result world_run(world *w, world_act *a);
/* All at once: they share batches. */
void world_run_many(world *w, world_act *const *acts, size_t n);
/* A further merchant, in USD; its id. */
uint64_t world_merchant(world *w, str name, str zone_name);

#endif

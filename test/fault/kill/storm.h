/* The kill test's own state: the store that is being stormed, and the figures of all. */
#ifndef QUAN_TEST_KILL_STORM_H
#define QUAN_TEST_KILL_STORM_H

#include "test/fault/kill/audit.h"
#include "test/fault/kill/server.h"

enum {
    CONNECTIONS = 64,
    READY_MS = 20000,
    READY_FIGURES_MAX = 4096,
    FLASH_STOCK = 300,
    DEVICE_CLAIMS = 60,
    VARIED_STOCK = 1000,
    CODES = 60,
    STORM_SERVERS_MAX = 2,
    STORM_DATABASES_MAX = 2,
};

typedef enum storm_engine {
    STORM_ROCKS,
    STORM_PG,
    STORM_PG2, /* two servers on one store of two databases: one, or sometimes both, is killed */
    STORM_ENGINES
} storm_engine;

typedef struct options {
    const char *program;
    uint32_t kills[STORM_ENGINES];
    uint64_t seed;
    bool keep;
} options;

typedef struct storm {
    options o;
    dice dice;
    storm_engine engine; /* of this store … */
    server servers[STORM_SERVERS_MAX];
    uint32_t server_n, victims;                 /* victims: a bit a server that is killed next */
    const char *databases[STORM_DATABASES_MAX]; /* … in PostgreSQL: these */
    client client;
    load load;
    wire *wire;
    arena *memory; /* of one store */
    str format;    /* of its codes */
    uint32_t passed, failed;
    /* figures */
    uint64_t told, reads;
    uint32_t codes_left; /* that were tried, gave nothing and were good at the end */
    done_counts done;
    uint32_t until;            /* so many kills with this store */
    uint32_t kills, in_flight; /* in_flight: kills with requests on their way */
    int64_t ready_ms[READY_FIGURES_MAX];
    uint32_t ready_n;
} storm;

/* store.c: a fresh data directory, or databases, with a merchant, campaigns, templates, and its
 * servers. What the set-up needs and does not get ends the test with status 3. */
void storm_open(storm *s, uint32_t number);
void storm_close(storm *s, bool keep);
/* Waits until the servers are ready and connects; false: one did not come up. */
bool storm_come_up(storm *s);
/* Until each of several servers knows what was made at the others. */
void storm_share(const storm *s);
/* Two more templates, for the next kill: FLASH_STOCK pieces, 2 for each user; and one whose
 * campaign the operator stops. */
void storm_flash(storm *s);
void storm_stage(storm *s);
/* Codes for the next kill: of an unlimited template, of two with limits, and of the stage. */
void storm_codes(storm *s);
/* Runs `quan ARGUMENTS…`; its exit status. */
int storm_command(storm *s, const char *const *arguments, str *out);

#endif

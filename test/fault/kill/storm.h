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
};

typedef struct options {
    const char *program;
    uint32_t kills_rocks, kills_pg;
    uint64_t seed;
    bool keep;
} options;

typedef struct storm {
    options o;
    dice dice;
    server server;
    bool on_pg;           /* this store is in PostgreSQL, … */
    const char *database; /* … this one */
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

/* store.c: a fresh data directory, or database, with a merchant, campaigns, templates, and its
 * server. What the set-up needs and does not get ends the test with status 3. */
void storm_open(storm *s, uint32_t number);
void storm_close(storm *s, bool keep);
/* Waits until the server is ready and connects; false: it did not come up. */
bool storm_come_up(storm *s);
/* Two more templates, for the next kill: FLASH_STOCK pieces, 2 for each user; and one whose
 * campaign the operator stops. */
void storm_flash(storm *s);
void storm_stage(storm *s);
/* Codes for the next kill: of an unlimited template, of two with limits, and of the stage. */
void storm_codes(storm *s);
/* Runs `quan ARGUMENTS…`; its exit status. */
int storm_command(storm *s, const char *const *arguments, str *out);

#endif

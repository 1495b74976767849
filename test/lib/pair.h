/* Two servers, A and B, on one database, with threads, both of whom believe that every lane is
 * theirs; no API, no jobs: nothing follows what the other one has changed but what a test calls.
 *
 * One merchant in the zone "Test/East" (UTC+8) and currency USD, an active campaign and a template
 * of 1000 off. What cannot be done fails the test. */
#ifndef QUAN_TEST_PAIR_H
#define QUAN_TEST_PAIR_H

#include <stdatomic.h>

#include "test/lib/cutter.h"
#include "test/lib/domain_fixture.h"

enum { PAIR_LANES = 3, PAIR_A = 0, PAIR_B, PAIR_SERVERS };

typedef struct pair {
    const char *url; /* of the database */
    cutter *cutter;  /* A's way to it */
    /* app and memory, for configuration and prices: one thread at a time. Never stepped. */
    fix at[PAIR_SERVERS];
    int64_t from_ms; /* monotonic: when the clock of both said FIX_START_MS */
    uint64_t merchant, campaign, template;
    atomic_int next; /* names of users */
} pair;

/* For cmocka: *state is the pair. */
int pair_begin(void **state);
int pair_finish(void **state);
void pair_close(pair *p, int which);
void pair_open(pair *p, int which, const char *url);

/* An act of this app, to its end; what call says, and this key. */
result pair_run(app *a, act_call call, hash128 asked_by);
/* One of configuration that reaches all lanes. */
result pair_edit(pair *p, int which, act_call call);
uint64_t pair_put(pair *p, int which, act_id id, uint16_t slot, const void *in);
void pair_set_state(pair *p, int which, campaign_state to);
campaign_state pair_state(pair *p, int which); /* as its configuration has it */
/* One coupon of the template; id may be NULL. */
result pair_claim(pair *p, app *a, arena *memory, str name, uint64_t *id);
str pair_user(pair *p, arena *memory); /* a new one */
str pair_user_of_lane(pair *p, arena *memory, uint16_t lane);

#endif

/* What the clients do: a mix of claims (alone, in batches, as grants, best effort, with codes that
 * several try), holds, redemptions, releases, returns, voids, transfers, and of old requests again;
 * many of them on coupons, holds and orders that another one is using. And an operator: pauses,
 * resumes and ends campaigns, and changes stock and budgets, one change of a thing at a time, while
 * all that goes on. */
#ifndef QUAN_TEST_KILL_LOAD_H
#define QUAN_TEST_KILL_LOAD_H

#include <stdio.h>

#include "test/fault/kill/request.h"
#include "test/lib/oracle/dice.h"

enum { LOAD_USERS = 1000 };

/* Templates of the set-up, in this order; flash templates follow. */
enum {
    LOAD_PLAIN = 0,   /* unlimited */
    LOAD_STOCKED = 3, /* a large stock, voids in error */
    LOAD_LIMITED = 6, /* 2 for each user */
    LOAD_DEVICE,      /* DEVICE_CLAIMS for each device, and more uses than there are: so every claim
                         and use of it reserves in another slot first */
    LOAD_AT_REDEEM,   /* of campaigns with a budget that the operator changes */
    LOAD_AT_ISSUE,
    LOAD_VARIED, /* a stock that the operator changes */
    LOAD_FLASH,  /* from here on, for each kill: one with a stock that runs out … */
    LOAD_STAGE,  /* … and one of a campaign that the operator stops */
};
enum { LOAD_THINGS = 4 };

/* What the operator changes. */
typedef struct thing {
    uint32_t subject; /* campaign, or for the stock template */
    uint32_t op;      /* the last change; NOTHING */
    int64_t now;      /* known_state, pieces or minor units, after the last change that is done */
} thing;

typedef struct numbers {
    uint32_t *items, n, capacity;
} numbers;

/* What was done, to show that it is. */
typedef struct done_counts {
    uint32_t of[OP_KINDS];
    uint32_t batched, granted, less; /* claims: in batches, as grants, best effort and not all */
    uint32_t parts, not_active, too_low; /* returns of parts; refusals: stopped, target too low */
    uint32_t by_device;                  /* refusals: as many as the device may have */
    uint32_t exchanged, code_used,
        code_kept;         /* of codes; refusals: used; not for the code's sake */
    uint32_t not_received; /* refusals: of transfers, by the receiver's limits */
} done_counts;

typedef struct load {
    client *client;
    dice dice;
    FILE *log;                           /* every send and answer */
    numbers coupons, holds, redemptions; /* that seem to be free, open, not returned */
    uint32_t last_order[LOAD_USERS];     /* the user's last direct redemption */
    uint32_t code_at;                    /* codes from here on are tried now */
    thing things[LOAD_THINGS];           /* state of the stage, stock, the two budgets */
    uint64_t told;
    done_counts done;
} load;

void load_init(load *l, client *c, uint64_t seed);
void load_free(load *l);
/* The shop is there: the last template is one of a new campaign that the operator may stop. */
void load_stage(load *l);
/* As wire_job wants them; the tag is the op's number. */
bool load_next(void *context, uint64_t *tag, buf *out);
void load_done(void *context, uint64_t tag, int status, str body);
/* A new op: somebody tries this code. Its number. */
uint32_t load_exchange(load *l, uint32_t code);
/* Sends an op (again), with those of its batch: the request, noted in history and log. Its tag. */
uint32_t load_send(load *l, uint32_t number, buf *out);

#endif

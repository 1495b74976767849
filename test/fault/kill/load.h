/* What the clients do: a mix of claims, holds, redemptions, releases, returns, voids, and of old
 * requests again; many of them on coupons, holds and orders that another one is using. */
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
    LOAD_AT_REDEEM,   /* of campaigns with a budget */
    LOAD_AT_ISSUE,
    LOAD_FLASH,
};

typedef struct numbers {
    uint32_t *items, n, capacity;
} numbers;

typedef struct load {
    client *client;
    dice dice;
    FILE *log;                           /* every send and answer */
    numbers coupons, holds, redemptions; /* that seem to be free, open, not returned */
    uint32_t last_order[LOAD_USERS];     /* the user's last direct redemption */
    uint64_t told;
} load;

void load_init(load *l, client *c, uint64_t seed);
void load_free(load *l);
/* As wire_job wants them; the tag is the op's number. */
bool load_next(void *context, uint64_t *tag, buf *out);
void load_done(void *context, uint64_t tag, int status, str body);
/* Sends an op (again): the request, noted in history and log. */
void load_send(load *l, uint32_t number, buf *out);

#endif

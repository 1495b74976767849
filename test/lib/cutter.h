/* What stands between a store and its PostgreSQL server in a test: passes bytes on, and at a COMMIT
 * may cut the connection, with or without letting the server have it.
 *
 * One thread, on 127.0.0.1. It knows of the protocol only what a COMMIT looks like in it. */
#ifndef QUAN_TEST_CUTTER_H
#define QUAN_TEST_CUTTER_H

#include <stddef.h>

typedef struct cutter cutter;

typedef enum cut {
    CUT_NOTHING,
    CUT_REQUEST,        /* the next COMMIT does not reach the server */
    CUT_ANSWER,         /* it does, and the client does not hear of it */
    CUT_ANSWER_AND_ALL, /* and from then on everything */
    CUT_ALL,            /* no connection lives, none is taken */
    CUT_HANG,           /* all live, and new ones are made, but nothing passes */
} cut;

/* Between nobody and the server of this address, which is one of database_take; cutter_url is the
 * address to use instead. */
cutter *cutter_start(const char *url);
const char *cutter_url(const cutter *c);
void cutter_set(cutter *c, cut what);
/* Waits until what was set has happened. */
void cutter_wait(cutter *c);
void cutter_stop(cutter *c);

#endif

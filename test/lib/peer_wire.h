/* Calls between two servers of one store in this process, without a network: what one calls is
 * handed to the other there and then, or it is late or lost, as a test wants.
 *
 * An end is open between join and leave. Whose a lane is the test says, for both: they need not
 * agree. */
#ifndef QUAN_TEST_PEER_WIRE_H
#define QUAN_TEST_PEER_WIRE_H

#include <pthread.h>
#include <stdatomic.h>

#include "app/app.h"
#include "port/peers.h"

enum { PEER_WIRE_ENDS = 2 };

typedef enum peer_wire_fate {
    WIRE_WHOLE,
    WIRE_CUT,   /* nothing is delivered */
    WIRE_LOSES, /* what is delivered runs, and its answer is lost */
    WIRE_ROUGH, /* each call as it comes: whole or cut, and some late */
    WIRE_MIXED, /* … or its answer lost */
} peer_wire_fate;

typedef struct peer_wire peer_wire;
typedef struct peer_wire_end {
    peer_wire *wire;
    int number;
    peers peers; /* what its app is opened with */
    app *app;    /* NULL: has not joined */
    bool lost;
    pthread_mutex_t lock;
    pthread_cond_t left;
    bool open;     /* calls come in */
    size_t inside; /* calls that are being handed over */
} peer_wire_end;

struct peer_wire {
    _Atomic int fate;
    _Atomic uint32_t owned[PEER_WIRE_ENDS]; /* a bit a lane; both may have it, or none */
    _Atomic uint64_t calls, random;
    peer_wire_end ends[PEER_WIRE_ENDS];
};

/* Each has every other lane. stepped: the servers have no threads. */
void peer_wire_init(peer_wire *w, bool stepped);
void peer_wire_free(peer_wire *w);
void peer_wire_own(peer_wire *w, uint32_t first, uint32_t second);
void peer_wire_join(peer_wire *w, int number, app *a);
/* Before its app is closed: waits until no call is being handed to it. */
void peer_wire_leave(peer_wire *w, int number);
/* Nothing of it runs or is heard any more. */
void peer_wire_lose(peer_wire *w, int number);

#endif

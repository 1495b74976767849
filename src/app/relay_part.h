/* What the files of the relay share. Nobody else includes it. */
#ifndef QUAN_APP_RELAY_PART_H
#define QUAN_APP_RELAY_PART_H

#include "app/inner.h"

enum { RELAY_QUEUE_MAX = 65536, RELAY_BUNDLE_MAX = 64, RELAY_LOADS_MAX = 32 };

typedef struct message {
    struct message *next;
    uint64_t sequence;
    int64_t since_ns; /* when it was committed, or found */
    uint16_t act, slot, to_lane;
    size_t n;
    char input[];
} message;
message *message_new(const store_message *m); /* free frees it */

typedef struct pair {
    message *first, **end;
    size_t queued;
    uint64_t seen; /* highest sequence committed for this pair, or a later one of the lane */
    uint64_t
        loaded; /* how far the outbox is, or was, in memory; below seen: the rest is read again */
    uint64_t applied; /* highest sequence known to be applied at `to` */
    bool busy;        /* a bundle is on its way */
} pair;

struct relay {
    app *app;
    uint16_t lanes;
    bool shared; /* other servers write the same lanes */
    pthread_mutex_t lock;
    uint64_t last[STORE_LANES_MAX]; /* shared: sequence of the last message committed here */
    pair pairs[STORE_LANES_MAX][STORE_LANES_MAX]; /* [from][to] */
};

typedef enum fate { FATE_OLD, FATE_APPLIED, FATE_REFUSED, FATE_ASIDE } fate;

typedef struct bundle {
    request request; /* first */
    relay *relay;
    arena *memory;
    uint16_t from, to;
    size_t n;
    size_t taken;   /* out of our queue: those behind n go back to it; 0: they are of another one */
    size_t misses;  /* how often it missed rows */
    size_t missing; /* the first that did, in the last run */
    message *messages[RELAY_BUNDLE_MAX];
    void *inputs[RELAY_BUNDLE_MAX]; /* NULL: not decoded yet */
    /* by this bundle's last run */
    fate fates[RELAY_BUNDLE_MAX];
    const void *outputs[RELAY_BUNDLE_MAX]; /* of those that were applied; until done returns */
    suspicion known[RELAY_BUNDLE_MAX];
    peers_answered *answer; /* of one that another server has sent */
    void *of;
} bundle;

uint16_t relay_lane_for(const relay *r, uint16_t slot, uint16_t to_lane);
/* relay_bundle.c */
bundle *bundle_new(relay *r, uint16_t from, uint16_t to); /* done is the caller's to set */
void bundle_tell(bundle *b);                              /* what its last run found is durable */
void bundle_free(bundle *b);
void bundle_forget(const bundle *b); /* it is applied: the sender's rows go */
/* It is known that the pair's messages are applied as far as this. */
void relay_applied(relay *r, uint16_t from, uint16_t to, uint64_t sequence);

#endif

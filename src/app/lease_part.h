/* What the files of the leases share. Nobody else includes it. */
#ifndef QUAN_APP_LEASE_PART_H
#define QUAN_APP_LEASE_PART_H

#include "app/inner.h"

enum {
    LEASE_ASKS_MAX = 100000,
    LEASE_ANY_HOME = UINT16_MAX,
    /* Shared: an ask that has heard nothing for so long is made anew. */
    LEASE_STUCK_MS = 500,
};

typedef enum ask_state {
    ASK_AWAY, /* the server of its home asks */
    ASK_DUE,
    ASK_BARRIER,
    ASK_READY,
    ASK_ASKING,
    ASK_RECALLING,
    ASK_GRANTED
} ask_state;
typedef enum mark_state { MARK_NONE, MARK_WANTED, MARK_THERE } mark_state;

typedef struct ask {
    struct ask *next;
    uint64_t number;
    pool_name pool;
    uint16_t lane;
    ask_state state;
    int64_t since_ms; /* when it was last seen to move */
    uint8_t due;      /* ASK_DUE: the kind of what is being applied */
    uint64_t pass;    /* ASK_DUE: over what; 0: not known yet */
    bool sent;        /* ASK_AWAY */
    bool again;       /* a lane gave back while the answer was on its way */
    uint64_t grant;   /* the home's message */
    bool dry;         /* ASK_GRANTED: when it has arrived, all there is is there */
    int64_t need;
    uint64_t ticket;      /* the verdict is for parked requests up to here */
    int64_t late_need;    /* of those parked since */
    uint64_t late_ticket; /* 0: none */
    mark_state marked;
    /* Not all that is due could be applied, or it could not be read what is on its way: only a
     * grant says anything. */
    bool undue, blind;
    relay_mark mark;
    relay_mark returns; /* what lanes have given back since the mark */
    /* It is asked for another server: of those who wait there nothing is known here. */
    peers_answered *answer;
    void *of;
} ask;

struct leases {
    app *app;
    bool shared; /* other servers write the same lanes */
    pthread_mutex_t lock;
    ask *asks;
    size_t n;
    uint64_t last; /* number of an ask */
    turns turns;
};

/* What to do once the lock is let go: the store's functions are never called under it, nor a
 * peer's. */
typedef struct todo {
    bool wake, submit, mark, send;
    store_word word; /* for those who are woken */
    uint8_t due;     /* a pass over this kind is wanted */
    uint16_t lane;
    pool_name pool;
    uint64_t ticket;
    int64_t need;
    uint64_t number; /* of the ask */
    peers_answered *answer;
    void *of;
    peer_verdict said; /* word 0: nothing is */
} todo;

uint16_t lease_home(const leases *l, pool_name which);
/* With the lock held. */
ask *lease_ask(leases *l, uint64_t number);                  /* NULL: it is over */
ask *lease_begin(leases *l, pool_name which, uint16_t lane); /* NULL: there are too many */
todo lease_go(leases *l, ask *a, int64_t need, uint64_t ticket);
todo lease_compete(leases *l, ask *a); /* its home's server does not answer: asked here */
todo lease_granted(leases *l, ask *a, bool dry, uint64_t sequence);
todo lease_finish(leases *l, ask *a, bool dry);
todo lease_drop(leases *l, ask *a);    /* whoever comes next asks again */
todo lease_advance(leases *l, ask *a); /* on to the next state, if it may */
void lease_move(leases *l, ask *a, ask_state to);
/* Before it asks, or asks again, the home has what was on its way until now. */
void lease_hold_back(leases *l, ask *a);
/* lease_due.c: applies what gives back to its pool behind this kind of what is due, 0: all of it;
 * then it is held back. */
void lease_apply_due(leases *l, ask *a, uint8_t behind);
/* Without it. */
void lease_perform(leases *l, todo t);
void lease_want_due(leases *l, const todo *asked); /* lease_due.c */
/* lease_peer.c */
void lease_want_mark(leases *l, const todo *asked);
void lease_send(leases *l, const todo *asked);
void lease_reply(const todo *t);

#endif

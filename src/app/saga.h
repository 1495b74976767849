/* Running a saga (domain/saga/saga.h): the tries in other slots, one after another; then the act;
 * and what takes the tries back when the act has not happened. Every act that needs something of
 * another slot first has this shape; what is particular is in three functions.
 *
 * A try may wait for what the try of another act keeps. So tries come in an order that is the same
 * for all acts, and no two acts wait for each other.
 *
 * Each step is an act of its own, submitted when the one before has been answered. When the process
 * dies in between, deadlines and checks let go what was tried. An act that was answered before
 * under its idempotency key gets that answer, whatever the tries say.
 *
 * A saga is one attempt, or several: an act that answers R_UNRESERVED is tried again from the
 * beginning, until there were `attempts`; after the last one the answer is R_BUSY. With attempts 0
 * there is one, and R_UNRESERVED is the answer, for a caller who prepares the act anew.
 *
 * Threads: plan runs on the caller's thread or a lane's, tried and cancel on lanes'; one at a time.
 * They use the saga's memory, never the call's. */
#ifndef QUAN_APP_SAGA_H
#define QUAN_APP_SAGA_H

#include "app/act.h"

enum { SAGA_TRIES_MAX = 6, SAGA_ATTEMPTS_MAX = 3 };

typedef struct saga_try {
    act_id id;
    uint16_t slot;
    uint64_t item; /* what it works on, where its slot does not say it (act.h) */
    const void *in;
    const void *out; /* when it is done; NULL else */
} saga_try;

typedef struct saga saga;
struct saga {
    /* ---- set by the caller ---- */
    act_call *call; /* its input may be filled in by `tried` */
    unsigned attempts;
    /* Fills tries, in their order, and n; 0: the act goes alone. */
    void (*plan)(saga *s);
    /* All tries are done: puts into the call's input what they have brought. */
    void (*tried)(saga *s);
    /* The act that takes back a try which is done. False: there is nothing to take back. */
    bool (*cancel)(saga *s, const saga_try *done, saga_try *out);

    arena *memory; /* lives until the call is answered */
    saga_try tries[SAGA_TRIES_MAX];
    size_t n;
    /* ---- saga.c's own ---- */
    void *own[SAGA_TRIES_MAX]; /* own_call */
    size_t tried_n;
    result given; /* the caller's refusal */
    void (*done)(act_call *call);
};

/* A zeroed saga of `size` bytes, which begins with one; `memory` is set. */
void *saga_new(size_t size);
/* The saga is gone when the call's `done` is called, or when this refuses. As act_submit. */
MUST_USE result saga_submit(saga *s);

#endif

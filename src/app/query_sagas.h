/* Sagas that have tried and not ended (domain/saga/saga.h), for an operator. On a healthy server
 * there are as many as acts on their way, none of them late by more than a check or two.
 *
 * And users who are becoming another one, or are being forgotten (domain/coupon/move.h, erase.h):
 * on their way, too, while a coupon waits for an open order. */
#ifndef QUAN_APP_QUERY_SAGAS_H
#define QUAN_APP_QUERY_SAGAS_H

#include "app/app.h"

typedef enum saga_state {
    SAGA_ON_ITS_WAY,  /* before its deadline: the act may come */
    SAGA_LATE,        /* past it: its home is asked, ever more rarely, and has not answered yet */
    SAGA_QUARANTINED, /* a message that it needs was set aside: only an operator ends it */
} saga_state;

typedef struct saga_open {
    str kind;  /* what was tried: "limit_reservation"; "merge", "bind", "erasure" */
    str keeps; /* what it keeps, and of whom, for people */
    saga_state state;
    uint64_t id;         /* of the try, move or erasure */
    uint16_t slot, home; /* of that; of the act, or of who gets all */
    int64_t deadline_ms;
    int64_t asks_at_ms; /* the home, again */
} saga_open;

str saga_state_name(saga_state s);

/* All of them, by slot. What is shown lives during the call only. R_DONE, R_IO. */
MUST_USE result query_sagas(app_view *v, void (*each)(void *context, const saga_open *s),
                            void *context);

#endif

/* Sagas: an act that needs something of another slot first. What is the same for all of them.
 *
 * There are no transactions over slots (DESIGN 2). A saga has these steps, and each commits alone:
 *   try      in the other slot, before the act: keeps what the act may take, until a deadline
 *   act      at its home. It answers R_UNRESERVED when its time is at or past the deadline; else it
 *            sends the confirmation in its own commit
 *   cancel   when the act has not happened: by whoever ran the try (app/saga.h)
 *   check    past the deadline, when neither has come: the other slot asks the home, which answers
 *            with the cancellation
 * Why an answer to a check proves that no confirmation can follow: the time of a lane never goes
 * back, so when the home answers at or past the deadline every confirmation was committed before;
 * and messages of one lane to another arrive in order. What a try keeps is therefore let go by a
 * confirmation or a cancellation, never by a clock alone. Clocks of two lanes need not agree.
 *
 * An act is in the memory of the process that made its tries, and nowhere else. So when a store is
 * opened no act of an earlier process can come any more: the home is asked at once (app/due.c), and
 * answers whatever the deadline. Only of a store that has one process at a time: of several, a try
 * would have to name its own, so their deadline has to pass.
 *
 * A try is made anew for every attempt at an act, also of one with the same idempotency key:
 * attempts that shared one could not cancel it, because another may still commit. */
#ifndef QUAN_DOMAIN_SAGA_SAGA_H
#define QUAN_DOMAIN_SAGA_SAGA_H

#include "base/time.h"
#include "domain/table.gen.h"
#include "domain/uow.h"

/* Number of app/act.def: what the domain sends. */
enum { SAGA_CHECK_ACT = 83 };
#define SAGA_TRY_MS       (10 * MS_SECOND) /* from the time of the try to its deadline */
#define SAGA_CHECK_MS     (5 * MS_SECOND)  /* from one check to the next, at first */
#define SAGA_CHECK_MAX_MS (30 * MS_SECOND) /* so a saga ends within a minute of a fault's end */

/* The cancellation of a try: what the home of its act answers with. */
typedef struct saga_answer {
    uint16_t act;
    uint16_t slot;
    str input;
} saga_answer;
/* Is it time to ask about this act? Past its deadline it is. And where it is lost: tries of ids up
 * to `lost` (id_order; 0: none) were made by a process that has ended, whose acts were in its
 * memory only. */
bool saga_may_ask(const uow *u, const reservation *r, uint64_t lost);
/* Asks the home of a try's act: may it still come? Of a lost one the home answers at once, behind
 * the confirmation, if that was committed. Sets due_at_ms, when to ask again: each time twice as
 * far from the deadline. The row with the reservation is the caller's to edit, and its due entry to
 * write. */
void saga_ask(uow *u, reservation *r, uint64_t lost, const saga_answer *cancel);
/* The answer: nothing while the act may still come; the asker asks again. */
result saga_check_decide(uow *u, const void *in, void *out);

/* What a try keeps. */
typedef enum saga_kind {
    SAGA_OF_LIMIT,
    SAGA_OF_CODE,
    SAGA_OF_TRANSFER,
    SAGA_OF_MOVE,
    SAGA_KINDS
} saga_kind;

/* What an act ends that settles a try. */
typedef struct saga_end {
    saga_kind kind;
    uint64_t reservation; /* 0: it is another act, or ends none */
    bool confirms;        /* the try's act has happened */
    pool_name waits;      /* whoever waits for it waits for this: no pool, but one's kind */
} saga_end;
/* An act's input, read; and as a message has it: what cannot be read ends none. */
saga_end saga_settles(uint16_t act, const void *in);
saga_end saga_ends(uint16_t act, str input, arena *memory);
/* The move of all that a user has, or the erasure, that this message carries on; 0: none such. */
uint64_t saga_carries_on(uint16_t act, str input, arena *memory);
/* Is this what acts wait for until another one has ended? Whoever settles that wakes them. */
bool saga_is_waited(pool_name which, int64_t need);
/* Was what ends this reservation set aside in this lane? Then only that may end it: a settle act
 * that cancels looks before it looks at the rows, because looking at those may be what crashed.
 * Like a get: look again when rows are pending. */
bool saga_is_aside(uow *u, uint64_t reservation_id);

#endif

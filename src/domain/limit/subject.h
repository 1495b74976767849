/* Limits by phone, e-mail, device … as the subject's own slot keeps them.
 *
 * A subject is known by a hash of 128 bits (app/reserve.h makes it); its slot is that of the hash.
 * There it has a row of counts for each campaign, as a user has (usage.h), and while acts are on
 * their way that take from them, a row of reservations. This is a saga (saga.h):
 *   reserve  the try. Looks at the limits on what is needed and keeps as much of each count as the
 *            act may take. Counts it not yet: what is kept is beside what is counted.
 *   settle   confirmation and cancellation: ends the reservation, counts what the act took, takes
 *            off what it has given back. Also sent without a reservation, for what comes back only.
 * A deadline is never behind the end of the day, so that a period which was reserved is the period
 * in which the act happens. A confirmation that comes after its period is over counts nothing.
 *
 * Never over: count + kept <= max at every reserve. Never falsely reached: an act that lacks what
 * others keep waits (R_WAIT) until they have ended; and one that lacks what is counted waits until
 * everything that was on its way to this lane has arrived (uow_dry), so that what was given back in
 * an act that was answered is seen; of limits on use also what a hold past its deadline gives back.
 */
#ifndef QUAN_DOMAIN_LIMIT_SUBJECT_H
#define QUAN_DOMAIN_LIMIT_SUBJECT_H

#include "domain/table.gen.h"

enum {
    SUBJECT_SETTLE_ACT = 82,   /* number of app/act.def: what the domain sends */
    SUBJECT_ACTS_MAX = 256,    /* on their way for one subject; others wait */
    SUBJECT_WAIT_ACTS = 0,     /* uow_wait_for's need: until an act on its way has ended … */
    SUBJECT_WAIT_MESSAGES = 1, /* … or all that was committed until now has arrived … */
    SUBJECT_WAIT_USES = 2,     /* … with what holds past their deadline give back */
};

/* What an act that reserves waits for: no pool. */
static inline pool_name subject_pool(uint64_t hi, uint64_t lo)
{
    return (pool_name){.owner = hi, .kind = POOL_KIND_SUBJECT, .subject = lo};
}

/* R_DONE: out->grants has every count that the limits of the needs have, with what may be taken of
 * it. Less than needed of one: without `partly` no reservation is made. Templates and limits that
 * are not in the configuration of this lane are left out. R_AGAIN, R_WAIT. */
result limit_reserve_decide(uow *u, const void *in, void *out);
/* What it would be granted by itself, at this moment of a snapshot: beside what others keep.
 * Writes nothing; out has no reservation. */
void limit_reserve_look(uow *u, const limit_reserve_in *in, limit_reserve_out *out);
result limit_settle_decide(uow *u, const void *in, void *out);
/* For the sweep, when an entry of this row is due: asks about its acts that are, or are lost
 * (saga.h); how many. */
uint32_t subject_ask(uow *u, subject_open *row, uint64_t lost);

#endif

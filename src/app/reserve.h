/* Limits by phone, device, card and address, before an act: what it may take is reserved in the
 * slots of the subjects that it names (domain/limit/subject.h), as a saga (saga.h).
 *
 * Subjects are the caller's own strings. They are never stored, but as a hash of 128 bits keyed by
 * the merchant's secret (HMAC-SHA-256), so that rows of two merchants cannot be joined, and nobody
 * without the secret can try phone numbers.
 *
 * An act that no such limit counts costs a look at the configuration and nothing else; one that
 * names no subject not even that. */
#ifndef QUAN_APP_RESERVE_H
#define QUAN_APP_RESERVE_H

#include "app/act.h"

enum { SUBJECT_BYTES_MAX = 128 };

/* For merchant_put_in of a new merchant. */
str merchant_secret(arena *memory);

/* Those that a request names; empty: not named. */
typedef struct subject_names {
    str phone, device, card, address;
} subject_names;
bool subjects_any(const subject_names *names);

typedef struct reserve_ask {
    subject_names names;
    /* What the act will give back before it takes: of holds that it replaces. */
    const limit_take *credits;
    size_t credit_count;
    /* Subjects as a hold has kept them, where `names` has none. */
    const reserved_subject *kept;
    size_t kept_count;
    bool prepared; /* the caller prepares the act again when it answers R_UNRESERVED */
} reserve_ask;

/* As act_submit, for a call of ISSUE, HOLD or REDEEM; its input is copied, with what was reserved.
 * ask may be gone then; the texts of names, and input, credits and kept, live until `done`. */
MUST_USE result reserve_submit(act_call *call, const reserve_ask *ask);

#endif

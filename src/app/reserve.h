/* Codes (domain/code/exchange.h), coupons that go to another user (domain/coupon/transfer.h) and
 * limits by phone, e-mail, device … before an act: the code of an exchange is reserved in its slot,
 * the coupon of a transfer in its own, and what the act may take of limits in the
 * slots of the subjects that it names (domain/limit/subject.h), as a saga (saga.h).
 *
 * Subjects are the caller's own strings. They are never stored, but as a hash of 128 bits keyed by
 * the merchant's secret (HMAC-SHA-256), so that rows of two merchants cannot be joined, and nobody
 * without the secret can try phone numbers.
 *
 * An act that no such limit counts costs a look at the configuration and nothing else; one that
 * names no subject and no code not even that. */
#ifndef QUAN_APP_RESERVE_H
#define QUAN_APP_RESERVE_H

#include "app/act.h"

enum { SUBJECT_BYTES_MAX = 254 }; /* of the longest: an e-mail address */

/* For merchant_put_in of a new merchant. */
str merchant_secret(arena *memory);

/* Those that a request names; empty: not named. */
typedef struct subject_names {
    str phone, device, card, address;
    str email; /* in its form (base/email.h) */
} subject_names;
uint32_t subjects_named(const subject_names *names); /* bits of limit_subject */
/* As an input has those for which nothing is reserved yet. */
reserved_subject *subjects_unreserved(const subject_names *names, arena *memory, size_t *n);

/* What stands for a name of at most SUBJECT_BYTES_MAX in rows. kind: a limit_subject; app/guess.c
 * has others. */
hash128 subject_hash(const merchant *of, uint8_t kind, str name);
/* The same with what stands for them, to look at what is counted; of the merchant's secret. */
const reserved_subject *subjects_hashed(const merchant *of, const subject_names *names,
                                        arena *memory, size_t *n);

typedef struct reserve_ask {
    subject_names names;
    /* What a hold has taken: its subjects stand for those that names leaves out. */
    const limit_take *kept;
    size_t kept_count;
    /* What the act will give back before it takes: of holds that it ends. */
    const limit_take *credits;
    size_t credit_count;
    const transfer_try_in *transfer; /* of TAKE: which coupon it takes; its home is the act's */
    bool prepared; /* the caller prepares the act again when it answers R_UNRESERVED */
} reserve_ask;

/* Fills the credits of an act with this order. replaced: the hold of its order number; 0: none.
 * Memory of the view. */
void reserve_credits(app_view *v, const order_in *in, uint64_t replaced, reserve_ask *ask);

/* A hold past its deadline takes from the limits anew. For a REDEEM of a hold that answered
 * R_UNRESERVED: fills what its order needs into the input, which names the hold, and its subjects
 * and credits into the ask. Memory of the view. */
void reserve_late(app_view *v, order_in *in, reserve_ask *ask);

/* As act_submit, for a call of ISSUE, TRANSFER_TAKE, HOLD or REDEEM; its input is copied, with what
 * was reserved. ask may be gone then; the texts of names, transfer, input, credits and kept live
 * until `done`. */
MUST_USE result reserve_submit(act_call *call, const reserve_ask *ask);

#endif
